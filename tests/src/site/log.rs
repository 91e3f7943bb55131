//! What the agent says while it runs: above all the lines that tell what it has accepted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

/// A line of the agent's log that says "recorded": written after the commit, so it is a promise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Accepted {
    pub device: String,
    pub feed: String,
    pub seq: u64,
    pub item: String,
    pub qty: u64,
}

/// Everything the agent said, over all its lives.
#[derive(Debug, Clone, Default)]
pub struct SiteLog(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    accepted: Vec<Accepted>,
    /// Everything else, as it was said.
    other: Vec<String>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: std::borrow::Cow<'a, str>,
}

impl SiteLog {
    /// A function that takes the agent's lines.
    pub(super) fn ear(&self) -> impl Fn(String) + Send + 'static {
        let log = self.clone();
        move |line| log.hear(line)
    }

    #[must_use]
    pub fn accepted(&self) -> Vec<Accepted> {
        self.lock().accepted.clone()
    }

    #[must_use]
    pub fn accepted_count(&self) -> usize {
        self.lock().accepted.len()
    }

    /// Whether an entry like this was accepted. Looks at the newest first.
    #[must_use]
    pub fn has_accepted(&self, is_it: impl Fn(&Accepted) -> bool) -> bool {
        self.lock().accepted.iter().rev().any(is_it)
    }

    /// Lines other than "recorded" that have a text in them.
    #[must_use]
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        self.lock().other.iter().filter(|line| line.contains(text)).cloned().collect()
    }

    /// The last lines, for whoever looks into a failure.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<String> {
        let heard = self.lock();
        heard.other[heard.other.len().saturating_sub(count)..].to_vec()
    }

    fn hear(&self, line: String) {
        let is_recorded = serde_json::from_str::<Line<'_>>(&line).is_ok_and(|line| line.message == "recorded");
        let accepted = is_recorded.then(|| serde_json::from_str(&line).expect("a recorded line has its fields"));
        let mut heard = self.lock();
        match accepted {
            Some(accepted) => heard.accepted.push(accepted),
            None => heard.other.push(line),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
