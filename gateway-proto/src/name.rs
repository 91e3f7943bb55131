//! Bounded texts: the names of sites, feeds, devices and places, item codes and free texts.
//!
//! A value of these types keeps its limit; parsing says which limit was broken. Its text is shared, not copied: the same few
//! names stand in every movement, and in every map that movements are folded into.

use std::{borrow::Borrow, fmt, marker::PhantomData, str::FromStr, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::limits::{ITEM_LEN_MAX, NAME_LEN_MAX, TEXT_LEN_MAX};

/// Why a text is not a name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("{kind} is empty")]
    Empty { kind: &'static str },
    #[error("{kind} has {len} bytes, at most {max} are allowed")]
    TooLong { kind: &'static str, len: usize, max: usize },
    #[error("{kind} contains {found:?}; allowed are {allowed}")]
    Character { kind: &'static str, found: char, allowed: &'static str },
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:expr, $allowed:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check($kind, text, $max, $allowed, $check)?;
                Ok(Self(text.into()))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Parsed(PhantomData))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }
    };
}

bounded_text!(
    /// The facility. 1 to 64 bytes of letters, digits, `.`, `_`, `-`: it stands in paths and logs.
    SiteName, "site name", NAME_LEN_MAX, "letters, digits, '.', '_', '-'", path_safe
);
bounded_text!(
    /// One vendor's share of a site's ledger. 1 to 64 bytes of letters, digits, `.`, `_`, `-`: it stands in the URL.
    FeedName, "feed name", NAME_LEN_MAX, "letters, digits, '.', '_', '-'", path_safe
);
bounded_text!(
    /// A scanner, scale, sensor or station. 1 to 64 bytes, no control characters.
    DeviceName, "device name", NAME_LEN_MAX, "printable characters", printable
);
bounded_text!(
    /// The name inside a place: `A-01` in `bin:A-01`. 1 to 64 bytes, no control characters.
    PlaceName, "place name", NAME_LEN_MAX, "printable characters", printable
);
bounded_text!(
    /// A stocked part's code, or the raw scanned code of a part nobody knows yet. 1 to 8,192 bytes of any characters.
    ItemCode, "item code", ITEM_LEN_MAX, "any characters", |_| true
);
bounded_text!(
    /// A reason, reference, lot, serial or badge. 1 to 256 bytes, no control characters.
    Text, "text", TEXT_LEN_MAX, "printable characters", printable
);

/// Reads a text in place: what is borrowed of the input is copied once.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err = NameError>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

fn check(
    kind: &'static str,
    text: &str,
    max: usize,
    allowed: &'static str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { kind });
    }
    if text.len() > max {
        return Err(NameError::TooLong { kind, len: text.len(), max });
    }
    match text.chars().find(|&c| !is_allowed(c)) {
        Some(found) => Err(NameError::Character { kind, found, allowed }),
        None => Ok(()),
    }
}

fn path_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn printable(c: char) -> bool {
    !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_over_its_limit_is_refused_with_the_limit() {
        let error = "x".repeat(65).parse::<FeedName>().unwrap_err();
        assert_eq!(error.to_string(), "feed name has 65 bytes, at most 64 are allowed");
    }

    #[test]
    fn a_feed_name_must_be_safe_in_a_url() {
        assert!("acme".parse::<FeedName>().is_ok());
        assert!("acme/../x".parse::<FeedName>().is_err());
        assert!("".parse::<FeedName>().is_err());
    }

    #[test]
    fn an_item_code_keeps_group_separators() {
        assert!("010952123456788210LOT\u{1d}21S1".parse::<ItemCode>().is_ok());
    }
}
