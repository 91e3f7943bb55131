//! From the text of a file to a [`HubConfig`], or to every fault in it.

mod mqtt;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use gateway_proto::name::{FeedName, SiteName};
use jiff::tz::{Offset, TimeZone};
use settings::{At, Faults, Notes, Section};

use super::{FeedConfig, HubConfig, TlsConfig, ViewerConfig, ViewerName};
use crate::{feed::FeedKey, token::Token};

/// Reads a text that stands in `file`.
pub(super) fn read(text: &str, file: &Path) -> Result<HubConfig, Faults> {
    settings::read(text, file, |notes, root| Reader::new(file).root(notes, root))
}

/// What the sections of one file must agree on.
struct Reader<'f> {
    folder: &'f Path,
    feeds: BTreeSet<FeedKey>,
    viewers: BTreeSet<ViewerName>,
    /// Whose each token is: a token says who you are, so no two may share one.
    tokens: BTreeMap<String, String>,
}

impl<'f> Reader<'f> {
    fn new(file: &'f Path) -> Self {
        Self {
            folder: file.parent().unwrap_or(Path::new("")),
            feeds: BTreeSet::new(),
            viewers: BTreeSet::new(),
            tokens: BTreeMap::new(),
        }
    }

    fn root(&mut self, notes: &mut Notes<'_>, mut root: Section<'_, '_>) -> Option<HubConfig> {
        let listen = root.needed(notes, "listen").and_then(|text| {
            let parsed: Option<SocketAddr> = text.value.parse().ok();
            if parsed.is_none() {
                notes.note_at(&text, "must be an address and a port, such as 127.0.0.1:8470 or [::1]:8470");
            }
            parsed.map(|value| At { value, span: text.span, key: text.key })
        });
        let state_dir = root.needed(notes, "state_dir").and_then(|text| self.path(notes, text));
        let has_tls = root.table(notes, "tls");
        let is_plain = has_tls.is_none();
        let tls = has_tls.map(|section| self.tls(notes, section));
        if let Some(listen) = &listen
            && is_plain
            && !listen.value.ip().is_loopback()
        {
            notes.note_at(
                listen,
                "plain HTTP is served only on a loopback address: add [tls], or listen on 127.0.0.1 behind a proxy that has TLS",
            );
        }
        let feeds: Vec<_> = root.tables(notes, "feed").into_iter().map(|section| self.feed(notes, section)).collect();
        let viewers: Vec<_> =
            root.tables(notes, "viewer").into_iter().map(|section| self.viewer(notes, section)).collect();
        let has_mqtt = root.table(notes, "mqtt");
        let mqtt = has_mqtt.map(|section| self.mqtt(notes, section));
        root.end(notes);
        Some(HubConfig {
            listen: listen?.value,
            state_dir: state_dir?,
            tls: match tls {
                Some(tls) => Some(tls?),
                None => None,
            },
            feeds: feeds.into_iter().collect::<Option<_>>()?,
            viewers: viewers.into_iter().collect::<Option<_>>()?,
            mqtt: match mqtt {
                Some(mqtt) => Some(mqtt?),
                None => None,
            },
        })
    }

    fn tls(&self, notes: &mut Notes<'_>, mut section: Section<'_, '_>) -> Option<TlsConfig> {
        let certificate = section.needed(notes, "certificate").and_then(|text| self.path(notes, text));
        let key = section.needed(notes, "key").and_then(|text| self.path(notes, text));
        section.end(notes);
        Some(TlsConfig { certificate: certificate?, key: key? })
    }

    fn feed(&mut self, notes: &mut Notes<'_>, mut section: Section<'_, '_>) -> Option<FeedConfig> {
        let site: Option<At<SiteName>> = section.needed(notes, "site").and_then(|text| text.parse(notes));
        let name: Option<At<FeedName>> = section.needed(notes, "name").and_then(|text| text.parse(notes));
        let token = self.token(notes, &mut section);
        let items = section
            .texts(notes, "items")
            .map(|items| items.into_iter().filter_map(|item| Some(item.parse(notes)?.value)).collect());
        let silent_hours = section.integer(notes, "silent_hours", 0..=8_760);
        let time_zone = section.text(notes, "time_zone").map(|text| zone(notes, &text));
        let planning = section.text(notes, "planning").map(|text| self.path(notes, text));
        if let (Some(site), Some(name)) = (&site, &name) {
            let key = FeedKey { site: site.value.clone(), name: name.value.clone() };
            if !self.feeds.insert(key.clone()) {
                notes.note_at(name, format_args!("feed {key} stands here twice"));
            }
        }
        section.end(notes);
        let mut feed = FeedConfig::new(site?.value, name?.value, token?);
        if let Some(zone) = time_zone {
            feed.time_zone = zone?;
        }
        if let Some(planning) = planning {
            feed.planning = Some(planning?);
        }
        feed.items = items;
        if let Some(hours) = silent_hours {
            feed.silent_hours = u32::try_from(hours.value).unwrap_or(0);
        }
        Some(feed)
    }

