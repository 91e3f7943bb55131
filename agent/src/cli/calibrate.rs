//! `calibrate` and `containers`: what the empty bin weighs, what a piece weighs.
//!
//! One step by a command for scripts; without a step the wizard, which asks. The procedure and its rules are the
//! agent's: here are only the words.

use std::{process::ExitCode, time::Duration};

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use gateway_proto::name::{PlaceName, Text};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;

use super::{
    alarms::minute,
    ask::{Agent, AskArgs, read},
    table::{Table, many},
};
use crate::{
    device::Mass,
    floor::{CalibrationStep, Command, Look},
    movement::calibration::{Calibration, Container, CvKnown, PartKind, PieceFrom, Step, Tare, TareFrom},
};

mod wizard;

/// How long a step waits for the weight to come to rest before it is refused: a bench that shakes needs a person.
const REST_WITHIN: Duration = Duration::from_secs(20);

/// Between two looks at the scale.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What `calibrate` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct CalibrateArgs {
    bin: PlaceName,
    /// Your badge.
    #[arg(long, global = true, value_name = "BADGE")]
    by: Option<Text>,
    /// How the parts are made, which tells how far they differ while that is not measured.
    #[arg(long, global = true, value_enum)]
    kind: Option<KindArg>,
    /// Refuse at once what is not at rest, instead of waiting for it.
    #[arg(long, global = true)]
    no_wait: bool,
    #[command(subcommand)]
    step: Option<StepArgs>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// Turned, stamped, cold-formed: 1 %.
    Machined,
    /// Ground, bearings, electronic parts: 0.5 %.
    Precision,
    /// Plastics, rubber, cast: 3 %.
    Moulded,
}

#[derive(Debug, Clone, Subcommand)]
enum StepArgs {
    /// Parts will be taken out and put in: the bin is not counted until `done`.
    Start,
    /// The bin's parts are back in: it is counted again.
    Done,
    /// The empty container stands on the scale: take its weight.
    Tare {
        /// It is empty, whatever the books say.
        #[arg(long)]
        empty: bool,
    },
    /// It stands in a container of this kind, out of the library.
    Container { name: Text },
    /// The container weighs so many grams.
    GivenTare { grams: String },
    /// The sample starts from what the bin weighs now.
    Begin,
    /// So many pieces were put in.
    PutIn { pieces: u32 },
    /// So many pieces were taken out.
    TookOut { pieces: u32 },
    /// So many pieces are in it now.
    Holds { pieces: u32 },
    /// A piece weighs so many grams.
    GivenPiece { grams: String },
    /// Take the piece weight that is on offer.
    Take,
    /// What is known, what the scale shows, what comes next.
    Look,
}

/// What `containers` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct ContainerArgs {
    #[command(subcommand)]
    act: Option<ContainerAct>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum ContainerAct {
    /// An empty one of this kind stands on the scale of a bin.
    Weigh {
        /// The kind: `box-small`.
        name: Text,
        /// The bin whose scale it stands on.
        #[arg(long)]
        bin: PlaceName,
    },
}

/// What the agent knows of a bin.
#[derive(Debug, Deserialize)]
struct Looked {
    item: Option<String>,
    step: Option<Step>,
    asks: Option<String>,
    sampled: Option<u32>,
    can_take: bool,
    calibration: Calibration,
    shows: Option<String>,
    at_rest: bool,
    division: Option<String>,
    books: Option<i64>,
}

/// What a step came to.
#[derive(Debug, Deserialize)]
struct Came {
    text: String,
    remedy: String,
    notes: Vec<String>,
}

/// One step, or the wizard.
pub(super) fn run(args: &CalibrateArgs) -> anyhow::Result<ExitCode> {
    let CalibrateArgs { bin, by, kind, no_wait, step, ask } = args;
    let Some(by) = by else { bail!("say who you are: --by BADGE") };
    ask.with_agent(async |agent| {
        let at = Bench { agent, bin, by };
        let kind = kind.map(KindArg::kind);
        let Some(step) = step else {
            return wizard::run(&at, kind).await.map(|()| ExitCode::SUCCESS);
        };
        let looked = at.say(CalibrationStep::Look { kind }).await?;
        let step = step.clone().said();
        if let CalibrationStep::Look { .. } = step {
            return ask.tell(&looked, |answer| Ok(read::<Looked>(answer)?.in_words(bin)));
        }
        if step_weighs(&step) && !no_wait {
            at.wait_for_rest(|_| Ok(())).await?;
        }
        let answer = at.say(step).await?;
        ask.tell(&answer, |answer| Ok(read::<Came>(answer)?.in_words()))
    })
}

