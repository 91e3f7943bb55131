//! Packets out of a byte stream.
//!
//! Owns finding where a packet begins. SSI marks no beginning, so after damage every byte might be a length: the
//! decoder tries them in turn, and only a right checksum counts. A head that cannot be one (its source is nobody) is
//! given up at its third byte, or a stray 0xFF would swallow the next 256 bytes. Time is an argument, in milliseconds
//! of any steady clock.

use std::collections::VecDeque;

use super::{CHECKSUM_LEN, HEADER_LEN, Opcode, PACKET_LEN_MAX, Packet, PacketError};

/// Cuts one scanner's byte stream into packets.
#[derive(Debug, Default)]
pub struct SsiDecoder {
    /// At most [`PACKET_LEN_MAX`] bytes.
    held: Vec<u8>,
    last_ms: u64,
    /// Between damage and the next good packet: one error has been told, more would say the same.
    lost: bool,
    ready: VecDeque<Result<Packet, PacketError>>,
}

impl SsiDecoder {
    /// The bytes of a packet follow each other within a millisecond or so; the scanner repeats after 2 s. In between
    /// lies the moment to give up on the rest.
    pub const IDLE_MS: u64 = 200;

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came off the line. Drain [`Self::poll`] after each push: complete packets wait there.
    pub fn push(&mut self, bytes: &[u8], now_ms: u64) {
        if bytes.is_empty() {
            return;
        }
        self.last_ms = now_ms;
        for &byte in bytes {
            self.held.push(byte);
            self.settle();
        }
    }

    /// The next packet; `None` until more bytes arrive. An `Err` is told once for each stretch of damage.
    pub fn poll(&mut self) -> Option<Result<Packet, PacketError>> {
        self.ready.pop_front()
    }

    /// Gives up on a packet that went quiet; call at [`Self::next_deadline`], then drain [`Self::poll`]. Whatever whole
    /// packets lie behind its head are found.
    pub fn poll_idle(&mut self, now_ms: u64) {
        if self.next_deadline().is_none_or(|deadline| now_ms < deadline) {
            return;
        }
        while !self.held.is_empty() {
            self.damaged(PacketError::Incomplete);
            self.held.remove(0);
            self.settle();
        }
        self.lost = false;
    }

    /// When [`Self::poll_idle`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<u64> {
        if self.held.is_empty() && !self.lost { None } else { Some(self.last_ms.saturating_add(Self::IDLE_MS)) }
    }

    /// Takes whatever the held bytes decide: packets, and bytes that begin none.
    fn settle(&mut self) {
        loop {
            let Some(&first) = self.held.first() else { return };
            if !self.may_begin_packet() {
                // The wake byte's echo and the ringing of a plug say nothing about the line.
                if !matches!(first, 0x00 | 0x80 | 0xFF) {
                    self.damaged(PacketError::BadLength);
                }
                self.held.remove(0);
                continue;
            }
            let whole = usize::from(first) + CHECKSUM_LEN;
            let Some(packet) = self.held.get(..whole) else { return };
            match Packet::parse(packet) {
                Ok(packet) => {
                    self.lost = false;
                    self.ready.push_back(Ok(packet));
                    self.held.drain(..whole);
                }
                Err(error) => {
                    self.damaged(error);
                    self.held.remove(0);
                }
            }
        }
    }

    fn may_begin_packet(&self) -> bool {
        let is_long_enough = self.held.first().is_some_and(|length| usize::from(*length) >= HEADER_LEN);
        // In step, an opcode nobody lists is a newer scanner; out of step, it is data.
        let is_opcode = !self.lost || self.held.get(1).is_none_or(|opcode| Opcode(*opcode).is_known());
        let is_source = self.held.get(2).is_none_or(|source| matches!(source, 0x00 | 0x04));
        is_long_enough && is_opcode && is_source && self.held.len() <= PACKET_LEN_MAX
    }

    fn damaged(&mut self, error: PacketError) {
        if !self.lost {
            self.lost = true;
            self.ready.push_back(Err(error));
        }
    }

    /// What is held between two pushes.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }
}
