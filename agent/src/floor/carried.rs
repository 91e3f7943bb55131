//! Amounts that a hub knew and the ledger did not: the books follow. A bin that was seen since stands as it was seen, since
//! the same commit took back what that had told twice; what a scale finds beyond is news, and what somebody is counting is
//! held against books that know it.

use gateway_proto::time::WallTime;

use super::{Floor, moment::Moment};
use crate::movement::entry::Carried;

impl Floor {
    /// Takes what was carried forward into the books.
    pub fn handle_carried(&mut self, now: &Moment, carried: &Carried) {
        for recorded in &carried.movements {
            self.newest.recorded(recorded);
        }
        let changes: Vec<_> =
            carried.amounts.iter().map(|(item, place, units)| (item.clone(), place.clone(), units)).collect();
        // It happened before this ledger knew anything, so before every count that is going on.
        self.books_change_for_counts(now, WallTime::from_millis(i64::MIN), &changes);
        for (item, place, units) in carried.amounts.iter() {
            self.stock.carry(item, place, units);
            self.touch(item, place);
        }
        self.settle_touched(now);
    }
}
