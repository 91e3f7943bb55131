//! What could not be recorded and nobody waits for: tried again until it is.

use std::time::Duration;

use gateway_proto::name::PlaceName;

use super::{
    Floor,
    moment::Moment,
    work::{Part, Work},
};
use crate::movement::{
    entry::{KeptKey, Statement},
    said::ActId,
};

/// How long before another try: a disk that is full is not helped by asking often.
const RETRY: Duration = Duration::from_secs(10);

/// What is owed to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Later {
    /// A person took the act back while it was being recorded.
    Undo { act: ActId, bin: PlaceName },
    /// The act waits no longer, and a restart would give it back.
    Drop(ActId),
    /// What is parked may be known by now.
    Explain,
}

impl Floor {
    pub(super) fn try_later(&mut self, now: &Moment, later: Later) {
        if !self.later.iter().any(|(_, known)| *known == later) {
            self.later.push((now.elapsed.saturating_add(RETRY), later));
        }
    }

    pub(super) fn tick_later(&mut self, now: &Moment) {
        let (due, rest) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now.elapsed);
        self.later = rest;
        let due: Vec<(Duration, Later)> = due;
        for (_, later) in due {
            match later {
                Later::Undo { act, bin } => {
                    let mut work = Work::default();
                    self.undo(now, act, &bin, &mut work);
                    self.submit(work);
                }
                Later::Drop(act) => {
                    self.submit(Work::of(Statement::Forget(KeptKey::act(act)), Part::Dropped { act }));
                }
                Later::Explain => self.parked.look(),
            }
        }
    }
}
