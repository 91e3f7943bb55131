//! What becomes of acts: the answers to what a bin asked for, and how an act ends.

use std::time::Duration;

use gateway_proto::quantity::Quantity;

use crate::movement::said::ActId;

use super::{
    Fusion,
    output::{Answer, Disagreement, End, Made, Occasion, Output, Proposed},
    patience::{Attendance, REMEMBERED_MAX, RETRY_FIRST, RETRY_MAX},
    state::{Fate, Flight, Opening, Recorded, Storage, Unclaimed, Waiting},
};

impl Fusion {
    /// What became of the proposal.
    pub fn proposed(&mut self, now: Duration, answer: Proposed) {
        let Some(Flight::Proposal { pieces, began, occasion, acts }) =
            self.flight.take_if(|flight| matches!(flight, Flight::Proposal { .. }))
        else {
            return;
        };
        match answer {
            Proposed::Recorded { held, made } => {
                self.pending = None;
                if occasion == Occasion::FirstCount {
                    self.opening = Opening::Over;
                }
                self.succeed(now, held);
                for made in made {
                    match made.act.and_then(|act| self.remove(act)) {
                        Some(waiting) => self.end_weighed(&waiting, made.units.unsigned_abs()),
                        None if made.act.is_none() && occasion == Occasion::Change => self.leave_unclaimed(made, began),
                        None => {}
                    }
                }
            }
            Proposed::NoChange { held } => {
                if held.unwrap_or(0) == pieces {
                    self.succeed(now, held);
                } else {
                    // The ledger can do nothing with this level; asking at once again would be for ever.
                    self.hold(now, held);
                    self.fail(now);
                }
            }
            Proposed::Failed => self.fail(now),
            Proposed::Refused => {
                if acts.is_empty() {
                    self.fail(now);
                }
                for act in &acts {
                    self.end_unrecordable(*act);
                }
            }
        }
        for act in &acts {
            self.unrecorded(*act);
        }
        self.compare(now);
        self.decide(now);
    }

    /// What became of the booking.
    pub fn booked(&mut self, now: Duration, answer: Answer) {
        let Some(Flight::Booking { act, qty }) = self.flight.take_if(|flight| matches!(flight, Flight::Booking { .. }))
        else {
            return;
        };
        match answer {
            Answer::Recorded { held } => {
                self.succeed(now, held);
                if let Some(waiting) = self.remove(act) {
                    self.end_recorded(&waiting, Recorded::Booked(qty.units()));
                    if waiting.fate != Fate::Withdrawn {
                        self.expect(now, act, waiting.way.signed(qty.signed()));
                    }
                }
            }
            Answer::Failed => {
                self.fail(now);
                match self.acts.iter().find(|waiting| waiting.said.act == act).map(|waiting| waiting.storage) {
                    Some(Storage::None) => {
                        self.remove(act);
                        self.out.push_back(Output::Done(act));
                    }
                    Some(Storage::Kept | Storage::Outdated) | None => self.unrecorded(act),
                }
            }
            Answer::Refused => self.end_unrecordable(act),
        }
        self.compare(now);
        self.decide(now);
    }

    /// What became of the claim.
    pub fn claimed(&mut self, now: Duration, answer: Answer) {
        let Some(Flight::Claim { act, of }) = self.flight.take_if(|flight| matches!(flight, Flight::Claim { .. }))
        else {
            return;
        };
        match answer {
            Answer::Recorded { held } => {
                self.succeed(now, held);
                if let Some(waiting) = self.remove(act) {
                    self.end_weighed(&waiting, of.units.unsigned_abs());
                }
            }
            Answer::Failed => {
                let place = self.unclaimed.partition_point(|movement| movement.began <= of.began);
                self.unclaimed.insert(place, of);
                self.fail(now);
                self.unrecorded(act);
            }
            Answer::Refused => self.unrecorded(act),
        }
        self.decide(now);
    }

    /// What became of the taking back.
    pub fn taken_back(&mut self, now: Duration, answer: Answer) {
        let Some(Flight::TakeBack { of, act }) =
            self.flight.take_if(|flight| matches!(flight, Flight::TakeBack { .. }))
        else {
            return;
        };
        match answer {
            Answer::Recorded { held } => self.succeed(now, held),
            Answer::Failed => {
                self.superseded.push_front((of, act));
                self.fail(now);
            }
            Answer::Refused => {}
        }
        self.decide(now);
    }

    pub(super) fn succeed(&mut self, now: Duration, held: Option<i64>) {
        self.failures = 0;
        self.retry_at = Duration::ZERO;
        self.hold(now, held);
    }

    pub(super) fn fail(&mut self, now: Duration) {
        let wait = RETRY_FIRST.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = now.saturating_add(wait);
    }

    pub(super) fn leave_unclaimed(&mut self, made: Made, began: Duration) {
        while self.unclaimed.len() >= REMEMBERED_MAX {
            self.unclaimed.pop_front();
        }
        self.unclaimed.push_back(Unclaimed { key: made.key, units: made.units, began });
        if self.attendance != Attendance::ScaleAlone {
            let (of, units, attendance) = (made.key, made.units, self.attendance);
            self.out.push_back(Output::Flag(Disagreement::NoScan { of, units, attendance }));
        }
    }

    /// An act that a step was to record still waits, or what happened to it meanwhile takes effect.
    pub(super) fn unrecorded(&mut self, act: ActId) {
        let Some(waiting) = self.acts.iter_mut().find(|waiting| waiting.said.act == act) else { return };
        match waiting.fate {
            Fate::Open => {
                if waiting.storage == Storage::Outdated {
                    waiting.storage = Storage::Kept;
                    let said = waiting.said.clone();
                    self.out.push_back(Output::Keep(said));
                }
            }
            Fate::Withdrawn => {
                if let Some(waiting) = self.remove(act) {
                    self.end_without_movement(&waiting);
                }
            }
            Fate::SettledElsewhere => {
                self.remove(act);
            }
        }
    }

    pub(super) fn end_weighed(&mut self, waiting: &Waiting, units: u64) {
        self.flag_quantity(waiting.said.act, waiting.said.qty, units);
        self.end_recorded(waiting, Recorded::Weighed(units));
    }

    pub(super) fn end_recorded(&mut self, waiting: &Waiting, recorded: Recorded) {
        let act = waiting.said.act;
        if waiting.fate == Fate::Withdrawn {
            self.out.push_back(Output::Undo(act));
        } else {
            while self.past.len() >= REMEMBERED_MAX {
                self.past.pop_front();
            }
            self.past.push_back((act, recorded));
        }
        self.out.push_back(Output::Done(act));
    }

    pub(super) fn end_unrecordable(&mut self, act: ActId) {
        if let Some(waiting) = self.remove(act) {
            self.out.push_back(Output::Flag(Disagreement::Unrecordable { act }));
            self.end_without_movement(&waiting);
        }
    }

    /// The other end of an act says nothing: the answering one does.
    pub(super) fn end_without_movement(&mut self, waiting: &Waiting) {
        if waiting.end == End::Answering {
            if waiting.storage != Storage::None {
                self.out.push_back(Output::Drop(waiting.said.act));
            }
            self.out.push_back(Output::Done(waiting.said.act));
        }
    }

    pub(super) fn flag_quantity(&mut self, act: ActId, stated: Option<Quantity>, weighed: u64) {
        if let Some(stated) = stated.map(Quantity::units).filter(|stated| *stated != weighed) {
            self.out.push_back(Output::Flag(Disagreement::Quantity { act, stated, weighed }));
        }
    }
}
