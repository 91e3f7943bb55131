//! Amounts that a hub knew and the ledger had forgotten.

use gateway_proto::{
    delivery::Effect,
    forward::{Forward, Run},
    record::{Held, Seq},
};

use super::super::site::Site;

/// What acme's hub has of a life that this ledger never had.
fn forward(amounts: &[(&str, i64)]) -> Effect {
    forward_of("M8", amounts)
}

/// The same of another item.
pub(super) fn forward_of(item: &str, amounts: &[(&str, i64)]) -> Effect {
    let held = |&(place, qty): &(&str, i64)| Held { item: item.parse().unwrap(), place: place.parse().unwrap(), qty };
    let run = Run { epoch: "forgotten".parse().unwrap(), first: Seq(1), last: Seq(9) };
    Effect::BringForward(Forward { runs: vec![run], amounts: amounts.iter().map(held).collect() })
}

/// A ledger put back to an image in which bin A holds 100, all of it settled; a new epoch has begun.
fn put_back() -> Site {
    let mut site = Site::new();
    site.shows("A", 100);
    site.pass_secs(240);
    site.takes_down(&Effect::Settle { through: Seq(1), refused: Vec::new(), lost: None });
    site.takes_down(&Effect::NewEpoch);
    site.recorded.clear();
    site
}

fn moved(site: &Site) -> Vec<(u64, String, String)> {
    site.standing().into_iter().map(|(_, units, from, to)| (units, from, to)).collect()
}

#[test]
fn what_a_scale_finds_after_it_is_news() {
    let mut site = put_back();
    site.away("A");
    site.takes_down(&forward(&[("bin:A", -30), ("used", 30)]));
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "used")), (70, 30));
    site.shows("A", 64);
    site.pass_secs(240);
    assert_eq!(moved(&site), [(6, "bin:A".to_owned(), "used".to_owned())]);
}

#[test]
fn what_a_scale_has_told_again_stays_as_it_weighs() {
    let mut site = put_back();
    site.shows("A", 70);
    site.pass_secs(240);
    assert_eq!(moved(&site), [(30, "bin:A".to_owned(), "used".to_owned())]);
    site.takes_down(&forward(&[("bin:A", -30), ("used", 30)]));
    site.pass_secs(240);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "used")), (70, 30));
    assert_eq!(site.recorded.len(), 1, "nothing is left to be found");
    site.shows("A", 69);
    site.pass_secs(240);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "used")), (69, 31));
}

#[test]
fn a_scale_that_shows_what_the_image_says_is_heard_without_another_weight() {
    let mut site = put_back();
    site.shows("A", 100);
    site.takes_down(&forward(&[("bin:A", -30), ("used", 30)]));
    site.pass_secs(240);
    // 30 were used and as many came: both are told, each once.
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "used")), (100, 30));
    assert_eq!(moved(&site).len(), 1);
}
