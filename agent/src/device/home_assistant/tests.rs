use super::*;
use crate::device::{Decimal, DecimalError, Weight};

const CONFIG: &str = "homeassistant/sensor/bin42/weight/config";
const ANNOUNCED: &str = r#"{"~":"bins/42","stat_t":"~/state","unit_of_meas":"kg","val_tpl":"{{ value_json.w | float(0) }}",
    "avty_t":"~/status","exp_aft":60}"#;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn entity() -> HomeAssistant {
    HomeAssistant::new(HomeAssistant::PREFIX, CONFIG, None).unwrap()
}

fn followed() -> HomeAssistant {
    let mut entity = entity();
    let step = handle(&mut entity, CONFIG, ANNOUNCED);
    assert_eq!(step, Ok(Step { readings: vec![], topics_changed: true }));
    entity
}

fn handle(entity: &mut HomeAssistant, topic: &str, payload: &str) -> Result<Step, HomeAssistantError> {
    entity.handle(at(100), topic, payload.as_bytes())
}

fn read(entity: &mut HomeAssistant, topic: &str, payload: &str) -> Result<Vec<Reading>, HomeAssistantError> {
    handle(entity, topic, payload).map(|step| {
        assert!(!step.topics_changed);
        step.readings
    })
}

fn weight(shown: &str, unit: MassUnit) -> Reading {
    Reading::Weight(Weight::new(Decimal::parse(shown).unwrap(), unit, None).unwrap())
}

