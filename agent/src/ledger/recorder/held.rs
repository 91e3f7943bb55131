//! Settlements that wait for the next commit.

use std::collections::BTreeMap;

use gateway_proto::{delivery::Effect, name::FeedName, record::Seq};
use tokio::sync::oneshot;

use super::{Refused, View, Write};
use crate::ledger::{Group, Ledger, LedgerError};

/// Settlements of feeds with nothing left to send, which wait for the next commit: one of their own would write as much
/// flash as the movement it is about. Forgotten in a power cut they cost one batch that is sent again.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<FeedName, (i64, Seq)>);

impl Held {
    /// Takes a settlement that can wait; gives back what cannot.
    pub(super) fn take(
        &mut self,
        ledger: &Ledger,
        write: Write,
    ) -> Result<oneshot::Sender<Result<(), Refused>>, Write> {
        match write {
            Write::TakeDown { feed, life, effects, answer } => match &effects[..] {
                [Effect::Settle { through, refused, lost: None }]
                    if refused.is_empty() && ledger.settles_all(&feed, life, *through) =>
                {
                    self.0.insert(feed, (life, *through));
                    Ok(answer)
                }
                _ => Err(Write::TakeDown { feed, life, effects, answer }),
            },
            #[cfg(feature = "planted-defects")]
            write @ Write::RecordAgain { .. } => Err(write),
            write @ (Write::Record { .. } | Write::Do { .. }) => Err(write),
        }
    }

    /// What a view has to show of them.
    pub(super) fn show(&self, view: &mut View) {
        view.is_held = !self.0.is_empty();
        for (feed, (life, through)) in &self.0 {
            let Some(at) = view.standings.get_mut(feed).filter(|at| at.life == *life) else { continue };
            let settled = through.0.saturating_sub(at.standing.through.0);
            at.standing.through = at.standing.through.max(*through);
            if let Some(counts) = view.counts.feeds.get_mut(feed) {
                counts.acked += settled;
                counts.waiting = counts.waiting.saturating_sub(settled);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// They are committed.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn apply(&self, book: &mut Group<'_>) -> Result<(), LedgerError> {
        self.0.iter().try_for_each(|(feed, (life, through))| {
            book.take_down(feed, *life, &Effect::Settle { through: *through, refused: Vec::new(), lost: None })
        })
    }
}
