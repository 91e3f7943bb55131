//! Problems in German.
//!
//! What ports and brokers say of themselves comes in English sentences of a few patterns ([`device`]); one that is not
//! known stays as it is.

mod device;

use gateway_proto::{delivery::TroubleKind, time::WallTime};

use super::{
    super::{LedgerFault, What, Whose, days_until},
    Said, Saying, days,
    english::shown,
};
use crate::{
    clock::trust,
    device::Cause,
    floor::{
        facts::{LevelDoubt, OpenAlarm},
        notice::{Matter, Notice},
    },
    ledger::Fullness,
    movement::{
        rules::{State, Subject},
        weighing::Doubt,
    },
    receiver::progress::{Closed, REFUSALS_MAX},
    tariff::{self, drain::Estimate},
};

const ROOM: &str = "Leitung zum Hub wiederherstellen, Platz schaffen oder [storage] budget_mb erhöhen";
const CALL: &str = "dem melden, der das Gateway betreut";

pub(super) fn say(what: &What, saying: Saying<'_>) -> Said {
    let (name, text, remedy) = match what {
        What::Ledger { fault, why } => ledger(*fault, why),
        What::DiskFull { used_mb, limit_mb, refused } => (
            "Speicher".to_owned(),
            format!(
                "voll ({used_mb} von {limit_mb} MB; der Rest bleibt zum Senden frei); Bewegungen werden abgelehnt, bisher {refused}"
            ),
            ROOM.to_owned(),
        ),
        What::DiskShort { fullness, percent, used_mb, limit_mb } => {
            let so = match fullness {
                Fullness::Roomy | Fullness::Warn => "bestätigte Sätze werden früher entfernt",
                Fullness::Tight | Fullness::Full => "Prüfstände entfallen",
            };
            ("Speicher".to_owned(), format!("zu {percent} % voll ({used_mb} von {limit_mb} MB); {so}"), ROOM.to_owned())
        }
        What::BallastGone => {
            ("Speicher".to_owned(), "war voll, die Reserve ist aufgegeben".to_owned(), "Platz schaffen".to_owned())
        }
        What::Damaged { folder, mb } => (
            "Journal".to_owned(),
            format!(
                "ein beschädigtes liegt in {folder} ({mb} MB), sein Inhalt ist gerettet; was fehlt, sagen Log und Lieferanten"
            ),
            "Fächer zählen; Ordner bei Bedarf sichern, dann entfernen".to_owned(),
        ),
        What::Unaccounted { feed } => {
            (format!("Feed {feed}"), "die Summe seiner Sätze geht nicht auf".to_owned(), CALL.to_owned())
        }
        What::Clock { wall, doubt } => (
            "Uhr".to_owned(),
            format!(
                "zeigt {} und ist nicht verlässlich: {}; Sätze werden markiert und später berichtigt",
                (saying.time)(*wall),
                clock(*doubt)
            ),
            "Zeitserver dieser Maschine prüfen".to_owned(),
        ),
        What::DeviceGone { device, on, why } => {
            let (text, remedy) = parts(&device::of_device(why), "Strom und Kabel prüfen");
            (format!("{device} an {on}"), format!("nicht da: {text}"), remedy)
        }
        What::DeviceFault { device, on, why } => {
            let (text, remedy) = parts(&device::of_device(why), "Einstellungen prüfen");
            (format!("{device} an {on}"), text, remedy)
        }
        What::Level { bin, scale, doubt: why } => {
            let (text, remedy) = doubt(why, bin.as_str());
            let known = if why.is_unknown() { "Bestand unbekannt" } else { "Bestand zweifelhaft" };
            (format!("Fach {bin}"), format!("{known}: {text} (Waage {scale})"), remedy)
        }
        What::Alarm(alarm) => self::alarm(alarm, saying.time),
        What::MoreAlarms { count } => (
            "Alarme".to_owned(),
            format!("{count} weitere Fächer oder Artikel haben einen Alarm"),
            "Liste der Alarme ansehen".to_owned(),
        ),
        What::Down { feed, kind, detail, waiting } => {
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            let (why, remedy) = line(*kind);
            (format!("Feed {feed}"), format!("{why}{detail}; {waiting} warten, nichts ist verloren"), remedy.to_owned())
        }
        What::Certificate { whose, until } => certificate(whose, *until, saying),
        What::SetAside { feed, count } => (
            format!("Feed {feed}"),
            format!("{} beiseitegelegt, weil der Hub sie ablehnt", records(*count)),
            "ansehen, dann erneut senden oder aufgeben".to_owned(),
        ),
        What::OlderEpoch { feed, count } => (
            format!("Feed {feed}"),
            format!("{} einer früheren Epoche beiseitegelegt", records(*count)),
            "der Lieferant ordnet am Hub den Artikel zu, der Hub hat sie noch; oder aufgeben".to_owned(),
        ),
        What::Lost { feed, count } => (
            format!("Feed {feed}"),
            format!("{} verloren, der Lieferant weiß es", records(*count)),
            "Fächer dieses Lieferanten zählen, dann zur Kenntnis nehmen".to_owned(),
        ),
        What::FeedGone { feed, waiting } => (
            format!("Feed {feed}"),
            format!("steht nicht mehr in der Datei des Standorts; {} warten", records(*waiting)),
            "Feed wieder eintragen, bis alles gesendet ist".to_owned(),
        ),
        What::Parked { codes, units } => (
            "Unbekannte Codes".to_owned(),
            format!(
                "{codes} {} niemand, {units} Stück; sie sind aufgehoben und zählen, sobald sie bekannt sind",
                if *codes == 1 { "Code kennt" } else { "Codes kennt" }
            ),
            "zu jedem Code den Artikel angeben".to_owned(),
        ),
        What::Notice(notice) => {
            let (text, remedy) = self::notice(notice);
            ("Meldung".to_owned(), text, remedy)
        }
        What::PinStorm { tries, until } => {
            let until = until
                .map_or_else(String::new, |until| format!("; Anmelden geht erst wieder um {}", (saying.time)(until)));
            (
                "Anmeldung".to_owned(),
                format!("{tries} falsche PINs nacheinander{until}; Scannen geht weiter"),
                "herausfinden, wer es versucht; wer seine PIN vergessen hat, bekommt eine neue".to_owned(),
            )
        }
        What::Receiver { name, why, waiting, closed } => match closed {
            Closed::No => (
                format!("Alarme an {name}"),
                format!("kommen nicht an ({}); {waiting} warten", device::of_receiver(why)),
                "Adresse prüfen und ob der Empfänger läuft; sie gehen hinaus, sobald er antwortet".to_owned(),
            ),
            Closed::UntilRestart => (
                format!("Alarme an {name}"),
                "wird nicht mehr versucht: der Empfänger sagt, dass es ihn nicht mehr gibt (HTTP 410)".to_owned(),
                "Datei des Standorts berichtigen, Agent neu starten".to_owned(),
            ),
        },
        What::ReceiverAside { name, count } => (
            format!("Alarme an {name}"),
            format!("{count} beiseitegelegt, weil sie {REFUSALS_MAX}-mal abgelehnt wurden"),
            "Adresse und Geheimnis prüfen".to_owned(),
        ),
        What::ReceiverDropped { name, count } => (
            format!("Alarme an {name}"),
            format!("{count} nie gesendet"),
            "die Liste der Alarme zeigt, was ansteht".to_owned(),
        ),
        What::Held { feed, why, waiting } => (
            format!("Feed {feed}"),
            format!("{}; {waiting} warten", tariff(*why)),
            "nichts zu tun; „Jetzt senden“ sendet sofort, was es auch kostet".to_owned(),
        ),
        What::Backlog { feed, waiting, drain } => (
            format!("Feed {feed}"),
            format!("{waiting} warten; {}", estimate(*drain)),
            "nichts zu tun, solange es weniger werden".to_owned(),
        ),
        What::Unsaid { feed } => (
            format!("Feed {feed}"),
            "sein Hub sagt nicht, was er über dieses Gateway hinaus hat; Bestände können abweichen".to_owned(),
            "die Fächer seiner Artikel einmal zählen".to_owned(),
        ),
        What::CountsDue { count } => (
            "Zählen".to_owned(),
            format!("{count} {} zu zählen", if *count == 1 { "Platz ist" } else { "Plätze sind" }),
            "eine Zählung der fälligen Plätze beginnen".to_owned(),
        ),
    };
    Said { name, text, remedy }
}

