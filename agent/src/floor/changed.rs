//! What looks different since somebody looked last. Marked where something is committed, or becomes known or unknown;
//! whoever shows it takes the marks and looks at nothing else.

use std::collections::BTreeSet;

use gateway_proto::name::{DeviceName, PlaceName};

/// What looks different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    pub bins: BTreeSet<PlaceName>,
    pub stations: BTreeSet<DeviceName>,
    /// What is known of the site is another: everything looks different.
    pub everything: bool,
}

impl Changed {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bins.is_empty() && self.stations.is_empty() && !self.everything
    }
}

impl super::Floor {
    /// What looks different since this was asked last.
    pub fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }
}
