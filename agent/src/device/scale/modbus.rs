//! Modbus: weight transmitters, over a serial line (RTU) or TCP.
//!
//! Owns the request for one make's registers and the finding of its reply among whatever else is on the line. Own code,
//! since the transports of ready-made clients own the line and fall out of step after a time-out, and a decoder has to
//! be a function of bytes like all others here. Source: MODBUS Application Protocol V1.1b3 and over Serial Line V1.02;
//! [`map`] for the registers. Must not know ports or time: silence is told by
//! [`Decoder::idle`](super::decoder::Decoder::idle).

mod crc;
mod map;

pub use map::{Map, MapError, WordOrder};

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Report, Unit},
};
use crate::device::frame::FrameError;

/// Set in the function of a reply that refuses.
const EXCEPTION: u8 = 0x80;
/// Address, function, code, checksum.
const EXCEPTION_LEN: usize = 5;
/// Address, function and count before the registers, checksum after them.
const OVERHEAD_LEN: usize = 5;
/// Six bytes and the checksum.
const REQUEST_LEN: usize = 8;
/// Of registers in one reply: 125, by the specification.
const DATA_LEN_MAX: u8 = 250;

/// Transaction, protocol and length before a reply on TCP.
const TCP_HEADER_LEN: usize = 6;
/// Each request is the same and answered before the next is sent, so is its number.
const TRANSACTION: [u8; 2] = [0, 1];

/// Which transmitter is asked for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// On the line, `1..=247`; the unit identifier on TCP.
    pub address: u8,
    pub map: Map,
    /// Digits behind the point, which no map sends; `0..=18`.
    pub decimals: u8,
    pub word_order: WordOrder,
}

/// Reads the replies to one [`Query`].
#[derive(Debug, Clone)]
pub struct Modbus {
    query: Query,
    unit: Option<Unit>,
    is_tcp: bool,
}

/// Of a transmitter with its factory settings, alone on the line.
impl Default for Query {
    fn default() -> Self {
        Self { address: 1, map: Map::default(), decimals: 0, word_order: WordOrder::default() }
    }
}

/// What stands at the front of the bytes of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Front {
    /// A reply of so many bytes, if they are right.
    Reply(usize),
    /// Too little to tell.
    Short,
    /// Nothing that answers the request.
    Alien,
}

impl Query {
    /// With its checksum, to be sent as it is.
    #[must_use]
    pub fn rtu_request(&self) -> Vec<u8> {
        let mut request = self.request().to_vec();
        request.extend(crc::crc16(&request).to_le_bytes());
        request
    }

    /// With its header, to be sent as it is.
    #[must_use]
    pub fn tcp_request(&self) -> Vec<u8> {
        let request = self.request();
        let [transaction_high, transaction_low] = TRANSACTION;
        let mut framed = vec![transaction_high, transaction_low, 0, 0, 0, 6];
        framed.extend(request);
        framed
    }

    const fn request(&self) -> [u8; 6] {
        let registers = self.map.registers();
        let [high, low] = registers.first.to_be_bytes();
        [self.address, registers.function, high, low, 0, registers.count]
    }
}

impl Modbus {
    /// On a serial line; `unit` of every weight, since no map sends one.
    #[must_use]
    pub const fn rtu(query: Query, unit: Option<Unit>) -> Self {
        Self { query, unit, is_tcp: false }
    }

    /// As [`Self::rtu`], on TCP.
    #[must_use]
    pub const fn tcp(query: Query, unit: Option<Unit>) -> Self {
        Self { query, unit, is_tcp: true }
    }

    /// The data bytes of the reply that was asked for.
    const fn data_len(&self) -> u8 {
        self.query.map.registers().count * 2
    }

    /// What a right reply begins with.
    const fn head(&self) -> [u8; 3] {
        [self.query.address, self.query.map.registers().function, self.data_len()]
    }

    /// Any reading function will do here: a reply to another question of the kind is told as such, not passed over.
    fn front(&self, bytes: &[u8]) -> Front {
        let reads = |function: u8| matches!(function & !EXCEPTION, map::READ_HOLDING | map::READ_INPUT);
        match *bytes {
            [to, by, count, ..] if to == self.query.address && reads(by) => {
                if by & EXCEPTION != 0 {
                    // The specification's codes end at 0B, makers go on.
                    return if count > 0 { Front::Reply(EXCEPTION_LEN) } else { Front::Alien };
                }
                let is_count = count > 0 && count <= DATA_LEN_MAX && count.is_multiple_of(2);
                if is_count { Front::Reply(usize::from(count) + OVERHEAD_LEN) } else { Front::Alien }
            }
            [to, by] if to == self.query.address && reads(by) => Front::Short,
            [to] if to == self.query.address => Front::Short,
            _ => Front::Alien,
        }
    }

