//! What the hub shows, as JSON: the same shapes for the API, the live feed and the command line.
//!
//! Owns the field names that others program against. Amounts are whole base units, times RFC 3339 in UTC.

use gateway_proto::{movement::UsagePolicy, record::Record, time::WallTime};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    alarm::{Alarm, alarms},
    store::{AheadRow, FeedHealth, HeldRow, Parked, PlaceKind, Row, StoreError},
    words,
};

/// One movement.
#[derive(Debug, Serialize)]
pub(crate) struct MovementView {
    /// Names the movement for good: its strand and its place there.
    pub(crate) id: String,
    pub(crate) site: String,
    pub(crate) feed: String,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) received_at: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replayed_at: Option<WallTime>,
    /// When it was made, where the site did not trust its clock then and has said since what it should have shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at_corrected: Option<WallTime>,
    /// Shown ahead of a backlog: in no amount, behind no cursor; it comes once more, under the same id.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ahead: bool,
    /// What it is, in one word: `used`, `received`.
    pub(crate) act: &'static str,
    /// Base units of usage; negative where it takes usage back.
    pub(crate) usage: i64,
    /// What happened, for people.
    pub(crate) text: String,
    /// The record as the site sent it.
    pub(crate) record: Box<RawValue>,
}

/// An amount at a place.
#[derive(Debug, Serialize)]
pub(crate) struct HeldView {
    pub(crate) site: String,
    pub(crate) feed: String,
    pub(crate) item: String,
    pub(crate) place: String,
    pub(crate) qty: i64,
    pub(crate) changed_at: WallTime,
    /// `stock`, `gone` or `books`: on site, used up, or the other side of the double entry.
    pub(crate) kind: &'static str,
    /// The item for people: what does not print is made visible.
    pub(crate) item_text: String,
    /// The place for people.
    pub(crate) place_text: String,
}

/// A parked record.
#[derive(Debug, Serialize)]
pub(crate) struct ParkedView {
    pub(crate) site: String,
    pub(crate) feed: String,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) received_at: WallTime,
    pub(crate) record: Box<RawValue>,
}

/// The state of a feed.
#[derive(Debug, Serialize)]
pub(crate) struct FeedView {
    pub(crate) site: String,
    pub(crate) feed: String,
    /// The hub's time of this view.
    pub(crate) now: WallTime,
    pub(crate) last_heard: Option<WallTime>,
    /// Seconds since then. A feed that is silent is unknown, not idle.
    pub(crate) age_seconds: Option<i64>,
    pub(crate) epoch: Option<String>,
    pub(crate) epochs: u64,
    pub(crate) through: u64,
    pub(crate) records: u64,
    pub(crate) repeated: u64,
    pub(crate) parked: u64,
    /// Records of types that this hub does not know.
    pub(crate) unknown: u64,
    /// Records shown ahead of a backlog now, and those let go before their turn came.
    pub(crate) ahead: u64,
    pub(crate) ahead_dropped: u64,
    /// What a person must look at, the worst first.
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) acknowledged: Vec<crate::store::Acknowledged>,
    /// Earlier epochs of which the site had delivered more than is here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) end_missing: Vec<crate::store::MissingEnd>,
    /// `unheard`, `whole`, `lossy` or `forked`.
    pub(crate) chain: crate::store::Verdict,
    pub(crate) chain_text: String,
    pub(crate) lost_records: u64,
    pub(crate) lost: Vec<crate::store::Loss>,
    pub(crate) forks: Vec<crate::store::Fork>,
    pub(crate) checkpoint: Option<CheckpointView>,
    pub(crate) checkpoint_text: String,
}

/// The last comparison with the site's own on-hand.
#[derive(Debug, Serialize)]
pub(crate) struct CheckpointView {
    /// `ok` or `differs`.
    pub(crate) verdict: &'static str,
    /// `listed` or `everything`: what was compared.
    pub(crate) extent: crate::store::Extent,
    /// When the hub first saw the difference that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<WallTime>,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) at: WallTime,
    pub(crate) compared: u64,
    pub(crate) differing: u64,
    pub(crate) differences: Vec<crate::store::Difference>,
}

