//! Min and max as people set them at a bin or for an item on the whole site, each with a reason. What stood there before
//! stays in a history beside the ledger, with who changed it and when.

use std::collections::BTreeMap;

use gateway_proto::{
    name::{FeedName, ItemCode, Text},
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use super::{
    Floor,
    moment::Moment,
    order::Caller,
    refusal::Refusal,
    why::Why,
    work::{Facts, Part, Work},
};
use crate::{
    movement::{
        entry::{AuditLine, Kept, KeptKey, Statement},
        rules::Subject,
    },
    register::{
        fact::{Fact, Kind, Origin},
        refusal::Refused,
    },
};

/// Changes of one subject that are kept; the oldest go first. More than one a week for a year.
pub const HISTORY_MAX: usize = 60;

/// Under what a subject's history is kept.
pub(super) const KEPT: &str = "bounds";

/// Newest last.
pub(super) type Histories = BTreeMap<Subject, Vec<BoundsChange>>;

/// One change of a subject's bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundsChange {
    pub at: WallTime,
    pub by: Text,
    pub why: Text,
    /// Min and max before and after.
    pub from: [Option<u64>; 2],
    pub to: [Option<u64>; 2],
}

/// A bin, or an item on the whole site, with its bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundsRow {
    pub subject: Subject,
    pub item: ItemCode,
    pub feed: Option<FeedName>,
    pub min: Option<u64>,
    pub max: Option<u64>,
    /// Where the site's file says so, it is changed there.
    pub origin: Origin,
    /// Base units: in the bin, or usable on the site.
    pub on_hand: i64,
    /// Newest last.
    pub history: Vec<BoundsChange>,
}

impl Floor {
    /// Sets the bounds of a subject.
    pub(super) fn set_bounds(
        &mut self,
        now: &Moment,
        caller: Caller,
        subject: &Subject,
        bounds: [Option<u64>; 2],
        (why, by): (Text, Text),
    ) {
        match self.bounds_work(now, subject, bounds, why, by) {
            Ok(work) => {
                let is_changed = !work.statements.is_empty();
                self.command_work(caller, serde_json::json!({ "changed": is_changed }), work);
            }
            Err(why) => self.done_at_once(caller, Err(why)),
        }
    }

    fn bounds_work(
        &mut self,
        now: &Moment,
        subject: &Subject,
        to: [Option<u64>; 2],
        why: Text,
        by: Text,
    ) -> Result<Work, Why> {
        if self.next_register.is_some() {
            return Err(Refusal::Importing.into());
        }
        let (mut fact, from) = self.bounded(subject).ok_or_else(|| Refusal::NoSubject(subject.clone()))?;
        if from == to {
            return Ok(Work::default());
        }
        match &mut fact {
            Fact::Bin(bin) => [bin.min, bin.max] = to,
            Fact::Item(item) => [item.site_min, item.site_max] = to,
            Fact::Alias(_) | Fact::Container(_) | Fact::Operator(_) | Fact::Asset(_) | Fact::Shipment(_) => {}
        }
        let refusals = self.register.check(&fact, Origin::Imported);
        if !refusals.is_empty() {
            return Err(Refused(refusals).into());
        }
        let mut work = Work::default();
        self.tell_register(&[fact], &mut work);
        let detail =
            format!("{subject}: min {} max {}, was min {} max {}; {why}", w(to[0]), w(to[1]), w(from[0]), w(from[1]));
        let change = BoundsChange { at: now.wall, by: by.clone(), why, from, to };
        let history = self.bounds_history.entry(subject.clone()).or_default();
        history.push(change);
        if let Some(over) = history.len().checked_sub(HISTORY_MAX) {
            history.drain(..over);
        }
        let text = serde_json::to_string(history).expect("a history is plain data");
        let kept = Kept { key: KeptKey::new(KEPT, subject.to_string()), text };
        work.push(Statement::Keep(kept), Part::Facts(Facts::Bounds { subject: subject.clone() }));
        let audit = AuditLine { at: now.wall, actor: by.to_string(), act: "set min and max".to_owned(), detail };
        work.push(Statement::Audit(audit), Part::Facts(Facts::Plain));
        Ok(work)
    }

    /// A change that was not kept was none.
    pub(super) fn bounds_failed(&mut self, subject: &Subject) {
        if let Some(history) = self.bounds_history.get_mut(subject) {
            history.pop();
        }
    }

    /// Every bin, and every item of the site.
    #[must_use]
    pub fn bounds(&self) -> Vec<BoundsRow> {
        let facts = self.register.facts(Kind::Bin).chain(self.register.facts(Kind::Item));
        let rows = facts.filter_map(|(fact, origin)| {
            let (subject, item, min, max, on_hand) = match fact {
                Fact::Bin(bin) => {
                    let place = gateway_proto::place::Place::Bin(bin.name.clone());
                    let held = self.stock.held(&bin.item, &place).unwrap_or(0);
                    (Subject::Bin(bin.name), bin.item, bin.min, bin.max, held)
                }
                Fact::Item(item) => {
                    let usable = self.stock.usable(&item.code);
                    (Subject::Item(item.code.clone()), item.code, item.site_min, item.site_max, usable)
                }
                Fact::Alias(_) | Fact::Container(_) | Fact::Operator(_) | Fact::Asset(_) | Fact::Shipment(_) => {
                    return None;
                }
            };
            let feed = self.catalog.feed(&item).cloned();
            let history = self.bounds_history.get(&subject).cloned().unwrap_or_default();
            Some(BoundsRow { subject, item, feed, min, max, origin, on_hand, history })
        });
        rows.collect()
    }

    /// What carries a subject's bounds, and the bounds.
    fn bounded(&self, subject: &Subject) -> Option<(Fact, [Option<u64>; 2])> {
        match subject {
            Subject::Bin(name) => {
                let bin = self.register.bin(name.as_str())?;
                Some((Fact::Bin(bin.clone()), [bin.min, bin.max]))
            }
            Subject::Item(code) => {
                let item = self.register.item(code.as_str())?;
                Some((Fact::Item(item.clone()), [item.site_min, item.site_max]))
            }
        }
    }
}

/// A bound in words.
fn w(bound: Option<u64>) -> String {
    bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string())
}
