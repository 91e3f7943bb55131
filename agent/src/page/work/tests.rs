//! That forms say what a person would scan.

use super::{
    act::{Fields, codes, place_code},
    *,
};
use crate::movement::session::sight::Wants;

fn fields(said: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in said {
        let field = match *name {
            "item" => &mut fields.item,
            "qty" => &mut fields.qty,
            "from" => &mut fields.from,
            "to" => &mut fields.to,
            "target" => &mut fields.target,
            "lot" => &mut fields.lot,
            "serial" => &mut fields.serial,
            "reference" => &mut fields.reference,
            "reason" => &mut fields.reason,
            other => panic!("{other}"),
        };
        (*value).clone_into(field);
    }
    fields
}

#[track_caller]
fn says(mode: Mode, said: &[(&str, &str)], expect: &[&str]) {
    assert_eq!(codes(mode, &fields(said)).unwrap(), expect);
}

#[test]
fn a_form_says_mode_place_what_for_number_and_part_in_the_order_of_the_scans() {
    says(
        Mode::Use,
        &[("from", "A-01"), ("item", "M8"), ("qty", "3"), ("reference", "WO-1")],
        &["BW:USE", "BW:PLACE:A-01", "BW:REF:WO-1", "BW:QTY:3", "M8"],
    );
    says(Mode::Receive, &[("item", "M8"), ("lot", "L1")], &["BW:RECEIVE", "BW:PLACE:dock", "BW:LOT:L1", "M8"]);
    says(
        Mode::Transfer,
        &[("from", "A-01"), ("to", "BW:BIN:A-02"), ("item", "M8")],
        &["BW:TRANSFER", "BW:PLACE:A-01", "BW:BIN:A-02", "M8"],
    );
    says(
        Mode::Install,
        &[("from", "A-01"), ("target", "PUMP-17"), ("serial", "S9"), ("item", "SEAL")],
        &["BW:INSTALL:PUMP-17", "BW:PLACE:A-01", "BW:SERIAL:S9", "SEAL"],
    );
    says(
        Mode::Uninstall,
        &[("target", "BW:ASSET:PUMP-17"), ("to", "quarantine"), ("item", "SEAL")],
        &["BW:UNINSTALL", "BW:ASSET:PUMP-17", "BW:PLACE:quarantine", "SEAL"],
    );
}

#[test]
fn what_a_mode_cannot_do_without_is_asked_for() {
    let lacks = |mode, said: &[(&str, &str)]| codes(mode, &fields(said)).unwrap_err();
    assert_eq!(lacks(Mode::Use, &[("item", "M8")]), Wants::Place);
    assert_eq!(lacks(Mode::Deploy, &[("item", "M8"), ("from", "A")]), Wants::Field);
    assert_eq!(lacks(Mode::Install, &[("item", "M8"), ("from", "A")]), Wants::Asset);
    assert_eq!(lacks(Mode::PutAway, &[("to", "A")]), Wants::Part);
}

#[test]
fn a_place_is_written_by_its_name_or_scanned_by_its_label() {
    assert_eq!(place_code(" A-01 "), "BW:PLACE:A-01");
    assert_eq!(place_code("dock"), "BW:PLACE:dock");
    assert_eq!(place_code("bw:bin:A-01"), "bw:bin:A-01");
}

#[test]
fn every_mode_but_counting_has_a_form_under_an_address_of_its_own() {
    for mode in Mode::ALL {
        assert_eq!(mode_of(&path_of(mode)), (mode != Mode::Count).then_some(mode));
    }
    assert_eq!(mode_of("USE"), None);
}

#[test]
fn acts_in_an_address_are_numbers_and_only_so_many() {
    assert_eq!(acts_of("12.13"), [ActId(12), ActId(13)]);
    assert_eq!(acts_of("x.9."), [ActId(9)]);
    assert_eq!(acts_of(&"1.".repeat(500)).len(), ACTS_MAX);
}
