//! Which protocol a scale speaks, told from what it sent.
//!
//! Owns the weighing of suspects: the bytes are given to every decoder, and whoever reads them best is the likeliest.
//! Some layouts are contained in others (an Ohaus line is a number, a unit and a legend), so the answer to a protocol's
//! own question goes before a chance reading, and a strict layout before a loose one. Where only that order decides, the
//! others are [`rivals`]: each may be asked, and what the scale then says, if only a complaint in its maker's words, is
//! weighed with the rest. Must not know ports or time.

use super::{
    modbus::{Map, Query},
    protocol::{Options, Protocol},
    report::{Fault, Report},
};

/// Protocols on lines, strict layouts first. What comes later reads more than its own.
const BY_STRICTNESS: [Protocol; 18] = [
    Protocol::ModbusTcp,
    Protocol::ModbusRtu,
    Protocol::ToledoContinuous,
    Protocol::Sma,
    Protocol::Nci,
    Protocol::Cas22,
    Protocol::MtSics,
    Protocol::Dini,
    Protocol::KernEoc,
    Protocol::And,
    Protocol::Cas18,
    Protocol::SartoriusSbi,
    Protocol::Radwag,
    Protocol::KernDe,
    Protocol::Adam,
    Protocol::Ohaus,
    Protocol::Toledo8217,
    Protocol::Cas10,
];

/// A protocol that reads what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    pub protocol: Protocol,
    pub options: Options,
    /// Frames that say what is on the scale, or why that is unknown.
    pub levels: u32,
    /// Frames that are none of this protocol.
    pub bad: u32,
    /// Its own question was asked, and this is the answer.
    pub answers: bool,
    /// The last of the levels.
    pub last: Report,
}

/// A question, and whose it is.
pub type Question = (Protocol, Options, Vec<u8>);

/// Variants of one protocol that only its bytes can tell apart.
fn variants(protocol: Protocol) -> Vec<Options> {
    if protocol == Protocol::ToledoContinuous {
        [true, false].map(|checksum| Options { checksum, ..Options::default() }).into()
    } else if is_modbus(protocol) {
        let of_map = |map| Options { query: Query { map, ..Query::default() }, ..Options::default() };
        Map::ALL.into_iter().map(of_map).collect()
    } else {
        vec![Options::default()]
    }
}

const fn is_modbus(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::ModbusRtu | Protocol::ModbusTcp)
}

/// What to send to find out: harmless questions only, each a request to print or read, so that a scale of another make
/// does nothing worse than to complain. The likeliest first.
#[must_use]
pub fn questions() -> Vec<Question> {
    asked(&[
        Protocol::MtSics,
        Protocol::Toledo8217,
        Protocol::Sma,
        Protocol::Nci,
        Protocol::And,
        Protocol::Dini,
        Protocol::SartoriusSbi,
        Protocol::Ohaus,
        Protocol::Adam,
        Protocol::KernDe,
        Protocol::Radwag,
        Protocol::ModbusRtu,
    ])
}

/// As [`questions`], for what is on the network: a transmitter of its own, or a server with a serial line behind it.
#[must_use]
pub fn network_questions() -> Vec<Question> {
    // A transmitter closes a connection on which it hears anything else.
    let mut questions = asked(&[Protocol::ModbusTcp]);
    questions.extend(self::questions());
    questions
}

fn asked(protocols: &[Protocol]) -> Vec<Question> {
    let ask = |protocol: &Protocol| {
        let protocol = *protocol;
        variants(protocol).into_iter().map(move |options| {
            let bytes = protocol.asking(&options).ask;
            (protocol, options, bytes)
        })
    };
    let mut questions: Vec<Question> = protocols.iter().flat_map(ask).collect();
    // Different makes share a question; asked once, it is answered by any of them.
    let mut seen: Vec<Vec<u8>> = Vec::new();
    questions.retain(|(_, _, bytes)| {
        let is_new = !seen.contains(bytes);
        seen.push(bytes.clone());
        is_new
    });
    questions
}

/// Who could have sent `bytes`, the likeliest first. `question`: what was asked just before, empty when the scale speaks
/// by itself; then `bytes` may begin anywhere. `mask_parity`: the eighth bit is not looked at.
#[must_use]
pub fn suspects(bytes: &[u8], question: &[u8], mask_parity: bool) -> Vec<Suspect> {
    let mut found = unranked(bytes, question, mask_parity);
    rank(&mut found, question.is_empty());
    found
}

