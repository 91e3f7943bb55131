//! Labels a site prints for itself: bins, badges, jobs, actions, told by patterns in its configuration.
//!
//! Owns the patterns and the check, when the configuration is read, that they keep out of each other's way and of the
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

/// Where the patterns of a site could take one code for another: a sentence each, for the configuration check. Found by
/// trying codes, so an empty list is no proof; samples make it better.
#[must_use]
pub fn clashes(labels: &[SiteLabel]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        found.extend(
            standard_codes()
                .into_iter()
                .filter_map(|(what, codes)| {
                    Some((what, codes.into_iter().find(|c| label.value(c.as_bytes()).is_some())?))
                })
                .map(|(what, code)| {
                    format!("{} pattern {:?} also matches {what}, such as {code:?}", label.kind, label.pattern)
                }),
        );
        for other in &labels[at + 1..] {
            found.extend(clash_of_two(label, other));
        }
    }
    found
}

fn clash_of_two(first: &SiteLabel, second: &SiteLabel) -> Option<String> {
    // Two patterns of one kind that overlap name the same sort of thing; which of them took the code is all one.
    if first.kind == second.kind && first.pattern != second.pattern {
        return None;
    }
    let names = format!("{} pattern {:?} and {} pattern {:?}", first.kind, first.pattern, second.kind, second.pattern);
    if first.pattern == second.pattern {
        return Some(format!("{names} are the same"));
    }
    let both = |code: &&String| first.value(code.as_bytes()).is_some() && second.value(code.as_bytes()).is_some();
    let generic = ["1", "1234", "00001234", "A", "ABC", "A1", "A-01", "A-01-03", "ABC-123"].map(str::to_owned);
    let code = first.samples.iter().chain(&second.samples).chain(&generic).find(both)?;
    Some(format!("{names} both match {code:?}; the first in the list is taken"))
}

