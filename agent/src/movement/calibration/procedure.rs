//! The dialogue at the bin: what the person says, held against what the scale shows.
//!
//! ```text
//!              tare weighed,                    sample taken,
//!              from the library, given          piece weight given
//!   ┌──────┐ ──────────────────────▶ ┌────────┐ ────────────────▶ ┌───────┐ ──┐ count by hand:
//!   │ Tare │                         │ Sample │ ──┐ lot by lot    │ Check │   │ confirmed, improved
//!   └──────┘                         └────────┘ ◀─┘               └───────┘ ◀─┘
//!       a tare may be weighed, and a sample started anew, at any step; `Go` passes what is known already
//! ```

use gateway_proto::{name::Text, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{
    Attended, Calibration, Checked, Container, CvKnown, Emptiness, Note, Outcome, PartKind, PieceFrom, PieceWeight,
    Reach, Refusal, Rest, Say, Seen, Setup, Step, Tare, TareFrom, check,
    sample::{Made, Rules, Sample, Way},
};
use crate::device::Mass;

/// What a given piece weight is worth: as much as the smallest sample, since a nominal weight may be off by as much.
const GIVEN_SAMPLE: u32 = 10;

/// A tare that moved by less than a tenth of a piece moves no count.
const TARE_PIECES: f64 = 0.1;

/// A piece weight this many standard deviations off the last is another part's or another lot's.
const PIECE_SDS: f64 = 3.0;

/// A calibration under way at one bin. It may be kept between two statements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    setup: Setup,
    calibration: Calibration,
    step: Step,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sample: Option<Sample>,
    /// The count that the weight denied last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    denied: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offer: Option<Offer>,
}

/// A piece weight on offer, with the weight it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Offer {
    piece: PieceWeight,
    #[serde(with = "super::micrograms")]
    gross: Mass,
}

impl Procedure {
    /// Goes on where `calibration` leaves off.
    #[must_use]
    pub fn new(setup: Setup, calibration: Calibration) -> Self {
        let step = match (&calibration.tare, &calibration.piece) {
            (None, _) => Step::Tare,
            (Some(_), None) => Step::Sample,
            (Some(_), Some(_)) => Step::Check,
        };
        Self { setup, calibration, step, sample: None, denied: None, offer: None }
    }

    /// What is known now: to be kept after every statement that was taken.
    #[must_use]
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// How the bin's parts are made, from now on. A sample under way stays.
    pub fn set_kind(&mut self, kind: PartKind) {
        self.setup.kind = kind;
        if let Some(offer) = self.offer.as_mut().filter(|offer| offer.piece.cv_known == CvKnown::Assumed) {
            offer.piece.cv = kind.cv();
        }
    }

    /// Pieces in the sample; `None` while none was started.
    #[must_use]
    pub fn sampled(&self) -> Option<u32> {
        self.sample.as_ref().map(Sample::pieces)
    }

    /// The piece weight that can be taken.
    #[must_use]
    pub fn offer(&self) -> Option<&PieceWeight> {
        self.offer.as_ref().map(|offer| &offer.piece)
    }

