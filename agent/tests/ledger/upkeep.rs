//! What the ledger does for itself, over a real file: checkpoints, retention, what is set aside, a disk that fills.

use agent::{
    config::StorageLimits,
    ledger::{AsideAct, AsideKey, AsideOutcome, AsideState, Fullness, Removal},
};
use gateway_proto::record::{Checkpoint, ClockOffset, Record, UntrustedClock};

use super::*;

const DAY_MS: i64 = 86_400_000;

impl Site {
    /// Uses one piece of M8, so many days after the first of November.
    fn uses_on_day(&mut self, day: i64) {
        let mut movement = used("M8", 1);
        movement.at = on_day(day);
        self.record(Entry::movement(movement, None).unwrap());
    }

    fn trim(&mut self, removal: Removal) -> u64 {
        let mut removed = 0;
        loop {
            match self.ledger().in_one_commit(|group| group.trim(&acme(), removal)).unwrap() {
                0 => break,
                records => removed += records,
            }
        }
        // The mirror in memory says what the file says, and the amounts are what they were.
        let before = (self.ledger().counts(), self.ledger().standings(), self.ledger().on_hand().clone());
        self.restart();
        let after = (self.ledger().counts(), self.ledger().standings(), self.ledger().on_hand().clone());
        assert_eq!(before, after);
        assert!(after.0.feeds.values().all(|counts| counts.is_conserved()), "{:?}", after.0);
        removed
    }

    fn rows(&self) -> i64 {
        let db = rusqlite::Connection::open(self.folder.path().join("ledger.db")).unwrap();
        db.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap()
    }

    fn oldest(&mut self) -> u64 {
        self.ledger().standings()[&acme()].standing.oldest.0
    }

    fn checkpoint(&mut self) -> Checkpoint {
        self.ledger().in_one_commit(|group| group.append_checkpoint(&acme(), on_day(30))).unwrap();
        let at = self.ledger().standings()[&acme()].clone();
        let reader = Reader::open(self.folder.path()).unwrap();
        let text = reader.record(at.life, at.standing.recorded).unwrap().unwrap();
        match Record::parse(text.as_str()).unwrap() {
            Record::Checkpoint(checkpoint) => checkpoint,
            other => panic!("{other:?}"),
        }
    }

    fn tend(&mut self, seq: u64, act: AsideAct) -> AsideOutcome {
        let epoch = self.ledger().standings()[&acme()].standing.epoch.clone();
        let of = AsideKey { feed: acme(), epoch, seq: Seq(seq) };
        let actor = "kim".parse().unwrap();
        self.ledger().in_one_commit(|group| group.tend(&of, act, &actor, on_day(1))).unwrap()
    }
}

fn unreadable(seq: u64) -> Refusal {
    Refusal { code: "bad_batch".to_owned(), ..refusal(seq) }
}

fn on_day(day: i64) -> WallTime {
    WallTime::from_millis(1_793_491_200_000 + day * DAY_MS)
}

#[test]
fn what_is_acknowledged_and_old_is_removed_and_still_counts() {
    let mut site = Site::new();
    for day in 0..10 {
        site.uses_on_day(day);
    }
    site.takes_down(settled(6));
    assert_eq!(site.trim(Removal::Before(on_day(0))), 0, "nothing is that old");
    assert_eq!(site.trim(Removal::Before(on_day(4))), 4);
    assert_eq!((site.oldest(), site.rows(), site.held("M8", "used")), (5, 6, Some(10)));
    assert_eq!(site.trim(Removal::Before(on_day(100))), 2, "what is not acknowledged stays, however old");
    assert_eq!((site.oldest(), site.rows(), site.held("M8", "used")), (7, 4, Some(10)));
    assert_eq!(site.uses("M8", 1).1, 11, "seqs go on");
    // The chain goes on from where it was cut.
    let at = site.ledger().standings()[&acme()].clone();
    let reader = Reader::open(site.folder.path()).unwrap();
    let stretch = reader.stretch(at.life, &at.standing.epoch, Seq(7), Seq(11)).unwrap();
    let head = stretch.records.iter().fold(stretch.prev, |link, text| link.then(text.as_str()));
    assert_eq!((stretch.records.len(), stretch.head), (5, head));
}

#[test]
fn a_feed_of_which_nothing_is_left_goes_on_where_it_was() {
    let mut site = Site::new();
    for _ in 0..3 {
        site.uses("M8", 1);
    }
    site.takes_down(settled(3));
    assert_eq!(site.trim(Removal::AllBut(0)), 3);
    assert_eq!((site.rows(), site.counts()), (0, [3, 3, 0, 0, 0]));
    assert_eq!(site.uses("M8", 1).1, 4);
    site.takes_down(settled(4));
    assert_eq!(site.held("M8", "used"), Some(4));
}

