//! Why not, in German: what the floor, the register and the ledger refuse.

use look::Language;

use super::say::place;
use crate::{
    floor::{
        order::{Unwritten, UnwrittenCause},
        refusal::Refusal,
    },
    ledger::{AsideRefusal, AsideRule},
    movement::{
        calibration::ContainerRefusal,
        fusion,
        rules::{NotAcknowledged, Subject},
    },
    register::{
        fact::Kind,
        refusal::Refused,
        rule::words::{self, Said},
    },
    task::api::ledger::NotDone,
};

const LATER: &str = "Gleich noch einmal versuchen.";

pub(super) fn floor(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Importing => format!("Gerade wird eine Datei eingelesen. {LATER}"),
        Refusal::ImportingOther => format!("Gerade wird eine andere Datei eingelesen. {LATER}"),
        Refusal::NoSubject(Subject::Bin(bin)) => no_bin(bin.as_str()),
        Refusal::NoSubject(Subject::Item(item)) => format!("Den Artikel {item} gibt es nicht. Die Seite neu laden."),
        Refusal::NoFact { kind, name } => format!("{} {name} gibt es nicht. Die Seite neu laden.", self::kind(*kind)),
        Refusal::Misread(why) => format!("{}.", sentence(&words::misread(Language::German, why))),
        Refusal::NotABin(name) => format!("{name} ist kein Fach. Den Namen berichtigen."),
        Refusal::NoScale(bin) => format!("Fach {bin} hat keine Waage."),
        Refusal::NoBin(bin) => no_bin(bin.as_str()),
        Refusal::NoContainer(name) => {
            format!("Den Behälter {name} gibt es nicht. Einen wiegen oder mit containers.csv einlesen.")
        }
        Refusal::NoWeight(grams) => format!("„{grams}“ ist kein Gewicht. Gramm mit Komma schreiben: 8,05."),
        Refusal::Container(why) => container(why),
        Refusal::NoCount(session) => format!("Die Zählung {} gibt es nicht. Eine neue beginnen.", session.0),
        Refusal::WhichItem => "Sagen, welcher Artikel gezählt wurde.".to_owned(),
        Refusal::WhoCounts => "Sagen, wer zählt, oder die Prüfung ansehen.".to_owned(),
        Refusal::CountedElsewhere { item, place: at, session, by } => format!(
            "{item} wird schon gezählt: {}, in der Zählung {} von {by}. Dort zählen oder jene Zählung erst beenden.",
            place(at),
            session.0
        ),
        Refusal::NothingToCount => {
            "Es gibt nichts zu zählen. Fächer oder Artikel nennen, oder zählen, was fällig ist.".to_owned()
        }
        Refusal::CountsFull { open } => {
            format!("{open} Zählungen sind offen, mehr gehen nicht. Einige abschließen oder abbrechen.")
        }
        Refusal::CountNotTaken { place: at, why } => {
            format!("Die Zählung von {} gilt nicht: {}", place(at), super::say::why(why))
        }
        Refusal::CountBusy => "Eine andere Zählung davon wird gerade gebucht. Noch einmal Fertig wählen.".to_owned(),
        Refusal::CountGone => "Es gibt sie nicht mehr. Neu zählen.".to_owned(),
        Refusal::CountBeforeRestart => "Die Zählung begann vor einem Neustart. Abbrechen und neu zählen.".to_owned(),
        Refusal::NoStation(name) => format!("Die Station {name} gibt es nicht."),
        Refusal::FormTooLong { max } => format!("Höchstens {max} Zeilen gehen auf einmal. In Teilen senden."),
        Refusal::CountOnItsPage => "Gezählt wird auf der Seite Zählen.".to_owned(),
        Refusal::NothingSaid => "Es wurde nichts gesagt. Die Seite neu laden.".to_owned(),
        Refusal::Bin(why) => bin(why),
        Refusal::Movement(why) => movement(why),
        Refusal::RecordTooLong { len } => format!("Die Angaben sind zu lang ({len} Bytes). Kürzen."),
        Refusal::RecordUnreadable(_) => "Der Satz ist nicht lesbar. Noch einmal eingeben.".to_owned(),
        Refusal::NoMovement { feed, seq } => format!("Eine Bewegung {seq} gibt es im Feed {feed} nicht."),
        Refusal::NothingCame => "Daraus wurde nichts. Noch einmal versuchen.".to_owned(),
        Refusal::NoNotice(_) => "Diese Meldung gibt es nicht mehr.".to_owned(),
        Refusal::Alarm(why) => alarm(why),
        Refusal::Stopping => format!("Der Agent hält gerade an. {LATER}"),
    }
}

fn no_bin(bin: &str) -> String {
    format!("Das Fach {bin} gibt es noch nicht. Mit bins.csv einlesen.")
}

/// Why parts may not go that way, or not so many.
fn movement(why: &gateway_proto::movement::MovementError) -> String {
    use gateway_proto::movement::MovementError as M;
    match why {
        M::Forbidden { from, to } => {
            format!("Von {} nach {} geht nichts. Einen anderen Platz wählen.", place(from), place(to))
        }
        M::Nowhere(at) => format!("Von {} kommt es schon. Ein anderes Ziel wählen.", place(at)),
        M::Between { qty, low, high } => {
            format!("Die Menge {qty} liegt außerhalb ihrer eigenen Grenzen, {low} bis {high}. Noch einmal eingeben.")
        }
    }
}

