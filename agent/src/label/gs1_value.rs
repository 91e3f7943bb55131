//! What the value of an element means: a date, a time, a measure.
//!
//! Owns the century rule, the day that is left out and the implied decimals. Expects values that their AI's definition
//! accepts; of others it makes nothing. Source: GS1 General Specifications 3 and 7.12.

use jiff::civil;

use super::application_identifier::{self, Ai};
use crate::device::Decimal;

/// A value read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gs1Value {
    Date {
        date: civil::Date,
        /// The last day of a span (harvest date).
        until: Option<civil::Date>,
        /// Only the month was given; `date` is its last day.
        day_unspecified: bool,
    },
    /// A local time; GS1 gives no zone.
    DateTime {
        date: civil::Date,
        time: TimeOfDay,
        /// Only the month was given; `date` is its last day.
        day_unspecified: bool,
    },
    Measure {
        decimal: Decimal,
        /// The unit's sign ("kg", "m²", "ozt"); of an amount of money the ISO 4217 number, if it was given.
        unit: Option<String>,
        /// What is measured, in the words of the GS1 data title.
        measure: String,
    },
}

/// As exact as the label gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    pub hour: u8,
    pub minute: Option<u8>,
    pub second: Option<u8>,
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.hour)?;
        [self.minute, self.second].into_iter().flatten().try_for_each(|part| write!(f, ":{part:02}"))
    }
}

impl Gs1Value {
    /// Reads the value of `ai`. `reference_year` settles the century of years with two digits. `None` for AIs that are
    /// neither date nor measure, and for a value that is not well formed.
    #[must_use]
    pub fn read(ai: Ai, value: &[u8], reference_year: i16) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let is_one_of = |patterns: &[&str]| patterns.iter().any(|pattern| ai.matches(pattern));
        if is_one_of(&["11", "12", "13", "15", "16", "17", "4326", "7006"]) {
            date(text, reference_year)
        } else if ai.matches("7007") {
            span(text, reference_year)
        } else if ai.matches("7250") {
            full_date(text).map(|date| Self::Date { date, until: None, day_unspecified: false })
        } else if ai.matches("7011") && text.len() == 6 {
            date(text, reference_year)
        } else if is_one_of(&["4324", "4325", "7003", "7011", "8008"]) {
            let (day, time) = text.split_at_checked(6)?;
            let (date, day_unspecified) = short_date(day, reference_year)?;
            Some(Self::DateTime { date, time: time_of_day(time)?, day_unspecified })
        } else if ai.matches("7251") {
            let (day, time) = text.split_at_checked(8)?;
            Some(Self::DateTime { date: full_date(day)?, time: time_of_day(time)?, day_unspecified: false })
        } else if is_one_of(&["31nn", "32nn", "33nn", "34nn", "35nn", "36nn", "390n", "392n", "394n", "395n"]) {
            measure(ai, text, None)
        } else if is_one_of(&["391n", "393n"]) {
            let (currency, amount) = text.split_at_checked(3)?;
            measure(ai, amount, Some(currency))
        } else if is_one_of(&["4330", "4331", "4332", "4333"]) {
            temperature(ai, text)
        } else {
            None
        }
    }

    /// `{"date": …, "day_unspecified": …}`, `{"datetime": …}` or `{"decimal": …, "unit": …, "measure": …}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Date { date, until, day_unspecified } => {
                let mut json = serde_json::json!({ "date": date.to_string(), "day_unspecified": day_unspecified });
                if let Some(until) = until {
                    json["until"] = until.to_string().into();
                }
                json
            }
            Self::DateTime { date, time, day_unspecified } => {
                let mut json = serde_json::json!({ "datetime": format!("{date}T{time}") });
                if *day_unspecified {
                    json["day_unspecified"] = true.into();
                }
                json
            }
            Self::Measure { decimal, unit, measure } => {
                serde_json::json!({ "decimal": decimal.to_string(), "unit": unit, "measure": measure })
            }
        }
    }
}

fn date(text: &str, reference_year: i16) -> Option<Gs1Value> {
    let (date, day_unspecified) = short_date(text, reference_year)?;
    Some(Gs1Value::Date { date, until: None, day_unspecified })
}

fn span(text: &str, reference_year: i16) -> Option<Gs1Value> {
    let (from, until) = text.split_at_checked(6)?;
    let (date, day_unspecified) = short_date(from, reference_year)?;
    let until = if until.is_empty() { None } else { Some(short_date(until, reference_year)?.0) };
    Some(Gs1Value::Date { date, until, day_unspecified })
}

