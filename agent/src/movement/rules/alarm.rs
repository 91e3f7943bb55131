//! An alarm: a subject's change of state, told once, and its words for people.

use std::fmt::Write;

use gateway_proto::{name::ItemCode, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{
    level::{Knowledge, Standing, State},
    suggest,
    watch::{Subject, Watch},
};
use crate::movement::counted::Counted;

/// Characters of an item code, or of a reason, in the words. A raw 2-D code may have thousands.
const SHOWN_CHARS_MAX: usize = 160;

/// A change of state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Counts up by one from alarm to alarm of a site; tells a repetition from news.
    pub id: u64,
    pub subject: Subject,
    pub item: ItemCode,
    pub from: State,
    pub to: State,
    pub at: WallTime,
    /// Base units; what the books say where the level is unknown.
    pub on_hand: i64,
    /// On-hand + on order − allocated.
    pub position: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// What to order to reach max, by the min/max rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// One line for people: what is wrong and what to do.
    pub text: String,
}

impl Alarm {
    /// The alarm of a subject that went `from` one state `to` another.
    pub(super) fn new(id: u64, watch: &Watch, (from, to): (State, State), at: WallTime, standing: &Standing) -> Self {
        let bounds = watch.bounds();
        let position = standing.position();
        let order = match to {
            State::Out | State::Low => suggest::quantity(position, bounds),
            State::Unknown | State::Negative | State::Perhaps | State::Over | State::Fine => None,
        };
        Self {
            id,
            subject: watch.subject().clone(),
            item: watch.item().clone(),
            from,
            to,
            at,
            on_hand: standing.on_hand,
            position,
            min: bounds.min,
            max: bounds.max,
            counted: standing.counted,
            order,
            text: text(watch, to, standing, order),
        }
    }
}

fn text(watch: &Watch, to: State, standing: &Standing, order: Option<u64>) -> String {
    let item = shown(watch.item().as_str());
    let mut text = match watch.subject() {
        Subject::Bin(name) => format!("bin {name}: {item}"),
        Subject::Item(_) => format!("{item} on the whole site:"),
    };
    // Writing to a String cannot fail.
    let _ = match to {
        State::Unknown => {
            let why = match &standing.known {
                Knowledge::Unknown { why, .. } if !why.is_empty() => shown(why),
                Knowledge::Unknown { .. } | Knowledge::Known => "look at its scale".to_owned(),
            };
            write!(text, " level is unknown; the books say {}; {why}", standing.on_hand)
        }
        State::Negative => write!(
            text,
            " books are at {}, below zero: parts were taken that were never recorded as received; count them",
            standing.on_hand
        ),
        State::Out => write!(text, " is out: {}", stock(standing)),
        State::Low => write!(text, " is low: {}, min {}", stock(standing), watch.bounds().min.unwrap_or(0)),
        State::Perhaps => write!(
            text,
            " may be low: {}, but as few as {} are possible, min {}; count them",
            stock(standing),
            standing.low_position(),
            watch.bounds().min.unwrap_or(0)
        ),
        State::Over => write!(
            text,
            " is over: {}, max {}; is something in the wrong place, or was it delivered twice?",
            stock(standing),
            watch.bounds().max.unwrap_or(0)
        ),
        State::Fine => write!(text, " is fine again: {}", stock(standing)),
    };
    if let (Some(order), Some(max)) = (order, watch.bounds().max) {
        let _ = write!(text, "; order {order} to reach {max}");
        let excess = suggest::excess(standing.position(), order, max);
        if excess > 0 {
            let _ = write!(text, " ({excess} more than max, for the vendor's minimum or multiple)");
        }
    }
    text
}

/// `18 on hand, 60 on order, 5 promised`
fn stock(standing: &Standing) -> String {
    let mut text = format!("{} on hand", standing.on_hand);
    for (units, what) in [(standing.on_order, "on order"), (standing.allocated, "promised")] {
        if units > 0 {
            let _ = write!(text, ", {units} {what}");
        }
    }
    text
}

/// On one line, and not too long.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).take(SHOWN_CHARS_MAX).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::movement::rules::watch::{Bounds, Caution};

    fn words(to: State, standing: &Standing, order_multiple: u64) -> String {
        let bounds =
            Bounds { min: Some(20), max: Some(100), caution: Caution::Low, order_multiple, ..Bounds::default() };
        let watch = Watch::bin("A-01".parse().unwrap(), "M8-BOLT".parse().unwrap(), bounds).unwrap();
        Alarm::new(1, &watch, (State::Fine, to), WallTime::from_millis(0), standing).text
    }

    #[test]
    fn the_words_say_what_is_wrong_and_what_to_do() {
        let known = Standing::known;
        let covered = Standing { on_order: 60, allocated: 5, ..known(0) };
        let weighed = Standing { counted: Some(Counted { pieces: 24, low: 18, high: 30, sure: 0.4 }), ..known(24) };
        let silent = Knowledge::Unknown { since: Duration::ZERO, why: "scale does not answer\ncheck it".to_owned() };
        for (to, standing, multiple, expect) in [
            (State::Low, known(20), 1, "bin A-01: M8-BOLT is low: 20 on hand, min 20; order 80 to reach 100"),
            (
                State::Low,
                known(5),
                24,
                "bin A-01: M8-BOLT is low: 5 on hand, min 20; order 96 to reach 100 (1 more than max, for the vendor's minimum or multiple)",
            ),
            (State::Out, covered, 1, "bin A-01: M8-BOLT is out: 0 on hand, 60 on order, 5 promised"),
            (
                State::Perhaps,
                weighed,
                1,
                "bin A-01: M8-BOLT may be low: 24 on hand, but as few as 18 are possible, min 20; count them",
            ),
            (
                State::Unknown,
                Standing { known: silent, ..known(24) },
                1,
                "bin A-01: M8-BOLT level is unknown; the books say 24; scale does not answer·check it",
            ),
            (
                State::Negative,
                known(-3),
                1,
                "bin A-01: M8-BOLT books are at -3, below zero: parts were taken that were never recorded as received; count them",
            ),
            (
                State::Over,
                known(130),
                1,
                "bin A-01: M8-BOLT is over: 130 on hand, max 100; is something in the wrong place, or was it delivered twice?",
            ),
            (State::Fine, known(95), 1, "bin A-01: M8-BOLT is fine again: 95 on hand"),
        ] {
            assert_eq!(words(to, &standing, multiple), expect);
        }
    }

    #[test]
    fn the_words_stay_short_whatever_the_code() {
        let code: ItemCode = "\u{1d}x".repeat(4_000).parse().unwrap();
        let watch = Watch::item_on_site(code.clone(), Bounds { min: Some(1), ..Bounds::default() }).unwrap();
        let standing = Standing::known(0);
        let alarm = Alarm::new(1, &watch, (State::Fine, State::Out), WallTime::from_millis(0), &standing);
        assert!(alarm.text.chars().count() < 300 && !alarm.text.contains('\u{1d}'), "{}", alarm.text);
        assert_eq!(alarm.item, code, "the code itself is whole");
    }
}