/// Shows the library of containers, or weighs one for it.
pub(super) fn containers(args: &ContainerArgs) -> anyhow::Result<ExitCode> {
    match &args.act {
        None => args.ask.look(&Look::Containers, containers_in_words),
        Some(ContainerAct::Weigh { name, bin }) => {
            let command = Command::WeighContainer { name: name.clone(), bin: bin.clone() };
            args.ask.command(&command, |answer| {
                let container: Container = read(answer)?;
                let Container { name, tare, spread, weighed } = container;
                let more = if weighed < 3 { "; weigh three or four of them" } else { "" };
                Ok(format!("{name}: {tare} ± {spread}, from {weighed} weighed{more}\n"))
            })
        }
    }
}

/// A bin that is calibrated, and who does it.
struct Bench<'b> {
    agent: &'b Agent<'b>,
    bin: &'b PlaceName,
    by: &'b Text,
}

impl Bench<'_> {
    async fn say(&self, step: CalibrationStep) -> anyhow::Result<Value> {
        self.agent.command(&Command::Calibrate { bin: self.bin.clone(), by: self.by.clone(), step }).await
    }

    async fn look(&self) -> anyhow::Result<Looked> {
        read(&self.say(CalibrationStep::Look { kind: None }).await?)
    }

    /// Returns once the weight rests, or has had its time; `seen` is told what the scale shows meanwhile.
    async fn wait_for_rest(&self, mut seen: impl FnMut(&Looked) -> anyhow::Result<()>) -> anyhow::Result<()> {
        // The scale may not have noticed yet what was put on it a moment ago.
        sleep(LOOK_EVERY).await;
        let mut before = None;
        let looks = REST_WITHIN.as_millis() / LOOK_EVERY.as_millis();
        for _ in 0..looks {
            let looked = self.look().await?;
            seen(&looked)?;
            if looked.at_rest && before == looked.shows {
                break;
            }
            before = looked.shows;
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

fn step_weighs(step: &CalibrationStep) -> bool {
    match step {
        CalibrationStep::Tare { .. }
        | CalibrationStep::Begin
        | CalibrationStep::PutIn { .. }
        | CalibrationStep::TookOut { .. }
        | CalibrationStep::Holds { .. }
        | CalibrationStep::GivenPiece { .. }
        | CalibrationStep::Take => true,
        CalibrationStep::Start
        | CalibrationStep::Done
        | CalibrationStep::Look { .. }
        | CalibrationStep::Container { .. }
        | CalibrationStep::GivenTare { .. } => false,
    }
}

impl StepArgs {
    fn said(self) -> CalibrationStep {
        match self {
            Self::Start => CalibrationStep::Start,
            Self::Done => CalibrationStep::Done,
            Self::Tare { empty } => CalibrationStep::Tare { empty },
            Self::Container { name } => CalibrationStep::Container { container: name },
            Self::GivenTare { grams } => CalibrationStep::GivenTare { grams },
            Self::Begin => CalibrationStep::Begin,
            Self::PutIn { pieces } => CalibrationStep::PutIn { pieces },
            Self::TookOut { pieces } => CalibrationStep::TookOut { pieces },
            Self::Holds { pieces } => CalibrationStep::Holds { pieces },
            Self::GivenPiece { grams } => CalibrationStep::GivenPiece { grams },
            Self::Take => CalibrationStep::Take,
            Self::Look => CalibrationStep::Look { kind: None },
        }
    }
}

impl KindArg {
    const fn kind(self) -> PartKind {
        match self {
            Self::Machined => PartKind::Machined,
            Self::Precision => PartKind::Precision,
            Self::Moulded => PartKind::Moulded,
        }
    }
}

impl Looked {
    fn in_words(&self, bin: &PlaceName) -> String {
        let Calibration { tare, piece, history } = &self.calibration;
        let tare = tare.as_ref().map_or_else(|| "not known".to_owned(), tare_in_words);
        let piece = piece.as_ref().map_or_else(
            || "not known".to_owned(),
            |piece| {
                let from = match piece.from {
                    PieceFrom::Sample(_) => "from a sample of",
                    PieceFrom::Improved(_) => "improved by a count of",
                    PieceFrom::Given => "given, taken for a sample of",
                };
                let how = match piece.cv_known {
                    CvKnown::Assumed => "assumed",
                    CvKnown::Measured { .. } => "measured",
                };
                format!("{}, {from} {}, spread {:.1} % ({how})", piece.mean, piece.sample_size, 100.0 * piece.cv)
            },
        );
        let mut text = format!(
            "bin {bin}, {}\nscale:  {}\ntare:   {tare}\npiece:  {piece}\nbooks:  {}\n",
            self.item.as_deref().unwrap_or("no item"),
            self.scale_in_words(),
            self.books.map_or_else(|| "nothing is known of it".to_owned(), |books| format!("{books} pieces")),
        );
        if let Some(pieces) = self.sampled {
            text.push_str(&format!("sample: {pieces} pieces{}\n", if self.can_take { ", can be taken" } else { "" }));
        }
        if let (Some(step), Some(asks)) = (self.step, &self.asks) {
            text.push_str(&format!("next:   {step}. {asks}\n"));
        }
        if let Some(change) = history.last() {
            let times = many(history.len(), "change");
            text.push_str(&format!("{times}, last {} by {}\n", minute(change.at), change.by));
        }
        text
    }

    /// `512.3 g, at rest, steps of 0.1 g`
    fn scale_in_words(&self) -> String {
        let Some(shows) = &self.shows else { return "says nothing; see: binwire-agent bins".to_owned() };
        match &self.division {
            Some(division) if self.at_rest => format!("{shows}, at rest, steps of {division}"),
            _ => format!("{shows}, moving"),
        }
    }
}

fn tare_in_words(tare: &Tare) -> String {
    let from = match &tare.from {
        TareFrom::Container(name) => format!("container {name} of the library"),
        TareFrom::Weighed(at) => format!("weighed {}", minute(*at)),
        TareFrom::Given => "given".to_owned(),
    };
    let spread = if tare.spread == Mass::ZERO { String::new() } else { format!(" ± {}", tare.spread) };
    format!("{}{spread}, {from}", tare.mass)
}

impl Came {
    fn in_words(&self) -> String {
        let Self { text, remedy, notes } = self;
        let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
        format!("{text}\n{notes}next: {remedy}\n")
    }
}

fn containers_in_words(answer: &Value) -> anyhow::Result<String> {
    let containers: std::collections::BTreeMap<String, Container> = read(answer)?;
    if containers.is_empty() {
        return Ok("no container was weighed yet; try: binwire-agent containers weigh NAME --bin BIN\n".to_owned());
    }
    let mut table = Table::new(&["container", ">tare", ">spread", ">weighed"]);
    for Container { name, tare, spread, weighed } in containers.into_values() {
        table.row([name.to_string(), tare.to_string(), spread.to_string(), weighed.to_string()]);
    }
    Ok(table.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_look_says_what_is_known_and_what_comes_next() {
        let at = "2026-11-21T06:00:01.000Z";
        let looked = |changes: &[(&str, Value)]| {
            let mut looked = json!({
                "item": "M8-BOLT", "step": "tare", "asks": "Weigh the empty container.", "sampled": null, "can_take": false,
                "calibration": {}, "shows": "212.4 g", "at_rest": false, "division": null, "books": null,
            });
            for (key, value) in changes {
                looked[*key] = value.clone();
            }
            read::<Looked>(&looked).unwrap().in_words(&"A-01".parse().unwrap())
        };
        assert_eq!(
            looked(&[]),
            "bin A-01, M8-BOLT\nscale:  212.4 g, moving\ntare:   not known\npiece:  not known\n\
             books:  nothing is known of it\nnext:   the tare. Weigh the empty container.\n"
        );
        let calibration = json!({
            "tare": { "mass": 212_400_000, "from": { "weighed": at } },
            "piece": { "mean": 8_050_000, "cv": 0.012, "cv_known": { "measured": { "lots": 3 } }, "sample_size": 30,
                       "from": { "sample": at } },
            "history": [{ "at": at, "by": "0042", "was": { "tare": null } }],
        });
        assert_eq!(
            looked(&[
                ("calibration", calibration),
                ("at_rest", json!(true)),
                ("division", json!("0.1 g")),
                ("books", json!(30)),
                ("sampled", json!(30)),
                ("can_take", json!(true)),
                ("step", json!("sample")),
                ("asks", json!("Go on.")),
            ]),
            "bin A-01, M8-BOLT\nscale:  212.4 g, at rest, steps of 0.1 g\ntare:   212.4 g, weighed 2026-11-21 06:00\n\
             piece:  8.05 g, from a sample of 30, spread 1.2 % (measured)\nbooks:  30 pieces\n\
             sample: 30 pieces, can be taken\nnext:   the reference sample. Go on.\n\
             1 change, last 2026-11-21 06:00 by 0042\n"
        );
        assert!(looked(&[("shows", Value::Null)]).contains("says nothing"));
    }

    #[test]
    fn a_step_says_what_came_of_it_what_to_know_and_what_to_do() {
        let came =
            json!({ "text": "Tare is 212.4 g.", "remedy": "Put in the first pieces.", "notes": ["count the bin"] });
        assert_eq!(
            read::<Came>(&came).unwrap().in_words(),
            "Tare is 212.4 g.\nnote: count the bin\nnext: Put in the first pieces.\n"
        );
    }

    #[test]
    fn the_library_is_a_table() {
        let library = json!({
            "box": { "name": "box", "tare": 212_400_000, "spread": 1_500_000, "weighed": 3 },
        });
        assert_eq!(
            containers_in_words(&library).unwrap(),
            "container     tare  spread  weighed\nbox        212.4 g   1.5 g        3\n"
        );
    }
}
