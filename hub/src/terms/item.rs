//! `items.csv`: one row an item, with its stock and how it may be ordered. A row that breaks a rule is named by its line and
//! its item not planned: without its row nobody knows what is allowed.

use std::{collections::BTreeMap, path::Path};

use clap::ValueEnum;
use jiff::civil::Date;
use planning::{
    probability::Law,
    replenish::{
        item::{Item, OnHand, Open, OrderState, Owner},
        need::{Interval, Need},
        policy::{Policy, Target, Trigger},
    },
};
use serde::Serialize;

use crate::history::{Faults, HistoryError, Row, Table};

/// Service of items that name none.
const SERVICE: f64 = 0.95;

/// Columns that are known; another is a fault of the whole file, so that no misspelt limit is silently none.
const COLUMNS: [&str; 30] = [
    "item",
    "site",
    "customer",
    "on_hand",
    "on_hand_low",
    "on_hand_high",
    "last_known",
    "on_order",
    "on_order_due",
    "on_order_reference",
    "allocated",
    "backordered",
    "lead_days",
    "lead_sd",
    "review_days",
    "service",
    "fill_rate",
    "policy",
    "min",
    "max",
    "quantity",
    "moq",
    "multiple",
    "pack",
    "capacity",
    "agreed_min",
    "agreed_max",
    "unit_cost",
    "owner",
    "can_order",
];

/// Columns of demand, for items without a history.
const DEMAND: [&str; 2] = ["demand_per_day", "demand_sd"];

/// Columns that say what is there.
const ON_HAND: [&str; 4] = ["on_hand", "on_hand_low", "on_hand_high", "last_known"];

/// How an item is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyName {
    /// At every review up to a level: (R, S)
    Review,
    /// At or below a point, lots of one quantity: (s, Q)
    PointQuantity,
    /// At or below a point, up to a level: (s, S)
    PointUpTo,
    /// At or below min, up to max
    MinMax,
    /// Min and max, and as soon as the forecast goes below min
    MinMaxForecast,
}

/// Who says what is on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The file, in a column that it must have.
    InFile,
    /// The hub's ledger: the file's columns are passed over.
    InLedger,
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct ItemFile {
    /// Rows that can be planned, in their order.
    pub(crate) rows: Vec<ItemRow>,
    /// Items whose row cannot be used, and why.
    pub(crate) held: BTreeMap<String, String>,
    /// Whether there is a row of which nobody can say whose it is.
    pub(crate) has_nameless: bool,
    /// Columns that were passed over.
    pub(crate) passed_over: Vec<String>,
}

/// One row that can be planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ItemRow {
    pub(crate) line: u64,
    pub(crate) item: String,
    pub(crate) site: Option<String>,
    pub(crate) customer: Option<String>,
    /// Unknown where the ledger says it.
    pub(crate) on_hand: OnHand,
    pub(crate) open: Vec<Open>,
    pub(crate) allocated: i64,
    pub(crate) backordered: i64,
    pub(crate) interval: Interval,
    pub(crate) policy: Policy,
    pub(crate) order_min: i64,
    pub(crate) multiple: i64,
    pub(crate) pack: i64,
    pub(crate) capacity: Option<i64>,
    pub(crate) agreed_min: Option<i64>,
    pub(crate) agreed_max: Option<i64>,
    pub(crate) unit_cost: f64,
    pub(crate) owner: Owner,
    pub(crate) can_order: Option<i64>,
    /// Mean and standard deviation a day, where the row says them.
    demand: Option<(f64, f64)>,
}