/// YYMMDD, and whether the day was left out (00).
fn short_date(text: &str, reference_year: i16) -> Option<(civil::Date, bool)> {
    let [year, month, day] = pairs(text)?;
    let year = full_year(year, reference_year)?;
    if day == 0 {
        return Some((civil::Date::new(year, month, 1).ok()?.last_of_month(), true));
    }
    Some((civil::Date::new(year, month, day).ok()?, false))
}

/// YYYYMMDD.
fn full_date(text: &str) -> Option<civil::Date> {
    let [century, year, month, day] = pairs(text)?;
    civil::Date::new(i16::from(century) * 100 + i16::from(year), month, day).ok()
}

/// General Specifications 7.12: the year nearest to the present one, 49 years back to 50 years ahead.
fn full_year(year: i8, reference_year: i16) -> Option<i16> {
    let year = i16::from(year);
    let century = reference_year.div_euclid(100) * 100;
    let century = match year - reference_year.rem_euclid(100) {
        51.. => century.checked_sub(100)?,
        ..=-50 => century.checked_add(100)?,
        _ => century,
    };
    century.checked_add(year)
}

/// HH, HHMM or HHMMSS.
fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let part = |at: usize, limit: u8| {
        let [value] = pairs(text.get(at..at + 2)?)?;
        u8::try_from(value).ok().filter(|value| *value < limit)
    };
    let hour = part(0, 24)?;
    let (minute, second) = match text.len() {
        2 => (None, None),
        4 => (Some(part(2, 60)?), None),
        6 => (Some(part(2, 60)?), Some(part(4, 60)?)),
        _ => return None,
    };
    Some(TimeOfDay { hour, minute, second })
}

/// Numbers of two digits each, and nothing else.
fn pairs<const N: usize>(text: &str) -> Option<[i8; N]> {
    let bytes = text.as_bytes();
    if bytes.len() != 2 * N || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut numbers = [0; N];
    for (number, pair) in numbers.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *number = i8::try_from((pair[0] - b'0') * 10 + (pair[1] - b'0')).ok()?;
    }
    Some(numbers)
}

/// Digits whose decimals the AI's last digit gives.
fn measure(ai: Ai, digits: &str, currency: Option<&str>) -> Option<Gs1Value> {
    let (unit, measure) = title_parts(ai)?;
    let decimal = implied_decimals(digits, ai.last_digit())?;
    Some(Gs1Value::Measure { decimal, unit: currency.map(str::to_owned).or(unit), measure })
}

/// Hundredths of a degree, negative if a hyphen follows.
fn temperature(ai: Ai, text: &str) -> Option<Gs1Value> {
    let (digits, sign) = text.strip_suffix('-').map_or((text, ""), |digits| (digits, "-"));
    let (_, definition) = application_identifier::lookup(ai.to_string().as_bytes())?;
    let (what, scale) = definition.title().trim_end_matches('.').rsplit_once(' ')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hundredths: i64 = format!("{sign}{digits}").parse().ok()?;
    Some(Gs1Value::Measure {
        decimal: Decimal::new(hundredths, 2).ok()?,
        unit: Some(format!("°{scale}")),
        measure: what.to_lowercase(),
    })
}

fn implied_decimals(digits: &str, decimals: u8) -> Option<Decimal> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Decimal::new(digits.parse().ok()?, decimals).ok()
}

/// The unit and the words of a title like "NET WEIGHT (kg)" or "LENGTH (m), log".
fn title_parts(ai: Ai) -> Option<(Option<String>, String)> {
    let (_, definition) = application_identifier::lookup(ai.to_string().as_bytes())?;
    let title = definition.title();
    if ai.matches("337n") {
        return Some((Some("kg/m²".to_owned()), title.to_lowercase()));
    }
    let Some((before, rest)) = title.split_once(" (") else {
        return Some((None, title.to_lowercase()));
    };
    let (unit, after) = rest.split_once(')')?;
    let unit = match unit {
        // As the device protocols spell it.
        "t oz" => "ozt",
        unit => unit.trim_end_matches('.'),
    };
    Some((Some(unit.to_owned()), format!("{before}{after}").to_lowercase()))
}

#[cfg(test)]
mod tests;
