//! The separator between elements when the scanner mangles it: shown as another character, or dropped.
//!
//! Owns what counts as a separator and the search for the one way to cut a payload without separators. Never guesses:
//! two ways to cut are an error, and a payload that reads as it stands is never looked at here. Must not know which
//! elements go together; whether they do is checked after the cut.

use std::borrow::Cow;

use super::application_identifier::{self, CharSet};
use super::element_string::{ELEMENTS_MAX, Element};

/// FNC1 as scanners transmit it.
const GS: u8 = 0x1D;

/// What a scanner sends between elements. GS is always understood as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
pub enum Separator {
    #[default]
    #[serde(rename = "gs")]
    Gs,
    #[serde(rename = "|")]
    Pipe,
    #[serde(rename = "~")]
    Tilde,
    #[serde(rename = "^")]
    Caret,
    #[serde(rename = "_")]
    Underscore,
    #[serde(rename = "space")]
    Space,
    #[serde(rename = "{GS}")]
    BracedGs,
    #[serde(rename = "<GS>")]
    AngledGs,
    /// U+241D, the picture of GS, in UTF-8.
    #[serde(rename = "␝")]
    ControlPicture,
}

impl Separator {
    pub const ALL: [Self; 9] = [
        Self::Gs,
        Self::Pipe,
        Self::Tilde,
        Self::Caret,
        Self::Underscore,
        Self::Space,
        Self::BracedGs,
        Self::AngledGs,
        Self::ControlPicture,
    ];

    /// By its word in the site's file: `gs`, `space`, or what the scanner sends.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gs" => Some(Self::Gs),
            "space" => Some(Self::Space),
            _ => Self::ALL.into_iter().find(|separator| separator.replacement() == name.as_bytes()),
        }
    }

    const fn replacement(self) -> &'static [u8] {
        match self {
            Self::Gs => &[GS],
            Self::Pipe => b"|",
            Self::Tilde => b"~",
            Self::Caret => b"^",
            Self::Underscore => b"_",
            Self::Space => b" ",
            Self::BracedGs => b"{GS}",
            Self::AngledGs => b"<GS>",
            Self::ControlPicture => "\u{241D}".as_bytes(),
        }
    }

    /// The length of the separator that `data` begins with; 0 if it begins with none.
    pub(super) fn len_at_start(self, data: &[u8]) -> usize {
        let replacement = self.replacement();
        if data.first() == Some(&GS) {
            1
        } else if data.starts_with(replacement) {
            replacement.len()
        } else {
            0
        }
    }

    /// How much of `data` stands before a separator, looked for no further than `limit`.
    pub(super) fn len_before(self, data: &[u8], limit: usize) -> usize {
        let limit = limit.min(data.len());
        if self == Self::Gs {
            return data[..limit].iter().position(|byte| *byte == GS).unwrap_or(limit);
        }
        (0..limit).find(|at| self.len_at_start(&data[*at..]) > 0).unwrap_or(limit)
    }
}

/// Why no cut was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRecovered {
    /// There is no way to cut it, so a lost separator is not what is wrong.
    NoSplit,
    /// There is more than one way.
    Ambiguous,
}

/// Longer payloads are not searched. The largest symbol holds 7089 digits, but labels with separators are short.
const PAYLOAD_LEN_MAX: usize = 4 * 1024;

/// Cuts `payload` into elements where separators are missing behind values of variable length. Those that are there
/// are kept to. Taken only if exactly one way satisfies every AI's length, character set and content.
///
/// Works from the end: how many ways there are from a place depends on the places behind it only, so each place is
/// looked at once and 4 KiB take some milliseconds at worst.
///
/// # Errors
/// Why it was not taken.
pub fn recover(payload: &[u8], separator: Separator) -> Result<Vec<Element<'_>>, NotRecovered> {
    if payload.is_empty() || payload.len() > PAYLOAD_LEN_MAX {
        return Err(NotRecovered::NoSplit);
    }
    let mut from = vec![Ways::None; payload.len() + 1];
    from[payload.len()] = Ways::One { value_len: 0, next: payload.len() };
    for at in (0..payload.len()).rev() {
        from[at] = ways_from(at, payload, separator, &from);
    }
    let mut elements = Vec::new();
    let mut at = 0;
    while at < payload.len() {
        match from[at] {
            Ways::None => return Err(NotRecovered::NoSplit),
            Ways::Many => return Err(NotRecovered::Ambiguous),
            Ways::One { value_len, next } => {
                let rest = &payload[at..];
                let begins = application_identifier::at_start(rest).filter(|_| elements.len() < ELEMENTS_MAX);
                let Some((ai, definition)) = begins else {
                    return Err(NotRecovered::NoSplit);
                };
                let value = &rest[ai.digits()..ai.digits() + value_len];
                elements.push(Element::new(ai, definition, Cow::Borrowed(value)));
                at = next;
            }
        }
    }
    Ok(elements)
}

