//! Scanners that listen, and their hosts.

use std::time::Duration;

use super::host::{Host, port, until};
use sim::{Heard, ListeningScanner, Manners, Outcome, SsiScanner, Suffix};

const SHORT: Duration = Duration::from_millis(100);
const ACK: &[u8] = &[0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28];
const RESEND: &[u8] = &[0x05, 0xD1, 0x04, 0x00, 0x01, 0xFF, 0x25];

fn listening(manners: Manners) -> (tempfile::TempDir, ListeningScanner, Host) {
    let (folder, link) = port();
    let scanner = ListeningScanner::plug(&link, Suffix::Cr, manners).unwrap();
    let host = Host::open(&link).unwrap();
    (folder, scanner, host)
}

fn ssi() -> (tempfile::TempDir, SsiScanner, Host) {
    let (folder, link) = port();
    let scanner = SsiScanner::plug(&link).unwrap();
    scanner.set_timeout(SHORT).unwrap();
    let host = Host::open(&link).unwrap();
    (folder, scanner, host)
}

/// A command of the host with its checksum.
fn command(op: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![u8::try_from(4 + data.len()).unwrap(), op, 4, 0];
    packet.extend(data);
    let sum = packet.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg();
    packet.extend(sum.to_be_bytes());
    packet
}

#[tokio::test]
async fn a_scan_that_wants_no_answer_is_sent_and_a_bell_is_heard() {
    let (_folder, mut scanner, host) = listening(Manners::ZEBRA);
    scanner.aim("]C1");
    assert_eq!(scanner.scan("A1").await.unwrap(), Outcome::Sent);
    assert_eq!(host.read_until(b"\r").await, b"]C1A1\r");
    host.send(b"\x07");
    until(|| scanner.heard() == [Heard::Bell]).await;
}

#[tokio::test]
async fn an_acknowledged_scan_is_taken() {
    let (_folder, scanner, host) = listening(Manners::ZEBRA.ack_nak());
    let (outcome, ()) = tokio::join!(scanner.scan("A1"), async {
        assert_eq!(host.read_until(b"\r").await, b"A1\r");
        host.send(b"\x06");
    });
    assert_eq!((outcome.unwrap(), scanner.heard()), (Outcome::Taken, vec![Heard::Ack]));
}

#[tokio::test]
async fn a_refused_scan_is_sent_three_times_more_and_then_beeps() {
    let (_folder, scanner, host) = listening(Manners::ZEBRA.ack_nak());
    let (outcome, ()) = tokio::join!(scanner.scan("A1"), async {
        for _ in 0..4 {
            assert_eq!(host.read_until(b"\r").await, b"A1\r");
            host.send(b"\x15");
        }
    });
    assert_eq!(outcome.unwrap(), Outcome::Refused);
    let nak = Heard::Nak;
    until(|| scanner.heard().len() == 5).await;
    assert_eq!(scanner.heard().iter().filter(|heard| **heard == nak).count(), 4);
    assert!(scanner.heard().contains(&Heard::ErrorBeep));
    assert_eq!(host.read_for(SHORT).await, b"");
}

#[tokio::test]
async fn an_unanswered_scan_beeps_after_the_time_out() {
    let (_folder, scanner, _host) = listening(Manners::ZEBRA.ack_nak().timeout(SHORT));
    assert_eq!(scanner.scan("A1").await.unwrap(), Outcome::Unanswered);
    assert_eq!(scanner.heard(), [Heard::ErrorBeep]);
}

#[tokio::test]
async fn a_scan_may_wait_for_an_enquiry() {
    let (_folder, scanner, host) = listening(Manners::ZEBRA.enq().ack_nak());
    let (outcome, ()) = tokio::join!(scanner.scan("A1"), async {
        assert_eq!(host.read_for(SHORT).await, b"");
        host.send(b"\x05");
        assert_eq!(host.read_until(b"\r").await, b"A1\r");
        host.send(b"\x06");
    });
    assert_eq!(outcome.unwrap(), Outcome::Taken);
    assert_eq!(scanner.heard(), [Heard::Enquiry, Heard::Ack]);
}

