//! From the keys of a sensor to its dialect, and to what the reader has to know of it: which things it reports, and
//! whether these are weights or scans.

use std::collections::BTreeMap;

use settings::{At, Section};

use super::Reader;
use crate::device::{
    Actions, JsonDialect, JsonFields, MassUnit, MovementDialect, MovementFields, Tasmota,
    dialect::{Dialect, Watch},
    esphome::Esphome,
    home_assistant::{EntityId, HomeAssistant},
    movements::MovementFieldsError,
    shelly::Shelly,
    topic::TopicName,
    zigbee2mqtt::Zigbee2Mqtt,
};

/// The keys that some dialects use and others do not.
const KEYS: [&str; 6] = ["unit", "object", "base", "fields", "actions", "kinds"];

/// A dialect of the file.
pub(super) struct Sensed {
    pub(super) dialect: Dialect,
    /// Its word in the file.
    pub(super) word: &'static str,
    /// What of the topic is reported: a field, an object, an action. Each belongs to one sensor.
    pub(super) things: Vec<String>,
    pub(super) sort: Sort,
    /// Of [`KEYS`].
    uses: &'static [&'static str],
}

/// What sort of thing a sensor reports, and so what it needs beside its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Of a bin.
    Weights,
    /// Of a station.
    Scans,
    /// Of whatever they name.
    Movements,
}

/// What the keys hold, checked one by one.
struct Keys {
    topic: String,
    unit: Option<MassUnit>,
    /// Which of the things it reports: an object, a sensor's name, a component and field, a metric.
    object: Option<String>,
    base: Option<String>,
    fields: Fields,
    actions: Option<Actions>,
    kinds: BTreeMap<String, String>,
}

/// `fields`, by what they are named for.
#[derive(Default)]
struct Fields {
    json: JsonFields,
    movement: MovementFields,
}

