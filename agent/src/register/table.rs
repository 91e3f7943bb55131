//! CSV as people's programs write it: rows of cells under the names of a header.
//!
//! Owns the form of the file: encoding, separator, quotes, limits, on which line a row stands. Must not know facts.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};

use super::{
    row::{Column, Need},
    rule::Rule,
};

/// Bytes of a file: a hundred thousand rows of 160 bytes.
pub const FILE_LEN_MAX: usize = 16 * 1024 * 1024;

/// Rows of a file: as many as a register holds facts of a kind.
pub const ROWS_MAX: usize = super::FACTS_MAX;

/// Columns of a file. The widest kind has twelve; what spreadsheets add to the right is empty.
pub const COLUMNS_MAX: usize = 256;

/// Bytes of a cell: the longest item code.
pub const CELL_LEN_MAX: usize = gateway_proto::limits::ITEM_LEN_MAX;

/// The separators that programs use; a header of a single column has none.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What begins a row that is a note to the reader and no fact.
const NOTE: &[u8] = b"# ";

/// Something wrong with the form of a file or of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormFault {
    pub line: u64,
    /// Empty where it is no single column.
    pub column: Cow<'static, str>,
    pub value: String,
    pub rule: Rule,
}

/// A row: for each column its cell, `None` where the file has no such column.
#[derive(Debug)]
pub(super) struct TableRow {
    pub line: u64,
    pub cells: Vec<Option<String>>,
    pub faults: Vec<FormFault>,
}

/// What is next in a table.
#[derive(Debug)]
pub(super) enum Next {
    Row(TableRow),
    /// Nothing behind it can be read.
    Broken(FormFault),
    End,
}

/// A file whose header is understood.
pub(super) struct Table<'f> {
    columns: &'static [Column],
    /// For each column of the file which of ours it is; `None` for a column without a name.
    header: Vec<Option<usize>>,
    reader: csv::Reader<&'f [u8]>,
    lines: Lines<'f>,
    record: ByteRecord,
    rows: usize,
}

impl<'f> Table<'f> {
    /// Reads the header.
    ///
    /// # Errors
    /// Everything that is wrong with the file as a whole.
    pub(super) fn open(bytes: &'f [u8], columns: &'static [Column]) -> Result<Self, Vec<FormFault>> {
        let bytes = text_of(bytes).map_err(|fault| vec![fault])?;
        let separator = separator(bytes, columns);
        if let Some(line) = unclosed_quote(bytes, separator) {
            return Err(vec![FormFault::of_file(line, Rule::QuoteOpen)]);
        }
        let reader = ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(bytes);
        let lines = Lines { bytes, at: 0, line: 1 };
        let header = Vec::new();
        let mut table = Self { columns, header, reader, lines, record: ByteRecord::new(), rows: 0 };
        match table.advance() {
            Ok(Some(line)) => {
                table.header = header_of(&table.record, line, columns)?;
                Ok(table)
            }
            Ok(None) => Err(vec![FormFault::of_file(1, Rule::FileEmpty { columns })]),
            Err(fault) => Err(vec![fault]),
        }
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Next {
        let line = match self.advance() {
            Ok(Some(line)) => line,
            Ok(None) => return Next::End,
            Err(fault) => return Next::Broken(fault),
        };
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Next::Broken(FormFault::of_file(line, Rule::TooManyRows { max: ROWS_MAX }));
        }
        Next::Row(self.row(line))
    }

    fn row(&self, line: u64) -> TableRow {
        let mut row = TableRow { line, cells: vec![None; self.columns.len()], faults: Vec::new() };
        if self.record.len() < self.header.len() {
            let rule = Rule::RowTooShort { cells: self.record.len(), header: self.header.len() };
            row.faults.push(FormFault::of_file(line, rule));
        }
        for (at, bytes) in self.record.iter().enumerate() {
            let Some(ours) = self.header.get(at).copied().flatten() else {
                if !bytes.trim_ascii().is_empty() {
                    let fault = FormFault::of_file(line, Rule::NoColumn { cell: at + 1 });
                    row.faults.push(FormFault { value: String::from_utf8_lossy(bytes).into_owned(), ..fault });
                }
                continue;
            };
            match Self::cell(bytes) {
                Ok(cell) => {
                    if let Some(place) = row.cells.get_mut(ours) {
                        *place = Some(cell);
                    }
                }
                Err(rule) => row.faults.push(FormFault {
                    line,
                    column: self.columns.get(ours).map_or("", |column| column.name).into(),
                    value: String::from_utf8_lossy(bytes).into_owned(),
                    rule,
                }),
            }
        }
        row
    }

    /// What a cell says; else the rule it breaks.
    fn cell(bytes: &[u8]) -> Result<String, Rule> {
        if bytes.len() > CELL_LEN_MAX {
            return Err(Rule::CellTooLong { len: bytes.len(), max: CELL_LEN_MAX });
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Rule::CellNotUtf8);
        };
        if let Some(meant) = text.strip_prefix('\'')
            && needs_guard(meant)
        {
            return Ok(meant.to_owned());
        }
        let cell = text.trim();
        if looks_rounded(cell) {
            return Err(Rule::Shortened);
        }
        Ok(cell.to_owned())
    }

    /// Reads the next record that is neither note nor empty; its line.
    fn advance(&mut self) -> Result<Option<u64>, FormFault> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    return Err(FormFault::of_file(self.lines.line, Rule::NotCsv(error.to_string())));
                }
            }
            let line = self.lines.at(self.record.position().map_or(0, csv::Position::byte));
            let first = self.record.get(0).unwrap_or_default();
            if !first.starts_with(NOTE) && !self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                return Ok(Some(line));
            }
        }
    }
}

