//! A bin's weight as pieces: the count is the last trusted one plus the whole-piece steps between rests.
//!
//! Pure: reading and time in, what is certain out. Owns one bin on one scale, in 1.5 kB whatever comes.
//! Must not know who uses the bin, the ledger or the wire.
//!
//! ```text
//!                       a reading off the level
//!   ┌─────────┐ ──────────────────────────────────────► ┌────────┐
//!   │ resting │   spike: the next one is back           │ moving │ ◄── first reading, scale unknown or away
//!   │         │ ◄────────────────────────────────────── │        │
//!   └─────────┘   a run of readings is believed a rest, └────────┘
//!    level is      and the step to it is judged:
//!    followed       same · pieces · bin lifted or back ·
//!                   foreign or zero shift (after a wait)
//! ```
//!
//! Reading order: [`noise`] what scatters at rest · [`run`] when a rest is believed · [`shaking`] a level under
//! vibration · [`touch`] two acts in one unrest · [`step`] what a step means · [`content`] what lies there · [`resting`],
//! [`moving`] the two states · [`settling`], [`untouched`], [`shaken`] from one to the other · [`foreign`] strange things ·
//! [`doubt`] why not.
//!
//! The device's own flag of stability says nothing of rest: scales raise it while a hand rests in the bin and drop it on a
//! quiet bench; the readings themselves say more. Where it is steady at rest, its fall tells that somebody was there.

use std::time::Duration;

use super::{
    counted::Counted,
    pieces::{SampleVerdict, sample_verdict},
};
use crate::device::{Cause, Mass, Weight};

mod content;
mod doubt;
mod foreign;
mod moving;
mod noise;
mod resting;
mod run;
mod settling;
mod shaken;
mod shaking;
mod step;
mod told;
mod touch;
mod untouched;

pub use doubt::Doubt;
pub use told::{Load, Rest, Told};

use content::Content;
use moving::{Away, Moving};
use noise::Noise;
use resting::{Pace, Resting};
use untouched::Suspect;

/// Readings in a row that a rest takes at least, unless the device's section says otherwise.
pub const READINGS: u32 = 3;

/// How long an act may take before the level is unknown: hands stay in a bin for 25 s.
const UNREST_MAX: Duration = Duration::from_secs(30);

/// How well the mean of a run must be known before it is a level, in pieces.
const LEVEL_SD_MAX: f64 = 0.12;

/// How far the level may creep between two anchors, in pieces.
const CREEP_MAX: f64 = 0.3;

/// Follows one bin.
#[derive(Debug, Clone)]
pub struct Tally {
    readings: u32,
    content: Content,
    noise: Noise,
    pace: Pace,
    state: State,
    lifted: Option<Lifted>,
    /// What the books say, before anything was weighed.
    books: Option<u64>,
    /// Why the level is unknown.
    unknown: Option<Doubt>,
    /// Why it is known with a reservation.
    reservation: Option<Doubt>,
    is_too_light: bool,
    /// Grams the level crept since the last anchor, up to the present rest.
    crept: f64,
    /// The second of two acts that became certain at once, until the next reading.
    pending: Option<Told>,
    /// When the weight last came back to its level.
    stirred: Option<Duration>,
    /// Acts with a hand seen, and without.
    hands: u32,
    no_hands: u32,
    flag: Flag,
    /// A step of whole pieces with no hand, taken for a shift until another one comes.
    suspect: Option<Suspect>,
    load: Load,
}

/// How the device's flag of stability behaves while the weight rests: where it is steady then, its fall tells of a hand.
#[derive(Debug, Clone, Copy, Default)]
struct Flag {
    up: u32,
    down: u32,
}

impl Flag {
    /// Readings at rest before the flag is trusted, and how many of them may have it down: one in so many.
    const KNOWN: u32 = 12;
    const DOWN_SHARE: u32 = 32;

    fn at_rest(&mut self, stable: Option<bool>) {
        match stable {
            Some(true) => self.up = self.up.saturating_add(1),
            Some(false) => self.down = self.down.saturating_add(1),
            None => {}
        }
    }

    fn tells_of_hands(self) -> bool {
        self.up >= Self::KNOWN && self.down <= self.up / Self::DOWN_SHARE
    }
}

/// A bin off its scale.
#[derive(Debug, Clone, Copy)]
struct Lifted {
    /// The level before.
    level: Resting,
    hand: Hand,
}

