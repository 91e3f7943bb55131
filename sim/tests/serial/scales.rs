//! Every scale on a line, seen from the host's side: the bytes of the makers' manuals.

use std::time::Duration;

use super::host::{BOUND, Host, port, until};
use sim::{LineSettings, Model, Parity, Settling, SimScale, Tongue, Unit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const QUIET: Duration = Duration::from_millis(250);

/// What is asked and what comes with 1.5 kg on it, at rest, as from the factory.
const ANSWERS: [(Tongue, &[u8], &[u8]); 18] = [
    (Tongue::MtSics, b"SI\r\n", b"S S     1500.0 g\r\n"),
    (Tongue::Toledo8217, b"W", b"\x0201.500\r"),
    (Tongue::ToledoContinuous, b"", b"\x02,0 000150000000\r/"),
    (Tongue::Sma, b"\nW\r", b"\n 1G        1.50kg \r"),
    (Tongue::Nci, b"W\r", b"\n   1.50kg\r\n00\r\x03"),
    (Tongue::And, b"Q\r\n", b"ST,+001500.0  g\r\n"),
    (Tongue::Cas22, b"", b"ST,GS,1\xe4,0001.500 kg\r\n"),
    (Tongue::Cas18, b"", b"ST,GS,+001.500kg\r\n"),
    (Tongue::Cas10, b"", b"  01.500\r\n"),
    (Tongue::Ohaus, b"IP\r\n", b"   1500.0 g     G  \r\n"),
    (Tongue::SartoriusSbi, b"\x1bP\r\n", b"G     +   1500.0 g  \r\n"),
    (Tongue::Radwag, b"SI\r\n", b"SI       1500.0 g  \r\n"),
    (Tongue::Dini, b"READ\r\n", b"ST,GS,    1.50,kg\r\n"),
    (Tongue::Adam, b"P\r\n", b"G     +  1.50 kg\r\n"),
    (Tongue::KernDe, b"w", b"        1500.0 g\r\n"),
    (Tongue::KernEoc, b"W", b"ST,GS    1.50kg\r\n"),
    (
        Tongue::ModbusRtu,
        b"\x01\x04\x00\x00\x00\x05\x30\x09",
        b"\x01\x04\x0a\x00\x00\x00\x96\x00\x00\x00\x96\x00\x04\xc6\x9b",
    ),
    (Tongue::UsbHid, b"", b"\x03\x04\x02\x00\xdc\x05"),
];

fn steady(link: &std::path::Path, tongue: Tongue) -> SimScale {
    let scale = SimScale::plug(link, tongue).unwrap();
    scale.settles_after(Settling::Readings(0));
    scale.put(1500.0);
    scale
}

fn open(link: &std::path::Path, tongue: Tongue) -> Host {
    tongue.usual_baud().map_or_else(|| Host::open(link), |baud| Host::open_at(link, baud)).unwrap()
}

#[tokio::test]
async fn every_tongue_says_a_weight_in_the_bytes_of_its_manual() {
    let missing: Vec<_> = Tongue::ALL.iter().filter(|tongue| !ANSWERS.iter().any(|row| row.0 == **tongue)).collect();
    assert_eq!(missing, [&Tongue::ModbusTcp], "which has a test of its own");
    let mut asked = JoinSet::new();
    for (tongue, question, answer) in ANSWERS {
        asked.spawn(async move {
            let (_folder, link) = port();
            let scale = steady(&link, tongue);
            let host = open(&link, tongue);
            if tongue.usually_streams() {
                // The first frame may have been sent before the host set its speed.
                let stream = host.read(answer.len() * 4).await;
                let is_in = stream.windows(answer.len()).any(|frame| frame == answer);
                assert!(is_in, "{tongue}: {}", stream.escape_ascii());
            } else {
                host.send(question);
                let got = host.read(answer.len()).await;
                assert_eq!(got, answer, "{tongue}: {}", got.escape_ascii());
            }
            assert!(scale.polls() > 0, "{tongue}");
            assert!(scale.heard().ends_with(question), "{tongue}");
        });
    }
    asked.join_all().await;
}

#[tokio::test]
async fn at_another_speed_no_tongue_is_understood() {
    let mut tries = JoinSet::new();
    for (tongue, question, answer) in ANSWERS {
        let Some(baud) = tongue.usual_baud() else { continue };
        for other in [baud * 2, baud / 2, baud * 12] {
            tries.spawn(async move {
                let (_folder, link) = port();
                let _scale = steady(&link, tongue);
                let host = Host::open_at(&link, other).unwrap();
                host.send(question);
                let heard = host.read_within(Duration::from_millis(500)).await;
                assert!(!heard.windows(answer.len()).any(|frame| frame == answer), "{tongue} at {other}");
                assert!(!tongue.usually_streams() || !heard.is_empty(), "{tongue} at {other}");
            });
        }
    }
    tries.join_all().await;
}

#[tokio::test]
async fn other_makers_questions_get_the_makers_own_error_or_silence() {
    let unknown: [(Tongue, &[u8]); 12] = [
        (Tongue::MtSics, b"ES\r\n"),
        (Tongue::Sma, b"\n?\r"),
        (Tongue::Nci, b"\n?\r\x03"),
        (Tongue::And, b"EC,E1\r\n"),
        (Tongue::Ohaus, b"ES\r\n"),
        (Tongue::Radwag, b"ES\r\n"),
        (Tongue::Dini, b"ERR04\r\n"),
        (Tongue::Adam, b"ER 01\r\n"),
        (Tongue::Toledo8217, b""),
        (Tongue::SartoriusSbi, b""),
        (Tongue::KernDe, b""),
        (Tongue::ModbusRtu, b""),
    ];
    let mut asked = JoinSet::new();
    for (tongue, answer) in unknown {
        asked.spawn(async move {
            let (_folder, link) = port();
            let _scale = steady(&link, tongue);
            let host = open(&link, tongue);
            host.send(if tongue == Tongue::Sma { b"\nx\r" } else { b"xyz\r\n" });
            assert_eq!(host.read_for(QUIET).await, answer, "{tongue}");
            // None of them is upset by it.
            let (_, question, weight) = ANSWERS.iter().find(|row| row.0 == tongue).unwrap();
            host.send(question);
            assert_eq!(host.read(weight.len()).await, *weight, "{tongue}");
        });
    }
    asked.join_all().await;
}

#[tokio::test]
async fn a_modbus_tcp_scale_answers_on_its_port() {
    let (_folder, link) = port();
    let mut scale = steady(&link, Tongue::ModbusTcp);
    let mut stream = TcpStream::connect(scale.addr().unwrap()).await.unwrap();
    stream.write_all(&[0x12, 0x34, 0, 0, 0, 6, 1, 4, 0, 0, 0, 5]).await.unwrap();
    let mut answer = [0; 19];
    timeout(BOUND, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [0x12, 0x34, 0, 0, 0, 13, 1, 4, 10, 0, 0, 0, 0x96, 0, 0, 0, 0x96, 0, 4]);
    stream.write_all(&[0, 1, 0, 0, 0, 6, 1, 9, 0, 0, 0, 5]).await.unwrap();
    let mut exception = [0; 9];
    timeout(BOUND, stream.read_exact(&mut exception)).await.unwrap().unwrap();
    assert_eq!(exception, [0, 1, 0, 0, 0, 3, 1, 0x89, 1]);
    scale.unplug().await;
    assert_eq!(timeout(BOUND, stream.read(&mut answer)).await.unwrap().unwrap_or(0), 0);
}

#[tokio::test]
async fn a_scale_settles_with_readings_or_with_time() {
    let (_folder, link) = port();
    let scale = SimScale::plug(&link, Tongue::Dini).unwrap();
    let host = open(&link, Tongue::Dini);
    scale.settles_after(Settling::Readings(2));
    scale.put(1500.0);
    assert!(host.ask("READ").await.starts_with("US,"));
    assert!(host.ask("READ").await.starts_with("US,"));
    assert_eq!(host.ask("READ").await, "ST,GS,    1.50,kg\r\n");
    scale.settles_after(Settling::Time(Duration::from_millis(300)));
    scale.put(2000.0);
    assert!(host.ask("READ").await.starts_with("US,"));
    let settled = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let said = host.ask("READ").await;
            if !said.starts_with("US,") {
                return said;
            }
        }
    });
    assert_eq!(settled.await.unwrap(), "ST,GS,    2.00,kg\r\n");
}

