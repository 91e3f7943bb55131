//! What a verdict becomes in each dialect that has no packets: the table of [`scanner_host`](super) as code.

use super::{HostDialect, Verdict, datalogic, honeywell, metrologic, zebra};

/// What to send, and how to treat what comes back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    /// Sent at once.
    pub(super) bytes: Vec<u8>,
    /// A beep sent several times, with pauses.
    pub(super) ring: u8,
    pub(super) rings: u8,
    /// How often the scanner will send the same again on this answer; answered alike, and not handed on.
    pub(super) repeats: u8,
}

impl Answer {
    fn bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), ..Self::default() }
    }

    const fn ringing(mut self, ring: u8, rings: u8) -> Self {
        self.ring = ring;
        self.rings = rings;
        self
    }

    const fn repeated(mut self, repeats: u8) -> Self {
        self.repeats = repeats;
        self
    }
}

/// How a dialect answers. `is_menu_refused`: a Honeywell that did not know what it was told at the opening.
pub(super) fn answer(dialect: HostDialect, verdict: Verdict, is_menu_refused: bool) -> Answer {
    let ack = || Answer::bytes(&[zebra::ACK]);
    let nak = || Answer::bytes(&[zebra::NAK]);
    let alarms = |ring| {
        let rings = match verdict {
            Verdict::Accepted => 1,
            Verdict::Refused => 3,
            Verdict::NotRecorded => 5,
        };
        Answer::default().ringing(ring, rings)
    };
    match (dialect, verdict) {
        (HostDialect::Plain | HostDialect::Enq | HostDialect::Ssi, _) => Answer::default(),
        (HostDialect::Bel, _) => alarms(zebra::BEL),
        (
            HostDialect::AckNak
            | HostDialect::AckNakEnq
            | HostDialect::AckNakBel
            | HostDialect::Metrologic
            | HostDialect::MetrologicBel
            | HostDialect::HoneywellAckNak,
            Verdict::Accepted,
        ) => ack(),
        (
            HostDialect::AckNak
            | HostDialect::AckNakEnq
            | HostDialect::AckNakBel
            | HostDialect::Metrologic
            | HostDialect::MetrologicBel
            | HostDialect::HoneywellAckNak
            | HostDialect::DatalogicAckNak,
            Verdict::NotRecorded,
        ) => nak(),
        (HostDialect::AckNak | HostDialect::AckNakEnq, Verdict::Refused) => nak().repeated(zebra::NAK_REPEATS),
        (HostDialect::HoneywellAckNak, Verdict::Refused) if is_menu_refused => nak().repeated(zebra::NAK_REPEATS),
        (HostDialect::AckNakBel | HostDialect::HoneywellAckNak, Verdict::Refused) => ack().ringing(zebra::BEL, 3),
        (HostDialect::Metrologic, Verdict::Refused) => nak().repeated(metrologic::NAK_REPEATS),
        (HostDialect::MetrologicBel, Verdict::Refused) => Answer::bytes(&[metrologic::BEL]),
        (HostDialect::Honeywell, _) if is_menu_refused => alarms(zebra::BEL),
        (HostDialect::Honeywell, Verdict::Accepted) => Answer::bytes(honeywell::GOOD),
        (HostDialect::Honeywell, Verdict::Refused) => Answer::bytes(&honeywell::RAZZ.repeat(2)),
        (HostDialect::Honeywell, Verdict::NotRecorded) => Answer::bytes(&honeywell::RAZZ.repeat(4)),
        (HostDialect::Datalogic, Verdict::Accepted) => Answer::bytes(&[datalogic::BEEP]),
        (HostDialect::Datalogic, Verdict::Refused | Verdict::NotRecorded) => alarms(datalogic::FORCE_BEEP),
        (HostDialect::DatalogicAckNak, Verdict::Accepted) => Answer::bytes(&[zebra::ACK, datalogic::BEEP]),
        (HostDialect::DatalogicAckNak, Verdict::Refused) => ack().ringing(datalogic::FORCE_BEEP, 3),
    }
}
