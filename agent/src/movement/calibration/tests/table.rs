//! Every statement at every step.

use super::*;

#[test]
fn every_statement_at_every_step_does_what_the_table_says() {
    let container = Container { name: text("KLT"), tare: grams(190.0), spread: grams(0.1), weighed: 9 };
    // A step: where it leads. Lower case: why it is refused.
    let table = [
        (Say::WeighTare(Emptiness::Stated), ["Sample", "Sample", "Sample"]),
        (Say::Contained(container), ["Sample", "Sample", "Sample"]),
        (Say::GiveTare(grams(180.0)), ["Sample", "Sample", "Sample"]),
        (Say::StartSample, ["no tare", "Sample", "Sample"]),
        (Say::PutIn(10), ["step", "no start", "step"]),
        (Say::TookOut(10), ["step", "no start", "step"]),
        (Say::Holds(20), ["no tare", "Sample", "Check"]),
        (Say::GivePiece(grams(5.0)), ["Tare", "Check", "Check"]),
        (Say::Take, ["no offer", "no offer", "no offer"]),
        (Say::Go(Step::Tare), ["Tare", "Tare", "Tare"]),
        (Say::Go(Step::Sample), ["no tare", "Sample", "Sample"]),
        (Say::Go(Step::Check), ["no tare", "no piece", "Check"]),
    ];
    let known = [Calibration::default(), Calibration { piece: None, ..calibration() }, calibration()];
    for (say, row) in &table {
        for (known, expected) in known.iter().zip(row) {
            let mut procedure = Procedure::new(Setup::default(), known.clone());
            let (step, before) = (procedure.step(), procedure.clone());
            let seen = Seen { rest: Some(rest(300.0)), ..Seen::default() };
            let found = match procedure.handle(say.clone(), &text("ann"), at(1), &seen) {
                Ok(outcome) => {
                    assert!(!outcome.text().is_empty() && !outcome.remedy().is_empty());
                    format!("{:?}", procedure.step())
                }
                Err(refusal) => {
                    assert_eq!(procedure, before, "{say:?} at {step}");
                    assert!(!refusal.remedy().is_empty());
                    short(&refusal).to_owned()
                }
            };
            assert_eq!(found, *expected, "{say:?} at {step}");
        }
    }
}

#[test]
fn nothing_is_weighed_that_is_not_at_rest() {
    let weighs =
        [Say::WeighTare(Emptiness::Stated), Say::StartSample, Say::Holds(20), Say::GivePiece(grams(5.0)), Say::Take];
    for say in weighs {
        let mut procedure = Procedure::new(Setup::default(), calibration());
        let refusal = procedure.handle(say.clone(), &text("ann"), at(1), &Seen::default()).unwrap_err();
        assert_eq!(refusal, Refusal::NotAtRest, "{say:?}");
        assert!(refusal.remedy().starts_with("wait until the weight is at rest"));
    }
    let mut procedure = Procedure::new(Setup::default(), calibration());
    let seen = Seen { rest: Some(rest(200.0)), ..Seen::default() };
    procedure.handle(Say::StartSample, &text("ann"), at(1), &seen).unwrap();
    let refusal = procedure.handle(Say::PutIn(10), &text("ann"), at(1), &Seen::default()).unwrap_err();
    assert_eq!(refusal, Refusal::NotAtRest);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let extremes = [Mass::from_micrograms(i64::MIN), Mass::from_micrograms(i64::MAX)];
    for tare in extremes {
        for gross in extremes {
            for say in [
                Say::WeighTare(Emptiness::Stated),
                Say::StartSample,
                Say::PutIn(u32::MAX),
                Say::TookOut(u32::MAX),
                Say::Holds(u32::MAX),
                Say::Holds(0),
                Say::GivePiece(gross),
                Say::Take,
            ] {
                let mut known = calibration();
                known.tare.as_mut().unwrap().mass = tare;
                let mut procedure = Procedure::new(Setup::default(), known);
                let rest = Rest { gross, sd: gross, division: tare };
                let seen = Seen { rest: Some(rest), ..Seen::default() };
                // Whatever it says, it says it in words.
                for say in [Say::StartSample, say.clone(), say] {
                    let (Ok(_) | Err(_)) = procedure.handle(say, &text("ann"), at(1), &seen);
                }
            }
        }
    }
}

fn short(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoTare => "no tare",
        Refusal::NoPiece => "no piece",
        Refusal::NoStart => "no start",
        Refusal::WrongStep(_) => "step",
        Refusal::NoOffer => "no offer",
        Refusal::NotAtRest
        | Refusal::BooksHold { .. }
        | Refusal::NoPieces
        | Refusal::NoChange { .. }
        | Refusal::OtherWay(_)
        | Refusal::LotOff { .. }
        | Refusal::OtherLot { .. }
        | Refusal::TooManyLots(_)
        | Refusal::PieceTooLight { .. }
        | Refusal::TooSmall { .. }
        | Refusal::Moved
        | Refusal::BelowTare { .. }
        | Refusal::NoWeight(_)
        | Refusal::Range => "other",
    }
}
