use super::*;
use crate::device::{Decimal, DecimalError, Weight};

const ID: &str = "shellyuni-aabbcc";

fn scale() -> Shelly {
    Shelly::weight(ID, "voltmeter:100", "xvoltage", MassUnit::Gram).unwrap()
}

fn button() -> Shelly {
    let actions = [("single_push", "BIN-07"), ("long_push", "BIN-08")].map(|(event, code)| (event.into(), code.into()));
    Shelly::actions(ID, "input:0", Actions::new(actions.into()).unwrap()).unwrap()
}

fn grams(shown: &str) -> Reading {
    Reading::Weight(Weight::new(Decimal::parse(shown).unwrap(), MassUnit::Gram, None).unwrap())
}

fn notify(method: &str, params: &str) -> String {
    format!(r#"{{"src":"{ID}","dst":"{ID}/events","method":"{method}","params":{params}}}"#)
}

fn read(device: &Shelly, below: &str, payload: &str) -> Result<Option<Reading>, ShellyError> {
    device.read(&format!("{ID}/{below}"), payload.as_bytes())
}

#[test]
fn a_level_is_the_named_field_of_the_named_component() {
    let params = r#"{"ts":1780000000.5,"voltmeter:100":{"id":100,"voltage":4.32,"xvoltage":432.10}}"#;
    for method in ["NotifyStatus", "NotifyFullStatus"] {
        assert_eq!(read(&scale(), "events/rpc", &notify(method, params)), Ok(Some(grams("432.10"))), "{method}");
    }
    let status = r#"{"id":100,"voltage":4.32,"xvoltage":432.10}"#;
    assert_eq!(read(&scale(), "status/voltmeter:100", status), Ok(Some(grams("432.10"))));
    let counter = Shelly::weight(ID, "input:2", "counts.xtotal", MassUnit::Gram).unwrap();
    assert_eq!(read(&counter, "status/input:2", r#"{"counts":{"total":7,"xtotal":70}}"#), Ok(Some(grams("70"))));
}

#[test]
fn what_has_not_changed_says_nothing() {
    for params in
        [r#"{"ts":1.5,"voltmeter:100":{"id":100}}"#, r#"{"ts":1.5,"input:0":{"state":true}}"#, r#"{"ts":1.5}"#]
    {
        assert_eq!(read(&scale(), "events/rpc", &notify("NotifyStatus", params)), Ok(None), "{params}");
    }
    let event = r#"{"ts":1.5,"events":[{"component":"voltmeter:100","event":"x"}]}"#;
    assert_eq!(read(&scale(), "events/rpc", &notify("NotifyEvent", event)), Ok(None));
    for below in ["status/voltmeter:101", "status/sys", "rpc", "onlinex"] {
        assert_eq!(read(&scale(), below, r#"{"xvoltage":1}"#), Ok(None), "{below}");
    }
    assert_eq!(scale().read("shellyuni-other/online", b"false"), Ok(None));
}

#[test]
fn a_value_that_is_gone_is_unknown_and_a_wrong_one_names_its_field() {
    let unknown = Ok(Some(Reading::Unknown(Cause::NotANumber)));
    assert_eq!(read(&scale(), "status/voltmeter:100", r#"{"xvoltage":null,"errors":["read"]}"#), unknown);
    for (below, payload, error) in [
        (
            "status/voltmeter:100",
            r#"{"xvoltage":"x"}"#,
            JsonError::not_a_number("voltmeter:100.xvoltage", DecimalError::NotANumber),
        ),
        ("events/rpc", "{}", JsonError::missing("method")),
        ("events/rpc", r#"{"method":1}"#, JsonError::NotText { field: "method".into() }),
        ("events/rpc", "", JsonError::NotJson { line: 1, column: 0 }),
    ] {
        assert_eq!(read(&scale(), below, payload), Err(ShellyError::Payload(error)), "{payload}");
    }
}

#[test]
fn liveness_is_true_or_false() {
    assert_eq!(read(&scale(), "online", "true"), Ok(Some(Reading::Online(true))));
    assert_eq!(read(&button(), "online", "false"), Ok(Some(Reading::Online(false))));
    assert_eq!(read(&scale(), "online", "online"), Err(ShellyError::Liveness));
}

#[test]
fn an_event_is_a_scan_of_the_code_it_stands_for_with_its_time_as_id() {
    let scanned = |params: &str| match read(&button(), "events/rpc", &notify("NotifyEvent", params)) {
        Ok(Some(Reading::Scan(scan))) => Some((scan.text(), scan.id)),
        Ok(None) => None,
        other => panic!("{other:?}"),
    };
    let event = |component: &str, event: &str, ts: &str| {
        format!(r#"{{"ts":{ts},"events":[{{"component":"{component}","id":0,"event":"{event}","ts":{ts}}}]}}"#)
    };
    let id = Some("1780000000.52".to_owned());
    assert_eq!(scanned(&event("input:0", "single_push", "1780000000.52")), Some(("BIN-07".into(), id.clone())));
    assert_eq!(scanned(&event("input:0", "long_push", "1780000000.52")), Some(("BIN-08".into(), id)));
    for ts in ["null", "12.34", "1780000000"] {
        let expect = Some(("BIN-07".into(), None));
        assert_eq!(scanned(&event("input:0", "single_push", ts)), expect, "{ts} tells no repetition");
    }
    assert_eq!(scanned(&event("input:0", "btn_down", "1.5")), None);
    assert_eq!(scanned(&event("input:1", "single_push", "1.5")), None);
    assert_eq!(scanned("{}"), None);
}

#[test]
fn several_actions_at_once_are_an_error_and_never_one_lost() {
    let event = r#"{"component":"input:0","event":"single_push"}"#;
    let several = notify("NotifyEvent", &format!(r#"{{"events":[{event},{event}]}}"#));
    assert_eq!(read(&button(), "events/rpc", &several), Err(ShellyError::SeveralActions));
    let with_press =
        notify("NotifyEvent", &format!(r#"{{"events":[{{"component":"input:0","event":"btn_down"}},{event}]}}"#));
    assert!(matches!(read(&button(), "events/rpc", &with_press), Ok(Some(Reading::Scan(_)))));
}

#[test]
fn only_what_is_needed_is_subscribed() {
    assert_eq!(
        scale().topics(),
        ["shellyuni-aabbcc/events/rpc", "shellyuni-aabbcc/online", "shellyuni-aabbcc/status/voltmeter:100"]
    );
    assert_eq!(button().topics(), ["shellyuni-aabbcc/events/rpc", "shellyuni-aabbcc/online"]);
    assert_eq!(Shelly::weight("+", "input:0", "x", MassUnit::Gram), Err(TopicError::Wildcard));
    assert_eq!(Shelly::weight("a", "", "x", MassUnit::Gram), Err(TopicError::Empty));
}

#[test]
fn any_message_of_a_device_can_be_looked_at() {
    let values = |topic: &str, payload: &str| {
        let values = Shelly::sensor_values(topic, payload.as_bytes())?;
        Ok(values.map_or("nothing".to_owned(), |values| serde_json::to_string(&values).unwrap()))
    };
    for (topic, payload, expect) in [
        (
            "shelly-1/events/rpc",
            notify("NotifyStatus", r#"{"ts":1780000000.50,"input:0":{"id":0,"state":true},"sys":{"cfg":{"rev":2}}}"#),
            r#"{"device":"shelly-1","values":{"input:0.state":true,"sys.cfg.rev":2},"ts":1780000000.50}"#,
        ),
        (
            "shelly-1/events/rpc",
            notify("NotifyEvent", r#"{"ts":1.5,"events":[{"component":"input:0","event":"single_push","ts":1.5}]}"#),
            r#"{"device":"shelly-1","values":{"input:0.event":"single_push"},"ts":1.5}"#,
        ),
        (
            "rack/shelly-1/status/input:2",
            r#"{"id":2,"counts":{"total":70,"id":1}}"#.into(),
            r#"{"device":"rack/shelly-1","values":{"input:2.counts.id":1,"input:2.counts.total":70}}"#,
        ),
        ("shelly-1/online", "true".into(), r#"{"device":"shelly-1","online":true}"#),
        ("shelly-1/debug/log", "x".into(), r#"{"device":"shelly-1","diagnostics":true}"#),
        ("shelly-1/command/switch:0", "on".into(), "nothing"),
        ("shelly-1/rpc", "{}".into(), "nothing"),
    ] {
        assert_eq!(values(topic, &payload), Ok::<_, ShellyError>(expect.to_owned()), "{topic}");
    }
    for topic in ["", "online", "/online", "shelly-1", "shelly-1/", "status/input:0", "shelly-1/relay/0"] {
        assert_eq!(values(topic, "true"), Err(ShellyError::Topic), "{topic}");
    }
}