#[test]
fn records_of_a_wrong_clock_have_no_age_of_their_own() {
    let mut site = Site::new();
    let mut wrong = used("M8", 1);
    wrong.at = WallTime::from_millis(60_000);
    wrong.clock = Some(UntrustedClock { boot: "b1".parse().unwrap(), mono_ms: 60_000 });
    for _ in 0..2 {
        site.record(Entry::movement(wrong.clone(), None).unwrap());
    }
    site.uses_on_day(5);
    site.takes_down(settled(3));
    assert_eq!(site.trim(Removal::Before(on_day(5))), 0, "they may be as young as the one behind them");
    assert_eq!(site.trim(Removal::Before(on_day(6))), 3);
}

#[test]
fn what_is_set_aside_outlives_retention_and_counts_once_when_it_is_sent_again() {
    let mut site = Site::new();
    for _ in 0..4 {
        site.uses("M8", 1);
    }
    site.takes_down(Effect::SetAside { refusal: unreadable(2) });
    site.takes_down(settled(1));
    site.takes_down(settled(2));
    site.takes_down(Effect::Settle { through: Seq(4), refused: vec![refusal(3)], lost: None });
    assert_eq!(site.counts(), [4, 2, 0, 2, 0]);
    assert_eq!(site.trim(Removal::AllBut(0)), 4);
    assert_eq!((site.rows(), site.held("M8", "used")), (2, Some(4)), "two wait for somebody");
    let aside = site.ledger().set_aside(10).unwrap();
    assert_eq!(
        aside.iter().map(|row| (row.seq.0, row.state)).collect::<Vec<_>>(),
        [(2, AsideState::Unreadable), (3, AsideState::KeptAtHub),]
    );
    assert_eq!(site.tend(3, AsideAct::Retry), AsideOutcome::Ask { seq: Seq(3) });
    assert_eq!(site.tend(2, AsideAct::Retry), AsideOutcome::SentAgain { seq: Seq(5) });
    assert!(matches!(site.tend(2, AsideAct::Retry), AsideOutcome::Refused(_)), "once");
    for _ in 0..2 {
        assert_eq!(site.held("M8", "used"), Some(4), "the same parts");
        site.restart();
    }
    site.takes_down(Effect::Taken { seq: Seq(3) });
    assert_eq!(site.counts(), [5, 3, 1, 1, 0]);
    let acts: Vec<String> = site.ledger().audit(10).unwrap().into_iter().map(|line| line.act).collect();
    assert_eq!(acts, ["retry set-aside record", "retry set-aside record"]);
}

#[test]
fn a_record_that_is_given_up_stays_in_the_list_and_in_the_audit() {
    let mut site = Site::new();
    site.uses("M8", 3);
    site.takes_down(Effect::Settle { through: Seq(1), refused: vec![refusal(1)], lost: None });
    assert_eq!(site.tend(1, AsideAct::Discard), AsideOutcome::Discarded);
    assert!(matches!(site.tend(1, AsideAct::Discard), AsideOutcome::Refused(_)));
    assert!(matches!(site.tend(7, AsideAct::Retry), AsideOutcome::Refused(_)), "there is none");
    assert_eq!(site.ledger().set_aside(10).unwrap()[0].state, AsideState::Discarded);
    assert_eq!(site.counts(), [1, 0, 0, 1, 0]);
    assert_eq!(site.ledger().audit(10).unwrap().len(), 1);
}

