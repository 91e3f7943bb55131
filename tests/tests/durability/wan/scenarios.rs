//! The table of what goes wrong on the way to the hub, and what must hold for each line of it.
//!
//! Every scenario is a real agent, a real hub and the line between them. The site delivers, the trouble begins, parts are
//! scanned all the same, `status` names the trouble while it lasts; when it is over the backlog drains by itself within a
//! bound, and the [checker](tests::Checker) finds nothing lost, doubled or invented. Where the trouble is one that a site
//! gets over by itself, it must do so while it lasts. No trouble makes the site ask more often than its backoff allows.
//!
//! `WAN=words` plays only the scenarios with these words in their names.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use sim::{
    Wan,
    wan::{Answers, Fault},
};
use tests::{
    Broker, PATIENCE,
    skip::{say, skip},
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, LocalSet, spawn_local},
    time::sleep,
};

use super::{
    front::Shows,
    network::Deaf,
    stage::{POISON, Stage, Way},
};

/// Scenarios at once. They wait for time-outs more than they work.
const AT_ONCE: usize = 6;

/// How long the backlog may take after the end of the trouble. A wait of the backoff is half a second here; the rest is
/// for a machine that has other things to do.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// How long after that the log may take to say what was the matter.
const LINE_SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// How long the hub may take to answer. Short, so that a scenario of silence is.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(800);

/// Records in a batch: the parts of a scenario are several.
const BATCH_RECORDS: u32 = 5;

/// Parts scanned while the trouble lasts.
const PARTS: u64 = 20;

/// Attempts in any trouble, to begin with and for each second. The backoff comes to four a second, batches that go
/// through come on top; a storm is hundreds.
const ATTEMPTS_MAX: (u64, u64) = (40, 40);

type Trouble = for<'s> fn(&'s mut Stage) -> Pin<Box<dyn Future<Output = ()> + 's>>;

#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    way: Way,
    seen: Seen,
    trouble: Trouble,
    request_timeout: Duration,
    batch_records: u32,
    /// The backlog must not drain sooner after the trouble began.
    no_sooner: Duration,
    /// Only a new start ends it: the hub has asked for a wait longer than a test.
    takes_restart: bool,
    /// Records that end in the list of those set aside, at least and at most.
    set_aside: (u64, u64),
    /// Alarms in the log that belong to it.
    alarms: &'static [&'static str],
}

/// What is to be seen of the trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// `status` says it until it is over.
    Lasting(&'static str),
    /// The log says it; the site gets over it by itself.
    Passing(&'static str),
    /// Nothing: the site delivers as if nothing were.
    Nothing,
    /// It may pass unseen; the site gets over it by itself.
    Maybe,
}

use Seen::{Lasting, Maybe, Nothing, Passing};
use Way::{Direct, Named, Plain, Tls, Tls2};

const fn scenario(name: &'static str, way: Way, seen: Seen, trouble: Trouble) -> Scenario {
    Scenario {
        name,
        way,
        seen,
        trouble,
        request_timeout: REQUEST_TIMEOUT,
        batch_records: BATCH_RECORDS,
        no_sooner: Duration::ZERO,
        takes_restart: false,
        set_aside: (0, 0),
        alarms: &[],
    }
}

impl Scenario {
    /// For what is slow and not broken.
    const fn patient(self) -> Self {
        Self { request_timeout: Duration::from_secs(10), ..self }
    }

    const fn no_sooner(self, no_sooner: Duration) -> Self {
        Self { no_sooner, ..self }
    }

    const fn takes_restart(self) -> Self {
        Self { takes_restart: true, ..self }
    }

    const fn sets_aside(self, least: u64, most: u64) -> Self {
        Self { set_aside: (least, most), ..self }
    }

    const fn alarms(self, alarms: &'static [&'static str]) -> Self {
        Self { alarms, ..self }
    }
}

/// What is done to a stage, as a [`Trouble`].
macro_rules! act {
    (|$stage:ident| $($trouble:tt)*) => { |$stage| Box::pin(async move { $($trouble)*; }) };
}

const UNREACHABLE: &str = "hub unreachable";
const BREAKS_OFF: &str = "breaks off";
const NO_ANSWER: &str = "does not answer";
const NO_NAME: &str = "name has no address";
const NO_TLS: &str = "no TLS";
const NOT_BELIEVED: &str = "certificate is not believed";
const NOT_NOW: &str = "certificate has expired or is not valid yet";
const NOT_A_HUB: &str = "something other than the hub";
const PROXY: &str = "proxy on the way wants a login";
const BUSY: &str = "asks to wait";
const FAILING: &str = "fault of its own";
const TOKEN: &str = "does not accept this feed's token";
const NO_FEED: &str = "does not know this feed";
const REFUSES: &str = "refuses the feed";
const OTHER_HISTORY: &str = "hub has another history";

