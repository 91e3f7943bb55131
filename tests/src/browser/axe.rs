//! axe-core: what a machine can tell of a page's accessibility, by WCAG 2.2 A and AA and axe's own best practices.
//!
//! Comes from the npm registry when it is first needed, one pinned version with a pinned digest, and is kept beside what
//! cargo builds. Without npm the test is skipped by its name.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::tab::Tab;
use crate::{process::built_in, skip::skip};

const VERSION: &str = "4.14.0";

/// sha256 of `axe.min.js` of that version.
const DIGEST: &str = "20c09fe157a8a34a30e241aaa1fcdade657734f08ab379ecfbeb7d45cc46e878";

/// axe-core, ready to look at pages.
#[derive(Debug)]
pub struct Axe(String);

#[derive(Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    target: serde_json::Value,
    html: String,
    #[serde(default)]
    failure_summary: String,
}

impl Axe {
    /// axe-core, or `None` after saying that `test` is skipped.
    ///
    /// # Panics
    /// When what npm brings is not what is pinned.
    #[must_use]
    pub fn fetch_or_skip(test: &str) -> Option<Self> {
        let folder = folder();
        fs::create_dir_all(&folder).expect("make a folder for axe-core");
        // Tests run side by side; one of them fetches.
        let lock = File::create(folder.join("lock")).expect("make a lock");
        lock.lock().expect("lock the folder of axe-core");
        let path = folder.join("node_modules/axe-core/axe.min.js");
        if !path.exists()
            && let Err(why) = install(&folder)
        {
            skip(test, &format!("axe-core {VERSION} is not here: {why}"));
            return None;
        }
        let script = fs::read_to_string(&path).expect("read axe-core");
        let digest: String = Sha256::digest(&script).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, DIGEST, "{} is not axe-core {VERSION} as pinned", path.display());
        Some(Self(script))
    }

    /// What is wrong with the page as it stands, in words.
    pub async fn violations(&self, tab: &Tab) -> Vec<String> {
        self.run(tab, "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']").await
    }

    /// What is wrong with its colours alone: all that can be new in another light.
    pub async fn violations_of_colour(&self, tab: &Tab) -> Vec<String> {
        self.run(tab, "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }").await
    }

    async fn run(&self, tab: &Tab, only: &str) -> Vec<String> {
        let is_here: bool = tab.eval("typeof axe !== 'undefined'").await;
        if !is_here {
            tab.call("Runtime.evaluate", json!({ "expression": self.0, "returnByValue": false })).await;
        }
        let run = &format!(
            "axe.run(document, {{ resultTypes: ['violations'], runOnly: {only} }}).then((found) => found.violations)"
        );
        let violations: Vec<Violation> = tab.eval(run).await;
        let say = |violation: &Violation| -> Vec<String> {
            let say = |node: &Node| {
                let summary = node.failure_summary.replace('\n', " ");
                format!("{}: {} at {}: {summary}\n    {}", violation.id, violation.help, node.target, node.html)
            };
            violation.nodes.iter().map(say).collect()
        };
        violations.iter().flat_map(say).collect()
    }

    /// # Panics
    /// When anything is wrong with the page as it stands.
    pub async fn assert_clean(&self, tab: &Tab, what: &str) {
        let violations = self.violations(tab).await;
        assert!(violations.is_empty(), "{what}: {}", violations.join("\n"));
    }
}

fn install(folder: &Path) -> Result<(), String> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(folder);
    let output = npm.arg(format!("axe-core@{VERSION}")).output().map_err(|error| format!("npm: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("npm: {}", String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default())),
    }
}

/// `target/axe-VERSION`.
fn folder() -> PathBuf {
    let here = std::env::current_exe().expect("the test knows its own path");
    let target = built_in(&here).parent().expect("a profile lies in target");
    target.join(format!("axe-{VERSION}"))
}
