//! What is wrong with a configuration file, in words an operator can act on.

use std::{borrow::Cow, error::Error, fmt, path::PathBuf};

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
                write!(f, "{}: ", shown(&fault.key))?;
            }
            f.write_str(&shown(&fault.rule))?;
        }
        Ok(())
    }
}

impl Error for Faults {}

/// A text as it may be shown: keys and values may be any text in quotation marks. Of a long one the beginning (what is
/// wrong) and the end (the way out).
fn shown(text: &str) -> Cow<'_, str> {
    /// Characters at either end.
    const END_CHARS: usize = 300;
    let begins = text.char_indices().nth(END_CHARS).map(|(at, _)| at);
    let ends = text.char_indices().rev().nth(END_CHARS - 1).map(|(at, _)| at);
    let short = match (begins, ends) {
        (Some(begins), Some(ends)) if begins < ends => Cow::Owned(format!("{} … {}", &text[..begins], &text[ends..])),
        _ => Cow::Borrowed(text),
    };
    if short.contains(char::is_control) { Cow::Owned(short.escape_debug().to_string()) } else { short }
}
