//! What reports over MQTT.

use super::*;

/// A sensor on the site's broker; the broker's section comes behind.
pub(super) fn sensor(more: &str) -> String {
    format!("[[sensor]]\nname = \"s\"\nbroker = \"local\"\n{more}\n{BROKERS}")
}

const BROKERS: &str = r#"
[[broker]]
name = "local"
host = "127.0.0.1"
[[broker]]
name = "plant"
host = "127.0.0.1"
sparkplug_host = "binwire"
"#;

pub(super) const TAG: &str = "dialect = \"homeassistant\"\ntopic = \"homeassistant/tag/reader/config\"";
pub(super) const BUTTON: &str = "dialect = \"zigbee2mqtt\"\ntopic = \"button\"\nactions = { single = \"M8\" }";
const PUSH: &str = "dialect = \"shelly\"\ntopic = \"id\"\nobject = \"input:0\"\nactions = { single_push = \"M8\" }";
const CODES: &str = "dialect = \"json\"\ntopic = \"t\"\nfields = { code = \"c\", quantity = \"q\", id = \"i\" }";
pub(super) const WEIGHTS: &str =
    "dialect = \"json\"\ntopic = \"t\"\nunit = \"g\"\nfields = { weight = \"w\", unit = \"u\" }";
pub(super) const CELL: &str = "dialect = \"tasmota\"\ntopic = \"node\"";
pub(super) const ANNOUNCED: &str =
    "dialect = \"homeassistant\"\ntopic = \"homeassistant/sensor/bin/config\"\nunit = \"g\"";

#[test]
fn weights_belong_to_a_bin_and_scans_to_a_station() {
    for scans in [TAG, BUTTON, PUSH, CODES] {
        check(&sensor(&format!("station = \"bench\"\n{scans}")), &[]);
        check(
            &sensor(&format!("bin = \"A\"\n{scans}")),
            &["4: sensor[0].bin: cannot be: this sensor reports scans; give the station"],
        );
    }
    for weights in [WEIGHTS, CELL, ANNOUNCED] {
        check(&sensor(&format!("bin = \"A\"\n{weights}")), &[]);
        check(
            &sensor(&format!("station = \"bench\"\n{weights}")),
            &["4: sensor[0].station: cannot be: this sensor reports weights; give the bin"],
        );
    }
    check(
        &sensor(&format!("bin = \"A\"\nstation = \"bench\"\n{CODES}")),
        &["4: sensor[0].bin: give either bin or station"],
    );
    check(&sensor(CODES), &["1: sensor[0].bin: give either bin or station"]);
}

#[test]
fn what_only_scans_or_only_weights_have_is_told_of_the_others() {
    check(
        &sensor(&format!("bin = \"A\"\nfeedback_topic = \"f\"\n{WEIGHTS}")),
        &["5: sensor[0].feedback_topic: is not used by a sensor that reports weights"],
    );
    check(
        &sensor(&format!("station = \"bench\"\nsettle_readings = 2\n{BUTTON}")),
        &["5: sensor[0].settle_readings: is not used by a sensor that reports scans"],
    );
    check(&sensor(&format!("station = \"bench\"\nfeedback_topic = \"f\"\n{CODES}")), &[]);
    check(
        &sensor(&format!("station = \"bench\"\nfeedback_topic = \"t\"\n{CODES}")),
        &["5: sensor[0].feedback_topic: is a topic that a sensor reports on, so it would hear itself"],
    );
}

#[test]
fn one_thing_has_one_sensor_and_a_node_may_have_several_things() {
    let two = |first: &str, second: &str| {
        format!(
            "[[sensor]]\nname = \"s1\"\nbroker = \"local\"\n{first}\n\n\
             [[sensor]]\nname = \"s2\"\nbroker = \"local\"\n{second}\n{BROKERS}"
        )
    };
    let cell = |bin: &str, object: &str| format!("bin = \"{bin}\"\ntopic = \"node\"\ndialect = \"tasmota\"\n{object}");
    let json = |bin: &str, path: &str| {
        format!("bin = \"{bin}\"\ntopic = \"t\"\ndialect = \"json\"\nunit = \"g\"\nfields = {{ weight = \"{path}\" }}")
    };
    check(
        &two(&cell("A", ""), &cell("B", "object = \"HX711\"")),
        &["13: sensor[1].topic: local has another sensor on it already that reports HX711"],
    );
    check(&two(&cell("A", "object = \"HX711-1\""), &cell("B", "object = \"HX711-2\"")), &[]);
    check(&two(&json("A", "cells.0.w"), &json("B", "cells.1.w")), &[]);
    check(
        &two(&json("A", "cells.0.w"), &json("B", "cells.0.w")),
        &["14: sensor[1].topic: local has another sensor on it already that reports field cells.0.w"],
    );
    let button = |station: &str, word: &str| {
        format!("station = \"{station}\"\ntopic = \"b\"\ndialect = \"zigbee2mqtt\"\nactions = {{ {word} = \"M8\" }}")
    };
    check(&two(&button("bench", "single"), &button("gate", "double")), &[]);
    check(
        &two(&button("bench", "single"), &button("gate", "single")),
        &["13: sensor[1].topic: local has another sensor on it already that reports single of zigbee2mqtt"],
    );
    let elsewhere = button("gate", "single") + "\nbase = \"zigbee-hall-2\"";
    check(&two(&button("bench", "single"), &elsewhere), &[]);
}

#[test]
fn sparkplug_and_nothing_else_hangs_on_its_broker() {
    let metric = |broker: &str| {
        format!(
            "[[sensor]]\nname = \"s\"\nbroker = \"{broker}\"\nbin = \"A\"\ntopic = \"G/N/D\"\ndialect = \"sparkplug\"\n\
             object = \"weight\"\nunit = \"g\"\n{BROKERS}"
        )
    };
    check(&metric("plant"), &[]);
    check(&metric("local"), &["3: sensor[0].broker: Sparkplug sensors hang on a [[broker]] with sparkplug_host"]);
    let cell = format!("[[sensor]]\nname = \"s\"\nbroker = \"plant\"\nbin = \"A\"\n{CELL}\n{BROKERS}");
    check(&cell, &["3: sensor[0].broker: Sparkplug sensors hang"]);
    let answered = metric("plant").replace("unit = \"g\"\n", "unit = \"g\"\nfeedback_topic = \"f\"\n");
    check(&answered, &["9: sensor[0].feedback_topic: is not used by a sensor that reports weights"]);
}
