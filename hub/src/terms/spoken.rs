//! What people say of demand as their files have it: events, sources and orders whose days are still as they were written.

use std::path::Path;

use super::{
    ORDERS, SOURCES,
    order::{self, OrderLine},
    site::SiteFile,
    source::{self, SourceLine},
};
use crate::{
    history::{self, Axis, EventLine, Faults, HistoryError},
    outlook::Said,
};

/// Rows of several files.
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    pub(super) events: Vec<EventLine>,
    pub(super) sources: Vec<SourceLine>,
    pub(super) orders: Vec<OrderLine>,
}

impl Spoken {
    /// Reads a planner's folder, and a file of events where one is named.
    ///
    /// # Errors
    /// [`HistoryError`] where a file that is there cannot be read; single rows are faults.
    pub(crate) fn read(folder: &Path, events: Option<&Path>, faults: &mut Faults) -> Result<Self, HistoryError> {
        let (sources, orders) = (folder.join(SOURCES), folder.join(ORDERS));
        Ok(Self {
            events: events.map(|path| history::events(path, faults)).transpose()?.unwrap_or_default(),
            sources: if sources.exists() { source::read(&sources, faults)? } else { Vec::new() },
            orders: if orders.exists() { order::read(&orders, faults)? } else { Vec::new() },
        })
    }

    /// What is said of a pool, dated as its history counts time. What cannot be dated is a fault.
    pub(crate) fn of(&self, pool: &str, axis: Axis, site: &SiteFile, faults: &mut Faults) -> Said {
        let (rule, forecast_wape) = site.rule();
        Said {
            events: history::for_pool(&self.events, pool, axis, faults),
            sources: source::for_pool(&self.sources, pool, axis, faults),
            orders: order::for_pool(&self.orders, pool, axis, faults),
            rule,
            forecast_wape,
        }
    }
}
