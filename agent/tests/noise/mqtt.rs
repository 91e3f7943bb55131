//! Every dialect of MQTT: what any message says, and what a followed sensor makes of it.

use std::{collections::BTreeMap, time::Duration};

use agent::device::{
    Actions, Cause, JsonDialect, JsonFields, MassUnit, Reading, Tasmota, dialect::Dialect, esphome::Esphome,
    home_assistant::HomeAssistant, mqtt_dialect::MqttDialect, shelly::Shelly, zigbee2mqtt::Zigbee2Mqtt,
};

use crate::storm::{frames, storm};

const ANNOUNCED: &str = "homeassistant/sensor/bin/weight/config";
const ANNOUNCEMENT: &[u8] = br#"{"~":"bins/7","stat_t":"~/w","unit_of_meas":"g","exp_aft":60,"val_tpl":"{{ value_json.w }}","avty":[{"t":"~/a"}]}"#;

/// A sensor, a message that gives its level, and the grams.
struct Sensor {
    dialect: Dialect,
    topic: &'static str,
    payload: &'static [u8],
}

const TOPICS: [&str; 24] = [
    "tele/bin/SENSOR",
    "tele/bin/LWT",
    "tele/bin/STATE",
    "stat/bin/RESULT",
    "bin/sensor/weight/state",
    "bin/status",
    "bin/debug",
    "bin/binary_sensor/door/state",
    "zigbee2mqtt/rack/1",
    "zigbee2mqtt/rack/1/availability",
    "zigbee2mqtt/bridge/state",
    "zigbee2mqtt/button",
    "shelly-1/events/rpc",
    "shelly-1/status/input:0",
    "shelly-1/status/weight:0",
    "shelly-1/online",
    ANNOUNCED,
    "homeassistant/tag/reader/config",
    "homeassistant/status",
    "bins/7/w",
    "bins/7/a",
    "bins/9",
    "a//b",
    "",
];

#[test]
fn no_message_breaks_a_dialect() {
    let good = good();
    let mut sensors = sensors();
    let topics: Vec<Box<[u8]>> = frames(TOPICS);
    let (mut payload, mut topic) = (Vec::new(), Vec::new());
    let mut now = Duration::ZERO;
    storm("mqtt", |round, random| {
        random.bend(&good, &mut payload);
        let topic = if random.once_in(8) {
            random.bend(&topics, &mut topic);
            String::from_utf8_lossy(&topic).into_owned()
        } else {
            random.one_of(&TOPICS).to_owned()
        };
        if random.once_in(2) {
            let dialect = random.one_of(&MqttDialect::ALL);
            let dialect = if random.once_in(2) { MqttDialect::of_topic(&topic) } else { dialect };
            if let Ok(Some(values)) = dialect.sensor_values(&topic, &payload) {
                serde_json::to_string(&values).unwrap();
            }
            return;
        }
        let at = random.below(sensors.len());
        let sensor = &mut sensors[at];
        now += Duration::from_millis(random.next() % 2_000);
        let topic = if random.once_in(2) { sensor.topic } else { &topic };
        if let Ok(step) = sensor.dialect.handle(now, topic, &payload, random.once_in(4)) {
            assert!(step.readings.len() <= 2, "{:?}", step.readings);
        }
        if sensor.dialect.deadline().is_some_and(|at| at <= now) {
            assert_eq!(sensor.dialect.poll(now), Some(Reading::Unknown(Cause::Silent)));
        }
        assert!(sensor.dialect.topics().len() <= 16, "{:?}", sensor.dialect.topics());
        if round % 64 == 0 {
            sensor.assert_read(now);
        }
    });
}

impl Sensor {
    /// The next right message is read, whatever came before it.
    fn assert_read(&mut self, now: Duration) {
        if let Dialect::HomeAssistant(_) = self.dialect {
            self.dialect.handle(now, ANNOUNCED, ANNOUNCEMENT, true).unwrap();
        }
        let step = self.dialect.handle(now, self.topic, self.payload, false).unwrap();
        match step.readings.as_slice() {
            [Reading::Weight(weight)] => assert_eq!(weight.mass.micrograms(), 12_500_000),
            [Reading::Scan(scan)] => assert_eq!(scan.text(), "BIN-7"),
            other => panic!("{}: {other:?}", self.topic),
        }
    }
}

