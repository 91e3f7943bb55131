//! `orders.csv`: orders of the customer that are not served yet, `order,item,date,quantity`, and `site`, `customer` where wanted. They
//! consume the forecast. A row at fault is named and not used; the others count.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    history::{Amount, Axis, End, Faults, HistoryError, Row, RowFault, Table},
    outlook::Ordered,
};

/// A row whose date is still as it was written, since histories differ in how they count time.
#[derive(Debug, Clone)]
pub(super) struct OrderLine {
    customer: Option<String>,
    site: Option<String>,
    item: String,
    order: String,
    date: String,
    units: u64,
    place: RowFault,
}

/// Reads the file.
///
/// # Errors
/// [`HistoryError`] where it cannot be read; single rows are faults.
pub(super) fn read(path: &Path, faults: &mut Faults) -> Result<Vec<OrderLine>, HistoryError> {
    let mut table = Table::open(path)?;
    let columns = table.needed(["order", "item", "date", "quantity"], "order,item,date,quantity")?;
    let optional = ["customer", "site"].map(|name| table.column(name));
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(row) = table.next(faults)? {
        match line(&row, columns, optional, table.decimal_comma()) {
            Ok(line) => {
                let (site, customer) = (line.site.clone(), line.customer.clone());
                if seen.insert((line.order.clone(), line.item.clone(), line.date.clone(), site, customer)) {
                    lines.push(line);
                } else {
                    faults.add(&row, format!("an earlier row has {} of order {} for that day", line.item, line.order));
                }
            }
            Err(why) => faults.add(&row, why),
        }
    }
    Ok(lines)
}

fn line(
    row: &Row,
    [order, item, date, quantity]: [usize; 4],
    [customer, site]: [Option<usize>; 2],
    decimal_comma: bool,
) -> Result<OrderLine, String> {
    for (column, name) in [(order, "order"), (item, "item")] {
        if row.get(column).is_empty() {
            return Err(format!("{name} is empty"));
        }
    }
    let amount = Amount::read(row.get(quantity), decimal_comma).map_err(|error| format!("quantity {error}"))?;
    let units = u64::try_from(amount.units(0)).ok().filter(|_| amount.decimals() == 0);
    let named = |column| Some(row.or(column, "")).filter(|text| !text.is_empty() && text != "*");
    Ok(OrderLine {
        customer: named(customer),
        site: named(site),
        item: row.get(item).to_owned(),
        order: row.get(order).to_owned(),
        date: row.get(date).to_owned(),
        units: units.ok_or_else(|| format!("quantity {amount} is no whole number from 0 on"))?,
        place: Faults::place(row),
    })
}

/// The orders of a pool by item, dated as its history counts time. What cannot be dated is a fault.
pub(super) fn for_pool(
    lines: &[OrderLine],
    pool: &str,
    axis: Axis,
    faults: &mut Faults,
) -> BTreeMap<String, Vec<Ordered>> {
    let mut found: BTreeMap<String, Vec<Ordered>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.customer.as_ref().is_none_or(|customer| customer == pool)) {
        let Some(day) = axis.day(&line.date, End::First) else {
            faults.again(&line.place, format!("{:?} is no date of {pool}; {}", line.date, axis.example()));
            continue;
        };
        let (order, site) = (line.order.clone(), line.site.clone());
        found.entry(line.item.clone()).or_default().push(Ordered { order, site, day, units: line.units });
    }
    found
}
