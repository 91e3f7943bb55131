//! What a hub had beside the ledger, carried forward into the amounts.

use gateway_proto::{
    chain::Epoch,
    delivery::Effect,
    forward::{Forward, Run},
    movement::{Movement, Source},
    quantity::Quantity,
    record::{Held, Seq},
    time::WallTime,
};

use super::{Entry, Outcome, Place, Reader, Site, acme, acts::take_back, open, settled, weighs};

fn held(place: &str, qty: i64) -> Held {
    Held { item: "M8".parse().unwrap(), place: place.parse().unwrap(), qty }
}

fn run(epoch: &Epoch, first: u64, last: u64) -> Run {
    Run { epoch: epoch.clone(), first: Seq(first), last: Seq(last) }
}

fn forward(runs: Vec<Run>, amounts: &[(&str, i64)]) -> Effect {
    Effect::BringForward(Forward { runs, amounts: amounts.iter().map(|&(place, qty)| held(place, qty)).collect() })
}

fn moves(qty: u64, from: &str, to: &str) -> Entry {
    let at = WallTime::from_millis(1_795_237_200_000);
    let qty = Quantity::new(qty).unwrap();
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    Entry::movement(Movement::new(at, "M8".parse().unwrap(), qty, from, to, "scanner".parse().unwrap()), None).unwrap()
}

impl Site {
    fn epoch(&mut self) -> Epoch {
        self.ledger().standings()[&acme()].standing.epoch.clone()
    }

    fn asks(&mut self) -> bool {
        self.ledger().standings()[&acme()].standing.asks
    }

    fn question(&self) -> Vec<Run> {
        Reader::open(self.folder.path()).unwrap().question(&acme()).unwrap().unwrap()
    }

    /// Damage takes the second record of acme's first life, and the agent starts.
    fn is_damaged(&mut self) {
        self.ledger = None;
        let db = rusqlite::Connection::open(self.folder.path().join("ledger.db")).unwrap();
        let second = "(SELECT min(life) FROM life WHERE feed = 'acme') << 40 | 2";
        assert_eq!(db.execute(&format!("UPDATE record SET text = '{{}}' WHERE key = ({second})"), []).unwrap(), 1);
        drop(db);
        self.ledger = Some(open(self.folder.path()).unwrap());
    }

    fn amounts(&mut self) -> [i64; 3] {
        ["bin:A", "used", "dock"].map(|place| self.held("M8", place).unwrap_or(0))
    }
}

/// A site put back to an image: of its epoch the hub has 10 records, the image 2. 100 came, 30 were used since.
fn put_back() -> (Site, Epoch) {
    let mut site = Site::new();
    site.record(moves(200, "vendor", "dock"));
    site.record(moves(100, "dock", "bin:A"));
    let old = site.epoch();
    site.takes_down(settled(2));
    (site, old)
}

#[test]
fn a_feed_asks_once_in_each_epoch_and_names_all_that_it_knows() {
    let (mut site, old) = put_back();
    assert!(site.asks());
    assert_eq!(site.question(), [Run::open(old.clone(), Seq(1))], "of the newest epoch whatever comes");
    site.takes_down(forward(Vec::new(), &[]));
    assert!(!site.asks(), "also after a restart");
    site.takes_down(Effect::NewEpoch);
    assert!(site.asks());
    let new = site.epoch();
    assert_eq!(site.question(), [run(&old, 1, 2), Run::open(new, Seq(1))]);
}

#[test]
fn what_the_hub_had_beside_the_ledger_is_in_the_amounts_once() {
    let (mut site, old) = put_back();
    site.takes_down(Effect::NewEpoch);
    let new = site.epoch();
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!(site.amounts(), [70, 30, 100]);
    assert!(!site.asks());
    assert_eq!(site.question(), [run(&old, 3, 10), run(&old, 1, 2), Run::open(new, Seq(1))]);
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!(site.amounts(), [70, 30, 100], "an answer that comes twice counts once");
    assert_eq!(site.record(weighs(64)).recorded(), [("used".to_owned(), 6)], "what the scale finds beyond it is news");
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(vec![run(&old, 9, 12)], &[("bin:A", -5), ("used", 5)]));
    assert_eq!(site.amounts(), [64, 36, 100], "of what is known already nothing is taken");
    assert!(site.asks(), "and it is asked once more");
    site.takes_down(forward(vec![run(&old, 11, 12)], &[("dock", -5), ("used", 5)]));
    assert_eq!(site.amounts(), [64, 41, 95]);
    site.restart();
    assert_eq!(site.amounts(), [64, 41, 95]);
}

