//! Code 128: ASCII text → bars, with the fewest symbol characters.
//!
//! Owns the three code sets, the way between them, the check character and the bar patterns. Must not know sizes in
//! millimetres. Source: ISO/IEC 15417:2007, table 1 and annex A (check character). FNC1 to FNC4 are left out: our texts
//! are no GS1 element strings, and half of the scanners in the field send FNC4 text wrong.

/// Bars and spaces of each symbol character, widths in modules, beginning with a bar. The last is the stop character.
#[rustfmt::skip]
const PATTERNS: [&[u8]; 107] = [
    b"212222", b"222122", b"222221", b"121223", b"121322", b"131222", b"122213", b"122312", b"132212", b"221213",
    b"221312", b"231212", b"112232", b"122132", b"122231", b"113222", b"123122", b"123221", b"223211", b"221132",
    b"221231", b"213212", b"223112", b"312131", b"311222", b"321122", b"321221", b"312212", b"322112", b"322211",
    b"212123", b"212321", b"232121", b"111323", b"131123", b"131321", b"112313", b"132113", b"132311", b"211313",
    b"231113", b"231311", b"112133", b"112331", b"132131", b"113123", b"113321", b"133121", b"313121", b"211331",
    b"231131", b"213113", b"213311", b"213131", b"311123", b"311321", b"331121", b"312113", b"312311", b"332111",
    b"314111", b"221411", b"431111", b"111224", b"111422", b"121124", b"121421", b"141122", b"141221", b"112214",
    b"112412", b"122114", b"122411", b"142112", b"142211", b"241211", b"221114", b"413111", b"241112", b"134111",
    b"111242", b"121142", b"121241", b"114212", b"124112", b"124211", b"411212", b"421112", b"421211", b"212141",
    b"214121", b"412121", b"111143", b"111341", b"131141", b"114113", b"114311", b"411113", b"411311", b"113141",
    b"114131", b"311141", b"411131", b"211412", b"211214", b"211232", b"2331112",
];

const SHIFT: u8 = 98;
const STOP: u8 = 106;

/// Modulus of the check character.
const CHECK: u32 = 103;

/// More than any text has characters; a step that is not possible costs this.
const NEVER: u32 = u32::MAX / 4;

/// What a symbol character means depends on the set that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// Control characters, digits, capitals.
    A,
    /// Digits, capitals, small letters.
    B,
    /// Two digits at a time.
    C,
}

/// What the rest of a text costs, in symbol characters, from one position on.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// With the next step taken in set A, B or C.
    staying: [u32; 3],
}

/// Dark and light modules of the symbol without its quiet zones. `None` when a character is outside ASCII.
#[must_use]
pub fn modules(text: &str) -> Option<Vec<bool>> {
    let mut modules = Vec::new();
    for value in values(text)? {
        let widths = PATTERNS.get(usize::from(value)).copied().unwrap_or_default();
        for (nth, width) in widths.iter().enumerate() {
            let len = modules.len() + usize::from(width - b'0');
            modules.resize(len, nth % 2 == 0);
        }
    }
    Some(modules)
}

/// The symbol characters, from start to stop. `None` when a character is outside ASCII.
fn values(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let text = text.as_bytes();
    let costs = costs(text);
    let mut at = 0;
    let mut set = costs.first()?.cheapest(None);
    let mut values = vec![set.start()];
    while let (Some(rest), Some(cost)) = (text.get(at..).filter(|rest| !rest.is_empty()), costs.get(at)) {
        let better = cost.cheapest(Some(set));
        if better != set {
            values.push(better.latch());
            set = better;
        }
        let (step, taken) = set.step(rest)?;
        values.extend_from_slice(step.as_slice());
        at += taken;
    }
    values.push(check(&values));
    values.push(STOP);
    Some(values)
}

/// The sum of values, each times its place, where start and first character both stand at place one.
fn check(values: &[u8]) -> u8 {
    let sum = values.iter().enumerate().fold(0_u32, |sum, (place, &value)| {
        let place = u32::try_from(place.max(1)).unwrap_or(u32::MAX) % CHECK;
        (sum + place * u32::from(value)) % CHECK
    });
    u8::try_from(sum).unwrap_or_default()
}

/// From the end backwards: a text is no longer than its best first step and the best rest.
fn costs(text: &[u8]) -> Vec<Cost> {
    let mut costs = vec![Cost { staying: [0; 3] }; text.len() + 1];
    for at in (0..text.len()).rev() {
        let staying = Set::ALL.map(|set| {
            let Some((step, taken)) = text.get(at..).and_then(|rest| set.step(rest)) else { return NEVER };
            let after = costs.get(at + taken).map_or(NEVER, |cost| cost.of(set));
            after.saturating_add(u32::try_from(step.as_slice().len()).unwrap_or(NEVER))
        });
        if let Some(cost) = costs.get_mut(at) {
            *cost = Cost { staying };
        }
    }
    costs
}

impl Cost {
    /// With `set` on and a change of set allowed.
    fn of(self, set: Set) -> u32 {
        let cheapest = self.cheapest(Some(set));
        let change = u32::from(cheapest != set);
        self.staying(cheapest).saturating_add(change)
    }

    fn staying(self, set: Set) -> u32 {
        let [a, b, c] = self.staying;
        match set {
            Set::A => a,
            Set::B => b,
            Set::C => c,
        }
    }

