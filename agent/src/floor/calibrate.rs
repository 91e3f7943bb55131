//! Calibration at a bin: what the technician says goes to the bin's procedure, with what the scale shows.

use std::time::Duration;

use gateway_proto::name::{PlaceName, Text};
use serde_json::{Value, json};

use super::{
    Floor,
    command::CalibrationStep,
    moment::Moment,
    order::Caller,
    refusal::Refusal,
    weighed::{Difference, Ground, Weighed},
    why::Why,
    work::{Facts, Part, Work},
};
use crate::{
    device::{Decimal, Mass, MassUnit},
    movement::{
        calibration::{
            Calibration, Container, CvKnown, Emptiness, PieceFrom, PieceWeight, Procedure, Say, Seen, Setup, Tare,
            TareFrom,
        },
        entry::{Kept, KeptKey, Statement},
    },
    register::{container, fact::Fact},
};

/// How long a bin that is calibrated is not counted when nobody says that its parts are back: a sample of a thousand is
/// counted in less.
const CALIBRATED_FOR_MAX: Duration = Duration::from_secs(15 * 60);

impl Floor {
    pub(super) fn calibrate(
        &mut self,
        now: &Moment,
        caller: Caller,
        bin: &PlaceName,
        by: &Text,
        step: CalibrationStep,
    ) {
        let came = self.calibration_step(now, bin, by, step);
        match came {
            Ok((value, None)) => self.done_with(caller, value),
            Ok((value, Some(work))) => self.command_work(caller, value, work),
            Err(why) => self.done_at_once(caller, Err(why)),
        }
    }

    fn calibration_step(
        &mut self,
        now: &Moment,
        bin: &PlaceName,
        by: &Text,
        step: CalibrationStep,
    ) -> Result<(Value, Option<Work>), Why> {
        let books = self.held_at(bin);
        let container = if let CalibrationStep::Container { container } = &step {
            Some(self.known_container(container)?)
        } else {
            None
        };
        let wanted = self.register.bin(bin.as_str()).and_then(|bin| bin.max.or(bin.capacity));
        let written = self.written(bin);
        let weighed = self.weighed.get_mut(bin).ok_or_else(|| Refusal::NoScale(bin.clone()))?;
        if weighed.ground.item().is_none() {
            return Err(Refusal::NoBin(bin.clone()).into());
        }
        let rest = weighed.at_rest();
        let seen = Seen { rest, books, lot: None };
        let procedure = weighed.procedure.get_or_insert_with(|| {
            let mut known = weighed.calibration.clone();
            known.tare = known.tare.or_else(|| written.0.clone());
            known.piece = known.piece.or_else(|| written.1.clone());
            Procedure::new(Setup { wanted, ..Setup::default() }, known)
        });
        let is_counted = matches!(weighed.ground, Ground::Ready(_));
        let say = match step {
            CalibrationStep::Start => {
                weighed.calibrated_at = is_counted.then_some(now.elapsed);
                weighed.came = None;
                let value = looked(weighed, &seen);
                self.level_changed(now, bin);
                return Ok((value, None));
            }
            CalibrationStep::Done => {
                self.count_again(now, bin);
                let text = "the bin is counted again; what differs from the books is an adjustment, not usage";
                return Ok((json!({ "came": "done", "text": text, "remedy": "", "notes": [] }), None));
            }
            CalibrationStep::Look { kind } => {
                if let Some(kind) = kind {
                    procedure.set_kind(kind);
                }
                return Ok((looked(weighed, &seen), None));
            }
            CalibrationStep::Tare { empty } => {
                Say::WeighTare(if empty { Emptiness::Stated } else { Emptiness::NotSaid })
            }
            CalibrationStep::Container { container: name } => {
                Say::Contained(container.ok_or_else(|| Refusal::NoContainer(name.clone()))?)
            }
            CalibrationStep::GivenTare { grams } => Say::GiveTare(mass(&grams)?),
            CalibrationStep::Begin => Say::StartSample,
            CalibrationStep::PutIn { pieces } => Say::PutIn(pieces),
            CalibrationStep::TookOut { pieces } => Say::TookOut(pieces),
            CalibrationStep::Holds { pieces } => Say::Holds(pieces),
            CalibrationStep::GivenPiece { grams } => Say::GivePiece(mass(&grams)?),
            CalibrationStep::Take => Say::Take,
        };
        let moves_parts = matches!(say, Say::WeighTare(_) | Say::StartSample | Say::PutIn(_) | Say::TookOut(_));
        if is_counted && (moves_parts || weighed.calibrated_at.is_some()) {
            weighed.calibrated_at = Some(now.elapsed);
        }
        let before = procedure.calibration().clone();
        let outcome = procedure.handle(say, by, now.wall, &seen)?;
        let value = json!({
            "came": outcome.word(),
            "text": outcome.text(),
            "remedy": outcome.remedy(),
            "notes": outcome.notes().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "step": procedure.step(),
            "sampled": procedure.sampled(),
            "can_take": procedure.offer().is_some(),
            "calibration": procedure.calibration(),
        });
        let after = procedure.calibration();
        if *after == before {
            weighed.came = Some(outcome);
            return Ok((value, None));
        }
        weighed.coming = Some(outcome);
        let text = serde_json::to_string(&measured(after, &written)).expect("a calibration is plain data");
        let kept = Kept { key: KeptKey::new("calibration", bin.as_str()), text };
        Ok((value, Some(Work::of(Statement::Keep(kept), Part::Facts(Facts::Calibration { bin: bin.clone() })))))
    }

