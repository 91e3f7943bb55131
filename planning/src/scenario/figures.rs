//! What a plan comes to, in the figures two plans are compared by.

use serde::Serialize;

use crate::replenish::{
    item::Owner,
    plan::{Plan, Site},
};

/// Sums of a plan over its horizon.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Figures {
    pub orders: usize,
    pub units: i64,
    pub order_value: f64,
    /// Mean projected stock at unit cost, whoever owns it.
    pub stock_value: f64,
    /// Of it what is consigned: the vendor's until it is used.
    pub consigned_value: f64,
    /// Units of expected demand that the levels do not serve from the shelf.
    pub short_units: f64,
    /// The part of expected demand that is served.
    pub fill_rate: f64,
    /// Items whose stock is projected to be out on a day.
    pub items_out: usize,
    /// Greatest projected stock of bins with a capacity, as a part of it.
    pub space: f64,
    pub withheld: usize,
    pub refused: usize,
}

impl Figures {
    /// The figures of a site's plan.
    #[must_use]
    pub fn of(site: &Site, plan: &Plan) -> Self {
        let mut figures = Self {
            orders: plan.lines.len(),
            withheld: plan.withheld.len(),
            refused: plan.refused.len(),
            ..Self::default()
        };
        for line in &plan.lines {
            figures.units = figures.units.saturating_add(line.quantity);
            figures.order_value += line.value;
        }
        let (mut demand, mut room, mut filled) = (0.0, 0.0, 0.0);
        // outcomes are in the order of the items, without those refused
        let mut items = site.items.iter();
        for outcome in &plan.outcomes {
            let Some(item) = items.by_ref().find(|item| item.id == outcome.item) else { break };
            let value = outcome.stock_mean * item.unit_cost.max(0.0);
            figures.stock_value += value;
            figures.consigned_value += match item.owner {
                Owner::Vendor => value,
                Owner::Customer | Owner::ThirdParty(_) => 0.0,
            };
            figures.short_units += outcome.short;
            figures.items_out += usize::from(outcome.out_on.is_some());
            demand += outcome.demand;
            if let Some(capacity) = item.capacity.filter(|capacity| *capacity > 0) {
                room += capacity as f64;
                filled += outcome.stock_max;
            }
        }
        figures.fill_rate = if demand > 0.0 { 1.0 - figures.short_units / demand } else { 1.0 };
        figures.space = if room > 0.0 { filled / room } else { 0.0 };
        figures
    }

    /// Rows of a table: name, and the figure as text.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, f64, usize)> {
        vec![
            ("orders", self.orders as f64, 0),
            ("units ordered", self.units as f64, 0),
            ("value ordered", self.order_value, 2),
            ("stock value, mean", self.stock_value, 2),
            ("of it consigned", self.consigned_value, 2),
            ("units short", self.short_units, 2),
            ("fill rate", self.fill_rate, 4),
            ("items out", self.items_out as f64, 0),
            ("space used, peak", self.space, 4),
            ("lines withheld", self.withheld as f64, 0),
            ("items refused", self.refused as f64, 0),
        ]
    }
}
