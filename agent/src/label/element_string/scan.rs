//! What a whole scan is, told by its symbology identifier.
//!
//! Owns the decision which payloads are GS1 and the check of article numbers in EAN, UPC and ITF symbols. Payloads of
//! other symbols are handed on as they are.

use super::{Checks, ElementString, Gs1Error, ais};
use crate::device::AimId;
use crate::label::application_identifier::Fault;
use crate::label::check_digit;
use crate::label::digital_link::{DigitalLink, DigitalLinkError, LinkRules};
use crate::label::lost_separator::Separator;

/// In front of the second message of a composite symbol whose linear part is EAN or UPC.
const COMPOSITE: &[u8] = b"|]e0";

/// What is tolerated. The default is what the standard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanRules {
    pub checks: Checks,
    /// What the scanner sends between elements.
    pub separator: Separator,
    /// Skip one separator in front: some scanners send the FNC1 that the identifier stands for as well.
    pub leading_separator: bool,
    /// Put lost separators back where there is exactly one way to.
    pub recover_separator: bool,
    /// Accept UPC-A with 12 digits and EAN-8 with 8 under `]E0`, as some scanners send them unpadded.
    pub short_upc: bool,
    pub link: LinkRules,
}

/// A scan that is in order.
#[derive(Debug, Clone)]
pub enum Gs1Scan<'a> {
    /// Element strings.
    Elements {
        string: ElementString<'a>,
        /// The article number of the linear part, when the elements are from the composite part above it.
        linear: Option<&'a [u8]>,
    },
    /// A GS1 Digital Link in a plain 2D symbol.
    Link(DigitalLink<'a>),
    /// No GS1 elements: an article number, or data this module does not know.
    Plain {
        data: &'a [u8],
        /// Why a web address is taken as just that.
        not_a_link: Option<DigitalLinkError>,
    },
}

impl<'a> Gs1Scan<'a> {
    /// Reads a frame with its symbology identifier.
    ///
    /// # Errors
    /// What is wrong with it; [`Gs1Error::code`] gives the class.
    pub fn parse(frame: &'a [u8], rules: &ScanRules) -> Result<Self, Gs1Error> {
        if frame.len() < 3 || frame[0] != b']' {
            return Err(Gs1Error::MissingSymbologyId);
        }
        match AimId::split(frame) {
            (Some(id), payload) => Self::parse_payload(id, payload, rules),
            (None, _) => Err(Gs1Error::UnsupportedSymbologyId),
        }
    }

