use super::*;
use crate::device::{Decimal, Scan, Weight};

fn scale() -> Zigbee2Mqtt {
    Zigbee2Mqtt::weight(Zigbee2Mqtt::BASE, "rack/a1", "load.weight", MassUnit::Gram).unwrap()
}

fn button() -> Zigbee2Mqtt {
    let actions = [("single", "BIN-07"), ("1_hold", "BIN-08")].map(|(action, code)| (action.into(), code.into()));
    Zigbee2Mqtt::actions("site/zigbee", "button1", Actions::new(actions.into()).unwrap()).unwrap()
}

fn values(topic: &str, payload: &str) -> Result<String, Zigbee2MqttError> {
    let values = Zigbee2Mqtt::sensor_values(Zigbee2Mqtt::BASE, topic, payload.as_bytes())?;
    Ok(values.map_or("nothing".to_owned(), |values| serde_json::to_string(&values).unwrap()))
}

#[test]
fn a_scales_report_is_a_weight_and_a_report_without_it_is_nothing() {
    let read = |payload: &str| scale().read("zigbee2mqtt/rack/a1", payload.as_bytes(), false);
    let weight = Weight::new(Decimal::parse("12.50").unwrap(), MassUnit::Gram, None).unwrap();
    assert_eq!(read(r#"{"load":{"weight":12.50},"battery":88}"#), Ok(Some(Reading::Weight(weight))));
    assert_eq!(read(r#"{"load":{"weight":null}}"#), Ok(Some(Reading::Unknown(Cause::NotANumber))));
    assert_eq!(read(r#"{"battery":87}"#), Ok(None));
    for (payload, error) in [
        (
            r#"{"load":{"weight":"heavy"}}"#,
            JsonError::not_a_number("load.weight", crate::device::DecimalError::NotANumber),
        ),
        ("", JsonError::NotJson { line: 1, column: 0 }),
    ] {
        assert_eq!(read(payload), Err(Zigbee2MqttError::Payload(error)), "{payload}");
    }
}

#[test]
fn an_action_is_a_scan_of_the_code_it_stands_for() {
    let read = |payload: &str| button().read("site/zigbee/button1", payload.as_bytes(), false);
    for (payload, expect) in [
        (r#"{"action":"single","battery":88}"#, Some("BIN-07")),
        (r#"{"action":"1_hold"}"#, Some("BIN-08")),
        (r#"{"action":"double"}"#, None),
        (r#"{"action":""}"#, None),
        (r#"{"action":null}"#, None),
        (r#"{"battery":88}"#, None),
    ] {
        let expect = expect.map(|code: &str| Reading::Scan(Scan::from_frame(code.as_bytes())));
        assert_eq!(read(payload), Ok(expect), "{payload}");
    }
    let error = Zigbee2MqttError::Payload(JsonError::NotText { field: "action".into() });
    assert_eq!(read(r#"{"action":1}"#), Err(error));
}

#[test]
fn liveness_is_json_or_the_bare_word_of_older_bridges() {
    let read = |payload: &str| scale().read("zigbee2mqtt/rack/a1/availability", payload.as_bytes(), true);
    for (payload, expect) in [
        (r#"{"state":"online"}"#, Ok(true)),
        (r#"{"state":"offline"}"#, Ok(false)),
        ("online", Ok(true)),
        ("offline", Ok(false)),
        ("", Err(Zigbee2MqttError::Liveness)),
        ("{}", Err(Zigbee2MqttError::Liveness)),
        (r#"{"state":true}"#, Err(Zigbee2MqttError::Liveness)),
    ] {
        assert_eq!(read(payload), expect.map(|online| Some(Reading::Online(online))), "{payload}");
    }
}

#[test]
fn a_bridge_takes_its_devices_with_it_and_brings_them_back_only_as_it_comes_up() {
    let read = |payload: &str, retained| scale().read("zigbee2mqtt/bridge/state", payload.as_bytes(), retained);
    for retained in [true, false] {
        assert_eq!(read(r#"{"state":"offline"}"#, retained), Ok(Some(Reading::Online(false))));
    }
    assert_eq!(read("online", false), Ok(Some(Reading::Online(true))));
    assert_eq!(read("online", true), Ok(None));
}

#[test]
fn other_devices_are_no_reading() {
    for topic in ["zigbee2mqtt/rack/a2", "zigbee2mqtt/rack", "zigbee2mqtt/rack/a1/set", "rack/a1", ""] {
        assert_eq!(scale().read(topic, br#"{"load":{"weight":1}}"#, false), Ok(None), "{topic}");
    }
    assert_eq!(
        button().topics(),
        ["site/zigbee/button1", "site/zigbee/button1/availability", "site/zigbee/bridge/state"]
    );
    assert_eq!(Zigbee2Mqtt::weight("zigbee2mqtt", "#", "w", MassUnit::Gram), Err(TopicError::Wildcard));
}

#[test]
fn any_message_of_a_bridge_can_be_looked_at() {
    for (topic, payload, expect) in [
        (
            "zigbee2mqtt/button1",
            r#"{"action":"single","battery":88}"#,
            r#"{"device":"button1","values":{"action":"single","battery":88}}"#,
        ),
        (
            "zigbee2mqtt/rack/a1",
            r#"{"contact":true,"update":{"state":"idle"},"temperature":null}"#,
            r#"{"device":"rack/a1","values":{"contact":true,"temperature":null,"update.state":"idle"}}"#,
        ),
        ("zigbee2mqtt/rack/a1/battery", "88.50", r#"{"device":"rack/a1","values":{"battery":88.50}}"#),
        ("zigbee2mqtt/rack/a1/contact", "false", r#"{"device":"rack/a1","values":{"contact":false}}"#),
        ("zigbee2mqtt/button1/action", "single", r#"{"device":"button1","values":{"action":"single"}}"#),
        ("zigbee2mqtt/rack/a1/availability", "offline", r#"{"device":"rack/a1","online":false}"#),
        ("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#, r#"{"device":"bridge","online":true}"#),
        ("zigbee2mqtt/bridge/devices", "[]", r#"{"device":"bridge","diagnostics":true}"#),
        ("zigbee2mqtt/rack/a1/set", r#"{"state":"ON"}"#, "nothing"),
        ("zigbee2mqtt/rack/a1/get/state", "", "nothing"),
    ] {
        assert_eq!(values(topic, payload), Ok(expect.to_owned()), "{topic}");
    }
    for topic in ["", "zigbee2mqtt", "zigbee2mqtt/", "zigbee2mqttx/a"] {
        assert_eq!(values(topic, "{}"), Err(Zigbee2MqttError::Topic), "{topic}");
    }
    assert_eq!(values("zigbee2mqtt/a", "7"), Err(JsonError::NotAnObject.into()));
}