/// Whether one was seen, by a scale that is quick enough to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    Seen,
    NotSeen,
    /// It could not have been seen.
    Unknown,
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one per bin; a box would be an allocation per act")]
enum State {
    Resting(Resting),
    Moving(Moving),
}

impl Tally {
    /// A bin of which nothing is known yet. `settle_readings` must agree at least, one or more.
    #[must_use]
    pub fn new(load: Load, settle_readings: u32) -> Self {
        let content = Content::new(load);
        Self {
            readings: settle_readings.max(1),
            noise: Noise::new(content.piece()),
            content,
            pace: Pace::default(),
            state: State::Moving(Moving::begin(Duration::ZERO, None, Away::Unheard)),
            lifted: None,
            books: None,
            unknown: None,
            reservation: None,
            is_too_light: false,
            crept: 0.0,
            pending: None,
            stirred: None,
            hands: 0,
            no_hands: 0,
            flag: Flag::default(),
            suspect: None,
            load,
        }
    }

    /// What the books say is in the bin. Before the first rest it is the count if the weight allows it; later a person
    /// counted, or the books were corrected: the present level is that many pieces.
    pub fn anchor(&mut self, pieces: u64) {
        let gross = match &self.state {
            State::Resting(resting) if self.lifted.is_none() => Some(resting.level()),
            State::Resting(_) | State::Moving(_) => None,
        };
        if gross.is_none() && !self.content.is_known() {
            self.books = Some(pieces);
            return;
        }
        self.suspect = None;
        self.content.anchor(pieces, gross.map(|gross| (gross, self.noise.division())));
        if matches!(self.unknown, Some(Doubt::NotWhole(_))) {
            self.unknown = None;
        }
        self.reservation = None;
        self.crept = 0.0;
        if let State::Resting(resting) = &mut self.state {
            resting.rebase();
        }
    }

    /// Takes a new tare or piece weight. The count stays; the weight is compared with it at the next rest.
    pub fn recalibrate(&mut self, load: Load) {
        self.load = load;
        self.suspect = None;
        self.content.recalibrate(load);
        self.noise = Noise::new(self.content.piece());
        self.is_too_light = false;
        self.reservation = None;
        self.crept = 0.0;
        if self.content.is_known() {
            self.watch_level();
        } else {
            // What was no number of pieces may be one now.
            self.state = State::Moving(Moving::begin(Duration::ZERO, None, Away::Unheard));
        }
    }

    /// The newest trusted count; `None` while it is unknown.
    #[must_use]
    pub fn level(&self) -> Option<Counted> {
        if self.unknown.is_some() || self.is_too_light || self.lifted.is_some() {
            return None;
        }
        self.content.counted()
    }

