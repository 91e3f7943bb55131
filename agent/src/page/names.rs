//! How items, places and amounts are written on pages, and how names stand in addresses and ids.

use gateway_proto::{name::ItemCode, place::Place};
use maud::{Markup, html};

use super::visit::Tongue;
use crate::register::Register;

/// Writes what the site's lists know of a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) tongue: &'a Tongue,
    pub(crate) register: &'a Register,
}

impl Names<'_> {
    /// The code, and beneath it what it is.
    pub(crate) fn item(&self, code: &ItemCode) -> Markup {
        let known = self.register.item(code.as_str()).and_then(|item| item.description.as_ref());
        html! { bdi { (code) } @if let Some(known) = known { " " span.origin { (known) } } }
    }

    /// What one of its base units is called.
    pub(crate) fn unit(&self, code: &ItemCode) -> &str {
        let unit = self.register.item(code.as_str()).map_or("EA", |item| item.unit.as_str());
        (self.tongue.text.say.unit)(unit)
    }

    /// `1,200 pcs`
    pub(crate) fn amount(&self, code: &ItemCode, units: i64) -> String {
        self.tongue.format.with_unit(self.tongue.format.whole(units), self.unit(code))
    }

    pub(crate) fn units(&self, code: &ItemCode, units: u64) -> String {
        self.amount(code, i64::try_from(units).unwrap_or(i64::MAX))
    }

    pub(crate) fn place(&self, place: &Place) -> String {
        (self.tongue.text.say.place)(place)
    }

    /// From where to where.
    pub(crate) fn way(&self, from: &Place, to: &Place) -> String {
        (self.tongue.text.say.way)(&self.place(from), &self.place(to))
    }
}

/// A name as one part of a path: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
pub(crate) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

/// The name that a part of a path was made of.
pub(crate) fn of_segment(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A name as part of an element's id: unique for each name.
pub(crate) fn element_id(prefix: &str, name: &str) -> String {
    let mut id = format!("{prefix}-");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => id.push(char::from(byte)),
            _ => id.push_str(&format!("_{byte:02X}")),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_from_its_address_and_has_an_id_of_its_own() {
        let names = ["A-01", "Regal 3/Fach ä", "100%", "a,b", "a_2Cb", "a b", "..", "%2F", "<script>"];
        let mut ids = std::collections::BTreeSet::new();
        for name in names {
            assert_eq!(of_segment(&segment(name)).as_deref(), Some(name));
            assert!(segment(name).bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{name}");
            let id = element_id("bin", name);
            assert!(!id.contains([' ', '"', '<', ',', '/']), "{id}");
            assert!(ids.insert(id), "{name}");
        }
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(of_segment(bad), None, "{bad}");
        }
    }
}