impl FormFault {
    fn of_file(line: u64, rule: Rule) -> Self {
        Self { line, column: "".into(), value: String::new(), rule }
    }
}

/// On which line a byte stands, asked in order. The reader's own count is off by one behind CRLF and empty lines
/// (rust-csv 395, 208).
struct Lines<'f> {
    bytes: &'f [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(found) = self.bytes.get(self.at) {
            // What ends the line before is not yet the record.
            let ends = matches!(found, b'\r' | b'\n');
            if self.at >= byte && !ends {
                break;
            }
            let half = *found == b'\r' && self.bytes.get(self.at + 1) == Some(&b'\n');
            self.line += u64::from(ends && !half);
            self.at += 1;
        }
        self.line
    }
}

/// The text of a file without its byte order mark.
fn text_of(bytes: &[u8]) -> Result<&[u8], FormFault> {
    if bytes.len() > FILE_LEN_MAX {
        return Err(FormFault::of_file(1, Rule::FileTooLarge { len: bytes.len(), max: FILE_LEN_MAX }));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FormFault::of_file(1, Rule::Utf16));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(FormFault::of_file(1, Rule::Spreadsheet));
    }
    Ok(bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes))
}

/// The separator under which the first line that is no note has most of our names.
fn separator(bytes: &[u8], columns: &[Column]) -> u8 {
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let header = lines.find(|line| !line.starts_with(NOTE) && !line.trim_ascii().is_empty()).unwrap_or_default();
    let names = |separator: u8| {
        let cells = header.split(move |byte| *byte == separator);
        cells.filter(|cell| ours(&String::from_utf8_lossy(cell).replace('"', ""), columns).is_some()).count()
    };
    // Of equals the last counts, so the comma is asked last.
    SEPARATORS.into_iter().rev().max_by_key(|separator| names(*separator)).unwrap_or(b',')
}

/// The line on which a quotation mark opens that nothing closes: the reader would take the rest of the file for one cell.
fn unclosed_quote(bytes: &[u8], separator: u8) -> Option<u64> {
    enum State {
        CellStart,
        Bare,
        Quoted,
        /// A quotation mark inside quotes: the end, or the first of two.
        Quote,
    }
    let (mut state, mut opened) = (State::CellStart, 0);
    for (at, byte) in bytes.iter().enumerate() {
        let ends = *byte == separator || matches!(byte, b'\r' | b'\n');
        state = match (state, byte) {
            (State::CellStart, b'"') => {
                opened = at;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) | (State::Quote, b'"') => State::Quoted,
            (State::CellStart | State::Bare | State::Quote, _) if ends => State::CellStart,
            (State::CellStart | State::Bare | State::Quote, _) => State::Bare,
        };
    }
    matches!(state, State::Quoted).then(|| Lines { bytes, at: 0, line: 1 }.at(opened as u64))
}

fn header_of(record: &ByteRecord, line: u64, columns: &'static [Column]) -> Result<Vec<Option<usize>>, Vec<FormFault>> {
    let mut faults = Vec::new();
    if record.len() > COLUMNS_MAX {
        let rule = Rule::TooManyColumns { len: record.len(), max: COLUMNS_MAX, columns };
        return Err(vec![FormFault::of_file(line, rule)]);
    }
    let mut header = Vec::new();
    for cell in record {
        let name = String::from_utf8_lossy(cell);
        let found = ours(&name, columns);
        if found.is_none() && !name.trim().is_empty() {
            let fault = FormFault::of_file(line, Rule::UnknownColumn { columns });
            faults.push(FormFault { column: name.trim().to_owned().into(), ..fault });
        } else if found.is_some() && header.contains(&found) {
            let fault = FormFault::of_file(line, Rule::ColumnTwice);
            faults.push(FormFault { column: name.trim().to_owned().into(), ..fault });
        }
        header.push(found);
    }
    for (at, column) in columns.iter().enumerate() {
        if column.need == Need::Key && !header.contains(&Some(at)) {
            let fault = FormFault::of_file(line, Rule::ColumnMissing);
            faults.push(FormFault { column: column.name.into(), ..fault });
        }
    }
    if faults.is_empty() { Ok(header) } else { Err(faults) }
}

fn ours(name: &str, columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.name.eq_ignore_ascii_case(name.trim()))
}

/// A cell as it is written to a file: what a spreadsheet would take for a formula, or change, gets a `'` in front, which
/// is a spreadsheet's own mark for text (OWASP, CSV injection). Reading takes it off again, and white space around a cell
/// that has none.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    if needs_guard(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// Asked of what stands behind all `'`, so that a text that begins with one is told from a mark.
fn needs_guard(cell: &str) -> bool {
    let cell = cell.trim_start_matches('\'');
    cell.starts_with(['=', '+', '-', '@'])
        || cell.as_bytes().starts_with(NOTE)
        || cell.starts_with(char::is_whitespace)
        || cell.ends_with(char::is_whitespace)
        || looks_rounded(cell)
}

/// `4.00638E+12`: the display of thirteen digits in a narrow column, saved.
fn looks_rounded(cell: &str) -> bool {
    let Some((number, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let exponent = exponent.strip_prefix('+');
    whole.len() == 1
        && digits(whole)
        && digits(fraction)
        && exponent.is_some_and(|text| text.len() <= 3 && digits(text))
}