/// A dialect, or the key that is wrong and why.
type Made = Result<Sensed, (&'static str, String)>;

impl Reader<'_, '_> {
    /// The dialect of a sensor on `topic`, which is `None` when something is wrong with it.
    pub(super) fn dialect(&mut self, section: &mut Section<'_, '_>, topic: Option<&At<String>>) -> Option<Sensed> {
        let word = section.needed(self.notes, "dialect");
        let unit = self.mass_unit(section);
        let object = self.filled(section, "object");
        let base = self.filled(section, "base");
        let is_movements = word.as_ref().is_some_and(|word| word.value == "movements");
        let fields = if is_movements { self.movement_fields(section) } else { self.fields(section) };
        let actions = self.actions(section);
        let kinds = section.text_table(self.notes, "kinds");
        let word = word?;
        let make: fn(Keys) -> Made = match word.value.as_str() {
            "json" => json,
            "movements" => movements,
            "tasmota" => tasmota,
            "esphome" => esphome,
            "zigbee2mqtt" => zigbee2mqtt,
            "shelly" => shelly,
            "homeassistant" => homeassistant,
            "sparkplug" => sparkplug,
            _ => {
                let rule = "must be json, movements, tasmota, esphome, zigbee2mqtt, shelly, homeassistant or sparkplug";
                self.notes.note_at(&word, rule);
                return None;
            }
        };
        // A key that could not be read is noted already; without it another rule would be broken too.
        let is_read = |key, is_some: bool| is_some || !section.has(key);
        let all_read = is_read("unit", unit.is_some())
            && is_read("object", object.is_some())
            && is_read("base", base.is_some())
            && is_read("fields", fields.is_some())
            && is_read("actions", actions.is_some())
            && is_read("kinds", kinds.is_some());
        if !all_read {
            return None;
        }
        let topic = topic?.value.clone();
        let kinds = kinds.unwrap_or_default().into_iter().map(|(word, ends)| (word, ends.value)).collect();
        match make(Keys { topic, unit, object, base, fields: fields.unwrap_or_default(), actions, kinds }) {
            Ok(sensed) => {
                let reports = if sensed.sort == Sort::Scans { "a sensor that reports scans" } else { sensed.word };
                for key in KEYS.into_iter().filter(|key| section.has(key) && !sensed.uses.contains(key)) {
                    section.note(self.notes, key, format_args!("is not used by {reports}; leave it out"));
                }
                Some(sensed)
            }
            Err((key, rule)) => {
                section.note(self.notes, key, rule);
                None
            }
        }
    }

    /// `fields = { weight = "data.w" }`; `None` when absent or wrong.
    fn fields(&mut self, section: &mut Section<'_, '_>) -> Option<Fields> {
        let mut table = section.table(self.notes, "fields")?;
        let fields = JsonFields {
            weight: self.filled(&mut table, "weight"),
            unit: self.filled(&mut table, "unit"),
            stable: self.filled(&mut table, "stable"),
            code: self.filled(&mut table, "code"),
            quantity: self.filled(&mut table, "quantity"),
            id: self.filled(&mut table, "id"),
            // A station's place is in its own section.
            place: None,
        };
        let (what, unused): (&str, &[&str]) = match (table.has("weight"), table.has("code")) {
            (true, false) => ("a weight", &["quantity", "id"]),
            (false, true) => ("a scan", &["unit", "stable"]),
            // That is a fault of its own.
            (true, true) | (false, false) => ("", &[]),
        };
        for key in unused.iter().filter(|key| table.has(key)) {
            table.note(self.notes, key, format_args!("is not used for {what}; leave it out"));
        }
        let read = [
            ("weight", &fields.weight),
            ("unit", &fields.unit),
            ("stable", &fields.stable),
            ("code", &fields.code),
            ("quantity", &fields.quantity),
            ("id", &fields.id),
        ];
        let all_read = read.iter().all(|(key, path)| path.is_some() || !table.has(key));
        table.end(self.notes);
        all_read.then(|| Fields { json: fields, ..Fields::default() })
    }

    /// `fields = { item = "gtin", quantity = "qty" }` of movements; `None` when absent or wrong.
    fn movement_fields(&mut self, section: &mut Section<'_, '_>) -> Option<Fields> {
        let mut table = section.table(self.notes, "fields")?;
        let mut all_read = true;
        let mut field = |key| {
            let field = self.filled(&mut table, key);
            all_read &= field.is_some() || !table.has(key);
            field
        };
        let movement = MovementFields {
            item: field("item"),
            quantity: field("quantity"),
            id: field("id"),
            kind: field("kind"),
            bin: field("bin"),
            from: field("from"),
            to: field("to"),
            at: field("at"),
            device: field("device"),
            actor: field("actor"),
            lot: field("lot"),
            serial: field("serial"),
            reference: field("reference"),
            reason: field("reason"),
        };
        table.end(self.notes);
        all_read.then(|| Fields { movement, ..Fields::default() })
    }

    /// `actions = { single = "BIN-07" }`; `None` when absent or wrong.
    fn actions(&mut self, section: &mut Section<'_, '_>) -> Option<Actions> {
        let texts = section.text_table(self.notes, "actions")?;
        let map: BTreeMap<String, String> = texts.into_iter().map(|(key, at)| (key, at.value)).collect();
        match Actions::new(map) {
            Ok(actions) => Some(actions),
            Err(error) => {
                section.note(self.notes, "actions", error);
                None
            }
        }
    }

    /// A text that may be absent and must not be empty.
    fn filled(&mut self, section: &mut Section<'_, '_>, key: &'static str) -> Option<String> {
        let text = section.text(self.notes, key)?;
        if text.value.is_empty() {
            self.notes.note_at(&text, "is empty; name something, or leave it out");
            return None;
        }
        Some(text.value)
    }
}

fn json(keys: Keys) -> Made {
    let fields = keys.fields.json;
    let is_scan = fields.code.is_some();
    let things = fields.code.iter().chain(&fields.weight).map(|path| format!("field {path}")).collect();
    let json = JsonDialect::new(fields, keys.unit).map_err(|error| ("fields", error.to_string()))?;
    Ok(Sensed {
        dialect: Dialect::Json { topic: keys.topic, json },
        word: "json",
        things,
        sort: if is_scan { Sort::Scans } else { Sort::Weights },
        uses: if is_scan { &["fields"] } else { &["fields", "unit"] },
    })
}

fn movements(keys: Keys) -> Made {
    let movements = MovementDialect::new(keys.fields.movement, keys.kinds).map_err(|error| {
        let key = match error {
            MovementFieldsError::NoItem | MovementFieldsError::NoKind => "fields",
            MovementFieldsError::NoKinds
            | MovementFieldsError::NotEnds { .. }
            | MovementFieldsError::NotAPlace { .. }
            | MovementFieldsError::Unnamed { .. }
            | MovementFieldsError::Forbidden { .. } => "kinds",
        };
        (key, error.to_string())
    })?;
    Ok(Sensed {
        dialect: Dialect::Movements { topic: keys.topic, movements: Box::new(movements) },
        word: "movements",
        things: vec!["movements".to_owned()],
        sort: Sort::Movements,
        uses: &["fields", "kinds"],
    })
}

fn tasmota(keys: Keys) -> Made {
    if ["tele/", "stat/", "cmnd/"].iter().any(|prefix| keys.topic.starts_with(prefix)) {
        return Err(("topic", "must be the node's own topic: bin-c1 of tele/bin-c1/SENSOR".to_owned()));
    }
    let object = keys.object.unwrap_or_else(|| Tasmota::SENSOR.to_owned());
    let tasmota = Tasmota::new(&object, keys.unit.unwrap_or(MassUnit::Gram));
    Ok(weight(Dialect::tasmota(keys.topic, tasmota), "tasmota", object, &["object", "unit"]))
}

fn esphome(keys: Keys) -> Made {
    let unit = needs_unit(&keys)?;
    let rule = "name the sensor as in its topic, weight in bin42/sensor/weight/state";
    let sensor = level("object", needs_object(&keys, rule)?)?.to_owned();
    let made = Esphome::new(&keys.topic, &sensor, unit).map_err(|error| ("topic", error.to_string()))?;
    Ok(weight(Dialect::Esphome(made), "esphome", sensor, &["object", "unit"]))
}

fn zigbee2mqtt(keys: Keys) -> Made {
    let base = level("base", keys.base.as_deref().unwrap_or(Zigbee2Mqtt::BASE))?;
    if keys.topic.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')) {
        return Err(("topic", format!("must be the friendly name alone, without {base}/ before it")));
    }
    let wrong = |error: crate::device::topic::TopicError| ("topic", error.to_string());
    if let Some(actions) = keys.actions {
        let things = words(base, &actions);
        let made = Zigbee2Mqtt::actions(base, &keys.topic, actions).map_err(wrong)?;
        return Ok(scans(Dialect::Zigbee2Mqtt(made), "zigbee2mqtt", things, &["base", "actions"]));
    }
    let field = needs_object(&keys, "name the field with the weight, or give actions for a button")?;
    let made = Zigbee2Mqtt::weight(base, &keys.topic, field, needs_unit(&keys)?).map_err(wrong)?;
    let thing = format!("{field} below {base}");
    Ok(weight(Dialect::Zigbee2Mqtt(made), "zigbee2mqtt", thing, &["base", "object", "unit"]))
}

