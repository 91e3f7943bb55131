use crate::{
    device::Mass,
    movement::{
        calibration::{CvKnown, NoImprovement, Note, Outcome, PartKind, SampleLack, Step, Weighed},
        counting::{State, Warning},
        session::Mode,
    },
    page::text::WorkText,
};

pub(super) const WORK: WorkText = WorkText {
    title: "Arbeiten",
    title_hint: "Alles hier geht auch mit dem Scanner an einer Station.",
    sign_in: "Melden Sie sich mit Ihrem Ausweis an, um von hier zu buchen.",
    no_station: "Es gibt keine Station, also kann von hier nichts gebucht werden. In der Datei des Standorts als [[station]] anlegen.",
    count: "Zählen",
    calibrate: "Waage kalibrieren",
    about: |mode| match mode {
        Mode::Use => "Teile werden entnommen und verbraucht.",
        Mode::Receive => "Teile kommen vom Lieferanten in den Wareneingang oder gleich ins Fach.",
        Mode::PutAway => "Teile kommen vom Wareneingang in ein Fach.",
        Mode::Transfer => "Teile kommen von einem Platz an einen anderen.",
        Mode::Test => "Teile kommen auf den Prüfplatz.",
        Mode::TestPass => "Teile haben die Prüfung bestanden und kommen vom Prüfplatz ins Lager.",
        Mode::TestFail => "Teile haben die Prüfung nicht bestanden und kommen ins Sperrlager.",
        Mode::Deploy => "Teile gehen an ein Fahrzeug oder einen Außenschrank.",
        Mode::Install => "Ein Teil wird in eine Maschine eingebaut.",
        Mode::Uninstall => "Ein Teil wird ausgebaut und kommt auf den Prüfplatz oder ins Sperrlager.",
        Mode::Return => "Unbenutzte Teile kommen zurück ins Lager.",
        Mode::Scrap => "Teile werden weggeworfen.",
        Mode::Count => "Sagen, was an einem Platz liegt.",
    },
    station: "Station",
    item: "Teil",
    item_hint: "Etikett scannen, oder die Nummer eintippen.",
    quantity: "Menge",
    quantity_hint: "Leer: eins, oder was die Waage sagt.",
    from: "Von",
    to: "Nach",
    place_hint: "Ein Fach, oder dock (Wareneingang), bench (Prüfplatz), quarantine (Sperrlager), field:NAME. Schild scannen oder eintippen.",
    dock_hint: "Leer: der Wareneingang.",
    van: "Fahrzeug oder Schrank",
    asset: "Maschine",
    lot: "Charge",
    serial: "Seriennummer",
    trace_hint: "Nur bei Teilen, die eine haben.",
    reference: "Arbeitsauftrag",
    order: "Bestellung oder Lieferschein",
    reason: "Grund",
    result: "Prüfergebnis",
    book: |mode| match mode {
        Mode::Use => "Als verbraucht buchen",
        Mode::Receive => "Eingang buchen",
        Mode::PutAway => "Einlagern",
        Mode::Transfer => "Umlagern",
        Mode::Test => "Zur Prüfung geben",
        Mode::TestPass => "Bestanden",
        Mode::TestFail => "Nicht bestanden",
        Mode::Deploy => "Ausgeben",
        Mode::Install => "Einbauen",
        Mode::Uninstall => "Ausbauen",
        Mode::Return => "Zurückgeben",
        Mode::Scrap => "Verschrotten",
        Mode::Count => "Zählen",
    },
    booked: "Gebucht",
    not_booked: "Nicht gebucht",
    again: "Das Nächste",
    lies_there: |place| format!("Jetzt an: {place}"),
    nothing_there: |place| format!("Laut Bestand liegt dort nichts: {place}."),
    choose: |item| format!("{item} wählen"),
    bench: "Prüfplatz",
    quarantine: "Sperrlager",
    expected: "Erwartete Lieferungen",
    nothing_expected: "Keine Lieferung wird erwartet. Die Teile unten einzeln buchen.",
    free: "Ohne Lieferung",
    delivery: |order| format!("Bestellung {order}"),
    package: |sscc| format!("Packstück {sscc}"),
    lines: |count| if count == 1 { "1 Zeile".to_owned() } else { format!("{count} Zeilen") },
    came: |item| format!("{item}: wie viele kamen?"),
    expected_units: |units| format!("Erwartet: {units}. Leer oder 0: keine gekommen."),
    serials: "Seriennummern",
    serials_hint: "Eine für jedes Stück, mit Leerzeichen dazwischen.",
    rest_comes: "Was fehlt, kommt noch",
    receive_all: "Buchen, was kam",
    no_lines: "Von dieser Lieferung wird nichts mehr erwartet.",
    counts_open: "Laufende Zählungen",
    no_counts: "Keine Zählung läuft.",
    count_new: "Zählung beginnen",
    count_bins: "Fächer",
    count_bins_hint: "Eines oder mehrere, mit Komma dazwischen.",
    count_start: "Beginnen",
    count_due: |number| format!("Zählen, was fällig ist: {number}"),
    nothing_due: "Nichts ist zur Zählung fällig.",
    blind: "Zählen, was da liegt. Was der Bestand sagt, steht hier nicht.",
    state: |state| match state {
        State::Requested => "nicht begonnen",
        State::Counting => "läuft",
        State::Counted => "gezählt, nicht beendet",
        State::Investigating => "nachzuzählen",
        State::ReadyToReview => "zu prüfen",
        State::Completed => "gebucht",
        State::Cancelled => "abgebrochen",
    },
    line: |number, of| format!("Zeile {number} von {of}"),
    how_many: "Wie viele liegen da?",
    begin: "Ich beginne hier zu zählen",
    begin_hint: "Freiwillig: Was sich beim Zählen bewegt, wird dann berücksichtigt.",
    take_down: "Notieren",
    plus: "Noch eine Kiste: dazu",
    is_empty: "Es ist leer",
    empty_yes: "Ja, es ist leer",
    empty_no: "Nein, ist es nicht",
    is_it_empty: "Ist es wirklich leer?",
    count_again: "Noch einmal zählen",
    skip: "Auslassen",
    skip_why: "Warum es ausgelassen wird",
    yours: |number| format!("Sie sagten {number}"),
    line_done: "notiert",
    all_lines: "Alle Zeilen",
    found_other: "Hier liegt ein anderes Teil",
    finish: "Alles ist gezählt",
    review: "Prüfen",
    review_hint: "Für die Entscheidung: Hier steht, was der Bestand sagt.",
    counted_by: "Gezählt von",
    counted: "Gezählt",
    books: "Bestand da",
    difference: "Differenz",
    moved: |number| format!("inzwischen bewegt: {number}"),
    accept: "Diese Zählung gilt",
    recount: "Nachzählen",
    why_wrong: "Warum war der Bestand falsch?",
    explain: "Grund notieren",
    post: "Differenzen buchen",
    cancel_count: "Zählung abbrechen",
    settled: "erledigt",
    to_count: "zu zählen",
    skipped: "ausgelassen",
    to_recount: "nachzuzählen",
    confirm_zero: "Null zu bestätigen",
    taken: "Notiert",
    not_taken: "Nicht notiert",
    warning: |warning| match warning {
        Warning::SamePerson => "Diese Zeile haben Sie schon gezählt. Wenn möglich, jemand anderen zählen lassen.",
        Warning::Moved => {
            "Beim Zählen bewegten sich Teile. Die Zeile wird noch einmal gefragt: dann die Zahl sofort sagen."
        }
        Warning::OwnReview => {
            "Sie haben selbst Zeilen gezählt, die abweichen. Wenn möglich, jemand anderen prüfen lassen."
        }
    },
    no_count: "Eine Zählung dieses Namens gibt es nicht. Vielleicht ist sie gebucht oder abgebrochen.",
    no_scales: "Kein Fach steht auf einer Waage.",
    shows: "Die Waage zeigt",
    at_rest: "ruht",
    moving: "bewegt sich",
    silent: "Die Waage sagt nichts. Strom und Kabel prüfen.",
    step: |step| match step {
        Step::Tare => "Tara",
        Step::Sample => "Probe",
        Step::Check => "Kontrolle",
    },
    asks: |step| match step {
        Step::Tare => "Den leeren Behälter wiegen.",
        Step::Sample => "Teile einlegen und sagen, wie viele, Portion für Portion.",
        Step::Check => "Die Teile im Fach von Hand zählen und sagen, wie viele.",
    },
    start: "Beginnen: Ich nehme jetzt Teile heraus",
    calibrate_hint: "Leeren Behälter wiegen, dann eine gezählte Probe: von da an zählt die Waage.",
    start_hint: "Bis Sie sagen, dass sie zurück sind, wird das Fach nicht gezählt und nichts als Verbrauch gebucht.",
    is_out: "Das Fach wird kalibriert und nicht gezählt.",
    done: "Fertig: Die Teile sind wieder drin",
    tare: "Leerer Behälter",
    weigh_empty: "Jetzt wiegen",
    really_empty: "Es ist nichts darin, was auch immer der Bestand sagt",
    tare_grams: "Sein Gewicht in Gramm",
    tare_given: "Dieses Gewicht nehmen",
    container: "Art des Behälters",
    container_take: "Sein Gewicht nehmen",
    sample: "Gewicht eines Teils",
    sample_begin: "Probe beginnen",
    pieces: "Stück",
    put_in: "So viele habe ich eingelegt",
    took_out: "So viele habe ich herausgenommen",
    take: "Übernehmen",
    take_offer: |weight, pieces| format!("Ein Teil wiegt {weight}, aus {pieces} Teilen"),
    sampled: |number| format!("{number} in der Probe"),
    piece_grams: "Gewicht eines Teils in Gramm",
    piece_given: "Dieses Gewicht nehmen",
    check: "Kontrolle von Hand",
    holds: "So viele sind darin",
    kind: "Wie die Teile gemacht sind",
    kind_of: |kind| match kind {
        PartKind::Machined => "gedreht, gestanzt (1 %)",
        PartKind::Precision => "geschliffen, Lager, Elektronik (0,5 %)",
        PartKind::Moulded => "Kunststoff, Gummi, Guss (3 %)",
    },
    kind_set: "Setzen",
    outcome,
    note,
};

