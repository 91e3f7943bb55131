//! What a hub knows of a feed and the site's ledger does not: the site was put back to an image, its disk was replaced, or
//! damage took records that the hub had acknowledged. The site says which records it knows; the hub answers with what the
//! others come to, and the site carries that forward into its amounts, as bookkeepers do with a book that is closed. From
//! then on both hold what the vendor was told, and what a scale finds beyond it is news.

use serde::{Deserialize, Serialize};

use crate::{
    chain::Epoch,
    limits::SEQ_MAX,
    record::{Held, Seq},
};

/// Records `first..=last` of an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub epoch: Epoch,
    pub first: Seq,
    pub last: Seq,
}

/// What the records of these runs come to at the hub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// Records that the hub has and the site did not name.
    pub runs: Vec<Run>,
    /// Their fold: what they added to (or took from) each item at each place, but for nothing.
    pub amounts: Vec<Held>,
}

impl Run {
    /// From a seq on, whatever comes.
    #[must_use]
    pub fn open(epoch: Epoch, first: Seq) -> Self {
        Self { epoch, first, last: Seq(SEQ_MAX) }
    }

    /// Whether a record is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.first <= other.last && other.first <= self.last
    }
}

impl Forward {
    /// Whether it is what movements come to: nothing appears or vanishes, so each item's amounts add up to zero.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let fold = Held::fold(&self.amounts);
        let is_item_balanced = |held: &Held| {
            let units = fold.places(&held.item).map(|(_, units)| i128::from(units));
            units.sum::<i128>() == 0
        };
        self.amounts.iter().all(is_item_balanced)
    }
}

/// What of `1..=through` of an epoch nobody named in `known`, in order.
#[must_use]
pub fn unknown(epoch: &Epoch, through: Seq, known: &[Run]) -> Vec<Run> {
    let of_epoch = known.iter().filter(|run| run.epoch == *epoch && run.first <= run.last);
    let mut named: Vec<(Seq, Seq)> = of_epoch.map(|run| (run.first, run.last)).collect();
    named.sort_unstable();
    let (mut unknown, mut next) = (Vec::new(), Seq(1));
    for (first, last) in named {
        if first > next {
            let last = first.before().min(through);
            unknown.push(Run { epoch: epoch.clone(), first: next, last });
        }
        next = next.max(Seq(last.0.saturating_add(1)));
    }
    unknown.push(Run { epoch: epoch.clone(), first: next, last: through });
    unknown.retain(|run| run.first <= run.last);
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(epoch: &str, first: u64, last: u64) -> Run {
        Run { epoch: epoch.parse().unwrap(), first: Seq(first), last: Seq(last) }
    }

    #[test]
    fn unknown_is_what_nobody_named() {
        let named =
            |known: &[(u64, u64)]| known.iter().map(|&(first, last)| run("e1", first, last)).collect::<Vec<_>>();
        for (through, known, expect) in [
            (10, &[][..], &[(1, 10)][..]),
            (0, &[], &[]),
            (10, &[(1, 10)], &[]),
            (10, &[(1, 7)], &[(8, 10)]),
            (10, &[(1, SEQ_MAX)], &[]),
            (10, &[(4, 6)], &[(1, 3), (7, 10)]),
            (10, &[(7, 20), (1, 2)], &[(3, 6)]),
            (10, &[(1, 5), (3, 8), (2, 4)], &[(9, 10)]),
            (10, &[(12, 20)], &[(1, 10)]),
            (10, &[(9, 3)], &[(1, 10)]),
            (10, &[(0, u64::MAX)], &[]),
        ] {
            let found = unknown(&"e1".parse().unwrap(), Seq(through), &named(known));
            let covered: Vec<u64> = found.iter().flat_map(|run| run.first.0..=run.last.0).collect();
            let expect: Vec<u64> = expect.iter().flat_map(|&(first, last)| first..=last).collect();
            assert_eq!(covered, expect, "{through} {known:?}");
            assert!(found.iter().all(|run| run.first <= run.last), "{found:?}");
        }
        let other = unknown(&"e2".parse().unwrap(), Seq(3), &named(&[(1, 3)]));
        assert_eq!(other, [run("e2", 1, 3)], "another epoch's");
    }

    #[test]
    fn runs_overlap_where_a_record_is_in_both() {
        assert!(run("e1", 1, 5).overlaps(&run("e1", 5, 9)));
        assert!(!run("e1", 1, 4).overlaps(&run("e1", 5, 9)));
        assert!(!run("e1", 1, 5).overlaps(&run("e2", 5, 9)));
        assert!(Run::open("e1".parse().unwrap(), Seq(3)).overlaps(&run("e1", 900, 900)));
    }

    #[test]
    fn amounts_that_movements_cannot_come_to_are_seen() {
        let held =
            |item: &str, place: &str, qty| Held { item: item.parse().unwrap(), place: place.parse().unwrap(), qty };
        let forward = |amounts: &[Held]| Forward { runs: Vec::new(), amounts: amounts.to_vec() };
        assert!(forward(&[]).is_balanced());
        assert!(forward(&[held("A", "used", 3), held("A", "bin:1", -3)]).is_balanced());
        assert!(!forward(&[held("A", "used", 3), held("B", "bin:1", -3)]).is_balanced());
        assert!(!forward(&[held("A", "used", i64::MAX), held("A", "bin:1", i64::MAX)]).is_balanced());
    }
}
