//! Why a planner's file cannot be used as a whole.

use std::path::PathBuf;

use super::ROWS_MAX;

/// Why a history cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("read {path}")]
    Read { path: PathBuf, source: csv::Error },
    #[error("{path} has no column {column}; its first line must name its columns, for example {example}")]
    Column { path: PathBuf, column: &'static str, example: &'static str },
    #[error("{path} has an unknown column {column}; docs/planning.md names them")]
    Unknown { path: PathBuf, column: String },
    #[error("{0} has neither usage.csv nor demand.csv; docs/demand.md shows both forms")]
    Nothing(PathBuf),
    #[error("{0} has usage.csv and demand.csv; keep the one that is meant")]
    Both(PathBuf),
    #[error("{path} has more than {ROWS_MAX} rows; cut it by customer or by time")]
    Long { path: PathBuf },
}

impl HistoryError {
    /// What is wrong, for readers who need not know where the hub keeps its files.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Read { source, .. } => format!("cannot be read: {source}"),
            Self::Column { column, example, .. } => {
                format!("has no column {column}; its first line must name its columns, for example {example}")
            }
            Self::Unknown { column, .. } => format!("has an unknown column {column}; docs/planning.md names them"),
            Self::Nothing(_) => "has neither usage.csv nor demand.csv".to_owned(),
            Self::Both(_) => "has usage.csv and demand.csv; keep the one that is meant".to_owned(),
            Self::Long { .. } => format!("has more than {ROWS_MAX} rows"),
        }
    }
}
