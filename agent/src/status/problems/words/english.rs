//! Problems in English.

use gateway_proto::{delivery::TroubleKind, time::WallTime};

use super::{
    super::{LedgerFault, What, Whose, days_until},
    Said, Saying, days,
};
use crate::{
    device::Cause,
    floor::facts::{LevelDoubt, OpenAlarm},
    ledger::Fullness,
    movement::{
        rules::{State, Subject},
        weighing::Doubt,
    },
    receiver::progress::{Closed, REFUSALS_MAX},
    tariff::drain::Estimate,
};

const ROOM: &str = "bring the hub's line back, free disk space, or raise [storage] budget_mb";
const CALL: &str = "report this to whoever looks after the gateway";

pub(super) fn say(what: &What, saying: Saying<'_>) -> Said {
    let (name, text, remedy) = match what {
        What::Ledger { fault, why } => ledger(*fault, why),
        What::DiskFull { used_mb, limit_mb, refused } => (
            "disk".to_owned(),
            format!(
                "full ({used_mb} of {limit_mb} MB; the rest is kept to drain); movements are refused, {refused} so far"
            ),
            ROOM.to_owned(),
        ),
        What::DiskShort { fullness, percent, used_mb, limit_mb } => {
            let so = match fullness {
                Fullness::Roomy | Fullness::Warn => "acknowledged records go early",
                Fullness::Tight | Fullness::Full => "checkpoints are left out",
            };
            ("disk".to_owned(), format!("{percent} % full ({used_mb} of {limit_mb} MB); {so}"), ROOM.to_owned())
        }
        What::BallastGone => {
            ("disk".to_owned(), "it was full and the ballast is given up".to_owned(), "free disk space".to_owned())
        }
        What::Damaged { folder, mb } => (
            "ledger".to_owned(),
            format!(
                "a damaged one was set aside in {folder} ({mb} MB) and salvaged; the log and the vendors say what is missing"
            ),
            "count the bins; copy the folder to a safe place if you want it looked at, then remove it".to_owned(),
        ),
        What::Unaccounted { feed } => {
            (format!("feed {feed}"), "its records are not all accounted for".to_owned(), CALL.to_owned())
        }
        What::Clock { wall, doubt } => (
            "clock".to_owned(),
            format!(
                "it is {} and is not trusted: it {doubt}; records are marked and put right once it is",
                (saying.time)(*wall)
            ),
            "check this machine's time server".to_owned(),
        ),
        What::DeviceGone { device, on, why } => {
            let (text, remedy) = parts(why, "check its power and cable");
            (format!("{device} on {on}"), format!("not there: {text}"), remedy)
        }
        What::DeviceFault { device, on, why } => {
            let (text, remedy) = parts(why, "check its settings");
            (format!("{device} on {on}"), text, remedy)
        }
        What::Level { bin, scale, doubt: why } => {
            let (text, remedy) = doubt(why, bin.as_str());
            let known = if why.is_unknown() { "level unknown" } else { "level in doubt" };
            (format!("bin {bin}"), format!("{known}: {text} (scale {scale})"), remedy)
        }
        What::Alarm(alarm) => self::alarm(alarm, saying.time),
        What::MoreAlarms { count } => (
            "alarms".to_owned(),
            format!("{count} more bins or items have an alarm"),
            "see the list of alarms".to_owned(),
        ),
        What::Down { feed, kind, detail, waiting } => {
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            (
                format!("feed {feed}"),
                format!("{}{detail}; {waiting} waiting, none lost", kind.word()),
                line(*kind).to_owned(),
            )
        }
        What::Certificate { whose, until } => certificate(whose, *until, saying),
        What::SetAside { feed, count } => (
            format!("feed {feed}"),
            format!("{count} {} set aside because the hub refused them", records(*count)),
            "look at them and send them again or give them up; `binwire-agent set-aside` lists them".to_owned(),
        ),
        What::OlderEpoch { feed, count } => (
            format!("feed {feed}"),
            format!("{count} {} of an earlier epoch set aside", records(*count)),
            "the vendor maps the item at the hub, which keeps them; or give them up".to_owned(),
        ),
        What::Lost { feed, count } => (
            format!("feed {feed}"),
            format!("{count} {} lost, and the vendor was told", records(*count)),
            "count the bins of this vendor, then take note".to_owned(),
        ),
        What::FeedGone { feed, waiting } => (
            format!("feed {feed}"),
            format!("is no longer in the site's file; {waiting} records wait for it"),
            "put the feed back into the site's file until they are sent".to_owned(),
        ),
        What::Parked { codes, units } => (
            "unknown codes".to_owned(),
            format!(
                "{codes} {} that nobody knows, {units} {}; kept, and counted once somebody says which item it is",
                if *codes == 1 { "code" } else { "codes" },
                if *units == 1 { "unit" } else { "units" },
            ),
            "say which item each code is".to_owned(),
        ),
        What::Notice(notice) => ("notice".to_owned(), notice.text.clone(), notice.remedy.clone()),
        What::PinStorm { tries, until } => {
            let until =
                until.map_or_else(String::new, |until| format!("; nobody can sign in until {}", (saying.time)(until)));
            (
                "signing in".to_owned(),
                format!("{tries} wrong PINs in a row{until}; scanning goes on"),
                "find out who tries; give a new PIN to whoever forgot theirs".to_owned(),
            )
        }
        What::Receiver { name, why, waiting, closed } => match closed {
            Closed::No => (
                format!("alarms to {name}"),
                format!("{why}; {waiting} waiting"),
                "check its address and that it runs; they are sent once it answers".to_owned(),
            ),
            Closed::UntilRestart => (
                format!("alarms to {name}"),
                format!("not tried any more: {why}"),
                "correct the site's file and restart the agent".to_owned(),
            ),
        },
        What::ReceiverAside { name, count } => (
            format!("alarms to {name}"),
            format!("{count} set aside because they were refused {REFUSALS_MAX} times"),
            "check its address and secret".to_owned(),
        ),
        What::ReceiverDropped { name, count } => (
            format!("alarms to {name}"),
            format!("{count} never sent"),
            "the list of alarms shows what stands".to_owned(),
        ),
        What::Held { feed, why, waiting } => (
            format!("feed {feed}"),
            format!("{why}; {waiting} waiting"),
            "nothing to do; `send now` sends them at once, whatever it costs".to_owned(),
        ),
        What::Backlog { feed, waiting, drain } => (
            format!("feed {feed}"),
            format!("{waiting} waiting; {}", estimate(*drain)),
            "nothing to do while it gets less".to_owned(),
        ),
        What::Unsaid { feed } => (
            format!("feed {feed}"),
            "its hub does not say what it has beside this ledger; amounts may be apart".to_owned(),
            "count the bins of its items once".to_owned(),
        ),
        What::CountsDue { count } => (
            "counting".to_owned(),
            format!("{count} {} due to be counted", if *count == 1 { "place is" } else { "places are" }),
            "open a count of what is due".to_owned(),
        ),
    };
    Said { name, text, remedy }
}

