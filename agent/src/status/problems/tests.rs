//! Every kind of problem from the condition that makes it, in both languages, and their order.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gateway_proto::{
    delivery::{Trouble, TroubleKind},
    name::{FeedName, PlaceName},
    record::UntrustedClock,
    time::WallTime,
};
use look::Language;

use super::{
    AsideWaiting, FeedFacts, LINE_PATIENCE, LedgerFault, LedgerTrouble, Level, PIN_STORM_OVER, PageFacts, PinStorm,
    Problem, Since, Snapshot, What, of,
    since::Seen,
    words::{self, Said, Saying},
};
use crate::{
    clock::{ClockStatus, trust},
    device::{
        Cause, Mass,
        line_doubt::{self, SentParity},
    },
    floor::{
        facts::{FloorFacts, LevelDoubt, LevelFact, OpenAlarm, Parked},
        moment::Moment,
        notice::{Matter, Notice},
    },
    ledger::{FeedCounts, Fullness},
    movement::{
        rules::{State, Subject},
        weighing::Doubt,
    },
    receiver::progress::{self, Closed, Progress},
    status::{DeviceStatus, StorageStatus},
    tariff::{self, drain::Estimate},
};

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Moment {
    Moment { elapsed: 10 * DAY, wall: WallTime::from_millis(1_795_240_800_000), clock: None }
}

fn ago(span: Duration) -> Duration {
    now().elapsed - span
}

fn in_days(days: i64) -> WallTime {
    WallTime::from_millis(now().wall.millis() + days * 86_400_000 + 1)
}

/// A site on which all is well.
fn well() -> Snapshot {
    Snapshot {
        storage: StorageStatus { limit: 1_000_000_000, ..StorageStatus::default() },
        ledger: None,
        clock: ClockStatus {
            wall: now().wall,
            trusted: true,
            why: String::new(),
            doubt: None,
            since_seconds: 5,
            floor: now().wall,
            boot: "b".parse().unwrap(),
            steps: 0,
        },
        feeds: [(acme(), FeedFacts::default())].into(),
        devices: [("scale-1".parse().unwrap(), device(true, None))].into(),
        receivers: vec![("erp".to_owned(), Progress::default())],
        floor: Arc::default(),
        page: PageFacts::default(),
    }
}

fn acme() -> FeedName {
    "acme".parse().unwrap()
}

fn device(connected: bool, problem: Option<&str>) -> DeviceStatus {
    DeviceStatus {
        on: "/dev/ttyUSB0".to_owned(),
        connected,
        problem: problem.map(str::to_owned),
        level_problem: None,
        readings: 0,
        dropped: 0,
        bad_frames: 0,
        bad_frames_by_reason: BTreeMap::new(),
        refused: 0,
        repeated: 0,
    }
}

fn disk(fullness: Fullness, percent: u8) -> Snapshot {
    let storage = StorageStatus {
        fullness,
        percent,
        used: 820_000_000,
        limit: 1_000_000_000,
        refused: 7,
        ..StorageStatus::default()
    };
    Snapshot { storage, ..well() }
}

fn ledger(fault: LedgerFault) -> Snapshot {
    Snapshot { ledger: Some(LedgerTrouble { fault, why: "write ledger: broken".to_owned() }), ..well() }
}

fn with_feed(change: impl FnOnce(&mut FeedFacts)) -> Snapshot {
    let mut feed = FeedFacts::default();
    change(&mut feed);
    Snapshot { feeds: [(acme(), feed)].into(), ..well() }
}

fn waiting(waiting: u64) -> FeedCounts {
    FeedCounts { recorded: waiting, waiting, ..FeedCounts::default() }
}

fn down(kind: TroubleKind, since: Duration) -> Snapshot {
    with_feed(|feed| {
        feed.counts = waiting(412);
        feed.trouble = Some(Trouble { kind, detail: "x".to_owned(), since: ago(since) });
    })
}

fn with_floor(change: impl FnOnce(&mut FloorFacts)) -> Snapshot {
    let mut floor = FloorFacts::default();
    change(&mut floor);
    Snapshot { floor: Arc::new(floor), ..well() }
}

fn alarm(name: &str, state: State) -> OpenAlarm {
    OpenAlarm {
        subject: Subject::Bin(name.parse().unwrap()),
        item: "M8".parse().unwrap(),
        state,
        fired: Some(WallTime::from_millis(now().wall.millis() - 60_000)),
        acknowledged: None,
        on_hand: 18,
        min: Some(20),
        max: Some(100),
    }
}

