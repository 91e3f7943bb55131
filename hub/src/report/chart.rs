//! Charts as SVG: history in bars, what is unknown hatched, the fan of quantiles ahead, events and marks.

use std::fmt::Write as _;

use maud::{Markup, html};
use planning::demand::{Cell, Mark};

use super::{PlanSheet, Sheet, figure::number, scale::Scale};
use crate::{
    history::Axis,
    outlook::{Ahead, Foreseen},
};

/// Buckets of history drawn, the newest; beyond it bars are thinner than lines.
const HISTORY_MAX: usize = 200;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 26.0;

/// The bands of the fan, outermost first: from which quantile to which, and how it is drawn.
const BANDS: [(f64, f64, &str); 3] =
    [(0.01, 0.99, "fan wide-fan"), (0.05, 0.95, "fan mid-fan"), (0.25, 0.75, "fan near-fan")];

/// Places of the buckets, history and future in one row.
struct Columns {
    width: f64,
}

impl Columns {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred columns")]
    fn new(count: usize) -> Self {
        Self { width: (WIDTH - LEFT - RIGHT) / count.max(1) as f64 }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred columns")]
    fn left(&self, column: usize) -> f64 {
        self.width.mul_add(column as f64, LEFT)
    }

    fn middle(&self, column: usize) -> f64 {
        self.left(column) + self.width / 2.0
    }
}

/// What all charts share; stands once in a page.
pub(super) fn patterns() -> Markup {
    html! {
        svg width="0" height="0" aria-hidden="true" style="position:absolute" {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line.hatch x1="0" y1="0" x2="0" y2="6" {}
                }
            }
        }
    }
}

/// What the signs mean.
pub(super) fn key() -> Markup {
    html! {
        "Bars: used (pale: added for days that are unknown). Hatched: unknown. Ring: outlier. Broken vertical line: level shift. "
        "Line: expected; bands: from 25 to 75, 5 to 95 and 1 to 99 %. Diamond and dotted line: event, and what was expected without it."
    }
}

/// History and forecast of one item.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn history(anchor: &str, axis: Axis, sheet: &Sheet<'_>, seen: &Foreseen) -> Markup {
    let series = &sheet.item.series;
    let unit = sheet.unit();
    let skipped = series.cells.len().saturating_sub(HISTORY_MAX);
    let cells = &series.cells[skipped..];
    let columns = Columns::new(cells.len() + seen.ahead.len());
    let scale = Scale::new(top(cells, &seen.ahead, unit), HEIGHT - BOTTOM, TOP);
    let labels: Vec<String> =
        (0..cells.len() + seen.ahead.len()).map(|column| axis.label(series.bucket(skipped + column))).collect();
    let (title, text) = (format!("{anchor}-t"), format!("{anchor}-d"));
    html! {
        div.wide {
            svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(format!("{title} {text}")) {
                title id=(title) { "Demand and forecast of " (series.key.item) }
                desc id=(text) { (described(axis, sheet, seen)) }
                @for tick in scale.ticks() {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at(scale.at(tick))) y2=(at(scale.at(tick))) {}
                    text x=(LEFT - 6.0) y=(at(scale.at(tick) + 4.0)) text-anchor="end" { (number(tick)) }
                }
                @for (from, count) in unknown(cells) {
                    rect.unknown x=(at(columns.left(from))) width=(at(columns.width * count as f64)) y=(TOP)
                        height=(HEIGHT - BOTTOM - TOP) {}
                }
                @for (column, cell) in cells.iter().enumerate() { (bar(&columns, &scale, column, cell, unit)) }
                @for (low, high, class) in BANDS { path class=(class) d=(band(&columns, &scale, cells.len(), &seen.ahead, low, high)) {} }
                @if seen.ahead.iter().any(|ahead| !ahead.events.steps.is_empty()) {
                    path.base d=(steps(&columns, &scale, cells.len(), &seen.ahead, |ahead| ahead.base.mean())) {}
                }
                path.mean d=(steps(&columns, &scale, cells.len(), &seen.ahead, |ahead| ahead.demand.mean())) {}
                (marks(&columns, &scale, sheet, skipped))
                (events(&columns, cells.len(), &seen.ahead))
                line.now x1=(at(columns.left(cells.len()))) x2=(at(columns.left(cells.len()))) y1=(TOP - 6.0) y2=(HEIGHT - BOTTOM) {}
                line.axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
                @for column in labelled(&labels) {
                    text x=(at(columns.middle(column))) y=(HEIGHT - 8.0) text-anchor="middle" { (labels[column]) }
                }
            }
        }
        @if skipped > 0 { p.key { "The chart leaves out the first " (skipped) " buckets; they are used and in the table." } }
    }
}

