//! The agent's status as `status --json` prints it, read by its documented names and nothing of the agent's own code.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The feed of items that nobody knows: it has no hub to go to.
pub const UNASSIGNED: &str = "unassigned";

/// Everything, at one moment.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    pub clock: Clock,
    pub storage: Storage,
    pub feeds: BTreeMap<String, Feed>,
    pub devices: BTreeMap<String, Device>,
    /// What each says, in a line.
    #[serde(deserialize_with = "lines")]
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
struct Problem {
    name: String,
    text: String,
    remedy: String,
}

fn lines<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Vec<String>, D::Error> {
    let problems = Vec::<Problem>::deserialize(json)?;
    Ok(problems.into_iter().map(|Problem { name, text, remedy }| format!("{name}: {text}; {remedy}")).collect())
}

/// One feed, over all its epochs.
#[derive(Debug, Clone, Deserialize)]
pub struct Feed {
    pub recorded: u64,
    pub acked: u64,
    pub waiting: u64,
    pub set_aside: u64,
    pub lost: u64,
    pub conserved: bool,
    pub epoch: String,
    /// Why nothing gets through, and for how many seconds.
    #[serde(default)]
    pub trouble: Option<(String, u64)>,
    /// How long until nothing waits.
    #[serde(default)]
    pub drain: Option<String>,
}

/// The ledger's disk.
#[derive(Debug, Clone, Deserialize)]
pub struct Storage {
    /// `roomy`, `warn`, `tight` or `full`.
    pub fullness: String,
    /// Bytes in use, and how many there are.
    pub used: u64,
    pub limit: u64,
    pub ballast_released: bool,
    /// Movements that were refused for want of room.
    pub refused: u64,
}

/// The agent's clock.
#[derive(Debug, Clone, Deserialize)]
pub struct Clock {
    pub wall: String,
    pub trusted: bool,
    /// What speaks for it, or against it.
    pub why: String,
    /// How often it was set.
    pub steps: u64,
}

/// One device or broker.
#[derive(Debug, Clone, Deserialize)]
pub struct Device {
    pub connected: bool,
    #[serde(default)]
    pub problem: Option<String>,
    /// What is wrong with the level it reports.
    pub level_problem: Option<String>,
    pub readings: u64,
    pub bad_frames: u64,
    #[serde(default)]
    pub bad_frames_by_reason: BTreeMap<String, u64>,
    pub refused: u64,
}

impl Device {
    /// What is wrong with it, or with the level it reports.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.problem.as_deref().or(self.level_problem.as_deref())
    }
}

impl Status {
    /// Whether nothing waits for a hub.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.feeds.iter().all(|(name, feed)| feed.waiting == 0 || name == UNASSIGNED)
    }

    /// A problem with this text in it.
    #[must_use]
    pub fn names(&self, text: &str) -> bool {
        self.problems.iter().any(|problem| problem.contains(text))
    }
}

impl Feed {
    /// The conservation identity, in this crate's own arithmetic; and the agent must agree.
    #[must_use]
    pub const fn is_conserved(&self) -> bool {
        self.conserved && self.recorded == self.acked + self.waiting + self.set_aside + self.lost
    }

    /// Whether its trouble has this text in it.
    #[must_use]
    pub fn is_troubled_by(&self, text: &str) -> bool {
        self.trouble.as_ref().is_some_and(|(what, _)| what.contains(text))
    }
}
