//! Labels: what stands on what was scanned.
//!
//! Owns the standards of labels (GS1, ISO/IEC 15434 with MH10.8.2, HIBC) and what suppliers and sites print for
//! themselves, and the one question all of them answer: which item, how many, which lot, which serial number. Pure, like
//! [`device`](crate::device) below it. Bytes until decoded; the scan itself is always kept by whoever asked. Must not know
//! the site's items.
//!
//! - [`check_digit`] GS1's modulo 10 · [`gtin`] article numbers
//! - [`application_identifier`] the table · [`element_string`] a payload in its elements · [`lost_separator`] when the
//!   scanner drops what stands between them · [`gs1_value`] dates and measures · [`digital_link`] the same as a web address
//! - [`data_identifier`] and [`iso15434`] parts labels · [`hibc`] health care · [`lcsc`] one supplier's own
//! - [`site_label`] what the site prints · [`vendor_prefix`] what a scanner puts in front · [`eci`] code pages

pub mod check_digit;
pub mod gtin;

pub mod application_identifier;
pub mod digital_link;
pub mod element_string;
pub mod gs1_value;
pub mod lost_separator;

pub mod data_identifier;
pub mod iso15434;

pub mod eci;
pub mod hibc;
pub mod lcsc;
pub mod site_label;
pub mod vendor_prefix;

use data_identifier::Meaning;
use digital_link::{DigitalLink, LinkRules};
use element_string::{Checks, ElementString};
use gtin::Gtin;
use hibc::Hibc;
use iso15434::Message;
use lcsc::LcscLabel;
use lost_separator::Separator;
use serde_json::{Value, json};
use site_label::{SiteLabel, SiteLabelKind};

use crate::device::{AimId, Scan};

/// How a site reads its labels.
#[derive(Debug, Clone, Default)]
pub struct LabelRules {
    /// A symbol may carry one bare data identifier (`P4711`, `Q250`): only where the site says so, since `Q250` may as
    /// well be a bin.
    pub data_identifiers: bool,
    /// What scanners send in place of GS.
    pub separator: Separator,
    /// The site's own labels, tried in order and before all standards.
    pub site: Vec<SiteLabel>,
}

/// What a label says. What it does not say is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub form: Form,
    /// Codes by which the item may be known, the likeliest first. The whole code is none of them.
    pub items: Vec<String>,
    /// In the unit of the label, taken for the item's base unit.
    pub quantity: Option<u64>,
    pub lot: Option<String>,
    pub serial: Option<String>,
    /// Everything it says, in the shape of its standard.
    pub content: Value,
    /// What is wrong with it, where it began like a standard label and went on otherwise.
    pub trouble: Option<String>,
}

/// Which standard a label follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// None that is known here.
    Plain,
    /// An article number.
    Gtin,
    Gs1,
    DigitalLink,
    Iso15434,
    /// One bare data identifier.
    DataIdentifier,
    Hibc,
    Lcsc,
    /// The site's own, and what it names.
    Site(SiteLabelKind, String),
}

/// Reads a scan. `ref_year` settles the century of dates.
#[must_use]
pub fn read(scan: &Scan, rules: &LabelRules, ref_year: i16) -> Label {
    let code = scan.code.as_slice();
    if let Some((kind, value)) = site_label::read(&rules.site, code) {
        return site(kind, value);
    }
    if scan.symbology.is_some_and(AimId::is_gs1) {
        return gs1(code, rules).unwrap_or_else(|trouble| Label::spoiled(Form::Gs1, trouble));
    }
    if let Some(number) = scan.symbology.and_then(|id| Gtin::from_symbol(id, code)) {
        return match number {
            Ok(number) => article(&number),
            Err(error) => Label::spoiled(Form::Gtin, error.to_string()),
        };
    }
    if Message::is_envelope(code) {
        return match Message::parse(code) {
            Ok(message) => parts_label(Form::Iso15434, &message),
            Err(error) => Label::spoiled(Form::Iso15434, error.to_string()),
        };
    }
    match DigitalLink::parse(code, LinkRules::default()) {
        Ok(Some(link)) => return elements(Form::DigitalLink, link.string(), link.to_json()),
        Ok(None) => {}
        // A web address like any other.
        Err(_) => return Label::plain(),
    }
    if code.starts_with(b"+")
        && let Ok(hibc) = Hibc::parse(code, true, ref_year)
    {
        return health_care(&hibc);
    }
    if code.starts_with(b"{")
        && let Ok(lcsc) = LcscLabel::parse(code)
    {
        return supplier(&lcsc);
    }
    if rules.data_identifiers
        && let Ok(message) = Message::parse_linear(code)
    {
        return parts_label(Form::DataIdentifier, &message);
    }
    if scan.symbology.is_none() {
        return unmarked(code, rules);
    }
    Label::plain()
}

