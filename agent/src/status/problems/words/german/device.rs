//! What ports, brokers and receivers say of themselves, in German: sentences of a few patterns.

/// What a port or broker says of itself.
pub(super) fn of_device(english: &str) -> String {
    const PATTERNS: [(&str, &str); 29] = [
        ("not connected yet", "noch nicht verbunden"),
        ("its broker is gone", "sein Broker ist weg"),
        ("device says that it is going", "das Gerät meldet sich ab"),
        (
            " does not answer; switch the device on, or check address and port",
            " antwortet nicht; Gerät einschalten oder Adresse und Port prüfen",
        ),
        (
            " closed the connection; it may serve one program at a time: stop the other one",
            " hat die Verbindung geschlossen; vielleicht bedient es nur ein Programm: das andere beenden",
        ),
        (" is not there; plug it in", " ist nicht da; einstecken"),
        (" is not there", " ist nicht da"),
        ("no permission for ", "keine Berechtigung für "),
        (
            "; add the agent's user to the group that owns it",
            "; den Benutzer des Agents in die Gruppe aufnehmen, der es gehört",
        ),
        (" is held by another program; stop that one", " wird von einem anderen Programm gehalten; das beenden"),
        ("broker refuses the subscription to ", "der Broker verweigert das Abonnement von "),
        ("; allow it in the broker's ACL", "; in der ACL des Brokers erlauben"),
        (
            "broker does not accept the login; check username and password",
            "der Broker nimmt die Anmeldung nicht an; Benutzer und Kennwort prüfen",
        ),
        ("broker refuses the connection: ", "der Broker lehnt die Verbindung ab: "),
        ("; start the broker, or check host and port", "; Broker starten oder Host und Port prüfen"),
        (
            "wrong baud rate: set the device's speed, usually 9600, else 19200, 38400 or 115200; if it was right before, \
             check the cable and its ground",
            "falsche Baudrate; die des Geräts einstellen, meist 9600, sonst 19200, 38400 oder 115200; stimmte sie vorher, \
             Kabel und Masse prüfen",
        ),
        ("wrong parity: the device sends 7E1", "falsche Parität: das Gerät sendet 7E1"),
        ("wrong parity: the device sends 7O1", "falsche Parität: das Gerät sendet 7O1"),
        ("; set parity to even", "; Parität auf even stellen"),
        ("; set parity to odd", "; Parität auf odd stellen"),
        (
            "wrong protocol: the text is readable, but no reply of this protocol; run ",
            "falsches Protokoll: der Text ist lesbar, aber keine Antwort dieses Protokolls; ausführen: ",
        ),
        ("wrong suffix: the device sends none", "falsches Ende: das Gerät sendet keines"),
        ("; have it send CR, or set the terminator to none", "; CR senden lassen oder terminator auf none stellen"),
        ("wrong suffix: the device ends with ", "falsches Ende: das Gerät endet mit "),
        ("; set the terminator to ", "; terminator stellen auf "),
        ("a message cannot be taken: ", "eine Nachricht lässt sich nicht annehmen: "),
        ("; messages may have ", "; Nachrichten dürfen höchstens haben: "),
        ("broker hung up", "der Broker hat aufgelegt"),
        ("connection timed out", "keine Antwort in der Zeit"),
    ];
    PATTERNS.iter().fold(english.to_owned(), |text, (english, german)| text.replace(english, german))
}

/// What came of the last try to reach a receiver of alarms.
pub(super) fn of_receiver(english: &str) -> String {
    const PATTERNS: [(&str, &str); 4] = [
        (
            "this machine's clock is not set, so nothing can be signed; check its NTP server",
            "die Uhr dieser Maschine ist nicht gestellt, also lässt sich nichts unterschreiben; ihren Zeitserver prüfen",
        ),
        (
            " leads elsewhere, where no alarm is sent; write the address that it leads to",
            " führt woandershin; jene Adresse eintragen",
        ),
        ("broker did not acknowledge in time", "der Broker hat nicht rechtzeitig bestätigt"),
        ("no answer in time", "keine Antwort in der Zeit"),
    ];
    PATTERNS.iter().fold(english.to_owned(), |text, (english, german)| text.replace(english, german))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{receiver::Answer, uplink::webhook};

    #[test]
    fn what_came_of_an_alarms_last_try_is_said_in_german() {
        let Answer::Failed { why, .. } = webhook::read(302, None, b"") else { panic!("a way elsewhere") };
        assert_eq!(of_receiver(&why), "HTTP 302 führt woandershin; jene Adresse eintragen");
        assert_eq!(of_receiver("no answer in time"), "keine Antwort in der Zeit");
        assert_eq!(of_receiver("HTTP 500 down for repair"), "HTTP 500 down for repair", "the receiver's own words");
    }
}
