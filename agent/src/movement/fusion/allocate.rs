//! Whose acts a change of a bin was: the change that the ledger finds, split over the acts that may have made it.
//!
//! Exact by construction: the units of all shares sum to the change, whatever people stated. What they stated is kept
//! where it can explain the change; where it cannot, the scale is right about how many and the share says what was
//! stated. Must not know time, or which acts were worth offering.

use gateway_proto::place::Place;

use crate::movement::said::Said;

/// A part of a change, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which of the offered acts; `None`: nobody's that we know of.
    pub said: Option<usize>,
    /// Base units, positive into the bin. 0: the act was offered, and nothing of the change is its.
    pub units: i64,
    /// What the person stated, where it is not `units`.
    pub said_otherwise: Option<u64>,
}

/// Which way an act moves parts, seen from one bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

impl Way {
    /// `None` for an act that does not touch the bin, or goes from it to itself.
    #[must_use]
    pub fn of(said: &Said, bin: &Place) -> Option<Self> {
        match (said.from == *bin, said.to == *bin) {
            (false, true) => Some(Self::In),
            (true, false) => Some(Self::Out),
            (true, true) | (false, false) => None,
        }
    }

    /// The way of a change; `None` for none.
    #[must_use]
    pub fn of_change(change: i64) -> Option<Self> {
        match change.signum() {
            1 => Some(Self::In),
            -1 => Some(Self::Out),
            _ => None,
        }
    }

    /// `units` moved this way, as a change of the bin.
    #[must_use]
    pub fn signed(self, units: i64) -> i64 {
        match self {
            Self::In => units,
            Self::Out => -units,
        }
    }
}

