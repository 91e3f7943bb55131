use super::*;

fn scan(code_type: u8, data: &[u8], status: u8) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(5 + data.len()).unwrap(), 0xF3, 0x00, status, code_type];
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(&checksum(&bytes.clone()));
    bytes
}

fn data(found: &[Result<Packet, PacketError>]) -> Vec<String> {
    found
        .iter()
        .map(|packet| match packet {
            Ok(Packet { message: Message::DecodeData { data, .. }, .. }) => text(data),
            Ok(other) => other.opcode().name().to_owned(),
            Err(error) => error.code().to_owned(),
        })
        .collect()
}

fn drain(decoder: &mut SsiDecoder) -> Vec<Result<Packet, PacketError>> {
    std::iter::from_fn(|| decoder.poll()).collect()
}

/// Feeds it whole, then byte by byte; both must find the same. Afterwards the line goes quiet.
fn check(stream: &[&[u8]], expect: &[&str]) {
    let stream = stream.concat();
    let mut whole = SsiDecoder::new();
    whole.push(&stream, 0);
    whole.poll_idle(SsiDecoder::IDLE_MS);
    assert_eq!(data(&drain(&mut whole)), expect, "whole: {stream:02x?}");
    let mut single = SsiDecoder::new();
    let mut found = Vec::new();
    for byte in &stream {
        single.push(&[*byte], 0);
        found.extend(drain(&mut single));
    }
    single.poll_idle(SsiDecoder::IDLE_MS);
    found.extend(drain(&mut single));
    assert_eq!(data(&found), expect, "byte by byte: {stream:02x?}");
    assert_eq!((single.held_bytes(), single.next_deadline()), (0, None));
}

