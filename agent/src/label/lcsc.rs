//! The key-value labels of LCSC: `{pbn:PICK1,pc:C312270,pm:ST-1-102,qty:2,mc:}`. Proprietary, in no standard.
//!
//! Owns the split. Part numbers hold commas and colons and the label escapes nothing, so a comma ends a value only if a
//! key and a colon follow: keys are lower-case words, part numbers hardly ever are. Must not know what a key means.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Longer words are no keys; the longest known has three letters.
const KEY_LEN_MAX: usize = 16;

/// Why a scan is no label of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LcscError {
    #[error("label does not begin with {{")]
    NotALabel,
    #[error("label does not end with }}; scan it again")]
    Truncated,
    #[error("label holds nothing")]
    Empty,
    #[error("label does not begin with a key and a colon")]
    BadKey,
    #[error("key {key:?} stands twice, so a value may be cut wrong")]
    Ambiguous { key: String },
    #[error("label is no UTF-8")]
    NotText,
}

impl LcscError {
    /// The short class, in the words of the other parts labels.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotALabel => "not-an-envelope",
            Self::Truncated => "truncated",
            Self::Empty => "empty-format",
            Self::BadKey | Self::Ambiguous { .. } | Self::NotText => "bad-data-identifier",
        }
    }
}

/// Keys and values in the order of the label; values may be empty. Serializes as `{"kv": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LcscLabel {
    pairs: Vec<(String, String)>,
}

impl LcscLabel {
    /// Reads a scan without its AIM identifier.
    ///
    /// # Errors
    /// [`LcscError`]
    pub fn parse(payload: &[u8]) -> Result<Self, LcscError> {
        let Some(open) = payload.strip_prefix(b"{") else { return Err(LcscError::NotALabel) };
        let Some(body) = open.strip_suffix(b"}") else { return Err(LcscError::Truncated) };
        if body.is_empty() {
            return Err(LcscError::Empty);
        }
        let body = std::str::from_utf8(body).map_err(|_| LcscError::NotText)?;
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in body.split(',') {
            match (split_pair(part), pairs.last_mut()) {
                (Some((key, value)), _) => {
                    if pairs.iter().any(|(earlier, _)| earlier == key) {
                        return Err(LcscError::Ambiguous { key: key.to_owned() });
                    }
                    pairs.push((key.to_owned(), value.to_owned()));
                }
                (None, Some((_, value))) => {
                    value.push(',');
                    value.push_str(part);
                }
                (None, None) => return Err(LcscError::BadKey),
            }
        }
        Ok(Self { pairs })
    }

    /// The value of a key: `pc` LCSC's item, `pm` the maker's, `qty`, `pbn` pick, `on` order. Empty if the label says
    /// nothing under it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}

impl Serialize for LcscLabel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Pairs<'a>(&'a [(String, String)]);
        impl Serialize for Pairs<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("kv", &Pairs(&self.pairs))?;
        map.end()
    }
}

/// A key and what is behind its colon. Spaces before a key are print layout; all others belong to the value.
fn split_pair(part: &str) -> Option<(&str, &str)> {
    let (key, value) = part.split_once(':')?;
    let key = key.trim_start_matches(' ');
    let is_key = key.len() <= KEY_LEN_MAX
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    is_key.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expect: &[(&str, &str)]) {
        let label = LcscLabel::parse(payload.as_bytes()).unwrap();
        let found: Vec<(&str, &str)> =
            label.pairs().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expect, "{payload}");
    }

    #[test]
    fn keys_and_values_come_in_the_order_of_the_label() {
        check(
            "{pbn:PICK1,pc:C312270,qty:2,mc:,cc:1}",
            &[("pbn", "PICK1"), ("pc", "C312270"), ("qty", "2"), ("mc", ""), ("cc", "1")],
        );
        check("{pc:C1, qty:2}", &[("pc", "C1"), ("qty", "2")]);
    }

    #[test]
    fn commas_and_colons_of_a_value_stay_in_it() {
        check("{pm:CRCW0402,10K,1%,qty:5}", &[("pm", "CRCW0402,10K,1%"), ("qty", "5")]);
        check("{pm:A:B,qty:5}", &[("pm", "A:B"), ("qty", "5")]);
        check("{pm:A,B:C,qty:5}", &[("pm", "A,B:C"), ("qty", "5")]);
        check("{pm:A,,qty:5}", &[("pm", "A,"), ("qty", "5")]);
        check("{pm:{A}}", &[("pm", "{A}")]);
    }

    #[test]
    fn what_could_be_cut_in_two_ways_is_refused() {
        let found = LcscLabel::parse(b"{pm:A,pm:B}");
        assert_eq!(found, Err(LcscError::Ambiguous { key: "pm".to_owned() }));
    }

    #[test]
    fn other_scans_are_told_apart_by_class() {
        for (payload, code) in [
            (&b""[..], "not-an-envelope"),
            (b"pc:C1", "not-an-envelope"),
            (b"{pc:C1", "truncated"),
            (b"{", "truncated"),
            (b"{}", "empty-format"),
            (b"{C1}", "bad-data-identifier"),
            (b"{,pc:C1}", "bad-data-identifier"),
            (b"{:C1}", "bad-data-identifier"),
            (b"{\"pc\":\"C1\"}", "bad-data-identifier"),
            (b"{PC:C1}", "bad-data-identifier"),
            (b"{pc:\xFF}", "bad-data-identifier"),
        ] {
            assert_eq!(LcscLabel::parse(payload).map_err(|e| e.code()), Err(code), "{}", payload.escape_ascii());
        }
    }

    #[test]
    fn a_label_serializes_under_one_key() {
        let label = LcscLabel::parse(b"{pc:C1,mc:}").unwrap();
        assert_eq!(serde_json::to_string(&label).unwrap(), r#"{"kv":{"pc":"C1","mc":""}}"#);
        assert_eq!((label.get("pc"), label.get("mc"), label.get("qty")), (Some("C1"), Some(""), None));
    }
}
