//! Discovery messages: how a device announces its sensors on `homeassistant/…/config`.
//!
//! Owns the topic's levels, the keys with their short forms, and the base topic `~`; the source is home-assistant.io,
//! "MQTT: discovery". Says what was announced and judges nothing: a topic may hold wildcards and a template anything.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::availability::Mode;
use crate::device::document::{Document, Node, Number, Value};
use crate::device::json::JsonError;

/// More than any device has; each becomes a subscription.
const AVAILABILITY_TOPICS_MAX: usize = 8;

/// Which entity a discovery topic is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityId {
    /// `sensor`, `binary_sensor`, `tag`, …
    pub component: String,
    /// The device, where the announcer groups by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    pub object_id: String,
}

/// What was announced about an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discovery {
    #[serde(flatten)]
    pub id: EntityId,
    /// Where its values come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_template: Option<String>,
    /// `unit_of_measurement` as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_class: Option<String>,
    /// The first of where it says that it is there or gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_topic: Option<String>,
    #[serde(skip)]
    pub(super) availability: Vec<AnnouncedAvailability>,
    #[serde(skip)]
    pub(super) availability_mode: Mode,
    #[serde(skip)]
    pub(super) expire_after: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnnouncedAvailability {
    pub(super) topic: String,
    pub(super) available: String,
    pub(super) not_available: String,
    pub(super) template: Option<String>,
}

impl EntityId {
    /// The entity of `<prefix>/<component>/[<node>/]<object>/config`; `None` for any other topic.
    #[must_use]
    pub fn parse(prefix: &str, topic: &str) -> Option<Self> {
        let levels: Vec<&str> = topic.strip_prefix(prefix)?.strip_prefix('/')?.split('/').collect();
        let (component, node_id, object_id) = match *levels.as_slice() {
            [component, object_id, "config"] => (component, None, object_id),
            [component, node_id, object_id, "config"] => (component, Some(node_id), object_id),
            _ => return None,
        };
        let is_id =
            |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let all_ids = [Some(component), node_id, Some(object_id)].into_iter().flatten().all(is_id);
        all_ids.then(|| Self {
            component: component.to_owned(),
            node_id: node_id.map(str::to_owned),
            object_id: object_id.to_owned(),
        })
    }
}

impl Discovery {
    /// What `payload` announces of an entity; `None` when it takes the entity back: nothing, or an empty object.
    ///
    /// # Errors
    /// When the payload is no JSON object. A key of the wrong kind counts as absent.
    pub fn parse(id: EntityId, payload: &[u8]) -> Result<Option<Self>, JsonError> {
        if payload.is_empty() {
            return Ok(None);
        }
        let document = Document::parse(payload)?;
        if !document.root().is_object() {
            return Err(JsonError::NotAnObject);
        }
        let mut keys = Keys::of(document.root(), None);
        if keys.fields.is_empty() {
            return Ok(None);
        }
        keys.base = keys.text("~", "~");
        let availability = keys.availability();
        Ok(Some(Self {
            id,
            // A tag scanner has a topic and no state.
            state_topic: keys.topic("state_topic", "stat_t").or_else(|| keys.topic("topic", "t")),
            value_template: keys.text("value_template", "val_tpl"),
            unit: keys.text("unit_of_measurement", "unit_of_meas"),
            device_class: keys.text("device_class", "dev_cla"),
            availability_topic: availability.first().map(|availability| availability.topic.clone()),
            availability,
            availability_mode: match keys.text("availability_mode", "avty_mode").as_deref() {
                Some("all") => Mode::All,
                Some("any") => Mode::Any,
                Some(_) | None => Mode::Latest,
            },
            expire_after: keys.seconds("expire_after", "exp_aft"),
        }))
    }
}

/// The keys of an object, long or short, with the base topic of the whole announcement.
#[derive(Debug, Clone)]
struct Keys<'a> {
    fields: BTreeMap<String, Node<'a>>,
    base: Option<String>,
}

impl<'a> Keys<'a> {
    fn of(node: Node<'a>, base: Option<String>) -> Self {
        Self { fields: node.entries().into_iter().collect(), base }
    }

