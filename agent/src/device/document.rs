//! A JSON payload, looked up by dotted path, numbers left as the digits they were sent in.
//!
//! Owns what all JSON devices share: the size limit, the lookup, and mending the bare `NaN` that C and Python senders
//! write though JSON forbids it. Raw values instead of a parsed tree, because a parsed number is a float and has lost
//! its digits; and because skipping over a raw value is a loop, so nesting cannot exhaust the stack. Must not know which
//! paths mean what.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::decimal::{Decimal, DecimalError};
use super::json::JsonError;

/// More than any sensor has to say. The broker's own limit is looser and guards memory, not sense.
pub(super) const LEN_MAX: usize = 64 * 1024;

/// How much of a document is listed: enough for any sensor, little enough that a hostile payload costs no memory.
const LEAVES_MAX: usize = 1_000;
const LEAF_DEPTH_MAX: usize = 8;
const LEAF_NAME_LEN_MAX: usize = 256;

/// Room made at once for the members of an object. More are no fault.
const MEMBERS_USUAL: usize = 16;

#[derive(Debug)]
pub(super) struct Document<'p> {
    root: Root<'p>,
}

#[derive(Debug)]
enum Root<'p> {
    /// Inside the payload.
    Sent(&'p RawValue),
    Mended(Box<RawValue>),
}

/// A part of a document, or all of it: the text of one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a str);

/// The members of an object, read once for whoever looks up many of them. In their order.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A value at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Flag(bool),
    /// The digits as sent.
    Number(Cow<'a, str>),
    /// Borrowed where it has no escapes.
    Text(Cow<'a, str>),
    /// An object or an array, or a text that cannot be decoded.
    Other,
}

/// A number, or the sensor's way to say that it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Is(Decimal),
    NotANumber,
}

impl<'p> Document<'p> {
    /// # Errors
    /// [`JsonError::TooLarge`] before anything is parsed, [`JsonError::NotJson`].
    pub(super) fn parse(payload: &'p [u8]) -> Result<Self, JsonError> {
        if payload.len() > LEN_MAX {
            return Err(JsonError::TooLarge { len: payload.len() });
        }
        let parsed = serde_json::from_slice(payload).map(Root::Sent).or_else(|error| {
            // Only a payload that does not parse pays for the mending.
            serde_json::from_slice(&null_for_nan(payload)).map(Root::Mended).map_err(|_| error)
        });
        match parsed {
            Ok(root) => Ok(Self { root }),
            Err(error) => Err(JsonError::NotJson { line: error.line(), column: error.column() }),
        }
    }

    fn text(&self) -> &str {
        match &self.root {
            Root::Sent(root) => root.get(),
            Root::Mended(root) => root.get(),
        }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node(self.text())
    }

    /// The document's members; `None` when it is no object.
    pub(super) fn members(&self) -> Option<Members<'_>> {
        serde_json::from_str(self.text()).ok()
    }

    /// The value at a path like `data.w`; a number steps into an array: `cells.0.w`. `None` when there is none.
    pub(super) fn at(&self, path: &str) -> Option<Value<'_>> {
        self.root().follow(path.split('.')).map(Node::value)
    }

    /// The number at `path`, written as a number or as a text.
    ///
    /// # Errors
    /// [`JsonError::Missing`], [`JsonError::NotANumber`]; `null` and "nan" are not errors but what a failed sensor says.
    pub(super) fn number(&self, path: &str) -> Result<Number, JsonError> {
        let value = self.at(path).ok_or_else(|| JsonError::missing(path))?;
        value.number().map_err(|source| JsonError::not_a_number(path, source))
    }
}

impl<'a> Members<'a> {
    /// The value at a path like `data.w`, as [`Document::at`] finds it.
    pub(super) fn at(&self, path: &str) -> Option<Value<'a>> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        // Of two members of a name the last one counts, as everywhere in JSON.
        let (_, raw) = self.0.iter().rev().find(|(name, _)| name == first)?;
        let node = Node(raw.get());
        rest.map_or(Some(node), |rest| node.follow(rest.split('.'))).map(Node::value)
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(MEMBERS_USUAL);
                while let Some((Unescaped(name), raw)) = map.next_entry::<Unescaped<'de>, &'de RawValue>()? {
                    members.push((name, raw));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// A text, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Unescaped<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Node<'a> {
    /// The node that `steps` lead to: names in objects, numbers in arrays.
    pub(super) fn follow<'s>(self, steps: impl IntoIterator<Item = &'s str>) -> Option<Self> {
        steps.into_iter().try_fold(self, Self::step)
    }

    fn step(self, step: &str) -> Option<Self> {
        let next: &RawValue = match self.0.as_bytes().first() {
            Some(b'{') => serde_json::from_str::<BTreeMap<Cow<'_, str>, &'a RawValue>>(self.0).ok()?.remove(step)?,
            Some(b'[') => serde_json::from_str::<Vec<&'a RawValue>>(self.0).ok()?.get(step.parse::<usize>().ok()?)?,
            Some(_) | None => return None,
        };
        Some(Self(next.get()))
    }

