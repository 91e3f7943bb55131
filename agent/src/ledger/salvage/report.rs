//! The report of a salvage: for the log, the status, the ledger's own memory and each vendor. No text of a record is in it.

use std::{collections::BTreeMap, fmt};

use gateway_proto::{record::Seq, time::WallTime};
use serde::{Deserialize, Serialize};

/// Holes that are named one by one in a notice: it must fit a record. What is beyond is in their sum.
const HOLES_NAMED_MAX: usize = 500;

/// What a notice says has become of the ledger.
const SALVAGED: &str = "salvaged";

/// What a salvage came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The folder that holds the damaged ledger.
    pub folder: String,
    pub feeds: BTreeMap<String, FeedReport>,
    /// Records that stand in the damaged file and belong to no feed or epoch that is known.
    pub unplaced: u64,
    /// Facts beside the records that were taken over.
    pub kept: u64,
    /// Pages in which nothing could be recognised.
    pub bad_pages: u32,
    /// The write-ahead log was damaged, or was another ledger's.
    pub log_is_damaged: bool,
    /// Items whose amounts over all places are not zero any more: part of what retention had folded is lost.
    pub doubtful_items: u64,
}

/// What it came to for one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedReport {
    pub epoch: String,
    /// Records of all epochs that were proved and taken over.
    pub records: u64,
    /// Seqs of the newest epoch that are missing, first and last.
    pub missing: Vec<(u64, u64)>,
    /// How many those are, and how many of them were not known to be settled.
    pub missing_records: u64,
    pub missing_unsettled: u64,
    /// Nothing suggests that records stood behind the last that is known of.
    pub end_is_known: bool,
    /// What was settled is known; else everything is offered to the hub again.
    pub settled_is_known: bool,
    /// The old epoch could not go on.
    pub is_new_epoch: bool,
}

impl Report {
    /// Whether every feed has everything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unplaced == 0
            && self.doubtful_items == 0
            && self.feeds.values().all(|feed| feed.missing_records == 0 && feed.end_is_known)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ledger was damaged and is kept in {}", self.folder)?;
        for (feed, of) in &self.feeds {
            write!(f, "; feed {feed}: {} records salvaged, {} missing", of.records, of.missing_records)?;
            if !of.end_is_known {
                write!(f, " and maybe more at the end")?;
            }
        }
        if self.unplaced > 0 {
            write!(f, "; {} records belong to no known feed", self.unplaced)?;
        }
        if self.is_whole() { Ok(()) } else { write!(f, "; count the bins, and tell the vendors") }
    }
}

impl FeedReport {
    /// The record that tells the vendor.
    pub(super) fn notice(&self, at: WallTime) -> String {
        let named = &self.missing[..self.missing.len().min(HOLES_NAMED_MAX)];
        let told = serde_json::json!({
            "at": at,
            "ledger": {
                "state": SALVAGED,
                "epoch": self.epoch,
                "missing": named,
                "missing_records": self.missing_records,
                "end_is_known": self.end_is_known,
            },
        });
        let body = told.to_string();
        format!("{{\"type\":\"health\",{}", body.trim_start_matches('{'))
    }
}

/// Whether a health record is the notice of a salvage after which movements of its feed are missing, or may be.
pub(in crate::ledger) fn tells_of_missing(health: &serde_json::Value) -> bool {
    let ledger = &health["ledger"];
    ledger["state"] == SALVAGED && (ledger["missing_records"] != 0 || ledger["end_is_known"] != true)
}

/// Holes as a report names them.
pub(super) fn spans(holes: impl Iterator<Item = (Seq, Seq)>) -> Vec<(u64, u64)> {
    holes.map(|(first, last)| (first.0, last.0)).collect()
}
