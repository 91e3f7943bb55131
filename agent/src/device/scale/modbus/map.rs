//! Register maps: where a weight transmitter keeps its weight, and what its status bits mean.
//!
//! Owns one table for each make. None sends a decimal point, so the site says how many digits stand behind it. Source:
//! the register lists in the makers' manuals. Must not know how registers travel.

use std::{fmt, str::FromStr};

use crate::device::{
    decimal::Decimal,
    scale::report::{Fault, Flag, Report},
};

/// Whose registers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Map {
    /// Dini Argeo DGT: input registers, magnitudes with sign bits.
    #[default]
    DiniDgt,
    /// LAUMAS TLB, TLU and LCB, CAS CI-600D: holding registers, magnitudes with sign bits.
    LaumasTlb,
    /// Eagle EI, channel 1: floats, without a status.
    EagleEi,
    /// Precise (Pavone) DAT 400: signed numbers.
    Dat400,
}

/// In which order the two registers of a number of 32 bits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WordOrder {
    /// High word first, what most do.
    #[default]
    Abcd,
    /// Low word first.
    Cdab,
}

/// Why a text is no register map or word order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("must be one of dini-dgt, laumas-tlb, eagle-ei, dat400")]
    Map,
    #[error("must be abcd or cdab")]
    WordOrder,
}

/// What is asked for: so many registers from a first one, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registers {
    pub function: u8,
    pub first: u16,
    pub count: u8,
}

pub(super) const READ_HOLDING: u8 = 3;
pub(super) const READ_INPUT: u8 = 4;

impl Map {
    pub const ALL: [Self; 4] = [Self::DiniDgt, Self::LaumasTlb, Self::EagleEi, Self::Dat400];

    /// As written in the site's file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiniDgt => "dini-dgt",
            Self::LaumasTlb => "laumas-tlb",
            Self::EagleEi => "eagle-ei",
            Self::Dat400 => "dat400",
        }
    }

    pub(super) const fn registers(self) -> Registers {
        match self {
            Self::DiniDgt => Registers { function: READ_INPUT, first: 0, count: 5 },
            Self::LaumasTlb => Registers { function: READ_HOLDING, first: 6, count: 5 },
            // Gross and net of channel 1, and between them the gross of the others.
            Self::EagleEi => Registers { function: READ_HOLDING, first: 0x1000, count: 10 },
            Self::Dat400 => Registers { function: READ_HOLDING, first: 0, count: 5 },
        }
    }

    /// What `data`, the bytes of [`Self::registers`], say.
    pub(super) fn read(self, data: &[u8], decimals: u8, order: WordOrder) -> Option<Report> {
        match self {
            Self::DiniDgt => dini_dgt(data, decimals, order),
            Self::LaumasTlb => laumas_tlb(data, decimals, order),
            Self::EagleEi => eagle_ei(data, decimals, order),
            Self::Dat400 => dat400(data, decimals, order),
        }
    }
}

fn dini_dgt(data: &[u8], decimals: u8, order: WordOrder) -> Option<Report> {
    let status = word(data, 4)?;
    let is_set = |bit: u8| status >> bit & 1 != 0;
    if is_set(4) {
        return Some(Report::fault(Fault::Overload));
    }
    if is_set(3) {
        return Some(Report::fault(Fault::Underload));
    }
    let net = magnitude(long(data, 2, order)?, is_set(0), decimals)?;
    Some(Report {
        weight: Some(net),
        stable: Some(is_set(2)),
        gross: Some(magnitude(long(data, 0, order)?, is_set(1), decimals)?),
        net: Some(net),
        tare_active: is_set(5),
        tare_preset: is_set(6),
        zero: is_set(7).then_some(true),
        ..Report::default()
    })
}

