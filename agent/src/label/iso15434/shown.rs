//! Separators that a keyboard wedge made visible, turned back into themselves.
//!
//! Owns telling from the header how they were shown. Must not repair anything else.

use std::borrow::Cow;

use super::{EOT, GS, Indicator, RS};

/// How the separators came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    AsSent,
    /// U+2404, U+241C … U+241F, in UTF-8.
    Pictures,
    /// A keyboard that drops the Ctrl of Ctrl-], Ctrl-^ and Ctrl-D.
    Keys,
}

impl Shown {
    /// Decided by the separators around the first indicator alone: farther on the same characters may be data.
    pub(super) fn of(after_header: &[u8]) -> Self {
        const PICTURE_OF_RS: &[u8] = "\u{241E}".as_bytes();
        const PICTURE_OF_GS: &[u8] = "\u{241D}".as_bytes();
        if after_header.starts_with(PICTURE_OF_RS) {
            return Self::Pictures;
        }
        let after_rs = after_header.strip_prefix(b"^").unwrap_or(after_header);
        match Indicator::split(after_rs) {
            Some((_, [b']', ..])) => Self::Keys,
            Some(_) if after_header.starts_with(b"^") => Self::Keys,
            Some((_, rest)) if rest.starts_with(PICTURE_OF_GS) => Self::Pictures,
            Some(_) | None => Self::AsSent,
        }
    }

    /// Borrowed when nothing had to be replaced.
    pub(super) fn to_controls(self, shown: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::AsSent => Cow::Borrowed(shown),
            Self::Pictures => {
                let mut controls = Vec::with_capacity(shown.len());
                let mut rest = shown;
                while let Some((&byte, after)) = rest.split_first() {
                    if let [0xE2, 0x90, low @ (0x84 | 0x9C..=0x9F), after @ ..] = rest {
                        controls.push(low - 0x80);
                        rest = after;
                    } else {
                        controls.push(byte);
                        rest = after;
                    }
                }
                Cow::Owned(controls)
            }
            Self::Keys => {
                let mut controls: Vec<u8> = shown
                    .iter()
                    .map(|byte| match byte {
                        b']' => GS,
                        b'^' => RS,
                        other => *other,
                    })
                    .collect();
                // No format is one character long, so this is the key of the EOT.
                if let [.., RS, last @ (b'D' | b'd')] = controls.as_mut_slice() {
                    *last = EOT;
                }
                Cow::Owned(controls)
            }
        }
    }
}
