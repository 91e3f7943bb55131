//! Why a fact cannot stand in the register: the field, the rule it breaks, the way out.

use std::fmt;

use serde::Serialize;

use super::rule::Rule;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The field by its name in a file, `min` say.
    pub field: &'static str,
    #[serde(flatten)]
    pub rule: Rule,
}

/// Every rule that a fact breaks; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused(pub Vec<Refusal>);

impl Refusal {
    pub(crate) const fn new(field: &'static str, rule: Rule) -> Self {
        Self { field, rule }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, refusal) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            refusal.fmt(f)?;
        }
        Ok(())
    }
}

/// A text of a person's file as it may be shown: control characters escaped, cut where it gets long.
pub(super) fn shown(text: &str) -> String {
    /// Characters of a value that a fault repeats: enough to find it by.
    const SHOWN_MAX: usize = 60;
    let cut: String = text.chars().take(SHOWN_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}
