//! GS1 application identifiers: which there are, what their values look like, what they may stand with.
//!
//! Owns the table and the check of one value. Must not know how elements are found in a scan ([`super::element_string`])
//! or a link, nor what a value means ([`super::gs1_value`]). Source: GS1 General Specifications and the GS1 Barcode
//! Syntax Dictionary.

mod char_set;
mod code_list;
mod content_rule;
mod coupon;
mod fault;
mod table;

use std::fmt;

pub use char_set::CharSet;
use content_rule::Rule;
pub use fault::Fault;
use table::TABLE;

/// An application identifier: two to four digits. Small and cheap to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ai {
    number: u16,
    len: u8,
}

impl Ai {
    /// The AI written as `digits`, whether or not any table knows it. `None` unless it is two to four digits.
    #[must_use]
    pub const fn parse(digits: &[u8]) -> Option<Self> {
        let len = match digits.len() {
            2 => 2,
            3 => 3,
            4 => 4,
            _ => return None,
        };
        let mut number = 0;
        let mut at = 0;
        while at < digits.len() {
            if !digits[at].is_ascii_digit() {
                return None;
            }
            number = number * 10 + (digits[at] - b'0') as u16;
            at += 1;
        }
        Some(Self { number, len })
    }

    /// How many digits it has, 2 to 4.
    #[must_use]
    pub fn digits(self) -> usize {
        usize::from(self.len)
    }

    /// The digits that tell how long the AI and a predefined value are.
    const fn first_two_digits(self) -> u16 {
        match self.len {
            2 => self.number,
            3 => self.number / 10,
            _ => self.number / 100,
        }
    }

    /// The last digit: of a measure, how many decimals are implied.
    #[must_use]
    pub const fn last_digit(self) -> u8 {
        (self.number % 10) as u8
    }

    /// Whether the table's `pattern` ("01", "310n", "31nn") covers this AI.
    #[must_use]
    pub fn matches(self, pattern: &str) -> bool {
        let mut number = self.number;
        pattern.len() == self.digits()
            && pattern.bytes().rev().all(|digit| {
                let last = number % 10;
                number /= 10;
                digit == b'n' || u16::from(digit.wrapping_sub(b'0')) == last
            })
    }
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.number, width = self.digits())
    }
}

impl serde::Serialize for Ai {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One stretch of a value: how long, of which characters, under which rules. Only the last mandatory one and those
/// behind it vary in length.
#[derive(Debug, Clone, Copy)]
struct Component {
    set: CharSet,
    len_min: u8,
    len_max: u8,
    optional: bool,
    rules: &'static [Rule],
}

impl Component {
    const fn new(set: CharSet, len_min: u8, len_max: u8) -> Self {
        Self { set, len_min, len_max, optional: false, rules: &[] }
    }

    const fn digits(len_min: u8, len_max: u8) -> Self {
        Self::new(CharSet::Digits, len_min, len_max)
    }

    const fn text(len_min: u8, len_max: u8) -> Self {
        Self::new(CharSet::Set82, len_min, len_max)
    }

    const fn part_number(len_min: u8, len_max: u8) -> Self {
        Self::new(CharSet::Set39, len_min, len_max)
    }

    const fn base64(len_min: u8, len_max: u8) -> Self {
        Self::new(CharSet::Set64, len_min, len_max)
    }

    const fn with(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// What the table says of one AI, or of a run of AIs that differ in the last digit only.
#[derive(Debug)]
pub struct Definition {
    first: Ai,
    last: u16,
    title: &'static str,
    components: &'static [Component],
    len_min: usize,
    len_max: usize,
    excludes: &'static str,
    requires: &'static [&'static str],
    qualifiers: Option<&'static str>,
    is_link_attribute: bool,
}

impl Definition {
    /// `range` is "01" or "3100-3105".
    const fn new(range: &'static str, title: &'static str, components: &'static [Component]) -> Self {
        let digits = range.as_bytes();
        let (first, last) = match digits.len() {
            // An odd number of characters: as many before the hyphen as behind it.
            5 | 9 => {
                let (first, rest) = digits.split_at(digits.len() / 2);
                (Ai::parse(first), Ai::parse(rest.split_at(1).1))
            }
            _ => (Ai::parse(digits), Ai::parse(digits)),
        };
        let (Some(first), Some(last)) = (first, last) else {
            panic!("an AI has two to four digits");
        };
        let (mut len_min, mut len_max, mut at) = (0, 0, 0);
        while at < components.len() {
            len_max += components[at].len_max as usize;
            if !components[at].optional {
                len_min += components[at].len_min as usize;
            }
            at += 1;
        }
        Self {
            first,
            last: last.number,
            title,
            components,
            len_min,
            len_max,
            excludes: "",
            requires: &[],
            qualifiers: None,
            is_link_attribute: false,
        }
    }

    /// AIs it may not stand with.
    const fn not_with(mut self, excludes: &'static str) -> Self {
        self.excludes = excludes;
        self
    }

    /// AIs it must stand with: one alternative of each.
    const fn needs(mut self, requires: &'static [&'static str]) -> Self {
        self.requires = requires;
        self
    }

    /// A primary key of GS1 Digital Link, with its qualifiers in order.
    const fn key(mut self, qualifiers: &'static str) -> Self {
        self.qualifiers = Some(qualifiers);
        self
    }

