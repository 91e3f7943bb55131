//! What a technician hears at the bin.

use super::*;

/// A bin with pieces of 5 g in a box of 200 g.
struct Bench {
    procedure: Procedure,
    gross: f64,
    books: Option<i64>,
    lot: Option<Text>,
}

impl Bench {
    fn new(setup: Setup, calibration: Calibration) -> Self {
        Self { procedure: Procedure::new(setup, calibration), gross: 200.0, books: None, lot: None }
    }

    fn say(&mut self, say: Say) -> Result<Outcome, Refusal> {
        let seen = Seen { rest: Some(rest(self.gross)), books: self.books, lot: self.lot.clone() };
        let before = self.procedure.clone();
        let heard = self.procedure.handle(say, &text("ann"), at(60), &seen);
        if let Err(refusal) = &heard {
            assert_eq!(self.procedure, before, "{refusal}: but something changed");
            assert!(!refusal.remedy().is_empty());
        }
        // It goes through a file between two statements.
        let kept = serde_json::to_string(&self.procedure).unwrap();
        self.procedure = serde_json::from_str(&kept).unwrap();
        heard
    }

    fn says(&mut self, say: Say) -> Outcome {
        self.say(say).unwrap()
    }

    /// So many grams more on the scale, then says it.
    fn after(&mut self, grams: f64, say: Say) -> Result<Outcome, Refusal> {
        self.gross += grams;
        self.say(say)
    }
}

const EMPTY: Say = Say::WeighTare(Emptiness::Stated);

fn tared() -> Bench {
    let mut bench = Bench::new(Setup { wanted: Some(200), ..Setup::default() }, Calibration::default());
    bench.says(EMPTY);
    bench
}

#[test]
fn from_a_new_bin_to_a_checked_one() {
    let mut bench = Bench::new(Setup { wanted: Some(200), ..Setup::default() }, Calibration::default());
    assert_eq!(bench.procedure.step(), Step::Tare);
    assert_eq!(bench.says(EMPTY).text(), "Tare is 200 g.");
    let heard = bench.after(20.0, Say::PutIn(4)).unwrap();
    assert_eq!(heard.text(), "4 pieces are in the sample; a sample needs 10.");
    assert_eq!(heard.remedy(), "Add 6 pieces and say so.");
    let heard = bench.after(30.0, Say::PutIn(6)).unwrap();
    assert_eq!(
        heard.text(),
        "A piece weighs 5 g, from 10 pieces: exact up to 72 pieces; weigh a sample of 90 for 200."
    );
    let heard = bench.says(Say::Take);
    assert!(
        heard.text().starts_with("Piece weight is 5 g, from 10 pieces, spread 1.0 % (assumed)"),
        "{}",
        heard.text()
    );
    assert_eq!(bench.procedure.step(), Step::Check);
    let heard = bench.after(50.0, Say::Holds(20)).unwrap();
    assert_eq!(heard.text(), "Confirmed: you counted 20, the weight says 20.");
    assert_eq!(heard.remedy(), "Done. Take these 20 as the new sample to count further.");
    let heard = bench.says(Say::Take);
    assert!(
        matches!(&heard, Outcome::PieceSet { piece, .. } if piece.from == PieceFrom::Improved(at(60))),
        "{heard:?}"
    );
    let changes: Vec<&Was> = bench.procedure.calibration().history.iter().map(|change| &change.was).collect();
    assert!(matches!(changes[..], [Was::Tare(None), Was::Piece(None), Was::Piece(Some(_))]), "{changes:?}");
    assert_eq!(bench.procedure.calibration().history[0].by, text("ann"));
}

#[test]
fn a_bin_with_pieces_in_the_books_is_tared_only_when_it_is_said_to_be_empty() {
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.books = Some(120);
    let refusal = bench.say(Say::WeighTare(Emptiness::NotSaid)).unwrap_err();
    assert_eq!(refusal, Refusal::BooksHold { pieces: 120 });
    assert_eq!(bench.says(EMPTY).notes(), [Note::BooksStillHold(120)]);
    bench.books = Some(0);
    assert!(bench.say(Say::WeighTare(Emptiness::NotSaid)).is_ok());
}

