//! Movements: double entry for parts. A quantity of one item goes from one place to another; nothing appears,
//! vanishes or is edited. What a movement *is* (receipt, deploy, use …) follows from its two places, so it is
//! derived, never stored beside them.

use serde::{Deserialize, Serialize};

use crate::{
    name::{DeviceName, ItemCode, Text},
    place::Place,
    quantity::Quantity,
    record::{Seq, UntrustedClock},
    time::WallTime,
};

/// One immutable movement. On the wire fields at their default are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// When it happened, by the site's clock; see `clock` for how far to believe it.
    pub at: WallTime,
    pub item: ItemCode,
    /// In the item's base unit.
    pub qty: Quantity,
    pub from: Place,
    pub to: Place,
    /// The device or station that reported it.
    pub by: DeviceName,
    #[serde(default, skip_serializing_if = "is_default")]
    pub source: Source,
    /// The person, by badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text>,
    /// What was scanned, where it says more than the item: the whole label, its bytes as text. At most
    /// [`SCAN_LEN_MAX`](crate::limits::SCAN_LEN_MAX) bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ItemCode>,
    /// Work order, purchase order, shipment: what it was for.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The smallest and largest quantity it could have been, for weighed movements that are not certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[u64; 2]>,
    /// The scale that said how many, where a person said the rest (`by` is the station then).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed_by: Option<DeviceName>,
    /// The quantity that the person stated, where the scale says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<u64>,
    /// The movement of the same feed and epoch that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Seq>,
    /// The epoch of the corrected movement, where it is not this one's: the feed began anew in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects_in: Option<Text>,
    /// Ownership passing without the parts going anywhere (consignment).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerChange>,
    /// Present when the site did not trust its clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<UntrustedClock>,
}

/// How a movement became known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person scanned it. The default on the wire.
    #[default]
    Scan,
    /// A weight or level changed.
    Scale,
    /// A person stated what is there.
    Count,
    /// Typed by hand.
    Manual,
    /// Came from a file or another system.
    Import,
}

/// From whom to whom ownership passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerChange {
    pub from: Text,
    pub to: Text,
}

/// What a movement between two places is called. The table of movement types; `site total` is the change of what
/// is inside the fence, `usage` what a vendor would bill by default.
///
/// | act | from → to | site total | usage |
/// |---|---|---|---|
/// | receipt | vendor → dock, bin | + | no |
/// | put-away | dock → bin | 0 | no |
/// | transfer | between stock places, or to the bench | 0 | no |
/// | deploy | dock, bin → field | 0 | no, unless the policy says so |
/// | test pass | bench, quarantine → stock | 0 | no |
/// | test fail | bench, stock → quarantine | 0 | no |
/// | install | stock → asset | − | yes |
/// | uninstall | asset → bench, quarantine: never straight to good | + | negative |
/// | use | stock → used | − | yes |
/// | return | used → stock, bench, quarantine | + | negative |
/// | return to vendor | dock, quarantine → vendor | − | no |
/// | scrap | on site, asset → scrap | − | no |
/// | adjust | on site ↔ variance | ± | no |
/// | ownership change | a place to itself, with `owner` | 0 | no |
/// | correction | the inverse of any of these, with `corrects` | inverse | inverse |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    Receipt,
    PutAway,
    Transfer,
    Deploy,
    TestPass,
    TestFail,
    Install,
    Uninstall,
    Use,
    Return,
    ReturnToVendor,
    Scrap,
    Adjust,
    OwnershipChange,
    Correction,
}

/// Which acts count as usage beyond use and install.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsagePolicy {
    /// Parts deployed to a van or field cabinet count as used.
    pub deployed_is_used: bool,
}

/// Why two places make no movement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MovementError {
    #[error("nothing may go from {from} to {to}")]
    Forbidden { from: Place, to: Place },
    #[error("a movement from {0} to itself needs an ownership change")]
    Nowhere(Place),
    #[error("quantity {qty} is outside its own bounds {low}..={high}")]
    Between { qty: Quantity, low: u64, high: u64 },
}

impl Movement {
    /// What it does to amounts: so much less at one place, as much more at the other. `None` where nothing goes anywhere.
    #[must_use]
    pub fn legs(&self) -> Option<[(&Place, i64); 2]> {
        let units = self.qty.signed();
        (self.from != self.to).then_some([(&self.from, -units), (&self.to, units)])
    }

    /// A movement with only what every movement has.
    #[must_use]
    pub fn new(at: WallTime, item: ItemCode, qty: Quantity, from: Place, to: Place, by: DeviceName) -> Self {
        Self {
            at,
            item,
            qty,
            from,
            to,
            by,
            source: Source::Scan,
            actor: None,
            lot: None,
            serial: None,
            code: None,
            reference: None,
            reason: None,
            between: None,
            weighed_by: None,
            stated: None,
            corrects: None,
            corrects_in: None,
            owner: None,
            clock: None,
        }
    }

