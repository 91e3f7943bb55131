//! The wizard: asks step by step what the technician does at the bin, and shows the weight until it rests.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::bail;
use gateway_proto::name::Text;

use super::{Bench, Came, Looked};
use crate::{
    cli::ask::{read, tell},
    floor::CalibrationStep,
    movement::calibration::{PartKind, Step},
};

/// What a person means.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Step(CalibrationStep),
    Look,
    Help,
    Quit,
}

/// Leads through the calibration of a bin until the person stops.
pub(super) async fn run(at: &Bench<'_>, kind: Option<PartKind>) -> anyhow::Result<()> {
    at.say(CalibrationStep::Look { kind }).await?;
    // From here on parts are taken out and put in, and nobody uses them.
    at.say(CalibrationStep::Start).await?;
    let came = ask(at).await;
    at.say(CalibrationStep::Done).await?;
    came
}

async fn ask(at: &Bench<'_>) -> anyhow::Result<()> {
    let looked = at.look().await?;
    tell(&looked.in_words(at.bin))?;
    loop {
        let looked = at.look().await?;
        // Pieces can be added to a sample only from a start.
        if looked.step == Some(Step::Sample) && looked.sampled.is_none() {
            tell("\nThe sample starts from what is in the bin now. Enter when nobody moves it: ")?;
            match answer(&hear()?, &looked) {
                Some(Answer::Step(CalibrationStep::PutIn { .. }) | Answer::Help) | None => {}
                Some(Answer::Quit) => return end(),
                Some(Answer::Look) => {
                    tell(&looked.in_words(at.bin))?;
                    continue;
                }
                Some(Answer::Step(step)) => {
                    say(at, step).await?;
                    continue;
                }
            }
            say(at, CalibrationStep::Begin).await?;
            continue;
        }
        tell(&question(&looked))?;
        match answer(&hear()?, &looked) {
            Some(Answer::Quit) => return end(),
            Some(Answer::Look) => tell(&looked.in_words(at.bin))?,
            Some(Answer::Step(CalibrationStep::Tare { .. })) => {
                if let Some(books) = looked.books.filter(|books| *books > 0) {
                    tell(&format!("The books say {books} pieces are in it. Is it really empty? [y/n] "))?;
                    if !matches!(hear()?.as_str(), "y" | "yes" | "Y") {
                        continue;
                    }
                }
                say(at, CalibrationStep::Tare { empty: true }).await?;
            }
            Some(Answer::Step(step)) => say(at, step).await?,
            Some(Answer::Help) | None => tell(help(looked.step))?,
        }
    }
}

fn end() -> anyhow::Result<()> {
    tell("done; what was taken holds, and the bin is counted again\n")
}

/// Waits for rest where the step weighs, then takes it. A refusal is told, and the step is asked again.
async fn say(at: &Bench<'_>, step: CalibrationStep) -> anyhow::Result<()> {
    if super::step_weighs(&step) {
        let live = io::stdout().is_terminal();
        at.wait_for_rest(|looked| if live { tell(&format!("\r  {}\x1b[K", looked.scale_in_words())) } else { Ok(()) })
            .await?;
        if live {
            tell("\n")?;
        }
    }
    match at.say(step).await {
        Ok(answer) => {
            let Came { text, remedy, notes } = read(&answer)?;
            let notes: String = notes.iter().map(|note| format!("  note: {note}\n")).collect();
            tell(&format!("  {text}\n{notes}  {remedy}\n"))
        }
        Err(error) => tell(&format!("  error: {error:#}\n")),
    }
}

fn question(looked: &Looked) -> String {
    match looked.step {
        Some(Step::Tare) | None => {
            "\nTARE. Put the empty container on the scale, then Enter (c NAME: out of the library · ? help): "
                .to_owned()
        }
        Some(Step::Sample) => {
            let pieces = looked.sampled.unwrap_or(0);
            let take = if looked.can_take { ", t to take the sample" } else { "" };
            format!("\nSAMPLE, {pieces} pieces so far. Put counted pieces in and type how many{take} (? help): ")
        }
        Some(Step::Check) => {
            let take = if looked.can_take { ", t to take what is offered" } else { "" };
            format!("\nCHECK. Fill the bin, count by hand and type how many are in it{take}, q to end (? help): ")
        }
    }
}

