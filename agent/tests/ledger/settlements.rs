//! Settlements that wait for a commit that is made anyway, with the recorder's own thread and a second look into its file.

use agent::ledger::recorder::{Chore, Done, Recorder};

use super::*;

/// Through where the file itself says that the feed is settled.
fn written(site: &Site) -> i64 {
    let db = rusqlite::Connection::open(site.folder.path().join("ledger.db")).unwrap();
    db.query_row("SELECT through FROM life WHERE feed = 'acme' ORDER BY life DESC LIMIT 1", [], |row| row.get(0))
        .unwrap()
}

/// Records the next movement of the feed, which the hub takes at once.
async fn is_used_and_taken(recorder: &Recorder, seq: u64) {
    recorder.record(Entry::movement(used("M8", 1), None).unwrap()).await.unwrap();
    let life = recorder.view().borrow().standings[&acme()].life;
    recorder.take_down(acme(), life, vec![settled(seq)]).await.unwrap();
    let view = recorder.view().borrow().clone();
    assert_eq!((view.standings[&acme()].standing.through, view.held.is_some()), (Seq(seq), true));
    assert!(view.counts.feeds[&acme()].is_conserved(), "shown at once");
}

#[tokio::test]
async fn a_settlement_goes_along_with_one_record_in_two_dozen() {
    let mut site = Site::new();
    let (recorder, thread) = Recorder::start(site.ledger.take().unwrap()).unwrap();
    for seq in 1..=60 {
        is_used_and_taken(&recorder, seq).await;
        // The twenty-fifth record brings along that the first two dozen are settled.
        let along = (seq - 1) / 24 * 24;
        assert_eq!(written(&site), along.cast_signed(), "after {seq}");
    }
    recorder.tend(Chore::Flush).await.unwrap();
    assert_eq!((written(&site), recorder.view().borrow().held), (60, None));
    drop(recorder);
    thread.join().unwrap();
}

#[tokio::test]
async fn what_is_still_held_is_written_at_the_end() {
    let mut site = Site::new();
    let (recorder, thread) = Recorder::start(site.ledger.take().unwrap()).unwrap();
    is_used_and_taken(&recorder, 1).await;
    assert_eq!(written(&site), 0);
    drop(recorder);
    thread.join().unwrap();
    assert_eq!(written(&site), 1);
}

#[tokio::test]
async fn a_look_for_old_records_that_finds_none_writes_nothing() {
    let mut site = Site::new();
    let (recorder, thread) = Recorder::start(site.ledger.take().unwrap()).unwrap();
    is_used_and_taken(&recorder, 1).await;
    recorder.tend(Chore::Flush).await.unwrap();
    let log = || std::fs::read(site.folder.path().join("ledger.db-wal")).unwrap();
    let before = log();
    let trim = Chore::Trim { feed: acme(), before: WallTime::from_millis(0) };
    assert_eq!(recorder.tend(trim).await.unwrap(), Done::Trimmed(0));
    assert!(log() == before, "the log is as it was");
    drop(recorder);
    thread.join().unwrap();
}