    /// A bin whose parts were taken out to calibrate it is counted again.
    fn count_again(&mut self, now: &Moment, bin: &PlaceName) {
        if let Some(weighed) = self.weighed.get_mut(bin)
            && weighed.calibrated_at.take().is_some()
        {
            weighed.difference = Difference::Calibration;
            self.level_changed(now, bin);
            self.show_doubt(now, bin);
        }
    }

    /// Nobody has said for long that the parts are back: they are taken to be.
    pub(super) fn tick_calibration(&mut self, now: &Moment, bin: &PlaceName) {
        let began = self.weighed.get(bin).and_then(|weighed| weighed.calibrated_at);
        if began.is_some_and(|at| now.elapsed.saturating_sub(at) >= CALIBRATED_FOR_MAX) {
            self.count_again(now, bin);
        }
    }

    /// What the site's file or an import says of a bin's tare and piece, as far as it was said.
    fn written(&self, name: &PlaceName) -> (Option<Tare>, Option<PieceWeight>) {
        let Some(bin) = self.register.bin(name.as_str()) else { return (None, None) };
        let is_said = bin.tare.is_some() || bin.container.is_some();
        let tare = is_said.then(|| Tare { mass: self.register.tare(bin), spread: Mass::ZERO, from: TareFrom::Given });
        let piece = self.register.item(bin.item.as_str()).and_then(|item| item.piece);
        let piece = piece.map(|piece| PieceWeight {
            mean: piece.mean,
            cv: piece.cv,
            cv_known: CvKnown::Assumed,
            sample_size: piece.sample_size,
            from: PieceFrom::Given,
            lot: None,
        });
        (tare, piece)
    }

    pub(super) fn calibration_committed(&mut self, now: &Moment, bin: &PlaceName) {
        let held = self.held_at(bin);
        let register = self.register.clone();
        let written = self.written(bin);
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        if let Some(came) = weighed.coming.take() {
            weighed.came = Some(came);
        }
        if let Some(procedure) = &weighed.procedure {
            weighed.calibration = measured(procedure.calibration(), &written);
        }
        if weighed.refresh(bin, &register) {
            weighed.begin_from(now.elapsed, held);
        }
        self.level_changed(now, bin);
        self.show_doubt(now, bin);
    }

