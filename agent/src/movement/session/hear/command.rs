//! Command labels: what stands behind `BW:`, in either case.

use super::{COMMAND, text};
use crate::movement::session::{codes::Codes, mode::Task, refusal::Refusal, token::Token};

/// The kinds of label that the agent prints for a site: `BW:BIN:A-01`.
const OWN_LABELS: [&str; 5] = ["bin", "place", "item", "badge", "asset"];

/// What stands behind `BW:`; `None` for a code that is no command.
pub(super) fn after_prefix(code: &str) -> Option<&str> {
    let (prefix, command) = code.split_at_checked(COMMAND.len())?;
    prefix.eq_ignore_ascii_case(COMMAND).then_some(command)
}

/// The kind and the value of a label that names something: `bin` and `A-01`.
pub(super) fn own_label(command: &str) -> Option<(&'static str, &str)> {
    let (word, value) = command.split_once(':')?;
    let kind = OWN_LABELS.into_iter().find(|kind| kind.eq_ignore_ascii_case(word))?;
    Some((kind, value))
}

/// What a command says.
pub(super) fn read(command: &str, codes: &impl Codes) -> Result<Token, Refusal> {
    let (word, value) = match command.split_once(':') {
        Some((word, value)) => (word, Some(value)),
        None => (command, None),
    };
    match (word.to_ascii_uppercase().as_str(), value) {
        ("QTY", Some(number)) => match number.trim().parse() {
            Ok(units) => Ok(Token::Quantity(units)),
            Err(_) => Err(Refusal::Quantity(number.to_owned())),
        },
        ("EMPTY", None) => Ok(Token::Quantity(0)),
        ("ADD", None) => Ok(Token::Add),
        ("REF", Some(value)) => super::order(value, codes),
        ("LOT", Some(value)) => Ok(Token::Trace { lot: Some(text(value)?), serial: None }),
        ("SERIAL", Some(value)) => Ok(Token::Trace { lot: None, serial: Some(text(value)?) }),
        ("REASON", Some(value)) => Ok(Token::Reason(text(value)?)),
        ("UNDO", None) => Ok(Token::Undo),
        ("CANCEL", None) => Ok(Token::Cancel),
        ("DONE", None) => Ok(Token::Done),
        _ => {
            let Task { mode, target } = command.parse()?;
            let target = match target {
                // Of an asset the site may have a list.
                Some(gateway_proto::place::Place::Asset(name)) => {
                    let known = codes.asset(name.as_str());
                    let name = known.ok_or_else(|| Refusal::UnknownAsset(name.to_string()))?;
                    Some(gateway_proto::place::Place::Asset(name))
                }
                other => other,
            };
            Ok(Token::Mode { mode, target })
        }
    }
}
