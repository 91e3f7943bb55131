//! What an installer does before there is a configuration.

use std::{io::Write as _, process::Stdio};

use serde_json::Value;
use sim::{LineSettings, Model, Parity, Scanner, Settling, SimScale, Suffix, Tongue};
use tests::{Checker, Emitted, Hub, Site, process, skip::say};

/// Runs the agent's command; its standard output as JSON lines.
async fn json_lines(words: &[&str], input: &[u8]) -> Vec<Value> {
    let mut command = process::command("agent-under-test");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_vec();
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("start the agent's command");
        child.stdin.take().expect("its input").write_all(&input).expect("write its input");
        child.wait_with_output().expect("wait for the agent's command")
    });
    let output = output.await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{words:?} says {}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

/// Protocols whose frames are the same bytes: whoever hears one can only name both.
fn are_alike(found: &str, tongue: Tongue) -> bool {
    matches!((found, tongue), ("cas-18", Tongue::And) | ("and", Tongue::Cas18))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe_finds_speed_and_protocol_of_every_serial_scale() {
    let folder = tempfile::tempdir().unwrap();
    let mut seconds = Vec::new();
    for tongue in Tongue::ALL {
        let Some(baud) = tongue.usual_baud() else { continue };
        let port = folder.path().join(tongue.name());
        let scale = SimScale::plug(&port, tongue).unwrap();
        scale.put(1_234.0);
        let told = json_lines(&["probe", "--json", port.to_str().unwrap()], b"").await;
        let (found, took) = (&told[0]["found"], told[0]["seconds"].as_f64().unwrap());
        say(&format!("probe: {tongue:18} {took:5.1} s  {}", found["protocol"]));
        let protocol = found["protocol"].as_str().unwrap_or_else(|| panic!("{tongue}: {}", told[0]));
        assert!(protocol == tongue.name() || are_alike(protocol, tongue), "{tongue} is taken for {found}");
        assert_eq!(found["baud"], baud, "{tongue}: {found}");
        seconds.push(took);
    }
    seconds.sort_by(f64::total_cmp);
    say(&format!("probe: median {:.1} s, longest {:.1} s", seconds[seconds.len() / 2], seconds[seconds.len() - 1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe_tells_seven_bits_and_their_parity() {
    let folder = tempfile::tempdir().unwrap();
    for (tongue, baud, parity, line) in [
        (Tongue::Toledo8217, 9_600, Parity::Even, "7E1"),
        (Tongue::And, 2_400, Parity::Even, "7E1"),
        (Tongue::SartoriusSbi, 1_200, Parity::Odd, "7O1"),
    ] {
        let port = folder.path().join(tongue.name());
        let model = Model { line: LineSettings::at(baud).parity(parity), ..Model::usual(tongue) };
        let scale = SimScale::plug_model(&port, model).unwrap();
        scale.put(1_234.0);
        let told = json_lines(&["probe", "--json", port.to_str().unwrap()], b"").await;
        let found = &told[0]["found"];
        assert_eq!(
            (&found["protocol"], &found["line"]),
            (&tongue.name().into(), &line.into()),
            "{tongue}: {}",
            told[0]
        );
        assert_eq!(found["baud"], baud);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_probe_suggests_is_what_the_agent_takes() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("line");
    let _scale = SimScale::plug(&port, Tongue::Toledo8217).unwrap();
    let told = json_lines(&["probe", "--json", port.to_str().unwrap()], b"").await;
    let section = told[0]["found"]["config"].as_str().unwrap().replace("bin = \"…\"", "bin = \"A-01\"");
    let file = folder.path().join("agent.toml");
    let text = format!(
        "[site]\nname = \"plant-7\"\nstate_dir = \"state\"\n\
         [[feed]]\nname = \"acme\"\nhub = \"http://127.0.0.1:1\"\ntoken = \"t\"\n\
         [[item]]\ncode = \"M8\"\nfeed = \"acme\"\npiece_weight_g = 8\n\
         [[bin]]\nname = \"A-01\"\nitem = \"M8\"\ntare_g = 100\n{section}"
    );
    std::fs::write(&file, text).unwrap();
    let mut command = process::command("agent-under-test");
    command.args(["check", "--config"]).arg(&file);
    let checked = process::run(command);
    assert!(checked.status.success(), "{section}\n{}", String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listen_shows_readings_and_what_is_captured_can_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = (folder.path().join("line"), folder.path().join("capture.jsonl"));
    let scale = SimScale::plug(&port, Tongue::Sma).unwrap();
    scale.settles_after(Settling::Readings(1));
    scale.put(2_500.0);
    let (port, file) = (port.to_str().unwrap(), file.to_str().unwrap());
    let live = json_lines(&["capture", port, file, "--protocol", "sma", "--count", "5"], b"").await;
    let weights = |lines: &[Value]| -> Vec<String> {
        lines.iter().filter_map(|line| Some(line["weight"].as_str()?.to_owned())).collect()
    };
    assert!(weights(&live).contains(&"2.50".to_owned()), "{live:?}");
    let again = json_lines(&["replay", file, "--protocol", "sma", "--speed", "0"], b"").await;
    assert_eq!(weights(&again)[..5], weights(&live)[..5], "the same readings from the file");

    let scanner_port = folder.path().join("scanner");
    let mut scanner = Scanner::plug(&scanner_port, Suffix::Cr).unwrap();
    scanner.aim("]C1");
    let path = scanner_port.to_str().unwrap().to_owned();
    let words = ["listen", &path, "--scanner", "plain", "--count", "1", "--for", "20"];
    let listening = json_lines(&words, b"");
    let scanning = async {
        // Scanned until it is heard: there is no saying when the port is open.
        loop {
            scanner.scan("0109521234567882\u{1d}10LOT1").await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let heard = tokio::select! {
        heard = listening => heard,
        () = scanning => unreachable!("it scans for ever"),
    };
    let scan = heard.iter().find(|line| line["code"].is_string()).unwrap_or_else(|| panic!("{heard:?}"));
    assert_eq!((&scan["symbology"], &scan["label"]["items"][0]), (&"gs1-128".into(), &"09521234567882".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decode_says_what_any_bytes_mean() {
    let cases: [(&[&str], &[u8], Value); 6] = [
        (
            &["decode", "mt-sics"],
            b"S S     100.00 g\r\n",
            serde_json::json!({"weight": "100.00", "unit": "g", "stable": true}),
        ),
        (
            &["decode", "gs1"],
            b"]C10109521234567882\x1d10L7\n",
            serde_json::json!({"ais": [["01", "09521234567882"], ["10", "L7"]]}),
        ),
        (&["decode", "ssi", "--hex"], b"04d00400ff28", serde_json::json!({"op": "CMD_ACK"})),
        (
            &["decode", "toledo-8217", "--unit", "kg", "--hex"],
            b"02 31 2e 35 30 30 0d",
            serde_json::json!({"weight": "1.500", "unit": "kg", "stable": true}),
        ),
        (
            &["decode", "tasmota", "--topic", "tele/bin7/LWT"],
            b"Offline",
            serde_json::json!({"device": "bin7", "online": false}),
        ),
        (&["decode", "upc-a"], b"416000336108\n", serde_json::json!({"check_ok": true, "gtin14": "00416000336108"})),
    ];
    for (words, input, expect) in cases {
        assert_eq!(json_lines(words, input).await, [expect], "{words:?}");
    }
    let wrong = json_lines(&["decode", "sma"], b"\n 1G   5.025lb\r").await;
    assert_eq!(wrong[0]["error"], "bad-frame");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_in_place_of_a_device_is_counted_once() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr());
    let (port, capture) = (file.port("line"), file.port("day.jsonl"));
    let scale = SimScale::plug(&port, Tongue::Dini).unwrap();
    scale.put(1_400.0);
    let words = ["capture", port.to_str().unwrap(), capture.to_str().unwrap(), "--protocol", "dini", "--count", "12"];
    json_lines(&words, b"").await;
    emitted.level("WASHER", "A-01", 5);
    let mut site = file
        .section(format_args!(
            "[[item]]\ncode = \"WASHER\"\nfeed = \"acme\"\npiece_weight_g = 200\n\
             [[bin]]\nname = \"A-01\"\nitem = \"WASHER\"\ntare_g = 400\n\
             [[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nprotocol = \"dini\"\nport = \"replay:{}\"\n",
            capture.display()
        ))
        .start()
        .await;
    site.wait_until_accepted(1).await;
    hub.wait_for_movements(1).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