const fn help(step: Option<Step>) -> &'static str {
    match step {
        Some(Step::Tare) | None => {
            "  Enter     the empty container stands on the scale\n\
             \x20 c NAME    it stands in such a container, out of the library\n\
             \x20 g GRAMS   the container weighs so much\n\
             \x20 l look · q end\n"
        }
        Some(Step::Sample) => {
            "  10        10 pieces were put in; three lots of 10 tell how far they differ\n\
             \x20 -10       10 pieces were taken out\n\
             \x20 =30       30 pieces are in it now\n\
             \x20 t         take the sample\n\
             \x20 b         start the sample anew from what is in the bin now\n\
             \x20 w GRAMS   a piece weighs so much\n\
             \x20 tare      weigh the empty container again\n\
             \x20 l look · q end\n"
        }
        Some(Step::Check) => {
            "  20        20 pieces are in it, counted by hand\n\
             \x20 t         take what is offered\n\
             \x20 b         start a new sample from what is in the bin now\n\
             \x20 tare      weigh the empty container again\n\
             \x20 l look · q end\n"
        }
    }
}

/// What was meant; `None` for what nobody could mean.
fn answer(said: &str, looked: &Looked) -> Option<Answer> {
    let step = looked.step.unwrap_or(Step::Tare);
    let (word, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let rest = rest.trim();
    let grams = || (!rest.is_empty()).then(|| rest.trim_end_matches(['g', ' ']).to_owned());
    Some(match (word.to_ascii_lowercase().as_str(), step) {
        ("q" | "quit", _) => Answer::Quit,
        ("?" | "h" | "help", _) => Answer::Help,
        ("l" | "look", _) => Answer::Look,
        ("", Step::Tare) | ("tare", _) => Answer::Step(CalibrationStep::Tare { empty: true }),
        ("c" | "container", _) => Answer::Step(CalibrationStep::Container { container: rest.parse::<Text>().ok()? }),
        ("g", _) => Answer::Step(CalibrationStep::GivenTare { grams: grams()? }),
        ("w", _) => Answer::Step(CalibrationStep::GivenPiece { grams: grams()? }),
        ("b" | "begin", _) => Answer::Step(CalibrationStep::Begin),
        ("t" | "take", _) => Answer::Step(CalibrationStep::Take),
        (_, Step::Tare) => return None,
        (word, step) => {
            let count =
                |digits: &str| digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
            Answer::Step(match (word.split_at_checked(1), step) {
                (Some(("=", digits)), _) => CalibrationStep::Holds { pieces: count(digits)? },
                (Some(("-", digits)), Step::Sample) => CalibrationStep::TookOut { pieces: count(digits)? },
                (_, Step::Sample) => CalibrationStep::PutIn { pieces: count(word)? },
                (_, _) => CalibrationStep::Holds { pieces: count(word)? },
            })
        }
    })
}

/// The next line that the person types.
fn hear() -> anyhow::Result<String> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        bail!("nobody answers; give a step to go without asking, as in: binwire-agent calibrate BIN --by BADGE tare");
    }
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(step: Step) -> Looked {
        let looked = json!({ "item": "M8", "step": step, "asks": "", "sampled": 0, "can_take": true, "calibration": {},
                             "shows": null, "at_rest": false, "division": null, "books": null });
        read(&looked).unwrap()
    }

    #[test]
    fn short_answers_mean_what_fits_the_step() {
        let tare = Answer::Step(CalibrationStep::Tare { empty: true });
        let holds = |pieces| Answer::Step(CalibrationStep::Holds { pieces });
        let put = |pieces| Answer::Step(CalibrationStep::PutIn { pieces });
        for (step, said, expect) in [
            (Step::Tare, "", Some(tare.clone())),
            (Step::Tare, "10", None),
            (
                Step::Tare,
                "c box-small",
                Some(Answer::Step(CalibrationStep::Container { container: "box-small".parse().unwrap() })),
            ),
            (Step::Tare, "c", None),
            (Step::Tare, "g 212.4 g", Some(Answer::Step(CalibrationStep::GivenTare { grams: "212.4".to_owned() }))),
            (Step::Sample, "10", Some(put(10))),
            (Step::Sample, "-10", Some(Answer::Step(CalibrationStep::TookOut { pieces: 10 }))),
            (Step::Sample, "=30", Some(holds(30))),
            (Step::Sample, "t", Some(Answer::Step(CalibrationStep::Take))),
            (Step::Sample, "", None),
            (Step::Sample, "+10", None),
            (Step::Sample, "ten", None),
            (Step::Sample, "TARE", Some(tare)),
            (Step::Check, "20", Some(holds(20))),
            (Step::Check, "-20", None),
            (Step::Check, "b", Some(Answer::Step(CalibrationStep::Begin))),
            (Step::Check, "Q", Some(Answer::Quit)),
            (Step::Check, "ä", None),
        ] {
            assert_eq!(answer(said, &at(step)), expect, "{step:?} {said:?}");
        }
    }

    #[test]
    fn the_question_says_when_there_is_something_to_take() {
        assert!(question(&at(Step::Sample)).contains("t to take"));
        let looked = Looked { can_take: false, ..at(Step::Sample) };
        assert!(!question(&looked).contains("t to take"));
    }
}
