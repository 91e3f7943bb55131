//! The secondary data of an HIBC label: quantity, expiry, lot, serial, and the segments behind them.
//!
//! ```text
//! YYJJJ lot                     five digits, then the lot
//! $  lot        $+  serial
//! $$ [q] d lot  $$+ [q] d serial
//!    q: 8 and two digits, or 9 and five
//!    d: MMYY, or a flag and the date: 2 MMDDYY  3 YYMMDD  4 YYMMDDHH  5 YYJJJ  6 YYJJJHH  7 none
//! /S serial   /14D expiry YYYYMMDD   /16D made YYYYMMDD   /Q quantity
//! ```

use std::fmt;

use jiff::civil::Date;

use super::HibcError;

/// When a product expires, as exactly as the label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// The month; its first day stands for it.
    Month(Date),
    Day(Date),
    /// The day and the hour, 0–23.
    Hour(Date, u8),
}

impl Expiry {
    /// The last day the product may be used on: of a month, its last.
    #[must_use]
    pub fn last_day(self) -> Date {
        match self {
            Self::Month(first) => first.last_of_month(),
            Self::Day(day) | Self::Hour(day, _) => day,
        }
    }

    #[must_use]
    pub const fn precision(self) -> &'static str {
        match self {
            Self::Month(_) => "month",
            Self::Day(_) => "day",
            Self::Hour(..) => "hour",
        }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Day(day) => write!(f, "{day}"),
            Self::Hour(day, hour) => write!(f, "{day}T{hour:02}"),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Reference {
    pub(super) quantity: Option<u32>,
    pub(super) expiry: Option<Expiry>,
    pub(super) expiry_supplemental: Option<Date>,
    pub(super) manufactured: Option<Date>,
    pub(super) lot: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) other: Vec<String>,
}

impl Reference {
    /// `segments`: all behind the product, or behind the `+`, without link and check character.
    pub(super) fn parse(segments: &str, ref_year: i16) -> Result<Self, HibcError> {
        let mut read = Self::default();
        let (first, supplemental) =
            segments.split_once('/').map_or((segments, None), |(first, rest)| (first, Some(rest)));
        read.take_first(first, ref_year)?;
        for segment in supplemental.into_iter().flat_map(|rest| rest.split('/')) {
            read.take_supplemental(segment)?;
        }
        Ok(read)
    }

    fn take_first(&mut self, segment: &str, ref_year: i16) -> Result<(), HibcError> {
        if let Some(rest) = segment.strip_prefix("$$") {
            let (is_serial, rest) = rest.strip_prefix('+').map_or((false, rest), |rest| (true, rest));
            if rest.is_empty() {
                return Err(HibcError::TooShort);
            }
            let rest = self.take_quantity(rest)?;
            let rest = if rest.is_empty() { rest } else { self.take_flagged_date(rest, ref_year)? };
            self.take_batch(is_serial, rest);
        } else if let Some(rest) = segment.strip_prefix('$') {
            let (is_serial, rest) = rest.strip_prefix('+').map_or((false, rest), |rest| (true, rest));
            if rest.is_empty() {
                return Err(HibcError::TooShort);
            }
            self.take_batch(is_serial, rest);
        } else if is_supplemental(segment) || !segment.starts_with(|first: char| first.is_ascii_digit()) {
            // Secondary data may be left out and only supplemental follow.
            self.take_supplemental(segment)?;
        } else {
            let (date, lot) = segment.split_at_checked(5).ok_or(HibcError::TooShort)?;
            self.expiry = Some(Expiry::Day(julian(date, ref_year)?));
            self.take_batch(false, lot);
        }
        Ok(())
    }

    fn take_batch(&mut self, is_serial: bool, text: &str) {
        if text.is_empty() {
            return;
        }
        let place = if is_serial { &mut self.serial } else { &mut self.lot };
        *place = Some(text.to_owned());
    }

