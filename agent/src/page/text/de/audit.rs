//! The audit in German. It is kept in English words of a few patterns; what is not known stays as it was kept.

use super::super::manage::ManageText;
use crate::register::{fact::Kind, rule::words::kind_in_german};

pub(super) fn act(english: &str) -> String {
    let german = match english {
        "set min and max" => "Min. und Max. gesetzt",
        "note lost records" => "verlorene Sätze zur Kenntnis genommen",
        "retry set-aside record" => "beiseitegelegten Satz erneut gesendet",
        "discard set-aside record" => "beiseitegelegten Satz aufgegeben",
        "set PIN" => "PIN gesetzt",
        "take PIN away" => "PIN weggenommen",
        _ => return told(english),
    };
    german.to_owned()
}

/// `import bins`, `set operator`, `remove operator`
fn told(english: &str) -> String {
    let Some((verb, kind)) = english.split_once(' ').and_then(|(verb, word)| Some((verb, Kind::named(word)?))) else {
        return english.to_owned();
    };
    match verb {
        "import" => format!("{} eingelesen", many(kind)),
        "set" => format!("{} gesetzt", kind_in_german(kind)),
        "remove" => format!("{} entfernt", kind_in_german(kind)),
        _ => english.to_owned(),
    }
}

const fn many(kind: Kind) -> &'static str {
    const MANAGE: &ManageText = &super::manage::MANAGE;
    match kind {
        Kind::Item => MANAGE.data.items,
        Kind::Code => MANAGE.data.codes,
        Kind::Container => MANAGE.data.containers,
        Kind::Bin => MANAGE.data.bins,
        Kind::Operator => MANAGE.data.operators,
        Kind::Asset => MANAGE.data.assets,
        Kind::Shipment => MANAGE.data.shipments,
    }
}

/// What a person wrote stands last, behind a semicolon, and stays.
pub(super) fn detail(english: &str) -> String {
    if let Some(badge) = english.strip_prefix("badge ").filter(|badge| !badge.contains(", ")) {
        return format!("Ausweis {badge}");
    }
    if let Some((added, changed)) = english.strip_suffix(" changed").and_then(|text| text.split_once(" added, ")) {
        return format!("{added} neu, {changed} geändert");
    }
    if let Some((feed, lost)) = english
        .strip_prefix("feed ")
        .and_then(|text| text.strip_suffix(" so far"))
        .and_then(|text| text.split_once(": "))
    {
        return format!("Feed {feed}: bisher {lost}");
    }
    if let Some((record, came)) = english.strip_prefix("feed ").and_then(|text| text.split_once(": ")) {
        let record = record.replace(" epoch ", ", Epoche ").replace(" seq ", ", Nummer ");
        let came = match came {
            "Discarded" => "aufgegeben",
            came if came.starts_with("Ask") => "der Hub wird gefragt",
            _ => "geht noch einmal hinaus",
        };
        return format!("Feed {record}: {came}");
    }
    match english.split_once(": min ").map(|(subject, bounds)| (subject, bounds.split_once("; "))) {
        Some((subject, Some((bounds, why)))) => {
            let bounds = bounds.replace("none", "keins").replace(", was min ", ", vorher Min. ").replace("max", "Max.");
            let subject = match subject.split_once(':') {
                Some(("bin", name)) => format!("Fach {name}"),
                Some(("item", code)) => format!("Artikel {code}"),
                _ => subject.to_owned(),
            };
            format!("{subject}: Min. {bounds}; {why}")
        }
        _ => english.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_audit_keeps_is_said_in_german_and_what_people_wrote_stays() {
        for (kept, said) in [
            ("set min and max", "Min. und Max. gesetzt"),
            ("import bins", "Fächer eingelesen"),
            ("set code", "Code gesetzt"),
            ("remove operator", "Person entfernt"),
            ("take PIN away", "PIN weggenommen"),
            ("something of another agent", "something of another agent"),
        ] {
            assert_eq!(act(kept), said);
        }
        for (kept, said) in [
            ("3 added, 2 changed", "3 neu, 2 geändert"),
            ("badge 0001", "Ausweis 0001"),
            ("badge 0001, name Ada, role auditor", "badge 0001, name Ada, role auditor"),
            ("feed acme: 3 so far", "Feed acme: bisher 3"),
            ("feed acme epoch 0193 seq 5: Discarded", "Feed acme, Epoche 0193, Nummer 5: aufgegeben"),
            (
                "feed acme epoch 0193 seq 5: Ask { seq: Seq(5) }",
                "Feed acme, Epoche 0193, Nummer 5: der Hub wird gefragt",
            ),
            (
                "bin:A-01: min 5 max none, was min none max 9; none was too few",
                "Fach A-01: Min. 5 Max. keins, vorher Min. keins Max. 9; none was too few",
            ),
        ] {
            assert_eq!(detail(kept), said);
        }
    }
}
