//! Acts that are sent twice are done once: a press that was answered too late, a page that was sent again.
//!
//! Scans and forms of parts carry their id into the ledger and need none of this. Counts and calibrations are told here, by
//! the id of their form, for as long as anybody would press again; a restart forgets it, as it ends the page.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    floor::{Command, refusal::Refusal, why::Why},
    task::floor::FloorWay,
};

/// Ids that are remembered: some minutes of all pages of a site.
const KEPT_MAX: usize = 512;

/// What a command came to.
type Outcome = Result<Value, Why>;

/// The newest acts by their ids, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Once {
    kept: Mutex<VecDeque<(String, Arc<OnceCell<Outcome>>)>>,
}

impl Once {
    /// Gives a command; of the same id a second time, what it came to the first time. An act without an id is done each time.
    pub(crate) async fn ask(&self, floor: &FloorWay, act: &str, command: Command) -> Outcome {
        let cell = self.cell(act);
        let floor = floor.clone();
        // Of its own: it is done also when whoever sent it has gone.
        let done = tokio::spawn(async move { cell.get_or_init(|| floor.ask(command)).await.clone() });
        done.await.unwrap_or_else(|_| Err(Refusal::Stopping.into()))
    }

    fn cell(&self, act: &str) -> Arc<OnceCell<Outcome>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = kept.iter().find(|(known, _)| known == act && !act.is_empty()) {
            return cell.clone();
        }
        let cell = Arc::new(OnceCell::new());
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((act.chars().take(64).collect(), cell.clone()));
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_again_and_none_is_none() {
        let once = Once::default();
        assert!(Arc::ptr_eq(&once.cell("a"), &once.cell("a")));
        assert!(!Arc::ptr_eq(&once.cell("a"), &once.cell("b")));
        assert!(!Arc::ptr_eq(&once.cell(""), &once.cell("")));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let once = Once::default();
        let first = once.cell("0");
        (1..=KEPT_MAX).for_each(|id| drop(once.cell(&id.to_string())));
        assert!(!Arc::ptr_eq(&first, &once.cell("0")));
        assert_eq!(once.kept.lock().unwrap().len(), KEPT_MAX);
    }
}
