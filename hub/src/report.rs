//! The report of a forecast: one HTML file that needs nothing else, no script either, reads on a phone and prints.
//!
//! Every chart has a title, a description and its numbers as a table; colour repeats what shape and words say. What was
//! refused stands first: a planner must see it before believing the rest. Owns markup and style; gets finished outlooks.

mod chart;
mod scale;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use planning::{
    demand::{Bucket, Cell, Effect, Mark, Verdict},
    replenish::plan::{Line, Outcome, Withheld},
};

use crate::{
    history::{Axis, Faults, Item},
    outlook::{Foreseen, Judged, METHODS, Outlook},
};

const STYLE: &str = include_str!("report/report.css");

/// Rows of the table of items; those beyond are in the CSV.
const ROWS_MAX: usize = 5_000;

/// Faults shown; all are in the CSV.
const FAULTS_SHOWN: usize = 50;

/// What a report is about.
pub(crate) struct Report<'a> {
    /// Where the history came from.
    pub(crate) source: String,
    pub(crate) rows: u64,
    pub(crate) faults: &'a Faults,
    pub(crate) notes: &'a [String],
    pub(crate) pools: Vec<PoolSheet<'a>>,
    pub(crate) horizon: usize,
    pub(crate) interval: usize,
    /// Items with a chart, at most; the refused are not counted.
    pub(crate) charts_max: usize,
}

/// One pool's part.
pub(crate) struct PoolSheet<'a> {
    pub(crate) name: &'a str,
    pub(crate) axis: Axis,
    /// How near the forecasts would have come; `None` where that was not tried.
    pub(crate) judged: Option<Judged>,
    pub(crate) origins: usize,
    pub(crate) sheets: Vec<Sheet<'a>>,
}

/// What is planned for one item.
pub(crate) struct PlanSheet<'a> {
    pub(crate) outcome: Option<&'a Outcome>,
    pub(crate) lines: Vec<&'a Line>,
    /// What was wanted and nothing came of.
    pub(crate) withheld: Vec<&'a Withheld>,
    /// Bucket, stock at its end if all comes as expected, what comes in it; in the item's units.
    pub(crate) projected: Vec<(Bucket, f64, f64)>,
    pub(crate) on_hand: Option<i64>,
    /// Why nothing could be planned.
    pub(crate) refused: Option<&'a str>,
}

/// One item's part.
pub(crate) struct Sheet<'a> {
    pub(crate) item: &'a Item,
    pub(crate) outlook: &'a Outlook,
    pub(crate) judged: Option<&'a Judged>,
    pub(crate) plan: Option<PlanSheet<'a>>,
}

impl Sheet<'_> {
    fn unit(&self) -> f64 {
        self.item.unit()
    }

    fn is_refused(&self) -> bool {
        matches!(self.outlook, Outlook::Refused(_))
    }

    /// All that was ever used, in the item's units.
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn used(&self) -> f64 {
        self.item.series.cells.iter().filter_map(Cell::units).sum::<u64>() as f64 * self.unit()
    }
}

/// Renders a report.
pub(crate) fn render(report: &Report<'_>) -> String {
    let sheets = || report.pools.iter().flat_map(|pool| pool.sheets.iter().map(move |sheet| (pool, sheet)));
    let refused: Vec<_> = sheets().filter(|(_, sheet)| sheet.is_refused()).collect();
    let mut foreseen: Vec<_> = sheets().filter(|(_, sheet)| !sheet.is_refused()).collect();
    // Those with events first, since somebody has said something of them; then by what is used.
    foreseen
        .sort_by(|(_, a), (_, b)| has_event(b.outlook).cmp(&has_event(a.outlook)).then(b.used().total_cmp(&a.used())));
    let shown = foreseen.len().min(report.charts_max);
    let anchors: Vec<_> =
        foreseen.iter().enumerate().map(|(at, _)| (at < shown).then(|| format!("item-{at}"))).collect();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Forecast of " (report.source) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (chart::patterns())
                header {
                    h1 { "Forecast of " (report.source) }
                    (summary(report, refused.len(), foreseen.len()))
                }
                main {
                    @if !refused.is_empty() { (refusals(&refused)) }
                    @if report.faults.count > 0 || !report.notes.is_empty() { (faults(report)) }
                    (accuracy(report))
                    (index(&foreseen, &anchors))
                    @for (at, (pool, sheet)) in foreseen.iter().enumerate().take(shown) {
                        (section(&format!("item-{at}"), pool, sheet, report))
                    }
                    (words(report))
                }
            }
        }
    };
    markup.into_string()
}

