//! The lines that tell what was recorded: written after the commit, never before, so each is a promise.
//!
//! A person at a log reads some dozens of lines a second; a log on flash wears by every one. So at `info` the first of each
//! second have a line each and the others one line together, which names the seqs. At `debug` for this module
//! (`RUST_LOG=info,agent::task::recorded=debug`) each has its own.

use std::{collections::BTreeMap, time::Duration};

use gateway_proto::{name::FeedName, record::Seq};
use tracing::{debug, info};

use crate::movement::entry::Recorded;

/// Movements that have a line of their own within [`SPAN`]: more than the busiest stations of a site scan.
const LINES_MAX: u32 = 50;

const SPAN: Duration = Duration::from_secs(1);

/// What has been told within this second, and what is still to be.
#[derive(Debug, Default)]
pub(super) struct RecordedLog {
    since: Duration,
    lines: u32,
    more: BTreeMap<FeedName, More>,
}

/// Movements of a feed that had no line.
#[derive(Debug)]
struct More {
    count: u64,
    first: Seq,
    last: Seq,
}

/// One line, at the level that its place in the second gives it.
macro_rules! line {
    ($level:ident, $recorded:expr) => {
        $level!(
            device = %$recorded.movement.by,
            feed = %$recorded.feed,
            seq = $recorded.seq.0,
            item = %$recorded.movement.item,
            qty = $recorded.movement.qty.units(),
            from = %$recorded.movement.from,
            to = %$recorded.movement.to,
            "recorded"
        )
    };
}

impl RecordedLog {
    pub(super) fn tell(&mut self, now: Duration, recorded: &Recorded) {
        self.tick(now);
        if self.lines < LINES_MAX {
            self.lines += 1;
            line!(info, recorded);
            return;
        }
        line!(debug, recorded);
        match self.more.get_mut(&recorded.feed) {
            Some(more) => (more.count, more.last) = (more.count + 1, recorded.seq),
            None => {
                let more = More { count: 1, first: recorded.seq, last: recorded.seq };
                self.more.insert(recorded.feed.clone(), more);
            }
        }
    }

    /// Tells of what had no line, once the second is over. To be called now and then.
    pub(super) fn tick(&mut self, now: Duration) {
        if now.saturating_sub(self.since) < SPAN {
            return;
        }
        (self.since, self.lines) = (now, 0);
        self.flush();
    }

    /// Tells of what had no line: nothing comes after.
    pub(super) fn flush(&mut self) {
        for (feed, More { count, first, last }) in std::mem::take(&mut self.more) {
            info!(%feed, count, first = first.0, last = last.0, "recorded more");
        }
    }
}