/// Codes of the standards a scan may hold, by what they are.
fn standard_codes() -> Vec<(&'static str, Vec<String>)> {
    const VALUES: [&str; 8] = ["1", "250", "4711", "0042", "4711-0815", "ABC-9", "A-01-03", "SN0001"];
    let fields = data_identifier::KNOWN.iter().flat_map(|known| VALUES.map(|value| format!("{}{value}", known.id)));
    let mut found = vec![("data identifiers of parts labels", fields.collect())];
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
mod tests {
    use super::*;

    fn label(kind: SiteLabelKind, pattern: &str) -> SiteLabel {
        SiteLabel::new(kind, pattern, Vec::new()).unwrap()
    }

    fn sampled(kind: SiteLabelKind, pattern: &str, sample: &str) -> SiteLabel {
        SiteLabel::new(kind, pattern, vec![sample.to_owned()]).unwrap()
    }

    fn refused(pattern: &str) -> PatternError {
        SiteLabel::new(SiteLabelKind::Bin, pattern, Vec::new()).map(|label| label.pattern).unwrap_err()
    }

    #[test]
    fn the_value_is_the_named_group_or_the_whole_code() {
        let bin = label(SiteLabelKind::Bin, "BIN-(?<value>[0-9]+)");
        assert_eq!(bin.value(b"BIN-0042"), Some("0042"));
        assert_eq!(label(SiteLabelKind::Bin, "BIN-[0-9]+").value(b"BIN-0042"), Some("BIN-0042"));
        assert_eq!(label(SiteLabelKind::Action, "ACT-(INSTALL|RETURN)").value(b"ACT-RETURN"), Some("ACT-RETURN"));
        assert_eq!(label(SiteLabelKind::Badge, "E(?P<value>.*)").value("EÄ1".as_bytes()), Some("Ä1"));
    }

    #[test]
    fn a_pattern_matches_the_whole_code_or_not_at_all() {
        let badge = label(SiteLabelKind::Badge, "EMP-(?<value>[0-9]{4})");
        for code in
            ["EMP-12345", "XEMP-1234", "EMP-1234\n", " EMP-1234", "emp-1234", "", "EMP-\u{661}\u{662}\u{663}\u{664}"]
        {
            assert_eq!(badge.value(code.as_bytes()), None, "{code:?}");
        }
        let either = label(SiteLabelKind::Job, "J1|J2");
        assert_eq!((either.value(b"J2"), either.value(b"J1x"), either.value(b"xJ2")), (Some("J2"), None, None));
        assert_eq!(badge.value(b"EMP-\xFF123"), None);
    }

    #[test]
    fn a_value_is_never_empty_and_a_code_never_endless() {
        assert_eq!(label(SiteLabelKind::Bin, "B(?<value>.*)").value(b"B"), None);
        assert_eq!(label(SiteLabelKind::Bin, ".*").value(b""), None);
        let longest = "B".repeat(SiteLabel::CODE_LEN_MAX);
        let bin = label(SiteLabelKind::Bin, "B+");
        assert!(bin.value(longest.as_bytes()).is_some());
        assert_eq!(bin.value(format!("{longest}B").as_bytes()), None);
    }

    #[test]
    fn the_first_kind_in_the_list_takes_a_code() {
        let labels = [label(SiteLabelKind::Badge, "E[0-9]+"), label(SiteLabelKind::Bin, "(?<value>[A-Z][0-9]+)")];
        assert_eq!(read(&labels, b"E12"), Some((SiteLabelKind::Badge, "E12")));
        assert_eq!(read(&labels, b"A12"), Some((SiteLabelKind::Bin, "A12")));
        assert_eq!(read(&labels, b"12"), None);
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused_with_its_reason() {
        assert_eq!(refused(""), PatternError::Empty);
        assert_eq!(refused(&"a".repeat(513)), PatternError::TooLong { max: 512 });
        for pattern in ["BIN-(", "a)|(b", "[z-a]", "\\p{Greek}", "(a{999}){999}", "(?<value>a)(?<value>b)", "*"] {
            assert!(matches!(refused(pattern), PatternError::Syntax { .. }), "{pattern}");
        }
        let sample = SiteLabel::new(SiteLabelKind::Bin, "BIN-", vec!["BIN-0042".to_owned()]).map(|label| label.pattern);
        assert_eq!(sample, Err(PatternError::Sample { sample: "BIN-0042".to_owned() }));
    }

    #[test]
    fn patterns_that_keep_to_themselves_have_no_clash() {
        let labels = [
            sampled(SiteLabelKind::Bin, "BIN-(?<value>[0-9]+)", "BIN-0042"),
            sampled(SiteLabelKind::Badge, "EMP-[0-9]{4}", "EMP-1234"),
            sampled(SiteLabelKind::Action, "ACT-(INSTALL|RETURN)", "ACT-INSTALL"),
            sampled(SiteLabelKind::Bin, "BIN-.*", "BIN-X"),
        ];
        assert_eq!(clashes(&labels), Vec::<String>::new());
    }

    #[test]
    fn a_pattern_in_the_way_of_a_standard_is_reported_once_for_each() {
        let check = |pattern: &str, expect: &[&str]| {
            let found = clashes(&[label(SiteLabelKind::Bin, pattern)]);
            assert_eq!(found.len(), expect.len(), "{pattern}: {found:#?}");
            for (text, part) in found.iter().zip(expect) {
                assert!(text.contains(part), "{text} should say {part}");
            }
        };
        check("Q[0-9]+", &["data identifiers"]);
        check("[0-9]{13}", &["an EAN-13"]);
        check("[0-9]{8,14}", &["an EAN-8", "a UPC-A", "an EAN-13", "a GTIN-14"]);
        check("\\+.+", &["HIBC"]);
        check("https://.+", &["web addresses"]);
        check(".+", &["data id", "EAN-8", "UPC-A", "EAN-13", "GTIN-14", "SSCC", "GS1", "HIBC", "web"]);
    }

    #[test]
    fn two_kinds_that_match_the_same_code_are_reported() {
        let bin = sampled(SiteLabelKind::Bin, "[A-Z]{3}-[0-9]+", "BIN-1");
        let badge = sampled(SiteLabelKind::Badge, "EMP-.+", "EMP-7");
        let found = clashes(&[bin.clone(), badge]);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains("bin pattern") && found[0].contains("badge pattern") && found[0].contains("EMP-7"));
        let same = clashes(&[bin.clone(), bin]);
        assert!(same.len() == 1 && same[0].contains("are the same"), "{same:#?}");
    }

    #[test]
    fn a_label_is_configured_with_kind_pattern_and_samples() {
        let json = r#"{"kind":"bin","pattern":"BIN-[0-9]+","samples":["BIN-1"]}"#;
        let label: SiteLabel = serde_json::from_str(json).unwrap();
        assert_eq!((label.kind(), label.pattern()), (SiteLabelKind::Bin, "BIN-[0-9]+"));
        for json in [
            r#"{"kind":"bin","pattern":"("}"#,
            r#"{"kind":"box","pattern":"B"}"#,
            r#"{"kind":"bin","pattern":"B","sample":"B"}"#,
        ] {
            assert!(serde_json::from_str::<SiteLabel>(json).is_err(), "{json}");
        }
    }
}
