//! `[mqtt]`: the broker where sites publish batches.

use std::{fs, net::IpAddr};

use settings::{At, Notes, Section};

use super::{
    super::{MqttConfig, Password},
    Reader,
};

/// IANA's port for MQTT over TLS, and without.
const PORT_TLS: u16 = 8_883;
const PORT_PLAIN: u16 = 1_883;

impl Reader<'_> {
    pub(super) fn mqtt(&self, notes: &mut Notes<'_>, mut section: Section<'_, '_>) -> Option<MqttConfig> {
        let broker = section.needed(notes, "broker");
        let ca = section.text(notes, "ca").map(|text| (text.span.clone(), text.key.clone(), self.path(notes, text)));
        let client_id = section.text(notes, "client_id");
        let username = section.text(notes, "username");
        let password = self.password(notes, &mut section);
        let login = match (username, password) {
            (Some(username), Some(password)) => Some((username.value, password)),
            (Some(username), None) => {
                if !section.has("password") && !section.has("password_file") {
                    notes.note_at(&username, "stands without a password; give password or password_file");
                }
                None
            }
            (None, Some(_)) => {
                section.note(notes, "username", "is missing beside the password");
                None
            }
            (None, None) => None,
        };
        section.end(notes);
        let broker = broker?;
        let Some((is_secure, host, port)) = address(&broker.value) else {
            notes.note_at(&broker, "must be mqtts://HOST:PORT, or mqtt:// to this machine");
            return None;
        };
        if is_secure && ca.is_none() {
            notes.note_at(&broker, "needs ca, the authority that signed the broker's certificate");
            return None;
        }
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_secure && !is_here {
            notes.note_at(&broker, "would carry movements in the clear; use mqtts:// (mqtt:// only to 127.0.0.1)");
            return None;
        }
        if let (false, Some((span, key, _))) = (is_secure, &ca) {
            notes.note(span, key, "is for mqtts:// alone; write that, or leave ca out");
            return None;
        }
        let ca = match ca {
            Some((_, _, path)) => Some(path?),
            None => None,
        };
        let client_id = client_id.map_or_else(|| MqttConfig::CLIENT_ID.to_owned(), |at| at.value);
        Some(MqttConfig { host, port, ca, client_id, login })
    }

    /// `password` or `password_file`.
    fn password(&self, notes: &mut Notes<'_>, section: &mut Section<'_, '_>) -> Option<Password> {
        let (plain, file) = (section.secret(notes, "password"), section.text(notes, "password_file"));
        match (plain, file) {
            (Some(_), Some(file)) => {
                notes.note_at(&file, "stands beside password; keep one of the two");
                None
            }
            (Some(text), None) => Some(Password::new(text.value)),
            (None, Some(file)) => self.password_in(notes, &file),
            (None, None) => None,
        }
    }

    fn password_in(&self, notes: &mut Notes<'_>, file: &At<String>) -> Option<Password> {
        let path = self.folder.join(&file.value);
        match fs::read_to_string(&path) {
            Ok(text) => Some(Password::new(text.trim_end())),
            Err(error) => {
                notes.note_at(file, format_args!("read {}: {error}", path.display()));
                None
            }
        }
    }
}

/// Whether over TLS, host and port.
fn address(text: &str) -> Option<(bool, String, u16)> {
    let (scheme, rest) = text.split_once("://")?;
    let (is_secure, usual) = match scheme {
        "mqtts" => (true, PORT_TLS),
        "mqtt" => (false, PORT_PLAIN),
        _ => return None,
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
        None => (rest, usual),
    };
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    is_host.then(|| (is_secure, host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_a_scheme_a_host_and_maybe_a_port() {
        let is = |text: &str, expect: Option<(bool, &str, u16)>| {
            let expect = expect.map(|(is_secure, host, port)| (is_secure, host.to_owned(), port));
            assert_eq!(address(text), expect, "{text}");
        };
        is("mqtts://broker.example", Some((true, "broker.example", 8_883)));
        is("mqtts://10.0.0.7:8884/", Some((true, "10.0.0.7", 8_884)));
        is("mqtt://127.0.0.1", Some((false, "127.0.0.1", 1_883)));
        for text in
            ["", "broker", "https://broker", "mqtts://", "mqtts://a:0", "mqtts://a:b", "mqtts://u:p@a", "mqtts://a/b"]
        {
            is(text, None);
        }
    }
}