/// Splits `change` (base units, positive into the bin) over `shares`: one [`Share`] per act in their order, then what is
/// nobody's, if anything. Acts that do not touch the bin get nothing.
///
/// What the stated quantities leave over goes, in this order: to acts of its direction without a stated quantity,
/// evenly, the remainder to the last; to the act of its direction that states the most, where an error is likeliest and
/// smallest in proportion; against the acts of the other direction, from the largest; to nobody.
#[must_use]
pub fn allocate(change: i64, shares: &[Said], bin: &Place) -> Vec<Share> {
    let ways: Vec<Option<Way>> = shares.iter().map(|said| Way::of(said, bin)).collect();
    let mut units: Vec<i64> = shares
        .iter()
        .zip(&ways)
        .map(|(said, way)| way.zip(said.qty).map_or(0, |(way, qty)| way.signed(qty.signed())))
        .collect();
    let sum = units.iter().try_fold(0_i64, |sum, units| sum.checked_add(*units));
    let Some(mut rest) = sum.and_then(|sum| change.checked_sub(sum)) else {
        // No ledger holds such numbers; what cannot be added up is attributed to nobody.
        return vec![Share { said: None, units: change, said_otherwise: None }];
    };
    if let Some(way) = Way::of_change(rest) {
        let with = |stated: bool, wanted: Way| -> Vec<usize> {
            let is_meant = |i: &usize| ways[*i] == Some(wanted) && shares[*i].qty.is_some() == stated;
            (0..shares.len()).filter(is_meant).collect()
        };
        let open = with(false, way);
        let largest = with(true, way).into_iter().max_by_key(|i| units[*i].unsigned_abs());
        if let Some(last) = open.last() {
            let each = rest / i64::try_from(open.len()).unwrap_or(i64::MAX);
            for i in &open {
                units[*i] = each;
                rest -= each;
            }
            units[*last] += rest;
            rest = 0;
        } else if let Some(sum) = largest.and_then(|i| units[i].checked_add(rest).map(|sum| (i, sum))) {
            units[sum.0] = sum.1;
            rest = 0;
        } else {
            let other = match way {
                Way::In => Way::Out,
                Way::Out => Way::In,
            };
            let mut against = with(true, other);
            against.sort_by_key(|i| std::cmp::Reverse(units[*i].unsigned_abs()));
            for i in against {
                // Of opposite signs, so that the smaller of the two cancels.
                let part = if units[i].unsigned_abs() <= rest.unsigned_abs() { -units[i] } else { rest };
                units[i] += part;
                rest -= part;
            }
        }
    }
    let mut split: Vec<Share> = units
        .iter()
        .zip(shares)
        .enumerate()
        .map(|(i, (units, said))| {
            let stated = said.qty.map(gateway_proto::quantity::Quantity::units);
            Share {
                said: Some(i),
                units: *units,
                said_otherwise: stated.filter(|stated| *stated != units.unsigned_abs()),
            }
        })
        .collect();
    if rest != 0 {
        split.push(Share { said: None, units: rest, said_otherwise: None });
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_proto::{quantity::Quantity, time::WallTime};

    use crate::movement::said::ActId;

    /// Acts as `+3`, `-3`; `+` and `-` where nobody said how many, `0` for one elsewhere.
    fn acts(texts: &[&str]) -> Vec<Said> {
        let said = |(i, text): (usize, &&str)| {
            let (from, to) = match text.as_bytes()[0] {
                b'+' => ("dock", "bin:A"),
                b'-' => ("bin:A", "used"),
                _ => ("dock", "bin:B"),
            };
            Said {
                act: ActId(i as u64),
                at: WallTime::from_millis(0),
                clock: None,
                by: "station-1".parse().unwrap(),
                item: "M8".parse().unwrap(),
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
                qty: text[1..].parse().ok().map(|units| Quantity::new(units).unwrap()),
                actor: None,
                reference: None,
                reason: None,
                lot: None,
                serial: None,
                code: None,
            }
        };
        texts.iter().enumerate().map(said).collect()
    }

    /// The units of each act, then nobody's; with `!` what was said otherwise.
    fn split(change: i64, texts: &[&str]) -> String {
        let told = allocate(change, &acts(texts), &"bin:A".parse().unwrap()).into_iter().map(|share| {
            let whose = if share.said.is_some() { "" } else { "nobody " };
            let otherwise = share.said_otherwise.map_or(String::new(), |stated| format!("!{stated}"));
            format!("{whose}{}{otherwise}", share.units)
        });
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_change_goes_to_those_who_may_have_made_it() {
        for (change, texts, expected) in [
            (-3, &["-3"][..], "-3"),
            (47, &["+50", "-3"], "50, -3"),
            (0, &["+5", "-5"], "5, -5"),
            (47, &["+50", "-"], "50, -3"),
            (-7, &["-3", "-"], "-3, -4"),
            (-7, &["-", "-", "-"], "-2, -2, -3"),
            (-1, &["-", "-"], "0, -1"),
            (-4, &["-3"], "-4!3"),
            (-2, &["-3"], "-2!3"),
            (-2, &["-3", "-"], "-2!3, 0"),
            (-9, &["-5", "-3"], "-6!5, -3"),
            (-4, &["-5", "-3"], "-1!5, -3"),
            (52, &["+50", "-"], "52!50, 0"),
            (-4, &["+50"], "0!50, nobody -4"),
            (-4, &["+"], "0, nobody -4"),
            (-4, &[], "nobody -4"),
            (-4, &["0 9"], "0, nobody -4"),
            (0, &["-3"], "0!3"),
            (0, &["-"], "0"),
        ] {
            assert_eq!(split(change, texts), expected, "{change} of {texts:?}");
        }
    }

    #[test]
    fn the_shares_sum_to_the_change_whatever_it_is() {
        let texts = ["-", "+", "-3", "+50", "-1000000000000", "+2", "0 9"];
        for change in [i64::MIN, i64::MIN + 1, -51, -3, -1, 0, 1, 2, 49, i64::MAX - 1, i64::MAX] {
            for chosen in 0..1_usize << texts.len() {
                let texts: Vec<&str> =
                    texts.iter().enumerate().filter(|(i, _)| chosen >> i & 1 == 1).map(|(_, text)| *text).collect();
                let shares = allocate(change, &acts(&texts), &"bin:A".parse().unwrap());
                let sum: i128 = shares.iter().map(|share| i128::from(share.units)).sum();
                assert_eq!(sum, i128::from(change), "{change} of {texts:?}");
                let wrong_way = shares.iter().filter_map(|share| Some((share.units, texts[share.said?].as_bytes()[0])));
                for (units, sign) in wrong_way {
                    assert!(units == 0 || (units > 0) == (sign == b'+'), "{change} of {texts:?}: {units} for {sign}");
                }
            }
        }
    }
}
