//! The register as files: what import takes in again without a change.

use csv::{Terminator, WriterBuilder};

use super::{Register, fact::Kind, table::guarded};

/// The facts of a kind as CSV: UTF-8 with the byte order mark that spreadsheets ask for, commas, CRLF, all columns.
/// Facts of the site's file are among them.
///
/// # Panics
/// Never: rows of equal length go to memory.
#[must_use]
pub fn export(kind: Kind, register: &Register) -> Vec<u8> {
    const IN_MEMORY: &str = "rows of equal length are written to memory";
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    writer.write_record(kind.columns().iter().map(|column| column.name)).expect(IN_MEMORY);
    for (fact, _) in register.facts(kind) {
        writer.write_record(fact.cells().iter().map(|cell| guarded(cell).into_owned())).expect(IN_MEMORY);
    }
    writer.into_inner().expect(IN_MEMORY)
}
