//! `alarms` and `notices`: what wants somebody's eye, and that somebody knows.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use gateway_proto::{
    name::{ItemCode, Text},
    time::WallTime,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ask::{AskArgs, read},
    table::{Table, many, or_dash},
};
use crate::{
    floor::{Command, Look, notice::Notice},
    movement::rules::{Life, State, Subject},
};

/// What `alarms` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct AlarmArgs {
    #[command(subcommand)]
    act: Option<AlarmAct>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum AlarmAct {
    /// Say that somebody knows of an alarm.
    Ack {
        /// `bin:NAME` or `item:CODE`, as the list has it.
        subject: Subject,
        /// The badge of whoever knows.
        #[arg(long, value_name = "BADGE")]
        by: Text,
    },
}

/// What `notices` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct NoticeArgs {
    #[command(subcommand)]
    act: Option<NoticeAct>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum NoticeAct {
    /// A notice was seen and goes.
    Dismiss {
        /// Its number, as the list has it.
        id: u64,
    },
}

/// An alarm as the agent describes it.
#[derive(Debug, Deserialize)]
struct Open {
    subject: Subject,
    item: ItemCode,
    state: State,
    life: Life,
    on_hand: Option<i64>,
    position: Option<i64>,
    min: Option<u64>,
    max: Option<u64>,
}

/// Shows the open alarms, or acknowledges one.
pub(super) fn alarms(args: &AlarmArgs) -> anyhow::Result<ExitCode> {
    match &args.act {
        None => args.ask.look(&Look::Alarms, in_words),
        Some(AlarmAct::Ack { subject, by }) => {
            let command = Command::Acknowledge { subject: subject.clone(), by: by.clone() };
            args.ask.command(&command, |_| Ok(format!("alarm of {subject} is acknowledged by {by}\n")))
        }
    }
}

/// Shows the notices, or dismisses one.
pub(super) fn notices(args: &NoticeArgs) -> anyhow::Result<ExitCode> {
    match args.act {
        None => args.ask.look(&Look::Notices, notices_in_words),
        Some(NoticeAct::Dismiss { id }) => {
            args.ask.command(&Command::Dismiss { notice: id }, |_| Ok(format!("notice {id} is dismissed\n")))
        }
    }
}

fn in_words(answer: &Value) -> anyhow::Result<String> {
    let open: Vec<Open> = read(answer)?;
    if open.is_empty() {
        return Ok("no alarms\n".to_owned());
    }
    let mut table =
        Table::new(&["subject", "item", "state", ">on hand", ">position", ">min", ">max", "since", "known to"]);
    for alarm in &open {
        let (since, known) = match &alarm.life {
            Life::Armed { .. } => (None, None),
            Life::Fired { at } => (Some(*at), None),
            Life::Acknowledged { fired, by, .. } => (Some(*fired), Some(by)),
        };
        table.row([
            alarm.subject.to_string(),
            alarm.item.to_string(),
            alarm.state.word().to_owned(),
            or_dash(alarm.on_hand),
            or_dash(alarm.position),
            or_dash(alarm.min),
            or_dash(alarm.max),
            since.map_or_else(|| "-".to_owned(), minute),
            or_dash(known),
        ]);
    }
    Ok(table.to_string())
}

/// A notice has whole sentences, so it is no row of a table.
fn notices_in_words(answer: &Value) -> anyhow::Result<String> {
    let notices: Vec<Notice> = read(answer)?;
    if notices.is_empty() {
        return Ok("no notices\n".to_owned());
    }
    let told = notices
        .iter()
        .map(|Notice { id, at, text, remedy, .. }| format!("{id}  {}  {text}\n    {remedy}\n", minute(*at)));
    let told: String = told.collect();
    let count = many(notices.len(), "notice");
    Ok(format!("{told}\n{count}; seen one: binwire-agent notices dismiss NUMBER\n"))
}

/// `2026-11-21 06:00`, UTC.
pub(super) fn minute(at: WallTime) -> String {
    let text = at.to_string();
    let minute: String = text.chars().take(16).collect();
    minute.replace('T', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_open_alarm_says_since_when_and_who_knows() {
        let at = WallTime::from_millis(1_795_240_801_000);
        let answer = json!([
            { "subject": "bin:A-01", "item": "M8-BOLT", "state": "low", "life": { "is": "fired", "at": at },
              "on_hand": 18, "position": 18, "min": 20, "max": 100 },
            { "subject": "item:M8-BOLT", "item": "M8-BOLT", "state": "out",
              "life": { "is": "acknowledged", "fired": at, "at": at, "by": "0042" },
              "on_hand": 0, "position": 60, "min": 50, "max": null },
        ]);
        assert_eq!(
            in_words(&answer).unwrap(),
            "subject       item     state  on hand  position  min  max  since             known to\n\
             bin:A-01      M8-BOLT  low         18        18   20  100  2026-11-21 06:00  -\n\
             item:M8-BOLT  M8-BOLT  out          0        60   50    -  2026-11-21 06:00  0042\n"
        );
        assert_eq!(in_words(&json!([])).unwrap(), "no alarms\n");
    }

    #[test]
    fn a_notice_says_what_happened_and_what_to_do() {
        let answer = json!([
            { "id": 7, "at": WallTime::from_millis(1_795_240_801_000), "bin": "A-01", "text": "bin A-01: something came",
              "remedy": "look for a foreign part" },
        ]);
        assert_eq!(
            notices_in_words(&answer).unwrap(),
            "7  2026-11-21 06:00  bin A-01: something came\n    look for a foreign part\n\n\
             1 notice; seen one: binwire-agent notices dismiss NUMBER\n"
        );
    }
}
