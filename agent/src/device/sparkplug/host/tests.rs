use super::super::payload::{Metric, Payload, Quality};
use super::super::value::{DataType, WireValue};
use super::*;

mod link;

const WEIGHT: u64 = 7;

/// State, a site in it, what it hears, and what it does.
type Row<'a> = (&'a str, fn() -> Site, &'a str, Vec<u8>, &'a [&'a str]);

/// A node with one watched metric of its own, one of device `d`, and the host that watches them.
struct Site {
    host: Host,
    now_ms: u64,
}

impl Site {
    fn new() -> Self {
        Self::with_reorder(0)
    }

    fn with_reorder(reorder_ms: u64) -> Self {
        let mut host = Host::new("binwire", reorder_ms).unwrap();
        host.watch(Source::new("g", "n", None).unwrap(), "Level").unwrap();
        host.watch(Source::new("g", "n", Some("d")).unwrap(), "Weight").unwrap();
        Self { host, now_ms: 1_000_000 }
    }

    /// Born with its device, messages 0 and 1 of session 3, and quiet.
    fn born() -> Self {
        let mut site = Self::new();
        site.hear("NBIRTH", &node_birth(3));
        site.hear("DBIRTH", &device_birth(1, 1.0));
        site
    }

    fn hear(&mut self, kind: &str, payload: &Payload) -> Vec<String> {
        self.hear_bytes(kind, &payload.encode(), false)
    }

    fn hear_bytes(&mut self, kind: &str, payload: &[u8], retained: bool) -> Vec<String> {
        let device = if kind.starts_with('D') { "/d" } else { "" };
        show(self.host.handle(&format!("spBv1.0/g/{kind}/n{device}"), payload, retained, self.now_ms))
    }

    fn wait(&mut self, ms: u64) -> Vec<String> {
        self.now_ms += ms;
        show(self.host.handle_timeout(self.now_ms))
    }
}

fn show(actions: Vec<Action>) -> Vec<String> {
    let level = |value: &Value| value.number().map_or_else(|| format!("{value:?}"), |number| number.to_string());
    let show = |action| match action {
        Action::Reading { source, metric, report: Report::Current { value, .. } } => {
            format!("{source} {metric} {}", level(&value))
        }
        Action::Reading { source, metric, report: Report::Historical { value, .. } } => {
            format!("{source} {metric} was {}", level(&value))
        }
        Action::Reading { source, metric, report: Report::Unknown(cause) } => {
            format!("{source} {metric} unknown: {}", cause.name())
        }
        Action::RequestRebirth(node) => format!("ask {node}"),
        Action::Online(source) => format!("{source} online"),
        Action::Offline(source) => format!("{source} offline"),
        Action::PublishState => "publish state".to_owned(),
        Action::Refused(error) => format!("refused: {}", error.code()),
    };
    actions.into_iter().map(show).collect()
}

fn level(value: i32) -> Metric {
    Metric::new("Level", DataType::Int32, WireValue::Int(value.cast_unsigned()))
}

fn weight(value: f64) -> Metric {
    Metric { alias: Some(WEIGHT), ..Metric::new("Weight", DataType::Double, WireValue::Double(value)) }
}

fn message(seq: u64, metrics: Vec<Metric>) -> Payload {
    Payload { seq: Some(seq), ..Payload::new(1_000 + seq, metrics) }
}

fn node_birth(bd_seq: u8) -> Payload {
    Payload::node_birth(1_000, bd_seq, vec![level(-5)])
}

fn device_birth(seq: u64, value: f64) -> Payload {
    let other = Metric { alias: Some(8), ..Metric::new("Other", DataType::Int32, WireValue::Int(1)) };
    message(seq, vec![weight(value), other])
}

fn device_data(seq: u64, value: f64) -> Payload {
    message(seq, vec![Metric::of_alias(WEIGHT, WireValue::Double(value))])
}

const LOST: [&str; 3] = ["g/n Level unknown: silent", "g/n/d Weight unknown: silent", "ask g/n"];

#[test]
fn a_birth_tells_every_watched_level_and_data_by_alias_goes_on_from_it() {
    let mut site = Site::new();
    let told = site.hear("NBIRTH", &node_birth(3));
    assert_eq!(told, ["g/n/d Weight unknown: offline", "g/n online", "g/n Level -5"]);
    assert_eq!(site.hear("DBIRTH", &device_birth(1, 1.5)), ["g/n/d online", "g/n/d Weight 1.5"]);
    assert_eq!(site.hear("DDATA", &device_data(2, 2.5)), ["g/n/d Weight 2.5"]);
    let by_name = Metric { datatype: None, ..level(-6) };
    assert_eq!(site.hear("NDATA", &message(3, vec![by_name])), ["g/n Level -6"]);
    let other = Metric::of_alias(8, WireValue::Int(5));
    assert_eq!(site.hear("DDATA", &message(4, vec![other])), [""; 0]);
    assert_eq!(site.host.counts(), Counts::default());
    assert_eq!(site.host.due_ms(), None);
}

/// Every state with every input, the node's own level and the device's as they are told.
#[test]
fn each_state_answers_each_input() {
    let unborn = Site::new;
    let alive = Site::born;
    let lost = || {
        let mut site = Site::born();
        assert_eq!(site.hear("DDATA", &device_data(9, 5.0)), LOST);
        site
    };
    let dead = || {
        let mut site = Site::born();
        site.hear("NDEATH", &Payload::node_death(0, 3));
        site
    };
    let born_again: &[&str] = &["g/n online", "g/n Level -5"];
    let ask: &[&str] = &["ask g/n"];
    let nothing: &[&str] = &[];
    let gone: &[&str] =
        &["g/n/d offline", "g/n/d Weight unknown: offline", "g/n offline", "g/n Level unknown: offline"];
    let refused: &[&str] = &["refused: bad-protobuf"];
    let unread = &[refused, &LOST].concat();
    let first = &["g/n/d Weight unknown: offline", "g/n online", "g/n Level -5"];
    let restarted = &["g/n/d offline", "g/n/d Weight unknown: offline", "g/n online", "g/n Level -5"];
    let reborn = &["g/n/d Weight unknown: silent", "g/n Level -5"];
    let same = node_birth(3).encode();
    let another = node_birth(4).encode();
    let data = device_data(2, 2.0).encode();
    let node_data = message(2, vec![level(9)]).encode();
    let will = Payload::node_death(0, 3).encode();
    let stale = Payload::node_death(0, 2).encode();
    let nameless = Payload::new(0, vec![]).encode();
    let birth = device_birth(2, 4.0).encode();
    let death = message(2, vec![]).encode();
    let rows: Vec<Row<'_>> = vec![
        ("unborn", unborn, "NBIRTH", same.clone(), first),
        ("unborn", unborn, "NDEATH", will.clone(), nothing),
        ("unborn", unborn, "NDEATH", nameless.clone(), nothing),
        ("unborn", unborn, "NDATA", node_data.clone(), ask),
        ("unborn", unborn, "DBIRTH", birth.clone(), ask),
        ("unborn", unborn, "DDATA", data.clone(), ask),
        ("unborn", unborn, "DDEATH", death.clone(), ask),
        ("unborn", unborn, "NDATA", vec![0xFF], refused),
        ("alive", alive, "NBIRTH", same.clone(), reborn),
        ("alive", alive, "NBIRTH", another.clone(), restarted),
        ("alive", alive, "NDEATH", will.clone(), gone),
        ("alive", alive, "NDEATH", stale.clone(), nothing),
        ("alive", alive, "NDEATH", nameless.clone(), &LOST),
        ("alive", alive, "NDATA", node_data.clone(), &["g/n Level 9"]),
        ("alive", alive, "DBIRTH", birth.clone(), &["g/n/d Weight 4"]),
        ("alive", alive, "DDATA", data.clone(), &["g/n/d Weight 2"]),
        ("alive", alive, "DDEATH", death.clone(), &["g/n/d offline", "g/n/d Weight unknown: offline"]),
        ("alive", alive, "NCMD", will.clone(), nothing),
        ("alive", alive, "DCMD", data.clone(), nothing),
        ("alive", alive, "NDATA", vec![0xFF], unread),
        ("lost", lost, "NBIRTH", same.clone(), &["g/n Level -5"]),
        ("lost", lost, "NBIRTH", another.clone(), restarted),
        ("lost", lost, "NDEATH", will.clone(), gone),
        ("lost", lost, "NDEATH", stale.clone(), nothing),
        ("lost", lost, "NDATA", node_data.clone(), nothing),
        ("lost", lost, "DBIRTH", birth.clone(), nothing),
        ("lost", lost, "DDATA", data.clone(), nothing),
        ("lost", lost, "DDEATH", death.clone(), nothing),
        ("dead", dead, "NBIRTH", same, born_again),
        ("dead", dead, "NBIRTH", another, born_again),
        ("dead", dead, "NDEATH", will, nothing),
        ("dead", dead, "NDEATH", stale, nothing),
        ("dead", dead, "NDATA", node_data, ask),
        ("dead", dead, "DBIRTH", birth, ask),
        ("dead", dead, "DDATA", data, ask),
        ("dead", dead, "DDEATH", death, nothing),
    ];
    for (state, site, kind, payload, expect) in rows {
        assert_eq!(site().hear_bytes(kind, &payload, false), expect, "{state}: {kind} {payload:02x?}");
        if kind != "NCMD" && kind != "DCMD" {
            let kept = site().hear_bytes(kind, &payload, true);
            assert!(kept.is_empty(), "{state}: retained {kind} told {kept:?}");
        }
    }
}