    /// Reads what stands behind the identifier.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_payload(id: AimId, payload: &'a [u8], rules: &ScanRules) -> Result<Self, Gs1Error> {
        if id.is_gs1() {
            return Self::elements(without_eci(id, payload), None, *rules);
        }
        match (id.code, id.modifier) {
            (b'E', b'0') if rules.short_upc && matches!(payload.len(), 8 | 12) => {
                check_article_number(payload).map(|()| Self::plain(payload))
            }
            (b'E', b'0') => Self::article_number(payload, 13, *rules),
            (b'E', b'4') => Self::article_number(payload, 8, *rules),
            // ITF has no length of its own and is read short easily, so its verified form is the one that is an
            // article number: 14 digits.
            (b'I', b'1') => {
                check_len(payload, 14)?;
                check_article_number(payload).map(|()| Self::plain(payload))
            }
            // A modifier is the sum of option values below 16, written as a hexadecimal digit.
            _ if id.symbology() == "unknown" || !id.modifier.is_ascii_hexdigit() => {
                Err(Gs1Error::UnsupportedSymbologyId)
            }
            (b'Q' | b'd' | b'J', _) => Ok(Self::plain_2d(payload, *rules)),
            _ => Ok(Self::plain(payload)),
        }
    }

    /// As printed by `decode`: `{"ais": […]}`, with `"plain"` for data without AIs and `"ignored_query"` for a link
    /// that has more in its query.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Elements { string, .. } => string.to_json(),
            Self::Link(link) if link.ignored_query().is_empty() => serde_json::json!({ "ais": ais(link.elements()) }),
            Self::Link(link) => link.to_json(),
            Self::Plain { data, .. } => serde_json::json!({ "ais": [], "plain": String::from_utf8_lossy(data) }),
        }
    }

    const fn plain(data: &'a [u8]) -> Self {
        Self::Plain { data, not_a_link: None }
    }

    fn plain_2d(payload: &'a [u8], rules: ScanRules) -> Self {
        match DigitalLink::parse(payload, rules.link) {
            Ok(Some(link)) => Self::Link(link),
            Ok(None) => Self::plain(payload),
            // Most web addresses in 2D symbols are no Digital Links, and none is the worse for it.
            Err(error) => Self::Plain { data: payload, not_a_link: Some(error) },
        }
    }

    fn elements(payload: &'a [u8], linear: Option<&'a [u8]>, rules: ScanRules) -> Result<Self, Gs1Error> {
        let leading = if rules.leading_separator { rules.separator.len_at_start(payload) } else { 0 };
        let payload = &payload[leading..];
        let parse = if rules.recover_separator { ElementString::parse_lenient } else { ElementString::parse_separated };
        parse(payload, rules.separator, rules.checks).map(|string| Self::Elements { string, linear })
    }

    fn article_number(payload: &'a [u8], digits: usize, rules: ScanRules) -> Result<Self, Gs1Error> {
        let Some((number, rest)) = payload.split_at_checked(digits) else {
            return Err(Gs1Error::ArticleNumber(Fault::TooShort));
        };
        let composite = rest.strip_prefix(COMPOSITE);
        if composite.is_none() {
            check_len(payload, digits)?;
        }
        check_article_number(number)?;
        match composite {
            Some(composite) => Self::elements(composite, Some(number), rules),
            None => Ok(Self::plain(number)),
        }
    }
}

const fn check_len(payload: &[u8], digits: usize) -> Result<(), Gs1Error> {
    if payload.len() < digits {
        return Err(Gs1Error::ArticleNumber(Fault::TooShort));
    }
    if payload.len() > digits {
        return Err(Gs1Error::ArticleNumber(Fault::TooLong));
    }
    Ok(())
}

fn check_article_number(number: &[u8]) -> Result<(), Gs1Error> {
    if !number.iter().all(u8::is_ascii_digit) {
        return Err(Gs1Error::ArticleNumber(Fault::NonDigit));
    }
    if !check_digit::is_valid(number) {
        return Err(Gs1Error::ArticleNumber(Fault::CheckDigit));
    }
    Ok(())
}

