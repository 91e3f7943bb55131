//! `site.toml`: calendars, agreement, joint orders. Without the file: work every day, plans go for approval, no limits.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use anyhow::Context as _;
use jiff::civil::Date;
use planning::replenish::{
    agreement::{Agreement, Authority, Limits, Terms},
    calendar::Calendar,
    item::Item,
    plan::{Joint, Site, Unacknowledged},
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SiteFile {
    pub(super) today: Option<Date>,
    pub(super) horizon_days: Option<usize>,
    week: Week,
    vendor_closed: BTreeSet<Date>,
    site_closed: BTreeSet<Date>,
    unacknowledged: Option<Unacknowledged>,
    agreement: AgreementFile,
    joint: Vec<Joint>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Week {
    #[default]
    EveryDay,
    Weekdays,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AgreementFile {
    authority: Option<Authority>,
    limits: Limits,
}

impl SiteFile {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("site.toml");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("read {}; docs/planning.md shows its keys", path.display()))
    }

    pub(super) fn site(self, today: Date, horizon_days: usize, items: Vec<Arc<Item>>) -> Site {
        let calendar = |closed: BTreeSet<Date>| match self.week {
            Week::EveryDay => Calendar::every_day().but(closed),
            Week::Weekdays => Calendar::weekdays(closed),
        };
        let terms = Terms {
            authority: self.agreement.authority.unwrap_or(Authority::PlanApproval),
            limits: self.agreement.limits,
        };
        Site {
            today,
            horizon_days,
            vendor_calendar: calendar(self.vendor_closed),
            site_calendar: calendar(self.site_closed),
            agreement: Agreement::new(Date::MIN, terms),
            unacknowledged: self.unacknowledged.unwrap_or(Unacknowledged::Counts),
            joint: self.joint,
            items,
        }
    }
}
