use crate::page::text::DoorText;

pub(super) const DOOR: DoorText = DoorText {
    title: "Sign in",
    badge: "Badge",
    badge_hint: "Scan your badge, or type its number.",
    pin: "PIN",
    pin_hint: "Only if your badge has one.",
    enter: "Sign in",
    scanning_needs_none: "Scanning parts at a station with its scanner needs no sign-in here.",
    wrong: "Badge or PIN is not right",
    wrong_todo: "Try again. After some wrong tries you have to wait.",
    needs_pin: "This badge needs its PIN",
    needs_pin_todo: "Type it below.",
    no_pin: "This badge has no PIN yet, and its role needs one",
    no_pin_todo: "The parts manager sets it under Manage; the first one is set at the gateway: binwire-agent operator pin BADGE.",
    wait: |span| format!("Too many wrong tries: wait {span}"),
    wait_todo: "Scanning at the stations goes on as always. Whoever forgot a PIN asks the parts manager.",
    busy: "Many people sign in at this moment",
    busy_todo: "Try again in a few seconds.",
    is_signed_in: |name, role| format!("{name} is signed in as {role}."),
    kiosk: "This display is for looking only. Sign in at another device.",
};
