//! Hearing: one scan → one token.
//!
//! Owns which label says what to a station: the command labels (`BW:…`), the labels a site prints for itself, and the
//! labels of the standards, read by [`label`]. What the site's list knows by its whole code goes before
//! all of them but commands. Must not know what the station waits for: the same scan is heard the same at any time.

mod command;
mod content;

use std::str::FromStr;

use gateway_proto::{
    limits::SCAN_LEN_MAX,
    name::{ItemCode, PlaceName, Text},
    place::Place,
    quantity::Quantity,
};

use super::{
    codes::{Codes, Known},
    refusal::Refusal,
    token::{Acquaintance, Part, Token},
};
use crate::{
    device::Scan,
    label::{self, Form, Label, LabelRules, site_label::SiteLabelKind},
};

/// What begins a command label.
pub const COMMAND: &str = "BW:";

/// What a scan says. `year` settles the century of dates on labels.
///
/// # Errors
/// [`Refusal`] where it says nothing that a station could use: a damaged label, an unknown command or asset.
pub fn hear(scan: &Scan, rules: &LabelRules, codes: &impl Codes, year: i16) -> Result<Token, Refusal> {
    let code = scan.text();
    if let Some(command) = command::after_prefix(&code) {
        return match command::own_label(command) {
            Some(("item", item)) => own_item(scan, item, rules, codes, year),
            Some((kind, value)) => named(kind, value, codes),
            None => command::read(command, codes),
        };
    }
    let label = label::read(scan, rules, year);
    // The site knows this very code: no standard knows it better. Where `SEAL` is an item, it is not the serial `EAL`.
    if codes.item(&code).is_some() {
        let label =
            if label.items.is_empty() { Label { lot: None, serial: None, quantity: None, ..label } } else { label };
        return Ok(Token::Part(Box::new(part(scan, &code, &label, codes, year)?)));
    }
    match &label.form {
        Form::Site(SiteLabelKind::Action, value) => {
            return command::read(command::after_prefix(value).unwrap_or(value), codes);
        }
        Form::Site(kind, value) if *kind != SiteLabelKind::Item => return named(kind.name(), value, codes),
        Form::Gs1 | Form::DigitalLink | Form::Iso15434 | Form::DataIdentifier => {
            if let Some(token) = unit(&label, codes)? {
                return Ok(token);
            }
        }
        Form::Site(..) | Form::Plain | Form::Gtin | Form::Hibc | Form::Lcsc => {}
    }
    if label.items.is_empty() && label.form != Form::Plain {
        return no_part(&label);
    }
    Ok(Token::Part(Box::new(part(scan, &code, &label, codes, year)?)))
}

/// A part by the label that the agent printed for it: as if its code alone had been scanned, and never a serial number.
fn own_item(scan: &Scan, code: &str, rules: &LabelRules, codes: &impl Codes, year: i16) -> Result<Token, Refusal> {
    let inner = Scan { symbology: None, code: code.as_bytes().to_vec(), ..scan.clone() };
    let mut part = part(&inner, code, &label::read(&inner, rules, year), codes, year)?;
    if part.known == Acquaintance::Stranger {
        part.known = Acquaintance::Labelled;
    }
    Ok(Token::Part(Box::new(part)))
}

/// What a label of the site names.
fn named(kind: &str, value: &str, codes: &impl Codes) -> Result<Token, Refusal> {
    let name = || PlaceName::from_str(value).map_err(Refusal::Label);
    Ok(match kind {
        "bin" => Token::Place(Place::Bin(name()?)),
        // A label of the site may say `dock`, or only the name of a cabinet.
        "place" => {
            let place = place(value)?;
            if let Place::Asset(name) = &place { asset(name.as_str(), codes)? } else { Token::Place(place) }
        }
        "asset" => asset(value, codes)?,
        "badge" => badge(value, codes)?,
        "order" => order(value, codes)?,
        _ => Token::Reference(text(value)?),
    })
}

fn badge(value: &str, codes: &impl Codes) -> Result<Token, Refusal> {
    Ok(Token::Badge { id: text(value)?, name: codes.operator(value) })
}

fn asset(value: &str, codes: &impl Codes) -> Result<Token, Refusal> {
    let name = codes.asset(value).ok_or_else(|| Refusal::UnknownAsset(value.to_owned()))?;
    Ok(Token::Place(Place::Asset(name)))
}

fn order(value: &str, codes: &impl Codes) -> Result<Token, Refusal> {
    let reference = text(value)?;
    Ok(match codes.expected(value) {
        Some(lines) => Token::Order { reference, lines },
        None => Token::Reference(reference),
    })
}

