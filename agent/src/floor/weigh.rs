//! A reading of a scale: what it tells of its bin.

use std::time::Duration;

use gateway_proto::name::{DeviceName, PlaceName};

use super::{
    Floor,
    moment::Moment,
    notice::Matter,
    order::{Caller, Heard, Order, Reply},
    weighed::{Difference, KeptLevel, Recording},
    work::{Facts, Part, Work},
};
use crate::{
    device::{Cause, Decimal, Mass, MassUnit, Weight, scanner_host::Verdict},
    movement::{
        entry::{Kept, KeptKey, Statement},
        weighing::Told,
    },
};

/// Between two looks while readings come: what waits for the end of a movement waits for half a second and more.
const TICK: Duration = Duration::from_millis(250);

/// For how long after the last reading something may wait for less than seconds.
const QUIET: Duration = Duration::from_secs(10);

/// Between two looks at a site where nothing happens. What waits there waits for minutes.
const QUIET_TICK: Duration = Duration::from_secs(2);

/// Under what the level of a bin is kept until the books say it.
fn level_key(bin: &PlaceName) -> KeptKey {
    KeptKey::new("level", bin.as_str())
}

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
            Some(_) if is_unsettled => self.keep_level(&bin, weight, caller),
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
            weighed.meter.is_spot() && level.is_some_and(|level| level != held.unwrap_or(0))
        })
    }

    /// What only this sensor knows is kept until the books say it, so that the sensor may forget it.
    fn keep_level(&mut self, bin: &PlaceName, weight: &Weight, caller: Option<Caller>) {
        let Some(weighed) = self.weighed.get_mut(bin) else { return self.weight_heard(caller, Verdict::Accepted) };
        weighed.kept_level = KeptLevel::Kept;
        let kept = Kept { key: level_key(bin), text: weight.mass.micrograms().to_string() };
        let mut work = Work::of(Statement::Keep(kept), Part::Facts(Facts::Plain));
        work.caller = caller;
        self.submit(work);
    }

    /// A level that was kept when the process ended, as if its sensor had said it again.
    pub(super) fn restore_level(&mut self, now: &Moment, bin: &PlaceName, micrograms: i64) {
        let grams = Mass::from_micrograms(micrograms).to_string();
        let grams = grams.strip_suffix(" g").and_then(|grams| Decimal::parse(grams).ok());
        let weight = grams.and_then(|grams| Weight::new(grams, MassUnit::Gram, None));
        let (Some(weighed), Some(weight)) = (self.weighed.get_mut(bin), weight) else { return };
        weighed.kept_level = KeptLevel::Kept;
        let scale = weighed.scale.clone();
        self.handle_weight(now, &scale, &weight, None);
    }

    /// What the books say by now need not be kept.
    pub(super) fn forget_settled(&mut self, bin: &PlaceName) {
        let is_kept = self.weighed.get(bin).is_some_and(|weighed| weighed.kept_level == KeptLevel::Kept);
        if is_kept && !self.is_unsettled(bin) {
            if let Some(weighed) = self.weighed.get_mut(bin) {
                weighed.kept_level = KeptLevel::No;
            }
            self.submit(Work::of(Statement::Forget(level_key(bin)), Part::Facts(Facts::Plain)));
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
            self.forget_settled(&bin);
            self.show_doubt(now, &bin);
        }
        self.tick_stations(now);
        self.tick_later(now);
        self.tick_alarms(now);
        self.finish(now);
    }

    /// How long the owner may wait before it calls [`Floor::tick`], when nothing has come in for `quiet`.
    #[must_use]
    pub fn tick_after(quiet: Duration) -> Duration {
        if quiet < QUIET { TICK } else { QUIET_TICK }
    }

    fn told(&mut self, now: &Moment, bin: &PlaceName, told: Option<Told>) {
        // While nobody has said what a piece weighs, nothing is strange.
        let told = told.filter(|_| self.weighed.get(bin).is_some_and(|weighed| weighed.content().is_some()));
        match told {
            Some(Told::Foreign { nearest, off, .. }) => {
                self.notice(now, Some(bin), Matter::Strange { nearest, off: format!("{off:+.2}") });
            }
            Some(Told::ZeroShift { by, .. }) => {
                self.notice(now, Some(bin), Matter::ZeroShift { by: by.to_string() });
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
        self.changed.bins.insert(bin.clone());
        self.drain(now, bin);
    }

    /// Shows what is wrong with a level, when that is another thing than before.
    pub(super) fn show_doubt(&mut self, _now: &Moment, bin: &PlaceName) {
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        let remedy = weighed.remedy(bin);
        if weighed.shown != remedy {
            weighed.shown.clone_from(&remedy);
            self.changed.bins.insert(bin.clone());
            self.orders.push_back(Order::Doubt { scale: weighed.scale.clone(), remedy });
        }
    }
}
