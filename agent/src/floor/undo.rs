//! One act taken back by its number: what an Undo on a page does. By correcting movements, as everything that is taken back.

use gateway_proto::name::Text;
use serde_json::json;

use super::{
    Floor,
    acts::{Stage, Trace},
    answer::Came,
    moment::Moment,
    order::Caller,
    scan::Step,
    why::ActRefusal,
    work::Work,
};
use crate::movement::said::ActId;

impl Floor {
    /// Takes an act back; of a delivery that came in whole, all of it.
    pub(super) fn undo_act(&mut self, now: &Moment, caller: Caller, act: ActId, by: Option<&Text>) {
        let Some(trace) = self.acts.get(act) else {
            return self.done_at_once(caller, Err(ActRefusal::TooLongAgo));
        };
        if is_back(trace) {
            return self.done_at_once(caller, Err(ActRefusal::TakenBackAlready));
        }
        let (station, delivery) = (trace.said.by.clone(), trace.delivery.clone());
        let together = match &delivery {
            Some(delivery) => self.acts.of_delivery(&station, delivery),
            None => vec![act],
        };
        let mut work = Work::default();
        for act in &together {
            if self.acts.get(*act).is_none_or(is_back) {
                continue;
            }
            if let Err(why) = self.withdraw(now, *act, by, &mut work) {
                self.abandon(now, work);
                return self.done_at_once(caller, Err(why));
            }
        }
        self.reopen(act, &mut work);
        for act in &together {
            self.expect_again(*act, &mut work);
        }
        if let Some(desk) = self.desks.get_mut(&station)
            && !work.statements.is_empty()
        {
            work.step = Some(Box::new(Step::form(now, desk, &station, None, Came::TakenBack(together.clone()))));
        }
        self.command_work(caller, json!({ "taken_back": together }), work);
    }
}

/// Whether nothing of it is left to take back.
fn is_back(trace: &Trace) -> bool {
    let is_gone = trace.was_made && trace.standing() == 0 && !trace.is_changing();
    is_gone || trace.was_withdrawn || trace.stage == Stage::Over || trace.stage == Stage::Undone
}