/// Drops the `\nnnnnn` that names a code page in front: GS1 data is ASCII on each of them.
fn without_eci(id: AimId, payload: &[u8]) -> &[u8] {
    match payload {
        [b'\\', designator @ ..] if id.has_eci_escapes() => match designator.split_at_checked(6) {
            Some((digits, rest)) if digits.iter().all(u8::is_ascii_digit) => rest,
            _ => payload,
        },
        _ => payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(rules: ScanRules, frame: &str, expect: &str) {
        let found = Gs1Scan::parse(frame.as_bytes(), &rules);
        let shown = found.map_or_else(|error| error.code().to_owned(), |scan| scan.to_json().to_string());
        assert_eq!(shown, expect, "{frame:?}");
    }

    fn check(frame: &str, expect: &str) {
        check_with(ScanRules::default(), frame, expect);
    }

    #[test]
    fn the_identifier_decides_what_a_payload_is() {
        check("]C110A1", r#"{"ais":[["10","A1"]]}"#);
        check("]C010A1", r#"{"ais":[],"plain":"10A1"}"#);
        check("]A0BIN-7", r#"{"ais":[],"plain":"BIN-7"}"#);
        check("]d1[)>\u{1E}06", r#"{"ais":[],"plain":"[)>\u001e06"}"#);
        check("]Q4\\00002610A1", r#"{"ais":[["10","A1"]]}"#);
        check("10A1", "missing-symbology-id");
        check("]C", "missing-symbology-id");
        check("]YY10A1", "unsupported-symbology-id");
        check("]Y0", "unsupported-symbology-id");
        check("]-110A1", "unsupported-symbology-id");
    }

    #[test]
    fn article_numbers_have_their_length_and_check_digit() {
        check("]E04006381333931", r#"{"ais":[],"plain":"4006381333931"}"#);
        check("]E04006381333932", "check-digit");
        check("]E0400638133393A", "non-digit");
        check("]E0036000291452", "value-too-short");
        check("]E040063813339310", "value-too-long");
        check("]E496385074", r#"{"ais":[],"plain":"96385074"}"#);
        check("]I109521234567882", r#"{"ais":[],"plain":"09521234567882"}"#);
        check("]I1123456", "value-too-short");
        check("]I0123456", r#"{"ais":[],"plain":"123456"}"#);
    }

    #[test]
    fn short_upc_is_accepted_where_the_site_says_so() {
        let rules = ScanRules { short_upc: true, ..ScanRules::default() };
        check_with(rules, "]E0036000291452", r#"{"ais":[],"plain":"036000291452"}"#);
        check_with(rules, "]E0036000291453", "check-digit");
        check_with(rules, "]E04006381333931", r#"{"ais":[],"plain":"4006381333931"}"#);
    }

    #[test]
    fn a_composite_gives_the_elements_above_the_article_number() {
        let frame = b"]E496385074|]e010A1";
        let Ok(Gs1Scan::Elements { string, linear }) = Gs1Scan::parse(frame, &ScanRules::default()) else {
            panic!("no elements");
        };
        assert_eq!((string.to_string().as_str(), linear), ("(10)A1", Some(&b"96385074"[..])));
        check("]E496385074|]e0", "value-empty");
        check("]E496385074|]C110A1", "value-too-long");
    }

    #[test]
    fn web_addresses_in_2d_symbols_are_links_or_just_addresses() {
        check("]Q1https://a/01/09521234567882?17=260430", r#"{"ais":[["01","09521234567882"],["17","260430"]]}"#);
        check("]Q1https://a/part?id=17", r#"{"ais":[],"plain":"https://a/part?id=17"}"#);
        check("]d1HtTps://a/01/09521234567882", r#"{"ais":[],"plain":"HtTps://a/01/09521234567882"}"#);
        let refused = Gs1Scan::parse(b"]Q1https://a/01/09521234567883", &ScanRules::default());
        let Ok(Gs1Scan::Plain { not_a_link: Some(reason), .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(reason.code(), "check-digit");
    }

    #[test]
    fn separators_are_forgiven_where_the_site_says_so() {
        check("]C1\u{1D}10A1", "unknown-ai");
        check("]C110A1|17260430", "charset");
        check("]C110A1^17260430", "illegal-character");
        check("]C101095212345678827003260430125910LOT", "value-too-long");
        let rules = ScanRules { leading_separator: true, separator: Separator::Caret, ..ScanRules::default() };
        check_with(rules, "]C1^10A1^17260430", r#"{"ais":[["10","A1"],["17","260430"]]}"#);
        let rules = ScanRules { recover_separator: true, ..ScanRules::default() };
        check_with(
            rules,
            "]C101095212345678827003260430125910LOT",
            r#"{"ais":[["01","09521234567882"],["7003","2604301259"],["10","LOT"]],"separator_lost":true}"#,
        );
        check_with(rules, "]C110A17260430", r#"{"ais":[["10","A17260430"]]}"#);
        check_with(rules, "]C110ABCDEFGHIJKLM1726043021SERIAL", "value-too-long");
    }
}