    /// Nothing of it holds: the procedure goes back to what is kept.
    pub(super) fn calibration_failed(&mut self, bin: &PlaceName) {
        if let Some(weighed) = self.weighed.get_mut(bin) {
            (weighed.procedure, weighed.came, weighed.coming) = (None, None, None);
        }
    }

    /// A specimen of a kind of container stands on the bin's scale.
    pub(super) fn weigh_container(&mut self, caller: Caller, name: &Text, bin: &PlaceName) {
        let Some(weighed) = self.weighed.get(bin) else {
            return self.done_at_once(caller, Err(Refusal::NoScale(bin.clone())));
        };
        let rest = weighed.at_rest();
        let mut containers = self.containers.clone();
        let container = match containers.weigh(name, rest.as_ref()) {
            Ok(container) => container.clone(),
            Err(refusal) => return self.done_at_once(caller, Err(Refusal::Container(refusal))),
        };
        let text = serde_json::to_string(&containers).expect("containers are plain data");
        let kept = Kept { key: KeptKey::new("containers", ""), text };
        let before = self.containers.get(name.as_str()).cloned().map(Box::new);
        let facts = Facts::Container { name: container.name.clone(), before };
        let mut work = Work::of(Statement::Keep(kept), Part::Facts(facts));
        if let Ok(name) = container.name.as_str().parse() {
            let fact = container::Container { name, tare: container.tare, spread: container.spread };
            self.tell_register(&[Fact::Container(fact)], &mut work);
        }
        self.containers = containers;
        self.command_work(caller, json!(container), work);
    }

    /// Its weight could not be recorded: what was known before is.
    pub(super) fn container_failed(&mut self, name: &Text, before: Option<&Container>) {
        self.containers.remove(name.as_str());
        if let Some(before) = before {
            // There is room: it was one of them.
            let _ = self.containers.put(before.clone());
        }
    }

    fn known_container(&self, name: &Text) -> Result<Container, Refusal> {
        if let Some(container) = self.containers.get(name.as_str()) {
            return Ok(container.clone());
        }
        match self.register.container(name.as_str()) {
            Some(known) => Ok(Container::given(name.clone(), known.tare, known.spread)),
            None => Err(Refusal::NoContainer(name.clone())),
        }
    }
}

fn looked(weighed: &Weighed, seen: &Seen) -> Value {
    let procedure = weighed.procedure.as_ref();
    json!({
        "item": weighed.ground.item(),
        "step": procedure.map(Procedure::step),
        "asks": procedure.map(Procedure::asks),
        "sampled": procedure.and_then(Procedure::sampled),
        "can_take": procedure.is_some_and(|procedure| procedure.offer().is_some()),
        "calibration": procedure.map_or(&weighed.calibration, Procedure::calibration),
        "scale": weighed.scale,
        // What the scale showed last, at rest or not; none since it is silent.
        "shows": weighed.still.shows().map(|mass| mass.to_string()),
        "at_rest": seen.rest.is_some(),
        "gross": seen.rest.map(|rest| rest.gross.to_string()),
        "gross_g": seen.rest.map(|rest| rest.gross.as_grams()),
        "division": seen.rest.map(|rest| rest.division.to_string()),
        "books": seen.books,
    })
}

/// What was found out at the bin, without what is written elsewhere and may change there.
fn measured(calibration: &Calibration, (tare, piece): &(Option<Tare>, Option<PieceWeight>)) -> Calibration {
    let mut own = calibration.clone();
    own.tare = own.tare.filter(|own| Some(own) != tare.as_ref());
    own.piece = own.piece.filter(|own| Some(own) != piece.as_ref());
    own
}

/// Grams as people write them.
fn mass(grams: &str) -> Result<Mass, Refusal> {
    let decimal = Decimal::parse(grams.trim()).ok();
    decimal.and_then(|grams| Mass::of(grams, MassUnit::Gram)).ok_or_else(|| Refusal::NoWeight(grams.to_owned()))
}
