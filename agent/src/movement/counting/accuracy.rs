//! How good the books were: what a count found against what they said.

use serde::Serialize;

use super::{CountSession, Tolerance};

/// Accuracy of one record, 0 to 1: `max(0, 1 − |counted − books| / books)`; of books that say nothing, 1 if nothing was
/// there. Books below zero are never right.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a ratio for people; a float is near enough")]
pub fn accuracy(counted: u64, books: i64) -> f64 {
    if books <= 0 {
        return if books == 0 && counted == 0 { 1.0 } else { 0.0 };
    }
    (1.0 - (counted as f64 - books as f64).abs() / books as f64).max(0.0)
}

/// Accuracy over many records. Records without a difference are in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Accuracy {
    pub counted: u32,
    /// Records within the percentage.
    pub within: u32,
    /// Sum of the records' accuracies.
    sum: f64,
}

impl Accuracy {
    /// Adds a record, held against the percentage of `tolerance`.
    pub fn add(&mut self, counted: u64, books: i64, tolerance: &Tolerance) {
        let variance = i128::from(counted) - i128::from(books);
        let variance = i64::try_from(variance).unwrap_or(i64::MAX);
        self.counted = self.counted.saturating_add(1);
        if tolerance.is_within_percent(variance, books) {
            self.within = self.within.saturating_add(1);
        }
        self.sum += accuracy(counted, books);
    }

    /// Share of records within the percentage (IRA); `None` of none.
    #[must_use]
    pub fn share_within(&self) -> Option<f64> {
        (self.counted > 0).then(|| f64::from(self.within) / f64::from(self.counted))
    }

    /// Mean accuracy of the records; `None` of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.counted > 0).then(|| self.sum / f64::from(self.counted))
    }
}

impl CountSession {
    /// How good the books were at the lines that are settled.
    #[must_use]
    pub fn accuracy(&self) -> Accuracy {
        let mut accuracy = Accuracy::default();
        for tally in self.lines().iter().filter_map(|line| line.settled(self.tolerance())) {
            accuracy.add(tally.pieces(), tally.snapshot.books, self.tolerance());
        }
        accuracy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_what_is_left_of_the_difference() {
        for (books, counted, expected) in
            [(100, 98, 0.98), (50, 50, 1.0), (0, 5, 0.0), (10, 25, 0.0), (0, 0, 1.0), (-4, 0, 0.0), (-4, 4, 0.0)]
        {
            let found = accuracy(counted, books);
            assert!((found - expected).abs() < 1e-12, "({books}, {counted}) → {found}");
        }
    }

    #[test]
    fn two_of_four_records_are_within_five_percent() {
        let mut all = Accuracy::default();
        for (books, counted) in [(100, 98), (50, 50), (0, 5), (10, 25)] {
            all.add(counted, books, &Tolerance::default());
        }
        assert_eq!(all.share_within(), Some(0.5));
        assert!((all.mean().unwrap() - 0.495).abs() < 1e-12);
        assert_eq!(Accuracy::default().share_within(), None, "no count is no accuracy, not a perfect one");
    }
}
