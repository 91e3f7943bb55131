//! Defects, planted to see that the oracle bites.

use agent::{ledger::Removal, movement::entry::Entry};
use gateway_proto::{
    batch::{Batch, Load},
    delivery::{Effect, Shipment, ShipmentKind},
    record::Record,
};
use rusqlite::Connection;

use super::{
    act::ActNumber,
    month::Month,
    site::{Doubt, feed_name},
};

/// What is wrong with the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    Nothing,
    /// The site's drive answers syncs of the log and does not do them: what `synchronous=NORMAL` comes to.
    NotSynced,
    /// The site settles what it has sent, and removes it.
    DeletesBeforeAck,
    /// The hub's records have no key, and it forgets its positions now and then.
    NoKeyAtHub,
    /// What is sent once more is recorded once more.
    NewIdOnRetry,
    /// The site takes for a repetition what is older, by the wall, than the newest it has.
    OrderByWallClock,
    /// The hub answers, then commits.
    AckBeforeCommit,
}

impl Month<'_> {
    pub(super) fn plant(&mut self) {
        match self.defect {
            Defect::NotSynced => self.site.world.lies_about("-wal"),
            Defect::NoKeyAtHub => {
                let db = Connection::open(self.hub.world.folder().join("hub.db")).unwrap();
                db.execute_batch(
                    "PRAGMA foreign_keys = OFF;
                     CREATE TABLE planted AS SELECT * FROM refused; DROP TABLE refused; ALTER TABLE planted RENAME TO refused;
                     CREATE TABLE planted AS SELECT * FROM record; DROP TABLE record; ALTER TABLE planted RENAME TO record;
                     CREATE TRIGGER forgets BEFORE UPDATE OF through ON epoch WHEN new.through % 3 = 0
                     BEGIN SELECT RAISE(IGNORE); END",
                )
                .unwrap();
                self.hub.open().unwrap();
            }
            Defect::Nothing
            | Defect::DeletesBeforeAck
            | Defect::NewIdOnRetry
            | Defect::OrderByWallClock
            | Defect::AckBeforeCommit => {}
        }
    }

    /// A shipment has been sent.
    pub(super) fn sent(&mut self, feed: &'static str, shipment: &Shipment) {
        if self.defect != Defect::DeletesBeforeAck || shipment.kind != ShipmentKind::Records {
            return;
        }
        let (name, life) = (feed_name(feed), self.site.view[&feed_name(feed)].life);
        let effect = Effect::Settle { through: shipment.last, refused: Vec::new(), lost: None };
        let _ = self.site.commit(&Doubt::default(), |group| {
            group.take_down(&name, life, &effect)?;
            group.trim(&name, Removal::AllBut(0))
        });
    }

    /// A shipment got no answer.
    pub(super) fn unanswered(&mut self, batch_of: &Batch) {
        let (Defect::NewIdOnRetry, Load::Records(records)) = (self.defect, &batch_of.load) else { return };
        let Some(Ok(Record::Movement(movement))) = records.last().map(|text| Record::parse(text.as_str())) else {
            return;
        };
        let Ok(entry) = Entry::movement(movement, None) else { return };
        let doubt = Doubt { own: true, ..Doubt::default() };
        let _ = self.site.commit(&doubt, |group| group.append(entry).map(drop));
    }

    /// Whether a site that goes by the wall's time takes these for repetitions. Then it says that it has them.
    pub(super) fn is_old_by_wall(&mut self, entries: &[(ActNumber, Entry)]) -> bool {
        let now = self.wall.shows(self.now).millis();
        let is_old = now < self.newest_at;
        self.newest_at = self.newest_at.max(now);
        if is_old {
            for (number, _) in entries {
                self.accept(*number);
                self.parts.insert((*number, true));
            }
        }
        is_old
    }
}
