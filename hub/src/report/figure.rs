//! Figures as people read them.

/// An amount that is counted in units of this size.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn amount(units: u64, unit: f64) -> String {
    number(units as f64 * unit)
}

/// An amount for people: as many digits as matter.
pub(super) fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 || value.fract().abs() < 1e-9 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    grouped(&fixed(value, decimals))
}

/// So many decimals.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    // A rounded nothing has no sign.
    if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// A rate, such as 12 %.
pub(super) fn percent(rate: f64) -> String {
    format!("{:.0} %", rate * 100.0)
}

/// A rate with its sign, such as +12 %.
pub(super) fn signed(rate: f64) -> String {
    format!("{:+.0} %", rate * 100.0)
}

/// A count, such as 12,345.
pub(super) fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// Digits before the point in groups of three.
fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let first = usize::from(number.starts_with('-'));
    let mut text = String::with_capacity(number.len() + 4);
    for (at, c) in number.chars().enumerate() {
        if at > first && at < whole && (whole - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}
