use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::*;

/// Texts of every type, in the forms that a site writes.
fn texts() -> Vec<String> {
    let movement = |n: u64| {
        format!(
            r#"{{"type":"movement","at":"2031-0{}-1{}T1{}:2{}:3{}.{:03}Z","item":"{:014}","qty":{},"from":"bin:R{}-{:02}","to":"used","by":"scanner-{}","actor":"u{}","lot":"C{:06}","ref":"AB-{}"}}"#,
            n % 9 + 1,
            n % 7,
            n % 10,
            n % 9,
            n % 8,
            n * 7919 % 1000,
            n * 1_234_567_891,
            n % 50 + 1,
            n % 5,
            n % 40,
            n % 3,
            n % 11,
            n * 48_271 % 1_000_000,
            n * 16_807 % 100_000
        )
    };
    let mut texts: Vec<String> = (0..500).map(movement).collect();
    texts.extend([
        String::new(),
        "x".to_owned(),
        "{}".to_owned(),
        r#"{"type":"count","at":"2027-01-02T03:04:05.006Z","item":"Schraube-ä-6","place":"bin:A","qty":7,"by":"s"}"#
            .to_owned(),
        r#"{"type":"clock","at":"2027-01-02T03:04:05.006Z","boot":"0f1e","offset_ms":1}"#.to_owned(),
        r#"{"type":"temperature","celsius":21.5}"#.to_owned(),
        format!(
            r#"{{"type":"checkpoint","on_hand":[{}]}}"#,
            vec![r#"{"item":"I","place":"dock","qty":1}"#; 1_500].join(",")
        ),
        noise(RECORD_LEN_MAX),
        "z".repeat(RECORD_LEN_MAX),
    ]);
    texts
}

/// Letters without any order.
fn noise(len: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b' ' + (state % 94) as u8)
    };
    (0..len).map(|_| next()).collect()
}

fn blob(text: &str) -> Vec<u8> {
    match Packer::default().pack(text) {
        Packed::Blob(blob) => blob.to_vec(),
        Packed::Text(_) => panic!("{text} is not packed"),
    }
}

fn unpacked(blob: &[u8]) -> Result<String, UnpackError> {
    unpack(ValueRef::Blob(blob)).map(Cow::into_owned)
}

#[test]
fn what_is_packed_unpacks_to_the_same_and_is_never_longer() {
    let mut packer = Packer::default();
    for text in texts() {
        let (value, len) = match packer.pack(&text) {
            Packed::Text(text) => (ValueRef::Text(text.as_bytes()), text.len()),
            Packed::Blob(blob) => (ValueRef::Blob(blob), blob.len() + 1),
        };
        assert!(len <= text.len(), "{len} for {text}");
        assert_eq!(unpack(value).unwrap(), text);
    }
}

#[test]
fn a_movement_takes_little_more_than_half_whatever_its_names() {
    let mut packer = Packer::default();
    let (mut before, mut after) = (0, 0);
    for text in texts().iter().take(500) {
        before += text.len();
        after += match packer.pack(text) {
            Packed::Text(text) => text.len(),
            Packed::Blob(blob) => blob.len(),
        };
    }
    assert!(10 * after < 6 * before, "{before} bytes came to {after}");
}

/// What earlier versions wrote must be read for as long as there are ledgers with it: this test is never changed.
#[test]
fn version_1_reads_what_it_always_wrote() {
    let sample: String = Sha256::digest(DICTIONARY_1).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sample, SAMPLE_1, "the sample of a version is never edited; add the next version");
    for (hex, text) in GOLDEN_1 {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        assert_eq!(unpacked(&bytes).unwrap(), text);
    }
}

#[test]
fn a_damaged_blob_is_an_error_or_another_text_and_never_more() {
    let text = &texts()[7];
    let good = blob(text);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert!(unpacked(&bad).map_or(true, |other| other.len() <= RECORD_LEN_MAX), "byte {at}, bit {bit}");
        }
        assert!(unpacked(&good[..at]).is_err(), "{at} bytes of it");
    }
    let doubled = [&good[..], &MAGIC, &good[1..]].concat();
    assert!(matches!(unpacked(&doubled), Err(UnpackError::Frame(_) | UnpackError::Length)));
    for len in 0..200 {
        let _ = unpacked(&[&[VERSION_1], noise(len).as_bytes()].concat());
    }
    assert!(matches!(unpacked(&[9, 1, 2]), Err(UnpackError::Version(9))));
    assert!(matches!(unpacked(&[]), Err(UnpackError::Form)));
    assert!(matches!(unpack(ValueRef::Integer(1)), Err(UnpackError::Form)));
    assert!(matches!(unpack(ValueRef::Text(&[0xFF])), Err(UnpackError::Utf8(_))));
}

#[test]
fn a_blob_that_promises_more_than_a_record_is_refused_before_it_is_unpacked() {
    for len in [RECORD_LEN_MAX + 1, 100_000_000] {
        let bomb = blob(&"z".repeat(len));
        assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
        assert!(matches!(unpacked(&bomb), Err(UnpackError::Length)), "{len}");
    }
}

const SAMPLE_1: &str = "51784006e6307991f1912d332504b3dcc898798610cc1bd858bae212f069cea4";

const GOLDEN_1: [(&str, &str); 2] = [
    (
        "01207a15010078313132334d382d424f4c543233227d06000023409bf265d3323818a1f6ca1d1a04",
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"used","by":"scale-3"}"#,
    ),
    (
        "01207dc50100b830325430333a2e303053636872617562652dc3a437397d0a0027801bc449033e92c3a7445801f4bc3b9947dcd9d68f0f489404ca0b0a04",
        r#"{"type":"count","at":"2027-01-02T03:04:05.006Z","item":"Schraube-ä-6","place":"bin:A","qty":7,"by":"station-1","expected":9}"#,
    ),
];