fn mass(grams: &dyn Fn(i64) -> String, mass: Mass) -> String {
    grams(mass.micrograms())
}

fn said(weighed: &Weighed) -> String {
    if weighed.low == weighed.high {
        weighed.pieces.to_string()
    } else {
        format!("{} ({} bis {})", weighed.pieces, weighed.low, weighed.high)
    }
}

fn outcome(outcome: &Outcome, grams: &dyn Fn(i64) -> String) -> String {
    match outcome {
        Outcome::Tared { tare, .. } => {
            format!(
                "Die Tara ist {}. Jetzt die ersten Teile der Probe einlegen und sagen, wie viele.",
                mass(grams, tare.mass)
            )
        }
        Outcome::Started { gross } => {
            format!(
                "Die Probe beginnt bei {}. Teile einlegen oder herausnehmen und sagen, wie viele.",
                mass(grams, *gross)
            )
        }
        Outcome::More { pieces, need } => {
            let why = match need.why {
                SampleLack::Pieces { min } => format!("eine Probe braucht {min}"),
                SampleLack::Divisions => "sie wiegt weniger als zehn Schritte der Waage".to_owned(),
                SampleLack::Capacity => "sie wiegt weniger als ein Tausendstel dessen, was die Waage trägt".to_owned(),
            };
            format!("{pieces} Teile sind in der Probe; {why}. Noch {} einlegen und sagen.", need.more)
        }
        Outcome::Enough { piece, .. } => format!(
            "Ein Teil wiegt {}, aus {} Teilen. Übernehmen, oder noch eine Portion einlegen.",
            mass(grams, piece.mean),
            piece.sample_size
        ),
        Outcome::PieceSet { piece, reach, .. } => {
            let how = match piece.cv_known {
                CvKnown::Assumed => "angenommen",
                CvKnown::Measured { .. } => "gemessen",
            };
            format!(
                "Das Stückgewicht ist {}, aus {} Teilen, Streuung {:.1} % ({how}). Genau bis {} Teile. Zur Kontrolle das Fach füllen, von Hand zählen und sagen, wie viele.",
                mass(grams, piece.mean),
                piece.sample_size,
                100.0 * piece.cv,
                reach.exact_up_to
            )
        }
        Outcome::Confirmed { stated, weighed, offer } => {
            let next = match offer {
                Ok(improvement) => {
                    format!("Diese {} als neue Probe übernehmen, um weiter zu zählen.", improvement.piece.sample_size)
                }
                Err(why) => no_improvement(why),
            };
            format!("Bestätigt: Sie zählten {stated}, das Gewicht sagt {}. Fertig. {next}", said(weighed))
        }
        Outcome::Recount { stated, weighed } => format!(
            "Sie zählten {stated}, das Gewicht sagt {}. Noch einmal zählen; nach einem fremden Teil sehen.",
            said(weighed)
        ),
        Outcome::Off { stated, weighed, .. } => format!(
            "Sie zählten zweimal {stated}, das Gewicht sagt {}: Die Kalibrierung stimmt nicht. Tara neu wiegen, dann eine neue Probe.",
            said(weighed)
        ),
        Outcome::Step(step) => match step {
            Step::Tare => "Jetzt die Tara.".to_owned(),
            Step::Sample => "Jetzt die Probe.".to_owned(),
            Step::Check => "Jetzt die Kontrolle.".to_owned(),
        },
    }
}

