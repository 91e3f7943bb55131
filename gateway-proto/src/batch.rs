//! Batches: one shipment of records, `POST {hub}/v1/feeds/{feed}/batches`.
//!
//! ```json
//! {"protocol":1,"site":"plant-7","feed":"acme","epoch":"0193…","first_seq":1042,"prev":"…","head":"…","records":[{…},{…}]}
//! ```
//!
//! `records[i]` has seq `first_seq + i`; `prev` is the link before the first, `head` the link after the last. Where the
//! site no longer has records it says so: `"lost":{"to":1041,"why":"retention"}` in place of `records`. With
//! `"ahead":true` the records run ahead of a backlog: they are shown, and sent again when their turn comes. `knows` asks
//! for what the hub has of the feed beside what it names.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    chain::{Epoch, Link},
    forward::Run,
    limits::{BATCH_LEN_MAX, BATCH_RECORDS_MAX, PROTOCOL, RECORD_LEN_MAX, RUNS_MAX, SEQ_MAX},
    name::{FeedName, SiteName, Text},
    record::{RecordText, Seq},
    told::Shortened,
};

/// One shipment of one feed's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub site: SiteName,
    pub feed: FeedName,
    pub epoch: Epoch,
    pub first: Seq,
    /// The link before `first`. Only a declaration may leave it out: the site may no longer know it.
    pub prev: Option<Link>,
    /// The link after the last record, or after `lost.to`.
    pub head: Link,
    pub load: Load,
    /// Whether this runs ahead of a backlog: shown by the receiver, not settled, sent once more in its turn. Sent only to
    /// a receiver whose acks say `takes_ahead`.
    pub ahead: bool,
    /// A question: what do all records of this feed come to that are not among these? The answer is in the ack.
    pub knows: Option<Vec<Run>>,
}

/// What a batch carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// At least one record.
    Records(Vec<RecordText>),
    /// `first..=to` are gone at the site.
    Lost(Lost),
}

/// A declaration that records are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    pub to: Seq,
    pub why: Text,
}

/// Why bytes are no batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("batch has {len} bytes, at most {BATCH_LEN_MAX} are allowed")]
    TooLong { len: usize },
    #[error("batch has {count} records, at most {BATCH_RECORDS_MAX} are allowed")]
    TooMany { count: usize },
    #[error("record {seq} has {len} bytes, at most {RECORD_LEN_MAX} are allowed")]
    RecordTooLong { seq: Seq, len: usize },
    #[error("protocol {found} is not spoken here, only {PROTOCOL}")]
    Protocol { found: u32 },
    #[error("batch is not UTF-8 from byte {at} on")]
    NotUtf8 { at: usize },
    #[error("batch is not readable: {}", Shortened(.0))]
    Unreadable(#[from] serde_json::Error),
    #[error("seqs are 1 to {SEQ_MAX}")]
    Seq,
    #[error("lost.to {to} is before first_seq {first}")]
    LostBackwards { first: Seq, to: Seq },
    #[error("batch needs either records or lost, and records not empty")]
    Load,
    #[error("batch of records needs prev, the link before the first")]
    Prev,
    #[error("a declaration of loss cannot run ahead of the backlog")]
    LostAhead,
    #[error("batch names {count} runs of records, at most {RUNS_MAX} are allowed")]
    TooManyRuns { count: usize },
}

impl BatchError {
    /// Whether a smaller batch could pass.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLong { .. } | Self::TooMany { .. })
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    protocol: u32,
    site: SiteName,
    feed: FeedName,
    epoch: Epoch,
    first_seq: Seq,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prev: Option<Link>,
    head: Link,
    #[serde(default, skip_serializing_if = "is_false")]
    ahead: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    knows: Option<Vec<Run>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    records: Option<Vec<&'a RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<Lost>,
}