    /// What the person is asked to do.
    #[must_use]
    pub fn asks(&self) -> &'static str {
        self.step.asks()
    }

    /// Takes what the person with badge `by` says at `at`.
    ///
    /// # Errors
    /// [`Refusal`], with its remedy; nothing has changed then.
    pub fn handle(&mut self, say: Say, by: &Text, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        match say {
            Say::WeighTare(emptiness) => self.weigh_tare(emptiness, by, at, seen),
            Say::Contained(container) => Ok(self.contained(&container, by, at)),
            Say::GiveTare(mass) => {
                let tare = Tare { mass, spread: Mass::ZERO, from: TareFrom::Given };
                Ok(self.set_tare(tare, Vec::new(), by, at))
            }
            Say::StartSample => self.start_sample(at_rest(seen)?),
            Say::PutIn(pieces) => self.lot(Way::In, pieces, at, seen),
            Say::TookOut(pieces) => self.lot(Way::Out, pieces, at, seen),
            Say::Holds(pieces) => match self.step {
                Step::Tare => Err(Refusal::NoTare),
                Step::Sample => self.whole_sample(pieces, at, seen),
                Step::Check => self.check(pieces, by, at, seen),
            },
            Say::GivePiece(mean) => self.give_piece(mean, by, at, seen),
            Say::Take => self.take(by, at, seen),
            Say::Go(step) => self.go(step),
        }
    }

    fn weigh_tare(&mut self, emptiness: Emptiness, by: &Text, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        let rest = at_rest(seen)?;
        let mut notes = Vec::new();
        if let Some(pieces) = seen.books.filter(|pieces| *pieces > 0) {
            if emptiness == Emptiness::NotSaid {
                return Err(Refusal::BooksHold { pieces });
            }
            notes.push(Note::BooksStillHold(pieces));
        }
        if let Some(old) = &self.calibration.tare
            && !rest.is_like(old.mass)
            && let Some(by) = rest.gross.checked_sub(old.mass)
        {
            let (way, by) = sign(by);
            // Without a piece weight nobody knows what it means in pieces, so it is said.
            let pieces = self.calibration.piece.as_ref().map(|piece| by.as_grams() / piece.mean.as_grams());
            if pieces.is_none_or(|pieces| pieces > TARE_PIECES) {
                notes.push(Note::TareMoved { by, way, pieces });
            }
        }
        let tare = Tare { mass: rest.gross, spread: Mass::ZERO, from: TareFrom::Weighed(at) };
        let outcome = self.set_tare(tare, notes, by, at);
        self.sample = Some(Sample::starting(rest));
        Ok(outcome)
    }

    fn contained(&mut self, container: &Container, by: &Text, at: WallTime) -> Outcome {
        let tare = container.as_tare();
        let mut notes = Vec::new();
        if let Some(piece) = &self.calibration.piece {
            let pieces = tare.spread.as_grams() / piece.mean.as_grams();
            if pieces > TARE_PIECES {
                notes.push(Note::ContainerCoarse { spread: tare.spread, pieces });
            }
        }
        self.set_tare(tare, notes, by, at)
    }

    fn set_tare(&mut self, tare: Tare, notes: Vec<Note>, by: &Text, at: WallTime) -> Outcome {
        self.calibration.set_tare(tare.clone(), by, at);
        self.enter(Step::Sample);
        Outcome::Tared { tare, notes }
    }

    fn start_sample(&mut self, rest: &Rest) -> Result<Outcome, Refusal> {
        if self.calibration.tare.is_none() {
            return Err(Refusal::NoTare);
        }
        self.enter(Step::Sample);
        self.sample = Some(Sample::starting(rest));
        Ok(Outcome::Started { gross: rest.gross })
    }

    fn lot(&mut self, way: Way, pieces: u32, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        if self.step != Step::Sample {
            return Err(Refusal::WrongStep(self.step));
        }
        let mut sample = self.sample.clone().ok_or(Refusal::NoStart)?;
        let rest = at_rest(seen)?;
        sample.add(way, pieces, rest, seen.lot.as_ref(), self.rules())?;
        self.judge(sample, at, rest)
    }

    fn whole_sample(&mut self, pieces: u32, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        let rest = at_rest(seen)?;
        let tare = self.calibration.tare.as_ref().ok_or(Refusal::NoTare)?;
        if pieces == 0 {
            return Err(Refusal::NoPieces);
        }
        let net = rest.gross.checked_sub(tare.mass).ok_or(Refusal::Range)?;
        if net <= rest.division {
            return Err(Refusal::NoChange { by: net, way: "heavier" });
        }
        self.judge(Sample::whole(pieces, net, rest, seen.lot.clone()), at, rest)
    }

    fn judge(&mut self, sample: Sample, at: WallTime, rest: &Rest) -> Result<Outcome, Refusal> {
        let outcome = match sample.make(rest, self.rules(), at)? {
            Err(need) => {
                self.offer = None;
                Outcome::More { pieces: sample.pieces(), need }
            }
            Ok(Made { piece, mut notes }) => {
                notes.extend(self.moved(&piece, rest));
                self.offer = Some(Offer { piece: piece.clone(), gross: rest.gross });
                let reach = Reach::new(&piece, rest, self.setup.wanted);
                Outcome::Enough { piece, reach, notes }
            }
        };
        self.sample = Some(sample);
        Ok(outcome)
    }

    fn give_piece(&mut self, mean: Mass, by: &Text, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        if mean <= Mass::ZERO {
            return Err(Refusal::NoWeight(mean));
        }
        let rest = at_rest(seen)?;
        if i128::from(mean.micrograms()) * 4 < i128::from(rest.division.micrograms()) {
            return Err(Refusal::PieceTooLight { piece: mean, division: rest.division });
        }
        let piece = PieceWeight {
            mean,
            cv: self.setup.kind.cv(),
            cv_known: CvKnown::Assumed,
            sample_size: GIVEN_SAMPLE,
            from: PieceFrom::Given,
            lot: seen.lot.clone(),
        };
        let mut notes = vec![Note::GivenPiece];
        if mean < rest.division {
            notes.push(Note::LightPiece);
        }
        Ok(self.set_piece(piece, notes, by, at, rest))
    }

    fn check(&mut self, stated: u32, by: &Text, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        let rest = at_rest(seen)?;
        let tare = self.calibration.tare.as_ref().ok_or(Refusal::NoTare)?;
        if self.calibration.piece.is_none() {
            return Err(Refusal::NoPiece);
        }
        let attended = Attended::stated(stated, by.clone(), at, seen.lot.clone());
        let Some(checked) = check(&self.calibration, rest, &attended) else {
            let by = tare.mass.checked_sub(rest.gross).ok_or(Refusal::Range)?;
            return Err(Refusal::BelowTare { by });
        };
        let before = self.denied.take();
        self.offer = None;
        Ok(match checked {
            Checked::Confirmed(weighed, offer) => {
                self.offer = offer.clone().ok().map(|offer| Offer { piece: offer.piece, gross: rest.gross });
                Outcome::Confirmed { stated, weighed, offer }
            }
            Checked::Differs(weighed) if before == Some(stated) => {
                let net = rest.gross.checked_sub(tare.mass).filter(|_| stated > 0).unwrap_or_default();
                let made = Sample::whole(stated.max(1), net, rest, seen.lot.clone()).make(rest, self.rules(), at);
                let piece = made.ok().and_then(Result::ok).map(|made| made.piece);
                self.offer = piece.clone().map(|piece| Offer { piece, gross: rest.gross });
                Outcome::Off { stated, weighed, offer: piece }
            }
            Checked::Differs(weighed) => {
                self.denied = Some(stated);
                Outcome::Recount { stated, weighed }
            }
        })
    }

    fn take(&mut self, by: &Text, at: WallTime, seen: &Seen) -> Result<Outcome, Refusal> {
        let rest = at_rest(seen)?;
        let Some(Offer { piece, gross }) = self.offer.clone() else {
            let Some(sample) = self.sample.as_ref().filter(|_| self.step == Step::Sample) else {
                return Err(Refusal::NoOffer);
            };
            return Err(match sample.make(rest, self.rules(), at)? {
                Err(need) => Refusal::TooSmall { more: need.more },
                Ok(_) => Refusal::NoOffer,
            });
        };
        // A sample that was taken lot by lot has its weights; what is in the bin now no longer matters to it.
        if self.step == Step::Check && !rest.is_like(gross) {
            return Err(Refusal::Moved);
        }
        let notes = self.moved(&piece, rest).into_iter().collect();
        Ok(self.set_piece(piece, notes, by, at, rest))
    }

    fn set_piece(&mut self, piece: PieceWeight, notes: Vec<Note>, by: &Text, at: WallTime, rest: &Rest) -> Outcome {
        self.calibration.set_piece(piece.clone(), by, at);
        self.enter(if self.calibration.tare.is_some() { Step::Check } else { Step::Tare });
        let reach = Reach::new(&piece, rest, self.setup.wanted);
        Outcome::PieceSet { piece, reach, notes }
    }

    fn go(&mut self, step: Step) -> Result<Outcome, Refusal> {
        match step {
            Step::Sample | Step::Check if self.calibration.tare.is_none() => return Err(Refusal::NoTare),
            Step::Check if self.calibration.piece.is_none() => return Err(Refusal::NoPiece),
            Step::Tare | Step::Sample | Step::Check => {}
        }
        self.enter(step);
        Ok(Outcome::Step(step))
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        (self.sample, self.denied, self.offer) = (None, None, None);
    }

    fn rules(&self) -> Rules {
        let Setup { kind, pieces_min, capacity, .. } = self.setup;
        // A single piece tells nothing about the others, whatever the settings say.
        Rules { kind, pieces_min: pieces_min.max(2), capacity }
    }

    /// A piece weight that is not the last one's, beyond what both leave open.
    fn moved(&self, piece: &PieceWeight, rest: &Rest) -> Option<Note> {
        let old = self.calibration.piece.as_ref()?;
        let change = piece.mean.as_grams() / old.mean.as_grams() - 1.0;
        let usual = PIECE_SDS * piece.mean_sd(rest).hypot(old.mean_sd(rest));
        (change.abs() > usual).then_some(Note::PieceMoved { percent: 100.0 * change })
    }
}

fn at_rest(seen: &Seen) -> Result<&Rest, Refusal> {
    seen.rest.as_ref().ok_or(Refusal::NotAtRest)
}

fn sign(change: Mass) -> (&'static str, Mass) {
    match Mass::ZERO.checked_sub(change) {
        Some(less) if less > Mass::ZERO => ("less", less),
        Some(_) | None => ("more", change),
    }
}
