//! Quiet hours: windows of local time, at a fixed offset from UTC.
//!
//! Fixed on purpose: a zone's rules need a database that ages on a gateway, and an hour's difference for half the year is
//! what a tariff's night mostly forgives. Where it does not, leave the windows an hour apart from it.

use std::{fmt, str::FromStr, time::Duration};

use gateway_proto::time::WallTime;

const DAY_MINUTES: u16 = 24 * 60;

/// No zone is further from UTC.
const OFFSET_MINUTES_MAX: i32 = 14 * 60;

/// A time of day, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteOfDay(u16);

/// From a time of day to the next, maybe past midnight: `22:00-06:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietWindow {
    begins: MinuteOfDay,
    ends: MinuteOfDay,
}

/// Local time minus UTC: `+01:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UtcOffset {
    minutes: i32,
}

/// Why a text is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuietError {
    #[error("must be like 22:00-06:00, from 00:00 to 24:00")]
    Window,
    #[error("begins when it ends; the whole day is 00:00-24:00")]
    Empty,
    #[error("must be like +01:00, -03:30 or Z, at most 14 hours")]
    Offset,
}

impl QuietWindow {
    fn contains(self, minute: u16) -> bool {
        let (begins, ends) = (self.begins.0, self.ends.0);
        if begins < ends { (begins..ends).contains(&minute) } else { minute >= begins || minute < ends }
    }
}

impl UtcOffset {
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.minutes as i64 * 60_000
    }
}

/// How long it is still quiet and until which local time; `None` when it is not quiet. Windows that meet are one.
#[must_use]
pub fn ends(windows: &[QuietWindow], offset: UtcOffset, wall: WallTime) -> Option<(Duration, MinuteOfDay)> {
    const MINUTE_MILLIS: i64 = 60_000;
    let in_day = (wall.millis() + offset.millis()).rem_euclid(i64::from(DAY_MINUTES) * MINUTE_MILLIS);
    let now = u16::try_from(in_day / MINUTE_MILLIS).unwrap_or(0);
    let (mut minute, mut left) = (now, 0u16);
    // Each step passes the end of one window; more steps than windows are a day without an end.
    for _ in 0..=windows.len() {
        let Some(window) = windows.iter().find(|window| window.contains(minute)) else { break };
        let end = window.ends.0 % DAY_MINUTES;
        let step = (end + DAY_MINUTES - minute - 1) % DAY_MINUTES + 1;
        left = left.saturating_add(step).min(DAY_MINUTES);
        minute = end;
        if left == DAY_MINUTES {
            break;
        }
    }
    if left == 0 {
        return None;
    }
    let passed = u64::try_from(in_day % MINUTE_MILLIS).unwrap_or(0);
    let left = Duration::from_secs(u64::from(left) * 60).saturating_sub(Duration::from_millis(passed));
    Some((left, MinuteOfDay(minute)))
}

/// `07:30` in minutes.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY_MINUTES).then_some(all)
}

impl FromStr for QuietWindow {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let (begins, ends) = text.split_once('-').ok_or(QuietError::Window)?;
        let minute = |text: &str| minutes(text.trim()).map(MinuteOfDay).ok_or(QuietError::Window);
        let (begins, ends) = (minute(begins)?, minute(ends)?);
        if begins == ends {
            return Err(QuietError::Empty);
        }
        if begins.0 == DAY_MINUTES {
            return Err(QuietError::Window);
        }
        Ok(Self { begins, ends })
    }
}

impl FromStr for UtcOffset {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        if text == "Z" {
            return Ok(Self::default());
        }
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            Some(_) | None => return Err(QuietError::Offset),
        };
        let minutes = i32::from(minutes(rest).ok_or(QuietError::Offset)?);
        if minutes > OFFSET_MINUTES_MAX { Err(QuietError::Offset) } else { Ok(Self { minutes: sign * minutes }) }
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str, windows: &[&str], offset: &str) -> Option<(u64, String)> {
        let windows: Vec<QuietWindow> = windows.iter().map(|window| window.parse().unwrap()).collect();
        let wall = WallTime::parse(&format!("2026-11-21T{time}Z")).unwrap();
        ends(&windows, offset.parse().unwrap(), wall).map(|(left, ends)| (left.as_secs(), ends.to_string()))
    }

    #[test]
    fn a_window_may_pass_midnight_and_its_end_is_not_quiet() {
        let night = ["22:00-06:00"];
        assert_eq!(at("21:59:59", &night, "Z"), None);
        assert_eq!(at("22:00:00", &night, "Z"), Some((8 * 3_600, "06:00".to_owned())));
        assert_eq!(at("05:59:30", &night, "Z"), Some((30, "06:00".to_owned())));
        assert_eq!(at("06:00:00", &night, "Z"), None);
        assert_eq!(at("21:00:00", &night, "+01:00"), Some((8 * 3_600, "06:00".to_owned())));
        assert_eq!(at("01:30:00", &night, "-03:30"), Some((8 * 3_600, "06:00".to_owned())));
    }

    #[test]
    fn windows_that_meet_are_one_and_a_whole_day_has_a_bound() {
        assert_eq!(at("07:00:00", &["06:00-08:00", "08:00-09:30"], "Z"), Some((9_000, "09:30".to_owned())));
        assert_eq!(at("07:00:00", &["00:00-24:00"], "Z"), Some((17 * 3_600 + 7 * 3_600, "00:00".to_owned())));
        assert_eq!(at("23:00:00", &["20:00-24:00"], "Z"), Some((3_600, "00:00".to_owned())));
        assert_eq!(at("23:00:00", &[], "Z"), None);
        assert!(at("03:00:00", &["00:00-12:00", "12:00-24:00"], "Z").is_some_and(|(left, _)| left <= 86_400));
    }

    #[test]
    fn what_is_no_window_and_no_offset_is_refused() {
        for text in ["", "22-06", "22:00", "22:00-25:00", "22:60-06:00", "2:00-06:00", "24:00-06:00", "24:01-06:00"] {
            assert_eq!(text.parse::<QuietWindow>(), Err(QuietError::Window), "{text}");
        }
        assert_eq!("06:00-06:00".parse::<QuietWindow>(), Err(QuietError::Empty));
        for text in ["", "1", "+1", "+15:00", "01:00", "+01:60", "é", "UTC", "-14:01"] {
            assert_eq!(text.parse::<UtcOffset>(), Err(QuietError::Offset), "{text}");
        }
    }
}
