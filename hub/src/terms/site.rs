//! `site.toml`: calendars, agreement, joint orders, the rule of the statement. Without the file: work every day, no limits.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use jiff::civil::Date;
use planning::{
    replenish::{
        agreement::{Agreement, Authority, Limits, Terms},
        calendar::Calendar,
        item::Item,
        plan::{Joint, Site, Unacknowledged},
    },
    statement::{Rule, SourceKind},
};
use serde::{Deserialize, Serialize};

/// What the file is called.
pub(crate) const NAME: &str = "site.toml";

/// What a planner says of a site and its agreement.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SiteFile {
    pub(crate) today: Option<Date>,
    pub(crate) horizon_days: Option<usize>,
    week: Week,
    vendor_closed: BTreeSet<Date>,
    site_closed: BTreeSet<Date>,
    unacknowledged: Option<Unacknowledged>,
    agreement: AgreementFile,
    joint: Vec<Joint>,
    statement: StatementFile,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Week {
    #[default]
    EveryDay,
    Weekdays,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct AgreementFile {
    authority: Option<Authority>,
    limits: Limits,
}

/// `[statement]`: how sources become one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct StatementFile {
    rule: RuleName,
    /// Of the rule of this name: who is believed first.
    priority: Option<Vec<SourceKind>>,
    /// Past error of the forecast, a fraction from 0 on.
    forecast_wape: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum RuleName {
    #[default]
    Priority,
    Weighted,
    Maximum,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    #[error("cannot be read")]
    Read(#[from] std::io::Error),
    #[error("line {line}: {what}; docs/planning.md shows its keys")]
    Form { line: u64, what: String },
    #[error("statement.forecast_wape is {0}; it is a fraction from 0 on")]
    Wape(f64),
    #[error("statement.priority stands beside rule {0:?}; it is of the rule \"priority\"")]
    Priority(&'static str),
}

impl SiteError {
    fn form(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
        Self::Form { line, what: error.message().replace('\n', " ") }
    }
}

impl SiteFile {
    /// Reads the file of a folder; without it nothing is said.
    ///
    /// # Errors
    /// [`SiteError`]; then nothing of it is used.
    pub(crate) fn read(folder: &Path) -> Result<Self, SiteError> {
        let path = folder.join(NAME);
        // A link that leads nowhere is a file that cannot be read, not one that is not there.
        if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path)?;
        let file: Self = toml::from_str(&text).map_err(|error| SiteError::form(&text, &error))?;
        match (file.statement.rule, &file.statement.priority, file.statement.forecast_wape) {
            (_, _, Some(wape)) if !(wape.is_finite() && wape >= 0.0) => Err(SiteError::Wape(wape)),
            (RuleName::Weighted, Some(_), _) => Err(SiteError::Priority("weighted")),
            (RuleName::Maximum, Some(_), _) => Err(SiteError::Priority("maximum")),
            _ => Ok(file),
        }
    }

    /// How sources become one, and how far the forecast was off in the past.
    pub(crate) fn rule(&self) -> (Rule, Option<f64>) {
        let rule = match self.statement.rule {
            RuleName::Priority => self.statement.priority.clone().map_or_else(Rule::usual, Rule::Priority),
            RuleName::Weighted => Rule::Weighted,
            RuleName::Maximum => Rule::Maximum,
        };
        (rule, self.statement.forecast_wape)
    }

    /// The site to plan; `otherwise` is who decides where the file does not say it.
    pub(crate) fn site(&self, today: Date, horizon_days: usize, items: Vec<Arc<Item>>, otherwise: Authority) -> Site {
        let calendar = |closed: &BTreeSet<Date>| match self.week {
            Week::EveryDay => Calendar::every_day().but(closed.iter().copied()),
            Week::Weekdays => Calendar::weekdays(closed.iter().copied()),
        };
        let terms =
            Terms { authority: self.agreement.authority.unwrap_or(otherwise), limits: self.agreement.limits.clone() };
        Site {
            today,
            horizon_days,
            vendor_calendar: calendar(&self.vendor_closed),
            site_calendar: calendar(&self.site_closed),
            agreement: Agreement::new(Date::MIN, terms),
            unacknowledged: self.unacknowledged.unwrap_or(Unacknowledged::Counts),
            joint: self.joint.clone(),
            items,
        }
    }
}
