//! Random paths against a model that keeps the whole past and looks back, in place of latches.

use super::*;

const CASES: u64 = 1_000;
const STEPS: usize = 120;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

#[derive(Debug, Clone)]
enum Input {
    Stands(Subject, Standing),
    Tick,
    Acknowledge(Subject),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restarts {
    Never,
    /// Before about one input in eight.
    Often,
}

fn watches(random: &mut Random) -> Vec<Watch> {
    (0..3)
        .map(|n| {
            let min = (random.below(4) > 0).then(|| random.below(30));
            let max = (random.below(4) > 0).then(|| min.unwrap_or(0) + 1 + random.below(40));
            let caution = if random.below(2) == 0 { Caution::Point } else { Caution::Low };
            let bounds = Bounds { min, max, caution, ..Bounds::default() };
            Watch::bin(format!("B{n}").parse().unwrap(), "P".parse().unwrap(), bounds).unwrap()
        })
        .collect()
}

fn inputs(random: &mut Random, watches: &[Watch]) -> Vec<(Duration, Input)> {
    let mut now = Duration::from_secs(1_000);
    let mut levels = [20_i64; 3];
    (0..STEPS)
        .map(|_| {
            let pause = Duration::from_secs(random.below(200));
            now += pause;
            let n = usize::try_from(random.below(3)).unwrap();
            let subject = watches[n].subject().clone();
            let input = match random.below(8) {
                0 => Input::Tick,
                1 => Input::Acknowledge(subject),
                _ => {
                    levels[n] += i64::try_from(random.below(13)).unwrap() - 6;
                    if random.below(20) == 0 {
                        levels[n] = i64::try_from(random.below(70)).unwrap() - 2;
                    }
                    levels[n] = levels[n].clamp(-3, 80);
                    Input::Stands(subject, standing(random, now, pause, levels[n]))
                }
            };
            (now, input)
        })
        .collect()
}

/// Noticed within the last `pause`.
fn standing(random: &mut Random, now: Duration, pause: Duration, on_hand: i64) -> Standing {
    let counted = u64::try_from(on_hand).ok().filter(|_| random.below(2) == 0).map(|pieces| {
        let off = random.below(6).min(pieces);
        Counted { pieces, low: pieces - off, high: pieces + off, sure: 0.5 }
    });
    let known = match random.below(4) {
        0 => Knowledge::Unknown {
            since: now - Duration::from_secs(random.below(pause.as_secs() + 1)),
            why: String::new(),
        },
        _ => Knowledge::Known,
    };
    let (on_order, allocated) = match random.below(6) {
        0 => (random.below(20), 0),
        1 => (0, random.below(20)),
        _ => (0, 0),
    };
    Standing { on_hand, on_order, allocated, counted, known }
}

/// What is told, restarting or not. A restart begins a new clock at nought, and hands in every standing again.
fn run(watches: &[Watch], inputs: &[(Duration, Input)], restarts: Restarts, seed: u64) -> Vec<Alarm> {
    let mut random = Random(seed);
    let mut rules = Rules::new(watches.to_vec(), Snapshot::default(), Duration::ZERO);
    let mut epoch = Duration::ZERO;
    let mut last: BTreeMap<Subject, Standing> = BTreeMap::new();
    let mut alarms = Vec::new();
    let mut before = Duration::ZERO;
    for (now, input) in inputs {
        // Both runs look again here: only the restart itself may make no difference.
        if random.below(8) == 0 {
            if restarts == Restarts::Often {
                let text = serde_json::to_string(&rules.snapshot(before - epoch)).unwrap();
                epoch = before;
                rules = Rules::new(watches.to_vec(), serde_json::from_str(&text).unwrap(), Duration::ZERO);
            }
            for (subject, standing) in &last {
                let outcome = rules.handle(before - epoch, wall(before), subject, by_clock(standing, epoch));
                alarms.extend(alarm(outcome));
            }
        }
        before = *now;
        match input {
            Input::Stands(subject, standing) => {
                last.insert(subject.clone(), standing.clone());
                let outcome = rules.handle(*now - epoch, wall(*now), subject, by_clock(standing, epoch));
                alarms.extend(alarm(outcome));
            }
            Input::Tick => alarms.extend(rules.tick(*now - epoch, wall(*now))),
            Input::Acknowledge(subject) => {
                let _ = rules.acknowledge(wall(*now), subject, "maria".parse().unwrap());
            }
        }
    }
    alarms
}

fn alarm(outcome: Outcome) -> Option<Alarm> {
    match outcome {
        Outcome::Alarm(alarm) => Some(*alarm),
        Outcome::Same | Outcome::Keep => None,
    }
}

/// The same standing by a clock that began at `epoch`.
fn by_clock(standing: &Standing, epoch: Duration) -> Standing {
    let known = match &standing.known {
        Knowledge::Known => Knowledge::Known,
        Knowledge::Unknown { since, why } => {
            Knowledge::Unknown { since: since.saturating_sub(epoch), why: why.clone() }
        }
    };
    Standing { known, ..standing.clone() }
}

/// The changes of state of one subject, from its whole past: a state holds when the last level outside its band was on
/// the bad side of it.
fn model(watch: &Watch, inputs: &[(Duration, Input)]) -> Vec<(State, State)> {
    let mut past: Vec<&Standing> = Vec::new();
    let mut unknown_since: Option<Duration> = None;
    let mut state = State::Fine;
    let mut changes = Vec::new();
    for (now, input) in inputs {
        match input {
            Input::Stands(subject, standing) if subject == watch.subject() => match standing.known {
                Knowledge::Known => {
                    unknown_since = None;
                    past.push(standing);
                }
                Knowledge::Unknown { since, .. } => {
                    unknown_since = Some(unknown_since.map_or(since, |earlier| earlier.min(since)));
                }
            },
            Input::Tick => {}
            Input::Stands(..) | Input::Acknowledge(_) => continue,
        }
        let next = match unknown_since {
            Some(since) if *now - since >= UNKNOWN_AFTER => State::Unknown,
            None if !past.is_empty() => looked_back(watch, &past),
            Some(_) | None => state,
        };
        if next != state {
            changes.push((state, next));
            state = next;
        }
    }
    changes
}

fn looked_back(watch: &Watch, past: &[&Standing]) -> State {
    let bounds = watch.bounds();
    let doubt = |at: &Standing| at.counted.map_or(0, |it| i64::try_from(it.pieces - it.low).unwrap());
    let position =
        |at: &Standing| at.on_hand + i64::try_from(at.on_order).unwrap() - i64::try_from(at.allocated).unwrap();
    let signed = |units: u64| i64::try_from(units).unwrap();
    let room = match (bounds.min, bounds.max) {
        (Some(min), Some(max)) => max - min - 1,
        (None, Some(max)) => max.saturating_sub(1),
        _ => u64::MAX,
    };
    let band = (bounds.min.unwrap_or(0) / 10).max(1).min(room);
    // The last that was outside of the band, if any, decides.
    let last_is = |bad: &dyn Fn(&Standing) -> bool, good: &dyn Fn(&Standing) -> bool| {
        past.iter().rev().find(|at| bad(at) || good(at)).is_some_and(|at| bad(at))
    };
    let out_band = signed(band.min(bounds.min.unwrap_or(0) / 10));
    let min = bounds.min.map(signed);
    let below = |level: &dyn Fn(&Standing) -> i64| {
        min.is_some_and(|min| last_is(&|at| level(at) <= min, &|at| level(at) > min + signed(band)))
    };
    if past.last().unwrap().on_hand < 0 {
        State::Negative
    } else if last_is(&|at| at.on_hand <= 0, &|at| at.on_hand > out_band) {
        State::Out
    } else if below(&position) {
        State::Low
    } else if bounds.caution == Caution::Low && below(&|at| position(at) - doubt(at)) {
        State::Perhaps
    } else if bounds
        .max
        .map(signed)
        .is_some_and(|max| last_is(&|at| at.on_hand > max, &|at| at.on_hand <= max - signed(band)))
    {
        State::Over
    } else {
        State::Fine
    }
}

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number")) {
        Some(seed) => seed..seed + 1,
        None => 0..CASES,
    }
}