/// How many ways there are to cut what begins at one place; of a single one, its first step.
#[derive(Clone, Copy)]
enum Ways {
    None,
    One { value_len: usize, next: usize },
    Many,
}

fn ways_from(at: usize, payload: &[u8], separator: Separator, from: &[Ways]) -> Ways {
    let Some((ai, definition)) = application_identifier::at_start(&payload[at..]) else {
        return Ways::None;
    };
    let value_at = at + ai.digits();
    let body = &payload[value_at..];
    // No value holds a character outside of these two sets, so none reaches beyond the first such.
    let room = separator.len_before(body, *definition.len_range().end());
    let room = body[..room].iter().position(|byte| !is_value_character(*byte)).unwrap_or(room);
    let mut found = Ways::None;
    for value_len in *definition.len_range().start()..=room {
        let end = value_at + value_len;
        let next = end + separator.len_at_start(&payload[end..]);
        if matches!(from[next], Ways::None) || !definition.accepts(&body[..value_len]) {
            continue;
        }
        if matches!(found, Ways::One { .. }) || matches!(from[next], Ways::Many) {
            return Ways::Many;
        }
        found = Ways::One { value_len, next };
    }
    found
}

fn is_value_character(byte: u8) -> bool {
    CharSet::Set82.contains(byte) || CharSet::Set39.contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expect: Result<&str, NotRecovered>) {
        let found = recover(payload.as_bytes(), Separator::Gs);
        let shown = found.map(|elements| elements.iter().map(Element::to_string).collect::<String>());
        assert_eq!(shown, expect.map(str::to_owned), "{payload}");
    }

    #[test]
    fn a_single_way_to_cut_is_taken() {
        check("01095212345678827003260131093010LOT", Ok("(01)09521234567882(7003)2601310930(10)LOT"));
        check("80080952", Err(NotRecovered::NoSplit));
        check("0109521234567882800826013112#", Err(NotRecovered::NoSplit));
        check("242123456010952123456788210A", Ok("(242)123456(01)09521234567882(10)A"));
    }

    #[test]
    fn separators_that_are_there_are_kept_to() {
        check("70032601310930\x1D10LOT", Ok("(7003)2601310930(10)LOT"));
        check("0109521234567882\x1D7003260131093010LOT", Ok("(01)09521234567882(7003)2601310930(10)LOT"));
        check("10A\x1D\x1D17260430", Err(NotRecovered::NoSplit));
        check(&"2001".repeat(ELEMENTS_MAX + 1), Err(NotRecovered::NoSplit));
    }

    #[test]
    fn two_ways_to_cut_are_an_error() {
        check("10ABCDEFGHIJ1726043021SERIAL", Err(NotRecovered::Ambiguous));
        check("10A17260430", Err(NotRecovered::Ambiguous));
    }

    #[test]
    fn a_payload_made_to_be_ambiguous_ends_soon() {
        for unit in ["10", "91", "1091", "2110", "8030", "99A", "01095212345678827003260131093010LOT"] {
            let payload = unit.repeat(PAYLOAD_LEN_MAX / unit.len());
            assert!(recover(payload.as_bytes(), Separator::Gs).is_err(), "{unit}");
        }
        assert_eq!(recover(&[b'1'; PAYLOAD_LEN_MAX + 1], Separator::Gs).err(), Some(NotRecovered::NoSplit));
    }
}
