//! What people do beside moving parts, over the command line of an agent that runs: import, calibrate, count, alarms,
//! codes that nobody knew, a movement taken back.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::Value;
use sim::MtSicsScale;
use tests::{
    Site,
    eventually::{PATIENCE, eventually},
    process,
};

const TARE: f64 = 212.4;
const PIECE: f64 = 8.05;

/// A command that must succeed; what it said.
fn ok(site: &Site, words: &[&str]) -> String {
    let output = site.command(words);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{words:?} ended with {}: {out}{err}", output.status);
    out
}

/// A command that must fail with this status; what it said on either stream.
fn fails(site: &Site, status: i32, words: &[&str]) -> (String, String) {
    let output = site.command(words);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(status), "{words:?}: {out}{err}");
    assert!(err.contains("error: "), "{words:?}: {out}{err}");
    (out, err)
}

/// A dialogue: what a person types, line by line; what was said to them.
fn dialogue(site: &Site, words: &[&str], typed: &str) -> String {
    let mut command = process::command("agent-under-test");
    command.args(words).arg("--config").arg(site.config());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{words:?} ended with {}: {out}{err}", output.status);
    out
}

fn json(site: &Site, words: &[&str]) -> Value {
    serde_json::from_str(&ok(site, &[words, &["--json"]].concat())).unwrap()
}