fn level(doubt: LevelDoubt) -> Snapshot {
    let unknown_since = doubt.is_unknown().then(|| ago(DAY));
    let fact = LevelFact { bin: "A-01".parse().unwrap(), scale: "scale-1".parse().unwrap(), doubt, unknown_since };
    with_floor(|floor| floor.levels.push(fact))
}

fn receiver(progress: Progress) -> Snapshot {
    Snapshot { receivers: vec![("erp".to_owned(), progress)], ..well() }
}

fn page(page: PageFacts) -> Snapshot {
    Snapshot { page, ..well() }
}

/// Each condition, with what must come of it: the kind, how bad, and words that must be in the English line.
fn table() -> Vec<(Snapshot, &'static str, Level, &'static str)> {
    use Level::{Act, Know, Stop};
    let hour = Duration::from_secs(3_600);
    let trouble = |closed| progress::Trouble { why: "answers 500".to_owned(), since: ago(hour), closed };
    let clock = |doubt| {
        let clock = ClockStatus { trusted: false, doubt: Some(doubt), ..well().clock };
        Snapshot { clock, ..well() }
    };
    let gone = |connected, why| Snapshot {
        devices: [("scale-1".parse().unwrap(), device(connected, Some(why)))].into(),
        ..well()
    };
    let notice = Notice {
        id: 7,
        at: now().wall,
        bin: None,
        text: "bin A-01: something came".to_owned(),
        remedy: "look for a foreign part".to_owned(),
        matter: None,
    };
    let mut table = vec![
        (ledger(LedgerFault::Other), "ledger", Stop, "write ledger: broken"),
        (ledger(LedgerFault::Full), "ledger", Stop, "takes nothing more"),
        (ledger(LedgerFault::ReadOnly), "ledger", Stop, "read-only"),
        (disk(Fullness::Full, 100), "disk_full", Stop, "movements are refused, 7 so far"),
        (disk(Fullness::Tight, 91), "disk_short", Act, "91 % full"),
        (disk(Fullness::Warn, 82), "disk_short", Know, "82 % full (820 of 1000 MB)"),
        (
            Snapshot { storage: StorageStatus { ballast_released: true, ..StorageStatus::default() }, ..well() },
            "ballast_gone",
            Act,
            "ballast is given up",
        ),
        (
            Snapshot {
                storage: StorageStatus { apart: vec![("/x/damaged-1".into(), 5_000_000)], ..StorageStatus::default() },
                ..well()
            },
            "damaged",
            Act,
            "/x/damaged-1 (5 MB)",
        ),
        (clock(trust::Doubt::NotSet), "clock", Act, "not trusted"),
        (clock(trust::Doubt::Stepped(-90_000)), "clock", Act, "set back by 90 s"),
        (clock(trust::Doubt::BeforeBuild), "clock", Act, "before this agent was built"),
        (clock(trust::Doubt::BeforeRecord), "clock", Act, "before the newest record"),
        (gone(false, "/dev/ttyUSB0 is not there; plug it in"), "device_gone", Act, "scale-1 on /dev/ttyUSB0"),
        (gone(true, line_doubt::Doubt::WrongParity(SentParity::Even).remedy()), "device_fault", Act, "7E1"),
        (level(LevelDoubt::NoBin), "level", Act, "level unknown"),
        (level(LevelDoubt::NoPiece("M8".parse().unwrap())), "level", Act, "what one M8 weighs"),
        (level(LevelDoubt::Calibrating), "level", Know, "being calibrated"),
        (level(LevelDoubt::Scale(Doubt::Crept(0.7))), "level", Know, "level in doubt"),
        (with_floor(|floor| floor.alarms_more = 12), "more_alarms", Know, "12 more"),
        (down(TroubleKind::Unreachable, Duration::from_secs(30)), "down", Know, "412 waiting, none lost"),
        (down(TroubleKind::Unreachable, LINE_PATIENCE), "down", Act, "unreachable"),
        (down(TroubleKind::Unauthorized, Duration::ZERO), "down", Act, "token"),
        (
            with_feed(|feed| feed.certificate_until = Some(in_days(12))),
            "certificate",
            Act,
            "certificate ends in 12 days",
        ),
        (with_feed(|feed| feed.certificate_until = Some(in_days(29))), "certificate", Know, "29 days"),
        (page(PageFacts { certificate_until: Some(in_days(-3)), pin_storm: None }), "certificate", Act, "ended on"),
        (
            with_feed(|feed| feed.aside = AsideWaiting { now: 3, earlier: 0 }),
            "set_aside",
            Act,
            "3 records set aside because the hub refused them",
        ),
        (
            with_feed(|feed| feed.aside = AsideWaiting { now: 0, earlier: 1 }),
            "older_epoch",
            Act,
            "1 record of an earlier epoch",
        ),
        (
            with_feed(|feed| feed.counts = FeedCounts { recorded: 4, lost: 4, ..FeedCounts::default() }),
            "lost",
            Act,
            "4 records lost",
        ),
        (
            with_feed(|feed| {
                feed.counts = waiting(9);
                feed.is_gone = true;
            }),
            "feed_gone",
            Act,
            "9 records wait",
        ),
        (
            with_feed(|feed| feed.counts = FeedCounts { recorded: 4, ..FeedCounts::default() }),
            "unaccounted",
            Act,
            "not all accounted for",
        ),
        (with_floor(|floor| floor.parked = Parked { codes: 2, units: 30 }), "parked", Act, "2 codes that nobody knows"),
        (with_floor(|floor| floor.notices.push(notice)), "notice", Act, "something came"),
        (
            page(PageFacts {
                certificate_until: None,
                pin_storm: Some(PinStorm { tries: 40, last: ago(hour / 2), until: now().elapsed + hour }),
            }),
            "pin_storm",
            Act,
            "40 wrong PINs in a row; nobody can sign in until",
        ),
        (
            receiver(Progress { trouble: Some(trouble(Closed::No)), waiting: 5, ..Progress::default() }),
            "receiver",
            Act,
            "answers 500; 5 waiting",
        ),
        (
            receiver(Progress { trouble: Some(trouble(Closed::UntilRestart)), ..Progress::default() }),
            "receiver",
            Act,
            "restart the agent",
        ),
        (receiver(Progress { set_aside: 2, ..Progress::default() }), "receiver_aside", Act, "refused 8 times"),
        (receiver(Progress { dropped: 2, ..Progress::default() }), "receiver_dropped", Know, "2 never sent"),
        (
            with_feed(|feed| {
                feed.counts = waiting(9);
                feed.held = Some(tariff::Why::Spent { used: 49_500_000, budget: 50_000_000 });
            }),
            "held",
            Know,
            "monthly budget used up",
        ),
        (
            with_feed(|feed| {
                feed.counts = waiting(9);
                feed.held = Some(tariff::Why::LastStretch);
            }),
            "held",
            Know,
            "one batch at a time",
        ),
        (with_feed(|feed| feed.is_unsaid = true), "unsaid", Know, "its hub does not say"),
        (with_floor(|floor| floor.counts_due = 1), "counts_due", Know, "1 place is due"),
    ];
    for (drain, says) in [
        (Estimate::About(Duration::from_secs(300)), "done in about 5 min"),
        (Estimate::Growing, "as much comes as goes"),
        (Estimate::Unknown, "not known yet"),
    ] {
        let feed = with_feed(|feed| {
            feed.counts = waiting(1_000);
            feed.drain = drain;
        });
        table.push((feed, "backlog", Know, says));
    }
    for (state, bad, says) in [
        (State::Unknown, Act, "level unknown; the books say 18"),
        (State::Negative, Act, "below zero"),
        (State::Out, Act, "out: 18"),
        (State::Low, Act, "low: 18 on hand, min 20"),
        (State::Perhaps, Know, "may be low"),
        (State::Over, Know, "over: 18 on hand, max 100"),
    ] {
        table.push((with_floor(|floor| floor.alarms.push(alarm("A-01", state))), "alarm", bad, says));
    }
    let known = OpenAlarm { acknowledged: Some(("0042".parse().unwrap(), now().wall)), ..alarm("A-01", State::Out) };
    table.push((with_floor(|floor| floor.alarms.push(known)), "alarm", Know, "acknowledged by 0042"));
    for doubt in doubts() {
        let bad = if doubt.is_unknown() { Act } else { Know };
        table.push((level(LevelDoubt::Scale(doubt)), "level", bad, "bin A-01"));
    }
    for kind in troubles() {
        table.push((down(kind, hour), "down", Act, kind.word()));
    }
    table
}

