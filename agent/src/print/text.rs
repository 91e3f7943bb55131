//! What stands on our own labels: the code a scanner reads and the lines a person reads.
//!
//! Owns the `BW:` texts of bins, places, items, badges, assets and command cards, so that only what a station
//! understands is printed. Must not know symbols or sheets.

use gateway_proto::{
    name::{ItemCode, NameError, PlaceName, Text},
    place::{Place, PlaceError},
    quantity::{Quantity, QuantityError},
};

/// A label before it is drawn. An empty line is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// What the scanner sends.
    pub code: String,
    /// Large.
    pub title: String,
    /// What it is.
    pub subtitle: String,
    /// Small; the code itself when nothing else is given, for the day when the symbol is scratched.
    pub note: String,
}

/// What a label is stuck to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bin,
    Place,
    Item,
    Badge,
    Asset,
    /// A card that says what the next scans mean.
    Command,
    /// Any text, as it is.
    Code,
}

/// Why there is no such label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    #[error("{0:?} is no quantity; give a whole number from 1")]
    NotANumber(String),
    #[error("{0} is no command; commands are {list}", list = Command::list())]
    Command(String),
    #[error("{word} needs {what} after a colon, as in {word}:{example}")]
    Missing { word: &'static str, what: &'static str, example: &'static str },
    #[error("{word} takes nothing after it; leave out {found:?}")]
    Superfluous { word: &'static str, found: String },
    #[error("item code begins with BW: as our own labels do; use `labels codes` for ready texts")]
    Prefixed,
}

/// A word after `BW:` that a station acts on.
struct Command {
    word: &'static str,
    argument: Argument,
    title: &'static str,
    subtitle: &'static str,
}

/// What may stand after a command's word.
#[derive(Clone, Copy)]
enum Argument {
    None,
    /// Somewhere parts go; may be scanned afterwards instead.
    MaybePlace,
    Quantity,
    Reference,
}

/// What begins every label of ours.
const PREFIX: &str = "BW:";

/// Numbers on the usual sheet of command cards: what is counted by hand.
const QUANTITIES: [u64; 12] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 20, 50, 100];

#[rustfmt::skip]
const COMMANDS: [Command; 19] = [
    Command::new("USE", Argument::None, "USE", "taken and used"),
    Command::new("RECEIVE", Argument::None, "RECEIVE", "delivered by the vendor"),
    Command::new("PUT-AWAY", Argument::None, "PUT AWAY", "from the dock into a bin"),
    Command::new("TRANSFER", Argument::None, "TRANSFER", "from one place to another"),
    Command::new("TEST", Argument::None, "TEST", "to the bench"),
    Command::new("TEST-PASS", Argument::None, "TEST PASSED", "from the bench into stock"),
    Command::new("TEST-FAIL", Argument::None, "TEST FAILED", "from the bench into quarantine"),
    Command::new("DEPLOY", Argument::MaybePlace, "DEPLOY", "out to a van or field cabinet"),
    Command::new("INSTALL", Argument::MaybePlace, "INSTALL", "onto a machine"),
    Command::new("UNINSTALL", Argument::None, "UNINSTALL", "off a machine"),
    Command::new("RETURN", Argument::None, "RETURN", "unused, back into stock"),
    Command::new("SCRAP", Argument::None, "SCRAP", "thrown away"),
    Command::new("COUNT", Argument::None, "COUNT", "say what is there"),
    Command::new("EMPTY", Argument::None, "EMPTY", "nothing is left here"),
    Command::new("QTY", Argument::Quantity, "", "pieces of the next part"),
    Command::new("REF", Argument::Reference, "", "what it is for"),
    Command::new("UNDO", Argument::None, "UNDO", "take the last one back"),
    Command::new("CANCEL", Argument::None, "CANCEL", "forget what was begun"),
    Command::new("DONE", Argument::None, "DONE", "finish"),
];

impl Kind {
    /// The label of one name: `A-01`, `van-3`, `QTY:12`. The full text (`BW:BIN:A-01`) is understood as well.
    ///
    /// # Errors
    /// [`TextError`] when no station would understand the label.
    pub fn label(self, name: &str) -> Result<Label, TextError> {
        let name = self.bare(name);
        let code = match self {
            Self::Bin | Self::Asset => name.parse::<PlaceName>()?.to_string(),
            Self::Place => name.parse::<Place>()?.to_string(),
            Self::Badge => name.parse::<Text>()?.to_string(),
            Self::Item | Self::Code => String::from(name.parse::<ItemCode>()?),
            Self::Command => return command(name),
        };
        if self == Self::Item && code.starts_with(PREFIX) {
            return Err(TextError::Prefixed);
        }
        Ok(Label { code: format!("{}{code}", self.prefix()), title: code, ..Label::default() })
    }

    /// The item's own code, without our prefix: shorter bars, and readable for the vendor's scanner as well.
    ///
    /// # Errors
    /// As [`Kind::label`].
    pub fn bare_item(name: &str) -> Result<Label, TextError> {
        let label = Self::Item.label(name)?;
        Ok(Label { code: label.title.clone(), ..label })
    }

    fn bare(self, name: &str) -> &str {
        let prefix = self.prefix();
        if prefix.is_empty() { name } else { name.strip_prefix(prefix).unwrap_or(name) }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Bin => "BW:BIN:",
            Self::Place => "BW:PLACE:",
            Self::Item => "BW:ITEM:",
            Self::Badge => "BW:BADGE:",
            Self::Asset => "BW:ASSET:",
            Self::Command => PREFIX,
            Self::Code => "",
        }
    }
}

