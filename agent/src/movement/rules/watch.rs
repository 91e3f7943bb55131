//! What is watched, and between which bounds.
//!
//! Owns the bounds and the bands in which a state is kept. Every band leaves room for the way back: however narrow
//! min and max are, there is an amount between them at which all is well.

use std::{fmt, str::FromStr};

use gateway_proto::{
    limits::QUANTITY_MAX,
    name::{ItemCode, NameError, PlaceName},
};
use serde::{Deserialize, Serialize, Serializer};

/// One part of min in this many is the band, unless it is given: 10 %.
const BAND_SHARE: u64 = 10;

/// One thing that alarms are about: what lies in one bin, or an item on the whole site. In text `bin:A-01`,
/// `item:M8-BOLT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Subject {
    Bin(PlaceName),
    Item(ItemCode),
}

/// A text that names no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error("is neither bin:NAME nor item:CODE")]
    Kind,
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Which end of a weighed count is held against min.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Caution {
    /// The count itself.
    #[default]
    Point,
    /// Also the low end of its interval: where that alone is at or below min the bin is *perhaps* low.
    Low,
}

/// Between what a level should stay. All in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// At or below it the position is low. `None`: it never is.
    pub min: Option<u64>,
    /// Above it the on-hand is over. `None`: it never is.
    pub max: Option<u64>,
    /// How far past a bound the way back leads before the state ends. `None`: a tenth of min, at least 1, and less
    /// where min and max leave no room for it.
    pub band: Option<u64>,
    pub caution: Caution,
    /// The least that the vendor ships, 0 when any amount.
    pub order_min: u64,
    /// What the vendor ships in, at least 1.
    pub order_multiple: u64,
}

/// Bounds that no level can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoundsError {
    #[error("max {max} must be above min {min}: at or below min the level is low")]
    MaxNotAboveMin { min: u64, max: u64 },
    #[error(
        "band {band} is too wide for min and max; at most {most} leaves an amount between them at which all is well"
    )]
    BandTooWide { band: u64, most: u64 },
    #[error("{key} {found} is above {QUANTITY_MAX}")]
    TooLarge { key: &'static str, found: u64 },
    #[error("order multiple must be at least 1")]
    NoMultiple,
}

/// A subject with bounds that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    subject: Subject,
    item: ItemCode,
    bounds: Bounds,
    band: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { min: None, max: None, band: None, caution: Caution::Point, order_min: 0, order_multiple: 1 }
    }
}

impl Watch {
    /// Watches what lies in the bin `name`, which is for `item`.
    ///
    /// # Errors
    /// [`BoundsError`] when no level could keep the bounds.
    pub fn bin(name: PlaceName, item: ItemCode, bounds: Bounds) -> Result<Self, BoundsError> {
        Ok(Self { subject: Subject::Bin(name), item, bounds, band: bounds.band()? })
    }

    /// Watches an item on the whole site.
    ///
    /// # Errors
    /// [`BoundsError`] when no level could keep the bounds.
    pub fn item_on_site(item: ItemCode, bounds: Bounds) -> Result<Self, BoundsError> {
        Ok(Self { subject: Subject::Item(item.clone()), item, bounds, band: bounds.band()? })
    }

    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    #[must_use]
    pub fn item(&self) -> &ItemCode {
        &self.item
    }

    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The position that is low, and the one up to which it stays so.
    pub(super) fn low(&self) -> Option<(i128, i128)> {
        let min = self.bounds.min?;
        Some((min.into(), i128::from(min) + i128::from(self.band)))
    }

    /// The on-hand that is over when exceeded, and the one down to which it ends.
    pub(super) fn over(&self) -> Option<(i128, i128)> {
        let max = self.bounds.max?;
        Some((max.into(), i128::from(max) - i128::from(self.band)))
    }

    /// The on-hand up to which an empty bin stays out. A tenth of min at most, however wide the band: a single spare
    /// that is there must not be called missing.
    pub(super) fn out(&self) -> i128 {
        self.band.min(self.bounds.min.unwrap_or(0) / BAND_SHARE).into()
    }
}

