//! A site's file, built in words: who its vendors are, what hangs where. Starting it makes a [`Site`].

use std::{
    fmt::{Display, Write as _},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::Site;
use crate::port::Port;

/// A site before its first start. Its folder goes when the site does.
#[derive(Debug)]
pub struct SiteFile {
    pub(super) folder: TempDir,
    pub(super) name: String,
    pub(super) plant: Option<String>,
    pub(super) environment: Vec<(String, String)>,
    /// Where its page is, if it has one.
    pub(super) page: Option<Port>,
    sections: String,
    batch_records: u32,
    connect_timeout_seconds: f64,
    request_timeout_seconds: f64,
    uplink: String,
}

/// The token with which a site sends a feed.
#[must_use]
pub fn token_of(site: &str, feed: &str) -> String {
    format!("token-with-which-{site}-sends-{feed}")
}

impl SiteFile {
    pub(super) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("make a folder for the site");
        fs::create_dir(folder.path().join("dev")).expect("make a folder for its devices");
        Self {
            folder,
            name: name.to_owned(),
            plant: None,
            environment: Vec::new(),
            page: None,
            sections: String::new(),
            batch_records: 500,
            connect_timeout_seconds: 5.0,
            request_timeout_seconds: 20.0,
            uplink: String::new(),
        }
    }

    /// Where a device of this site is plugged in: a name that stays, as under `/dev/serial/by-id`.
    #[must_use]
    pub fn port(&self, device: &str) -> PathBuf {
        self.folder.path().join("dev").join(device)
    }

    /// The folder of the ledger.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A vendor whose hub is at `hub`.
    #[must_use]
    pub fn feed(self, feed: &str, hub: SocketAddr) -> Self {
        let token = token_of(&self.name, feed);
        self.section(format_args!("[[feed]]\nname = \"{feed}\"\nhub = \"http://{hub}\"\ntoken = \"{token}\"\n"))
    }

    /// Items of a vendor.
    #[must_use]
    pub fn items<T: Display>(self, feed: &str, items: impl IntoIterator<Item = T>) -> Self {
        items
            .into_iter()
            .fold(self, |file, item| file.section(format_args!("[[item]]\ncode = \"{item}\"\nfeed = \"{feed}\"\n")))
    }

    /// A bin on a serial scale, with its item: ten grams a piece in a container of a hundred.
    #[must_use]
    pub fn scale(self, scale: &str, bin: &str, item: &str, feed: &str) -> Self {
        let port = self.port(scale).display().to_string();
        self.section(format_args!(
            "[[item]]\ncode = \"{item}\"\nfeed = \"{feed}\"\npiece_weight_g = 10\n\
             [[bin]]\nname = \"{bin}\"\nitem = \"{item}\"\ntare_g = 100\n\
             [[scale]]\nname = \"{scale}\"\nbin = \"{bin}\"\nport = \"{port}\"\npoll_ms = 50\nsettle_readings = 1\n"
        ))
    }

    /// A station at the dock, where whatever is scanned has been received.
    #[must_use]
    pub fn station(self, station: &str) -> Self {
        self.section(format_args!("[[station]]\nname = \"{station}\"\nplace = \"dock\"\nmode = \"receive\"\n"))
    }

    /// A serial scanner at a station.
    #[must_use]
    pub fn scanner(self, scanner: &str, station: &str) -> Self {
        let port = self.port(scanner).display().to_string();
        self.section(format_args!("[[scanner]]\nname = \"{scanner}\"\nstation = \"{station}\"\nport = \"{port}\"\n"))
    }

    /// The site's MQTT broker.
    #[must_use]
    pub fn broker(self, port: u16) -> Self {
        let client = format!("binwire-{}", self.name);
        self.section(format_args!(
            "[[broker]]\nname = \"local\"\nhost = \"127.0.0.1\"\nport = {port}\nclient_id = \"{client}\"\n"
        ))
    }

    /// A sensor that reports scans on an MQTT topic, in the words of [`crate::publisher`].
    #[must_use]
    pub fn scans_on(self, topic: &str, sensor: &str, station: &str) -> Self {
        self.section(format_args!(
            "[[sensor]]\nname = \"{sensor}\"\nbroker = \"local\"\ntopic = \"{topic}\"\nstation = \"{station}\"\n\
             dialect = \"json\"\nfields = {{ code = \"code\", quantity = \"qty\", id = \"id\" }}\n"
        ))
    }

    /// The page at the bin, on a port of its own, with more keys as they stand in the file.
    #[must_use]
    pub fn page(mut self, keys: impl Display) -> Self {
        let port = Port::reserve();
        let section = format!("[page]\nlisten = \"{}\"\n{keys}\n", port.addr());
        self.page = Some(port);
        self.section(section)
    }

    /// Anything else, as it stands in the file.
    #[must_use]
    pub fn section(mut self, text: impl Display) -> Self {
        writeln!(self.sections, "{text}").expect("a String takes everything");
        self
    }

    /// Records in a batch; small, so that few movements are many batches.
    #[must_use]
    pub fn batch_records(mut self, records: u32) -> Self {
        self.batch_records = records;
        self
    }

    /// How long a connection to the hub may take.
    #[must_use]
    pub fn connect_timeout_seconds(mut self, seconds: f64) -> Self {
        self.connect_timeout_seconds = seconds;
        self
    }

    /// How long the hub may take to answer.
    #[must_use]
    pub fn request_timeout_seconds(mut self, seconds: f64) -> Self {
        self.request_timeout_seconds = seconds;
        self
    }

    /// A line that costs: what it may carry in a month.
    #[must_use]
    pub fn monthly_budget_mb(mut self, megabytes: u32) -> Self {
        writeln!(self.uplink, "monthly_budget_mb = {megabytes}").expect("a String takes everything");
        self
    }

    /// Plants a defect in the agent.
    #[must_use]
    pub fn plant(mut self, defect: Option<&str>) -> Self {
        self.plant = defect.map(str::to_owned);
        self
    }

    /// Something in the environment of the agent's process.
    #[must_use]
    pub fn environment(mut self, name: &str, value: String) -> Self {
        self.environment.push((name.to_owned(), value));
        self
    }

    /// Starts the agent and returns when it answers.
    pub async fn start(self) -> Site {
        let mut site = self.stopped();
        site.start().await;
        site
    }

    /// Writes the file; the agent is not started yet.
    ///
    /// # Panics
    /// When the folder cannot be written.
    #[must_use]
    pub fn stopped(self) -> Site {
        // What the machine says of its own clock is no part of a test that does not ask for it.
        let clock = if self.sections.contains("[clock]") { "" } else { "[clock]\ntrust = \"always\"\n" };
        let text = format!(
            "[site]\nname = \"{}\"\nstate_dir = \"state\"\n\
             [uplink]\nbatch_records = {}\nconnect_timeout_seconds = {}\nrequest_timeout_seconds = {}\n\
             backoff_first_seconds = 0.05\nbackoff_max_seconds = 0.5\n{}{clock}{}",
            self.name,
            self.batch_records,
            self.connect_timeout_seconds,
            self.request_timeout_seconds,
            self.uplink,
            self.sections
        );
        fs::write(config(self.folder.path()), text).expect("write the site's file");
        Site::of(self)
    }
}

/// The site's file in its folder.
pub(super) fn config(folder: &Path) -> PathBuf {
    folder.join("agent.toml")
}
