//! What a floor begins with: the site's file, the facts that were kept, what the ledger holds.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use gateway_proto::{name::ItemCode, on_hand::OnHand, place::Place, time::WallTime};

use super::{
    Floor, Watching,
    acts::KeptAct,
    count::Counts,
    moment::Moment,
    notice::{Matter, Notice},
    scan::Desk,
    stock::Stock,
    weighed::Weighed,
    work::{Facts, Part, Work},
};
use crate::{
    label::LabelRules,
    movement::{
        calibration::{Calibration, Containers},
        entry::Statement,
        rules::{self, Caution, Rules, Subject},
        session::{self, Session},
    },
    register::{
        Register,
        fact::{Fact, Kind, Origin},
    },
};

/// What the site's file says.
#[derive(Debug, Clone)]
pub struct Setup {
    pub register: Register,
    pub labels: LabelRules,
    pub stations: Vec<session::Station>,
    pub scales: Vec<Watching>,
    /// Whether alarms also look at the low end of a weighed count.
    pub caution: Caution,
}

/// What the ledger says at the start.
#[derive(Debug, Clone, Default)]
pub struct Books {
    pub on_hand: OnHand,
    /// Bins whose amounts lack movements that damage took: what their scales find otherwise is nobody's use.
    pub behind: BTreeSet<(ItemCode, Place)>,
}

/// A fact that was kept beside the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFact {
    pub kind: String,
    pub name: String,
    /// JSON.
    pub text: String,
}

/// The kept facts, sorted.
#[derive(Default)]
struct Sorted {
    facts: Vec<Fact>,
    calibrations: HashMap<String, Calibration>,
    containers: Containers,
    /// Of bins whose sensors speak once, micrograms.
    levels: HashMap<String, i64>,
    acts: Vec<KeptAct>,
    /// With when each was kept, and the origins of the scans it had taken.
    sessions: HashMap<String, (session::Snapshot, WallTime, Vec<u64>)>,
    counts: Vec<String>,
    alarm_rows: Vec<(Subject, rules::Kept)>,
    last_alarm: u64,
    notices: Vec<Notice>,
    bounds_history: super::bounds::Histories,
    losses_seen: std::collections::BTreeMap<gateway_proto::name::FeedName, u64>,
    /// What could not be read, for the log.
    /// Of what, and in which words.
    unreadable: Vec<(String, String)>,
}

impl Floor {
    /// The floor of a site at its start. What cannot be taken over of the kept facts is told by notices; nothing stops it.
    #[must_use]
    pub fn new(setup: Setup, kept: Vec<KeptFact>, books: Books, now: &Moment) -> Self {
        let Setup { mut register, labels, stations, scales, caution } = setup;
        let mut sorted = Sorted::of(kept);
        // Items before what names them.
        sorted.facts.sort_by_key(|fact| Kind::ALL.iter().position(|kind| *kind == fact.kind()));
        for fact in std::mem::take(&mut sorted.facts) {
            let (kind, name) = (fact.kind(), fact.name());
            if let Err(refused) = register.apply(fact, Origin::Imported) {
                let what = format!("{kind} {name} was imported and cannot stand beside the site's file: {refused}");
                sorted.unreadable.push((name, what));
            }
        }
        let catalog = Arc::new(register.catalog());
        let stock = Stock::new(books.on_hand);
        let next_act = sorted.acts.iter().map(|kept| kept.said.act.0).max().unwrap_or(0).max(first_act(now.wall));
        let snapshot = rules::Snapshot::of_rows(sorted.last_alarm, std::mem::take(&mut sorted.alarm_rows));
        sorted.notices.sort_by_key(|notice| notice.id);
        let next_notice = sorted.notices.iter().map(|notice| notice.id + 1).max().unwrap_or(1);
        let mut floor = Self {
            rules: Rules::new(super::alarms::watches(&register, caution), snapshot, now.elapsed),
            caution,
            alarms: super::alarms::Told::default(),
            catalog: catalog.clone(),
            next_register: None,
            labels,
            stock,
            weighed: scales
                .iter()
                .map(|watching| {
                    let calibration = sorted.calibrations.remove(watching.bin.as_str()).unwrap_or_default();
                    let mut weighed = Weighed::new(watching, calibration, &register);
                    weighed.mind_the_gap(&books.behind);
                    (watching.bin.clone(), weighed)
                })
                .collect(),
            scales: scales.into_iter().map(|watching| (watching.scale, watching.bin)).collect(),
            desks: stations
                .into_iter()
                .map(|station| {
                    let name = station.name.clone();
                    let desk = match sorted.sessions.remove(name.as_str()) {
                        Some((snapshot, at, taken)) => {
                            let away = now.wall.millis().saturating_sub(at.millis());
                            let away = Duration::from_millis(u64::try_from(away).unwrap_or(0));
                            Desk::new(Session::restore(station, snapshot, now.elapsed, away), taken)
                        }
                        None => Desk::new(Session::new(station), Vec::new()),
                    };
                    (name, desk)
                })
                .collect(),
            register: Arc::new(register),
            acts: super::acts::Acts::default(),
            next_act,
            keys: super::work::Keys::default(),
            flights: HashMap::new(),
            counts: Counts::of(sorted.counts),
            containers: sorted.containers,
            notices: sorted.notices.into(),
            next_notice,
            disagreements: std::collections::BTreeMap::new(),
            parked: super::import::Parked::default(),
            bounds_history: sorted.bounds_history,
            losses_seen: sorted.losses_seen,
            later: Vec::new(),
            newest: super::moved::Newest::default(),
            changed: super::changed::Changed { everything: true, ..Default::default() },
            pending: HashMap::new(),
            next_ticket: 0,
            commanders: std::collections::BTreeMap::new(),
            orders: std::collections::VecDeque::new(),
            touched: std::collections::BTreeSet::new(),
            stale_bins: std::collections::BTreeSet::new(),
            stale_items: std::collections::BTreeSet::new(),
        };
        floor.submit(Work::of(Statement::Adopt(catalog), Part::Facts(Facts::Plain)));
        floor.parked.look();
        floor.begin_bins(now);
        for (bin, micrograms) in sorted.levels {
            if let Ok(bin) = bin.parse() {
                floor.restore_level(now, &bin, micrograms);
            }
        }
        for act in sorted.acts {
            floor.restore_act(now, act);
        }
        for (of, what) in sorted.unreadable {
            floor.notice(now, None, Matter::Unreadable { what, of: Some(of) });
        }
        floor.look_at_all_alarms(now);
        floor
    }

