//! What people ask over the local API, from its bytes to the floor's answer: every caller is answered once, whatever was said.

use std::time::Duration;

use agent::{
    device::Scan,
    floor::{Command, Floor, Look, order::Caller},
};

use crate::{
    garble::{Random, storm},
    site::{Answered, carry_out, floor, moment},
};

const BODIES: u32 = 100_000;

/// A floor hears so many before the next one: what it remembers is bounded, and one input can be had again.
const PER_FLOOR: u32 = 500;

#[test]
fn everybody_who_asks_is_answered_once() {
    let (commands, looks, scans) = (commands(), looks(), scans());
    let mut body = Vec::new();
    let (mut asked, mut done, mut unread) = (0_u32, 0_u32, 0_u32);
    let mut now = Duration::from_secs(60);
    let mut one: Option<Floor> = None;
    let mut callers = 0;
    let inputs = storm("people", BODIES, |random| {
        now += Duration::from_millis(random.next() % 3_000);
        let at = moment(now);
        if callers % u64::from(PER_FLOOR) == 0 {
            one = None;
        }
        callers += 1;
        let floor = one.get_or_insert_with(|| floor(Vec::new(), &at));
        let caller = Caller(callers);
        let mut fails = Random::seeded(random.next());
        match random.below(4) {
            0 | 1 => {
                random.garble(&commands, &mut body);
                let Ok(command) = Command::read(&body) else {
                    unread += 1;
                    return;
                };
                floor.handle_command(&at, caller, command);
            }
            2 => {
                random.garble(&looks, &mut body);
                let Ok(look) = serde_json::from_slice::<Look>(&body) else {
                    unread += 1;
                    return;
                };
                floor.handle_look(&at, caller, &look);
            }
            _ => {
                random.garble(&scans, &mut body);
                let station = random.one_of(&["desk", "bench", "nowhere"]).parse().unwrap();
                floor.handle_scan(&at, caller, &station, &Scan::from_frame(&body), None);
            }
        }
        asked += 1;
        let mut answered = Answered::default();
        carry_out(floor, &at, &mut answered, || fails.once_in(8));
        floor.tick(&at);
        carry_out(floor, &at, &mut answered, || fails.once_in(8));
        let of_caller = answered.replies.iter().filter(|(to, _)| *to == callers).count();
        assert!(of_caller <= 1 && answered.replies.len() <= 2, "{:?}", answered.replies);
        done += u32::try_from(answered.replies.len()).unwrap();
    });
    // Some wait for a weight; none waits for ever, which the floor's own tests show.
    assert!(inputs < BODIES || done > asked / 2, "{done} of {asked}");
    assert!(inputs < BODIES || (unread < inputs && asked > inputs / 20), "{asked} {unread}");
}

pub(crate) fn commands() -> Vec<&'static str> {
    vec![
        r#"{"do":"undo","feed":"acme","seq":7,"by":"0042"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"look","kind":null}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"start"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"done"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"tare","empty":true}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"container","container":"KLT"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"given-tare","grams":"568.2"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"given-piece","grams":"8.05"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"put-in","pieces":20}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"took-out","pieces":4294967295}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"holds","pieces":0}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"begin"}"#,
        r#"{"do":"calibrate","bin":"A","by":"0042","step":"take"}"#,
        r#"{"do":"weigh-container","name":"KLT-2","bin":"A"}"#,
        r#"{"do":"count","by":"0042","step":"open","bins":["A","C"],"items":["M8"],"due":3}"#,
        r#"{"do":"count","by":"0042","step":"open","bins":["P-01"]}"#,
        r#"{"do":"count","by":"0042","step":"line","session":"c-1","place":"bin:A","item":"M8","pieces":12,"plus":false}"#,
        r#"{"do":"count","by":"0042","step":"zero","session":"c-1","line":1,"empty":true}"#,
        r#"{"do":"count","by":"0042","step":"skip","session":"c-1","line":1,"why":"no ladder"}"#,
        r#"{"do":"count","by":"0042","step":"finish","session":"c-1"}"#,
        r#"{"do":"count","by":"0042","step":"accept","session":"c-1","line":1,"tally":0}"#,
        r#"{"do":"count","by":"0042","step":"complete","session":"c-1"}"#,
        r#"{"do":"count","by":"0042","step":"cancel","session":"c-1"}"#,
        r#"{"do":"import","kind":"item","csv":"code,feed\nP9,acme\nP8,boltco\n","dry_run":false,"skip_bad":true}"#,
        r#"{"do":"import","kind":"code","csv":"code,item,factor\nX1,P1,12\n"}"#,
        r#"{"do":"import","kind":"bin","csv":"name,item\nZ-01,P1\n"}"#,
        r#"{"do":"remove","kind":"bin","name":"P-02"}"#,
        r#"{"do":"acknowledge","subject":"bin:A","by":"0042"}"#,
        r#"{"do":"dismiss","notice":1}"#,
    ]
}

fn looks() -> Vec<&'static str> {
    vec![
        r#"{"what":"bins"}"#,
        r#"{"what":"stations"}"#,
        r#"{"what":"alarms"}"#,
        r#"{"what":"notices"}"#,
        r#"{"what":"containers"}"#,
        r#"{"what":"counts"}"#,
        r#"{"what":"count","session":"c-1","by":"0042","review":true}"#,
        r#"{"what":"due"}"#,
        r#"{"what":"accuracy"}"#,
        r#"{"what":"export","kind":"item"}"#,
        r#"{"what":"parked"}"#,
    ]
}

fn scans() -> Vec<&'static str> {
    vec![
        "BW:USE",
        "BW:RECEIVE",
        "BW:PUT-AWAY",
        "BW:TRANSFER",
        "BW:TEST-PASS",
        "BW:DEPLOY:van-3",
        "BW:INSTALL:PUMP-17",
        "BW:COUNT",
        "BW:EMPTY",
        "BW:ADD",
        "BW:UNDO",
        "BW:DONE",
        "BW:CANCEL",
        "BW:QTY:12",
        "BW:QTY:18446744073709551616",
        "BW:LOT:L1",
        "BW:REASON:broken",
        "BW:BIN:A",
        "BW:BIN:C",
        "BIN-A",
        "M8",
        "NUT",
        "P1",
        "BOX-P1",
        "4006381333931",
        "0109521234567882\u{1d}10L\u{1d}3712",
        "00340123451111111111",
        "[)>\u{1e}06\u{1d}PM8\u{1d}Q00250\u{1d}1TL9\u{1e}\u{4}",
        "+A123BJC5D6E71G",
    ]
}
