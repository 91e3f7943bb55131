//! Known events as a planner writes them: `id,site,items,from,to,effect,amount,author,reason`, and `customer` where wanted.

use std::path::Path;

use planning::demand::{Effect, Items, KnownEvent};

use super::{
    HistoryError,
    axis::{Axis, End},
    table::{Faults, RowFault, Table},
};

/// Events of one file: every week of ten years for a hundred items, more than a person can mean.
const EVENTS_MAX: usize = 50_000;

/// An event whose dates are still as they were written, since histories differ in how they count time.
#[derive(Debug, Clone)]
pub(crate) struct EventLine {
    customer: Option<String>,
    from: String,
    to: String,
    event: KnownEvent,
    place: RowFault,
}

/// Reads a file of events.
///
/// # Errors
/// [`HistoryError`] where it cannot be read; single rows are faults.
pub(crate) fn events(path: &Path, faults: &mut Faults) -> Result<Vec<EventLine>, HistoryError> {
    const EXAMPLE: &str = "id,site,items,from,to,effect,amount,author,reason";
    let mut table = Table::open(path)?;
    let [id, from, to, effect, amount, author, reason] =
        table.needed(["id", "from", "to", "effect", "amount", "author", "reason"], EXAMPLE)?;
    let [customer, site, items] = ["customer", "site", "items"].map(|name| table.column(name));
    let mut lines: Vec<EventLine> = Vec::new();
    while let Some(row) = table.next(faults)? {
        if lines.len() == EVENTS_MAX {
            faults.add(&row, format!("more than {EVENTS_MAX} events; this one and those after it are not used"));
            break;
        }
        let number: Option<f64> = row.get(amount).parse().ok().filter(|number: &f64| number.is_finite());
        let Some(number) = number else {
            faults.add(&row, format!("amount {:?} is no number", row.get(amount)));
            continue;
        };
        let effect = match row.get(effect) {
            "percent" => Effect::Percent(number),
            "units" => Effect::Units(number),
            "absolute" => Effect::Absolute(number),
            other => {
                faults.add(&row, format!("effect {other:?} is none of percent, units, absolute"));
                continue;
            }
        };
        let named = |column| Some(row.or(column, "")).filter(|text| !text.is_empty() && text != "*");
        let event = KnownEvent {
            id: row.get(id).to_owned(),
            site: named(site),
            items: named(items)
                .map_or(Items::All, |items| Items::Only(items.split(';').map(|item| item.trim().to_owned()).collect())),
            // Told apart from the real days by `for_pool`.
            from: jiff::civil::Date::MIN,
            to: jiff::civil::Date::MAX,
            effect,
            author: row.get(author).to_owned(),
            reason: row.get(reason).to_owned(),
            entered: lines.len() as u64,
        };
        if let Err(error) = event.check() {
            faults.add(&row, error.to_string());
            continue;
        }
        if lines.iter().any(|line| line.event.id == event.id) {
            faults.add(&row, format!("an earlier event is called {} too", event.id));
            continue;
        }
        let place = Faults::place(&row);
        let (from, to) = (row.get(from).to_owned(), row.get(to).to_owned());
        lines.push(EventLine { customer: named(customer), from, to, event, place });
    }
    Ok(lines)
}

/// The events of a pool, dated as its history counts time. What cannot be dated is a fault.
pub(crate) fn for_pool(lines: &[EventLine], pool: &str, axis: Axis, faults: &mut Faults) -> Vec<KnownEvent> {
    let mut events = Vec::new();
    for line in lines.iter().filter(|line| line.customer.as_ref().is_none_or(|customer| customer == pool)) {
        let (Some(from), Some(to)) = (axis.day(&line.from, End::First), axis.day(&line.to, End::Last)) else {
            faults.again(&line.place, format!("from or to is no period of {pool}; {}", axis.example()));
            continue;
        };
        let event = KnownEvent { from, to, ..line.event.clone() };
        match event.check() {
            Ok(()) => events.push(event),
            Err(error) => faults.again(&line.place, error.to_string()),
        }
    }
    events
}
