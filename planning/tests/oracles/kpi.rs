//! The agreed figures, by name. A name may say which example it is after the figure's own (`rop_99`).

use jiff::{Timestamp, civil::Date};
use planning::{
    kpi::{
        balance::{self, Since},
        fill::{FirstShipment, LineState, fill_rate},
        forecast_error::{forecast_error, scaled},
        order,
        slow::{Held, classify},
        stock::{self, Counted},
        unit, weight,
    },
    replenish::{
        position::{Lots, min_max},
        target::{level_for_csl_normal, point_for_csl_normal},
    },
};
use serde_json::Value;

use crate::row::{Answer, Found, Row, compare, number, numbers};

const TOLERANCE: f64 = 1e-9;

pub(crate) fn check(value: &Value) -> Result<(), String> {
    let row = Row::new(value)?;
    row.told(&["formula", "note", "source", "unit"]);
    let (name, inputs) = (row.text("name")?, row.value(&["inputs", "input"])?);
    let expected = row.value(&["expected"])?;
    row.done()?;
    compare(expected, &answer(name, inputs)?, TOLERANCE)
}

fn answer(name: &str, inputs: &Value) -> Result<Found, String> {
    match name {
        "fill_rate" => fill(inputs),
        "order_accuracy" => accuracy(inputs),
        "average_order_cycle_time_days" => cycle_time(inputs),
        "stock_accuracy" | "stock_accuracy_per_sku" => stock_accuracy(inputs),
        "uom" => units(inputs),
        "slow_moving" => slow(inputs),
        "min_max_order_qty" => each(inputs, min_max_quantity),
        "otif" => otif(inputs),
        _ => {
            let row = Row::new(inputs)?;
            let found = figure(name, &row)?;
            row.done()?;
            Ok(found)
        }
    }
}

fn one(value: impl Into<Answer>) -> Found {
    vec![("", value.into())]
}