impl Batch {
    /// The seq of the last record, or the last one declared lost.
    #[must_use]
    pub fn last(&self) -> Seq {
        match &self.load {
            Load::Records(records) => Seq(self.first.0 + records.len() as u64 - 1),
            Load::Lost(lost) => lost.to,
        }
    }

    /// The batch as it travels. Record texts are copied byte for byte.
    ///
    /// # Errors
    /// [`BatchError`] when the batch breaks a limit or a record's text is no JSON.
    pub fn to_json(&self) -> Result<String, BatchError> {
        let (records, lost) = match &self.load {
            Load::Records(records) => {
                let raw = records.iter().map(|record| serde_json::from_str::<&RawValue>(record.as_str()));
                (Some(raw.collect::<Result<Vec<_>, _>>()?), None)
            }
            Load::Lost(lost) => (None, Some(lost.clone())),
        };
        let json = serde_json::to_string(&Wire {
            protocol: PROTOCOL,
            site: self.site.clone(),
            feed: self.feed.clone(),
            epoch: self.epoch.clone(),
            first_seq: self.first,
            prev: self.prev,
            head: self.head,
            ahead: self.ahead,
            knows: self.knows.clone(),
            records,
            lost,
        })?;
        if json.len() > BATCH_LEN_MAX {
            return Err(BatchError::TooLong { len: json.len() });
        }
        Ok(json)
    }

    /// Reads a batch, keeping each record's exact text. Fields of later versions are passed over.
    ///
    /// # Errors
    /// [`BatchError`] naming the first thing that is wrong.
    pub fn parse(json: &[u8]) -> Result<Self, BatchError> {
        if json.len() > BATCH_LEN_MAX {
            return Err(BatchError::TooLong { len: json.len() });
        }
        // All of it, what is passed over too: JSON is UTF-8 (RFC 8259, 8.1). Then the reader need not look at each text.
        let json = std::str::from_utf8(json).map_err(|error| BatchError::NotUtf8 { at: error.valid_up_to() })?;
        let wire: Wire<'_> = serde_json::from_str(json)?;
        if wire.protocol != PROTOCOL {
            return Err(BatchError::Protocol { found: wire.protocol });
        }
        let last = wire.lost.as_ref().map_or(wire.first_seq, |lost| lost.to.max(wire.first_seq));
        if wire.first_seq == Seq(0) || last.0 > SEQ_MAX - BATCH_RECORDS_MAX as u64 {
            return Err(BatchError::Seq);
        }
        if let Some(count) = wire.knows.as_ref().map(Vec::len).filter(|count| *count > RUNS_MAX) {
            return Err(BatchError::TooManyRuns { count });
        }
        let load = match (wire.records, wire.lost) {
            (Some(_), None) if wire.prev.is_none() => return Err(BatchError::Prev),
            (Some(records), None) if !records.is_empty() => {
                if records.len() > BATCH_RECORDS_MAX {
                    return Err(BatchError::TooMany { count: records.len() });
                }
                let texts = records.iter().enumerate().map(|(i, raw)| {
                    let text = raw.get();
                    RecordText::new(text.to_owned()).map_err(|_| BatchError::RecordTooLong {
                        seq: Seq(wire.first_seq.0 + i as u64),
                        len: text.len(),
                    })
                });
                Load::Records(texts.collect::<Result<_, _>>()?)
            }
            (None, Some(lost)) if lost.to < wire.first_seq => {
                return Err(BatchError::LostBackwards { first: wire.first_seq, to: lost.to });
            }
            (None, Some(_)) if wire.ahead => return Err(BatchError::LostAhead),
            (None, Some(lost)) => Load::Lost(lost),
            _ => return Err(BatchError::Load),
        };
        Ok(Self {
            site: wire.site,
            feed: wire.feed,
            epoch: wire.epoch,
            first: wire.first_seq,
            prev: wire.prev,
            head: wire.head,
            load,
            ahead: wire.ahead,
            knows: wire.knows,
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
