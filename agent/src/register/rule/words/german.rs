//! Rules in German. Columns keep their names, since the file has them so, and numbers the form a file asks for.

use gateway_proto::{
    limits::QUANTITY_MAX,
    name::{FeedName, NameError},
    place::PlaceError,
};

use super::{
    super::{Misread, Rule, Wanted},
    alternatives, names,
};
use crate::{
    label::gtin::KeyError,
    register::{
        COMMAND,
        fact::Kind,
        refusal::shown,
        unit::{Unit, UnitError},
    },
};

const SAVE_AS_CSV: &str = "als \"CSV UTF-8\" speichern";
const SPLIT: &str = "in zwei Dateien teilen";
const BASE_UNITS: &str = "in Grundeinheiten schreiben";
const UNIT_OF_PACK: &str = "der Packung eine andere Einheit geben, etwa BX";
const OTHER_CODE: &str = "einen anderen Code wählen";

pub(super) fn say(rule: &Rule) -> (String, String) {
    let (rule, remedy) = match rule {
        Rule::Empty(wanted) => ("ist leer".to_owned(), empty(*wanted)),
        Rule::Misread(why) => (format!("lässt sich nicht annehmen: {}", misread(why)), "die Zelle berichtigen"),
        Rule::NoQuantity { units } => {
            (format!("lässt sich nicht annehmen: Menge {units} liegt außerhalb von 1..={QUANTITY_MAX}"), BASE_UNITS)
        }
        Rule::NotWhole => ("ist keine ganze Zahl ab 0".to_owned(), "nur Ziffern schreiben"),
        Rule::TooManyDigits => ("hat mehr Ziffern, als Platz haben".to_owned(), "eine kleinere Zahl schreiben"),
        Rule::Comma => (
            "hat ein Komma; es kann Dezimal- oder Tausenderzeichen sein".to_owned(),
            "Dezimalzahlen mit Punkt schreiben und Tausender ohne Trennzeichen: 1234.5",
        ),
        Rule::NoGrams => ("ist keine Zahl in Gramm".to_owned(), "Gramm mit Punkt schreiben: 8.05"),
        Rule::TooFine => {
            ("ist feiner als ein Mikrogramm".to_owned(), "höchstens sechs Stellen nach dem Punkt schreiben")
        }
        Rule::TooHeavyToKeep => ("ist größer, als Platz hat".to_owned(), "das Gewicht in Gramm schreiben"),
        Rule::NoShare => ("ist keine Zahl".to_owned(), "einen Anteil mit Punkt schreiben: 0.01 für 1 %"),
        Rule::NoWord { words } => {
            let remedy = format!("{} schreiben", alternatives(words, "oder"));
            return ("ist keines der Wörter dieser Spalte".to_owned(), remedy);
        }
        Rule::Command => {
            (format!("beginnt mit {COMMAND} wie ein Befehlsschild: kein Scan davon wäre ein Teil"), OTHER_CODE)
        }
        Rule::Factor { max } => (
            format!("muss zwischen 1 und {max} liegen"),
            "schreiben, für wie viele Grundeinheiten ein Scan des Codes steht",
        ),
        Rule::GtinRestricted => (
            "ist eine Nummer, die Firmen für sich selbst vergeben (02, 04, 20 bis 29)".to_owned(),
            "als namespace vendor, customer oder other schreiben",
        ),
        Rule::NoGtin(why) => (
            format!("ist keine GTIN: {}", key(*why)),
            "8, 12, 13 oder 14 Ziffern schreiben; Tabellenprogramme streichen führende Nullen",
        ),
        Rule::NoPieceWeight => {
            ("ist kein Stückgewicht".to_owned(), "Gramm schreiben, mehr als 0 und höchstens 1000000")
        }
        Rule::PieceSpread => (
            "muss zwischen 0 und 0.5 liegen".to_owned(),
            "den Anteil schreiben, um den sich einzelne Stücke unterscheiden: 0.01 für 1 %",
        ),
        Rule::PieceSample => (
            "muss mindestens 2 sein: ein Stück sagt nichts über das nächste".to_owned(),
            "mindestens 10 Stück zusammen wiegen",
        ),
        Rule::WithoutWeight => {
            ("steht ohne piece_weight_g".to_owned(), "auch das Gewicht schreiben oder die Zelle leeren")
        }
        Rule::AboveQuantities => (format!("ist mehr als die größte Menge, {QUANTITY_MAX}"), BASE_UNITS),
        Rule::MinAboveMax { min, max, max_field } => {
            let remedy = format!("senken, oder {max_field} erhöhen");
            return (format!("ist {min}, mehr als {max} in {max_field}"), remedy);
        }
        Rule::CapacityBelowMax { capacity, max } => (
            format!("ist {capacity}, weniger als {max} in max"),
            "max senken, oder schreiben, was wirklich hineinpasst",
        ),
        Rule::NoWay { from, to } => (
            format!("geht nicht: von {from} nach {to} darf nichts gehen"),
            "einen anderen Platz wählen, etwa used und dock",
        ),
        Rule::Negative => ("ist negativ".to_owned(), "schreiben, was es wiegt: 0 Gramm oder mehr"),
        Rule::AboveTonne => ("ist mehr als eine Tonne".to_owned(), "Gramm schreiben"),
        Rule::Slash => ("enthält '/'".to_owned(), "die Nummer der Zeile schreiben, 10 oder 10.1"),
        Rule::InTheFile => ("steht in der Datei des Standorts".to_owned(), "dort ändern"),
        Rule::RegisterFull { max } => (
            format!("wäre einer mehr als {max}; mehr haben hier nicht Platz"),
            "entfernen, was nicht mehr geführt wird",
        ),
        Rule::UnknownItem { name, code_of: Some(item) } => {
            let remedy = format!("es ist ein Code von {0}; {0} schreiben", shown(item.as_str()));
            return (unknown("den Artikel", name.as_str()), remedy);
        }
        Rule::UnknownItem { name, code_of: None } => {
            (unknown("den Artikel", name.as_str()), "zuerst mit items.csv einlesen")
        }
        Rule::UnknownContainer { name } => (unknown("den Behälter", name), "zuerst mit containers.csv einlesen"),
        Rule::UnknownFeed { name, feeds } => {
            return (unknown("den Feed", name.as_str()), choose(feeds));
        }
        Rule::OwnFeed { feeds } => {
            return ("ist der eigene Feed des Agents für Artikel, die niemand kennt".to_owned(), choose(feeds));
        }
        Rule::FeedStays { feed } => (
            format!("kann sich nicht ändern: was von dem Artikel gebucht ist, steht im Feed {feed}"),
            "dem Teil des anderen Lieferanten einen eigenen Code geben",
        ),
        Rule::CodeOfOther { item } => (
            format!("steht schon für den Artikel {}", shown(item.as_str())),
            "einen anderen Code wählen, oder jenen zuerst aus codes entfernen",
        ),
        Rule::OwnCode => {
            ("ist der eigene Code des Artikels".to_owned(), "die Zeile weglassen: er ist unter ihm bekannt")
        }
        Rule::CodeIsItem => ("ist der Code eines anderen Artikels".to_owned(), OTHER_CODE),
        Rule::GtinOfOther { item, written } => (
            format!("steht schon für den Artikel {}, dort als {written} geschrieben", shown(item.as_str())),
            "eine GTIN ist in jeder Länge dieselbe: eine der beiden berichtigen",
        ),
        Rule::GtinOfMore { factor, written } => (
            format!("steht schon für {factor}, dort als {written} geschrieben"),
            "eine GTIN ist in jeder Länge dieselbe: eine der beiden entfernen",
        ),
        Rule::UnitIsPack { code, factor } => {
            (format!("heißt beim Code {} eine Packung von {factor}", shown(code.as_str())), UNIT_OF_PACK)
        }
        Rule::PackIsUnit { unit, factor } => {
            (format!("ist {unit}, die Grundeinheit des Artikels, von der der Code für {factor} steht"), UNIT_OF_PACK)
        }
        Rule::NamedBy { kind, name } => {
            let name = if *kind == Kind::Code { shown(name) } else { name.clone() };
            (format!("wird noch gebraucht: {} {name}", self::kind(*kind)), "das zuerst entfernen")
        }
        Rule::Twice { line } => {
            (format!("steht auch in Zeile {line}"), "die richtige Zeile behalten und die andere entfernen")
        }
        Rule::NewNeeds { kind, name } => {
            (format!("fehlt, und {} {} ist neu", self::kind(*kind), shown(name)), "die Spalte hinzufügen")
        }
        Rule::FileEmpty { columns } => {
            let remedy = format!("die Datei mit einer Zeile aus Spaltennamen beginnen: {}", names(columns));
            return ("Datei ist leer".to_owned(), remedy);
        }
        Rule::FileTooLarge { len, max } => (format!("Datei hat {len} Bytes; höchstens {max} gehen"), SPLIT),
        Rule::TooManyRows { max } => (format!("Datei hat mehr als {max} Zeilen"), SPLIT),
        Rule::Utf16 => ("Datei ist in UTF-16".to_owned(), SAVE_AS_CSV),
        Rule::Spreadsheet => ("Datei ist eine Tabelle eines Tabellenprogramms".to_owned(), SAVE_AS_CSV),
        Rule::NotCsv(why) => (format!("Datei lässt sich nicht als CSV lesen; das Programm sagt: {why}"), SAVE_AS_CSV),
        Rule::QuoteOpen => (
            "ein Anführungszeichen wird geöffnet und nie geschlossen".to_owned(),
            "mit einem zweiten schließen, oder verdoppeln, wo es zum Text gehört",
        ),
        Rule::TooManyColumns { len, max, columns } => {
            let remedy = format!("die Spalten sind {}", names(columns));
            return (format!("Kopfzeile hat {len} Spalten; höchstens {max} gehen"), remedy);
        }
        Rule::UnknownColumn { columns } => {
            let remedy = format!("die Spalten sind {}", names(columns));
            return ("ist keine Spalte dieser Art".to_owned(), remedy);
        }
        Rule::ColumnTwice => ("steht hier zweimal".to_owned(), "eine der beiden entfernen"),
        Rule::ColumnMissing => ("fehlt".to_owned(), "die Spalte hinzufügen: nach ihr heißt, was in der Zeile steht"),
        Rule::RowTooShort { cells, header } => (
            format!("Zeile hat {cells} Zellen, die Kopfzeile hat {header}"),
            "jede Zelle schreiben, auch eine leere; Texte mit Trennzeichen in Anführungszeichen setzen",
        ),
        Rule::NoColumn { cell } => (
            format!("Zelle {cell} hat keine Spalte"),
            "Texte mit Trennzeichen in Anführungszeichen setzen, oder der Spalte einen Namen geben",
        ),
        Rule::CellTooLong { len, max } => (
            format!("hat {len} Bytes; höchstens {max} gehen"),
            "kürzen, und nach einem fehlenden Anführungszeichen sehen",
        ),
        Rule::CellNotUtf8 => ("ist nicht in UTF-8".to_owned(), "die Datei als \"CSV UTF-8\" speichern"),
        Rule::Shortened => (
            "ist eine Zahl, die ein Tabellenprogramm gekürzt hat; ihre Ziffern sind verloren".to_owned(),
            "der Spalte das Format Text geben und die Zahl neu eingeben",
        ),
    };
    (rule, remedy.to_owned())
}