fn figure(name: &str, row: &Row<'_>) -> Result<Found, String> {
    let n = |name: &str| row.number(name);
    let why = |error: planning::replenish::term::TermError| error.to_string();
    Ok(match name {
        "ira_with_tolerance" => {
            let records = counted(row.value(&["records"])?)?;
            one(stock::records_within(records.into_iter().map(|(_, record)| record), n("tolerance")?))
        }
        "supplier_response_latency_hours" => latency(row)?,
        "days_of_supply" => one(stock::days_of_supply(n("on_hand")?, n("avg_daily_demand")?)),
        "forward_cover" | "days_of_supply_forward" | "forward_days_of_supply" => {
            let demand = numbers(row.value(&["demand", "forward_demand", "daily_demand"])?)?;
            one(stock::forward_cover(n("on_hand")?, &demand))
        }
        "inventory_turns" => one(stock::turns(n("annual_usage_value")?, n("avg_inventory_value")?)),
        "stockout_rate_item_days" => one(stock::item_day_rate(n("stockout_item_days")?, n("items")?, n("days")?)),
        "over_max_rate_item_days" => one(stock::item_day_rate(n("over_max_item_days")?, n("items")?, n("days")?)),
        "periodic_review_order_up_to" => {
            let found = level_for_csl_normal(n("d")?, n("sigma_d")?, n("L")?, n("T")?, n("service")?).map_err(why)?;
            vec![
                ("z", found.z.into()),
                ("sigma", found.sd.into()),
                ("safety_stock", found.safety_stock.into()),
                ("order_up_to", found.level.into()),
            ]
        }
        "on_hand_from_usage" => {
            let since = Since {
                receipts: row.sum(&["receipts"])?,
                usage: row.sum(&["usage"])?,
                returns: row.sum(&["returns"])?,
                scrap: row.sum(&["scrap"])?,
                adjust: row.sum(&["adjust"])?,
                transfers_out: row.sum(&["transfers_out"])?,
                transfers_in: row.sum(&["transfers_in"])?,
            };
            one(balance::on_hand(n("last_count")?, since))
        }
        "reconcile_mid_count_movement" => {
            if !row.flag_or("counted_at_snapshot", true)? {
                return Err("a count at another time than the snapshot is not defined".to_owned());
            }
            let moved = row.sum(&["moves_between_snapshot_and_post"])?;
            let found = balance::reconcile(n("system_at_snapshot")?, n("counted")?, moved);
            vec![("variance", found.variance.into()), ("on_hand_after", found.on_hand_after.into())]
        }
        "consumption_from_counts" => {
            let adjust = row.number_or(&["losses_adjust", "adjust"], 0.0)?;
            one(balance::consumption(n("opening")?, row.sum(&["received"])?, adjust, n("closing")?))
        }
        "consumption_stockout_adjusted" | "stockout_adjusted_consumption" => {
            let (used, out) = (n("consumption")?, row.number_of(&["stockout_days", "days_out"])?);
            one(balance::stockout_adjusted(used, n("days")?, out))
        }
        "weight_to_count" => {
            row.told(&["unit_sd_g", "scale_resolution_g"]);
            let found =
                weight::pieces(n("gross_g")?, n("tare_g")?, n("unit_g")?).ok_or("a unit that weighs nothing")?;
            vec![
                ("raw", found.raw.into()),
                ("count", (found.count as f64).into()),
                ("half_unit_margin", found.margin.into()),
            ]
        }
        "forecast_accuracy" => {
            let found =
                forecast_error(&row.numbers("actual")?, &row.numbers("forecast")?).ok_or("nothing to compare")?;
            let past = row.get(&["history", "insample", "train"]).map(numbers).transpose()?;
            vec![
                ("mae", found.mae.into()),
                ("wape", found.wape.into()),
                ("bias", found.bias.into()),
                ("rmse", found.rmse.into()),
                ("mase_naive", past.and_then(|past| scaled(found.mae, &past)).into()),
            ]
        }
        "perfect_order_product" => {
            one(order::perfect_by_parts(n("on_time")?, n("complete")?, n("damage_free")?, n("documented")?))
        }
        "projected_on_hand" => projected(row)?,
        "inventory_position" => one(row.sum(&["on_hand", "usable_on_hand"])? + row.sum(&["on_order"])?
            - row.sum(&["allocated"])?
            - row.sum(&["backordered", "backorders"])?),
        reorder if reorder.starts_with("rop") => {
            let found =
                point_for_csl_normal(n("d")?, n("sigma_d")?, n("L")?, n("sigma_L")?, n("service")?).map_err(why)?;
            vec![
                ("z", found.z.into()),
                ("sigma_LTD", found.sd.into()),
                ("safety_stock", found.safety_stock.into()),
                ("rop", found.level.into()),
                ("rop_ceil", found.level.ceil().into()),
            ]
        }
        unknown => return Err(format!("unknown figure {unknown}")),
    })
}

/// One answer for each of a list, or the answer for one.
fn each(inputs: &Value, of: impl Fn(&Row<'_>) -> Result<f64, String>) -> Result<Found, String> {
    let answer = |value: &Value| {
        let row = Row::new(value)?;
        let answer = of(&row)?;
        row.done()?;
        Ok::<_, String>(answer)
    };
    match inputs.as_array() {
        Some(all) => Ok(one(all.iter().map(answer).collect::<Result<Vec<_>, _>>()?)),
        None => Ok(one(answer(inputs)?)),
    }
}

fn min_max_quantity(row: &Row<'_>) -> Result<f64, String> {
    let lots = Lots::new(row.whole(&["moq"])?, row.whole(&["multiple"])?);
    Ok(min_max(row.whole(&["position"])?, row.whole(&["min"])?, row.whole(&["max"])?, lots) as f64)
}

fn rows(value: &Value) -> Result<Vec<Row<'_>>, String> {
    value.as_array().ok_or_else(|| format!("{value} is no list"))?.iter().map(Row::new).collect()
}

