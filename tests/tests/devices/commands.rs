//! What an installer does before there is a configuration.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{ExitStatus, Output, Stdio},
};

use serde_json::Value;
use sim::{
    LineSettings, Model, Parity, Scanner, Settling, SimScale, Suffix, Tongue,
    scale::{AndFormat, OhausFormat},
};
use tests::{
    Checker, Emitted, Hub, Site,
    eventually::{PATIENCE, eventually},
    process,
    skip::say,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Runs the agent's command to its end.
async fn output(words: &[&str], input: &[u8]) -> Output {
    let mut command = process::command("agent-under-test");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_vec();
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("start the agent's command");
        child.stdin.take().expect("its input").write_all(&input).expect("write its input");
        child.wait_with_output().expect("wait for the agent's command")
    });
    output.await.unwrap()
}

/// Runs the agent's command; its standard output as JSON lines.
async fn json_lines(words: &[&str], input: &[u8]) -> Vec<Value> {
    let output = output(words, input).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{words:?} says {}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

/// Runs the agent's command with nobody to read more than its first line; how it ended, and what it complained of.
async fn first_line_only(words: &[&str], input: &[u8]) -> (ExitStatus, String) {
    let mut command = process::command("agent-under-test");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("start the agent's command");
    let (mut stdin, stdout) = (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
    let input = input.to_vec();
    let heard = tokio::task::spawn_blocking(move || {
        // Fails when the command ends before it has read everything, which is what is wanted.
        let _ = stdin.write_all(&input);
        drop(stdin);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("its first line");
        line
    });
    let line = heard.await.unwrap();
    assert!(line.ends_with('\n'), "{words:?} says {line:?}");
    let status = eventually(PATIENCE, &format!("{words:?} ends"), async || child.try_wait().expect("a child")).await;
    let mut complaint = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut complaint).unwrap();
    (status, complaint)
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
        // As the simulated ones are set, whatever their makers' usual setting is.
        assert_eq!((&found["baud"], &found["line"]), (&baud.into(), &"8N1".into()), "{tongue}: {found}");
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
async fn probe_asks_again_where_what_it_hears_fits_several_makers() {
    let folder = tempfile::tempdir().unwrap();
    let ohaus = Model { ohaus: OhausFormat::Scout, ..Model::usual(Tongue::Ohaus) };
    let indicator = Model { and: AndFormat::Indicator, ..Model::usual(Tongue::And) };
    for (model, expect, is_certain) in [
        (Model { streams: true, ..ohaus.clone() }, "ohaus", true),
        (Model { streams: true, line: LineSettings::at(9_600).parity(Parity::Even), ..ohaus }, "ohaus", true),
        (Model { streams: true, line: LineSettings::at(9_600), ..indicator.clone() }, "and", true),
        (indicator, "and", true),
        // It complains of nothing, so that the others may as well have kept silent.
        (Model::usual(Tongue::Cas18), "cas-18", false),
    ] {
        let port = folder.path().join("line");
        let scale = SimScale::plug_model(&port, model).unwrap();
        scale.settles_after(Settling::Readings(1));
        scale.put(1_234.0);
        let told = json_lines(&["probe", "--json", port.to_str().unwrap()], b"").await;
        let found = &told[0]["found"];
        say(&format!("probe: {expect} among others, {} s", told[0]["seconds"]));
        assert_eq!((&found["protocol"], &found["is_certain"]), (&expect.into(), &is_certain.into()), "{found}");
        assert!(is_certain || found["others"].as_array().unwrap().contains(&"and".into()), "{found}");
        if !is_certain {
            let words = output(&["probe", port.to_str().unwrap()], b"").await;
            let words = String::from_utf8(words.stdout).unwrap();
            let (doubt, config) = (words.find("could be kern-eoc or and").unwrap(), words.find("[[scale]]").unwrap());
            assert!(doubt < config, "{words}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe_finds_scales_on_the_network_and_on_usb() {
    let folder = tempfile::tempdir().unwrap();
    let transmitter = SimScale::plug(Path::new(""), Tongue::ModbusTcp).unwrap();
    transmitter.put(1_234.0);
    let letter = folder.path().join("hidraw");
    let letter_scale = SimScale::plug(&letter, Tongue::UsbHid).unwrap();
    letter_scale.put(120.0);
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind_server = format!("tcp:{}", server.local_addr().unwrap());
    tokio::spawn(serve_lines(server, b"IP\r\n", b"    12.50 kg    G  \r\n"));
    for (port, protocol) in [
        (format!("tcp:{}", transmitter.addr().unwrap()), "modbus-tcp"),
        (behind_server, "ohaus"),
        (format!("hid:{}", letter.display()), "usb-hid"),
    ] {
        let told = json_lines(&["probe", "--json", &port], b"").await;
        let (found, took) = (&told[0]["found"], &told[0]["seconds"]);
        say(&format!("probe: {protocol:18} {took} s  {port}"));
        assert_eq!((&found["protocol"], &found["baud"]), (&protocol.into(), &Value::Null), "{}", told[0]);
        check_config(folder.path(), found["config"].as_str().unwrap());
    }
}

/// A serial server with a scale behind it that knows one question.
async fn serve_lines(listener: TcpListener, question: &'static [u8], answer: &'static [u8]) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut heard = Vec::new();
        while matches!(stream.read_buf(&mut heard).await, Ok(1..)) {
            if heard.ends_with(question) && stream.write_all(answer).await.is_err() {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe_says_what_else_to_try_on_a_port_that_holds_no_scale() {
    for (port, remedy) in [
        ("keyboard:/dev/input/event0", "binwire-agent listen keyboard:/dev/input/event0"),
        ("replay:day.jsonl", "binwire-agent replay day.jsonl"),
        ("tcp:127.0.0.1:1", "check address and port"),
        ("/dev/serial/by-id/nothing", "plug it in"),
    ] {
        let output = output(&["probe", port], b"").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{port}: {said}");
        assert!(said.contains(remedy), "{port}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_probe_suggests_is_what_the_agent_takes() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("line");
    let _scale = SimScale::plug(&port, Tongue::Toledo8217).unwrap();
    let told = json_lines(&["probe", "--json", port.to_str().unwrap()], b"").await;
    check_config(folder.path(), told[0]["found"]["config"].as_str().unwrap());
}

/// Has the agent check a site with this section.
fn check_config(folder: &Path, section: &str) {
    let section = section.replace("bin = \"…\"", "bin = \"A-01\"");
    let file = folder.join("agent.toml");
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
async fn a_command_ends_when_nobody_reads_it_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let (weighing, silent) = (folder.path().join("scale"), folder.path().join("scanner"));
    let (file, tape) = (folder.path().join("kept.jsonl"), folder.path().join("tape.jsonl"));
    let scale = SimScale::plug(&weighing, Tongue::Dini).unwrap();
    scale.put(1_400.0);
    let _scanner = Scanner::plug(&silent, Suffix::Cr).unwrap();
    std::fs::write(&tape, weights_kept(100_000)).unwrap();
    let [weighing, silent, file, tape] = [&weighing, &silent, &file, &tape].map(|path| path.to_str().unwrap());
    let frames = b"ST,GS,     0.5,kg\r\n".repeat(100_000);
    for (words, input) in [
        (&["listen", weighing, "--protocol", "dini"][..], &b""[..]),
        (&["capture", weighing, file, "--protocol", "dini"], b""),
        // Nothing more will come of it that could not be written.
        (&["listen", silent, "--scanner", "plain"], b""),
        (&["replay", tape, "--protocol", "dini", "--speed", "0"], b""),
        (&["decode", "dini"], &frames),
    ] {
        let (status, complaint) = first_line_only(words, input).await;
        assert!(status.success(), "{words:?}: {status} {complaint}");
        assert!(!complaint.contains("error"), "{words:?}: {complaint}");
    }
    // The port is free again.
    let heard = json_lines(&["listen", weighing, "--protocol", "dini", "--count", "1"], b"").await;
    assert_eq!(heard[0]["connected"], true, "{heard:?}");
}

/// A capture of so many weights, a second apart.
fn weights_kept(count: u64) -> String {
    let hex: String = b"ST,GS,     0.5,kg\r\n".iter().map(|byte| format!("{byte:02x}")).collect();
    let rows = (0..count).map(|n| format!("{{\"t_ms\":{},\"in\":\"{hex}\"}}\n", n * 1_000));
    "{\"binwire_capture\":1,\"port\":\"line\",\"format\":\"9600 8N1\"}\n".to_owned() + &rows.collect::<String>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_make_no_sense_are_refused_in_words_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = (folder.path().join("line"), folder.path().join("kept.jsonl"));
    let _scale = SimScale::plug(&port, Tongue::Dini).unwrap();
    let tape = folder.path().join("tape.jsonl");
    std::fs::write(&tape, weights_kept(2)).unwrap();
    let [port, kept, tape] = [&port, &file, &tape].map(|path| path.to_str().unwrap());
    let mut cases = Vec::new();
    for time in ["--for=-1", "--for=nan", "--for=inf", "--for=1e30", "--for=0", "--count=0", "--baud=0", "--unit=stone"]
    {
        cases.push(vec!["listen", port, "--protocol", "dini", time]);
        cases.push(vec!["capture", port, kept, "--protocol", "dini", time]);
    }
    for speed in ["--speed=1e-300", "--speed=-1", "--speed=nan", "--speed=inf", "--speed=1e9"] {
        cases.push(vec!["replay", tape, "--protocol", "dini", speed]);
    }
    for bauds in ["--baud=0", "--baud=9600,0", "--baud=5000000"] {
        cases.push(vec!["probe", port, bauds]);
    }
    cases.push(vec!["listen", port, "--protocol", "modbus-rtu", "--unit=kg", "--decimals=255"]);
    cases.push(vec!["listen", port, "--protocol", "toledo-8217"]);
    for words in cases {
        let output = output(&words, b"").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{words:?}: {} {said}", output.status);
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{words:?}: {said}");
        assert!(!file.exists(), "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listening_to_a_port_that_never_was_there_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = (folder.path().join("nope"), folder.path().join("kept.jsonl"));
    let (port, kept) = (port.to_str().unwrap(), file.to_str().unwrap());
    for words in [&["listen", port, "--for", "0.5"][..], &["capture", port, kept, "--for", "0.5"]] {
        let output = output(words, b"").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("is not there; plug it in"), "{words:?}: {said}");
        assert!(!file.exists(), "a capture of nothing would be in the way of the next");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_reads_what_it_is_told_to_and_goes_by_the_times_of_the_capture() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tape.jsonl");
    // Each code with a Honeywell prefix: "jX1" LF, half of one and its rest too late, "jX3" LF.
    let rows = ["0,\"in\":\"6a58310a\"", "100,\"in\":\"6a58\"", "900,\"in\":\"320a\"", "60000,\"in\":\"6a58330a6a58\""];
    let rows = rows.map(|row| format!("{{\"t_ms\":{row}}}\n")).concat();
    let header = "{\"binwire_capture\":1,\"port\":\"line\",\"format\":\"9600 8N1\"}\n";
    std::fs::write(&file, header.to_owned() + &rows).unwrap();
    let words = ["replay", file.to_str().unwrap(), "--scanner", "plain", "--terminator", "lf", "--prefix", "honeywell"];
    for speed in ["0", "1000"] {
        let told = json_lines(&[&words[..], &["--speed", speed]].concat(), b"").await;
        let told: Vec<(u64, &str)> = told
            .iter()
            .map(|line| (line["t_ms"].as_u64().unwrap(), line["code"].as_str().or(line["error"].as_str()).unwrap()))
            .collect();
        let expect = [(0, "X1"), (300, "unfinished-frame"), (900, "2"), (60_000, "X3"), (60_200, "unfinished-frame")];
        assert_eq!(told, expect, "--speed {speed}");
    }
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
    let cut = output(&["decode", "ssi", "--hex"], b"04d00400ff").await;
    let said: Value = serde_json::from_slice(&cut.stdout).unwrap();
    assert_eq!((&said["error"], cut.status.code()), (&"incomplete".into(), Some(1)));
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