#[test]
fn the_sequence_goes_round_at_255_over_messages_of_node_and_devices() {
    let mut site = Site::born();
    for sent in 2..600_u64 {
        let (kind, payload) = if sent % 2 == 0 {
            ("NDATA", message(sent % 256, vec![level(1)]))
        } else {
            ("DDATA", device_data(sent % 256, 1.0))
        };
        assert_eq!(site.hear(kind, &payload).len(), 1, "{sent}");
    }
    assert_eq!(site.host.counts().gaps, 0);
}

#[test]
fn devices_nobody_watches_count_for_the_sequence() {
    let mut site = Site::born();
    let told = site.host.handle("spBv1.0/g/DBIRTH/n/other", &device_birth(2, 9.0).encode(), false, 0);
    assert_eq!(told, []);
    assert_eq!(site.hear("DDATA", &device_data(3, 2.0)), ["g/n/d Weight 2"]);
    assert_eq!(site.host.handle("spBv1.0/g/NBIRTH/other", &[0xFF], false, 0), []);
    assert_eq!(site.host.counts(), Counts { unwatched: 1, ..Counts::default() });
}

#[test]
fn after_a_gap_nothing_is_believed_until_the_births_have_come() {
    let mut site = Site::born();
    assert_eq!(site.hear("DDATA", &device_data(3, 2.0)), LOST);
    assert_eq!(site.hear("DDATA", &device_data(4, 2.0)), [""; 0]);
    assert_eq!(site.hear("DBIRTH", &device_birth(5, 2.0)), [""; 0]);
    assert_eq!(site.hear("NBIRTH", &node_birth(3)), ["g/n Level -5"]);
    // The session is the same, so the device has not started again.
    assert_eq!(site.hear("DBIRTH", &device_birth(1, 2.5)), ["g/n/d Weight 2.5"]);
    assert_eq!(site.hear("DDATA", &device_data(2, 3.0)), ["g/n/d Weight 3"]);
    assert_eq!(site.host.counts(), Counts { gaps: 1, ..Counts::default() });
}

