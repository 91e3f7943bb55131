//! How many connections there are, by address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// All that are open.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    max: usize,
    of_one_max: usize,
}

/// One of them; it counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    open: Open,
    from: IpAddr,
}

impl Open {
    pub(crate) fn new(max: usize, of_one_max: usize) -> Self {
        Self { counts: Arc::default(), max, of_one_max }
    }

    /// A place for a connection from this address, if there is one.
    pub(crate) fn enter(&self, from: IpAddr) -> Option<Slot> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let of_one = counts.get(&from).copied().unwrap_or(0);
        if all >= self.max || of_one >= self.of_one_max {
            return None;
        }
        counts.insert(from, of_one + 1);
        Some(Slot { open: self.clone(), from })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.open.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_one) = counts.get_mut(&self.from) {
            *of_one -= 1;
            if *of_one == 0 {
                counts.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_takes_all_places_and_a_place_that_is_left_is_free_again() {
        let (open, one, other) = (Open::new(3, 2), [10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut slots: Vec<_> = [one, one].into_iter().map(|from| open.enter(from).unwrap()).collect();
        assert!(open.enter(one).is_none(), "two are enough for one");
        slots.push(open.enter(other).unwrap());
        assert!(open.enter(other).is_none(), "three are enough for all");
        slots.remove(0);
        assert!(open.enter(one).is_some());
        slots.clear();
        assert!(open.counts.lock().unwrap().is_empty(), "who is gone is forgotten");
    }
}