/// Reads the file; rows at fault are left out and told.
///
/// # Errors
/// [`HistoryError`] where it cannot be read, lacks a column or has one that is not known.
pub(crate) fn read(
    path: &Path,
    policy: PolicyName,
    counted: Counted,
    faults: &mut Faults,
) -> Result<ItemFile, HistoryError> {
    const EXAMPLE: &str = "item,on_hand,lead_days";
    let mut table = Table::open(path)?;
    let columns = table.columns().to_vec();
    let is_known = |column: &str| COLUMNS.iter().chain(&DEMAND).any(|known| *known == column);
    if let Some(column) = columns.iter().find(|column| !is_known(column)) {
        return Err(HistoryError::Unknown { path: path.to_owned(), column: column.clone() });
    }
    table.needed(["item", "lead_days"], EXAMPLE)?;
    let mut file = ItemFile::default();
    match counted {
        Counted::InFile => {
            table.needed(["on_hand"], EXAMPLE)?;
        }
        Counted::InLedger => {
            file.passed_over = columns.iter().filter(|name| ON_HAND.contains(&name.as_str())).cloned().collect();
        }
    }
    let mut seen: BTreeMap<(String, Option<String>, Option<String>), u64> = BTreeMap::new();
    loop {
        let told = faults.count;
        let row = table.next(faults)?;
        // A row that is no text.
        file.has_nameless |= faults.count > told;
        let Some(row) = row else { break };
        let line = row.line();
        let fields = Fields { columns: &columns, row: &row, counted };
        let read = fields.row(line, policy).and_then(|read| match seen.get(&place(&read, counted)) {
            Some(first) => Err(format!("item {} is in line {first} too", read.item)),
            None => Ok(read),
        });
        match read {
            Ok(read) => {
                seen.insert(place(&read, counted), line);
                file.rows.push(read);
            }
            Err(why) => {
                match fields.text("item") {
                    Some(item) => {
                        let why = format!("items.csv, line {line}: {why}");
                        file.held.entry(item.to_owned()).or_insert(why);
                    }
                    None => file.has_nameless = true,
                }
                faults.add(&row, why);
            }
        }
    }
    file.held.retain(|item, _| !file.rows.iter().any(|row| row.item == *item));
    Ok(file)
}

/// What only one row may be about. A plan of files has each item once; a file of the hub may be of several sites.
fn place(row: &ItemRow, counted: Counted) -> (String, Option<String>, Option<String>) {
    match counted {
        Counted::InFile => (row.item.clone(), None, None),
        Counted::InLedger => (row.item.clone(), row.site.clone(), row.customer.clone()),
    }
}

impl ItemRow {
    /// The law of a day's demand, where the row says it.
    pub(crate) fn per_day(&self) -> Option<Law> {
        self.demand.map(|(mean, sd)| Law::of_counts(mean, sd * sd))
    }

    /// The item as it is planned.
    pub(crate) fn item(&self, on_hand: OnHand, need: Need) -> Item {
        Item {
            id: self.item.clone(),
            owner: self.owner.clone(),
            on_hand,
            allocated: self.allocated,
            backordered: self.backordered,
            open: self.open.clone(),
            interval: self.interval,
            policy: self.policy,
            order_min: self.order_min,
            multiple: self.multiple,
            pack: self.pack,
            capacity: self.capacity,
            agreed_min: self.agreed_min,
            agreed_max: self.agreed_max,
            unit_cost: self.unit_cost,
            can_order: self.can_order,
            need,
        }
    }
}

struct Fields<'a> {
    columns: &'a [String],
    row: &'a Row,
    counted: Counted,
}

