//! Single facts that people tell beside whole files: an operator, what a parked code is, that they know of a loss. Each
//! leaves a line in the audit, in the commit that changes it.

use gateway_proto::name::{FeedName, Text};
use serde_json::json;

use super::{
    Floor,
    moment::Moment,
    order::Caller,
    refusal::Refusal,
    work::{Facts, Part, Work},
};
use crate::{
    movement::entry::{AuditLine, Kept, KeptKey, Statement},
    register::{
        fact::{Fact, Origin},
        refusal::Refused,
    },
};

/// Under what it is kept up to how many lost records of a feed somebody has taken note.
pub(super) const LOSSES_SEEN: &str = "losses-seen";

impl Floor {
    /// Takes one fact of the master data.
    pub(super) fn tell(&mut self, now: &Moment, caller: Caller, fact: &Fact, by: &Text) {
        if self.next_register.is_some() {
            return self.done_at_once(caller, Err(Refusal::Importing));
        }
        let refusals = self.register.check(fact, Origin::Imported);
        if !refusals.is_empty() {
            return self.done_at_once(caller, Err(Refused(refusals)));
        }
        let mut work = Work::default();
        let is_known = self.register.fact(fact.kind(), &fact.name()).is_some_and(|(known, _)| known == *fact);
        if !is_known {
            self.tell_register(std::slice::from_ref(fact), &mut work);
            let columns = fact.kind().columns().iter().map(|column| column.name);
            let cells = columns.zip(fact.cells()).filter(|(_, cell)| !cell.is_empty());
            let cells: Vec<String> = cells.map(|(column, cell)| format!("{column} {cell}")).collect();
            audit(&mut work, now, by, &format!("set {}", fact.kind()), cells.join(", "));
        }
        self.command_work(caller, json!({ "changed": !is_known }), work);
    }

    /// Somebody knows that so many records of a feed are lost.
    pub(super) fn note_loss(&mut self, now: &Moment, caller: Caller, feed: &FeedName, lost: u64, by: &Text) {
        let mut work = Work::default();
        if self.losses_seen.get(feed).is_none_or(|seen| *seen < lost) {
            let key = KeptKey::new(LOSSES_SEEN, feed.as_str());
            let before = self.losses_seen.insert(feed.clone(), lost);
            let kept = Statement::Keep(Kept { key, text: lost.to_string() });
            work.push(kept, Part::Facts(Facts::Loss { feed: feed.clone(), before }));
            audit(&mut work, now, by, "note lost records", format!("feed {feed}: {lost} so far"));
        }
        self.command_work(caller, json!({ "noted": lost }), work);
    }

    /// That somebody knows could not be kept.
    pub(super) fn loss_not_noted(&mut self, feed: &FeedName, before: Option<u64>) {
        match before {
            Some(before) => drop(self.losses_seen.insert(feed.clone(), before)),
            None => drop(self.losses_seen.remove(feed)),
        }
    }
}

/// Adds a line of audit to what is recorded.
pub(super) fn audit(work: &mut Work, now: &Moment, by: &Text, act: &str, detail: String) {
    let line = AuditLine { at: now.wall, actor: by.to_string(), act: act.to_owned(), detail };
    work.push(Statement::Audit(line), Part::Facts(Facts::Plain));
}
