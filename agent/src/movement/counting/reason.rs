//! Why the books were wrong.

use serde::{Deserialize, Serialize};

/// Why the books were wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    MissingTransaction,
    Miscount,
    Found,
    Expired,
    Lost,
    UnitError,
    WrongBin,
}

/// Which way a reason can change the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Less,
    More,
    Either,
}

impl Reason {
    pub const ALL: [Self; 7] = [
        Self::MissingTransaction,
        Self::Miscount,
        Self::Found,
        Self::Expired,
        Self::Lost,
        Self::UnitError,
        Self::WrongBin,
    ];

    /// The words that people read and records carry.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::MissingTransaction => "a movement was not recorded",
            Self::Miscount => "an earlier count was wrong",
            Self::Found => "found",
            Self::Expired => "expired and removed",
            Self::Lost => "lost",
            Self::UnitError => "wrong unit: pieces for packs",
            Self::WrongBin => "lay in another bin",
        }
    }

    /// Lost parts are not more than before, found ones not less.
    #[must_use]
    pub const fn sign(self) -> Sign {
        match self {
            Self::Found => Sign::More,
            Self::Lost | Self::Expired => Sign::Less,
            Self::MissingTransaction | Self::Miscount | Self::UnitError | Self::WrongBin => Sign::Either,
        }
    }

    /// Whether it can explain `variance`.
    #[must_use]
    pub const fn explains(self, variance: i64) -> bool {
        match self.sign() {
            Sign::Less => variance < 0,
            Sign::More => variance > 0,
            Sign::Either => variance != 0,
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words())
    }
}
