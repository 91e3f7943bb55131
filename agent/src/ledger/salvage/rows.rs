//! Rows: what the pages of an image hold, told by the shape of their columns. No schema table is needed for that, so that a
//! file without its first page is read like any other.
//!
//! Records never change and prove themselves by the chain; they are taken from every version of every page, also from
//! space that is no longer in use. Rows that change are taken only from pages that count.

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::{chain::Link, record::Seq};

use super::{
    cell::{self, Kind, Value},
    image::{Image, Source},
};
use crate::ledger::{
    key::{self, Key},
    packed,
};

/// Versions of one record that are looked at: what the log repeats is the same each time.
pub(super) const VERSIONS_MAX: usize = 16;

/// A life is younger than this number: eight million, as in a record's key.
const LIFE_MAX: i64 = 1 << 23;

/// All rows but the records' texts.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// By life; more than one where versions differ, those of the pages that count first.
    pub(super) lives: BTreeMap<i64, Vec<Life>>,
    pub(super) kept: BTreeMap<(String, String), String>,
    pub(super) base: BTreeMap<(String, String, String), i64>,
    pub(super) set_aside: BTreeMap<(i64, u64), Aside>,
    /// (life, first) → last.
    pub(super) lost: BTreeMap<(i64, u64), u64>,
    /// (life, first) → last and the link after it.
    pub(super) holes: BTreeMap<(i64, u64), (u64, Link)>,
    pub(super) audit: BTreeMap<i64, Audit>,
    /// The epochs of lives as their index has them: a second copy, in another page.
    pub(super) epochs: BTreeMap<i64, String>,
    /// By key, then by where they stand.
    pub(super) records: Vec<Place>,
    /// Keys that inner pages name: there was a record with this or a larger one.
    pub(super) inner: BTreeSet<i64>,
    /// Pages in which nothing can be recognised.
    pub(super) bad_pages: u32,
}

/// An epoch of a feed, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) feed: String,
    pub(super) epoch: String,
    pub(super) begun_ms: i64,
    pub(super) through: u64,
    pub(super) acked: u64,
    pub(super) trimmed: u64,
    pub(super) trimmed_link: Option<Link>,
    /// From a page that counts and is whole as far as is known.
    pub(super) is_fresh: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Aside {
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) sent_as: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct Audit {
    pub(super) at_ms: i64,
    pub(super) actor: String,
    pub(super) act: String,
    pub(super) detail: String,
}

/// Where a cell stands that may be a record. Sixteen bytes each: a ledger may have millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: i64,
    source: Source,
    at: u16,
}

/// A record as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) link: Link,
    pub(super) origin: Option<i64>,
    pub(super) text: String,
    /// Bytes that the text takes in the file.
    pub(super) stored_len: usize,
}

impl Rows {
    /// Reads them all.
    pub(super) fn of(image: &Image) -> Self {
        let mut rows = Self { bad_pages: image.missing_pages, ..Self::default() };
        let mut page = Vec::new();
        for source in image.sources() {
            let number = image.number(source);
            let is_current = image.is_current(source);
            if !image.read(source, &mut page) || page.iter().all(|&byte| byte == 0) {
                rows.bad_pages += u32::from(is_current);
                continue;
            }
            let kind = cell::kind(&page, number);
            for at in cell::record_cells(&page) {
                rows.record(image, source, &page, at, Kind::TableLeaf);
            }
            let Some(kind) = kind else { continue };
            for at in cell::cells(&page, number) {
                if kind == Kind::TableInterior {
                    let key = cell::inner_key(&page, at).filter(|&inner| Key(inner).life() > 0);
                    rows.inner.extend(key.filter(|_| is_current));
                    continue;
                }
                rows.row(image, source, &page, at, kind, is_current);
            }
        }
        rows.records.sort_unstable();
        rows.records.dedup();
        rows
    }

    fn record(&mut self, image: &Image, source: Source, page: &[u8], at: usize, kind: Kind) {
        let Some((key, _)) = decode(image, page, at, kind) else { return };
        let Ok(at) = u16::try_from(at) else { return };
        self.records.push(Place { key, source, at });
    }

