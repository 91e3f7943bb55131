//! Records: what a feed carries. Each has a type, a body, and — through its feed and epoch — a seq.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    chain::Epoch,
    limits::RECORD_LEN_MAX,
    movement::{Movement, MovementError},
    name::{DeviceName, ItemCode, Text},
    on_hand::OnHand,
    place::Place,
    time::WallTime,
    told::Shortened,
};

/// A record's position in its feed and epoch, from 1, without gaps. `Seq(0)` is "before the first".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The one before; `Seq(0)` stays.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One record of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all records are movements; a box would be an allocation for each"
)]
pub enum Record {
    Movement(Movement),
    Count(Count),
    Checkpoint(Checkpoint),
    Clock(ClockOffset),
    /// A customer's decision on a plan or order request; carried and kept as it is.
    Order(serde_json::Value),
    /// State of site and devices; carried and kept as it is.
    Health(serde_json::Value),
    /// A type this version does not know: kept and acknowledged, so that old hubs serve new sites.
    Unknown(String),
}

/// A person's or sensor's statement of what is there. It moves nothing: the adjustment it leads to is a movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub at: WallTime,
    pub item: ItemCode,
    pub place: Place,
    /// Base units found.
    pub qty: u64,
    pub by: DeviceName,
    /// What the ledger said at that moment, when it said anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<UntrustedClock>,
}

/// The site's own fold of this feed up to here, for the hub to compare: every amount that is not zero, at every place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub at: WallTime,
    /// The last seq that is inside the totals; the same in all parts.
    pub through: Seq,
    pub on_hand: Vec<Held>,
    /// Which part of the list this is, where one record cannot hold it. Absent means all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What all parts together come to, for what the site does not list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// How far the site's earlier epochs of this feed were delivered when they ended. A receiver that has less of one
    /// was put back to an old backup and is told so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
}

/// An epoch of this feed that the site no longer writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub epoch: Epoch,
    /// The last seq that was acknowledged to the site.
    pub through: Seq,
}

/// One of several records that make up a checkpoint, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub of: u32,
}

/// What a whole checkpoint comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Pairs of item and place whose amount is not zero.
    pub amounts: u64,
    /// Sum of the positive ones, base units.
    pub units: u64,
}

/// Base units of an item at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub item: ItemCode,
    pub place: Place,
    pub qty: i64,
}

impl Held {
    /// Every amount of a fold that is not zero, in order.
    #[must_use]
    pub fn list(fold: &OnHand) -> Vec<Self> {
        let held =
            |(item, place, qty): (&ItemCode, &Place, i64)| Self { item: item.clone(), place: place.clone(), qty };
        fold.iter().filter(|(.., qty)| *qty != 0).map(held).collect()
    }

    /// What amounts come to together.
    pub fn fold<'h>(amounts: impl IntoIterator<Item = &'h Self>) -> OnHand {
        let mut fold = OnHand::default();
        amounts.into_iter().for_each(|held| fold.add(&held.item, &held.place, held.qty));
        fold
    }
}

/// Said once the clock of a boot is trusted: what to add to the times of that boot's untrusted records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    pub at: WallTime,
    pub boot: Text,
    /// Milliseconds to add.
    pub offset_ms: i64,
    /// When that boot's monotonic clock was at zero. Where it is said, a record's time is this plus its `mono_ms`,
    /// whatever the wall clock did meanwhile, and `offset_ms` is for readers that do not know this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<WallTime>,
}

/// On a record made while the clock was not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntrustedClock {
    pub boot: Text,
    /// Milliseconds since that boot.
    pub mono_ms: u64,
}

/// A record's exact text as sent: what the chain is computed over and what both ends keep.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordText(Box<str>);

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("record has {len} bytes, at most {RECORD_LEN_MAX} are allowed")]
    TooLong { len: usize },
    #[error("record is not readable: {}", Shortened(.0))]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Movement(#[from] MovementError),
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

impl Record {
    /// The record's text: compact JSON, `type` first.
    ///
    /// # Errors
    /// [`RecordError::TooLong`] past [`RECORD_LEN_MAX`].
    pub fn to_text(&self) -> Result<RecordText, RecordError> {
        match self {
            Self::Movement(body) => RecordText::of_movement(body),
            Self::Count(body) => tagged("count", body),
            Self::Checkpoint(body) => tagged("checkpoint", body),
            Self::Clock(body) => tagged("clock", body),
            Self::Order(body) => tagged("order", body),
            Self::Health(body) => tagged("health", body),
            Self::Unknown(text) => RecordText::new(text.clone()),
        }
    }

