//! Which protocol a scale speaks, told from what it sent.
//!
//! Owns the weighing of suspects: the bytes are given to every decoder, and whoever reads them best is the likeliest.
//! Some layouts are contained in others (an Ohaus line is a number, a unit and a legend), so a strict layout goes before
//! a loose one, and the answer to a protocol's own question before a chance reading. Must not know ports or time.

use super::{
    modbus::{Map, Query},
    protocol::{Options, Protocol},
    report::{Fault, Report},
};

/// Protocols on serial lines, strict layouts first. What comes later reads more than its own.
const BY_STRICTNESS: [Protocol; 17] = [
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
    /// The last of them.
    pub last: Report,
}

/// Variants of one protocol that only its bytes can tell apart.
fn variants(protocol: Protocol) -> Vec<Options> {
    if protocol == Protocol::ToledoContinuous {
        [true, false].map(|checksum| Options { checksum, ..Options::default() }).into()
    } else if protocol == Protocol::ModbusRtu {
        let of_map = |map| Options { query: Query { map, ..Query::default() }, ..Options::default() };
        Map::ALL.into_iter().map(of_map).collect()
    } else {
        vec![Options::default()]
    }
}

/// What to send to find out: harmless questions only, each a request to print or read, so that a scale of another make
/// does nothing worse than to complain. The likeliest first.
#[must_use]
pub fn questions() -> Vec<(Protocol, Options, Vec<u8>)> {
    const ASKED: [Protocol; 12] = [
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
    ];
    let ask = |protocol: Protocol| {
        variants(protocol).into_iter().map(move |options| {
            let bytes = protocol.asking(&options).ask;
            (protocol, options, bytes)
        })
    };
    let mut questions: Vec<(Protocol, Options, Vec<u8>)> = ASKED.into_iter().flat_map(ask).collect();
    // Different makes share a question; asked once, it is answered by any of them.
    let mut seen: Vec<Vec<u8>> = Vec::new();
    questions.retain(|(_, _, bytes)| {
        let is_new = !seen.contains(bytes);
        seen.push(bytes.clone());
        is_new
    });
    questions
}

/// Who could have sent `bytes`, the likeliest first. `asked`: what was asked just before, empty when nobody asked.
/// `mask_parity`: the eighth bit is not looked at.
#[must_use]
pub fn suspects(bytes: &[u8], asked: &[u8], mask_parity: bool) -> Vec<Suspect> {
    let mut found = Vec::new();
    for protocol in BY_STRICTNESS {
        for mut options in variants(protocol) {
            options.mask_parity = mask_parity;
            let is_answer = protocol.asking(&options).ask == asked;
            // A scale that speaks when asked does not speak by itself, and one register map is not read by another.
            if protocol == Protocol::ModbusRtu && !is_answer {
                continue;
            }
            let mut decoder = protocol.decoder(&options);
            decoder.push(bytes);
            let mut suspect = Suspect { protocol, options, levels: 0, bad: 0, last: Report::default() };
            while let Some(report) = decoder.poll() {
                match report {
                    Ok(report) if says_what_lies_on_it(&report) => {
                        suspect.levels += 1;
                        suspect.last = report;
                    }
                    // A complaint is a word that many makers share.
                    Ok(_) => {}
                    Err(_) => suspect.bad += 1,
                }
            }
            // Half of what came makes sense by chance in a loose layout.
            if suspect.levels > suspect.bad {
                found.push((is_answer, suspect));
            }
        }
    }
    // Stable: among equals strictness decides.
    found.sort_by_key(|(is_answer, suspect)| (suspect.bad, !is_answer));
    found.into_iter().map(|(_, suspect)| suspect).collect()
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
        for (protocol, _, question) in questions() {
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
}
