//! What a report promises.

use std::fs;

use planning::demand::BucketSize;

use super::{figure::number, *};
use crate::{
    history::{self, Reading},
    outlook::{Said, Span, Subject, outlook},
};

const HORIZON: usize = 3;

fn rendered(usage: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demand.csv"), usage).unwrap();
    let history = history::read(folder.path(), &Reading { size: BucketSize::Month, through: None }).unwrap();
    let span = Span { horizon: HORIZON, interval: 2, season: 12 };
    let outlooks: Vec<_> = history
        .pools
        .iter()
        .map(|pool| {
            let subjects: Vec<_> = pool
                .items
                .iter()
                .map(|item| Subject { series: &item.series, unit: item.unit(), strengths: &[] })
                .collect();
            outlook(&subjects, span, &Said::default()).unwrap()
        })
        .collect();
    let pools = history.pools.iter().zip(&outlooks).map(|(pool, outlooks)| PoolSheet {
        name: &pool.name,
        axis: pool.axis,
        judged: None,
        origins: 0,
        sheets: pool
            .items
            .iter()
            .zip(outlooks)
            .map(|(item, outlook)| Sheet { item, outlook, judged: None, plan: None })
            .collect(),
    });
    render(&Report {
        source: "plant".to_owned(),
        rows: history.rows,
        faults: &history.faults,
        notes: &history.notes,
        pools: pools.collect(),
        horizon: HORIZON,
        interval: 2,
        charts_max: 10,
    })
}

fn rows(item: &str, months: i32) -> String {
    (1..=months).map(|month| format!("{item},{month},{}\n", 3 + month % 4)).collect()
}

fn page() -> String {
    rendered(&format!("series_id,period,quantity\n{}{}A,13,\nSHORT,13,1\n", rows("A", 12), rows("<b>&\"C", 13)))
}

#[test]
fn a_report_needs_nothing_from_elsewhere_and_no_script() {
    let page = page();
    for outside in ["<script", "http://", "https://", "src=", "@import", "javascript:", " on"] {
        let found = page.match_indices(outside).filter(|_| outside != " on").count();
        assert_eq!(found, 0, "{outside}");
    }
}

#[test]
fn every_chart_is_described_and_has_its_numbers_beside() {
    let page = page();
    let charts = page.matches("<svg class=\"chart\"").count();
    assert_eq!(charts, 2);
    for with in ["role=\"img\"", "<title id=", "<desc id=", "History as numbers", "What is expected"] {
        assert_eq!(page.matches(with).count(), charts, "{with}");
    }
}

#[test]
fn what_is_refused_stands_before_what_is_forecast() {
    let page = page();
    let refused = page.find("SHORT").unwrap();
    assert!(refused < page.find("id=\"items\"").unwrap());
    assert!(page[refused..].contains("1 known buckets"));
}

#[test]
fn what_is_unknown_is_hatched_and_called_so() {
    let page = page();
    assert_eq!(page.matches("class=\"unknown\"").count(), 1);
    assert!(page.contains("1 of them unknown"));
}

#[test]
fn a_name_cannot_become_markup() {
    let page = page();
    assert!(!page.contains("<b>&\"C") && page.contains("&lt;b&gt;&amp;&quot;C"));
}

#[test]
fn amounts_are_written_for_people() {
    for (value, text) in [
        (0.0, "0"),
        (-0.001, "0.00"),
        (1.234, "1.23"),
        (12.0, "12"),
        (12.34, "12.3"),
        (1_234_567.8, "1,234,568"),
        (-1_234.5, "-1,234"),
    ] {
        assert_eq!(number(value), text);
    }
}
