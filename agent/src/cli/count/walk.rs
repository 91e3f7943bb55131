//! The walk along a list: one line after the other, asked in plain words, answered with a number. Blind.

use std::{
    collections::HashSet,
    io::{self, BufRead},
    process::ExitCode,
};

use gateway_proto::name::Text;

use super::{Ask, Came, Sheet, SheetLine, came_in_words};
use crate::{
    cli::ask::{Agent, AskArgs, read, tell},
    floor::{Command, CountCommand, Look},
    movement::counting::{LineNo, SessionId, State},
};

/// What a person may answer to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Pieces {
        pieces: u64,
        plus: bool,
    },
    /// Somebody stands there and begins to count.
    Begin,
    Empty(bool),
    Skip(Text),
    /// The line is left for later.
    Later,
    Quit,
}

const HELP: &str = "a number · +5 another box with 5 · b begin (parts may move while you count) · \
                    s WHY cannot be counted · Enter later · q stop";

/// Walks along the sheet of whoever counts.
pub(super) fn walk(ask: &AskArgs, session: &SessionId, by: &Text) -> anyhow::Result<ExitCode> {
    ask.with_agent(async |agent| {
        let mut walk = Walk { agent, session, by, later: HashSet::new(), lines: io::stdin().lock() };
        walk.run().await?;
        Ok(ExitCode::SUCCESS)
    })
}

struct Walk<'w, R> {
    agent: &'w Agent<'w>,
    session: &'w SessionId,
    by: &'w Text,
    /// Lines that were passed over.
    later: HashSet<LineNo>,
    lines: R,
}

impl<R: BufRead> Walk<'_, R> {
    async fn run(&mut self) -> anyhow::Result<()> {
        tell(&format!("Answers: {HELP}\n"))?;
        loop {
            let sheet = self.sheet().await?;
            let open: Vec<&SheetLine> = sheet.lines.iter().filter(|line| line.ask != Ask::Nothing).collect();
            let Some(line) = open.iter().find(|line| !self.later.contains(&line.line)) else {
                return self.end(&sheet, open.len()).await;
            };
            tell(&question(line, open.len()))?;
            let Some(said) = self.hear()? else { return Ok(()) };
            match answer(&said, line.ask) {
                Ok(Answer::Quit) => return tell("stopped; what was said is kept\n"),
                Ok(Answer::Later) => drop(self.later.insert(line.line)),
                Ok(answer) => self.say(step(answer, self.session, line)).await?,
                Err(help) => tell(&format!("{help}\n"))?,
            }
        }
    }

    /// Nothing is left to ask: all is counted, or the rest was put off.
    async fn end(&mut self, sheet: &Sheet, open: usize) -> anyhow::Result<()> {
        match sheet.state {
            State::ReadyToReview | State::Completed | State::Cancelled => {
                tell(&format!("count {} is {}; nothing is left to count\n", self.session.0, sheet.state))
            }
            State::Requested | State::Counting | State::Counted | State::Investigating if open > 0 => {
                tell(&format!("{open} left for later: binwire-agent count walk {} --by {}\n", self.session.0, self.by))
            }
            State::Investigating => tell("nothing is left to count for you; others may have lines\n"),
            State::Requested | State::Counting | State::Counted => {
                tell("All lines are counted. Finish? [Y/n] ")?;
                match self.hear()?.as_deref() {
                    Some("" | "y" | "yes" | "Y") => {
                        self.say(CountCommand::Finish { session: self.session.clone() }).await?;
                        let again = self.sheet().await?.lines.iter().filter(|line| line.ask != Ask::Nothing).count();
                        if again > 0 {
                            tell(&format!(
                                "walk again, best with another badge: binwire-agent count walk {} --by BADGE\n",
                                self.session.0
                            ))?;
                        }
                        Ok(())
                    }
                    _ => tell(&format!("not finished; when it is: binwire-agent count finish {}\n", self.session.0)),
                }
            }
        }
    }

    async fn sheet(&self) -> anyhow::Result<Sheet> {
        let look = Look::Count { session: self.session.clone(), by: Some(self.by.clone()), review: false };
        read(&self.agent.look(&look).await?)
    }

    /// A refusal is told, and the line is asked again.
    async fn say(&mut self, step: CountCommand) -> anyhow::Result<()> {
        let is_finish = matches!(step, CountCommand::Finish { .. });
        match self.agent.command(&Command::Count { by: self.by.clone(), step }).await {
            Ok(answer) if is_finish => tell(&came_in_words(&answer)?),
            Ok(answer) => {
                let Came { text, warnings, .. } = read(&answer)?;
                let notes: String = warnings.iter().map(|warning| format!("  note: {warning}\n")).collect();
                tell(&format!("  {text}\n{notes}"))
            }
            Err(error) => tell(&format!("  error: {error:#}\n")),
        }
    }

    /// The next line that a person typed; `None` when there are no more.
    fn hear(&mut self) -> anyhow::Result<Option<String>> {
        let mut line = String::new();
        let len = self.lines.read_line(&mut line)?;
        Ok((len > 0).then(|| line.trim().to_owned()))
    }
}

