//! The languages that pages speak.

use std::{fmt, str::FromStr};

/// A language, by its tag of BCP 47.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    #[default]
    English,
    German,
}

/// A tag that is no language of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLanguage;

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// `en`, `de`
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself: whoever cannot read the page finds theirs.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(UnknownLanguage)
    }
}

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no language of the page; write en or de")
    }
}

impl std::error::Error for UnknownLanguage {}
