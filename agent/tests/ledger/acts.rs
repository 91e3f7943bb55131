//! What is recorded together, taken back, claimed late, counted, kept and explained.

use std::sync::Arc;

use agent::{
    ledger::{Ledger, Outcome},
    movement::{
        counted::Counted,
        entry::{Claim, Entry, EntryError, Kept, KeptKey, Level, Position, Posting, Statement, TakeBack},
        said::{ActId, Said},
    },
    register::catalog::Catalog,
};
use gateway_proto::{
    chain::{Epoch, Link},
    place::Place,
    quantity::Quantity,
    record::Seq,
    time::WallTime,
};

use super::{Site, acme, open, used};

fn now() -> WallTime {
    WallTime::from_millis(1_795_237_200_000)
}

impl Site {
    fn tries(&mut self, statement: Statement) -> Result<Outcome, EntryError> {
        self.ledger().in_one_commit(|group| group.append(Entry::of(vec![statement]))).unwrap()
    }

    fn kept(&mut self) -> Vec<(String, String)> {
        self.ledger().kept().unwrap().into_iter().map(|row| (row.kind + "/" + &row.name, row.text)).collect()
    }
}

/// A movement of the feed as it is now.
fn position(seq: u64) -> Position {
    Position { feed: acme(), life: None, seq: Seq(seq) }
}

pub(super) fn take_back(seq: u64) -> Statement {
    let by = "station-1".parse().unwrap();
    Statement::TakeBack(Box::new(TakeBack { at: now(), clock: None, by, actor: None, of: position(seq) }))
}

fn said(act: u64, to: &str, qty: Option<u64>) -> Said {
    Said {
        act: ActId(act),
        at: now(),
        clock: None,
        by: "station-1".parse().unwrap(),
        item: "M8".parse().unwrap(),
        from: "bin:A".parse().unwrap(),
        to: to.parse().unwrap(),
        qty: qty.map(|qty| Quantity::new(qty).unwrap()),
        actor: Some("EMP-1".parse().unwrap()),
        reference: None,
        reason: None,
        lot: None,
        serial: None,
        code: None,
    }
}

fn level(pieces: u64, shares: Vec<Said>) -> Statement {
    Statement::Level(Box::new(Level {
        at: now(),
        clock: None,
        item: "M8".parse().unwrap(),
        place: "bin:A".parse().unwrap(),
        counted: Counted::exactly(pieces),
        by: "scale-1".parse().unwrap(),
        taken_to: Place::Used,
        filled_from: Place::Dock,
        shares,
        origins: std::collections::BTreeMap::from([(ActId(7), 4_711)]),
    }))
}

fn keep(kind: &'static str, name: &str, text: &str) -> Statement {
    Statement::Keep(Kept { key: KeptKey::new(kind, name), text: text.to_owned() })
}

#[test]
fn a_movement_is_taken_back_once_also_after_a_restart() {
    let mut site = Site::new();
    site.uses("M8", 5);
    site.tries(take_back(1)).unwrap();
    assert_eq!((site.held("M8", "bin:A"), site.held("M8", "used")), (Some(0), Some(0)));
    assert!(matches!(site.tries(take_back(1)), Err(EntryError::TakenBack { .. })));
    site.restart();
    assert!(matches!(site.tries(take_back(1)), Err(EntryError::TakenBack { .. })));
    assert!(matches!(site.tries(take_back(2)), Err(EntryError::NoMovement { .. })), "a correction is not corrected");
    assert!(matches!(site.tries(take_back(9)), Err(EntryError::NoMovement { .. })));
    assert_eq!(site.counts()[0], 2);
}

