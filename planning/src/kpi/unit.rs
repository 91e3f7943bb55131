//! Units: counted stock is kept in whole base units, converted at the boundary.

/// So many packs and what is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packs {
    pub whole: i64,
    pub loose: i64,
}

/// Base units of so many packs; `None` beyond what can be counted.
#[must_use]
pub fn to_base(packs: i64, pack: i64) -> Option<i64> {
    packs.checked_mul(pack)
}

/// Base units as packs and the rest; `None` for a pack that holds nothing.
#[must_use]
pub fn to_packs(base: i64, pack: i64) -> Option<Packs> {
    (pack > 0).then(|| Packs { whole: base.div_euclid(pack), loose: base.rem_euclid(pack) })
}
