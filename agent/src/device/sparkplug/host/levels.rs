//! The watched metrics of one node or device, and what its latest birth says of them.
//!
//! Owns the resolving of names and aliases, and when a level is unknown. Everything it knows is from one birth: the next
//! may give an alias to another metric. Must not know sequence or sessions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::payload::{Metric, Payload, Quality};
use super::super::topic::Source;
use super::super::value::DataType;
use super::{Action, Counts, Report};
use crate::device::reading::Cause;

/// How many aliases of metrics that nobody watches are remembered. They serve to tell an alias that was never given;
/// where a birth has more, none is told.
const OTHERS_MAX: usize = 1_024;

#[derive(Debug)]
pub(super) struct Levels {
    source: Source,
    watched: BTreeMap<String, Watched>,
    /// Of watched metrics: one each, if the node keeps to the rules.
    aliases: BTreeMap<u64, Vec<String>>,
    /// Aliases of watched metrics that others have been given too.
    shared: BTreeSet<u64>,
    /// Sorted; `None` before a birth, or when it had too many.
    others: Option<Vec<u64>>,
    is_born: bool,
    /// Told as such, and not told as gone since.
    is_online: bool,
}

#[derive(Debug, Default)]
struct Watched {
    datatype: Option<DataType>,
    told: Told,
}

/// What was last told of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Told {
    #[default]
    Nothing,
    Level,
    Unknown(Cause),
}

/// To whom a birth gave an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    Watched(String),
    /// To several metrics, against the rules, and these of them are watched: to tell them apart is a guess.
    Several(Vec<String>),
    /// To a metric that nobody watches.
    Other,
    Never,
}

/// Whether all metrics of a message were known from the birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Resolved {
    All,
    /// A rebirth may tell what the others are.
    Some,
}

impl Levels {
    pub(super) const fn new(source: Source) -> Self {
        Self {
            source,
            watched: BTreeMap::new(),
            aliases: BTreeMap::new(),
            shared: BTreeSet::new(),
            others: None,
            is_born: false,
            is_online: false,
        }
    }

    /// `false` when it was watched already.
    pub(super) fn watch(&mut self, metric: &str) -> bool {
        let is_new = !self.watched.contains_key(metric);
        if is_new {
            self.watched.insert(metric.to_owned(), Watched::default());
        }
        is_new
    }

    pub(super) const fn is_born(&self) -> bool {
        self.is_born
    }

    /// A birth: forgets what an earlier one said. The source is told to be online unless it is known to have been all the
    /// time.
    pub(super) fn handle_birth(&mut self, payload: &Payload, counts: &mut Counts, actions: &mut Vec<Action>) {
        if !self.is_online {
            self.is_online = true;
            actions.push(Action::Online(self.source.clone()));
        }
        self.is_born = true;
        counts.dropped_metrics += payload.metrics_dropped as u64;
        self.learn(payload);
        for metric in &payload.metrics {
            if let Some(name) = &metric.name {
                self.tell(name, metric, actions);
            }
        }
        let announced = |name: &String| payload.metrics.iter().any(|metric| metric.name.as_ref() == Some(name));
        let missing: Vec<String> = self.watched.keys().filter(|name| !announced(name)).cloned().collect();
        for name in &missing {
            self.tell_unknown(name, Cause::DeviceError, actions);
        }
    }

    /// Values since the birth.
    pub(super) fn handle_data(
        &mut self,
        payload: &Payload,
        counts: &mut Counts,
        actions: &mut Vec<Action>,
    ) -> Resolved {
        counts.dropped_metrics += payload.metrics_dropped as u64;
        let mut resolved = Resolved::All;
        for metric in &payload.metrics {
            match self.resolve(metric) {
                Given::Watched(name) => self.tell(&name, metric, actions),
                Given::Other => {}
                Given::Several(names) => {
                    counts.unknown_aliases += 1;
                    for name in &names {
                        self.tell_unknown(name, Cause::DeviceError, actions);
                    }
                }
                Given::Never => {
                    counts.unknown_aliases += 1;
                    resolved = Resolved::Some;
                }
            }
        }
        resolved
    }