fn changes(alarms: &[Alarm], subject: &Subject) -> Vec<(State, State)> {
    alarms.iter().filter(|it| it.subject == *subject).map(|it| (it.from, it.to)).collect()
}

#[test]
fn each_change_of_state_is_told_once_and_a_restart_anywhere_changes_nothing() {
    let mut told = BTreeMap::new();
    for seed in seeds() {
        let mut random = Random(seed);
        let watches = watches(&mut random);
        let inputs = inputs(&mut random, &watches);
        let alarms = run(&watches, &inputs, Restarts::Never, seed);
        let restarted = run(&watches, &inputs, Restarts::Often, seed);
        let differ = alarms.iter().zip(&restarted).find(|(alarm, restarted)| alarm != restarted);
        assert!(differ.is_none() && alarms.len() == restarted.len(), "SEED={seed}: {differ:#?}");
        for (n, alarm) in (1..).zip(&alarms) {
            assert_eq!(alarm.id, n, "SEED={seed}");
            *told.entry(alarm.to).or_insert(0) += 1;
        }
    }
    if told.values().sum::<u64>() > 100 {
        assert_eq!(told.len(), State::ALL.len(), "a path to every state: {told:?}");
    }
}

#[test]
fn the_alarms_are_those_of_a_model_that_looks_back_over_the_whole_past() {
    for seed in seeds() {
        let mut random = Random(seed);
        let watches = watches(&mut random);
        let inputs = inputs(&mut random, &watches);
        let mut rules = Rules::new(watches.clone(), Snapshot::default(), Duration::ZERO);
        let mut alarms = Vec::new();
        for (now, input) in &inputs {
            match input {
                Input::Stands(subject, standing) => {
                    alarms.extend(alarm(rules.handle(*now, wall(*now), subject, standing.clone())));
                }
                Input::Tick => alarms.extend(rules.tick(*now, wall(*now))),
                Input::Acknowledge(_) => {}
            }
        }
        for watch in &watches {
            let expect = model(watch, &inputs);
            assert_eq!(changes(&alarms, watch.subject()), expect, "SEED={seed} {watch:?}");
        }
    }
}
