//! One item: why this method, its history and fan, what people say of it, its plan.

use maud::{Markup, html};
use planning::{
    demand::{Cell, Effect, Mark, Series},
    statement::{Alert, Net, Stated},
};

use super::{
    PlanSheet, PoolSheet, Report, Sheet, chart,
    figure::{amount, fixed, number, percent},
};
use crate::{
    history::Axis,
    outlook::{Ahead, FORECAST, Foreseen, Outlook},
};

/// The item's part of the report; nothing where it was refused.
pub(super) fn section(anchor: &str, pool: &PoolSheet<'_>, sheet: &Sheet<'_>, report: &Report<'_>) -> Markup {
    let Outlook::Foreseen(seen) = sheet.outlook else { return html! {} };
    let series = &sheet.item.series;
    html! {
        section.item id=(anchor) aria-labelledby=(format!("{anchor}-h")) {
            h2 id=(format!("{anchor}-h")) { (sheet.name()) }
            p.lead { b { "Method: " } (seen.reason) "." }
            p {
                b { "Quality: " } (quality_text(series)) "."
                @if let Some(judged) = sheet.judged {
                    " " b { "Tried: " } "SPL " (fixed(judged.methods[0].spl, 3)) ", naive " (fixed(judged.methods[1].spl, 3))
                    ", Croston " (fixed(judged.methods[2].spl, 3)) "; WAPE " (percent(judged.methods[0].wape)) "."
                }
            }
            (chart::history(anchor, pool.axis, sheet, seen))
            p.key { (chart::key()) }
            (ahead(pool.axis, seen, report))
            @if !series.marks.is_empty() {
                h3 { "Look at" }
                ul { @for mark in &series.marks { li { (marked(pool.axis, mark, sheet.unit())) } } }
            }
            (events(pool.axis, seen))
            (statements(pool.axis, seen))
            @if let Some(plan) = &sheet.plan { (planned(anchor, pool.axis, sheet, plan)) }
            details {
                summary { "History as numbers" }
                (numbers(pool.axis, sheet))
            }
        }
    }
}

fn ahead(axis: Axis, seen: &Foreseen, report: &Report<'_>) -> Markup {
    html! {
        div.wide {
            table.figures {
                caption { "What is expected" }
                thead {
                    tr {
                        th scope="col" { "Bucket" } th scope="col" { "By history" } th scope="col" { "Expected" }
                        th scope="col" { "50 %" } th scope="col" { "90 %" } th scope="col" { "95 %" } th scope="col" { "99 %" }
                    }
                }
                tbody {
                    @for ahead in &seen.ahead {
                        tr.event[!ahead.events.steps.is_empty()] {
                            th scope="row" { (axis.label(ahead.bucket)) }
                            td { (number(ahead.base.mean())) } td { (number(ahead.demand.mean())) }
                            @for level in [0.5, 0.9, 0.95, 0.99] { td { (number(ahead.demand.quantile(level))) } }
                        }
                    }
                    tr.own {
                        th scope="row" { "Next " (report.interval) " together" }
                        td { (number(seen.base_interval.mean())) } td { (number(seen.interval.mean())) }
                        @for level in [0.5, 0.9, 0.95, 0.99] { td { (number(seen.interval.quantile(level))) } }
                    }
                }
            }
        }
    }
}

fn events(axis: Axis, seen: &Foreseen) -> Markup {
    let steps: Vec<_> =
        seen.ahead.iter().flat_map(|ahead| ahead.events.steps.iter().map(move |step| (ahead.bucket, step))).collect();
    html! {
        @if !steps.is_empty() {
            h3 { "Known events" }
            ul {
                @for (bucket, step) in steps {
                    li {
                        (axis.label(bucket)) ": " (step.event) " (" (effect(step.effect)) "), " (number(step.before)) " → "
                        (number(step.after)) "; " (step.reason) " — " (step.author)
                    }
                }
            }
        }
    }
}

/// Buckets that another source than the forecast won, and those with orders of the customer.
fn statements(axis: Axis, seen: &Foreseen) -> Markup {
    let of = |ahead: &Ahead| {
        let statement = ahead.statement.as_deref()?;
        let stated = statement.stated.clone().filter(|stated| stated.winner != FORECAST || is_shared(stated));
        let net = statement.net.clone();
        (stated.is_some() || net.is_some()).then_some((ahead.bucket, stated, net))
    };
    let said: Vec<_> = seen.ahead.iter().filter_map(of).collect();
    html! {
        @if !said.is_empty() {
            h3 { "Statement of demand" }
            ul {
                @for (bucket, stated, net) in &said {
                    li {
                        (axis.label(*bucket)) ": "
                        @if let Some(stated) = stated { (number(stated.demand)) " by " (stated.winner) "; " (stated.why) ". " }
                        @if let Some(net) = net { (consumed(net)) }
                    }
                }
            }
        }
    }
}