#[test]
fn what_a_scale_has_told_a_second_time_is_taken_back_with_it() {
    let (mut site, old) = put_back();
    // The scale does not wait for the line.
    assert_eq!(site.record(weighs(70)).recorded(), [("used".to_owned(), 30)]);
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!(site.amounts(), [70, 30, 100], "30 are used, not 60, and the bin has what it weighs");
    let life = site.ledger().standings()[&acme()].life;
    let last = Reader::open(site.folder.path()).unwrap().record(life, Seq(2)).unwrap().unwrap();
    assert!(last.as_str().contains(r#""qty":30,"from":"used","to":"bin:A","by":"scale-3""#), "{last:?}");
    assert!(last.as_str().contains("told before the ledger forgot it"), "{last:?}");
    assert_eq!(site.record(weighs(70)), Outcome::NoChange);
    assert_eq!(site.counts()[0], 4, "the vendor is told that they came back");
}

#[test]
fn what_a_scale_told_and_somebody_took_back_was_not_told_twice() {
    let (mut site, old) = put_back();
    site.takes_down(Effect::NewEpoch);
    site.record(weighs(70));
    site.record(Entry::of(vec![take_back(1)]));
    assert_eq!(site.amounts(), [100, 0, 100]);
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!(site.amounts(), [70, 30, 100]);
}

#[test]
fn a_delivery_that_was_told_twice_goes_back_where_it_came_from() {
    let (mut site, old) = put_back();
    site.record(weighs(150));
    assert_eq!(site.amounts(), [150, 0, 50]);
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(vec![run(&old, 3, 3)], &[("dock", -50), ("bin:A", 50)]));
    assert_eq!(site.amounts(), [150, 0, 50]);
}

#[test]
fn what_was_counted_since_stays_as_it_was_counted() {
    let (mut site, old) = put_back();
    let counted = Movement { source: Source::Count, to: Place::Variance, ..super::used("M8", 30) };
    site.record(Entry::movement(counted, None).unwrap());
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!((site.amounts(), site.held("M8", "variance")), ([70, 30, 100], Some(0)), "used, not missing");
}

#[test]
fn a_word_that_no_movements_come_to_is_not_taken() {
    let (mut site, old) = put_back();
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(vec![run(&old, 3, 10)], &[("bin:A", -30)]));
    assert_eq!(site.amounts(), [100, 0, 100]);
    let all = [("bin:A", -1_000_000_000_001), ("used", 1_000_000_000_001)];
    site.takes_down(forward(vec![run(&old, 3, 10)], &all));
    assert_eq!(site.amounts(), [100, 0, 100], "more than anybody has");
    let new = site.epoch();
    site.takes_down(forward(vec![run(&new, 1, 10)], &[("bin:A", -30), ("used", 30)]));
    assert_eq!(site.amounts(), [100, 0, 100], "this epoch's records are this ledger's");
    let mut anothers = Forward { runs: vec![run(&old, 3, 10)], amounts: vec![held("bin:B", -5), held("used", 5)] };
    anothers.amounts.iter_mut().for_each(|held| held.item = "SEAL".parse().unwrap());
    site.takes_down(Effect::BringForward(anothers));
    assert_eq!(site.held("SEAL", "used"), None, "no vendor speaks for another's items");
    assert!(site.asks());
}

#[test]
fn a_new_disk_takes_over_what_the_hub_has_of_the_old_one() {
    let mut site = Site::new();
    let old: Epoch = "of-the-old-disk".parse().unwrap();
    site.record(moves(1, "vendor", "dock"));
    site.takes_down(forward(vec![run(&old, 1, 900)], &[("vendor", -500), ("bin:A", 400), ("used", 100)]));
    assert_eq!(site.amounts(), [400, 100, 1]);
    drop(site.ledger.take());
    site.ledger = Some(open(site.folder.path()).unwrap());
    assert_eq!(site.amounts(), [400, 100, 1]);
}

/// Damage takes the record by which 100 came into the bin; the hub has it. The scale had found 10 gone after it.
fn damaged() -> (Site, Epoch) {
    let (mut site, epoch) = put_back();
    site.record(weighs(90));
    site.takes_down(settled(3));
    site.takes_down(forward(Vec::new(), &[]));
    site.is_damaged();
    (site, epoch)
}

