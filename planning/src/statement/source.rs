//! Sources: who says what will be needed.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::demand::Bucket;

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A quantity agreed by contract.
    Contract,
    /// The customer's own plan.
    CustomerPlan,
    /// What sales expects.
    Sales,
    /// What the vendor expects, by means of its own.
    Vendor,
    /// From history, known events included.
    Statistical,
}

/// One source's view of one series. A bucket that it does not name has no opinion from it; naming it with 0 is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Unique in a statement.
    pub id: String,
    pub kind: SourceKind,
    /// Who stands for it: a person, or what made it.
    pub author: String,
    /// Demand by bucket, base units.
    pub lines: BTreeMap<Bucket, f64>,
    /// Weighted absolute percentage error of its past forecasts as a fraction, 0.2 for 20 %; `None` where there are none.
    pub wape: Option<f64>,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contract => "contract",
            Self::CustomerPlan => "customer plan",
            Self::Sales => "sales",
            Self::Vendor => "vendor",
            Self::Statistical => "statistical",
        })
    }
}
