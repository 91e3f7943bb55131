//! A site: the agent as a process, its file, its ledger, what it says.
//!
//! Every look at its status also checks the conservation identity, in this crate's own arithmetic: a run in which
//! records go missing for a moment fails at that moment.

pub mod file;
pub mod log;
pub mod status;

use std::{
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use tempfile::TempDir;

use self::{
    file::{SiteFile, config},
    log::{Accepted, SiteLog},
    status::Status,
};
use crate::{
    emitted::Part,
    eventually::{PATIENCE, eventually},
    port::Port,
    process::{Process, command, run},
    skip::say,
};

/// An agent with its folder.
#[derive(Debug)]
pub struct Site {
    name: String,
    folder: TempDir,
    plant: Option<String>,
    environment: Vec<(String, String)>,
    page: Option<Port>,
    process: Option<Process>,
    log: SiteLog,
    client: reqwest::Client,
}

impl Site {
    /// A site's file, to be filled in and started.
    #[expect(clippy::new_ret_no_self, reason = "a site begins as a file")]
    #[must_use]
    pub fn new(name: &str) -> SiteFile {
        SiteFile::new(name)
    }

    fn of(file: SiteFile) -> Self {
        agent::tls::install_provider();
        let client = reqwest::Client::builder().unix_socket(file.folder.path().join("state").join("agent.sock"));
        // A new connection each time: one from before a kill answers nothing.
        let client = client.pool_max_idle_per_host(0).timeout(PATIENCE).build().expect("prepare requests");
        let SiteFile { name, folder, plant, environment, page, .. } = file;
        Self { name, folder, plant, environment, page, process: None, log: SiteLog::default(), client }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a device is plugged in.
    #[must_use]
    pub fn port(&self, device: &str) -> PathBuf {
        self.folder.path().join("dev").join(device)
    }

    /// The address of one of its pages.
    ///
    /// # Panics
    /// When its file has no `[page]`.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.page.as_ref().expect("a site with a page").addr())
    }

    /// Master data of one kind, as the product's own import takes it.
    ///
    /// # Panics
    /// When it does not.
    pub fn import(&self, kind: &str, csv: &str) {
        let path = self.folder.path().join(format!("{kind}.csv"));
        std::fs::write(&path, csv).expect("write the file to import");
        let output = self.command(&["import", kind, &path.display().to_string()]);
        assert!(output.status.success(), "import {kind}: {output:?}");
    }

    /// Gives somebody a PIN, as the gateway's own people do.
    ///
    /// # Panics
    /// When the agent does not take it.
    pub async fn set_pin(&self, badge: &str, pin: &str) {
        let wish = serde_json::json!({ "operator": badge, "pin": pin });
        let answer = self.client.post("http://agent/v1/pin").json(&wish).send().await.expect("an agent that answers");
        assert!(answer.status().is_success(), "PIN of {badge}: {}", answer.text().await.unwrap_or_default());
    }

    /// The folder of the ledger.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    #[must_use]
    pub fn config(&self) -> PathBuf {
        config(self.folder.path())
    }

    /// Starts the agent and does not wait for it.
    ///
    /// # Panics
    /// When it runs already.
    pub fn begin(&mut self) {
        assert!(self.process.is_none(), "{} runs already", self.name);
        let mut command = command("agent-under-test");
        command.args(["run", "--log", "json", "--config"]).arg(self.config());
        if let Some(defect) = &self.plant {
            command.env("BINWIRE_PLANT", defect);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.process = Some(Process::spawn(&self.name, command, drop, self.log.ear()));
    }

    /// Starts the agent and returns when it answers.
    pub async fn start(&mut self) {
        self.begin();
        self.wait_until_up().await;
    }

    /// Returns when the agent answers.
    ///
    /// # Panics
    /// When it ends instead.
    pub async fn wait_until_up(&mut self) {
        let what = format!("{} answers", self.name);
        let (process, log, client) = (&mut self.process, &self.log, &self.client);
        eventually(PATIENCE, &what, async || {
            let ended = process.as_mut().and_then(Process::ended);
            assert!(ended.is_none(), "agent ended with {ended:?}: {:#?}", log.tail(20));
            client.get("http://agent/status").send().await.is_ok().then_some(())
        })
        .await;
    }

    /// SIGKILL. What it said before it died is heard.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        self.process.take().expect("a site that runs").kill();
    }

    /// SIGTERM; it must end with status 0.
    ///
    /// # Panics
    /// When it does not run, or ends otherwise.
    pub async fn stop(&mut self) {
        let status = self.process.take().expect("a site that runs").terminate().await;
        assert!(status.success(), "agent ended with {status}: {:#?}", self.log.tail(20));
    }

    /// Stops and starts it.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// What the agent holds in memory, in bytes.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.process.as_ref().expect("a site that runs").resident_bytes()
    }

    /// The number of the agent's process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a site that runs").pid()
    }

    #[must_use]
    pub const fn runs(&self) -> bool {
        self.process.is_some()
    }

    /// How the agent says it is. Its counts add up, or this panics.
    ///
    /// # Panics
    /// When it does not answer, or records are not accounted for.
    pub async fn status(&self) -> Status {
        let body = self.get("status").await;
        let status: Status = serde_json::from_str(&body).expect("a status");
        for (feed, of) in &status.feeds {
            assert!(of.is_conserved(), "feed {feed} is not accounted for: {body}");
        }
        status
    }

    /// Base units of every item at every place, as the agent says.
    pub async fn on_hand(&self) -> String {
        self.get("on-hand").await
    }

    /// The product's own command, with this site's file.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Output {
        let mut command = command("agent-under-test");
        command.arg(words[0]).arg("--config").arg(self.config()).args(&words[1..]);
        run(command)
    }

    #[must_use]
    pub fn log(&self) -> &SiteLog {
        &self.log
    }

    /// What the agent said it has accepted, over all its lives.
    #[must_use]
    pub fn accepted(&self) -> Vec<Accepted> {
        self.log.accepted()
    }

    /// Returns when this many movements have been accepted.
    pub async fn wait_until_accepted(&self, count: usize) {
        let what = format!("{} accepts {count} movements", self.name);
        eventually(PATIENCE, &what, async || (self.log.accepted_count() >= count).then_some(())).await;
    }

    /// Returns when a scan like this has been accepted. Brokers send in order: with the last one the agent has had all.
    pub async fn wait_until_accepted_part(&self, part: &Part) {
        let what = format!("{} accepts {part:?}", self.name);
        let is_it = |seen: &Accepted| seen.item == part.item && seen.qty == part.qty;
        eventually(PATIENCE, &what, async || self.log.has_accepted(is_it).then_some(())).await;
    }

    /// Returns when the agent has said this.
    pub async fn wait_until_said(&self, text: &str) {
        let what = format!("{} says {text:?}", self.name);
        eventually(PATIENCE, &what, async || (!self.log.lines_with(text).is_empty()).then_some(())).await;
    }

    /// Returns once its status is as wanted, and hands that status back.
    pub async fn wait_for_status(&self, what: &str, is_it: impl Fn(&Status) -> bool) -> Status {
        let what = format!("{}: {what}", self.name);
        eventually(PATIENCE, &what, async || {
            let status = self.status().await;
            is_it(&status).then_some(status)
        })
        .await
    }

    /// Returns when nothing waits for a hub.
    pub async fn wait_until_settled(&self, bound: Duration) {
        let what = format!("nothing waits at {} any more", self.name);
        eventually(bound, &what, async || self.status().await.is_settled().then_some(())).await;
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.client.get(format!("http://agent/{path}")).send().await.expect("an agent that answers");
        answer.text().await.expect("an answer to its end")
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let accepted = self.log.accepted_count();
            say(&format!("last words of {}, after {accepted} accepted:\n{}", self.name, self.log.tail(30).join("\n")));
            if self.runs() {
                say(&String::from_utf8_lossy(&self.command(&["status"]).stdout));
            }
        }
    }
}