#[rustfmt::skip]
const SCENARIOS: &[Scenario] = &[
    // The line.
    scenario("connection refused", Direct, Lasting(UNREACHABLE), act!(|s| s.hub.kill())),
    scenario("connection reset at once", Plain, Lasting(BREAKS_OFF), act!(|s| s.wan.down())),
    scenario("connection time-out", Named, Lasting(UNREACHABLE), act!(|s| {
        s.deaf = Some(Deaf::at(s.beside(4)));
        s.name(Answers::At([127, 0, 0, 4].into()))
    })),
    scenario("reset mid-request", Plain, Lasting(BREAKS_OFF), act!(|s| s.play(Fault::ResetRequest))),
    scenario("reset before the reply", Plain, Lasting(BREAKS_OFF), act!(|s| s.play(Fault::ResetReply(0)))),
    scenario("reset mid-reply", Plain, Lasting(BREAKS_OFF), act!(|s| s.play(Fault::ResetReply(150)))),
    scenario("reply cut off", Plain, Lasting(BREAKS_OFF), act!(|s| s.play(Fault::CutReply(150)))),
    scenario("half-open connection", Plain, Passing(NO_ANSWER), act!(|s| s.wan.forget())),
    scenario("half-open connection, TLS", Tls, Passing(NO_ANSWER), act!(|s| s.wan.forget())),
    scenario("half-open connection, HTTP/2", Tls2, Passing(NO_ANSWER), act!(|s| s.wan.forget())),
    scenario("black hole after accept", Plain, Lasting(NO_ANSWER), act!(|s| { s.cut(); s.wan.black_hole() })),
    scenario("black hole mid-batch", Plain, Lasting(NO_ANSWER), act!(|s| s.play(Fault::SwallowRequest))),
    scenario("black hole after the commit", Plain, Lasting(NO_ANSWER), act!(|s| s.play(Fault::Silence))),
    scenario("line dead for a while", Plain, Lasting(NO_ANSWER), act!(|s| s.wan.black_hole())),
    scenario("slow upload", Plain, Lasting(NO_ANSWER), act!(|s| s.wan.rate(200))),
    scenario("slow-loris reply", Plain, Lasting(NO_ANSWER), act!(|s| s.play(Fault::Drip(Duration::from_secs(1))))),
    scenario("20 kB a second", Plain, Nothing, act!(|s| s.wan.rate(20_000))).patient(),
    scenario("satellite: 600 ms and 2 % loss", Plain, Nothing, act!(|s| {
        s.wan.delay(Duration::from_millis(300));
        s.wan.lose_packets(2)
    })).patient(),
    scenario("flapping", Plain, Maybe, act!(|s| s.scanning(100, async |s| for _ in 0..10 {
        s.wan.down();
        sleep(Duration::from_millis(50)).await;
        s.wan.up();
        sleep(Duration::from_millis(50)).await;
    }).await)),
    // A request may just have been on its way.
    scenario("idle connection reset", Plain, Maybe, act!(|s| s.cut())),
    scenario("connection closed each time, unannounced", Plain, Maybe, act!(|s| s.play(Fault::Close))),
    scenario("connection closed each time", Plain, Nothing, act!(|s| s.play(Fault::forge(|body| {
        reply("200 OK", "", body)
    })))),
    // Names.
    scenario("DNS: no such name", Named, Lasting(NO_NAME), act!(|s| s.name(Answers::Unknown))),
    scenario("DNS: no answer", Named, Lasting(NO_NAME), act!(|s| s.name(Answers::Silent))),
    scenario("DNS: slow", Named, Maybe, act!(|s| {
        s.name(Answers::Late([127, 0, 0, 1].into(), Duration::from_millis(100)))
    })),
    scenario("DNS: wrong address", Named, Lasting(UNREACHABLE), act!(|s| s.name(Answers::At([127, 0, 0, 5].into())))),
    scenario("the hub's address changes", Named, Maybe, act!(|s| {
        s.moved = Some(Wan::at(s.beside(2), s.front.as_ref().unwrap().addr()).await.unwrap());
        s.name(Answers::At([127, 0, 0, 2].into()));
        s.wan.down()
    })),
    // TLS.
    scenario("TLS handshake stalls", Tls, Lasting(UNREACHABLE), act!(|s| { s.cut(); s.wan.black_hole() })),
    scenario("TLS garbage", Tls, Lasting(NO_TLS), act!(|s| { s.cut(); s.wan.noise() })),
    scenario("garbage in place of HTTP", Plain, Lasting(NOT_A_HUB), act!(|s| { s.cut(); s.wan.noise() })),
    scenario("certificate of another name", Tls, Lasting(NOT_BELIEVED), act!(|s| s.show(Shows::OtherName))),
    scenario("certificate of nobody known", Tls, Lasting(NOT_BELIEVED), act!(|s| s.show(Shows::UnknownAuthority))),
    scenario("certificate expired", Tls, Lasting(NOT_NOW), act!(|s| s.show(Shows::Expired))),
    scenario("certificate not valid yet", Tls, Lasting(NOT_NOW), act!(|s| s.show(Shows::NotYet))),
    scenario("plain HTTP on the TLS port", Tls, Lasting(NO_TLS), act!(|s| s.show(Shows::Plain))),
    // Who else answers.
    scenario("captive portal", Plain, Lasting(NOT_A_HUB), act!(|s| s.wan.portal(u64::MAX))),
    scenario("redirect to a login page", Plain, Lasting(NOT_A_HUB), act!(|s| {
        s.play(always("302 Found", "Location: http://login.example/\r\n", b""))
    })),
    scenario("204", Plain, Lasting(NOT_A_HUB), act!(|s| s.play(always("204 No Content", "", b"")))),
    scenario("511 of a portal", Plain, Lasting(NOT_A_HUB), act!(|s| s.play(always("511 Log In", "", b"<html>")))),
    scenario("407 of a proxy", Plain, Lasting(PROXY), act!(|s| s.play(always("407 Who", "", b"")))),
    scenario("wrong JSON", Plain, Lasting(NOT_A_HUB), act!(|s| s.play(always("200 OK", "", br#"{"ok":true}"#)))),
    scenario("truncated JSON", Plain, Lasting(NOT_A_HUB), act!(|s| {
        s.play(Fault::forge(|body| reply("200 OK", "", &body[..body.len() / 2])))
    })),
    scenario("gzip that nobody asked for", Plain, Lasting(NOT_A_HUB), act!(|s| {
        s.play(always("200 OK", "Content-Encoding: gzip\r\n", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"))
    })),
    scenario("reply that never ends", Plain, Lasting(NO_ANSWER), act!(|s| s.play(Fault::Endless))),
    scenario("reply larger than a mebibyte", Plain, Lasting(NOT_A_HUB), act!(|s| {
        s.play(always("200 OK", "", &vec![b' '; 1_100_000]))
    })),
    scenario("chunked reply cut off", Plain, Lasting(BREAKS_OFF), act!(|s| s.play(Fault::forge(|body| {
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n", body].concat()
    })))),
    scenario("HTTP/1.0 replies", Plain, Nothing, act!(|s| s.play(Fault::forge(|body| {
        [b"HTTP/1.0 200 OK\r\n\r\n", body].concat()
    })))),
    // What hubs, and proxies in their name, refuse with.
    scenario("400 for one record", Plain, Maybe, act!(|s| {
        s.play(Fault::judge(|body| records(body).contains(POISON).then(|| json("400 Bad", "bad_batch"))));
        s.scan(7).await;
        s.scan_poison().await
    })).sets_aside(1, 1),
    scenario("413 for one record", Plain, Maybe, act!(|s| {
        s.play(Fault::judge(|body| records(body).contains(POISON).then(|| reply("413 Too Large", "", b"<html>"))));
        s.scan(7).await;
        s.scan_poison().await
    })).sets_aside(1, 1),
    scenario("413 for a batch", Plain, Nothing, act!(|s| {
        s.play(Fault::judge(|body| (count(body) > 2).then(|| reply("413 Too Large", "", b"<html>"))))
    })),
    scenario("400 of a proxy for everything", Plain, Lasting(REFUSES), act!(|s| s.play(always("400 Bad", "", b"<html>")))),
    scenario("400 of the hub for everything", Plain, Lasting(REFUSES), act!(|s| {
        s.play(Fault::answer(json("400 Bad", "bad_batch")))
    })).sets_aside(0, 1),
    scenario("401", Plain, Lasting(TOKEN), act!(|s| s.play(Fault::answer(json("401 No", "unauthorized"))))),
    scenario("403", Plain, Lasting(TOKEN), act!(|s| s.play(always("403 Forbidden", "", b"<html>")))),
    scenario("404", Plain, Lasting(NO_FEED), act!(|s| s.play(Fault::answer(json("404 None", "not_found"))))),
    scenario("404 of another server", Plain, Lasting(NO_FEED), act!(|s| s.play(always("404 None", "", b"<html>")))),
    scenario("408", Plain, Lasting(NO_ANSWER), act!(|s| s.play(always("408 Request Timeout", "", b"")))),
    scenario("411", Plain, Lasting(REFUSES), act!(|s| s.play(always("411 Length Required", "", b"")))),
    scenario("429", Plain, Lasting(BUSY), act!(|s| s.play(always("429 Slow", "", b"")))),
    scenario("429, Retry-After in seconds", Plain, Passing(BUSY), act!(|s| {
        s.wan.play(always("429 Slow", "Retry-After: 1\r\n", b""), 1)
    })).no_sooner(Duration::from_secs(1)),
    scenario("429, Retry-After as a date", Plain, Passing(BUSY), act!(|s| {
        let date = "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\nRetry-After: Sat, 01 Jan 2000 00:00:01 GMT\r\n";
        s.wan.play(always("429 Slow", date, b""), 1)
    })).no_sooner(Duration::from_secs(1)),
    scenario("429, absurd Retry-After", Plain, Lasting(BUSY), act!(|s| {
        s.wan.play(always("429 Slow", "Retry-After: 99999999999999999999\r\n", b""), 1)
    })).takes_restart(),
    scenario("500 storm", Plain, Lasting(FAILING), act!(|s| s.play(always("500 Oops", "", b"oops")))),
    scenario("502", Plain, Lasting(FAILING), act!(|s| s.play(always("502 Bad Gateway", "", b"<html>")))),
    scenario("503", Plain, Lasting(BUSY), act!(|s| s.play(Fault::answer(json("503 Busy", "busy"))))),
    scenario("504", Plain, Lasting(FAILING), act!(|s| s.play(always("504 Gateway Timeout", "", b"<html>")))),
    // Exactly once.
    scenario("replies lost after the commit", Plain, Passing(BREAKS_OFF), act!(|s| s.wan.lose_replies(3))),
    scenario("requests doubled by a proxy", Plain, Nothing, act!(|s| s.play(Fault::Double))),
    scenario("replies of parallel requests reordered", Plain, Nothing, act!(|s| {
        s.wan.play(Fault::Late(Duration::from_millis(200)), 1)
    })),
    scenario("ack of another epoch", Plain, Lasting(NOT_A_HUB), act!(|s| s.play(Fault::forge(|body| {
        let mut ack: serde_json::Value = serde_json::from_slice(body).unwrap();
        ack["epoch"] = "00000000-0000-0000-0000-000000000000".into();
        reply("200 OK", "", ack.to_string().as_bytes())
    })))),
    scenario("ack beyond what was sent", Plain, Passing(OTHER_HISTORY), act!(|s| s.play(ack_beyond())))
        .alarms(&[OTHER_HISTORY, "new epoch"]),
    // What is accepted meanwhile goes along into the new epoch, under a number of that.
    scenario("ack beyond what was sent, under load", Plain, Passing(OTHER_HISTORY), act!(|s| s.scanning(20, async |s| {
        s.play(ack_beyond());
        s.wait_for_line(OTHER_HISTORY, PATIENCE).await;
    }).await)).alarms(&[OTHER_HISTORY, "new epoch"]),
    scenario("hub restarts under load", Plain, Maybe, act!(|s| s.scanning(100, async |s| for _ in 0..3 {
        s.hub.kill();
        s.hub.begin().await;
        sleep(Duration::from_millis(150)).await;
    }).await)),
];

/// A message with a length, after which the connection ends.
fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let len = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {len}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn always(status: &str, headers: &str, body: &[u8]) -> Fault {
    Fault::answer(reply(status, headers, body))
}

/// A rejection in the protocol's own words.
fn json(status: &str, code: &str) -> Vec<u8> {
    reply(status, "Content-Type: application/json\r\n", format!(r#"{{"code":"{code}"}}"#).as_bytes())
}

/// The hub's own acks, through a seq that no site has reached.
fn ack_beyond() -> Fault {
    Fault::forge(|body| {
        let mut ack: serde_json::Value = serde_json::from_slice(body).unwrap();
        ack["through"] = 1_000_000.into();
        reply("200 OK", "", ack.to_string().as_bytes())
    })
}

/// The text of a batch.
fn records(body: &[u8]) -> String {
    String::from_utf8(zstd::bulk::decompress(body, 4 << 20).unwrap()).unwrap()
}

fn count(body: &[u8]) -> usize {
    records(body).matches(r#""type":"#).count()
}

#[test]
fn there_are_at_least_forty_scenarios_and_each_has_a_name_of_its_own() {
    let mut names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SCENARIOS.len());
    assert!(names.len() >= 40, "{}", names.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_of_the_line_is_named_and_loses_doubles_stalls_or_storms_nothing() {
    let only = std::env::var("WAN").unwrap_or_default();
    let broker = Arc::new(Broker::start().await);
    let (room, begun) = (Arc::new(Semaphore::new(AT_ONCE)), Instant::now());
    // On one thread: what is done to a stage borrows from it, and the work is in other processes.
    let (local, mut running) = (LocalSet::new(), JoinSet::new());
    for (number, scenario) in SCENARIOS.iter().enumerate().filter(|(_, scenario)| scenario.name.contains(&only)) {
        let (room, broker) = (Arc::clone(&room), Arc::clone(&broker));
        let play_in_turn = async move {
            let _place = room.acquire_owned().await.unwrap();
            // A task of its own: one that fails must not hide the others.
            (scenario, spawn_local(play(number, scenario, broker.port())).await)
        };
        running.spawn_local_on(play_in_turn, &local);
    }
    let (mut played, mut skipped, mut failed) = (0, 0, Vec::new());
    while let Some(joined) = local.run_until(running.join_next()).await {
        match joined.unwrap() {
            (scenario, Ok(Ok(words))) => {
                played += 1;
                say(&format!("wan, {}: {words}", scenario.name));
            }
            (scenario, Ok(Err(why))) => {
                skipped += 1;
                skip(&format!("wan, {}", scenario.name), &why);
            }
            (scenario, Err(_)) => failed.push(scenario.name),
        }
    }
    let took = begun.elapsed().as_secs_f64();
    say(&format!("wan: {played} scenarios in {took:.1} s, {skipped} skipped, {} failed", failed.len()));
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// Plays a scenario to its end and says how it went.
///
/// # Errors
/// Why it cannot be played here.
async fn play(number: usize, scenario: &Scenario, broker: u16) -> Result<String, String> {
    let begun = Instant::now();
    let site = format!("wan-{number}");
    let set = Stage::set(&site, broker, scenario.way, scenario.batch_records, scenario.request_timeout);
    let mut stage = set.await?;
    let (trouble_begun, attempts) = (Instant::now(), stage.attempts());
    (scenario.trouble)(&mut stage).await;
    stage.scan(PARTS).await;
    let mut drained = Duration::ZERO;
    if let Lasting(text) = scenario.seen {
        stage.wait_for_trouble(text).await;
    } else {
        drained = stage.drain(DRAIN_MAX).await;
    }
    match scenario.seen {
        Passing(text) => {
            stage.wait_for_line(text, LINE_SHOWN_WITHIN).await;
        }
        Nothing => {
            let said = stage.site.log().lines_with("uplink down");
            assert!(said.is_empty(), "{}: {said:#?}", scenario.name);
        }
        Lasting(_) | Maybe => {}
    }
    let (attempts, lasted) = (stage.attempts() - attempts, trouble_begun.elapsed());
    assert!(lasted >= scenario.no_sooner, "{}: over after {lasted:?}", scenario.name);
    // Each record may get through in a batch of its own, where they come one by one.
    let through = stage.site.accepted().len() as u64;
    let attempts_max = ATTEMPTS_MAX.0 + ATTEMPTS_MAX.1 * lasted.as_secs() + scenario.set_aside.1 * 20 + through;
    assert!(attempts <= attempts_max, "{}: {attempts} attempts in {lasted:?}", scenario.name);
    stage.mend().await;
    if scenario.takes_restart {
        stage.site.restart().await;
    }
    if drained.is_zero() {
        drained = stage.drain(DRAIN_MAX).await;
    }
    let feed = stage.site.status().await.feeds["acme"].clone();
    assert_eq!(feed.trouble, None, "{}", scenario.name);
    let (least, most) = scenario.set_aside;
    assert!((least..=most).contains(&feed.set_aside), "{}: {} set aside", scenario.name, feed.set_aside);
    let verdict = if feed.set_aside == 0 {
        let verdict = stage.judge(scenario.alarms).await;
        verdict.assert_clean();
        verdict.to_string()
    } else {
        stage.judge_all_but(feed.set_aside).await
    };
    let (lasted, drained, all) = (lasted.as_millis(), drained.as_millis(), begun.elapsed().as_secs_f64());
    Ok(format!("trouble {lasted} ms, {attempts} attempts, drained in {drained} ms, {all:.1} s in all; {verdict}"))
}