fn shelly(keys: Keys) -> Made {
    let rule =
        "name the component and its field, as in voltmeter:100.xvoltage; a button's component alone, with actions";
    let object = needs_object(&keys, rule)?;
    let component = level("object", object.split_once('.').map_or(object, |(component, _)| component))?;
    let wrong = |error: crate::device::topic::TopicError| ("topic", error.to_string());
    match (&keys.actions, object.split_once('.')) {
        (Some(actions), None) => {
            let made = Shelly::actions(&keys.topic, component, actions.clone()).map_err(wrong)?;
            let things = words(component, actions);
            Ok(scans(Dialect::Shelly(made), "shelly", things, &["object", "actions"]))
        }
        (None, Some((_, field))) if !field.is_empty() => {
            let made = Shelly::weight(&keys.topic, component, field, needs_unit(&keys)?).map_err(wrong)?;
            Ok(weight(Dialect::Shelly(made), "shelly", object.to_owned(), &["object", "unit"]))
        }
        (Some(_) | None, Some(_)) | (None, None) => Err(("object", rule.to_owned())),
    }
}

fn homeassistant(keys: Keys) -> Made {
    let prefix = keys.base.as_deref().unwrap_or(HomeAssistant::PREFIX);
    let made = HomeAssistant::new(prefix, &keys.topic, keys.unit).map_err(|error| ("topic", error.to_string()))?;
    // Which entities can be followed has just been checked: sensors and tags.
    let is_scan = EntityId::parse(prefix, &keys.topic).is_some_and(|id| id.component == "tag");
    let dialect = Dialect::HomeAssistant(Box::new(made));
    let thing = "its state".to_owned();
    Ok(if is_scan {
        scans(dialect, "homeassistant", vec![thing], &["base"])
    } else {
        weight(dialect, "homeassistant", thing, &["base", "unit"])
    })
}

fn sparkplug(keys: Keys) -> Made {
    let metric = needs_object(&keys, "name the metric, as in its birth")?.to_owned();
    let rule = "must be GROUP/NODE or GROUP/NODE/DEVICE";
    let made = Watch::new(&keys.topic, &metric, needs_unit(&keys)?);
    let made = made.map_err(|error| ("topic", format!("{rule}: {error}")))?;
    Ok(weight(Dialect::Sparkplug(made), "sparkplug", metric, &["object", "unit"]))
}

fn weight(dialect: Dialect, word: &'static str, thing: String, uses: &'static [&'static str]) -> Sensed {
    Sensed { dialect, word, things: vec![thing], sort: Sort::Weights, uses }
}

fn scans(dialect: Dialect, word: &'static str, things: Vec<String>, uses: &'static [&'static str]) -> Sensed {
    Sensed { dialect, word, things, sort: Sort::Scans, uses }
}

/// A button may have words for several stations, each for one.
fn words(of: &str, actions: &Actions) -> Vec<String> {
    BTreeMap::from(actions.clone()).into_keys().map(|word| format!("{word} of {of}")).collect()
}

/// A text that becomes a part of a topic.
fn level<'k>(key: &'static str, text: &'k str) -> Result<&'k str, (&'static str, String)> {
    TopicName::parse(text).map_err(|error| (key, error.to_string()))?;
    Ok(text)
}

fn needs_unit(keys: &Keys) -> Result<MassUnit, (&'static str, String)> {
    keys.unit.ok_or_else(|| ("unit", "is missing: this dialect does not send it".to_owned()))
}

fn needs_object<'k>(keys: &'k Keys, rule: &str) -> Result<&'k str, (&'static str, String)> {
    keys.object.as_deref().ok_or_else(|| ("object", format!("is missing: {rule}")))
}