#[test]
fn a_device_that_was_not_born_since_its_node_is_not_understood() {
    let mut site = Site::born();
    site.hear("NBIRTH", &node_birth(3));
    assert_eq!(site.hear("DDATA", &device_data(1, 2.0)), ["ask g/n"]);
    assert_eq!(site.hear("NDATA", &message(2, vec![level(4)])), ["g/n Level 4"], "the node itself is");
    site.hear("DBIRTH", &device_birth(3, 1.0));
    assert_eq!(site.hear("DDEATH", &message(4, vec![])).len(), 2);
    assert_eq!(site.hear("DDATA", &device_data(5, 2.0)), [""; 0], "asked a moment ago");
    assert_eq!(site.hear("DBIRTH", &device_birth(6, 1.0)), ["g/n/d online", "g/n/d Weight 1"]);
}

#[test]
fn a_message_heard_twice_is_heard_once() {
    let mut site = Site::born();
    site.hear("DDATA", &device_data(2, 2.0));
    assert_eq!(site.hear("DDATA", &device_data(2, 2.0)), [""; 0]);
    assert_eq!(site.hear("DBIRTH", &device_birth(1, 1.0)), [""; 0]);
    assert_eq!(site.hear("DDATA", &device_data(3, 3.0)), ["g/n/d Weight 3"]);
    assert_eq!(site.host.counts(), Counts { late: 2, ..Counts::default() });
}

