//! What a scanner puts in front of a code to say which symbology it was, by the setting of that scanner.
//!
//! Owns the makers' own tables (Zebra "Symbol Code Identifiers", Honeywell "Code ID") and what each entry is as an AIM
//! identifier, so that nothing behind this knows two ways to name a symbology. The makers' tables say less than AIM:
//! most have one letter for a Data Matrix with GS1 data and one without, and none tells whether a check digit was
//! verified. AIM is the setting to recommend. Must not know what a payload means beyond its length.

use super::gtin::Gtin;
use crate::device::{AimId, Scan};

/// The scanner's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prefix {
    /// The frame is the code.
    None,
    /// `]`, letter, modifier.
    #[default]
    Aim,
    /// Zebra, formerly Symbol: a letter, or `P` and two characters.
    Symbol,
    /// One character.
    Honeywell,
}

impl Prefix {
    /// By its word in the site's file.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "aim" => Self::Aim,
            "symbol" => Self::Symbol,
            "honeywell" => Self::Honeywell,
            _ => return None,
        })
    }

    /// A scan whose AIM identifier, if any, has been parted already, as this setting has it.
    #[must_use]
    pub fn strip(self, scan: Scan) -> Scan {
        if self == Self::Aim {
            return scan;
        }
        let mut frame = scan.symbology.map(|id| vec![b']', id.code, id.modifier]).unwrap_or_default();
        frame.extend_from_slice(&scan.code);
        let (symbology, code) = self.split(&frame);
        Scan { symbology, code: code.to_vec(), ..scan }
    }

    /// Parts a frame into what the prefix says and the code. A prefix that is in no table is taken for a part of the
    /// code. The symbology is `None` also for a prefix that stands for two and the code does not decide.
    #[must_use]
    pub fn split(self, frame: &[u8]) -> (Option<AimId>, &[u8]) {
        let split = match self {
            Self::None => None,
            Self::Aim => return AimId::split(frame),
            Self::Symbol => split_symbol(frame),
            Self::Honeywell => split_honeywell(frame),
        };
        match split {
            Some((family, payload)) => (family.aim(payload), payload),
            None => (None, frame),
        }
    }
}

/// What one entry of a table stands for.
#[derive(Debug, Clone, Copy)]
enum Family {
    Is(AimId),
    Ean13OrUpcA,
    Ean8,
    UpcE,
    /// One letter for all of EAN and UPC.
    EanUpc,
}

impl Family {
    const fn is([code, modifier]: [u8; 2]) -> Self {
        Self::Is(AimId { code, modifier })
    }

    fn aim(self, payload: &[u8]) -> Option<AimId> {
        const EAN_13: AimId = AimId { code: b'E', modifier: b'0' };
        const EAN_8: AimId = AimId { code: b'E', modifier: b'4' };
        const WITH_ADD_ON: AimId = AimId { code: b'E', modifier: b'3' };
        match (self, payload.len()) {
            (Self::Is(aim), _) => Some(aim),
            (Self::Ean8, 8) => Some(EAN_8),
            (Self::EanUpc, 8) => match (Gtin::parse(payload).is_ok(), Gtin::from_upc_e(payload).is_ok()) {
                (true, false) => Some(EAN_8),
                (false, true) => Some(EAN_13),
                // Both check digits fit, or none: to guess would be to book another item.
                (true, true) | (false, false) => None,
            },
            (Self::Ean13OrUpcA | Self::UpcE | Self::EanUpc, 6..=8 | 12 | 13) => Some(EAN_13),
            (Self::Ean13OrUpcA | Self::Ean8 | Self::UpcE | Self::EanUpc, _) => Some(WITH_ADD_ON),
        }
    }
}

fn split_symbol(frame: &[u8]) -> Option<(Family, &[u8])> {
    if let [b'P', b'0', which, payload @ ..] = frame {
        let family = match which {
            b'0' => Family::is(*b"d1"),
            b'1' => Family::is(*b"Q1"),
            b'2' => Family::is(*b"U0"),
            b'G' => Family::is(*b"d2"),
            b'Q' => Family::is(*b"Q3"),
            // Postal codes of many countries, Grid Matrix, Han Xin, signatures.
            b'3'..=b'9' | b'A'..=b'D' | b'H' | b'X' => Family::is(*b"X0"),
            _ => return None,
        };
        return Some((family, payload));
    }
    let (letter, payload) = frame.split_first()?;
    let family = match letter {
        b'A' => Family::EanUpc,
        b'B' => Family::is(*b"A0"),
        b'C' => Family::is(*b"F0"),
        b'D' => Family::is(*b"C0"),
        b'E' => Family::is(*b"G0"),
        b'F' => Family::is(*b"I0"),
        b'G' => Family::is(*b"S0"),
        b'H' => Family::is(*b"H0"),
        b'J' => Family::is(*b"M0"),
        b'K' => Family::is(*b"C1"),
        b'R' => Family::is(*b"e0"),
        b'X' => Family::is(*b"L2"),
        b'z' => Family::is(*b"z0"),
        // Bookland, Trioptic, coupons, Matrix 2 of 5, Chinese 2 of 5, Korean 3 of 5; T is a composite or a TLC 39, which
        // begin alike and are not both GS1.
        b'L' | b'M' | b'N' | b'S' | b'T' | b'U' | b'V' => Family::is(*b"X0"),
        _ => return None,
    };
    Some((family, payload))
}

