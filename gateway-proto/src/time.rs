//! Wall time as data. Order comes from seq; a wall clock only says when somebody believed something happened.

use std::fmt;

use serde::{Deserialize, Serialize, de};

/// Milliseconds since 1970-01-01T00:00:00Z, up to the end of year 9999. On the wire RFC 3339 in UTC with three
/// decimals: `2026-11-21T05:00:00.123Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(i64);

/// 9999-12-30T00:00:00Z: the last whole day that prints as a four-digit year in every zone.
const LATEST: i64 = 253_402_128_000_000;

impl WallTime {
    /// The nearest representable time: a wild clock is clamped here and marked by the trust flag, never an error.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LATEST))
    }

    /// Milliseconds since 1970, `0..=253_402_128_000_000`.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The year in UTC, 1970 to 9999.
    #[must_use]
    pub fn year(self) -> i16 {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).expect("the range is checked when made");
        timestamp.to_zoned(jiff::tz::TimeZone::UTC).year()
    }

    /// Parses RFC 3339 with any offset and precision; finer than a millisecond is cut off.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        let millis = timestamp.as_millisecond();
        (0..=LATEST).contains(&millis).then_some(Self(millis))
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).expect("the range is checked when made");
        write!(f, "{timestamp:.3}")
    }
}

impl Serialize for WallTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = WallTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time between 1970 and 9999")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WallTime, E> {
                WallTime::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_prints_three_decimals_and_parses_back() {
        let time = WallTime::from_millis(1_795_237_200_120);
        assert_eq!(time.to_string(), "2026-11-21T05:00:00.120Z");
        assert_eq!(WallTime::parse(&time.to_string()), Some(time));
        assert_eq!(WallTime::parse("2026-11-21T06:00:00.12+01:00"), Some(time));
        assert_eq!(WallTime::parse("yesterday"), None);
    }

    #[test]
    fn a_wild_clock_is_clamped() {
        assert_eq!(WallTime::from_millis(-5).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(WallTime::from_millis(i64::MAX).to_string(), "9999-12-30T00:00:00.000Z");
    }
}
