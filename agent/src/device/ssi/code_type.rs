//! The code type of decoded data: what symbol was read.
//!
//! Owns Zebra's numbers (the guide's code type table and the symbology list of the maker's scanner SDK) and which AIM
//! identifier says the same. SSI tells the symbol by number, so a scan is known to be GS1 although the scanner was
//! never told to send AIM identifiers.

use crate::device::aim::AimId;

/// Zebra's number of a symbology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeType(pub u8);

impl CodeType {
    /// The symbology's name, as [`AimId::symbology`] has it where both know the symbol; finer where the number is (UPC-A
    /// and EAN-13 are one AIM identifier). "unknown" for numbers no table lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().0
    }

    /// The AIM identifier that stands for this symbol, with the modifier of a scanner that does nothing to the data.
    /// `None` where AIM has none, or where the data are two symbols in one.
    #[must_use]
    pub const fn aim(self) -> Option<AimId> {
        match self.entry().1 {
            Some([code, modifier]) => Some(AimId { code: *code, modifier: *modifier }),
            None => None,
        }
    }

    const fn entry(self) -> (&'static str, Option<&'static [u8; 2]>) {
        match self.0 {
            0x00 => ("not-applicable", None),
            0x01 => ("code-39", Some(b"A0")),
            0x02 | 0x18 => ("codabar", Some(b"F0")),
            0x03 => ("code-128", Some(b"C0")),
            0x04 => ("d2of5", Some(b"S0")),
            0x05 => ("iata-2of5", Some(b"S0")),
            0x06 => ("itf", Some(b"I0")),
            0x07 => ("code-93", Some(b"G0")),
            0x08 => ("upc-a", Some(b"E0")),
            0x09 => ("upc-e", Some(b"E0")),
            0x0A => ("ean-8", Some(b"E4")),
            0x0B => ("ean-13", Some(b"E0")),
            0x0C => ("code-11", Some(b"H0")),
            0x0D => ("code-49", Some(b"T0")),
            0x0E => ("msi", Some(b"M0")),
            0x0F => ("gs1-128", Some(b"C1")),
            0x10 => ("upc-e1", Some(b"E0")),
            0x11 => ("pdf417", Some(b"L2")),
            0x12 => ("code-16k", Some(b"K0")),
            0x13 => ("code-39-full-ascii", Some(b"A4")),
            0x14 => ("upc-d", Some(b"X0")),
            0x15 => ("trioptic", Some(b"X0")),
            0x16 => ("bookland", Some(b"X0")),
            0x17 => ("upc-a-with-code-128", None),
            0x19 => ("isbt-128", Some(b"C0")),
            0x1A => ("micropdf417", Some(b"L2")),
            0x1B => ("datamatrix", Some(b"d1")),
            0x1C => ("qr", Some(b"Q1")),
            0x1D => ("micropdf417-cca", None),
            0x1E => ("us-postnet", Some(b"X0")),
            0x1F => ("us-planet", Some(b"X0")),
            0x20 => ("code-32", Some(b"A0")),
            0x21 => ("isbt-128-concatenated", Some(b"C4")),
            0x22 => ("japan-post", Some(b"X0")),
            0x23 => ("australia-post", Some(b"X0")),
            0x24 => ("kix", Some(b"X0")),
            0x25 => ("maxicode", Some(b"U0")),
            0x26 => ("canada-post", Some(b"X0")),
            0x27 => ("royal-mail", Some(b"X0")),
            0x28 => ("macro-pdf417", Some(b"L2")),
            0x29 => ("macro-qr", Some(b"Q1")),
            0x2C => ("micro-qr", Some(b"Q1")),
            0x2D => ("aztec", Some(b"z0")),
            0x2E => ("aztec-rune", Some(b"zC")),
            0x30 => ("gs1-databar", Some(b"e0")),
            0x31 => ("gs1-databar-limited", Some(b"e0")),
            0x32 => ("gs1-databar-expanded", Some(b"e0")),
            0x33 => ("parameter", None),
            0x34 => ("us-4state", Some(b"X0")),
            0x35 => ("upu-4state", Some(b"X0")),
            0x36 => ("issn", Some(b"X0")),
            0x37 => ("scanlet", Some(b"X0")),
            0x38 => ("cue-cat", Some(b"X0")),
            0x39 => ("matrix-2of5", Some(b"X0")),
            0x48 => ("upc-a-addon-2", Some(b"E3")),
            0x49 => ("upc-e-addon-2", Some(b"E3")),
            0x4A => ("ean-8-addon-2", None),
            0x4B => ("ean-13-addon-2", Some(b"E3")),
            0x50 => ("upc-e1-addon-2", Some(b"E3")),
            // The linear part of these is GS1 too, so the whole is element strings.
            0x51 | 0x54..=0x56 | 0x59 | 0x61 | 0x64..=0x66 => ("gs1-composite", Some(b"e0")),
            0x52 | 0x53 | 0x57 | 0x58 | 0x62 | 0x63 | 0x67 | 0x68 => ("gs1-composite", None),
            0x5A => ("tlc-39", None),
            0x69 => ("signature", None),
            0x70 => ("pdf417-parameter", None),
            0x72 => ("chinese-2of5", Some(b"X0")),
            0x73 => ("korean-3of5", Some(b"X0")),
            0x74 => ("datamatrix-parameter", None),
            0x75 => ("code-z", None),
            0x78 => ("ean-13-with-code-128", None),
            0x88 => ("upc-a-addon-5", Some(b"E3")),
            0x89 => ("upc-e-addon-5", Some(b"E3")),
            0x8A => ("ean-8-addon-5", None),
            0x8B => ("ean-13-addon-5", Some(b"E3")),
            0x90 => ("upc-e1-addon-5", Some(b"E3")),
            0x9A => ("macro-micropdf417", Some(b"L2")),
            0xA0 => ("ocr-b", None),
            0xA1 => ("ocr-a", None),
            0xB1..=0xB3 | 0xB6 => ("parsed", None),
            0xB4 => ("gs1-databar-coupon", Some(b"e0")),
            0xB7 => ("han-xin", Some(b"h0")),
            0xC1 => ("gs1-datamatrix", Some(b"d2")),
            0xC2 => ("gs1-qr", Some(b"Q3")),
            0xC3 => ("mailmark", Some(b"X0")),
            0xC4 => ("dotcode", Some(b"J0")),
            0xC8 => ("grid-matrix", Some(b"g0")),
            0xCC => ("udi", None),
            _ => ("unknown", None),
        }
    }
}