fn ledger(fault: LedgerFault, why: &str) -> (String, String, String) {
    let (text, remedy) = match fault {
        LedgerFault::Full => ("the disk takes nothing more; nothing is recorded".to_owned(), ROOM.to_owned()),
        LedgerFault::ReadOnly => (
            "the disk has become read-only; nothing is recorded".to_owned(),
            "restart the gateway; if it comes back, the disk is failing: replace it".to_owned(),
        ),
        LedgerFault::Other => (format!("{why}; nothing is recorded until this is cured"), CALL.to_owned()),
    };
    ("ledger".to_owned(), text, remedy)
}

fn alarm(alarm: &OpenAlarm, time: &dyn Fn(WallTime) -> String) -> (String, String, String) {
    let OpenAlarm { subject, item, on_hand, min, max, .. } = alarm;
    let name = match subject {
        Subject::Bin(bin) => format!("bin {bin}, {}", shown(item.as_str())),
        Subject::Item(_) => format!("{} on the whole site", shown(item.as_str())),
    };
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(0));
    let text = match alarm.state {
        State::Unknown => format!("level unknown; the books say {on_hand}"),
        State::Negative => format!("books are at {on_hand}, below zero"),
        State::Out => format!("out: {on_hand} on hand"),
        State::Low => format!("low: {on_hand} on hand, min {min}"),
        State::Perhaps => format!("may be low: about {on_hand} on hand, min {min}"),
        State::Over => format!("over: {on_hand} on hand, max {max}"),
        State::Fine => format!("fine again: {on_hand} on hand"),
    };
    let text = match &alarm.acknowledged {
        Some((by, at)) => format!("{text}; acknowledged by {by} at {}", time(*at)),
        None => text,
    };
    let remedy = match alarm.state {
        State::Unknown => "look at its scale",
        State::Negative => "count it: parts were taken that were never recorded as received",
        State::Out | State::Low => "order, or fill it up",
        State::Perhaps => "count it",
        State::Over => "is something in the wrong place, or was it delivered twice?",
        State::Fine => "nothing to do",
    };
    (name, text, remedy.to_owned())
}