fn ledger(fault: LedgerFault, why: &str) -> (String, String, String) {
    let (text, remedy) = match fault {
        LedgerFault::Full => ("der Speicher nimmt nichts mehr; es wird nichts gebucht".to_owned(), ROOM.to_owned()),
        LedgerFault::ReadOnly => (
            "der Speicher ist schreibgeschützt; es wird nichts gebucht".to_owned(),
            "Gateway neu starten; kommt es wieder, ist der Speicher am Ende: austauschen".to_owned(),
        ),
        LedgerFault::Other => (
            format!("ein Fehler hält es an (das System meldet: {why}); bis das behoben ist, wird nichts gebucht"),
            CALL.to_owned(),
        ),
    };
    ("Journal".to_owned(), text, remedy)
}

fn alarm(alarm: &OpenAlarm, time: &dyn Fn(WallTime) -> String) -> (String, String, String) {
    let OpenAlarm { subject, item, on_hand, min, max, .. } = alarm;
    let name = match subject {
        Subject::Bin(bin) => format!("Fach {bin}, {}", shown(item.as_str())),
        Subject::Item(_) => format!("{} am ganzen Standort", shown(item.as_str())),
    };
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(0));
    let text = match alarm.state {
        State::Unknown => format!("Bestand unbekannt; gebucht sind {on_hand}"),
        State::Negative => format!("gebucht sind {on_hand}, weniger als nichts"),
        State::Out => format!("leer: {on_hand} am Lager"),
        State::Low => format!("knapp: {on_hand} am Lager, Min. {min}"),
        State::Perhaps => format!("vielleicht knapp: etwa {on_hand} am Lager, Min. {min}"),
        State::Over => format!("zu viel: {on_hand} am Lager, Max. {max}"),
        State::Fine => format!("wieder gut: {on_hand} am Lager"),
    };
    let text = match &alarm.acknowledged {
        Some((by, at)) => format!("{text}; bestätigt von {by} am {}", time(*at)),
        None => text,
    };
    let remedy = match alarm.state {
        State::Unknown => "nach der Waage sehen",
        State::Negative => "zählen: es wurde entnommen, was nie als Eingang gebucht war",
        State::Out | State::Low => "bestellen oder auffüllen",
        State::Perhaps => "zählen",
        State::Over => "liegt etwas am falschen Platz, oder kam es doppelt?",
        State::Fine => "nichts zu tun",
    };
    (name, text, remedy.to_owned())
}

