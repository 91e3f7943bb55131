//! What a station's page says, for each way in which its session can stand.

use gateway_proto::{place::Place, time::WallTime};
use jiff::tz::TimeZone;
use look::{Format, Language};

use super::*;
use crate::{
    floor::{
        answer::{Answer, Came},
        order::{Unwritten, UnwrittenCause},
        sight::{ActSight, Fate},
        why::Why,
    },
    movement::{
        said::ActId,
        session::{Badge, Refusal, Session, Station, Task, sight::Wants},
    },
    page::text::Text,
};

fn tongue(language: Language) -> Tongue {
    Tongue { text: Text::of(language), format: Format::new(language, TimeZone::UTC) }
}

fn blank() -> StationSight {
    let station = Station {
        name: "goods in".parse().unwrap(),
        place: None,
        task: None,
        badge: Badge::Optional,
        idle: std::time::Duration::from_secs(60),
    };
    let session = Session::new(station.clone()).sight();
    StationSight { station, session, newest: 0, answer: None, acts: Vec::new(), origins: Vec::new() }
}

fn act(fate: Fate) -> ActSight {
    ActSight {
        act: ActId(7),
        by: "goods in".parse().unwrap(),
        at: WallTime::from_millis(1_790_000_000_000),
        item: "M8-BOLT".parse().unwrap(),
        from: "bin:A-01".parse().unwrap(),
        to: Place::Used,
        actor: Some("0042".parse().unwrap()),
        reference: None,
        lot: None,
        serial: None,
        stated: None,
        fate,
        left: Some(1_197),
        reached: None,
    }
}

fn answered(came: Came, acts: Vec<ActSight>) -> StationSight {
    let answer = Answer { number: 3, at: WallTime::from_millis(1_790_000_000_000), origin: None, came };
    StationSight { newest: 3, answer: Some(answer), acts, ..blank() }
}

/// What is read on the answer, in both languages.
fn read(sight: &StationSight) -> [String; 2] {
    [Language::English, Language::German].map(|language| {
        let tongue = tongue(language);
        let register = Register::default();
        answer::answer(&Names { tongue: &tongue, register: &register }, sight).into_string()
    })
}

#[track_caller]
fn assert_says(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} in {text}");
    }
}

#[test]
fn what_was_booked_is_shown_with_quantity_item_way_what_is_left_and_an_undo() {
    let sight = answered(Came::Said(vec![ActId(7)]), vec![act(Fate::Booked { units: 3, by_weight: false })]);
    let [english, german] = read(&sight);
    assert_says(&english, &["data-answer=\"3\"", "data-sign=\"good\"", "data-verdict=\"booked\"", "Booked"]);
    assert_says(
        &english,
        &["M8-BOLT", "from bin A-01 to used", "bin A-01: 1,197\u{a0}pcs on hand now", "Undo: 3\u{a0}pcs M8-BOLT"],
    );
    assert_says(&english, &["action=\"/station/goods%20in/undo\"", "name=\"of\" value=\"7\""]);
    assert_says(
        &german,
        &["Gebucht", "von Fach A-01 nach Verbrauch", "Fach A-01: jetzt 1.197\u{a0}Stück im Bestand", "Zurücknehmen"],
    );
}

#[test]
fn what_waits_for_its_weight_says_so_and_names_no_number() {
    let [english, german] = read(&answered(Came::Said(vec![ActId(7)]), vec![act(Fate::Weighing)]));
    assert_says(&english, &["The scale says how many", "when the weight is at rest", "Undo: M8-BOLT"]);
    assert!(!english.contains("class=\"figure\""), "{english}");
    assert_says(&german, &["Die Waage sagt, wie viele"]);
}

#[test]
fn what_was_taken_back_and_what_came_to_nothing_cannot_be_undone() {
    for fate in [Fate::TakenBack, Fate::Nothing] {
        let [english, _] = read(&answered(Came::Said(vec![ActId(7)]), vec![act(fate)]));
        assert!(!english.contains("<form"), "{english}");
    }
}

