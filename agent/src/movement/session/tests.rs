//! A station in a test: scans in, a compact line out.
//!
//! ```text
//! +1 12 M8-BOLT bin:A-01>used by=17 ref=WO-1 why=worn lot=L7 sn=S1   said as act 1; `?` where nobody said how many
//! =1 3        act 1 is of 3 in all          -1         act 1 is taken back
//! (2 bin:A-01 count 2 began                 #2 bin:A-01 M8-BOLT 40   a line of it
//! )2 Parts    it ended, and what was found  x2         it was dropped
//! !text       dropped, and told             >text      what comes next             no: text   refused
//! ```

mod counting;
mod hearing;
mod lifecycle;
mod orders;
mod recovery;
mod refusals;
mod table;

use std::{collections::HashMap, sync::LazyLock};

use gateway_proto::{
    name::{ItemCode, PlaceName},
    place::Place,
    quantity::Quantity,
    record::UntrustedClock,
    time::WallTime,
};

use super::*;
use crate::{
    device::Scan,
    label::{
        LabelRules,
        site_label::{SiteLabel, SiteLabelKind},
    },
};

/// A site's lists in a test.
#[derive(Default)]
struct Lists {
    items: HashMap<String, Known>,
}

impl Lists {
    fn add(mut self, code: &str, item: &str, factor: u64, tracking: Tracking) -> Self {
        self.items.insert(code.to_owned(), Known { item: item.parse().unwrap(), factor, tracking });
        self
    }
}

impl Codes for Lists {
    fn item(&self, code: &str) -> Option<Known> {
        self.items.get(code).cloned()
    }

    fn operator(&self, badge: &str) -> Option<Text> {
        let names = [("17", "Ada"), ("18", "Ben")];
        names.iter().find(|(id, _)| *id == badge).map(|(_, name)| name.parse().unwrap())
    }

    fn asset(&self, code: &str) -> Option<PlaceName> {
        let names = [("PUMP-17", "PUMP-17"), ("FAN-2", "FAN-2"), ("4006381000PUMP", "PUMP-17")];
        names.iter().find(|(id, _)| *id == code).map(|(_, name)| name.parse().unwrap())
    }

    fn expected(&self, code: &str) -> Option<Vec<ExpectedLine>> {
        let line = |item: &str, qty, lot: Option<&str>| ExpectedLine {
            item: item.parse().unwrap(),
            qty: Quantity::new(qty).unwrap(),
            lot: lot.map(|lot| lot.parse().unwrap()),
        };
        let lines = || vec![line("M8-BOLT", 250, Some("L7")), line("SEAL", 40, None)];
        match code {
            "340123450000000024" | "PO-1" => Some(lines()),
            "PALLET-LONG" => Some(vec![line("SEAL", 1, None); 501]),
            "PO-DONE" => Some(vec![]),
            "PO-LONG" => Some(lines().into_iter().cycle().take(5).collect()),
            _ => None,
        }
    }

    fn container(&self, grai: &str) -> Option<Place> {
        (grai == "04006381000017TOTE1").then(|| "bin:TOTE-1".parse().unwrap())
    }
}

fn lists() -> Lists {
    Lists::default()
        .add("M8-BOLT", "M8-BOLT", 1, Tracking::None)
        .add("4006381333931", "M8-BOLT", 1, Tracking::None)
        .add("04006381333931", "M8-BOLT", 1, Tracking::None)
        .add("M8-BOX", "M8-BOLT", 12, Tracking::None)
        .add("SEAL", "SEAL", 1, Tracking::None)
        .add("MOTOR", "MOTOR", 1, Tracking::Serial)
        .add("09521234567882", "MOTOR", 1, Tracking::Serial)
        .add("GREASE", "GREASE", 1, Tracking::Lot)
}

static RULES: LazyLock<LabelRules> = LazyLock::new(rules);

fn rules() -> LabelRules {
    let label = |kind, pattern| SiteLabel::new(kind, pattern, vec![]).unwrap();
    let site = vec![
        label(SiteLabelKind::Badge, "EMP-(?<value>[0-9]+)"),
        label(SiteLabelKind::Bin, "BIN-(?<value>.+)"),
        label(SiteLabelKind::Place, "PLC-(?<value>.+)"),
        label(SiteLabelKind::Asset, "AST-(?<value>.+)"),
        label(SiteLabelKind::Job, "JOB-(?<value>.+)"),
        label(SiteLabelKind::Order, "ORD-(?<value>.+)"),
        label(SiteLabelKind::Item, "ITM-(?<value>.+)"),
        label(SiteLabelKind::Action, "ACT-(?<value>.+)"),
    ];
    LabelRules { site, data_identifiers: true, ..LabelRules::default() }
}

