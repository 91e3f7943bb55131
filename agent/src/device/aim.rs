//! The AIM symbology identifier in front of a scan: `]`, a letter, a modifier (ISO/IEC 15424).
//!
//! Owns telling the identifier from the payload and what it says about the symbol. It is the only reliable sign that a
//! code is GS1 (FNC1 in first place is never transmitted), which is why sites are told to switch it on. Must not know
//! what the payload means: that is `label/`.

/// The letter and the modifier; the `]` is implied. Both are ASCII by construction of [`AimId::split`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AimId {
    pub code: u8,
    pub modifier: u8,
}

impl AimId {
    /// Parts a frame into identifier and payload. A `]` that is not followed by a letter and a letter or digit belongs
    /// to the payload: scanners with the identifier switched off send codes that begin with `]` too.
    #[must_use]
    pub const fn split(frame: &[u8]) -> (Option<Self>, &[u8]) {
        match frame {
            [b']', code, modifier, payload @ ..] if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
                (Some(Self { code: *code, modifier: *modifier }), payload)
            }
            _ => (None, frame),
        }
    }

    /// The symbology's name, "unknown" for letters no standard or vendor table lists.
    #[must_use]
    pub const fn symbology(self) -> &'static str {
        match (self.code, self.modifier) {
            (b'A', _) => "code-39",
            (b'C', b'1') => "gs1-128",
            (b'C', b'2') => "code-128-fnc1-second",
            (b'C', b'4') => "isbt-128",
            (b'C', _) => "code-128",
            (b'E', b'1') => "ean-upc-addon-2",
            (b'E', b'2') => "ean-upc-addon-5",
            (b'E', b'3') => "ean-upc-with-addon",
            (b'E', b'4') => "ean-8",
            (b'E', _) => "ean-13",
            (b'F', _) => "codabar",
            (b'G', _) => "code-93",
            (b'H', _) => "code-11",
            (b'I', b'1') => "itf-14",
            (b'I', _) => "itf",
            (b'J', b'1') => "gs1-dotcode",
            (b'J', _) => "dotcode",
            (b'L', _) => "pdf417",
            (b'M', _) => "msi",
            (b'Q', b'0') => "qr-model1",
            (b'Q', b'2') => "qr-eci",
            (b'Q', b'3') => "gs1-qr",
            (b'Q', b'4') => "gs1-qr-eci",
            (b'Q', b'5') => "qr-fnc1-second",
            (b'Q', b'6') => "qr-fnc1-second-eci",
            (b'Q', _) => "qr",
            (b'S', _) => "d2of5",
            (b'U', _) => "maxicode",
            (b'X', _) => "other",
            (b'd', b'0') => "datamatrix-ecc000-140",
            (b'd', b'2') => "gs1-datamatrix",
            (b'd', b'3') => "datamatrix-fnc1-second",
            (b'd', b'4') => "datamatrix-eci",
            (b'd', b'5') => "gs1-datamatrix-eci",
            (b'd', b'6') => "datamatrix-fnc1-second-eci",
            (b'd', _) => "datamatrix",
            (b'e', b'0') => "gs1-databar",
            (b'e', _) => "gs1-composite",
            (b'z', b'C') => "aztec-rune",
            (b'z', _) => "aztec",
            _ => "unknown",
        }
    }

    /// The payload is GS1 element strings: FNC1 stood first.
    #[must_use]
    pub const fn is_gs1(self) -> bool {
        matches!(
            (self.code, self.modifier),
            (b'C' | b'J', b'1') | (b'd', b'2' | b'5') | (b'Q', b'3' | b'4') | (b'e', _)
        )
    }

    /// The payload carries `\nnnnnn` code page escapes and doubled backslashes.
    #[must_use]
    pub const fn has_eci_escapes(self) -> bool {
        matches!((self.code, self.modifier), (b'd', b'4'..=b'6') | (b'Q', b'2' | b'4' | b'6'))
    }

    /// The scanner expanded full-ASCII pairs (Code 39 only).
    #[must_use]
    pub const fn is_full_ascii(self) -> bool {
        matches!((self.code, self.modifier), (b'A', b'4' | b'5' | b'7'))
    }

    /// The scanner verified the optional check character (Code 39 and ITF, where it is optional).
    #[must_use]
    pub const fn check_validated(self) -> bool {
        matches!((self.code, self.modifier), (b'A', b'1' | b'3' | b'5' | b'7') | (b'I', b'1' | b'3'))
    }

    /// ... and did not send it, so the payload is one character shorter than the label shows.
    #[must_use]
    pub const fn check_stripped(self) -> bool {
        matches!((self.code, self.modifier), (b'A', b'3' | b'7') | (b'I', b'3'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_parted_from_the_payload() {
        let (id, payload) = AimId::split(b"]C10109521234567882");
        assert_eq!(id.map(AimId::symbology), Some("gs1-128"));
        assert_eq!(payload, b"0109521234567882");
        assert_eq!(AimId::split(b"]d1"), (Some(AimId { code: b'd', modifier: b'1' }), &b""[..]));
    }

    #[test]
    fn a_bracket_that_names_no_symbology_stays_in_the_payload() {
        for frame in [&b"](x)y"[..], b"]", b"]C", b"]1A", b"]C-", b"A]C1", b"", b"]\xC31"] {
            assert_eq!(AimId::split(frame), (None, frame));
        }
    }

    #[test]
    fn the_modifier_tells_kinds_of_one_symbology_apart() {
        let told = |id: &[u8; 2]| {
            let id = AimId { code: id[0], modifier: id[1] };
            (id.symbology(), id.check_validated(), id.check_stripped())
        };
        assert_eq!(told(b"I0"), ("itf", false, false));
        assert_eq!(told(b"I1"), ("itf-14", true, false));
        assert_eq!(told(b"I3"), ("itf", true, true));
        assert_eq!(told(b"A4"), ("code-39", false, false));
        assert_eq!(told(b"A7"), ("code-39", true, true));
        assert_eq!(told(b"Y0"), ("unknown", false, false));
    }

    #[test]
    fn gs1_is_said_by_the_identifier_alone() {
        for gs1 in ["C1", "d2", "d5", "Q3", "Q4", "e0", "e1", "J1"] {
            assert!(AimId { code: gs1.as_bytes()[0], modifier: gs1.as_bytes()[1] }.is_gs1(), "{gs1}");
        }
        for plain in ["C0", "C2", "d1", "d3", "Q1", "Q5", "E0", "J0", "I1", "z1"] {
            assert!(!AimId { code: plain.as_bytes()[0], modifier: plain.as_bytes()[1] }.is_gs1(), "{plain}");
        }
    }
}
