//! The MQTT brokers on the site's network.

use std::net::IpAddr;

use settings::{At, Section};

use super::{
    super::{BrokerConfig, MqttVersion, Token, line::is_host},
    Reader,
};
use crate::device::sparkplug::state_topic;

impl Reader<'_, '_> {
    pub(super) fn broker(&mut self, section: &mut Section<'_, '_>) -> Option<BrokerConfig> {
        let name = self.device(section);
        let host = section.needed(self.notes, "host");
        let port = section.integer(self.notes, "port", 1..=65_535);
        let port = port.map_or(BrokerConfig::PORT, |at| u16::try_from(at.value).expect("in range"));
        let client_id = section.text(self.notes, "client_id");
        let login = self.login(section);
        let version = self.version(section);
        let sparkplug_host = section.text(self.notes, "sparkplug_host");
        if let Some(host) = sparkplug_host.as_ref().filter(|at| state_topic(&at.value).is_err()) {
            self.notes.note_at(host, "must be one level of a topic: no /, + or #, and not empty");
        }
        let name = name?;
        self.names.brokers.insert(name.clone(), sparkplug_host.is_some());
        if let Some(at) = client_id.as_ref().filter(|at| at.value.is_empty()) {
            self.notes.note_at(at, "is empty: the broker would keep nothing for a nameless client; leave it out");
        }
        let client_id = client_id.map_or_else(|| format!("binwire-{name}"), |at| at.value);
        let host = host?;
        if is_host(&host.value) {
            self.check_server(&host, port, &client_id, sparkplug_host.as_ref());
        } else {
            let rule =
                "must be a name or an address alone, as in host = \"10.0.0.1\"; its port has a key of its own, port";
            self.notes.note_at(&host, rule);
        }
        Some(BrokerConfig {
            client_id,
            name,
            host: host.value,
            port,
            login,
            version: version?,
            sparkplug_host: sparkplug_host.map(|at| at.value),
        })
    }

    /// Two sessions of one name at one server put each other out, for ever.
    fn check_server(&mut self, host: &At<String>, port: u16, client_id: &str, sparkplug_host: Option<&At<String>>) {
        let server = (canonical(&host.value), port);
        if !self.names.sessions.insert((server.clone(), client_id.to_owned())) {
            let rule = format_args!(
                "another [[broker]] has the same host, port and client_id {client_id}; give this one a client_id of its own"
            );
            self.notes.note_at(host, rule);
        }
        if let Some(at) = sparkplug_host
            && !self.names.sparkplug_hosts.insert((server, at.value.clone()))
        {
            let rule = format_args!(
                "another [[broker]] at the same host and port is {} already; hang the sensors of both on one",
                at.value
            );
            self.notes.note_at(at, rule);
        }
    }

    /// `username` with `password` or `password_file`.
    pub(super) fn login(&mut self, section: &mut Section<'_, '_>) -> Option<(String, Token)> {
        let username = section.text(self.notes, "username");
        let password = self.token(section, "password", "password_file");
        if let Some(at) = username.as_ref().filter(|at| at.value.is_empty()) {
            self.notes.note_at(at, "is empty; leave it out where the broker asks for no login");
        }
        if !section.has("username")
            && let Some(key) = ["password", "password_file"].into_iter().find(|key| section.has(key))
        {
            section.note(self.notes, key, "is of no use without username; give both or neither");
        }
        username.map(|username| (username.value, password.unwrap_or_else(|| Token::new(""))))
    }

    fn version(&mut self, section: &mut Section<'_, '_>) -> Option<MqttVersion> {
        let Some(text) = section.text(self.notes, "version") else { return Some(MqttVersion::V3) };
        let known = match text.value.as_str() {
            "3.1.1" => Some(MqttVersion::V3),
            "5" => Some(MqttVersion::V5),
            _ => None,
        };
        if known.is_none() {
            self.notes.note_at(&text, "must be \"3.1.1\" or \"5\"");
        }
        known
    }
}

/// One text for all names of a host that can be told without asking anybody. `0.0.0.0` leads to this machine too.
fn canonical(host: &str) -> String {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_lowercase();
    let address = host.parse::<IpAddr>().map(|address| address.to_canonical());
    let is_this_machine = match &address {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    match address {
        _ if is_this_machine => "localhost".to_owned(),
        Ok(address) => address.to_string(),
        Err(_) => host,
    }
}
