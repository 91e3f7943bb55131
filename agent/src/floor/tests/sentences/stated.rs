//! Movements that another system states.

use gateway_proto::{movement::Source, quantity::Quantity};

use super::super::site::{Fate, Site, origin, place};
use crate::{
    device::{Stated, scanner_host::Verdict},
    floor::order::Caller,
    movement::entry::Origin,
};

fn stated(item: &str, qty: u64, from: &str, to: &str) -> Stated {
    Stated {
        id: None,
        item: item.parse().unwrap(),
        qty: Quantity::new(qty).unwrap(),
        from: place(from),
        to: place(to),
        at: None,
        by: None,
        actor: Some("op-7".parse().unwrap()),
        lot: Some("L1".parse().unwrap()),
        serial: None,
        reference: Some("WO-9".parse().unwrap()),
        reason: None,
    }
}

fn begin(site: &mut Site, stated: Stated, origin: Option<Origin>) -> Caller {
    let caller = site.caller();
    let now = site.moment();
    site.floor.handle_stated(&now, caller, &"erp".parse().unwrap(), stated, origin);
    site.settle();
    caller
}

#[test]
fn a_stated_movement_is_recorded_as_it_stands_and_answered_after_its_commit() {
    let mut site = Site::new();
    site.is_late = true;
    let caller = begin(&mut site, stated("NUT", 3, "bin:C", "used"), origin(1));
    assert!(site.is_waiting(caller));
    site.answer();
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    let last = site.last();
    assert_eq!((last.qty.units(), last.by.as_str(), last.source), (3, "erp", Source::Import));
    assert_eq!(last.reference.as_ref().map(gateway_proto::name::Text::as_str), Some("WO-9"));
    assert_eq!(site.books("NUT", "used"), 3);
}

#[test]
fn a_code_stands_for_its_item_and_its_pieces() {
    let mut site = Site::new();
    begin(&mut site, stated("BOX", 2, "vendor", "bin:C"), None);
    assert_eq!(site.books("NUT", "bin:C"), 24);
}

#[test]
fn a_code_that_nobody_knows_waits_under_its_own_name() {
    let mut site = Site::new();
    begin(&mut site, stated("4711", 1, "bin:C", "used"), None);
    assert_eq!(site.recorded[0].feed.as_str(), "unassigned");
}

#[test]
fn the_same_id_counts_once_also_while_the_first_is_being_recorded() {
    let mut site = Site::new();
    site.is_late = true;
    let first = begin(&mut site, stated("NUT", 1, "bin:C", "used"), origin(1));
    let again = begin(&mut site, stated("NUT", 1, "bin:C", "used"), origin(1));
    while site.answer() {}
    assert!(!site.heard(first).unwrap().is_repetition);
    let heard = site.heard(again).unwrap();
    assert_eq!((heard.verdict, heard.is_repetition), (Verdict::Accepted, true));
    assert_eq!(site.books("NUT", "used"), 1);
}

#[test]
fn what_was_not_recorded_is_told_so_and_may_come_again() {
    let mut site = Site::new();
    site.fates.push_back(Fate::Failed);
    let failed = begin(&mut site, stated("NUT", 1, "bin:C", "used"), origin(1));
    assert_eq!(site.heard(failed).unwrap().verdict, Verdict::NotRecorded);
    let again = begin(&mut site, stated("NUT", 1, "bin:C", "used"), origin(1));
    assert!(!site.heard(again).unwrap().is_repetition);
    assert_eq!(site.books("NUT", "used"), 1);
}

#[test]
fn a_serial_number_is_of_one_piece() {
    let mut site = Site::new();
    let of_two = Stated { serial: Some("S1".parse().unwrap()), ..stated("NUT", 2, "bin:C", "used") };
    let caller = begin(&mut site, of_two, None);
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Refused);
    assert!(site.recorded.is_empty());
}

#[test]
fn at_a_bin_on_a_scale_it_waits_for_the_weight_and_is_counted_once() {
    let mut site = Site::new();
    site.shows("A", 100);
    site.pass_secs(240);
    let caller = begin(&mut site, stated("M8", 4, "bin:A", "asset:PUMP-17"), origin(1));
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    assert_eq!(site.waiting_acts().len(), 1, "kept before it was accepted");
    // The broker sends it again: it is the same.
    let again = begin(&mut site, stated("M8", 4, "bin:A", "asset:PUMP-17"), origin(1));
    assert!(site.heard(again).unwrap().is_repetition);
    site.shows("A", 96);
    site.pass_secs(30);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "asset:PUMP-17")), (96, 4));
    assert_eq!(site.books("M8", "used"), 0);
    assert!(site.waiting_acts().is_empty());
    // Also once the weight has recorded it, and after a restart.
    for _ in 0..2 {
        let again = begin(&mut site, stated("M8", 4, "bin:A", "asset:PUMP-17"), origin(1));
        assert!(site.heard(again).unwrap().is_repetition);
        assert!(site.waiting_acts().is_empty());
        site.reboot();
        site.shows("A", 96);
        site.pass_secs(30);
    }
    assert_eq!(site.books("M8", "asset:PUMP-17"), 4);
}