#[test]
fn a_packet_says_the_symbol_the_data_and_whether_it_is_a_repeat() {
    let packet = Packet::parse(&scan(0x0F, b"10A\x1d21B", 0b01)).unwrap();
    assert_eq!((packet.source, packet.retransmit, packet.more), (Source::Scanner, true, false));
    assert_eq!(
        serde_json::to_string(&packet).unwrap(),
        r#"{"op":"DECODE_DATA","type":15,"type_name":"gs1-128","data":"10A\u001d21B","retransmit":true,"more":false}"#
    );
    let nak = Packet::parse(&[0x05, 0xD1, 0x00, 0x00, 0x02, 0xFF, 0x28]).unwrap();
    assert_eq!(serde_json::to_string(&nak).unwrap(), r#"{"op":"CMD_NAK","reason":2,"reason_name":"bad-context"}"#);
    let ack = Packet::parse(&[0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28]).unwrap();
    assert_eq!((serde_json::to_string(&ack).unwrap().as_str(), ack.source), (r#"{"op":"CMD_ACK"}"#, Source::Host));
}

#[test]
fn bytes_that_are_no_packet_say_why() {
    let good = scan(3, b"BIN", 0);
    let summed = |bytes: &[u8]| [bytes, &checksum(bytes)].concat();
    for (bytes, expect) in [
        (Vec::new(), PacketError::Incomplete),
        (vec![0x03, 0xF3, 0x00], PacketError::BadLength),
        (vec![0; 6], PacketError::BadLength),
        (good[..good.len() - 1].to_vec(), PacketError::Incomplete),
        (good[..3].to_vec(), PacketError::Incomplete),
        ([good.as_slice(), b"x"].concat(), PacketError::BadLength),
        ([&good[..good.len() - 1], &[0]].concat(), PacketError::Checksum),
        (summed(&[0x04, 0xF3, 0x00, 0x00]), PacketError::BadLength),
        (summed(&[0x04, 0xD1, 0x00, 0x00]), PacketError::BadLength),
    ] {
        assert_eq!(Packet::parse(&bytes), Err(expect), "{bytes:02x?}");
    }
}

#[test]
fn the_decoder_finds_packets_however_the_bytes_are_cut_and_whatever_lies_between() {
    let (a, b) = (scan(3, b"A-1", 0), scan(0x1C, "größe".as_bytes(), 0));
    check(&[&a, &b, &a], &["A-1", "größe", "A-1"]);
    check(&[&[0x00, 0x80, 0xFF, 0xFF], &a], &["A-1"]);
    check(&[&[0xFF, 0x80, 0x00], &a], &["incomplete", "A-1"]);
    check(&[&a, b"hello world, no packet\r\n", &b], &["A-1", "bad-length", "größe"]);
    check(&[&a[..6], &b], &["checksum", "größe"]);
    let mut bent = a.clone();
    bent[5] ^= 0x20;
    check(&[&bent, &b, &bent], &["checksum", "größe", "checksum"]);
    check(&[&a[..6]], &["incomplete"]);
    check(&[&[0xFE, 0xF3, 0x00, 0x00], &a], &["incomplete", "A-1"]);
    check(&[&scan(3, &[b'x'; 250], 0), &a], &[&"x".repeat(250), "A-1"]);
}

#[test]
fn an_opcode_nobody_lists_is_a_packet_all_the_same() {
    let bytes = [0x04, 0x93, 0x00, 0x00];
    check(&[&[&bytes[..], &checksum(&bytes)].concat()], &["UNKNOWN"]);
}

#[test]
fn commands_are_the_bytes_the_guide_shows() {
    for (command, expect) in [
        (Command::Ack, &[0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28][..]),
        (Command::StartSession, &[0x04, 0xE4, 0x04, 0x00, 0xFF, 0x14]),
        (Command::ScanEnable, &[0x04, 0xE9, 0x04, 0x00, 0xFF, 0x0F]),
        (Command::RequestRevision, &[0x04, 0xA3, 0x04, 0x00, 0xFF, 0x55]),
        (Command::FlushQueue, &[0x04, 0xD2, 0x04, 0x00, 0xFF, 0x26]),
        (Command::Nak(NakReason::Resend), &[0x05, 0xD1, 0x04, 0x00, 0x01, 0xFF, 0x25]),
        (Command::Beep(Beep::FOUR_SHORT_LOW), &[0x05, 0xE6, 0x04, 0x00, 0x08, 0xFF, 0x09]),
    ] {
        assert_eq!(command.encode(false), expect, "{command:?}");
        let again = Packet::parse(&command.encode(true)).unwrap();
        assert!(again.retransmit && again.source == Source::Host, "{command:?}");
    }
    let set = Command::ParamSend { settings: vec![0xEE, 1], permanent: false }.encode(false);
    assert_eq!(&set[..7], [0x07, 0xC6, 0x04, 0x00, 0xFF, 0xEE, 1]);
    assert_eq!(Command::ParamSend { settings: vec![0xEE, 1], permanent: true }.encode(true)[3], 0b1001);
    let long = Command::ParamSend { settings: vec![0; 1000], permanent: false }.encode(false);
    assert_eq!((long.len(), Packet::parse(&long).is_ok()), (PACKET_LEN_MAX, true));
}

#[test]
fn a_code_type_and_its_aim_identifier_name_the_same_symbol() {
    let finer = ["upc-", "ean-13-addon", "code-39-", "code-32", "isbt", "iata", "macro-", "micro", "gs1-databar-"];
    let mut same = 0;
    for code_type in (0..=u8::MAX).map(CodeType) {
        let Some(aim) = code_type.aim() else { continue };
        let unlisted = matches!(aim.symbology(), "other" | "unknown");
        let composite = code_type.name() == "gs1-composite";
        if unlisted || composite || finer.iter().any(|start| code_type.name().starts_with(start)) {
            continue;
        }
        assert_eq!(code_type.name(), aim.symbology(), "{code_type:?}");
        same += 1;
    }
    assert!(same > 15, "{same}");
    assert_eq!((CodeType(0x7F).name(), CodeType(0x7F).aim()), ("unknown", None));
    for gs1 in [0x0F, 0x30, 0x31, 0x32, 0xC1, 0xC2] {
        assert!(CodeType(gs1).aim().unwrap().is_gs1(), "{gs1:02x}");
    }
}

const QR: CodeType = CodeType(0x1C);
const FIRST: bool = false;
const AGAIN: bool = true;
const MORE: bool = true;
const LAST: bool = false;

fn whole(data: &str) -> Taken {
    Taken::Complete(QR, data.as_bytes().to_vec())
}

#[test]
fn parts_are_joined_and_a_repeated_part_is_not_joined_twice() {
    let mut assembly = Assembly::new();
    assert_eq!(assembly.take(QR, b"PART-", FIRST, MORE, 0), Taken::Part);
    assert_eq!(assembly.take(QR, b"PART-", AGAIN, MORE, 10), Taken::Repeat);
    assert_eq!(assembly.take(QR, b"PART-", FIRST, MORE, 20), Taken::Part, "a part may say the same as the one before");
    assert_eq!(assembly.take(QR, b"1", FIRST, LAST, 30), whole("PART-PART-1"));
    assembly.answered(true, 40);
    assert_eq!(assembly.take(QR, b"1", AGAIN, LAST, 50), Taken::Repeat);
    assert_eq!(assembly.take(QR, b"1", FIRST, LAST, 60), whole("1"));
}

#[test]
fn a_repeat_is_told_by_its_bit_its_data_and_its_time() {
    let mut assembly = Assembly::new();
    assert_eq!(assembly.take(QR, b"A", AGAIN, LAST, 0), whole("A"), "its first sending never came");
    assembly.answered(true, 0);
    assert_eq!(assembly.take(QR, b"A", AGAIN, LAST, 20_000), Taken::Repeat);
    assert_eq!(assembly.take(QR, b"A", AGAIN, LAST, 49_999), Taken::Repeat, "each repeat may bring another");
    assert_eq!(assembly.take(QR, b"A", AGAIN, LAST, 79_999), whole("A"));
    assembly.answered(true, 80_000);
    assert_eq!(assembly.take(QR, b"B", AGAIN, LAST, 80_001), whole("B"));
    assembly.answered(true, 80_002);
    assert_eq!(assembly.take(CodeType(3), b"B", AGAIN, LAST, 80_003), Taken::Complete(CodeType(3), b"B".to_vec()));
}

#[test]
fn a_scan_that_was_not_recorded_is_handed_on_again_whole() {
    let mut assembly = Assembly::new();
    assembly.take(QR, b"PART-", FIRST, MORE, 0);
    assert_eq!(assembly.take(QR, b"1", FIRST, LAST, 1), whole("PART-1"));
    assembly.answered(false, 2);
    assert_eq!(assembly.take(QR, b"1", AGAIN, LAST, 3), whole("PART-1"));
    assembly.answered(false, 4);
    assert_eq!(assembly.take(QR, b"1", FIRST, LAST, 5), whole("1"), "the scanner gave up; the next is one of its own");
    assembly.answered(false, 6);
    assert_eq!(assembly.take(QR, b"2", AGAIN, LAST, 7), whole("2"));
}

#[test]
fn half_a_symbol_is_given_up_when_another_follows_or_none_does() {
    let mut assembly = Assembly::new();
    assembly.take(QR, b"half", FIRST, MORE, 0);
    assert_eq!(assembly.take(CodeType(3), b"BIN", FIRST, LAST, 1), Taken::Complete(CodeType(3), b"BIN".to_vec()));
    assembly.answered(true, 2);
    assembly.take(QR, b"half", FIRST, MORE, 10);
    assert_eq!(assembly.next_deadline(), Some(10 + Assembly::GAP_MS));
    assert!(!assembly.poll_idle(Assembly::GAP_MS));
    assert!(assembly.poll_idle(10 + Assembly::GAP_MS));
    assert_eq!(assembly.take(QR, b"next", FIRST, LAST, 9_000), whole("next"));
}

#[test]
fn data_without_end_costs_one_error_and_bounded_memory() {
    let mut assembly = Assembly::new();
    let part = [b'x'; 250];
    let taken: Vec<Taken> = (0..100).map(|at| assembly.take(QR, &part, FIRST, MORE, at)).collect();
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::TooLong).count(), 1);
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Part).count(), Assembly::LEN_MAX / 250);
    assert_eq!(assembly.take(QR, b"end", FIRST, LAST, 100), Taken::Skipped);
    assert_eq!(assembly.take(QR, b"next", FIRST, LAST, 101), whole("next"));
}

#[test]
fn what_was_acknowledged_outlives_the_line() {
    let mut assembly = Assembly::new();
    assembly.take(QR, b"A", FIRST, LAST, 0);
    assembly.answered(true, 1);
    assembly.take(QR, b"half", FIRST, MORE, 2);
    assembly.reopen();
    assert_eq!(assembly.take(QR, b"B", FIRST, LAST, 3), whole("B"));
    assembly.answered(true, 4);
    assembly.reopen();
    assert_eq!(assembly.take(QR, b"B", AGAIN, LAST, 5), Taken::Repeat);
}
