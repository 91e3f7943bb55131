//! What reports over MQTT.

use std::collections::BTreeMap;

use gateway_proto::name::{DeviceName, PlaceName};
use settings::{At, Section};

use super::{
    super::{Reports, SensorConfig},
    Reader,
};
use crate::device::{
    Actions, JsonDialect, JsonFields, MassUnit, Tasmota,
    dialect::{Dialect, Watch},
    esphome::Esphome,
    home_assistant::HomeAssistant,
    shelly::Shelly,
    topic::TopicName,
    zigbee2mqtt::Zigbee2Mqtt,
};

/// The keys a dialect may use.
struct Keys {
    topic: At<String>,
    unit: Option<MassUnit>,
    /// Which of the things it reports: an object, a sensor's name, a component and field, a metric.
    object: Option<At<String>>,
    base: Option<String>,
    fields: JsonFields,
    actions: Option<Actions>,
}

impl Reader<'_, '_> {
    pub(super) fn sensor(&mut self, section: &mut Section<'_, '_>) -> Option<SensorConfig> {
        let name = self.device(section);
        let broker = self.needed::<DeviceName>(section, "broker");
        let topic = section.needed(self.notes, "topic");
        let bin = self.optional::<PlaceName>(section, "bin");
        let station = self.optional::<DeviceName>(section, "station");
        let feedback_topic = section.text(self.notes, "feedback_topic");
        let settle_readings = self.settle_readings(section);
        if let Some(broker) = broker.as_ref().filter(|at| !self.names.brokers.contains_key(&at.value)) {
            self.notes.note_at(broker, format_args!("there is no [[broker]] {}", broker.value));
        }
        if let Some(topic) = topic.as_ref().filter(|at| at.value.is_empty() || at.value.contains(['+', '#', '\0'])) {
            self.notes.note_at(topic, "must be one topic, without + or #");
        }
        if let Some(topic) = feedback_topic.as_ref().filter(|at| TopicName::parse(&at.value).is_err()) {
            self.notes.note_at(topic, "must be one topic, without + or #");
        }
        let dialect = self.dialect(section, topic.clone());
        if let (Some(broker), Some(topic), Some((dialect, about))) = (&broker, &topic, &dialect) {
            let about = format!("{}#{about}", topic.value);
            if !self.names.topics.insert((broker.value.clone(), about)) {
                self.notes.note_at(topic, format_args!("{} has another sensor on it already", broker.value));
            }
            let is_sparkplug = matches!(dialect, Dialect::Sparkplug(_));
            if self.names.brokers.get(&broker.value).is_some_and(|host| *host != is_sparkplug) {
                let rule = "Sparkplug sensors hang on a [[broker]] with sparkplug_host, and nothing else does: it begins \
                            each session anew; give the same host a second [[broker]]";
                self.notes.note_at(broker, rule);
            }
        }
        let name = name?;
        let reports = match (bin, station) {
            (Some(bin), None) => {
                self.weighs(&bin, &name);
                Some(Reports::Bin(bin.value))
            }
            (None, Some(station)) => {
                if !self.names.stations.contains_key(&station.value) {
                    self.notes.note_at(&station, format_args!("there is no [[station]] {}", station.value));
                }
                Some(Reports::Station(station.value))
            }
            _ => {
                self.notes.note(section.span(), &section.path("bin"), "give either bin or station");
                None
            }
        };
        Some(SensorConfig {
            name,
            broker: broker?.value,
            dialect: dialect?.0,
            reports: reports?,
            settle_readings,
            feedback_topic: feedback_topic.map(|at| at.value),
        })
    }

    /// The dialect, and what of its topic it is about.
    fn dialect(&mut self, section: &mut Section<'_, '_>, topic: Option<At<String>>) -> Option<(Dialect, String)> {
        let dialect = section.needed(self.notes, "dialect");
        let unit = self.mass_unit(section);
        let object = section.text(self.notes, "object");
        let base = section.text(self.notes, "base").map(|at| at.value);
        let fields = section.table(self.notes, "fields").map(|mut table| {
            let mut field = |key| table.text(self.notes, key).map(|at| at.value);
            let fields = JsonFields {
                weight: field("weight"),
                unit: field("unit"),
                stable: field("stable"),
                code: field("code"),
                quantity: field("quantity"),
                id: field("id"),
                // A station's place is in its own section.
                place: None,
            };
            table.end(self.notes);
            fields
        });
        let actions = self.actions(section);
        let dialect = dialect?;
        let about = object.as_ref().map(|at| at.value.clone()).unwrap_or_default();
        let make: fn(Keys) -> Made = match dialect.value.as_str() {
            "json" => json,
            "tasmota" => tasmota,
            "esphome" => esphome,
            "zigbee2mqtt" => zigbee2mqtt,
            "shelly" => shelly,
            "homeassistant" => homeassistant,
            "sparkplug" => sparkplug,
            _ => {
                let rule = "must be json, tasmota, esphome, zigbee2mqtt, shelly, homeassistant or sparkplug";
                self.notes.note_at(&dialect, rule);
                return None;
            }
        };
        match make(Keys { topic: topic?, unit, object, base, fields: fields.unwrap_or_default(), actions }) {
            Ok(made) => Some((made, about)),
            Err((key, rule)) => {
                self.notes.note(section.span(), &section.path(key), rule);
                None
            }
        }
    }

