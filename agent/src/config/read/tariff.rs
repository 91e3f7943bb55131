//! What a metered line lets out: keys of `[uplink]`.

use settings::Section;

use super::Reader;
use crate::tariff::{
    Emergency, Terms,
    quiet::{QuietWindow, UtcOffset},
};

/// A budget's unit, as on a bill.
const MEGABYTE: u64 = 1_000_000;

/// A terabyte a month is no metered line any more.
const BUDGET_MB_MAX: i64 = 1_000_000;

impl Reader<'_, '_> {
    pub(super) fn tariff(&mut self, section: &mut Section<'_, '_>) -> Terms {
        let mut terms = Terms::default();
        let windows = section.texts(self.notes, "quiet_hours").unwrap_or_default();
        if let Some(excess) = windows.get(Terms::QUIET_MAX) {
            self.notes.note_at(excess, format_args!("is one too many: at most {} windows", Terms::QUIET_MAX));
        }
        let windows = windows.into_iter().filter_map(|text| Some(text.parse::<QuietWindow>(self.notes)?.value));
        terms.quiet = windows.collect();
        if let Some(offset) = self.optional::<UtcOffset>(section, "utc_offset") {
            terms.utc_offset = offset.value;
        }
        let budget = section.integer(self.notes, "monthly_budget_mb", 1..=BUDGET_MB_MAX);
        terms.monthly_budget = budget.map(|at| at.value.unsigned_abs() * MEGABYTE);
        if let Some(day) = section.integer(self.notes, "budget_day", 1..=28) {
            terms.month_day = u8::try_from(day.value).unwrap_or(1);
        }
        if let Some(text) = section.text(self.notes, "emergency") {
            match Emergency::ALL.into_iter().find(|emergency| emergency.word() == text.value) {
                Some(emergency) => terms.emergency = emergency,
                None => self.notes.note_at(&text, "must be daily, hourly or never"),
            }
        }
        if let Some(percent) = section.integer(self.notes, "emergency_reserve_percent", 0..=50) {
            terms.reserve_percent = u8::try_from(percent.value).unwrap_or(Terms::RESERVE_PERCENT);
        }
        terms
    }
}
