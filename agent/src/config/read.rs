//! From the text of a file to a [`Config`], or to every fault in it. The files below read the sections; here is what they
//! share.

mod alarms;
mod brokers;
mod clock;
mod devices;
mod dialects;
mod feeds;
mod labels;
mod page;
mod sensors;
mod stock;
mod storage;
mod tariff;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use gateway_proto::{
    delivery::Live,
    limits::BATCH_RECORDS_MAX,
    name::{DeviceName, FeedName, ItemCode, PlaceName, SiteName},
    place::Place,
};
use settings::{At, Faults, Notes, Section};

use super::{Config, FeedConfig, Port, Token, UplinkConfig};
use crate::{
    cause,
    device::Mass,
    label::gtin::Gtin,
    register::{
        Register,
        fact::{Fact, Origin},
    },
    tls,
};

/// Reads a text that stands in `file`.
pub(super) fn read(text: &str, file: &Path) -> Result<Config, Faults> {
    settings::read(text, file, |notes, root| {
        let mut reader = Reader { folder: file.parent().unwrap_or(Path::new("")), notes, names: Names::default() };
        let mut config = reader.root(root)?;
        let of_file = |warning| Faults { file: file.to_owned(), faults: vec![warning] }.to_string();
        config.warnings = reader.notes.take_warnings().into_iter().map(of_file).collect();
        Some(config)
    })
}

struct Reader<'n, 't> {
    folder: &'n Path,
    notes: &'n mut Notes<'t>,
    names: Names,
}

/// What later sections may refer to.
#[derive(Default)]
struct Names {
    feeds: BTreeSet<FeedName>,
    /// Every code, with the item that has it.
    codes: BTreeMap<ItemCode, ItemCode>,
    /// The article numbers among them, as they are written and with their item.
    articles: BTreeMap<Gtin, (ItemCode, ItemCode)>,
    pieces: BTreeMap<ItemCode, Option<Mass>>,
    /// Bins, with the piece weight of what they hold.
    bins: BTreeMap<PlaceName, Option<Mass>>,
    /// Bins may be imported too, so that one that does not stand here is no fault.
    imported_bins: bool,
    /// Stations, with the place they keep their parts at.
    stations: BTreeMap<DeviceName, Option<Place>>,
    /// Brokers, and whether they carry Sparkplug.
    brokers: BTreeMap<DeviceName, bool>,
    devices: BTreeSet<DeviceName>,
    /// A thing that a dialect has on a topic of a broker has one sensor.
    things: BTreeSet<(DeviceName, String)>,
    /// What is subscribed at a broker, and where sensors hear what became of their scans.
    subscribed: BTreeSet<(DeviceName, String)>,
    feedbacks: Vec<(DeviceName, At<String>)>,
    /// A client id of a server has one session, a Sparkplug host one broker.
    sessions: BTreeSet<(Server, String)>,
    sparkplug_hosts: BTreeSet<(Server, String)>,
    /// Where bins say that their parts come from and go to.
    neighbours: Vec<At<Place>>,
    /// Bins with something that weighs them, and what.
    weighed: BTreeMap<PlaceName, DeviceName>,
    /// Ports that are taken; more than once only by devices with addresses.
    ports: BTreeSet<(Port, Option<u8>)>,
}

/// Host and port.
type Server = (String, u16);

