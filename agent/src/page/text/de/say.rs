use gateway_proto::{movement::Act, name::NameError, place::Place};
use look::Language;

use super::refusal;
use crate::{
    floor::why::{ActRefusal, Why},
    movement::{
        calibration,
        counting::{self, Reason},
        session::{Mode, Refusal, Task, sight::Wants},
    },
    page::text::SayText,
    register::rule::words,
};

pub(super) const SAY: SayText = SayText {
    mode,
    task,
    place,
    way: |from, to| format!("von {from} nach {to}"),
    act: |act| match act {
        Act::Receipt => "eingegangen",
        Act::PutAway => "eingelagert",
        Act::Transfer => "umgelagert",
        Act::Deploy => "ausgegeben",
        Act::TestPass => "Prüfung bestanden",
        Act::TestFail => "Prüfung nicht bestanden",
        Act::Install => "eingebaut",
        Act::Uninstall => "ausgebaut",
        Act::Use => "verbraucht",
        Act::Return => "zurückgegeben",
        Act::ReturnToVendor => "an den Lieferanten zurück",
        Act::Scrap => "verschrottet",
        Act::Adjust => "durch Zählung berichtigt",
        Act::OwnershipChange => "Eigentümer gewechselt",
        Act::Correction => "zurückgenommen",
    },
    by_scale: "von der Waage übernommen",
    reason,
    unit: |unit| if unit.eq_ignore_ascii_case("EA") { "Stück" } else { unit },
    why,
    not_done: refusal::not_done,
    wants: |wants| match wants {
        Wants::Badge => "Ausweis scannen".to_owned(),
        Wants::Mode => "Wählen, was Sie tun".to_owned(),
        Wants::Place => "Platz scannen".to_owned(),
        Wants::OtherPlace { from, to } => {
            format!("Von {} nach {} geht nichts. Anderen Platz scannen.", place(from), place(to))
        }
        Wants::Destination(from) => format!("Von {}. Ziel scannen", place(from)),
        Wants::Field => "Fahrzeug oder Schrank scannen".to_owned(),
        Wants::Asset => "Maschine scannen".to_owned(),
        Wants::Part => "Teil scannen".to_owned(),
        Wants::Lot => "Charge scannen".to_owned(),
        Wants::Serial => "Seriennummer scannen".to_owned(),
    },
    undo: "Zurücknehmen",
    undo_what: |what| format!("Zurücknehmen: {what}"),
    nobody: "niemand",
    unknown: "unbekannt",
};

pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Use => "Entnehmen",
        Mode::Receive => "Wareneingang",
        Mode::PutAway => "Einlagern",
        Mode::Transfer => "Umlagern",
        Mode::Test => "Zur Prüfung",
        Mode::TestPass => "Prüfung bestanden",
        Mode::TestFail => "Prüfung nicht bestanden",
        Mode::Deploy => "Ausgeben",
        Mode::Install => "Einbauen",
        Mode::Uninstall => "Ausbauen",
        Mode::Return => "Zurückgeben",
        Mode::Scrap => "Verschrotten",
        Mode::Count => "Zählen",
    }
}

fn task(task: &Task) -> String {
    match (&task.mode, &task.target) {
        (Mode::Deploy, Some(target)) => format!("Ausgeben an {}", place(target)),
        (Mode::Install, Some(target)) => format!("Einbauen in {}", place(target)),
        (Mode::Uninstall, Some(target)) => format!("Ausbauen aus {}", place(target)),
        (known, Some(_) | None) => mode(*known).to_owned(),
    }
}

pub(super) fn place(place: &Place) -> String {
    match place {
        Place::Vendor => "Lieferant".to_owned(),
        Place::Dock => "Wareneingang".to_owned(),
        Place::Bin(name) => format!("Fach {name}"),
        Place::Bench => "Prüfplatz".to_owned(),
        Place::Quarantine => "Sperrlager".to_owned(),
        Place::Field(name) | Place::Asset(name) => name.to_string(),
        Place::Used => "Verbrauch".to_owned(),
        Place::Scrap => "Schrott".to_owned(),
        Place::Variance => "Zähldifferenz".to_owned(),
    }
}

pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingTransaction => "eine Bewegung wurde nicht gebucht",
        Reason::Miscount => "eine frühere Zählung war falsch",
        Reason::Found => "gefunden",
        Reason::Expired => "abgelaufen und entfernt",
        Reason::Lost => "verloren",
        Reason::UnitError => "falsche Einheit: Stück statt Packung",
        Reason::WrongBin => "lag in einem anderen Fach",
    }
}

pub(super) fn why(why: &Why) -> String {
    match why {
        Why::Scan(refusal) => scan(refusal),
        Why::Count(refusal) => count(refusal),
        Why::Calibration(refusal) => calibration(refusal),
        Why::Act(refusal) => act(*refusal).to_owned(),
        Why::Unsaid(wants) => unsaid(wants),
        Why::Floor(why) => refusal::floor(why),
        Why::Facts(refused) => refusal::facts(refused),
        Why::Ledger(why) => format!("Nicht gebucht. {}", refusal::floor(why)),
        Why::Disk(unwritten) => refusal::disk(unwritten),
    }
}

fn unsaid(wants: &Wants) -> String {
    let lacks = match wants {
        Wants::Badge => "Es fehlt, wer Sie sind.",
        Wants::Mode => "Es fehlt, was Sie tun.",
        Wants::Place => "Es fehlt der Platz.",
        Wants::OtherPlace { from, to } => {
            return format!("Nicht gebucht. Von {} nach {} geht nichts: anderen Platz wählen.", place(from), place(to));
        }
        Wants::Destination(_) => "Es fehlt, wohin.",
        Wants::Field => "Es fehlt das Fahrzeug oder der Schrank.",
        Wants::Asset => "Es fehlt die Maschine.",
        Wants::Part => "Es fehlt das Teil.",
        Wants::Lot => "Es fehlt die Charge.",
        Wants::Serial => "Es fehlt die Seriennummer.",
    };
    format!("Nicht gebucht. {lacks}")
}

const fn act(refusal: ActRefusal) -> &'static str {
    match refusal {
        ActRefusal::StillRecording => "Das Teil wird gerade noch gebucht. Gleich noch einmal zurücknehmen.",
        ActRefusal::StillRecordingQuantity => "Das Teil wird gerade noch gebucht. Menge gleich noch einmal scannen.",
        ActRefusal::TooLongAgo => {
            "Zu lange her, um es hier zurückzunehmen. Auf der Seite des Fachs die Bewegung zurücknehmen, oder das Fach zählen."
        }
        ActRefusal::TooLateToChange => {
            "Zu lange her, um es zu ändern. Erst die Menge, dann das Teil noch einmal scannen."
        }
        ActRefusal::NothingCame => "Aus diesem Scan wurde nichts. Erst die Menge, dann das Teil noch einmal scannen.",
        ActRefusal::TakenBack => "Das Teil wurde zurückgenommen. Erst die Menge, dann das Teil noch einmal scannen.",
        ActRefusal::Explained => "Das Teil ist inzwischen bekannt. Zurücknehmen und neu scannen.",
        ActRefusal::TakenBackAlready => "Das wurde schon zurückgenommen. Es ist nichts mehr zu tun.",
        ActRefusal::EarlierLife => {
            "Das wurde gebucht, bevor die Aufzeichnung neu begann, und kann nicht zurückgenommen werden. Das Fach zählen."
        }
    }
}

/// What is missing, as the session's refusal names it.
fn need(word: &str) -> &str {
    match word {
        "your badge" => "Ihren Ausweis",
        "a mode" => "eine Tätigkeit",
        "its place" => "seinen Platz",
        "the place it goes to" => "sein Ziel",
        "a van or cabinet" => "ein Fahrzeug oder einen Schrank",
        "an asset" => "eine Maschine",
        "its part" => "sein Teil",
        "its lot" => "seine Charge",
        "its serial number" => "seine Seriennummer",
        other => other,
    }
}