/// A card for each command that needs no name, and for the usual quantities.
#[must_use]
pub fn all_commands() -> Vec<Label> {
    let words = COMMANDS.iter().filter(|command| matches!(command.argument, Argument::None | Argument::MaybePlace));
    let words = words.map(|command| command.word.to_owned());
    let quantities = QUANTITIES.iter().map(|quantity| format!("QTY:{quantity}"));
    words.chain(quantities).filter_map(|name| command(&name).ok()).collect()
}

fn command(name: &str) -> Result<Label, TextError> {
    let (word, argument) = name.split_once(':').map_or((name, None), |(word, argument)| (word, Some(argument)));
    let command =
        COMMANDS.iter().find(|command| command.word == word).ok_or_else(|| TextError::Command(name.to_owned()))?;
    let missing = |what, example| TextError::Missing { word: command.word, what, example };
    let title = match (command.argument, argument) {
        (Argument::None | Argument::MaybePlace, None) => command.title.to_owned(),
        (Argument::None, Some(found)) => {
            return Err(TextError::Superfluous { word: command.word, found: found.to_owned() });
        }
        (Argument::MaybePlace, Some(place)) => format!("{} {}", command.title, place.parse::<PlaceName>()?),
        (Argument::Quantity, Some(number)) => {
            let units = number.parse::<u64>().map_err(|_| TextError::NotANumber(number.to_owned()))?;
            let quantity = Quantity::new(units)?;
            // As a scanner reads it back: no sign, no leading zeros.
            return Ok(command.label(format!("{PREFIX}{word}:{quantity}"), format!("{quantity}")));
        }
        (Argument::Reference, Some(reference)) => reference.parse::<Text>()?.to_string(),
        (Argument::Quantity, None) => return Err(missing("a number", "12")),
        (Argument::Reference, None) => return Err(missing("a work order or purchase order", "WO-1234")),
    };
    Ok(command.label(format!("{PREFIX}{name}"), title))
}

impl Command {
    const fn new(word: &'static str, argument: Argument, title: &'static str, subtitle: &'static str) -> Self {
        Self { word, argument, title, subtitle }
    }

    fn label(&self, code: String, title: String) -> Label {
        Label { code, title, subtitle: self.subtitle.to_owned(), note: String::new() }
    }

    fn list() -> String {
        let words = COMMANDS.iter().map(|command| match command.argument {
            Argument::None => command.word.to_owned(),
            Argument::MaybePlace => format!("{}[:NAME]", command.word),
            Argument::Quantity => format!("{}:NUMBER", command.word),
            Argument::Reference => format!("{}:TEXT", command.word),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_prefix_and_takes_the_full_text_too() {
        for (kind, name, code, title) in [
            (Kind::Bin, "A-01", "BW:BIN:A-01", "A-01"),
            (Kind::Bin, "BW:BIN:A-01", "BW:BIN:A-01", "A-01"),
            (Kind::Place, "dock", "BW:PLACE:dock", "dock"),
            (Kind::Place, "field:van-3", "BW:PLACE:field:van-3", "field:van-3"),
            (Kind::Item, "M8-BOLT", "BW:ITEM:M8-BOLT", "M8-BOLT"),
            (Kind::Badge, "E-1001", "BW:BADGE:E-1001", "E-1001"),
            (Kind::Asset, "PUMP-17", "BW:ASSET:PUMP-17", "PUMP-17"),
            (Kind::Command, "USE", "BW:USE", "USE"),
            (Kind::Command, "BW:DEPLOY:van-3", "BW:DEPLOY:van-3", "DEPLOY van-3"),
            (Kind::Command, "QTY:012", "BW:QTY:12", "12"),
            (Kind::Command, "REF:WO-7:2", "BW:REF:WO-7:2", "WO-7:2"),
            (Kind::Code, "BW:USE", "BW:USE", "BW:USE"),
        ] {
            let label = kind.label(name).unwrap();
            assert_eq!((label.code.as_str(), label.title.as_str()), (code, title), "{kind:?} {name}");
        }
        assert_eq!(Kind::bare_item("M8-BOLT").unwrap().code, "M8-BOLT");
    }

    #[test]
    fn a_label_no_station_understands_is_refused_with_the_way_out() {
        for (kind, name, expect) in [
            (Kind::Bin, "", "place name is empty"),
            (Kind::Place, "garden", "\"garden\" is no place; places are vendor"),
            (Kind::Item, "BW:USE", "item code begins with BW:"),
            (Kind::Command, "DANCE", "DANCE is no command; commands are USE, RECEIVE"),
            (Kind::Command, "QTY", "QTY needs a number after a colon, as in QTY:12"),
            (Kind::Command, "QTY:0", "quantity 0 is outside"),
            (Kind::Command, "QTY:-1", "\"-1\" is no quantity; give a whole number from 1"),
            (Kind::Command, "REF", "REF needs a work order"),
            (Kind::Command, "USE:3", "USE takes nothing after it; leave out \"3\""),
            (Kind::Command, "DEPLOY:", "place name is empty"),
        ] {
            let refusal = kind.label(name).unwrap_err().to_string();
            assert!(refusal.starts_with(expect), "{name}: {refusal}");
        }
    }

    #[test]
    fn the_usual_sheet_has_every_command_that_needs_no_name() {
        let codes: Vec<String> = all_commands().into_iter().map(|label| label.code).collect();
        assert_eq!(codes.len(), COMMANDS.len() - 2 + QUANTITIES.len());
        assert!(codes.contains(&"BW:UNDO".to_owned()) && codes.contains(&"BW:QTY:50".to_owned()));
        assert!(all_commands().iter().all(|label| !label.title.is_empty() && !label.subtitle.is_empty()));
    }
}