fn fill(inputs: &Value) -> Result<Found, String> {
    let rows = rows(inputs)?;
    let mut lines = Vec::new();
    for row in &rows {
        row.told(&["sku", "line"]);
        let state = if row.flag_or("cancelled", false)? { LineState::Cancelled } else { LineState::Ordered };
        lines.push(FirstShipment {
            order: row.text("order")?,
            ordered: row.number("ordered")?,
            shipped_first: row.number("shipped_first")?,
            state,
        });
        row.done()?;
    }
    let found = fill_rate(lines).ok_or("nothing was ordered")?;
    Ok(vec![("unit", found.unit.into()), ("line", found.line.into()), ("order", found.order.into())])
}

fn accuracy(inputs: &Value) -> Result<Found, String> {
    let rows = rows(inputs)?;
    let mut orders = Vec::new();
    for row in &rows {
        let mut faultless = true;
        for mark in ["sku_ok", "qty_ok", "lot_ok", "price_ok"] {
            faultless &= row.flag_or(mark, true)?;
        }
        orders.push(order::Received { order: row.text("order")?, faultless });
        row.done()?;
    }
    Ok(one(order::accuracy(orders)))
}

fn cycle_time(inputs: &Value) -> Result<Found, String> {
    let instant = |value: &Value| {
        let text = value.as_str().ok_or_else(|| format!("{value} is no time"))?;
        text.parse::<Timestamp>().map_err(|error| format!("{text}: {error}"))
    };
    let days = |pair: &Value| {
        let [placed, received] = pair.as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(format!("{pair} is no pair"));
        };
        if received.is_null() {
            return Ok(None);
        }
        Ok(Some(instant(received)?.duration_since(instant(placed)?).as_secs_f64() / 86_400.0))
    };
    let all = inputs.as_array().ok_or("no list of orders")?;
    Ok(one(order::durations(all.iter().map(days).collect::<Result<Vec<_>, String>>()?).mean))
}

fn latency(row: &Row<'_>) -> Result<Found, String> {
    let hours = row.value(&["hours"])?.as_array().ok_or("hours are no list")?;
    let hours = hours.iter().map(|hour| if hour.is_null() { Ok(None) } else { number(hour).map(Some) });
    let found = order::durations(hours.collect::<Result<Vec<_>, _>>()?);
    let told = row.number_or(&["unanswered"], found.open as f64)?;
    if told != found.open as f64 {
        return Err(format!("{told} unanswered are told, {} are listed", found.open));
    }
    Ok(vec![
        ("mean", found.mean.into()),
        ("median", found.median.into()),
        ("p95_nearest_rank", found.p95.into()),
        ("unanswered", (found.open as f64).into()),
    ])
}

fn counted(records: &Value) -> Result<Vec<(String, Counted)>, String> {
    let rows = rows(records)?;
    let mut all = Vec::new();
    for row in &rows {
        let counted = Counted { system: row.number("system")?, count: row.number_of(&["count", "counted"])? };
        all.push((row.get(&["sku"]).and_then(Value::as_str).unwrap_or_default().to_owned(), counted));
        row.done()?;
    }
    Ok(all)
}

/// Per record: a list in their order.
fn stock_accuracy(inputs: &Value) -> Result<Found, String> {
    let records = inputs.get("records").unwrap_or(inputs);
    let of = |pair: &Value| {
        let [count, system] = numbers(pair)?[..] else { return Err(format!("{pair} is no pair")) };
        Ok(stock::accuracy(Counted { system, count }))
    };
    if let Some(pairs) = records.as_array().filter(|all| all.iter().all(Value::is_array)) {
        return Ok(one(pairs.iter().map(of).collect::<Result<Vec<_>, String>>()?));
    }
    Ok(one(counted(records)?.into_iter().map(|(_, record)| stock::accuracy(record)).collect::<Vec<_>>()))
}

