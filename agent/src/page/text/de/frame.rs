use crate::page::text::FrameText;

pub(super) const FRAME: FrameText = FrameText {
    home: "Start",
    bins: "Fächer",
    work: "Arbeiten",
    problems: "Probleme",
    manage: "Verwalten",
    ways: "Seiten",
    skip: "Zum Inhalt",
    sign_in: "Anmelden",
    sign_out: "Abmelden",
    signed_in_as: |name| format!("Angemeldet: {name}"),
    only_looking: "Anzeige: nur zum Ansehen",
    language: "Sprache",
    change_language: "Ändern",
    stations: "Stationen",
    no_stations: "Es gibt noch keine Station. Stationen stehen in der Datei des Standorts, als [[station]].",
    all_well: "Alles in Ordnung",
    problem_count: |count, number| if count == 1 { "1 Problem".to_owned() } else { format!("{number} Probleme") },
    not_there: "Diese Seite gibt es nicht",
    not_there_todo: "Die Adresse ist vielleicht alt. Gehen Sie zurück zum Start.",
    not_allowed: "Ihr Ausweis öffnet das nicht",
    not_allowed_todo: |role| {
        format!(
            "Sie sind als {role} angemeldet. Melden Sie sich mit einem Ausweis an, der das darf, oder fragen Sie die Teileverwaltung."
        )
    },
    to_home: "Zum Start",
    live: "live",
    not_live: "nicht live: dazu braucht die Seite ihr Skript",
    connecting: "verbindet",
    away: "Das Gateway ist seit {time} nicht erreichbar. Was Sie sehen, galt da; was Sie eingeben, wird nicht behalten.",
    old: "So war es um {time} ({age}).",
    not_sent: "Nicht gesendet: Das Gateway ist nicht erreichbar. Nichts wurde gebucht. Versuchen Sie es noch einmal.",
    sending: "sendet",
    technician: "Technik",
    storekeeper: "Lager",
    parts_manager: "Teileverwaltung",
    auditor: "Prüfung",
    admin: "Administration",
};