/// Height of the chart of a plan.
const PLAN_HEIGHT: f64 = 150.0;

/// Projected stock and what comes.
pub(super) fn plan(anchor: &str, axis: Axis, item: &str, plan: &PlanSheet<'_>) -> Markup {
    let columns = Columns::new(plan.projected.len());
    let top = plan.projected.iter().map(|(_, stock, comes)| stock.max(*comes)).fold(0.0, f64::max);
    let (floor, ceiling) = (PLAN_HEIGHT - BOTTOM, 10.0);
    let scale = Scale::new(top, floor, ceiling);
    let labels: Vec<String> = plan.projected.iter().map(|(bucket, ..)| axis.label(*bucket)).collect();
    let mut line = String::new();
    for (column, (_, stock, _)) in plan.projected.iter().enumerate() {
        let command = if column == 0 { 'M' } else { 'L' };
        let (from, to, y) = (at(columns.left(column)), at(columns.left(column + 1)), at(scale.at(*stock)));
        let _ = write!(line, "{command}{from} {y}L{to} {y}");
    }
    let (title, text) = (format!("{anchor}-pt"), format!("{anchor}-pd"));
    let least = plan.projected.iter().map(|(_, stock, _)| *stock).fold(f64::INFINITY, f64::min);
    html! {
        div.wide {
            svg.chart viewBox=(format!("0 0 {WIDTH} {PLAN_HEIGHT}")) role="img" aria-labelledby=(format!("{title} {text}")) {
                title id=(title) { "Plan of " (item) }
                desc id=(text) {
                    (plan.lines.len()) " orders; projected stock is never below "
                    (number(if least.is_finite() { least } else { 0.0 })) ". The tables below have every number."
                }
                @for tick in scale.ticks() {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at(scale.at(tick))) y2=(at(scale.at(tick))) {}
                    text x=(LEFT - 6.0) y=(at(scale.at(tick) + 4.0)) text-anchor="end" { (number(tick)) }
                }
                @for (column, (_, _, comes)) in plan.projected.iter().enumerate().filter(|(_, (_, _, comes))| *comes > 0.0) {
                    rect.receipt x=(at(columns.width.mul_add(0.3, columns.left(column)))) width=(at(columns.width * 0.4))
                        y=(at(scale.at(*comes))) height=(at(floor - scale.at(*comes))) {}
                }
                path.stock d=(line) {}
                line.axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(floor) y2=(floor) {}
                @for column in labelled(&labels) {
                    text x=(at(columns.middle(column))) y=(PLAN_HEIGHT - 8.0) text-anchor="middle" { (labels[column]) }
                }
            }
        }
    }
}

/// The highest thing that must be seen. One wide tail must not press everything else flat: beyond half again of the rest the
/// outermost band is cut off.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn top(cells: &[Cell], ahead: &[Ahead], unit: f64) -> f64 {
    let used = cells.iter().filter_map(Cell::units).max().unwrap_or(0) as f64 * unit;
    let high = |level| ahead.iter().map(|ahead| ahead.demand.quantile(level)).fold(0.0, f64::max);
    let base = ahead.iter().map(|ahead| ahead.base.mean()).fold(0.0, f64::max);
    let firm = used.max(high(0.95)).max(base);
    high(0.99).min(firm * 1.5).max(firm)
}

