//! Data identifiers: what a field of a parts label is (ANSI MH10.8.2).
//!
//! Owns the shape, at most three digits and a capital letter, and the list of those that stock-keeping can use. A label
//! may carry hundreds of others: they are kept with their identifier and have no meaning here. Must not know the envelope
//! (`iso15434`) or what the site makes of a field.

use crate::device::Decimal;

/// What the value of an identifier is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The item, by the number of the customer who ordered it.
    CustomerItem,
    /// The item, by the number of its supplier or maker.
    SupplierItem,
    Revision,
    /// A number, maybe padded with zeros, in the item's own unit.
    Quantity,
    /// A number and the two characters of its unit.
    QuantityWithUnit,
    Unit,
    Weight,
    Serial,
    Lot,
    /// One pack, carton or pallet.
    Package,
    /// n of m.
    PackageOf,
    Container,
    CustomerOrder,
    SupplierOrder,
    OrderLine,
    /// Invoice, packing list, bill of lading.
    Document,
    /// Who supplied it: a code or a name.
    Supplier,
    /// Where it lies or goes.
    Location,
    CountryOfOrigin,
    /// A date that says nothing about use: made, shipped, printed.
    Date,
    MadeOn,
    ExpiresOn,
    Employee,
    WorkOrder,
}

/// One line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataIdentifier {
    pub id: &'static str,
    pub title: &'static str,
    pub meaning: Meaning,
}

/// Parts a field into identifier and value; `None` if it does not begin with one. The value may be empty: suppliers
/// print the identifier of a thing they have nothing to say about.
#[must_use]
pub fn split(field: &[u8]) -> Option<(&str, &[u8])> {
    let digits = field.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 3 || !field.get(digits)?.is_ascii_uppercase() {
        return None;
    }
    let (id, value) = field.split_at_checked(digits + 1)?;
    Some((std::str::from_utf8(id).ok()?, value))
}

/// What is known of an identifier.
#[must_use]
pub fn lookup(id: &str) -> Option<&'static DataIdentifier> {
    KNOWN.iter().find(|known| known.id == id)
}

/// How much a quantity field says: the number with the digits as sent, and the unit where the field has one. `None` for
/// fields of another meaning and for values that are no number.
#[must_use]
pub fn quantity<'a>(id: &str, value: &'a [u8]) -> Option<(Decimal, Option<&'a str>)> {
    let text = std::str::from_utf8(value).ok()?;
    let (number, unit) = match lookup(id)?.meaning {
        Meaning::Quantity => (text, None),
        Meaning::QuantityWithUnit => {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
            (number, Some(unit))
        }
        Meaning::CustomerItem
        | Meaning::SupplierItem
        | Meaning::Revision
        | Meaning::Unit
        | Meaning::Weight
        | Meaning::Serial
        | Meaning::Lot
        | Meaning::Package
        | Meaning::PackageOf
        | Meaning::Container
        | Meaning::CustomerOrder
        | Meaning::SupplierOrder
        | Meaning::OrderLine
        | Meaning::Document
        | Meaning::Supplier
        | Meaning::Location
        | Meaning::CountryOfOrigin
        | Meaning::Date
        | Meaning::MadeOn
        | Meaning::ExpiresOn
        | Meaning::Employee
        | Meaning::WorkOrder => return None,
    };
    // A sign or a space would be another field's value with the wrong identifier.
    if !number.starts_with(|first: char| first.is_ascii_digit()) || number.contains(' ') {
        return None;
    }
    Some((Decimal::parse(number).ok()?, unit))
}

const fn known(id: &'static str, title: &'static str, meaning: Meaning) -> DataIdentifier {
    DataIdentifier { id, title, meaning }
}

