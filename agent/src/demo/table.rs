//! Truth, site and vendor beside each other.

use std::collections::BTreeMap;

use super::{
    rack::{PARTS, Part, Truth, VENDORS},
    stage::Stage,
};

/// One row for each item, and what no vendor should have seen.
pub(super) struct Table {
    rows: Vec<Row>,
    /// Items a vendor saw that are not its own.
    strangers: Vec<String>,
}

struct Row {
    part: &'static Part,
    used: [i64; 3],
    in_bin: [i64; 3],
}

impl Table {
    pub(super) async fn of(stage: &Stage, truth: &Truth) -> anyhow::Result<Self> {
        let site = stage.watcher.recorder.on_hand().await?;
        let mut seen = BTreeMap::new();
        let mut strangers = Vec::new();
        for vendor in VENDORS {
            let view = stage.seen_by(vendor).await?;
            for (item, _) in view.keys() {
                if !PARTS.iter().any(|part| part.vendor == vendor && part.item == item) {
                    strangers.push(format!("{vendor} sees {item}"));
                }
            }
            seen.insert(vendor, view);
        }
        let mut rows = Vec::new();
        for part in &PARTS {
            let bin = format!("bin:{}", part.bin);
            let at_site = |place: &str| -> anyhow::Result<i64> {
                Ok(site.get(&part.item.parse()?, &place.parse()?).unwrap_or(0))
            };
            let at_vendor =
                |place: &str| seen[part.vendor].get(&(part.item.to_owned(), place.to_owned())).copied().unwrap_or(0);
            rows.push(Row {
                part,
                used: [truth.used(part.item), at_site("used")?, at_vendor("used")],
                in_bin: [truth.in_bin(part.item), at_site(&bin)?, at_vendor(&bin)],
            });
        }
        Ok(Self { rows, strangers })
    }

    /// Whether all three say the same of every item, and nobody sees what is not his.
    pub(super) fn agrees(&self) -> bool {
        self.strangers.is_empty() && self.rows.iter().all(Row::agrees)
    }
}

impl Row {
    fn agrees(&self) -> bool {
        let same = |[truth, site, vendor]: [i64; 3]| truth == site && site == vendor;
        same(self.used) && same(self.in_bin)
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:<14}{:<9}{:>24}{:>32}", "", "", "used", "in the bin")?;
        let head = ["truth", "site", "vendor"];
        write!(f, "{:<14}{:<9}", "item", "vendor")?;
        for column in head.iter().chain(&head) {
            write!(f, "{column:>10}")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "{:<14}{:<9}", row.part.item, row.part.vendor)?;
            for number in row.used.iter().chain(&row.in_bin) {
                write!(f, "{number:>10}")?;
            }
            writeln!(f, "{}", if row.agrees() { "" } else { "   <- differs" })?;
        }
        self.strangers.iter().try_for_each(|stranger| writeln!(f, "{stranger}: it must not"))
    }
}