    fn take_quantity<'a>(&mut self, text: &'a str) -> Result<&'a str, HibcError> {
        let len = match text.as_bytes().first() {
            Some(b'8') => 2,
            Some(b'9') => 5,
            Some(_) | None => return Ok(text),
        };
        let (digits, rest) = text.get(1..).and_then(|text| text.split_at_checked(len)).ok_or(HibcError::BadQuantity)?;
        self.quantity = Some(number(digits).ok_or(HibcError::BadQuantity)?);
        Ok(rest)
    }

    fn take_flagged_date<'a>(&mut self, text: &'a str, ref_year: i16) -> Result<&'a str, HibcError> {
        let (flag, dated) = text.split_at_checked(1).ok_or(HibcError::BadDate)?;
        let (len, dated) = match flag {
            // The first digit of the month is the flag.
            "0" | "1" => (4, text),
            "2" | "3" => (6, dated),
            "4" => (8, dated),
            "5" => (5, dated),
            "6" => (7, dated),
            "7" => return Ok(dated),
            _ => return Err(HibcError::BadDate),
        };
        let (date, rest) = dated.split_at_checked(len).ok_or(HibcError::BadDate)?;
        let at = |from: usize, to: usize| date.get(from..to).unwrap_or_default();
        self.expiry = Some(match flag {
            "2" => Expiry::Day(calendar(at(4, 6), at(0, 2), at(2, 4), ref_year)?),
            "3" => Expiry::Day(calendar(at(0, 2), at(2, 4), at(4, 6), ref_year)?),
            "4" => Expiry::Hour(calendar(at(0, 2), at(2, 4), at(4, 6), ref_year)?, hour(at(6, 8))?),
            "5" => Expiry::Day(julian(date, ref_year)?),
            "6" => Expiry::Hour(julian(at(0, 5), ref_year)?, hour(at(5, 7))?),
            _ => Expiry::Month(calendar(at(2, 4), at(0, 2), "01", ref_year)?),
        });
        Ok(rest)
    }

    fn take_supplemental(&mut self, segment: &str) -> Result<(), HibcError> {
        if let Some(digits) = segment.strip_prefix("14D") {
            return set_once(&mut self.expiry_supplemental, full_date(digits)?, HibcError::BadDate);
        }
        if let Some(digits) = segment.strip_prefix("16D") {
            return set_once(&mut self.manufactured, full_date(digits)?, HibcError::BadDate);
        }
        if let Some(digits) = segment.strip_prefix('Q') {
            let quantity = number(digits).ok_or(HibcError::BadQuantity)?;
            return set_once(&mut self.quantity, quantity, HibcError::BadQuantity);
        }
        match (segment.strip_prefix('S').filter(|serial| !serial.is_empty()), &self.serial) {
            (Some(serial), None) => self.serial = Some(serial.to_owned()),
            (Some(serial), Some(earlier)) if serial == earlier => {}
            _ => self.other.push(segment.to_owned()),
        }
        Ok(())
    }
}

/// A label that says two different things says neither.
fn set_once<T: PartialEq>(place: &mut Option<T>, value: T, contradiction: HibcError) -> Result<(), HibcError> {
    match place {
        Some(earlier) if *earlier != value => Err(contradiction),
        Some(_) => Ok(()),
        None => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn is_supplemental(segment: &str) -> bool {
    segment.starts_with("14D") || segment.starts_with("16D")
}

/// Up to nine digits, at least one.
fn number(digits: &str) -> Option<u32> {
    let is_number = matches!(digits.len(), 1..=9) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

fn calendar(year: &str, month: &str, day: &str, ref_year: i16) -> Result<Date, HibcError> {
    let year = full_year(year, ref_year)?;
    let part = |digits| number(digits).and_then(|number| i8::try_from(number).ok()).ok_or(HibcError::BadDate);
    Date::new(year, part(month)?, part(day)?).map_err(|_| HibcError::BadDate)
}

/// YYJJJ, the day counted from 001.
fn julian(digits: &str, ref_year: i16) -> Result<Date, HibcError> {
    let (year, day) = digits.split_at_checked(2).ok_or(HibcError::BadDate)?;
    let year = full_year(year, ref_year)?;
    let day = number(day).and_then(|day| i16::try_from(day).ok()).ok_or(HibcError::BadDate)?;
    let first = Date::new(year, 1, 1).map_err(|_| HibcError::BadDate)?;
    first.with().day_of_year(day).build().map_err(|_| HibcError::BadDate)
}

/// YYYYMMDD.
fn full_date(digits: &str) -> Result<Date, HibcError> {
    if digits.len() != 8 {
        return Err(HibcError::BadDate);
    }
    let part = |from: usize, to: usize| digits.get(from..to).and_then(number).ok_or(HibcError::BadDate);
    let small = |number: u32| i8::try_from(number).map_err(|_| HibcError::BadDate);
    let year = i16::try_from(part(0, 4)?).map_err(|_| HibcError::BadDate)?;
    Date::new(year, small(part(4, 6)?)?, small(part(6, 8)?)?).map_err(|_| HibcError::BadDate)
}

fn hour(digits: &str) -> Result<u8, HibcError> {
    match number(digits).map(u8::try_from) {
        Some(Ok(hour @ 0..=23)) => Ok(hour),
        Some(_) | None => Err(HibcError::BadDate),
    }
}

/// The window GS1 uses, since HIBC states none: up to 50 years after the reference year, up to 49 before.
fn full_year(digits: &str, ref_year: i16) -> Result<i16, HibcError> {
    let year = number(digits).and_then(|year| i16::try_from(year).ok()).ok_or(HibcError::BadDate)?;
    let ahead = year - ref_year.rem_euclid(100);
    let ahead = match ahead {
        51.. => ahead - 100,
        ..=-50 => ahead + 100,
        _ => ahead,
    };
    ref_year.checked_add(ahead).ok_or(HibcError::BadDate)
}
