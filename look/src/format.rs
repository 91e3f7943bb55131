//! Numbers, times, ages and units, as the site writes them.
//!
//! Digits and dates go by the site's language, whatever the viewer reads: the same number must not be `1.200` on one
//! panel and `1,200` on the next. The words beside them (how long ago) are in the viewer's. Sources: CLDR for English and
//! German; SI for the space before a unit.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};

use crate::Language;

/// Between a number and its unit: they stay on one line.
const NBSP: char = '\u{a0}';

/// How the site writes.
#[derive(Debug, Clone)]
pub struct Format {
    /// Whose digits and dates.
    site: Language,
    /// Whose words.
    words: Language,
    zone: TimeZone,
}

impl Format {
    /// The name of the site's time zone, `Europe/Berlin`; `None` for one without a name.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.iana_name()
    }

    /// As a site of this language and time zone writes, for its own people.
    #[must_use]
    pub fn new(site: Language, zone: TimeZone) -> Self {
        Self { site, words: site, zone }
    }

    /// The same site for a viewer who reads another language.
    #[must_use]
    pub fn read_in(&self, words: Language) -> Self {
        Self { words, ..self.clone() }
    }

    #[must_use]
    pub const fn words(&self) -> Language {
        self.words
    }

    /// `12,345`
    #[must_use]
    pub fn whole(&self, number: i64) -> String {
        let digits = self.grouped(&number.unsigned_abs().to_string());
        if number < 0 { format!("\u{2212}{digits}") } else { digits }
    }

    /// With a sign in front also when it is more: `+12`
    #[must_use]
    pub fn signed(&self, number: i64) -> String {
        if number > 0 { format!("+{}", self.whole(number)) } else { self.whole(number) }
    }

    /// `1,234.50`, rounded to so many places.
    #[must_use]
    pub fn decimal(&self, number: f64, places: usize) -> String {
        if !number.is_finite() {
            return "?".to_owned();
        }
        let text = format!("{:.*}", places, number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
        let mut out = if number < 0.0 && !is_zero { "\u{2212}".to_owned() } else { String::new() };
        out.push_str(&self.grouped(whole));
        if !rest.is_empty() {
            out.push(self.point());
            out.push_str(rest);
        }
        out
    }

    /// An interval, or the number alone where both ends are the same.
    #[must_use]
    pub fn between(&self, low: i64, high: i64) -> String {
        if low == high { self.whole(low) } else { format!("{}\u{2013}{}", self.whole(low), self.whole(high)) }
    }

    /// A number with its unit: `12 pcs`.
    #[must_use]
    pub fn with_unit(&self, number: impl AsRef<str>, unit: &str) -> String {
        format!("{}{NBSP}{unit}", number.as_ref())
    }

    /// `82 %`, in German too.
    #[must_use]
    pub fn percent(&self, percent: i64) -> String {
        match self.site {
            Language::English => format!("{}%", self.whole(percent)),
            Language::German => self.with_unit(self.whole(percent), "%"),
        }
    }

    /// Grams of a mass in micrograms, with as many places as a bench scale shows.
    #[must_use]
    pub fn grams(&self, micrograms: i64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a bin weighs less than 2^53 micrograms, nine tonnes")]
        let grams = micrograms as f64 / 1e6;
        let places = if grams.abs() < 1_000.0 { 2 } else { 0 };
        self.with_unit(self.decimal(grams, places), "g")
    }

    /// `1.2 MB`, powers of ten as on a bill.
    #[must_use]
    pub fn bytes(&self, bytes: u64) -> String {
        let scaled = |by: u64, unit| {
            #[expect(clippy::cast_precision_loss, reason = "for people, two digits")]
            let number = bytes as f64 / by as f64;
            self.with_unit(self.decimal(number, usize::from(number < 10.0)), unit)
        };
        match bytes {
            0..1_000 => self.with_unit(bytes.to_string(), "B"),
            1_000..1_000_000 => scaled(1_000, "kB"),
            1_000_000..1_000_000_000 => scaled(1_000_000, "MB"),
            _ => scaled(1_000_000_000, "GB"),
        }
    }

    /// The day of a moment in milliseconds of Unix time: `21 Nov 2026`, `21.11.2026`.
    #[must_use]
    pub fn day(&self, millis: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(millis) else { return "?".to_owned() };
        let at = at.to_zoned(self.zone.clone());
        match self.site {
            Language::English => format!("{} {} {}", at.day(), month(at.month()), at.year()),
            Language::German => format!("{:02}.{:02}.{}", at.day(), at.month(), at.year()),
        }
    }

    /// `14:05`
    #[must_use]
    pub fn clock(&self, millis: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(millis) else { return "?".to_owned() };
        let at = at.to_zoned(self.zone.clone());
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// Day and time of day.
    #[must_use]
    pub fn moment(&self, millis: i64) -> String {
        format!("{}, {}", self.day(millis), self.clock(millis))
    }

    /// A moment as an element that the page's script turns into an age as it grows: `data-age`.
    #[must_use]
    pub fn time(&self, millis: i64) -> Markup {
        html! { time datetime=(machine(millis)) data-age { (self.moment(millis)) } }
    }

    /// A moment as an element that stays as it is.
    #[must_use]
    pub fn fixed_time(&self, millis: i64) -> Markup {
        html! { time datetime=(machine(millis)) { (self.moment(millis)) } }
    }

    /// How long something took or has lasted, by its largest unit: `3 min`, `2 days`.
    #[must_use]
    pub fn span(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        let (number, unit) = match seconds {
            0..60 => (seconds, "s"),
            60..3_600 => (seconds / 60, "min"),
            3_600..172_800 => (seconds / 3_600, "h"),
            _ => (seconds / 86_400, self.days()),
        };
        self.with_unit(self.whole(i64::try_from(number).unwrap_or(i64::MAX)), unit)
    }

    /// `3 min ago`, `vor 3 min`
    #[must_use]
    pub fn ago(&self, span: Duration) -> String {
        match (self.words, span.as_secs()) {
            (Language::English, 0..10) => "just now".to_owned(),
            (Language::German, 0..10) => "gerade eben".to_owned(),
            (Language::English, _) => format!("{} ago", self.span(span)),
            (Language::German, _) => format!("vor {}", self.span(span)),
        }
    }

    const fn days(&self) -> &'static str {
        match self.words {
            Language::English => "days",
            Language::German => "Tagen",
        }
    }

    const fn point(&self) -> char {
        match self.site {
            Language::English => '.',
            Language::German => ',',
        }
    }

    /// Digits in groups of three.
    fn grouped(&self, digits: &str) -> String {
        let mark = match self.site {
            Language::English => ',',
            Language::German => '.',
        };
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(digit);
        }
        out
    }
}

/// RFC 3339 in UTC, for `datetime`.
fn machine(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map(|at| at.to_string()).unwrap_or_default()
}

const fn month(number: i8) -> &'static str {
    match number {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}
