//! What the one statement of demand promises.

use std::collections::BTreeMap;

use super::*;
use crate::demand::Bucket;

fn bucket(month: i32) -> Bucket {
    "2026-01".parse::<Bucket>().unwrap().plus(month)
}

fn source(id: &str, kind: SourceKind, said: &[f64], wape: Option<f64>) -> Source {
    let lines = said.iter().enumerate().map(|(at, &said)| (bucket(i32::try_from(at).unwrap()), said)).collect();
    Source { id: id.to_owned(), kind, author: format!("author of {id}"), lines, wape }
}

fn meeting() -> Vec<Source> {
    vec![
        source("history", SourceKind::Statistical, &[100.0, 100.0, 100.0, 100.0], Some(0.25)),
        source("field", SourceKind::Sales, &[130.0, 90.0, 120.0], Some(0.45)),
        source("plant", SourceKind::CustomerPlan, &[80.0, 140.0], None),
        source("frame", SourceKind::Contract, &[110.0], None),
    ]
}

fn demands(stated: &[Stated]) -> Vec<f64> {
    stated.iter().map(|stated| stated.demand).collect()
}

#[test]
fn by_priority_the_first_source_that_speaks_of_a_bucket_wins_it() {
    let stated = reconcile(&meeting(), &Rule::usual()).unwrap();
    assert_eq!(demands(&stated), [110.0, 140.0, 120.0, 100.0]);
    let winners: Vec<_> = stated.iter().map(|stated| stated.winner.as_str()).collect();
    assert_eq!(winners, ["frame", "plant", "field", "history"]);
    assert!(stated[0].why.starts_with("contract comes first"), "{}", stated[0].why);
}

#[test]
fn of_two_sources_of_one_kind_the_more_accurate_wins() {
    let mut sources = meeting();
    sources.push(source("another", SourceKind::Sales, &[999.0, 999.0, 60.0], Some(0.2)));
    let stated = reconcile(&sources, &Rule::usual()).unwrap();
    assert_eq!((stated[2].demand, stated[2].winner.as_str()), (60.0, "another"));
    assert!(stated[2].why.contains("least error in the past"), "{}", stated[2].why);
}

#[test]
fn the_maximum_wins_where_that_is_the_rule() {
    let stated = reconcile(&meeting(), &Rule::Maximum).unwrap();
    assert_eq!(demands(&stated), [130.0, 140.0, 120.0, 100.0]);
    assert_eq!(stated[1].winner, "plant");
}

#[test]
fn accuracy_of_the_past_weighs() {
    // 1/(0.25+0.05) against 1/(0.45+0.05): 0.625 and 0.375 of bucket 3, where only those two speak.
    let stated = reconcile(&meeting(), &Rule::Weighted).unwrap();
    assert!((stated[2].demand - (0.625 * 100.0 + 0.375 * 120.0)).abs() < 1e-9, "{}", stated[2].demand);
    assert_eq!(stated[2].winner, "history");
    // Without a record one counts like the least of those that have one.
    assert!(
        (stated[1].shares.iter().find(|share| share.source == "plant").unwrap().weight - 0.375 / 1.375).abs() < 1e-9
    );
}

#[test]
fn the_sum_of_every_bucket_is_explained_by_its_shares() {
    for rule in [Rule::usual(), Rule::Weighted, Rule::Maximum] {
        for stated in reconcile(&meeting(), &rule).unwrap() {
            let brings: f64 = stated.shares.iter().map(|share| share.brings).sum();
            let weights: f64 = stated.shares.iter().map(|share| share.weight).sum();
            assert_eq!(stated.demand.to_bits(), brings.to_bits());
            assert!((weights - 1.0).abs() < 1e-9);
            assert!(!stated.why.is_empty() && stated.shares.iter().any(|share| share.source == stated.winner));
        }
    }
}