fn misread(why: &NameError) -> String {
    words::misread(Language::German, &why.clone().into())
}

fn scan(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Command(text) => {
            format!("{text} ist kein Befehl. Ein Befehlsschild scannen oder eine Taste auf der Seite benutzen.")
        }
        Refusal::Code(why) => {
            format!("Das ist keine Teilenummer ({}). Noch einmal scannen oder eintippen.", misread(why))
        }
        Refusal::Label(why) => format!("Das Etikett ist nicht brauchbar ({}). Neu drucken.", misread(why)),
        Refusal::Quantity(text) => format!("{text} ist keine Menge. Eine Zahl ab 1 eingeben."),
        Refusal::NotAPart(form) => format!("Das Etikett ({form}) ist kein Teil. Das Teil scannen."),
        // What exactly is damaged is for whoever prints labels: `binwire-agent decode` says it.
        Refusal::Damaged(_) => "Das Etikett ist beschädigt. Noch einmal scannen oder die Nummer eintippen.".to_owned(),
        Refusal::NotAPlace(text) => {
            format!("{text} ist kein Platz. Fach, Wareneingang, Prüfplatz, Sperrlager, Fahrzeug oder Maschine scannen.")
        }
        Refusal::UnknownAsset(text) => {
            format!("Die Maschine {text} gibt es hier nicht. Schild prüfen, oder sie in die Liste aufnehmen lassen.")
        }
        Refusal::UnknownBadge(badge) => {
            format!("Den Ausweis {badge} hat niemand. Den eigenen scannen, oder ihn aufnehmen lassen.")
        }
        Refusal::NoBadge => "Zuerst den Ausweis scannen.".to_owned(),
        Refusal::Forbidden { mode: known, from, to } => {
            format!(
                "{}: von {} nach {} geht nichts. Anderen Platz oder andere Tätigkeit scannen.",
                mode(*known),
                place(from),
                place(to)
            )
        }
        Refusal::SamePlace(at) => format!("Von {} kommt es schon. Das Ziel scannen.", place(at)),
        Refusal::Target { mode: known, target } => {
            format!(
                "{} passt nicht zu {}. Zum Ausgeben ein Fahrzeug, zum Ein- und Ausbauen eine Maschine scannen.",
                place(target),
                mode(*known)
            )
        }
        Refusal::RemovedTo(to) => {
            format!("Ein ausgebautes Teil kommt auf den Prüfplatz oder ins Sperrlager, nicht nach {}.", place(to))
        }
        Refusal::LateQuantity(item) => {
            format!("Die Menge kam nach {item}, das schon seine Menge hat. Zurücknehmen, dann zuerst die Menge.")
        }
        Refusal::TooMany { times, factor } => {
            format!("{times} × {factor} ist zu viel für eine Buchung. Eine kleinere Menge eingeben.")
        }
        Refusal::Zero => "Null gibt es nur beim Zählen. Eine Zahl ab 1 eingeben, oder erst Zählen wählen.".to_owned(),
        Refusal::OneByOne(item) => format!("{item} hat Seriennummern. Jedes Stück einzeln scannen, ohne Menge."),
        Refusal::Waiting { item, need: lacks } => {
            format!("{item} braucht noch {}. Das scannen, oder Abbrechen.", need(lacks))
        }
        Refusal::Contradiction { item, label, scanned, .. } => {
            format!("Auf {item} steht {label}, gescannt wurde {scanned}. Abbrechen und neu beginnen.")
        }
        Refusal::DuplicateSerial { item, serial, at } => {
            format!(
                "Seriennummer {serial} von {item} ist schon nach {} gegangen. Ein anderes Stück scannen, oder Zurücknehmen.",
                place(at)
            )
        }
        Refusal::CountedSerial { item, serial } => {
            format!("Seriennummer {serial} von {item} ist schon gezählt. Das nächste Stück scannen.")
        }
        Refusal::NothingToAdd => "Es gibt kein letztes Teil. Das Teil scannen.".to_owned(),
        Refusal::NotReceiving(text) => format!("{text} ist eine Lieferung. Erst Wareneingang wählen."),
        Refusal::ReceivedBefore(text) => format!(
            "Die Lieferung {text} ist schon eingegangen. Zurücknehmen, wenn das falsch war, oder ihre Teile einzeln scannen."
        ),
        Refusal::TooManyLines { reference, lines, max } => {
            format!(
                "Die Lieferung {reference} hat {lines} Zeilen, höchstens {max} gehen auf einmal. Die Teile einzeln scannen."
            )
        }
        Refusal::NothingCounted(at) => {
            format!("In {} wurde nichts gezählt. Teile scannen, Leer wählen, oder Abbrechen.", place(at))
        }
        Refusal::NotEmpty(at) => {
            format!("In {} wurden Teile gezählt, also ist es nicht leer. Zurücknehmen, oder Fertig.", place(at))
        }
        Refusal::SaidEmpty(at) => {
            format!("{} wurde als leer gemeldet. Zurücknehmen, dann die Teile scannen.", place(at))
        }
        Refusal::CountOpen(at) => {
            format!("Die Zählung von {} ist nicht beendet. Fertig wählen, oder Abbrechen.", place(at))
        }
        Refusal::Uncountable(at) => format!(
            "In {} liegt kein Bestand. Fach, Wareneingang, Prüfplatz, Sperrlager oder Fahrzeug zählen.",
            place(at)
        ),
        Refusal::CountFull { max } => {
            format!("Mehr als {max} Posten gehen nicht in eine Zählung. Fertig wählen, den Rest neu zählen.")
        }
        Refusal::NothingToUndo => {
            "Nichts zurückzunehmen: Seit der letzten Zählung, Anmeldung oder Pause wurde hier nichts gebucht."
                .to_owned()
        }
    }
}