pub(super) fn misread(why: &Misread) -> String {
    match why {
        Misread::Name(why) => name(why),
        Misread::Place(PlaceError::Name(why)) => name(why),
        Misread::Place(PlaceError::Unknown(text)) => format!(
            "{} ist kein Platz; Plätze sind vendor, dock, bin:NAME, bench, quarantine, field:NAME, asset:NAME, used, \
             scrap, variance",
            shown(text)
        ),
        Misread::Unit(UnitError::Length(len)) => {
            format!("die Einheit hat {len} Bytes; 1 bis {} sind erlaubt", Unit::LEN_MAX)
        }
        Misread::Unit(UnitError::Character(found)) => {
            format!("die Einheit enthält {found:?}; erlaubt sind Buchstaben und Ziffern, ein Buchstabe zuerst")
        }
        Misread::Key(why) => key(*why),
    }
}

fn name(why: &NameError) -> String {
    match why {
        NameError::Empty { kind } => format!("{} ist leer", named(kind)),
        NameError::TooLong { kind, len, max } => {
            format!("{} hat {len} Bytes, höchstens {max} sind erlaubt", named(kind))
        }
        NameError::Character { kind, found, allowed } => {
            format!("{} enthält {found:?}; erlaubt sind {}", named(kind), letters(allowed))
        }
    }
}

