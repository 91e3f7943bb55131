//! One row read field by field, so that a field nobody read is noticed; and what counts as equal.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value};

/// An object whose fields are ticked off as they are read.
pub(crate) struct Row<'a> {
    fields: &'a Map<String, Value>,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(value: &'a Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or_else(|| format!("{value} is no object"))?;
        Ok(Self { fields, read: RefCell::default() })
    }

    /// The field under the first of these names that is there.
    pub(crate) fn get(&self, names: &[&str]) -> Option<&'a Value> {
        let (name, value) = names.iter().find_map(|name| self.fields.get_key_value(*name))?;
        self.read.borrow_mut().insert(name.clone());
        Some(value)
    }

    pub(crate) fn value(&self, names: &[&str]) -> Result<&'a Value, String> {
        self.get(names).ok_or_else(|| format!("no field {}", names[0]))
    }

    pub(crate) fn number(&self, name: &str) -> Result<f64, String> {
        self.number_of(&[name])
    }

    pub(crate) fn number_of(&self, names: &[&str]) -> Result<f64, String> {
        number(self.value(names)?)
    }

    pub(crate) fn number_or(&self, names: &[&str], default: f64) -> Result<f64, String> {
        self.get(names).map_or(Ok(default), number)
    }

    pub(crate) fn whole(&self, names: &[&str]) -> Result<i64, String> {
        whole(self.number_of(names)?)
    }

    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        numbers(self.value(&[name])?)
    }

    /// The sum of a list, a number, or of nothing.
    pub(crate) fn sum(&self, names: &[&str]) -> Result<f64, String> {
        self.get(names).map_or(Ok(0.0), |value| match value {
            Value::Array(_) => Ok(numbers(value)?.iter().sum()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => number(value),
        })
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, String> {
        self.value(&[name])?.as_str().ok_or_else(|| format!("{name} is no text"))
    }

    pub(crate) fn flag_or(&self, name: &str, default: bool) -> Result<bool, String> {
        self.get(&[name]).map_or(Ok(default), |value| value.as_bool().ok_or_else(|| format!("{name} is no yes or no")))
    }

    /// Reads fields that only tell.
    pub(crate) fn told(&self, names: &[&str]) {
        for name in names {
            self.get(&[name]);
        }
    }

    /// Fails on a field nobody read.
    pub(crate) fn done(&self) -> Result<(), String> {
        let read = self.read.borrow();
        let left: Vec<_> = self.fields.keys().filter(|name| !read.contains(*name)).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("unknown fields {left:?}")) }
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or("?").to_owned()
}

pub(crate) fn number(value: &Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("{value} is no number"))
}

pub(crate) fn numbers(value: &Value) -> Result<Vec<f64>, String> {
    value.as_array().ok_or_else(|| format!("{value} is no list"))?.iter().map(number).collect()
}

pub(crate) fn whole(value: f64) -> Result<i64, String> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Ok(value as i64)
    } else {
        Err(format!("{value} is no whole number"))
    }
}

/// What was found, by the names of `expected`.
pub(crate) type Found = Vec<(&'static str, Answer)>;

pub(crate) enum Answer {
    Number(f64),
    Numbers(Vec<f64>),
    Maybe(Option<f64>),
    Words(Vec<(String, String)>),
}

impl From<f64> for Answer {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<Vec<f64>> for Answer {
    fn from(values: Vec<f64>) -> Self {
        Self::Numbers(values)
    }
}

impl From<Option<f64>> for Answer {
    fn from(value: Option<f64>) -> Self {
        Self::Maybe(value)
    }
}

/// Every expected field is found and equal within `tolerance`.
pub(crate) fn compare(expected: &Value, found: &Found, tolerance: f64) -> Result<(), String> {
    let Some(fields) = expected.as_object() else {
        let [(_, only)] = found.as_slice() else { return Err(format!("one answer is expected: {expected}")) };
        return equal(expected, only, tolerance);
    };
    if let [(_, Answer::Words(_))] = found.as_slice() {
        return equal(expected, &found[0].1, tolerance);
    }
    for (name, value) in fields {
        let (_, answer) =
            found.iter().find(|(known, _)| known == name).ok_or_else(|| format!("unknown answer {name}"))?;
        equal(value, answer, tolerance).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

fn equal(expected: &Value, found: &Answer, tolerance: f64) -> Result<(), String> {
    match found {
        Answer::Number(found) => near(number(expected)?, *found, tolerance),
        Answer::Maybe(None) if expected.is_null() => Ok(()),
        Answer::Maybe(None) => Err(format!("found nothing, expected {expected}")),
        Answer::Maybe(Some(found)) => near(number(expected)?, *found, tolerance),
        Answer::Numbers(found) => {
            let expected = numbers(expected)?;
            if expected.len() != found.len() {
                return Err(format!("found {} values, expected {}", found.len(), expected.len()));
            }
            expected.iter().zip(found).try_for_each(|(expected, found)| near(*expected, *found, tolerance))
        }
        Answer::Words(found) => {
            let expected = expected.as_object().ok_or("words are expected by name")?;
            for (name, word) in expected {
                let answer = found.iter().find(|(known, _)| known == name).map(|(_, word)| word.as_str());
                if answer != word.as_str() {
                    return Err(format!("{name}: found {answer:?}, expected {word}"));
                }
            }
            Ok(())
        }
    }
}

/// As the oracles' own checker: relative, with a floor that follows it.
fn near(expected: f64, found: f64, tolerance: f64) -> Result<(), String> {
    let floor = if tolerance < 1e-4 { 1e-9 } else { 1e-4 };
    let allowed = (tolerance * expected.abs().max(found.abs())).max(floor);
    if (expected - found).abs() <= allowed { Ok(()) } else { Err(format!("found {found}, expected {expected}")) }
}
