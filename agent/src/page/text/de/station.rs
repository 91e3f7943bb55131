use crate::{
    floor::answer::CountCame,
    movement::session::{DropCause, Unfinished},
    page::text::StationText,
};

pub(super) const STATION: StationText = StationText {
    next: "Als Nächstes",
    here: "An der Station",
    nobody: "niemand angemeldet",
    ready: "Bereit",
    counting: |count, units, place| match &count.last {
        _ if count.is_empty => format!("{place} ist leer. Fertig drücken, oder den nächsten Platz scannen"),
        None => format!("{place} zählen: Teile scannen, oder Leer drücken"),
        Some((item, _)) => {
            format!("{place} zählen: {item}, bisher {units}. Nächstes Teil scannen, Zahl eingeben, oder Fertig")
        }
    },
    held: |item| format!("{item} wartet"),
    again: "Noch einmal scannen für eins mehr, Zahl eingeben, oder nächstes Teil scannen",
    doing: "Tätigkeit",
    way: "Weg",
    place: "Platz",
    quantity: "Menge",
    lot: "Charge",
    serial: "Seriennummer",
    reason: "Grund",
    reference: "Für",
    answer: "Letzter Scan",
    no_answer: "Seit dem Start des Gateways wurde hier nichts gescannt.",
    heard: "Verstanden",
    booked: "Gebucht",
    weighing: "Notiert. Die Waage sagt, wie viele",
    weighing_more: "Teile herausnehmen oder einlegen. Die Menge erscheint, sobald das Gewicht ruht.",
    nothing_moved: "Die Waage hat keine Bewegung gesehen; nichts wurde gebucht",
    taken_back: "Zurückgenommen",
    refused: "Nicht gebucht",
    not_recorded: "Nicht gespeichert",
    repeated: "Zweimal gescannt, einmal gebucht",
    dropped: |dropped, what| {
        let why = match dropped.why {
            DropCause::LeftAlone => "die Station blieb zu lange unbenutzt",
            DropCause::Cancelled => "es wurde abgebrochen",
            DropCause::SomebodyElse => "jemand anderes kam",
        };
        match &dropped.what {
            Unfinished::Part(_) => format!("{what} wurde nicht gebucht: {why}. Neu beginnen."),
            Unfinished::Count(_) => format!("Die Zählung von {what} wurde nicht gebucht: {why}. Neu zählen."),
        }
    },
    counted: |came, place, number| match came {
        CountCame::Posted { corrections: 0, .. } => format!("{place} ist gezählt; der Bestand stimmte"),
        CountCame::Posted { .. } => format!("{place} ist gezählt; Berichtigungen: {number}"),
        CountCame::Again { missing: 0, .. } => format!("{place} ganz nachzählen, möglichst durch jemand anderen"),
        CountCame::Again { .. } => {
            format!(
                "{place} ganz nachzählen, möglichst durch jemand anderen. Nicht gefunden: {number}; wieder nicht gefunden werden sie 0"
            )
        }
    },
    on_hand_now: |place, number| format!("{place}: jetzt {number} im Bestand"),
    by_weight: "nach Gewicht",
    acts: "Letzte Buchungen",
    no_acts: "Seit dem Start des Gateways wurde hier nichts gebucht. Ältere Bewegungen stehen auf den Seiten der Fächer.",
    too_late: "Zu spät, um es hier zurückzunehmen? Auf der Seite des Fachs die Bewegung zurücknehmen, oder das Fach zählen.",
    scan: "Code scannen oder eintippen",
    scan_hint: "Mit einem Scanner, der tippt, mit der Kamera oder den Tasten. Eingabetaste sendet.",
    send: "Senden",
    sign_in_first: "Anmelden, um von dieser Seite zu buchen",
    sign_in_hint: "Ausweis scannen oder eintippen. Der Scanner der Station braucht hier keine Anmeldung.",
    only_looking: "Diese Anzeige ist nur zum Ansehen. Mit dem Scanner der Station scannen.",
    somebody_else: |name| {
        format!(
            "{name} arbeitet an dieser Station. Ihr erster Scan übernimmt sie; was {name} begonnen und nicht beendet hat, verfällt."
        )
    },
    commands: "Was tun",
    numbers: "Menge",
    done: "Fertig",
    cancel: "Abbrechen",
    empty: "Leer",
    one_more: "Eins mehr",
    choose: "Aus einer Liste wählen",
    choose_bin: "Fach",
    choose_item: "Teil",
    choose_button: "Wählen",
    camera: "Mit der Kamera scannen",
    camera_stop: "Kamera aus",
    camera_none: "Dieser Browser kann mit der Kamera keine Codes lesen. Code eintippen oder einen Scanner benutzen.",
    camera_denied: "Die Kamera ist nicht benutzbar. Für diese Seite erlauben, oder den Code eintippen.",
    camera_hint: "Den Code ins Bild halten.",
    feedback: "Ton und Vibration an diesem Gerät",
    sound: "Ton",
    vibration: "Vibration",
    vibration_none: "Dieses Gerät kann nicht vibrieren.",
    unsent: "Nicht gesendet oder nicht beantwortet. Letzte Buchungen ansehen, dann noch einmal scannen: ",
    waiting: "wird gesendet",
    scanner_gone: |device| {
        format!("Scanner {device} ist nicht verbunden: Kabel prüfen. Solange kann diese Seite scannen.")
    },
    no_station: "Eine Station dieses Namens gibt es nicht.",
};
