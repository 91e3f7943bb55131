//! The label that shows what a keyboard scanner loses.
//!
//! Owns its text, both letter cases, a digit, punctuation that moves between countries' keyboards, and a GS, and reading
//! from what arrives which of them survived.

use super::GS;
use crate::device::aim::AimId;

/// What survived of [`SelfTest::LABEL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelfTest {
    /// Small letters are small, capitals are capital.
    pub case: bool,
    /// `-`, `/` and `]` are themselves.
    pub punctuation: bool,
    pub gs: bool,
}

impl SelfTest {
    /// What the label holds, as Code 128 or Data Matrix.
    pub const LABEL: &[u8] = b"aA1-/]\x1d";

    /// The longest thing still taken for a mangled label: GS may come as a word, `{GS}`.
    const LEN_MAX: usize = 12;

    /// Reads a scan of the label, however mangled. `None` when it is some other code.
    #[must_use]
    pub fn read(frame: &[u8]) -> Option<Self> {
        let (_, payload) = AimId::split(frame);
        let [first, second, b'1', rest @ ..] = payload else { return None };
        let are_letters = first.eq_ignore_ascii_case(&b'a') && second.eq_ignore_ascii_case(&b'a');
        // Two of the marks by place or by kind, or `AA1` of someone's part numbers would be a test.
        let marks = rest.iter().take(3).filter(|mark| !mark.is_ascii_alphanumeric()).count();
        if !are_letters || marks < 2 || payload.len() > Self::LEN_MAX {
            return None;
        }
        Some(Self {
            case: (*first, *second) == (b'a', b'A'),
            punctuation: rest.starts_with(b"-/]"),
            gs: rest.get(3) == Some(&GS),
        })
    }

    /// Nothing is lost.
    #[must_use]
    pub const fn is_passed(self) -> bool {
        self.case && self.punctuation && self.gs
    }

    /// What to do about what is lost; empty when nothing is.
    #[must_use]
    pub fn remedies(self) -> Vec<&'static str> {
        let mut remedies = Vec::new();
        if !self.case {
            remedies.push("letter case is lost: switch caps lock off, and case conversion in the scanner");
        }
        if !self.punctuation {
            remedies.push("punctuation is lost: set the scanner's keyboard country to USA");
        }
        if !self.gs {
            remedies.push(
                "GS is lost: switch on control characters (Ctrl+X mode) in the scanner, or better, set it to USB serial",
            );
        }
        remedies
    }
}
