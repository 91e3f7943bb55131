//! What if: the same data under other parameters, side by side.
//!
//! A scenario is an [`Overlay`]: names of parameters and their other values, for some items or all. Items it does not touch are
//! shared with the baseline, levels and all; the baseline is never written. Adopting one is one act that returns the new site, its
//! plan and the [`AuditEntry`] of who did it, why, before and after.
//!
//! Must not know: how a forecast is made. Needs by other methods are handed in with the [`Baseline`].

mod figures;
mod overlay;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use figures::Figures;
pub use overlay::{Change, Event, Overlay};

use crate::replenish::{
    delta::{self, Planned, delta, remembered},
    item::Item,
    need::Need,
    plan::{Plan, PlanError, Site, fingerprint, plan, plan_as},
};

/// Needs of items by the method that forecast them.
pub type Methods = BTreeMap<String, BTreeMap<String, Need>>;

/// A site and its plan, with what the other methods say of the same history.
#[derive(Debug, Clone)]
pub struct Baseline {
    site: Site,
    plan: Plan,
    figures: Figures,
    /// Its lines, as every scenario's are compared with them.
    planned: Vec<Planned>,
    methods: Methods,
}

/// Why a scenario cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("scenario asks for method {method} of item {item}, which was not forecast by it; known: {known}")]
    Method { method: String, item: String, known: String },
    #[error("scenario names item {0}, which the site does not have")]
    Item(String),
    #[error("scenario sets {name} to {value}; it must be {rule}")]
    Value { name: &'static str, value: String, rule: &'static str },
    #[error("adopting a scenario needs {0}: it is on record for good")]
    Unsigned(&'static str),
}

/// A scenario that was played.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Played {
    pub name: String,
    pub plan: Plan,
    pub figures: Figures,
}

/// Baseline and scenario side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub name: String,
    pub baseline: Figures,
    pub scenario: Figures,
    /// What changes of the orders; those that stay are left out.
    pub orders: Vec<delta::Change>,
}

/// Who made a scenario the plan, why, and what it changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub who: String,
    pub why: String,
    pub overlay: Overlay,
    /// Fingerprints of the inputs before and after.
    pub before: String,
    pub after: String,
    pub figures_before: Figures,
    pub figures_after: Figures,
}

impl Baseline {
    /// The plan of a site as the baseline of scenarios.
    ///
    /// # Errors
    /// [`PlanError`] for what cannot be a site.
    pub fn new(site: Site, methods: Methods) -> Result<Self, PlanError> {
        let plan = plan(&site)?;
        let figures = Figures::of(&site, &plan);
        let planned = remembered(&plan);
        Ok(Self { site, plan, figures, planned, methods })
    }

    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Plays a scenario. The baseline stays as it is.
    ///
    /// # Errors
    /// [`ScenarioError`] for values out of range, and methods or items that are not there.
    pub fn play(&self, overlay: &Overlay) -> Result<Played, ScenarioError> {
        let site = overlay.over(&self.site, &self.methods)?;
        // the inputs are the baseline's and the overlay: its fingerprint need not read every item again
        let inputs = format!("{}{}", self.plan.inputs, fingerprint(overlay)?);
        let inputs = Sha256::digest(inputs.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut outcomes = self.plan.outcomes.iter().peekable();
        let known: Vec<_> = self
            .site
            .items
            .iter()
            .map(|item| outcomes.next_if(|outcome| outcome.item == item.id).map(|outcome| outcome.levels))
            .collect();
        let untouched = |index: usize, item: &Arc<Item>| {
            let same = self.site.items.get(index).is_some_and(|base| Arc::ptr_eq(base, item));
            known.get(index).copied().flatten().filter(|_| same)
        };
        let plan = plan_as(&site, inputs, &untouched)?;
        let figures = Figures::of(&site, &plan);
        Ok(Played { name: overlay.name.clone(), plan, figures })
    }

    /// Plays a scenario and lays it beside the baseline.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn compare(&self, overlay: &Overlay) -> Result<Comparison, ScenarioError> {
        let played = self.play(overlay)?;
        let orders = delta(&self.site, &played.plan, &self.planned)
            .into_iter()
            .filter(|change| !matches!(change, delta::Change::Keep(_)))
            .collect();
        Ok(Comparison { name: played.name, baseline: self.figures.clone(), scenario: played.figures, orders })
    }

    /// Makes a scenario the plan: one act, with its record.
    ///
    /// # Errors
    /// [`ScenarioError::Unsigned`] without a person or a reason; else as [`Self::play`].
    pub fn adopt(
        &self,
        overlay: &Overlay,
        who: &str,
        why: &str,
        at: Timestamp,
    ) -> Result<(Self, AuditEntry), ScenarioError> {
        for (text, needed) in [(who, "who does it"), (why, "a reason")] {
            if text.trim().is_empty() {
                return Err(ScenarioError::Unsigned(needed));
            }
        }
        let site = overlay.over(&self.site, &self.methods)?;
        let adopted = Self::new(site, self.methods.clone())?;
        let entry = AuditEntry {
            at,
            who: who.to_owned(),
            why: why.to_owned(),
            overlay: overlay.clone(),
            before: self.plan.inputs.clone(),
            after: adopted.plan.inputs.clone(),
            figures_before: self.figures.clone(),
            figures_after: adopted.figures.clone(),
        };
        Ok((adopted, entry))
    }

    /// The first day of the plan.
    #[must_use]
    pub fn today(&self) -> Date {
        self.site.today
    }
}
