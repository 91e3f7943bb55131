//! Which of the waiting acts a change of the weight may be the outcome of.
//!
//! Two questions with two answers: whether stated quantities add up to the change to the piece, which needs no further
//! waiting, and, once the level has rested, which acts explain it best. An act left out goes on waiting; an act taken in
//! wrongly takes parts that are another's, so few acts are better than many. Must not know time, places or texts.

use super::allocate::Way;

/// An act, or parts that are due, as a change of the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) way: Way,
    /// The change it stands for, base units, positive into the bin; `None`: nobody said how many.
    pub(super) units: Option<i64>,
}

/// The candidates (given oldest first) whose stated quantities sum to `change`, which is not 0: one alone, all of them,
/// two, or the oldest so many. One alone comes first, since the others may not have happened yet.
pub(super) fn exactly(change: i64, candidates: &[Candidate]) -> Option<Vec<usize>> {
    let stated = stated(candidates);
    let one = stated.iter().find(|(_, units)| *units == change).map(|(i, _)| vec![*i]);
    one.or_else(|| sums_to(change, &stated)).filter(|_| change != 0)
}

/// The same for a change of 0, with `wanted` among the candidates: acts that undo each other leave no trace on a scale.
pub(super) fn cancelling(candidates: &[Candidate], wanted: usize) -> Option<Vec<usize>> {
    sums_to(0, &stated(candidates)).filter(|set| set.contains(&wanted)).or_else(|| {
        let units = candidates.get(wanted)?.units?;
        let (other, _) = stated(candidates).into_iter().find(|(i, other)| *i != wanted && units + other == 0)?;
        Some(vec![wanted.min(other), wanted.max(other)])
    })
}

/// The candidates (oldest first) that explain `change` best where no quantities add up to it; `None` when nobody moved
/// parts its way. In this order:
/// - all acts its way, where those without a quantity have something left,
/// - all acts both ways, where those without a quantity can make up the difference,
/// - the acts its way without a quantity, where the stated ones are too large,
/// - the oldest stated acts its way until they cover it: a disagreement.
pub(super) fn closely(change: i64, candidates: &[Candidate]) -> Option<Vec<usize>> {
    let way = Way::of_change(change)?;
    let with = |pick: &dyn Fn(&Candidate) -> bool| -> Vec<usize> {
        candidates.iter().enumerate().filter(|(_, candidate)| pick(candidate)).map(|(i, _)| i).collect()
    };
    let sum = |set: &[usize]| set.iter().filter_map(|i| candidates[*i].units).fold(0_i64, i64::saturating_add);
    // Each of several takes at least one piece.
    let takers = |open: &[usize], rest: i64| -> Vec<usize> {
        let most = usize::try_from(rest.unsigned_abs()).unwrap_or(usize::MAX);
        open.iter().copied().take(most).collect()
    };
    let joined = |stated: &[usize], open: &[usize], rest: i64| {
        let mut set = takers(open, rest);
        set.extend(stated);
        set.sort_unstable();
        set
    };

    let stated = with(&|candidate| candidate.way == way && candidate.units.is_some());
    let open = with(&|candidate| candidate.way == way && candidate.units.is_none());
    let rest = change.saturating_sub(sum(&stated));
    if !open.is_empty() && Way::of_change(rest) == Some(way) {
        return Some(joined(&stated, &open, rest));
    }
    let all = with(&|candidate| candidate.units.is_some());
    let rest = change.saturating_sub(sum(&all));
    let open_to_rest = with(&|candidate| Some(candidate.way) == Way::of_change(rest) && candidate.units.is_none());
    if !stated.is_empty() && !open_to_rest.is_empty() && open.is_empty() {
        return Some(joined(&all, &open_to_rest, rest));
    }
    if !open.is_empty() {
        return Some(takers(&open, change));
    }
    let mut covered = 0_i64;
    let oldest = |i: &usize| {
        let is_short = covered.unsigned_abs() < change.unsigned_abs();
        covered = covered.saturating_add(candidates[*i].units.unwrap_or(0));
        is_short
    };
    let set: Vec<usize> = stated.into_iter().take_while(oldest).collect();
    (!set.is_empty()).then_some(set)
}

