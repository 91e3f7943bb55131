//! How a device is described on the command line: the same words as in the site's file.

use std::{path::Path, time::Duration};

use anyhow::anyhow;
use clap::{Args, builder::RangedI64ValueParser};

use crate::{
    config::{LineConfig, Port, ScannerConfig},
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
    task::{scale::Weighing, scanner::Scanning},
};

/// What hangs on a port.
#[derive(Debug, Clone, Args)]
pub(super) struct DeviceArgs {
    /// A scale that speaks this protocol: mt-sics, toledo-8217, sma, …; `probe` finds out which.
    #[arg(long, conflicts_with = "scanner")]
    protocol: Option<String>,
    /// A scanner that is answered in this way: plain, bel, ack-nak, ssi, honeywell, datalogic, …
    #[arg(long)]
    scanner: Option<String>,
    /// Where a scan ends: cr, lf, crlf, any-cr-lf, tab, stx-etx, none. Default: any-cr-lf.
    #[arg(long)]
    terminator: Option<String>,
    /// What a scanner puts in front of a code: aim, none, symbol, honeywell. Default: aim.
    #[arg(long)]
    prefix: Option<String>,
    #[command(flatten)]
    decoding: DecodingArgs,
}

/// What a scale does not say of itself.
#[derive(Debug, Clone, Args)]
pub(super) struct DecodingArgs {
    /// What a weight without a unit is in: mg, g, kg, t, lb or oz.
    #[arg(long)]
    unit: Option<String>,
    /// The eighth bit is parity: a scale with seven bits, heard with eight.
    #[arg(long)]
    mask_parity: bool,
    /// toledo-continuous: frames end with a checksum.
    #[arg(long)]
    checksum: bool,
    /// Modbus: the device's address, 1 to 247. Default: 1.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=247))]
    address: Option<u8>,
    /// Modbus: which registers: dini-dgt, laumas-tlb, eagle-ei, dat400. Default: dini-dgt.
    #[arg(long)]
    map: Option<String>,
    /// Modbus: digits after the point, 0 to 6. Default: 0.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=6))]
    decimals: Option<u8>,
    /// Modbus: abcd or cdab. Default: abcd.
    #[arg(long)]
    word_order: Option<String>,
}

/// How bytes travel on a serial line.
#[derive(Debug, Clone, Args)]
pub(super) struct LineArgs {
    /// Bits per second. Default: what such a device leaves the factory with.
    #[arg(long, value_parser = baud())]
    baud: Option<u32>,
    /// 8N1, 7E1, 7O1, 7N2, 8E1, 8O1 or 8N2. Default: what such a device leaves the factory with.
    #[arg(long)]
    line: Option<String>,
}

/// What hangs on a port, as it was described.
pub(super) enum Described {
    Scale { protocol: Protocol, options: Options, unit: Option<MassUnit> },
    Scanner { host: HostDialect, terminator: Terminator, prefix: Prefix, repeat_window: Duration },
}

/// Who talks to the device.
pub(super) enum Talk {
    Scale(Weighing),
    Scanner(Box<Scanning>),
}

/// The speeds that are taken, as in the site's file.
pub(super) fn baud() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(300..=4_000_000)
}

impl LineArgs {
    /// The port of such a device and its format.
    pub(super) fn config(&self, port: &str, device: &DeviceArgs) -> anyhow::Result<LineConfig> {
        let port = Port::parse(port, Path::new("")).map_err(|error| anyhow!("PORT {error}"))?;
        let usual = device.protocol()?.map_or(LineFormat::USUAL, Protocol::line);
        let framing = match &self.line {
            Some(text) => text.parse::<Framing>().map_err(|error| anyhow!("--line {error}"))?,
            None => usual.framing,
        };
        Ok(LineConfig { port, format: LineFormat::new(self.baud.unwrap_or(usual.baud), framing) })
    }
}

impl DeviceArgs {
    /// What hangs there. Not said what it is: a plain scanner, so that whatever sends lines is shown.
    pub(super) fn described(&self) -> anyhow::Result<Described> {
        if let Some(protocol) = self.protocol()? {
            let unit = self.decoding.unit()?;
            anyhow::ensure!(
                unit.is_some() || !protocol.needs_unit(),
                "{protocol} does not send its unit; give --unit, as the display shows it: mg, g, kg, t, lb or oz"
            );
            return Ok(Described::Scale { protocol, options: self.decoding.options()?, unit });
        }
        let host = self.scanner.as_deref().map_or(Ok(HostDialect::Plain), |name| {
            HostDialect::named(name).ok_or_else(|| {
                let names: Vec<&str> = HostDialect::ALL.iter().map(|dialect| dialect.name()).collect();
                anyhow!("no such scanner dialogue: {name:?}; there are {}", names.join(", "))
            })
        })?;
        let terminator = self.terminator.as_deref().map_or(Ok(Terminator::default()), |name| {
            Terminator::named(name)
                .ok_or_else(|| anyhow!("--terminator must be cr, lf, crlf, any-cr-lf, tab, stx-etx or none"))
        })?;
        let prefix = self.prefix.as_deref().map_or(Ok(Prefix::default()), |name| {
            Prefix::named(name).ok_or_else(|| anyhow!("--prefix must be none, aim, symbol or honeywell"))
        })?;
        let repeat_window = if self.scanner.is_some() { ScannerConfig::REPEAT_WINDOW } else { Duration::ZERO };
        Ok(Described::Scanner { host, terminator, prefix, repeat_window })
    }

    /// Who talks to it.
    pub(super) fn talk(&self) -> anyhow::Result<Talk> {
        Ok(match self.described()? {
            Described::Scale { protocol, options, unit } => Talk::Scale(Weighing::of(protocol, options, unit)),
            Described::Scanner { host, terminator, prefix, repeat_window } => {
                Talk::Scanner(Box::new(Scanning::of(host, terminator, prefix, repeat_window)))
            }
        })
    }

    fn protocol(&self) -> anyhow::Result<Option<Protocol>> {
        Ok(self.protocol.as_deref().map(str::parse).transpose()?)
    }
}

impl DecodingArgs {
    /// What a decoder has to be told.
    pub(super) fn options(&self) -> anyhow::Result<Options> {
        let mut query = Query::default();
        if let Some(address) = self.address {
            query.address = address;
        }
        if let Some(decimals) = self.decimals {
            query.decimals = decimals;
        }
        if let Some(map) = &self.map {
            query.map = map.parse::<Map>().map_err(|error| anyhow!("--map: {error}"))?;
        }
        if let Some(order) = &self.word_order {
            query.word_order = order.parse::<WordOrder>().map_err(|error| anyhow!("--word-order: {error}"))?;
        }
        let unit = self.unit.as_deref().map(|unit| {
            Unit::parse(unit.as_bytes())
                .ok_or_else(|| anyhow!("--unit is letters and digits: mg, g, kg, t, lb, oz, pcs"))
        });
        Ok(Options { unit: unit.transpose()?, mask_parity: self.mask_parity, checksum: self.checksum, query })
    }

    fn unit(&self) -> anyhow::Result<Option<MassUnit>> {
        let unit = self
            .unit
            .as_deref()
            .map(|unit| MassUnit::parse(unit).ok_or_else(|| anyhow!("--unit must be mg, g, kg, t, lb or oz")));
        unit.transpose()
    }
}
