//! The SSI dialogue: each scan acknowledged after its commit, then told by beep and LED.
//!
//! Owns the order of things on the line. A scan is answered before anything else is said; commands go one at a time,
//! each after the answer to the last, sent again with the retransmit bit after 2 s and at most twice (the guide's
//! rule). A scanner that has been quiet for a second may sleep, and would lose the first byte of a command: it is woken
//! first. At each opening the scanner is told, until its power goes, to send packets and to expect acknowledgements.
//!
//! ```text
//!  open ─► 00 ─10 ms─► PARAM_SEND ─ack─► SCAN_ENABLE ─ack─► quiet
//!  DECODE_DATA, more follows        ─► CMD_ACK
//!  DECODE_DATA ─► (scan waits) ─ accepted ──────► CMD_ACK ─► BEEP high ─► LED_ON ─500 ms─► LED_OFF
//!                              ─ refused ───────► CMD_ACK ─► BEEP four low
//!                              ─ not recorded ──► CMD_NAK resend: it comes again, and is handed on again
//!  DECODE_DATA, a repeat            ─► CMD_ACK
//!  damaged                          ─► CMD_NAK resend
//!  too long                         ─► CMD_NAK cancel
//! ```

use std::collections::VecDeque;

use super::Verdict;
use crate::device::{
    aim::AimId,
    frame::FrameError,
    reading::Scan,
    ssi::{
        Assembly, Beep, CodeType, Command, Message, NakReason, Opcode, Packet, PacketError, Source, SsiDecoder, Taken,
        WAKE,
    },
};

/// Send decoded data in packets (0xEE) and wait for their acknowledgement (0x9F).
const SETTINGS: [u8; 4] = [0x9F, 1, 0xEE, 1];

/// What is sent when a session ends without a symbol, where that is switched on.
const NO_READ: &[u8] = b"NR";

/// The decode LED.
const LED: u8 = 0b1;

/// How long the LED says "recorded".
const LED_MS: u64 = 500;

/// From the wake byte to the first packet.
const WAKE_MS: u64 = 10;

/// A scanner is surely awake so long after its last packet.
const AWAKE_MS: u64 = 900;

/// How long a command waits for its answer: the scanner's own response time-out.
const ANSWER_MS: u64 = 2_000;

/// A command is sent once and repeated twice.
const SENT_MAX: u8 = 3;

#[derive(Debug, Default)]
pub(super) struct SsiHost {
    decoder: SsiDecoder,
    assembly: Assembly,
    now_ms: u64,
    /// A scan has no verdict yet.
    waits: bool,
    /// Half a symbol went quiet; to be told.
    cut_off: bool,
    lined_up: VecDeque<Outgoing>,
    in_flight: Option<(Outgoing, u64)>,
    heard_ms: Option<u64>,
    waking_until_ms: Option<u64>,
    led_off_ms: Option<u64>,
    output: Vec<u8>,
}

#[derive(Debug)]
struct Outgoing {
    command: Command,
    sent: u8,
}

impl SsiHost {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn open(&mut self, now_ms: u64) {
        let mut assembly = std::mem::take(&mut self.assembly);
        assembly.reopen();
        *self = Self { assembly, now_ms, ..Self::default() };
        self.line_up(Command::ParamSend { settings: SETTINGS.to_vec(), permanent: false });
        self.line_up(Command::ScanEnable);
        self.advance();
    }

    pub(super) fn push(&mut self, bytes: &[u8], now_ms: u64) {
        self.now_ms = now_ms;
        self.decoder.push(bytes, now_ms);
    }

    pub(super) fn poll(&mut self) -> Option<Result<Scan, FrameError>> {
        if self.waits {
            return None;
        }
        if std::mem::take(&mut self.cut_off) {
            return Some(Err(bad(PacketError::Incomplete)));
        }
        while let Some(packet) = self.decoder.poll() {
            let found = match packet {
                Ok(packet) => self.handle(packet),
                Err(error) => {
                    self.assembly.damaged();
                    // Text on the line is no damaged packet: asking for more of it does not help.
                    if error != PacketError::BadLength {
                        self.send(&Command::Nak(NakReason::Resend));
                    }
                    Some(Err(bad(error)))
                }
            };
            if found.is_some() {
                return found;
            }
        }
        self.advance();
        None
    }

