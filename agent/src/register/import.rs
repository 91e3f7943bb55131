//! Import: a file of one kind held against the register, and what it would change. Nothing is changed here: the plan is
//! the dry run, and whoever keeps the facts takes the same plan in.
//!
//! A column that the file does not have leaves what is known as it is; an empty cell takes the default. Facts that the
//! file does not name stay. A name that stands twice is in doubt each time, so none of its rows is taken.

use std::{collections::HashMap, fmt};

use serde::Serialize;

use super::{
    Applied, Register,
    fact::{Fact, Kind, Origin},
    refusal::{Refusal, shown},
    row::{Cells, Need},
    rule::Rule,
    table::{FormFault, Next, Table, TableRow},
};

mod fault;

pub use fault::Fault;

/// Faults that are listed; beyond it they are counted. Nobody corrects more in one go.
pub const FAULTS_MAX: usize = 200;

/// What a file would change.
#[derive(Debug, Clone, Serialize)]
pub struct Import {
    pub kind: Kind,
    /// In the order of the file.
    pub changes: Vec<Change>,
    /// Rows that say what is known.
    pub unchanged: usize,
    /// By line, [`FAULTS_MAX`] at most.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub faults_more: usize,
    /// Rows with a fault.
    pub bad_rows: usize,
    pub form: Form,
}

/// Whether the file could be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Whole,
    /// Nothing of it is taken: where rows begin and end is in doubt.
    Broken,
}

/// One row that changes something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub line: u64,
    pub name: String,
    pub act: ChangeAct,
    /// The fact as it would be.
    pub fact: Fact,
}

/// What a row does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAct {
    Add,
    /// The fields that differ.
    Change(Vec<FieldChange>),
}

/// A field before and after, as cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    pub column: &'static str,
    pub old: String,
    pub new: String,
}

/// What becomes of the good rows of a file that has bad ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFault {
    /// All rows or none.
    #[default]
    TakeNone,
    SkipBad,
}

/// Why nothing is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("file cannot be read; correct what is wrong with it")]
    Broken,
    #[error("nothing was taken, since {0} rows have faults; correct them, or take the others without them")]
    BadRows(usize),
}

/// A row as far as it could be read by itself.
struct Read {
    line: u64,
    name: String,
    /// `None` when a cell it cannot do without is no value.
    fact: Option<Fact>,
    state: ReadState,
    /// The columns whose cells are no values.
    at_fault: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadState {
    Sound,
    AtFault,
}

impl Import {
    /// Holds a file against what is known.
    #[must_use]
    pub fn read(kind: Kind, bytes: &[u8], register: &Register) -> Self {
        let mut import = Self {
            kind,
            changes: Vec::new(),
            unchanged: 0,
            faults: Vec::new(),
            faults_more: 0,
            bad_rows: 0,
            form: Form::Whole,
        };
        match Table::open(bytes, kind.columns()) {
            Ok(table) => import.plan(table, register),
            Err(faults) => import.give_up(faults),
        }
        import.faults.sort_by_key(|fault| fault.line);
        import
    }

    /// The facts to take in, in the order of the file. They may no longer be allowed when they are: the register decides.
    ///
    /// # Errors
    /// [`NotTaken`] where faults stand in the way.
    pub fn facts(&self, on_fault: OnFault) -> Result<impl Iterator<Item = &Fact>, NotTaken> {
        match (self.form, on_fault) {
            (Form::Broken, _) => Err(NotTaken::Broken),
            (Form::Whole, OnFault::TakeNone) if self.bad_rows > 0 => Err(NotTaken::BadRows(self.bad_rows)),
            (Form::Whole, _) => Ok(self.changes.iter().map(|change| &change.fact)),
        }
    }

    /// How many rows add a fact, and how many change one.
    #[must_use]
    pub fn added_and_changed(&self) -> (usize, usize) {
        let added = self.changes.iter().filter(|change| change.act == ChangeAct::Add).count();
        (added, self.changes.len() - added)
    }

    fn plan(&mut self, mut table: Table<'_>, register: &Register) {
        let mut rows = Vec::new();
        loop {
            match table.next() {
                Next::Row(row) => rows.push(self.row(row, register)),
                Next::Broken(fault) => return self.give_up(vec![fault]),
                Next::End => break,
            }
        }
        let mut lines: HashMap<String, Vec<u64>> = HashMap::with_capacity(rows.len());
        for row in rows.iter().filter(|row| !row.name.is_empty()) {
            lines.entry(row.name.clone()).or_default().push(row.line);
        }
        let mut after = register.clone();
        for mut row in rows {
            let twins = lines.get(&row.name).map_or(&[][..], Vec::as_slice);
            if let Some(other) = twins.iter().find(|line| **line != row.line) {
                let refusal = Refusal::new(self.key(), Rule::Twice { line: *other });
                let name = row.name.clone();
                self.refuse(&mut row, refusal, &name);
            }
            self.apply(row, &mut after);
        }
    }