    fn row(&mut self, image: &Image, source: Source, page: &[u8], at: usize, kind: Kind, is_current: bool) {
        let Some(cell) = cell::cell(page, at, kind, |number| image.page(number)) else { return };
        let Some(values) = cell.values() else { return };
        let is_fresh = is_current && image.is_fresh(source);
        match (cell.rowid, &values[..]) {
            (Some(life), [Value::Null, Value::Text(feed), Value::Text(epoch), Value::Int(begun_ms), rest @ ..])
                if (1..LIFE_MAX).contains(&life) =>
            {
                let Some(life_row) = life_of(feed, epoch, *begun_ms, rest, is_fresh) else { return };
                let versions = self.lives.entry(life).or_default();
                if !versions.contains(&life_row) && versions.len() < VERSIONS_MAX {
                    let before = if is_current { 0 } else { versions.len() };
                    versions.insert(before, life_row);
                }
            }
            // A record of the first schemas.
            (None, [Value::Int(_), Value::Int(_), Value::Blob(link), Value::Int(_) | Value::Null, Value::Text(_)])
                if link.len() == 32 && kind == Kind::IndexLeaf =>
            {
                self.record(image, source, page, at, kind);
            }
            _ if !is_current => {}
            (Some(n), [Value::Null, Value::Int(at_ms), Value::Text(actor), Value::Text(act), Value::Text(detail)]) => {
                let text = |text: &str| text.to_owned();
                let row = Audit { at_ms: *at_ms, actor: text(actor), act: text(act), detail: text(detail) };
                self.audit.insert(n, row);
            }
            (None, [Value::Text(epoch), Value::Int(life)]) if (1..LIFE_MAX).contains(life) => {
                self.epochs.insert(*life, (*epoch).to_owned());
            }
            // Something that was forgotten since must not come back.
            (None, [Value::Text(kind), Value::Text(name), Value::Text(text)])
                if is_fresh || !PASSING.contains(kind) =>
            {
                self.kept.insert(((*kind).to_owned(), (*name).to_owned()), (*text).to_owned());
            }
            (None, [Value::Text(feed), Value::Text(item), Value::Text(place), Value::Int(qty)]) => {
                self.base.insert(((*feed).to_owned(), (*item).to_owned(), (*place).to_owned()), *qty);
            }
            (None, [Value::Int(life), Value::Int(seq), Value::Text(code), Value::Text(detail), rest @ ..])
                if (1..LIFE_MAX).contains(life) && *seq > 0 =>
            {
                let sent_as = match rest {
                    [Value::Int(sent_as)] => Some(*sent_as),
                    _ => None,
                };
                let row = Aside { code: (*code).to_owned(), detail: (*detail).to_owned(), sent_as };
                self.set_aside.insert((*life, seq.cast_unsigned()), row);
            }
            (None, [Value::Int(life), Value::Int(first), Value::Int(last)])
                if (1..LIFE_MAX).contains(life) && (1..=*last).contains(first) =>
            {
                self.lost.insert((*life, first.cast_unsigned()), last.cast_unsigned());
            }
            (None, [Value::Int(life), Value::Int(first), Value::Int(last), Value::Blob(link)])
                if (1..LIFE_MAX).contains(life) && (1..=*last).contains(first) =>
            {
                let Some(link) = link_of(link) else { return };
                self.holes.insert((*life, first.cast_unsigned()), (last.cast_unsigned(), link));
            }
            _ => {}
        }
    }
}

/// Facts that are forgotten as soon as they are told, so that an old version of one is a falsehood.
const PASSING: [&str; 2] = ["act", "session"];

impl Place {
    pub(super) fn seq(&self) -> u64 {
        Key(self.key).seq().0
    }

    pub(super) fn is_in_log(&self) -> bool {
        matches!(self.source, Source::Frame(_))
    }

    /// Reads the record that stands here.
    pub(super) fn read(&self, image: &Image, page: &mut CachedPage) -> Option<Found> {
        if page.source != Some(self.source) {
            page.source = Some(self.source);
            image.read(self.source, &mut page.bytes);
        }
        let index = cell::kind(&page.bytes, image.number(self.source)) == Some(Kind::IndexLeaf);
        let kinds = if index { [Kind::IndexLeaf, Kind::TableLeaf] } else { [Kind::TableLeaf, Kind::IndexLeaf] };
        kinds
            .iter()
            .find_map(|&kind| {
                decode(image, &page.bytes, usize::from(self.at), kind).filter(|(key, _)| *key == self.key)
            })
            .map(|(_, found)| found)
    }
}

/// The page that was read last: records stand in their pages in order.
#[derive(Debug, Default)]
pub(super) struct CachedPage {
    source: Option<Source>,
    bytes: Vec<u8>,
}

fn decode(image: &Image, page: &[u8], at: usize, kind: Kind) -> Option<(i64, Found)> {
    let cell = cell::cell(page, at, kind, |number| image.page(number))?;
    let values = cell.values()?;
    let (key, link, origin, text) = match (cell.rowid, &values[..]) {
        (Some(key), [Value::Null, Value::Blob(link), origin, text]) => (key, link, origin, text),
        (None, [Value::Int(life), Value::Int(seq), Value::Blob(link), origin, text @ Value::Text(_)])
            if (1..LIFE_MAX).contains(life) && *seq > 0 =>
        {
            (key::of(*life, Seq(seq.cast_unsigned())), link, origin, text)
        }
        _ => return None,
    };
    let origin = match origin {
        Value::Null => None,
        Value::Int(origin) => Some(*origin),
        Value::Text(_) | Value::Blob(_) => return None,
    };
    let is_key = (1..LIFE_MAX).contains(&Key(key).life()) && Key(key).seq() > Seq(0);
    let link = link_of(link).filter(|_| is_key)?;
    let (text, stored_len) = match text {
        Value::Text(text) => ((*text).to_owned(), text.len()),
        // One that does not unpack proves nothing, and yet its link may be what the next follows from.
        Value::Blob(blob) => (packed::unpack_blob(blob).unwrap_or_default(), blob.len()),
        Value::Null | Value::Int(_) => return None,
    };
    Some((key, Found { link, origin, text, stored_len }))
}

fn life_of(feed: &str, epoch: &str, begun_ms: i64, rest: &[Value<'_>], is_fresh: bool) -> Option<Life> {
    let mut numbers = [0; 3];
    let (counts, link) = match rest {
        [counts @ .., Value::Null] => (counts, None),
        [counts @ .., Value::Blob(link)] => (counts, Some(link_of(link)?)),
        counts => (counts, None),
    };
    if !(2..=3).contains(&counts.len()) {
        return None;
    }
    for (number, value) in numbers.iter_mut().zip(counts) {
        let Value::Int(value) = value else { return None };
        *number = u64::try_from(*value).ok()?;
    }
    let [through, acked, trimmed] = numbers;
    let (feed, epoch) = (feed.to_owned(), epoch.to_owned());
    Some(Life { feed, epoch, begun_ms, through, acked, trimmed, trimmed_link: link, is_fresh })
}

fn link_of(bytes: &[u8]) -> Option<Link> {
    bytes.try_into().ok().map(Link::from_bytes)
}
