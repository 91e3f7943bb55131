//! A hub: the vendor's server as a process under one port for all its lives, read over its API.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tempfile::TempDir;

use crate::{
    eventually::{PATIENCE, eventually},
    port::Port,
    process::{Lines, Process, command, run},
    site::file::token_of,
    skip::say,
};

/// The viewer that may see everything, for the checker.
const AUDITOR: &str = "auditor";

/// Movements of one page; small enough that the cursor has work to do.
const PAGE: usize = 500;

/// A hub with its folder.
#[derive(Debug)]
pub struct Hub {
    folder: TempDir,
    port: Port,
    plant: Option<String>,
    process: Option<Process>,
    said: Lines,
    client: reqwest::Client,
}

/// A movement as a viewer gets it.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    pub site: String,
    pub feed: String,
    pub epoch: String,
    pub seq: u64,
    /// The record's exact text.
    pub record: Box<RawValue>,
}

/// What a viewer is told of a feed.
#[derive(Debug, Clone, Deserialize)]
pub struct FeedHealth {
    pub site: String,
    pub feed: String,
    pub records: u64,
    pub repeated: u64,
    pub parked: u64,
    pub epochs: u64,
    /// The last record of the newest epoch.
    pub through: u64,
    pub chain: String,
    pub lost_records: u64,
    /// The last comparison with the site's own amounts.
    pub checkpoint: Option<Compared>,
}

/// How a comparison of amounts came out.
#[derive(Debug, Clone, Deserialize)]
pub struct Compared {
    /// `ok` or `differs`.
    pub verdict: String,
    /// The checkpoint's record.
    pub seq: u64,
}

/// An amount at a place.
#[derive(Debug, Clone, Deserialize)]
pub struct Held {
    pub site: String,
    pub feed: String,
    pub item: String,
    pub place: String,
    pub qty: i64,
}

#[derive(Deserialize)]
struct Page {
    movements: Vec<Seen>,
    next: String,
    more: bool,
}

#[derive(Deserialize)]
struct Newest {
    #[serde(default)]
    ahead: Vec<Seen>,
}

#[derive(Deserialize)]
struct Sites {
    sites: Vec<SiteFeeds>,
}

#[derive(Deserialize)]
struct SiteFeeds {
    feeds: Vec<FeedHealth>,
}

#[derive(Deserialize)]
struct OnHand {
    on_hand: Vec<Held>,
}

/// The token with which a viewer looks.
fn token_of_viewer(viewer: &str) -> String {
    format!("token-with-which-{viewer}-looks")
}

impl Hub {
    /// A hub for these feeds, `(site, feed)`. Each feed has a viewer of its own, named like the feed. Not started yet.
    ///
    /// # Panics
    /// When there is no folder for it.
    #[must_use]
    pub fn of(feeds: &[(&str, &str)]) -> Self {
        hub::tls::install_provider();
        let folder = tempfile::tempdir().expect("make a folder for the hub");
        let port = Port::reserve();
        let feeds: Vec<_> = feeds.iter().map(|(site, feed)| ((*site).to_owned(), (*feed).to_owned())).collect();
        fs::write(folder.path().join("hub.toml"), file(port.addr(), &feeds)).expect("write the hub's file");
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(PATIENCE).no_proxy();
        let client = client.build().expect("prepare requests");
        Self { folder, port, plant: None, process: None, said: Lines::default(), client }
    }

    /// A running hub for one feed.
    pub async fn start(site: &str, feed: &str) -> Self {
        let mut hub = Self::of(&[(site, feed)]);
        hub.begin().await;
        hub
    }

    /// Plants a defect, from the next start on.
    #[must_use]
    pub fn plant(mut self, defect: Option<&str>) -> Self {
        self.plant = defect.map(str::to_owned);
        self
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Its file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hub.toml")
    }

    /// The product's own command, with this hub's file.
    #[must_use]
    pub fn tool(&self, words: &[&str]) -> Output {
        let mut command = command("hub-under-test");
        command.args(words).arg("--config").arg(self.config());
        run(command)
    }

    /// SIGHUP: reads its file anew.
    ///
    /// # Panics
    /// When it does not run.
    pub fn reload(&self) {
        self.process.as_ref().expect("a hub that runs").signal(nix::sys::signal::Signal::SIGHUP);
    }

    /// Starts the hub and returns when it answers.
    ///
    /// # Panics
    /// When it runs already, or ends instead.
    pub async fn begin(&mut self) {
        assert!(self.process.is_none(), "the hub runs already");
        let process = Process::spawn("hub", self.command(), drop, self.said.keeper());
        let process = self.process.insert(process);
        let (said, client, url) = (&self.said, &self.client, format!("http://{}/healthz", self.port.addr()));
        eventually(PATIENCE, "the hub answers", async || {
            let ended = process.ended();
            assert!(ended.is_none(), "hub ended with {ended:?}: {:#?}", said.all());
            client.get(&url).send().await.is_ok().then_some(())
        })
        .await;
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        self.process.take().expect("a hub that runs").kill();
    }

