//! A state, told by a shape and a word. Colour only repeats them: who does not see it misses nothing.

use maud::{Markup, html};

/// How something is. Each has a shape of its own in `components.css`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// As it should be: a disc with a tick.
    Good,
    /// To know, nothing to do: a square with an i.
    Note,
    /// Look at it soon: a triangle with an exclamation mark.
    Warn,
    /// Act now: an octagon with a cross.
    Bad,
    /// Nobody knows; never to be taken for zero or for well: a hollow diamond with a question mark.
    Unknown,
}

impl Sign {
    pub const ALL: [Self; 5] = [Self::Good, Self::Note, Self::Warn, Self::Bad, Self::Unknown];

    /// What `data-sign` says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// The shape and the word beside it.
#[must_use]
pub fn sign(sign: Sign, word: &str) -> Markup {
    html! { span.sign data-sign=(sign.name()) { (word) } }
}