fn bin(why: &fusion::Refused) -> String {
    match why {
        fusion::Refused::TooMany => format!(
            "{} Buchungen dieses Fachs warten noch auf ihr Gewicht. Kurz warten, oder zurücknehmen, was nicht geschah.",
            fusion::ACTS_MAX
        ),
        fusion::Refused::Again => "Das wurde schon gesagt; nichts ist verloren.".to_owned(),
        fusion::Refused::NotHere => {
            "Dieses Fach ist weder Anfang noch Ziel, oder beides. Scannen, wohin die Teile gehen.".to_owned()
        }
        fusion::Refused::NoMovement(why) => movement(why),
    }
}

fn container(why: &ContainerRefusal) -> String {
    match why {
        ContainerRefusal::NotAtRest => "Das Gewicht ruht noch nicht. Warten, bis es ruht.".to_owned(),
        ContainerRefusal::Nothing(mass) => {
            format!("Der Behälter wiegt {mass}, also nichts. Auf die Waage stellen.")
        }
        ContainerRefusal::Outlier { name, found, usual } => {
            format!(
                "Der Behälter wiegt {found}, ein {name} wiegt {usual}. Leeren, oder der Art einen eigenen Namen geben."
            )
        }
        ContainerRefusal::Full => {
            "Mehr Arten von Behältern gehen nicht. Eine entfernen, die nicht gebraucht wird.".to_owned()
        }
    }
}

fn alarm(why: &NotAcknowledged) -> String {
    match why {
        NotAcknowledged::NotWatched(at) => format!("{} hat weder Min. noch Max. Erst eines setzen.", subject(at)),
        NotAcknowledged::NoAlarm(at) => format!("{} hat keinen Alarm. Es gibt nichts zu bestätigen.", subject(at)),
        NotAcknowledged::Already { subject: at, by, .. } => {
            format!("{} hat {by} schon bestätigt.", subject(at))
        }
    }
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Bin(bin) => format!("Fach {bin}"),
        Subject::Item(item) => format!("Artikel {item}"),
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Item => "Den Artikel",
        Kind::Code => "Den Code",
        Kind::Container => "Den Behälter",
        Kind::Bin => "Das Fach",
        Kind::Operator => "Die Person mit dem Ausweis",
        Kind::Asset => "Die Anlage",
        Kind::Shipment => "Die Lieferung",
    }
}

/// The fields that break a rule, by their names in a file.
pub(super) fn facts(Refused(refusals): &Refused) -> String {
    let sentences = refusals.iter().map(|refusal| {
        let Said { rule, remedy } = refusal.rule.said(Language::German);
        format!("{} {rule}: {remedy}.", refusal.field)
    });
    sentences.collect::<Vec<_>>().join(" ")
}

pub(super) fn disk(Unwritten { cause, .. }: &Unwritten) -> String {
    const HOLD: &str = "Teil noch nicht weglegen";
    match cause {
        UnwrittenCause::Full { used_mb, limit_mb } => format!(
            "Nicht gebucht: Der Speicher ist voll ({used_mb} von {limit_mb} MB). {HOLD}; Leitung zum Hub wiederherstellen, \
             Platz schaffen oder [storage] budget_mb erhöhen."
        ),
        UnwrittenCause::Closed => {
            format!("Nicht gebucht: Der Agent hält gerade an. {HOLD}, gleich noch einmal versuchen.")
        }
        UnwrittenCause::System(words) => format!(
            "Nicht gebucht: Das Gateway kann gerade nicht speichern. {HOLD}, noch einmal versuchen. (Das System meldet: {words})"
        ),
    }
}

pub(super) fn not_done(why: &NotDone) -> String {
    match why {
        NotDone::NotMetered => {
            "Diese Leitung kostet nichts: Was wartet, geht hinaus, sobald der Hub erreichbar ist.".to_owned()
        }
        NotDone::NoFeed(feed) => format!("Für den Feed {feed} ist noch nichts gebucht."),
        NotDone::NotRead { system, .. } => {
            format!("Das Journal lässt sich gerade nicht lesen. {LATER} (Das System meldet: {system})")
        }
        NotDone::NotReadNow => format!("Das Journal lässt sich gerade nicht lesen. {LATER}"),
        NotDone::NothingCame => "Daraus wurde nichts. Noch einmal versuchen.".to_owned(),
        NotDone::Aside(why) => aside(why),
        NotDone::TooManyAsked => "Nach zu vielen wird schon gefragt. In einer Minute noch einmal versuchen.".to_owned(),
        NotDone::NoHub(feed) => {
            format!("Der Feed {feed} steht nicht in der Datei des Standorts; es gibt keinen Hub, den man fragen kann.")
        }
        NotDone::TooFull => {
            "Der Speicher ist zu voll für Prüfstände. Die Probleme auf der Startseite sagen, was zu tun ist.".to_owned()
        }
        NotDone::Ledger(why) => super::say::why(why),
    }
}

fn aside(AsideRefusal { feed, seq, why }: &AsideRefusal) -> String {
    let why = match why {
        AsideRule::NotAside => "liegt nicht beiseite. Die Liste zeigt, was beiseiteliegt.",
        AsideRule::Over => "wurde schon erneut gesendet oder aufgegeben.",
        AsideRule::Undeclared => "ist noch nicht gemeldet. Er kann erneut hinaus, sobald der Hub davon weiß.",
        AsideRule::EarlierEpoch => {
            "ist aus einer früheren Epoche. Der Hub hebt ihn auf und bucht ihn, sobald er den Artikel kennt."
        }
        AsideRule::NoRecord => "ist nicht mehr da, oder es war nie ein lesbarer Satz.",
    };
    format!("Satz {seq} im Feed {feed} {why}")
}

/// With a large letter first.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
