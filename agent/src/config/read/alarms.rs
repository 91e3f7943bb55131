//! Who hears of alarms.

use std::collections::BTreeSet;

use gateway_proto::name::DeviceName;
use settings::Section;

use super::{
    super::{AlarmsConfig, WebhookConfig},
    Reader,
};
use crate::{
    address,
    device::topic::TopicName,
    movement::rules::{Caution, State},
    receiver::secret::Secrets,
};

impl Reader<'_, '_> {
    pub(super) fn alarms(&mut self, mut section: Section<'_, '_>) -> AlarmsConfig {
        let mut config = AlarmsConfig::default();
        let broker = self.optional::<DeviceName>(&mut section, "broker");
        let topic = section.text(self.notes, "topic");
        let caution = section.text(self.notes, "caution");
        section.end(self.notes);
        if let Some(broker) = broker {
            match self.names.brokers.get(&broker.value) {
                None => self.notes.note_at(&broker, format_args!("there is no [[broker]] {}", broker.value)),
                Some(true) => {
                    self.notes.note_at(&broker, "carries Sparkplug and nothing else; name another [[broker]]")
                }
                Some(false) => config.broker = Some(broker.value),
            }
        }
        if let Some(topic) = topic {
            match TopicName::parse(&topic.value) {
                Ok(_) => config.topic = topic.value,
                Err(error) => self.notes.note_at(&topic, format_args!("must be one topic: {error}")),
            }
        }
        match caution.as_ref().map(|at| at.value.as_str()) {
            None | Some("point") => {}
            Some("low") => config.caution = Caution::Low,
            Some(_) => {
                if let Some(at) = &caution {
                    self.notes.note_at(at, "must be point or low");
                }
            }
        }
        config
    }

    pub(super) fn webhook(&mut self, section: &mut Section<'_, '_>) -> Option<WebhookConfig> {
        let name = self.device(section);
        let url = self.needed::<reqwest::Url>(section, "url");
        let secrets = section.text(self.notes, "secret_file").and_then(|text| self.path(text));
        let ca = self.authority(section);
        let events = section.texts(self.notes, "events");
        if let Some(at) = &url
            && let Some(fault) = address::fault(&at.value, "alarms")
        {
            self.notes.note_at(at, fault);
        }
        let secrets = secrets.and_then(|at| {
            let text = std::fs::read_to_string(&at.value).map_err(|error| error.to_string());
            match text.and_then(|text| Secrets::parse(&text).map_err(|error| error.to_string())) {
                Ok(secrets) => Some(secrets),
                Err(error) => {
                    self.notes.note_at(&at, format_args!("read {}: {error}", at.value.display()));
                    None
                }
            }
        });
        let mut wanted = BTreeSet::new();
        for event in events.into_iter().flatten() {
            match State::of_word(&event.value) {
                Some(state) => drop(wanted.insert(state)),
                None => self.notes.note_at(&event, "must be unknown, negative, out, low, perhaps, over or fine"),
            }
        }
        if wanted.is_empty() {
            wanted.extend(State::ALL);
        }
        Some(WebhookConfig { name: name?, url: url?.value, secrets, ca, events: wanted })
    }
}
