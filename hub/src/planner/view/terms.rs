//! What was read of a planning folder as JSON, and what is wrong with it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{feed::FeedKey, history::RowFault, planner::FeedDemand, terms::Terms};

/// Faults of one folder in an answer; all are counted.
const FAULTS_MAX: usize = 100;

/// What is read of a feed's planning folder, and what is wrong with it.
#[derive(Debug, Serialize)]
pub(crate) struct TermsView<'a> {
    site: &'a str,
    feed: &'a str,
    /// SHA-256 of what was read.
    fingerprint: &'a str,
    /// At most a hundred; `faults_total` counts all.
    faults: Vec<FaultView<'a>>,
    faults_total: u64,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FaultView<'a> {
    file: &'a str,
    /// Left out where it is the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    what: &'a str,
}

impl<'a> TermsView<'a> {
    /// `None` where the feed has no folder.
    pub(crate) fn of(demand: &'a FeedDemand, more: &[String]) -> Option<Self> {
        let FeedDemand { feed: FeedKey { site, name }, terms, .. } = demand;
        let terms: &Terms = terms;
        let fault = |fault: &'a RowFault| FaultView {
            file: &fault.file,
            line: (fault.line > 0).then_some(fault.line),
            what: &fault.what,
        };
        let known: BTreeSet<&str> = demand.series.keys().map(|key| key.item.as_str()).collect();
        let mut notes = terms.notes(|item| known.contains(item));
        notes.extend_from_slice(more);
        Some(Self {
            site: site.as_str(),
            feed: name.as_str(),
            fingerprint: terms.fingerprint.as_deref()?,
            faults: terms.all_faults().take(FAULTS_MAX).map(fault).collect(),
            faults_total: terms.fault_count(),
            notes,
        })
    }
}