#[test]
fn a_refusal_says_why_and_what_to_do_by_shape_and_word_not_by_colour() {
    let why = Why::from(Refusal::Waiting { item: "M8-BOLT".parse().unwrap(), need: "its place" });
    let [english, german] = read(&answered(Came::Refused(why), Vec::new()));
    assert_says(
        &english,
        &["data-sign=\"bad\"", "Not booked", "M8-BOLT still waits for its place; scan that, or BW:CANCEL."],
    );
    assert_says(&german, &["Nicht gebucht", "M8-BOLT braucht noch seinen Platz. Das scannen, oder Abbrechen."]);
    let full = Why::Disk(Unwritten {
        words: "ledger cannot write: disk I/O error".to_owned(),
        cause: UnwrittenCause::System("disk I/O error".to_owned()),
    });
    let [english, german] = read(&answered(Came::NotRecorded(full), Vec::new()));
    assert_says(
        &english,
        &["data-verdict=\"not-recorded\"", "Not recorded", "the gateway cannot write now", "try again"],
    );
    assert_says(
        &german,
        &[
            "Nicht gespeichert",
            "kann gerade nicht speichern",
            "noch einmal versuchen",
            "(Das System meldet: disk I/O error)",
        ],
    );
}

#[test]
fn a_scan_that_only_told_something_is_confirmed_above_the_last_act() {
    let mut sight = answered(Came::Said(vec![ActId(7)]), vec![act(Fate::Booked { units: 3, by_weight: true })]);
    sight.newest = 4;
    let [english, _] = read(&sight);
    assert_says(&english, &["data-answer=\"4\"", "Heard", "Booked", "M8-BOLT"]);
    sight = StationSight { newest: 1, ..blank() };
    let [english, _] = read(&sight);
    assert_says(&english, &["data-answer=\"1\"", "data-verdict=\"heard\"", "Heard"]);
}

#[test]
fn what_comes_next_is_said_large_with_a_mark_of_its_own_for_each_kind_of_scan() {
    let (tongue, register) = (tongue(Language::German), Register::default());
    let names = Names { tongue: &tongue, register: &register };
    let said = |wants: Wants, phase: Phase| {
        let session = Sight { wants: Some(wants), phase, ..blank().session };
        next(&names, &session).into_string()
    };
    for (wants, phase, mark, text) in [
        (Wants::Badge, Phase::NeedsBadge, "badge", "Ausweis scannen"),
        (Wants::Mode, Phase::NeedsMode, "mode", "Wählen, was Sie tun"),
        (Wants::Place, Phase::NeedsPlace, "place", "Platz scannen"),
        (Wants::Asset, Phase::NeedsTarget, "target", "Maschine scannen"),
        (Wants::Part, Phase::NeedsPart, "part", "Teil scannen"),
        (Wants::Serial, Phase::NeedsSerial, "serial", "Seriennummer scannen"),
    ] {
        assert_says(&said(wants, phase), &[&format!("data-mark=\"{mark}\""), text]);
    }
}

#[test]
fn who_is_there_and_what_a_scan_does_stands_above() {
    let (tongue, register) = (tongue(Language::English), Register::default());
    let names = Names { tongue: &tongue, register: &register };
    let mut sight = blank();
    assert_says(&who(&names, &sight).into_string(), &["nobody signed in"]);
    sight.session.operator = Some(("0042".parse().unwrap(), Some("Ann".parse().unwrap())));
    sight.session.task = Some(Task { mode: Mode::Deploy, target: Some("field:van-3".parse().unwrap()) });
    sight.session.way = Some(("bin:A-01".parse().unwrap(), "field:van-3".parse().unwrap()));
    assert_says(&who(&names, &sight).into_string(), &["Ann", "Deploy to van-3", "from bin A-01 to van-3"]);
}

#[test]
fn what_people_are_called_cannot_become_markup() {
    let mut sight = blank();
    sight.session.operator = Some(("<b>x</b>".parse().unwrap(), None));
    let (tongue, register) = (tongue(Language::English), Register::default());
    let shown = who(&Names { tongue: &tongue, register: &register }, &sight).into_string();
    assert!(!shown.contains("<b>") && shown.contains("&lt;b&gt;"), "{shown}");
}