    /// The source is gone.
    pub(super) fn handle_death(&mut self, actions: &mut Vec<Action>) {
        if self.is_online {
            self.is_online = false;
            actions.push(Action::Offline(self.source.clone()));
        }
        self.forget(Cause::Offline, actions);
    }

    /// What was said does not hold any more, though the source may be well.
    pub(super) fn handle_lost(&mut self, actions: &mut Vec<Action>) {
        self.forget(Cause::Silent, actions);
    }

    /// The source was out of sight: the next birth may be that of another session.
    pub(super) const fn handle_out_of_sight(&mut self) {
        self.is_online = false;
    }

    fn forget(&mut self, cause: Cause, actions: &mut Vec<Action>) {
        self.is_born = false;
        self.aliases.clear();
        self.shared.clear();
        self.others = None;
        let names: Vec<String> = self.watched.keys().cloned().collect();
        for name in names {
            self.tell_unknown(&name, cause, actions);
        }
    }

    fn learn(&mut self, payload: &Payload) {
        self.aliases.clear();
        for watched in self.watched.values_mut() {
            watched.datatype = None;
        }
        let mut others = Vec::new();
        for metric in &payload.metrics {
            let Some(name) = &metric.name else { continue };
            let watched = self.watched.get_mut(name);
            let is_watched = watched.is_some();
            if let Some(watched) = watched {
                watched.datatype = metric.datatype;
            }
            match metric.alias {
                // A birth may hold past values of a metric before the present one.
                Some(alias) if is_watched => {
                    let names = self.aliases.entry(alias).or_default();
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
                Some(alias) => others.push(alias),
                None => {}
            }
        }
        others.sort_unstable();
        others.dedup();
        self.shared = self.aliases.keys().filter(|alias| others.binary_search(alias).is_ok()).copied().collect();
        others.shrink_to_fit();
        self.others = (others.len() <= OTHERS_MAX && payload.metrics_dropped == 0).then_some(others);
    }

    /// The name is the thing; an alias beside it says nothing more.
    fn resolve(&self, metric: &Metric) -> Given {
        if let Some(name) = metric.name.as_ref().filter(|name| !name.is_empty()) {
            return if self.watched.contains_key(name) { Given::Watched(name.clone()) } else { Given::Other };
        }
        let Some(alias) = metric.alias else { return Given::Never };
        match (self.aliases.get(&alias).map(Vec::as_slice), &self.others) {
            (Some([name]), _) if !self.shared.contains(&alias) => Given::Watched(name.clone()),
            (Some(names), _) => Given::Several(names.to_vec()),
            (None, Some(others)) if others.binary_search(&alias).is_err() => Given::Never,
            (None, _) => Given::Other,
        }
    }

    fn tell(&mut self, name: &str, metric: &Metric, actions: &mut Vec<Action>) {
        let Some(watched) = self.watched.get_mut(name) else { return };
        if metric.is_untyped_whole() && watched.datatype.is_none() {
            // Nobody has said whether it is signed.
            return self.tell_unknown(name, Cause::DeviceError, actions);
        }
        let value = metric.value(watched.datatype);
        if metric.is_historical {
            let Some(value) = value else { return };
            let report = Report::Historical { value, timestamp: metric.timestamp };
            actions.push(Action::Reading { source: self.source.clone(), metric: name.to_owned(), report });
            return;
        }
        match (metric.quality, value) {
            (Quality::Bad, _) => self.tell_unknown(name, Cause::DeviceError, actions),
            (Quality::Stale, _) => self.tell_unknown(name, Cause::Silent, actions),
            (Quality::Good, Some(value)) if !value.is_nan() => {
                watched.told = Told::Level;
                let report = Report::Current { value, timestamp: metric.timestamp };
                actions.push(Action::Reading { source: self.source.clone(), metric: name.to_owned(), report });
            }
            (Quality::Good, _) => self.tell_unknown(name, Cause::NotANumber, actions),
        }
    }

    fn tell_unknown(&mut self, name: &str, cause: Cause, actions: &mut Vec<Action>) {
        let Some(watched) = self.watched.get_mut(name) else { return };
        if watched.told != Told::Unknown(cause) {
            watched.told = Told::Unknown(cause);
            let report = Report::Unknown(cause);
            actions.push(Action::Reading { source: self.source.clone(), metric: name.to_owned(), report });
        }
    }
}
