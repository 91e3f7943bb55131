//! Packs: so many base units under one name, for showing and for typing. What is kept is always base units.
//!
//! Whole numbers only: where a pack is no whole number of base units the base unit is chosen finer.

use std::fmt;

use gateway_proto::limits::QUANTITY_MAX;

use super::unit::Unit;

/// A pack of an item: a box of twelve is `BX`, 12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    pub unit: Unit,
    /// Base units in it, at least 1.
    pub factor: u64,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("{0:?} is no quantity; write a number, or packs and a rest: 2 BX + 5")]
    Unreadable(String),
    #[error("{unit:?} is no unit of this item; its units are {known}")]
    UnknownUnit { unit: String, known: String },
    #[error("{unit} holds {first} or {second}, by the code on it; write the quantity in {base}")]
    Ambiguous { unit: Unit, first: u64, second: u64, base: Unit },
    #[error("quantity is more than {QUANTITY_MAX}")]
    TooLarge,
}

impl Pack {
    /// Whole packs in `units`, and what is left.
    #[must_use]
    pub fn split(&self, units: u64) -> (u64, u64) {
        let factor = self.factor.max(1);
        (units / factor, units % factor)
    }

    /// As people read it: 36 is `3 BX`, 29 is `2 BX + 5`, 5 is `5`.
    #[must_use]
    pub fn show(&self, units: u64) -> String {
        match self.split(units) {
            (0, rest) => rest.to_string(),
            (packs, 0) => format!("{packs} {}", self.unit),
            (packs, rest) => format!("{packs} {} + {rest}", self.unit),
        }
    }
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.unit, self.factor)
    }
}

/// A quantity as people type it, in base units: `29`, `29 EA`, `2 BX + 5`, `1BX+2bx`. 0 is one too: of a count.
///
/// # Errors
/// [`PackError`]
pub fn parse(text: &str, base: &Unit, packs: &[Pack]) -> Result<u64, PackError> {
    text.split('+').try_fold(0_u64, |sum, term| {
        let units = sum.checked_add(parse_term(text, term.trim(), base, packs)?).ok_or(PackError::TooLarge)?;
        if units > QUANTITY_MAX { Err(PackError::TooLarge) } else { Ok(units) }
    })
}

fn parse_term(text: &str, term: &str, base: &Unit, packs: &[Pack]) -> Result<u64, PackError> {
    /// Characters of a text that a refusal repeats.
    const SHOWN_MAX: usize = 40;
    let (digits, unit) = term.split_at(term.find(|c: char| !c.is_ascii_digit()).unwrap_or(term.len()));
    if digits.is_empty() {
        return Err(PackError::Unreadable(text.chars().take(SHOWN_MAX).collect()));
    }
    let number: u64 = digits.parse().map_err(|_| PackError::TooLarge)?;
    let unit = unit.trim();
    if unit.is_empty() || base.is(unit) {
        return Ok(number);
    }
    let mut named = packs.iter().filter(|pack| pack.unit.is(unit));
    let Some(pack) = named.next() else {
        let known = std::iter::once(base).chain(packs.iter().map(|pack| &pack.unit));
        let known = known.map(Unit::as_str).collect::<Vec<_>>().join(", ");
        return Err(PackError::UnknownUnit { unit: unit.chars().take(SHOWN_MAX).collect(), known });
    };
    if let Some(other) = named.find(|other| other.factor != pack.factor) {
        let (first, second) = (pack.factor, other.factor);
        return Err(PackError::Ambiguous { unit: pack.unit.clone(), first, second, base: base.clone() });
    }
    number.checked_mul(pack.factor).ok_or(PackError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(unit: &str, factor: u64) -> Pack {
        Pack { unit: unit.parse().unwrap(), factor }
    }

    #[test]
    fn units_are_shown_as_whole_packs_and_a_rest() {
        let show = |units| pack("BX", 12).show(units);
        assert_eq!((show(36), show(29), show(12)), ("3 BX".into(), "2 BX + 5".into(), "1 BX".into()));
        assert_eq!((show(5), show(0)), ("5".into(), "0".into()));
    }

    #[test]
    fn a_quantity_is_typed_in_packs_or_in_base_units() {
        let packs = [pack("BX", 12), pack("PAL", 480)];
        for (text, units) in [
            ("29", 29),
            ("29 EA", 29),
            ("2 BX + 5", 29),
            ("5 + 2 bx", 29),
            ("2BX+5ea", 29),
            (" 3 BX ", 36),
            ("1 PAL + 1 BX + 1", 493),
            ("0", 0),
        ] {
            assert_eq!(parse(text, &Unit::default(), &packs), Ok(units), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        let packs = [pack("BX", 7)];
        for units in (0..1_000).chain([QUANTITY_MAX - 1, QUANTITY_MAX]) {
            assert_eq!(parse(&packs[0].show(units), &Unit::default(), &packs), Ok(units));
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_the_way_out() {
        for (text, told) in [
            ("", r#""" is no quantity; write a number, or packs and a rest: 2 BX + 5"#),
            ("-3", r#""-3" is no quantity; write a number, or packs and a rest: 2 BX + 5"#),
            ("2 BX + ", r#""2 BX + " is no quantity; write a number, or packs and a rest: 2 BX + 5"#),
            ("BX 2", r#""BX 2" is no quantity; write a number, or packs and a rest: 2 BX + 5"#),
            ("2,5", r#"",5" is no unit of this item; its units are EA, BX, TR, TR"#),
            ("1 CRATE", r#""CRATE" is no unit of this item; its units are EA, BX, TR, TR"#),
            ("1 TR", "TR holds 10 or 20, by the code on it; write the quantity in EA"),
            ("99999999999999999999", "quantity is more than 1000000000000"),
            ("999999999999 BX", "quantity is more than 1000000000000"),
            ("1000000000000 + 1", "quantity is more than 1000000000000"),
        ] {
            let packs = [pack("BX", 12), pack("TR", 10), pack("TR", 20)];
            let error = parse(text, &Unit::default(), &packs).unwrap_err();
            assert_eq!(error.to_string(), told, "{text:?}");
        }
    }
}