    /// Reads a row over what is known of its fact.
    fn row(&mut self, row: TableRow, register: &Register) -> Read {
        let columns = self.kind.columns();
        let given: Vec<bool> = row.cells.iter().map(Option::is_some).collect();
        let name = self.name(&row);
        let known = register.fact(self.kind, &name).map(|(fact, _)| fact.cells());
        let mut read = Read { line: row.line, name, fact: None, state: ReadState::Sound, at_fault: Vec::new() };
        // A cell that broke the form is missing too, and has been told of.
        let formed = row.faults.is_empty();
        for fault in row.faults {
            read.state = ReadState::AtFault;
            self.list(fault.into());
        }
        for (column, given) in columns.iter().zip(&given) {
            if formed && known.is_none() && column.need == Need::New && !given {
                let rule = Rule::NewNeeds { kind: self.kind, name: read.name.clone() };
                self.refuse(&mut read, Refusal::new(column.name, rule), "");
            }
        }
        let whole = row.cells.into_iter().enumerate().map(|(at, cell)| {
            let kept = || known.as_ref()?.get(at).cloned();
            cell.or_else(kept).unwrap_or_default()
        });
        let mut cells = Cells::new(columns, whole.collect());
        read.fact = self.kind.read(&mut cells);
        for (refusal, value) in cells.into_refusals() {
            // Of a cell that is not there enough is said.
            let at = columns.iter().position(|column| column.name == refusal.field);
            if at.and_then(|at| given.get(at)).is_none_or(|given| *given) {
                self.refuse(&mut read, refusal, &value);
            }
        }
        read
    }

    /// What the row names; empty where a cell of the name is.
    fn name(&self, row: &TableRow) -> String {
        let mut keys = self.kind.columns().iter().zip(&row.cells).filter(|(column, _)| column.need == Need::Key);
        if keys.any(|(_, cell)| cell.as_ref().is_none_or(String::is_empty)) {
            return String::new();
        }
        let given = row.cells.iter().map(|cell| cell.clone().unwrap_or_default()).collect();
        self.kind.name_in(&Cells::new(self.kind.columns(), given))
    }

    fn apply(&mut self, mut read: Read, after: &mut Register) {
        let Some(fact) = read.fact.take() else {
            self.bad_rows += 1;
            return;
        };
        let cells = Cells::new(self.kind.columns(), fact.cells());
        for refusal in after.check(&fact, Origin::Imported) {
            // A cell that could not be read has a stand-in, of which nothing need be said.
            if !read.at_fault.contains(&refusal.field) {
                let value = cells.text(refusal.field);
                self.refuse(&mut read, refusal, value);
            }
        }
        if read.state == ReadState::AtFault {
            self.bad_rows += 1;
            return;
        }
        let known = after.fact(self.kind, &read.name);
        match after.apply(fact.clone(), Origin::Imported) {
            Ok(Applied::Unchanged) => self.unchanged += 1,
            Ok(Applied::Added | Applied::Changed) => {
                let act = known.map_or(ChangeAct::Add, |(known, _)| ChangeAct::Change(differences(&known, &fact)));
                self.changes.push(Change { line: read.line, name: read.name, act, fact });
            }
            // Checked a moment ago.
            Err(_) => self.bad_rows += 1,
        }
    }

    fn give_up(&mut self, faults: Vec<FormFault>) {
        self.form = Form::Broken;
        self.changes.clear();
        for fault in faults {
            self.list(fault.into());
        }
    }

    fn refuse(&mut self, read: &mut Read, Refusal { field, rule }: Refusal, value: &str) {
        read.state = ReadState::AtFault;
        read.at_fault.push(field);
        self.list(Fault { line: read.line, column: field.into(), value: value.to_owned(), rule });
    }

    fn list(&mut self, mut fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            fault.shorten();
            self.faults.push(fault);
        } else {
            self.faults_more += 1;
        }
    }

    /// The column that names the facts, where a single one does.
    fn key(&self) -> &'static str {
        let mut keys = self.kind.columns().iter().filter(|column| column.need == Need::Key);
        keys.next().map_or("", |column| column.name)
    }
}

fn differences(old: &Fact, new: &Fact) -> Vec<FieldChange> {
    let cells = old.cells().into_iter().zip(new.cells());
    let columns = new.kind().columns().iter().zip(cells);
    let changed = columns.filter(|(_, (old, new))| old != new);
    changed.map(|(column, (old, new))| FieldChange { column: column.name, old, new }).collect()
}

/// A line for each change: `line 4: adds item "M8-BOLT"`, `line 5: changes bin "A-01": min "5" → "10"`.
impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Change { line, name, act, .. } in &self.changes {
            match act {
                ChangeAct::Add => writeln!(f, "line {line}: adds {} {}", self.kind, shown(name))?,
                ChangeAct::Change(fields) => {
                    let fields = fields
                        .iter()
                        .map(|FieldChange { column, old, new }| format!("{column} {} → {}", shown(old), shown(new)));
                    let fields = fields.collect::<Vec<_>>().join(", ");
                    writeln!(f, "line {line}: changes {} {}: {fields}", self.kind, shown(name))?;
                }
            }
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        if self.faults_more > 0 {
            writeln!(f, "and {} more faults", self.faults_more)?;
        }
        let (added, changed) = self.added_and_changed();
        write!(
            f,
            "{added} added, {changed} changed, {} unchanged; rows with faults: {}",
            self.unchanged, self.bad_rows
        )?;
        match self.form {
            Form::Whole => Ok(()),
            Form::Broken => f.write_str("; nothing of the file is taken"),
        }
    }
}

#[cfg(test)]
mod tests;