    /// Why the level is unknown, or known with a reservation.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        if self.is_too_light {
            return Some(Doubt::TooLight);
        }
        self.unknown.or(self.reservation)
    }

    /// The weight, if it rests now.
    #[must_use]
    pub fn rest(&self) -> Option<Rest> {
        match &self.state {
            State::Resting(resting) => Some(Rest {
                gross: mass(resting.level()),
                sd: mass(self.noise.sd()),
                division: mass(self.noise.division()),
                since: resting.since(),
            }),
            State::Moving(_) => None,
        }
    }

    /// The scale cannot say. The count stays what it was; the level is unknown until a weight rests again.
    pub fn handle_unknown(&mut self, now: Duration, cause: Cause) {
        let away = match cause {
            // What was gone may have started again, with another zero.
            Cause::Offline | Cause::Restarted => Away::Restarted,
            // It weighs again in a moment; something moves on it.
            Cause::Busy => {
                self.stirred = Some(now);
                Away::Unheard
            }
            Cause::Overload
            | Cause::Underload
            | Cause::DeviceError
            | Cause::Silent
            | Cause::Awaited
            | Cause::NotANumber => Away::Unheard,
        };
        self.state = State::Moving(match &self.state {
            State::Resting(resting) => Moving::begin(now, Some(*resting), away),
            State::Moving(moving) => moving.interrupted(now, away),
        });
        self.unknown = Some(Doubt::Scale(cause));
    }

    /// Time passes without a reading.
    pub fn tick(&mut self, now: Duration) -> Option<Told> {
        if let State::Moving(moving) = &self.state
            && moving.is_heard()
            && self.unknown.is_none()
            && now.saturating_sub(moving.calm()) > UNREST_MAX
        {
            self.unknown = Some(Doubt::Unsteady);
        }
        self.pending.take()
    }

    /// Takes a weight at `now` (monotonic).
    pub fn handle_weight(&mut self, now: Duration, weight: &Weight) -> Option<Told> {
        let before = self.pending.take();
        let told = self.follow(now, weight);
        if before.is_none() {
            return told;
        }
        self.pending = told.or(self.pending);
        before
    }

    fn follow(&mut self, now: Duration, weight: &Weight) -> Option<Told> {
        let grams = weight.mass.as_grams();
        let division = weight.division.as_grams();
        #[expect(clippy::float_cmp, reason = "the same digits give the same number")]
        if division != self.noise.division() {
            self.noise.handle_division(division);
            let verdict = sample_verdict(self.load.piece, weight.division, self.load.sample_size);
            self.is_too_light = verdict == SampleVerdict::RefusePiece;
        }
        let silence = self.pace.silence(now);
        let was_away = self.pace.handle_reading(now);
        if self.is_too_light {
            return None;
        }
        if matches!(self.state, State::Moving(_)) && weight.stable == Some(false) && self.flag.tells_of_hands() {
            self.stirred = Some(now);
        }
        match &mut self.state {
            State::Resting(resting) => {
                if resting.take(grams, &mut self.noise) {
                    self.flag.at_rest(weight.stable);
                    self.watch_creep();
                    return None;
                }
                let (away, unheard) = if was_away {
                    (Away::Unheard, silence)
                } else if resting.is_stuck() {
                    (Away::Stuck, resting.repeated(self.pace.step()))
                } else {
                    (Away::Watched, Duration::ZERO)
                };
                if weight.stable == Some(false) && self.flag.tells_of_hands() {
                    self.stirred = Some(now);
                }
                let mut moving = Moving::begin(now, Some(*resting), away);
                moving.handle_silence(unheard);
                moving.push(now, grams, &self.noise, self.content.piece());
                self.state = State::Moving(moving);
                if self.readings == 1 { self.settle(now) } else { None }
            }
            State::Moving(moving) => {
                if was_away {
                    moving.was_away(silence);
                } else if !moving.is_heard() {
                    moving.handle_silence(silence);
                }
                if moving.is_spike(grams, &self.noise)
                    && let Some(mut resting) = moving.old().map(Resting::returned)
                {
                    resting.take(grams, &mut self.noise);
                    self.state = State::Resting(resting);
                    self.stirred = Some(now);
                    return None;
                }
                let block = moving.push(now, grams, &self.noise, self.content.piece());
                if moving.is_rest(now, self.readings, &self.noise, LEVEL_SD_MAX * self.content.piece()) {
                    return self.settle(now);
                }
                if block {
                    return self.look_through_shaking(now);
                }
                self.tick(now)
            }
        }
    }

    fn rest_at(&mut self, new: Resting) {
        self.unknown = None;
        self.state = State::Resting(new);
    }

    fn moved(&self, began: Duration, at: Duration, pieces: i64, sure: f64) -> Option<Told> {
        let reach = i64::from(sure < 0.95);
        let between = [pieces.saturating_sub(reach), pieces.saturating_add(reach)];
        Some(Told::Moved { began, at, pieces, between, level: self.content.counted()? })
    }

    /// Creep is followed, within a bound; then a person is asked, unless the weight alone confirms the count.
    fn watch_creep(&mut self) {
        let State::Resting(resting) = &mut self.state else { return };
        let crept = self.crept + resting.crept();
        if crept.abs() <= CREEP_MAX * self.content.piece() || self.lifted.is_some() {
            return;
        }
        if self.content.confirms(resting.level(), self.noise.sd(), self.noise.division()) {
            self.crept = 0.0;
            resting.rebase();
        } else {
            self.reservation = self.reservation.or(Some(Doubt::Crept(crept / self.content.piece())));
        }
    }

    /// Whether the absolute weight still agrees with the count.
    fn watch_level(&mut self) {
        let State::Resting(resting) = &self.state else { return };
        let off = self.content.disagreement(resting.level(), self.noise.sd(), self.noise.division());
        match (off, self.reservation) {
            (Some(off), None | Some(Doubt::Disagrees(_))) => self.reservation = Some(Doubt::Disagrees(off)),
            (None, Some(Doubt::Disagrees(_))) => self.reservation = None,
            (None | Some(_), _) => {}
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a weight that came as micrograms goes back as such")]
fn mass(grams: f64) -> Mass {
    Mass::from_micrograms((grams * 1e6).round() as i64)
}

#[cfg(test)]
mod tests;
