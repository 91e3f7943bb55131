//! What people ask of the floor beside scanning, as it comes over the local API: JSON in, JSON out.

use gateway_proto::{
    name::{FeedName, ItemCode, PlaceName, Text},
    place::Place,
    record::Seq,
};
use serde::{Deserialize, Serialize};

use crate::{
    movement::{
        calibration::PartKind,
        counting::{LineNo, Reason, SessionId, Sight},
        rules::Subject,
    },
    register::fact::Kind,
};

/// Something that changes the site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Takes a movement back by the correcting one.
    Undo { feed: FeedName, seq: Seq, by: Option<Text> },
    /// A step of a bin's calibration.
    Calibrate {
        bin: PlaceName,
        by: Text,
        #[serde(flatten)]
        step: CalibrationStep,
    },
    /// A specimen of a kind of container stands on the bin's scale.
    WeighContainer { name: Text, bin: PlaceName },
    /// A count session.
    Count {
        by: Text,
        #[serde(flatten)]
        step: CountCommand,
    },
    /// A file of master data.
    Import {
        kind: Kind,
        csv: String,
        #[serde(default)]
        dry_run: bool,
        #[serde(default)]
        skip_bad: bool,
    },
    /// A fact of the master data goes.
    Remove { kind: Kind, name: String },
    /// Somebody knows of an alarm.
    Acknowledge { subject: Subject, by: Text },
    /// A notice was seen.
    Dismiss { notice: u64 },
}

/// What a technician says at a bin that is calibrated. Weights in grams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum CalibrationStep {
    /// What is known and what comes next; begins a calibration where none is under way. `kind`: how the parts are made.
    Look {
        #[serde(default)]
        kind: Option<PartKind>,
    },
    /// The present weight is the empty container's. `empty`: the person says that nothing is in it, whatever the books say.
    Tare {
        #[serde(default)]
        empty: bool,
    },
    /// It stands in a container of this kind.
    Container {
        container: Text,
    },
    GivenTare {
        grams: String,
    },
    /// The sample starts from what the bin weighs now.
    Begin,
    PutIn {
        pieces: u32,
    },
    TookOut {
        pieces: u32,
    },
    /// So many pieces are in it now.
    Holds {
        pieces: u32,
    },
    GivenPiece {
        grams: String,
    },
    /// Take what is on offer.
    Take,
}

/// What people say to count sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum CountCommand {
    /// A new session of these bins, or these items wherever they are, or of what is due (at most `limit` lines).
    Open {
        #[serde(default)]
        bins: Vec<PlaceName>,
        #[serde(default)]
        items: Vec<ItemCode>,
        #[serde(default)]
        due: Option<usize>,
        #[serde(default)]
        sight: Sight,
    },
    /// So many lie there. `plus`: beside what was said before.
    Line {
        session: SessionId,
        place: Place,
        item: Option<ItemCode>,
        pieces: u64,
        #[serde(default)]
        plus: bool,
    },
    /// Somebody is at the place and begins to count: the number that follows is held against the books of now.
    Begin {
        session: SessionId,
        line: LineNo,
    },
    Zero {
        session: SessionId,
        line: LineNo,
        empty: bool,
    },
    Skip {
        session: SessionId,
        line: LineNo,
        why: Text,
    },
    /// All is counted.
    Finish {
        session: SessionId,
    },
    Recount {
        session: SessionId,
        line: LineNo,
    },
    Accept {
        session: SessionId,
        line: LineNo,
        tally: usize,
    },
    Explain {
        session: SessionId,
        line: LineNo,
        reason: Reason,
        note: Option<Text>,
    },
    /// The variances are posted.
    Complete {
        session: SessionId,
    },
    Cancel {
        session: SessionId,
    },
}

/// A question; it changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Look {
    /// Every bin on a scale, and those with bounds.
    Bins,
    Stations,
    Alarms,
    Notices,
    Containers,
    /// The count sessions.
    Counts,
    /// One session: a counter's sheet, or with `review` all of it.
    Count {
        session: SessionId,
        by: Option<Text>,
        #[serde(default)]
        review: bool,
    },
    /// What is to be counted next.
    Due,
    Accuracy,
    /// A kind of master data as CSV.
    Export {
        kind: Kind,
    },
    /// Codes that nobody knew when they were scanned.
    Parked,
}