impl Reader<'_, '_> {
    fn root(&mut self, mut root: Section<'_, '_>) -> Option<Config> {
        let site = self.table(&mut root, "site", Self::site);
        let status = root.table(self.notes, "status");
        let status = status.map(|section| self.status(section)).unwrap_or_default();
        let storage = root.table(self.notes, "storage").map(|section| self.storage(section)).unwrap_or_default();
        let clock = root.table(self.notes, "clock").map(|section| self.clock(section)).unwrap_or_default();
        let uplink = root.table(self.notes, "uplink");
        let uplink = uplink.map_or_else(|| Some(UplinkConfig::default()), |section| self.uplink(section));
        let feeds = self.list(&mut root, "feed", Self::feed);
        let items = self.list(&mut root, "item", Self::item);
        let bins = self.list(&mut root, "bin", Self::bin);
        let stations = self.list(&mut root, "station", Self::station);
        let labels = self.labels(&mut root);
        let scanners = self.list(&mut root, "scanner", Self::scanner);
        let scales = self.list(&mut root, "scale", Self::scale);
        let brokers = self.list(&mut root, "broker", Self::broker);
        let sensors = self.list(&mut root, "sensor", Self::sensor);
        let alarms = root.table(self.notes, "alarms").map(|section| self.alarms(section)).unwrap_or_default();
        let webhooks = self.list(&mut root, "webhook", Self::webhook);
        let page = root.table(self.notes, "page").map(|section| self.page(section));
        self.check_neighbours();
        self.check_feedbacks();
        root.end(self.notes);
        let (site, state_dir) = site?;
        let feeds = feeds?;
        Some(Config {
            socket: status.0.unwrap_or_else(|| state_dir.join("agent.sock")),
            metrics_listen: status.1,
            site,
            state_dir,
            clock,
            storage,
            uplink: uplink?,
            register: self.register(&feeds, items?.into_iter().flatten().chain(bins?))?,
            feeds,
            stations: stations?,
            labels: labels?,
            scanners: scanners?,
            scales: scales?,
            brokers: brokers?,
            sensors: sensors?,
            alarms,
            webhooks: webhooks?,
            page: page.flatten(),
            warnings: Vec::new(),
        })
    }

    /// The facts of the file. What is wrong with one of them has been noted where it was read; what only shows beside the
    /// others is noted here.
    fn register(&mut self, feeds: &[FeedConfig], facts: impl Iterator<Item = Fact>) -> Option<Register> {
        let mut register = Register::new(feeds.iter().map(|feed| feed.name.clone()));
        let mut is_whole = true;
        for fact in facts {
            let (kind, name) = (fact.kind(), fact.name());
            if let Err(refused) = register.apply(fact, Origin::File)
                && !self.notes.has_faults()
            {
                self.notes.note(&(0..0), kind.name(), format_args!("{name}: {refused}"));
                is_whole = false;
            }
        }
        is_whole.then_some(register)
    }

    fn site(&mut self, section: &mut Section<'_, '_>) -> Option<(SiteName, PathBuf)> {
        let name = self.needed::<SiteName>(section, "name");
        self.names.imported_bins = section.flag(self.notes, "imported_bins").is_some_and(|at| at.value);
        let state_dir = section.needed(self.notes, "state_dir").and_then(|text| self.path(text));
        Some((name?.value, state_dir?.value))
    }

    fn status(&mut self, mut section: Section<'_, '_>) -> (Option<PathBuf>, Option<SocketAddr>) {
        let socket = section.text(self.notes, "socket").and_then(|text| self.path(text));
        let metrics = self.optional::<SocketAddr>(&mut section, "metrics_listen");
        section.end(self.notes);
        (socket.map(|at| at.value), metrics.map(|at| at.value))
    }

