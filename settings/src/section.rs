//! A cursor over one table of the file that takes keys by name and type, remembers which it has seen, and notes every
//! fault instead of stopping at one. Knows TOML, not what the keys mean.

use std::{
    fmt::Display,
    ops::{Range, RangeInclusive},
    str::FromStr,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::fault::Fault;

/// Where faults are noted, and what is worth a look though it is none.
pub struct Notes<'t> {
    text: &'t str,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

/// A value with the place it stands at.
#[derive(Debug, Clone)]
pub struct At<T> {
    pub value: T,
    pub span: Range<usize>,
    pub key: String,
}

/// One table, half read.
pub struct Section<'t, 'v> {
    path: String,
    span: Range<usize>,
    table: &'v DeTable<'t>,
    seen: Vec<&'static str>,
}

impl<'t> Notes<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, faults: Vec::new(), warnings: Vec::new() }
    }

    /// Notes a fault at a byte range of the text.
    pub fn note(&mut self, span: &Range<usize>, key: &str, rule: impl Display) {
        let fault = self.fault(span, key, &rule);
        self.faults.push(fault);
    }

    /// Whether anything was noted so far.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Notes a fault of a value that was read.
    pub fn note_at<T>(&mut self, at: &At<T>, rule: impl Display) {
        self.note(&at.span, &at.key, rule);
    }

    /// Notes something about a value that speaks against nothing.
    pub fn warn_at<T>(&mut self, at: &At<T>, rule: impl Display) {
        let warning = self.fault(&at.span, &at.key, &rule);
        self.warnings.push(warning);
    }

    /// The warnings so far in the order of their lines; they are handed out once.
    pub fn take_warnings(&mut self) -> Vec<Fault> {
        self.warnings.sort_by_key(|warning| warning.line);
        std::mem::take(&mut self.warnings)
    }

    fn fault(&self, span: &Range<usize>, key: &str, rule: &dyn Display) -> Fault {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Fault { line: before.matches('\n').count() + 1, key: key.to_owned(), rule: rule.to_string() }
    }

    /// The faults in the order of their lines.
    pub(crate) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }
}

impl<T> At<T> {
    /// Parses the text of a value, noting what its type says against it.
    pub fn parse<U: FromStr<Err: Display>>(self, notes: &mut Notes<'_>) -> Option<At<U>>
    where
        T: AsRef<str>,
    {
        match self.value.as_ref().parse() {
            Ok(value) => Some(At { value, span: self.span, key: self.key }),
            Err(error) => {
                notes.note(&self.span, &self.key, error);
                None
            }
        }
    }
}

impl<'t, 'v> Section<'t, 'v> {
    pub(crate) fn root(table: &'v Spanned<DeTable<'t>>) -> Self {
        Self { path: String::new(), span: 0..0, table: table.get_ref(), seen: Vec::new() }
    }

    /// Where the section begins.
    #[must_use]
    pub fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// The full path of a key of this section.
    #[must_use]
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a fault of a key: where it stands, or where the section begins if it is absent.
    pub fn note(&self, notes: &mut Notes<'_>, key: &str, rule: impl Display) {
        let at = self.table.keys().find(|k| k.get_ref() == key).map(Spanned::span);
        notes.note(&at.unwrap_or_else(|| self.span.clone()), &self.path(key), rule);
    }