fn count(refusal: &counting::Refusal) -> String {
    use counting::Refusal as R;
    match refusal {
        R::Closed(_) => "Diese Zählung ist beendet. Eine neue beginnen.".to_owned(),
        R::WithReviewer => "Das Zählen ist vorbei, die Prüfung läuft. Dort eine Nachzählung verlangen.".to_owned(),
        R::NotFinished => "Das Zählen ist noch nicht beendet. Erst beenden.".to_owned(),
        R::NotCounted(lines) => format!("{lines} Zeilen sind noch nicht gezählt. Zählen oder auslassen."),
        R::NotSettled(lines) => {
            format!("{lines} Zeilen sind nachzuzählen. Nachzählen, oder eine Zählung gelten lassen.")
        }
        R::NeedsReason(lines) => {
            format!("{lines} Zeilen weichen ab und haben keinen Grund. Sagen, warum der Bestand falsch war.")
        }
        R::NoSuchLine(_) | R::NoSuchTally(_) => "Diese Zeile gibt es nicht mehr. Die Seite neu laden.".to_owned(),
        R::Counted => "Die Zeile ist schon gezählt. Die Prüfung entscheidet.".to_owned(),
        R::Settled => "Die Zeile ist erledigt. Wenn nötig, eine Nachzählung verlangen.".to_owned(),
        R::Unsettled => "Die Zeile ist noch nicht gezählt. Erst zählen.".to_owned(),
        R::ZeroUnconfirmed => "Die Null ist nicht bestätigt. Sagen, ob der Platz leer ist.".to_owned(),
        R::Reason(_) => "Dieser Grund erklärt die Abweichung nicht. Einen anderen wählen.".to_owned(),
        R::Duplicate(_) => "Diese Zeile steht schon in der Liste. Dort zählen.".to_owned(),
        R::Place(at) => format!(
            "In {} liegt kein Bestand. Fach, Wareneingang, Fahrzeug, Prüfplatz oder Sperrlager zählen.",
            place(at)
        ),
        R::Pieces(_) => "So viele Teile gehen nicht. Die Zahl prüfen.".to_owned(),
        R::TooMany { max, .. } => format!("Mehr als {max} gehen nicht. Die Prüfung entscheiden lassen."),
        R::TooManyLines => "Die Zählung hat zu viele Zeilen. Aufteilen.".to_owned(),
        R::Range => "Der Bestand liegt außerhalb des Möglichen. Die Bewegungen des Teils prüfen.".to_owned(),
    }
}

