//! Which protocol a scale speaks, told from what it sent.
//!
//! Owns the weighing of suspects: the bytes are given to every decoder, and whoever reads them best is the likeliest.
//! Some layouts are contained in others (an Ohaus line is a number, a unit and a legend), so a strict layout goes before
//! a loose one, and the answer to a protocol's own question before a chance reading. Must not know ports or time.

use super::{
    modbus::{Map, Query},
    protocol::{Options, Protocol},
    report::Report,
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
                    Ok(report) if report.error.is_some_and(super::Fault::is_misunderstanding) => {}
                    Ok(report) if report.speaks_of_level() => {
                        suspect.levels += 1;
                        suspect.last = report;
                    }
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