/// What the name of a kind is called.
fn named(kind: &str) -> &'static str {
    match kind {
        "item code" => "der Code des Artikels",
        "feed name" => "der Name des Feeds",
        "device name" => "der Name des Geräts",
        "place name" => "der Name des Platzes",
        "site name" => "der Name des Standorts",
        // A badge, a lot, a reason: whatever is a line of text.
        _ => "der Text",
    }
}

fn letters(allowed: &str) -> &'static str {
    match allowed {
        "letters, digits, '.', '_', '-'" => "Buchstaben, Ziffern, '.', '_', '-'",
        _ => "druckbare Zeichen",
    }
}

fn key(why: KeyError) -> String {
    match why {
        KeyError::Length { len } => format!("{len} Zeichen sind keine Länge dieser Nummer"),
        KeyError::NonDigit => "die Nummer enthält anderes als Ziffern".to_owned(),
        KeyError::CheckDigit => "die Prüfziffer passt nicht; das Etikett noch einmal scannen".to_owned(),
        KeyError::NumberSystem => "eine UPC-E beginnt mit 0 oder 1".to_owned(),
    }
}

const fn empty(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Anything => "wird gebraucht; ausfüllen",
        Wanted::BaseUnits => "wird gebraucht; in Grundeinheiten schreiben",
        Wanted::EmptyWeight => "wird gebraucht; einen leeren Behälter wiegen",
    }
}

/// What one fact of a kind is called.
pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Item => "Artikel",
        Kind::Code => "Code",
        Kind::Container => "Behälter",
        Kind::Bin => "Fach",
        Kind::Operator => "Person",
        Kind::Asset => "Anlage",
        Kind::Shipment => "Lieferung",
    }
}

fn unknown(what: &str, name: &str) -> String {
    format!("nennt {what} {}, den niemand kennt", shown(name))
}

fn choose(feeds: &[FeedName]) -> String {
    if feeds.is_empty() {
        return "zuerst einen [[feed]] in die Datei des Standorts schreiben".to_owned();
    }
    let feeds: Vec<_> = feeds.iter().map(FeedName::as_str).collect();
    format!("{} schreiben, oder einen [[feed]] in die Datei des Standorts", alternatives(&feeds, "oder"))
}