#[test]
fn a_message_that_its_rebirth_has_overtaken_is_late() {
    let mut site = Site::born();
    let birth = Payload { timestamp: Some(5_000), ..node_birth(3) };
    site.hear("NBIRTH", &birth);
    assert_eq!(site.hear("DDATA", &device_data(77, 2.0)), [""; 0]);
    assert_eq!(site.host.counts(), Counts { late: 1, ..Counts::default() });
}

#[test]
fn messages_that_have_overtaken_wait_for_the_missing_one() {
    let mut site = Site::with_reorder(2_000);
    site.hear("NBIRTH", &node_birth(3));
    site.hear("DBIRTH", &device_birth(1, 1.0));
    assert_eq!(site.hear("DDATA", &device_data(4, 4.0)), [""; 0]);
    assert_eq!(site.hear("DDATA", &device_data(3, 3.0)), [""; 0]);
    assert_eq!(site.host.due_ms(), Some(site.now_ms + 2_000));
    assert_eq!(site.wait(1_999), [""; 0]);
    let told = site.hear("NDATA", &message(2, vec![level(2)]));
    assert_eq!(told, ["g/n Level 2", "g/n/d Weight 3", "g/n/d Weight 4"]);
    assert_eq!((site.host.due_ms(), site.host.counts()), (None, Counts::default()));
}

#[test]
fn a_missing_message_that_does_not_come_in_time_is_a_gap() {
    for late_comer in [false, true] {
        let mut site = Site::with_reorder(2_000);
        site.hear("NBIRTH", &node_birth(3));
        site.hear("DBIRTH", &device_birth(1, 1.0));
        site.hear("DDATA", &device_data(3, 3.0));
        let told = if late_comer {
            site.now_ms += 2_000;
            site.hear("DDATA", &device_data(2, 2.0))
        } else {
            site.wait(2_000)
        };
        assert_eq!(told, LOST);
    }
    let mut site = Site::with_reorder(2_000);
    site.hear("NBIRTH", &node_birth(3));
    site.hear("DBIRTH", &device_birth(1, 1.0));
    assert_eq!(site.hear("DDATA", &device_data(50, 3.0)), LOST, "no order that was lost");
}

#[test]
fn an_alias_means_what_the_latest_birth_says() {
    // A device may be born again with its node or on its own.
    for with_node in [true, false] {
        let mut site = Site::born();
        let mut seq = 2;
        if with_node {
            site.hear("NBIRTH", &node_birth(3));
            seq = 1;
        }
        let other = Metric { alias: Some(WEIGHT), ..Metric::new("Other", DataType::Int32, WireValue::Int(1)) };
        let weight = Metric { alias: Some(9), ..weight(2.0) };
        assert_eq!(site.hear("DBIRTH", &message(seq, vec![other, weight])), ["g/n/d Weight 2"]);
        assert_eq!(site.hear("DDATA", &device_data(seq + 1, 99.0)), [""; 0]);
        let data = message(seq + 2, vec![Metric::of_alias(9, WireValue::Double(3.0))]);
        assert_eq!(site.hear("DDATA", &data), ["g/n/d Weight 3"]);
        assert_eq!(site.host.counts(), Counts::default());
    }
}

#[test]
fn an_alias_no_birth_has_given_asks_for_one_and_the_rest_is_heard() {
    let mut site = Site::born();
    let unknown = Metric::of_alias(1_000, WireValue::Double(5.0));
    let known = Metric::of_alias(WEIGHT, WireValue::Double(2.0));
    assert_eq!(site.hear("DDATA", &message(2, vec![unknown, known])), ["g/n/d Weight 2", "ask g/n"]);
    assert_eq!(site.host.counts(), Counts { unknown_aliases: 1, ..Counts::default() });
}