fn slow(inputs: &Value) -> Result<Found, String> {
    let row = Row::new(inputs)?;
    let date = |text: &str| text.parse::<Date>().map_err(|error| format!("{text}: {error}"));
    let as_of = date(row.text("as_of")?)?;
    let since = |day: Option<&Value>| match day {
        None | Some(Value::Null) => Ok(None),
        Some(day) => {
            let day = date(day.as_str().ok_or_else(|| format!("{day} is no date"))?)?;
            Ok::<_, String>(Some(as_of.duration_since(day).as_hours() / 24))
        }
    };
    let (idle, cover) = (row.whole(&["no_move_days"])?, row.number("max_dos")?);
    let items = rows(row.value(&["items"])?)?;
    let mut words = Vec::new();
    for item in &items {
        let held = Held {
            on_hand: item.number("on_hand")?,
            days_since_issue: since(item.get(&["last_issue"]))?,
            usage_180_days: item.number("usage_180d")?,
            age_days: since(item.get(&["first_seen", "created"]))?,
        };
        words.push((item.text("sku")?.to_owned(), classify(held, idle, cover).word().to_owned()));
        item.done()?;
    }
    row.done()?;
    Ok(vec![("", Answer::Words(words))])
}

fn otif(inputs: &Value) -> Result<Found, String> {
    let rows = rows(inputs.get("orders").or_else(|| inputs.get("lines")).unwrap_or(inputs))?;
    let mut lines = Vec::new();
    for row in &rows {
        row.told(&["order", "sku", "line"]);
        if let Some(on_time) = row.get(&["on_time"]) {
            let on_time = on_time.as_bool().ok_or("on_time is no yes or no")?;
            let in_full = f64::from(u8::from(row.flag_or("in_full", true)?));
            let received = Some(f64::from(u8::from(!on_time)));
            lines.push(order::Due { promised: 0.0, received, ordered: 1.0, delivered: in_full });
        } else {
            lines.push(order::Due {
                promised: day(row.value(&["promised", "promise", "due"])?)?,
                received: row.get(&["received", "delivered_at"]).filter(|at| !at.is_null()).map(day).transpose()?,
                ordered: row.number("ordered")?,
                delivered: row.number_of(&["delivered", "received_qty", "shipped"])?,
            });
        }
        row.done()?;
    }
    Ok(one(order::on_time_in_full(lines)))
}

/// A day as a number: one already, a date, or an instant.
fn day(value: &Value) -> Result<f64, String> {
    let Some(text) = value.as_str() else { return number(value) };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_second() as f64 / 86_400.0);
    }
    let date: Date = text.parse().map_err(|error| format!("{text}: {error}"))?;
    Ok(date.duration_since(Date::constant(1970, 1, 1)).as_hours() as f64 / 24.0)
}

fn projected(row: &Row<'_>) -> Result<Found, String> {
    let demand = numbers(row.value(&["demand", "usage"])?)?;
    let found =
        balance::projected(row.number_of(&["on_hand", "start", "opening"])?, &row.numbers("receipts")?, &demand);
    let first = match row.get(&["min"]) {
        Some(min) => balance::first_below(&found, number(min)?).map(|index| index as f64),
        None => None,
    };
    Ok(vec![
        ("projected", found.clone().into()),
        ("first_below_min", first.into()),
        ("first_below_min_index", first.into()),
    ])
}

fn units(inputs: &Value) -> Result<Found, String> {
    let row = Row::new(inputs)?;
    row.told(&["order_uom", "stock_uom"]);
    let pack = row.whole(&["box"])?;
    let received = unit::to_base(row.whole(&["ordered_boxes"])?, pack).ok_or("more than can be counted")?;
    let left = received - row.whole(&["consumed_ea"])?;
    let packs = unit::to_packs(left, pack).ok_or("a pack of nothing")?;
    row.done()?;
    Ok(vec![
        ("receipt_ea", (received as f64).into()),
        ("left_ea", (left as f64).into()),
        ("whole_boxes", (packs.whole as f64).into()),
        ("loose", (packs.loose as f64).into()),
    ])
}
