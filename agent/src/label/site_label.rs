//! Labels a site prints for itself: bins, badges, jobs, actions, told by patterns in its configuration.
//!
//! Owns the patterns and the checks, when the configuration is read, whether they are in each other's way or in the
//! standards'. A pattern is a regular expression without unicode classes, of bounded size, matched in time linear in the
//! code. Must not know what a bin or an action is.

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

use super::{check_digit, data_identifier};

/// What a label of the site stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteLabelKind {
    Item,
    Bin,
    Place,
    Asset,
    Badge,
    Job,
    Order,
    Action,
}

impl SiteLabelKind {
    pub const ALL: [Self; 8] =
        [Self::Item, Self::Bin, Self::Place, Self::Asset, Self::Badge, Self::Job, Self::Order, Self::Action];

    /// By its word in the site's file.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Bin => "bin",
            Self::Place => "place",
            Self::Asset => "asset",
            Self::Badge => "badge",
            Self::Job => "job",
            Self::Order => "order",
            Self::Action => "action",
        }
    }
}

impl fmt::Display for SiteLabelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("pattern is empty")]
    Empty,
    #[error("pattern is longer than {max} characters")]
    TooLong { max: usize },
    #[error("pattern is no regular expression: {reason}")]
    Syntax { reason: String },
    #[error("sample {sample:?} does not match its own pattern, which has to match the whole code")]
    Sample { sample: String },
}

/// One kind of label and how to tell it: `{ kind = "bin", pattern = "BIN-(?<value>[0-9]+)", samples = ["BIN-0042"] }`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "Settings")]
pub struct SiteLabel {
    kind: SiteLabelKind,
    pattern: String,
    regex: Regex,
    samples: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    kind: SiteLabelKind,
    pattern: String,
    #[serde(default)]
    samples: Vec<String>,
}

impl TryFrom<Settings> for SiteLabel {
    type Error = PatternError;

    fn try_from(settings: Settings) -> Result<Self, PatternError> {
        Self::new(settings.kind, &settings.pattern, settings.samples)
    }
}

impl SiteLabel {
    /// Nobody prints longer ones; a longer code is matched by no pattern.
    pub const CODE_LEN_MAX: usize = 256;
    const PATTERN_LEN_MAX: usize = 512;
    /// Bytes of a compiled pattern: stops `(a{999}){999}`.
    const COMPILED_SIZE_MAX: usize = 64 * 1024;

    /// `pattern` has to match a code from its first to its last character. `samples` are codes as printed; they are only
    /// used to find clashes.
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn new(kind: SiteLabelKind, pattern: &str, samples: Vec<String>) -> Result<Self, PatternError> {
        if pattern.is_empty() {
            return Err(PatternError::Empty);
        }
        if pattern.len() > Self::PATTERN_LEN_MAX {
            return Err(PatternError::TooLong { max: Self::PATTERN_LEN_MAX });
        }
        let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(Self::COMPILED_SIZE_MAX).build();
        let syntax = |error: regex_lite::Error| PatternError::Syntax { reason: error.to_string() };
        // By itself first: `a)|(b` would be turned into something else by the group around it.
        build(pattern).map_err(syntax)?;
        let regex = build(&format!("^(?:{pattern})$")).map_err(syntax)?;
        let label = Self { kind, pattern: pattern.to_owned(), regex, samples };
        match label.samples.iter().find(|sample| label.value(sample.as_bytes()).is_none()) {
            Some(sample) => Err(PatternError::Sample { sample: sample.clone() }),
            None => Ok(label),
        }
    }

    #[must_use]
    pub const fn kind(&self) -> SiteLabelKind {
        self.kind
    }

    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What the label names: the group `value` of the pattern, or the whole code if it has none. `None` if the code is
    /// no label of this kind.
    #[must_use]
    pub fn value<'c>(&self, code: &'c [u8]) -> Option<&'c str> {
        if code.len() > Self::CODE_LEN_MAX {
            return None;
        }
        let captures = self.regex.captures(std::str::from_utf8(code).ok()?)?;
        let value = captures.name("value").or_else(|| captures.get(0))?.as_str();
        if value.is_empty() { None } else { Some(value) }
    }
}

