use crate::page::text::DoorText;

pub(super) const DOOR: DoorText = DoorText {
    title: "Anmelden",
    badge: "Ausweis",
    badge_hint: "Scannen Sie Ihren Ausweis, oder tippen Sie seine Nummer.",
    pin: "PIN",
    pin_hint: "Nur, wenn Ihr Ausweis eine hat.",
    enter: "Anmelden",
    scanning_needs_none: "Teile an einer Station mit deren Scanner zu scannen braucht hier keine Anmeldung.",
    wrong: "Ausweis oder PIN stimmt nicht",
    wrong_todo: "Versuchen Sie es noch einmal. Nach einigen falschen Versuchen müssen Sie warten.",
    needs_pin: "Dieser Ausweis braucht seine PIN",
    needs_pin_todo: "Tippen Sie sie unten ein.",
    no_pin: "Dieser Ausweis hat noch keine PIN, und seine Rolle braucht eine",
    no_pin_todo: "Die Teileverwaltung vergibt sie unter Verwalten; die erste wird am Gateway vergeben: binwire-agent operator pin AUSWEIS.",
    wait: |span| format!("Zu viele falsche Versuche: warten Sie {span}"),
    wait_todo: "Das Scannen an den Stationen geht weiter wie immer. Wer eine PIN vergessen hat, fragt die Teileverwaltung.",
    busy: "Gerade melden sich viele an",
    busy_todo: "Versuchen Sie es in ein paar Sekunden noch einmal.",
    is_signed_in: |name, role| format!("{name} ist als {role} angemeldet."),
    kiosk: "Diese Anzeige ist nur zum Ansehen. Melden Sie sich an einem anderen Gerät an.",
};
