//! What a statement does to distributions. `SEED=n` plays one random world again.

use jiff::civil::date;
use planning::demand::BucketSize;

use super::*;

/// Worlds of one run.
const WORLDS: u64 = 500;

fn week(number: i32) -> Bucket {
    Bucket::of(date(2026, 11, 23), BucketSize::Week).plus(number)
}

fn key() -> SeriesKey {
    SeriesKey { customer: "acme".to_owned(), site: "plant-7".to_owned(), item: "BOLT".to_owned() }
}

fn forecast(means: &[f64]) -> Vec<(Bucket, f64)> {
    means.iter().enumerate().map(|(at, &mean)| (week(i32::try_from(at).unwrap()), mean)).collect()
}

fn spread_around(mean: f64) -> Distribution {
    Distribution::new(mean, |level| (mean * 2.0 * level).floor())
}

fn opinion(source: &str, spans: Vec<Spoken>) -> Opinion {
    let (source, author) = (source.to_owned(), "Ada".to_owned());
    Opinion { source, kind: SourceKind::Contract, author, site: None, wape: None, spans }
}

fn ordered(order: &str, day: Date, units: u64) -> Ordered {
    Ordered { order: order.to_owned(), site: None, day, units }
}

fn said(sources: Vec<Opinion>, orders: Vec<Ordered>) -> Said {
    let by_item = |list| BTreeMap::from([("BOLT".to_owned(), list)]);
    Said { sources: by_item(sources), orders: BTreeMap::from([("BOLT".to_owned(), orders)]), ..Said::default() }
}

#[test]
fn a_statement_moves_mean_and_variance_by_one_factor_and_orders_beyond_it_are_added() {
    let span = Spoken { from: week(0).first_day(), to: week(0).last_day(), units: 80.0 };
    let stated = said(vec![opinion("frame", vec![span])], Vec::new()).of(&key(), &forecast(&[20.0, 20.0])).unwrap();
    let (before, after) = (spread_around(20.0), stated[0].bucket(spread_around(20.0)));
    assert_eq!((after.mean(), after.quantile(0.95)), (80.0, 80.0 + 2.0 * (before.quantile(0.95) - 20.0)));
    assert_eq!(stated[1].bucket(before), before, "nobody speaks of the second week");
    let orders = vec![ordered("SO-1", week(1).first_day(), 25)];
    let stated = said(Vec::new(), orders).of(&key(), &forecast(&[20.0, 20.0])).unwrap();
    let after = stated[1].bucket(before);
    assert_eq!((after.mean(), after.quantile(0.95)), (25.0, before.quantile(0.95) + 5.0));
    assert_eq!(after.quantile(0.01), 25.0);
    let over = interval(spread_around(40.0), &stated, &[20.0, 20.0]);
    assert_eq!((over.mean(), over.quantile(0.95)), (45.0, spread_around(40.0).quantile(0.95) + 5.0));
}

#[test]
fn a_contract_for_an_item_that_hardly_moves_is_stock_for_the_contract() {
    // One piece in a hundred weeks: the 95 % quantile is nothing, and would stay so at any multiple of itself.
    let rare = Distribution::new(0.01, |level| if level > 0.99 { 1.0 } else { 0.0 });
    let span = Spoken { from: week(0).first_day(), to: week(0).last_day(), units: 400.0 };
    let stated = said(vec![opinion("frame", vec![span])], Vec::new()).of(&key(), &forecast(&[0.01])).unwrap();
    for after in [stated[0].bucket(rare), interval(rare, &stated, &[0.01])] {
        assert_eq!(after.mean(), 400.0);
        assert!((390.0..=400.0).contains(&after.quantile(0.95)), "{after:?}");
        assert!((400.0..=700.0).contains(&after.quantile(0.999)), "{after:?}");
    }
}

#[test]
fn where_nothing_was_forecast_what_is_stated_is_added() {
    let span = Spoken { from: week(0).first_day(), to: week(1).last_day(), units: 14.0 };
    let stated = said(vec![opinion("frame", vec![span])], Vec::new()).of(&key(), &forecast(&[0.0, 0.0])).unwrap();
    let after = stated[0].bucket(Distribution::certain(0.0));
    assert_eq!((after.mean(), after.quantile(0.5)), (7.0, 7.0));
    let over = interval(Distribution::certain(0.0), &stated, &[0.0, 0.0]);
    assert_eq!(over.mean(), 14.0);
}