/// The first kind in the order of the configuration that a code belongs to, and what it names.
#[must_use]
pub fn read<'c>(labels: &[SiteLabel], code: &'c [u8]) -> Option<(SiteLabelKind, &'c str)> {
    labels.iter().find_map(|label| Some((label.kind, label.value(code)?)))
}

/// Something that two readings of a label have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// Which label of the list; of two the later.
    pub label: usize,
    /// A sentence for the configuration check.
    pub what: String,
}

/// Where patterns of different kinds take one code for different things. Found by trying codes, so an empty list is no
/// proof; samples make it better.
#[must_use]
pub fn clashes(labels: &[SiteLabel]) -> Vec<Overlap> {
    let mut found = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let earlier = labels.iter().take(at);
        found.extend(earlier.filter_map(|other| Some(Overlap { label: at, what: clash(other, label)? })));
    }
    found
}

/// What else a pattern matches that is read in another way where there is no such pattern: the standards' codes, bare
/// data identifiers among them where the site reads these. The site's label goes first, so it is a matter of whether that
/// is meant. A pattern that stands there twice is of the kind. Found by trying codes too.
#[must_use]
pub fn overlaps(labels: &[SiteLabel], data_identifiers: bool) -> Vec<Overlap> {
    let standards = standard_codes(data_identifiers);
    let mut found = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let SiteLabel { kind, pattern, .. } = label;
        for (what, codes) in &standards {
            if let Some(code) = codes.iter().find(|code| label.value(code.as_bytes()).is_some()) {
                let what = format!("{kind} pattern {pattern:?} also matches {what}, such as {code:?}, and goes first");
                found.push(Overlap { label: at, what });
            }
        }
        if labels.iter().take(at).any(|other| other.kind == *kind && other.pattern == *pattern) {
            found.push(Overlap { label: at, what: format!("{kind} pattern {pattern:?} stands here twice") });
        }
    }
    found
}

fn clash(first: &SiteLabel, second: &SiteLabel) -> Option<String> {
    // Two patterns of one kind that overlap name the same sort of thing; which of them took the code is all one.
    if first.kind == second.kind {
        return None;
    }
    let names = format!("{} pattern {:?} and {} pattern {:?}", first.kind, first.pattern, second.kind, second.pattern);
    if first.pattern == second.pattern {
        return Some(format!("{names} are the same; give each kind of label a prefix of its own"));
    }
    let both = |code: &&String| first.value(code.as_bytes()).is_some() && second.value(code.as_bytes()).is_some();
    let generic = ["1", "1234", "00001234", "A", "ABC", "A1", "A-01", "A-01-03", "ABC-123"].map(str::to_owned);
    let code = first.samples.iter().chain(&second.samples).chain(&generic).find(both)?;
    Some(format!("{names} both match {code:?}, which the first would take; make one of them narrower"))
}

/// Codes of the standards a scan may hold, by what they are.
fn standard_codes(data_identifiers: bool) -> Vec<(&'static str, Vec<String>)> {
    const VALUES: [&str; 8] = ["1", "250", "4711", "0042", "4711-0815", "ABC-9", "A-01-03", "SN0001"];
    let mut found = Vec::new();
    if data_identifiers {
        let fields = data_identifier::KNOWN.iter().flat_map(|known| VALUES.map(|value| format!("{}{value}", known.id)));
        found.push(("data identifiers of parts labels", fields.collect()));
    }
    for (what, len) in
        [("an EAN-8 or UPC-E", 8), ("a UPC-A", 12), ("an EAN-13", 13), ("a GTIN-14", 14), ("an SSCC", 18)]
    {
        let numbers = ["0123456789012345678", "4006381333931400638", "9521234567890123456", "1111111111111111111"];
        let keys = numbers.iter().filter_map(|digits| {
            let body = digits.get(..len - 1)?;
            Some(format!("{body}{}", char::from(check_digit::compute(body.as_bytes())?)))
        });
        found.push((what, keys.collect()));
    }
    let of = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    found.push(("GS1 element strings", of(&["0109521234567882", "010952123456788210LOT1", "00340123451111111111"])));
    found.push(("HIBC labels", of(&["+A123BJC5D6E71G", "+$LOT1GA"])));
    found.push(("web addresses", of(&["https://id.gs1.org/01/09521234567882", "http://example.com/1"])));
    found
}

#[cfg(test)]
mod tests;
