//! Settings files of site and hub: TOML in, values or every fault at once out.
//!
//! A derived reader stops at the first fault; whoever edits a file on a gateway over a slow link wants them all. So a
//! [`Section`] takes keys by name and type, notes what is wrong in [`Notes`] and goes on. Knows TOML, not what the
//! keys mean, and touches no file: the caller reads the text.

mod fault;
mod section;

use std::path::Path;

use toml::de::DeTable;

pub use self::{
    fault::{Fault, Faults},
    section::{At, Notes, Section},
};

/// The exit status for a settings file with faults (`EX_USAGE` of sysexits.h).
pub const EXIT_FAULTS: u8 = 64;

/// Reads `text`, which stands in `file`, with `read`. What `read` returns counts only when nothing was noted.
///
/// # Errors
/// [`Faults`] in the order of their lines; syntax errors alone when there are any.
pub fn read<T>(
    text: &str,
    file: &Path,
    read: impl FnOnce(&mut Notes<'_>, Section<'_, '_>) -> Option<T>,
) -> Result<T, Faults> {
    let mut notes = Notes::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        notes.note(&error.span().unwrap_or(0..0), "", error.message());
    }
    // What a damaged text still seems to say is not worth judging.
    let value = if errors.is_empty() { read(&mut notes, Section::root(&root)) } else { None };
    let faults = notes.into_faults();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Faults { file: file.to_owned(), faults }),
    }
}

/// Reads the bytes of a file as text.
///
/// # Errors
/// [`Faults`] with the line where the bytes stop being UTF-8.
pub fn text(bytes: Vec<u8>, file: &Path) -> Result<String, Faults> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let fault = Fault { line, key: String::new(), rule: "is not UTF-8 from here on".to_owned() };
        Faults { file: file.to_owned(), faults: vec![fault] }
    })
}

#[cfg(test)]
mod tests;
