//! The words of rules: what is wrong, what to do. One file a language, with the same arms in each: a rule that one of them
//! does not know does not compile.
//!
//! They stand here and not with the page's texts because a file is refused in the same words by page, command line and API.

mod english;
mod german;

use look::Language;

pub(crate) use self::german::kind as kind_in_german;

use super::{Misread, Rule};
use crate::register::row::Column;

/// A rule in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Begins with a verb where it is about a field: `must be 1 or more`.
    pub rule: String,
    /// What the person can do.
    pub remedy: String,
}

/// What a rule says and what to do, apart.
#[must_use]
pub fn say(language: Language, rule: &Rule) -> Said {
    let (rule, remedy) = match language {
        Language::English => english::say(rule),
        Language::German => german::say(rule),
    };
    Said { rule, remedy }
}

/// Why a text is no value of its kind.
#[must_use]
pub fn misread(language: Language, misread: &Misread) -> String {
    match language {
        Language::English => misread.to_string(),
        Language::German => german::misread(misread),
    }
}

/// `a, b or c`, with the language's word for `or`.
fn alternatives(words: &[&str], or: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {or} {last}", first.join(", ")),
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}