fn unranked(bytes: &[u8], question: &[u8], mask_parity: bool) -> Vec<Suspect> {
    let mut found = Vec::new();
    for protocol in BY_STRICTNESS {
        for mut options in variants(protocol) {
            options.mask_parity = mask_parity;
            let answers = !question.is_empty() && protocol.asking(&options).ask == question;
            // A transmitter does not speak by itself, and one register map is not read by another.
            if is_modbus(protocol) && !answers {
                continue;
            }
            let suspect = weighed(protocol, options, answers, question.is_empty(), [bytes]);
            // Half of what came makes sense by chance in a loose layout.
            if suspect.levels > suspect.bad {
                found.push(suspect);
            }
        }
    }
    found
}

/// A HID scale that sent these reports, if it was one.
#[must_use]
pub fn hid_suspect<'bytes>(reports: impl IntoIterator<Item = &'bytes [u8]>) -> Option<Suspect> {
    let suspect = weighed(Protocol::UsbHid, Options::default(), false, false, reports);
    (suspect.levels > suspect.bad).then_some(suspect)
}

/// The likeliest first. `prefers_stream`: a protocol without a question goes before one whose question stood unanswered.
fn rank(suspects: &mut [Suspect], prefers_stream: bool) {
    // Stable: among equals strictness decides.
    suspects.sort_by_key(|suspect| {
        let is_stream = suspect.protocol.asking(&suspect.options).ask.is_empty();
        (suspect.bad, !suspect.answers, !(prefers_stream && is_stream))
    });
}

/// Those of `suspects` that nothing but the order of likelihood puts behind the first.
#[must_use]
pub fn rivals(suspects: &[Suspect]) -> Vec<Protocol> {
    let mut rivals: Vec<Protocol> = Vec::new();
    let Some(best) = suspects.first() else { return rivals };
    for other in suspects {
        let is_equal = (other.bad, other.answers) == (best.bad, best.answers);
        if is_equal && other.protocol != best.protocol && !rivals.contains(&other.protocol) {
            rivals.push(other.protocol);
        }
    }
    rivals
}

/// The suspects of an exchange in which each rival was asked its own question. `heard`: all of it from the beginning,
/// complaints among it, which only their maker's decoder knows. `answered`: the protocols whose own question got a
/// weight; of no account where the scale `speaks_by_itself`, since then any question is followed by one.
#[must_use]
pub fn weigh_again(heard: &[u8], answered: &[Protocol], speaks_by_itself: bool, mask_parity: bool) -> Vec<Suspect> {
    let mut found = unranked(heard, b"", mask_parity);
    if !speaks_by_itself {
        found.iter_mut().for_each(|suspect| suspect.answers = answered.contains(&suspect.protocol));
    }
    rank(&mut found, true);
    found
}

/// What one decoder makes of it; each piece of `pieces` is whole where the protocol says so.
fn weighed<'bytes>(
    protocol: Protocol,
    options: Options,
    answers: bool,
    may_be_cut: bool,
    pieces: impl IntoIterator<Item = &'bytes [u8]>,
) -> Suspect {
    let mut decoder = protocol.decoder(&options);
    for piece in pieces {
        decoder.push(piece);
        if protocol == Protocol::UsbHid {
            decoder.idle();
        }
    }
    let mut suspect = Suspect { protocol, options, levels: 0, bad: 0, answers, last: Report::default() };
    let mut is_first = true;
    while let Some(report) = decoder.poll() {
        match report {
            Ok(report) if says_what_lies_on_it(&report) => {
                suspect.levels += 1;
                suspect.last = report;
            }
            // A complaint is a word that many makers share.
            Ok(_) => {}
            // The tail of a frame speaks against nobody: a loose layout reads it, a strict one that sent it does not.
            Err(_) if may_be_cut && is_first => {}
            Err(_) => suspect.bad += 1,
        }
        is_first = false;
    }
    suspect
}