/// Runs of unknown buckets: where, and how many.
fn unknown(cells: &[Cell]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (column, _) in cells.iter().enumerate().filter(|(_, cell)| matches!(cell, Cell::Unknown { .. })) {
        match runs.last_mut() {
            Some((from, count)) if *from + *count == column => *count += 1,
            _ => runs.push((column, 1)),
        }
    }
    runs
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn bar(columns: &Columns, scale: &Scale, column: usize, cell: &Cell, unit: f64) -> Markup {
    let (seen, whole) = match cell {
        Cell::Known { units } => (*units, *units),
        Cell::Scaled { seen, units, .. } => (*seen, *units),
        // What was seen of it is no measure of what was needed.
        Cell::Unknown { seen, .. } => (0, *seen),
    };
    let gap = if columns.width > 5.0 { 1.0 } else { 0.25 };
    let rect = |class: &str, from: f64, to: f64| {
        let (high, low) = (scale.at(to * unit), scale.at(from * unit));
        html! {
            rect class=(class) x=(at(columns.left(column) + gap)) width=(at(2.0_f64.mul_add(-gap, columns.width).max(0.4)))
                y=(at(high)) height=(at(low - high)) {}
        }
    };
    html! {
        @if seen > 0 { (rect("used", 0.0, seen as f64)) }
        @if whole > seen { (rect("scaled", seen as f64, whole as f64)) }
    }
}

/// A line that is level within each bucket.
fn steps(columns: &Columns, scale: &Scale, first: usize, ahead: &[Ahead], value: impl Fn(&Ahead) -> f64) -> String {
    let mut path = String::new();
    for (number, ahead) in ahead.iter().enumerate() {
        let y = at(scale.at(value(ahead)));
        let command = if number == 0 { 'M' } else { 'L' };
        let (from, to) = (at(columns.left(first + number)), at(columns.left(first + number + 1)));
        let _ = write!(path, "{command}{from} {y}L{to} {y}");
    }
    path
}

fn band(columns: &Columns, scale: &Scale, first: usize, ahead: &[Ahead], low: f64, high: f64) -> String {
    if ahead.is_empty() {
        return String::new();
    }
    let mut path = steps(columns, scale, first, ahead, |ahead| ahead.demand.quantile(high));
    for (number, ahead) in ahead.iter().enumerate().rev() {
        let y = at(scale.at(ahead.demand.quantile(low)));
        let (from, to) = (at(columns.left(first + number)), at(columns.left(first + number + 1)));
        let _ = write!(path, "L{to} {y}L{from} {y}");
    }
    path.push('Z');
    path
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn marks(columns: &Columns, scale: &Scale, sheet: &Sheet<'_>, skipped: usize) -> Markup {
    let series = &sheet.item.series;
    let place = |mark: &Mark| usize::try_from(series.first.until(mark.bucket())).ok()?.checked_sub(skipped);
    let placed = series.marks.iter().filter_map(|mark| Some((place(mark)?, mark)));
    html! {
        @for (column, mark) in placed {
            @match mark {
                Mark::Outlier { units, .. } => {
                    circle.outlier cx=(at(columns.middle(column))) cy=(at(scale.at(*units as f64 * sheet.unit()))) r="6" {}
                }
                Mark::Shift(_) => {
                    line.shift x1=(at(columns.left(column))) x2=(at(columns.left(column))) y1=(TOP - 4.0) y2=(HEIGHT - BOTTOM) {}
                    text.shift x=(at(columns.left(column))) y=(TOP - 8.0) text-anchor="middle" { "level" }
                }
            }
        }
    }
}

fn events(columns: &Columns, first: usize, ahead: &[Ahead]) -> Markup {
    let covered: Vec<usize> = ahead
        .iter()
        .enumerate()
        .filter(|(_, ahead)| !ahead.events.steps.is_empty())
        .map(|(number, _)| number)
        .collect();
    html! {
        @for number in covered {
            @let (x, y) = (columns.middle(first + number), TOP - 6.0);
            path.event d=(format!("M{} {}l4 4l-4 4l-4 -4Z", at(x), at(y - 4.0))) {}
        }
    }
}

/// Columns with a label: as many as have room, the last one always.
fn labelled(labels: &[String]) -> Vec<usize> {
    let longest = labels.iter().map(String::len).max().unwrap_or(1).max(3);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few labels"
    )]
    let room = ((WIDTH - LEFT - RIGHT) / (longest as f64 * 7.0 + 14.0)) as usize;
    let every = labels.len().div_ceil(room.max(1)).max(1);
    (0..labels.len()).rev().step_by(every).filter(|column| column + every / 2 < labels.len() || every == 1).collect()
}

fn described(axis: Axis, sheet: &Sheet<'_>, seen: &Foreseen) -> String {
    let series = &sheet.item.series;
    let unknown = series.cells.iter().filter(|cell| matches!(cell, Cell::Unknown { .. })).count();
    let mut text = format!(
        "{} {}s from {} to {}, {} used in all",
        series.cells.len(),
        axis.size().word(),
        axis.label(series.first),
        axis.label(series.next().plus(-1)),
        number(sheet.used())
    );
    if unknown > 0 {
        let _ = write!(text, ", {unknown} of them unknown");
    }
    if let (Some(first), Some(last)) = (seen.ahead.first(), seen.ahead.last()) {
        let _ = write!(
            text,
            ". Expected: {} in {} (95 % at most {}), {} in {} (95 % at most {})",
            number(first.demand.mean()),
            axis.label(first.bucket),
            number(first.demand.quantile(0.95)),
            number(last.demand.mean()),
            axis.label(last.bucket),
            number(last.demand.quantile(0.95))
        );
    }
    text.push_str(". The tables below have every number.");
    text
}

/// A coordinate, short.
fn at(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