fn sensors() -> Vec<Sensor> {
    let sensor = |dialect, topic, payload| Sensor { dialect, topic, payload };
    let gram = MassUnit::Gram;
    let path = |text: &str| Some(text.to_owned());
    let weight =
        JsonFields { weight: path("data.w"), unit: path("data.u"), stable: path("ok"), ..JsonFields::default() };
    let scan =
        JsonFields { code: path("c"), quantity: path("q"), id: path("id"), place: path("at"), ..JsonFields::default() };
    let json = |fields, unit| Dialect::Json { topic: "bins/9".into(), json: JsonDialect::new(fields, unit).unwrap() };
    let actions = |name: &str| Actions::new(BTreeMap::from([(name.to_owned(), "BIN-7".to_owned())])).unwrap();
    vec![
        sensor(json(weight, Some(gram)), "bins/9", br#"{"data":{"w":12.5,"u":"g"},"ok":true}"#),
        sensor(json(scan, None), "bins/9", br#"{"c":"BIN-7","q":2,"id":"x1"}"#),
        sensor(Dialect::tasmota("bin".into(), Tasmota::default()), "tele/bin/SENSOR", br#"{"HX711":{"Weight":12.5}}"#),
        sensor(Dialect::Esphome(Esphome::new("bin", "weight", gram).unwrap()), "bin/sensor/weight/state", b"12.5"),
        sensor(
            Dialect::Zigbee2Mqtt(Zigbee2Mqtt::weight("zigbee2mqtt", "rack/1", "weight", gram).unwrap()),
            "zigbee2mqtt/rack/1",
            br#"{"weight":12.5}"#,
        ),
        sensor(
            Dialect::Zigbee2Mqtt(Zigbee2Mqtt::actions("zigbee2mqtt", "button", actions("single")).unwrap()),
            "zigbee2mqtt/button",
            br#"{"action":"single"}"#,
        ),
        sensor(
            Dialect::Shelly(Shelly::weight("shelly-1", "weight:0", "value", gram).unwrap()),
            "shelly-1/status/weight:0",
            br#"{"id":0,"value":12.5}"#,
        ),
        sensor(
            Dialect::Shelly(Shelly::actions("shelly-1", "input:0", actions("single_push")).unwrap()),
            "shelly-1/events/rpc",
            br#"{"method":"NotifyEvent","params":{"ts":1.5,"events":[{"component":"input:0","id":0,"event":"single_push","ts":1.5}]}}"#,
        ),
        sensor(
            Dialect::HomeAssistant(Box::new(HomeAssistant::new("homeassistant", ANNOUNCED, Some(gram)).unwrap())),
            "bins/7/w",
            br#"{"w":12.5}"#,
        ),
    ]
}

fn good() -> Vec<Box<[u8]>> {
    let of_sensors = sensors().into_iter().map(|sensor| sensor.payload.to_vec());
    let others = [
        ANNOUNCEMENT,
        br#"{"Time":"2026-05-29T10:00:00","HX711":{"Weight":-1.5e3,"WeightRaw":99},"Uptime":"1T02:03:04","UptimeSec":93784}"#,
        br#"{"data":{"w":NaN,"u":"kg"},"ok":1}"#,
        br#"{"state":"offline"}"#,
        br#"{"name":"x","state_topic":"a/b","unit_of_measurement":"kg","device_class":"weight","availability_topic":"a/c"}"#,
        br#"{"topic":"t","value_template":"{{ value_json.PN532.UID }}"}"#,
        br#"{"src":"s","method":"NotifyStatus","params":{"ts":1780000000.5,"input:0":{"id":0,"state":true}}}"#,
        br#"[[[[{"a":[1,2,{"b":null}]}]]]]"#,
        br#"{"a":"\u00e9\n\ud83d\ude00","b":1e309,"c":-0.0,"d":"","d":2}"#,
        b"online",
        b"Offline",
        b"true",
        b"nan",
        b"12.50",
        b"",
    ];
    frames(of_sensors.chain(others.map(<[u8]>::to_vec)))
}
