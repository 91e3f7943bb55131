//! A browser: the real Chromium, without a window, as technicians and managers have it before them.
//!
//! Driven over its DevTools protocol on two pipes by the little client in [`wire`]: the same test owns site, devices and
//! browser, elements are found by the role and name that Chromium's own accessibility tree gives them, clicks and
//! touches go through its hit test, and no driver, port or library stands between. Each [`Tab`] has cookies and storage of
//! its own. Where there is no Chromium, [`Browser::start_or_skip`] says so by the test's name.
//!
//! Reading order: [`wire`] · [`heard`] errors and bytes · [`screen`] phone, desktop, light, dark · [`tab`] one page ·
//! [`element`] what is on it · [`keys`] · [`axe`] accessibility · [`stranger`] another web site, with bad intent

pub mod axe;
pub mod element;
pub mod heard;
pub mod keys;
pub mod screen;
pub mod stranger;
pub mod tab;
pub mod wire;

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use self::{
    element::Element,
    keys::Key,
    screen::{Light, Screen},
    stranger::Stranger,
    tab::Tab,
};
use self::{heard::Ears, wire::Wire};
use crate::{
    process::Lines,
    skip::{say, skip},
};

/// How long Chromium may take to put its things away.
const FAREWELL_MAX: Duration = Duration::from_secs(5);

/// Names that resolve to this machine: what a rebinding attacker's name server would answer, and any other web site.
pub const STRANGE_NAMES: [&str; 2] = ["evil.example", "rebound.example"];

/// Chromium, headless. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    wire: Arc<Wire>,
    ears: Ears,
    child: Child,
    said: Lines,
    _profile: TempDir,
}

impl Browser {
    /// Chromium, or `None` after saying that `test` is skipped.
    pub async fn start_or_skip(test: &str) -> Option<Self> {
        let Some(program) = installed() else {
            skip(test, "chromium is not installed");
            return None;
        };
        Some(Self::start(&program).await)
    }

    async fn start(program: &std::path::Path) -> Self {
        let profile = tempfile::tempdir().expect("make a folder for the profile");
        // Chromium takes the pipes as 3 and 4; a shell puts them there.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >&2"]).arg(program);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        let rules: Vec<_> = STRANGE_NAMES.iter().map(|name| format!("MAP {name} 127.0.0.1")).collect();
        command.arg(format!("--host-resolver-rules={}", rules.join(",")));
        if nix::unistd::geteuid().is_root() {
            command.arg("--no-sandbox");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start chromium");
        let (said, ears) = (Lines::default(), Ears::default());
        crate::process::hear(child.stderr.take().expect("stderr is piped"), said.keeper());
        let heard = ears.clone();
        let to = child.stdin.take().expect("stdin is piped");
        let from = child.stdout.take().expect("stdout is piped");
        let wire = Arc::new(Wire::new(to, from, move |event| heard.hear(&event)));
        let browser = Self { wire, ears, child, said, _profile: profile };
        browser.call("Browser.getVersion", json!({})).await;
        browser
    }

    /// A tab with cookies and storage of its own, in light colours.
    pub async fn tab(&self, screen: Screen) -> Tab {
        let context = self.call("Target.createBrowserContext", json!({})).await;
        self.tab_in(context["browserContextId"].as_str().expect("a context"), screen).await
    }

    /// Another tab of the same person: it shares the cookies and storage of `other`.
    pub async fn tab_beside(&self, other: &Tab) -> Tab {
        self.tab_in(other.context(), other.screen()).await
    }

    async fn tab_in(&self, context: &str, screen: Screen) -> Tab {
        let target =
            self.call("Target.createTarget", json!({ "url": "about:blank", "browserContextId": context })).await;
        let target = target["targetId"].as_str().expect("a target").to_owned();
        let attached = self.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await;
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        Tab::new(Arc::clone(&self.wire), self.ears.clone(), session, target, context.to_owned(), screen).await
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.wire.call(None, method, params).await;
        answer.unwrap_or_else(|refused| panic!("chromium refuses {method}: {}", refused.0))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked first: its children write to the profile until they are gone, and that folder goes next.
        self.wire.tell("Browser.close", json!({}));
        let deadline = Instant::now() + FAREWELL_MAX;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Fails when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said.all();
            say(&format!("last words of chromium:\n{}", said[said.len().saturating_sub(10)..].join("\n")));
        }
    }
}

/// Quiet, and nothing from elsewhere: no look-ups of its own, no updates, no crash reports.
const FLAGS: [&str; 14] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    // A tab in the background is as quick as the one in front: five pages are open in some tests.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    // Cameras are asked for and shown a test picture.
    "--use-fake-device-for-media-stream",
];

/// Where Chromium is, if anywhere.
fn installed() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}