impl Fields<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let at = self.columns.iter().position(|column| column == name)?;
        Some(self.row.get(at)).filter(|text| !text.is_empty())
    }

    fn of<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} is {text:?}; it must be {what}"))
    }

    fn count(&self, name: &str) -> Result<Option<i64>, String> {
        let count: Option<i64> = self.of(name, "a whole number")?;
        match count {
            Some(count) if count.unsigned_abs() > 1_000_000_000_000 => {
                Err(format!("{name} is {count}; that cannot be counted"))
            }
            count => Ok(count),
        }
    }

    fn at_least_zero(&self, name: &str) -> Result<Option<i64>, String> {
        match self.count(name)? {
            Some(count) if count < 0 => Err(format!("{name} is {count}; it must be 0 or more")),
            count => Ok(count),
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let number: Option<f64> = self.of(name, "a number")?;
        match number {
            Some(number) if !(number >= 0.0 && number.is_finite()) => {
                Err(format!("{name} is {number}; it must be 0 or more"))
            }
            number => Ok(number),
        }
    }

    fn row(&self, line: u64, otherwise: PolicyName) -> Result<ItemRow, String> {
        let days = |name: &str, otherwise: f64| match self.number(name)? {
            Some(days) if days > 1_000.0 => Err(format!("{name} is {days}; it must be 1000 days at most")),
            days => Ok(days.unwrap_or(otherwise)),
        };
        let Some(lead_days) = self.number("lead_days")? else { return Err("lead_days is missing".to_owned()) };
        let interval = Interval {
            lead_days: days("lead_days", lead_days)?,
            lead_sd: days("lead_sd", 0.0)?,
            review_days: days("review_days", 1.0)?,
        };
        let demand = self.number("demand_per_day")?.map(|mean| Ok::<_, String>((mean, self.number("demand_sd")?)));
        let demand = demand.transpose()?.map(|(mean, sd)| (mean, sd.unwrap_or(mean.sqrt())));
        Ok(ItemRow {
            line,
            item: self.text("item").ok_or("item is missing")?.to_owned(),
            site: self.text("site").map(str::to_owned),
            customer: self.text("customer").map(str::to_owned),
            on_hand: self.on_hand()?,
            open: self.open()?,
            allocated: self.at_least_zero("allocated")?.unwrap_or(0),
            backordered: self.at_least_zero("backordered")?.unwrap_or(0),
            interval,
            policy: self.policy(otherwise)?,
            order_min: self.at_least_zero("moq")?.unwrap_or(0),
            multiple: self.at_least_zero("multiple")?.unwrap_or(1),
            pack: self.at_least_zero("pack")?.unwrap_or(1),
            capacity: self.at_least_zero("capacity")?,
            agreed_min: self.at_least_zero("agreed_min")?,
            agreed_max: self.at_least_zero("agreed_max")?,
            unit_cost: self.number("unit_cost")?.unwrap_or(0.0),
            owner: match self.text("owner") {
                None | Some("customer") => Owner::Customer,
                Some("vendor") => Owner::Vendor,
                Some(other) => Owner::ThirdParty(other.to_owned()),
            },
            can_order: self.count("can_order")?,
            demand,
        })
    }

    /// A number, an interval around it, a day since when nothing is known; no number at all is unknown.
    fn on_hand(&self) -> Result<OnHand, String> {
        if self.counted == Counted::InLedger {
            return Ok(OnHand::Unknown);
        }
        let Some(quantity) = self.count("on_hand")? else { return Ok(OnHand::Unknown) };
        let (low, high) = (self.count("on_hand_low")?, self.count("on_hand_high")?);
        let (low, high) = (low.unwrap_or(quantity), high.unwrap_or(quantity));
        if low > quantity || quantity > high {
            return Err(format!("on_hand is {quantity}, which is not within {low} to {high}"));
        }
        let at: Option<Date> = self.of("last_known", "a date like 2026-11-23")?;
        Ok(match at {
            Some(at) => OnHand::LastKnown { quantity, low, high, at },
            None if low < high => OnHand::About { quantity, low, high },
            None => OnHand::Exactly(quantity),
        })
    }

    fn open(&self) -> Result<Vec<Open>, String> {
        let Some(quantity) = self.at_least_zero("on_order")?.filter(|quantity| *quantity > 0) else {
            return Ok(Vec::new());
        };
        let due: Option<Date> = self.of("on_order_due", "a date like 2026-11-23")?;
        let due = due.ok_or("on_order has no on_order_due: say when it comes")?;
        let reference = self.text("on_order_reference").unwrap_or_default().to_owned();
        Ok(vec![Open { reference, quantity, due, state: OrderState::Acknowledged }])
    }

    fn policy(&self, otherwise: PolicyName) -> Result<Policy, String> {
        let part = |name: &str| match self.number(name)? {
            Some(part) if !(part > 0.0 && part < 1.0) => Err(format!("{name} is {part}; it must be between 0 and 1")),
            part => Ok(part),
        };
        let target = match (part("service")?, part("fill_rate")?) {
            (Some(_), Some(_)) => {
                return Err("service and fill_rate are both given; keep the one that is meant".to_owned());
            }
            (None, Some(fill)) => Target::FillRate(fill),
            (service, None) => Target::CycleService(service.unwrap_or(SERVICE)),
        };
        let name = match self.text("policy") {
            None => otherwise,
            Some(text) => <PolicyName as ValueEnum>::from_str(&text.replace('_', "-"), true).map_err(|_| {
                format!(
                    "policy is {text:?}; it must be review, point-quantity, point-up-to, min-max or min-max-forecast"
                )
            })?,
        };
        let quantity = || match self.at_least_zero("quantity")? {
            Some(quantity) if quantity > 0 => Ok(quantity),
            Some(_) | None => Err("policy needs a quantity above 0".to_owned()),
        };
        let min_max = |trigger| match (self.at_least_zero("min")?, self.at_least_zero("max")?) {
            (Some(min), Some(max)) if min < max => Ok(Policy::MinMax { min, max, trigger }),
            (Some(min), Some(max)) => Err(format!("min is {min} and max {max}; max must be above min")),
            _ => Err("policy needs min and max".to_owned()),
        };
        match name {
            PolicyName::Review => Ok(Policy::Review { target }),
            PolicyName::PointQuantity => Ok(Policy::PointQuantity { quantity: quantity()?, target }),
            PolicyName::PointUpTo => Ok(Policy::PointUpTo { quantity: quantity()?, target }),
            PolicyName::MinMax => min_max(Trigger::AtMin),
            PolicyName::MinMaxForecast => min_max(Trigger::Forecast),
        }
    }
}
