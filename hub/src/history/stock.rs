//! What a planner says is on the shelf: `customer,site,item,on_hand` and, where wanted, `order_min,multiple,capacity`.

use std::{collections::BTreeMap, path::Path};

use planning::{demand::SeriesKey, replenish::item::OnHand};

use super::{
    HistoryError, Item,
    amount::Amount,
    table::{Faults, Table},
};
use crate::restock::Shelf;

/// Puts what is there beside the items of a pool.
///
/// # Errors
/// [`HistoryError`] where the file cannot be read; rows at fault are told.
pub(super) fn stock(folder: &Path, pool: &str, items: &mut [Item], faults: &mut Faults) -> Result<(), HistoryError> {
    let path = folder.join("stock.csv");
    if !path.is_file() {
        return Ok(());
    }
    let mut table = Table::open(&path)?;
    let [on_hand] = table.needed(["on_hand"], "customer,site,item,on_hand")?;
    let [customer, site, order_min, multiple, capacity] =
        ["customer", "site", "order_min", "multiple", "capacity"].map(|name| table.column(name));
    let item = table.column("item").or(table.column("series_id"));
    let mut places: BTreeMap<SeriesKey, usize> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        places.insert(item.series.key.clone(), place);
    }
    while let Some(row) = table.next(faults)? {
        let customer = row.or(customer, pool);
        if customer != pool {
            continue;
        }
        let key = SeriesKey { customer, site: row.or(site, "-"), item: row.or(item, "") };
        let Some(&place) = places.get(&key) else {
            faults.add(&row, format!("there is no history of {:?} at {}", key.item, key.site));
            continue;
        };
        let decimals = items[place].decimals;
        let number = |text: &str| Amount::read(text, table.decimal_comma()).map(|amount| amount.units(decimals));
        let optional = |column| {
            let text = row.or(column, "");
            if text.is_empty() { Ok(None) } else { number(&text).map(Some) }
        };
        let read = number(row.get(on_hand)).and_then(|on_hand| {
            Ok(Shelf {
                on_hand: if on_hand < 0 { OnHand::Unknown } else { OnHand::Exactly(on_hand) },
                order_min: optional(order_min)?.unwrap_or(0),
                multiple: optional(multiple)?.unwrap_or(1),
                capacity: optional(capacity)?,
            })
        });
        match read {
            Ok(shelf) => items[place].shelf = Some(shelf),
            Err(error) => faults.add(&row, error.to_string()),
        }
    }
    Ok(())
}
