//! Speed, parity and faults of a serial line, seen from the host's side.

use std::time::{Duration, Instant};

use super::host::{BOUND, Host, port};
use sim::{Faults, LineSettings, Parity, Pty, SimScale, Tongue};
use tokio::time::timeout;

const QUIET: Duration = Duration::from_millis(200);

async fn heard(device: &Pty) -> Vec<u8> {
    let mut buffer = [0; 256];
    let len = timeout(BOUND, device.read(&mut buffer)).await.unwrap().unwrap();
    buffer[..len].to_vec()
}

#[tokio::test]
async fn at_the_same_speed_both_sides_understand_each_other() {
    for baud in [1200, 9600, 115_200, 250_000] {
        let (_folder, link) = port();
        let device = Pty::plug_with(&link, LineSettings::at(baud), Faults::none()).unwrap();
        let host = Host::open_at(&link, baud).unwrap();
        host.send(b"SI\r\n");
        assert_eq!(heard(&device).await, b"SI\r\n", "{baud}");
        device.write(b"S S      123.4 g\r\n").await.unwrap();
        assert_eq!(host.read_until(b"\n").await, b"S S      123.4 g\r\n", "{baud}");
    }
}

#[tokio::test]
async fn at_different_speeds_each_side_hears_garbage_and_the_same_garbage_each_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (_folder, link) = port();
        let device = Pty::plug_with(&link, LineSettings::at(2400), Faults::none()).unwrap();
        let host = Host::open_at(&link, 9600).unwrap();
        device.write(b"ST,+00123.4  g\r\n").await.unwrap();
        let to_host = host.read_for(QUIET).await;
        host.send(b"Q\r\nQ\r\nQ\r\nQ\r\n");
        let to_device = heard(&device).await;
        runs.push((to_host, to_device));
    }
    let (to_host, to_device) = &runs[0];
    // 15 bytes were sent, of which each lasts as long as four of the host's.
    assert!((20..=60).contains(&to_host.len()), "{to_host:02x?}");
    let foreign = to_host.iter().filter(|byte| !byte.is_ascii()).count() * 2;
    assert!(foreign > to_host.len(), "{to_host:02x?}");
    assert!(!to_device.windows(3).any(|frame| frame == b"Q\r\n"), "{to_device:02x?}");
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_host_finds_the_speed_by_changing_its_own() {
    let (_folder, link) = port();
    let scale = SimScale::plug(&link, Tongue::And).unwrap();
    let host = Host::open(&link).unwrap();
    let mut found = None;
    for baud in [9600, 4800, 2400, 1200] {
        host.set_baud(baud);
        // The garbage of the last attempt is in the scale's command until a line end throws it out.
        host.send(b"\r\n");
        host.read_for(QUIET).await;
        host.send(b"Q\r\n");
        if host.read_for(QUIET).await == b"ST,+000000.0  g\r\n" {
            found = Some(baud);
            break;
        }
    }
    assert_eq!((found, scale.heard().ends_with(b"Q\r\n")), (Some(2400), true));
}

#[tokio::test]
async fn parity_is_the_eighth_bit() {
    let (_folder, link) = port();
    let settings = LineSettings::at(9600).parity(Parity::Even);
    let device = Pty::plug_with(&link, settings, Faults::none()).unwrap();
    let host = Host::open_at(&link, 9600).unwrap();
    device.write(b"\x02 0.455\r").await.unwrap();
    assert_eq!(host.read(8).await, [0x82, 0xA0, b'0', b'.', 0xB4, b'5', b'5', 0x8D]);
    host.send(&[0xD7]);
    assert_eq!(heard(&device).await, b"W");
}

#[tokio::test]
async fn faults_are_ordered_while_the_line_is_in_use() {
    let (_folder, link) = port();
    let device = Pty::plug(&link).unwrap();
    let host = Host::open(&link).unwrap();
    device.faults().garble_next(1);
    device.write(b"G     +  2.00 kg\r\n").await.unwrap();
    assert_ne!(host.read_for(QUIET).await, b"G     +  2.00 kg\r\n");
    device.faults().noise(4);
    device.faults().cut_ends(1);
    device.write(b"W\r\n").await.unwrap();
    device.write(b"X\r\n").await.unwrap();
    let got = host.read_until(b"\n").await;
    assert_eq!(&got[4..], b"WX\r\n");
    assert!(got[..4].iter().all(|byte| !byte.is_ascii_graphic()), "{got:02x?}");
    device.faults().dribble(Duration::from_millis(20));
    let started = Instant::now();
    device.write(b"slowly\r\n").await.unwrap();
    assert_eq!(host.read_until(b"\n").await, b"slowly\r\n");
    assert!(started.elapsed() >= Duration::from_millis(160));
}
