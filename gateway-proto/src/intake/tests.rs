use std::convert::Infallible;

use super::*;
use crate::{answer::Code, chain::Epoch};

/// What a hub has of one epoch: `None` where a record was declared lost.
struct Hub {
    epoch: Epoch,
    links: Vec<Option<Link>>,
}

impl Hub {
    fn with(texts: &[&str]) -> Self {
        let epoch: Epoch = "e1".parse().unwrap();
        let mut link = Link::first(&epoch);
        let mut links = vec![Some(link)];
        for text in texts {
            link = link.then(text);
            links.push(Some(link));
        }
        Self { epoch, links }
    }

    fn position(&self) -> Option<Position> {
        let through = self.links.len() - 1;
        (through > 0).then(|| Position { through: Seq(through as u64), head: self.links[through].unwrap() })
    }

    fn decide<'a>(&self, batch: &'a Batch) -> Decision<'a> {
        decide(batch, self.position(), |seq| Ok::<_, Infallible>(self.links[usize::try_from(seq.0).unwrap()])).unwrap()
    }
}

fn texts(texts: &[&str]) -> Vec<RecordText> {
    texts.iter().map(|text| RecordText::new((*text).to_owned()).unwrap()).collect()
}

/// A batch from a site whose whole ledger is `ledger`, holding `first..`.
fn batch(ledger: &[&str], first: u64) -> Batch {
    let hub = Hub::with(ledger);
    Batch {
        site: "plant-7".parse().unwrap(),
        feed: "acme".parse().unwrap(),
        epoch: hub.epoch.clone(),
        first: Seq(first),
        prev: hub.links[usize::try_from(first).unwrap() - 1],
        head: hub.links.last().unwrap().unwrap(),
        load: Load::Records(texts(&ledger[usize::try_from(first).unwrap() - 1..])),
        ahead: false,
        knows: None,
    }
}

fn rejection(decision: Decision<'_>) -> (Code, Option<Seq>) {
    match decision {
        Decision::Reject(rejection) => (rejection.code, rejection.expected.or(rejection.seq)),
        other => panic!("not rejected: {other:?}"),
    }
}

fn appended(decision: &Decision<'_>) -> Vec<u64> {
    match decision {
        Decision::Append(fresh) => fresh.iter().map(|record| record.seq.0).collect(),
        other => panic!("not appended: {other:?}"),
    }
}

#[test]
fn the_first_batch_of_an_epoch_is_appended() {
    assert_eq!(appended(&Hub::with(&[]).decide(&batch(&["a", "b"], 1))), [1, 2]);
}

#[test]
fn only_the_new_part_of_an_overlapping_batch_is_appended() {
    assert_eq!(appended(&Hub::with(&["a", "b"]).decide(&batch(&["a", "b", "c", "d"], 2))), [3, 4]);
}

#[test]
fn a_repeated_batch_is_known() {
    assert_eq!(Hub::with(&["a", "b", "c"]).decide(&batch(&["a", "b"], 1)), Decision::Known);
}

#[test]
fn a_batch_after_a_hole_is_a_gap_that_says_where_to_go_on() {
    assert_eq!(rejection(Hub::with(&["a"]).decide(&batch(&["a", "b", "c"], 3))), (Code::Gap, Some(Seq(2))));
    assert_eq!(rejection(Hub::with(&[]).decide(&batch(&["a", "b"], 2))), (Code::Gap, Some(Seq(1))));
}

#[test]
fn other_content_at_a_known_seq_is_a_fork_at_the_first_difference() {
    let hub = Hub::with(&["a", "b", "c", "d"]);
    assert_eq!(rejection(hub.decide(&batch(&["a", "b", "X", "d"], 1))), (Code::Fork, Some(Seq(3))));
    assert_eq!(rejection(hub.decide(&batch(&["a", "X", "c"], 3))), (Code::Fork, Some(Seq(2))), "seen through prev");
    assert_eq!(
        rejection(hub.decide(&batch(&["a", "b", "c", "Y", "e"], 4))),
        (Code::Fork, Some(Seq(4))),
        "also when the batch goes beyond"
    );
}

#[test]
fn a_batch_damaged_under_way_is_a_bad_chain_not_a_fork() {
    let mut damaged = batch(&["a", "b"], 1);
    damaged.load = Load::Records(texts(&["a", "B"]));
    assert_eq!(rejection(Hub::with(&[]).decide(&damaged)).0, Code::BadChain);
}

#[test]
fn a_declared_loss_moves_on_and_its_repetition_is_known() {
    let mut lost = batch(&["a", "b", "c"], 2);
    lost.load = Load::Lost(Lost { to: Seq(3), why: "retention".parse().unwrap() });
    match Hub::with(&["a"]).decide(&lost) {
        Decision::Lose { from, head, .. } => assert_eq!((from, head), (Seq(2), lost.head)),
        other => panic!("{other:?}"),
    }
    assert_eq!(Hub::with(&["a", "b", "c"]).decide(&lost), Decision::Known);
    assert_eq!(rejection(Hub::with(&["a", "b", "X"]).decide(&lost)), (Code::Fork, Some(Seq(2))));
    lost.prev = None;
    assert!(matches!(Hub::with(&["a"]).decide(&lost), Decision::Lose { .. }), "the site may not know it any more");
}

#[test]
fn what_lies_inside_a_declared_loss_is_past() {
    let mut hub = Hub::with(&["a", "b", "c", "d"]);
    hub.links[1] = None;
    hub.links[2] = None;
    assert_eq!(hub.decide(&batch(&["a", "b", "c"], 2)), Decision::Known);
    assert_eq!(appended(&hub.decide(&batch(&["a", "b", "c", "d", "e"], 2))), [5]);
    assert_eq!(rejection(hub.decide(&batch(&["a", "b", "c", "X", "e"], 2))), (Code::Fork, Some(Seq(4))));
    assert_eq!(rejection(hub.decide(&batch(&["a", "b", "X", "d"], 3))), (Code::Fork, Some(Seq(3))));
}

#[test]
fn a_batch_that_runs_ahead_is_shown_and_settles_nothing() {
    let ahead = |ledger: &[&str], first| Batch { ahead: true, ..batch(ledger, first) };
    let due = ahead(&["a", "b", "c", "d"], 3);
    match Hub::with(&["a"]).decide(&due) {
        Decision::Ahead(fresh) => assert_eq!(fresh.iter().map(|one| one.seq.0).collect::<Vec<_>>(), [3, 4]),
        other => panic!("{other:?}"),
    }
    let mut damaged = ahead(&["a", "b", "c", "d"], 3);
    damaged.load = Load::Records(texts(&["c", "D"]));
    assert_eq!(rejection(Hub::with(&["a"]).decide(&damaged)).0, Code::BadChain);
}

#[test]
fn a_batch_that_runs_ahead_and_is_due_is_an_ordinary_one() {
    let ahead = |ledger: &[&str], first| Batch { ahead: true, ..batch(ledger, first) };
    assert_eq!(appended(&Hub::with(&["a"]).decide(&ahead(&["a", "b", "c"], 2))), [2, 3]);
    assert_eq!(Hub::with(&["a", "b"]).decide(&ahead(&["a", "b"], 2)), Decision::Known);
    assert_eq!(rejection(Hub::with(&["a", "b"]).decide(&ahead(&["a", "X"], 2))), (Code::Fork, Some(Seq(2))));
}