fn no_improvement(why: &NoImprovement) -> String {
    match why {
        NoImprovement::NotMore { sample } => {
            format!("Nicht mehr Teile als in der Probe ({sample}), daher keine Verbesserung.")
        }
        NoImprovement::TooMany { most } => {
            format!("Mehr als doppelt so viele wie in der Probe; zum Verbessern höchstens {most} zählen.")
        }
        NoImprovement::Fraction { .. } => "Das Gewicht passt nicht genau genug, um es zu verbessern.".to_owned(),
        NoImprovement::OtherLot { .. } => "Die Probe war aus einer anderen Charge.".to_owned(),
        NoImprovement::NoGain => "Besser wird es auf dieser Waage nicht.".to_owned(),
        NoImprovement::Range => "Das Gewicht ist außerhalb des Möglichen. Tara und Waage prüfen.".to_owned(),
    }
}

fn note(note: &Note, grams: &dyn Fn(i64) -> String) -> String {
    match note {
        Note::TareMoved { by, .. } => format!(
            "Die Tara weicht um {} von der letzten ab. War der Behälter sauber und der richtige?",
            mass(grams, *by)
        ),
        Note::BooksStillHold(pieces) => format!("Der Bestand sagt noch {pieces} Teile. Das Fach zählen."),
        Note::ContainerCoarse { spread, .. } => {
            format!("Solche Behälter weichen um {} ab. Für Genauigkeit diesen leer wiegen.", mass(grams, *spread))
        }
        Note::LightPiece => "Ein Teil wiegt weniger als ein Schritt der Waage. Zählungen können abweichen.".to_owned(),
        Note::SpreadMeasured { cv, lots, .. } => {
            format!("Die Teile streuen um {cv:.1} %, gemessen aus {lots} Portionen.")
        }
        Note::SpreadAssumed(cv) => {
            format!("Die Streuung ist angenommen ({cv:.1} %). In drei oder mehr Portionen einlegen, um sie zu messen.")
        }
        Note::PieceMoved { percent } => format!(
            "Ein Teil wiegt {percent:+.1} % gegenüber der letzten Kalibrierung. Andere Charge, oder anderes Teil?"
        ),
        Note::GivenPiece => "Ein angegebenes Gewicht ist nicht gemessen. Mit einer Zählung von Hand prüfen.".to_owned(),
    }
}
