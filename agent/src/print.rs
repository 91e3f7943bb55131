//! Labels on sheets: what stands on a label → SVG or PDF bytes, at exact physical size.
//!
//! Owns the texts of our own labels ([`text`]), the symbols ([`symbol`]), the sheets one can buy ([`sheet`]), where
//! things stand on a label ([`layout`], with [`room`] and [`lines`]) and on a page ([`page`]), and the two writers ([`svg`], [`pdf`]). Pure: no
//! file, no clock, no printer. Must not know what a scan of a label does; the station does.
//!
//! Lengths are millimetres, and what must be exact is counted in printer dots: a bar that begins between two dots is
//! printed one dot too wide or too narrow, and a code of bars a quarter of a millimetre wide does not survive that.
//!
//! Source: ISO/IEC 15417 (Code 128), 18004 (QR), 16022 (Data Matrix ECC 200), ISO 32000-1 (PDF), SVG 1.1.

pub mod code128;
pub mod csv;
pub mod font;
pub mod layout;
pub mod lines;
pub mod page;
pub mod pdf;
pub mod room;
pub mod sheet;
pub mod svg;
pub mod symbol;
pub mod text;

pub use layout::Content;
pub use lines::Letters;
pub use page::{Job, Page, PrintError, pages};
pub use room::{Dpi, Misfit};
pub use sheet::Sheet;
pub use symbol::{Symbol, SymbolError, Symbology};
pub use text::{Kind, Label, TextError};