/// A weight, or in words of its own why there is none.
fn says_what_lies_on_it(report: &Report) -> bool {
    let in_words = matches!(report.error, Some(Fault::Overload | Fault::Underload | Fault::Unstable));
    report.weight.is_some() || report.count.is_some() || report.status_only || in_words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_question_holds_a_letter_that_zeroes_or_tares_another_makers_scale() {
        for (protocol, _, question) in network_questions() {
            // Scales that take single letters act on them wherever they stand.
            let acts = question.iter().find(|byte| matches!(byte.to_ascii_uppercase(), b'Z' | b'T' | b'C'));
            assert_eq!(acts, None, "{protocol}: {question:02x?}");
        }
    }

    #[test]
    fn the_strict_layout_goes_before_the_loose_one_that_reads_it_too() {
        for (bytes, asked, expected) in [
            (&b"S S     100.00 g\r\n"[..], &b"SI\r\n"[..], Protocol::MtSics),
            (b"\n 1G       5.025lb \r", b"\nW\r", Protocol::Sma),
            (b"\x0201.230\r", b"W", Protocol::Toledo8217),
            (b"ST,GS,     0.0,kg\r\n", b"READ\r\n", Protocol::Dini),
            (b"ST,GS   12.34kg\r\n", b"W", Protocol::KernEoc),
            (b"    12.50 kg    G  \r\n", b"IP\r\n", Protocol::Ohaus),
            (b"G     +  2.00 kg\r\n", b"P\r\n", Protocol::Adam),
        ] {
            let found = suspects(bytes, asked, false);
            assert_eq!(found.first().map(|suspect| suspect.protocol), Some(expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn noise_has_no_suspect() {
        assert_eq!(suspects(b"\x80\x00\xff\xf8\x80", b"", false), []);
        assert_eq!(suspects(b"ES\r\n", b"SI\r\n", false), [], "a complaint says nothing of the language");
        assert_eq!(suspects(b"BIN-0042\r", b"", false), [], "a scanner");
    }

    /// What is said by itself or to `complaint`'s question, with the rivals before and after that.
    #[test]
    fn rivals_are_told_apart_by_the_complaint_of_one_maker() {
        use Protocol::{Adam, And, Cas18, KernDe, KernEoc, Ohaus};
        for (stream, complaint, before, after) in [
            (&b"     207.80 g\r\n"[..], &b"ES\r\n"[..], vec![Adam, Ohaus], vec![Ohaus]),
            (b"        207.80 g\r\n", b"ES\r\n", vec![KernDe, Adam, Ohaus], vec![Ohaus]),
            (b"-      123.45 g \r\n", b"ER 01\r\n", vec![Adam, Ohaus], vec![Adam]),
            (b"ST,GS,+0012.34kg\r\n", b"EC,E1\r\n", vec![Cas18, KernEoc, And], vec![And]),
            (b"ST,GS,+0012.34kg\r\n", b"", vec![Cas18, KernEoc, And], vec![Cas18, KernEoc, And]),
        ] {
            let check = |found: &[Suspect], expect: &[Protocol]| {
                let mut named: Vec<Protocol> = found.first().map(|best| best.protocol).into_iter().collect();
                named.extend(rivals(found));
                assert_eq!(named, expect, "{} {}", stream.escape_ascii(), complaint.escape_ascii());
            };
            // From the middle of a frame, as a port is opened.
            for cut in 0..stream.len() {
                let heard = [&stream[cut..], stream, stream].concat();
                check(&suspects(&heard, b"", false), &before);
                check(&weigh_again(&[&heard, complaint, stream].concat(), &[], true, false), &after);
            }
        }
    }

    #[test]
    fn of_rivals_that_speak_only_when_asked_the_one_whose_own_question_was_answered_is_meant() {
        let frame = b"ST,GS,+0012.34kg\r\n";
        let found = suspects(frame, b"SI\r\n", false);
        assert_eq!(rivals(&found), [Protocol::And, Protocol::Cas18], "beside {}", found[0].protocol);
        let found = weigh_again(&[&frame[..], frame].concat(), &[Protocol::And], false, false);
        assert_eq!((found[0].protocol, rivals(&found)), (Protocol::And, vec![]));
        let found = weigh_again(frame, &[], false, false);
        assert_eq!(found[0].protocol, Protocol::Cas18, "it has no question that could have been answered");
    }

    #[test]
    fn who_answers_its_own_question_has_no_rival() {
        let found = suspects(b"    207.80 g\r\n", b"IP\r\n", false);
        assert_eq!((found[0].protocol, rivals(&found)), (Protocol::Ohaus, vec![]));
    }

    #[test]
    fn a_hid_device_is_a_scale_when_its_reports_are() {
        let report: &[u8] = b"\x03\x04\x02\x00\xf4\x01";
        let found = hid_suspect([report, report]).unwrap();
        assert_eq!((found.protocol, found.levels, found.bad), (Protocol::UsbHid, 2, 0));
        assert_eq!(hid_suspect([&b"\x01\x00\x05\xff\x00\x00"[..], b"\x03\x04"]), None, "a mouse");
    }
}