#[test]
fn what_damage_took_and_the_hub_has_comes_back() {
    let (mut site, epoch) = damaged();
    assert_eq!(site.amounts(), [-10, 10, 200]);
    assert!(site.asks());
    assert_eq!(site.question(), [run(&epoch, 1, 1), Run::open(epoch.clone(), Seq(3))]);
    site.takes_down(forward(vec![run(&epoch, 2, 2)], &[("dock", -100), ("bin:A", 100)]));
    assert_eq!(site.amounts(), [90, 10, 100], "what was seen before the damage was told once");
    assert!(!site.asks());
    assert_eq!(site.record(weighs(90)), Outcome::NoChange);
}

#[test]
fn what_damage_took_of_an_earlier_epoch_is_asked_for_too() {
    let (mut site, old) = put_back();
    site.takes_down(Effect::NewEpoch);
    site.takes_down(forward(Vec::new(), &[]));
    assert!(!site.asks());
    site.is_damaged();
    assert!(site.asks(), "in the epoch that was answered before");
    let new = site.epoch();
    assert_eq!(site.question(), [run(&old, 1, 1), Run::open(new, Seq(1))]);
    site.takes_down(forward(vec![run(&old, 2, 2)], &[("dock", -100), ("bin:A", 100)]));
    assert_eq!(site.amounts(), [100, 0, 100]);
    assert!(!site.asks());
}

#[test]
fn what_was_weighed_after_the_damage_is_not_counted_beside_it() {
    let (mut site, epoch) = damaged();
    // As the floor has it where the books lack something: as a counted difference.
    let weighed = Movement {
        source: Source::Scale,
        from: Place::Variance,
        to: "bin:A".parse().unwrap(),
        ..super::used("M8", 100)
    };
    site.record(Entry::movement(weighed, None).unwrap());
    assert_eq!(site.amounts(), [90, 10, 200]);
    site.takes_down(forward(vec![run(&epoch, 2, 2)], &[("dock", -100), ("bin:A", 100)]));
    assert_eq!((site.amounts(), site.held("M8", "variance")), ([90, 10, 100], Some(0)));
}

#[test]
fn a_hub_cannot_bring_amounts_forward_without_end() {
    let mut site = Site::new();
    for n in 0..40 {
        let life = site.ledger().standings()[&acme()].life;
        let brings = forward(vec![run(&format!("of-{n}").parse().unwrap(), 1, 1)], &[("bin:A", 1), ("vendor", -1)]);
        let effects = [brings, Effect::NewEpoch];
        let down =
            |group: &mut agent::ledger::Group<'_>| effects.iter().try_for_each(|it| group.take_down(&acme(), life, it));
        site.ledger().in_one_commit(down).unwrap();
    }
    assert_eq!((site.amounts()[0], site.ledger().carried().len()), (16, 16));
    site.restart();
    assert_eq!(site.amounts()[0], 16);
    site.takes_down(forward(vec![run(&"of-99".parse().unwrap(), 1, 1)], &[("bin:A", 1), ("vendor", -1)]));
    assert_eq!(site.amounts()[0], 17, "a start asks again");
}

#[test]
fn a_commit_that_fails_carries_nothing_forward() {
    let (mut site, old) = put_back();
    site.takes_down(Effect::NewEpoch);
    let life = site.ledger().standings()[&acme()].life;
    let effect = forward(vec![run(&old, 3, 10)], &[("bin:A", -30), ("used", 30)]);
    let failed = site.ledger().in_one_commit(|group| {
        group.take_down(&acme(), life, &effect)?;
        Err::<(), _>(agent::ledger::LedgerError::Closed)
    });
    assert!(failed.is_err());
    assert!(site.ledger().carried().is_empty());
    site.takes_down(effect);
    assert_eq!(site.amounts(), [70, 30, 100]);
}

trait Told {
    fn recorded(self) -> Vec<(String, u64)>;
}

impl Told for Outcome {
    /// Where movements went, and how many.
    fn recorded(self) -> Vec<(String, u64)> {
        match self {
            Self::Recorded(recorded) => {
                recorded.iter().map(|it| (it.movement.to.to_string(), it.movement.qty.units())).collect()
            }
            outcome => panic!("{outcome:?}"),
        }
    }
}
