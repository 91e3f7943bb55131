//! A CSV file with named columns, as spreadsheets write it: comma or semicolon, with or without a byte order mark.

use std::{
    fmt,
    fs::File,
    io::{BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use csv::StringRecord;
use serde::Serialize;

use super::{HistoryError, ROWS_MAX};

/// Faults of which the text is kept; all are counted.
const FAULTS_KEPT: usize = 1_000;

/// A row that was not used as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RowFault {
    pub(crate) file: String,
    /// Counted from 1, the names of the columns being line 1; 0 is the whole file.
    pub(crate) line: u64,
    pub(crate) what: String,
}

/// Rows that were not used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Faults {
    pub(crate) kept: Vec<RowFault>,
    pub(crate) count: u64,
}

/// An open file.
pub(crate) struct Table {
    path: PathBuf,
    reader: csv::Reader<BufReader<File>>,
    columns: Vec<String>,
    rows: u64,
    delimiter: u8,
}

/// One row. Values are trimmed.
pub(crate) struct Row {
    file: String,
    line: u64,
    record: StringRecord,
}

impl Table {
    pub(crate) fn open(path: &Path) -> Result<Self, HistoryError> {
        let fault = |source: csv::Error| HistoryError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(|error| fault(error.into()))?;
        let mut head = [0; 4_096];
        let read = file.read(&mut head).map_err(|error| fault(error.into()))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| fault(error.into()))?;
        let first = head[..read].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let delimiter = if first.contains(&b';') && !first.contains(&b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(BufReader::new(file));
        let columns = reader.headers().map_err(fault)?.iter();
        let columns = columns.map(|name| name.trim_start_matches('\u{feff}').to_ascii_lowercase()).collect();
        Ok(Self { path: path.to_owned(), reader, columns, rows: 0, delimiter })
    }

    /// Whether decimals may be written with a comma, as they are where the semicolon parts columns.
    pub(crate) fn decimal_comma(&self) -> bool {
        self.delimiter == b';'
    }

    /// The names of the columns, in lower case.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub(crate) fn needed<const N: usize>(
        &self,
        names: [&'static str; N],
        example: &'static str,
    ) -> Result<[usize; N], HistoryError> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            let missing = || HistoryError::Column { path: self.path.clone(), column: name, example };
            *place = self.column(name).ok_or_else(missing)?;
        }
        Ok(places)
    }

    /// The next row that is text; others are faults.
    pub(crate) fn next(&mut self, faults: &mut Faults) -> Result<Option<Row>, HistoryError> {
        loop {
            let mut record = StringRecord::new();
            let line = self.reader.position().line();
            let found = match self.reader.read_record(&mut record) {
                Ok(found) => found,
                Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                    self.rows += 1;
                    faults.count += 1;
                    faults.keep(self.file(), line, "is not UTF-8 text".to_owned());
                    continue;
                }
                Err(source) => return Err(HistoryError::Read { path: self.path.clone(), source }),
            };
            if !found {
                return Ok(None);
            }
            self.rows += 1;
            if self.rows > ROWS_MAX {
                return Err(HistoryError::Long { path: self.path.clone() });
            }
            let line = record.position().map_or(line, csv::Position::line);
            return Ok(Some(Row { file: self.file(), line, record }));
        }
    }

    fn file(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

impl Row {
    /// The value in a column; empty where the row is too short.
    pub(crate) fn get(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// Counted from 1, the names of the columns being line 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The value in a column that may not be there.
    pub(crate) fn or(&self, column: Option<usize>, otherwise: &str) -> String {
        column.map(|column| self.get(column)).filter(|value| !value.is_empty()).unwrap_or(otherwise).to_owned()
    }
}

impl Faults {
    pub(crate) fn add(&mut self, row: &Row, what: impl Into<String>) {
        self.count += 1;
        self.keep(row.file.clone(), row.line, what.into());
    }

    /// Where a row stands, for a fault that is only found later.
    pub(crate) fn place(row: &Row) -> RowFault {
        RowFault { file: row.file.clone(), line: row.line, what: String::new() }
    }

    /// A fault of a row that was read before.
    pub(crate) fn again(&mut self, place: &RowFault, what: String) {
        self.count += 1;
        self.keep(place.file.clone(), place.line, what);
    }

    /// A fault of a row that was read before, by its line.
    pub(crate) fn at(&mut self, file: &str, line: u64, what: String) {
        self.count += 1;
        self.keep(file.to_owned(), line, what);
    }

    /// Takes over faults that were found elsewhere.
    pub(crate) fn take(&mut self, other: &Self) {
        self.count += other.count - other.kept.len() as u64;
        for fault in &other.kept {
            self.at(&fault.file, fault.line, fault.what.clone());
        }
    }

    fn keep(&mut self, file: String, line: u64, what: String) {
        if self.kept.len() < FAULTS_KEPT {
            self.kept.push(RowFault { file, line, what });
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}, line {line}: {}", self.file, self.what),
        }
    }
}
