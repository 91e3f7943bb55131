//! From the text of a file to a [`Config`], or to every fault in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use gateway_proto::{
    limits::BATCH_RECORDS_MAX,
    name::{DeviceName, FeedName, ItemCode, PlaceName, SiteName},
    place::Place,
};
use settings::{At, Faults, Notes, Section};

use super::{
    BrokerConfig, Config, Dialect, FeedConfig, ItemConfig, LineConfig, Parity, Reports, ScaleConfig, ScannerConfig,
    SensorConfig, StationConfig, Token, UplinkConfig,
};
use crate::{
    device::{JsonDialect, JsonFields, Mass, MassUnit, Tasmota, Terminator},
    movement::{catalog::UNASSIGNED, settle, station::Mode, tally::Bin},
};

/// Reads a text that stands in `file`.
pub(super) fn read(text: &str, file: &Path) -> Result<Config, Faults> {
    settings::read(text, file, |notes, root| {
        Reader { folder: file.parent().unwrap_or(Path::new("")), notes, names: Names::default() }.root(root)
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
    pieces: BTreeMap<ItemCode, Option<Mass>>,
    /// Bins, with the piece weight of what they hold.
    bins: BTreeMap<PlaceName, Mass>,
    /// Stations, with the place they keep their parts at.
    stations: BTreeMap<DeviceName, Place>,
    brokers: BTreeSet<DeviceName>,
    devices: BTreeSet<DeviceName>,
    /// A topic of a broker has one sensor, a client id of a host one session.
    topics: BTreeSet<(DeviceName, String)>,
    sessions: BTreeSet<(String, i64, String)>,
    /// Where bins say that their parts come from and go to.
    neighbours: Vec<At<Place>>,
    /// Bins with something that weighs them, and what.
    weighed: BTreeMap<PlaceName, DeviceName>,
    ports: BTreeSet<PathBuf>,
}

impl Reader<'_, '_> {
    fn root(mut self, mut root: Section<'_, '_>) -> Option<Config> {
        let site = self.table(&mut root, "site", Self::site);
        let status = root.table(self.notes, "status");
        let status = status.map(|section| self.status(section)).unwrap_or_default();
        let uplink = root.table(self.notes, "uplink");
        let uplink = uplink.map_or_else(|| Some(UplinkConfig::default()), |section| self.uplink(section));
        let feeds = self.list(&mut root, "feed", Self::feed);
        let items = self.list(&mut root, "item", Self::item);
        let bins = self.list(&mut root, "bin", Self::bin);
        let stations = self.list(&mut root, "station", Self::station);
        let scanners = self.list(&mut root, "scanner", Self::scanner);
        let scales = self.list(&mut root, "scale", Self::scale);
        let brokers = self.list(&mut root, "broker", Self::broker);
        let sensors = self.list(&mut root, "sensor", Self::sensor);
        self.check_neighbours();
        root.end(self.notes);
        let (site, state_dir) = site?;
        Some(Config {
            socket: status.0.unwrap_or_else(|| state_dir.join("agent.sock")),
            metrics_listen: status.1,
            site,
            state_dir,
            uplink: uplink?,
            feeds: feeds?,
            items: items?,
            bins: bins?,
            stations: stations?,
            scanners: scanners?,
            scales: scales?,
            brokers: brokers?,
            sensors: sensors?,
        })
    }

    fn site(&mut self, section: &mut Section<'_, '_>) -> Option<(SiteName, PathBuf)> {
        let name = self.needed::<SiteName>(section, "name");
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
        };
        section.end(self.notes);
        Some(uplink)
    }

    fn feed(&mut self, section: &mut Section<'_, '_>) -> Option<FeedConfig> {
        let name = self.needed::<FeedName>(section, "name");
        let hub = self.needed::<reqwest::Url>(section, "hub");
        let token = self.token(section, "token", "token_file");
        let ca = section.text(self.notes, "ca").and_then(|text| self.path(text));
        if let Some(at) = &ca
            && let Err(error) = crate::tls::authorities(&at.value)
        {
            self.notes.note_at(at, crate::cause::chain(&error));
        }
        let ca = ca.map(|at| at.value);
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
        self.check_hub(&hub);
        Some(FeedConfig { name: name.value, hub: hub.value, token: token?, ca })
    }

    fn check_hub(&mut self, hub: &At<reqwest::Url>) {
        let host = hub.value.host_str().unwrap_or_default();
        let loopback = host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match hub.value.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                self.notes.note_at(hub, "would send the token in the clear; use https:// (http:// only to 127.0.0.1)")
            }
            other => self.notes.note_at(hub, format_args!("begins with {other}:; write https://")),
        }
        if hub.value.query().is_some() || hub.value.fragment().is_some() {
            self.notes.note_at(hub, "has a query or fragment; the agent adds /v1/feeds/… to it");
        }
    }

    fn item(&mut self, section: &mut Section<'_, '_>) -> Option<ItemConfig> {
        let code = self.needed::<ItemCode>(section, "code");
        let feed = self.needed::<FeedName>(section, "feed");
        let further = section.texts(self.notes, "codes").unwrap_or_default();
        let further: Vec<_> = further.into_iter().filter_map(|text| text.parse::<ItemCode>(self.notes)).collect();
        let piece = section.number(self.notes, "piece_weight_g", 0.000_1..=1_000_000.0);
        let (code, feed) = (code?, feed?);
        if !self.names.feeds.contains(&feed.value) {
            self.notes.note_at(&feed, format_args!("there is no [[feed]] {}", feed.value));
        }
        for taken in [&code].into_iter().chain(&further) {
            if let Some(item) = self.names.codes.insert(taken.value.clone(), code.value.clone()) {
                self.notes.note_at(taken, format_args!("code {} stands for item {item} already", taken.value));
            }
        }
        self.names.pieces.insert(code.value.clone(), piece.map(|at| grams(at.value)));
        Some(ItemConfig { code: code.value, feed: feed.value, codes: further.into_iter().map(|at| at.value).collect() })
    }

    fn bin(&mut self, section: &mut Section<'_, '_>) -> Option<Bin> {
        let name = self.needed::<PlaceName>(section, "name");
        let item = self.needed::<ItemCode>(section, "item");
        let tare = section.number(self.notes, "tare_g", 0.0..=1_000_000.0).map_or(0.0, |at| at.value);
        let taken_to = self.optional::<Place>(section, "taken_to");
        let filled_from = self.optional::<Place>(section, "filled_from");
        let (name, item) = (name?, item?);
        if self.names.bins.contains_key(&name.value) {
            self.notes.note_at(&name, format_args!("bin {} stands here twice", name.value));
        }
        let piece = match self.names.pieces.get(&item.value) {
            Some(Some(piece)) => *piece,
            // A bin without a scale needs none; one with a scale is refused where the scale is read.
            Some(None) => Mass::ZERO,
            None => {
                self.notes.note_at(&item, format_args!("there is no [[item]] {}", item.value));
                return None;
            }
        };
        self.names.bins.insert(name.value.clone(), piece);
        let place = Place::Bin(name.value.clone());
        for (end, from, to) in [
            (&taken_to, Some(&place), taken_to.as_ref().map(|at| &at.value)),
            (&filled_from, filled_from.as_ref().map(|at| &at.value), Some(&place)),
        ] {
            if let (Some(at), Some(from), Some(to)) = (end, from, to)
                && gateway_proto::movement::Act::between(from, to).is_none()
            {
                self.notes.note_at(at, format_args!("nothing may go from {from} to {to}"));
            }
        }
        self.names.neighbours.extend([&taken_to, &filled_from].into_iter().flatten().map(|at| At {
            value: at.value.clone(),
            span: at.span.clone(),
            key: at.key.clone(),
        }));
        Some(Bin {
            name: name.value,
            item: item.value,
            tare: grams(tare),
            piece,
            taken_to: taken_to.map_or(Place::Used, |at| at.value),
            filled_from: filled_from.map_or(Place::Dock, |at| at.value),
        })
    }

    fn station(&mut self, section: &mut Section<'_, '_>) -> Option<StationConfig> {
        let name = self.needed::<DeviceName>(section, "name");
        let place = self.needed::<Place>(section, "place");
        let mode = self.optional::<Mode>(section, "mode");
        let (name, place) = (name?, place?);
        if self.names.stations.insert(name.value.clone(), place.value.clone()).is_some() {
            self.notes.note_at(&name, format_args!("station {} stands here twice", name.value));
        }
        if !place.value.is_stock() {
            self.notes.note_at(&place, "must be a place parts are kept: dock, bin:NAME or field:NAME");
        }
        Some(StationConfig { name: name.value, place: place.value, mode: mode.map_or(Mode::Use, |at| at.value) })
    }

    fn scanner(&mut self, section: &mut Section<'_, '_>) -> Option<ScannerConfig> {
        let name = self.device(section);
        let station = self.needed::<DeviceName>(section, "station");
        let line = self.line(section);
        let terminator = section.text(self.notes, "terminator").map_or(Some(Terminator::default()), |text| {
            let known = terminator(&text.value);
            if known.is_none() {
                self.notes.note_at(&text, "must be cr, lf, crlf, any-cr-lf, tab, stx-etx or none");
            }
            known
        });
        let window = section.integer(self.notes, "repeat_window_ms", 0..=60_000);
        if let Some(station) = &station
            && !self.names.stations.contains_key(&station.value)
        {
            self.notes.note_at(station, format_args!("there is no [[station]] {}", station.value));
        }
        Some(ScannerConfig {
            name: name?,
            station: station?.value,
            line: line?,
            terminator: terminator?,
            repeat_window: window
                .map_or(ScannerConfig::REPEAT_WINDOW, |at| Duration::from_millis(at.value.unsigned_abs())),
        })
    }

    fn scale(&mut self, section: &mut Section<'_, '_>) -> Option<ScaleConfig> {
        let name = self.device(section);
        let bin = self.needed::<PlaceName>(section, "bin");
        let line = self.line(section);
        let poll = section.integer(self.notes, "poll_ms", 50..=60_000);
        let settle_readings = self.settle_readings(section);
        let (name, bin) = (name?, bin?);
        self.weighs(&bin, &name);
        Some(ScaleConfig {
            name,
            bin: bin.value,
            line: line?,
            poll: poll.map_or(ScaleConfig::POLL, |at| Duration::from_millis(at.value.unsigned_abs())),
            settle_readings,
        })
    }

    fn broker(&mut self, section: &mut Section<'_, '_>) -> Option<BrokerConfig> {
        let name = self.device(section);
        let host = section.needed(self.notes, "host");
        let port = section.integer(self.notes, "port", 1..=65_535);
        let client_id = section.text(self.notes, "client_id");
        let username = section.text(self.notes, "username");
        let password = self.token(section, "password", "password_file");
        let name = name?;
        self.names.brokers.insert(name.clone());
        if let Some(at) = client_id.as_ref().filter(|at| at.value.is_empty()) {
            self.notes.note_at(at, "is empty: the broker would keep nothing for a nameless client");
        }
        let client_id = client_id.map_or_else(|| format!("binwire-{name}"), |at| at.value);
        let host = host?;
        let port_number = port.as_ref().map_or(i64::from(BrokerConfig::PORT), |at| at.value);
        if !self.names.sessions.insert((host.value.clone(), port_number, client_id.clone())) {
            self.notes
                .note_at(&host, format_args!("another [[broker]] has the same host, port and client_id {client_id}"));
        }
        let login = username.map(|username| (username.value, password.unwrap_or_else(|| Token::new(""))));
        Some(BrokerConfig {
            client_id,
            name,
            host: host.value,
            port: port.map_or(BrokerConfig::PORT, |at| u16::try_from(at.value).expect("in range")),
            login,
        })
    }

    fn sensor(&mut self, section: &mut Section<'_, '_>) -> Option<SensorConfig> {
        let name = self.device(section);
        let broker = self.needed::<DeviceName>(section, "broker");
        let topic = section.needed(self.notes, "topic");
        let bin = self.optional::<PlaceName>(section, "bin");
        let station = self.optional::<DeviceName>(section, "station");
        let dialect = self.dialect(section);
        let settle_readings = self.settle_readings(section);
        if let Some(broker) = broker.as_ref().filter(|at| !self.names.brokers.contains(&at.value)) {
            self.notes.note_at(broker, format_args!("there is no [[broker]] {}", broker.value));
        }
        if let Some(topic) = topic.as_ref().filter(|at| at.value.is_empty() || at.value.contains(['+', '#', '\0'])) {
            self.notes.note_at(topic, "must be one topic, without + or #");
        }
        if let (Some(broker), Some(topic)) = (&broker, &topic)
            && !self.names.topics.insert((broker.value.clone(), topic.value.clone()))
        {
            self.notes.note_at(topic, format_args!("{} has another sensor on {} already", broker.value, topic.value));
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
            topic: topic?.value,
            dialect: dialect?,
            reports: reports?,
            settle_readings,
        })
    }

    fn dialect(&mut self, section: &mut Section<'_, '_>) -> Option<Dialect> {
        let dialect = section.needed(self.notes, "dialect");
        let unit = section.text(self.notes, "unit").and_then(|text| {
            let unit = MassUnit::parse(&text.value);
            if unit.is_none() {
                self.notes.note_at(&text, "must be mg, g, kg, t, lb or oz");
            }
            unit
        });
        let object = section.text(self.notes, "object").map(|at| at.value);
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
        let dialect = dialect?;
        match dialect.value.as_str() {
            "json" => match JsonDialect::new(fields.unwrap_or_default(), unit) {
                Ok(json) => Some(Dialect::Json(json)),
                Err(error) => {
                    self.notes.note(section.span(), &section.path("fields"), error);
                    None
                }
            },
            "tasmota" => {
                let object = object.as_deref().unwrap_or(Tasmota::SENSOR);
                Some(Dialect::Tasmota(Tasmota::new(object, unit.unwrap_or(MassUnit::Gram))))
            }
            _ => {
                self.notes.note_at(&dialect, "must be json or tasmota");
                None
            }
        }
    }

    /// Notes that a device weighs a bin, and what speaks against it.
    fn weighs(&mut self, bin: &At<PlaceName>, device: &DeviceName) {
        let Some(piece) = self.names.bins.get(&bin.value) else {
            return self.notes.note_at(bin, format_args!("there is no [[bin]] {}", bin.value));
        };
        if *piece == Mass::ZERO {
            self.notes.note_at(bin, format_args!("the item of bin {} has no piece_weight_g to count by", bin.value));
        }
        if let Some(other) = self.names.weighed.insert(bin.value.clone(), device.clone()) {
            self.notes.note_at(bin, format_args!("bin {} is weighed by {other} already", bin.value));
        }
        let place = Place::Bin(bin.value.clone());
        // A scan and a weight of one act would be two movements as long as nobody tells that they are one.
        if let Some((station, _)) = self.names.stations.iter().find(|(_, at)| **at == place) {
            let rule =
                format_args!("bin {} is the place of station {station}: weigh it or scan it, not both", bin.value);
            self.notes.note_at(bin, rule);
        }
    }

    /// Parts that go from one weighed bin to another would be moved twice: by the scale of each.
    fn check_neighbours(&mut self) {
        for at in std::mem::take(&mut self.names.neighbours) {
            if let Place::Bin(name) = &at.value
                && let Some(device) = self.names.weighed.get(name)
            {
                self.notes
                    .note_at(&at, format_args!("bin {name} is weighed by {device}, which would count the same parts"));
            }
        }
    }

    fn device(&mut self, section: &mut Section<'_, '_>) -> Option<DeviceName> {
        let name = self.needed::<DeviceName>(section, "name")?;
        if !self.names.devices.insert(name.value.clone()) {
            self.notes.note_at(&name, format_args!("device {} stands here twice", name.value));
        }
        Some(name.value)
    }

    fn line(&mut self, section: &mut Section<'_, '_>) -> Option<LineConfig> {
        let port = section.needed(self.notes, "port").and_then(|text| self.path(text));
        let baud = section.integer(self.notes, "baud", 300..=4_000_000);
        let parity = section.text(self.notes, "line").map_or(Some(Parity::None), |text| {
            let known = match text.value.to_ascii_uppercase().as_str() {
                "8N1" => Some(Parity::None),
                "7E1" => Some(Parity::Even),
                "7O1" => Some(Parity::Odd),
                _ => None,
            };
            if known.is_none() {
                self.notes.note_at(&text, "must be 8N1, 7E1 or 7O1");
            }
            known
        });
        let port = port?;
        if !self.names.ports.insert(port.value.clone()) {
            self.notes.note_at(&port, format_args!("port {} is another device's already", port.value.display()));
        }
        let baud = baud.map_or(LineConfig::BAUD, |at| u32::try_from(at.value).expect("in range"));
        Some(LineConfig { port: port.value, baud, parity: parity? })
    }

    fn settle_readings(&mut self, section: &mut Section<'_, '_>) -> u32 {
        let readings = section.integer(self.notes, "settle_readings", 1..=50);
        readings.map_or(settle::READINGS, |at| u32::try_from(at.value).expect("in range"))
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

fn terminator(text: &str) -> Option<Terminator> {
    Some(match text {
        "cr" => Terminator::Cr,
        "lf" => Terminator::Lf,
        "crlf" => Terminator::CrLf,
        "any-cr-lf" => Terminator::AnyCrLf,
        "tab" => Terminator::Tab,
        "stx-etx" => Terminator::StxEtx,
        "none" => Terminator::None,
        _ => return None,
    })
}

/// Grams as read from a file, to the microgram.
fn grams(grams: f64) -> Mass {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked: at most a tonne")]
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
