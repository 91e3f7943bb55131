//! One of each rule, for tests: a rule without a line here does not compile.

use gateway_proto::{
    name::{FeedName, ItemCode, NameError},
    place::{Place, PlaceError},
};

use super::{Misread, Rule, Wanted};
use crate::{
    label::gtin::KeyError,
    register::{
        fact::Kind,
        unit::{Unit, UnitError},
    },
};

one_of_each! {
    Rule:
    Rule::Empty(Wanted::Anything) => Rule::Empty(Wanted::Anything),
    Rule::Empty(Wanted::BaseUnits) => Rule::Empty(Wanted::BaseUnits),
    Rule::Empty(Wanted::EmptyWeight) => Rule::Empty(Wanted::EmptyWeight),
    Rule::Misread(Misread::Name(NameError::Empty { .. })) => Rule::Misread("".parse::<ItemCode>().unwrap_err().into()),
    Rule::Misread(Misread::Name(NameError::TooLong { .. })) => {
        Rule::Misread("x".repeat(70).parse::<FeedName>().unwrap_err().into())
    },
    Rule::Misread(Misread::Name(NameError::Character { .. })) => {
        Rule::Misread("a b".parse::<FeedName>().unwrap_err().into())
    },
    Rule::Misread(Misread::Place(PlaceError::Unknown(_))) => {
        Rule::Misread("shelf-3".parse::<Place>().unwrap_err().into())
    },
    Rule::Misread(Misread::Place(PlaceError::Name(_))) => Rule::Misread("bin:".parse::<Place>().unwrap_err().into()),
    Rule::Misread(Misread::Unit(UnitError::Length(_))) => {
        Rule::Misread("seventeen-letters".parse::<Unit>().unwrap_err().into())
    },
    Rule::Misread(Misread::Unit(UnitError::Character(_))) => Rule::Misread("2BX".parse::<Unit>().unwrap_err().into()),
    Rule::Misread(Misread::Key(_)) => Rule::Misread(KeyError::CheckDigit.into()),
    Rule::NoQuantity { .. } => Rule::NoQuantity { units: 0 },
    Rule::NotWhole => Rule::NotWhole,
    Rule::TooManyDigits => Rule::TooManyDigits,
    Rule::Comma => Rule::Comma,
    Rule::NoGrams => Rule::NoGrams,
    Rule::TooFine => Rule::TooFine,
    Rule::TooHeavyToKeep => Rule::TooHeavyToKeep,
    Rule::NoShare => Rule::NoShare,
    Rule::NoWord { .. } => Rule::NoWord { words: vec!["none", "lot", "serial"] },
    Rule::Command => Rule::Command,
    Rule::Factor { .. } => Rule::Factor { max: 1_000_000 },
    Rule::GtinRestricted => Rule::GtinRestricted,
    Rule::NoGtin(KeyError::Length { .. }) => Rule::NoGtin(KeyError::Length { len: 9 }),
    Rule::NoGtin(KeyError::NonDigit) => Rule::NoGtin(KeyError::NonDigit),
    Rule::NoGtin(KeyError::CheckDigit) => Rule::NoGtin(KeyError::CheckDigit),
    Rule::NoGtin(KeyError::NumberSystem) => Rule::NoGtin(KeyError::NumberSystem),
    Rule::NoPieceWeight => Rule::NoPieceWeight,
    Rule::PieceSpread => Rule::PieceSpread,
    Rule::PieceSample => Rule::PieceSample,
    Rule::WithoutWeight => Rule::WithoutWeight,
    Rule::AboveQuantities => Rule::AboveQuantities,
    Rule::MinAboveMax { .. } => Rule::MinAboveMax { min: 20, max: 10, max_field: "site_max" },
    Rule::CapacityBelowMax { .. } => Rule::CapacityBelowMax { capacity: 30, max: 40 },
    Rule::NoWay { .. } => Rule::NoWay { from: Place::Scrap, to: "bin:A-01".parse().unwrap() },
    Rule::Negative => Rule::Negative,
    Rule::AboveTonne => Rule::AboveTonne,
    Rule::Slash => Rule::Slash,
    Rule::InTheFile => Rule::InTheFile,
    Rule::RegisterFull { .. } => Rule::RegisterFull { max: 100_000 },
    Rule::UnknownItem { code_of: None, .. } => Rule::UnknownItem { name: item("M9"), code_of: None },
    Rule::UnknownItem { code_of: Some(_), .. } => Rule::UnknownItem { name: item("V-7"), code_of: Some(item("M8")) },
    Rule::UnknownContainer { .. } => Rule::UnknownContainer { name: "KLT-3".to_owned() },
    Rule::UnknownFeed { .. } => Rule::UnknownFeed { name: feed("zeta-1"), feeds: vec![feed("acme-1"), feed("bolt-2")] },
    Rule::OwnFeed { .. } => Rule::OwnFeed { feeds: Vec::new() },
    Rule::FeedStays { .. } => Rule::FeedStays { feed: feed("acme-1") },
    Rule::CodeOfOther { .. } => Rule::CodeOfOther { item: item("SEAL-1") },
    Rule::OwnCode => Rule::OwnCode,
    Rule::CodeIsItem => Rule::CodeIsItem,
    Rule::GtinOfOther { .. } => Rule::GtinOfOther { item: item("M8"), written: "4006381333931".to_owned() },
    Rule::GtinOfMore { .. } => Rule::GtinOfMore { factor: 12, written: "4006381333931".to_owned() },
    Rule::UnitIsPack { .. } => Rule::UnitIsPack { code: item("V-7"), factor: 12 },
    Rule::PackIsUnit { .. } => Rule::PackIsUnit { unit: "PK4".parse().unwrap(), factor: 12 },
    Rule::NamedBy { .. } => Rule::NamedBy { kind: Kind::Code, name: "V-1".to_owned() },
    Rule::Twice { .. } => Rule::Twice { line: 4 },
    Rule::NewNeeds { .. } => Rule::NewNeeds { kind: Kind::Item, name: "M9".to_owned() },
    Rule::FileEmpty { .. } => Rule::FileEmpty { columns: Kind::Container.columns() },
    Rule::FileTooLarge { .. } => Rule::FileTooLarge { len: 17_000_000, max: 16_777_216 },
    Rule::TooManyRows { .. } => Rule::TooManyRows { max: 100_000 },
    Rule::Utf16 => Rule::Utf16,
    Rule::Spreadsheet => Rule::Spreadsheet,
    Rule::NotCsv(_) => Rule::NotCsv("record 7".to_owned()),
    Rule::QuoteOpen => Rule::QuoteOpen,
    Rule::TooManyColumns { .. } => Rule::TooManyColumns { len: 257, max: 256, columns: Kind::Asset.columns() },
    Rule::UnknownColumn { .. } => Rule::UnknownColumn { columns: Kind::Container.columns() },
    Rule::ColumnTwice => Rule::ColumnTwice,
    Rule::ColumnMissing => Rule::ColumnMissing,
    Rule::RowTooShort { .. } => Rule::RowTooShort { cells: 1, header: 3 },
    Rule::NoColumn { .. } => Rule::NoColumn { cell: 4 },
    Rule::CellTooLong { .. } => Rule::CellTooLong { len: 8_193, max: 8_192 },
    Rule::CellNotUtf8 => Rule::CellNotUtf8,
    Rule::Shortened => Rule::Shortened,
}

fn item(code: &str) -> ItemCode {
    code.parse().unwrap()
}

fn feed(name: &str) -> FeedName {
    name.parse().unwrap()
}
