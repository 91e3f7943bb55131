//! The host's side of a scanner dialogue: what is sent back, and only when the ledger has it.
//!
//! Owns one scanner's line from bytes to scans and from verdicts to bytes. An acknowledgement that leaves before the
//! commit would tell a person that a movement is recorded which a power cut then takes; so nothing is answered until
//! [`Host::verdict`]. Must not know what a code means or where it is recorded: the port's task asks and tells. Repeats
//! of a label left in view are the business of [`Debounce`](super::Debounce); only what a *dialogue* repeats is told
//! here. Time is an argument, in milliseconds of any steady clock.
//!
//! A refusal never sounds like an acceptance:
//!
//! | dialect | accepted | refused (no such code) | not recorded |
//! |---|---|---|---|
//! | plain, enq | – | – | – |
//! | bel | BEL | 3 BEL | 5 BEL |
//! | ack-nak, ack-nak-enq | ACK | NAK, and NAK again to its three repeats: the scanner ends in its error tone | NAK |
//! | ack-nak-bel | ACK | ACK, so that it does not repeat, then 3 BEL | NAK |
//! | ssi | `CMD_ACK`, one short high beep, LED | `CMD_ACK`, four short low beeps | `CMD_NAK` resend |
//! | honeywell | ESC 7 (good) | ESC 8 (razz) twice | ESC 8 four times |
//! | honeywell-ack-nak | ACK | ACK, 3 BEL | NAK |
//! | datalogic | `B` | 01 (beep) 3 times | 01 5 times |
//! | datalogic-ack-nak | ACK, `B` | ACK, 01 3 times | NAK |
//! | metrologic | ACK | NAK, and again to its five repeats | NAK |
//! | metrologic-bel | ACK | BEL: three beeps, no repeat | NAK |
//!
//! "Not recorded" means that the ledger could not write. NAK makes the scanner send the same again, and what comes is
//! handed on again; where it does not repeat of itself, the person has to, and hears the longest of the alarms. One BEL
//! of several is sent each 300 ms: a scanner that is beeping drops the next.
//!
//! The task's loop: [`Host::open`] → write; bytes → [`Host::push`]; [`Host::poll`] until `None`, and after each scan
//! commit, [`Host::verdict`] → write; [`Host::take_output`] → write; sleep until [`Host::next_deadline`] →
//! [`Host::poll_idle`]. One `Host` outlives the openings of its port.

use super::{
    frame::{FrameError, Terminator},
    reading::Scan,
};

mod answer;
pub mod datalogic;
mod framed;
pub mod honeywell;
pub mod metrologic;
mod ssi;
pub mod zebra;

use framed::Framed;
use ssi::SsiHost;

/// How a scanner wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostDialect {
    /// Nothing is sent. What every scanner does out of its box.
    #[default]
    Plain,
    /// "Beep on BEL" is on at the scanner.
    Bel,
    /// The scanner waits for ACK or NAK after each scan.
    AckNak,
    AckNakBel,
    /// The scanner waits for ENQ before each scan.
    Enq,
    AckNakEnq,
    /// Zebra's packets. The terminator does not matter.
    Ssi,
    /// Host ACK: the scanner is mute until told how to sound.
    Honeywell,
    HoneywellAckNak,
    Datalogic,
    DatalogicAckNak,
    /// ACK/NAK with five repeats.
    Metrologic,
    /// ... and "Support BEL/CAN in ACK/NAK".
    MetrologicBel,
}

impl HostDialect {
    pub const ALL: [Self; 13] = [
        Self::Plain,
        Self::Bel,
        Self::AckNak,
        Self::AckNakBel,
        Self::Enq,
        Self::AckNakEnq,
        Self::Ssi,
        Self::Honeywell,
        Self::HoneywellAckNak,
        Self::Datalogic,
        Self::DatalogicAckNak,
        Self::Metrologic,
        Self::MetrologicBel,
    ];

