//! A bin that nobody has calibrated yet, on a scale that reports all the time; and what is counted beside it.

use serde_json::{Value, json};

use super::super::site::{STEP, Site, bin, scale, setup, tenths};
use crate::{
    floor::Watching,
    movement::fusion::Attendance,
    register::fact::{Fact, Origin},
};

/// Bin G of NUT, at least 10, on a scale that is followed. A piece weighs 5 g, the container 200 g; nobody has said so.
fn uncalibrated() -> Site {
    let mut setup = setup();
    let mut bin = bin("G", "NUT");
    (bin.min, bin.max, bin.tare) = (Some(10), Some(100), None);
    setup.register.apply(Fact::Bin(bin), Origin::Imported).unwrap();
    let watching = |bin: &str| Watching {
        scale: scale(bin),
        bin: bin.parse().unwrap(),
        settle_readings: 3,
        attendance: Attendance::Scanned,
    };
    setup.scales.extend(["G", "X"].map(watching));
    Site::of(setup)
}

/// So many tenths of a gram lie on G's scale for eight seconds.
fn lies(site: &mut Site, grams_tenths: u64) {
    for _ in 0..32 {
        site.floor.handle_weight(&site.moment(), &scale("G"), &tenths(grams_tenths), None);
        site.settle();
        site.pass(STEP);
    }
}

fn say(site: &mut Site, step: &str, more: Value) -> Value {
    let mut command = json!({"do": "calibrate", "bin": "G", "by": "anna", "step": step});
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    site.command(&command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

/// Tare and a sample of thirty in three lots.
fn calibrate(site: &mut Site) {
    lies(site, 2_000);
    say(site, "tare", json!({"empty": true}));
    for (pieces, grams_tenths) in [(10, 2_500), (20, 3_002), (30, 3_501)] {
        lies(site, grams_tenths);
        let came = say(site, "put-in", json!({"pieces": 10}));
        assert_eq!((&came["sampled"], &came["can_take"]), (&pieces.into(), &true.into()), "{came}");
    }
    say(site, "take", json!({}));
    lies(site, 3_501);
}

#[test]
fn before_a_bin_is_calibrated_nothing_on_its_scale_is_strange_and_after_it_the_pieces_count() {
    let mut site = uncalibrated();
    calibrate(&mut site);
    assert!(site.notices.is_empty(), "{:?}", site.notices);
    assert_eq!((site.counted("G"), site.books("NUT", "bin:G")), (Some(30), 30));
    assert!(site.alarms.is_empty(), "a first count on its way is no empty bin: {:?}", site.alarms);
}

#[test]
fn a_calibration_takes_up_what_the_books_hold() {
    let mut site = uncalibrated();
    site.scans(&["BW:PUT-AWAY", "BW:BIN:G", "BW:QTY:30", "NUT", "BW:CANCEL"]);
    let before = site.recorded.len();
    calibrate(&mut site);
    site.pass_secs(200);
    assert_eq!((site.counted("G"), site.books("NUT", "bin:G")), (Some(30), 30));
    assert_eq!(site.recorded.len(), before, "{:?}", site.recorded);
}

#[test]
fn a_look_says_what_the_scale_shows_and_changes_no_sample() {
    let mut site = uncalibrated();
    lies(&mut site, 2_000);
    say(&mut site, "tare", json!({"empty": true}));
    lies(&mut site, 2_500);
    say(&mut site, "put-in", json!({"pieces": 10}));
    site.floor.handle_weight(&site.moment(), &scale("G"), &tenths(2_770), None);
    site.settle();
    let looked = say(&mut site, "look", json!({"kind": "moulded"}));
    assert_eq!((&looked["shows"], &looked["at_rest"]), (&"277 g".into(), &false.into()), "{looked}");
    assert_eq!(looked["sampled"], 10, "{looked}");
    lies(&mut site, 2_500);
    let taken = say(&mut site, "take", json!({}));
    assert!(taken["text"].as_str().unwrap().contains("spread 3.0 % (assumed)"), "{taken}");
}

#[test]
fn what_is_written_of_an_item_stays_as_it_is_written_there() {
    let mut site = uncalibrated();
    lies(&mut site, 2_000);
    let piece = |site: &mut Site, grams: &str| {
        let csv = format!("code,piece_weight_g\nNUT,{grams}\n");
        let came = site.command(&json!({"do": "import", "kind": "item", "csv": csv})).unwrap();
        assert_eq!(came["taken"], true, "{came}");
    };
    piece(&mut site, "4");
    say(&mut site, "tare", json!({"empty": true}));
    // The tare is the bin's own from now on, the piece weight is not.
    piece(&mut site, "5");
    site.reboot();
    lies(&mut site, 3_500);
    assert_eq!(site.counted("G"), Some(30), "{:?}", site.remedies);
    let looked = say(&mut site, "look", json!({}));
    assert_eq!(looked["calibration"]["piece"]["mean"], 5_000_000, "{looked}");
}

#[test]
fn a_scale_whose_bin_nobody_imported_is_shown_with_what_to_do() {
    let mut site = uncalibrated();
    let bins = site.look(&json!({"what": "bins"}));
    let strange = bins.as_array().unwrap().iter().find(|bin| bin["bin"] == "X").unwrap();
    assert!(strange["remedy"].as_str().unwrap().contains("bins.csv"), "{strange}");
}

#[test]
fn what_was_taken_before_a_count_and_recorded_after_it_is_no_difference() {
    let mut site = Site::new();
    site.shows("A", 100);
    let open = site.command(&json!({"do": "count", "by": "anna", "step": "open", "bins": ["A"]})).unwrap();
    let count = |step: &str, more: Value| {
        let mut command = json!({"do": "count", "by": "anna", "step": step, "session": open["session"]});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        command
    };
    // Three are taken; the scale waits for a scan. Meanwhile somebody counts what is left.
    site.shows("A", 97);
    site.pass_secs(5);
    assert_eq!(site.books("M8", "bin:A"), 100);
    site.command(&count("line", json!({"place": "bin:A", "pieces": 97}))).unwrap();
    site.pass_secs(120);
    assert_eq!(site.books("M8", "bin:A"), 97, "recorded as used");
    site.command(&count("finish", json!({}))).unwrap();
    let came = site.command(&count("complete", json!({}))).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(came["posts"][0]["delta"], 0, "{came}");
    site.pass_secs(120);
    assert_eq!((site.books("M8", "bin:A"), site.counted("A")), (97, Some(97)));
}

#[test]
fn an_item_that_nobody_knew_is_parked_where_it_lies_and_not_where_it_came_from() {
    let mut site = Site::new();
    site.scans(&["BW:RECEIVE", "BW:QTY:3", "STRANGE-1"]);
    let parked = site.look(&json!({"what": "parked"}));
    assert_eq!(parked, json!([{"code": "STRANGE-1", "place": "dock", "units": 3}]));
}