impl MovementView {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        let damaged = StoreError::Damaged { what: "movement" };
        let Ok(Record::Movement(movement)) = Record::parse(&row.text) else { return Err(damaged) };
        Ok(Self {
            id: format!("{}:{}", row.strand, row.position),
            site: row.strand.feed.site.to_string(),
            feed: row.strand.feed.name.to_string(),
            epoch: row.epoch.clone(),
            seq: row.seq,
            received_at: row.received_at,
            replayed_at: row.replayed_at,
            at_corrected: row.at_corrected,
            ahead: false,
            act: movement.act().map_or("moved", gateway_proto::movement::Act::word),
            usage: movement.usage(UsagePolicy::default()).unwrap_or(0),
            text: words::movement(&movement),
            record: RawValue::from_string(row.text.clone()).map_err(|_| damaged)?,
        })
    }
}

impl MovementView {
    /// A movement that came ahead; `None` for a record of another kind.
    pub(crate) fn of_ahead(row: &AheadRow) -> Option<Self> {
        let Ok(Record::Movement(movement)) = Record::parse(&row.text) else { return None };
        Some(Self {
            id: format!("{}:{}", row.strand, row.seq),
            site: row.strand.feed.site.to_string(),
            feed: row.strand.feed.name.to_string(),
            epoch: row.epoch.clone(),
            seq: row.seq,
            received_at: row.received_at,
            replayed_at: None,
            at_corrected: row.at_corrected,
            ahead: true,
            act: movement.act().map_or("moved", gateway_proto::movement::Act::word),
            usage: movement.usage(UsagePolicy::default()).unwrap_or(0),
            text: words::movement(&movement),
            record: RawValue::from_string(row.text.clone()).ok()?,
        })
    }
}

impl HeldView {
    pub(crate) fn of(row: &HeldRow) -> Self {
        Self {
            site: row.feed.site.to_string(),
            feed: row.feed.name.to_string(),
            item: row.item.clone(),
            place: row.place.to_string(),
            qty: row.qty,
            changed_at: row.changed_at,
            kind: match PlaceKind::of(&row.place) {
                PlaceKind::Stock => "stock",
                PlaceKind::Gone => "gone",
                PlaceKind::Books => "books",
            },
            item_text: words::item(&row.item),
            place_text: words::whereabouts(&row.place),
        }
    }
}

impl ParkedView {
    pub(crate) fn of(row: Parked) -> Result<Self, StoreError> {
        Ok(Self {
            site: row.feed.site.to_string(),
            feed: row.feed.name.to_string(),
            epoch: row.epoch,
            seq: row.seq,
            code: row.code,
            detail: row.detail,
            received_at: row.received_at,
            record: RawValue::from_string(row.text).map_err(|_| StoreError::Damaged { what: "record" })?,
        })
    }
}

impl FeedView {
    pub(crate) fn of(health: &FeedHealth, now: WallTime) -> Self {
        Self {
            site: health.feed.site.to_string(),
            feed: health.feed.name.to_string(),
            now,
            last_heard: health.heard_at,
            age_seconds: health.heard_at.map(|heard| ((now.millis() - heard.millis()) / 1_000).max(0)),
            epoch: health.epoch.clone(),
            epochs: health.epochs,
            through: health.through,
            records: health.records,
            repeated: health.repeated,
            parked: health.parked,
            unknown: health.unknown,
            ahead: health.ahead,
            ahead_dropped: health.ahead_dropped,
            alarms: alarms(health, now),
            acknowledged: health.acknowledged.clone(),
            end_missing: health.missing.clone(),
            chain: health.verdict(),
            chain_text: words::chain(health),
            lost_records: health.lost_records(),
            lost: health.lost.clone(),
            forks: health.forks.clone(),
            checkpoint: health.checkpoint.as_ref().map(|compared| CheckpointView {
                extent: compared.extent,
                since: compared.since,
                verdict: if compared.differing == 0 { "ok" } else { "differs" },
                epoch: compared.epoch.clone(),
                seq: compared.seq,
                at: compared.at,
                compared: compared.compared,
                differing: compared.differing,
                differences: compared.differences.clone(),
            }),
            checkpoint_text: words::checkpoint(health),
        }
    }
}