fn certificate(whose: &Whose, until: WallTime, saying: Saying<'_>) -> (String, String, String) {
    let left = days_until(until, saying.now.wall);
    let (name, remedy) = match whose {
        Whose::Hub(feed) => (format!("feed {feed}"), "tell the vendor; what waits is kept meanwhile"),
        Whose::Page => {
            ("this page".to_owned(), "put a new certificate where the site's file says, or let the agent make one")
        }
    };
    let text = if left < 0 {
        format!("certificate ended on {}", (saying.time)(until))
    } else {
        format!("certificate ends in {}, on {}", days(left, "day", "days"), (saying.time)(until))
    };
    (name, text, remedy.to_owned())
}

pub(super) fn doubt(doubt: &LevelDoubt, bin: &str) -> (String, String) {
    let (text, remedy) = match doubt {
        LevelDoubt::NoBin => (format!("nobody has said what is in {bin}"), "import it with bins.csv".to_owned()),
        LevelDoubt::NoPiece(item) => {
            (format!("nobody has said what one {} weighs", shown(item.as_str())), "calibrate the bin".to_owned())
        }
        LevelDoubt::Calibrating => {
            ("it is being calibrated".to_owned(), "say done when its parts are back in".to_owned())
        }
        LevelDoubt::Scale(doubt) => parts(&doubt.remedy(), remedy_of(*doubt)),
    };
    (text, remedy)
}

const fn remedy_of(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Scale(Cause::Awaited) => "check that its node is on",
        Doubt::Scale(_) => "check the scale",
        Doubt::Lifted => "put it back",
        Doubt::NotWhole(_) | Doubt::Foreign(_) | Doubt::ZeroShift(_) | Doubt::Crept(_) | Doubt::Disagrees(_) => {
            "count the bin"
        }
        Doubt::Unsteady => "take hands and tools off the bin",
        Doubt::TooLight => "count these parts by scanning",
    }
}

/// What is wrong and what to do, out of a sentence that says both.
fn parts(sentence: &str, otherwise: &str) -> (String, String) {
    match sentence.split_once("; ") {
        Some((text, remedy)) => (text.to_owned(), remedy.to_owned()),
        None => (sentence.to_owned(), otherwise.to_owned()),
    }
}

const fn line(kind: TroubleKind) -> &'static str {
    match kind {
        TroubleKind::NameUnknown => "check the site's DNS and the hub's name",
        TroubleKind::Unreachable | TroubleKind::BrokenOff | TroubleKind::TimedOut => {
            "check router, modem and cable; records are kept and go by themselves"
        }
        TroubleKind::NotSecure => "check the hub's address in the site's file",
        TroubleKind::Certificate => "check `ca` in the site's file with the vendor",
        TroubleKind::CertificateTime => "check this machine's clock, then tell the vendor",
        TroubleKind::NotAHub => "sign in to the network, or check the address of the hub",
        TroubleKind::Proxy => "ask the network's people for a way through the proxy",
        TroubleKind::Busy | TroubleKind::Failing => "nothing to do here; tell the vendor if it lasts",
        TroubleKind::Unauthorized => "ask the vendor for a valid token",
        TroubleKind::FeedUnknown => "have the vendor set up the feed, or correct its name",
        TroubleKind::Refused => "tell the vendor what the hub says",
    }
}

fn estimate(drain: Estimate) -> String {
    match drain {
        Estimate::Empty => "nothing waits".to_owned(),
        Estimate::Unknown => "how long it takes is not known yet".to_owned(),
        Estimate::Growing => "as much comes as goes".to_owned(),
        about @ Estimate::About(_) => format!("done in {about}"),
    }
}

pub(super) const fn state(state: State) -> &'static str {
    match state {
        State::Unknown => "unknown",
        State::Negative => "below zero",
        State::Out => "out",
        State::Low => "low",
        State::Perhaps => "maybe low",
        State::Over => "over",
        State::Fine => "fine",
    }
}

fn records(count: u64) -> &'static str {
    if count == 1 { "record" } else { "records" }
}

/// A code on one line, and not too long.
pub(super) fn shown(code: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut shown: String = code.chars().map(|c| if c.is_control() { '·' } else { c }).take(SHOWN_MAX).collect();
    if code.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
