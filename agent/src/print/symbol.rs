//! A text as a symbol: which modules are dark, and how much white must stay around them.
//!
//! Owns what the three symbologies need to be read (smallest module, quiet zone, error correction) and what they can
//! hold. Must not know labels. QR by `qrcodegen`, Data Matrix by `datamatrix`, Code 128 by [`super::code128`].
//! Source: ISO/IEC 15417, 18004, 16022; the smallest modules are what hand scanners of any make read off office and
//! thermal printers (GS1 General Specifications, figure 5.12.3-1: 0.25 mm linear, 0.38 mm for 2D in general use).

use std::{fmt, str::FromStr};

use datamatrix::{DataMatrixBuilder, SymbolList};
use qrcodegen::{QrCode, QrCodeEcc};

use super::code128;

/// The longest text in a symbol, in bytes: a longer one is no label but a document, and Code 128 ends far before.
pub const TEXT_LEN_MAX: usize = 256;

/// How a text becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// Bars: read by every scanner, ASCII only, wide.
    Code128,
    /// Square, with error correction level M: any text, also read by telephones.
    Qr,
    /// Square, ECC 200: ASCII, the smallest.
    DataMatrix,
}

/// Dark and light modules, row by row, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    symbology: Symbology,
    /// Modules in a row.
    width: u32,
    /// Rows; one for bars, whose height the layout chooses.
    height: u32,
    dark: Vec<bool>,
}

/// Dark modules side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub x: u32,
    pub y: u32,
    pub len: u32,
}

/// Why a text cannot be such a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    #[error("code is empty; give a text")]
    Empty,
    #[error("code has {len} bytes, at most {TEXT_LEN_MAX} are read back reliably; shorten it")]
    TooLong { len: usize },
    #[error("{symbology} has no {found:?}, only ASCII; use --symbol qr")]
    Letter { symbology: Symbology, found: char },
    #[error("code does not fit into a {symbology}; shorten it")]
    Full { symbology: Symbology },
}

/// No symbology has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such symbol: {0:?}; there are code128, qr, datamatrix")]
pub struct UnknownSymbology(String);

impl Symbology {
    pub const ALL: [Self; 3] = [Self::Code128, Self::Qr, Self::DataMatrix];

    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code128 => "code128",
            Self::Qr => "qr",
            Self::DataMatrix => "datamatrix",
        }
    }

    /// The narrowest module that is printed, in millimetres.
    #[must_use]
    pub const fn module_min(self) -> f64 {
        match self {
            Self::Code128 => 0.25,
            Self::Qr | Self::DataMatrix => 0.38,
        }
    }

    /// The widest module, in millimetres: beyond it a hand scanner held near no longer sees the whole symbol.
    #[must_use]
    pub const fn module_max(self) -> f64 {
        match self {
            Self::Code128 => 0.5,
            Self::Qr | Self::DataMatrix => 1.0,
        }
    }

    /// White modules on each side: all four of a square, left and right of bars.
    #[must_use]
    pub const fn quiet(self) -> u32 {
        match self {
            Self::Code128 => 10,
            Self::Qr => 4,
            // The standard asks for one; two, because the next thing is a cutting edge.
            Self::DataMatrix => 2,
        }
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Code128 => "Code 128",
            Self::Qr => "QR code",
            Self::DataMatrix => "Data Matrix",
        })
    }
}

impl FromStr for Symbology {
    type Err = UnknownSymbology;

    fn from_str(name: &str) -> Result<Self, UnknownSymbology> {
        Self::ALL
            .into_iter()
            .find(|symbology| symbology.name() == name)
            .ok_or_else(|| UnknownSymbology(name.to_owned()))
    }
}

impl Symbol {
    /// The smallest symbol of its kind that holds the text.
    ///
    /// # Errors
    /// [`SymbolError`] with the way out.
    pub fn encode(symbology: Symbology, text: &str) -> Result<Self, SymbolError> {
        match text.len() {
            0 => return Err(SymbolError::Empty),
            len if len > TEXT_LEN_MAX => return Err(SymbolError::TooLong { len }),
            _ => {}
        }
        match symbology {
            Symbology::Code128 => Self::bars(text),
            Symbology::Qr => Self::qr(text),
            Symbology::DataMatrix => Self::data_matrix(text),
        }
    }

