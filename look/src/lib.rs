//! What the agent's page at the bin and the hub's page look like: one style sheet, the parts that pages are put together
//! from, and how numbers, times and units are written.
//!
//! Pure: values in, markup and text out. Knows no page, no route, no clock and no file. Nothing it makes is inline (no
//! `style`, no `onclick`) or from another origin, so that a page's policy can forbid both.
//!
//! - [`language`] the languages there are · [`format`] numbers, times, ages, units as the site writes them
//! - [`document`] the frame of every page · [`sign`] a state by shape and word · [`part`] cards, notices, fields, tables …
//!
//! The style sheet is [`style`]: `tokens.css` (colours, sizes; light and dark) and `components.css` (what the parts look
//! like). Phone first; what is touched is 48 px high at least, for gloves.

pub mod language;

pub mod format;

pub mod document;
pub mod part;
pub mod sign;

pub use document::Document;
pub use format::Format;
pub use language::Language;
pub use sign::Sign;

/// The style sheet that all pages share.
#[must_use]
pub const fn style() -> &'static str {
    concat!(include_str!("tokens.css"), include_str!("components.css"))
}

#[cfg(test)]
mod tests;
