//! The rules a fact, a cell or a file can break, each with the values that make it one of many.
//!
//! Closed, so that a page can say any of them in its viewer's language. What the log, the command line and the API say is
//! the English of [`words`], and so is what is written as JSON: `rule` and `remedy`. Must not know where it was broken:
//! that is the [`Refusal`](super::refusal::Refusal)'s field or the fault's line.

#[cfg(test)]
pub(crate) mod samples;
pub mod words;

use std::fmt;

use gateway_proto::{
    name::{FeedName, ItemCode, NameError},
    place::{Place, PlaceError},
};
use look::Language;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use words::Said;

use super::{
    fact::Kind,
    row::Column,
    unit::{Unit, UnitError},
};
use crate::label::gtin::KeyError;

/// A broken rule. It has one way out, which [`words`] say with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    // Cells.
    /// Nothing stands where something has to.
    Empty(Wanted),
    /// The cell is no value of its kind.
    Misread(Misread),
    /// The number is no quantity.
    NoQuantity {
        units: u64,
    },
    NotWhole,
    TooManyDigits,
    /// Decimals and thousands look alike.
    Comma,
    NoGrams,
    /// Finer than a microgram.
    TooFine,
    /// More grams than fit.
    TooHeavyToKeep,
    NoShare,
    /// None of the words that the column knows.
    NoWord {
        words: Vec<&'static str>,
    },

    // Facts by themselves.
    /// Begins as command labels do.
    Command,
    /// No whole number of base units that a code may stand for.
    Factor {
        max: u64,
    },
    /// A GTIN that a company gave out for itself.
    GtinRestricted,
    NoGtin(KeyError),
    NoPieceWeight,
    PieceSpread,
    PieceSample,
    /// Says of a piece's weight what the weight itself does not.
    WithoutWeight,
    AboveQuantities,
    MinAboveMax {
        min: u64,
        max: u64,
        /// The field of the other.
        max_field: &'static str,
    },
    CapacityBelowMax {
        capacity: u64,
        max: u64,
    },
    /// Nothing may go that way.
    NoWay {
        from: Place,
        to: Place,
    },
    Negative,
    AboveTonne,
    /// The line of an order contains what separates names.
    Slash,

    // Facts beside others.
    InTheFile,
    RegisterFull {
        max: usize,
    },
    UnknownItem {
        name: ItemCode,
        /// The item that this is a further code of.
        code_of: Option<ItemCode>,
    },
    UnknownContainer {
        name: String,
    },
    UnknownFeed {
        name: FeedName,
        feeds: Vec<FeedName>,
    },
    /// The feed of what nobody knows.
    OwnFeed {
        feeds: Vec<FeedName>,
    },
    /// What was recorded stands in the feed that the item has.
    FeedStays {
        feed: FeedName,
    },
    CodeOfOther {
        item: ItemCode,
    },
    OwnCode,
    CodeIsItem,
    /// The same article number, of another item.
    GtinOfOther {
        item: ItemCode,
        written: String,
    },
    /// The same article number, of another quantity.
    GtinOfMore {
        factor: u64,
        written: String,
    },
    /// The item's unit is what a code calls a pack of it.
    UnitIsPack {
        code: ItemCode,
        factor: u64,
    },
    /// A code's pack is called as the item's unit.
    PackIsUnit {
        unit: Unit,
        factor: u64,
    },
    /// Others name it, so it cannot go.
    NamedBy {
        kind: Kind,
        name: String,
    },

    // Rows beside others.
    Twice {
        line: u64,
    },
    /// A new fact needs the column.
    NewNeeds {
        kind: Kind,
        name: String,
    },

    // Files.
    FileEmpty {
        columns: &'static [Column],
    },
    FileTooLarge {
        len: usize,
        max: usize,
    },
    TooManyRows {
        max: usize,
    },
    Utf16,
    Spreadsheet,
    /// What the reader of CSV says.
    NotCsv(String),
    QuoteOpen,
    TooManyColumns {
        len: usize,
        max: usize,
        columns: &'static [Column],
    },
    UnknownColumn {
        columns: &'static [Column],
    },
    ColumnTwice,
    ColumnMissing,
    RowTooShort {
        cells: usize,
        header: usize,
    },
    /// A cell, counted from 1, without a column.
    NoColumn {
        cell: usize,
    },
    CellTooLong {
        len: usize,
        max: usize,
    },
    CellNotUtf8,
    /// A spreadsheet has taken its digits.
    Shortened,
}

/// What has to stand in an empty cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Anything,
    BaseUnits,
    /// The weight of an empty container.
    EmptyWeight,
}

/// Why a text is no value of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub enum Misread {
    Name(#[from] NameError),
    Place(#[from] PlaceError),
    Unit(#[from] UnitError),
    Key(#[from] KeyError),
}

impl Rule {
    /// What it says, and the way out.
    #[must_use]
    pub fn said(&self, language: Language) -> Said {
        words::say(language, self)
    }
}

/// `must be 1 to 1000000; write how many …`
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { rule, remedy } = self.said(Language::English);
        write!(f, "{rule}; {remedy}")
    }
}

/// As its English words.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Said { rule, remedy } = self.said(Language::English);
        let mut words = serializer.serialize_struct("Rule", 2)?;
        words.serialize_field("rule", &rule)?;
        words.serialize_field("remedy", &remedy)?;
        words.end()
    }
}

#[cfg(test)]
mod tests;
