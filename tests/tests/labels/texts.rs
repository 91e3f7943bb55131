//! Thousands of random texts per symbology: encoded, drawn pixel by pixel, read back by independent decoders.

use agent::print::{Symbol, Symbology};
use tests::{Seed, skip::say};

use crate::{
    decoder::{Tool, bytes, must_read, read},
    picture::Picture,
};

const TEXTS: u64 = 2_000;

const BAR_HEIGHT: usize = 20;

#[test]
fn any_text_as_bars_reads_back() {
    check("any_text_as_bars_reads_back", Symbology::Code128);
}

#[test]
fn any_text_as_a_qr_code_reads_back() {
    check("any_text_as_a_qr_code_reads_back", Symbology::Qr);
}

#[test]
fn any_text_as_a_data_matrix_reads_back() {
    check("any_text_as_a_data_matrix_reads_back", Symbology::DataMatrix);
}

#[test]
fn letters_outside_ascii_read_back_from_a_qr_code() {
    let test = "letters_outside_ascii_read_back_from_a_qr_code";
    if !Tool::all_or_skip(test) {
        return;
    }
    let texts = ["BW:BIN:Schäkel", "BW:BADGE:Łukasz Żak", "BW:ITEM:螺栓", "Ωμέγα-7"];
    let expected = texts.map(|text| (text.to_owned(), drawn(Symbology::Qr, text)));
    for (text, picture) in &expected {
        assert_eq!(String::from_utf8(bytes(picture)).as_deref(), Ok(text.as_str()));
    }
    must_read(Tool::ZxingReader, Symbology::Qr, "UTF-8", &expected);
}

/// So that a decoder which agrees with anything, or is given nothing, is found out.
#[test]
fn a_damaged_symbol_does_not_read_back() {
    let test = "a_damaged_symbol_does_not_read_back";
    if !Tool::all_or_skip(test) {
        return;
    }
    // Where the right part of another symbol begins: of bars, its check character.
    for (symbology, percent) in [(Symbology::Code128, 82), (Symbology::Qr, 50), (Symbology::DataMatrix, 50)] {
        let (right, other) = (drawn(symbology, "BW:BIN:A-01"), drawn(symbology, "BW:USE:Q-87"));
        let half = right.joined(&other, percent);
        for tool in Tool::reading(symbology) {
            let text = |picture| read(tool, symbology, std::iter::once(picture));
            assert_eq!(text(&right), ["BW:BIN:A-01"], "{tool:?}");
            assert_eq!(text(&other), ["BW:USE:Q-87"], "{tool:?}");
            // One decoder names what it failed to read, two say nothing.
            let read = text(&half);
            assert!(!read.iter().any(|text| text.contains("BW:")), "{tool:?} read two {symbology} as one: {read:?}");
        }
    }
}

fn check(test: &str, symbology: Symbology) {
    if !Tool::all_or_skip(test) {
        return;
    }
    let seed = Seed::of(test);
    let expected: Vec<(String, Picture)> = (0..TEXTS)
        .map(|nth| {
            let text = any_text(&seed, nth);
            let picture = drawn(symbology, &text);
            (text, picture)
        })
        .collect();
    for tool in Tool::reading(symbology) {
        must_read(tool, symbology, &format!("seed {}", seed.number()), &expected);
    }
    say(&format!("labels {symbology}: {TEXTS} random texts read by two decoders"));
}

fn drawn(symbology: Symbology, text: &str) -> Picture {
    let symbol = Symbol::encode(symbology, text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    Picture::of_symbol(&symbol, scale(symbology), BAR_HEIGHT)
}

/// Pixels of a module.
const fn scale(symbology: Symbology) -> usize {
    match symbology {
        Symbology::Code128 => 2,
        // Enough for decoders that were made for photographs.
        Symbology::Qr | Symbology::DataMatrix => 4,
    }
}

/// 1 to 40 characters of ASCII, in the mixtures that make encoders change their mode. No line feed: decoders end a text
/// with it. No NUL: two of the three decoders end a text there.
fn any_text(seed: &Seed, nth: u64) -> String {
    let mut random = seed.random(nth);
    let len = 1 + random.below(40);
    let alphabet: &[u8] = match random.below(5) {
        0 => b"0123456789",
        1 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:/ $%",
        2 => b"abcdefghij0123456789012345678901234567890123456789",
        3 => b"aZ09-\t\x01\x02\x0d\x1b\x1c\x1d\x1e\x1f\x7f~`_^@",
        _ => b"",
    };
    let mut character = || {
        if alphabet.is_empty() {
            return char::from(b' ' + u8::try_from(random.below(95)).unwrap());
        }
        char::from(alphabet[usize::try_from(random.below(alphabet.len() as u64)).unwrap()])
    };
    (0..len).map(|_| character()).collect()
}
