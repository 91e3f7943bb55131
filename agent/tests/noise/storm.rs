//! The storm: a mutator whose whole state is its seed, the loop, and the memory before and after.

use std::{
    env, fs,
    ops::Range,
    sync::{Mutex, PoisonError},
    time::Instant,
};

const FRAMES: u32 = 1_000_000;

/// By then every buffer has grown to what it needs.
const WARM_UP: u32 = 10;

const GROWTH_MAX_BYTES: u64 = 4 << 20;

/// Bytes that mean something to one decoder or another.
const TELLING: &[u8] =
    b"0123456789.-+ ,:;\"\\{}[]()%$?^_=/&#eEnNsSkKgG\x00\x01\x02\x03\x04\x06\x15\x1b\x1d\x1e\t\r\n\x7f\x80\xff";

/// `SplitMix64`.
pub(crate) struct Random(u64);

/// Storms in one process take turns, or each would weigh the memory of the others.
static TURN: Mutex<()> = Mutex::new(());

/// Says where a storm was when it failed.
struct Place {
    what: &'static str,
    seed: u64,
    frame: u32,
}

/// Calls `next` for one frame after the other.
pub(crate) fn storm(what: &'static str, mut next: impl FnMut(u32, &mut Random)) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let of_env =
        |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}={text}")));
    let seed = of_env("SEED").unwrap_or(0x5EED_0B1A_5ED0_11D5);
    let frames = of_env("FRAMES").map_or(FRAMES, |frames| u32::try_from(frames).unwrap_or(u32::MAX));
    println!("{what}: SEED={seed} FRAMES={frames}");
    let mut place = Place { what, seed, frame: 0 };
    let mut random = Random(seed);
    let (begin, mut before) = (Instant::now(), 0);
    for frame in 0..frames {
        if frame == frames / WARM_UP {
            before = resident_bytes();
        }
        place.frame = frame;
        next(frame, &mut random);
    }
    let after = resident_bytes();
    println!("{what}: {frames} frames in {:.1?}, {} KiB resident, then {}", begin.elapsed(), before >> 10, after >> 10);
    assert!(after.saturating_sub(before) <= GROWTH_MAX_BYTES, "{what}: memory grows from {before} to {after} bytes");
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: failed at frame {}; SEED={} runs it again", self.what, self.frame, self.seed);
        }
    }
}

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Once in `bound` times.
    pub(crate) fn once_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, list: &'a [Box<T>]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Any of `list`, for those that are copied.
    pub(crate) fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// One of `good`, seldom as it is, else bent once to four times, into `frame`.
    pub(crate) fn bend(&mut self, good: &[Box<[u8]>], frame: &mut Vec<u8>) {
        frame.clear();
        frame.extend_from_slice(self.pick(good));
        if self.once_in(16) {
            return;
        }
        for _ in 0..=self.below(4) {
            self.bend_once(good, frame);
        }
    }

    fn bend_once(&mut self, good: &[Box<[u8]>], frame: &mut Vec<u8>) {
        let at = self.below(frame.len() + 1);
        match self.below(13) {
            0 => frame.truncate(at),
            1 => frame.insert(at, self.byte()),
            2 => frame.insert(at, self.one_of(TELLING)),
            3 if at < frame.len() => frame[at] ^= 1 << self.below(8),
            4 if at < frame.len() => frame[at] = self.one_of(TELLING),
            5 if at < frame.len() => drop(frame.remove(at)),
            6 => drop(frame.drain(self.range(frame.len()))),
            7 => frame.extend_from_within(self.range(frame.len())),
            8 => frame.extend_from_slice(self.pick(good)),
            9 if at < frame.len() => {
                let other = self.below(frame.len());
                frame.swap(at, other);
            }
            // A number that is right in form.
            10 => {
                for byte in frame.iter_mut().filter(|byte| byte.is_ascii_digit()) {
                    *byte = b'0' + u8::try_from(self.below(10)).unwrap();
                }
            }
            11 => {
                let len = if self.once_in(32) { self.below(600) } else { self.below(40) };
                let byte = self.one_of(TELLING);
                frame.splice(at..at, std::iter::repeat_n(byte, len));
            }
            _ => {
                let len = self.below(12);
                frame.splice(at..at, std::iter::repeat_with(|| self.byte()).take(len));
            }
        }
    }

    fn range(&mut self, len: usize) -> Range<usize> {
        let (a, b) = (self.below(len + 1), self.below(len + 1));
        a.min(b)..a.max(b)
    }

    /// Parts `frame` into one to four pieces.
    pub(crate) fn pieces<'f>(&mut self, frame: &'f [u8]) -> impl Iterator<Item = &'f [u8]> + use<'f> {
        let len = frame.len() / (1 + self.below(4)) + 1;
        frame.chunks(len)
    }
}

/// Frames to bend.
pub(crate) fn frames<B: AsRef<[u8]>>(list: impl IntoIterator<Item = B>) -> Vec<Box<[u8]>> {
    list.into_iter().map(|frame| frame.as_ref().into()).collect()
}

fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4_096;
    let statm = fs::read_to_string("/proc/self/statm").expect("read memory");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("pages");
    pages * PAGE_BYTES
}
