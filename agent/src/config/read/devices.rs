//! What hangs on the site's ports: scanners, scales, brokers, sensors.

use std::time::Duration;

use gateway_proto::{
    name::{DeviceName, PlaceName},
    place::Place,
};
use settings::{At, Section};

use super::{
    super::{BrokerConfig, LineConfig, MqttVersion, Port, ScaleConfig, ScannerConfig, Token},
    Reader,
};
use crate::{
    device::{
        Framing, LineFormat, Mass, MassUnit, Terminator,
        scale::{
            Options, Protocol,
            modbus::{Map, Query, WordOrder},
            report::Unit,
        },
        scanner_host::HostDialect,
        sparkplug::state_topic,
    },
    label::vendor_prefix::Prefix,
    movement::settle,
};

impl Reader<'_, '_> {
    pub(super) fn scanner(&mut self, section: &mut Section<'_, '_>) -> Option<ScannerConfig> {
        let name = self.device(section);
        let station = self.needed::<DeviceName>(section, "station");
        let line = self.line(section, LineFormat::USUAL);
        let terminator = self.word(
            section,
            "terminator",
            Terminator::named,
            "must be cr, lf, crlf, any-cr-lf, tab, stx-etx or none",
        );
        let host = self.word(
            section,
            "dialogue",
            HostDialect::named,
            "must be plain, bel, ack-nak, ack-nak-bel, enq, ack-nak-enq, ssi, honeywell, honeywell-ack-nak, datalogic, \
             datalogic-ack-nak, metrologic or metrologic-bel",
        );
        let prefix = self.word(section, "prefix", Prefix::named, "must be aim, none, symbol or honeywell");
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
            host: host?,
            prefix: prefix?,
            repeat_window: window
                .map_or(ScannerConfig::REPEAT_WINDOW, |at| Duration::from_millis(at.value.unsigned_abs())),
        })
    }

    pub(super) fn scale(&mut self, section: &mut Section<'_, '_>) -> Option<ScaleConfig> {
        let name = self.device(section);
        let bin = self.needed::<PlaceName>(section, "bin");
        let protocol = self.optional::<Protocol>(section, "protocol").map_or(Protocol::MtSics, |at| at.value);
        let line = self.line(section, protocol.line());
        let unit = self.mass_unit(section);
        let options = Options {
            unit: unit.map(Unit::of),
            mask_parity: section.flag(self.notes, "mask_parity").is_some_and(|at| at.value),
            checksum: section.flag(self.notes, "checksum").is_some_and(|at| at.value),
            query: self.modbus(section),
        };
        if protocol.needs_unit() && unit.is_none() {
            let rule = format_args!("is missing: {protocol} does not send it; give the unit the display shows");
            self.notes.note(section.span(), &section.path("unit"), rule);
        }
        let poll = section.integer(self.notes, "poll_ms", 50..=60_000);
        let settle_readings = self.settle_readings(section);
        let (name, bin) = (name?, bin?);
        self.weighs(&bin, &name);
        Some(ScaleConfig {
            name,
            bin: bin.value,
            line: line?,
            protocol,
            options,
            unit,
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
        let version = section.text(self.notes, "version").map_or(Some(MqttVersion::V3), |text| {
            let known = match text.value.as_str() {
                "3.1.1" => Some(MqttVersion::V3),
                "5" => Some(MqttVersion::V5),
                _ => None,
            };
            if known.is_none() {
                self.notes.note_at(&text, "must be \"3.1.1\" or \"5\"");
            }
            known
        });
        let sparkplug_host = section.text(self.notes, "sparkplug_host");
        if let Some(host) = sparkplug_host.as_ref().filter(|at| state_topic(&at.value).is_err()) {
            self.notes.note_at(host, "must be one level of a topic: no /, + or #, and not empty");
        }
        let name = name?;
        self.names.brokers.insert(name.clone(), sparkplug_host.is_some());
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
            version: version?,
            sparkplug_host: sparkplug_host.map(|at| at.value),
        })
    }

    /// Notes that a device weighs a bin, and what speaks against it.
    pub(super) fn weighs(&mut self, bin: &At<PlaceName>, device: &DeviceName) {
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

    pub(super) fn device(&mut self, section: &mut Section<'_, '_>) -> Option<DeviceName> {
        let name = self.needed::<DeviceName>(section, "name")?;
        if !self.names.devices.insert(name.value.clone()) {
            self.notes.note_at(&name, format_args!("device {} stands here twice", name.value));
        }
        Some(name.value)
    }

    fn line(&mut self, section: &mut Section<'_, '_>, usual: LineFormat) -> Option<LineConfig> {
        let text = section.needed(self.notes, "port");
        let baud = section.integer(self.notes, "baud", 300..=4_000_000);
        let framing = self.optional::<Framing>(section, "line").map_or(usual.framing, |at| at.value);
        let text = text?;
        let port = match Port::parse(&text.value, self.folder) {
            Ok(port) => port,
            Err(error) => {
                self.notes.note_at(&text, error);
                return None;
            }
        };
        if !self.names.ports.insert(port.clone()) {
            self.notes.note_at(&text, format_args!("port {port} is another device's already"));
        }
        let baud = baud.map_or(usual.baud, |at| u32::try_from(at.value).expect("in range"));
        Some(LineConfig { port, format: LineFormat::new(baud, framing) })
    }

    /// `modbus = { address, map, decimals, word_order }`
    fn modbus(&mut self, section: &mut Section<'_, '_>) -> Query {
        let mut query = Query::default();
        let Some(mut table) = section.table(self.notes, "modbus") else { return query };
        if let Some(at) = table.integer(self.notes, "address", 1..=247) {
            query.address = u8::try_from(at.value).expect("in range");
        }
        if let Some(at) = table.integer(self.notes, "decimals", 0..=6) {
            query.decimals = u8::try_from(at.value).expect("in range");
        }
        if let Some(at) = self.optional::<Map>(&mut table, "map") {
            query.map = at.value;
        }
        if let Some(at) = self.optional::<WordOrder>(&mut table, "word_order") {
            query.word_order = at.value;
        }
        table.end(self.notes);
        query
    }

    pub(super) fn mass_unit(&mut self, section: &mut Section<'_, '_>) -> Option<MassUnit> {
        let text = section.text(self.notes, "unit")?;
        let unit = MassUnit::parse(&text.value);
        if unit.is_none() {
            self.notes.note_at(&text, "must be mg, g, kg, t, lb or oz");
        }
        unit
    }

    /// A word of a list, or the default when the key is absent.
    fn word<T: Default>(
        &mut self,
        section: &mut Section<'_, '_>,
        key: &'static str,
        named: fn(&str) -> Option<T>,
        rule: &str,
    ) -> Option<T> {
        let Some(text) = section.text(self.notes, key) else { return Some(T::default()) };
        let found = named(&text.value);
        if found.is_none() {
            self.notes.note_at(&text, rule);
        }
        found
    }

    pub(super) fn settle_readings(&mut self, section: &mut Section<'_, '_>) -> u32 {
        let readings = section.integer(self.notes, "settle_readings", 1..=50);
        readings.map_or(settle::READINGS, |at| u32::try_from(at.value).expect("in range"))
    }
}
