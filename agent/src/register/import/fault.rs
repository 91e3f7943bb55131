//! What is wrong with a file: where, what stands there, which rule, the way out.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::super::{refusal::shown, rule::Rule, table::FormFault};

/// Something wrong with a row, or with the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// From 1, as an editor counts; the header's is 1.
    pub line: u64,
    /// Empty where it is no single column.
    pub column: Cow<'static, str>,
    /// What stands there, shortened.
    pub value: String,
    #[serde(flatten)]
    pub rule: Rule,
}

impl Fault {
    /// Keeps of the value, and of a column's name that is the file's own, what they can be found by.
    pub(super) fn shorten(&mut self) {
        const VALUE_MAX: usize = 200;
        const COLUMN_MAX: usize = 60;
        if let Some((end, _)) = self.value.char_indices().nth(VALUE_MAX) {
            self.value.truncate(end);
        }
        if self.column.chars().count() > COLUMN_MAX || self.column.contains(char::is_control) {
            self.column = shown(&self.column).into();
        }
    }
}

impl From<FormFault> for Fault {
    fn from(FormFault { line, column, value, rule }: FormFault) -> Self {
        Self { line, column, value, rule }
    }
}

/// `line 4, factor "0": must be 1 to 1000000; write …`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        if !self.value.is_empty() {
            write!(f, " {}", shown(&self.value))?;
        }
        write!(f, ": {}", self.rule)
    }
}
