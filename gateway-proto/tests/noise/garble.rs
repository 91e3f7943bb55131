//! What makes documents bad: JSON, TOML and CSV that were right, bent where such texts break. And the storm that sends a
//! border one after the other: counts, seed, the slowest, memory before and after.
//!
//! Owns chance and measures, not what a border must do with what it gets. Shared by the tests of each package whose borders
//! read documents. Its whole state is a seed.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a part of tests, not each of which needs all of it, that measures and tells a person"
)]

use std::{
    env, fs,
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Inputs of each border with `BINWIRE_LONG`.
const LONG: u32 = 1_000_000;

/// A long run says how far it is after so many.
const PROGRESS_EVERY: u32 = 10_000;

/// By then every buffer has grown to what it needs.
const WARM_UP: u32 = 4;

/// What the process may grow by after that: allocators keep some of what they once had.
const GROWTH_MAX_BYTES: u64 = 8 << 20;

/// One input's time, whatever it says, in a build without optimisation on a machine that does something else too.
const INPUT_MAX: Duration = Duration::from_secs(10);

/// Bytes of an input, but for those of a border that is tried beyond its limit.
const LEN_MAX: usize = 32 * 1024;

/// Characters of an error that a person can still read. What came in must not come back whole.
const ERROR_CHARS_MAX: usize = 2_000;

/// Values that break readers: numbers at and beyond the edges, texts that are none, what is no JSON at all.
const VALUES: &[&[u8]] = &[
    b"0",
    b"-0",
    b"-1",
    b"1",
    b"0.5",
    b"1e3",
    b"1E400",
    b"-1e-400",
    b"1e",
    b"01",
    b"+1",
    b".5",
    b"1.",
    b"9007199254740991",
    b"9007199254740992",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1000000000001",
    b"340282366920938463463374607431768211456",
    b"99999999999999999999999999999999999999999999999999",
    b"NaN",
    b"Infinity",
    b"-inf",
    b"nan",
    b"null",
    b"true",
    b"false",
    b"[]",
    b"{}",
    b"[[]]",
    b"\"\"",
    b"\" \"",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"\"\\udc00\\ud800\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\\uFFFF\"",
    b"\"\\x41\"",
    b"\"\\",
    b"\"\xc0\xaf\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\xff\xfe\"",
    b"\"\xef\xbb\xbf\"",
    b"\"\xe2\x80\xae\"",
    b"\"\x00\"",
    b"'",
    b"''''",
    b"\"2026-02-30T25:61:61Z\"",
    b"\"9999-12-31T23:59:59.999Z\"",
    b"\"0000-00-00T00:00:00Z\"",
    b"\"-271821-04-20T00:00:00Z\"",
    b"\"bin:\"",
    b"\"bin:x\"",
    b"\"used\"",
    b"\"vendor\"",
    b"\"=cmd|' /C calc'!A0\"",
    b"\"../../etc/passwd\"",
    b"\"'; DROP TABLE record; --\"",
    b"1_000",
    b"0x10",
    b"0b1",
    b"1979-05-27",
    b"inf",
];

/// Pieces that stand between values.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"=",
    b"[[",
    b"]]",
    b"#",
    b"/*",
    b"//",
    b"\"\":",
    b"\"type\":\"movement\",",
    b"\"a\":1,",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\xc0\x80",
    b"\xe2\x80\xa8",
    b";",
    b"'",
    b"\"\"\"",
    b"..",
    b"\\u",
    b"\x1b[2J",
    b"%00",
    b"%",
    b"+",
    b"&",
    b"r:",
    b":1:",
    b"/",
];

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// Once in `bound` times.
    pub(crate) fn once_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn range(&mut self, len: usize) -> Range<usize> {
        let (a, b) = (self.below(len + 1), self.below(len + 1));
        a.min(b)..a.max(b)
    }

    /// One of `good`, seldom as it is, else bent once to four times, into `text`.
    pub(crate) fn garble<B: AsRef<[u8]>>(&mut self, good: &[B], text: &mut Vec<u8>) {
        text.clear();
        text.extend_from_slice(good[self.below(good.len())].as_ref());
        if self.once_in(16) {
            return;
        }
        let times = if self.once_in(2) { 1 } else { 1 + self.below(4) };
        for _ in 0..times {
            self.garble_once(good, text);
            text.truncate(LEN_MAX);
        }
    }

    fn garble_once<B: AsRef<[u8]>>(&mut self, good: &[B], text: &mut Vec<u8>) {
        let at = self.below(text.len() + 1);
        match self.below(19) {
            0 if at < text.len() => text[at] ^= 1 << self.below(8),
            1 if at < text.len() => text[at] = self.next().to_le_bytes()[0],
            2 => text.truncate(at),
            3 => drop(text.drain(self.short_range(text.len()))),
            4 => text.extend_from_within(self.short_range(text.len())),
            5 => {
                let piece = self.one_of(PIECES);
                text.splice(at..at, piece.iter().copied());
            }
            6 => {
                let value = self.one_of(VALUES);
                text.splice(at..at, value.iter().copied());
            }
            // Another text's end, or its middle.
            7 => {
                let other = good[self.below(good.len())].as_ref();
                let from = self.below(other.len() + 1);
                text.truncate(at);
                text.extend_from_slice(&other[from..]);
            }
            8 => {
                let other = good[self.below(good.len())].as_ref();
                let range = self.short_range(other.len());
                text.splice(at..at, other[range].iter().copied());
            }
            // A value for a value: the form stays right, so that what stands behind the reader is reached.
            9..=12 => self.swap_value(text, at),
            13 => self.swap_digits(text, at),
            // A member twice, or gone.
            14 | 15 => self.member_twice(text, at),
            16 => {
                let deep = 1 << self.below(14);
                let open: &[u8] = self.one_of(&[b"[", b"{\"a\":", b"[[", b"(", b"\"", b"{\"type\":{"]);
                let nest = open.repeat(deep.min(LEN_MAX / open.len()));
                text.splice(at..at, nest);
            }
            17 => {
                let range = self.short_range(text.len());
                let piece = text[range].to_vec();
                let times = 1 << self.below(10);
                let many = piece.repeat(times.min(LEN_MAX / piece.len().max(1)));
                text.splice(at..at, many);
            }
            _ => {
                let len = 1 << self.below(13);
                let byte = self.one_of(b"A0\"\\ 9\xff\x00\n,");
                text.splice(at..at, std::iter::repeat_n(byte, len));
            }
        }
    }

    /// Mostly a few bytes: a text of which half is gone is told by the first reader.
    fn short_range(&mut self, len: usize) -> Range<usize> {
        if self.once_in(4) {
            return self.range(len);
        }
        let from = self.below(len + 1);
        from..(from + self.below(24)).min(len)
    }

    /// Puts an odd value in place of the number, word or text that begins at or after `at`.
    fn swap_value(&mut self, text: &mut Vec<u8>, at: usize) {
        let begins = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'-');
        let Some(begin) = text[at..].iter().position(begins).map(|far| at + far) else { return };
        let len = if text[begin] == b'"' {
            text[begin + 1..].iter().position(|byte| *byte == b'"').map_or(1, |len| len + 2)
        } else {
            text[begin..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-+.".contains(byte)).count()
        };
        let value = self.one_of(VALUES);
        // A name keeps its colon: only values are swapped, or names for other names of the same text.
        text.splice(begin..(begin + len).min(text.len()), value.iter().copied());
    }

    /// Other digits for the number at or after `at`.
    fn swap_digits(&mut self, text: &mut [u8], at: usize) {
        for byte in
            text[at..].iter_mut().skip_while(|byte| !byte.is_ascii_digit()).take_while(|byte| byte.is_ascii_digit())
        {
            *byte = b'0' + u8::try_from(self.below(10)).unwrap();
        }
    }

    /// Doubles or takes away what stands between two commas, or two ends of lines.
    fn member_twice(&mut self, text: &mut Vec<u8>, at: usize) {
        let mark = self.one_of(b",,\n");
        let mut marks =
            text.iter().enumerate().filter(|(_, byte)| **byte == mark).map(|(at, _)| at).skip_while(|far| *far < at);
        let (Some(from), Some(to)) = (marks.next(), marks.next()) else { return };
        let member = text[from..to].to_vec();
        if self.once_in(3) {
            text.drain(from..to);
        } else {
            text.splice(from..from, member);
        }
    }
}