impl Label {
    /// What a person reads of it.
    #[must_use]
    pub fn told(&self) -> String {
        let mut told = self.form.name().to_owned();
        let mut say = |what: &str, value: &str| {
            told.push_str("  ");
            told.push_str(what);
            told.push(' ');
            told.push_str(value);
        };
        if let Form::Site(kind, value) = &self.form {
            say(kind.name(), value);
        }
        if let Some(item) = self.items.first() {
            say("item", item);
        }
        if let Some(quantity) = self.quantity {
            say("quantity", &quantity.to_string());
        }
        for (what, value) in [("lot", &self.lot), ("serial", &self.serial), ("but", &self.trouble)] {
            if let Some(value) = value {
                say(what, value);
            }
        }
        told
    }

    /// For machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({"form": self.form.name()});
        let mut put = |key: &str, value: Value| {
            if !value.is_null() {
                json[key] = value;
            }
        };
        put("items", if self.items.is_empty() { Value::Null } else { json!(self.items) });
        put("quantity", json!(self.quantity));
        put("lot", json!(self.lot));
        put("serial", json!(self.serial));
        put("content", self.content.clone());
        put("trouble", json!(self.trouble));
        json
    }

    fn of(form: Form, content: Value) -> Self {
        Self { form, items: Vec::new(), quantity: None, lot: None, serial: None, content, trouble: None }
    }

    fn plain() -> Self {
        Self::of(Form::Plain, Value::Null)
    }

    fn spoiled(form: Form, trouble: String) -> Self {
        Self { trouble: Some(trouble), ..Self::of(form, Value::Null) }
    }
}

impl Form {
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gtin => "gtin",
            Self::Gs1 => "gs1",
            Self::DigitalLink => "digital-link",
            Self::Iso15434 => "iso15434",
            Self::DataIdentifier => "data-identifier",
            Self::Hibc => "hibc",
            Self::Lcsc => "lcsc",
            Self::Site(..) => "site",
        }
    }
}

fn site(kind: SiteLabelKind, value: &str) -> Label {
    let mut label = Label::of(Form::Site(kind, value.to_owned()), json!({"kind": kind.name(), "value": value}));
    if kind == SiteLabelKind::Item {
        label.items.push(value.to_owned());
    }
    label
}

fn gs1(code: &[u8], rules: &LabelRules) -> Result<Label, String> {
    let string = ElementString::parse_lenient(code, rules.separator, Checks::default()).map_err(|e| e.to_string())?;
    let mut label = elements(Form::Gs1, &string, string.to_json());
    label.trouble = string.missing_requisites().next().map(|missing| missing.to_string());
    Ok(label)
}

fn elements(form: Form, string: &ElementString<'_>, content: Value) -> Label {
    let text = |ai: &str| string.get(ai).map(|value| String::from_utf8_lossy(value).into_owned());
    let mut label = Label::of(form, content);
    // Of an ITIP the first 14 digits are the GTIN of the whole item.
    let whole = text("8006").and_then(|itip| itip.get(..14).map(str::to_owned));
    for gtin in [text("01"), text("02"), whole].into_iter().flatten() {
        add_gtin(&mut label.items, &gtin);
    }
    label.items.extend([text("241"), text("240"), text("8010")].into_iter().flatten());
    label.quantity = text("30").or_else(|| text("37")).and_then(|count| count.parse().ok());
    label.lot = text("10");
    label.serial = text("21");
    label
}

fn article(number: &Gtin) -> Label {
    let mut label = Label::of(Form::Gtin, json!({"gtin14": number.as_str(), "restricted": number.is_restricted()}));
    add_gtin(&mut label.items, number.as_str());
    label
}

/// A GTIN in every length it may stand in a list of items.
fn add_gtin(items: &mut Vec<String>, gtin: &str) {
    items.push(gtin.to_owned());
    for len in [13, 12, 8] {
        let (zeros, short) = gtin.split_at(gtin.len().saturating_sub(len));
        if zeros.bytes().all(|digit| digit == b'0') && !short.is_empty() {
            items.push(short.to_owned());
        }
    }
}

fn parts_label(form: Form, message: &Message) -> Label {
    let mut label = Label::of(form, json!(message));
    for field in message.fields() {
        let Some(known) = data_identifier::lookup(&field.id) else {
            // Format 05 carries GS1 elements.
            if field.id == "01"
                && let Ok(number) = Gtin::parse(&field.value)
            {
                add_gtin(&mut label.items, number.as_str());
            }
            continue;
        };
        let meaning = known.meaning;
        if matches!(meaning, Meaning::Quantity | Meaning::QuantityWithUnit) {
            let whole = data_identifier::quantity(&field.id, &field.value).and_then(|(number, _)| number.whole());
            label.quantity = label.quantity.or(whole.and_then(|whole| u64::try_from(whole).ok()));
        } else if field.value.is_empty() {
            // Suppliers print the identifier of a thing that they have nothing to say about.
        } else if matches!(meaning, Meaning::CustomerItem | Meaning::SupplierItem) {
            label.items.push(field.text());
        } else if meaning == Meaning::Lot {
            label.lot = label.lot.or(Some(field.text()));
        } else if meaning == Meaning::Serial {
            label.serial = label.serial.or(Some(field.text()));
        }
    }
    label
}