fn split_honeywell(frame: &[u8]) -> Option<(Family, &[u8])> {
    let (letter, payload) = frame.split_first()?;
    let family = match letter {
        b'd' | b'c' => Family::Ean13OrUpcA,
        b'D' => Family::Ean8,
        b'E' => Family::UpcE,
        b'a' => Family::is(*b"F0"),
        b'b' => Family::is(*b"A0"),
        b'e' => Family::is(*b"I0"),
        b'f' => Family::is(*b"S0"),
        b'g' => Family::is(*b"M0"),
        b'h' => Family::is(*b"H0"),
        b'i' => Family::is(*b"G0"),
        b'I' => Family::is(*b"C1"),
        b'j' => Family::is(*b"C0"),
        b'l' => Family::is(*b"T0"),
        b'n' => Family::is(*b"P0"),
        b'o' => Family::is(*b"K0"),
        b'q' => Family::is(*b"O4"),
        b'V' => Family::is(*b"O6"),
        b'r' | b'R' => Family::is(*b"L2"),
        b's' => Family::is(*b"Q1"),
        b't' => Family::is(*b"B0"),
        b'w' => Family::is(*b"d1"),
        b'x' => Family::is(*b"U0"),
        b'y' | b'{' | b'}' => Family::is(*b"e0"),
        b'z' => Family::is(*b"z0"),
        b'.' => Family::is(*b"J0"),
        // Postal codes (A B C J K L M N P Q ? ,), Grid Matrix, Han Xin, OCR, TLC 39, PosiCode, NEC and Matrix 2 of 5,
        // Code 32, Trioptic, VeriCode, merged coupons.
        b'A'..=b'C' | b'H' | b'J'..=b'Q' | b'T' | b'W'..=b'Y' | b'm' | b'v' | b'<' | b'=' | b';' | b'?' | b',' => {
            Family::is(*b"X0")
        }
        _ => return None,
    };
    Some((family, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: Prefix, frame: &str, symbology: Option<&str>, payload: &str) {
        let (found, rest) = prefix.split(frame.as_bytes());
        assert_eq!((found.map(AimId::symbology), rest), (symbology, payload.as_bytes()), "{prefix:?} {frame}");
    }

    #[test]
    fn each_setting_takes_its_own_prefix_only() {
        check(Prefix::None, "]C1010", None, "]C1010");
        check(Prefix::Aim, "]C1010", Some("gs1-128"), "010");
        check(Prefix::Aim, "K010", None, "K010");
        check(Prefix::Symbol, "K010", Some("gs1-128"), "010");
        check(Prefix::Symbol, "]C1010", None, "]C1010");
        check(Prefix::Honeywell, "I010", Some("gs1-128"), "010");
        check(Prefix::Honeywell, "]C1010", None, "]C1010");
    }

    #[test]
    fn zebra_names_matrix_codes_by_three_characters() {
        check(Prefix::Symbol, "P00[)>", Some("datamatrix"), "[)>");
        check(Prefix::Symbol, "P01HELLO", Some("qr"), "HELLO");
        check(Prefix::Symbol, "P0G01", Some("gs1-datamatrix"), "01");
        check(Prefix::Symbol, "P0Q01", Some("gs1-qr"), "01");
        check(Prefix::Symbol, "P02X", Some("maxicode"), "X");
        check(Prefix::Symbol, "XTEXT", Some("pdf417"), "TEXT");
        check(Prefix::Symbol, "zTEXT", Some("aztec"), "TEXT");
    }

    #[test]
    fn an_unknown_prefix_belongs_to_the_code() {
        for frame in ["", "P", "P0", "P0z1", "P10X", "Y1", "1A", "\u{e9}"] {
            check(Prefix::Symbol, frame, None, frame);
        }
        for frame in ["", "1A", "F1", "\u{e9}", "k1"] {
            check(Prefix::Honeywell, frame, None, frame);
        }
    }

    #[test]
    fn the_length_tells_the_members_of_ean_and_upc_apart() {
        for prefix in ["A", "d"] {
            let setting = if prefix == "A" { Prefix::Symbol } else { Prefix::Honeywell };
            check(setting, &format!("{prefix}4006381333931"), Some("ean-13"), "4006381333931");
            check(setting, &format!("{prefix}036000291452"), Some("ean-13"), "036000291452");
            check(setting, &format!("{prefix}400638133393112"), Some("ean-upc-with-addon"), "400638133393112");
        }
        check(Prefix::Honeywell, "D96385074", Some("ean-8"), "96385074");
        check(Prefix::Honeywell, "E01234505", Some("ean-13"), "01234505");
        check(Prefix::Honeywell, "D9638507412", Some("ean-upc-with-addon"), "9638507412");
    }

    #[test]
    fn eight_digits_under_one_letter_are_decided_by_the_check_digit_or_not_at_all() {
        check(Prefix::Symbol, "A96385074", Some("ean-8"), "96385074");
        check(Prefix::Symbol, "A06543217", Some("ean-13"), "06543217");
        check(Prefix::Symbol, "A12345670", None, "12345670");
        check(Prefix::Symbol, "A96385075", None, "96385075");
    }

    #[test]
    fn the_setting_has_the_names_of_the_configuration() {
        for (name, prefix) in [
            ("\"none\"", Prefix::None),
            ("\"aim\"", Prefix::Aim),
            ("\"symbol\"", Prefix::Symbol),
            ("\"honeywell\"", Prefix::Honeywell),
        ] {
            assert_eq!(serde_json::from_str::<Prefix>(name).unwrap(), prefix);
        }
    }
}
