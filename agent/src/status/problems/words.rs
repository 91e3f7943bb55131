//! The words of problems: which thing, what is wrong, what to do. One file a language, with the same arms in each: a
//! problem that one of them does not know does not compile.
//!
//! They stand here and not with the page's other texts because `status`, the local API and the page must say the same.

mod english;
mod german;

use gateway_proto::time::WallTime;
use look::Language;

use super::{Level, What};
use crate::{
    floor::{facts::LevelDoubt, moment::Moment, notice::Notice},
    movement::rules::State,
};

/// A problem in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it is about, as the site calls it.
    pub name: String,
    /// What is wrong with it.
    pub text: String,
    /// What a person can do.
    pub remedy: String,
}

/// How times are written.
#[derive(Clone, Copy)]
pub struct Saying<'a> {
    pub now: &'a Moment,
    pub time: &'a dyn Fn(WallTime) -> String,
}

/// In a viewer's language, with times as the site writes them.
#[must_use]
pub fn say(language: Language, what: &What, saying: Saying<'_>) -> Said {
    match language {
        Language::English => english::say(what, saying),
        Language::German => german::say(what, saying),
    }
}

/// In English, with times as machines write them.
#[must_use]
pub fn english(what: &What, now: &Moment) -> Said {
    say(Language::English, what, Saying { now, time: &|at| at.to_string() })
}

/// The word of a level.
#[must_use]
pub const fn level(language: Language, level: Level) -> &'static str {
    match (language, level) {
        (Language::English, Level::Stop) => "Stopped",
        (Language::English, Level::Act) => "Act",
        (Language::English, Level::Know) => "Note",
        (Language::German, Level::Stop) => "Steht",
        (Language::German, Level::Act) => "Handeln",
        (Language::German, Level::Know) => "Hinweis",
    }
}

/// Why a level is in doubt and what to do, apart.
#[must_use]
pub fn doubt(language: Language, doubt: &LevelDoubt, bin: &str) -> (String, String) {
    match language {
        Language::English => english::doubt(doubt, bin),
        Language::German => german::doubt(doubt, bin),
    }
}

/// What a notice says and what to do, apart.
#[must_use]
pub fn notice(language: Language, notice: &Notice) -> (String, String) {
    match language {
        Language::English => (notice.text.clone(), notice.remedy.clone()),
        Language::German => german::notice(notice),
    }
}

/// The word of a state.
#[must_use]
pub const fn state(language: Language, state: State) -> &'static str {
    match language {
        Language::English => english::state(state),
        Language::German => german::state(state),
    }
}

/// Days and the word for them.
fn days(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