fn certificate(whose: &Whose, until: WallTime, saying: Saying<'_>) -> (String, String, String) {
    let left = days_until(until, saying.now.wall);
    let (name, remedy) = match whose {
        Whose::Hub(feed) => (format!("Feed {feed}"), "dem Lieferanten sagen; was wartet, bleibt so lange hier"),
        Whose::Page => (
            "Diese Seite".to_owned(),
            "neues Zertifikat ablegen, wo die Datei des Standorts es nennt, oder vom Agent machen lassen",
        ),
    };
    let text = if left < 0 {
        format!("Zertifikat ist am {} abgelaufen", (saying.time)(until))
    } else {
        format!("Zertifikat läuft in {} ab, am {}", days(left, "Tag", "Tagen"), (saying.time)(until))
    };
    (name, text, remedy.to_owned())
}

pub(super) fn doubt(doubt: &LevelDoubt, bin: &str) -> (String, String) {
    let (text, remedy) = match doubt {
        LevelDoubt::NoBin => (format!("niemand hat gesagt, was in {bin} liegt"), "mit bins.csv einlesen".to_owned()),
        LevelDoubt::NoPiece(item) => {
            (format!("niemand hat gesagt, was ein Stück {} wiegt", shown(item.as_str())), "Fach kalibrieren".to_owned())
        }
        LevelDoubt::Calibrating => {
            ("wird gerade kalibriert".to_owned(), "„Fertig“ sagen, wenn die Teile wieder darin sind".to_owned())
        }
        LevelDoubt::Scale(doubt) => scale(*doubt),
    };
    (text, remedy)
}