#[test]
fn a_tare_that_moved_is_said_when_it_would_move_a_count() {
    // A step is 0.1 g, a piece 5 g: more than 0.3 g and more than 0.5 g.
    for (change, said) in [(0.3, false), (-0.3, false), (0.5, false), (0.6, true), (-0.6, true)] {
        let mut bench = Bench::new(Setup::default(), calibration());
        let heard = bench.after(change, EMPTY).unwrap();
        assert_eq!(heard.notes().iter().any(|note| matches!(note, Note::TareMoved { .. })), said, "{change} g");
    }
    let mut bench = Bench::new(Setup::default(), calibration());
    let note = bench.after(-7.5, EMPTY).unwrap().notes()[0].to_string();
    assert_eq!(
        note,
        "the tare is 7.5 g less than the last one, about 1.5 pieces: was the bin clean and the right one?"
    );
}

#[test]
fn a_tare_from_the_library_says_how_coarse_it_is() {
    let mut bench = Bench::new(Setup::default(), calibration());
    let container = Container { name: text("KLT"), tare: grams(190.0), spread: grams(2.0), weighed: 9 };
    let heard = bench.says(Say::Contained(container));
    assert!(matches!(heard.notes(), [Note::ContainerCoarse { .. }]), "{heard:?}");
    let tare = bench.procedure.calibration().tare.clone().unwrap();
    assert_eq!((tare.mass, tare.from), (grams(190.0), TareFrom::Container(text("KLT"))));
}

#[test]
fn a_sample_asks_for_as_many_pieces_as_its_rules_need() {
    let more = |setup: Setup, piece: f64| {
        let mut bench = Bench::new(setup, Calibration::default());
        bench.says(EMPTY);
        match bench.after(10.0 * piece, Say::PutIn(10)) {
            Ok(Outcome::More { need, .. }) => Ok(need),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal),
        }
    };
    let setup = Setup::default;
    // Ten steps are 1 g; a piece of 0.03 g needs 34 of them.
    let divisions = SampleNeed { more: 24, why: SampleLack::Divisions };
    assert_eq!(more(setup(), 0.03), Ok(divisions));
    let pieces = SampleNeed { more: 40, why: SampleLack::Pieces { min: 50 } };
    assert_eq!(more(Setup { pieces_min: 50, ..setup() }, 5.0), Ok(pieces));
    // A thousandth of 100 kg is 100 g, 20 pieces.
    let capacity = SampleNeed { more: 10, why: SampleLack::Capacity };
    assert_eq!(more(Setup { capacity: Some(grams(100_000.0)), ..setup() }, 5.0), Ok(capacity));
    // A quarter of a step is 0.025 g.
    let light = Refusal::PieceTooLight { piece: grams(0.02), division: grams(0.1) };
    assert_eq!(more(setup(), 0.02), Err(light.clone()));
    assert_eq!(light.remedy(), "count this part by hand, or put it on a scale with a step of 0.08 g or finer");
}

#[test]
fn a_light_piece_is_taken_with_a_warning() {
    let mut bench = tared();
    let heard = bench.after(2.5, Say::PutIn(50)).unwrap();
    assert!(heard.notes().contains(&Note::LightPiece), "{heard:?}");
}

#[test]
fn a_single_piece_is_never_a_sample() {
    let mut bench = Bench::new(Setup { pieces_min: 0, ..Setup::default() }, Calibration::default());
    bench.says(EMPTY);
    assert!(matches!(bench.after(50.0, Say::PutIn(1)), Ok(Outcome::More { pieces: 1, .. })));
    assert_eq!(bench.say(Say::Take), Err(Refusal::TooSmall { more: 1 }));
}

#[test]
fn three_lots_measure_the_spread() {
    let mut bench = tared();
    for grams in [50.3, 49.6, 50.1] {
        bench.after(grams, Say::PutIn(10)).unwrap();
    }
    let Outcome::PieceSet { piece, notes, .. } = bench.says(Say::Take) else { panic!() };
    assert_eq!((piece.sample_size, piece.mean, piece.cv_known), (30, grams(5.0), CvKnown::Measured { lots: 3 }));
    assert!((0.012..0.032).contains(&piece.cv), "{}", piece.cv);
    assert_eq!(notes, []);
}

