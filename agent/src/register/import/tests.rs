//! What an import plans. Of its parts: [`cells`] single faults, [`form`] files, [`random`] round trips and noise.

mod cells;
mod form;
mod random;

use super::{
    super::{export::export, item::PieceWeight},
    *,
};
use crate::device::Mass;

fn register() -> Register {
    let mut register = Register::new(["acme", "boltco"].map(|feed| feed.parse().unwrap()));
    for (kind, file) in [
        (Kind::Item, "code,feed,unit,site_max\nM8,acme,EA,500\nSEAL,boltco,EA,\n96385074,acme,EA,\n"),
        (Kind::Code, "code,item,namespace,factor,unit\n4006381333931,M8,gtin,12,BX\nV-77,SEAL,vendor,1,\n"),
        (Kind::Container, "name,tare_g,spread_g\nKLT,210,1.5\n"),
        (Kind::Bin, "name,item,min,max\nA-01,M8,10,50\n"),
        (Kind::Shipment, "order,line,item,qty\nPO-1,10,M8,100\n"),
    ] {
        let import = Import::read(kind, file.as_bytes(), &register);
        for fact in import.facts(OnFault::TakeNone).unwrap() {
            register.apply(fact.clone(), Origin::Imported).unwrap();
        }
    }
    let item = "FIXED".parse().unwrap();
    register.apply(Fact::Item(super::super::item::Item::new(item, "acme".parse().unwrap())), Origin::File).unwrap();
    register
}

fn read(kind: Kind, file: &str) -> Import {
    Import::read(kind, file.as_bytes(), &register())
}

fn faults(kind: Kind, file: &str) -> Vec<String> {
    read(kind, file).faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(kind: Kind, file: &str, expect: &[&str]) {
    assert_eq!(faults(kind, file), expect, "{file:?}");
}

#[test]
fn every_fault_of_every_row_is_told_at_once() {
    check(
        Kind::Bin,
        "name,item,tare_g,min,max\nB,M9,x,5,4\nA-01,M8,-1,,\n",
        &[
            "line 2, tare_g \"x\": is no number of grams; write grams with a point: 8.05",
            "line 2, min \"5\": is 5, above 4 in max; lower it, or raise max",
            "line 2, item \"M9\": names item \"M9\", which nobody knows; import it with items.csv first",
            "line 3, tare_g \"-1\": is negative; write what it weighs, 0 or more grams",
        ],
    );
}

#[test]
fn a_cell_that_cannot_be_read_is_not_judged_by_its_stand_in() {
    check(
        Kind::Code,
        "code,item,factor\n04006381333931,M8,ten\n",
        &["line 2, factor \"ten\": is no whole number from 0; write digits alone"],
    );
}

#[test]
fn faults_beyond_the_limit_are_counted() {
    let file = format!("code,item,factor\n{}", "X,M8,0\n".repeat(300));
    let import = read(Kind::Code, &file);
    assert_eq!((import.faults.len(), import.faults_more, import.bad_rows), (FAULTS_MAX, 400, 300));
    assert!(import.to_string().contains("\nand 400 more faults\n"), "{import}");
}

#[test]
fn a_name_that_stands_twice_is_taken_neither_time() {
    let import = read(Kind::Asset, "name,description\nP,one\nQ,\nP,two\nP,one\n");
    let told: Vec<_> = import.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 2, name \"P\": stands in line 4 too; keep the row that is right and remove the other",
            "line 4, name \"P\": stands in line 2 too; keep the row that is right and remove the other",
            "line 5, name \"P\": stands in line 2 too; keep the row that is right and remove the other",
        ]
    );
    assert_eq!(import.facts(OnFault::SkipBad).unwrap().map(Fact::name).collect::<Vec<_>>(), ["Q"]);
}

#[test]
fn two_spellings_of_a_gtin_for_two_items_clash_inside_a_file_too() {
    check(
        Kind::Code,
        "code,item\n036000291452,M8\n00036000291452,SEAL\n",
        &[
            "line 3, code \"00036000291452\": stands for item \"M8\" already, written as 036000291452 there; a GTIN is the \
           same in all lengths: correct one of the two",
        ],
    );
    check(Kind::Code, "code,item\n036000291452,M8\n00036000291452,M8\n", &[]);
    // The tail of a longer number is another one.
    check(Kind::Code, "code,item,factor\n81333931,SEAL,1\n006381333931,SEAL,1\n04006381333931,M8,12\n", &[]);
}