fn question(line: &SheetLine, open: usize) -> String {
    let place = line.place.to_string();
    // As people say it.
    let place = place.replacen("bin:", "bin ", 1);
    let asked = match line.ask {
        Ask::HowMany | Ask::Nothing => "how many?",
        Ask::IsItEmpty => "is it empty? [y/n]",
        Ask::CountAgain => "once more: how many?",
    };
    format!("\n{place}, {} ({open} to go): {asked} ", line.item)
}

/// What was meant, or what can be answered.
fn answer(said: &str, ask: Ask) -> Result<Answer, &'static str> {
    if let Some(why) = said.strip_prefix("s ") {
        return why.trim().parse().map(Answer::Skip).map_err(|_| "say why in a few words: s the rack is locked");
    }
    match (said.to_ascii_lowercase().as_str(), ask) {
        ("q" | "quit", _) => Ok(Answer::Quit),
        ("", _) => Ok(Answer::Later),
        ("b" | "begin", _) => Ok(Answer::Begin),
        ("y" | "yes", Ask::IsItEmpty) => Ok(Answer::Empty(true)),
        ("n" | "no", Ask::IsItEmpty) => Ok(Answer::Empty(false)),
        (number, _) => {
            let (digits, plus) = number.strip_prefix('+').map_or((number, false), |digits| (digits, true));
            // A sign in front, or a point, is a slip of the finger.
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let pieces = digits.parse().ok().filter(|_| is_number);
            pieces.map(|pieces| Answer::Pieces { pieces, plus }).ok_or(HELP)
        }
    }
}

fn step(answer: Answer, session: &SessionId, line: &SheetLine) -> CountCommand {
    let session = session.clone();
    match answer {
        Answer::Pieces { pieces, plus } => {
            CountCommand::Line { session, place: line.place.clone(), item: Some(line.item.clone()), pieces, plus }
        }
        Answer::Begin | Answer::Later | Answer::Quit => CountCommand::Begin { session, line: line.line },
        Answer::Empty(empty) => CountCommand::Zero { session, line: line.line, empty },
        Answer::Skip(why) => CountCommand::Skip { session, line: line.line, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_are_understood_and_slips_are_not_counts() {
        for (said, ask, expect) in [
            ("12", Ask::HowMany, Some(Answer::Pieces { pieces: 12, plus: false })),
            ("+5", Ask::HowMany, Some(Answer::Pieces { pieces: 5, plus: true })),
            ("0", Ask::CountAgain, Some(Answer::Pieces { pieces: 0, plus: false })),
            ("b", Ask::HowMany, Some(Answer::Begin)),
            ("", Ask::HowMany, Some(Answer::Later)),
            ("Q", Ask::HowMany, Some(Answer::Quit)),
            ("y", Ask::IsItEmpty, Some(Answer::Empty(true))),
            ("NO", Ask::IsItEmpty, Some(Answer::Empty(false))),
            ("3", Ask::IsItEmpty, Some(Answer::Pieces { pieces: 3, plus: false })),
            ("s rack is locked", Ask::HowMany, Some(Answer::Skip("rack is locked".parse().unwrap()))),
            ("s  ", Ask::HowMany, None),
            ("y", Ask::HowMany, None),
            ("-3", Ask::HowMany, None),
            ("++3", Ask::HowMany, None),
            ("1.5", Ask::HowMany, None),
            ("12 a", Ask::HowMany, None),
            ("99999999999999999999999", Ask::HowMany, None),
        ] {
            assert_eq!(answer(said, ask).ok(), expect, "{said:?}");
        }
    }

    #[test]
    fn a_question_names_place_and_item_and_never_what_the_books_say() {
        let line = SheetLine {
            line: LineNo(3),
            item: "M8-BOLT".parse().unwrap(),
            place: "bin:A-01".parse().unwrap(),
            ask: Ask::CountAgain,
            yours: Some(40),
        };
        assert_eq!(question(&line, 2), "\nbin A-01, M8-BOLT (2 to go): once more: how many? ");
    }
}