    /// Reads a record. An unknown type is no error.
    ///
    /// # Errors
    /// [`RecordError`] when the text is no JSON object with a `type`, or the body breaks its type's rules.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        if text.len() > RECORD_LEN_MAX {
            return Err(RecordError::TooLong { len: text.len() });
        }
        if is_plain_movement(text) {
            return movement(text);
        }
        let Kind { kind } = serde_json::from_str(text)?;
        Ok(match &*kind {
            "movement" => movement(text)?,
            "count" => Self::Count(serde_json::from_str(text)?),
            "checkpoint" => Self::Checkpoint(serde_json::from_str(text)?),
            "clock" => Self::Clock(serde_json::from_str(text)?),
            "order" => Self::Order(untagged(text)?),
            "health" => Self::Health(untagged(text)?),
            _ => Self::Unknown(text.to_owned()),
        })
    }
}

impl RecordText {
    /// The text of a movement, without making a [`Record`] of it first.
    ///
    /// # Errors
    /// As [`Record::to_text`].
    pub fn of_movement(movement: &Movement) -> Result<Self, RecordError> {
        tagged("movement", movement)
    }

    /// # Errors
    /// [`RecordError::TooLong`] past [`RECORD_LEN_MAX`].
    pub fn new(text: String) -> Result<Self, RecordError> {
        if text.len() > RECORD_LEN_MAX {
            return Err(RecordError::TooLong { len: text.len() });
        }
        Ok(Self(text.into_boxed_str()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The body's object with `type` put before its first field.
fn tagged<T: Serialize>(kind: &str, body: &T) -> Result<RecordText, RecordError> {
    let mut text = format!(r#"{{"type":"{kind}""#).into_bytes();
    let brace = text.len();
    serde_json::to_writer(&mut text, body)?;
    // The body's own opening brace becomes the comma between; an empty body needs none.
    match text.get(brace + 1) {
        Some(b'}') => drop(text.remove(brace)),
        _ => text[brace] = b',',
    }
    RecordText::new(String::from_utf8(text).expect("JSON is UTF-8"))
}

/// Whether a text can only be a movement: its type stands first, as every site writes it, and nowhere else. Saves nearly
/// all records the first of two readings.
fn is_plain_movement(text: &str) -> bool {
    text.strip_prefix(r#"{"type":"movement","#).is_some_and(|rest| !rest.contains(r#""type""#) && !rest.contains("\\u"))
}

fn movement(text: &str) -> Result<Record, RecordError> {
    let movement: Movement = serde_json::from_str(text)?;
    movement.act()?;
    Ok(Record::Movement(movement))
}

fn untagged(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    let mut value: serde_json::Value = serde_json::from_str(text)?;
    if let Some(object) = value.as_object_mut() {
        object.remove("type");
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_is_kept_as_it_came() {
        let text = r#"{"type":"temperature","at":"2031-01-01T00:00:00.000Z","celsius":21.5}"#;
        let record = Record::parse(text).unwrap();
        assert_eq!(record.to_text().unwrap().as_str(), text);
    }

    #[test]
    fn an_unknown_field_is_no_error() {
        let text = r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8","qty":1,"from":"dock","to":"used","by":"s","colour":"red"}"#;
        assert!(matches!(Record::parse(text), Ok(Record::Movement(_))));
    }

    #[test]
    fn a_record_that_breaks_its_rules_says_which() {
        for (text, part) in [
            ("[]", "invalid"),
            (r#"{"at":1}"#, "missing field `type`"),
            (r#"{"type":"movement"}"#, "missing field"),
            (
                r#"{"type":"movement","at":"2026-11-21T05:00:00Z","item":"M8","qty":0,"from":"dock","to":"used","by":"s"}"#,
                "quantity 0",
            ),
            (
                r#"{"type":"movement","at":"2026-11-21T05:00:00Z","item":"M8","qty":1,"from":"used","to":"scrap","by":"s"}"#,
                "nothing may go from used to scrap",
            ),
        ] {
            let error = Record::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