    /// A text that may be absent.
    pub fn text(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        self.typed(notes, key, value, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A text that may be absent and that no fault may quote.
    pub fn secret(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        let path = self.path(key);
        match value.get_ref().as_str() {
            Some(text) => Some(At { value: text.to_owned(), span: value.span(), key: path }),
            None => {
                notes.note(&value.span(), &path, "must be a text in quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn needed(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<At<String>> {
        if !self.has(key) {
            notes.note(&self.span, &self.path(key), "is missing");
        }
        self.text(notes, key)
    }

    /// A whole number that may be absent, within `range`.
    pub fn integer(&mut self, notes: &mut Notes<'_>, key: &'static str, range: RangeInclusive<i64>) -> Option<At<i64>> {
        let value = self.take(key)?;
        let wanted = format!("a whole number in {}..={}", range.start(), range.end());
        self.typed(notes, key, value, &wanted, |value| {
            let integer = value.as_integer()?;
            let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            range.contains(&number).then_some(number)
        })
    }

    /// A number, whole or not, that may be absent, within `range`.
    pub fn number(&mut self, notes: &mut Notes<'_>, key: &'static str, range: RangeInclusive<f64>) -> Option<At<f64>> {
        let value = self.take(key)?;
        let wanted = format!("a number in {}..={}", range.start(), range.end());
        self.typed(notes, key, value, &wanted, |value| {
            let text = value.as_float().map(|float| float.as_str());
            let text = text.or_else(|| value.as_integer().map(|integer| integer.as_str()))?;
            let number: f64 = text.parse().ok()?;
            range.contains(&number).then_some(number)
        })
    }

    /// `true` or `false`, that may be absent.
    pub fn flag(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<At<bool>> {
        let value = self.take(key)?;
        self.typed(notes, key, value, "true or false", DeValue::as_bool)
    }

    /// A table whose keys are the site's own and whose values are texts; may be absent. Values of another type are noted
    /// and left out.
    pub fn text_table(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Vec<(String, At<String>)>> {
        let value = self.take(key)?;
        let table = self.typed(notes, key, value, "a table", |value| value.as_table())?;
        let mut texts = Vec::new();
        for (name, value) in table.value {
            let path = format!("{}.{}", table.key, name.get_ref());
            match value.get_ref().as_str() {
                Some(text) => {
                    texts.push((
                        name.get_ref().to_string(),
                        At { value: text.to_owned(), span: value.span(), key: path },
                    ));
                }
                None => notes.note(&value.span(), &path, "is no text"),
            }
        }
        Some(texts)
    }

    /// A list of texts that may be absent. Elements of another type are noted and left out.
    pub fn texts(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.take(key)?;
        let list = self.typed(notes, key, value, "a list of texts", |value| value.as_array())?;
        let mut texts = Vec::new();
        for (i, element) in list.value.iter().enumerate() {
            match element.get_ref().as_str() {
                Some(text) => {
                    texts.push(At { value: text.to_owned(), span: element.span(), key: format!("{}[{i}]", list.key) });
                }
                None => notes.note(&element.span(), &format!("{}[{i}]", list.key), "is no text"),
            }
        }
        Some(texts)
    }

    /// A table that may be absent.
    pub fn table(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Self> {
        let value = self.take(key)?;
        let table = self.typed(notes, key, value, "a table", |value| value.as_table())?;
        Some(Self { path: table.key, span: table.span, table: table.value, seen: Vec::new() })
    }

    /// A list of tables, empty when absent.
    pub fn tables(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Vec<Self> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let wanted = "a list of tables; write [[…]] with two brackets";
        let Some(list) = self.typed(notes, key, value, wanted, |value| value.as_array()) else { return Vec::new() };
        let mut sections = Vec::new();
        for (i, element) in list.value.iter().enumerate() {
            let path = format!("{}[{i}]", list.key);
            match element.get_ref().as_table() {
                Some(table) => sections.push(Self { path, span: element.span(), table, seen: Vec::new() }),
                None => notes.note(&element.span(), &path, "is no table"),
            }
        }
        sections
    }

    /// Notes every key that nobody asked for.
    pub fn end(self, notes: &mut Notes<'_>) {
        for key in self.table.keys().filter(|key| !self.seen.contains(&key.get_ref().as_ref())) {
            let known = self.seen.join(", ");
            notes.note(&key.span(), &self.path(key.get_ref()), format_args!("is not known here; known are {known}"));
        }
    }

    /// Whether a key is there at all.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.keys().any(|k| k.get_ref() == key)
    }

    fn take(&mut self, key: &'static str) -> Option<&'v Spanned<DeValue<'t>>> {
        self.seen.push(key);
        self.table.iter().find(|(k, _)| k.get_ref() == key).map(|(_, value)| value)
    }

    fn typed<T>(
        &self,
        notes: &mut Notes<'_>,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
        wanted: &str,
        read: impl FnOnce(&'v DeValue<'t>) -> Option<T>,
    ) -> Option<At<T>> {
        let path = self.path(key);
        match read(value.get_ref()) {
            Some(read) => Some(At { value: read, span: value.span(), key: path }),
            None => {
                let found = value.get_ref().type_str();
                let shown = self.shown(notes, value);
                notes.note(&value.span(), &path, format_args!("must be {wanted}; {shown} is of type {found}"));
                None
            }
        }
    }

    /// The value as it stands in the file, cut to one short line.
    fn shown(&self, notes: &Notes<'_>, value: &Spanned<DeValue<'_>>) -> String {
        let text = notes.text.get(value.span()).unwrap_or_default();
        text.lines().next().unwrap_or_default().chars().take(40).collect()
    }
}