    /// SIGTERM; it must end with status 0.
    ///
    /// # Panics
    /// When it does not run, or ends otherwise.
    pub async fn stop(&mut self) {
        let status = self.process.take().expect("a hub that runs").terminate().await;
        assert!(status.success(), "hub ended with {status}: {:#?}", self.said.all());
    }

    #[must_use]
    pub const fn runs(&self) -> bool {
        self.process.is_some()
    }

    /// Everything there is to see for the auditor: all movements, from the first on, page by page.
    pub async fn movements(&self) -> Vec<Seen> {
        self.movements_for(AUDITOR).await
    }

    /// All movements a viewer may see.
    pub async fn movements_for(&self, viewer: &str) -> Vec<Seen> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page: Page = self.get(viewer, &format!("movements?limit={PAGE}&after={after}")).await;
            all.extend(page.movements);
            after = page.next;
            if !page.more {
                return all;
            }
        }
    }

    /// What is shown now ahead of a backlog, as the auditor sees it.
    pub async fn ahead(&self) -> Vec<Seen> {
        let page: Newest = self.get(AUDITOR, &format!("movements?limit={PAGE}")).await;
        page.ahead
    }

    /// How many movements there are.
    pub async fn movement_count(&self) -> usize {
        self.movements().await.len()
    }

    /// Returns when there are this many movements.
    pub async fn wait_for_movements(&self, count: usize) {
        let what = format!("the hub has {count} movements");
        eventually(PATIENCE, &what, async || (self.movement_count().await >= count).then_some(())).await;
    }

    /// How each feed is.
    pub async fn health(&self) -> Vec<FeedHealth> {
        let sites: Sites = self.get(AUDITOR, "sites").await;
        sites.sites.into_iter().flat_map(|site| site.feeds).collect()
    }

    /// What is where, over all feeds: `(site, feed, item, place)` → base units. Zeros are left out.
    pub async fn on_hand(&self) -> BTreeMap<(String, String, String, String), i64> {
        let held: OnHand = self.get(AUDITOR, "on-hand").await;
        let held = held.on_hand.into_iter().filter(|held| held.qty != 0);
        held.map(|held| ((held.site, held.feed, held.item, held.place), held.qty)).collect()
    }

    /// The text a viewer gets for a path, whatever it is.
    ///
    /// # Panics
    /// When the hub does not answer.
    pub async fn text_for(&self, viewer: &str, path: &str) -> String {
        let url = format!("http://{}/v1/{path}", self.port.addr());
        let request = self.client.get(url).bearer_auth(token_of_viewer(viewer));
        let answer = request.send().await.expect("a hub that answers");
        assert!(answer.status().is_success(), "{path} for {viewer}: {}", answer.status());
        answer.text().await.expect("an answer to its end")
    }

    async fn get<T: DeserializeOwned>(&self, viewer: &str, path: &str) -> T {
        let text = self.text_for(viewer, path).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    fn command(&self) -> Command {
        let mut command = command("hub-under-test");
        command.args(["serve", "--config"]).arg(self.folder.path().join("hub.toml"));
        if let Some(defect) = &self.plant {
            command.env("BINWIRE_PLANT", defect);
        }
        command
    }
}

fn file(addr: SocketAddr, feeds: &[(String, String)]) -> String {
    let mut text = format!("listen = \"{addr}\"\nstate_dir = \"state\"\n");
    let mut section = |text_of: String| write!(text, "{text_of}").expect("a String takes everything");
    for (site, feed) in feeds {
        let token = token_of(site, feed);
        section(format!("[[feed]]\nsite = \"{site}\"\nname = \"{feed}\"\ntoken = \"{token}\"\n"));
    }
    let mut viewers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (site, feed) in feeds {
        let key = format!("\"{site}/{feed}\"");
        viewers.entry(feed).or_default().push(key.clone());
        viewers.entry(AUDITOR).or_default().push(key);
    }
    for (viewer, granted) in viewers {
        let token = token_of_viewer(viewer);
        section(format!("[[viewer]]\nname = \"{viewer}\"\ntoken = \"{token}\"\nfeeds = [{}]\n", granted.join(", ")));
    }
    text
}

impl Drop for Hub {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.said.all();
            say(&format!("last words of the hub:\n{}", said[said.len().saturating_sub(20)..].join("\n")));
        }
    }
}
