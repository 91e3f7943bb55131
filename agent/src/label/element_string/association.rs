//! Which elements may and must stand together (General Specifications 4.14).
//!
//! Owns the rules between elements of one label. The rules hold for a whole item: what is missing on one symbol may be
//! on another, so a missing element is an error only where the caller says that this is all there is.

use super::{Element, Gs1Error};
use crate::label::application_identifier::Ai;

/// No two elements exclude each other.
pub(super) fn check_exclusions(elements: &[Element<'_>]) -> Result<(), Gs1Error> {
    for element in elements {
        for pattern in patterns(element.definition().excludes(), ',') {
            let other = elements.iter().map(Element::ai).find(|ai| *ai != element.ai() && ai.matches(pattern));
            if let Some(other) = other {
                return Err(Gs1Error::MutuallyExclusive { ai: element.ai(), other });
            }
        }
    }
    Ok(())
}

/// An AI that stands more than once has one value.
pub(super) fn check_repeats(elements: &[Element<'_>]) -> Result<(), Gs1Error> {
    for (at, element) in elements.iter().enumerate() {
        let same_ai = |other: &&Element<'_>| other.ai() == element.ai();
        if elements[at + 1..].iter().filter(same_ai).any(|other| other.value() != element.value()) {
            return Err(Gs1Error::RepeatedDifferent { ai: element.ai() });
        }
    }
    Ok(())
}

/// A digital signature signs one instance: a key with an optional serial part must have it.
pub(super) fn check_signed_keys(elements: &[Element<'_>]) -> Result<(), Gs1Error> {
    const SIGNATURE: &str = "8030";
    const SERIALISED_KEYS: [&str; 3] = ["253", "255", "8003"];
    if !elements.iter().any(|element| element.ai().matches(SIGNATURE)) {
        return Ok(());
    }
    let without_serial = elements.iter().find(|element| {
        SERIALISED_KEYS.iter().any(|key| element.ai().matches(key))
            && element.value().len() == *element.definition().len_range().start()
    });
    without_serial.map_or(Ok(()), |element| Err(Gs1Error::SerialRequired { ai: element.ai() }))
}

/// The elements that lack what they must stand with.
pub(super) fn missing_requisites<'a>(elements: &'a [Element<'_>]) -> impl Iterator<Item = Gs1Error> + 'a {
    elements.iter().flat_map(move |element| {
        let ai = element.ai();
        let missing = element.definition().requires().iter().filter(move |needs| !is_met(needs, ai, elements));
        missing.map(move |needs| Gs1Error::RequisiteMissing { ai, needs })
    })
}

fn is_met(needs: &str, own: Ai, elements: &[Element<'_>]) -> bool {
    let present = |pattern: &str| elements.iter().any(|element| element.ai() != own && element.ai().matches(pattern));
    patterns(needs, ',').any(|group| patterns(group, '+').all(present))
}

fn patterns(list: &str, separator: char) -> impl Iterator<Item = &str> {
    list.split(separator).filter(|pattern| !pattern.is_empty())
}
