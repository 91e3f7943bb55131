//! A site at which nothing happens: it writes nothing, syncs nothing, and hardly wakes.
//!
//! Judged on counts, never on times: what a process was written for, and how often it woke, are the same on any machine.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use sim::{Pty, Scanner, Suffix};
use tests::{
    Emitted, Hub, PATIENCE, Part, Site, eventually,
    skip::{say, skip},
};
use tokio::time::{Instant, sleep_until};

/// How long nothing happens.
const WATCHED: Duration = Duration::from_secs(20);

/// How long every call is watched, which by itself costs the process time.
const TRACED: Duration = Duration::from_secs(10);

/// What it may wake in a second, all threads together.
const WAKES_PER_SECOND: u64 = 10;

/// What the system has counted of a process since its start.
#[derive(Debug, Clone, Copy)]
struct Counted {
    written: u64,
    wakes: u64,
    cpu_nanos: u64,
}

impl Counted {
    fn of(pid: u32) -> Self {
        let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
        let written = number(&io, "write_bytes:");
        let (mut wakes, mut cpu_nanos) = (0, 0);
        for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let thread = thread.unwrap().path();
            // A thread that has just ended has nothing more to say.
            let Ok(status) = fs::read_to_string(thread.join("status")) else { continue };
            wakes += number(&status, "voluntary_ctxt_switches:");
            let schedule = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
            cpu_nanos += schedule.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0);
        }
        Self { written, wakes, cpu_nanos }
    }
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

/// Not a wait for anything: this long is what is watched.
async fn let_pass(time: Duration) {
    sleep_until(Instant::now() + time).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_at_which_nothing_happens_writes_and_syncs_nothing_and_hardly_wakes() {
    let test = "a_site_at_which_nothing_happens_writes_and_syncs_nothing_and_hardly_wakes";
    let emitted = Emitted::default();
    let hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT"]);
    // A station that is left alone says once more where it stands, after its idle time: that is part of the scan.
    let file = file.station("goods-in").section("idle_seconds = 5").scanner("scanner-1", "goods-in");
    // A scale that speaks by itself, and is silent.
    let port = file.port("scale-1");
    let file = file.section(format_args!(
        "[[bin]]\nname = \"A-01\"\nitem = \"M8-BOLT\"\ntare_g = 100\n\
         [[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nport = \"{}\"\nprotocol = \"toledo-continuous\"\n",
        port.display()
    ));
    let _scale = Pty::plug(&port).unwrap();
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::Cr).unwrap();
    let site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    emitted.mean(&Part::new("M8-BOLT", 1));
    scanner.scan("M8-BOLT").await.unwrap();
    hub.wait_for_movements(1).await;
    site.wait_until_settled(PATIENCE).await;

    // At rest once three looks of the upkeep have passed: the settlement is written down by then, and connections are closed.
    let mut last = Counted::of(site.pid()).written;
    eventually(PATIENCE, "it comes to rest", async || {
        let_pass(Duration::from_secs(16)).await;
        let before = std::mem::replace(&mut last, Counted::of(site.pid()).written);
        (before == last).then_some(())
    })
    .await;

    let begin = Counted::of(site.pid());
    let_pass(WATCHED).await;
    let end = Counted::of(site.pid());
    let seconds = WATCHED.as_secs();
    let (written, wakes) = (end.written - begin.written, end.wakes - begin.wakes);
    let cpu = end.cpu_nanos.saturating_sub(begin.cpu_nanos) as f64 / WATCHED.as_nanos() as f64 * 100.0;
    say(&format!("{test}: in {seconds} s {written} bytes written, {wakes} wakes, {cpu:.3} % of a core"));
    assert_eq!(written, 0, "nothing is written");
    assert!(wakes <= WAKES_PER_SECOND * seconds, "{wakes} wakes in {seconds} s");
    let syncs = syncs(test, site.pid()).await;
    assert!(syncs.is_empty(), "nothing is synced: {syncs:?}");
}

/// The syncs that a process asks for while it is watched; none after saying that watching was not possible.
async fn syncs(test: &str, pid: u32) -> Vec<String> {
    let calls = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-q",
        "-e",
        "trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync",
        "-p",
        &pid.to_string(),
        "-o",
    ]);
    let strace = strace.arg(calls.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut strace = match strace {
        Ok(strace) => strace,
        Err(error) => {
            skip(test, &format!("its count of syncs: strace: {error}"));
            return Vec::new();
        }
    };
    let_pass(TRACED).await;
    if let Some(status) = strace.try_wait().unwrap() {
        skip(test, &format!("its count of syncs: strace may not watch another process: {status}"));
        return Vec::new();
    }
    strace.kill().unwrap();
    strace.wait().unwrap();
    let calls = fs::read_to_string(calls.path()).unwrap();
    // What it says of itself begins with marks.
    calls.lines().filter(|line| line.contains("sync")).map(str::to_owned).collect()
}
