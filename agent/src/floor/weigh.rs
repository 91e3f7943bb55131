//! A reading of a scale: what it tells of its bin.

use std::time::Duration;

use gateway_proto::name::{DeviceName, PlaceName};

use super::{
    Floor,
    moment::Moment,
    order::{Caller, Heard, Order, Reply},
    weighed::{Difference, Recording},
};
use crate::{
    device::{Cause, Weight, scanner_host::Verdict},
    movement::weighing::Told,
};

impl Floor {
    /// Takes a weight that a scale reported. A caller hears once it is known and, when it changed the books, durable: a
    /// sensor that will not say it again may forget it then.
    pub fn handle_weight(&mut self, now: &Moment, scale: &DeviceName, weight: &Weight, caller: Option<Caller>) {
        let bin = self.scales.get(scale).cloned();
        let Some((bin, weighed)) = bin.and_then(|bin| Some((bin.clone(), self.weighed.get_mut(&bin)?))) else {
            self.weight_heard(caller, Verdict::Refused);
            return;
        };
        weighed.still.take(now.elapsed, weight);
        let was_recording = weighed.recording;
        let told = weighed.meter.handle_weight(now.elapsed, weight);
        if told.is_some() || weighed.level != weighed.counted() {
            self.told(now, &bin, told);
        }
        self.show_doubt(now, &bin);
        let is_unsettled = self.is_unsettled(&bin);
        match self.weighed.get_mut(&bin) {
            // What is on its way may be an older level.
            Some(weighed) if was_recording == Recording::Ordered => weighed.later_callers.extend(caller),
            Some(weighed) if weighed.recording == Recording::Ordered => weighed.callers.extend(caller),
            Some(_) if is_unsettled => self.wait_for_books(&bin, caller),
            Some(_) | None => self.weight_heard(caller, Verdict::Accepted),
        }
        self.finish(now);
    }

    /// Whether a sensor that will not say it again has said what is not in the books yet: a scan is waited for, or the
    /// ledger cannot write.
    fn is_unsettled(&self, bin: &PlaceName) -> bool {
        let held = self.held_at(bin);
        self.weighed.get(bin).is_some_and(|weighed| {
            let level = weighed.counted().and_then(|counted| i64::try_from(counted.pieces).ok());
            weighed.meter.is_spot() && level.is_some() && level != held
        })
    }

    /// The newest level waits until the books agree; the sensors' older ones no longer matter.
    fn wait_for_books(&mut self, bin: &PlaceName, caller: Option<Caller>) {
        let older = match self.weighed.get_mut(bin) {
            Some(weighed) => std::mem::replace(&mut weighed.unsettled_caller, caller),
            None => caller,
        };
        self.weight_heard(older, Verdict::Accepted);
    }

    /// Answers levels that are in the books by now.
    pub(super) fn answer_settled(&mut self, bin: &PlaceName) {
        if self.weighed.get(bin).is_some_and(|weighed| weighed.unsettled_caller.is_some()) && !self.is_unsettled(bin) {
            let caller = self.weighed.get_mut(bin).and_then(|weighed| weighed.unsettled_caller.take());
            self.weight_heard(caller, Verdict::Accepted);
        }
    }

    /// What became of the level that callers wait for. Those whose levels came behind it wait for the next, unless this
    /// could not be recorded either.
    pub(super) fn level_answered(&mut self, bin: &PlaceName, verdict: Verdict) {
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        weighed.recording = Recording::No;
        let mut heard = std::mem::take(&mut weighed.callers);
        let later = std::mem::take(&mut weighed.later_callers);
        if verdict == Verdict::Accepted {
            weighed.callers = later;
        } else {
            heard.extend(later);
            heard.extend(weighed.unsettled_caller.take());
        }
        for caller in heard {
            self.weight_heard(Some(caller), verdict);
        }
    }

    /// Once a bin was drained: who waits for a level that makes no movement waits no longer.
    pub(super) fn level_settled(&mut self, bin: &PlaceName) {
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        if weighed.recording == Recording::No {
            for caller in std::mem::take(&mut weighed.callers) {
                self.weight_heard(Some(caller), Verdict::Accepted);
            }
        }
    }

