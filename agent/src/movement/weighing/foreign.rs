//! Strange things that lie in a bin, by their masses.
//!
//! Owns a few masses, each known as well as the levels before and after it. What is taken out again weighs the same to
//! within the scale's noise, which tells it from pieces. Must not know pieces.

/// Strange things that are told apart; more are one with the last.
const THINGS: usize = 4;

/// Grams; negative where something strange went that had not come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Foreign([f64; THINGS]);

impl Foreign {
    /// What they weigh together.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    pub(super) fn add(&mut self, grams: f64) {
        let room = self.0.iter().position(|mass| *mass == 0.0).unwrap_or(THINGS - 1);
        if let Some(mass) = self.0.get_mut(room) {
            *mass += grams;
        }
    }

    /// One of that mass went, or all together.
    pub(super) fn remove(&mut self, grams: f64) {
        #[expect(clippy::float_cmp, reason = "it is one of the numbers that `against` gave")]
        match self.0.iter_mut().find(|mass| **mass == grams) {
            Some(mass) => *mass = 0.0,
            None => *self = Self::default(),
        }
    }

    /// Each, and all together, that such a change of the weight can take away.
    pub(super) fn against(&self, change: f64) -> impl Iterator<Item = f64> {
        let several = self.0.iter().filter(|mass| **mass != 0.0).count() > 1;
        let all = several.then(|| self.total());
        self.0.into_iter().chain(all).filter(move |mass| change * mass < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_remembered_and_can_go_alone_or_with_all() {
        let mut foreign = Foreign::default();
        [3.0, 5.5].into_iter().for_each(|mass| foreign.add(mass));
        assert_eq!(foreign.against(-4.0).collect::<Vec<_>>(), [3.0, 5.5, 8.5]);
        assert_eq!(foreign.against(4.0).count(), 0, "what comes takes nothing away");
        foreign.remove(3.0);
        assert_eq!(foreign.against(-4.0).collect::<Vec<_>>(), [5.5]);
        foreign.add(1.0);
        foreign.remove(6.5);
        assert!(foreign.total().abs() < 1e-9);
    }

    #[test]
    fn more_things_than_are_told_apart_keep_their_sum() {
        let mut foreign = Foreign::default();
        (0..10).for_each(|_| foreign.add(2.0));
        assert!((foreign.total() - 20.0).abs() < 1e-9);
    }
}
