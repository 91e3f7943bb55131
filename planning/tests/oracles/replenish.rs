//! The kinds of `replenish/cases.jsonl`, each answered by the planning crate's own function.

use planning::{
    probability::{Family, Gamma, Law},
    replenish::{
        continuous_review::{NormalReview, poisson_exact},
        dynamic_lot::{Period, wagner_whitin},
        joint::{JointItem, silver},
        lot_size,
        newsvendor::{Costs, base_stock_normal, newsvendor, newsvendor_by_prices, newsvendor_table},
        position::{Lots, Position, order_up_to},
        reorder_up_to::{exact, power_approximation},
        target::{ReviewDemand, point_for_csl, point_for_csl_normal, point_for_fill},
    },
};
use serde_json::Value;

use crate::row::{Found, Row, compare, whole};

pub(crate) fn check(case: &Value) -> Result<(), String> {
    let row = Row::new(case)?;
    row.told(&["id", "origin"]);
    let input = Row::new(row.value(&["input"])?)?;
    let found = answer(row.text("kind")?, &input)?;
    input.done()?;
    let (expected, tolerance) = (row.value(&["expected"])?, row.number("rel_tol")?);
    row.done()?;
    compare(expected, &found, tolerance)
}

fn answer(kind: &str, input: &Row<'_>) -> Result<Found, String> {
    let why = |error: planning::replenish::term::TermError| error.to_string();
    let n = |name: &str| input.number(name);
    let costs = || Costs::new(n("holding_cost")?, n("stockout_cost")?).map_err(why);
    let review = || {
        Ok::<_, String>(NormalReview {
            costs: costs()?,
            fixed_cost: input.number_or(&["fixed_cost"], 0.0)?,
            demand_mean: n("demand_mean")?,
            demand_sd: n("demand_sd")?,
            lead_time: n("lead_time")?,
        })
    };
    let pair = |(r, q): (f64, f64)| vec![("r", r.into()), ("Q", q.into())];
    Ok(match kind {
        "eoq" => {
            let lot = lot_size::economic(n("fixed_cost")?, n("holding_cost")?, n("demand_rate")?).map_err(why)?;
            vec![("Q", lot.quantity.into()), ("cost", lot.cost.into())]
        }
        "eoq_backorders" => {
            let (k, h, p) = (n("fixed_cost")?, n("holding_cost")?, n("stockout_cost")?);
            let lot = lot_size::economic_with_backorders(k, h, p, n("demand_rate")?).map_err(why)?;
            vec![("Q", lot.quantity.into()), ("stockout_fraction", lot.waiting_part.into()), ("cost", lot.cost.into())]
        }
        "epq" => {
            let (k, h) = (n("fixed_cost")?, n("holding_cost")?);
            let lot = lot_size::production(k, h, n("demand_rate")?, n("production_rate")?).map_err(why)?;
            vec![("Q", lot.quantity.into()), ("cost", lot.cost.into())]
        }
        "eoq_all_units_discount" => {
            let (from, costs) = (input.numbers("breakpoints")?, input.numbers("unit_costs")?);
            if from.len() != costs.len() {
                return Err("breakpoints and unit costs differ in number".to_owned());
            }
            let breaks: Vec<_> =
                from.into_iter().zip(costs).map(|(from, unit_cost)| lot_size::Break { from, unit_cost }).collect();
            let (k, rate) = (n("fixed_cost")?, n("holding_cost_rate")?);
            let lot = lot_size::economic_with_discounts(k, rate, n("demand_rate")?, &breaks).map_err(why)?;
            vec![("Q", lot.quantity.into()), ("region", (lot.region as f64).into()), ("cost", lot.cost.into())]
        }
        "newsvendor_normal" => {
            let sd = n("demand_sd")?;
            let level = newsvendor(costs()?, &Law::of(Family::Normal, n("demand_mean")?, sd * sd));
            vec![("S", level.level.into()), ("cost", level.cost.into())]
        }
        "base_stock_normal" => {
            let level =
                base_stock_normal(costs()?, n("demand_mean")?, n("demand_sd")?, n("lead_time")?).map_err(why)?;
            vec![("S", level.level.into()), ("cost", level.cost.into())]
        }
        "newsvendor_normal_explicit" => {
            let (r, c, v) = (n("revenue")?, n("purchase_cost")?, n("salvage_value")?);
            let bought = newsvendor_by_prices(r, c, v, n("demand_mean")?, n("demand_sd")?).map_err(why)?;
            vec![("Q", bought.quantity.into()), ("profit", bought.profit.into())]
        }
        "newsvendor_poisson" => {
            let level = newsvendor(costs()?, &Law::of(Family::Poisson, n("demand_mean")?, 0.0));
            vec![("S", level.level.into()), ("cost", level.cost.into())]
        }
        "newsvendor_discrete" => {
            let table = input.value(&["demand_pmf"])?.as_object().ok_or("demand_pmf is no table")?;
            let rows = table.iter().map(|(value, mass)| {
                let value: f64 = value.parse().map_err(|_| format!("{value} is no number"))?;
                Ok((value, crate::row::number(mass)?))
            });
            let rows = rows.collect::<Result<Vec<_>, String>>()?;
            let level = newsvendor_table(costs()?, &rows).map_err(why)?;
            vec![("S", level.level.into()), ("cost", level.cost.into())]
        }
        "sS_poisson_exact" => {
            let demand = Law::of(Family::Poisson, n("demand_mean")?, 0.0);
            let found = exact(costs()?, n("fixed_cost")?, &demand).map_err(why)?;
            vec![("s", found.point.into()), ("S", found.level.into()), ("cost", found.cost.into())]
        }
        "sS_power_approx" => {
            let (s, level) =
                power_approximation(costs()?, n("fixed_cost")?, n("demand_mean")?, n("demand_sd")?).map_err(why)?;
            vec![("s", s.into()), ("S", level.into())]
        }
        "rQ_normal_eil" => {
            let found = review()?.expected_inventory_level().map_err(why)?;
            vec![("r", found.point.into()), ("Q", found.quantity.into()), ("cost", found.cost.into())]
        }
        "rQ_normal_eoqb" => pair(review()?.lot_with_backorders().map_err(why)?),
        "rQ_normal_eoqss" => pair(review()?.lot_and_safety_stock().map_err(why)?),
        "rQ_normal_loss" => pair(review()?.by_losses().map_err(why)?),
        "rQ_normal_r_for_Q" => vec![("r", review()?.point_for(n("order_quantity")?).map_err(why)?.into())],
        "rQ_normal_cost" => {
            vec![("cost", review()?.cost(n("reorder_point")?, n("order_quantity")?).map_err(why)?.into())]
        }
        "rQ_poisson_exact" => {
            let found = poisson_exact(costs()?, n("fixed_cost")?, n("demand_mean")?, n("lead_time")?).map_err(why)?;
            vec![("r", found.point.into()), ("Q", found.quantity.into()), ("cost", found.cost.into())]
        }
        "wagner_whitin" => dynamic_lots(input)?,
        "jrp_silver" => joint_cycle(input)?,
        "loss_normal" => {
            let sd = n("sd")?;
            losses(&Law::of(Family::Normal, n("mean")?, sd * sd), n("x")?)
        }
        "loss_poisson" => losses(&Law::of(Family::Poisson, n("mean")?, 0.0), n("x")?),
        "loss_negbin" => {
            let sd = n("sd")?;
            losses(&Law::of_counts(n("mean")?, sd * sd), n("x")?)
        }
        "loss_gamma" => losses(&Law::Gamma(Gamma::of_shape(n("shape")?, n("scale")?)), n("x")?),
        "rop_csl" => {
            let demand = per_period(input)?.sum(n("lead_time")?);
            vec![("reorder_point", point_for_csl(&demand, n("csl")?).map_err(why)?.into())]
        }
        "rop_csl_variable_leadtime" => {
            let (m, s, l, sl) = (n("demand_mean")?, n("demand_sd")?, n("lead_time_mean")?, n("lead_time_sd")?);
            let found = point_for_csl_normal(m, s, l, sl, n("csl")?).map_err(why)?;
            vec![
                ("ltd_sd", found.sd.into()),
                ("safety_stock", found.safety_stock.into()),
                ("reorder_point", found.level.into()),
            ]
        }
        "RS_fill_rate" => {
            let (demand, lead) = (per_period(input)?, n("lead_time")?);
            let (over_lead_time, over_interval) = (demand.sum(lead), demand.sum(lead + n("review_period")?));
            let review = ReviewDemand { over_lead_time: &over_lead_time, over_interval: &over_interval };
            let found = review.level_for_fill(n("target_fill_rate")?).map_err(why)?;
            vec![
                ("S", found.level.into()),
                ("achieved_fill_rate", found.fill_rate.into()),
                ("csl", found.csl.into()),
                ("expected_on_hand_end", found.on_hand_end.into()),
            ]
        }
        "rQ_fill_rate" => {
            let demand = per_period(input)?.sum(n("lead_time")?);
            let (point, fill) = point_for_fill(&demand, n("order_quantity")?, n("target_fill_rate")?).map_err(why)?;
            vec![("r", point.into()), ("achieved_fill_rate", fill.into())]
        }
        "order_up_to_order" => {
            let position = Position {
                on_hand: input.whole(&["on_hand"])?,
                on_order: input.whole(&["on_order"])?,
                allocated: 0,
                backordered: input.whole(&["backorders"])?,
            }
            .level();
            let lots = Lots::new(input.whole(&["min_order_qty"])?, input.whole(&["pack_size"])?);
            // stock is whole: a level between two whole numbers is reached at the upper one
            let order = order_up_to(position, whole(n("S")?.ceil())?, lots);
            vec![("inventory_position", (position as f64).into()), ("order_qty", (order as f64).into())]
        }
        unknown => return Err(format!("unknown kind {unknown}")),
    })
}

