//! Rules in English.

use gateway_proto::{limits::QUANTITY_MAX, name::FeedName};

use super::{
    super::{Rule, Wanted},
    alternatives, names,
};
use crate::register::{COMMAND, fact::Kind, refusal::shown};

const SAVE_AS_CSV: &str = "save it as \"CSV UTF-8\"";
const NUMBER_SMALLER: &str = "write a smaller number";
const UNIT_OF_PACK: &str = "give the pack another unit, BX say";

pub(super) fn say(rule: &Rule) -> (String, String) {
    let (rule, remedy) = match rule {
        Rule::Empty(wanted) => ("is empty".to_owned(), empty(*wanted)),
        Rule::Misread(why) => (format!("cannot be taken: {why}"), "correct the cell"),
        Rule::NoQuantity { units } => {
            (format!("cannot be taken: quantity {units} is outside 1..={QUANTITY_MAX}"), "write base units")
        }
        Rule::NotWhole => ("is no whole number from 0".to_owned(), "write digits alone"),
        Rule::TooManyDigits => ("has more digits than fit".to_owned(), NUMBER_SMALLER),
        Rule::Comma => (
            "has a comma, which may be a decimal or a thousands separator".to_owned(),
            "write decimals with a point and thousands without a separator: 1234.5",
        ),
        Rule::NoGrams => ("is no number of grams".to_owned(), "write grams with a point: 8.05"),
        Rule::TooFine => ("is finer than a microgram".to_owned(), "write six digits after the point at most"),
        Rule::TooHeavyToKeep => ("is more than fits".to_owned(), "write the weight in grams"),
        Rule::NoShare => ("is no number".to_owned(), "write a share with a point: 0.01 for 1 %"),
        Rule::NoWord { words } => {
            let remedy = format!("write {}", alternatives(words, "or"));
            return ("is none of the words of this column".to_owned(), remedy);
        }
        Rule::Command => (
            format!("begins with {COMMAND}, as command labels do: no scan of it would be a part"),
            "choose another code",
        ),
        Rule::Factor { max } => {
            (format!("must be 1 to {max}"), "write how many base units one scan of the code stands for")
        }
        Rule::GtinRestricted => (
            "is a number that companies give out for themselves (02, 04, 20 to 29)".to_owned(),
            "write vendor, customer or other as its namespace",
        ),
        Rule::NoGtin(why) => {
            (format!("is no GTIN: {why}"), "write 8, 12, 13 or 14 digits; spreadsheets take zeros off the front")
        }
        Rule::NoPieceWeight => ("is no weight of a piece".to_owned(), "write grams, more than 0 and 1000000 at most"),
        Rule::PieceSpread => {
            ("must be 0 to 0.5".to_owned(), "write the share by which single pieces differ: 0.01 for 1 %")
        }
        Rule::PieceSample => {
            ("must be 2 or more: one piece says nothing about the next".to_owned(), "weigh at least 10 pieces together")
        }
        Rule::WithoutWeight => ("stands without piece_weight_g".to_owned(), "write the weight too, or empty the cell"),
        Rule::AboveQuantities => (format!("is above the largest quantity, {QUANTITY_MAX}"), "write base units"),
        Rule::MinAboveMax { min, max, max_field } => {
            let remedy = format!("lower it, or raise {max_field}");
            return (format!("is {min}, above {max} in {max_field}"), remedy);
        }
        Rule::CapacityBelowMax { capacity, max } => {
            (format!("is {capacity}, less than {max} in max"), "lower max, or write what really fits")
        }
        Rule::NoWay { from, to } => {
            (format!("cannot be: nothing may go from {from} to {to}"), "choose another place, used and dock say")
        }
        Rule::Negative => ("is negative".to_owned(), "write what it weighs, 0 or more grams"),
        Rule::AboveTonne => ("is more than a tonne".to_owned(), "write grams"),
        Rule::Slash => ("contains '/'".to_owned(), "write the line's number, 10 or 10.1"),
        Rule::InTheFile => ("stands in the site's file".to_owned(), "change it there"),
        Rule::RegisterFull { max } => {
            (format!("would be one more than {max}, as many as a register holds"), "remove what is no longer kept")
        }
        Rule::UnknownItem { name, code_of: Some(item) } => {
            return (unknown("item", name.as_str()), format!("it is a code of {0}; write {0}", shown(item.as_str())));
        }
        Rule::UnknownItem { name, code_of: None } => (unknown("item", name.as_str()), "import it with items.csv first"),
        Rule::UnknownContainer { name } => (unknown("container", name), "import it with containers.csv first"),
        Rule::UnknownFeed { name, feeds } => return (unknown("feed", name.as_str()), choose(feeds)),
        Rule::OwnFeed { feeds } => {
            return ("is the agent's own feed of items that nobody knows".to_owned(), choose(feeds));
        }
        Rule::FeedStays { feed } => (
            format!("cannot change: what was recorded of the item stands in the feed of {feed}"),
            "give the other vendor's part a code of its own",
        ),
        Rule::CodeOfOther { item } => (
            format!("stands for item {} already", shown(item.as_str())),
            "choose another code, or remove that one from codes first",
        ),
        Rule::OwnCode => ("is the item's own code".to_owned(), "leave the row out: it is known by it"),
        Rule::CodeIsItem => ("is the code of another item".to_owned(), "choose another code"),
        Rule::GtinOfOther { item, written } => (
            format!("stands for item {} already, written as {written} there", shown(item.as_str())),
            "a GTIN is the same in all lengths: correct one of the two",
        ),
        Rule::GtinOfMore { factor, written } => (
            format!("stands for {factor} already, written as {written} there"),
            "a GTIN is the same in all lengths: remove one of the two",
        ),
        Rule::UnitIsPack { code, factor } => {
            (format!("is what code {} calls {factor} of them", shown(code.as_str())), UNIT_OF_PACK)
        }
        Rule::PackIsUnit { unit, factor } => {
            (format!("is {unit}, the item's base unit, of which the code stands for {factor}"), UNIT_OF_PACK)
        }
        Rule::NamedBy { kind, name } => {
            let name = if *kind == Kind::Code { shown(name) } else { name.clone() };
            (format!("is named by {kind} {name}"), "remove that first")
        }
        Rule::Twice { line } => {
            (format!("stands in line {line} too"), "keep the row that is right and remove the other")
        }
        Rule::NewNeeds { kind, name } => (format!("is missing, and {kind} {} is new", shown(name)), "add the column"),
        Rule::FileEmpty { columns } => {
            let remedy = format!("begin the file with a line of column names: {}", names(columns));
            return ("file is empty".to_owned(), remedy);
        }
        Rule::FileTooLarge { len, max } => (format!("file has {len} bytes; {max} are the most"), "split it in two"),
        Rule::TooManyRows { max } => (format!("file has more than {max} rows"), "split it in two"),
        Rule::Utf16 => ("file is UTF-16".to_owned(), SAVE_AS_CSV),
        Rule::Spreadsheet => ("file is a spreadsheet".to_owned(), SAVE_AS_CSV),
        Rule::NotCsv(why) => (format!("file cannot be read as CSV: {why}"), SAVE_AS_CSV),
        Rule::QuoteOpen => (
            "a quotation mark is opened and never closed".to_owned(),
            "close it with a second one, or double it where it belongs to the text",
        ),
        Rule::TooManyColumns { len, max, columns } => {
            let remedy = format!("the columns are {}", names(columns));
            return (format!("header has {len} columns; {max} are the most"), remedy);
        }
        Rule::UnknownColumn { columns } => {
            return ("is no column of this kind".to_owned(), format!("columns are {}", names(columns)));
        }
        Rule::ColumnTwice => ("stands here twice".to_owned(), "remove one of the two"),
        Rule::ColumnMissing => ("is missing".to_owned(), "add the column: it names the facts"),
        Rule::RowTooShort { cells, header } => (
            format!("row has {cells} cells, the header has {header}"),
            "write every cell, an empty one too; put texts with separators in quotation marks",
        ),
        Rule::NoColumn { cell } => {
            (format!("cell {cell} has no column"), "put texts with separators in quotation marks, or name the column")
        }
        Rule::CellTooLong { len, max } => {
            (format!("has {len} bytes; {max} are the most"), "shorten it, and look for a missing quotation mark")
        }
        Rule::CellNotUtf8 => ("is not UTF-8".to_owned(), "save the file as \"CSV UTF-8\""),
        Rule::Shortened => (
            "is a number that a spreadsheet has shortened; its digits are lost".to_owned(),
            "give the column the format Text and enter it anew",
        ),
    };
    (rule, remedy.to_owned())
}

const fn empty(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Anything => "it is needed; fill it in",
        Wanted::BaseUnits => "it is needed; write base units",
        Wanted::EmptyWeight => "it is needed; weigh an empty one",
    }
}

fn unknown(what: &str, name: &str) -> String {
    format!("names {what} {}, which nobody knows", shown(name))
}

fn choose(feeds: &[FeedName]) -> String {
    if feeds.is_empty() {
        return "add a [[feed]] to the site's file first".to_owned();
    }
    let feeds: Vec<_> = feeds.iter().map(FeedName::as_str).collect();
    format!("write {}, or add a [[feed]] to the site's file", alternatives(&feeds, "or"))
}