fn health_care(hibc: &Hibc) -> Label {
    let mut label = Label::of(Form::Hibc, json!(hibc));
    if let Some(product) = &hibc.product {
        label.items.extend([product.number.clone(), format!("{}{}", product.labeler, product.number)]);
    }
    label.quantity = hibc.quantity.map(u64::from);
    (label.lot, label.serial) = (hibc.lot.clone(), hibc.serial.clone());
    label
}

fn supplier(lcsc: &LcscLabel) -> Label {
    let mut label = Label::of(Form::Lcsc, json!(lcsc));
    let said = |key: &str| lcsc.get(key).filter(|value| !value.is_empty());
    label.items.extend([said("pm"), said("pc")].into_iter().flatten().map(str::to_owned));
    label.quantity = said("qty").and_then(|quantity| quantity.parse().ok());
    label
}

/// A code of a scanner that does not say which symbol it read. GS in it is a sign of GS1 that nothing else has; an article
/// number has a check digit. Anything else stays what it is.
fn unmarked(code: &[u8], rules: &LabelRules) -> Label {
    const GS: u8 = 0x1D;
    if code.contains(&GS)
        && let Ok(label) = gs1(code, rules)
    {
        return label;
    }
    Gtin::parse(code).map_or_else(|_| Label::plain(), |number| article(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(frame: &str, rules: &LabelRules) -> String {
        read(&Scan::from_frame(frame.as_bytes()), rules, 2026).told()
    }

    #[test]
    fn every_form_says_item_quantity_lot_and_serial_in_the_same_words() {
        let rules = LabelRules::default();
        for (frame, told) in [
            ("]C10109521234567882\u{1d}10LOT1\u{1d}3012", "gs1  item 09521234567882  quantity 12  lot LOT1"),
            ("]d2010952123456788221S1", "gs1  item 09521234567882  serial S1"),
            ("]E09521234567882", "gtin  item 09521234567882"),
            ("]Q1https://example.com/01/09521234567882/10/AB", "digital-link  item 09521234567882  lot AB"),
            ("]d1[)>\u{1e}06\u{1d}PM8\u{1d}Q00250\u{1d}1TL9\u{1e}\u{4}", "iso15434  item M8  quantity 250  lot L9"),
            ("{pbn:P,pc:C31,pm:ST-1,qty:2}", "lcsc  item ST-1  quantity 2"),
            ("]C0M8-BOLT", "plain"),
            ("]Q1https://example.com/shop", "plain"),
        ] {
            assert_eq!(label(frame, &rules), told, "{frame:?}");
        }
    }

    #[test]
    fn a_label_that_breaks_its_standard_names_no_item() {
        let found = read(&Scan::from_frame(b"]C10109521234567885"), &LabelRules::default(), 2026);
        assert_eq!((found.form.name(), found.items.len()), ("gs1", 0));
        assert!(found.trouble.is_some());
    }

    #[test]
    fn the_sites_own_labels_go_before_all_standards() {
        let own = SiteLabel::new(SiteLabelKind::Item, "ITM-(?<value>.+)", vec![]).unwrap();
        let rules = LabelRules { site: vec![own], ..LabelRules::default() };
        assert_eq!(label("]C0ITM-4711", &rules), "site  item 4711  item 4711");
        assert_eq!(label("]C04711", &rules), "plain");
    }

    #[test]
    fn a_bare_data_identifier_is_read_only_where_the_site_says_so() {
        assert_eq!(label("]C0Q250", &LabelRules::default()), "plain");
        let rules = LabelRules { data_identifiers: true, ..LabelRules::default() };
        assert_eq!(label("]C0Q250", &rules), "data-identifier  quantity 250");
    }

    #[test]
    fn without_a_symbology_only_what_cannot_be_chance_is_read() {
        let rules = LabelRules::default();
        assert_eq!(label("9521234567882", &rules), "gtin  item 09521234567882");
        assert_eq!(label("9521234567881", &rules), "plain", "a wrong check digit");
        assert_eq!(label("010952123456788210L\u{1d}21S", &rules), "gs1  item 09521234567882  lot L  serial S");
        assert_eq!(label("010952123456788210L", &rules), "plain", "nothing says that it is GS1");
    }

    #[test]
    fn a_gtin_is_known_by_every_length_of_it() {
        let found = read(&Scan::from_frame(b"]E4"), &LabelRules::default(), 2026);
        assert!(found.items.is_empty());
        let found = read(&Scan::from_frame(b"]E496385074"), &LabelRules::default(), 2026);
        assert_eq!(found.items, ["00000096385074", "0000096385074", "000096385074", "96385074"]);
    }
}
