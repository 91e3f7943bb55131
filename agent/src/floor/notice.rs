//! Notices: what happened that people should see until they dismiss it, and what they can do.
//!
//! Kept as text and as what it is about, so that a page can say it in its own language. One kept by an older agent is text
//! alone.

use gateway_proto::{
    name::{ItemCode, PlaceName},
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use crate::movement::fusion::Disagreement;

/// Something people should see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Counts up; to dismiss it by.
    pub id: u64,
    pub at: WallTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<PlaceName>,
    /// What happened, in English.
    pub text: String,
    /// What to do, in English.
    pub remedy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Matter {
    /// A scan, and the weight stayed what it was.
    NoWeightChange {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<ItemCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stated: Option<u64>,
    },
    /// The weight says another quantity than the person.
    Quantity {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<ItemCode>,
        stated: u64,
        weighed: u64,
    },
    /// A change without a scan where one is needed; below zero it was taken.
    NoScan {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<ItemCode>,
        units: i64,
    },
    /// An act that can never be recorded as it was said.
    Unrecordable {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<ItemCode>,
    },
    /// Something came or went that is no whole number of pieces.
    Strange {
        nearest: i64,
        /// How far off that number, in pieces: `+0.40`.
        off: String,
    },
    /// The scale's zero moved while nobody was there.
    ZeroShift {
        /// `1.25 g`
        by: String,
    },
    /// What was taken back while it was being recorded could not be undone.
    StillStands,
    /// Something kept by an earlier agent cannot be read.
    Unreadable {
        what: String,
        /// Of what it was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
    },
}

impl Matter {
    /// What a disagreement of people and scale is about.
    #[must_use]
    pub fn of(disagreement: &Disagreement, item: Option<ItemCode>) -> Self {
        match *disagreement {
            Disagreement::NoWeightChange { act: _, stated } => Self::NoWeightChange { item, stated },
            Disagreement::Quantity { act: _, stated, weighed } => Self::Quantity { item, stated, weighed },
            Disagreement::NoScan { of: _, units, attendance: _ } => Self::NoScan { item, units },
            Disagreement::Unrecordable { act: _ } => Self::Unrecordable { item },
        }
    }

    fn item(&self) -> Option<&ItemCode> {
        match self {
            Self::NoWeightChange { item, .. }
            | Self::Quantity { item, .. }
            | Self::NoScan { item, .. }
            | Self::Unrecordable { item } => item.as_ref(),
            Self::Strange { .. } | Self::ZeroShift { .. } | Self::StillStands | Self::Unreadable { .. } => None,
        }
    }

    /// Where it was: `bin A-01, M8-BOLT: `, with the language's word for a bin.
    #[must_use]
    pub fn at(&self, word: &str, bin: Option<&PlaceName>) -> String {
        match (bin, self.item()) {
            (Some(bin), Some(item)) => format!("{word} {bin}, {item}: "),
            (Some(bin), None) => format!("{word} {bin}: "),
            (None, Some(item)) => format!("{item}: "),
            (None, None) => String::new(),
        }
    }

    /// What happened, in English.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::NoWeightChange { stated: Some(stated), .. } => {
                format!("scan of {stated}, but the weight did not change")
            }
            Self::NoWeightChange { stated: None, .. } => "scan, but the weight did not change".to_owned(),
            Self::Quantity { stated, weighed, .. } => {
                format!("person said {stated}, scale says {weighed}; {weighed} recorded")
            }
            Self::NoScan { units, .. } if *units < 0 => format!("{} taken without a scan", units.unsigned_abs()),
            Self::NoScan { units, .. } => format!("{units} put in without a scan"),
            Self::Unrecordable { .. } => "scan that cannot be recorded as it stands".to_owned(),
            Self::Strange { nearest, off } => {
                format!("something that is {nearest} pieces and {off} of one came or went")
            }
            Self::ZeroShift { by } => format!("its scale moved by {by} at once with nobody there; the count stays"),
            Self::StillStands => "what was taken back while it was being recorded still stands".to_owned(),
            Self::Unreadable { what, .. } => what.clone(),
        }
    }

    /// What to do, in English.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::NoWeightChange { .. } => {
                "scan again when the parts have moved, undo the scan, or check the scale with a known weight"
            }
            Self::Quantity { .. } => {
                "count the parts; when the scale is wrong, count the bin and check its piece weight"
            }
            Self::NoScan { .. } => "scan what was done within five minutes, or leave it as recorded",
            Self::Unrecordable { .. } => "scan it again, or enter the movement by hand",
            Self::Strange { .. } => "look for a foreign or wrong part; when all is right, count the bin",
            Self::ZeroShift { .. } => "count the bin, then set its tare anew",
            Self::StillStands => "look at the last movements of the bin",
            Self::Unreadable { .. } => "import it again",
        }
    }
}