    /// What this movement is.
    ///
    /// # Errors
    /// [`MovementError`] where the table has no row for its places.
    pub fn act(&self) -> Result<Act, MovementError> {
        if let Some([low, high]) = self.between
            && !(low..=high).contains(&self.qty.units())
        {
            return Err(MovementError::Between { qty: self.qty, low, high });
        }
        if self.from == self.to {
            return match self.owner {
                Some(_) => Ok(Act::OwnershipChange),
                None => Err(MovementError::Nowhere(self.from.clone())),
            };
        }
        let act = match self.corrects {
            Some(_) => Act::between(&self.to, &self.from).map(|_| Act::Correction),
            None => Act::between(&self.from, &self.to),
        };
        act.ok_or_else(|| MovementError::Forbidden { from: self.from.clone(), to: self.to.clone() })
    }

    /// Base units used by this movement under a policy; negative where it takes usage back.
    ///
    /// # Errors
    /// As [`Movement::act`].
    pub fn usage(&self, policy: UsagePolicy) -> Result<i64, MovementError> {
        let act = self.act()?;
        if act == Act::Correction {
            return Ok(Act::between(&self.to, &self.from).map_or(0, |taken_back| -taken_back.usage_sign(policy))
                * self.qty.signed());
        }
        Ok(act.usage_sign(policy) * self.qty.signed())
    }

    /// The movement that takes this one back, `seq` being this one's place in its feed.
    #[must_use]
    pub fn correction(&self, seq: Seq, at: WallTime, by: DeviceName) -> Self {
        Self {
            at,
            by,
            from: self.to.clone(),
            to: self.from.clone(),
            corrects: Some(seq),
            corrects_in: None,
            clock: None,
            owner: self.owner.as_ref().map(|o| OwnerChange { from: o.to.clone(), to: o.from.clone() }),
            ..self.clone()
        }
    }
}

impl Act {
    /// The act a plain movement between two different places is; `None` where the table has no such row.
    #[must_use]
    pub fn between(from: &Place, to: &Place) -> Option<Self> {
        use Place as P;
        Some(match (from, to) {
            _ if from == to => return None,
            (P::Vendor, P::Dock | P::Bin(_)) => Self::Receipt,
            (P::Dock, P::Bin(_)) => Self::PutAway,
            (P::Dock | P::Bin(_), P::Field(_)) => Self::Deploy,
            (from, P::Bench) if from.is_stock() || *from == P::Quarantine => Self::Transfer,
            (from, to) if from.is_stock() && to.is_stock() => Self::Transfer,
            (P::Bench | P::Quarantine, to) if to.is_stock() => Self::TestPass,
            (from, P::Quarantine) if from.is_stock() || *from == P::Bench => Self::TestFail,
            (from, P::Asset(_)) if from.is_stock() => Self::Install,
            (P::Asset(_), P::Bench | P::Quarantine) => Self::Uninstall,
            (from, P::Used) if from.is_stock() => Self::Use,
            (P::Used, to) if to.is_on_site() => Self::Return,
            (P::Dock | P::Quarantine, P::Vendor) => Self::ReturnToVendor,
            (from, P::Scrap) if from.is_on_site() || matches!(from, P::Asset(_)) => Self::Scrap,
            (from, P::Variance) if from.is_on_site() => Self::Adjust,
            (P::Variance, to) if to.is_on_site() => Self::Adjust,
            _ => return None,
        })
    }

    /// Whether a plain movement of this act adds to usage (1), takes usage back (−1) or neither (0).
    fn usage_sign(self, policy: UsagePolicy) -> i64 {
        match self {
            Self::Use | Self::Install => 1,
            Self::Return | Self::Uninstall => -1,
            Self::Deploy => i64::from(policy.deployed_is_used),
            Self::Receipt
            | Self::PutAway
            | Self::Transfer
            | Self::TestPass
            | Self::TestFail
            | Self::ReturnToVendor
            | Self::Scrap
            | Self::Adjust
            | Self::OwnershipChange
            | Self::Correction => 0,
        }
    }

    /// The word people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Receipt => "received",
            Self::PutAway => "put away",
            Self::Transfer => "moved",
            Self::Deploy => "deployed",
            Self::TestPass => "passed test",
            Self::TestFail => "failed test",
            Self::Install => "installed",
            Self::Uninstall => "removed",
            Self::Use => "used",
            Self::Return => "returned",
            Self::ReturnToVendor => "sent back",
            Self::Scrap => "scrapped",
            Self::Adjust => "adjusted",
            Self::OwnershipChange => "changed owner",
            Self::Correction => "taken back",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