fn scale(doubt: Doubt) -> (String, String) {
    let two = |text: &str, remedy: &str| (text.to_owned(), remedy.to_owned());
    match doubt {
        Doubt::Scale(Cause::Overload) => two("mehr auf der Waage, als sie wiegen kann", "etwas herunternehmen"),
        Doubt::Scale(Cause::Underload | Cause::Busy) => {
            two("die Waage kann gerade nicht wiegen", "Fach wieder aufsetzen oder Waage nullen")
        }
        Doubt::Scale(Cause::Silent | Cause::Offline) => two("die Waage antwortet nicht", "Strom und Kabel prüfen"),
        Doubt::Scale(Cause::Restarted) => two(
            "die Waage ist neu gestartet und hat noch nicht gewogen",
            "auf die nächste Wägung warten oder etwas entnehmen",
        ),
        Doubt::Scale(Cause::Awaited) => {
            two("seit dem Verbinden hat sie nichts gemeldet", "prüfen, ob ihr Knoten eingeschaltet ist")
        }
        Doubt::Scale(Cause::DeviceError) => {
            two("die Waage meldet einen Fehler", "neu starten, dann mit einem bekannten Gewicht prüfen")
        }
        Doubt::Scale(Cause::NotANumber) => {
            two("die Waage meldet keine Zahl", "neu starten, dann mit einem bekannten Gewicht prüfen")
        }
        Doubt::Lifted => two("das Fach steht nicht auf der Waage", "zurückstellen"),
        Doubt::NotWhole(part) => (
            format!("das Gewicht liegt {part:.2} Stück neben einer ganzen Zahl"),
            "nach einem fremden Teil sehen, oder Tara und Stückgewicht prüfen".to_owned(),
        ),
        Doubt::Unsteady => two(
            "das Gewicht kommt nicht zur Ruhe",
            "Hände und Werkzeug vom Fach nehmen; suchen, was die Bank erschüttert",
        ),
        Doubt::Foreign(mass) => {
            (format!("{mass} im Fach sind keine ganze Stückzahl"), "herausnehmen oder das Fach zählen".to_owned())
        }
        Doubt::ZeroShift(mass) => (
            format!("die Waage hat sich um {mass} verschoben, ohne dass jemand da war"),
            "Fach zählen, dann neu tarieren".to_owned(),
        ),
        Doubt::Crept(part) => {
            (format!("das Gewicht ist um {part:.2} Stück gewandert"), "Fach zählen, dann neu tarieren".to_owned())
        }
        Doubt::Disagrees(pieces) => (
            format!("das Gewicht sagt {pieces:+.1} Stück gegenüber der Zählung"),
            "Fach zählen, dann Tara und Stückgewicht prüfen".to_owned(),
        ),
        Doubt::TooLight => two(
            "ein Stück wiegt weniger als ein Viertel eines Teilstrichs",
            "diese Teile durch Scannen zählen, oder eine feinere Waage nehmen",
        ),
    }
}

fn clock(doubt: trust::Doubt) -> String {
    match doubt {
        trust::Doubt::BeforeBuild => "sie geht vor den Bau dieses Programms zurück".to_owned(),
        trust::Doubt::BeforeRecord => "sie geht vor den neuesten Satz zurück".to_owned(),
        trust::Doubt::Stepped(by) => {
            let way = if by < 0 { "zurück" } else { "vor" };
            format!("sie wurde um {} s {way}gestellt und seither nicht abgeglichen", by.unsigned_abs() / 1_000)
        }
        trust::Doubt::NotSet => "seit dem Einschalten hat sie niemand gestellt".to_owned(),
    }
}

const fn line(kind: TroubleKind) -> (&'static str, &'static str) {
    const CABLE: &str = "Router, Modem und Kabel prüfen; alles bleibt hier und geht von selbst hinaus";
    match kind {
        TroubleKind::NameUnknown => {
            ("der Name des Hubs hat keine Adresse (DNS)", "DNS des Standorts und Namen des Hubs prüfen")
        }
        TroubleKind::Unreachable => ("Hub nicht erreichbar", CABLE),
        TroubleKind::BrokenOff => ("die Verbindung zum Hub bricht ab", CABLE),
        TroubleKind::TimedOut => ("der Hub antwortet nicht", CABLE),
        TroubleKind::NotSecure => {
            ("kein TLS unter der Adresse des Hubs", "Adresse des Hubs in der Datei des Standorts prüfen")
        }
        TroubleKind::Certificate => (
            "dem Zertifikat des Hubs wird nicht geglaubt",
            "`ca` in der Datei des Standorts mit dem Lieferanten prüfen",
        ),
        TroubleKind::CertificateTime => (
            "das Zertifikat des Hubs ist abgelaufen oder noch nicht gültig (oder geht diese Uhr falsch?)",
            "Uhr dieser Maschine prüfen, dann dem Lieferanten sagen",
        ),
        TroubleKind::NotAHub => (
            "etwas anderes als der Hub antwortet (Anmeldeseite, Proxy?)",
            "im Netz anmelden oder Adresse des Hubs prüfen",
        ),
        TroubleKind::Proxy => {
            ("ein Proxy unterwegs verlangt eine Anmeldung", "bei der Netzbetreuung einen Weg durch den Proxy erfragen")
        }
        TroubleKind::Busy => ("der Hub bittet zu warten", "hier nichts zu tun; hält es an, dem Lieferanten sagen"),
        TroubleKind::Failing => {
            ("der Hub hat selbst einen Fehler", "hier nichts zu tun; hält es an, dem Lieferanten sagen")
        }
        TroubleKind::Unauthorized => {
            ("der Hub nimmt das Token dieses Feeds nicht an", "beim Lieferanten ein gültiges Token erfragen")
        }
        TroubleKind::FeedUnknown => {
            ("der Hub kennt diesen Feed nicht", "den Lieferanten den Feed anlegen lassen oder seinen Namen berichtigen")
        }
        TroubleKind::Refused => ("der Hub lehnt den Feed ab", "dem Lieferanten sagen, was der Hub meldet"),
    }
}