fn losses(law: &Law, x: f64) -> Found {
    vec![("n", law.loss(x).into()), ("n_bar", law.complementary_loss(x).into())]
}

fn per_period(input: &Row<'_>) -> Result<Law, String> {
    let family = match input.text("dist")? {
        "normal" => Family::Normal,
        "poisson" => Family::Poisson,
        "negbin" => Family::NegativeBinomial,
        "gamma" => Family::Gamma,
        unknown => return Err(format!("unknown law {unknown}")),
    };
    Ok(Law::of(family, input.number("demand_mean")?, input.number_or(&["demand_var"], 0.0)?))
}

/// A list with one value a period, or one value for all.
fn for_each_period(input: &Row<'_>, name: &str, count: usize, default: f64) -> Result<Vec<f64>, String> {
    match input.get(&[name]) {
        None => Ok(vec![default; count]),
        Some(value) if value.is_array() => {
            let list = crate::row::numbers(value)?;
            if list.len() == count { Ok(list) } else { Err(format!("{name} has {} values", list.len())) }
        }
        Some(value) => Ok(vec![crate::row::number(value)?; count]),
    }
}

fn dynamic_lots(input: &Row<'_>) -> Result<Found, String> {
    let count = input.whole(&["num_periods"])? as usize;
    let of = |name, default| for_each_period(input, name, count, default);
    let (demand, fixed) = (of("demand", 0.0)?, of("fixed_cost", 0.0)?);
    let (holding, unit) = (of("holding_cost", 0.0)?, of("purchase_cost", 0.0)?);
    let periods: Vec<_> = (0..count)
        .map(|t| Period { demand: demand[t], fixed_cost: fixed[t], holding_cost: holding[t], unit_cost: unit[t] })
        .collect();
    let plan = wagner_whitin(&periods).map_err(|error| error.to_string())?;
    Ok(vec![("order_quantities", plan.orders.into()), ("cost", plan.cost.into())])
}

fn joint_cycle(input: &Row<'_>) -> Result<Found, String> {
    let (fixed, holding) = (input.numbers("individual_fixed_costs")?, input.numbers("holding_costs")?);
    let rates = input.numbers("demand_rates")?;
    if fixed.len() != holding.len() || fixed.len() != rates.len() {
        return Err("lists differ in length".to_owned());
    }
    let items: Vec<_> = fixed
        .into_iter()
        .zip(holding)
        .zip(rates)
        .map(|((fixed_cost, holding_cost), demand_rate)| JointItem { fixed_cost, holding_cost, demand_rate })
        .collect();
    let found = silver(input.number("shared_fixed_cost")?, &items).map_err(|error| error.to_string())?;
    let multiples: Vec<f64> = found.multiples.iter().map(|k| f64::from(*k)).collect();
    Ok(vec![
        ("order_quantities", found.quantities.into()),
        ("base_cycle_time", found.cycle_time.into()),
        ("multiples", multiples.into()),
        ("cost", found.cost.into()),
    ])
}