    /// The set to be in for the next step. From `on` a change costs one character; at the start every set costs the same.
    fn cheapest(self, on: Option<Set>) -> Set {
        let price = |set: Set| self.staying(set) + u32::from(on.is_some_and(|on| on != set));
        // What is on comes first, then B: of equal ways the one that other encoders take too.
        let order = [on.unwrap_or(Set::B), Set::B, Set::A, Set::C];
        order.into_iter().min_by_key(|&set| price(set)).unwrap_or(Set::B)
    }
}

/// One or two symbol characters.
#[derive(Debug, Clone, Copy)]
struct Step {
    values: [u8; 2],
    len: usize,
}

impl Step {
    const fn one(value: u8) -> Self {
        Self { values: [value, 0], len: 1 }
    }

    const fn shifted(value: u8) -> Self {
        Self { values: [SHIFT, value], len: 2 }
    }

    fn as_slice(&self) -> &[u8] {
        self.values.get(..self.len).unwrap_or_default()
    }
}

impl Set {
    const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    const fn start(self) -> u8 {
        match self {
            Self::A => 103,
            Self::B => 104,
            Self::C => 105,
        }
    }

    /// The character that switches this set on from any other.
    const fn latch(self) -> u8 {
        match self {
            Self::A => 101,
            Self::B => 100,
            Self::C => 99,
        }
    }

    /// What says the beginning of `rest` in this set, and how many characters that takes from it.
    fn step(self, rest: &[u8]) -> Option<(Step, usize)> {
        let (&first, after) = rest.split_first()?;
        match self {
            Self::A => {
                value_in_a(first).map(Step::one).or_else(|| value_in_b(first).map(Step::shifted)).map(|s| (s, 1))
            }
            Self::B => {
                value_in_b(first).map(Step::one).or_else(|| value_in_a(first).map(Step::shifted)).map(|s| (s, 1))
            }
            Self::C => {
                let second = after.first()?;
                let digits = first.is_ascii_digit() && second.is_ascii_digit();
                digits.then(|| (Step::one((first - b'0') * 10 + (second - b'0')), 2))
            }
        }
    }
}

const fn value_in_a(c: u8) -> Option<u8> {
    match c {
        0..32 => Some(c + 64),
        32..96 => Some(c - 32),
        96.. => None,
    }
}

const fn value_in_b(c: u8) -> Option<u8> {
    match c {
        32..128 => Some(c - 32),
        0..32 | 128.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_values(text: &str, expect: &[u8]) {
        assert_eq!(values(text).unwrap(), expect, "{text:?}");
    }

    #[test]
    fn the_text_of_the_standards_example_has_its_check_character() {
        // ISO/IEC 15417 annex A: "AIM" in set B: 104 + 1·33 + 2·41 + 3·45 = 354, 354 mod 103 = 45.
        check_values("AIM", &[104, 33, 41, 45, 45, STOP]);
    }

    #[test]
    fn every_pattern_is_eleven_modules_and_like_no_other() {
        for (value, pattern) in PATTERNS.iter().enumerate() {
            let width = |bars: bool| -> u32 {
                let parts = pattern.iter().enumerate().filter(|(nth, _)| (nth % 2 == 0) == bars);
                parts.map(|(_, width)| u32::from(width - b'0')).sum()
            };
            assert_eq!(width(true) + width(false), if value == 106 { 13 } else { 11 }, "{value}");
            assert_eq!(width(true) % 2, 0, "bars of {value} have even parity");
            assert!(PATTERNS[..value].iter().all(|other| other != pattern), "{value}");
        }
    }

    #[test]
    fn digits_are_paired_where_that_is_shorter() {
        for (text, characters) in [
            ("1234", 1 + 2), // C throughout
            ("123", 1 + 3),  // B: a change for one pair gains nothing
            ("A1234", 1 + 1 + 1 + 2),
            ("A123456B", 1 + 1 + 1 + 3 + 1 + 1),
            ("A12B", 1 + 4),
            ("BW:QTY:12", 1 + 9),
            ("12345", 1 + 2 + 1 + 1),
        ] {
            assert_eq!(values(text).unwrap().len(), characters + 2, "{text:?}");
        }
    }

    #[test]
    fn a_control_character_among_small_letters_is_shifted_and_several_change_the_set() {
        check_values("a\tb", &[104, 65, SHIFT, 73, 66, values("a\tb").unwrap()[5], STOP]);
        let values = values("\t\t\t\tab").unwrap();
        assert_eq!(values[..6], [103, 73, 73, 73, 73, 100]);
    }

    #[test]
    fn no_way_through_the_sets_is_shorter() {
        /// Every way, tried out.
        fn shortest(text: &[u8], set: Set) -> usize {
            if text.is_empty() {
                return 0;
            }
            let from = |set: Set| {
                let (step, taken) = set.step(text)?;
                Some(step.len + shortest(&text[taken..], set))
            };
            let ways = Set::ALL.into_iter().filter_map(|next| Some(usize::from(next != set) + from(next)?));
            ways.min().unwrap()
        }
        let alphabet = b"1Aa\t";
        for number in 0..4_usize.pow(7) {
            let text: Vec<u8> = (0..7).map(|place| alphabet[number / 4_usize.pow(place) % 4]).collect();
            let best = Set::ALL.into_iter().map(|set| shortest(&text, set)).min().unwrap();
            let found = values(std::str::from_utf8(&text).unwrap()).unwrap().len() - 3;
            assert_eq!(found, best, "{:?}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_letter_outside_ascii_has_no_symbol() {
        assert_eq!(modules("Müller"), None);
    }
}
