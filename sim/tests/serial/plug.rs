//! Plugging in and out, and the devices that the demo uses.

use std::io::ErrorKind;

use super::host::{BOUND, Host, port};
use sim::{MtSicsScale, Pty, Scanner, Suffix};
use tokio::time::timeout;

#[tokio::test]
async fn bytes_cross_the_line_unchanged_both_ways() {
    let (_folder, link) = port();
    let device = Pty::plug(&link).unwrap();
    let host = Host::open(&link).unwrap();
    let all: Vec<u8> = (0..=255).collect();
    device.write(&all).await.unwrap();
    assert_eq!(host.read_until(&[255]).await, all);
    host.send(&all);
    let mut got = Vec::new();
    while got.len() < all.len() {
        let mut buffer = [0; 64];
        let len = timeout(BOUND, device.read(&mut buffer)).await.unwrap().unwrap();
        got.extend_from_slice(&buffer[..len]);
    }
    assert_eq!(got, all);
}

#[tokio::test]
async fn a_pulled_plug_is_end_of_file_and_then_no_such_port() {
    let (_folder, link) = port();
    let device = Pty::plug(&link).unwrap();
    let host = Host::open(&link).unwrap();
    device.unplug();
    assert_eq!(host.read_until(b"anything").await, b"");
    assert_eq!(Host::open(&link).err().map(|error| error.kind()), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn a_host_may_close_the_port_and_open_it_again() {
    let (_folder, link) = port();
    let device = Pty::plug(&link).unwrap();
    drop(Host::open(&link).unwrap());
    let host = Host::open(&link).unwrap();
    device.write(b"still here\r").await.unwrap();
    assert_eq!(host.read_until(b"\r").await, b"still here\r");
}

#[tokio::test]
async fn pulling_an_old_line_leaves_the_new_one_under_its_name() {
    let (_folder, link) = port();
    let old = Pty::plug(&link).unwrap();
    let new = Pty::plug(&link).unwrap();
    old.unplug();
    let host = Host::open(&link).unwrap();
    new.write(b"new\r").await.unwrap();
    assert_eq!(host.read_until(b"\r").await, b"new\r");
}

#[tokio::test]
async fn a_scanner_frames_its_codes() {
    for (suffix, aim, sent) in [
        (Suffix::Cr, "]C0", &b"]C0BIN-0042\r"[..]),
        (Suffix::CrLf, "", b"BIN-0042\r\n"),
        (Suffix::StxEtx, "]d2", b"\x02]d2BIN-0042\x03"),
        (Suffix::Tab, "", b"BIN-0042\t"),
        (Suffix::Lf, "", b"BIN-0042\n"),
        (Suffix::None, "", b"BIN-0042"),
    ] {
        let (_folder, link) = port();
        let mut scanner = Scanner::plug(&link, suffix).unwrap();
        scanner.aim(aim);
        let host = Host::open(&link).unwrap();
        scanner.scan("BIN-0042").await.unwrap();
        assert_eq!(host.read_until(sent).await, sent, "{suffix:?}");
    }
}

#[tokio::test]
async fn a_scanner_can_be_pulled_and_plugged_in_under_another_name() {
    let (folder, link) = port();
    let mut scanner = Scanner::plug(&link, Suffix::Cr).unwrap();
    scanner.unplug();
    assert!(scanner.scan("A").await.is_err() && link.symlink_metadata().is_err());
    let other = folder.path().join("ttyUSB1");
    scanner.replug(&other).unwrap();
    let host = Host::open(&other).unwrap();
    scanner.scan_raw(b"\xff\x00half").await.unwrap();
    assert_eq!(host.read_until(b"half").await, b"\xff\x00half");
}

#[tokio::test]
async fn a_scale_answers_with_the_exact_bytes_of_the_reference() {
    let (_folder, link) = port();
    let scale = MtSicsScale::plug(&link, 7).unwrap();
    let host = Host::open(&link).unwrap();
    assert_eq!(host.ask("@").await, "I4 A \"B000000007\"\r\n");
    assert_eq!(host.ask("SI").await, "S S        0.0 g\r\n");
    scale.set_settling_replies(2);
    scale.set_grams(512.3);
    assert!(host.ask("SI").await.starts_with("S D "));
    assert!(host.ask("SI").await.starts_with("S D "));
    assert_eq!(host.ask("SI").await, "S S      512.3 g\r\n");
    scale.overload();
    assert_eq!(host.ask("SI").await, "S +\r\n");
    assert_eq!(host.ask("HELLO").await, "ES\r\n");
    assert_eq!(scale.polls(), 5);
}

#[tokio::test]
async fn a_scale_that_gets_its_power_back_says_so_unasked_and_weighs_from_a_new_zero() {
    let (_folder, link) = port();
    let scale = MtSicsScale::plug(&link, 7).unwrap();
    let host = Host::open(&link).unwrap();
    scale.set_grams(250.0);
    scale.silent(true);
    scale.restart();
    assert_eq!(host.read_until(b"\"\r\n").await, b"I4 A \"B000000007\"\r\n");
    assert_eq!(host.ask("SI").await, "S S        0.0 g\r\n");
}

#[tokio::test]
async fn a_scale_pulled_and_replugged_keeps_its_load() {
    let (folder, link) = port();
    let mut scale = MtSicsScale::plug(&link, 7).unwrap();
    let host = Host::open(&link).unwrap();
    scale.set_settling_replies(0);
    scale.set_grams(100.0);
    scale.unplug().await;
    assert_eq!(host.read_until(b"anything").await, b"");
    assert!(link.symlink_metadata().is_err());
    let other = folder.path().join("other-adapter");
    scale.replug(&other).await.unwrap();
    assert_eq!(Host::open(&other).unwrap().ask("SI").await, "S S      100.0 g\r\n");
}

#[tokio::test]
async fn a_command_may_come_byte_by_byte() {
    let (_folder, link) = port();
    let _scale = MtSicsScale::plug(&link, 7).unwrap();
    let host = Host::open(&link).unwrap();
    for byte in b"SI\r" {
        host.send(&[*byte]);
    }
    assert_eq!(host.ask("").await, "S S        0.0 g\r\n");
}