    /// Takes over what moved last before the start, oldest first, to be shown.
    pub fn remember(&mut self, moved: impl IntoIterator<Item = super::moved::Moved>) {
        for moved in moved {
            self.newest.push(moved);
        }
    }

    /// Tells every bin on a scale what the books hold.
    fn begin_bins(&mut self, now: &Moment) {
        let bins: Vec<_> = self.weighed.keys().cloned().collect();
        for bin in bins {
            let held = self.held_at(&bin);
            let Some(weighed) = self.weighed.get_mut(&bin) else { continue };
            weighed.unknown_since = Some(now.elapsed);
            if weighed.ground.item().is_some() {
                weighed.begin_from(now.elapsed, held);
                self.drain(now, &bin);
            }
        }
    }
}

/// Acts are numbered from the clock on, so that a ledger that was put back from a backup gives out none again that waits.
fn first_act(wall: WallTime) -> u64 {
    wall.millis().unsigned_abs() << 12
}

/// A number that can have been given out: the next ones follow it, so none may be near the end of all.
fn given_out(number: u64) -> serde_json::Result<u64> {
    const NUMBER_MAX: u64 = 1 << 62;
    let refused = || serde::de::Error::custom(format!("{number} was never given out"));
    if number <= NUMBER_MAX { Ok(number) } else { Err(refused()) }
}

impl Sorted {
    fn of(kept: Vec<KeptFact>) -> Self {
        let mut sorted = Self::default();
        for row in kept {
            if let Err(error) = sorted.take(&row) {
                let what = format!("what was kept of {} {} cannot be read: {error}", row.kind, row.name);
                sorted.unreadable.push((row.name, what));
            }
        }
        sorted
    }

    fn take(&mut self, row: &KeptFact) -> serde_json::Result<()> {
        let KeptFact { kind, name, text } = row;
        match kind.as_str() {
            "calibration" => drop(self.calibrations.insert(name.clone(), serde_json::from_str(text)?)),
            "containers" => self.containers = serde_json::from_str(text)?,
            "level" => drop(self.levels.insert(name.clone(), serde_json::from_str(text)?)),
            "act" => {
                let kept: KeptAct = serde_json::from_str(text)?;
                given_out(kept.said.act.0)?;
                self.acts.push(kept);
            }
            "session" => drop(self.sessions.insert(name.clone(), serde_json::from_str(text)?)),
            "count" => self.counts.push(text.clone()),
            "alarm" => {
                let subject = name.parse().map_err(serde::de::Error::custom);
                self.alarm_rows.push((subject?, serde_json::from_str(text)?));
            }
            "last-alarm" => self.last_alarm = given_out(serde_json::from_str(text)?)?,
            "notice" => {
                let notice: Notice = serde_json::from_str(text)?;
                given_out(notice.id)?;
                self.notices.push(notice);
            }
            super::bounds::KEPT => {
                let subject = name.parse().map_err(serde::de::Error::custom)?;
                self.bounds_history.insert(subject, serde_json::from_str(text)?);
            }
            super::tell::LOSSES_SEEN => {
                let feed = name.parse().map_err(serde::de::Error::custom)?;
                self.losses_seen.insert(feed, serde_json::from_str(text)?);
            }
            _ if Kind::named(kind).is_some() => self.facts.push(serde_json::from_str(text)?),
            // Another version's: it stays where it is.
            _ => {}
        }
        Ok(())
    }
}