fn doubts() -> Vec<Doubt> {
    let mass = Mass::from_micrograms(3_000_000);
    let causes = [
        Cause::Overload,
        Cause::Underload,
        Cause::Busy,
        Cause::DeviceError,
        Cause::Silent,
        Cause::Awaited,
        Cause::Restarted,
        Cause::Offline,
        Cause::NotANumber,
    ];
    let others = [
        Doubt::Lifted,
        Doubt::NotWhole(0.4),
        Doubt::Unsteady,
        Doubt::Foreign(mass),
        Doubt::ZeroShift(mass),
        Doubt::Crept(0.3),
        Doubt::Disagrees(-2.0),
        Doubt::TooLight,
    ];
    causes.into_iter().map(Doubt::Scale).chain(others).collect()
}

fn troubles() -> [TroubleKind; 14] {
    use TroubleKind::*;
    [
        NameUnknown,
        Unreachable,
        BrokenOff,
        TimedOut,
        NotSecure,
        Certificate,
        CertificateTime,
        NotAHub,
        Proxy,
        Busy,
        Failing,
        Unauthorized,
        FeedUnknown,
        Refused,
    ]
}

fn said(problem: &Problem, language: Language) -> Said {
    words::say(language, &problem.what, Saying { now: &now(), time: &|at| at.to_string() })
}

