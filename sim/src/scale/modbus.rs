//! Modbus weight transmitters: what stands in their registers, whatever the registers travel on.
//!
//! Owns the register maps and the function codes 3, 4, 6 and 16. Other functions are exception 1, registers that are
//! not there 2, values that mean nothing 3, a key pressed while it does not rest 6. Registers of 32 bits have no
//! decimal point: the last place is the display's.
//!
//! | map | source |
//! |---|---|
//! | [`Map::DiniDgt`] | Dini Argeo DGT: input registers 30001–30005, commands at 40001 |
//! | [`Map::LaumasTlb`] | Laumas TLB and TLU, CAS CI-600D: holding registers 40006–40014, status bits as of the LCB |
//! | [`Map::EagleEi`] | Eagle EI: floats at 1000h and 1008h; no status, so a weight that is none is no number |
//! | [`Map::Dat400`] | Precise DAT400: status bits are the manual's; the places 40001–40006 are assumed |

use super::display::Unit;
use super::pan::{Pan, Reading, State};

/// Which registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Map {
    DiniDgt,
    LaumasTlb,
    EagleEi,
    Dat400,
}

/// How a number of 32 bits lies in two registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordOrder {
    /// `abcd`
    HighFirst,
    /// `cdab`
    LowFirst,
}

const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_ADDRESS: u8 = 2;
const ILLEGAL_VALUE: u8 = 3;
const BUSY: u8 = 6;

/// Registers one request may read.
const READ_MAX: usize = 125;

/// A transmitter's registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registers {
    map: Map,
    order: WordOrder,
}

/// What a command register is told.
enum Key {
    Zero,
    Tare,
    Gross,
    /// In last places of the display.
    Preset(u32),
}

impl Registers {
    pub(super) const fn new(map: Map, order: WordOrder) -> Self {
        Self { map, order }
    }

    /// The answer to a request, both from the function code on and without any frame around.
    pub(super) fn answer(self, request: &[u8], pan: &mut Pan) -> Vec<u8> {
        let function = request.first().copied().unwrap_or(0);
        self.obey(request, pan).unwrap_or_else(|exception| vec![function | 0x80, exception])
    }

