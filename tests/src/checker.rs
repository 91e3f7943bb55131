//! The oracle: what may be said of every run once it has come to rest, whatever was done to it.
//!
//! | name | what it is | written by |
//! |---|---|---|
//! | G | what the devices said | the harness |
//! | A | what the agent said it had accepted | the agent, after the commit |
//! | L | the site's ledger | read from its file |
//! | H | the hub's movements | its API, compared with its file |
//!
//! Must hold: A ⊆ L ⊆ H, H ⊆ G, each scan in H as often as it was meant and no more, everything promised in H; seqs
//! without gaps and the chain as recomputed here, on both sides; the same totals and levels on both sides; both files
//! sound; nothing in the agent's log that only a fault would say.

mod book;
mod rules;

use std::{fmt, fs::File, io::Write as _, thread};

use self::book::Book;
use crate::{
    emitted::Emitted,
    eventually::PATIENCE,
    hub::{Hub, Seen},
    process::built_in,
    site::{Site, log::Accepted},
};

/// What may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Accepted or promised, and not there.
    Lost,
    /// There more often than it was meant.
    Doubled,
    /// There, and nobody said it.
    Invented,
    /// Seqs or links do not follow from each other.
    BrokenChain,
    /// The two sides, or two views of one side, say different things.
    Differs,
    /// A file is not sound.
    Damaged,
    /// The agent says something that only a fault says.
    Alarm,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub kind: Kind,
    pub what: String,
}

/// Judges one site and its hub.
#[derive(Debug)]
pub struct Checker<'e> {
    emitted: &'e Emitted,
    expected: Vec<String>,
    is_restored: bool,
    has_removed: bool,
}

/// The judgement.
#[derive(Debug)]
pub struct Verdict {
    pub violations: Vec<Violation>,
    /// Scans meant.
    pub emitted: usize,
    /// Scans that must not be lost.
    pub promised: usize,
    /// Lines that said "recorded".
    pub accepted: usize,
    /// Records in the ledger.
    pub recorded: usize,
    /// Movements at the hub.
    pub delivered: usize,
}

/// Everything a run left behind.
#[derive(Debug)]
struct Evidence<'e> {
    emitted: &'e Emitted,
    accepted: Vec<Accepted>,
    ledger: Book,
    store: Book,
    seen: Vec<Seen>,
    /// The ledger is an old copy: the hub may have more of it.
    is_restored: bool,
}

impl<'e> Checker<'e> {
    #[must_use]
    pub const fn new(emitted: &'e Emitted) -> Self {
        Self { emitted, expected: Vec::new(), is_restored: false, has_removed: false }
    }

    /// The agent's log may have errors with this text in them.
    #[must_use]
    pub fn expecting(mut self, text: &str) -> Self {
        self.expected.push(text.to_owned());
        self
    }

    /// The ledger was replaced by an older copy: what was recorded in between is at the hub alone, and in the amounts here.
    #[must_use]
    pub const fn after_restore(mut self) -> Self {
        self.is_restored = true;
        self
    }

    /// Records that were acknowledged may be gone from the ledger: they grew old, or its disk was short.
    #[must_use]
    pub const fn after_removal(mut self) -> Self {
        self.has_removed = true;
        self
    }

    /// Waits until the site has delivered everything, stops both, and reads what is left. The hub must run.
    ///
    /// # Panics
    /// When the site does not come to rest, or a file cannot be read at all.
    pub async fn judge(&self, site: &mut Site, hub: &mut Hub) -> Verdict {
        let mut violations = Vec::new();
        if site.runs() {
            site.wait_until_settled(PATIENCE).await;
            let says = site.on_hand().await;
            site.stop().await;
            let ledger = self.ledger(site, hub);
            let store =
                self.is_restored.then(|| Book::store(&hub.state_dir(), site.name()).expect("read the hub's store"));
            violations.extend(rules::on_hand_is_the_fold(&says, &ledger, store.as_ref()));
        }
        let seen = hub.movements().await;
        let (held, health) = (hub.on_hand().await, hub.health().await);
        hub.stop().await;
        let evidence = Evidence {
            emitted: self.emitted,
            accepted: site.accepted(),
            ledger: self.ledger(site, hub),
            store: Book::store(&hub.state_dir(), site.name()).expect("read the hub's store"),
            seen: seen.into_iter().filter(|seen| seen.site == site.name()).collect(),
            is_restored: self.is_restored,
        };
        violations.extend(rules::files_are_sound(&evidence));
        violations.extend(rules::chains_hold(&evidence));
        violations.extend(rules::accepted_is_in_the_ledger(&evidence));
        violations.extend(rules::ledger_is_at_the_hub(&evidence));
        violations.extend(rules::each_scan_is_there_as_often_as_meant(&evidence));
        violations.extend(rules::levels_are_those_that_were(&evidence));
        violations.extend(rules::views_agree(&evidence, site.name(), &held, &health));
        violations.extend(self.alarms(site));
        violations.sort_by_key(|violation| violation.kind);
        let recorded = evidence.ledger.strands.iter().map(|strand| strand.rows.len()).sum();
        Verdict {
            violations,
            emitted: count(&self.emitted.meant()),
            promised: count(&self.emitted.promised()),
            accepted: evidence.accepted.len(),
            recorded,
            delivered: evidence.seen.len(),
        }
    }

    fn ledger(&self, site: &Site, hub: &Hub) -> Book {
        let ledger = Book::ledger(&site.state_dir()).expect("read the ledger");
        if !self.has_removed {
            return ledger;
        }
        let store = Book::store(&hub.state_dir(), site.name()).expect("read the hub's store");
        ledger.with_removed(&site.state_dir(), &store).expect("read what the ledger has removed")
    }

    fn alarms(&self, site: &Site) -> Vec<Violation> {
        let errors = site.log().lines_with(r#""level":"ERROR""#);
        let rewinds = site.log().lines_with("hub has less than it acknowledged");
        let alarms = errors.into_iter().chain(rewinds);
        alarms
            .filter(|line| !self.expected.iter().any(|text| line.contains(text)))
            .map(|line| Violation { kind: Kind::Alarm, what: line })
            .collect()
    }
}

impl Verdict {
    /// # Panics
    /// When anything is wrong; says what. A part that was lost or counted twice is also written down beside the programs, in
    /// `violations.txt`, which `tests/run` shows at its end: a second try that passes must not make anybody forget it.
    pub fn assert_clean(&self) {
        let shown: Vec<String> = self.violations.iter().take(40).map(ToString::to_string).collect();
        if self.violations.iter().any(|violation| violation.kind != Kind::Alarm) {
            let here = std::env::current_exe().expect("the test knows its own path");
            let file = File::options().create(true).append(true).open(built_in(&here).join("violations.txt"));
            let test = thread::current().name().unwrap_or("a test").to_owned();
            file.and_then(|mut file| writeln!(file, "{test}: {self}\n{}", shown.join("\n"))).expect("write it down");
        }
        assert!(self.violations.is_empty(), "{} violations ({self}):\n{}", self.violations.len(), shown.join("\n"));
    }

    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.violations.iter().any(|violation| violation.kind == kind)
    }

    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.violations.iter().filter(|violation| violation.kind == kind).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "emitted {}, promised {}, accepted {}, recorded {}, delivered {}, lost {}, doubled {}",
            self.emitted,
            self.promised,
            self.accepted,
            self.recorded,
            self.delivered,
            self.count(Kind::Lost),
            self.count(Kind::Doubled)
        )
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}

fn count(parts: &std::collections::BTreeMap<crate::emitted::Part, u32>) -> usize {
    parts.values().map(|&often| often as usize).sum()
}