    fn weight_heard(&mut self, caller: Option<Caller>, verdict: Verdict) {
        let heard = Heard { verdict, is_repetition: false, text: String::new() };
        self.orders.extend(caller.map(|caller| Order::Reply { caller, reply: Reply::Heard(heard) }));
    }

    /// A scale cannot say what lies in its bin.
    pub fn handle_unknown(&mut self, now: &Moment, scale: &DeviceName, cause: Cause) {
        let Some(bin) = self.scales.get(scale).cloned() else { return };
        let Some(weighed) = self.weighed.get_mut(&bin) else { return };
        weighed.still.forget();
        weighed.meter.handle_unknown(now.elapsed, cause);
        self.level_changed(now, &bin);
        self.show_doubt(now, &bin);
        self.finish(now);
    }

    /// Lets time pass: hold times, waiting acts, stations that were left alone, levels that stay unknown.
    pub fn tick(&mut self, now: &Moment) {
        let bins: Vec<PlaceName> = self.weighed.keys().cloned().collect();
        for bin in bins {
            let Some(weighed) = self.weighed.get_mut(&bin) else { continue };
            let told = weighed.meter.tick(now.elapsed);
            if told.is_some() || weighed.level != weighed.counted() {
                self.told(now, &bin, told);
            }
            let Some(weighed) = self.weighed.get_mut(&bin) else { continue };
            if weighed.fusion.next_tick().is_some_and(|at| at <= now.elapsed) {
                weighed.fusion.tick(now.elapsed);
                self.drain(now, &bin);
            }
            self.tick_calibration(now, &bin);
            self.answer_settled(&bin);
            self.show_doubt(now, &bin);
        }
        self.tick_stations(now);
        self.tick_later(now);
        self.tick_alarms(now);
        self.finish(now);
    }

    /// How long the owner may wait for something else before it calls [`Floor::tick`].
    #[must_use]
    pub const fn tick_every() -> Duration {
        // Everything that waits here waits for seconds; looking at a bin costs less than a reading of its scale.
        Duration::from_millis(250)
    }

    fn told(&mut self, now: &Moment, bin: &PlaceName, told: Option<Told>) {
        // While nobody has said what a piece weighs, nothing is strange.
        let told = told.filter(|_| self.weighed.get(bin).is_some_and(|weighed| weighed.content().is_some()));
        match told {
            Some(Told::Foreign { nearest, off, .. }) => {
                let text = format!("bin {bin}: something that is {nearest} pieces and {off:+.2} of one came or went");
                self.notice(
                    now,
                    Some(bin),
                    text,
                    "look for a foreign or wrong part; when all is right, count the bin".to_owned(),
                );
            }
            Some(Told::ZeroShift { by, .. }) => {
                let text = format!("bin {bin}: its scale moved by {by} at once with nobody there; the count stays");
                self.notice(now, Some(bin), text, "count the bin, then set its tare anew".to_owned());
            }
            Some(Told::Level(_) | Told::Moved { .. } | Told::Lifted { .. } | Told::Returned { .. }) | None => {}
        }
        self.level_changed(now, bin);
    }

    /// Tells fusion what the scale says now.
    pub(super) fn level_changed(&mut self, now: &Moment, bin: &PlaceName) {
        let held = self.held_at(bin);
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        let level = weighed.counted();
        weighed.level = level;
        weighed.unknown_since = match level {
            Some(_) => None,
            None => weighed.unknown_since.or(Some(now.elapsed)),
        };
        let agrees = level.is_some_and(|level| i64::try_from(level.pieces).ok() == held);
        if agrees {
            weighed.difference = Difference::Acts;
        }
        weighed.fusion.handle_level(now.elapsed, level);
        self.stale_bins.insert(bin.clone());
        self.drain(now, bin);
    }

    /// Shows what is wrong with a level, when that is another thing than before.
    pub(super) fn show_doubt(&mut self, _now: &Moment, bin: &PlaceName) {
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        let remedy = weighed.remedy(bin);
        if weighed.shown != remedy {
            weighed.shown.clone_from(&remedy);
            self.orders.push_back(Order::Doubt { scale: weighed.scale.clone(), remedy });
        }
    }
}