#[test]
fn after_a_new_epoch_a_number_is_another_movement_and_a_correction_goes_along() {
    let mut site = Site::new();
    for qty in [1, 50, 7] {
        site.uses("M8", qty);
    }
    let Ok(Outcome::Recorded(recorded)) = site.tries(take_back(3)) else { panic!() };
    let before = recorded[0].life;
    site.takes_down(super::settled(1));
    site.takes_down(gateway_proto::delivery::Effect::NewEpoch);
    // 50, 7 and its correction are 1, 2 and 3 now.
    assert!(matches!(site.tries(take_back(2)), Err(EntryError::TakenBack { .. })), "the 7 were taken back before");
    let stale = |seq| {
        let of = Position { life: Some(before), ..position(seq) };
        let by = "station-1".parse().unwrap();
        Statement::TakeBack(Box::new(TakeBack { at: now(), clock: None, by, actor: None, of }))
    };
    assert!(matches!(site.tries(stale(1)), Err(EntryError::EarlierLife { .. })), "the 1, not the 50");
    site.restart();
    assert!(matches!(site.tries(take_back(2)), Err(EntryError::TakenBack { .. })), "also after a restart");
    site.tries(take_back(1)).unwrap();
    assert_eq!(site.held("M8", "used"), Some(1));
}

#[test]
fn a_correction_of_what_stays_behind_names_its_epoch() {
    let mut site = Site::new();
    site.uses("M8", 1);
    site.uses("M8", 2);
    site.tries(take_back(1)).unwrap();
    let epoch = site.ledger().standings()[&acme()].standing.epoch.to_string();
    site.takes_down(super::settled(1));
    site.takes_down(gateway_proto::delivery::Effect::NewEpoch);
    let life = site.ledger().standings()[&acme()].life;
    let record =
        agent::ledger::reader::Reader::open(site.folder.path()).unwrap().record(life, Seq(2)).unwrap().unwrap();
    assert!(record.as_str().contains(&format!("\"corrects\":1,\"corrects_in\":\"{epoch}\"")), "{record:?}");
    site.restart();
    site.tries(take_back(1)).unwrap();
    assert_eq!(site.held("M8", "used"), Some(0), "the 2 of the new epoch");
}

#[test]
fn an_entry_is_recorded_whole_or_not_at_all_and_its_neighbours_do_not_suffer() {
    let mut site = Site::new();
    site.uses("M8", 5);
    let halves = Entry::of(vec![
        Statement::movement(used("M8", 1)).unwrap(),
        keep("session", "s1", "{}"),
        take_back(1),
        take_back(1),
    ]);
    let outcomes = site.ledger().in_one_commit(|group| {
        let first = group.append(halves)?;
        let second = group.append(Entry::movement(used("M8", 7), None).unwrap())?;
        Ok((first, second))
    });
    let (first, second) = outcomes.unwrap();
    assert!(matches!(first, Err(EntryError::TakenBack { .. })));
    assert!(matches!(second, Ok(Outcome::Recorded(recorded)) if recorded.len() == 1));
    assert_eq!((site.held("M8", "used"), site.kept()), (Some(12), Vec::new()));
}

#[test]
fn a_level_is_the_acts_that_people_spoke_for_and_they_wait_no_longer() {
    let mut site = Site::new();
    site.tries(level(100, Vec::new())).unwrap();
    site.tries(keep("act", "7", "{}")).unwrap();
    let Ok(Outcome::Recorded(recorded)) = site.tries(level(94, vec![said(7, "field:van-3", None)])) else { panic!() };
    let [recorded] = &recorded[..] else { panic!("{recorded:?}") };
    assert_eq!((recorded.act, recorded.movement.to.to_string()), (Some(ActId(7)), "field:van-3".to_owned()));
    assert_eq!((site.held("M8", "field:van-3"), site.kept()), (Some(6), Vec::new()));
}

#[test]
fn a_late_word_makes_the_movement_anew_with_the_same_quantity() {
    let mut site = Site::new();
    site.tries(level(100, Vec::new())).unwrap();
    site.tries(level(95, Vec::new())).unwrap();
    let claim = |act, to| {
        let said = said(act, to, Some(4));
        Statement::Claim(Box::new(Claim { said, of: position(2), stated: Some(4) }))
    };
    let Ok(Outcome::Recorded(recorded)) = site.tries(claim(1, "asset:PUMP-17")) else { panic!() };
    assert_eq!(recorded.iter().map(|recorded| recorded.movement.qty.units()).collect::<Vec<_>>(), [5, 5]);
    assert_eq!(recorded[1].movement.stated, Some(4));
    assert_eq!((site.held("M8", "used"), site.held("M8", "asset:PUMP-17")), (Some(0), Some(5)));
    assert!(matches!(site.tries(claim(2, "scrap")), Err(EntryError::TakenBack { .. })), "claimed once");
    assert_eq!(site.held("M8", "bin:A"), Some(95));
}

