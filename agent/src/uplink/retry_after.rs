//! What a `Retry-After` header asks for. Pure.
//!
//! RFC 9110, 10.2.3: seconds, or a date. A date is measured against the same answer's own `Date`: both come from one
//! clock, so it needs none here, where the clock may be wrong. Without a `Date` it says nothing. How long a wait may be
//! at most is the caller's to say.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

/// RFC 9110's dates are those of RFC 5322 with "GMT" for the zone. Its two obsolete forms are not read: no server that
/// is alive sends them.
static DATES: DateTimeParser = DateTimeParser::new();

/// How long to wait, by the headers `Retry-After` and `Date` of one answer. `None` when there is nothing to go by: then
/// the own backoff holds.
pub(super) fn read(retry_after: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let asked = retry_after?.trim();
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds still ask for a long wait.
        return Some(Duration::from_secs(asked.parse().unwrap_or(u64::MAX)));
    }
    let until = DATES.parse_timestamp(asked).ok()?;
    let said_at = DATES.parse_timestamp(date?.trim()).ok()?;
    // A date that has passed asks for no wait.
    Some(Duration::try_from(until.duration_since(said_at)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(retry_after: &str, date: Option<&str>, expect: Option<u64>) {
        assert_eq!(read(Some(retry_after), date), expect.map(Duration::from_secs), "{retry_after:?} at {date:?}");
    }

    #[test]
    fn seconds_are_seconds() {
        check("30", None, Some(30));
        check(" 0 ", None, Some(0));
        check("99999999999999999999999999", None, Some(u64::MAX));
        for nonsense in ["", "-5", "+5", "1.5", "1e3", "soon", "0x10", "٣"] {
            check(nonsense, Some("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        }
        assert_eq!(read(None, None), None);
    }

    #[test]
    fn a_date_is_measured_against_the_answers_own_date() {
        let now = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        check("Wed, 21 Oct 2026 07:30:05 GMT", now, Some(125));
        check("Wed, 21 Oct 2026 07:27:00 GMT", now, Some(0));
        check("Thu, 01 Jan 2099 00:00:00 GMT", now, Some(2_278_341_120));
        // A server whose clock stands at 1970 is consistent with itself.
        check("Thu, 01 Jan 1970 00:02:00 GMT", Some("Thu, 01 Jan 1970 00:01:00 GMT"), Some(60));
    }

    #[test]
    fn a_date_with_nothing_to_measure_it_against_says_nothing() {
        for date in [None, Some(""), Some("yesterday"), Some("2026-10-21T07:28:00Z")] {
            check("Wed, 21 Oct 2026 07:28:00 GMT", date, None);
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            let text: String = (0..30)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    char::from(b" ,:+-0123456789GMTWedOct"[(seed >> 33) as usize % 24])
                })
                .collect();
            let _ = read(Some(&text), Some(&text));
        }
    }
}