/// Storms in one process take turns, or each would weigh the memory of the others.
static TURN: Mutex<()> = Mutex::new(());

/// Says where a storm was when it failed.
struct Place<'a> {
    what: &'a str,
    seed: u64,
    input: u32,
}

/// Calls `next` with one input's chance after the other: `count` times, a million with `BINWIRE_LONG`, `INPUTS` where that is
/// set. Each input's chance is its own, so `SEED=n FROM=i INPUTS=1` runs the i-th alone. Returns how many there were.
pub(crate) fn storm(what: &str, count: u32, mut next: impl FnMut(&mut Random)) -> u32 {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let of_env =
        |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}={text}")));
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let is_long = env::var_os("BINWIRE_LONG").is_some();
    // The same in every short run; in long ones always another, or they would say the same each night.
    let usual = if is_long { RandomState::new().hash_one(what) } else { 0x5EED_0B1A_5ED0_11D5 };
    let seed = of_env("SEED").unwrap_or(usual);
    let (from, count) =
        (of_env("FROM").map_or(0, small), of_env("INPUTS").map_or(if is_long { LONG } else { count }, small));
    println!("{what}: SEED={seed} FROM={from} INPUTS={count}");
    let mut place = Place { what, seed, input: from };
    let (begin, mut before, mut slowest) = (Instant::now(), 0, (Duration::ZERO, 0));
    for input in from..from.saturating_add(count) {
        if input - from == count / WARM_UP {
            before = resident_bytes();
        }
        place.input = input;
        let mut random = Random(seed ^ u64::from(input).wrapping_mul(0xD134_2543_DE82_EF95));
        let begun = Instant::now();
        next(&mut random);
        slowest = slowest.max((begun.elapsed(), input));
        let done = input - from + 1;
        if is_long && done.is_multiple_of(PROGRESS_EVERY) {
            println!(
                "{what}: {done} of {count} after {:.0?}, {} KiB resident",
                begin.elapsed(),
                resident_bytes() >> 10
            );
        }
    }
    let after = resident_bytes();
    println!(
        "{what}: {count} inputs in {:.1?}, slowest {:.1?} (input {}), {} KiB resident, then {}",
        begin.elapsed(),
        slowest.0,
        slowest.1,
        before >> 10,
        after >> 10
    );
    assert!(slowest.0 < INPUT_MAX, "{what}: input {} takes {:?}", slowest.1, slowest.0);
    assert!(
        count < 1_000 || after.saturating_sub(before) <= GROWTH_MAX_BYTES,
        "{what}: memory grows from {before} to {after} bytes"
    );
    count
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: failed; SEED={} FROM={} INPUTS=1 runs it again", self.what, self.seed, self.input);
        }
    }
}

/// An error must say something, and not everything that came in.
#[track_caller]
pub(crate) fn assert_told(text: &str) {
    assert!(!text.is_empty(), "an error that says nothing");
    let chars = text.chars().count();
    let begins: String = text.chars().take(300).collect();
    assert!(chars <= ERROR_CHARS_MAX, "an error of {chars} characters: {begins} …");
}

fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4_096;
    let statm = fs::read_to_string("/proc/self/statm").expect("read memory");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("pages");
    pages * PAGE_BYTES
}