#[test]
fn the_plan_says_what_would_change_field_by_field() {
    let import = read(Kind::Bin, "min,name,item,max\n10,A-01,M8,50\n12,A-02,SEAL,\n");
    assert_eq!(import.to_string(), "line 3: adds bin \"A-02\"\n1 added, 0 changed, 1 unchanged; rows with faults: 0");
    let import = read(Kind::Bin, "name,item,max,min\nA-01,SEAL,50,20\n");
    let ChangeAct::Change(fields) = &import.changes[0].act else { panic!("{import}") };
    let field = |column, old: &str, new: &str| FieldChange { column, old: old.into(), new: new.into() };
    assert_eq!(*fields, [field("item", "M8", "SEAL"), field("min", "10", "20")]);
    assert_eq!(
        import.to_string(),
        "line 2: changes bin \"A-01\": item \"M8\" → \"SEAL\", min \"10\" → \"20\"\n0 added, 1 changed, 0 unchanged; \
         rows with faults: 0"
    );
}

#[test]
fn a_missing_column_keeps_what_is_known_and_an_empty_cell_clears_it() {
    let kept = read(Kind::Bin, "name,max\nA-01,60\n");
    assert_eq!(kept.to_string().lines().next(), Some("line 2: changes bin \"A-01\": max \"50\" → \"60\""));
    let cleared = read(Kind::Bin, "name,max\nA-01,\n");
    assert_eq!(cleared.to_string().lines().next(), Some("line 2: changes bin \"A-01\": max \"50\" → \"\""));
    check(
        Kind::Item,
        "code,unit\nM8,EA\nM9,EA\n",
        &["line 3, feed: is missing, and item \"M9\" is new; add the column"],
    );
}

#[test]
fn nothing_is_taken_from_a_file_with_a_fault_unless_the_good_rows_are_asked_for() {
    let import = read(Kind::Code, "code,item,factor\nA,M8,5\nB,M8,0\nC,SEAL,6\n");
    let error = import.facts(OnFault::TakeNone).err();
    assert_eq!(error, Some(NotTaken::BadRows(1)));
    assert_eq!(import.facts(OnFault::SkipBad).unwrap().map(Fact::name).collect::<Vec<_>>(), ["A", "C"]);
}

#[test]
fn a_received_line_stays_received_when_its_file_comes_again() {
    let mut register = register();
    let line = register.expected_of("PO-1").next().unwrap().received();
    register.apply(Fact::Shipment(line), Origin::Imported).unwrap();
    assert_eq!(register.expected_of("PO-1").count(), 0);
    let again = Import::read(Kind::Shipment, b"order,line,item,qty\nPO-1,10,M8,100\n", &register);
    assert_eq!((again.unchanged, again.changes.len()), (1, 0), "{again}");
}

#[test]
fn a_calibrated_piece_weight_survives_to_the_last_digit() {
    let mut register = register();
    let mut item = register.item("M8").unwrap().clone();
    let mean = Mass::from_micrograms(8_049_997);
    item.piece = Some(PieceWeight { mean, cv: 0.1 + 0.2 - 0.29, sample_size: 57 });
    register.apply(Fact::Item(item), Origin::Imported).unwrap();
    let again = Import::read(Kind::Item, &export(Kind::Item, &register), &register);
    assert_eq!((again.unchanged, again.changes.len()), (register.len(Kind::Item), 0), "{again}");
}

#[test]
fn a_fault_is_written_as_json_with_its_rule_and_remedy_in_english() {
    let import = read(Kind::Code, "code,item,factor\nX,M8,0\n");
    assert_eq!(
        serde_json::to_string(&import.faults).unwrap(),
        r#"[{"line":2,"column":"factor","value":"0","rule":"must be 1 to 1000000","remedy":"write how many base units one scan of the code stands for"}]"#
    );
}