    fn bars(text: &str) -> Result<Self, SymbolError> {
        let symbology = Symbology::Code128;
        ascii(symbology, text)?;
        let dark = code128::modules(text).ok_or(SymbolError::Full { symbology })?;
        let width = u32::try_from(dark.len()).map_err(|_| SymbolError::Full { symbology })?;
        Ok(Self { symbology, width, height: 1, dark })
    }

    fn qr(text: &str) -> Result<Self, SymbolError> {
        let symbology = Symbology::Qr;
        // Higher than M where that costs no larger symbol: the library raises it by itself.
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| SymbolError::Full { symbology })?;
        let size = code.size();
        let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).map(|(x, y)| code.get_module(x, y)).collect();
        let side = u32::try_from(size).map_err(|_| SymbolError::Full { symbology })?;
        Ok(Self { symbology, width: side, height: side, dark })
    }

    fn data_matrix(text: &str) -> Result<Self, SymbolError> {
        let symbology = Symbology::DataMatrix;
        ascii(symbology, text)?;
        let builder = DataMatrixBuilder::new().with_macros(false);
        let builder = builder.with_symbol_list(SymbolList::default().enforce_square());
        let code = builder.encode(text.as_bytes()).map_err(|_| SymbolError::Full { symbology })?;
        let bitmap = code.bitmap();
        let side = |len: usize| u32::try_from(len).map_err(|_| SymbolError::Full { symbology });
        let (width, height) = (side(bitmap.width())?, side(bitmap.height())?);
        Ok(Self { symbology, width, height, dark: bitmap.bits().to_vec() })
    }

    #[must_use]
    pub const fn symbology(&self) -> Symbology {
        self.symbology
    }

    /// Modules in a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows of modules; one for bars.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The dark modules, as few pieces as rows allow.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let rows = self.dark.chunks(usize::try_from(self.width.max(1)).unwrap_or(usize::MAX));
        for (y, row) in (0..).zip(rows) {
            for (x, _) in (0..).zip(row).filter(|(_, dark)| **dark) {
                match runs.last_mut() {
                    Some(run) if run.y == y && run.x + run.len == x => run.len += 1,
                    Some(_) | None => runs.push(Run { x, y, len: 1 }),
                }
            }
        }
        runs
    }
}

fn ascii(symbology: Symbology, text: &str) -> Result<(), SymbolError> {
    text.chars().find(|c| !c.is_ascii()).map_or(Ok(()), |found| Err(SymbolError::Letter { symbology, found }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_outside_ascii_are_refused_by_name_with_the_way_out() {
        let refusal = Symbol::encode(Symbology::Code128, "BW:BIN:Schäkel").unwrap_err();
        assert_eq!(refusal.to_string(), "Code 128 has no 'ä', only ASCII; use --symbol qr");
        assert!(Symbol::encode(Symbology::DataMatrix, "Schäkel").is_err());
        assert!(Symbol::encode(Symbology::Qr, "Schäkel").is_ok());
    }

    #[test]
    fn empty_and_endless_texts_are_refused() {
        for symbology in Symbology::ALL {
            assert_eq!(Symbol::encode(symbology, ""), Err(SymbolError::Empty));
            assert_eq!(Symbol::encode(symbology, &"A".repeat(257)), Err(SymbolError::TooLong { len: 257 }));
            assert!(Symbol::encode(symbology, &"~".repeat(256)).is_ok());
        }
    }

    #[test]
    fn a_bin_label_is_as_small_as_its_symbology_allows() {
        for (symbology, width, height) in
            [(Symbology::Code128, 11 * 13 + 13, 1), (Symbology::Qr, 21, 21), (Symbology::DataMatrix, 16, 16)]
        {
            let symbol = Symbol::encode(symbology, "BW:BIN:A-01").unwrap();
            assert_eq!((symbol.width(), symbol.height()), (width, height), "{symbology}");
        }
    }

    #[test]
    fn runs_are_the_dark_modules() {
        let symbol =
            Symbol { symbology: Symbology::Qr, width: 3, height: 2, dark: vec![true, true, false, true, false, true] };
        let run = |x, y, len| Run { x, y, len };
        assert_eq!(symbol.runs(), [run(0, 0, 2), run(0, 1, 1), run(2, 1, 1)]);
    }
}
