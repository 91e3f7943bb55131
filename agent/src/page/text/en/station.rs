use crate::{
    floor::answer::CountCame,
    movement::session::{DropCause, Unfinished},
    page::text::StationText,
};

pub(super) const STATION: StationText = StationText {
    next: "Next",
    here: "At the station",
    nobody: "nobody signed in",
    ready: "Ready",
    counting: |count, units, place| match &count.last {
        _ if count.is_empty => format!("{place} is empty. Press Done, or scan the next place"),
        None => format!("Count {place}: scan its parts, or press Empty"),
        Some((item, _)) => {
            format!("Count {place}: {item}, {units} so far. Scan the next part, type a number, or press Done")
        }
    },
    held: |item| format!("{item} waits"),
    again: "Scan it again for one more, type a number, or scan the next part",
    doing: "Doing",
    way: "Way",
    place: "Place",
    quantity: "Quantity",
    lot: "Lot",
    serial: "Serial number",
    reason: "Reason",
    reference: "For",
    answer: "Last scan",
    no_answer: "Nothing was scanned here since the gateway started.",
    heard: "Heard",
    booked: "Booked",
    weighing: "Taken down. The scale says how many",
    weighing_more: "Take the parts out or put them in. The quantity appears when the weight is at rest.",
    nothing_moved: "The scale saw nothing move; nothing was booked",
    taken_back: "Taken back",
    refused: "Not booked",
    not_recorded: "Not recorded",
    repeated: "Scanned twice, booked once",
    dropped: |dropped, what| {
        let why = match dropped.why {
            DropCause::LeftAlone => "the station was left alone",
            DropCause::Cancelled => "it was cancelled",
            DropCause::SomebodyElse => "somebody else came",
        };
        match &dropped.what {
            Unfinished::Part(_) => format!("{what} was not booked: {why}. Begin it again."),
            Unfinished::Count(_) => format!("The count of {what} was not booked: {why}. Count it again."),
        }
    },
    counted: |came, place, number| match came {
        CountCame::Posted { corrections: 0, .. } => format!("{place} is counted; the books were right"),
        CountCame::Posted { .. } => format!("{place} is counted; corrections: {number}"),
        CountCame::Again { missing: 0, .. } => format!("Count all of {place} once more, by somebody else if possible"),
        CountCame::Again { .. } => {
            format!(
                "Count all of {place} once more, by somebody else if possible. Not found: {number}; not found again they become 0"
            )
        }
    },
    on_hand_now: |place, number| format!("{place}: {number} on hand now"),
    by_weight: "by weight",
    acts: "Last acts",
    no_acts: "Nothing was booked here since the gateway started. Older movements stand on the pages of the bins.",
    too_late: "Too late to undo here? Undo the movement on the bin's page, or count the bin.",
    scan: "Scan or type a code",
    scan_hint: "A scanner that types, the camera, or the keys. Press Enter to send.",
    send: "Send",
    sign_in_first: "Sign in to book from this page",
    sign_in_hint: "Scan or type your badge. The station's own scanner needs no sign-in here.",
    only_looking: "This display is for looking only. Scan with the station's scanner.",
    somebody_else: |name| {
        format!(
            "{name} works at this station. Your first scan takes it over; what {name} began and did not finish is dropped."
        )
    },
    commands: "What to do",
    numbers: "Quantity",
    done: "Done",
    cancel: "Cancel",
    empty: "Empty",
    one_more: "One more",
    choose: "Choose from a list",
    choose_bin: "Bin",
    choose_item: "Part",
    choose_button: "Choose",
    camera: "Scan with the camera",
    camera_stop: "Stop the camera",
    camera_none: "This browser cannot read codes with its camera. Type the code, or use a scanner.",
    camera_denied: "The camera cannot be used. Allow it for this page, or type the code.",
    camera_hint: "Hold the code into the picture.",
    feedback: "Sound and vibration on this device",
    sound: "Sound",
    vibration: "Vibration",
    vibration_none: "This device cannot vibrate.",
    unsent: "Not sent or not answered. Look at the last acts, then scan again: ",
    waiting: "being sent",
    scanner_gone: |device| format!("Scanner {device} is not connected: check its cable. This page can scan meanwhile."),
    no_station: "There is no station of this name.",
};