fn has_event(outlook: &Outlook) -> bool {
    match outlook {
        Outlook::Refused(_) => false,
        Outlook::Foreseen(foreseen) => foreseen.ahead.iter().any(|ahead| !ahead.events.steps.is_empty()),
    }
}

fn summary(report: &Report<'_>, refused: usize, foreseen: usize) -> Markup {
    let doubtful = report
        .pools
        .iter()
        .flat_map(|pool| &pool.sheets)
        .filter(|sheet| matches!(sheet.outlook, Outlook::Foreseen(foreseen) if foreseen.doubt.is_some()))
        .count();
    html! {
        ul.tiles {
            li { b { (thousands(foreseen as u64)) } " items forecast" }
            li { b { (thousands(doubtful as u64)) } " of them on weak ground" }
            li.bad[refused > 0] { b { (thousands(refused as u64)) } " items refused" }
            li { b { (thousands(report.rows)) } " rows read" }
            li.bad[report.faults.count > 0] { b { (thousands(report.faults.count)) } " rows at fault" }
        }
        p { (report.horizon) " buckets ahead; protection interval (lead time plus review) " (report.interval) " buckets." }
    }
}

fn refusals(refused: &[(&PoolSheet<'_>, &Sheet<'_>)]) -> Markup {
    html! {
        section aria-labelledby="refused" {
            h2 #refused { "Refused: the history cannot carry a forecast" }
            p { "Plan these by hand, or by minimum and maximum, until what is named here is put right." }
            div.wide {
                table {
                    thead { tr { th scope="col" { "Item" } th scope="col" { "Pool" } th scope="col" { "Why" } } }
                    tbody {
                        @for (pool, sheet) in refused.iter().take(ROWS_MAX) {
                            @if let Outlook::Refused(why) = sheet.outlook {
                                tr { th scope="row" { (name(sheet)) } td { (pool.name) } td { (why) } }
                            }
                        }
                    }
                }
            }
            @if refused.len() > ROWS_MAX { p { "and " (refused.len() - ROWS_MAX) " more; all are in refused.csv." } }
        }
    }
}

fn faults(report: &Report<'_>) -> Markup {
    let faults = report.faults;
    html! {
        section aria-labelledby="faults" {
            h2 #faults { "What to put right in the files" }
            @if !report.notes.is_empty() { ul { @for note in report.notes { li { (note) } } } }
            @if faults.count > 0 {
                ul.plain {
                    @for fault in faults.kept.iter().take(FAULTS_SHOWN) {
                        li { (fault.file) ", line " (fault.line) ": " (fault.what) }
                    }
                }
                @if faults.count > FAULTS_SHOWN as u64 {
                    p { "and " (thousands(faults.count - FAULTS_SHOWN as u64)) " more." }
                }
            }
        }
    }
}

