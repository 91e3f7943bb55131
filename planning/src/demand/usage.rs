//! What was used: one line for each movement that counts as usage.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Whose demand for what, where. Nothing is ever shared between two keys but what a forecaster pools on purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesKey {
    pub customer: String,
    pub site: String,
    pub item: String,
}

/// Base units of an item used on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Usage {
    pub key: SeriesKey,
    /// The site's own date on which it was used, whenever it became known. A correction has the date of what it corrects:
    /// that usage never was. `None` where no clock could be trusted: counted, but in no bucket.
    pub day: Option<Date>,
    /// Used and installed: positive. Returned and uninstalled: negative, netted within its bucket only.
    pub units: i64,
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {}", self.customer, self.site, self.item)
    }
}
