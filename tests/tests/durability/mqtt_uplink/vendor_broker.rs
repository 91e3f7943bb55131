//! A vendor's broker as it should be set up: mosquitto with TLS, a login for each, and rules of who may publish what.

use std::{fs, path::Path, process::Command};

use nix::sys::signal::Signal;
use rumqttc::{
    TlsConfiguration, Transport,
    v5::{AsyncClient, EventLoop, MqttOptions},
};
use tempfile::TempDir;
use tests::{
    PATIENCE, eventually,
    port::Port,
    process::{Lines, Process},
    skip::skip,
};
use tokio::net::TcpStream;

/// What docs/feed.md says a broker's rules should be.
const RULES: &str = "user hub\ntopic read binwire/+/+/batches\ntopic write binwire/+/+/answers\n\
                     user plant-7\ntopic write binwire/plant-7/+/batches\ntopic read binwire/plant-7/+/answers\n\
                     user stranger\ntopic readwrite binwire/plant-8/#\n";

const LOGINS: [&str; 3] = ["hub", "plant-7", "stranger"];

pub(super) struct VendorBroker {
    folder: TempDir,
    port: Port,
    process: Option<Process>,
    said: Lines,
}

fn password(login: &str) -> String {
    format!("password-of-{login}")
}

fn works(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let made = Command::new(program).args(arguments).current_dir(folder).output();
    made.is_ok_and(|made| made.status.success())
}

/// An authority, and a certificate of its for 127.0.0.1.
fn certify(folder: &Path) -> bool {
    const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let authority =
        ["req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-out", "ca.pem", "-keyout", "ca.key"];
    let server = [
        "req",
        "-x509",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-out",
        "broker.pem",
        "-keyout",
        "broker.key",
    ];
    works("openssl", &[&authority[..], &KEY].concat(), folder)
        && works("openssl", &[&server[..], &KEY].concat(), folder)
}

impl VendorBroker {
    /// `None` after saying that `test` is skipped.
    pub(super) async fn start_or_skip(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if !certify(folder.path()) {
            skip(test, "openssl is not installed");
            return None;
        }
        fs::write(folder.path().join("logins"), "").unwrap();
        for login in LOGINS {
            if !works("mosquitto_passwd", &["-b", "logins", login, &password(login)], folder.path()) {
                skip(test, "mosquitto is not installed");
                return None;
            }
        }
        let mut broker = Self { folder, port: Port::reserve(), process: None, said: Lines::default() };
        broker.set_rules(RULES);
        let path = |name: &str| broker.folder.path().join(name).display().to_string();
        let text = format!(
            "listener {} 127.0.0.1\ncertfile {}\nkeyfile {}\nallow_anonymous false\npassword_file {}\nacl_file {}\n\
             user root\nlog_dest stderr\nset_tcp_nodelay true\n",
            broker.port.number(),
            path("broker.pem"),
            path("broker.key"),
            path("logins"),
            path("rules")
        );
        fs::write(path("mosquitto.conf"), text).unwrap();
        broker.begin().await;
        Some(broker)
    }

    pub(super) async fn begin(&mut self) {
        let program =
            ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].into_iter().find(|path| Path::new(path).exists());
        let mut command = Command::new(program.unwrap_or("mosquitto"));
        command.arg("-c").arg(self.folder.path().join("mosquitto.conf"));
        let process = Process::spawn("mosquitto", command, self.said.keeper(), self.said.keeper());
        let process = self.process.insert(process);
        eventually(PATIENCE, "the vendor's broker takes connections", async || {
            assert!(process.ended().is_none(), "mosquitto ended: {:#?}", self.said.all());
            TcpStream::connect(self.port.addr()).await.is_ok().then_some(())
        })
        .await;
    }

    pub(super) fn kill(&mut self) {
        self.process.take().expect("a broker that runs").kill();
    }

    /// Other rules, which hold once [`VendorBroker::reload`] was called.
    fn set_rules(&self, rules: &str) {
        fs::write(self.folder.path().join("rules"), rules).unwrap();
    }

    /// Takes a line out of the rules; `None` puts all back. For connections that are open, too.
    pub(super) async fn forbid(&self, line: Option<&str>) {
        let rules = line.map_or_else(|| RULES.to_owned(), |line| RULES.replace(&format!("{line}\n"), ""));
        assert_eq!(line.is_some(), rules != RULES, "the line stands in the rules");
        self.reload(&rules).await;
    }

    /// Lets the stranger do everything: a broker without rules.
    pub(super) async fn open_to_strangers(&self) {
        self.reload(&RULES.replace("readwrite binwire/plant-8/#", "readwrite binwire/#")).await;
    }

    async fn reload(&self, rules: &str) {
        self.set_rules(rules);
        let count = || self.said.all().iter().filter(|line| line.contains("Reloading config")).count();
        let before = count();
        self.process.as_ref().expect("a broker that runs").signal(Signal::SIGHUP);
        eventually(PATIENCE, "the broker reads its rules", async || (count() > before).then_some(())).await;
    }

    pub(super) fn hub_section(&self) -> String {
        format!(
            "[mqtt]\nbroker = \"mqtts://127.0.0.1:{}\"\nca = \"{}\"\nusername = \"hub\"\npassword = \"{}\"",
            self.port.number(),
            self.folder.path().join("ca.pem").display(),
            password("hub")
        )
    }

    pub(super) fn feed_section(&self, feed: &str, login: &str, token: &str) -> String {
        format!(
            "[[feed]]\nname = \"{feed}\"\nvia = \"mqtt\"\nbroker = \"mqtts://127.0.0.1:{}\"\nca = \"{}\"\n\
             username = \"{login}\"\npassword = \"{}\"\ntoken = \"{token}\"",
            self.port.number(),
            self.folder.path().join("ca.pem").display(),
            password(login)
        )
    }

    /// Somebody else with a login of this broker.
    pub(super) fn stranger(&self) -> (AsyncClient, EventLoop) {
        hub::tls::install_provider();
        let mut options = MqttOptions::new("stranger", "127.0.0.1", self.port.number());
        options.set_credentials("stranger", password("stranger"));
        options.set_max_packet_size(Some(1_024 * 1_024));
        let ca = fs::read(self.folder.path().join("ca.pem")).unwrap();
        let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth: None };
        options.set_transport(Transport::Tls(tls));
        AsyncClient::new(options, 256)
    }

    /// Puts another authority in place of the one that is believed.
    pub(super) fn replace_authority(&self) {
        let other = tempfile::tempdir().unwrap();
        assert!(certify(other.path()));
        fs::copy(other.path().join("ca.pem"), self.folder.path().join("ca.pem")).unwrap();
    }
}

impl Drop for VendorBroker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.said.all();
            tests::skip::say(&format!(
                "last words of the broker:\n{}",
                said[said.len().saturating_sub(20)..].join("\n")
            ));
        }
    }
}
