//! What an operator sees and does: alarms, acknowledgements, parked records, an old backup put back.

use std::{fs, path::Path, process::Command, time::Instant};

use gateway_proto::{
    answer::{Ack, Code, Rejection},
    record::Seq,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Client;
use serde_json::Value;

use crate::{
    process::{Process, config},
    support::{PATIENCE, Server, Site, token_of, token_of_viewer},
};

fn said(command: &[&str], config: &Path) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_binwire-hub"));
    let output = program.args(command).arg("--config").arg(config).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn feed(server: &Server) -> Value {
    server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take()
}

fn kinds(state: &Value) -> Vec<&str> {
    state["alarms"].as_array().unwrap().iter().map(|alarm| alarm["kind"].as_str().unwrap()).collect()
}

/// Ships a batch to a hub in a process of its own.
async fn ship(hub: &Process, site: &Site, batch: &gateway_proto::batch::Batch) -> Result<Ack, Rejection> {
    let url = format!("{}v1/feeds/acme/batches", hub.url);
    let request = Client::new().post(url).bearer_auth(token_of("plant-7/acme")).timeout(PATIENCE);
    let response = request.body(batch.to_json().unwrap()).send().await.unwrap();
    let _whole = site;
    if response.status().as_u16() == 200 {
        Ok(response.json().await.unwrap())
    } else {
        Err(response.json().await.unwrap())
    }
}

async fn state(hub: &Process) -> Value {
    let request = Client::new().get(format!("{}v1/sites", hub.url)).bearer_auth(token_of_viewer("acme"));
    let answer: Value = request.timeout(PATIENCE).send().await.unwrap().json().await.unwrap();
    answer["sites"][0]["feeds"][0].clone()
}

#[tokio::test]
async fn every_trouble_of_a_feed_is_an_alarm_with_since_what_and_what_to_do() {
    let server = Server::new().feed("plant-7/acme").items(&["A"]).viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").moves(2, "A", "vendor", "dock").moves(3, "B", "vendor", "dock");
    site.record(r#"{"type":"temperature","celsius":21.5}"#);
    site.ships(&server, &site.batch(1, 1)).await;
    assert_eq!(kinds(&feed(&server).await), [""; 0]);
    site.ships(&server, &site.lost(2, 2)).await;
    site.ships(&server, &site.batch(3, 4)).await;
    let mut other = Site::new("plant-7/acme", "e1");
    other.moves(9, "A", "vendor", "dock");
    other.is_rejected(&server, &other.batch(1, 1), 409).await;
    let mut anew = Site::new("plant-7/acme", "e2");
    anew.moves(1, "A", "vendor", "dock").ships_all(&server).await;
    let state = feed(&server).await;
    assert_eq!(kinds(&state), ["forked", "lossy", "new_epoch", "unknown_kept", "parked"]);
    let page = server.read_page("acme").await;
    for alarm in state["alarms"].as_array().unwrap() {
        for key in ["since", "what", "todo"] {
            assert!(alarm[key].as_str().is_some_and(|text| text.len() > 10), "{alarm}");
        }
        assert!(page.contains(alarm["todo"].as_str().unwrap()), "{alarm} is not on the page");
    }
}

#[tokio::test]
async fn a_feed_that_is_silent_for_long_is_told() {
    let mut server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").ships_all(&server).await;
    assert_eq!(kinds(&feed(&server).await), [""; 0]);
    server.stop().await;
    let db = rusqlite::Connection::open(server.config.state_dir.join("hub.db")).unwrap();
    db.execute("UPDATE feed SET heard_at = heard_at - 25 * 3600000", []).unwrap();
    drop(db);
    server.resume().await;
    assert_eq!(kinds(&feed(&server).await), ["silent"]);
    server.stop().await;
    server.config.feeds[0].silent_hours = 48;
    server.resume().await;
    assert_eq!(kinds(&feed(&server).await), [""; 0]);
}

#[tokio::test]
async fn an_acknowledged_fork_is_quiet_until_the_next_one_and_stays_on_record() {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let hub = Process::start(&config, None);
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").moves(2, "A", "vendor", "dock");
    ship(&hub, &site, &site.batch(1, 2)).await.unwrap();
    let fork = async |seq: u64| {
        let mut other = Site::new("plant-7/acme", "e1");
        for n in 1..=2 {
            other.moves(if n >= seq { 9 } else { n }, "A", "vendor", "dock");
        }
        assert_eq!(ship(&hub, &other, &other.batch(1, 2)).await.unwrap_err().code, Code::Fork);
    };
    fork(2).await;
    let told = said(&["sites"], &config);
    assert!(told.contains("ALARM forked  since 2") && told.contains("to do: find out"), "{told}");
    let by = ["feed", "acknowledge", "plant-7/acme", "forked", "--by", "Ada", "--note", "old image, now off"];
    assert!(said(&by, &config).contains("forked acknowledged by Ada, 1 facts"));
    let seen = state(&hub).await;
    assert_eq!(kinds(&seen), [""; 0]);
    assert_eq!((&seen["chain"], &seen["acknowledged"][0]["by"]), (&Value::from("forked"), &Value::from("Ada")));
    assert!(said(&["sites"], &config).contains("by Ada  old image, now off"));
    assert!(said(&by, &config).contains("nothing to acknowledge"));
    fork(1).await;
    assert_eq!(kinds(&state(&hub).await), ["forked"], "one more raises it again");
    drop(hub);
    let hub = Process::start(&config, None);
    assert_eq!(state(&hub).await["acknowledged"][0]["note"], "old image, now off");
}

/// Limits the feed of a file to some items.
fn set_items(config: &Path, items: &str) {
    let text = fs::read_to_string(config).unwrap();
    let text: String = text.lines().filter(|line| !line.starts_with("items")).fold(String::new(), |all, line| {
        let items = if line.starts_with("[[viewer]]") { format!("items = [{items}]\n") } else { String::new() };
        all + &items + line + "\n"
    });
    fs::write(config, text).unwrap();
}

#[tokio::test]
async fn parked_records_are_applied_once_by_a_running_hub_that_reads_its_file_anew() {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    set_items(&config, r#""A""#);
    let hub = Process::start(&config, None);
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(12, "B", "vendor", "dock").moves(3, "B", "vendor", "dock").moves(1, "C", "vendor", "dock");
    assert_eq!(ship(&hub, &site, &site.batch(1, 1)).await.unwrap().refused.len(), 1);
    assert!(said(&["parked", "list"], &config).contains("unknown_item"));
    // A bad file changes nothing and ends nothing.
    set_items(&config, "5");
    let hangup = || kill(Pid::from_raw(i32::try_from(hub.child.id()).unwrap()), Signal::SIGHUP).unwrap();
    hangup();
    assert_eq!(state(&hub).await["parked"], 1);
    set_items(&config, r#""A", "B""#);
    hangup();
    while state(&hub).await["parked"] != 0 {
        tokio::task::yield_now().await;
    }
    let ack = ship(&hub, &site, &site.batch(1, 3)).await.unwrap();
    assert_eq!(ack.refused.iter().map(|refused| refused.seq).collect::<Vec<_>>(), [Seq(3)], "B is taken from here on");
    // Beside the running hub, for what only the command line knows yet.
    set_items(&config, r#""A", "B", "C""#);
    let told = said(&["parked", "replay"], &config);
    assert!(told.contains("1 movements applied") && told.contains("systemctl reload"), "{told}");
    assert!(said(&["parked", "replay"], &config).contains("0 movements applied"));
    let held = said(&["on-hand"], &config);
    assert!(held.contains("B  dock  15") && held.contains("C  dock  1"), "{held}");
    // What the hub had in memory does not stand against what another process has written.
    site.moves(4, "B", "dock", "used");
    ship(&hub, &site, &site.batch(4, 4)).await.unwrap();
    assert!(said(&["on-hand"], &config).contains("B  dock  11"));
}

#[tokio::test]
async fn a_running_hub_that_reads_its_file_anew_takes_on_what_planners_say_now() {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let text = fs::read_to_string(&config).unwrap().replace("[[viewer]]", "planning = \"said\"\n[[viewer]]");
    fs::write(&config, text).unwrap();
    fs::create_dir(folder.path().join("said")).unwrap();
    let hub = Process::start(&config, None);
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(12, "A", "vendor", "dock");
    ship(&hub, &site, &site.batch(1, 1)).await.unwrap();
    let told = async || {
        let request = Client::new().get(format!("{}v1/plan", hub.url)).bearer_auth(token_of_viewer("acme"));
        let answer: Value = request.timeout(PATIENCE).send().await.unwrap().json().await.unwrap();
        answer["terms"][0].clone()
    };
    let before = told().await;
    assert_eq!(before["faults"], Value::Array(Vec::new()));
    fs::write(folder.path().join("said/orders.csv"), "order,item,date,quantity\nSO-1,A,soon,1\n").unwrap();
    assert_eq!(told().await, before, "nothing looks at the folder before it is told to");
    kill(Pid::from_raw(i32::try_from(hub.child.id()).unwrap()), Signal::SIGHUP).unwrap();
    let since = Instant::now();
    let mut after = told().await;
    while after == before && since.elapsed() < PATIENCE {
        tokio::task::yield_now().await;
        after = told().await;
    }
    assert_eq!(
        (&after["faults"][0]["file"], &after["faults"][0]["line"]),
        (&Value::from("orders.csv"), &Value::from(2))
    );
}

#[tokio::test]
async fn a_hub_put_back_to_an_old_backup_asks_for_what_it_lacks_and_is_told_what_nobody_has() {
    hub::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let (store, backup) = (folder.path().join("state"), folder.path().join("backup"));
    let hub = Process::start(&config, None);
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=9 {
        site.moves(qty, "A", "vendor", "dock");
    }
    ship(&hub, &site, &site.batch(1, 3)).await.unwrap();
    drop(hub);
    copy(&store, &backup);
    let hub = Process::start(&config, None);
    assert_eq!(ship(&hub, &site, &site.batch(4, 6)).await.unwrap().through, Seq(6));
    drop(hub);
    fs::remove_dir_all(&store).unwrap();
    copy(&backup, &store);
    // The site has settled 6 and goes on: the hub says from where it lacks it, and does so again for the one that waits.
    let hub = Process::start(&config, None);
    let rejection = ship(&hub, &site, &site.batch(7, 9)).await.unwrap_err();
    assert_eq!((rejection.code, rejection.expected), (Code::Gap, Some(Seq(4))));
    // Of those the site has 5 and 6 still; 4 was let go.
    assert_eq!(ship(&hub, &site, &site.lost(4, 4)).await.unwrap().through, Seq(4));
    assert_eq!(ship(&hub, &site, &site.batch(5, 9)).await.unwrap().through, Seq(9));
    let seen = state(&hub).await;
    assert_eq!((&seen["chain"], kinds(&seen)), (&Value::from("lossy"), vec!["lossy"]));
    assert_eq!((&seen["lost"][0]["from"], &seen["lost"][0]["to"]), (&Value::from(4), &Value::from(4)));
    // The site begins anew after 9. A backup from before that lacks the end of e1, which the site does not send again;
    // its next checkpoint tells.
    drop(hub);
    let later = folder.path().join("later");
    fs::rename(&store, &later).unwrap();
    copy(&backup, &store);
    let hub = Process::start(&config, None);
    let mut anew = Site::new("plant-7/acme", "e2");
    anew.moves(1, "A", "dock", "used").record(
        r#"{"type":"checkpoint","at":"2026-11-21T06:00:00.000Z","through":1,"on_hand":[{"item":"A","place":"dock","qty":40}],"ended":[{"epoch":"e1","through":9}]}"#,
    );
    ship(&hub, &anew, &anew.batch(1, 2)).await.unwrap();
    let seen = state(&hub).await;
    assert_eq!(kinds(&seen), ["end_missing", "differs", "new_epoch"]);
    let told = said(&["status"], &config);
    assert!(told.contains("has epoch e1 through no. 3, the site had delivered through no. 9"), "{told}");
    // Sent once more, after all, the end is here and the alarm is over.
    ship(&hub, &site, &site.batch(4, 9)).await.unwrap();
    assert_eq!(kinds(&state(&hub).await), ["differs", "new_epoch"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
