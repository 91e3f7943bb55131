//! Quiet hours and the monthly budget.

use super::*;
use crate::tariff::{Emergency, Terms};

#[test]
fn a_metered_line_is_read() {
    let config = read(
        "[uplink]\nquiet_hours = [\"22:00-06:00\", \"12:00-13:00\"]\nutc_offset = \"-03:30\"\nmonthly_budget_mb = 50\n\
         budget_day = 15\nemergency = \"hourly\"\nemergency_reserve_percent = 10",
    );
    let expect = Terms {
        quiet: vec!["22:00-06:00".parse().unwrap(), "12:00-13:00".parse().unwrap()],
        utc_offset: "-03:30".parse().unwrap(),
        monthly_budget: Some(50_000_000),
        month_day: 15,
        emergency: Emergency::Hourly,
        reserve_percent: 10,
    };
    assert_eq!(config.uplink.tariff, expect);
    assert_eq!(read("").uplink.tariff, Terms::default());
}

#[test]
fn terms_that_mean_nothing_are_refused() {
    check(
        "[uplink]\nquiet_hours = [\"22-6\"]\nutc_offset = \"CET\"\nmonthly_budget_mb = 0\nbudget_day = 31\n\
         emergency = \"weekly\"\nemergency_reserve_percent = 60",
        &[
            "2: uplink.quiet_hours[0]: must be like 22:00-06:00",
            "3: uplink.utc_offset: must be like +01:00",
            "4: uplink.monthly_budget_mb: must be a whole number in 1..=1000000",
            "5: uplink.budget_day: must be a whole number in 1..=28",
            "6: uplink.emergency: must be daily, hourly or never",
            "7: uplink.emergency_reserve_percent: must be a whole number in 0..=50",
        ],
    );
    check("[uplink]\nquiet_hours = [\"06:00-06:00\"]", &["2: uplink.quiet_hours[0]: begins when it ends"]);
}