#[test]
fn a_record_that_was_sent_again_is_never_sent_under_its_old_number_too() {
    let mut site = Site::new();
    site.uses("M8", 3);
    site.takes_down(Effect::SetAside { refusal: unreadable(1) });
    site.takes_down(settled(1));
    assert_eq!(site.tend(1, AsideAct::Retry), AsideOutcome::SentAgain { seq: Seq(2) });
    // A hub that is put back to before all this asks for the first once more.
    site.takes_down(Effect::Rewind { through: Seq(0) });
    let at = site.ledger().standings()[&acme()].standing.clone();
    assert_eq!(at.withheld.iter().map(|seq| seq.0).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_checkpoint_lists_every_amount_of_its_feed_and_of_no_other() {
    let mut site = Site::new();
    site.uses("M8", 3);
    site.uses("SEAL", 4);
    site.uses("M8", 2);
    site.takes_down(settled(2));
    site.trim(Removal::AllBut(0));
    site.uses("M8", 1);
    let checkpoint = site.checkpoint();
    let held: Vec<_> =
        checkpoint.on_hand.iter().map(|held| (held.item.as_str(), held.place.to_string(), held.qty)).collect();
    assert_eq!(held, [("M8", "bin:A".to_owned(), -6), ("M8", "used".to_owned(), 6)]);
    assert_eq!(checkpoint.through, Seq(3));
    let totals = checkpoint.totals.unwrap();
    assert_eq!((totals.amounts, totals.units), (2, 6));
    assert_eq!(site.ledger().since_checkpoint()[&acme()], 0);
    site.uses("M8", 1);
    site.restart();
    assert_eq!(site.ledger().since_checkpoint()[&acme()], 1, "also after a restart");
}

#[test]
fn a_boot_that_is_put_right_is_put_right_once() {
    let mut site = Site::new();
    let mut wrong = used("M8", 1);
    wrong.clock = Some(UntrustedClock { boot: "b1".parse().unwrap(), mono_ms: 5 });
    site.record(Entry::movement(wrong, None).unwrap());
    site.restart();
    assert!(!site.ledger().marks().is_empty());
    let offset = ClockOffset { at: on_day(1), boot: "b1".parse().unwrap(), offset_ms: 7, zero: Some(on_day(1)) };
    site.ledger().in_one_commit(|group| group.append_clock(&acme(), offset)).unwrap();
    assert!(site.ledger().marks().is_empty());
    site.restart();
    assert!(site.ledger().marks().is_empty());
    assert_eq!(site.ledger().newest_ms(), on_day(1).millis());
}

#[test]
fn a_new_epoch_takes_along_what_retention_left_and_a_rewind_behind_it_is_no_loss() {
    let mut site = Site::new();
    for _ in 0..6 {
        site.uses("M8", 1);
    }
    site.takes_down(settled(4));
    assert_eq!(site.trim(Removal::AllBut(3)), 3);
    // A hub put back to an old backup asks for what is gone, and then has another history.
    site.takes_down(Effect::Rewind { through: Seq(1) });
    site.takes_down(Effect::NewEpoch);
    assert_eq!(site.counts(), [6, 3, 3, 0, 0]);
    assert_eq!(site.held("M8", "used"), Some(6));
}

/// Bytes of the ledger's log.
fn log_bytes(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("ledger.db-wal")).unwrap().len()
}

#[test]
fn a_log_is_laid_out_and_no_commit_makes_it_longer() {
    let mut site = Site::new();
    site.ledger().limit(StorageLimits::default()).unwrap();
    let laid = log_bytes(site.folder.path());
    assert!(laid >= 1024 * 1024, "{laid}");
    // More than once around.
    for _ in 0..laid / 2_048 {
        site.uses("M8", 1);
        assert_eq!(log_bytes(site.folder.path()), laid);
    }
    site.ledger().limit(StorageLimits { budget: 100_000_000, ..StorageLimits::default() }).unwrap();
    assert_eq!(log_bytes(site.folder.path()), laid, "nor is it laid out anew");
}

#[test]
fn a_log_that_was_laid_out_and_never_written_is_no_damage() {
    let mut site = Site::new();
    site.uses("M8", 3);
    site.restart();
    site.ledger().limit(StorageLimits::default()).unwrap();
    // As a power cut leaves it.
    let cut = tempfile::tempdir().unwrap();
    for name in ["ledger.db", "ledger.db-wal"] {
        std::fs::copy(site.folder.path().join(name), cut.path().join(name)).unwrap();
    }
    assert!(std::fs::read(cut.path().join("ledger.db-wal")).unwrap().iter().all(|byte| *byte == 0));
    let ledger = open(cut.path()).unwrap();
    assert_eq!(ledger.on_hand().get(&"M8".parse().unwrap(), &"used".parse().unwrap()), Some(3));
    let apart = std::fs::read_dir(cut.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(apart, 0, "nothing was set aside");
}

#[test]
fn a_ledger_that_fills_its_budget_says_so_before_it_is_full() {
    let mut site = Site::new();
    let limits = StorageLimits { budget: 14_000_000, ballast: 0, warn_percent: 50, refuse_percent: 90 };
    site.ledger().limit(limits).unwrap();
    assert_eq!(site.ledger().room().fullness, Fullness::Roomy);
    let mut met = Vec::new();
    while site.ledger().room().fullness < Fullness::Full {
        let entries: Vec<Entry> = (0..200).map(|_| Entry::movement(used("M8", 1), None).unwrap()).collect();
        site.ledger()
            .in_one_commit(|group| entries.into_iter().try_for_each(|entry| group.append(entry).map(drop)))
            .unwrap();
        met.push(site.ledger().room().fullness);
    }
    met.dedup();
    assert_eq!(met, [Fullness::Roomy, Fullness::Warn, Fullness::Tight, Fullness::Full]);
    assert!(site.ledger().room().used < limits.budget, "there is room to drain");
    // The hub takes it all: what is acknowledged goes, and there is room again, in the same file.
    let recorded = site.ledger().standings()[&acme()].standing.recorded;
    site.takes_down(settled(recorded.0));
    site.ledger().limit(limits).unwrap();
    site.trim(Removal::AllBut(0));
    site.ledger().limit(limits).unwrap();
    assert!(site.ledger().room().fullness < Fullness::Warn, "{:?}", site.ledger().room());
}

#[test]
fn a_repetition_is_told_after_its_record_was_removed_and_the_agent_started_again() {
    let mut site = Site::new();
    let origin = Origin::new(OriginKind::Id, &[b"sensor", b"17"], true);
    let entry = || Entry::movement(used("M8", 1), Some(origin)).unwrap();
    assert!(matches!(site.record(entry()), Outcome::Recorded(_)));
    site.takes_down(settled(1));
    assert_eq!(site.trim(Removal::AllBut(0)), 1);
    assert_eq!(site.record(entry()), Outcome::Repeated);
    assert_eq!(site.held("M8", "used"), Some(1));
}

#[test]
fn a_new_epoch_takes_along_what_was_sent_again_once() {
    let mut site = Site::new();
    for _ in 0..3 {
        site.uses("M8", 1);
    }
    site.takes_down(Effect::SetAside { refusal: unreadable(2) });
    site.takes_down(settled(3));
    assert_eq!(site.tend(2, AsideAct::Retry), AsideOutcome::SentAgain { seq: Seq(4) });
    site.takes_down(Effect::Rewind { through: Seq(0) });
    site.takes_down(Effect::NewEpoch);
    assert_eq!(site.ledger().standings()[&acme()].standing.recorded, Seq(3));
    assert_eq!(site.held("M8", "used"), Some(3));
}

#[test]
fn an_unreadable_record_stays_set_aside_when_the_hub_is_put_back_and_retention_has_passed_it() {
    let mut site = Site::new();
    for _ in 0..6 {
        site.uses("M8", 1);
    }
    site.takes_down(Effect::SetAside { refusal: unreadable(3) });
    site.takes_down(settled(6));
    assert_eq!(site.trim(Removal::AllBut(1)), 5);
    site.takes_down(Effect::Rewind { through: Seq(1) });
    site.takes_down(Effect::Settle { through: Seq(5), refused: Vec::new(), lost: Some((Seq(2), Seq(5))) });
    assert_eq!(site.counts(), [6, 1, 1, 1, 3]);
    assert_eq!(site.ledger().set_aside(10).unwrap().len(), 1, "somebody is still told of it");
}

#[test]
fn many_records_without_a_time_go_with_the_next_that_has_one() {
    let mut site = Site::new();
    let mut wrong = used("M8", 1);
    wrong.clock = Some(UntrustedClock { boot: "b1".parse().unwrap(), mono_ms: 5 });
    for _ in 0..1_200 {
        site.record(Entry::movement(wrong.clone(), None).unwrap());
    }
    site.uses_on_day(1);
    site.takes_down(settled(1_201));
    assert_eq!(site.trim(Removal::Before(on_day(1))), 0);
    assert_eq!(site.trim(Removal::Before(on_day(2))), 1_201);
    assert_eq!(site.held("M8", "used"), Some(1_201));
}

#[test]
fn what_a_failed_commit_has_heard_of_is_no_repetition() {
    let mut site = Site::new();
    let origin = Origin::new(OriginKind::Id, &[b"sensor", b"18"], true);
    let entry = || Entry::movement(used("M8", 1), Some(origin)).unwrap();
    let failed = site.ledger().in_one_commit(|group| {
        group.append(entry())?.unwrap();
        Err::<(), _>(LedgerError::Closed)
    });
    assert!(failed.is_err());
    assert!(!site.ledger().is_repetition(&entry()), "its sender would take it for recorded");
    assert!(matches!(site.record(entry()), Outcome::Recorded(_)));
    assert!(site.ledger().is_repetition(&entry()));
}

#[test]
fn what_is_set_aside_is_remembered_once_however_often_retention_passes_it() {
    let mut site = Site::new();
    let origin = Origin::new(OriginKind::Id, &[b"sensor", b"19"], true);
    site.record(Entry::movement(used("M8", 1), Some(origin)).unwrap());
    for _ in 0..4 {
        site.uses("M8", 1);
    }
    site.takes_down(Effect::SetAside { refusal: unreadable(1) });
    site.takes_down(settled(5));
    for kept in [3, 2, 0] {
        site.trim(Removal::AllBut(kept));
    }
    let db = rusqlite::Connection::open(site.folder.path().join("ledger.db")).unwrap();
    let seen: i64 = db.query_row("SELECT count(*) FROM seen", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1);
}
