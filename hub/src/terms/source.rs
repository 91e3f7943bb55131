//! `sources.csv`: what others than the forecast expect, `source,kind,author,item,period,quantity`, and `wape`, `site`,
//! `customer` where wanted. A row at fault is named and not used; the others count.

use std::{collections::BTreeMap, path::Path};

use jiff::civil::Date;
use planning::statement::SourceKind;

use crate::{
    history::{Amount, Axis, End, Faults, HistoryError, Row, RowFault, Table},
    outlook::{FORECAST, Opinion, SOURCES_MAX, Spoken},
};

/// A row whose period is still as it was written, since histories differ in how they count time.
#[derive(Debug, Clone)]
pub(super) struct SourceLine {
    customer: Option<String>,
    site: Option<String>,
    item: String,
    source: String,
    kind: SourceKind,
    author: String,
    period: String,
    units: f64,
    wape: Option<f64>,
    place: RowFault,
}

/// Reads the file.
///
/// # Errors
/// [`HistoryError`] where it cannot be read; single rows are faults.
pub(super) fn read(path: &Path, faults: &mut Faults) -> Result<Vec<SourceLine>, HistoryError> {
    const EXAMPLE: &str = "source,kind,author,item,period,quantity";
    let mut table = Table::open(path)?;
    let columns = table.needed(["source", "kind", "author", "item", "period", "quantity"], EXAMPLE)?;
    let optional = ["customer", "site", "wape"].map(|name| table.column(name));
    let mut lines = Vec::new();
    while let Some(row) = table.next(faults)? {
        match line(&row, columns, optional, table.decimal_comma()) {
            Ok(line) => lines.push(line),
            Err(why) => faults.add(&row, why),
        }
    }
    Ok(lines)
}

fn line(
    row: &Row,
    [source, kind, author, item, period, quantity]: [usize; 6],
    [customer, site, wape]: [Option<usize>; 3],
    decimal_comma: bool,
) -> Result<SourceLine, String> {
    for (column, name) in [(source, "source"), (author, "author"), (item, "item")] {
        if row.get(column).is_empty() {
            return Err(format!("{name} is empty"));
        }
    }
    if row.get(source) == FORECAST {
        return Err(format!("a source may not be called {FORECAST}: that is the forecast's own name"));
    }
    let kind = match row.get(kind).replace([' ', '-'], "_").as_str() {
        "contract" => SourceKind::Contract,
        "customer_plan" => SourceKind::CustomerPlan,
        "sales" => SourceKind::Sales,
        "vendor" => SourceKind::Vendor,
        _ => return Err(format!("kind {:?} is none of contract, customer_plan, sales, vendor", row.get(kind))),
    };
    let amount = Amount::read(row.get(quantity), decimal_comma).map_err(|error| format!("quantity {error}"))?;
    if amount.thousandths() < 0 {
        return Err(format!("quantity {amount} is below nothing"));
    }
    let wape = match row.or(wape, "") {
        text if text.is_empty() => None,
        text => match Amount::read(&text, decimal_comma).map(Amount::value) {
            Ok(wape) if wape >= 0.0 => Some(wape),
            Ok(_) | Err(_) => return Err(format!("wape {text:?} is no fraction from 0 on, such as 0.25")),
        },
    };
    let named = |column| Some(row.or(column, "")).filter(|text| !text.is_empty() && text != "*");
    Ok(SourceLine {
        customer: named(customer),
        site: named(site),
        item: row.get(item).to_owned(),
        source: row.get(source).to_owned(),
        kind,
        author: row.get(author).to_owned(),
        period: row.get(period).to_owned(),
        units: amount.value(),
        wape,
        place: Faults::place(row),
    })
}

/// The sources of a pool by item, dated as its history counts time. What cannot be dated, or contradicts an earlier row of
/// its source, is a fault.
pub(super) fn for_pool(
    lines: &[SourceLine],
    pool: &str,
    axis: Axis,
    faults: &mut Faults,
) -> BTreeMap<String, Vec<Opinion>> {
    let mut found: BTreeMap<String, Vec<Opinion>> = BTreeMap::new();
    // Days that a source has spoken of, by their first.
    let mut spoken: BTreeMap<(&str, &str, Option<&str>), BTreeMap<Date, Date>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.customer.as_ref().is_none_or(|customer| customer == pool)) {
        let (Some(from), Some(to)) = (axis.day(&line.period, End::First), axis.day(&line.period, End::Last)) else {
            faults.again(&line.place, format!("{:?} is no period of {pool}; {}", line.period, axis.example()));
            continue;
        };
        let opinions = found.entry(line.item.clone()).or_default();
        let of_all = |site: &Option<String>| site.is_none();
        if opinions.iter().any(|one| one.source == line.source && of_all(&one.site) != of_all(&line.site)) {
            let what = format!("{} of {} names a site in some rows and none in others", line.source, line.item);
            faults.again(&line.place, what);
            continue;
        }
        let is_known = |one: &Opinion| one.source == line.source && one.site == line.site;
        let at = opinions.iter().position(is_known).unwrap_or(opinions.len());
        if at == SOURCES_MAX {
            let what = format!("{} has more than {SOURCES_MAX} sources; this one is not used", line.item);
            faults.again(&line.place, what);
            continue;
        }
        if at == opinions.len() {
            opinions.push(Opinion {
                source: line.source.clone(),
                kind: line.kind,
                author: line.author.clone(),
                site: line.site.clone(),
                wape: line.wape,
                spans: Vec::new(),
            });
        }
        let opinion = &mut opinions[at];
        if let Some(why) = contradiction(opinion, line) {
            faults.again(&line.place, why);
            continue;
        }
        let days = spoken.entry((&line.item, &line.source, line.site.as_deref())).or_default();
        if days.range(..=to).next_back().is_some_and(|(_, last)| *last >= from) {
            faults.again(&line.place, format!("an earlier row of {} says something of these days too", line.source));
            continue;
        }
        days.insert(from, to);
        opinion.wape = opinion.wape.or(line.wape);
        opinion.spans.push(Spoken { from, to, units: line.units });
    }
    found.retain(|_, opinions| {
        opinions.retain(|opinion| !opinion.spans.is_empty());
        !opinions.is_empty()
    });
    found
}

/// What a row says otherwise than the first of its source and item.
fn contradiction(opinion: &Opinion, line: &SourceLine) -> Option<String> {
    if opinion.kind != line.kind {
        return Some(format!("{} is of kind {} in an earlier row", line.source, opinion.kind));
    }
    if opinion.author != line.author {
        return Some(format!("{} of {} is by {} in an earlier row", line.source, line.item, opinion.author));
    }
    match (opinion.wape, line.wape) {
        (Some(before), Some(now)) if before.to_bits() != now.to_bits() => {
            Some(format!("{} of {} has wape {before} in an earlier row", line.source, line.item))
        }
        _ => None,
    }
}
