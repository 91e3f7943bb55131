use gateway_proto::{movement::Act, place::Place};

use crate::{
    floor::why::Why,
    movement::{
        counting::Reason,
        session::{Mode, Task, sight::Wants},
    },
    page::text::SayText,
    task::api::ledger::NotDone,
};

pub(super) const SAY: SayText = SayText {
    mode,
    task,
    place,
    way: |from, to| format!("from {from} to {to}"),
    act: |act| match act {
        Act::Receipt => "received",
        Act::PutAway => "put away",
        Act::Transfer => "transferred",
        Act::Deploy => "deployed",
        Act::TestPass => "test passed",
        Act::TestFail => "test failed",
        Act::Install => "installed",
        Act::Uninstall => "removed",
        Act::Use => "used",
        Act::Return => "returned",
        Act::ReturnToVendor => "sent back to the vendor",
        Act::Scrap => "scrapped",
        Act::Adjust => "corrected by a count",
        Act::OwnershipChange => "changed owner",
        Act::Correction => "taken back",
    },
    by_scale: "taken over from the scale",
    reason: Reason::words,
    unit: |unit| if unit.eq_ignore_ascii_case("EA") { "pcs" } else { unit },
    why,
    not_done: |why| if let NotDone::Ledger(why) = why { self::why(why) } else { sentence(&why.to_string()) },
    wants: |wants| match wants {
        Wants::Badge => "Scan your badge".to_owned(),
        Wants::Mode => "Say what you do".to_owned(),
        Wants::Place => "Scan the place".to_owned(),
        Wants::OtherPlace { from, to } => {
            format!("Nothing goes from {} to {}. Scan another place.", place(from), place(to))
        }
        Wants::Destination(from) => format!("From {}. Scan where it goes", place(from)),
        Wants::Field => "Scan the van or cabinet".to_owned(),
        Wants::Asset => "Scan the machine".to_owned(),
        Wants::Part => "Scan the part".to_owned(),
        Wants::Lot => "Scan the lot".to_owned(),
        Wants::Serial => "Scan the serial number".to_owned(),
    },
    undo: "Undo",
    undo_what: |what| format!("Undo: {what}"),
    nobody: "nobody",
    unknown: "unknown",
};

pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Use => "Use",
        Mode::Receive => "Receive",
        Mode::PutAway => "Put away",
        Mode::Transfer => "Transfer",
        Mode::Test => "Send to test",
        Mode::TestPass => "Test passed",
        Mode::TestFail => "Test failed",
        Mode::Deploy => "Deploy",
        Mode::Install => "Install",
        Mode::Uninstall => "Remove",
        Mode::Return => "Return",
        Mode::Scrap => "Scrap",
        Mode::Count => "Count",
    }
}

fn task(task: &Task) -> String {
    match (&task.mode, &task.target) {
        (Mode::Deploy, Some(target)) => format!("Deploy to {}", place(target)),
        (Mode::Install, Some(target)) => format!("Install on {}", place(target)),
        (Mode::Uninstall, Some(target)) => format!("Remove from {}", place(target)),
        (known, Some(_) | None) => mode(*known).to_owned(),
    }
}

pub(super) fn place(place: &Place) -> String {
    match place {
        Place::Vendor => "vendor".to_owned(),
        Place::Dock => "dock".to_owned(),
        Place::Bin(name) => format!("bin {name}"),
        Place::Bench => "test bench".to_owned(),
        Place::Quarantine => "quarantine".to_owned(),
        Place::Field(name) | Place::Asset(name) => name.to_string(),
        Place::Used => "used".to_owned(),
        Place::Scrap => "scrap".to_owned(),
        Place::Variance => "count difference".to_owned(),
    }
}

/// The agent's own words are English; a page begins its sentences large and ends them.
fn why(why: &Why) -> String {
    match why {
        Why::Unsaid(wants) => format!("Not booked: {}.", wants.missing()),
        Why::Disk(unwritten) => {
            format!(
                "Not recorded: the gateway cannot write now. Do not put the part away yet; try again. ({unwritten})"
            )
        }
        Why::Scan(_)
        | Why::Count(_)
        | Why::Calibration(_)
        | Why::Act(_)
        | Why::Floor(_)
        | Why::Facts(_)
        | Why::Ledger(_) => sentence(&why.to_string()),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let mut text: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