/// A file beside the site's own.
fn file(site: &Site, name: &str, text: &str) -> String {
    let path = site.folder().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Pieces on the scale.
fn fill(scale: &MtSicsScale, pieces: u32) {
    scale.set_grams(TARE + PIECE * f64::from(pieces));
}

/// Base units of an item at a place by the books; 0 for what they never heard of.
async fn held(site: &Site, item: &str, place: &str) -> i64 {
    let on_hand: Value = serde_json::from_str(&site.on_hand().await).unwrap();
    on_hand[item][place].as_i64().unwrap_or(0)
}

async fn wait_until_held(site: &Site, item: &str, place: &str, units: i64) {
    let what = format!("{place} holds {units} {item}; it is {}", held(site, item, place).await);
    eventually(PATIENCE, &what, async || (held(site, item, place).await == units).then_some(())).await;
}

/// A station at the dock and a scale whose bin nobody has imported yet.
async fn site_with_a_scale() -> (Site, MtSicsScale) {
    let nobody = "127.0.0.1:9".parse().unwrap();
    let file = Site::new("plant-7").feed("acme", nobody).station("goods-in");
    let port = file.port("scale-1");
    let scale = MtSicsScale::plug(&port, 7).unwrap();
    let section = format!(
        "[[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nport = \"{}\"\npoll_ms = 50\nsettle_readings = 3\n",
        port.display()
    );
    let mut site = file.section(section).stopped();
    let text = fs::read_to_string(site.config()).unwrap().replace("[site]\n", "[site]\nimported_bins = true\n");
    fs::write(site.config(), text).unwrap();
    site.start().await;
    (site, scale)
}

/// Items and a bin, by import.
fn import_master_data(site: &Site) {
    let items = file(site, "items.csv", "code,feed,class\nM8-BOLT,acme,A\n");
    ok(site, &["import", "items", &items]);
    let bins = file(site, "bins.csv", "name,item,min,max\nA-01,M8-BOLT,10,100\n");
    ok(site, &["import", "bins", &bins]);
}

/// Tare, then three lots of ten.
fn calibrate(site: &Site, scale: &MtSicsScale) {
    scale.set_grams(TARE);
    let step = |words: &[&str]| ok(site, &[&["calibrate", "A-01", "--by", "0042"], words].concat());
    let tared = step(&["tare"]);
    assert!(tared.contains("Tare is 212."), "{tared}");
    for (pieces, expect) in [(10, "A piece weighs 8.0"), (20, "from 20 pieces"), (30, "from 30 pieces")] {
        // No lot weighs like the other.
        scale.set_grams(TARE + PIECE * f64::from(pieces) + if pieces == 20 { 0.4 } else { 0.0 });
        let said = step(&["put-in", "10"]);
        assert!(said.contains(expect), "{said}");
    }
    let taken = step(&["take"]);
    assert!(taken.contains("Piece weight is 8.0") && taken.contains("(measured)"), "{taken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_says_what_it_would_do_and_takes_all_rows_or_none() {
    let (site, _scale) = site_with_a_scale().await;
    let bad = file(&site, "bad.csv", "code,feed,class\nM8-BOLT,acme,A\nNUT,acme,D\n");
    let (out, err) = fails(&site, 65, &["import", "items", &bad, "--dry-run"]);
    assert!(out.contains("line 2: adds item \"M8-BOLT\""), "{out}");
    assert!(out.contains("line 3, class \"D\": "), "{out}");
    assert!(err.contains("1 row has faults") && err.contains("--skip-bad"), "{err}");
    fails(&site, 65, &["import", "items", &bad]);
    assert_eq!(ok(&site, &["export", "items"]).lines().count(), 1, "nothing but the header");

    let good = file(&site, "good.csv", "code,feed,class\nM8-BOLT,acme,A\nNUT,acme,C\n");
    let out = ok(&site, &["import", "items", &good, "--dry-run"]);
    assert!(out.contains("2 added") && out.contains("nothing was taken"), "{out}");
    assert_eq!(ok(&site, &["export", "items"]).lines().count(), 1);
    ok(&site, &["import", "items", &good]);
    let out = ok(&site, &["import", "items", &file(&site, "class.csv", "code,class\nNUT,B\nM8-BOLT,A\n")]);
    assert!(out.contains("line 2: changes item \"NUT\": class \"C\" → \"B\""), "{out}");
    assert!(out.contains("0 added, 1 changed, 1 unchanged"), "{out}");

    let out = ok(
        &site,
        &["import", "items", &file(&site, "some.csv", "code,feed\nWASHER,acme\nSEAL,nobody\n"), "--skip-bad"],
    );
    assert!(out.contains("1 added") && out.contains("rows with faults: 1"), "{out}");
    let exported = file(&site, "exported.csv", "");
    ok(&site, &["export", "items", "--out", &exported]);
    assert!(ok(&site, &["import", "items", &exported]).contains("0 added, 0 changed, 3 unchanged"));
    ok(&site, &["remove", "item", "WASHER"]);
    assert!(!ok(&site, &["export", "items"]).contains("WASHER"));
    fails(&site, 1, &["remove", "item", "WASHER"]);

    let sheet = site.folder().join("sheet.csv");
    fs::write(&sheet, [0xff, 0xfe, b'c', 0, b'o', 0]).unwrap();
    let (_, err) = fails(&site, 65, &["import", "items", &sheet.display().to_string()]);
    assert!(err.contains("UTF-16"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bin_is_calibrated_counted_and_watched_from_a_shell() {
    let (mut site, scale) = site_with_a_scale().await;
    assert!(ok(&site, &["bins"]).contains("import it with bins.csv"));
    import_master_data(&site);
    let bins = ok(&site, &["bins"]);
    assert!(bins.contains("A-01") && bins.contains("binwire-agent calibrate A-01"), "{bins}");

    let (_, err) = fails(&site, 1, &["calibrate", "A-01", "--by", "0042", "take"]);
    assert!(err.contains("; "), "a refusal says the way out: {err}");
    fails(&site, 1, &["calibrate", "B-99", "--by", "0042", "tare"]);
    calibrate(&site, &scale);
    wait_until_held(&site, "M8-BOLT", "bin:A-01", 30).await;
    let looked = ok(&site, &["calibrate", "A-01", "--by", "0042", "look"]);
    assert!(looked.contains("from a sample of 30") && looked.contains("by 0042"), "{looked}");
    let checked = ok(&site, &["calibrate", "A-01", "--by", "0042", "holds", "30"]);
    assert!(checked.contains("Confirmed: you counted 30"), "{checked}");
    // What was found out at the bin outlives a restart.
    site.restart().await;
    eventually(PATIENCE, "the bin is weighed again", async || {
        let bins = json(&site, &["bins"]);
        (bins[0]["counted"]["pieces"] == 30).then_some(())
    })
    .await;
    assert_eq!(held(&site, "M8-BOLT", "bin:A-01").await, 30);

    count_with_a_difference(&site).await;
    let bins = json(&site, &["bins"]);
    assert_eq!((&bins[0]["held"], &bins[0]["counted"]["pieces"]), (&27.into(), &27.into()), "{bins}");
    // From here on the scale goes on from what was counted.
    fill(&scale, 28);
    wait_until_held(&site, "M8-BOLT", "bin:A-01", 25).await;

    assert_eq!(ok(&site, &["alarms"]), "no alarms\n");
    assert!(
        site.log().lines_with("\"alarm\"").is_empty(),
        "nothing was ever low: {:?}",
        site.log().lines_with("alarm")
    );
    fill(&scale, 11);
    wait_until_held(&site, "M8-BOLT", "bin:A-01", 8).await;
    let alarms = ok(&site, &["alarms"]);
    assert!(alarms.contains("bin:A-01") && alarms.contains("low"), "{alarms}");
    ok(&site, &["alarms", "ack", "bin:A-01", "--by", "0043"]);
    assert!(ok(&site, &["alarms"]).contains("0043"));
    let (_, err) = fails(&site, 1, &["alarms", "ack", "bin:A-01", "--by", "0042"]);
    assert!(err.contains("0043"), "who knows already is named: {err}");
}

/// The books say 30, two people find 27.
async fn count_with_a_difference(site: &Site) {
    let opened = json(site, &["count", "open", "--by", "0042", "--bins", "A-01"]);
    let id = opened["session"].as_str().unwrap();
    let sheet = ok(site, &["count", "show", id, "--by", "0042"]);
    assert!(sheet.contains("how many?") && !sheet.contains("30"), "blind: {sheet}");
    let said = ok(site, &["count", "line", id, "A-01", "27", "--by", "0042"]);
    assert!(!said.contains("30"), "blind: {said}");
    fails(site, 1, &["count", "complete", id, "--by", "0042"]);
    let finished = ok(site, &["count", "finish", id, "--by", "0042"]);
    assert!(finished.contains("counted again"), "{finished}");
    let sheet = ok(site, &["count", "show", id, "--by", "0043"]);
    assert!(sheet.contains("count again") && !sheet.contains("30"), "blind: {sheet}");
    ok(site, &["count", "line", id, "A-01", "27", "--by", "0043"]);
    let (_, err) = fails(site, 1, &["count", "complete", id, "--by", "0044"]);
    assert!(err.contains("reason"), "{err}");
    let review = ok(site, &["count", "show", id, "--review"]);
    assert!(review.contains("-3") && review.contains("is needed"), "{review}");
    ok(site, &["count", "explain", id, "0", "missing-transaction", "--note", "taken at night", "--by", "0044"]);
    let posted = ok(site, &["count", "complete", id, "--by", "0044"]);
    assert!(posted.contains("-3"), "{posted}");
    wait_until_held(site, "M8-BOLT", "bin:A-01", 27).await;
    // Said again it posts nothing again.
    ok(site, &["count", "complete", id, "--by", "0044"]);
    assert_eq!(held(site, "M8-BOLT", "bin:A-01").await, 27);
    assert!(ok(site, &["count", "list"]).contains("completed"));
    assert!(ok(site, &["count", "accuracy"]).contains("M8-BOLT    90.0 %"));
    assert!(ok(site, &["count", "due"]).contains("nothing is due"));
    fails(site, 1, &["count", "line", id, "A-01", "27", "--by", "0042"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_nobody_knew_moves_to_its_own_feed_once_it_is_mapped() {
    let (site, _scale) = site_with_a_scale().await;
    import_master_data(&site);
    assert!(ok(&site, &["stations"]).contains("goods-in"));
    let (_, err) = fails(&site, 1, &["scan", "nowhere", "M8-BOLT"]);
    assert!(err.contains("no station"), "{err}");

    ok(&site, &["scan", "goods-in", "4006381333931"]);
    site.wait_until_accepted(1).await;
    let parked = ok(&site, &["parked"]);
    assert!(parked.contains("4006381333931  dock") && parked.contains("import codes"), "{parked}");
    let codes = file(&site, "codes.csv", "code,item,namespace,factor,unit\n4006381333931,M8-BOLT,gtin,12,BX\n");
    ok(&site, &["import", "codes", &codes]);
    wait_until_held(&site, "M8-BOLT", "dock", 12).await;
    assert_eq!(ok(&site, &["parked"]), "no code is parked\n");
    let own: Vec<_> = site.accepted().into_iter().filter(|accepted| accepted.feed == "acme").collect();
    assert_eq!(own.len(), 1, "{own:?}");
    assert_eq!((own[0].item.as_str(), own[0].qty), ("M8-BOLT", 12));

    // Known by now: one scan is one box. It is taken back, once.
    ok(&site, &["scan", "goods-in", "4006381333931", "--id", "s-1"]);
    ok(&site, &["scan", "goods-in", "4006381333931", "--id", "s-1"]);
    wait_until_held(&site, "M8-BOLT", "dock", 24).await;
    let last = site.accepted().into_iter().rfind(|accepted| accepted.feed == "acme").unwrap();
    let seq = last.seq.to_string();
    ok(&site, &["undo", "acme", &seq, "--by", "0042"]);
    wait_until_held(&site, "M8-BOLT", "dock", 12).await;
    let (_, err) = fails(&site, 1, &["undo", "acme", &seq, "--by", "0042"]);
    assert!(err.contains("taken back"), "{err}");
    fails(&site, 1, &["undo", "acme", "999", "--by", "0042"]);
    assert_eq!(held(&site, "M8-BOLT", "dock").await, 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wizard_and_the_walk_ask_for_what_they_need() {
    let (site, scale) = site_with_a_scale().await;
    import_master_data(&site);
    let wizard = ["calibrate", "A-01", "--by", "0042", "--kind", "precision"];
    scale.set_grams(TARE);
    let said = dialogue(&site, &wizard, "?\n10\n\nq\n");
    assert!(said.contains("TARE. Put the empty container"), "{said}");
    assert!(said.contains("Tare is 212.") && said.contains("SAMPLE, 0 pieces so far"), "{said}");
    fill(&scale, 12);
    // Too few, said wrong, taken too early: each is refused, told, and asked again.
    let said = dialogue(&site, &wizard, "twelve\nt\n12\nt\nq\n");
    assert!(said.contains("error: number of pieces is zero"), "{said}");
    assert!(said.contains("A piece weighs 8.0") && said.contains("spread 0.5 % (assumed)"), "{said}");
    assert!(said.contains("CHECK. Fill the bin"), "{said}");
    wait_until_held(&site, "M8-BOLT", "bin:A-01", 12).await;
    let said = dialogue(&site, &wizard, "12\nq\n");
    assert!(said.contains("Confirmed: you counted 12"), "{said}");

    let opened = json(&site, &["count", "open", "--by", "0042", "--due", "5"]);
    let id = opened["session"].as_str().unwrap();
    let said = dialogue(&site, &["count", "walk", id, "--by", "0042"], "dozen\n0\nn\n12\n\n");
    assert!(said.contains("bin A-01, M8-BOLT (1 to go): how many?"), "{said}");
    assert!(said.contains("is it empty? [y/n]"), "a zero is asked once more: {said}");
    assert!(said.contains("All lines are counted. Finish?") && said.contains("count complete"), "{said}");
    let posted = ok(&site, &["count", "complete", id, "--by", "0043"]);
    assert!(posted.contains("1 line is posted, 0 corrections"), "{posted}");
    assert_eq!(held(&site, "M8-BOLT", "bin:A-01").await, 12);
    // Nobody there to answer.
    let (_, err) = fails(&site, 1, &["calibrate", "A-01", "--by", "0042"]);
    assert!(err.contains("nobody answers"), "{err}");
    fails(&site, 1, &["calibrate", "A-01", "tare"]);

    // A box for the library, and a bin that takes its tare from there.
    scale.set_grams(TARE);
    eventually(PATIENCE, "the box rests", async || {
        json(&site, &["calibrate", "A-01", "--by", "0042", "look"])["at_rest"].as_bool().filter(|rests| *rests)
    })
    .await;
    // What lay there before was at rest, too: only the new weight, at rest, is the box.
    eventually(PATIENCE, "the box is weighed", async || {
        let weighed = site.command(&["containers", "weigh", "box-small", "--bin", "A-01"]);
        let said = String::from_utf8(weighed.stdout).unwrap();
        (weighed.status.success() && said.contains("box-small: 212.")).then_some(())
    })
    .await;
    assert!(ok(&site, &["containers"]).contains("box-small"));
    assert!(ok(&site, &["export", "containers"]).contains("box-small"));
    let said = ok(&site, &["calibrate", "A-01", "--by", "0042", "container", "box-small"]);
    assert!(said.contains("Tare is 212."), "{said}");
    let (_, err) = fails(&site, 1, &["calibrate", "A-01", "--by", "0042", "container", "box-large"]);
    assert!(err.contains("weigh one"), "{err}");
}
