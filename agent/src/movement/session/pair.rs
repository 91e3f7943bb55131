//! The two places of a transfer: which is the first, which the second, and when the next transfer begins.

use gateway_proto::{movement::Act, place::Place};
use serde::{Deserialize, Serialize};

use super::{
    mode::Mode,
    output::Station,
    refusal::Refusal,
    slots::{Need, Wear},
};

/// The two places of a transfer, in the order scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) first: Option<Place>,
    pub(super) second: Option<Place>,
    pub(super) wear: Wear,
}

impl Pair {
    /// The next place: where it comes from, then where it goes. Once something moved, a place begins the next transfer.
    pub(super) fn take(&mut self, place: Place) -> Result<(), Refusal> {
        if self.wear == Wear::Used || self.first.is_none() {
            *self = Self { first: Some(place), ..Self::default() };
        } else if self.first.as_ref() == Some(&place) {
            return Err(Refusal::SamePlace(place));
        } else {
            let forbidden = self.first.as_ref().filter(|from| Act::between(from, &place).is_none());
            if let Some(from) = forbidden {
                return Err(Refusal::Forbidden { mode: Mode::Transfer, from: from.clone(), to: place });
            }
            self.second = Some(place);
        }
        Ok(())
    }

    pub(super) fn ends(&self, stated: Option<&Place>, station: &Station) -> Result<(Place, Place), Need> {
        let from = stated.or(station.place.as_ref());
        let (from, to) = match (&self.first, &self.second) {
            (Some(first), Some(second)) => (first, second),
            (Some(only), None) => match from.filter(|from| *from != only) {
                Some(from) => (from, only),
                None => return Err(Need::Destination(only.clone())),
            },
            (None, _) => return Err(from.map_or(Need::Place(None), |from| Need::Destination(from.clone()))),
        };
        if Act::between(from, to).is_none() {
            return Err(Need::Place(Some((from.clone(), to.clone()))));
        }
        Ok((from.clone(), to.clone()))
    }
}
