//! A table of labels as CSV: columns `code`, `title`, `subtitle`, `note`, in any order, only `code` needed.
//!
//! Owns quoting and the choice of separator (comma, semicolon or tab, whichever the heading has: spreadsheets write
//! what their country writes). Must not know files. Source: RFC 4180.

/// One row. Absent cells are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The line it begins on, from 1.
    pub line: usize,
    pub code: String,
    pub title: String,
    pub subtitle: String,
    pub note: String,
}

/// Why a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    #[error("table is empty; its first line must name the columns: code,title,subtitle,note")]
    Empty,
    #[error("line 1: column {0:?} is unknown; columns are code, title, subtitle, note")]
    Column(String),
    #[error("line 1: column {0:?} is there twice; remove one")]
    Twice(String),
    #[error("line 1: no column `code`; the first line must name the columns: code,title,subtitle,note")]
    NoCode,
    #[error("line {line}: {found} cells where the heading has {expected}; put a cell with the separator in quotes")]
    Cells { line: usize, found: usize, expected: usize },
    #[error("line {line}: a quote is never closed; double a quote that is part of the text")]
    Quote { line: usize },
}

#[derive(Debug, Clone, Copy)]
enum Column {
    Code,
    Title,
    Subtitle,
    Note,
}

/// Reads a table with its heading. Empty lines are left out.
///
/// # Errors
/// [`CsvError`] with the line.
pub fn rows(text: &str) -> Result<Vec<Row>, CsvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = text.lines().next().unwrap_or_default();
    let separator = [';', '\t'].into_iter().find(|&c| heading.contains(c)).unwrap_or(',');
    let mut records = records(text, separator)?.into_iter();
    let (_, heading) = records.next().ok_or(CsvError::Empty)?;
    let columns = columns(&heading)?;
    let rows = records.map(|(line, cells)| {
        if cells.len() != columns.len() {
            return Err(CsvError::Cells { line, found: cells.len(), expected: columns.len() });
        }
        let mut row = Row { line, ..Row::default() };
        for (column, cell) in columns.iter().zip(cells) {
            match column {
                Column::Code => row.code = cell,
                Column::Title => row.title = cell,
                Column::Subtitle => row.subtitle = cell,
                Column::Note => row.note = cell,
            }
        }
        Ok(row)
    });
    rows.collect()
}

fn columns(heading: &[String]) -> Result<Vec<Column>, CsvError> {
    let mut columns = Vec::new();
    for (nth, name) in heading.iter().enumerate() {
        let name = name.trim();
        if heading.iter().take(nth).any(|other| other.trim().eq_ignore_ascii_case(name)) {
            return Err(CsvError::Twice(name.to_owned()));
        }
        columns.push(match name.to_ascii_lowercase().as_str() {
            "code" => Column::Code,
            "title" => Column::Title,
            "subtitle" => Column::Subtitle,
            "note" => Column::Note,
            _ => return Err(CsvError::Column(name.to_owned())),
        });
    }
    if columns.iter().any(|column| matches!(column, Column::Code)) { Ok(columns) } else { Err(CsvError::NoCode) }
}

/// Lines that are not empty, as cells, with the number of the line they begin on.
fn records(text: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>, CsvError> {
    let mut records = Vec::new();
    let (mut line, mut begun) = (1, 1);
    let (mut cell, mut cells) = (String::new(), Vec::new());
    let mut quoted = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match (c, quoted) {
            ('"', Some(_)) if chars.next_if_eq(&'"').is_some() => cell.push(c),
            ('"', Some(_)) => quoted = None,
            (_, Some(_)) => cell.push(c),
            ('"', None) if cell.is_empty() => quoted = Some(line),
            ('\r', None) if chars.peek() == Some(&'\n') => {}
            ('\n', None) => {
                cells.push(std::mem::take(&mut cell));
                records.push((begun, std::mem::take(&mut cells)));
                begun = line;
            }
            (_, None) if c == separator => cells.push(std::mem::take(&mut cell)),
            (_, None) => cell.push(c),
        }
    }
    if let Some(line) = quoted {
        return Err(CsvError::Quote { line });
    }
    cells.push(cell);
    records.push((begun, cells));
    records.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, code: &str, title: &str, subtitle: &str) -> Row {
        Row { line, code: code.to_owned(), title: title.to_owned(), subtitle: subtitle.to_owned(), ..Row::default() }
    }

    #[test]
    fn columns_stand_in_any_order_and_cells_may_be_quoted() {
        let text = "\u{feff}title,code,subtitle\r\n\"Bolt, M8\",A-01,\"6\"\" long\"\r\n\r\n,A-02,\n";
        assert_eq!(rows(text).unwrap(), [row(2, "A-01", "Bolt, M8", "6\" long"), row(4, "A-02", "", "")]);
    }

    #[test]
    fn a_table_from_a_country_of_semicolons_is_read() {
        assert_eq!(rows("Code;Title\nA-01;1,5 mm\n").unwrap(), [row(2, "A-01", "1,5 mm", "")]);
    }

    #[test]
    fn a_quoted_cell_may_go_over_lines_and_the_next_row_knows_its_own() {
        let read = rows("code,title\nA,\"two\nlines\"\nB,x\n").unwrap();
        assert_eq!(read, [row(2, "A", "two\nlines", ""), row(4, "B", "x", "")]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, expect) in [
            ("", CsvError::Empty),
            ("name\nA\n", CsvError::Column("name".to_owned())),
            ("code,code\nA,B\n", CsvError::Twice("code".to_owned())),
            ("title\nA\n", CsvError::NoCode),
            ("code\nA\nA,B\n", CsvError::Cells { line: 3, found: 2, expected: 1 }),
            ("code\n\"A\nB\n", CsvError::Quote { line: 2 }),
        ] {
            assert_eq!(rows(text), Err(expect), "{text:?}");
        }
    }
}