#[test]
fn where_all_is_well_there_is_nothing_to_tell() {
    assert_eq!(of(&well(), &now()), []);
}

#[test]
fn each_condition_is_one_problem_of_its_kind_with_its_level_and_its_words() {
    for (snapshot, kind, bad, says) in table() {
        let problems = of(&snapshot, &now());
        let [problem] = &problems[..] else { panic!("{kind}, {says}: {problems:?}") };
        assert_eq!((problem.what.kind(), problem.level), (kind, bad), "{says}");
        let line = problem.told(&now()).to_string();
        assert!(line.contains(says), "{says:?} is not in {line:?}");
    }
}

#[test]
fn the_table_has_every_kind_there_is() {
    let rows: std::collections::BTreeSet<&str> = table().iter().map(|(_, kind, ..)| *kind).collect();
    let ranks: std::collections::BTreeSet<u8> =
        table().iter().flat_map(|(snapshot, ..)| of(snapshot, &now())).map(|problem| problem.what.rank()).collect();
    // Ranks count the kinds from 0 without a hole.
    assert_eq!(ranks.into_iter().map(usize::from).collect::<Vec<_>>(), (0..rows.len()).collect::<Vec<_>>(), "{rows:?}");
    assert_eq!(rows.len(), 28);
}

#[test]
fn every_problem_has_a_name_a_text_and_a_remedy_of_its_own_in_both_languages() {
    for (snapshot, kind, ..) in table() {
        for problem in of(&snapshot, &now()) {
            let [english, german] = Language::ALL.map(|language| said(&problem, language));
            for Said { name, text, remedy } in [&english, &german] {
                assert!(!name.is_empty() && !text.is_empty() && !remedy.is_empty(), "{kind}: {name}, {text}, {remedy}");
                assert!(
                    ![text, remedy].iter().any(|text| text.ends_with('.') || text.contains('\n')),
                    "{text}; {remedy}"
                );
            }
            // What people entered themselves has no translation.
            if !matches!(problem.what, What::Notice(_)) {
                assert_ne!(english.text, german.text, "{kind}");
                assert_ne!(english.remedy, german.remedy, "{kind}: {}", english.remedy);
            }
        }
    }
}

#[test]
fn every_problem_says_since_when_once_it_was_seen() {
    let later = Moment { elapsed: now().elapsed + DAY, ..now() };
    for (snapshot, kind, ..) in table() {
        let mut seen = Seen::default();
        let mut problems = of(&snapshot, &now());
        seen.handle(&mut problems, now().elapsed);
        assert!(problems.iter().all(|problem| problem.since.wall(&now()).is_some()), "{kind}: {problems:?}");
        let mut again = of(&snapshot, &later);
        seen.handle(&mut again, later.elapsed);
        // The clock says for how long, in the same snapshot the same.
        for (first, second) in problems.iter().zip(&again).filter(|_| kind != "clock") {
            assert_eq!(first.since, second.since, "{kind}: it began when it began");
        }
        seen.handle(&mut [], later.elapsed);
        let mut anew = of(&snapshot, &later);
        seen.handle(&mut anew, later.elapsed);
        for problem in anew.iter().filter(|problem| problem.since.is_at_least()) {
            assert_eq!(problem.since, Since::Seen(later.elapsed), "{kind}: what was over begins anew");
        }
    }
}