    fn cut_rtu(&self, bytes: &[u8]) -> Cut {
        // Adapters of two-wire lines hear themselves.
        if bytes.starts_with(&self.query.request()) {
            return Cut::Noise(bytes.len().min(REQUEST_LEN));
        }
        let frame = match self.front(bytes) {
            Front::Short => return Cut::More,
            Front::Alien => {
                let next = bytes.iter().skip(1).position(|byte| *byte == self.query.address);
                return Cut::Noise(next.map_or(bytes.len(), |at| at + 1));
            }
            Front::Reply(len) => bytes.get(..len),
        };
        if let Some(frame) = frame
            && is_sound(frame)
        {
            return Cut::Frame(frame.len());
        }
        let head = self.head();
        // A weight may well be the bytes that a reply begins with, so they mean nothing until the whole reply is there.
        if frame.is_none() && bytes.starts_with(&head) {
            return Cut::More;
        }
        // The first half of a reply that broke off, and another behind it: the second is not to be lost with the first.
        let claimed = frame.map_or(bytes.len(), <[u8]>::len);
        let next = bytes.windows(head.len()).take(claimed).skip(1).position(|window| window == head);
        if let Some(at) = next {
            return Cut::Frame(at + 1);
        }
        match frame {
            None => Cut::More,
            // Its length is as it should be, so what is wrong is a byte in it. Any other length may be wrong itself.
            Some(frame) if frame.starts_with(&head) || self.is_refusal(frame) => Cut::Frame(frame.len()),
            Some(_) => Cut::Noise(1),
        }
    }

    fn is_refusal(&self, frame: &[u8]) -> bool {
        let [_, function, _] = self.head();
        frame.get(1) == Some(&(function | EXCEPTION))
    }

    /// TCP loses nothing: what does not fit is a reply to somebody else, or no Modbus.
    fn cut_tcp(bytes: &[u8]) -> Cut {
        let [high, low] = TRANSACTION;
        let expected = [high, low, 0, 0, 0];
        let same = bytes.iter().zip(expected).all(|(byte, expected)| *byte == expected);
        let len = bytes.get(TCP_HEADER_LEN - 1).copied();
        if !same || len.is_some_and(|len| !(3..=DATA_LEN_MAX).contains(&len)) {
            return Cut::Noise(1);
        }
        match len.map(|len| usize::from(len) + TCP_HEADER_LEN) {
            Some(len) if bytes.len() >= len => Cut::Frame(len),
            _ => Cut::More,
        }
    }

    /// Address, function and what follows, without header or checksum.
    fn read(&self, reply: &[u8]) -> Option<Report> {
        let [address, function, data_len] = self.head();
        match reply {
            [to, by, code] if *to == address && *by == function | EXCEPTION => {
                Some(Report { exception_code: Some(*code), ..Report::fault(Fault::ModbusException) })
            }
            [to, by, count, data @ ..]
                if *to == address && *by == function && *count == data_len && data.len() == usize::from(data_len) =>
            {
                let report = self.query.map.read(data, self.query.decimals, self.query.word_order)?;
                Some(Report { unit: self.unit.filter(|_| report.weight.is_some()), ..report })
            }
            _ => None,
        }
    }
}

impl Grammar for Modbus {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        if self.is_tcp { Self::cut_tcp(bytes) } else { self.cut_rtu(bytes) }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let reply = if self.is_tcp {
            frame.get(TCP_HEADER_LEN..)
        } else {
            // A frame cut short by the next is malformed; one of its full length has a wrong byte.
            let is_whole = self.front(frame) == Front::Reply(frame.len());
            if is_whole && !is_sound(frame) {
                return Err(FrameError::checksum(frame));
            }
            frame.split_last_chunk::<2>().map(|(reply, _)| reply).filter(|_| is_whole)
        };
        reply.and_then(|reply| self.read(reply)).ok_or_else(|| FrameError::malformed(frame))
    }

    fn ends(&self, _byte: u8) -> bool {
        // No byte does; what is lost is found again by its head.
        true
    }
}

fn is_sound(frame: &[u8]) -> bool {
    frame.split_last_chunk::<2>().is_some_and(|(reply, sum)| crc::crc16(reply).to_le_bytes() == *sum)
}

#[cfg(test)]
mod tests;