#[tokio::test]
async fn a_held_scanner_sends_when_it_is_released() {
    let (_folder, scanner, host) = listening(Manners::ZEBRA);
    host.send(b"\x13");
    until(|| scanner.heard() == [Heard::Held]).await;
    let (outcome, ()) = tokio::join!(scanner.scan("A1"), async {
        assert_eq!(host.read_for(SHORT).await, b"");
        host.send(b"\x11");
        assert_eq!(host.read_until(b"\r").await, b"A1\r");
    });
    assert_eq!(outcome.unwrap(), Outcome::Sent);
}

#[tokio::test]
async fn a_honeywell_echoes_its_commands_with_a_verdict() {
    let (_folder, scanner, host) = listening(Manners::HONEYWELL);
    for (sent, answer) in [
        (&b"\x16M\r232BAD9."[..], &b"232BAD9\x06."[..]),
        (b"\x16M\rBEPLVL3!", b"BEPLVL3\x06!"),
        (b"\x16M\rXYZABC1!", b"XYZABC1\x05!"),
        (b"\x16M\rBEPLVLx!", b"BEPLVLx\x15!"),
        (b"\x16M\rBEPLVL?;232BAD?.", b"BEPLVL?\x06;232BAD?\x06."),
    ] {
        host.send(sent);
        assert_eq!(host.read(answer.len()).await, answer);
    }
    host.send(b"\x16T\r\x16U\r\x07");
    until(|| scanner.heard().len() == 8).await;
    assert_eq!(scanner.heard()[0], Heard::Setting("232BAD9.".to_owned()));
    assert_eq!(scanner.heard()[5..], [Heard::TriggerPulled, Heard::TriggerReleased, Heard::Bell]);
}

#[tokio::test]
async fn a_datalogic_obeys_letters_and_reads_nothing_until_it_is_answered() {
    let (_folder, scanner, host) = listening(Manners::DATALOGIC.ack_nak().timeout(SHORT));
    host.send(b"BD\x01");
    until(|| scanner.heard().len() == 3).await;
    assert_eq!(scanner.heard(), [Heard::Beep(0), Heard::Disabled, Heard::Beep(1)]);
    assert_eq!(scanner.scan("A1").await.unwrap(), Outcome::Disabled);
    host.send(b"E");
    until(|| scanner.heard().len() == 4).await;
    assert_eq!(scanner.scan("A1").await.unwrap(), Outcome::Unanswered);
    assert_eq!(scanner.scan("A2").await.unwrap(), Outcome::Blocked);
    host.send(b"\x06");
    until(|| scanner.heard().len() == 5).await;
    let (outcome, ()) = tokio::join!(scanner.scan("A3"), async {
        assert_eq!(host.read_until(b"A3\r").await, b"A1\rA3\r");
        host.send(b"\x06");
    });
    assert_eq!(outcome.unwrap(), Outcome::Taken);
}

#[tokio::test]
async fn an_ssi_code_is_acknowledged() {
    let (_folder, scanner, host) = ssi();
    let (outcome, ()) = tokio::join!(scanner.scan(SsiScanner::CODE_128, b"BIN-0042"), async {
        assert_eq!(host.read(15).await, b"\x0d\xf3\x00\x00\x03BIN-0042\xfd\x31");
        host.send(ACK);
    });
    assert_eq!((outcome.unwrap(), scanner.heard()), (Outcome::Taken, vec![Heard::Ack]));
}

#[tokio::test]
async fn an_ssi_code_that_is_not_acknowledged_comes_again_and_says_so() {
    let (_folder, scanner, host) = ssi();
    let (outcome, ()) = tokio::join!(scanner.scan(SsiScanner::CODE_128, b"BIN-0042"), async {
        assert_eq!(host.read(15).await, b"\x0d\xf3\x00\x00\x03BIN-0042\xfd\x31");
        assert_eq!(host.read(15).await, b"\x0d\xf3\x00\x01\x03BIN-0042\xfd\x30");
        host.send(RESEND);
        assert_eq!(host.read(15).await, b"\x0d\xf3\x00\x01\x03BIN-0042\xfd\x30");
    });
    assert_eq!((outcome.unwrap(), scanner.heard()), (Outcome::Unanswered, vec![Heard::Nak, Heard::ErrorBeep]));
}