#[test]
fn worst_comes_first_then_the_kind_then_the_worst_state_then_the_name() {
    let mut all = disk(Fullness::Full, 100);
    all.page.pin_storm = Some(PinStorm { tries: 31, last: now().elapsed, until: Duration::ZERO });
    all.floor = Arc::new(FloorFacts {
        alarms: vec![
            alarm("B-02", State::Low),
            alarm("B-01", State::Low),
            alarm("C-01", State::Out),
            alarm("A-01", State::Over),
        ],
        counts_due: 3,
        ..FloorFacts::default()
    });
    all.feeds.insert("zeta".parse().unwrap(), FeedFacts { counts: waiting(5_000), ..FeedFacts::default() });
    let order: Vec<String> =
        of(&all, &now()).iter().map(|problem| format!("{} {}", problem.level.word(), problem.key())).collect();
    assert_eq!(
        order,
        [
            "stop disk_full ",
            "act alarm bin:C-01",
            "act alarm bin:B-01",
            "act alarm bin:B-02",
            "act pin_storm ",
            "know alarm bin:A-01",
            "know backlog zeta",
            "know counts_due ",
        ]
    );
}

#[test]
fn what_somebody_took_note_of_or_nobody_need_hear_is_not_told() {
    let noted = with_feed(|feed| {
        feed.counts = FeedCounts { recorded: 4, lost: 4, ..FeedCounts::default() };
        feed.losses_seen = 4;
    });
    let on_its_way = with_feed(|feed| feed.counts = waiting(999));
    let long_over = PinStorm { tries: 40, last: ago(PIN_STORM_OVER), until: Duration::ZERO };
    let storm = page(PageFacts { pin_storm: Some(long_over), certificate_until: Some(in_days(31)) });
    // A clock that is not trusted ends no certificate.
    let untrusted = UntrustedClock { boot: "b".parse().unwrap(), mono_ms: 1 };
    let certificate = with_feed(|feed| feed.certificate_until = Some(in_days(1)));
    assert_eq!(of(&certificate, &Moment { clock: Some(untrusted), ..now() }), []);
    for quiet in [noted, on_its_way, storm] {
        assert_eq!(of(&quiet, &now()), []);
    }
}

#[test]
fn of_a_device_that_is_gone_nobody_hears_that_its_level_is_unknown_too() {
    let mut gone = level(LevelDoubt::Scale(Doubt::Scale(Cause::Offline)));
    gone.devices.insert("scale-1".parse().unwrap(), device(false, Some("x is not there; plug it in")));
    let kinds =
        |snapshot: &Snapshot| of(snapshot, &now()).iter().map(|problem| problem.what.kind()).collect::<Vec<_>>();
    assert_eq!(kinds(&gone), ["device_gone"]);
    let mut doubled = level(LevelDoubt::Scale(Doubt::Lifted));
    Arc::make_mut(&mut doubled.floor).alarms.push(alarm("A-01", State::Unknown));
    assert_eq!(kinds(&doubled), ["level"], "nor twice that it is unknown");
}

#[test]
fn a_notice_is_said_in_the_language_of_whoever_looks() {
    let item = || Some("M8-BOLT".parse().unwrap());
    let matters = [
        Matter::NoWeightChange { item: item(), stated: Some(3) },
        Matter::NoWeightChange { item: item(), stated: None },
        Matter::Quantity { item: item(), stated: 3, weighed: 4 },
        Matter::NoScan { item: item(), units: -2 },
        Matter::NoScan { item: item(), units: 2 },
        Matter::Unrecordable { item: None },
        Matter::Strange { nearest: -1, off: "+0.40".to_owned() },
        Matter::ZeroShift { by: "1.25 g".to_owned() },
        Matter::StillStands,
        Matter::Unreadable { what: "item M8".to_owned(), of: Some("M8".to_owned()) },
    ];
    let bin: Option<PlaceName> = Some("A-01".parse().unwrap());
    for matter in matters {
        let text = matter.at("bin", bin.as_ref()) + &matter.text();
        let remedy = matter.remedy().to_owned();
        let notice = Notice { id: 1, at: now().wall, bin: bin.clone(), text, remedy, matter: Some(matter) };
        let (english, german) = (words::notice(Language::English, &notice), words::notice(Language::German, &notice));
        assert_eq!(english, (notice.text.clone(), notice.remedy.clone()));
        assert!(german.0.starts_with("Fach A-01"), "{german:?}");
        assert!(german.0 != english.0 && german.1 != english.1, "{german:?}");
        let kept = serde_json::to_string(&notice).unwrap();
        assert_eq!(serde_json::from_str::<Notice>(&kept).unwrap(), notice);
    }
    let old = r#"{"id":7,"at":"2026-11-21T05:59:00.000Z","text":"bin A-01: something came","remedy":"look"}"#;
    let old: Notice = serde_json::from_str(old).unwrap();
    assert_eq!(words::notice(Language::German, &old), ("bin A-01: something came".to_owned(), "look".to_owned()));
}
