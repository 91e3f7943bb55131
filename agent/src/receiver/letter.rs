//! An alarm as it travels: the same JSON to webhooks and MQTT.

use gateway_proto::{name::SiteName, time::WallTime};
use serde::Serialize;

use crate::movement::rules::Alarm;

/// Before the word of the state: `stock.low`.
const KIND_PREFIX: &str = "stock.";

/// What one alarm is sent as. Sent again, it is the same to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same whenever this alarm is sent, and no other's: of the site, the alarm's number and its time, since the
    /// numbers of a ledger that was lost begin anew.
    pub id: String,
    pub body: String,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    r#type: String,
    timestamp: WallTime,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    site: &'a SiteName,
    /// The number of the alarm alone: it orders them.
    #[serde(flatten)]
    alarm: &'a Alarm,
}

impl Letter {
    /// The letter of an alarm of `site`.
    #[must_use]
    pub fn new(site: &SiteName, alarm: &Alarm) -> Self {
        // A full stop parts id, time and body in the signed text, so the id must have none; a site's name has no tilde.
        let id = format!("{}_alarm_{}_{}", site.as_str().replace('.', "~"), alarm.id, alarm.at.millis());
        let body = Body {
            id: &id,
            r#type: format!("{KIND_PREFIX}{}", alarm.to),
            timestamp: alarm.at,
            data: Data { site, alarm },
        };
        let body = serde_json::to_string(&body).expect("names, numbers and texts are JSON, whatever they say");
        Self { id, body }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::movement::rules::State;

    pub(crate) fn alarm(id: u64) -> Alarm {
        alarm_of(id, "bin:A-01")
    }

    pub(crate) fn alarm_of(id: u64, subject: &str) -> Alarm {
        Alarm {
            id,
            subject: subject.parse().unwrap(),
            item: "M8-BOLT".parse().unwrap(),
            from: State::Fine,
            to: State::Low,
            at: WallTime::from_millis(1_795_240_800_000 + i64::try_from(id).unwrap() * 1_000),
            on_hand: 20,
            position: 20,
            min: Some(20),
            max: Some(100),
            counted: None,
            order: Some(80),
            text: "bin A-01: M8-BOLT is low: 20 on hand, min 20; order 80 to reach 100".to_owned(),
        }
    }

    #[test]
    fn a_letter_says_everything_and_says_it_the_same_twice() {
        let site = "plant.7".parse().unwrap();
        let letter = Letter::new(&site, &alarm(1));
        assert_eq!(letter.id, "plant~7_alarm_1_1795240801000");
        assert_eq!(
            letter.body,
            concat!(
                r#"{"id":"plant~7_alarm_1_1795240801000","type":"stock.low","timestamp":"2026-11-21T06:00:01.000Z","#,
                r#""data":{"site":"plant.7","id":1,"subject":"bin:A-01","item":"M8-BOLT","from":"fine","to":"low","#,
                r#""at":"2026-11-21T06:00:01.000Z","on_hand":20,"position":20,"min":20,"max":100,"order":80,"#,
                r#""text":"bin A-01: M8-BOLT is low: 20 on hand, min 20; order 80 to reach 100"}}"#
            )
        );
        assert_eq!(letter, Letter::new(&site, &alarm(1)));
    }
}