/// A station that keeps its parts in `bin:A-01` and usually uses them.
fn usual() -> Station {
    Station {
        name: "bench-1".parse().unwrap(),
        place: Some("bin:A-01".parse().unwrap()),
        task: Some(Task::new(Mode::Use)),
        badge: Badge::Optional,
        idle: IDLE,
    }
}

/// A station that takes nothing for granted.
fn strict() -> Station {
    Station { place: None, task: None, badge: Badge::Needed, ..usual() }
}

/// A station with its site.
struct Floor {
    session: Session,
    lists: Lists,
    rules: LabelRules,
    acts: u64,
    now: Duration,
    stamp: Stamp,
}

impl Floor {
    fn new(station: Station) -> Self {
        Self {
            session: Session::new(station),
            lists: lists(),
            rules: RULES.clone(),
            acts: 0,
            now: Duration::from_secs(1_000),
            stamp: Stamp { at: WallTime::parse("2026-11-21T05:00:00Z").unwrap(), clock: None },
        }
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    fn hear(&self, frame: &str) -> Result<Token, Refusal> {
        self.hear_scan(&Scan::from_frame(frame.as_bytes()))
    }

    fn hear_scan(&self, scan: &Scan) -> Result<Token, Refusal> {
        super::hear(scan, &self.rules, &self.lists, self.stamp.at.year())
    }

    /// A second after the last one.
    fn outputs(&mut self, frame: &str) -> Vec<Output> {
        self.take(&Scan::from_frame(frame.as_bytes()))
    }

    fn take(&mut self, scan: &Scan) -> Vec<Output> {
        self.wait(1);
        let heard = self.hear_scan(scan);
        let Self { session, acts, now, stamp, .. } = self;
        let mut next = || {
            *acts += 1;
            ActId(*acts)
        };
        match heard {
            Ok(token) => session.handle(*now, stamp, token, &mut next),
            Err(refusal) => session.handle_unheard(*now, refusal),
        }
    }

    /// What a scan comes to, in the notation above.
    fn scan(&mut self, frame: &str) -> String {
        notation(&self.outputs(frame))
    }

    /// The same without what comes next, which must be told.
    fn facts(&mut self, frame: &str) -> String {
        let mut outputs = self.outputs(frame);
        match outputs.last() {
            Some(Output::Expecting(_)) => drop(outputs.pop()),
            Some(Output::Refused(_)) => {}
            other => panic!("{frame}: nobody is told what comes next: {other:?}"),
        }
        notation(&outputs)
    }

    /// Several scans; the facts of the last.
    fn scans(&mut self, frames: &[&str]) -> String {
        frames.iter().fold(String::new(), |_, frame| self.facts(frame))
    }
}

/// Scans and what each comes to, in order.
fn follow(station: Station, steps: &[(&str, &str)]) -> Floor {
    let mut floor = Floor::new(station);
    for (scan, expected) in steps {
        assert_eq!(floor.facts(scan), *expected, "{scan}");
    }
    floor
}

fn notation(outputs: &[Output]) -> String {
    outputs.iter().map(note).collect::<Vec<_>>().join("; ")
}

fn note(output: &Output) -> String {
    match output {
        Output::Say(said) => {
            let qty = said.qty.map_or_else(|| "?".to_owned(), |qty| qty.to_string());
            let mut text = format!("+{} {qty} {} {}>{}", said.act.0, said.item, said.from, said.to);
            for (name, value) in [
                ("by", &said.actor),
                ("ref", &said.reference),
                ("why", &said.reason),
                ("lot", &said.lot),
                ("sn", &said.serial),
            ] {
                if let Some(value) = value {
                    text.push_str(&format!(" {name}={value}"));
                }
            }
            text
        }
        Output::Restate { act, qty } => format!("={} {qty}", act.0),
        Output::Withdraw { act } => format!("-{}", act.0),
        Output::CountBegun { count, place } => format!("({} {place}", count.0),
        Output::Counted(line) => {
            let mut text = format!("#{} {} {} {}", line.count.0, line.place, line.item, line.qty);
            for (name, value) in [("by", &line.actor), ("lot", &line.lot), ("sn", &line.serial)] {
                if let Some(value) = value {
                    text.push_str(&format!(" {name}={value}"));
                }
            }
            text
        }
        Output::CountEnded { count, found } => format!("){} {found:?}", count.0),
        Output::CountDropped { count } => format!("x{}", count.0),
        Output::Dropped(text) => format!("!{text}"),
        Output::Expecting(text) => format!(">{text}"),
        Output::Refused(refusal) => format!("no: {refusal}"),
    }
}

fn code(text: &str) -> ItemCode {
    text.parse().unwrap()
}

/// splitmix64.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