fn accuracy(report: &Report<'_>) -> Markup {
    let judged: Vec<_> = report
        .pools
        .iter()
        .filter_map(|pool| Some((pool, pool.judged.as_ref().filter(|judged| judged.series > 0)?)))
        .collect();
    html! {
        section aria-labelledby="accuracy" {
            h2 #accuracy { "How near it would have come" }
            @if judged.is_empty() {
                p { "Not tried: the history is too short, or it was asked not to." }
            } @else {
                p {
                    "Each of the last buckets was forecast from what was known before it, over the protection interval. "
                    "Less is better for WAPE, RMSSE and SPL; bias should be near 0; 95 % of demands should be covered."
                }
                div.wide {
                    table.figures {
                        thead {
                            tr {
                                th scope="col" { "Pool" } th scope="col" { "Method" } th scope="col" { "Items" }
                                th scope="col" { "WAPE" } th scope="col" { "RMSSE" } th scope="col" { "SPL" }
                                th scope="col" { "Bias" } th scope="col" { "Covered at 95 %" }
                            }
                        }
                        tbody {
                            @for (pool, judged) in judged {
                                @for (at, method) in METHODS.into_iter().enumerate() {
                                    @let figures = judged.methods[at];
                                    tr.own[at == 0] {
                                        th scope="row" { (pool.name) ", last " (pool.origins) }
                                        td { (method) } td { (judged.series) }
                                        td { (percent(figures.wape)) } td { (fixed(figures.rmsse, 3)) }
                                        td { (fixed(figures.spl, 3)) } td { (signed(figures.bias)) }
                                        td { (percent(figures.covered)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn index(foreseen: &[(&PoolSheet<'_>, &Sheet<'_>)], anchors: &[Option<String>]) -> Markup {
    html! {
        section aria-labelledby="items" {
            h2 #items { "Items" }
            @if foreseen.is_empty() { p { "None could be forecast." } }
            @else {
                div.wide {
                    table.figures {
                        thead {
                            tr {
                                th scope="col" { "Item" } th scope="col" { "Used so far" } th scope="col" { "Next bucket" }
                                th scope="col" { "Interval, 95 %" } th scope="col" { "Quality" } th scope="col" { "SPL against naive" }
                                th.text scope="col" { "Method" }
                            }
                        }
                        tbody {
                            @for ((_, sheet), anchor) in foreseen.iter().zip(anchors).take(ROWS_MAX) {
                                @if let Outlook::Foreseen(seen) = sheet.outlook {
                                    tr {
                                        th scope="row" {
                                            @if let Some(anchor) = anchor { a href=(format!("#{anchor}")) { (name(sheet)) } }
                                            @else { (name(sheet)) }
                                        }
                                        td { (number(sheet.used())) }
                                        td { (seen.ahead.first().map_or(String::new(), |ahead| number(ahead.demand.mean()))) }
                                        td { (number(seen.interval.quantile(0.95))) }
                                        td { (quality(sheet)) }
                                        td { (sheet.judged.map_or("–".to_owned(), against_naive)) }
                                        td.text { (shortened(&seen.reason)) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if foreseen.len() > ROWS_MAX { p { "and " (foreseen.len() - ROWS_MAX) " more, in forecast.csv." } }
            }
        }
    }
}

fn section(anchor: &str, pool: &PoolSheet<'_>, sheet: &Sheet<'_>, report: &Report<'_>) -> Markup {
    let Outlook::Foreseen(seen) = sheet.outlook else { return html! {} };
    let series = &sheet.item.series;
    html! {
        section.item id=(anchor) aria-labelledby=(format!("{anchor}-h")) {
            h2 id=(format!("{anchor}-h")) { (name(sheet)) }
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
                        th scope="col" { "Bucket" } th scope="col" { "Without events" } th scope="col" { "Expected" }
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

fn words(report: &Report<'_>) -> Markup {
    html! {
        section aria-labelledby="words" {
            h2 #words { "Words" }
            dl {
                dt { "50, 90, 95, 99 %" }
                dd { "Demand stays at or below this amount with that probability." }
                dt { "Protection interval" }
                dd {
                    "The " (report.interval) " buckets that an order made now must last for. Its distribution is forecast as a whole: "
                    "a sum of single 95 % amounts would be too much."
                }
                dt { "WAPE" } dd { "Sum of errors over sum of demand." }
                dt { "RMSSE" } dd { "Error of the mean in units of the naive forecast's error; below 1 is better than naive." }
                dt { "SPL" } dd { "Error of the 50, 90, 95 and 99 % amounts in the same units: what stock is decided by." }
                dt { "Bias" } dd { "Forecast less demand over mean demand; positive is too much." }
                dt { "Naive, Croston" } dd { "The last demand again; Croston's method. Both with a normal safety stock, as ERPs ship them." }
                dt { "Unknown" } dd { "Nothing is known of the bucket. It is not taken for zero." }
            }
        }
    }
}

fn name(sheet: &Sheet<'_>) -> String {
    let key = &sheet.item.series.key;
    if key.site == "-" { key.item.clone() } else { format!("{} at {}", key.item, key.site) }
}

fn quality(sheet: &Sheet<'_>) -> String {
    let quality = &sheet.item.series.quality;
    let word = match quality.verdict {
        Verdict::Good => "good",
        Verdict::Doubtful => "weak",
        Verdict::Refused => "refused",
    };
    format!("{:.2} {word}", quality.score)
}

/// The beginning of a text; the item's own part has all of it.
fn shortened(text: &str) -> String {
    const LENGTH: usize = 120;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The score with what was taken off it.
fn quality_text(series: &planning::demand::Series) -> String {
    series.quality.to_string().trim_start_matches("quality ").to_owned()
}

fn against_naive(judged: &Judged) -> String {
    let [own, naive, _] = judged.methods;
    if naive.spl > 0.0 { signed(own.spl / naive.spl - 1.0) } else { "–".to_owned() }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn amount(units: u64, unit: f64) -> String {
    number(units as f64 * unit)
}

/// An amount for people: as many digits as matter.
pub(crate) fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 || value.fract().abs() < 1e-9 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    grouped(&fixed(value, decimals))
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    // A rounded nothing has no sign.
    if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

fn percent(rate: f64) -> String {
    format!("{:.0} %", rate * 100.0)
}

fn signed(rate: f64) -> String {
    format!("{:+.0} %", rate * 100.0)
}

fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// Digits before the point in groups of three.
fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let first = usize::from(number.starts_with('-'));
    let mut text = String::with_capacity(number.len() + 4);
    for (at, c) in number.chars().enumerate() {
        if at > first && at < whole && (whole - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests;