    fn viewer(&mut self, notes: &mut Notes<'_>, mut section: Section<'_, '_>) -> Option<ViewerConfig> {
        let name: Option<At<ViewerName>> = section.needed(notes, "name").and_then(|text| text.parse(notes));
        let token = self.token(notes, &mut section);
        if let Some(name) = &name
            && !self.viewers.insert(name.value.clone())
        {
            notes.note_at(name, format_args!("viewer {} stands here twice", name.value));
        }
        let listed = section.texts(notes, "feeds");
        if listed.as_ref().is_none_or(Vec::is_empty) {
            notes.note(section.span(), &section.path("feeds"), "must name at least one feed");
        }
        let mut feeds = Vec::new();
        for text in listed.into_iter().flatten() {
            let Some(feed) = text.parse::<FeedKey>(notes) else { continue };
            if !self.feeds.contains(&feed.value) {
                notes.note_at(&feed, format_args!("there is no [[feed]] {}", feed.value));
            } else if feeds.contains(&feed.value) {
                notes.note_at(&feed, format_args!("feed {} stands here twice", feed.value));
            } else {
                feeds.push(feed.value);
            }
        }
        section.end(notes);
        Some(ViewerConfig { name: name?.value, token: token?, feeds })
    }

    /// `token` or `token_file`, exactly one of them.
    fn token(&mut self, notes: &mut Notes<'_>, section: &mut Section<'_, '_>) -> Option<Token> {
        let plain = section.secret(notes, "token");
        let file = section.text(notes, "token_file");
        let text = match (plain, file) {
            (Some(text), None) => text,
            (None, Some(file)) => {
                let path = self.folder.join(&file.value);
                match fs::read_to_string(&path) {
                    Ok(text) => At { value: text.trim_end().to_owned(), span: file.span, key: file.key },
                    Err(error) => {
                        notes.note_at(&file, format_args!("read {}: {error}", path.display()));
                        return None;
                    }
                }
            }
            (Some(_), Some(file)) => {
                notes.note_at(&file, "stands beside token; keep one of the two");
                return None;
            }
            (None, None) => {
                notes.note(section.span(), &section.path("token"), "is missing: give token or token_file");
                return None;
            }
        };
        let token = Token::new(&text.value);
        if let Err(error) = &token {
            notes.note_at(&text, error);
        } else if let Some(other) = self.tokens.insert(text.value.clone(), text.key.clone()) {
            notes.note_at(&text, format_args!("is the same token as {other}; every feed and viewer needs its own"));
        }
        token.ok()
    }

    fn path(&self, notes: &mut Notes<'_>, text: At<String>) -> Option<PathBuf> {
        if text.value.is_empty() {
            notes.note_at(&text, "is empty");
            return None;
        }
        Some(self.folder.join(&text.value))
    }
}

/// A zone of the machine's list, or an offset such as `+01:00`.
fn zone(notes: &mut Notes<'_>, text: &At<String>) -> Option<TimeZone> {
    let zone = match text
        .value
        .strip_prefix('-')
        .map(|rest| (-1, rest))
        .or(text.value.strip_prefix('+').map(|rest| (1, rest)))
    {
        Some((sign, offset)) => offset.split_once(':').and_then(|(hours, minutes)| {
            let hours: i32 = hours.parse().ok().filter(|hours| (0..=14).contains(hours))?;
            let minutes: i32 = minutes.parse().ok().filter(|minutes| (0..60).contains(minutes))?;
            Some(TimeZone::fixed(Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?))
        }),
        None => TimeZone::get(&text.value).ok(),
    };
    if zone.is_none() {
        notes.note_at(
            text,
            "is no time zone of this machine; write one such as Europe/Berlin, or an offset such as +01:00",
        );
    }
    zone
}

#[cfg(test)]
mod tests;
