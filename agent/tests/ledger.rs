//! The ledger over a real file: what is there after a restart, a repetition, an answer of the hub.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "test code")]

#[path = "ledger/acts.rs"]
mod acts;
#[path = "ledger/forward.rs"]
mod forward;
#[path = "ledger/records.rs"]
mod records;
#[path = "ledger/settlements.rs"]
mod settlements;
#[path = "ledger/upkeep.rs"]
mod upkeep;

use std::{path::Path, sync::Arc};

use agent::{
    ledger::{Ledger, LedgerError, Outcome, reader::Reader},
    movement::{
        counted::Counted,
        entry::{Entry, Level, Origin, OriginKind, Statement},
    },
    register::catalog::Catalog,
};
use gateway_proto::{
    answer::Refusal, chain::Link, delivery::Effect, movement::Movement, name::FeedName, place::Place,
    quantity::Quantity, record::Seq, time::WallTime,
};
use tempfile::TempDir;

struct Site {
    folder: TempDir,
    ledger: Option<Ledger>,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Some(open(folder.path()).unwrap());
        Self { folder, ledger }
    }

    fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().unwrap()
    }

    fn restart(&mut self) {
        self.ledger = None;
        self.ledger = Some(open(self.folder.path()).unwrap());
    }

    fn record(&mut self, entry: Entry) -> Outcome {
        self.ledger().in_one_commit(|group| group.append(entry)).unwrap().unwrap()
    }

    /// Uses `qty` of an item from bin A; its feed and seq.
    fn uses(&mut self, item: &str, qty: u64) -> (String, u64) {
        match self.record(Entry::movement(used(item, qty), None).unwrap()) {
            Outcome::Recorded(recorded) => (recorded[0].feed.to_string(), recorded[0].seq.0),
            outcome => panic!("{outcome:?}"),
        }
    }

    fn takes_down(&mut self, effect: Effect) {
        let life = self.ledger().standings()[&acme()].life;
        self.ledger().in_one_commit(|group| group.take_down(&acme(), life, &effect)).unwrap();
        assert!(self.ledger().counts().feeds.values().all(|counts| counts.is_conserved()), "{:?}", self.counts());
        // The mirror in memory says what the file says.
        let before = (self.ledger().counts(), self.ledger().standings());
        self.restart();
        assert_eq!(before, (self.ledger().counts(), self.ledger().standings()));
    }

    /// recorded, acked, waiting, set aside, lost of the feed acme.
    fn counts(&mut self) -> [u64; 5] {
        let counts = self.ledger().counts().feeds[&acme()];
        [counts.recorded, counts.acked, counts.waiting, counts.set_aside, counts.lost]
    }

    fn held(&mut self, item: &str, place: &str) -> Option<i64> {
        self.ledger().on_hand().get(&item.parse().unwrap(), &place.parse().unwrap())
    }
}

fn open(folder: &Path) -> Result<Ledger, LedgerError> {
    let mut catalog = Catalog::default();
    catalog.add("M8".parse().unwrap(), acme(), []);
    catalog.add("SEAL".parse().unwrap(), "boltco".parse().unwrap(), []);
    Ledger::open(folder, &[acme(), "boltco".parse().unwrap()], Arc::new(catalog))
}

fn acme() -> FeedName {
    "acme".parse().unwrap()
}

fn used(item: &str, qty: u64) -> Movement {
    let place = |text: &str| text.parse().unwrap();
    let qty = Quantity::new(qty).unwrap();
    let at = WallTime::from_millis(1_795_237_200_000);
    Movement::new(at, item.parse().unwrap(), qty, place("bin:A"), place("used"), "scanner".parse().unwrap())
}

/// The scale of bin A finds so many.
fn weighs(pieces: u64) -> Entry {
    let level = Level {
        at: WallTime::from_millis(1_795_237_300_000),
        clock: None,
        item: "M8".parse().unwrap(),
        place: "bin:A".parse().unwrap(),
        counted: Counted::exactly(pieces),
        by: "scale-3".parse().unwrap(),
        taken_to: Place::Used,
        filled_from: Place::Dock,
        shares: Vec::new(),
        origins: std::collections::BTreeMap::new(),
    };
    Entry::of(vec![Statement::Level(Box::new(level))])
}

fn settled(through: u64) -> Effect {
    Effect::Settle { through: Seq(through), refused: Vec::new(), lost: None }
}

fn refusal(seq: u64) -> Refusal {
    Refusal { seq: Seq(seq), code: "unknown_item".to_owned(), detail: String::new() }
}

#[test]
fn each_item_goes_to_its_own_feed_and_what_nobody_knows_to_none() {
    let mut site = Site::new();
    assert_eq!(site.uses("M8", 1), ("acme".to_owned(), 1));
    assert_eq!(site.uses("SEAL", 1), ("boltco".to_owned(), 1));
    assert_eq!(site.uses("M8", 1), ("acme".to_owned(), 2));
    assert_eq!(site.uses("X-4711", 1), ("unassigned".to_owned(), 1));
}

#[test]
fn a_restart_finds_seqs_chain_and_on_hand_where_they_were() {
    let mut site = Site::new();
    for qty in [5, 7] {
        site.uses("M8", qty);
    }
    site.restart();
    assert_eq!(site.held("M8", "used"), Some(12));
    assert_eq!(site.uses("M8", 1), ("acme".to_owned(), 3));
    let at = site.ledger().standings()[&acme()].clone();
    let reader = Reader::open(site.folder.path()).unwrap();
    let epoch = &at.standing.epoch;
    let all = reader.stretch(at.life, epoch, Seq(1), Seq(3)).unwrap();
    let head = all.records.iter().fold(Link::first(epoch), |link, record| link.then(record.as_str()));
    assert_eq!((all.prev, all.head), (Link::first(epoch), head));
    let rest = reader.stretch(at.life, epoch, Seq(2), Seq(3)).unwrap();
    assert_eq!((rest.records.len(), rest.head), (2, head));
}