#[test]
fn a_source_of_another_site_is_not_heard() {
    let span = Spoken { from: week(0).first_day(), to: week(0).last_day(), units: 30.0 };
    let elsewhere = Opinion { site: Some("plant-8".to_owned()), ..opinion("frame", vec![span]) };
    let order = Ordered { site: Some("plant-8".to_owned()), ..ordered("SO-1", week(0).first_day(), 500) };
    assert_eq!(said(vec![elsewhere], vec![order]).of(&key(), &forecast(&[20.0])).unwrap(), []);
}

#[test]
fn a_list_without_the_forecast_hears_it_last() {
    let span = Spoken { from: week(0).first_day(), to: week(0).last_day(), units: 30.0 };
    let said =
        Said { rule: Rule::Priority(vec![SourceKind::Contract]), ..said(vec![opinion("f", vec![span])], vec![]) };
    let stated = said.of(&key(), &forecast(&[20.0, 21.0])).unwrap();
    let winners: Vec<_> = stated.iter().map(|one| one.stated.as_ref().unwrap().winner.as_str()).collect();
    assert_eq!(winners, ["f", FORECAST]);
}

/// A small generator: the world is its seed's.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn day(&mut self) -> Date {
        week(0).first_day().saturating_add(jiff::Span::new().days(i64::try_from(self.below(70)).unwrap() - 20))
    }

    fn sources(&mut self) -> Vec<Opinion> {
        let count = self.below(4);
        (0..count)
            .map(|number| {
                let mut from = self.day();
                let mut spans = Vec::new();
                for _ in 0..self.below(4) {
                    let to = from.saturating_add(jiff::Span::new().days(i64::try_from(self.below(20)).unwrap()));
                    spans.push(Spoken { from, to, units: f64::from(u32::try_from(self.below(300)).unwrap()) });
                    from = to.tomorrow().unwrap();
                }
                let wape = (self.below(2) == 0).then_some(0.3);
                Opinion { wape, ..opinion(&format!("s{number}"), spans) }
            })
            .collect()
    }
}

#[test]
fn whatever_is_said_means_are_the_statements_and_quantiles_keep_their_order() {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..WORLDS).collect(),
    };
    for seed in seeds {
        let mut chance = Chance(seed);
        let means: Vec<f64> = (0..6).map(|_| f64::from(u32::try_from(chance.below(60)).unwrap())).collect();
        let sources = chance.sources();
        let orders: Vec<_> =
            (0..chance.below(5)).map(|at| ordered(&at.to_string(), chance.day(), chance.below(90))).collect();
        let rule = [Rule::usual(), Rule::Weighted, Rule::Maximum][usize::try_from(chance.below(3)).unwrap()].clone();
        let said = Said { rule, ..said(sources, orders) };
        let stated = said.of(&key(), &forecast(&means)).unwrap_or_else(|error| panic!("SEED={seed}: {error}"));
        let (mut whole, mut floor) = (0.0, 0.0);
        for (one, mean) in stated.iter().zip(&means) {
            let after = one.bucket(spread_around(*mean));
            assert_eq!(after.mean().to_bits(), one.demand.to_bits(), "SEED={seed}");
            let levels: Vec<f64> = (1..100).map(|level| after.quantile(f64::from(level) / 100.0)).collect();
            assert!(levels.is_sorted(), "SEED={seed}: {levels:?}");
            // A single precision number may lie a hair below.
            let ordered = one.net.as_ref().map_or(0.0, |net| net.ordered as f64);
            assert!(after.quantile(0.01) >= ordered * (1.0 - 1e-6), "SEED={seed}: {after:?}");
            (whole, floor) = (whole + one.demand, floor + ordered);
        }
        let over = interval(spread_around(means.iter().sum()), &stated, &means);
        let expected = if stated.is_empty() { means.iter().sum() } else { whole };
        assert!((over.mean() - expected).abs() < 1e-6 * expected.max(1.0), "SEED={seed}: {} {expected}", over.mean());
        assert!(over.quantile(0.01) >= floor * (1.0 - 1e-6), "SEED={seed}");
    }
}
