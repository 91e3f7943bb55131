//! What is said of all items together: the refused, faults, how near it would have come, the list of items.

use maud::{Markup, html};
use planning::demand::Verdict;

use super::{
    PoolSheet, Report, Sheet,
    figure::{fixed, number, percent, signed, thousands},
};
use crate::outlook::{Judged, METHODS, Outlook};

/// Rows of the table of items; those beyond are in the CSV.
const ROWS_MAX: usize = 5_000;

/// Faults shown; all are in the CSV.
const FAULTS_SHOWN: usize = 50;

pub(super) fn refusals(refused: &[(&PoolSheet<'_>, &Sheet<'_>)]) -> Markup {
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
                                tr { th scope="row" { (sheet.name()) } td { (pool.name) } td { (why) } }
                            }
                        }
                    }
                }
            }
            @if refused.len() > ROWS_MAX { p { "and " (refused.len() - ROWS_MAX) " more; all are in refused.csv." } }
        }
    }
}

pub(super) fn faults(report: &Report<'_>) -> Markup {
    let faults = report.faults;
    html! {
        section aria-labelledby="faults" {
            h2 #faults { "What to put right in the files" }
            @if !report.notes.is_empty() { ul { @for note in report.notes { li { (note) } } } }
            @if faults.count > 0 {
                ul.plain {
                    @for fault in faults.kept.iter().take(FAULTS_SHOWN) {
                        li { (fault) }
                    }
                }
                @if faults.count > FAULTS_SHOWN as u64 {
                    p { "and " (thousands(faults.count - FAULTS_SHOWN as u64)) " more." }
                }
            }
        }
    }
}

pub(super) fn accuracy(report: &Report<'_>) -> Markup {
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

pub(super) fn index(foreseen: &[(&PoolSheet<'_>, &Sheet<'_>)], anchors: &[Option<String>]) -> Markup {
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
                                            @if let Some(anchor) = anchor { a href=(format!("#{anchor}")) { (sheet.name()) } }
                                            @else { (sheet.name()) }
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

fn against_naive(judged: &Judged) -> String {
    let [own, naive, _] = judged.methods;
    if naive.spl > 0.0 { signed(own.spl / naive.spl - 1.0) } else { "–".to_owned() }
}