fn calibration(refusal: &calibration::Refusal) -> String {
    use calibration::Refusal as R;
    match refusal {
        R::NotAtRest => "Das Gewicht ruht noch nicht. Warten, bis es ruht, dann noch einmal.".to_owned(),
        R::BooksHold { pieces } => {
            format!("Laut Bestand liegen {pieces} Teile im Fach. Alle herausnehmen und sagen, dass der Behälter leer ist, oder seine Tara aus der Liste nehmen.")
        }
        R::NoPieces => "Die Stückzahl ist null. Sagen, wie viele Teile es sind.".to_owned(),
        R::NoTare => "Das Fach hat noch keine Tara. Erst den leeren Behälter wiegen.".to_owned(),
        R::NoPiece => "Das Fach hat noch kein Stückgewicht. Erst eine Probe einlegen.".to_owned(),
        R::NoStart => "Das Gewicht vor der Probe fehlt. Erst die Probe beginnen, dann Teile einlegen.".to_owned(),
        R::WrongStep(step) => match step {
            calibration::Step::Tare => "Jetzt ist die Tara dran: den leeren Behälter wiegen.".to_owned(),
            calibration::Step::Sample => "Jetzt ist die Probe dran: Teile einlegen und sagen, wie viele.".to_owned(),
            calibration::Step::Check => "Jetzt ist die Kontrolle dran: Teile zählen und sagen, wie viele.".to_owned(),
        },
        R::NoChange { .. } => "Das Gewicht hat sich kaum geändert. Teile bewegen, warten, noch einmal sagen; leichte Teile in größerer Zahl.".to_owned(),
        R::OtherWay(_) => "Die Probe ging bisher in die andere Richtung. Probe neu beginnen, nur einlegen oder nur herausnehmen.".to_owned(),
        R::LotOff { stated, .. } => {
            format!("{stated} Teile wiegen nicht wie die vorigen. Nachzählen, nach einem falschen Teil sehen, dann die Probe neu beginnen.")
        }
        R::OtherLot { .. } => "Die Teile sind aus einer anderen Charge. Probe mit Teilen einer Charge neu beginnen.".to_owned(),
        R::TooManyLots(_) => "Die Probe hat genug Portionen. Übernehmen.".to_owned(),
        R::PieceTooLight { .. } => "Ein Teil ist zu leicht für diese Waage. Von Hand zählen, oder eine feinere Waage nehmen.".to_owned(),
        R::TooSmall { more } => format!("Die Probe ist zu klein. Noch {more} Teile einlegen."),
        R::NoOffer => "Es ist nichts zu übernehmen. Die Teile im Fach zählen und sagen, wie viele.".to_owned(),
        R::Moved => "Das Gewicht hat sich seit dem Zählen geändert. Neu zählen.".to_owned(),
        R::BelowTare { .. } => "Das Fach wiegt weniger als seine Tara. Zurückstellen; steht es, leeren und die Tara neu wiegen.".to_owned(),
        R::NoWeight(_) => "Das ist kein Gewicht eines Teils. Einen Wert über null eingeben.".to_owned(),
        R::Range => "Das Gewicht ist außerhalb des Möglichen. Waage und Einheit prüfen.".to_owned(),
    }
}
