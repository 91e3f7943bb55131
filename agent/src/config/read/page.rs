//! The page at the bin: keys of `[page]`.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use jiff::tz::{Offset, TimeZone};
use look::Language;
use settings::{At, Section};

use super::Reader;
use crate::{
    config::{HostName, Kiosk, Looking, PageConfig, PageTls},
    register::{operator::Role, row::Word},
};

/// Names of one gateway.
const HOSTS_MAX: usize = 32;

impl Reader<'_, '_> {
    /// `None` when something is wrong with it.
    pub(super) fn page(&mut self, mut section: Section<'_, '_>) -> Option<PageConfig> {
        let listen = self.needed(&mut section, "listen");
        let hosts = self.hosts(&mut section);
        let tls = self.page_tls(&mut section);
        let kiosk = self.kiosk(&mut section);
        let looking = section.flag(self.notes, "sign_in_to_look").is_some_and(|at| at.value);
        let pin_roles = self.pin_roles(&mut section);
        let idle = section.integer(self.notes, "idle_minutes", 1..=720);
        let language = self.optional::<Language>(&mut section, "language");
        let time_zone = section.text(self.notes, "time_zone").and_then(|at| self.time_zone(&at));
        section.end(self.notes);
        let (listen, tls) = (listen?, tls?);
        self.check_privacy(&listen, &tls);
        if tls == PageTls::Own && hosts.is_empty() && listen.value.ip().is_unspecified() {
            let rule = "tls = \"own\" on all addresses needs to know which the certificate is for; write hosts = [\"10.0.0.5\"]";
            self.notes.note_at(&listen, rule);
        }
        Some(PageConfig {
            listen: listen.value,
            hosts,
            tls,
            kiosk,
            looking: if looking { Looking::SignedIn } else { Looking::Open },
            pin_roles,
            idle: idle
                .and_then(|at| u64::try_from(at.value).ok())
                .map_or(PageConfig::IDLE, |minutes| Duration::from_secs(minutes * 60)),
            language: language.map(|at| at.value).unwrap_or_default(),
            time_zone: time_zone.unwrap_or(TimeZone::UTC),
        })
    }

    fn hosts(&mut self, section: &mut Section<'_, '_>) -> Vec<HostName> {
        let hosts = section.texts(self.notes, "hosts").unwrap_or_default();
        if let Some(excess) = hosts.get(HOSTS_MAX) {
            self.notes.note_at(excess, format_args!("is one too many: at most {HOSTS_MAX}"));
        }
        hosts.into_iter().filter_map(|text| Some(text.parse::<HostName>(self.notes)?.value)).collect()
    }

    fn page_tls(&mut self, section: &mut Section<'_, '_>) -> Option<PageTls> {
        let tls = section.text(self.notes, "tls");
        let certificate = section.text(self.notes, "certificate").and_then(|text| self.path(text));
        let key = section.text(self.notes, "key").and_then(|text| self.path(text));
        match (tls, certificate, key) {
            (None, None, None) => Some(PageTls::Plain),
            (None, Some(certificate), Some(key)) => {
                for file in [&certificate, &key] {
                    if let Err(error) = std::fs::File::open(&file.value) {
                        self.notes.note_at(file, format_args!("read {}: {error}", file.value.display()));
                    }
                }
                Some(PageTls::Files { certificate: certificate.value, key: key.value })
            }
            (None, Some(one), None) | (None, None, Some(one)) => {
                self.notes.note_at(&one, "stands alone; give both, certificate and key");
                None
            }
            (Some(own), None, None) if own.value == "own" => Some(PageTls::Own),
            (Some(at), None, None) => {
                self.notes.note_at(&at, "must be \"own\"; for a certificate from elsewhere give certificate and key");
                None
            }
            (Some(at), _, _) => {
                self.notes.note_at(&at, "stands beside certificate or key; keep one of the two");
                None
            }
        }
    }

    /// A PIN goes over the network in the clear nowhere but inside this machine.
    fn check_privacy(&mut self, listen: &At<std::net::SocketAddr>, tls: &PageTls) {
        if *tls == PageTls::Plain && !listen.value.ip().is_loopback() {
            let rule = "would carry PINs over the network in the clear; write tls = \"own\" (or certificate and key), or listen \
                        on 127.0.0.1";
            self.notes.note_at(listen, rule);
        }
    }

    /// `["all"]`, or addresses.
    fn kiosk(&mut self, section: &mut Section<'_, '_>) -> Kiosk {
        let texts = section.texts(self.notes, "kiosk").unwrap_or_default();
        if texts.is_empty() {
            return Kiosk::Nobody;
        }
        if texts.iter().any(|text| text.value == "all") {
            if let Some(beside) = texts.iter().find(|text| text.value != "all") {
                self.notes.note_at(beside, "stands beside \"all\", which holds it already; leave one of the two out");
            }
            return Kiosk::Everybody;
        }
        let mut addresses = BTreeSet::new();
        for text in texts {
            match text.value.parse::<IpAddr>() {
                Ok(address) => drop(addresses.insert(address.to_canonical())),
                Err(_) => self.notes.note_at(&text, "is no address; write one as 10.0.0.20, or \"all\""),
            }
        }
        Kiosk::These(addresses)
    }

    fn pin_roles(&mut self, section: &mut Section<'_, '_>) -> BTreeSet<Role> {
        let mut roles = BTreeSet::from(PageConfig::PIN_ALWAYS);
        for text in section.texts(self.notes, "pin_roles").unwrap_or_default() {
            match Role::ALL.iter().find(|role| role.word() == text.value) {
                Some(role) => drop(roles.insert(*role)),
                None => {
                    let known: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
                    self.notes.note_at(&text, format_args!("is no role; known are {}", known.join(", ")));
                }
            }
        }
        roles
    }

    /// A name of the IANA's, or an offset that knows no summer time.
    fn time_zone(&mut self, at: &At<String>) -> Option<TimeZone> {
        if let Some(zone) = offset(&at.value) {
            return Some(zone);
        }
        match TimeZone::get(&at.value) {
            Ok(zone) => Some(zone),
            Err(_) => {
                let rule = "is no time zone known here; write a name as Europe/Berlin (which needs tzdata on this machine), or an \
                            offset as +01:00";
                self.notes.note_at(at, rule);
                None
            }
        }
    }
}

/// `+01:00`
fn offset(text: &str) -> Option<TimeZone> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |digits: &str| (digits.len() == 2).then(|| digits.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok().map(TimeZone::fixed)
}