    fn uplink(&mut self, mut section: Section<'_, '_>) -> Option<UplinkConfig> {
        let default = UplinkConfig::default();
        let batch_max = i64::try_from(BATCH_RECORDS_MAX).expect("a small number");
        let batch_records = section.integer(self.notes, "batch_records", 1..=batch_max);
        let seconds = |notes: &mut Notes<'_>, section: &mut Section<'_, '_>, key, default| {
            section.number(notes, key, 0.05..=86_400.0).map_or(default, |at| Duration::from_secs_f64(at.value))
        };
        let uplink = UplinkConfig {
            batch_records: batch_records
                .map_or(default.batch_records, |at| usize::try_from(at.value).expect("in range")),
            connect_timeout: seconds(self.notes, &mut section, "connect_timeout_seconds", default.connect_timeout),
            request_timeout: seconds(self.notes, &mut section, "request_timeout_seconds", default.request_timeout),
            backoff_first: seconds(self.notes, &mut section, "backoff_first_seconds", default.backoff_first),
            backoff_max: seconds(self.notes, &mut section, "backoff_max_seconds", default.backoff_max),
            live: self.live(&mut section, default.live),
            checkpoint_every: self.hours(&mut section, "checkpoint_hours").unwrap_or(default.checkpoint_every),
            health_every: match self.hours(&mut section, "health_hours") {
                None => default.health_every,
                Some(Duration::ZERO) => None,
                some => some,
            },
            tariff: self.tariff(&mut section),
        };
        section.end(self.notes);
        Some(uplink)
    }

    fn live(&mut self, section: &mut Section<'_, '_>, default: Live) -> Live {
        let records = section.integer(self.notes, "live_records", 0..=1_000);
        let every = section.number(self.notes, "live_seconds", 0.1..=3_600.0);
        Live {
            records: records.and_then(|at| u64::try_from(at.value).ok()).unwrap_or(default.records),
            every: every.map_or(default.every, |at| Duration::from_secs_f64(at.value)),
        }
    }

    fn hours(&mut self, section: &mut Section<'_, '_>, key: &'static str) -> Option<Duration> {
        section.number(self.notes, key, 0.0..=8_760.0).map(|at| Duration::from_secs_f64(at.value * 3_600.0))
    }

    /// A secret that stands in the file or in one beside it.
    fn token(&mut self, section: &mut Section<'_, '_>, key: &'static str, file_key: &'static str) -> Option<Token> {
        let (text, file) = (section.secret(self.notes, key), section.text(self.notes, file_key));
        match (text, file) {
            (Some(_), Some(file)) => {
                self.notes.note_at(&file, format_args!("stands beside {key}; keep one of the two"));
                None
            }
            (Some(text), None) => self.secret(&text, &text.value),
            (None, Some(file)) => {
                let path = self.folder.join(&file.value);
                match fs::read_to_string(&path) {
                    Ok(text) => self.secret(&file, text.trim_end()),
                    Err(error) => {
                        self.notes.note_at(&file, format_args!("read {}: {error}", path.display()));
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }

    /// A secret travels in a header: visible ASCII and no spaces. The fault never quotes it.
    fn secret(&mut self, at: &At<String>, secret: &str) -> Option<Token> {
        if secret.is_empty() || secret.chars().any(|c| !c.is_ascii_graphic()) {
            self.notes.note_at(at, "must be visible ASCII without spaces, at least one character");
            return None;
        }
        Some(Token::new(secret))
    }

    /// `ca`: a file of certificate authorities that can be used.
    fn authority(&mut self, section: &mut Section<'_, '_>) -> Option<PathBuf> {
        let ca = section.text(self.notes, "ca").and_then(|text| self.path(text))?;
        if let Err(error) = tls::authorities(&ca.value) {
            self.notes.note_at(&ca, cause::chain(&error));
        }
        Some(ca.value)
    }

    fn path(&mut self, text: At<String>) -> Option<At<PathBuf>> {
        if text.value.is_empty() {
            self.notes.note_at(&text, "is empty");
            return None;
        }
        Some(At { value: self.folder.join(&text.value), span: text.span, key: text.key })
    }

    fn needed<T: FromStr<Err: Display>>(&mut self, section: &mut Section<'_, '_>, key: &'static str) -> Option<At<T>> {
        section.needed(self.notes, key).and_then(|text| text.parse(self.notes))
    }

    fn optional<T: FromStr<Err: Display>>(
        &mut self,
        section: &mut Section<'_, '_>,
        key: &'static str,
    ) -> Option<At<T>> {
        section.text(self.notes, key).and_then(|text| text.parse(self.notes))
    }

    /// A table that must be there.
    fn table<T>(
        &mut self,
        root: &mut Section<'_, '_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &mut Section<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        if !root.has(key) {
            self.notes.note(&(0..0), key, "is missing");
        }
        let mut section = root.table(self.notes, key)?;
        let value = read(self, &mut section);
        section.end(self.notes);
        value
    }

    /// Every table of a list; `None` when one of them has a fault.
    fn list<T>(
        &mut self,
        root: &mut Section<'_, '_>,
        key: &'static str,
        mut read: impl FnMut(&mut Self, &mut Section<'_, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Some(Vec::new());
        for mut section in root.tables(self.notes, key) {
            let value = read(self, &mut section);
            section.end(self.notes);
            all = all.zip(value).map(|(mut all, value)| {
                all.push(value);
                all
            });
        }
        all
    }
}