fn laumas_tlb(data: &[u8], decimals: u8, order: WordOrder) -> Option<Report> {
    let status = word(data, 0)?;
    let is_set = |bit: u8| status >> bit & 1 != 0;
    let broken = [(0, Flag::LoadCell), (1, Flag::Converter)];
    if broken.iter().any(|(bit, _)| is_set(*bit)) {
        let flags = broken.into_iter().filter(|(bit, _)| is_set(*bit)).map(|(_, flag)| flag).collect();
        return Some(Report { flags, ..Report::fault(Fault::DeviceError) });
    }
    // Beyond the maximum by nine divisions; beyond 110 % of the cell.
    if is_set(2) || is_set(3) {
        return Some(Report::fault(Fault::Overload));
    }
    // Gross or net beyond six digits, on either side.
    if is_set(4) || is_set(5) {
        let is_negative = if is_set(4) { is_set(7) } else { is_set(8) };
        let fault = if is_negative { Fault::Underload } else { Fault::Overload };
        return Some(Report { flags: [Flag::Overflow].into_iter().collect(), ..Report::fault(fault) });
    }
    let gross = magnitude(long(data, 1, order)?, is_set(7), decimals)?;
    let net = magnitude(long(data, 3, order)?, is_set(8), decimals)?;
    Some(Report {
        weight: Some(if is_set(10) { net } else { gross }),
        stable: Some(is_set(11)),
        gross: Some(gross),
        net: Some(net),
        zero: is_set(12).then_some(true),
        ..Report::default()
    })
}

fn eagle_ei(data: &[u8], decimals: u8, order: WordOrder) -> Option<Report> {
    let gross = f32::from_bits(long(data, 0, order)?);
    let net = f32::from_bits(long(data, 8, order)?);
    if !gross.is_finite() || !net.is_finite() {
        return Some(Report::fault(Fault::DeviceError));
    }
    let net = float(net, decimals)?;
    Some(Report { weight: Some(net), gross: Some(float(gross, decimals)?), net: Some(net), ..Report::default() })
}

fn dat400(data: &[u8], decimals: u8, order: WordOrder) -> Option<Report> {
    let status = word(data, 0)?;
    let is_set = |bit: u8| status >> bit & 1 != 0;
    if is_set(6) {
        // Off range: by its manual the cell is disconnected, or gives what none can.
        return Some(Report { flags: [Flag::LoadCell].into_iter().collect(), ..Report::fault(Fault::DeviceError) });
    }
    if is_set(5) {
        return Some(Report::fault(Fault::Overload));
    }
    if is_set(4) {
        return Some(Report::fault(Fault::Underload));
    }
    let signed = |at| Decimal::new(i64::from(long(data, at, order)?.cast_signed()), decimals).ok();
    let net = signed(3)?;
    Some(Report {
        weight: Some(net),
        stable: Some(is_set(1)),
        gross: Some(signed(1)?),
        net: Some(net),
        tare_active: is_set(3),
        zero: is_set(0).then_some(true),
        ..Report::default()
    })
}

fn word(data: &[u8], register: usize) -> Option<u16> {
    let at = register * 2;
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]))
}

fn long(data: &[u8], register: usize, order: WordOrder) -> Option<u32> {
    let (first, second) = (u32::from(word(data, register)?), u32::from(word(data, register + 1)?));
    Some(match order {
        WordOrder::Abcd => first << 16 | second,
        WordOrder::Cdab => second << 16 | first,
    })
}

fn magnitude(magnitude: u32, is_negative: bool, decimals: u8) -> Option<Decimal> {
    let magnitude = i64::from(magnitude);
    Decimal::new(if is_negative { -magnitude } else { magnitude }, decimals).ok()
}

/// A float has no digits of its own: it is rounded to `decimals`. With none it is left as short as it can be told,
/// since a forgotten setting must not round grams away.
fn float(value: f32, decimals: u8) -> Option<Decimal> {
    let text = if decimals == 0 { value.to_string() } else { format!("{value:.*}", usize::from(decimals)) };
    Decimal::parse(&text).ok()
}

impl WordOrder {
    pub const ALL: [Self; 2] = [Self::Abcd, Self::Cdab];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Abcd => "abcd",
            Self::Cdab => "cdab",
        }
    }
}

impl FromStr for Map {
    type Err = MapError;

    fn from_str(text: &str) -> Result<Self, MapError> {
        Self::ALL.into_iter().find(|map| map.name() == text).ok_or(MapError::Map)
    }
}

impl FromStr for WordOrder {
    type Err = MapError;

    fn from_str(text: &str) -> Result<Self, MapError> {
        Self::ALL.into_iter().find(|order| order.name() == text).ok_or(MapError::WordOrder)
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for WordOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
