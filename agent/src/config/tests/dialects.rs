//! The keys of each dialect, and those it has no use for.

use super::{
    sensors::{ANNOUNCED, BUTTON, CELL, TAG, WEIGHTS, sensor},
    *,
};

#[test]
fn a_key_of_another_dialect_is_told_as_not_used() {
    let bin = |keys: &str| sensor(&format!("bin = \"A\"\n{keys}"));
    let station = |keys: &str| sensor(&format!("station = \"bench\"\n{keys}"));
    check(
        &bin(&format!("{CELL}\nbase = \"b\"\nfields = {{ weight = \"w\" }}\nactions = {{ single = \"M8\" }}")),
        &[
            "7: sensor[0].base: is not used by tasmota; leave it out",
            "8: sensor[0].fields: is not used by tasmota",
            "9: sensor[0].actions: is not used by tasmota",
        ],
    );
    check(&bin(&format!("{WEIGHTS}\nobject = \"o\"")), &["9: sensor[0].object: is not used by json"]);
    check(&bin(&format!("{ANNOUNCED}\nobject = \"o\"")), &["8: sensor[0].object: is not used by homeassistant"]);
    check(
        &station(&format!("{TAG}\nunit = \"g\"")),
        &["7: sensor[0].unit: is not used by a sensor that reports scans"],
    );
    check(
        &station(&format!("{BUTTON}\nobject = \"o\"\nunit = \"g\"")),
        &["8: sensor[0].object: is not used by a sensor", "9: sensor[0].unit: is not used by a sensor"],
    );
    check(
        &bin("dialect = \"esphome\"\ntopic = \"n\"\nobject = \"w\"\nunit = \"g\"\nbase = \"b\""),
        &["9: sensor[0].base: is not"],
    );
    check(
        &station("dialect = \"json\"\ntopic = \"t\"\n[sensor.fields]\ncode = \"c\"\nunit = \"u\"\nstable = \"s\""),
        &["9: sensor[0].fields.unit: is not used for a scan", "10: sensor[0].fields.stable: is not used for a scan"],
    );
    check(
        &bin("dialect = \"json\"\ntopic = \"t\"\nunit = \"g\"\nfields = { weight = \"w\", id = \"i\" }"),
        &["8: sensor[0].fields.id: is not used for a weight"],
    );
}

#[test]
fn a_fault_of_a_dialect_stands_at_the_key_that_is_wrong() {
    let bin = |keys: &str| sensor(&format!("bin = \"A\"\n{keys}"));
    for (keys, fault) in [
        ("topic = \"n\"\ndialect = \"tasmota\"\nobject = \"\"", "7: sensor[0].object: is empty"),
        ("topic = \"tele/n/SENSOR\"\ndialect = \"tasmota\"", "5: sensor[0].topic: must be the node's own topic"),
        (
            "topic = \"n\"\ndialect = \"esphome\"\nunit = \"g\"\nobject = \"a/+\"",
            "8: sensor[0].object: topic holds a wildcard",
        ),
        ("topic = \"n\"\ndialect = \"esphome\"\nobject = \"w\"", "1: sensor[0].unit: is missing"),
        (
            "topic = \"n\"\ndialect = \"zigbee2mqtt\"\nunit = \"g\"\nobject = \"w\"\nbase = \"z/#\"",
            "9: sensor[0].base: topic holds a wildcard",
        ),
        (
            "topic = \"zigbee2mqtt/n\"\ndialect = \"zigbee2mqtt\"\nunit = \"g\"\nobject = \"w\"",
            "5: sensor[0].topic: must be the friendly name alone",
        ),
        (
            "topic = \"id\"\ndialect = \"shelly\"\nunit = \"g\"\nobject = \"voltmeter:100\"",
            "8: sensor[0].object: name the component and its field",
        ),
        (
            "topic = \"id\"\ndialect = \"shelly\"\nunit = \"g\"\nobject = \"#.w\"",
            "8: sensor[0].object: topic holds a wildcard",
        ),
        ("topic = \"x\"\ndialect = \"homeassistant\"", "5: sensor[0].topic: topic is not <prefix>"),
        (
            "topic = \"t\"\ndialect = \"json\"\nunit = \"g\"\nfields = { weight = \"\" }",
            "8: sensor[0].fields.weight: is empty",
        ),
        (
            "topic = \"t\"\ndialect = \"json\"\n\nfields = { weight = \"w\" }",
            "8: sensor[0].fields: a weight needs a unit",
        ),
        (
            "topic = \"t\"\ndialect = \"json\"\nactions = { single = \"\" }",
            "7: sensor[0].actions: action single has no code",
        ),
        (
            "topic = \"a\\u0007\"\ndialect = \"json\"",
            "5: sensor[0].topic: must be one topic: topic holds a control character",
        ),
    ] {
        check(&bin(keys), &[fault]);
    }
}
