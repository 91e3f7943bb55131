//! How wide a text is in the two faces every PDF reader brings, and which bytes they know.
//!
//! Owns the widths of Helvetica and Helvetica Bold, their Windows-1252 bytes, and what happens to a line that is too long:
//! smaller down to a limit, then cut. Arial and Liberation Sans have the same widths, so an SVG is measured by them as
//! well. Source: Adobe's Core 14 AFM files; ISO 32000-1 annex D.2.

/// Sizes are the height of an em in millimetres. Five points: below, a line on thermal paper is a smear.
pub const SIZE_MIN: f64 = 1.77;

/// One line to the next, per em.
pub const LINE: f64 = 1.2;

/// From the baseline up to the top of a capital, per em.
pub const CAPITAL: f64 = 0.72;

const ELLIPSIS: char = '…';

/// What a letter is taken for that the faces do not know: as wide as it is high, which no letter exceeds.
const UNKNOWN: u16 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Regular,
    Bold,
}

/// The text as it will stand, and how high an em is.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub text: String,
    pub size: f64,
    pub width: f64,
}

impl Face {
    /// Millimetres that `text` takes at `size`.
    #[must_use]
    pub fn width(self, text: &str, size: f64) -> f64 {
        let thousandths: u64 = text.chars().map(|c| u64::from(self.advance(c))).sum();
        #[expect(clippy::cast_precision_loss, reason = "a line of 2^53 thousandths does not exist")]
        let ems = thousandths as f64 / 1_000.0;
        ems * size
    }

    /// `text` within `width`: at `size`, else smaller, else cut with an ellipsis. `None` when not even that fits.
    #[must_use]
    pub fn fit(self, text: &str, size: f64, width: f64) -> Option<Fitted> {
        let wide = self.width(text, size);
        // Half a thousandth of slack: a text that fits exactly must not be cut over a rounding.
        let smaller = if wide > width { size * width / wide * 0.999_5 } else { size };
        if smaller >= SIZE_MIN {
            return Some(Fitted { text: text.to_owned(), size: smaller, width: self.width(text, smaller) });
        }
        let mut cut: String = text.to_owned();
        while cut.pop().is_some() {
            let kept = cut.trim_end();
            let shown = format!("{kept}{ELLIPSIS}");
            let wide = self.width(&shown, SIZE_MIN);
            if wide <= width && !kept.is_empty() {
                return Some(Fitted { text: shown, size: SIZE_MIN, width: wide });
            }
        }
        None
    }

    /// Thousandths of an em.
    fn advance(self, c: char) -> u16 {
        let table = match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        };
        let place = win_ansi(c).and_then(|byte| usize::from(byte).checked_sub(32));
        place.and_then(|place| table.get(place)).copied().unwrap_or(UNKNOWN)
    }
}

/// The byte of a letter in the faces' encoding; `None` for a letter they do not have.
#[must_use]
pub fn win_ansi(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => (0x80..).zip(UPPER).find(|(_, known)| *known == Some(c)).map(|(byte, _)| byte),
    }
}

/// Bytes 0x80 to 0x9f.
#[rustfmt::skip]
const UPPER: [Option<char>; 32] = [
    Some('€'), None, Some('‚'), Some('ƒ'), Some('„'), Some('…'), Some('†'), Some('‡'),
    Some('ˆ'), Some('‰'), Some('Š'), Some('‹'), Some('Œ'), None, Some('Ž'), None,
    None, Some('‘'), Some('’'), Some('“'), Some('”'), Some('•'), Some('–'), Some('—'),
    Some('˜'), Some('™'), Some('š'), Some('›'), Some('œ'), None, Some('ž'), Some('Ÿ'),
];

#[rustfmt::skip]
const REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350,
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 350,
    556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font_files() {
        for (face, text, thousandths) in [
            (Face::Regular, "A", 667.0),
            (Face::Regular, "Wi", 944.0 + 222.0),
            (Face::Bold, "i", 278.0),
            (Face::Regular, "€", 556.0),
            (Face::Bold, "ÿ", 556.0),
            (Face::Regular, "螺", 1_000.0),
        ] {
            assert!((face.width(text, 1_000.0) - thousandths).abs() < 1e-6, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_shrunk_then_cut() {
        let width = Face::Bold.width("A-01", 8.0);
        let fit = |text: &str, width| Face::Bold.fit(text, 8.0, width);
        assert_eq!(fit("A-01", width + 0.01).unwrap().size, 8.0);
        let half = fit("A-01", width / 2.0).unwrap();
        assert!(half.text == "A-01" && (3.9..=4.0).contains(&half.size) && half.width <= width / 2.0);
        let cut = fit("Shelf in the far corner", 10.0).unwrap();
        assert!(cut.text.ends_with('…') && cut.size == SIZE_MIN && cut.width <= 10.0, "{cut:?}");
        assert_eq!(fit("Shelf", 1.0), None);
    }

    #[test]
    fn letters_have_the_byte_of_windows_1252() {
        for (c, byte) in
            [('A', Some(65)), ('ä', Some(0xe4)), ('€', Some(0x80)), ('™', Some(0x99)), ('螺', None), ('\t', None)]
        {
            assert_eq!(win_ansi(c), byte, "{c}");
        }
    }
}