#[test]
fn a_count_moves_the_books_by_its_difference_and_stays_on_record_when_it_agrees() {
    let mut site = Site::new();
    site.tries(level(100, Vec::new())).unwrap();
    // Counted 97 of 100; meanwhile five were issued.
    site.uses("M8", 5);
    let posting = |change| {
        Statement::Posting(Box::new(Posting {
            at: now(),
            clock: None,
            by: "counter".parse().unwrap(),
            actor: None,
            item: "M8".parse().unwrap(),
            place: "bin:A".parse().unwrap(),
            found: 97,
            expected: Some(97 - change),
            change,
            reason: Some("miscount".parse().unwrap()),
            reference: None,
        }))
    };
    site.tries(posting(-3)).unwrap();
    assert_eq!((site.held("M8", "bin:A"), site.held("M8", "variance")), (Some(92), Some(-97)));
    assert_eq!(site.counts()[0], 4, "the count and its adjustment");
    assert!(matches!(site.tries(posting(0)), Ok(Outcome::Recorded(recorded)) if recorded.is_empty()));
    assert_eq!(site.counts()[0], 5);
}

#[test]
fn what_is_kept_outlives_a_restart_and_the_newest_holds() {
    let mut site = Site::new();
    for text in ["1", "2"] {
        site.tries(keep("bin", "A", text)).unwrap();
    }
    site.tries(keep("bin", "B", "3")).unwrap();
    site.tries(Statement::Forget(KeptKey::new("bin", "B"))).unwrap();
    site.restart();
    assert_eq!(site.kept(), [("bin/A".to_owned(), "2".to_owned())]);
}

#[test]
fn a_new_catalog_holds_from_its_commit_on_and_not_when_that_fails() {
    let mut site = Site::new();
    assert_eq!(site.uses("NEW", 1).0, "unassigned");
    let mut catalog = Catalog::default();
    catalog.add("NEW".parse().unwrap(), acme(), []);
    let adopt = || Statement::Adopt(Arc::new(catalog.clone()));
    let failing = Entry::of(vec![adopt(), take_back(99)]);
    site.ledger().in_one_commit(|group| group.append(failing)).unwrap().unwrap_err();
    assert_eq!(site.uses("NEW", 1).0, "unassigned");
    site.tries(adopt()).unwrap();
    assert_eq!(site.uses("NEW", 1).0, "acme");
}

#[test]
fn a_ledger_of_the_first_schema_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let epoch: Epoch = "0193e5a0-0000-7000-8000-000000000000".parse().unwrap();
    let text = Statement::movement(used("M8", 5)).map(|statement| match statement {
        Statement::Movement { text, .. } => text,
        other => panic!("{other:?}"),
    });
    let text = text.unwrap();
    let link = Link::first(&epoch).then(text.as_str());
    let db = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    db.execute_batch(include_str!("../../src/ledger/schema.sql")).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute("INSERT INTO life (feed, epoch, begun_ms) VALUES ('acme', ?, 0)", [epoch.as_str()]).unwrap();
    let row = rusqlite::params![link.as_bytes(), text.as_str()];
    db.execute("INSERT INTO record (life, seq, link, text) VALUES (1, 1, ?, ?)", row).unwrap();
    drop(db);
    let ledger: Ledger = open(folder.path()).unwrap();
    assert_eq!(ledger.kept().unwrap(), []);
    let at = ledger.standings()[&acme()].clone();
    assert_eq!((at.standing.epoch, at.standing.recorded), (epoch, Seq(1)));
    assert_eq!(ledger.on_hand().get(&"M8".parse().unwrap(), &Place::Used), Some(5));
}