    /// The word in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bel => "bel",
            Self::AckNak => "ack-nak",
            Self::AckNakBel => "ack-nak-bel",
            Self::Enq => "enq",
            Self::AckNakEnq => "ack-nak-enq",
            Self::Ssi => "ssi",
            Self::Honeywell => "honeywell",
            Self::HoneywellAckNak => "honeywell-ack-nak",
            Self::Datalogic => "datalogic",
            Self::DatalogicAckNak => "datalogic-ack-nak",
            Self::Metrologic => "metrologic",
            Self::MetrologicBel => "metrologic-bel",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The scanner hears what became of a scan.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        !matches!(self, Self::Plain | Self::Enq)
    }
}

/// What became of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// In the ledger, or rightly ignored as a repeat of what is.
    Accepted,
    /// Understood, and no use: no such code, not here, not now. Sending it again would not help.
    Refused,
    /// The ledger could not write. Sending it again may help.
    NotRecorded,
}

/// One scanner's dialogue.
#[derive(Debug)]
pub struct Host {
    dialogue: Dialogue,
}

#[derive(Debug)]
enum Dialogue {
    Framed(Framed),
    Ssi(SsiHost),
}

impl Host {
    /// `idle_ms` as in [`FrameDecoder::new`](super::FrameDecoder::new).
    #[must_use]
    pub fn new(dialect: HostDialect, terminator: Terminator, idle_ms: u64) -> Self {
        let dialogue = match dialect {
            HostDialect::Ssi => Dialogue::Ssi(SsiHost::new()),
            HostDialect::Plain
            | HostDialect::Bel
            | HostDialect::AckNak
            | HostDialect::AckNakBel
            | HostDialect::Enq
            | HostDialect::AckNakEnq
            | HostDialect::Honeywell
            | HostDialect::HoneywellAckNak
            | HostDialect::Datalogic
            | HostDialect::DatalogicAckNak
            | HostDialect::Metrologic
            | HostDialect::MetrologicBel => Dialogue::Framed(Framed::new(dialect, terminator, idle_ms)),
        };
        Self { dialogue }
    }

    /// The line has been opened: forgets halves, and says what to send first.
    pub fn open(&mut self, now_ms: u64) -> Vec<u8> {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.open(now_ms),
            Dialogue::Ssi(ssi) => ssi.open(now_ms),
        }
        self.take_output()
    }

    /// Takes bytes as they came off the line; then drain [`Self::poll`] and send [`Self::take_output`].
    pub fn push(&mut self, bytes: &[u8], now_ms: u64) {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.push(bytes, now_ms),
            Dialogue::Ssi(ssi) => ssi.push(bytes, now_ms),
        }
    }

    /// The next scan. `None` until more bytes arrive, and as long as the last scan has no [`Self::verdict`].
    pub fn poll(&mut self) -> Option<Result<Scan, FrameError>> {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.poll(),
            Dialogue::Ssi(ssi) => ssi.poll(),
        }
    }

    /// What became of the last scan of [`Self::poll`], told after the commit and never before; returns what to send.
    /// Without a scan that waits, nothing happens.
    pub fn verdict(&mut self, verdict: Verdict, now_ms: u64) -> Vec<u8> {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.verdict(verdict, now_ms),
            Dialogue::Ssi(ssi) => ssi.verdict(verdict, now_ms),
        }
        self.take_output()
    }

    /// What is to be sent now: answers to repeats, beeps in a row, enquiries. Empty most of the time.
    pub fn take_output(&mut self) -> Vec<u8> {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.take_output(),
            Dialogue::Ssi(ssi) => ssi.take_output(),
        }
    }

    /// Time has passed; call at [`Self::next_deadline`], then drain [`Self::poll`] and send [`Self::take_output`].
    pub fn poll_idle(&mut self, now_ms: u64) {
        match &mut self.dialogue {
            Dialogue::Framed(framed) => framed.poll_idle(now_ms),
            Dialogue::Ssi(ssi) => ssi.poll_idle(now_ms),
        }
    }

    /// When [`Self::poll_idle`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match &self.dialogue {
            Dialogue::Framed(framed) => framed.next_deadline(),
            Dialogue::Ssi(ssi) => ssi.next_deadline(),
        }
    }

    /// Partial frames thrown away so far: a number that grows says that the terminator is set wrong.
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        match &self.dialogue {
            Dialogue::Framed(framed) => framed.discarded(),
            Dialogue::Ssi(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