#[test]
fn an_alias_given_to_several_metrics_is_not_guessed() {
    let mut site = Site::born();
    let shared = Metric { alias: Some(WEIGHT), ..Metric::new("Other", DataType::Double, WireValue::Double(9.0)) };
    assert_eq!(site.hear("DBIRTH", &message(2, vec![weight(1.0), shared])), ["g/n/d Weight 1"]);
    assert_eq!(site.hear("DDATA", &device_data(3, 9.0)), ["g/n/d Weight unknown: device error"]);
    let named = Metric { name: Some("Weight".into()), ..Metric::of_alias(WEIGHT, WireValue::Double(2.0)) };
    assert_eq!(site.hear("DDATA", &message(4, vec![named])), ["g/n/d Weight 2"]);
}

#[test]
fn a_value_that_cannot_be_trusted_is_an_unknown_level() {
    let nan = WireValue::Double(f64::NAN);
    let typeless = Metric { name: Some("Weight".into()), wire: Some(WireValue::Int(1)), ..Metric::default() };
    let null = Metric { is_null: true, ..weight(0.0) };
    for (metric, cause) in [
        (Metric { wire: Some(nan), ..weight(0.0) }, "not a number"),
        (null.clone(), "not a number"),
        (Metric { wire: None, ..null }, "not a number"),
        (Metric { wire: None, ..weight(0.0) }, "not a number"),
        (Metric { quality: Quality::Bad, ..weight(5.0) }, "device error"),
        (Metric { quality: Quality::Stale, ..weight(5.0) }, "silent"),
    ] {
        let mut site = Site::born();
        let told = site.hear("DDATA", &message(2, vec![metric.clone()]));
        assert_eq!(told, [format!("g/n/d Weight unknown: {cause}")], "{metric:?}");
        assert_eq!(site.hear("DDATA", &message(3, vec![metric])), [""; 0], "told once");
        assert_eq!(site.hear("DDATA", &device_data(4, 2.0)), ["g/n/d Weight 2"]);
    }
    let mut site = Site::born();
    assert_eq!(site.hear("DDATA", &message(2, vec![typeless.clone()])), ["g/n/d Weight 1"], "typed by the birth");
    site.hear("DBIRTH", &message(3, vec![]));
    assert_eq!(site.hear("DDATA", &message(4, vec![typeless])), [""; 0], "unknown since the birth, and still is");
}

#[test]
fn a_metric_that_a_birth_does_not_announce_is_unknown() {
    let mut site = Site::born();
    assert_eq!(site.hear("DBIRTH", &message(2, vec![])), ["g/n/d Weight unknown: device error"]);
}

#[test]
fn past_values_are_told_as_such_and_leave_the_level_alone() {
    let mut site = Site::born();
    let past = Metric { is_historical: true, ..weight(9.0) };
    let now = Metric::of_alias(WEIGHT, WireValue::Double(2.0));
    let told = site.hear("DDATA", &message(2, vec![past.clone(), now]));
    assert_eq!(told, ["g/n/d Weight was 9", "g/n/d Weight 2"]);
    site.hear("DDEATH", &message(3, vec![]));
    let told = site.hear("DBIRTH", &message(4, vec![past.clone(), weight(3.0)]));
    assert_eq!(told, ["g/n/d online", "g/n/d Weight was 9", "g/n/d Weight 3"]);
    let null = Metric { wire: None, is_null: true, ..past };
    assert_eq!(site.hear("DDATA", &message(5, vec![null])), [""; 0]);
}

#[test]
fn requests_are_repeated_ever_more_rarely_until_the_birth_comes() {
    let mut site = Site::new();
    assert_eq!(site.hear("DDATA", &device_data(9, 1.0)), ["ask g/n"]);
    let mut asked = Vec::new();
    for second in 1..=400 {
        let told = site.wait(1_000);
        let heard = site.hear("DDATA", &device_data(9, 1.0));
        assert!(heard.is_empty(), "talking does not make it more often");
        if !told.is_empty() {
            asked.push(second);
        }
    }
    assert_eq!(asked, [5, 15, 35, 75, 155, 315]);
    assert_eq!(site.host.due_ms(), Some(site.now_ms + 215_000));
    site.hear("NBIRTH", &node_birth(3));
    assert_eq!(site.host.due_ms(), None);
}