#[test]
fn a_lot_that_was_miscounted_is_refused_and_the_sample_goes_on() {
    let mut bench = tared();
    bench.after(50.0, Say::PutIn(10)).unwrap();
    let refusal = bench.after(55.0, Say::PutIn(10)).unwrap_err();
    assert_eq!(refusal, Refusal::LotOff { stated: 10, weighs: 11.0 });
    assert!(matches!(bench.say(Say::PutIn(11)), Ok(Outcome::Enough { piece, .. }) if piece.sample_size == 21));
}

#[test]
fn a_sample_may_be_taken_out_of_a_full_bin() {
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.gross = 5_200.0;
    assert_eq!(bench.says(Say::StartSample), Outcome::Started { gross: grams(5_200.0) });
    assert!(matches!(bench.after(-50.0, Say::TookOut(10)), Ok(Outcome::Enough { .. })));
    assert_eq!(bench.after(50.0, Say::PutIn(10)), Err(Refusal::OtherWay("out")));
    bench.gross = 5_100.0;
    let heard = bench.say(Say::TookOut(10)).unwrap();
    assert!(matches!(heard, Outcome::Enough { piece, .. } if piece.sample_size == 20 && piece.mean == grams(5.0)));
}

#[test]
fn pieces_that_did_not_arrive_are_noticed() {
    let mut bench = tared();
    for grams in [0.0, 0.1, -40.0] {
        assert!(matches!(bench.after(grams, Say::PutIn(10)), Err(Refusal::NoChange { .. })), "{grams} g");
    }
}

#[test]
fn a_sample_is_of_one_lot() {
    let mut bench = tared();
    bench.lot = Some(text("L1"));
    bench.after(50.0, Say::PutIn(10)).unwrap();
    bench.lot = Some(text("L2"));
    let refused = Err(Refusal::OtherLot { was: text("L1"), now: text("L2") });
    assert_eq!(bench.after(50.0, Say::PutIn(10)), refused);
}

#[test]
fn what_is_in_the_bin_may_be_the_sample() {
    let mut bench = tared();
    let heard = bench.after(100.0, Say::Holds(20)).unwrap();
    assert!(matches!(heard, Outcome::Enough { piece, .. } if piece.sample_size == 20 && piece.mean == grams(5.0)));
}

#[test]
fn another_piece_weight_than_last_time_is_said() {
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.says(Say::StartSample);
    let heard = bench.after(51.5, Say::PutIn(10)).unwrap();
    assert!(heard.notes().iter().any(|note| matches!(note, Note::PieceMoved { .. })), "{heard:?}");
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.says(Say::StartSample);
    let heard = bench.after(50.2, Say::PutIn(10)).unwrap();
    assert!(!heard.notes().iter().any(|note| matches!(note, Note::PieceMoved { .. })), "{heard:?}");
}

#[test]
fn a_count_that_the_weight_denies_twice_means_a_calibration_that_is_off() {
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.gross = 200.0 + 300.0 * 5.1;
    let heard = bench.says(Say::Holds(300));
    assert_eq!(heard.text(), "You counted 300, the weight says 306 (305 to 307).");
    assert!(matches!(bench.says(Say::Holds(301)), Outcome::Recount { .. }), "another number is no confirmation");
    bench.says(Say::Holds(300));
    let heard = bench.says(Say::Holds(300));
    assert!(heard.text().ends_with("the calibration is off."), "{}", heard.text());
    let Outcome::PieceSet { piece, notes, .. } = bench.says(Say::Take) else { panic!() };
    assert_eq!((piece.mean, piece.sample_size, piece.from), (grams(5.1), 300, PieceFrom::Sample(at(60))));
    assert!(matches!(notes[..], [Note::PieceMoved { .. }]), "{notes:?}");
}

#[test]
fn an_offer_is_only_of_the_weight_it_was_made_of() {
    let mut bench = Bench::new(Setup::default(), calibration());
    bench.after(150.0, Say::Holds(30)).unwrap();
    assert_eq!(bench.after(-5.0, Say::Take), Err(Refusal::Moved));
    assert_eq!(bench.say(Say::Take), Err(Refusal::Moved), "a refusal changes nothing");
    bench.gross += 5.0;
    assert!(bench.say(Say::Take).is_ok());
}

#[test]
fn a_lifted_bin_is_not_checked() {
    let mut bench = Bench::new(Setup::default(), calibration());
    assert_eq!(bench.after(-190.0, Say::Holds(0)), Err(Refusal::BelowTare { by: grams(190.0) }));
}
