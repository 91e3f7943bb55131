//! Answers: what a hub says to a batch.
//!
//! `200` with an [`Ack`], only after the hub's own commit. `400`, `401`, `409`, `413`, `429`, `503` with a [`Rejection`].
//! A 200 of any other shape (a captive portal) is no ack.

use serde::{Deserialize, Serialize};

use crate::{chain::Epoch, forward::Forward, record::Seq};

/// The hub's durable acceptance through a seq.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub epoch: Epoch,
    /// Everything up to here is committed at the hub.
    pub through: Seq,
    /// Records of the answered batch that the hub keeps aside. They never block their followers.
    pub refused: Vec<Refusal>,
    /// How many batches the hub takes at once from this feed. A receiver that does not say takes one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub window: u32,
    /// Whether the hub takes batches that run ahead of a backlog. A receiver that does not say gets none.
    #[serde(default, skip_serializing_if = "is_false")]
    pub takes_ahead: bool,
    /// Answers a batch that ran ahead: the last seq of it that is shown. It settles nothing; `through` is what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Seq>,
    /// Answers a batch that asked: what of this feed the site did not name. A receiver that does not know the question says
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
}

impl Ack {
    /// An acceptance through a seq by a receiver that takes one batch at a time and none ahead.
    #[must_use]
    pub fn new(epoch: Epoch, through: Seq) -> Self {
        Self { epoch, through, refused: Vec::new(), window: 1, takes_ahead: false, ahead: None, forward: None }
    }
}

/// A record the hub has, but could not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub seq: Seq,
    /// A short word for machines: `unknown_item`, `bad_record`.
    pub code: String,
    /// A sentence for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why a batch was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    pub code: Code,
    /// With `gap`: the seq to send next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Seq>,
    /// With `fork`: the first seq that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The kinds of rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 409: the batch begins after what the hub has.
    Gap,
    /// 409: the hub has other records at these seqs.
    Fork,
    /// 400: the batch is not readable or breaks a rule.
    BadBatch,
    /// 400: `head` does not follow from `prev` and the records: damaged under way.
    BadChain,
    /// 413: the batch is larger than the hub takes.
    TooLarge,
    /// 401: the credential is not this feed's.
    Unauthorized,
    /// 404: no such feed here.
    NotFound,
    /// 429.
    Limit,
    /// 503.
    Busy,
    /// A code of a later version.
    #[serde(other)]
    Other,
}

impl Rejection {
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, expected: None, seq: None, detail: detail.into() }
    }

    #[must_use]
    pub fn gap(expected: Seq) -> Self {
        Self { expected: Some(expected), ..Self::new(Code::Gap, format!("send from seq {expected}")) }
    }

    #[must_use]
    pub fn fork(seq: Seq) -> Self {
        Self { seq: Some(seq), ..Self::new(Code::Fork, format!("seq {seq} is already here with other content")) }
    }
}

impl Code {
    /// The HTTP status that carries this code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Gap | Self::Fork => 409,
            Self::BadBatch | Self::BadChain | Self::Other => 400,
            Self::TooLarge => 413,
            Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::Limit => 429,
            Self::Busy => 503,
        }
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(window: &u32) -> bool {
    *window == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