#[test]
fn a_node_that_is_known_to_be_gone_is_not_asked() {
    let mut site = Site::born();
    assert_eq!(site.hear("DDATA", &device_data(9, 1.0)), LOST);
    site.hear("NDEATH", &Payload::node_death(0, 3));
    assert_eq!(site.host.due_ms(), None);
    assert_eq!(site.wait(1_000_000), [""; 0]);
}

#[test]
fn a_host_that_starts_or_comes_back_gives_nodes_a_moment_and_then_asks() {
    let mut site = Site::born();
    let silent: [&str; 2] = ["g/n/d Weight unknown: silent", "g/n Level unknown: silent"];
    assert_eq!(show(site.host.handle_disconnected()), silent);
    assert_eq!(site.host.due_ms(), None, "there is no one to ask through");
    assert_eq!(show(site.host.handle_connected(site.now_ms)), [""; 0]);
    assert_eq!(site.wait(1_999), [""; 0]);
    assert_eq!(site.wait(1), ["ask g/n"]);
    // It may have started again meanwhile, whatever its session says.
    let told = site.hear("NBIRTH", &node_birth(3));
    assert_eq!(told, ["g/n/d Weight unknown: offline", "g/n online", "g/n Level -5"]);
    assert_eq!(site.hear("DBIRTH", &device_birth(1, 2.0)), ["g/n/d online", "g/n/d Weight 2"]);

    let mut site = Site::new();
    site.host.handle_connected(site.now_ms);
    assert_eq!(site.hear("DDATA", &device_data(9, 1.0)), ["ask g/n"], "it talks, so it need not be waited for");
    site.host.handle_connected(site.now_ms);
    site.hear("NBIRTH", &node_birth(3));
    assert_eq!(site.wait(10_000), [""; 0], "it was born unasked");
}

#[test]
fn an_old_will_of_this_host_is_answered() {
    let mut site = Site::new();
    let mut state = |topic: &str, payload: &str| show(site.host.handle(topic, payload.as_bytes(), true, 0));
    assert_eq!(state("spBv1.0/STATE/binwire", &HostState::death(5)), ["publish state"]);
    assert_eq!(state("spBv1.0/STATE/binwire", &HostState::birth(5)), [""; 0]);
    assert_eq!(state("spBv1.0/STATE/other", &HostState::death(5)), [""; 0]);
    assert_eq!(state("spBv1.0/STATE/binwire", "?"), ["refused: bad-state"]);
    assert_eq!(state("tele/x/LWT", "Offline"), ["refused: bad-namespace"]);
}

#[test]
fn what_is_watched_is_bounded_and_subscribed() {
    let mut site = Site::new();
    assert_eq!(site.host.subscriptions(), ["spBv1.0/g/+/n/#", "spBv1.0/STATE/binwire"]);
    let source = || Source::new("g", "n", Some("d")).unwrap();
    assert_eq!(site.host.watch(source(), ""), Err(WatchError::NoName));
    for _ in 0..2_000 {
        assert_eq!(site.host.watch(source(), "Weight"), Ok(()), "watched once");
    }
    let watched = (0..2_000).filter(|place| site.host.watch(source(), &place.to_string()).is_ok()).count();
    assert_eq!(watched, WATCHES_MAX - 2);
    assert!(Host::new("a/b", 0).is_err());
}

#[test]
fn any_bytes_on_any_topic_are_survived() {
    let topics = ["NBIRTH/n", "NDEATH/n", "NDATA/n", "DBIRTH/n/d", "DDATA/n/d", "DDEATH/n/d"];
    let valid = device_birth(1, 1.0).encode();
    let mut site = Site::with_reorder(2_000);
    let mut seed = 1_u64;
    for round in 0..20_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut payload = valid.clone();
        let place = usize::try_from(seed >> 33).unwrap() % payload.len();
        payload[place] ^= seed.to_le_bytes()[2];
        payload.truncate(payload.len() - usize::from(round % 3 == 0) * place);
        let topic = topics[usize::try_from(seed >> 40).unwrap() % topics.len()];
        site.host.handle(&format!("spBv1.0/g/{topic}"), &payload, false, round);
    }
}
