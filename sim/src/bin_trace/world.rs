//! What lies on the load cell from reading to reading: parts, hands, strange things, and what people do with them.

use super::{
    Act, Reading, Trace, What,
    load_cell::{LoadCell, RANGE_PIECES, Stuck},
    plan::{Kind, Parts, Plan, pick},
};
use crate::random::Random;

/// Picks of so many.
const PICKS: [i64; 14] = [1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 8, 10, 12, 20];

/// Nothing else happens for so long after the beginning.
const LEAD_IN_MS: u64 = 60_000;

/// Nothing begins so shortly before the end: a bin that is lifted shall be back.
const LEAD_OUT_MS: u64 = 130_000;

/// A hand throws the weight by so many pieces, around this many.
const HAND_SD: f64 = 4.0;
const HAND_MEAN: f64 = 1.7;

struct World {
    random: Random,
    plan: Plan,
    now_ms: u64,
    /// The true pieces' weights; for [`Parts::Drawn`] only their number and sum are right.
    pieces: Vec<f64>,
    /// What they weigh.
    content: f64,
    piece: f64,
    foreign: f64,
    /// Of the scale's zero.
    shift: f64,
    lifted: bool,
    cell: LoadCell,
    /// Of the bench, in pieces.
    shaking: f64,
    /// Nothing is heard of the scale.
    absent: bool,
    readings: Vec<Reading>,
    acts: Vec<Act>,
}

/// Plays the hour.
pub(super) fn play(plan: &Plan) -> Trace {
    let mut random = Random::seeded(plan.seed);
    let piece = plan.piece;
    let pieces: Vec<f64> =
        (0..plan.bin.initial_count).map(|_| piece * (1.0 + plan.bin.piece_cv * random.normal())).collect();
    let content = pieces.iter().sum();
    let warms = if plan.kind == Kind::Drift { 2.0 + 4.0 * random.unit() } else { 0.5 };
    let phase = random.unit() * std::f64::consts::TAU;
    let mut world = World {
        random,
        plan: plan.clone(),
        now_ms: 0,
        pieces,
        content,
        piece,
        foreign: 0.0,
        shift: 0.0,
        lifted: false,
        cell: LoadCell::new(plan, content, plan.bin.division * warms, phase),
        shaking: 0.0,
        absent: false,
        readings: Vec::new(),
        acts: Vec::new(),
    };
    world.run();
    Trace { bin: plan.bin.clone(), readings: world.readings, acts: world.acts, final_count: world.pieces.len() as u64 }
}

