//! Tables for people: columns as wide as their widest cell, numbers to the right.
//!
//! Must not know what stands in them. Plain spaces, so that a table in a pipe can be read by `awk` as well.

/// Rows under a head.
#[derive(Debug)]
pub(super) struct Table {
    /// The word over a column, and to which side its cells lean.
    columns: Vec<(&'static str, Lean)>,
    rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lean {
    Left,
    Right,
}

/// Between two columns.
const GAP: &str = "  ";

impl Table {
    /// Columns by their heads; those that begin with `>` hold numbers.
    pub(super) fn new(heads: &[&'static str]) -> Self {
        let column =
            |head: &&'static str| head.strip_prefix('>').map_or((*head, Lean::Left), |head| (head, Lean::Right));
        Self { columns: heads.iter().map(column).collect(), rows: Vec::new() }
    }

    /// A row; cells that are missing are empty.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cell = |row: &Vec<String>, at: usize| row.get(at).map_or(0, |cell| cell.chars().count());
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (head, _))| self.rows.iter().map(|row| cell(row, at)).fold(head.chars().count(), usize::max))
            .collect();
        let heads = self.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for ((at, (_, lean)), width) in self.columns.iter().enumerate().zip(&widths) {
                let cell = row.get(at).map_or("", String::as_str);
                let gap = if at == 0 { "" } else { GAP };
                line.push_str(gap);
                line.push_str(&match lean {
                    Lean::Left => format!("{cell:<width$}"),
                    Lean::Right => format!("{cell:>width$}"),
                });
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// What is known as text, else a dash.
pub(super) fn or_dash<T: ToString>(known: Option<T>) -> String {
    known.map_or_else(|| "-".to_owned(), |known| known.to_string())
}

/// So many: `1 line`, `2 lines`.
pub(super) fn many(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Codes may hold control characters, which would break the table, or the terminal.
fn one_line(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_numbers_lean_right() {
        let mut table = Table::new(&["bin", ">books", "state"]);
        table.row(["A-01".to_owned(), "5".to_owned(), "low".to_owned()]);
        table.row(["Übergrößen-7".to_owned(), "120000".to_owned(), String::new()]);
        assert_eq!(
            table.to_string(),
            "bin            books  state\n\
             A-01               5  low\n\
             Übergrößen-7  120000\n"
        );
    }

    #[test]
    fn a_code_with_control_characters_stays_on_its_line() {
        let mut table = Table::new(&["code"]);
        table.row(["a\u{1d}b\u{1b}[31m\n".to_owned()]);
        assert_eq!(table.to_string(), "code\na·b·[31m·\n");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            (many(1, "line"), many(0, "line"), many(2, "line")),
            ("1 line".into(), "0 lines".into(), "2 lines".into())
        );
    }
}
