//! What is wrong with a configuration file, in words an operator can act on.

use std::{error::Error, fmt, path::PathBuf};

/// One fault: where it is, which key, which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// The key's full path, such as `feed[2].token`; empty where the file is no TOML at all.
    pub key: String,
    pub rule: String,
}

/// Every fault of one file, in the order of its lines. Prints one per line: `hub.toml:12: feed[1].token: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    pub file: PathBuf,
    pub faults: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}: ", self.file.display(), fault.line)?;
            if !fault.key.is_empty() {
                write!(f, "{}: ", fault.key)?;
            }
            f.write_str(&fault.rule)?;
        }
        Ok(())
    }
}

impl Error for Faults {}
