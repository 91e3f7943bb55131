//! The report of a forecast: one HTML file that needs nothing else, no script either, reads on a phone and prints.
//!
//! Every chart has a title, a description and its numbers as a table; colour repeats what shape and words say. What was
//! refused stands first: a planner must see it before believing the rest. Owns markup and style; gets finished outlooks.

mod chart;
mod figure;
mod item;
mod overview;
mod scale;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use planning::{
    demand::{Bucket, Cell},
    replenish::plan::{Line, Outcome, Withheld},
};

use self::figure::thousands;
pub(crate) use self::item::marked;
use crate::{
    history::{Axis, Faults, Item},
    outlook::{Judged, Outlook},
};

const STYLE: &str = include_str!("report/report.css");

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
    /// What the item is called: by its code, and its site where there are several.
    fn name(&self) -> String {
        let key = &self.item.series.key;
        if key.site == "-" { key.item.clone() } else { format!("{} at {}", key.item, key.site) }
    }

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
                    @if !refused.is_empty() { (overview::refusals(&refused)) }
                    @if report.faults.count > 0 || !report.notes.is_empty() { (overview::faults(report)) }
                    (overview::accuracy(report))
                    (overview::index(&foreseen, &anchors))
                    @for (at, (pool, sheet)) in foreseen.iter().enumerate().take(shown) {
                        (item::section(&format!("item-{at}"), pool, sheet, report))
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

#[cfg(test)]
mod tests;
