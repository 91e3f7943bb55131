//! The parameters a scenario has otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Methods, ScenarioError};
use crate::replenish::{
    calendar::after,
    item::Item,
    need::Need,
    plan::Site,
    policy::{Policy, Target},
};

/// What is otherwise; what is left out stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overlay {
    pub name: String,
    /// The only items it is about; without it all.
    pub items: Option<BTreeSet<String>>,
    /// Forecast by this method.
    pub method: Option<String>,
    pub horizon_days: Option<usize>,
    /// Lead time in days, its standard deviation, and a factor on what each item has.
    pub lead_days: Option<f64>,
    pub lead_sd: Option<f64>,
    pub lead_factor: Option<f64>,
    pub review_days: Option<f64>,
    /// Cycle service level, of items with a target.
    pub cycle_service: Option<f64>,
    /// Fill rate, of items with a target.
    pub fill_rate: Option<f64>,
    /// Demand times this.
    pub growth: Option<f64>,
    pub events: Vec<Event>,
}

/// Something known that changes demand on some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The only items it touches; without it all of the scenario's.
    #[serde(default)]
    pub items: Option<BTreeSet<String>>,
    pub from: Date,
    pub through: Date,
    #[serde(flatten)]
    pub change: Change,
}

/// By how much, per day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// So many percent more, or less.
    Percent(f64),
    /// So many units more, or less; nothing goes below zero.
    Units(f64),
    /// So many units, whatever was expected.
    Absolute(f64),
}

impl Overlay {
    /// The site under this overlay; items that it does not touch are shared.
    pub(super) fn over(&self, site: &Site, methods: &Methods) -> Result<Site, ScenarioError> {
        self.check(site)?;
        let method = match &self.method {
            None => None,
            Some(name) => Some((name, methods.get(name).ok_or_else(|| unknown_method(name, "", methods))?)),
        };
        let horizon_days = self.horizon_days.unwrap_or(site.horizon_days);
        let items = site.items.iter().map(|item| {
            let touched = self.items.as_ref().is_none_or(|items| items.contains(&item.id));
            if !touched || !self.touches(item) {
                return Ok(Arc::clone(item));
            }
            let need = match method {
                None => None,
                Some((name, needs)) => {
                    let need = needs.get(&item.id).ok_or_else(|| unknown_method(name, &item.id, methods))?;
                    Some(need)
                }
            };
            Ok(Arc::new(self.item(item, need, site.today, horizon_days)))
        });
        let items = items.collect::<Result<_, ScenarioError>>()?;
        Ok(Site {
            today: site.today,
            horizon_days,
            vendor_calendar: site.vendor_calendar.clone(),
            site_calendar: site.site_calendar.clone(),
            agreement: site.agreement.clone(),
            unacknowledged: site.unacknowledged,
            joint: site.joint.clone(),
            items,
        })
    }

    fn touches(&self, item: &Item) -> bool {
        let of_all =
            self.method.is_some() || self.lead_days.is_some() || self.lead_sd.is_some() || self.lead_factor.is_some();
        let target = self.cycle_service.is_some() || self.fill_rate.is_some();
        let event = |event: &Event| event.items.as_ref().is_none_or(|items| items.contains(&item.id));
        of_all
            || self.review_days.is_some()
            || self.growth.is_some()
            || target && !matches!(item.policy, Policy::MinMax { .. })
            || self.events.iter().any(event)
    }

    fn item(&self, item: &Item, need: Option<&Need>, today: Date, horizon_days: usize) -> Item {
        let mut interval = item.interval;
        if let Some(lead_days) = self.lead_days {
            interval.lead_days = lead_days;
        }
        interval.lead_days *= self.lead_factor.unwrap_or(1.0);
        interval.lead_sd = self.lead_sd.unwrap_or(interval.lead_sd);
        interval.review_days = self.review_days.unwrap_or(interval.review_days);
        let mut need = need.unwrap_or(&item.need).clone();
        if interval != item.interval {
            need = need.over(item.interval, interval);
        }
        if let Some(growth) = self.growth {
            need = need.scaled(growth);
        }
        let events: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| event.items.as_ref().is_none_or(|items| items.contains(&item.id)))
            .collect();
        if !events.is_empty() {
            let mut expected = need.days(horizon_days + interval.days().ceil() as usize);
            for (day, expected) in expected.iter_mut().enumerate() {
                let Some(date) = after(today, day) else { break };
                for event in events.iter().filter(|event| event.from <= date && date <= event.through) {
                    *expected = match event.change {
                        Change::Percent(percent) => *expected * (1.0 + percent / 100.0),
                        Change::Units(units) => *expected + units,
                        Change::Absolute(units) => units,
                    }
                    .max(0.0);
                }
            }
            need = need.with_expected(expected, interval);
        }
        let target = match (self.cycle_service, self.fill_rate) {
            (Some(csl), _) => Some(Target::CycleService(csl)),
            (None, Some(fill)) => Some(Target::FillRate(fill)),
            (None, None) => None,
        };
        let policy = match (item.policy, target) {
            (Policy::PointQuantity { quantity, .. }, Some(target)) => Policy::PointQuantity { quantity, target },
            (Policy::PointUpTo { quantity, .. }, Some(target)) => Policy::PointUpTo { quantity, target },
            (Policy::Review { .. }, Some(target)) => Policy::Review { target },
            (policy, _) => policy,
        };
        Item { interval, policy, need, ..item.clone() }
    }

    fn check(&self, site: &Site) -> Result<(), ScenarioError> {
        let within = |name: &'static str, value: Option<f64>, good: fn(f64) -> bool, rule: &'static str| match value {
            Some(value) if !good(value) => Err(ScenarioError::Value { name, value: value.to_string(), rule }),
            Some(_) | None => Ok(()),
        };
        let days = |value: f64| (0.0..=1_000.0).contains(&value);
        let part = |value: f64| value > 0.0 && value < 1.0;
        within("lead_days", self.lead_days, days, "from 0 to 1000")?;
        within("lead_sd", self.lead_sd, days, "from 0 to 1000")?;
        within("lead_factor", self.lead_factor, |value| (0.0..=100.0).contains(&value), "from 0 to 100")?;
        within("review_days", self.review_days, days, "from 0 to 1000")?;
        within("cycle_service", self.cycle_service, part, "between 0 and 1")?;
        within("fill_rate", self.fill_rate, part, "between 0 and 1")?;
        within("growth", self.growth, |value| (0.0..=1_000.0).contains(&value), "from 0 to 1000")?;
        for event in &self.events {
            let (Change::Percent(value) | Change::Units(value) | Change::Absolute(value)) = event.change;
            within("event", Some(value), f64::is_finite, "a number")?;
        }
        let known: BTreeSet<&str> = site.items.iter().map(|item| item.id.as_str()).collect();
        let named =
            self.items.iter().flatten().chain(self.events.iter().flat_map(|event| event.items.iter().flatten()));
        match named.into_iter().find(|item| !known.contains(item.as_str())) {
            Some(unknown) => Err(ScenarioError::Item(unknown.clone())),
            None => Ok(()),
        }
    }
}

fn unknown_method(method: &str, item: &str, methods: &BTreeMap<String, BTreeMap<String, Need>>) -> ScenarioError {
    let known: Vec<_> = methods.keys().map(String::as_str).collect();
    ScenarioError::Method {
        method: method.to_owned(),
        item: if item.is_empty() { "any".to_owned() } else { item.to_owned() },
        known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
    }
}
