//! How bins and stations look, for pages: written by the floor's loop after each commit, read by anybody without asking it.
//!
//! A board and no queue: who reads late reads the newest, and the floor never waits for a reader longer than it takes to
//! clone a few pointers. Where nobody reads, nothing is written.

use std::{collections::BTreeMap, sync::Arc};

use gateway_proto::name::{DeviceName, PlaceName};
use tokio::sync::watch;

use crate::{
    floor::{
        Floor,
        changed::Changed,
        moment::Moment,
        sight::{BinSight, StationSight},
    },
    register::Register,
};

/// How everything looks. Cheap to clone: it is pointers.
#[derive(Debug, Clone, Default)]
pub struct Sights {
    /// Counts up with every change of anything in it.
    pub version: u64,
    /// Every bin, with the version in which it changed last.
    pub bins: BTreeMap<PlaceName, (u64, Arc<BinSight>)>,
    pub stations: BTreeMap<DeviceName, (u64, Arc<StationSight>)>,
    /// What is known of the site, and the version since when.
    pub register: (u64, Arc<Register>),
}

/// Where the floor's loop writes.
#[derive(Debug)]
pub struct SightBoard {
    sender: watch::Sender<Sights>,
    /// What has changed since somebody read.
    missed: Changed,
}

impl Default for SightBoard {
    fn default() -> Self {
        Self {
            sender: watch::Sender::new(Sights::default()),
            missed: Changed { everything: true, ..Changed::default() },
        }
    }
}

impl SightBoard {
    /// For readers to come by.
    #[must_use]
    pub fn way(&self) -> watch::Sender<Sights> {
        self.sender.clone()
    }

    /// Writes what has changed on the floor. To be called before anybody is answered, so that who hears of a commit sees it.
    /// Whether anything looks different.
    pub fn write(&mut self, floor: &mut Floor, now: &Moment) -> bool {
        let changed = floor.take_changed();
        if self.sender.receiver_count() == 0 {
            // Nobody looks; whoever looks next gets everything.
            self.missed.everything |= !changed.is_empty();
            return false;
        }
        let everything = changed.everything || std::mem::take(&mut self.missed.everything);
        if !everything && changed.is_empty() {
            return false;
        }
        let register = floor.register();
        let bins: Vec<PlaceName> =
            if everything { floor.bin_names().collect() } else { changed.bins.into_iter().collect() };
        let stations: Vec<DeviceName> =
            if everything { floor.station_names().cloned().collect() } else { changed.stations.into_iter().collect() };
        let bins: Vec<_> = bins.into_iter().map(|bin| (floor.bin_sight(now, &bin), bin)).collect();
        let stations: Vec<_> = stations.into_iter().map(|name| (floor.station_sight(&name), name)).collect();
        self.sender.send_if_modified(|sights| {
            let next = sights.version + 1;
            let mut is_changed = false;
            if !Arc::ptr_eq(&sights.register.1, register) {
                sights.register = (next, register.clone());
                is_changed = true;
            }
            if everything {
                // A bin that is gone is no longer among them.
                let before = sights.bins.len();
                sights.bins.retain(|name, _| bins.iter().any(|(_, bin)| bin == name));
                is_changed |= sights.bins.len() != before;
            }
            for (sight, name) in bins {
                is_changed |= put(&mut sights.bins, name, sight, next);
            }
            for (sight, name) in stations {
                is_changed |= put(&mut sights.stations, name, sight, next);
            }
            if is_changed {
                sights.version = next;
            }
            is_changed
        })
    }
}

/// Puts how something looks in its place; whether it looks different.
fn put<N: Ord, S: PartialEq>(of: &mut BTreeMap<N, (u64, Arc<S>)>, name: N, sight: Option<S>, version: u64) -> bool {
    match sight {
        Some(sight) => {
            if of.get(&name).is_some_and(|(_, known)| **known == sight) {
                return false;
            }
            of.insert(name, (version, Arc::new(sight)));
            true
        }
        None => of.remove(&name).is_some(),
    }
}

#[cfg(test)]
mod tests;
