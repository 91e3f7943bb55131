//! The program itself: started, killed, asked to stop, given a bad file.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use gateway_proto::{answer::Ack, record::Seq};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Client;

use crate::support::{PATIENCE, Site, token_of, token_of_viewer};

/// A hub in a process of its own; killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Process {
    pub(crate) fn start(config: &Path, plant: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_binwire-hub"));
        command.arg("serve").arg("--config").arg(config).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(plant) = plant {
            command.env("BINWIRE_PLANT", plant);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("page: ").expect("the hub says where its page is").to_owned();
        Self { child, url }
    }

    async fn send(&self, client: &Client, site: &Site, seq: u64) -> Option<Ack> {
        let url = format!("{}v1/feeds/acme/batches", self.url);
        let request = client.post(url).bearer_auth(token_of("plant-7/acme")).timeout(PATIENCE);
        let response = request.body(site.batch(seq, seq).to_json().unwrap()).send().await.ok()?;
        if response.status().as_u16() == 200 { response.json().await.ok() } else { None }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) fn config(folder: &Path) -> PathBuf {
    let path = folder.join("hub.toml");
    let text = format!(
        r#"
listen = "127.0.0.1:0"
state_dir = "state"
[[feed]]
site = "plant-7"
name = "acme"
token = "{}"
[[viewer]]
name = "acme"
token = "{}"
feeds = ["plant-7/acme"]
"#,
        token_of("plant-7/acme"),
        token_of_viewer("acme")
    );
    fs::write(&path, text).unwrap();
    path
}

fn run(command: &str, config: &Path, more: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_binwire-hub"));
    program.arg(command).arg("--config").arg(config).args(more).output().unwrap()
}

/// Kills the hub right after each of some acknowledgements; hands back the last seq that was acknowledged and the last
/// one that was there afterwards.
async fn killed_after_acks(plant: Option<&str>) -> (Seq, Seq) {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let client = Client::new();
    let mut site = Site::new("plant-7/acme", "e1");
    let (mut acked, mut there) = (Seq(0), Seq(0));
    for round in 1..=3 {
        let hub = Process::start(&config, plant);
        for _ in 0..2 {
            let seq = acked.0 + 1;
            if site.len() < seq {
                site.moves(seq, "A", "vendor", "dock");
            }
            acked = hub.send(&client, &site, seq).await.expect("an acknowledgement").through;
        }
        drop(hub);
        let hub = Process::start(&config, None);
        let next = acked.0 + 1;
        site.moves(next, "A", "vendor", "dock");
        // The next record is taken only where everything before it is there.
        there = hub.send(&client, &site, next).await.map_or(Seq(0), |ack| ack.through.before());
        if there != acked {
            break;
        }
        acked = acked.next();
        assert_eq!(acked.0, 3 * round);
        there = acked;
    }
    (acked, there)
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let (acked, there) = killed_after_acks(None).await;
    assert_eq!((acked, there), (Seq(9), Seq(9)));
}

#[cfg(feature = "planted-defects")]
#[tokio::test]
async fn a_hub_that_answers_before_its_commit_is_caught() {
    let (acked, there) = killed_after_acks(Some("hub-ack-before-commit")).await;
    assert!(there < acked, "acknowledged {acked}, there {there}");
}

#[tokio::test]
async fn a_hub_that_is_asked_to_stop_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Process::start(&config(folder.path()), None);
    kill(Pid::from_raw(i32::try_from(hub.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert!(hub.child.wait().unwrap().success());
}

#[test]
fn a_bad_file_is_told_whole_with_exit_code_64() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.toml");
    fs::write(&path, "listen = \"0.0.0.0:80\"\ncolour = 1\n[[feed]]\nsite = \"a b\"\nname = \"\"\ntoken = \"x\"\n")
        .unwrap();
    for command in ["check", "serve"] {
        let output = run(command, &path, &[]);
        assert_eq!(output.status.code(), Some(64), "{command}");
        let said = String::from_utf8(output.stderr).unwrap();
        for part in [
            "state_dir: is missing",
            ":1: listen: plain HTTP",
            ":2: colour: ",
            ":4: feed[0].site",
            ":5: feed[0].name",
            ":6: feed[0].token",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
    let good = config(folder.path());
    assert!(run("check", &good, &[]).status.success());
    // What is wrong with a planning folder keeps no hub from starting; it is told.
    let planned = fs::read_to_string(&good).unwrap().replace("[[viewer]]", "planning = \"said\"\n[[viewer]]");
    fs::write(&good, planned).unwrap();
    fs::create_dir(folder.path().join("said")).unwrap();
    fs::write(folder.path().join("said/site.toml"), "week = \"weekdays\"\ncolour = 1\n").unwrap();
    fs::write(folder.path().join("said/orders.csv"), "order,item,date,quantity\nSO-1,A,soon,1\n").unwrap();
    let output = run("check", &good, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    for part in [
        "plant-7/acme: planning: site.toml: cannot be used: line 2",
        "planning: orders.csv, line 2",
        "nothing would be planned",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[tokio::test]
async fn the_command_line_reads_the_store_beside_a_running_hub() {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let hub = Process::start(&config, None);
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(12, "M8-BOLT", "vendor", "dock");
    hub.send(&Client::new(), &site, 1).await.unwrap();
    for (command, part) in [
        ("sites", "plant-7/acme  heard 2"),
        ("on-hand", "plant-7/acme  M8-BOLT  dock  12"),
        ("movements", "12 M8-BOLT received into dock"),
        ("parked", "nothing"),
    ] {
        let said = String::from_utf8(run(command, &config, &[]).stdout).unwrap();
        assert!(said.contains(part), "{command}: {said}");
        let json = run(command, &config, &["--json"]);
        assert!(serde_json::from_slice::<serde_json::Value>(&json.stdout).unwrap().is_array(), "{command}");
    }
}