#[test]
fn what_is_announced_is_subscribed_and_read() {
    let mut entity = entity();
    assert_eq!(entity.topics(), [CONFIG]);
    assert_eq!(read(&mut entity, "bins/42/state", r#"{"w":1}"#), Ok(vec![]), "nothing is announced yet");
    let mut entity = followed();
    assert_eq!(entity.topics(), [CONFIG, "bins/42/state", "bins/42/status"]);
    assert_eq!(read(&mut entity, "bins/42/state", r#"{"w":0.50}"#), Ok(vec![weight("0.50", MassUnit::Kilogram)]));
    assert_eq!(read(&mut entity, "bins/42/status", "online"), Ok(vec![Reading::Online(true)]));
    assert_eq!(read(&mut entity, "bins/42/status", "offline"), Ok(vec![Reading::Online(false)]));
    assert_eq!(read(&mut entity, "bins/43/state", r#"{"w":1}"#), Ok(vec![]));
}

#[test]
fn a_default_is_an_unknown_level_and_never_zero() {
    let unknown = Ok(vec![Reading::Unknown(Cause::NotANumber)]);
    for payload in ["{}", r#"{"w":null}"#, r#"{"w":"nan"}"#, r#"{"w":"heavy"}"#] {
        assert_eq!(read(&mut followed(), "bins/42/state", payload), unknown, "{payload}");
    }
}

#[test]
fn a_wrong_state_names_its_field_and_loses_nothing_else() {
    let mut entity = entity();
    handle(&mut entity, CONFIG, r#"{"stat_t":"s","unit_of_meas":"g","val_tpl":"{{ value_json.w }}"}"#).unwrap();
    let error = JsonError::not_a_number("value_json.w", DecimalError::NotANumber);
    assert_eq!(read(&mut entity, "s", r#"{"w":"heavy"}"#), Err(HomeAssistantError::Payload(error)));
    assert_eq!(read(&mut entity, "s", "{}"), Ok(vec![]), "a message about something else");
    assert_eq!(read(&mut entity, "s", r#"{"w":7}"#), Ok(vec![weight("7", MassUnit::Gram)]));
}

#[test]
fn an_announcement_told_again_changes_nothing_and_another_one_everything() {
    let mut entity = followed();
    assert_eq!(handle(&mut entity, CONFIG, ANNOUNCED), Ok(Step::default()));
    let grams = r#"{"stat_t":"bins/42/state","unit_of_meas":"g"}"#;
    assert_eq!(handle(&mut entity, CONFIG, grams), Ok(Step { readings: vec![], topics_changed: true }));
    assert_eq!(entity.topics(), [CONFIG, "bins/42/state"]);
    assert_eq!(read(&mut entity, "bins/42/state", "500"), Ok(vec![weight("500", MassUnit::Gram)]));
}

#[test]
fn an_entity_taken_back_is_offline() {
    let mut entity = followed();
    let gone = Step { readings: vec![Reading::Online(false)], topics_changed: true };
    assert_eq!(handle(&mut entity, CONFIG, ""), Ok(gone));
    assert_eq!(entity.topics(), [CONFIG]);
    assert_eq!(read(&mut entity, "bins/42/state", r#"{"w":1}"#), Ok(vec![]));
    assert_eq!(handle(&mut entity, CONFIG, ""), Ok(Step::default()), "once");
}

#[test]
fn a_level_lasts_as_long_as_was_announced() {
    let mut entity = followed();
    assert_eq!(entity.deadline(), None);
    read(&mut entity, "bins/42/state", r#"{"w":1}"#).unwrap();
    assert_eq!(entity.deadline(), Some(at(160)));
    assert_eq!(entity.poll(at(159)), None);
    assert_eq!(entity.poll(at(160)), Some(Reading::Unknown(Cause::Silent)));
    assert_eq!((entity.poll(at(161)), entity.deadline()), (None, None), "once");

    handle(&mut entity, CONFIG, r#"{"stat_t":"s","unit_of_meas":"g","exp_aft":9223372036854775807}"#).unwrap();
    entity.handle(Duration::MAX, "s", b"1").unwrap();
    assert_eq!(entity.deadline(), None, "later than the clock can say");
}

#[test]
fn an_announcement_that_cannot_be_followed_is_named_and_ends_what_was_known() {
    for (announced, error) in [
        (r#"{"name":"x"}"#, HomeAssistantError::NoStateTopic),
        (r#"{"stat_t":"s"}"#, HomeAssistantError::NoUnit),
        (r#"{"stat_t":"s","unit_of_meas":"°C"}"#, HomeAssistantError::NotAUnit),
        (r#"{"stat_t":"s/#","unit_of_meas":"g"}"#, HomeAssistantError::TopicName(TopicError::Wildcard)),
        (
            r#"{"stat_t":"s","unit_of_meas":"g","val_tpl":"{{ value | float * 2 }}"}"#,
            HomeAssistantError::Template(TemplateError::Filter),
        ),
        (
            r#"{"stat_t":"s","unit_of_meas":"g","avty_t":"+"}"#,
            HomeAssistantError::Availability(AvailabilityError::Topic(TopicError::Wildcard)),
        ),
        ("[]", HomeAssistantError::Payload(JsonError::NotAnObject)),
    ] {
        let mut entity = followed();
        assert_eq!(handle(&mut entity, CONFIG, announced), Err(error), "{announced}");
        assert_eq!(entity.topics(), [CONFIG]);
        assert_eq!(entity.poll(at(100)), Some(Reading::Unknown(Cause::Silent)), "{announced}");
    }
    let mut bare = HomeAssistant::new(HomeAssistant::PREFIX, CONFIG, Some(MassUnit::Gram)).unwrap();
    handle(&mut bare, CONFIG, r#"{"stat_t":"s"}"#).unwrap();
    assert_eq!(read(&mut bare, "s", "2"), Ok(vec![weight("2", MassUnit::Gram)]), "the site states the unit");
}

#[test]
fn a_tag_scanner_gives_scans() {
    let config = "homeassistant/tag/bench1/config";
    let mut bench = HomeAssistant::new(HomeAssistant::PREFIX, config, None).unwrap();
    handle(&mut bench, config, r#"{"t":"bench1/tag","val_tpl":"{{ value_json.PN532.UID }}"}"#).unwrap();
    let scan = Reading::Scan(Scan::from_frame(b"04A1B2"));
    assert_eq!(read(&mut bench, "bench1/tag", r#"{"PN532":{"UID":"04A1B2"}}"#), Ok(vec![scan]));
    for payload in ["{}", r#"{"PN532":{"UID":""}}"#, r#"{"PN532":{"UID":null}}"#] {
        assert_eq!(read(&mut bench, "bench1/tag", payload), Ok(vec![]), "{payload}");
    }
}

#[test]
fn a_topic_of_no_sensor_or_tag_is_refused() {
    for (topic, error) in [
        ("homeassistant/switch/bin42/relay/config", HomeAssistantError::Component),
        ("homeassistant/device/bin42/config", HomeAssistantError::Component),
        ("homeassistant/sensor/+/weight/config", HomeAssistantError::Topic),
        ("homeassistant/sensor/bin42/weight", HomeAssistantError::Topic),
        ("other/sensor/weight/config", HomeAssistantError::Topic),
    ] {
        assert_eq!(HomeAssistant::new(HomeAssistant::PREFIX, topic, None), Err(error), "{topic}");
    }
}

#[test]
fn any_discovery_message_can_be_looked_at() {
    let values = |topic: &str, payload: &str| {
        let values = HomeAssistant::sensor_values(HomeAssistant::PREFIX, topic, payload.as_bytes())?;
        Ok(values.map_or("nothing".to_owned(), |values| serde_json::to_string(&values).unwrap()))
    };
    for (topic, payload, expect) in [
        (
            "homeassistant/sensor/weight/config",
            r#"{"~":"b","stat_t":"~/w","val_tpl":"{{ 1 + 1 }}"}"#,
            r#"{"discovery":{"component":"sensor","object_id":"weight","state_topic":"b/w","value_template":"{{ 1 + 1 }}"}}"#,
        ),
        (CONFIG, "", r#"{"discovery_removed":{"component":"sensor","node_id":"bin42","object_id":"weight"}}"#),
        ("homeassistant/status", "offline", r#"{"device":"homeassistant","online":false}"#),
        ("homeassistant/sensor/bin42/state", "1", "nothing"),
    ] {
        assert_eq!(values(topic, payload), Ok(expect.to_owned()), "{topic}");
    }
    assert_eq!(values("bins/42/state", "1"), Err(HomeAssistantError::Topic));
}