    fn node(&self, long: &str, short: &str) -> Option<Node<'a>> {
        self.fields.get(long).or_else(|| self.fields.get(short)).copied()
    }

    fn text(&self, long: &str, short: &str) -> Option<String> {
        match self.node(long, short)?.value() {
            Value::Text(text) => Some(text.into_owned()),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Other => None,
        }
    }

    /// A topic, with `~` at either end replaced by the base.
    fn topic(&self, long: &str, short: &str) -> Option<String> {
        let topic = self.text(long, short)?;
        let Some(base) = &self.base else { return Some(topic) };
        Some(match (topic.strip_prefix('~'), topic.strip_suffix('~')) {
            (Some(rest), _) => format!("{base}{rest}"),
            (None, Some(rest)) => format!("{rest}{base}"),
            (None, None) => topic,
        })
    }

    fn seconds(&self, long: &str, short: &str) -> Option<Duration> {
        let Ok(Number::Is(seconds)) = self.node(long, short)?.value().number() else { return None };
        let seconds = seconds.whole().and_then(|whole| u64::try_from(whole).ok())?;
        // Zero means never.
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// One `availability_topic`, or a list of them under `availability`.
    fn availability(&self) -> Vec<AnnouncedAvailability> {
        let listed = self
            .node("availability", "avty")
            .map(Node::entries)
            .unwrap_or_default()
            .into_iter()
            .take(AVAILABILITY_TOPICS_MAX);
        let listed = listed.filter_map(|(_, node)| {
            let keys = Keys::of(node, self.base.clone());
            keys.announced(keys.topic("topic", "t")?, keys.text("value_template", "val_tpl"))
        });
        let single = self.topic("availability_topic", "avty_t");
        let single = single.and_then(|topic| self.announced(topic, self.text("availability_template", "avty_tpl")));
        single.into_iter().chain(listed).collect()
    }

    fn announced(&self, topic: String, template: Option<String>) -> Option<AnnouncedAvailability> {
        (!topic.is_empty()).then(|| AnnouncedAvailability {
            topic,
            available: self.text("payload_available", "pl_avail").unwrap_or_else(|| "online".to_owned()),
            not_available: self.text("payload_not_available", "pl_not_avail").unwrap_or_else(|| "offline".to_owned()),
            template,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> EntityId {
        EntityId::parse("homeassistant", "homeassistant/sensor/bin42/weight/config").unwrap()
    }

    fn parse(payload: &str) -> Discovery {
        Discovery::parse(id(), payload.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn the_topic_names_the_entity_with_or_without_a_node() {
        let shown = |topic| EntityId::parse("ha", topic).map(|id| serde_json::to_string(&id).unwrap());
        assert_eq!(
            shown("ha/sensor/bin42/weight/config").as_deref(),
            Some(r#"{"component":"sensor","node_id":"bin42","object_id":"weight"}"#)
        );
        assert_eq!(shown("ha/tag/bench-1/config").as_deref(), Some(r#"{"component":"tag","object_id":"bench-1"}"#));
        for topic in [
            "ha/sensor/config",
            "ha/sensor/a/b/c/config",
            "ha/sensor/a/state",
            "ha/sensor//config",
            "ha/sensor/a b/config",
            "x/sensor/a/config",
            "",
        ] {
            assert_eq!(shown(topic), None, "{topic}");
        }
    }

    #[test]
    fn short_keys_and_the_base_topic_mean_the_same_as_the_long_ones() {
        let long = r#"{"state_topic":"bins/42/weight","unit_of_measurement":"kg","device_class":"weight",
            "value_template":"{{ value }}","availability_topic":"bins/42/status","payload_available":"up",
            "payload_not_available":"down","availability_template":"{{ value }}","availability_mode":"all","expire_after":60}"#;
        let short = r#"{"~":"bins/42","stat_t":"~/weight","unit_of_meas":"kg","dev_cla":"weight","val_tpl":"{{ value }}",
            "avty_t":"~/status","pl_avail":"up","pl_not_avail":"down","avty_tpl":"{{ value }}","avty_mode":"all","exp_aft":"60"}"#;
        assert_eq!(parse(long), parse(short));
        assert_eq!(parse(long).expire_after, Some(Duration::from_secs(60)));
        assert_eq!(
            serde_json::to_string(&parse(short)).unwrap(),
            r#"{"component":"sensor","node_id":"bin42","object_id":"weight","state_topic":"bins/42/weight","value_template":"{{ value }}","unit":"kg","device_class":"weight","availability_topic":"bins/42/status"}"#
        );
    }

    #[test]
    fn the_base_topic_stands_at_either_end() {
        let topic = |payload: &str| parse(payload).state_topic;
        assert_eq!(topic(r#"{"~":"b","stat_t":"~/w"}"#).as_deref(), Some("b/w"));
        assert_eq!(topic(r#"{"~":"b","stat_t":"w/~"}"#).as_deref(), Some("w/b"));
        assert_eq!(topic(r#"{"~":"b","stat_t":"w~x"}"#).as_deref(), Some("w~x"));
        assert_eq!(topic(r#"{"stat_t":"~/w"}"#).as_deref(), Some("~/w"));
        assert_eq!(topic(r#"{"t":"tags/1"}"#).as_deref(), Some("tags/1"));
        assert_eq!(topic(r#"{"stat_t":7}"#), None);
    }

    #[test]
    fn availability_may_be_a_list() {
        let found = parse(
            r#"{"~":"b","avty":[{"t":"~/a","val_tpl":"{{ value_json.state }}"},{"topic":"x","pl_avail":"1"},{}]}"#,
        );
        let shown: Vec<_> = found.availability.iter().map(|a| (a.topic.as_str(), a.available.as_str())).collect();
        assert_eq!(shown, [("b/a", "online"), ("x", "1")]);
        assert_eq!(found.availability[0].template.as_deref(), Some("{{ value_json.state }}"));
        let many = format!(r#"{{"avty":[{}{{"t":"z"}}]}}"#, r#"{"t":"y"},"#.repeat(AVAILABILITY_TOPICS_MAX));
        assert_eq!(parse(&many).availability.len(), AVAILABILITY_TOPICS_MAX);
    }

    #[test]
    fn an_empty_payload_takes_the_entity_back() {
        for payload in ["", "{}", " { } "] {
            assert_eq!(Discovery::parse(id(), payload.as_bytes()), Ok(None), "{payload:?}");
        }
        assert_eq!(Discovery::parse(id(), b"[]"), Err(JsonError::NotAnObject));
        assert!(matches!(Discovery::parse(id(), b"x"), Err(JsonError::NotJson { .. })));
    }

    #[test]
    fn an_expiry_of_nothing_is_never() {
        for payload in
            [r#"{"exp_aft":0}"#, r#"{"exp_aft":-1}"#, r#"{"exp_aft":"x"}"#, r#"{"exp_aft":1.5}"#, r#"{"a":1}"#]
        {
            assert_eq!(parse(payload).expire_after, None, "{payload}");
        }
    }
}