impl Bounds {
    fn band(&self) -> Result<u64, BoundsError> {
        for (key, value) in [("min", self.min), ("max", self.max), ("order minimum", Some(self.order_min))] {
            if let Some(found) = value.filter(|&value| value > QUANTITY_MAX) {
                return Err(BoundsError::TooLarge { key, found });
            }
        }
        if self.order_multiple == 0 {
            return Err(BoundsError::NoMultiple);
        }
        if self.order_multiple > QUANTITY_MAX {
            return Err(BoundsError::TooLarge { key: "order multiple", found: self.order_multiple });
        }
        let most = match (self.min, self.max) {
            (Some(min), Some(max)) if max <= min => return Err(BoundsError::MaxNotAboveMin { min, max }),
            (Some(min), Some(max)) => max - min - 1,
            (None, Some(max)) => max.saturating_sub(1),
            (Some(_) | None, None) => QUANTITY_MAX,
        };
        match self.band {
            Some(band) if band > most => Err(BoundsError::BandTooWide { band, most }),
            Some(band) => Ok(band),
            None => Ok((self.min.unwrap_or(0) / BAND_SHARE).max(1).min(most)),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bin(name) => write!(f, "bin:{name}"),
            Self::Item(code) => write!(f, "item:{code}"),
        }
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        match text.split_once(':') {
            Some(("bin", name)) => Ok(Self::Bin(name.parse()?)),
            Some(("item", code)) => Ok(Self::Item(code.parse()?)),
            Some(_) | None => Err(SubjectError::Kind),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(text: String) -> Result<Self, SubjectError> {
        text.parse()
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(min: Option<u64>, max: Option<u64>, band: Option<u64>) -> Result<u64, BoundsError> {
        Bounds { min, max, band, ..Bounds::default() }.band()
    }

    #[test]
    fn the_band_is_a_tenth_of_min_where_there_is_room_for_it() {
        for (min, max, given, expect) in [
            (Some(20), Some(100), None, 2),
            (Some(5), Some(100), None, 1),
            (Some(20), None, Some(7), 7),
            (Some(20), Some(22), None, 1),
            (Some(0), Some(1), None, 0),
            (Some(1), None, None, 1),
            (None, None, None, 1),
            (None, Some(0), None, 0),
            (None, Some(1), None, 0),
        ] {
            assert_eq!(band(min, max, given), Ok(expect), "{min:?} {max:?} {given:?}");
        }
    }

    #[test]
    fn bounds_that_no_level_can_keep_are_refused_with_the_reason() {
        assert_eq!(band(Some(5), Some(5), None), Err(BoundsError::MaxNotAboveMin { min: 5, max: 5 }));
        assert_eq!(band(Some(5), Some(10), Some(5)), Err(BoundsError::BandTooWide { band: 5, most: 4 }));
        let found = QUANTITY_MAX + 1;
        assert_eq!(band(Some(found), None, None), Err(BoundsError::TooLarge { key: "min", found }));
        assert_eq!(Bounds { order_multiple: 0, ..Bounds::default() }.band(), Err(BoundsError::NoMultiple));
    }

    #[test]
    fn between_any_bounds_there_is_an_amount_at_which_all_is_well() {
        for min in 0..40 {
            for max in min + 1..60 {
                let bounds = Bounds { min: Some(min), max: Some(max), ..Bounds::default() };
                let watch = Watch::item_on_site("P".parse().unwrap(), bounds).unwrap();
                let ((_, low), (_, over)) = (watch.low().unwrap(), watch.over().unwrap());
                assert!(i128::from(max) > low, "a full bin is not low: {min} {max}");
                assert!(over > i128::from(min), "what is no longer over need not be low: {min} {max}");
                assert!(watch.out() < i128::from(min.max(1)), "a single spare is there: {min} {max}");
            }
        }
    }

    #[test]
    fn a_subject_prints_as_it_parses() {
        for text in ["bin:A-01", "item:M8-BOLT", "item:a:b"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        assert_eq!("dock".parse::<Subject>(), Err(SubjectError::Kind));
        assert_eq!("van:3".parse::<Subject>(), Err(SubjectError::Kind));
        assert!(matches!("bin:".parse::<Subject>(), Err(SubjectError::Name(_))));
    }
}