    fn obey(self, request: &[u8], pan: &mut Pan) -> Result<Vec<u8>, u8> {
        let word = |place: usize| request.get(place..place + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let function = request.first().copied().unwrap_or(0);
        let (Some(start), Some(second)) = (word(1), word(3)) else { return Err(ILLEGAL_FUNCTION) };
        match function {
            3 | 4 => {
                let count = usize::from(second);
                if count == 0 || count > READ_MAX || request.len() != 5 {
                    return Err(ILLEGAL_VALUE);
                }
                let words = self.read(function, usize::from(start), count, pan)?;
                let mut answer = vec![function, u8::try_from(2 * count).unwrap_or(u8::MAX)];
                answer.extend(words.iter().flat_map(|word| word.to_be_bytes()));
                Ok(answer)
            }
            6 => {
                self.write(start, &[second], pan)?;
                Ok(request.to_vec())
            }
            16 => {
                let values = request.get(6..).unwrap_or_default();
                if values.len() != 2 * usize::from(second) || values.is_empty() {
                    return Err(ILLEGAL_VALUE);
                }
                let values: Vec<u16> =
                    values.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                self.write(start, &values, pan)?;
                Ok(request[..5].to_vec())
            }
            _ => Err(ILLEGAL_FUNCTION),
        }
    }

    fn read(self, function: u8, start: usize, count: usize, pan: &mut Pan) -> Result<Vec<u16>, u8> {
        let (base, functions): (usize, &[u8]) = match self.map {
            Map::DiniDgt => (0, &[4]),
            Map::LaumasTlb => (5, &[3]),
            Map::EagleEi => (0x1000, &[3, 4]),
            Map::Dat400 => (0, &[3]),
        };
        if !functions.contains(&function) {
            return Err(ILLEGAL_FUNCTION);
        }
        let reading = pan.weigh();
        let words = match self.map {
            Map::DiniDgt => self.dini_dgt(&reading),
            Map::LaumasTlb => self.laumas_tlb(&reading, pan),
            Map::EagleEi => self.eagle_ei(&reading, pan),
            Map::Dat400 => self.dat400(&reading),
        };
        let from = start.checked_sub(base).ok_or(ILLEGAL_ADDRESS)?;
        words.get(from..from + count).map(<[u16]>::to_vec).ok_or(ILLEGAL_ADDRESS)
    }

    fn write(self, start: u16, values: &[u16], pan: &mut Pan) -> Result<(), u8> {
        let place = match self.map {
            Map::DiniDgt => 0,
            Map::LaumasTlb | Map::Dat400 => 5,
            Map::EagleEi => return Err(ILLEGAL_ADDRESS),
        };
        if start != place {
            return Err(ILLEGAL_ADDRESS);
        }
        let key = match (self.map, values) {
            (Map::DiniDgt | Map::Dat400, [1]) | (Map::LaumasTlb, [8]) => Key::Zero,
            (Map::DiniDgt | Map::Dat400, [2]) | (Map::LaumasTlb, [7]) => Key::Tare,
            (Map::LaumasTlb, [9]) => Key::Gross,
            (Map::DiniDgt, [3, high, low]) => Key::Preset(u32::from(*high) << 16 | u32::from(*low)),
            _ => return Err(ILLEGAL_VALUE),
        };
        match (key, pan.rest()) {
            (Key::Gross, _) => pan.clear_tare(),
            (Key::Preset(value), _) => pan.preset_tare(f64::from(value) / 10_f64.powi(pan.division.decimals.into())),
            (Key::Zero, State::Stable) => pan.press_zero(),
            (Key::Tare, State::Stable) => pan.press_tare(),
            (Key::Zero | Key::Tare, _) => return Err(BUSY),
        }
        Ok(())
    }

    fn dini_dgt(self, reading: &Reading) -> Vec<u16> {
        let status = bits(&[
            (reading.net.is_negative(), 0),
            (reading.gross.is_negative(), 1),
            (reading.state == State::Stable, 2),
            (matches!(reading.state, State::Under | State::Fault), 3),
            (reading.state == State::Over, 4),
            (reading.is_tared, 5),
            (reading.is_preset, 6),
            (reading.gross.is_zero(), 7),
        ]);
        let mut words = self.weights(reading);
        words.push(status);
        words
    }

    fn laumas_tlb(self, reading: &Reading, pan: &Pan) -> Vec<u16> {
        let status = bits(&[
            (reading.state == State::Fault, 0),
            (reading.state == State::Over, 2),
            (reading.gross.is_negative(), 7),
            (reading.net.is_negative(), 8),
            (reading.is_tared, 10),
            (reading.state == State::Stable, 11),
            (reading.gross.is_zero(), 12),
        ]);
        // 40006, the command; 40012–40013, the peak; 40014, the unit above and the division below.
        let mut words = vec![0, status];
        words.extend(self.weights(reading));
        words.extend([0, 0, laumas_unit(reading.unit) << 8 | laumas_division(pan)]);
        words
    }

    fn eagle_ei(self, reading: &Reading, pan: &Pan) -> Vec<u16> {
        let float = |last_places: i64| match reading.state {
            State::Stable | State::Dynamic => (last_places as f64 / 10_f64.powi(pan.division.decimals.into())) as f32,
            State::Over | State::Under | State::Fault => f32::NAN,
        };
        let mut words = self.words(float(reading.gross.last_places).to_bits()).to_vec();
        words.extend([0; 6]);
        words.extend(self.words(float(reading.net.last_places).to_bits()));
        words
    }

    fn dat400(self, reading: &Reading) -> Vec<u16> {
        let status = bits(&[
            (reading.gross.is_zero(), 0),
            (reading.state == State::Stable, 1),
            (reading.gross.is_zero(), 2),
            (reading.is_tared, 3),
            (reading.state == State::Under, 4),
            (reading.state == State::Over, 5),
            (reading.state == State::Fault, 6),
        ]);
        // No bits for the signs: two's complement. 40006, the command.
        let signed = |last_places: i64| i32::try_from(last_places).unwrap_or(i32::MAX).cast_unsigned();
        let mut words = vec![status];
        words.extend(self.words(signed(reading.gross.last_places)));
        words.extend(self.words(signed(reading.net.last_places)));
        words.push(0);
        words
    }

    fn weights(self, reading: &Reading) -> Vec<u16> {
        let magnitude = |last_places: i64| u32::try_from(last_places.unsigned_abs()).unwrap_or(u32::MAX);
        let gross = self.words(magnitude(reading.gross.last_places));
        let net = self.words(magnitude(reading.net.last_places));
        [gross, net].concat()
    }

    const fn words(self, value: u32) -> [u16; 2] {
        let (high, low) = ((value >> 16) as u16, value as u16);
        match self.order {
            WordOrder::HighFirst => [high, low],
            WordOrder::LowFirst => [low, high],
        }
    }
}

fn bits(set: &[(bool, u8)]) -> u16 {
    set.iter().filter(|(is_set, _)| *is_set).fold(0, |bits, (_, bit)| bits | 1 << bit)
}

const fn laumas_unit(unit: Unit) -> u16 {
    match unit {
        Unit::Kilogram | Unit::Piece | Unit::Ounce => 0,
        Unit::Gram => 1,
        Unit::Tonne => 2,
        Unit::Pound => 3,
    }
}

/// 0 is 100, 1 is 50, 2 is 20 … 18 is 0.0001.
fn laumas_division(pan: &Pan) -> u16 {
    let wanted = pan.division.value();
    let divisions = (0..19).map(|place: u16| {
        let digit = [1.0, 0.5, 0.2][usize::from(place % 3)];
        digit * 10_f64.powi(2 - i32::from(place / 3))
    });
    divisions.zip(0..).find(|(division, _)| (division - wanted).abs() < wanted / 10.0).map_or(6, |(_, place)| place)
}
