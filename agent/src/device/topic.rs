//! A topic's name: what a message is published on, without wildcards.
//!
//! Owns the check of every name that is made of a site's configuration or of another's message, before it is
//! subscribed: an id with a `+` or `#` in it would follow devices that nobody named. The source is the MQTT 3.1.1
//! standard, section 4.7. Must not know dialects.

use std::fmt;

/// Longer than any device's name; the standard allows 65,535 bytes.
const LEN_MAX: usize = 1_024;

/// A topic, or some levels of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicName(String);

/// Why a text names no topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error("topic is empty")]
    Empty,
    #[error("topic holds a wildcard (+ or #); name one device")]
    Wildcard,
    #[error("topic holds a control character")]
    Control,
    #[error("topic is longer than {LEN_MAX} bytes")]
    TooLong,
}

impl TopicName {
    /// # Errors
    /// Says which rule of a topic's name `text` breaks.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        if text.is_empty() {
            Err(TopicError::Empty)
        } else if text.len() > LEN_MAX {
            Err(TopicError::TooLong)
        } else if text.contains(['+', '#']) {
            Err(TopicError::Wildcard)
        } else if text.contains(char::is_control) {
            Err(TopicError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What of `topic` follows this name and a slash.
    pub(super) fn below<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic.strip_prefix(self.as_str())?.strip_prefix('/')
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_follow_other_devices_is_refused() {
        for (text, expect) in [
            ("bins/42/weight", Ok(())),
            ("Regal Süd/$1", Ok(())),
            ("", Err(TopicError::Empty)),
            ("bins/+/weight", Err(TopicError::Wildcard)),
            ("bins/#", Err(TopicError::Wildcard)),
            ("bins/\0", Err(TopicError::Control)),
            ("bins\n", Err(TopicError::Control)),
        ] {
            assert_eq!(TopicName::parse(text).map(|_| ()), expect, "{text:?}");
        }
        assert_eq!(TopicName::parse(&"a".repeat(LEN_MAX)).map(|_| ()), Ok(()));
        assert_eq!(TopicName::parse(&"a".repeat(LEN_MAX + 1)), Err(TopicError::TooLong));
    }

    #[test]
    fn only_whole_levels_are_below_a_name() {
        let name = TopicName::parse("rack/a").unwrap();
        for (topic, below) in
            [("rack/a/status", Some("status")), ("rack/a", None), ("rack/ab/status", None), ("", None)]
        {
            assert_eq!(name.below(topic), below, "{topic}");
        }
    }
}