fn stated(candidates: &[Candidate]) -> Vec<(usize, i64)> {
    candidates.iter().enumerate().filter_map(|(i, candidate)| Some((i, candidate.units?))).collect()
}

/// All, two, or the oldest so many; at least two.
fn sums_to(change: i64, stated: &[(usize, i64)]) -> Option<Vec<usize>> {
    let oldest = |n: usize| {
        let sum = stated.iter().take(n).fold(0_i64, |sum, (_, units)| sum.saturating_add(*units));
        (sum == change).then(|| stated.iter().take(n).map(|(i, _)| *i).collect())
    };
    let pair = || {
        let (n, (first, units)) = stated.iter().enumerate().find(|(n, (_, units))| {
            stated.iter().skip(n + 1).any(|(_, other)| units.saturating_add(*other) == change)
        })?;
        let (second, _) = stated.iter().skip(n + 1).find(|(_, other)| units.saturating_add(*other) == change)?;
        Some(vec![*first, *second])
    };
    if stated.len() < 2 {
        return None;
    }
    oldest(stated.len()).or_else(pair).or_else(|| (3..stated.len()).find_map(oldest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+3`, `-3`; `+` and `-` where nobody said how many.
    fn candidates(texts: &[&str]) -> Vec<Candidate> {
        let candidate = |text: &&str| {
            let way = if text.starts_with('+') { Way::In } else { Way::Out };
            Candidate { way, units: text[1..].parse().ok().map(|units| way.signed(units)) }
        };
        texts.iter().map(candidate).collect()
    }

    #[test]
    fn quantities_that_add_up_are_found_one_alone_before_several() {
        for (change, texts, expected) in [
            (-3, &["-3"][..], Some(vec![0])),
            (-3, &["-2", "-3", "-1"], Some(vec![1])),
            (-3, &["-1", "-1", "-1"], Some(vec![0, 1, 2])),
            (47, &["+50", "-3"], Some(vec![0, 1])),
            (-3, &["-2", "-7", "-1"], Some(vec![0, 2])),
            (-6, &["-1", "-2", "-3", "-9"], Some(vec![0, 1, 2])),
            (-3, &["-2"], None),
            (-3, &["-"], None),
            (0, &["+5", "-5"], None),
        ] {
            assert_eq!(exactly(change, &candidates(texts)), expected, "{change} of {texts:?}");
        }
    }

    #[test]
    fn acts_that_undo_each_other_are_found_for_the_one_whose_time_is_over() {
        for (wanted, texts, expected) in [
            (0, &["+5", "-5"][..], Some(vec![0, 1])),
            (2, &["+5", "-5", "-9"], None),
            (1, &["+5", "-2", "-3"], Some(vec![0, 1, 2])),
            (3, &["+5", "-5", "-1", "+1", "+8"], Some(vec![2, 3])),
            (0, &["+", "-"], None),
        ] {
            assert_eq!(cancelling(&candidates(texts), wanted), expected, "{wanted} of {texts:?}");
        }
    }

    #[test]
    fn a_change_that_nothing_adds_up_to_is_explained_by_few_acts_its_way() {
        for (change, texts, expected) in [
            (-7, &["-3", "-"][..], Some(vec![0, 1])),
            (-3, &["-", "+50"], Some(vec![0])),
            (47, &["+50", "-"], Some(vec![0, 1])),
            (-3, &["-5", "-"], Some(vec![1])),
            (-1, &["-", "-"], Some(vec![0])),
            (-4, &["-5", "-3"], Some(vec![0])),
            (-9, &["-5", "-3"], Some(vec![0, 1])),
            (52, &["+50", "-"], Some(vec![0])),
            (-4, &["+50", "+"], None),
            (-4, &[], None),
            (0, &["-"], None),
        ] {
            assert_eq!(closely(change, &candidates(texts)), expected, "{change} of {texts:?}");
        }
    }
}
