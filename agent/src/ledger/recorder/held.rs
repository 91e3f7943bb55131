//! Settlements that wait for the next commit.

use std::collections::BTreeMap;

use gateway_proto::{delivery::Effect, name::FeedName, record::Seq};
use tokio::sync::oneshot;

use super::{Refused, View, Write};
use crate::ledger::{Fullness, Group, Ledger, LedgerError};

/// Records of a feed that are settled together. At one movement a second the page that a settlement changes is then written
/// for one commit in so many, and a power cut sends so many records again, in one batch.
const RIDE_AT: u64 = 24;

/// Settlements of feeds with nothing left to send, which wait for a commit that is made anyway: one of their own would write
/// as much flash as the movement it is about. Forgotten in a power cut they cost one batch that is sent again.
#[derive(Debug, Default)]
pub(super) struct Held {
    feeds: BTreeMap<FeedName, (i64, Seq)>,
    /// Times that none was left.
    cleared: u64,
}

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
                    self.feeds.insert(feed, (life, *through));
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
        view.held = (!self.feeds.is_empty()).then_some(self.cleared);
        for (feed, (life, through)) in &self.feeds {
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
        self.feeds.is_empty()
    }

    /// Whether they go along with a commit of these writes. Before anything but records they must: what follows may hang on them.
    pub(super) fn ride(&self, ledger: &Ledger, writes: &[Write]) -> bool {
        let are_records = writes.iter().all(|write| matches!(write, Write::Record { .. }));
        let are_many =
            |(feed, (life, through)): (&FeedName, &(i64, Seq))| ledger.unsettled(feed, *life, *through) >= RIDE_AT;
        !are_records || ledger.room().fullness > Fullness::Roomy || self.feeds.iter().any(are_many)
    }

    /// They are committed.
    pub(super) fn clear(&mut self) {
        self.cleared += u64::from(!self.feeds.is_empty());
        self.feeds.clear();
    }

    pub(super) fn apply(&self, book: &mut Group<'_>) -> Result<(), LedgerError> {
        self.feeds.iter().try_for_each(|(feed, (life, through))| {
            book.take_down(feed, *life, &Effect::Settle { through: *through, refused: Vec::new(), lost: None })
        })
    }
}
