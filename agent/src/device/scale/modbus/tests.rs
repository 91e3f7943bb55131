use super::*;
use crate::device::scale::decoder::Decoder;

fn laumas() -> Query {
    Query { map: Map::LaumasTlb, decimals: 2, ..Query::default() }
}

fn rtu() -> Modbus {
    Modbus::rtu(laumas(), Unit::parse(b"kg"))
}

/// With its checksum.
fn sealed(frame: &[u8]) -> Vec<u8> {
    [frame, &crc::crc16(frame).to_le_bytes()].concat()
}

fn reply(weight: u8) -> Vec<u8> {
    sealed(&[1, 3, 10, 8, 0, 0, 0, 0, weight, 0, 0, 0, weight])
}

fn shown(weight: u8) -> String {
    let weight = format!("0.{weight:02}");
    format!(r#"{{"weight":"{weight}","unit":"kg","stable":true,"gross":"{weight}","net":"{weight}"}}"#)
}

fn drain(decoder: &mut Decoder) -> Vec<String> {
    std::iter::from_fn(|| decoder.poll())
        .map(|report| report.map_or_else(|error| error.code().to_owned(), |r| serde_json::to_string(&r).unwrap()))
        .collect()
}

fn told(modbus: Modbus, stream: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new(Box::new(modbus), false);
    decoder.push(stream);
    let mut found = drain(&mut decoder);
    decoder.idle();
    found.extend(drain(&mut decoder));
    found
}

#[test]
fn a_request_asks_for_the_registers_of_the_map() {
    assert_eq!(Query::default().rtu_request(), [0x01, 0x04, 0x00, 0x00, 0x00, 0x05, 0x30, 0x09]);
    assert_eq!(laumas().rtu_request(), [0x01, 0x03, 0x00, 0x06, 0x00, 0x05, 0x65, 0xC8]);
    let eagle = Query { address: 17, map: Map::EagleEi, ..Query::default() };
    assert_eq!(eagle.tcp_request(), [0, 1, 0, 0, 0, 6, 17, 3, 0x10, 0, 0, 10]);
}

#[test]
fn a_reply_is_a_weight_in_the_unit_of_the_site() {
    assert_eq!(told(rtu(), &reply(35)), [shown(35)]);
    let bare = Modbus::rtu(laumas(), None);
    assert!(!told(bare, &reply(35))[0].contains("unit"));
}

#[test]
fn a_reply_cut_anywhere_is_the_same_reply() {
    let stream = [reply(1), reply(2)].concat();
    for at in 0..stream.len() {
        let mut decoder = Decoder::new(Box::new(rtu()), false);
        decoder.push(&stream[..at]);
        decoder.push(&stream[at..]);
        assert_eq!(drain(&mut decoder), [shown(1), shown(2)], "cut at {at}");
        assert!(!decoder.is_in_frame());
    }
}

#[test]
fn a_wrong_byte_is_a_wrong_checksum() {
    let mut broken = reply(35);
    broken[8] ^= 1;
    assert_eq!(told(rtu(), &broken), ["checksum"]);
    assert_eq!(told(rtu(), &[broken, reply(2)].concat()), ["checksum".to_owned(), shown(2)]);
}

#[test]
fn a_refusal_comes_with_its_code() {
    let refusal = sealed(&[1, 0x83, 2]);
    assert_eq!(told(rtu(), &refusal), [r#"{"error":"modbus-exception","exception_code":2}"#]);
    let mut broken = refusal;
    broken[4] ^= 1;
    assert_eq!(told(rtu(), &broken), ["checksum"]);
}

#[test]
fn silence_ends_a_reply_that_broke_off() {
    let whole = reply(35);
    for len in 1..whole.len() {
        assert_eq!(told(rtu(), &whole[..len]), ["bad-frame"], "{len} bytes");
    }
    assert_eq!(told(rtu(), &[1, 3, 2, 0]), ["bad-frame"]);
}

#[test]
fn half_a_reply_does_not_take_the_next_with_it() {
    for len in 3..reply(35).len() {
        let stream = [&reply(35)[..len], &reply(2)].concat();
        assert_eq!(told(rtu(), &stream), ["bad-frame".to_owned(), shown(2)], "{len} bytes before");
    }
}

#[test]
fn a_weight_that_reads_like_the_beginning_of_a_reply_is_a_weight_however_it_comes() {
    // 663.14 kg gross, and the same or nothing net.
    for net in [[0, 1, 3, 10], [0; 4]] {
        let stream = sealed(&[&[1, 3, 10, 8, 0, 0, 1, 3, 10][..], &net].concat());
        for len in 1..=stream.len() {
            let mut decoder = Decoder::new(Box::new(rtu()), false);
            stream.chunks(len).for_each(|chunk| decoder.push(chunk));
            let found = drain(&mut decoder);
            assert_eq!((found.len(), found[0].contains(r#""gross":"663.14""#)), (1, true), "{len} at once: {found:?}");
        }
    }
}

#[test]
fn noise_and_the_replies_of_others_are_stepped_over() {
    let other = sealed(&[2, 3, 10, 8, 0, 0, 0, 0, 9, 0, 0, 0, 9]);
    for noise in [&[0xFF, 0x00][..], &[1], &[1, 1, 1], &[1, 3], &[1, 3, 11], &[1, 5, 10], &[1, 0x83, 0], &other] {
        assert_eq!(told(rtu(), &[noise, &reply(35)].concat()), [shown(35)], "{noise:x?}");
    }
}

#[test]
fn the_echo_of_the_request_is_stepped_over() {
    for map in Map::ALL {
        let query = Query { map, ..Query::default() };
        let registers = map.registers();
        let mut answer = vec![1, registers.function, registers.count * 2];
        answer.resize(usize::from(registers.count) * 2 + 3, 0);
        let stream = [query.rtu_request(), sealed(&answer)].concat();
        for at in 0..stream.len() {
            let mut decoder = Decoder::new(Box::new(Modbus::rtu(query.clone(), None)), false);
            decoder.push(&stream[..at]);
            decoder.push(&stream[at..]);
            let found = drain(&mut decoder);
            assert_eq!((found.len(), found[0].contains("weight")), (1, true), "{map} cut at {at}: {found:?}");
        }
    }
}

#[test]
fn a_sound_reply_to_another_request_is_no_weight() {
    assert_eq!(told(rtu(), &sealed(&[1, 3, 4, 0, 0, 0, 9])), ["bad-frame"]);
    assert_eq!(told(rtu(), &sealed(&[1, 4, 10, 8, 0, 0, 0, 0, 9, 0, 0, 0, 9])), ["bad-frame"]);
    assert_eq!(told(rtu(), &sealed(&[1, 0x84, 2])), ["bad-frame"]);
}

#[test]
fn over_tcp_the_header_takes_the_place_of_the_checksum() {
    let tcp = || Modbus::tcp(laumas(), Unit::parse(b"kg"));
    let body = [1, 3, 10, 8, 0, 0, 0, 0, 35, 0, 0, 0, 35];
    let framed = |body: &[u8]| [&[0, 1, 0, 0, 0, u8::try_from(body.len()).unwrap()], body].concat();
    let stream = [framed(&body), framed(&[1, 0x83, 6]), framed(&body)].concat();
    let expect = [shown(35), r#"{"error":"modbus-exception","exception_code":6}"#.to_owned(), shown(35)];
    for at in 0..stream.len() {
        let mut decoder = Decoder::new(Box::new(tcp()), false);
        decoder.push(&stream[..at]);
        decoder.push(&stream[at..]);
        assert_eq!(drain(&mut decoder), expect, "cut at {at}");
    }
    for other in [&[2, 3, 10, 8, 0, 0, 0, 0, 9, 0, 0, 0, 9][..], &[1, 3, 4, 0, 0, 0, 9], &[1, 4, 2, 0, 0]] {
        assert_eq!(told(tcp(), &framed(other)), ["bad-frame"], "{other:x?}");
    }
    assert_eq!(told(tcp(), &[&[0, 7, 0, 0][..], &framed(&body)].concat()), [shown(35)]);
}

#[test]
fn a_fault_has_no_unit() {
    let overload = sealed(&[1, 3, 10, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(told(rtu(), &overload), [r#"{"error":"overload"}"#]);
}