/// All that [`lookup`] knows, by category.
pub const KNOWN: &[DataIdentifier] = &[
    known("B", "container type", Meaning::Container),
    known("1B", "container number", Meaning::Container),
    known("D", "date YYMMDD", Meaning::Date),
    known("1D", "date DDMMYY", Meaning::Date),
    known("2D", "date MMDDYY", Meaning::Date),
    known("4D", "date YYDDD", Meaning::Date),
    known("5D", "date YYMMDD and type", Meaning::Date),
    known("6D", "date YYYYMMDD and type", Meaning::Date),
    known("9D", "date code", Meaning::Date),
    known("10D", "date code YYWW", Meaning::Date),
    known("14D", "expiry date YYYYMMDD", Meaning::ExpiresOn),
    known("16D", "production date YYYYMMDD", Meaning::MadeOn),
    known("1H", "employee", Meaning::Employee),
    known("J", "license plate", Meaning::Package),
    known("1J", "license plate of a pack", Meaning::Package),
    known("2J", "license plate of a transport unit", Meaning::Package),
    known("3J", "license plate of a pack, EDI", Meaning::Package),
    known("4J", "license plate of a transport unit, EDI", Meaning::Package),
    known("5J", "license plate of a mixed transport unit", Meaning::Package),
    known("6J", "license plate of a master transport unit", Meaning::Package),
    known("K", "customer order", Meaning::CustomerOrder),
    known("1K", "supplier order", Meaning::SupplierOrder),
    known("2K", "bill of lading by supplier", Meaning::Document),
    known("3K", "bill of lading by carrier", Meaning::Document),
    known("4K", "order line", Meaning::OrderLine),
    known("10K", "invoice", Meaning::Document),
    known("11K", "packing list", Meaning::Document),
    known("14K", "order and line", Meaning::OrderLine),
    known("L", "storage location", Meaning::Location),
    known("1L", "location", Meaning::Location),
    known("2L", "ship-to location", Meaning::Location),
    known("4L", "country of origin", Meaning::CountryOfOrigin),
    known("N", "national stock number", Meaning::SupplierItem),
    known("P", "customer item", Meaning::CustomerItem),
    known("1P", "supplier item", Meaning::SupplierItem),
    known("2P", "revision", Meaning::Revision),
    known("3P", "GS1 item", Meaning::SupplierItem),
    known("9P", "DUNS and item", Meaning::SupplierItem),
    known("30P", "supplier item, first level", Meaning::SupplierItem),
    known("31P", "supplier item, second level", Meaning::SupplierItem),
    known("32P", "supplier item, third level", Meaning::SupplierItem),
    known("33P", "bin code of a graded part", Meaning::Revision),
    known("Q", "quantity", Meaning::Quantity),
    known("2Q", "weight", Meaning::Weight),
    known("3Q", "unit of measure", Meaning::Unit),
    known("7Q", "quantity and unit", Meaning::QuantityWithUnit),
    known("11Q", "tare weight", Meaning::Weight),
    known("13Q", "pack n of m", Meaning::PackageOf),
    known("S", "serial", Meaning::Serial),
    known("3S", "package", Meaning::Package),
    known("4S", "package of one item", Meaning::Package),
    known("5S", "package of several items", Meaning::Package),
    known("18S", "CAGE and serial", Meaning::Serial),
    known("25S", "unique item identifier", Meaning::Serial),
    known("T", "lot by customer", Meaning::Lot),
    known("1T", "lot by supplier", Meaning::Lot),
    known("30T", "lot, first level", Meaning::Lot),
    known("V", "supplier by customer's code", Meaning::Supplier),
    known("1V", "supplier by its own code or name", Meaning::Supplier),
    known("12V", "DUNS of the supplier", Meaning::Supplier),
    known("17V", "CAGE of the supplier", Meaning::Supplier),
    known("18V", "agency and company code of the supplier", Meaning::Supplier),
    known("W", "work order", Meaning::WorkOrder),
    known("1W", "work order line", Meaning::WorkOrder),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_begins_with_up_to_three_digits_and_a_capital() {
        for (field, id, value) in [
            ("P4711", "P", "4711"),
            ("1PABC-9", "1P", "ABC-9"),
            ("25SUN1", "25S", "UN1"),
            ("K", "K", ""),
            ("999Z0", "999Z", "0"),
        ] {
            assert_eq!(split(field.as_bytes()), Some((id, value.as_bytes())));
        }
        for field in ["", "250", "1234PABC", "abc", "1p4711", "-P1", " P1", "\u{c4}1"] {
            assert_eq!(split(field.as_bytes()), None, "{field:?}");
        }
        assert_eq!(split(b"P\xFF\x1D"), Some(("P", &b"\xFF\x1D"[..])));
    }

    #[test]
    fn the_list_holds_only_identifiers_and_each_once() {
        for known in KNOWN {
            assert_eq!(split(known.id.as_bytes()), Some((known.id, &b""[..])));
            assert_eq!(lookup(known.id), Some(known), "twice in the list");
        }
        assert_eq!(lookup("20Z"), None);
    }

    #[test]
    fn a_quantity_loses_its_padding_and_nothing_else() {
        let read = |id, value: &str| quantity(id, value.as_bytes()).map(|(n, unit)| (n, unit.map(str::to_owned)));
        let decimal = |text| Decimal::parse(text).unwrap();
        assert_eq!(read("Q", "000000250"), Some((decimal("250"), None)));
        assert_eq!(read("Q", "12.5"), Some((decimal("12.5"), None)));
        assert_eq!(read("7Q", "250PC"), Some((decimal("250"), Some("PC".into()))));
        assert_eq!(read("7Q", "12.5KG"), Some((decimal("12.5"), Some("KG".into()))));
    }

    #[test]
    fn what_is_no_quantity_is_not_guessed() {
        for (id, value) in [
            ("Q", ""),
            ("Q", "PC"),
            ("Q", "-5"),
            ("Q", "+5"),
            ("Q", " 5"),
            ("Q", "5 "),
            ("Q", "99999999999999999999"),
            ("7Q", ""),
            ("7Q", "P"),
            ("7Q", "PC"),
            ("7Q", "250\u{20ac}"),
            ("P", "250"),
            ("2Q", "250"),
            ("20Z", "250"),
        ] {
            assert_eq!(quantity(id, value.as_bytes()), None, "{id} {value}");
        }
        assert_eq!(quantity("Q", b"\xFF"), None);
    }
}