    pub(super) fn verdict(&mut self, verdict: Verdict, now_ms: u64) {
        self.now_ms = now_ms;
        if !std::mem::take(&mut self.waits) {
            return;
        }
        self.assembly.answered(verdict != Verdict::NotRecorded, now_ms);
        // What has not been said of the scan before would speak of this one.
        self.lined_up.retain(|outgoing| !matches!(outgoing.command, Command::Beep(_) | Command::LedOn(_)));
        match verdict {
            Verdict::Accepted => {
                self.send(&Command::Ack);
                self.line_up(Command::Beep(Beep::ONE_SHORT_HIGH));
                self.line_up(Command::LedOn(LED));
                self.led_off_ms = Some(now_ms.saturating_add(LED_MS));
            }
            Verdict::Refused => {
                self.send(&Command::Ack);
                self.line_up(Command::Beep(Beep::FOUR_SHORT_LOW));
            }
            Verdict::NotRecorded => self.send(&Command::Nak(NakReason::Resend)),
        }
        // The scanner waits for its answer all this time, so it is awake.
        self.heard_ms = Some(now_ms);
        self.advance();
    }

    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    pub(super) fn poll_idle(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.decoder.poll_idle(now_ms);
        self.cut_off |= self.assembly.poll_idle(now_ms);
        if self.waits {
            return;
        }
        if self.led_off_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            self.led_off_ms = None;
            self.line_up(Command::LedOff(LED));
        }
        if let Some((outgoing, _)) = self.in_flight.take_if(|(_, sent_ms)| now_ms >= sent_ms.saturating_add(ANSWER_MS))
        {
            self.again(outgoing);
        }
        self.advance();
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        let damage = [self.decoder.next_deadline(), self.assembly.next_deadline()];
        let answer = self.in_flight.as_ref().map(|(_, sent_ms)| sent_ms.saturating_add(ANSWER_MS));
        let speech = [self.waking_until_ms, self.led_off_ms, answer].map(|at_ms| at_ms.filter(|_| !self.waits));
        damage.into_iter().chain(speech).flatten().min()
    }

    /// What a packet is to the agent; everything but a scan is dealt with here.
    fn handle(&mut self, packet: Packet) -> Option<Result<Scan, FrameError>> {
        if packet.source == Source::Host {
            return None;
        }
        self.heard_ms = Some(self.now_ms);
        match packet.message {
            Message::DecodeData { code_type, data } => {
                let taken = self.assembly.take(code_type, &data, packet.retransmit, packet.more, self.now_ms);
                return self.handle_taken(taken);
            }
            Message::Nak(reason) => {
                if let Some((outgoing, _)) = self.in_flight.take()
                    && reason == NakReason::Resend
                {
                    self.again(outgoing);
                }
            }
            Message::Other { opcode, .. } => {
                if opcode == Opcode::CMD_ACK || opcode.is_reply() {
                    self.in_flight = None;
                }
                if opcode.wants_ack() {
                    self.send(&Command::Ack);
                }
            }
        }
        None
    }

    fn handle_taken(&mut self, taken: Taken) -> Option<Result<Scan, FrameError>> {
        match taken {
            Taken::Part | Taken::Repeat => self.send(&Command::Ack),
            Taken::Skipped => self.send(&Command::Nak(NakReason::Cancel)),
            Taken::TooLong => {
                self.send(&Command::Nak(NakReason::Cancel));
                return Some(Err(FrameError::TooLong { max: Assembly::LEN_MAX }));
            }
            Taken::Complete(_, data) if data.is_empty() || data == NO_READ => {
                self.send(&Command::Ack);
                self.assembly.answered(true, self.now_ms);
            }
            Taken::Complete(code_type, data) => {
                self.waits = true;
                return Some(Ok(scan(code_type, &data)));
            }
        }
        None
    }

    fn send(&mut self, command: &Command) {
        self.output.extend(command.encode(false));
    }

    fn line_up(&mut self, command: Command) {
        self.lined_up.push_back(Outgoing { command, sent: 0 });
    }

    fn again(&mut self, outgoing: Outgoing) {
        if outgoing.sent < SENT_MAX {
            self.lined_up.push_front(outgoing);
        }
    }

    /// Sends the next command, if it is its turn.
    fn advance(&mut self) {
        let has_woken = self.waking_until_ms.take_if(|until_ms| *until_ms <= self.now_ms).is_some();
        if self.waits || self.in_flight.is_some() || self.lined_up.is_empty() || self.waking_until_ms.is_some() {
            return;
        }
        let is_awake = self.heard_ms.is_some_and(|at_ms| self.now_ms.saturating_sub(at_ms) < AWAKE_MS);
        if !has_woken && !is_awake {
            self.output.push(WAKE);
            self.waking_until_ms = Some(self.now_ms.saturating_add(WAKE_MS));
            return;
        }
        if let Some(Outgoing { command, sent }) = self.lined_up.pop_front() {
            self.output.extend(command.encode(sent > 0));
            self.in_flight = Some((Outgoing { command, sent: sent + 1 }, self.now_ms));
        }
    }
}

/// The scan a packet stands for. A scanner that is set to send AIM identifiers sends them in packets too; the letter
/// tells one from data that begin alike.
fn scan(code_type: CodeType, data: &[u8]) -> Scan {
    let by_type = code_type.aim();
    let (sent, code) = AimId::split(data);
    match (sent, by_type) {
        (Some(sent), Some(by_type)) if sent.code == by_type.code => {
            Scan { symbology: Some(sent), code: code.to_vec(), ..Scan::default() }
        }
        _ => Scan { symbology: by_type, code: data.to_vec(), ..Scan::default() },
    }
}

fn bad(error: PacketError) -> FrameError {
    match error {
        PacketError::Checksum => FrameError::Checksum { shown: "an SSI packet".to_owned() },
        PacketError::BadLength | PacketError::Incomplete => FrameError::Malformed { shown: format!("SSI, {error}") },
    }
}