    /// May stand in the query of a GS1 Digital Link.
    const fn attribute(mut self) -> Self {
        self.is_link_attribute = true;
        self
    }

    /// The GS1 data title, as printed beside bar codes.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The shortest and longest value, in characters.
    #[must_use]
    pub const fn len_range(&self) -> std::ops::RangeInclusive<usize> {
        self.len_min..=self.len_max
    }

    /// Patterns of AIs this one may not stand with, by commas.
    #[must_use]
    pub const fn excludes(&self) -> &'static str {
        self.excludes
    }

    /// Of each entry one alternative must be there: alternatives by commas, AIs of one alternative by `+`.
    #[must_use]
    pub const fn requires(&self) -> &'static [&'static str] {
        self.requires
    }

    /// For a primary key of GS1 Digital Link, the sequences of qualifiers that may follow it in the path: sequences
    /// parted by `|`, AIs by commas, each AI optional.
    #[must_use]
    pub const fn link_qualifiers(&self) -> Option<&'static str> {
        self.qualifiers
    }

    /// Whether it may stand in the query of a GS1 Digital Link.
    #[must_use]
    pub const fn is_link_attribute(&self) -> bool {
        self.is_link_attribute
    }

    /// Whether a separator must follow a value that another AI follows. Decided by the first two digits alone, so
    /// that a reader that does not know the AI knows where it ends.
    #[must_use]
    pub fn needs_separator(&self) -> bool {
        predefined_len(self.first.first_two_digits()).is_none()
    }

    /// Checks the value that begins `data` and says how long it is: at most the longest value of this AI, and all of
    /// `data` if that is shorter.
    ///
    /// # Errors
    /// The first thing wrong, in reading order, with its offset in `data`.
    pub fn check_prefix(&self, data: &[u8]) -> Result<usize, (Fault, usize)> {
        if data.is_empty() {
            return Err((Fault::Empty, 0));
        }
        let mut at = 0;
        for component in self.components {
            let rest = &data[at..];
            let part = &rest[..rest.len().min(usize::from(component.len_max))];
            if component.optional && part.is_empty() {
                continue;
            }
            if part.len() < usize::from(component.len_min) {
                return Err((Fault::WrongLength, at));
            }
            component.set.check(part).map_err(|(fault, offset)| (fault, at + offset))?;
            for rule in component.rules {
                rule.check(part).map_err(|broken| (broken.fault, at + broken.at))?;
            }
            at += part.len();
        }
        Ok(at)
    }

    /// Whether `value` as a whole is a value of this AI.
    #[must_use]
    pub fn accepts(&self, value: &[u8]) -> bool {
        self.check_prefix(value) == Ok(value.len())
    }

    /// Whether the length fits, before any character is looked at.
    ///
    /// # Errors
    /// [`Fault::TooShort`] or [`Fault::TooLong`].
    pub const fn check_len(&self, len: usize) -> Result<(), Fault> {
        if len < self.len_min {
            Err(Fault::TooShort)
        } else if len > self.len_max {
            Err(Fault::TooLong)
        } else {
            Ok(())
        }
    }
}

/// The length of the value behind an AI that begins with these two digits (0 to 99), known or not; `None` where a
/// separator ends it. General Specifications figure 7.8.5-2.
#[must_use]
pub const fn predefined_len(first_two_digits: u16) -> Option<usize> {
    match first_two_digits {
        0 => Some(18),
        1..=3 => Some(14),
        4 => Some(16),
        11..=19 | 31..=36 => Some(6),
        20 => Some(2),
        41 => Some(13),
        _ => None,
    }
}

/// Where the rows of each two-digit prefix lie in the table.
static BY_PREFIX: [(usize, usize); 100] = by_prefix();

const fn by_prefix() -> [(usize, usize); 100] {
    let mut ranges = [(0, 0); 100];
    let mut at = 0;
    while at < TABLE.len() {
        let first = TABLE[at].first;
        let mut prefix = first.first_two_digits();
        // A run of two-digit AIs spans prefixes.
        let last = if first.len == 2 { TABLE[at].last } else { prefix };
        while prefix <= last {
            let (start, end) = ranges[prefix as usize];
            ranges[prefix as usize] = (if end == 0 { at } else { start }, at + 1);
            prefix += 1;
        }
        at += 1;
    }
    ranges
}

/// The AI that `data` begins with. Its length follows from the first two digits.
#[must_use]
pub fn at_start(data: &[u8]) -> Option<(Ai, &'static Definition)> {
    let &[tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] = data else {
        return None;
    };
    let (start, end) = BY_PREFIX[usize::from(tens - b'0') * 10 + usize::from(ones - b'0')];
    let rows = &TABLE[start..end];
    let ai = Ai::parse(data.get(..rows.first()?.first.digits())?)?;
    rows.iter().find(|row| (row.first.number..=row.last).contains(&ai.number)).map(|row| (ai, row))
}

/// The AI written as `digits`, if the table knows it.
#[must_use]
pub fn lookup(digits: &[u8]) -> Option<(Ai, &'static Definition)> {
    at_start(digits).filter(|(ai, _)| ai.digits() == digits.len())
}

#[cfg(test)]
mod tests;