    pub(super) fn value(self) -> Value<'a> {
        Value::read(self.0)
    }

    pub(super) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// The members of an object by name, of an array by place; none of anything else.
    pub(super) fn entries(self) -> Vec<(String, Self)> {
        match self.0.as_bytes().first() {
            Some(b'{') => {
                let fields = serde_json::from_str::<BTreeMap<String, &'a RawValue>>(self.0).unwrap_or_default();
                fields.into_iter().map(|(name, raw)| (name, Self(raw.get()))).collect()
            }
            Some(b'[') => {
                let items = serde_json::from_str::<Vec<&'a RawValue>>(self.0).unwrap_or_default();
                items.into_iter().enumerate().map(|(place, raw)| (place.to_string(), Self(raw.get()))).collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// Every value below, by the dotted path to it with `name` before it. What is deeper, longer of name or later than
    /// any sensor's report is left out: this is for people who look for a field.
    pub(super) fn leaves(self, name: &str) -> Vec<(String, Value<'a>)> {
        let mut leaves = Vec::new();
        let mut waiting = vec![(name.to_owned(), self, 0)];
        while let Some((name, node, depth)) = waiting.pop() {
            if leaves.len() == LEAVES_MAX {
                break;
            }
            let value = node.value();
            if value != Value::Other {
                leaves.push((name, value));
            } else if depth < LEAF_DEPTH_MAX {
                for (entry, node) in node.entries().into_iter().take(LEAVES_MAX) {
                    let dot = if name.is_empty() { "" } else { "." };
                    if name.len() + dot.len() + entry.len() <= LEAF_NAME_LEN_MAX {
                        waiting.push((format!("{name}{dot}{entry}"), node, depth + 1));
                    }
                }
            }
        }
        leaves
    }
}

impl Number {
    /// The number that `text` is.
    ///
    /// # Errors
    /// When it is none, and not one of the words by which a failed sensor says so either.
    pub(super) fn parse(text: &str) -> Result<Self, DecimalError> {
        let text = text.trim();
        if is_nan(text) { Ok(Self::NotANumber) } else { Decimal::parse_scientific(text).map(Self::Is) }
    }
}

impl<'a> Value<'a> {
    fn read(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Flag(true),
            Some(b'f') => Self::Flag(false),
            Some(b'"') => serde_json::from_str(raw).map_or(Self::Other, |Unescaped(text)| Self::Text(text)),
            Some(b'-' | b'0'..=b'9') => Self::Number(raw.into()),
            Some(_) | None => Self::Other,
        }
    }

    /// The number this is, written as a number or as a text.
    ///
    /// # Errors
    /// When it is none; `null` and "nan" are not errors but what a failed sensor says.
    pub(super) fn number(&self) -> Result<Number, DecimalError> {
        match self {
            Self::Null => Ok(Number::NotANumber),
            Self::Number(digits) | Self::Text(digits) => Number::parse(digits),
            Self::Flag(_) | Self::Other => Err(DecimalError::NotANumber),
        }
    }
}

fn is_nan(text: &str) -> bool {
    let word = text.trim_start_matches(['+', '-']);
    ["nan", "inf", "infinity"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// The payload with every bare `NaN`, `inf` or `Infinity` outside of texts replaced by `null`.
fn null_for_nan(payload: &[u8]) -> Vec<u8> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let mut mended = Vec::with_capacity(payload.len());
    let mut rest = payload;
    let mut in_text = false;
    while let Some((&byte, after)) = rest.split_first() {
        let len = rest.iter().take_while(|byte| is_word(**byte)).count();
        if !in_text && len > 0 {
            let (word, after) = rest.split_at(len);
            let is_nan = std::str::from_utf8(word).is_ok_and(is_nan);
            mended.extend_from_slice(if is_nan { b"null" } else { word });
            rest = after;
            continue;
        }
        mended.push(byte);
        rest = after;
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => {
                if let Some((&escaped, after)) = rest.split_first() {
                    mended.push(escaped);
                    rest = after;
                }
            }
            _ => {}
        }
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(payload: &str, path: &str) -> Option<String> {
        Document::parse(payload.as_bytes()).unwrap().at(path).map(|value| format!("{value:?}"))
    }

    fn number(payload: &str) -> Result<Number, JsonError> {
        Document::parse(payload.as_bytes()).unwrap().number("w")
    }

    #[test]
    fn a_path_leads_through_objects_and_arrays() {
        let payload = r#"{"data":{"cells":[{"w":1.50},{"w":"x"}]},"a\u002eb":1,"n":null,"t":true}"#;
        assert_eq!(at(payload, "data.cells.0.w").as_deref(), Some(r#"Number("1.50")"#));
        assert_eq!(at(payload, "data.cells.1.w").as_deref(), Some(r#"Text("x")"#));
        assert_eq!(at(payload, "data.cells").as_deref(), Some("Other"));
        assert_eq!(at(payload, "n").as_deref(), Some("Null"));
        assert_eq!(at(payload, "t").as_deref(), Some("Flag(true)"));
        for path in ["", "x", "data.x", "data.cells.2", "data.cells.w", "n.x", "t.0", "data..cells"] {
            assert_eq!(at(payload, path), None, "{path}");
        }
    }

    #[test]
    fn all_values_are_listed_by_their_paths() {
        let leaves = |payload: &str, name: &str| {
            let document = Document::parse(payload.as_bytes()).unwrap();
            let mut leaves = document.root().leaves(name);
            leaves.sort_by(|a, b| a.0.cmp(&b.0));
            leaves.into_iter().map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>()
        };
        assert_eq!(
            leaves(r#"{"b":{"x":1.50,"y":[true,null]},"a":"t","none":{}}"#, ""),
            [r#"a=Text("t")"#, r#"b.x=Number("1.50")"#, "b.y.0=Flag(true)", "b.y.1=Null"]
        );
        assert_eq!(leaves(r#"{"x":1}"#, "input:0"), [r#"input:0.x=Number("1")"#]);
        assert_eq!(leaves("7", "value"), [r#"value=Number("7")"#]);
    }

    #[test]
    fn a_listing_has_bounds_in_depth_width_and_length() {
        let leaves = |payload: String| Document::parse(payload.as_bytes()).unwrap().root().leaves("").len();
        assert_eq!(leaves(format!("[{}1]", "1,".repeat(LEAF_DEPTH_MAX + LEAVES_MAX))), LEAVES_MAX);
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!((leaves(nested(LEAF_DEPTH_MAX)), leaves(nested(LEAF_DEPTH_MAX + 1))), (1, 0));
        let named = |len: usize| format!(r#"{{"{}":1}}"#, "n".repeat(len));
        assert_eq!((leaves(named(LEAF_NAME_LEN_MAX)), leaves(named(LEAF_NAME_LEN_MAX + 1))), (1, 0));
    }

    #[test]
    fn a_number_keeps_its_digits_whether_it_is_a_number_or_a_text() {
        for payload in [r#"{"w":12.50}"#, r#"{"w":"12.50"}"#, r#"{"w":" 12.50 "}"#, r#"{ "w" : 1250e-2 }"#] {
            assert_eq!(number(payload), Ok(Number::Is(Decimal::new(1250, 2).unwrap())), "{payload}");
        }
    }

    #[test]
    fn a_sensor_that_could_not_read_says_so_in_many_ways() {
        for payload in [
            r#"{"w":null}"#,
            r#"{"w":NaN}"#,
            r#"{"w":nan,"x":"NaN"}"#,
            r#"{"w":-Infinity}"#,
            r#"{"w":inf}"#,
            r#"{"w":"NaN"}"#,
            r#"{"w":" nan "}"#,
            r#"{"x":"a\"b\\","w":NaN}"#,
        ] {
            assert_eq!(number(payload), Ok(Number::NotANumber), "{payload}");
        }
    }

    #[test]
    fn mending_a_nan_leaves_texts_alone() {
        assert_eq!(at(r#"{"w":NaN,"code":"NaN \" nan"}"#, "code").as_deref(), Some(r#"Text("NaN \" nan")"#));
        assert_eq!(at(r#"{"w":NaN,"n":-1.5e+3}"#, "n").as_deref(), Some(r#"Number("-1.5e+3")"#));
    }

    #[test]
    fn what_is_no_number_is_named() {
        assert_eq!(number("{}"), Err(JsonError::missing("w")));
        for payload in
            [r#"{"w":true}"#, r#"{"w":{}}"#, r#"{"w":"12 g"}"#, r#"{"w":"twelve"}"#, r#"{"w":1e40}"#, r#"{"w":""}"#]
        {
            assert!(matches!(number(payload), Err(JsonError::NotANumber { .. })), "{payload}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_and_so_is_a_payload_without_bound() {
        for payload in [&b""[..], b"{", b"{\"w\":1}x", b"\xff", b"{'w':1}", b"{\"w\":nano}"] {
            assert!(matches!(Document::parse(payload), Err(JsonError::NotJson { .. })), "{payload:?}");
        }
        let long = vec![b' '; LEN_MAX + 1];
        assert_eq!(Document::parse(&long).err(), Some(JsonError::TooLarge { len: LEN_MAX + 1 }));
    }

    #[test]
    fn nesting_without_end_does_not_exhaust_the_stack() {
        let deep = format!("{}{}", "[".repeat(LEN_MAX / 2), "]".repeat(LEN_MAX / 2));
        assert_eq!(at(&deep, "0.0.0").as_deref(), Some("Other"));
    }
}
