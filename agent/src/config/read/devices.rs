//! What hangs on the site's ports: scanners and scales.

use std::time::Duration;

use gateway_proto::name::{DeviceName, PlaceName};
use settings::{At, Section};

use super::{
    super::{Hanging, LineConfig, Port, ScaleConfig, ScannerConfig},
    Reader,
};
use crate::{
    device::{
        Framing, LineFormat, MassUnit, Terminator,
        scale::{
            Options, Protocol,
            modbus::{Map, Query, WordOrder},
            report::Unit,
        },
        scanner_host::HostDialect,
    },
    label::vendor_prefix::Prefix,
    movement::weighing,
};

impl Reader<'_, '_> {
    pub(super) fn scanner(&mut self, section: &mut Section<'_, '_>) -> Option<ScannerConfig> {
        let name = self.device(section);
        let station = self.needed::<DeviceName>(section, "station");
        let line = self.line(section, LineFormat::USUAL, None);
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
        if let (Some(line), Some(host), Some(terminator)) = (&line, host, terminator) {
            self.check_fit(section, line, Hanging::Scanner { host, terminator });
        }
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
        let protocol = match section.text(self.notes, "protocol") {
            Some(text) => text.parse::<Protocol>(self.notes).map(|at| at.value),
            None if section.has("protocol") => None,
            None => Some(Protocol::MtSics),
        };
        let unit = self.mass_unit(section);
        let options = Options {
            unit: unit.map(Unit::of),
            mask_parity: section.flag(self.notes, "mask_parity").is_some_and(|at| at.value),
            checksum: section.flag(self.notes, "checksum").is_some_and(|at| at.value),
            query: self.modbus(section),
        };
        // Behind one address of the network there may be several transmitters, each with a number of its own.
        let address = (protocol == Some(Protocol::ModbusTcp)).then_some(options.query.address);
        let line = self.line(section, protocol.map_or(LineFormat::USUAL, Protocol::line), address);
        if let Some(protocol) = protocol {
            self.check_options(section, protocol, &options);
            if let Some(line) = &line {
                self.check_fit(section, line, Hanging::Scale(protocol));
            }
        }
        let poll = section.integer(self.notes, "poll_ms", 50..=60_000);
        let settle_readings = self.settle_readings(section);
        let (name, bin) = (name?, bin?);
        self.weighs(&bin, &name);
        Some(ScaleConfig {
            name,
            bin: bin.value,
            line: line?,
            protocol: protocol?,
            options,
            unit,
            poll: poll.map_or(ScaleConfig::POLL, |at| Duration::from_millis(at.value.unsigned_abs())),
            settle_readings,
        })
    }

    /// Notes what a protocol lacks, and keys that mean nothing to it.
    fn check_options(&mut self, section: &Section<'_, '_>, protocol: Protocol, options: &Options) {
        if protocol.needs_unit() && !section.has("unit") {
            let rule = format_args!("is missing: {protocol} does not send it; give the unit the display shows");
            section.note(self.notes, "unit", rule);
        }
        let is_modbus = matches!(protocol, Protocol::ModbusRtu | Protocol::ModbusTcp);
        if section.has("modbus") && !is_modbus {
            section.note(self.notes, "modbus", format_args!("is not used by {protocol}; leave it out"));
        }
        if options.checksum && protocol != Protocol::ToledoContinuous {
            section.note(self.notes, "checksum", format_args!("is not used by {protocol}; leave it out"));
        }
        if options.mask_parity && (is_modbus || protocol == Protocol::UsbHid) {
            let rule = format_args!("would spoil what {protocol} sends, all eight bits of it; leave it out");
            section.note(self.notes, "mask_parity", rule);
        }
        if section.has("poll_ms") && protocol.asking(options).ask.is_empty() {
            let rule = format_args!("is not used by {protocol}: such a scale speaks by itself; leave it out");
            section.note(self.notes, "poll_ms", rule);
        }
    }

    /// Notes what speaks against a device on its port.
    fn check_fit(&mut self, section: &Section<'_, '_>, line: &LineConfig, device: Hanging) {
        for misfit in line.misfits(device) {
            section.note(self.notes, misfit.key, misfit.rule);
        }
    }

    /// Notes that a device weighs a bin, and what speaks against it.
    pub(super) fn weighs(&mut self, bin: &At<PlaceName>, device: &DeviceName) {
        match self.names.bins.get(&bin.value) {
            Some(Some(_)) => {}
            Some(None) => {
                let remedy = "has no piece_weight_g: unknown until it is calibrated at the bin";
                self.notes.warn_at(bin, format_args!("the item of bin {} {remedy}", bin.value));
            }
            None if self.names.imported_bins => {}
            None => {
                let rule = format_args!(
                    "there is no [[bin]] {}; where bins are imported, write imported_bins = true in [site]",
                    bin.value
                );
                return self.notes.note_at(bin, rule);
            }
        }
        if let Some(other) = self.names.weighed.insert(bin.value.clone(), device.clone()) {
            self.notes.note_at(bin, format_args!("bin {} is weighed by {other} already", bin.value));
        }
    }

    pub(super) fn device(&mut self, section: &mut Section<'_, '_>) -> Option<DeviceName> {
        let name = self.needed::<DeviceName>(section, "name")?;
        if !self.names.devices.insert(name.value.clone()) {
            self.notes.note_at(&name, format_args!("device {} stands here twice", name.value));
        }
        Some(name.value)
    }

    /// `address`: of a device that is told from others on its port by it.
    fn line(&mut self, section: &mut Section<'_, '_>, usual: LineFormat, address: Option<u8>) -> Option<LineConfig> {
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
        if !port.has_speed() {
            for key in ["baud", "line"].into_iter().filter(|key| section.has(key)) {
                let rule =
                    format_args!("is not used: {port} is {}, which has no speed here; leave it out", port.kind());
                section.note(self.notes, key, rule);
            }
        }
        let is_taken = self
            .names
            .ports
            .iter()
            .any(|(other, its)| *other == port && (its.is_none() || address.is_none() || *its == address));
        if is_taken {
            self.notes.note_at(&text, format_args!("port {port} is another device's already"));
        }
        self.names.ports.insert((port.clone(), address));
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
    pub(super) fn word<T: Default>(
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
        readings.map_or(weighing::READINGS, |at| u32::try_from(at.value).expect("in range"))
    }
}
