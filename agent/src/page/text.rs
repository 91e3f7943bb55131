//! Every sentence that people read on the page, in one place for each language.
//!
//! A section of the page has a struct here whose fields are its texts: plain ones `&'static str`, those with something to
//! fill in `fn(…) -> String`. Each language fills in the struct as a constant; what is missing there does not compile. Numbers and
//! times come in as texts that [`look::Format`] has made, so that a sentence knows no format.
//!
//! A new section: `text/name.rs` with the struct, `text/en/name.rs` and `text/de/name.rs` with the constants, a field in
//! [`Text`] and a line in `text/en.rs` and `text/de.rs`.

mod bins;
mod de;
mod door;
mod en;
mod frame;
pub mod manage;
mod problems;
mod say;
mod station;
mod work;

pub use bins::BinsText;
pub use door::DoorText;
pub use frame::FrameText;
use look::Language;
pub use manage::ManageText;
pub use problems::ProblemsText;
pub use say::SayText;
pub use station::StationText;
pub use work::WorkText;

/// All texts of a language.
#[derive(Debug)]
pub struct Text {
    pub language: Language,
    pub frame: FrameText,
    pub door: DoorText,
    pub say: SayText,
    pub station: StationText,
    pub bins: BinsText,
    pub work: WorkText,
    pub problems: ProblemsText,
    pub manage: ManageText,
}

impl Text {
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXT,
            Language::German => &de::TEXT,
        }
    }
}

#[cfg(test)]
mod tests;
