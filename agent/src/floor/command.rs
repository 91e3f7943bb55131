//! What people ask of the floor beside scanning, as it comes over the local API: JSON in, JSON out.

use gateway_proto::{
    name::{FeedName, ItemCode, PlaceName, Text},
    place::Place,
    record::Seq,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    movement::{
        calibration::PartKind,
        counting::{LineNo, Reason, SessionId, Sight},
        rules::Subject,
        said::ActId,
    },
    register::fact::{Fact, Kind},
};

/// Something that changes the site. From outside by [`Command::read`], which refuses what it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Command {
    /// Takes a movement back by the correcting one.
    Undo { feed: FeedName, seq: Seq, by: Option<Text> },
    /// Takes one act back, with all of the delivery that it came in by.
    UndoAct { act: ActId, by: Option<Text> },
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
        /// For the audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Text>,
    },
    /// A fact of the master data goes.
    Remove {
        kind: Kind,
        name: String,
        /// For the audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Text>,
    },
    /// One fact of the master data.
    Tell { fact: Box<Fact>, by: Text },
    /// Min and max of a bin, or of an item on the whole site.
    Bounds {
        subject: Subject,
        #[serde(default)]
        min: Option<u64>,
        #[serde(default)]
        max: Option<u64>,
        why: Text,
        by: Text,
    },
    /// Somebody knows that so many records of a feed are lost.
    NoteLoss { feed: FeedName, lost: u64, by: Text },
    /// Somebody knows of an alarm.
    Acknowledge { subject: Subject, by: Text },
    /// A notice was seen.
    Dismiss { notice: u64 },
}

impl Command {
    /// A command as JSON. A field that it does not have is refused: a `dry-run` that is passed over would be an import.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let said: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let command = Self::deserialize(&said).map_err(|error| error.to_string())?;
        // Serde cannot deny unknown fields beside flattened ones.
        let known = serde_json::to_value(&command).map_err(|error| error.to_string())?;
        let unknown = said.as_object().and_then(|said| said.keys().find(|key| known.get(key).is_none()));
        unknown.map_or(Ok(command), |key| Err(format!("unknown field {key:?}")))
    }
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
    /// Parts will be taken out and put in: until [`Self::Done`] the bin is not counted.
    Start,
    /// The bin's parts are back in: it is counted again. What differs from the books then is nobody's usage.
    Done,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::alias::Alias;

    #[test]
    fn every_step_is_read_as_it_is_written() {
        let by: Text = "0042".parse().unwrap();
        let bin: PlaceName = "A-01".parse().unwrap();
        let session = SessionId("c-1".parse().unwrap());
        for command in [
            Command::Calibrate { bin: bin.clone(), by: by.clone(), step: CalibrationStep::Tare { empty: true } },
            Command::Calibrate { bin: bin.clone(), by: by.clone(), step: CalibrationStep::Begin },
            Command::Calibrate { bin: bin.clone(), by: by.clone(), step: CalibrationStep::Look { kind: None } },
            Command::Count { by: by.clone(), step: CountCommand::Zero { session, line: LineNo(3), empty: false } },
            Command::Undo { feed: "acme".parse().unwrap(), seq: Seq(7), by: None },
            Command::Import { kind: Kind::Item, csv: String::new(), dry_run: true, skip_bad: false, by: None },
            Command::NoteLoss { feed: "acme".parse().unwrap(), lost: 3, by: by.clone() },
            Command::Bounds {
                subject: Subject::Bin(bin.clone()),
                min: Some(1),
                max: None,
                why: by.clone(),
                by: by.clone(),
            },
            Command::Tell { fact: Box::new(Fact::Alias(Alias::new("X".parse().unwrap(), "M8".parse().unwrap()))), by },
        ] {
            let json = serde_json::to_vec(&command).unwrap();
            assert_eq!(Command::read(&json).as_ref(), Ok(&command), "{}", String::from_utf8_lossy(&json));
        }
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        for json in [
            r#"{"do":"import","kind":"item","csv":"","dry-run":true}"#,
            r#"{"do":"calibrate","bin":"A-01","by":"0042","step":"tare","emtpy":true}"#,
            r#"{"do":"dismiss","notice":1,"by":"0042"}"#,
        ] {
            let why = Command::read(json.as_bytes()).unwrap_err();
            assert!(why.contains("unknown field"), "{json}: {why}");
        }
        assert!(Command::read(b"[]").is_err() && Command::read(b"{").is_err());
    }
}