#[test]
fn taking_a_source_away_restores_the_statement_of_before() {
    for rule in [Rule::usual(), Rule::Weighted, Rule::Maximum] {
        let mut sources = meeting();
        let before = serde_json::to_string(&reconcile(&sources, &rule).unwrap()).unwrap();
        sources.insert(1, source("late", SourceKind::Vendor, &[500.0, 0.0, 500.0, 7.0, 9.0], Some(0.01)));
        assert_ne!(serde_json::to_string(&reconcile(&sources, &rule).unwrap()).unwrap(), before);
        sources.remove(1);
        sources.reverse();
        assert_eq!(serde_json::to_string(&reconcile(&sources, &rule).unwrap()).unwrap(), before);
    }
}

#[test]
fn a_kind_that_the_rule_does_not_name_is_not_heard() {
    let stated = reconcile(&meeting(), &Rule::Priority(vec![SourceKind::Sales])).unwrap();
    assert_eq!(demands(&stated), [130.0, 90.0, 120.0]);
    assert!(stated.iter().all(|stated| stated.shares.len() == 1));
}

#[test]
fn a_source_that_breaks_a_rule_is_refused_by_name() {
    let refused = |source: Source| reconcile(&[meeting().remove(0), source], &Rule::usual()).unwrap_err().to_string();
    for said in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(refused(source("x", SourceKind::Sales, &[said], None)).contains("source x says"));
    }
    assert!(refused(source("x", SourceKind::Sales, &[1.0], Some(-0.1))).contains("past error"));
    assert!(refused(source("history", SourceKind::Sales, &[1.0], None)).contains("two sources are called history"));
}

fn netted(forecast: f64, orders: &[u64]) -> Net {
    let stated = reconcile(&[source("history", SourceKind::Statistical, &[forecast], None)], &Rule::usual()).unwrap();
    let order = |(at, &units): (usize, &u64)| CustomerOrder { id: at.to_string(), bucket: bucket(0), units };
    let orders: Vec<_> = orders.iter().enumerate().map(order).collect();
    consume(&stated, &orders).remove(0)
}

#[test]
fn an_order_of_30_leaves_70_of_a_forecast_of_100() {
    let net = netted(100.0, &[30]);
    assert_eq!((net.net, net.demand, net.alert), (70.0, 100.0, None));
}

#[test]
fn an_order_of_130_leaves_nothing_and_raises_an_alert() {
    let net = netted(100.0, &[130]);
    assert_eq!((net.net, net.demand, net.alert), (0.0, 130.0, Some(Alert::OverForecast { beyond: 30.0 })));
}

#[test]
fn an_order_is_netted_and_never_added_twice() {
    let net = netted(100.0, &[60, 60]);
    assert_eq!((net.net, net.demand), (0.0, 120.0));
    assert_eq!(net.orders.iter().map(|taken| taken.of_forecast).collect::<Vec<_>>(), [60.0, 40.0]);
}

#[test]
fn an_order_in_a_bucket_without_a_forecast_is_demand_and_an_alert() {
    let order = CustomerOrder { id: "o".to_owned(), bucket: bucket(5), units: 4 };
    let net = consume(&[], &[order]).remove(0);
    assert_eq!((net.forecast, net.demand, net.alert), (0.0, 4.0, Some(Alert::OverForecast { beyond: 4.0 })));
}

fn past(author: &str, forecast: f64, actual: f64, naive: f64) -> Past {
    Past { source: "field".to_owned(), kind: SourceKind::Sales, author: author.to_owned(), forecast, actual, naive }
}

#[test]
fn value_is_positive_where_a_person_did_better_than_naive() {
    let (values, passed_over) = value_added(&[
        past("ann", 10.0, 12.0, 8.0),
        past("ann", 11.0, 10.0, 12.0),
        past("bob", 30.0, 12.0, 8.0),
        past("bob", f64::NAN, 12.0, 8.0),
    ]);
    let of: BTreeMap<_, _> = values.iter().map(|value| (value.author.as_deref(), value)).collect();
    assert_eq!((of[&Some("ann")].value, of[&Some("ann")].mae, of[&Some("ann")].bias), (Some(0.5), 1.5, -0.5));
    assert_eq!((of[&Some("bob")].value, passed_over), (Some(1.0 - 18.0 / 4.0), 1));
    assert_eq!((of[&None].forecasts, of[&None].value), (3, Some(1.0 - 21.0 / 10.0)));
}