#[tokio::test]
async fn a_long_ssi_code_comes_in_packets_each_acknowledged() {
    let (_folder, scanner, host) = ssi();
    let code: Vec<u8> = (0..600_u16).map(|place| b'0' + u8::try_from(place % 10).unwrap()).collect();
    let (outcome, got) = tokio::join!(scanner.scan(SsiScanner::QR, &code), async {
        let mut got = Vec::new();
        for (len, status) in [(250, 2), (250, 2), (100, 0)] {
            let packet = host.read(len + 7).await;
            assert_eq!((packet[1], packet[3], packet[4]), (0xF3, status, SsiScanner::QR));
            got.extend_from_slice(&packet[5..packet.len() - 2]);
            host.send(ACK);
        }
        got
    });
    assert_eq!((outcome.unwrap(), got), (Outcome::Taken, code));
}

#[tokio::test]
async fn an_ssi_scanner_obeys_answers_and_records_commands() {
    let (_folder, scanner, host) = ssi();
    let acked = [0x04, 0xD0, 0, 0, 0xFF, 0x2C];
    for (op, data, heard) in [
        (0xE6, &[0x16][..], Heard::Beep(0x16)),
        (0xE7, &[0x01], Heard::Led { is_on: true, mask: 1 }),
        (0xE8, &[0x01], Heard::Led { is_on: false, mask: 1 }),
        (0xC6, &[0xFF, 0x2D, 0x01], Heard::Parameters(vec![0xFF, 0x2D, 0x01])),
        (0xE4, &[], Heard::TriggerPulled),
        (0xEA, &[], Heard::Disabled),
    ] {
        host.send(&command(op, data));
        assert_eq!(host.read(6).await, acked);
        assert_eq!(scanner.heard().last(), Some(&heard));
    }
    assert_eq!(scanner.scan(SsiScanner::QR, b"x").await.unwrap(), Outcome::Disabled);
    host.send(&command(0x55, &[]));
    assert_eq!(host.read(7).await, [0x05, 0xD1, 0, 0, 2, 0xFF, 0x28]);
    host.send(&[0x04, 0xE9, 0x04, 0x00, 0xFF, 0x0E]);
    assert_eq!(host.read(7).await, [0x05, 0xD1, 0, 0, 1, 0xFF, 0x29], "a wrong checksum");
    host.send(&command(0xA3, &[]));
    assert_eq!(&host.read(17).await[..15], b"\x0f\xa4\x00\x00SIM-SSI 1.0");
}

#[tokio::test]
async fn feedback_may_come_before_the_acknowledgement() {
    let (_folder, scanner, host) = ssi();
    let (outcome, ()) = tokio::join!(scanner.scan(SsiScanner::QR, b"x"), async {
        host.read(8).await;
        host.send(&command(0xE6, &[0x02]));
        host.read(6).await;
        host.send(ACK);
    });
    assert_eq!((outcome.unwrap(), scanner.heard()), (Outcome::Taken, vec![Heard::Beep(2), Heard::Ack]));
}

#[tokio::test]
async fn a_sleeping_ssi_scanner_loses_the_first_byte_unless_it_is_woken() {
    let (_folder, scanner, host) = ssi();
    scanner.sleeps(true).unwrap();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    host.send(&command(0xE6, &[0x02]));
    assert_eq!(host.read_for(SHORT).await, b"");
    tokio::time::sleep(Duration::from_millis(1050)).await;
    host.send(&[0]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    host.send(&command(0xE6, &[0x02]));
    assert_eq!(host.read(6).await, [0x04, 0xD0, 0, 0, 0xFF, 0x2C]);
}