#[tokio::test]
async fn the_keys_and_faults_of_a_scale_reach_the_host_in_its_tongue() {
    let (_folder, link) = port();
    let scale = steady(&link, Tongue::Dini);
    let host = open(&link, Tongue::Dini);
    scale.press_tare();
    assert_eq!(host.ask("READ").await, "ST,NT,    0.00,kg\r\n");
    scale.press_zero();
    scale.put(1600.0);
    assert_eq!(host.ask("READ").await, "ST,GS,    0.10,kg\r\n");
    scale.set_display(Unit::Gram, 1.0);
    assert_eq!(host.ask("READ").await, "ST,GS,     100, g\r\n");
    scale.overload();
    assert_eq!(host.ask("READ").await, "OL,GS,        , g\r\n");
    scale.underload();
    assert_eq!(host.ask("READ").await, "UL,GS,        , g\r\n");
    scale.put(1600.0);
    scale.silent(true);
    host.send(b"READ\r\n");
    assert_eq!(host.read_for(QUIET).await, b"");
    scale.restart();
    assert_eq!(host.ask("READ").await, "ST,GS,       0, g\r\n");
}

#[tokio::test]
async fn a_parity_scale_sends_its_parity_to_a_host_of_eight_bits() {
    let (_folder, link) = port();
    let line = LineSettings::at(9600).parity(Parity::Even);
    let scale = SimScale::plug_model(&link, Model { line, ..Model::usual(Tongue::Toledo8217) }).unwrap();
    scale.settles_after(Settling::Readings(0));
    scale.put(455.0);
    let host = Host::open_at(&link, 9600).unwrap();
    host.send(b"W");
    assert_eq!(host.read(8).await, [0x82, b'0', b'0', b'.', 0xB4, b'5', b'5', 0x8D]);
}

#[tokio::test]
async fn a_stream_goes_on_while_nobody_listens_and_is_there_for_who_comes() {
    let (_folder, link) = port();
    let interval = Duration::from_millis(1);
    let line = LineSettings::ANY;
    let scale = SimScale::plug_model(&link, Model { interval, line, ..Model::usual(Tongue::Cas22) }).unwrap();
    // More than the kernel holds.
    until(|| scale.polls() > 300).await;
    let host = Host::open(&link).unwrap();
    host.read(6_000).await;
}

#[tokio::test]
async fn faults_of_a_scales_line_stay_over_a_replug() {
    let (folder, link) = port();
    let mut scale = steady(&link, Tongue::Radwag);
    scale.faults().garble_next(1);
    let other = folder.path().join("other");
    scale.replug(&other).await.unwrap();
    let host = open(&other, Tongue::Radwag);
    host.send(b"SI\r\n");
    assert_ne!(host.read_for(QUIET).await, b"SI       1500.0 g  \r\n");
    assert_eq!(host.ask("SI").await, "SI       1500.0 g  \r\n");
}
