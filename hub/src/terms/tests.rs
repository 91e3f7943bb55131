//! What is read of a planning folder. What it does to answers is tested against a running hub.

use tempfile::TempDir;

use super::*;

fn feed() -> FeedKey {
    "plant-7/acme".parse().unwrap()
}

fn read(files: &[(&str, &str)]) -> (TempDir, Terms) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let terms = Terms::read(folder.path(), &feed());
    (folder, terms)
}

fn faults(terms: &Terms) -> Vec<String> {
    terms.all_faults().map(ToString::to_string).collect()
}

#[test]
fn rows_of_other_sites_and_customers_are_passed_over_and_counted() {
    let (_folder, terms) = read(&[(
        "items.csv",
        "site,customer,item,lead_days,capacity\nplant-8,,BOLT,7,10\nplant-7,acme,BOLT,7,20\n,zenith,BOLT,7,30\n,,SEAL,7,40\n",
    )]);
    let capacities: Vec<_> = terms.items.values().map(|row| (row.item.as_str(), row.capacity)).collect();
    assert_eq!(capacities, [("BOLT", Some(20)), ("SEAL", Some(40))]);
    assert_eq!(terms.notes, ["items.csv: 2 rows are of other sites or customers and passed over"]);
    assert!(terms.held.is_empty() && faults(&terms).is_empty());
}

#[test]
fn an_item_that_two_rows_are_about_is_not_planned_unless_they_are_told_apart() {
    let (_folder, terms) =
        read(&[("items.csv", "site,item,lead_days,capacity\n,BOLT,7,10\nplant-7,BOLT,7,20\n,SEAL,7,1\n,SEAL,7,2\n")]);
    assert_eq!(terms.held["BOLT"], "items.csv, line 3: item BOLT is in line 2 too");
    assert_eq!(terms.items["SEAL"].capacity, Some(1), "of two rows alike the first stands");
    assert_eq!(
        faults(&terms),
        ["items.csv, line 5: item SEAL is in line 4 too", "items.csv, line 3: item BOLT is in line 2 too"]
    );
}

#[test]
fn a_row_that_may_be_anyones_holds_every_item_that_has_none() {
    let (_folder, terms) = read(&[("items.csv", "item,lead_days,capacity\nBOLT,7,10\n,7,20\n")]);
    assert_eq!(terms.refusal_of("BOLT"), None);
    assert!(terms.refusal_of("SEAL").unwrap().contains("may be its own"));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("items.csv"), b"item,lead_days,owner\nBOLT,7,vendor\nSEAL,7,M\xfcller\n").unwrap();
    let terms = Terms::read(folder.path(), &feed());
    assert_eq!(faults(&terms), ["items.csv, line 3: is not UTF-8 text"]);
    assert!(terms.refusal_of("BOLT").is_none() && terms.refusal_of("SEAL").is_some());
}

#[test]
fn the_fingerprint_is_that_of_what_was_read_and_nothing_else() {
    let of = |files: &[(&str, &str)]| read(files).1.fingerprint.unwrap();
    let events = "id,site,items,from,to,effect,amount,author,reason\ne1,*,BOLT,2026-12,2026-12,percent,5,Ada,x\n";
    let known = of(&[("events.csv", events)]);
    assert_eq!(of(&[("events.csv", events), ("usage.csv", "not,for,the,hub\n")]), known);
    for other in [events.replace("percent,5", "percent,6"), events.replace("Ada", "Bea"), events.replace("e1", "e2")] {
        assert_ne!(of(&[("events.csv", &other)]), known, "{other}");
    }
    assert_ne!(of(&[("events.csv", events), ("site.toml", "week = \"weekdays\"\n")]), known);
    assert_ne!(of(&[]), known);
}

#[test]
fn the_hubs_clock_and_the_question_stand_before_the_sites_file() {
    let (_folder, terms) = read(&[("site.toml", "today = \"2020-01-01\"\nhorizon_days = 5\n")]);
    assert!(terms.notes[0].starts_with("site.toml: today and horizon_days are passed over"), "{:?}", terms.notes);
    assert_eq!(terms.refusal(), None);
}

#[test]
fn a_file_that_is_there_and_cannot_be_opened_is_not_one_that_is_missing() {
    for (name, is_limit) in
        [("items.csv", true), ("site.toml", true), ("events.csv", false), ("sources.csv", false), ("orders.csv", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join(name)).unwrap();
        let terms = Terms::read(folder.path(), &feed());
        assert_eq!((terms.unread.len(), terms.unread[0].file.as_str()), (1, name));
        assert_eq!(terms.refusal().is_some(), is_limit, "{name}");
    }
    let nowhere = Terms::read(Path::new("/nowhere/at/all"), &feed());
    assert!(nowhere.refusal().is_some(), "a folder that is not there may have said anything");
    assert!(!faults(&nowhere)[0].contains("/nowhere"), "no path of the machine is told");
}

#[test]
fn faults_without_end_are_counted_and_kept_within_a_bound() {
    let rows: String = (0..5_000).map(|number| format!("SO-{number},BOLT,soon,1\n")).collect();
    let (_folder, terms) = read(&[("orders.csv", &format!("order,item,date,quantity\n{rows}"))]);
    assert_eq!((terms.fault_count(), terms.all_faults().count()), (5_000, 1_000));
}
