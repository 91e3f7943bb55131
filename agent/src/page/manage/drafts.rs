//! Files of master data between their dry run and their import: what was looked at is what is taken, once.
//!
//! Owns the bounds: a gateway has little memory, and nobody prepares many imports at once. Pure: ids and times come in.

use std::{collections::VecDeque, time::Duration};

use crate::register::fact::Kind;

/// Files kept at once; the oldest goes.
const DRAFTS_MAX: usize = 4;

/// Bytes of a file: some two hundred thousand bins.
pub(super) const FILE_LEN_MAX: usize = 8 * 1024 * 1024;

/// How long somebody may think about it.
const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// Files that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    all: VecDeque<Draft>,
}

#[derive(Debug)]
struct Draft {
    id: String,
    /// Whose: nobody else takes it in.
    badge: String,
    kind: Kind,
    at: Duration,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Ready(String),
    Taking,
    Taken { added: u64, changed: u64 },
}

/// What becomes of asking for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is to be taken in now, and [`Drafts::taken`] or [`Drafts::put_back`] called.
    Take(Kind, String),
    /// It is being taken in.
    Taking,
    /// It was.
    Taken { added: u64, changed: u64 },
    /// It is too old, another's, or was never there.
    Gone,
}

impl Drafts {
    /// Keeps a file that somebody looked at.
    pub(super) fn keep(&mut self, id: &str, badge: &str, kind: Kind, csv: String, now: Duration) {
        self.all.retain(|draft| now.saturating_sub(draft.at) < KEPT_FOR);
        while self.all.len() >= DRAFTS_MAX {
            self.all.pop_front();
        }
        let (id, badge) = (id.to_owned(), badge.to_owned());
        self.all.push_back(Draft { id, badge, kind, at: now, state: State::Ready(csv) });
    }

    /// Somebody wants it taken in.
    pub(super) fn ask(&mut self, id: &str, badge: &str, now: Duration) -> Asked {
        let is_it =
            |draft: &&mut Draft| draft.id == id && draft.badge == badge && now.saturating_sub(draft.at) < KEPT_FOR;
        let Some(draft) = self.all.iter_mut().find(is_it) else { return Asked::Gone };
        match std::mem::replace(&mut draft.state, State::Taking) {
            State::Ready(csv) => Asked::Take(draft.kind, csv),
            State::Taking => Asked::Taking,
            State::Taken { added, changed } => {
                draft.state = State::Taken { added, changed };
                Asked::Taken { added, changed }
            }
        }
    }

    /// It was taken in.
    pub(super) fn taken(&mut self, id: &str, added: u64, changed: u64) {
        self.set(id, State::Taken { added, changed });
    }

    /// It was not: it may be asked for again.
    pub(super) fn put_back(&mut self, id: &str, csv: String) {
        self.set(id, State::Ready(csv));
    }

    fn set(&mut self, id: &str, state: State) {
        if let Some(draft) = self.all.iter_mut().find(|draft| draft.id == id) {
            draft.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn drafts() -> Drafts {
        let mut drafts = Drafts::default();
        drafts.keep("a", "0042", Kind::Bin, "csv".to_owned(), MINUTE);
        drafts
    }

    #[test]
    fn what_was_looked_at_is_taken_once() {
        let mut drafts = drafts();
        assert_eq!(drafts.ask("a", "0042", MINUTE), Asked::Take(Kind::Bin, "csv".to_owned()));
        assert_eq!(drafts.ask("a", "0042", MINUTE), Asked::Taking);
        drafts.taken("a", 3, 1);
        for _ in 0..2 {
            assert_eq!(drafts.ask("a", "0042", MINUTE), Asked::Taken { added: 3, changed: 1 });
        }
    }

    #[test]
    fn one_that_could_not_be_taken_may_be_asked_for_again() {
        let mut drafts = drafts();
        assert!(matches!(drafts.ask("a", "0042", MINUTE), Asked::Take(..)));
        drafts.put_back("a", "csv".to_owned());
        assert!(matches!(drafts.ask("a", "0042", MINUTE), Asked::Take(..)));
    }

    #[test]
    fn nobody_takes_anothers_nor_an_old_one() {
        let mut drafts = drafts();
        assert_eq!(drafts.ask("a", "0007", MINUTE), Asked::Gone);
        assert_eq!(drafts.ask("b", "0042", MINUTE), Asked::Gone);
        assert_eq!(drafts.ask("a", "0042", MINUTE + KEPT_FOR), Asked::Gone);
    }

    #[test]
    fn of_many_the_oldest_goes() {
        let mut drafts = drafts();
        for id in ["b", "c", "d", "e"] {
            drafts.keep(id, "0042", Kind::Item, String::new(), MINUTE);
        }
        assert_eq!((drafts.all.len(), drafts.ask("a", "0042", MINUTE)), (DRAFTS_MAX, Asked::Gone));
        assert!(matches!(drafts.ask("e", "0042", MINUTE), Asked::Take(..)));
    }
}