fn tariff(why: tariff::Why) -> String {
    match why {
        tariff::Why::Quiet { ends } => format!("Ruhezeit bis {ends}"),
        tariff::Why::Spent { used, budget } => {
            let (used, tenth, budget) = (used / 1_000_000, used / 100_000 % 10, budget / 1_000_000);
            format!("Monatsmenge verbraucht ({used},{tenth} von {budget} MB; der Rest ist für Notfälle)")
        }
        tariff::Why::LastStretch => "Ende der Monatsmenge: ein Paket nach dem anderen".to_owned(),
    }
}

fn estimate(drain: Estimate) -> String {
    match drain {
        Estimate::Empty => "nichts wartet".to_owned(),
        Estimate::Unknown => "wie lange es dauert, ist noch nicht bekannt".to_owned(),
        Estimate::Growing => "es kommt so viel dazu, wie hinausgeht".to_owned(),
        about @ Estimate::About(_) => {
            format!("fertig in {}", about.to_string().replace("about", "etwa").replace("days", "Tagen"))
        }
    }
}

pub(super) const fn state(state: State) -> &'static str {
    match state {
        State::Unknown => "unbekannt",
        State::Negative => "unter null",
        State::Out => "leer",
        State::Low => "knapp",
        State::Perhaps => "vielleicht knapp",
        State::Over => "zu viel",
        State::Fine => "gut",
    }
}

fn records(count: u64) -> String {
    if count == 1 { "1 Satz".to_owned() } else { format!("{count} Sätze") }
}

fn parts(sentence: &str, otherwise: &str) -> (String, String) {
    match sentence.split_once("; ") {
        Some((text, remedy)) => (text.to_owned(), remedy.to_owned()),
        None => (sentence.to_owned(), otherwise.to_owned()),
    }
}

/// One that an older agent kept has English words alone.
pub(super) fn notice(notice: &Notice) -> (String, String) {
    let Some(matter) = &notice.matter else { return (notice.text.clone(), notice.remedy.clone()) };
    let (text, remedy) = match matter {
        Matter::NoWeightChange { stated, .. } => (
            match stated {
                Some(stated) => format!("{stated} gescannt, aber das Gewicht blieb gleich"),
                None => "gescannt, aber das Gewicht blieb gleich".to_owned(),
            },
            "erneut scannen, wenn die Teile bewegt sind, den Scan zurücknehmen oder die Waage mit einem bekannten Gewicht prüfen",
        ),
        Matter::Quantity { stated, weighed, .. } => (
            format!("gesagt wurden {stated}, die Waage sagt {weighed}; {weighed} sind gebucht"),
            "Teile zählen; irrt die Waage, das Fach zählen und das Stückgewicht prüfen",
        ),
        Matter::NoScan { units, .. } => (
            if *units < 0 {
                format!("{} ohne Scan entnommen", units.unsigned_abs())
            } else {
                format!("{units} ohne Scan hineingelegt")
            },
            "innerhalb von fünf Minuten scannen, was getan wurde, oder es so lassen",
        ),
        Matter::Unrecordable { .. } => (
            "ein Scan, der so nicht gebucht werden kann".to_owned(),
            "erneut scannen oder die Bewegung von Hand eingeben",
        ),
        Matter::Strange { nearest, off } => (
            format!("etwas kam oder ging, das {nearest} Stück und {} eines Stücks wiegt", off.replace('.', ",")),
            "nach einem fremden oder falschen Teil sehen; ist alles richtig, das Fach zählen",
        ),
        Matter::ZeroShift { by } => (
            format!("die Waage sprang um {}, ohne dass jemand da war; der Bestand bleibt", by.replace('.', ",")),
            "Fach zählen, dann die Tara neu setzen",
        ),
        Matter::StillStands => (
            "was zurückgenommen wurde, während es gebucht wurde, steht noch".to_owned(),
            "letzte Bewegungen des Fachs ansehen",
        ),
        Matter::Unreadable { of: Some(of), .. } => {
            (format!("was von {of} aufgehoben war, lässt sich nicht übernehmen"), "erneut einlesen")
        }
        Matter::Unreadable { what, of: None } => {
            (format!("Aufgehobenes ist nicht lesbar (der Agent sagte: {what})"), "erneut einlesen")
        }
    };
    (matter.at("Fach", notice.bin.as_ref()) + &text, remedy.to_owned())
}