#[test]
fn a_repetition_is_told_also_after_a_restart() {
    let mut site = Site::new();
    let entry = |id: &[u8], proves| {
        Entry::movement(used("M8", 1), Some(Origin::new(OriginKind::Id, &[b"s1", id], proves))).unwrap()
    };
    assert!(matches!(site.record(entry(b"1", true)), Outcome::Recorded(_)));
    assert_eq!(site.record(entry(b"1", true)), Outcome::Repeated);
    site.restart();
    assert_eq!(site.record(entry(b"1", true)), Outcome::Repeated);
    assert!(matches!(site.record(entry(b"2", true)), Outcome::Recorded(_)));
    assert!(matches!(site.record(entry(b"2", false)), Outcome::Recorded(_)), "only a doubtful key: two parts");
}

#[test]
fn a_level_records_the_difference_once() {
    let mut site = Site::new();
    let mut level = |pieces| match site.record(weighs(pieces)) {
        Outcome::Recorded(recorded) => Some((recorded[0].movement.qty.units(), recorded[0].movement.to.to_string())),
        _ => None,
    };
    assert_eq!(level(100), Some((100, "bin:A".to_owned())));
    assert_eq!(level(100), None);
    assert_eq!(level(88), Some((12, "used".to_owned())));
    assert_eq!(level(88), None);
}

#[test]
fn a_group_that_fails_leaves_nothing() {
    let mut site = Site::new();
    site.uses("M8", 1);
    let failed: Result<(), LedgerError> = site.ledger().in_one_commit(|group| {
        group.append(Entry::movement(used("M8", 5), None).unwrap())?.unwrap();
        Err(LedgerError::Closed)
    });
    assert!(failed.is_err());
    assert!(site.ledger().is_stale());
    assert_eq!(site.uses("M8", 1), ("acme".to_owned(), 2), "the seq was not used up");
    assert_eq!((site.held("M8", "used"), site.counts()[0]), (Some(2), 2));
}

#[test]
fn every_record_is_accounted_for_whatever_the_hub_answers() {
    let mut site = Site::new();
    for _ in 0..10 {
        site.uses("M8", 1);
    }
    assert_eq!(site.counts(), [10, 0, 10, 0, 0]);
    site.takes_down(settled(4));
    assert_eq!(site.counts(), [10, 4, 6, 0, 0]);
    site.takes_down(settled(4));
    assert_eq!(site.counts(), [10, 4, 6, 0, 0], "an ack may come twice");
    site.takes_down(Effect::Settle { through: Seq(6), refused: vec![refusal(5), refusal(3)], lost: None });
    assert_eq!(site.counts(), [10, 4, 4, 2, 0], "3 was taken for acknowledged before");
    site.takes_down(Effect::SetAside { refusal: refusal(7) });
    assert_eq!(site.counts(), [10, 4, 4, 2, 0], "it waits until the hub has passed it");
    site.takes_down(settled(7));
    assert_eq!(site.counts(), [10, 4, 3, 3, 0]);
    site.takes_down(Effect::Settle { through: Seq(9), refused: Vec::new(), lost: Some((Seq(8), Seq(9))) });
    assert_eq!(site.counts(), [10, 4, 1, 3, 2]);
    site.takes_down(Effect::Rewind { through: Seq(4) });
    assert_eq!(site.counts(), [10, 3, 6, 1, 0]);
    site.takes_down(settled(10));
    assert_eq!(site.counts(), [10, 9, 0, 1, 0]);
}

#[test]
fn a_new_epoch_takes_what_is_not_settled_along_and_keeps_the_counts() {
    let mut site = Site::new();
    for qty in 1..=5 {
        site.uses("M8", qty);
    }
    site.takes_down(settled(3));
    let old = site.ledger().standings()[&acme()].clone();
    site.takes_down(Effect::NewEpoch);
    let new = site.ledger().standings()[&acme()].clone();
    assert_ne!(old.standing.epoch, new.standing.epoch);
    assert_eq!((new.standing.recorded, new.standing.through), (Seq(2), Seq(0)));
    let reader = Reader::open(site.folder.path()).unwrap();
    let moved = reader.stretch(new.life, &new.standing.epoch, Seq(1), Seq(2)).unwrap();
    assert_eq!(moved.prev, Link::first(&new.standing.epoch));
    assert!(moved.records[0].as_str().contains("\"qty\":4") && moved.records[1].as_str().contains("\"qty\":5"));
    assert_eq!(site.held("M8", "used"), Some(15), "nothing is folded twice");
    assert_eq!(site.uses("M8", 1), ("acme".to_owned(), 3));
    let effect = settled(3);
    site.ledger().in_one_commit(|group| group.take_down(&acme(), old.life, &effect)).unwrap();
    assert_eq!(site.ledger().standings()[&acme()].standing.through, Seq(0), "an answer to the old epoch is void");
}

#[test]
fn a_second_agent_is_kept_out() {
    let site = Site::new();
    let error = open(site.folder.path()).unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
}

#[test]
fn a_ledger_of_a_newer_agent_is_left_alone() {
    let mut site = Site::new();
    site.ledger = None;
    let db = rusqlite::Connection::open(site.folder.path().join("ledger.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let error = open(site.folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "ledger has schema 99, this agent knows up to 3; install a newer agent");
}

#[test]
fn the_ledger_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let mode = std::fs::metadata(site.folder.path().join("ledger.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
