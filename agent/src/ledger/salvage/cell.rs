//! Cells of a page: SQLite's b-tree pages taken apart, whatever is in them. Source: <https://www.sqlite.org/fileformat2.html>,
//! "B-tree Pages" and "Record Format". Pure: bytes in, values out; no byte of a page is believed before it is checked.

/// Bytes of a payload that are followed into overflow pages. The longest row of the ledger is a fact of 1 MiB; a length
/// beyond is damage, and must not be allocated.
const PAYLOAD_MAX: usize = 2 * 1024 * 1024;

/// Columns of a row that are looked at: no table of the ledger has more.
const COLUMNS_MAX: usize = 16;

/// What kind of page this is, with its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    TableLeaf,
    TableInterior,
    IndexLeaf,
    IndexInterior,
}

/// A column's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A cell's row key, for tables that have one, and its payload.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) rowid: Option<i64>,
    payload: Vec<u8>,
}

/// Where the b-tree header of a page begins: the first page has the file's header before it.
pub(super) fn header_at(number: u32) -> usize {
    if number == 1 { 100 } else { 0 }
}

/// The kind of a page; `None` for anything else.
pub(super) fn kind(page: &[u8], number: u32) -> Option<Kind> {
    match page.get(header_at(number))? {
        0x0D => Some(Kind::TableLeaf),
        0x05 => Some(Kind::TableInterior),
        0x0A => Some(Kind::IndexLeaf),
        0x02 => Some(Kind::IndexInterior),
        _ => None,
    }
}

/// Where the cells of a page begin, as its pointers say; those that point outside are left out.
pub(super) fn cells(page: &[u8], number: u32) -> impl Iterator<Item = usize> + '_ {
    let at = header_at(number);
    let len = match kind(page, number) {
        Some(Kind::TableLeaf | Kind::IndexLeaf) => 8,
        Some(Kind::TableInterior | Kind::IndexInterior) => 12,
        None => page.len(),
    };
    let count = be16(page, at + 3).unwrap_or(0);
    let first = at + len;
    (0..count).map_while(move |i| be16(page, first + 2 * i)).filter(move |&cell| cell >= first && cell < page.len())
}

/// Takes a cell with a payload apart. `overflow` gives the pages that a long payload goes on in.
pub(super) fn cell(
    page: &[u8],
    at: usize,
    kind: Kind,
    mut overflow: impl FnMut(u32) -> Option<Vec<u8>>,
) -> Option<Cell> {
    let mut at = match kind {
        Kind::TableLeaf | Kind::IndexLeaf => at,
        // Before its payload stands the page of its left neighbours.
        Kind::IndexInterior => at + 4,
        // Keys only.
        Kind::TableInterior => return None,
    };
    let len = usize::try_from(varint(page, &mut at)?).ok().filter(|&len| len <= PAYLOAD_MAX)?;
    let rowid = match kind {
        Kind::TableLeaf => Some(varint(page, &mut at)?.cast_signed()),
        Kind::TableInterior | Kind::IndexLeaf | Kind::IndexInterior => None,
    };
    let usable = page.len();
    let max = if kind == Kind::TableLeaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
    let here = if len <= max {
        len
    } else {
        let min = (usable - 12) * 32 / 255 - 23;
        let fitted = min + (len - min) % (usable - 4);
        if fitted <= max { fitted } else { min }
    };
    let mut payload = page.get(at..at + here)?.to_vec();
    if here < len {
        let mut next = be32(page, at + here)?;
        while payload.len() < len {
            let more = overflow(next)?;
            next = be32(&more, 0)?;
            let take = (len - payload.len()).min(more.len() - 4);
            payload.extend_from_slice(&more[4..4 + take]);
        }
    }
    Some(Cell { rowid, payload })
}

/// The key of a cell of a table's inner page: no row to its left has a larger one.
pub(super) fn inner_key(page: &[u8], at: usize) -> Option<i64> {
    varint(page, &mut (at + 4)).map(u64::cast_signed)
}

impl Cell {
    /// The row's columns; `None` when they are not exactly what the payload's header promises.
    pub(super) fn values(&self) -> Option<Vec<Value<'_>>> {
        let bytes = &self.payload[..];
        let mut at = 0;
        let body = usize::try_from(varint(bytes, &mut at)?).ok().filter(|&body| body <= bytes.len())?;
        let mut from = body;
        let mut values = Vec::new();
        while at < body {
            let serial = varint(bytes, &mut at)?;
            let len = match serial {
                0 | 8 | 9 => 0,
                1..=4 => usize::try_from(serial).ok()?,
                5 => 6,
                6 => 8,
                // No table of ours has a REAL; 10 and 11 are never in a file.
                7 | 10 | 11 => return None,
                _ => usize::try_from((serial - 12) / 2).ok().filter(|&len| len <= PAYLOAD_MAX)?,
            };
            let body = bytes.get(from..from + len)?;
            from += len;
            values.push(match serial {
                0 => Value::Null,
                8 => Value::Int(0),
                9 => Value::Int(1),
                1..=6 => Value::Int(integer(body)),
                even if even % 2 == 0 => Value::Blob(body),
                _ => Value::Text(std::str::from_utf8(body).ok()?),
            });
            if values.len() > COLUMNS_MAX {
                return None;
            }
        }
        (at == body && from == bytes.len()).then_some(values)
    }
}

/// Where a page may have cells of `record`, pointed at or not: after a cell's lengths and key stand the length of its
/// header, no key (it is the row's), and 32 bytes of link. What is found may be anything; the chain proves it.
pub(super) fn record_cells(page: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let marks = page.windows(2).enumerate().filter(|(_, pair)| *pair == [0x00, 0x4C]).map(|(at, _)| at);
    marks.flat_map(move |mark| {
        // Two varints stand before the header's own length: of the payload, 1 to 3 bytes, and of the key, 1 to 9.
        (3..=13usize).filter_map(move |back| {
            let start = mark.checked_sub(back)?;
            let mut at = start;
            varint(page, &mut at)?;
            varint(page, &mut at)?;
            (at + 1 == mark && (5..=8).contains(&page[at])).then_some(start)
        })
    })
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|two| usize::from(two[0]) << 8 | usize::from(two[1]))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
}

/// Big-endian two's complement of 1 to 8 bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |value, &byte| value << 8 | i64::from(byte))
}

/// A varint of 1 to 9 bytes; moves `at` behind it.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for i in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if i == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}
