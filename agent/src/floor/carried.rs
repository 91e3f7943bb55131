//! Amounts that a hub knew and the ledger did not: the books follow. A bin that was seen since stands as it was seen, since
//! the same commit took back what that had told twice; what a scale finds beyond is news.

use super::{Floor, moment::Moment};
use crate::movement::entry::Carried;

impl Floor {
    /// Takes what was carried forward into the books.
    pub fn handle_carried(&mut self, now: &Moment, carried: &Carried) {
        for recorded in &carried.movements {
            self.newest.recorded(recorded);
        }
        for (item, place, units) in carried.amounts.iter() {
            self.stock.carry(item, place, units);
            self.touch(item, place);
        }
        self.settle_touched(now);
    }
}