    /// `actions = { single = "BIN-07" }`
    fn actions(&mut self, section: &mut Section<'_, '_>) -> Option<Actions> {
        let texts = section.text_table(self.notes, "actions")?;
        let map: BTreeMap<String, String> = texts.into_iter().map(|(key, at)| (key, at.value)).collect();
        match Actions::new(map) {
            Ok(actions) => Some(actions),
            Err(error) => {
                self.notes.note(section.span(), &section.path("actions"), error);
                None
            }
        }
    }
}

/// A dialect, or the key that is wrong and why.
type Made = Result<Dialect, (&'static str, String)>;

fn json(keys: Keys) -> Made {
    let json = JsonDialect::new(keys.fields, keys.unit).map_err(|error| ("fields", error.to_string()))?;
    Ok(Dialect::Json { topic: keys.topic.value, json })
}

#[expect(clippy::unnecessary_wraps, reason = "as the other dialects")]
fn tasmota(keys: Keys) -> Made {
    let object = keys.object.as_ref().map_or(Tasmota::SENSOR, |at| at.value.as_str());
    Ok(Dialect::tasmota(keys.topic.value, Tasmota::new(object, keys.unit.unwrap_or(MassUnit::Gram))))
}

fn esphome(keys: Keys) -> Made {
    let unit = needs_unit(&keys)?;
    let sensor = needs_object(&keys, "name the sensor as in its topic, weight in bin42/sensor/weight/state")?;
    let made = Esphome::new(&keys.topic.value, sensor, unit).map_err(|error| ("topic", error.to_string()))?;
    Ok(Dialect::Esphome(made))
}

fn zigbee2mqtt(keys: Keys) -> Made {
    let base = keys.base.as_deref().unwrap_or(Zigbee2Mqtt::BASE);
    let made = match keys.actions.clone() {
        Some(actions) => Zigbee2Mqtt::actions(base, &keys.topic.value, actions),
        None => {
            let field = needs_object(&keys, "name the field with the weight, or give actions for a button")?;
            Zigbee2Mqtt::weight(base, &keys.topic.value, field, needs_unit(&keys)?)
        }
    };
    made.map(Dialect::Zigbee2Mqtt).map_err(|error| ("topic", error.to_string()))
}

fn shelly(keys: Keys) -> Made {
    let rule =
        "name the component and its field, as in voltmeter:100.xvoltage; a button's component alone, with actions";
    let object = needs_object(&keys, rule)?;
    let made = match (keys.actions.clone(), object.split_once('.')) {
        (Some(actions), None) => Shelly::actions(&keys.topic.value, object, actions),
        (None, Some((component, field))) => Shelly::weight(&keys.topic.value, component, field, needs_unit(&keys)?),
        (Some(_), Some(_)) | (None, None) => return Err(("object", rule.to_owned())),
    };
    made.map(Dialect::Shelly).map_err(|error| ("topic", error.to_string()))
}

fn homeassistant(keys: Keys) -> Made {
    let prefix = keys.base.as_deref().unwrap_or(HomeAssistant::PREFIX);
    let made =
        HomeAssistant::new(prefix, &keys.topic.value, keys.unit).map_err(|error| ("topic", error.to_string()))?;
    Ok(Dialect::HomeAssistant(Box::new(made)))
}

fn sparkplug(keys: Keys) -> Made {
    let metric = needs_object(&keys, "name the metric, as in its birth")?;
    let rule = "must be GROUP/NODE or GROUP/NODE/DEVICE";
    let made = Watch::new(&keys.topic.value, metric, needs_unit(&keys)?);
    made.map(Dialect::Sparkplug).map_err(|error| ("topic", format!("{rule}: {error}")))
}

fn needs_unit(keys: &Keys) -> Result<MassUnit, (&'static str, String)> {
    keys.unit.ok_or_else(|| ("unit", "is missing: this dialect does not send it".to_owned()))
}

fn needs_object<'k>(keys: &'k Keys, rule: &str) -> Result<&'k str, (&'static str, String)> {
    keys.object.as_ref().map(|at| at.value.as_str()).ok_or_else(|| ("object", format!("is missing: {rule}")))
}