impl World {
    fn run(&mut self) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hours of a plan are few")]
        let end = (self.plan.hours * 3_600_000.0) as u64;
        if self.plan.kind == Kind::BeginsInUnrest {
            let readings = 20 + self.random.below(60);
            self.rest_hand(readings);
        }
        let quiet = LEAD_IN_MS / 2 + self.random.below(LEAD_IN_MS);
        self.wait_ms(quiet);
        let mut is_done = false;
        while self.now_ms + LEAD_OUT_MS < end {
            self.next(&mut is_done);
            let pause = if self.plan.kind == Kind::Refill { 40_000.0 } else { 85_000.0 };
            // At least so far apart that two acts are two.
            let gap = 13_000.0 + -pause * (1.0 - self.random.unit()).ln();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below an hour")]
            self.wait_ms((gap as u64).min(end.saturating_sub(self.now_ms + 20_000)));
        }
        self.wait_ms(end.saturating_sub(self.now_ms));
    }

    /// One thing that happens.
    fn next(&mut self, is_done: &mut bool) {
        let chance = self.random.unit();
        match self.plan.kind {
            Kind::Quiet => {}
            Kind::Vibration if chance < 0.5 => self.shake(),
            Kind::Hand if chance < 0.5 => self.hand(),
            Kind::Refill if chance < 0.3 => self.refill(),
            Kind::Burst if chance < 0.5 => self.burst(),
            Kind::Mixed if chance < 0.08 => self.refill(),
            Kind::Mixed if chance < 0.14 => self.burst(),
            Kind::Mixed if chance < 0.22 => self.hand(),
            Kind::Mixed if chance < 0.30 => self.shake(),
            Kind::Lifted if chance < 0.2 => self.lift(0),
            Kind::LiftedChanged if chance < 0.2 => {
                let pieces = self.lift_change();
                self.lift(pieces);
            }
            Kind::Shifted if !*is_done && chance < 0.15 => {
                *is_done = true;
                self.shift();
            }
            Kind::ShiftedUnheard if !*is_done && chance < 0.15 => {
                *is_done = true;
                self.absent = true;
                let gap = 6_000 + self.random.below(40_000);
                self.wait_ms(gap);
                self.absent = false;
                self.shift();
            }
            Kind::Foreign if chance < 0.25 => self.stray(),
            Kind::WrongPart if !*is_done && chance < 0.2 => {
                *is_done = true;
                self.wrong_parts();
            }
            Kind::Stuck if chance < 0.3 => self.stick(),
            Kind::Dropped if chance < 0.5 => self.drop_readings(),
            Kind::Overload if chance < 0.2 => self.lean(),
            Kind::Pick
            | Kind::Drift
            | Kind::BeginsInUnrest
            | Kind::Vibration
            | Kind::Hand
            | Kind::Refill
            | Kind::Burst
            | Kind::Mixed
            | Kind::Lifted
            | Kind::LiftedChanged
            | Kind::Shifted
            | Kind::ShiftedUnheard
            | Kind::Foreign
            | Kind::WrongPart
            | Kind::Stuck
            | Kind::Dropped
            | Kind::Overload => self.pick_any(),
        }
    }

    fn pick_any(&mut self) {
        let pieces = pick(&mut self.random, &PICKS);
        self.pick(pieces);
    }

    fn pick(&mut self, pieces: i64) {
        let pieces = pieces.min(i64::try_from(self.pieces.len()).unwrap_or(0));
        if pieces > 0 {
            self.reach_in(1.0);
            self.change(-pieces);
        }
    }

    /// The content changes; the next reading shows it.
    fn change(&mut self, pieces: i64) {
        let cv = self.plan.bin.piece_cv;
        for _ in 0..pieces.unsigned_abs() {
            let drawn = self.piece * (1.0 + cv * self.random.normal());
            if pieces > 0 {
                self.pieces.push(drawn);
                self.content += drawn;
            } else {
                let which = self.random.below(self.pieces.len() as u64);
                let own = self.pieces.swap_remove(usize::try_from(which).unwrap_or(0));
                self.content -= match self.plan.parts {
                    Parts::Own => own,
                    Parts::Drawn => drawn,
                };
            }
        }
        if self.pieces.is_empty() {
            self.content = 0.0;
        }
        let what = if pieces > 0 { What::Put } else { What::Pick };
        self.act(what, pieces);
        self.wait(1);
    }

    fn act(&mut self, what: What, pieces: i64) {
        self.acts.push(Act { t_ms: self.now_ms, what, pieces });
    }

    /// A hand comes and goes: three to nine readings at four a second.
    fn reach_in(&mut self, force: f64) {
        let time_ms = 750 + 250 * self.random.below(7);
        let until = self.now_ms + time_ms;
        while self.now_ms < until {
            let off = HAND_MEAN + HAND_SD * self.random.normal();
            self.read(force * off * self.piece);
        }
    }

    fn hand(&mut self) {
        let readings = 20 + self.random.below(86);
        self.rest_hand(readings);
        if self.random.unit() < 0.15 {
            self.pick_any();
        }
    }

    /// A hand rests: it weighs so many pieces, sways and trembles.
    fn rest_hand(&mut self, quarters: u64) {
        let size = 0.4 + 24.0 * self.random.unit().powi(2);
        let (sway, tremble) = (size * 0.17, 0.35 + 0.06 * size);
        let (period, phase) = (8.0 + 6.0 * self.random.unit(), self.random.unit() * std::f64::consts::TAU);
        let began = self.now_ms;
        while self.now_ms < began + quarters * 250 {
            #[expect(clippy::cast_precision_loss, reason = "below an hour")]
            let turn = (self.now_ms - began) as f64 / 250.0 / period * std::f64::consts::TAU + phase;
            let off = size + sway * turn.sin() + tremble * self.random.normal();
            self.read(off * self.piece);
        }
    }

    fn refill(&mut self) {
        let pieces = 20 + i64::try_from(self.random.below(131)).unwrap_or(0);
        let time_ms = 3_000 + self.random.below(2_500);
        let until = self.now_ms + time_ms;
        while self.now_ms < until {
            #[expect(clippy::cast_precision_loss, reason = "a hundred")]
            let off = 0.05 * pieces as f64 + 0.2 * pieces as f64 * self.random.normal();
            self.read(off * self.piece);
        }
        self.change(pieces);
    }

    fn burst(&mut self) {
        for _ in 0..3 + self.random.below(8) {
            self.pick(1);
            let pause = self.random.below(7_500);
            self.wait_ms(250 + pause);
        }
    }

    /// A machine runs; someone may pick meanwhile.
    fn shake(&mut self) {
        self.shaking = 0.5 + 0.25 * self.random.unit();
        let before = 10_000 + self.random.below(60_000);
        self.wait_ms(before);
        for _ in 0..self.random.below(3) {
            self.pick_any();
            let after = 12_500 + self.random.below(40_000);
            self.wait_ms(after);
        }
        self.shaking = 0.0;
    }

    fn lift_change(&mut self) -> i64 {
        let there = i64::try_from(self.pieces.len()).unwrap_or(0);
        let pieces = pick(&mut self.random, &PICKS);
        if self.random.unit() < 0.5 { pieces * 3 } else { -pieces.min(there) }
    }

    fn lift(&mut self, change: i64) {
        self.reach_in(1.0);
        self.lifted = true;
        self.act(What::Lifted, 0);
        let away = 4_000 + self.random.below(90_000);
        self.wait_ms(away);
        self.lifted = false;
        self.reach_in(1.0);
        if change == 0 {
            self.act(What::Returned, 0);
            self.wait(1);
        } else {
            self.change(change);
        }
    }

    fn shift(&mut self) {
        let size = 0.5 + 30.0 * self.random.unit();
        // A shift of a whole number of pieces cannot be told from parts that went unseen.
        let size = if (size - size.round()).abs() < 0.32 { size.floor() + 0.5 } else { size };
        self.shift += self.piece * if self.random.unit() < 0.5 { size } else { -size };
        self.act(What::Shifted, 0);
        self.wait(4);
    }

    /// Something strange comes and goes.
    fn stray(&mut self) {
        let size = f64::from(u32::try_from(self.random.below(9)).unwrap_or(0)) + 1.35 + 0.3 * self.random.unit();
        let mass = size * self.piece;
        self.reach_in(1.0);
        self.foreign += mass;
        self.act(What::Foreign, 0);
        let pause = 15_000 + self.random.below(60_000);
        self.wait_ms(pause);
        for _ in 0..self.random.below(3) {
            self.pick_any();
            let pause = 15_000 + self.random.below(60_000);
            self.wait_ms(pause);
        }
        self.reach_in(1.0);
        self.foreign -= mass;
        self.act(What::Foreign, 0);
        self.wait_ms(10_000);
    }

    fn wrong_parts(&mut self) {
        let other = self.piece * (1.35 + 0.3 * self.random.unit());
        self.reach_in(1.0);
        self.foreign += other;
        self.act(What::Foreign, 0);
        self.wait_ms(10_000);
    }

    fn stick(&mut self) {
        self.cell.set_stuck(self.cell.shown().map(Stuck::At));
        let before = 5_000 + self.random.below(30_000);
        self.wait_ms(before);
        if self.random.unit() < 0.5 {
            self.pick_any();
            let after = 1_000 + self.random.below(7_000);
            self.wait_ms(after);
        }
        self.cell.set_stuck(None);
        self.wait_ms(10_000);
    }

    fn drop_readings(&mut self) {
        self.absent = self.random.unit() < 0.7;
        if !self.absent {
            self.cell.set_stuck(Some(Stuck::Dumb));
        }
        let gap = 1_000 + self.random.below(25_000);
        self.wait_ms(gap);
        if self.random.unit() < 0.4 {
            self.pick_any();
            let after = 500 + self.random.below(7_000);
            self.wait_ms(after);
        }
        self.absent = false;
        self.cell.set_stuck(None);
        self.wait_ms(8_000);
    }

    fn lean(&mut self) {
        self.reach_in(3.0);
        let until = self.now_ms + 3_000 + self.random.below(20_000);
        while self.now_ms < until {
            self.read(2.0 * RANGE_PIECES * self.piece);
        }
        self.reach_in(3.0);
    }

    fn wait_ms(&mut self, time_ms: u64) {
        self.wait(time_ms / self.plan.step_ms);
    }

    fn wait(&mut self, readings: u64) {
        for _ in 0..readings {
            self.read(0.0);
        }
    }

    /// One reading with `extra` grams on the scale.
    fn read(&mut self, extra: f64) {
        let on_scale = if self.lifted { 0.0 } else { self.plan.bin.tare + self.content + self.foreign };
        let shaken = self.shaking * self.piece * self.random.normal();
        let grams = on_scale + self.shift + extra + shaken;
        let reading = self.cell.read(self.now_ms, grams, self.content, &mut self.random);
        if !self.absent {
            self.readings.push(reading);
        }
        self.now_ms += self.plan.step_ms;
    }
}