/// Whether several sources have a part in it.
fn is_shared(stated: &Stated) -> bool {
    stated.shares.iter().filter(|share| share.weight > 0.0).count() > 1
}

fn consumed(net: &Net) -> Markup {
    html! {
        (net.ordered) " ordered of " (number(net.forecast)) " expected, " (number(net.net)) " left."
        @if let Some(Alert::OverForecast { beyond }) = net.alert { " " b { (number(beyond)) " more than expected." } }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn planned(anchor: &str, axis: Axis, sheet: &Sheet<'_>, plan: &PlanSheet<'_>) -> Markup {
    let unit = sheet.unit();
    let units = |units: i64| number(units as f64 * unit);
    html! {
        h3 { "Plan" }
        @if let Some(why) = plan.refused { p { "Not planned: " (why) "." } }
        @else {
            p {
                @if let Some(on_hand) = plan.on_hand { "On hand " (units(on_hand)) ". " }
                @if let Some(outcome) = plan.outcome {
                    "Ordered up to " (units(outcome.levels.up_to)) " at each review, of which " (units(outcome.levels.safety_stock))
                    " is kept for what is not expected. "
                    @if let Some(out) = outcome.out_on { b { "Out of stock on " (out) " if demand comes as expected." } }
                }
            }
            (chart::plan(anchor, axis, &sheet.item.series.key.item, plan))
            p.key { "Line: stock at the end of each bucket if demand comes as expected. Bars: what comes." }
            @if plan.lines.is_empty() { p { "Nothing to send within the horizon." } }
            @else {
                div.wide {
                    table.figures {
                        caption { "What to send" }
                        thead {
                            tr {
                                th scope="col" { "Release" } th scope="col" { "Receipt" } th scope="col" { "Quantity" }
                                th.text scope="col" { "Why" }
                            }
                        }
                        tbody {
                            @for line in &plan.lines {
                                tr {
                                    th scope="row" { (line.release) } td { (line.receipt) } td { (units(line.quantity)) }
                                    td.text { (line.reason) @for note in &line.notes { "; " (note) } }
                                }
                            }
                        }
                    }
                }
            }
            @if !plan.withheld.is_empty() {
                ul {
                    @for held in &plan.withheld {
                        li { "From " (held.day) " on " (units(held.wanted)) " more are wanted and not sent: " (held.hold.text()) "." }
                    }
                }
            }
            details {
                summary { "Projected stock as numbers" }
                div.wide {
                    table.figures {
                        thead { tr { th scope="col" { "Bucket" } th scope="col" { "Comes" } th scope="col" { "Stock at the end" } } }
                        tbody {
                            @for (bucket, stock, comes) in &plan.projected {
                                tr { th scope="row" { (axis.label(*bucket)) } td { (number(*comes)) } td { (number(*stock)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn numbers(axis: Axis, sheet: &Sheet<'_>) -> Markup {
    let series = &sheet.item.series;
    html! {
        div.wide {
            table.figures {
                thead { tr { th scope="col" { "Bucket" } th scope="col" { "Used" } th.text scope="col" { "Known" } } }
                tbody {
                    @for (place, cell) in series.cells.iter().enumerate() {
                        tr {
                            th scope="row" { (axis.label(series.bucket(place))) }
                            td { (cell.units().map_or("unknown".to_owned(), |units| amount(units, sheet.unit()))) }
                            td.text { (how_known(cell, sheet.unit())) }
                        }
                    }
                }
            }
        }
        @if series.cut > 0 { p { (series.cut) " older buckets are not shown and not used." } }
    }
}

fn how_known(cell: &Cell, unit: f64) -> String {
    match cell {
        Cell::Known { .. } => "whole".to_owned(),
        Cell::Scaled { seen, unknown_days, why, .. } => {
            format!("{} seen, {unknown_days} days of {}", amount(*seen, unit), why.text())
        }
        Cell::Unknown { seen, why } => format!("{}; {} seen", why.text(), amount(*seen, unit)),
    }
}

/// A mark in words.
pub(crate) fn marked(axis: Axis, mark: &Mark, unit: f64) -> String {
    match mark {
        Mark::Outlier { bucket, units, typical, score } => format!(
            "{}: {} where {} is typical (robust score {score:.1}, bound 3.5). It is kept as it is.",
            axis.label(*bucket),
            amount(*units, unit),
            number(typical * unit)
        ),
        Mark::Shift(shift) => format!(
            "From {} on the level is {} a bucket instead of {}.",
            axis.label(shift.bucket),
            number(shift.after * unit),
            number(shift.before * unit)
        ),
    }
}

fn effect(effect: Effect) -> String {
    match effect {
        Effect::Absolute(amount) => format!("{} in all", number(amount)),
        Effect::Percent(percent) => format!("{percent:+} %"),
        Effect::Units(units) => format!("{units:+} in all"),
    }
}

/// The score with what was taken off it.
fn quality_text(series: &Series) -> String {
    series.quality.to_string().trim_start_matches("quality ").to_owned()
}
