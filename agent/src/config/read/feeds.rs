//! `[[feed]]`: vendors, and how their hubs are reached.

use gateway_proto::name::FeedName;
use settings::{At, Section};

use super::{
    super::{FeedConfig, Via},
    Reader,
};
use crate::{address, register::catalog::UNASSIGNED};

impl Reader<'_, '_> {
    pub(super) fn feed(&mut self, section: &mut Section<'_, '_>) -> Option<FeedConfig> {
        let name = self.needed::<FeedName>(section, "name");
        let via = section.text(self.notes, "via");
        let via = match via.as_ref().map(|at| at.value.as_str()) {
            None | Some("https") => Via::Https,
            Some("mqtt") => Via::Mqtt,
            Some(_) => {
                if let Some(at) = &via {
                    self.notes.note_at(at, "must be https or mqtt");
                }
                Via::Https
            }
        };
        let hub = match via {
            Via::Https => self.needed::<reqwest::Url>(section, "hub"),
            Via::Mqtt => self.needed::<reqwest::Url>(section, "broker"),
        };
        let token = self.token(section, "token", "token_file");
        let login = match via {
            Via::Https => None,
            Via::Mqtt => self.login(section),
        };
        let metered = section.flag(self.notes, "metered").is_none_or(|at| at.value);
        let ca = self.authority(section);
        if token.is_none() && !section.has("token") && !section.has("token_file") {
            self.notes.note(section.span(), &section.path("token"), "is missing: give token or token_file");
        }
        let name = name?;
        if name.value.as_str() == UNASSIGNED {
            self.notes.note_at(&name, "is the agent's own name for items without a vendor; choose another");
        } else if !self.names.feeds.insert(name.value.clone()) {
            self.notes.note_at(&name, format_args!("feed {} stands here twice", name.value));
        }
        let hub = hub?;
        match via {
            Via::Https => self.check_hub(&hub),
            Via::Mqtt => self.check_broker(&hub),
        }
        Some(FeedConfig { name: name.value, via, hub: hub.value, login, metered, token: token?, ca })
    }

    fn check_hub(&mut self, hub: &At<reqwest::Url>) {
        if let Some(fault) = address::fault(&hub.value, "the token") {
            self.notes.note_at(hub, fault);
        }
        if hub.value.query().is_some() || hub.value.fragment().is_some() {
            self.notes.note_at(hub, "has a query or fragment; the agent adds /v1/feeds/… to it");
        }
    }

    fn check_broker(&mut self, broker: &At<reqwest::Url>) {
        if let Some(fault) = address::broker_fault(&broker.value) {
            self.notes.note_at(broker, fault);
        }
    }
}
