//! What hangs on the site's ports: scanners, scales, brokers, sensors.

use std::time::Duration;

use gateway_proto::{
    name::{DeviceName, PlaceName},
    place::Place,
};
use settings::{At, Section};

use super::{
    super::{BrokerConfig, Dialect, LineConfig, Parity, Reports, ScaleConfig, ScannerConfig, SensorConfig, Token},
    Reader,
};
use crate::{
    device::{JsonDialect, JsonFields, Mass, MassUnit, Tasmota, Terminator},
    movement::settle,
};

impl Reader<'_, '_> {
    pub(super) fn scanner(&mut self, section: &mut Section<'_, '_>) -> Option<ScannerConfig> {
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

    pub(super) fn scale(&mut self, section: &mut Section<'_, '_>) -> Option<ScaleConfig> {
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

    pub(super) fn broker(&mut self, section: &mut Section<'_, '_>) -> Option<BrokerConfig> {
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

    pub(super) fn sensor(&mut self, section: &mut Section<'_, '_>) -> Option<SensorConfig> {
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