/// A place by its word and name, `bin:A-01`; a bare name that is none of the words is a bin's.
fn place(value: &str) -> Result<Place, Refusal> {
    let no_place = || Refusal::NotAPlace(value.to_owned());
    let lower = value
        .split_once(':')
        .map_or_else(|| value.to_ascii_lowercase(), |(kind, name)| format!("{}:{name}", kind.to_ascii_lowercase()));
    let place = match Place::from_str(&lower) {
        Ok(place) => place,
        Err(_) if value.contains(':') => return Err(no_place()),
        Err(_) => Place::Bin(value.parse().map_err(Refusal::Label)?),
    };
    match place {
        // What ends there has a mode of its own.
        Place::Used | Place::Scrap | Place::Variance => Err(no_place()),
        Place::Vendor
        | Place::Dock
        | Place::Bin(_)
        | Place::Bench
        | Place::Quarantine
        | Place::Field(_)
        | Place::Asset(_) => Ok(place),
    }
}

/// What a standard's label names that is no part: a delivery, an order, a machine, a place, a person.
fn unit(label: &Label, codes: &impl Codes) -> Result<Option<Token>, Refusal> {
    let content = &label.content;
    if let Some(delivery) = content::delivery(content) {
        if let Some(lines) = codes.expected(&delivery) {
            return Ok(Some(Token::Shipment { reference: text(&delivery)?, lines }));
        }
        // A pallet of one item may say so itself; then it is that item.
        if label.items.is_empty() {
            return Ok(Some(Token::Reference(text(&delivery)?)));
        }
    }
    if !label.items.is_empty() {
        return Ok(None);
    }
    if let Some(number) = content::order(content) {
        return order(&number, codes).map(Some);
    }
    if let Some(job) = content::job(content) {
        return Ok(Some(Token::Reference(text(&job)?)));
    }
    if let Some(asset_id) = content::asset(content) {
        return asset(&asset_id, codes).map(Some);
    }
    if let Some(employee) = content::employee(content) {
        return badge(&employee, codes).map(Some);
    }
    if let Some(bin) = content::bin(content) {
        return Ok(Some(Token::Place(Place::Bin(bin.parse().map_err(Refusal::Label)?))));
    }
    Ok(content::container(content).and_then(|grai| codes.container(&grai)).map(Token::Place))
}

/// A symbol that belongs to a part's label and does not name the part.
fn no_part(label: &Label) -> Result<Token, Refusal> {
    let kept = |value: &Option<String>| value.clone().and_then(|value| Text::try_from(value).ok());
    match (kept(&label.lot), kept(&label.serial)) {
        (None, None) => match (&label.form, label.quantity, &label.trouble) {
            (Form::DataIdentifier, Some(quantity), _) => Ok(Token::Packed(at_least_one(quantity)?)),
            (_, _, Some(trouble)) => Err(Refusal::Damaged(trouble.clone())),
            (_, _, None) => Err(Refusal::NotAPart(label.form.name())),
        },
        (lot, serial) => Ok(Token::Trace { lot, serial }),
    }
}

fn part(scan: &Scan, code: &str, label: &Label, codes: &impl Codes, year: i16) -> Result<Part, Refusal> {
    let known = codes.item(code).or_else(|| label.items.iter().find_map(|code| codes.item(code)));
    let mut part = if let Some(Known { item, factor, tracking }) = known {
        Part { factor: factor.max(1), tracking, ..Part::new(item, Acquaintance::Known) }
    } else {
        // Nobody knows it yet: it is kept under what the label calls it, or as scanned.
        let (name, known) = match label.items.first() {
            Some(name) => (name.as_str(), Acquaintance::Labelled),
            None => (code, Acquaintance::Stranger),
        };
        Part::new(name.parse().map_err(Refusal::Code)?, known)
    };
    part.lot = label.lot.clone().and_then(|lot| Text::try_from(lot).ok());
    part.serial = label.serial.clone().and_then(|serial| Text::try_from(serial).ok());
    part.expires = content::expires(&label.content, year).and_then(|day| Text::try_from(day).ok());
    let stated = |units: u64| Quantity::new(units).map_err(|_| Refusal::Quantity(units.to_string()));
    part.stated = scan.quantity.map(stated).transpose()?;
    part.packed = label.quantity.map(at_least_one).transpose()?;
    part.place = scan.place.as_deref().map(place).transpose()?;
    // A label that is read wrongly today can be read again tomorrow.
    let scanned = scan.text();
    let says_more = scanned.len() <= SCAN_LEN_MAX && scanned != part.item.as_str();
    part.code = says_more.then(|| ItemCode::try_from(scanned).ok()).flatten();
    Ok(part)
}

fn at_least_one(quantity: u64) -> Result<u64, Refusal> {
    if quantity == 0 { Err(Refusal::Quantity(quantity.to_string())) } else { Ok(quantity) }
}

fn text(value: &str) -> Result<Text, Refusal> {
    value.parse().map_err(Refusal::Label)
}
