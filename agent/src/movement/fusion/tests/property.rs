//! Random interleavings of people, scales, failures and restarts. A seed is a site with its day; `SEED=n` replays one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::world::{A, B, DOCK, Ending, Event, Random, USED, VAN, World};
use crate::movement::fusion::Attendance;

/// Days of the first property: as many as the product promises.
const DAYS: u64 = 100_000;

/// Days of the second, which are shorter.
const PLAIN_DAYS: u64 = 20_000;

const SECOND: u64 = 1_000;

/// Long after all waits of an act before.
const FAR: u64 = 1_200 * SECOND;

#[test]
fn the_books_come_to_the_truth_and_no_act_is_recorded_twice_whatever_the_order() {
    for_each_seed(DAYS, |seed| {
        let mut random = Random(seed);
        let (mut world, events) = any_day(&mut random);
        world.run(&events);
        world.check_at_rest();
    });
}

#[test]
fn an_act_that_nothing_else_overlaps_is_recorded_to_where_the_person_said() {
    for_each_seed(PLAIN_DAYS, |seed| {
        let mut random = Random(seed);
        let (mut world, events, acts) = plain_day(&mut random);
        world.run(&events);
        world.check_at_rest();
        assert_eq!(world.books(), world.truth(), "{:?}", world.standing());
        for act in 0..acts {
            assert!(matches!(world.ending(act), Some(Ending::Weighed | Ending::Claimed | Ending::Booked)), "{act}");
        }
    });
}

/// On all processors; the first failure names its seed.
fn for_each_seed(seeds: u64, check: impl Fn(u64) + Sync) {
    let one: Option<u64> = std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    let seeds = one.map_or(0..seeds, |seed| seed..seed + 1);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (seeds, check) = (seeds.clone(), &check);
            scope.spawn(move || {
                for seed in seeds.filter(|seed| seed % threads == thread) {
                    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| check(seed))) {
                        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
                        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
                        panic!("replay with SEED={seed}: {text}");
                    }
                }
            });
        }
    });
}

fn any_day(random: &mut Random) -> (World, Vec<(u64, Event)>) {
    let attendance = match random.below(4) {
        0 => Attendance::ScaleAlone,
        1 => Attendance::ScanRequired,
        _ => Attendance::Scanned,
    };
    let bins = 1 + usize::try_from(random.below(2)).unwrap();
    let stock: Vec<i64> = (0..bins).map(|_| 5 + random.below(50).cast_signed()).collect();
    let failing = if random.percent(50) { 25 } else { 0 };
    let is_known = !random.percent(12);
    let mut world = World::new(Random(random.below(u64::MAX)), attendance, &stock, failing, is_known);
    world.refusing = failing / 4;

    let mut events = Vec::new();
    let mut acts = 0;
    // The tighter the day, the more its acts overlap.
    let span = [60, 300, 900][usize::try_from(random.below(3)).unwrap()] * SECOND;
    for _ in 0..=random.below(4) {
        any_act(random, bins, span, &mut acts, &mut events);
    }
    for bin in 0..bins {
        if random.percent(25) {
            let from = random.below(span);
            let until = from + random.below(400 * SECOND);
            events.push((from, Event::Away { bin, until }));
            events.push((until, Event::Back { bin }));
        }
    }
    for _ in 0..random.below(8).saturating_sub(5) {
        events.push((random.below(span + 200 * SECOND), Event::Restart));
    }
    events.sort_by_key(|(at, _)| *at);
    (world, events)
}

/// Parts move, and what people say of it comes before or after, twice, wrongly or never. Or nothing moves.
fn any_act(random: &mut Random, bins: usize, span: u64, acts: &mut u64, events: &mut Vec<(u64, Event)>) {
    let (from, to, units) = ends(random, bins);
    let moves = 200 * SECOND + random.below(span);
    if !random.percent(10) {
        let arrives = moves + random.below(90 * SECOND);
        carry(events, (from, to, units), moves, arrives, bins);
    }
    let scans = [0, 1, 1, 1, 1, 1, 2, 2][usize::try_from(random.below(8)).unwrap()];
    for _ in 0..scans {
        let act = *acts;
        *acts += 1;
        let at = match random.below(3) {
            0 => moves - random.below(20 * SECOND),
            1 => moves + random.below(30 * SECOND),
            _ => moves + random.below(600 * SECOND) - 200 * SECOND,
        };
        let qty = match random.below(4) {
            0 => None,
            1 => Some(1 + random.below(9)),
            _ => Some(units.unsigned_abs()),
        };
        let to = if to == USED && random.percent(20) { VAN } else { to };
        events.push((at, Event::Scan { act, from, to, qty }));
        if random.percent(12) {
            events.push((at + random.below(240 * SECOND), Event::Restate { act, qty: 1 + random.below(9) }));
        }
        if random.percent(8) {
            events.push((at + random.below(240 * SECOND), Event::Withdraw { act }));
        }
    }
}

/// Acts far apart, each scanned once, with the right quantity or none, at any time that people have for it.
fn plain_day(random: &mut Random) -> (World, Vec<(u64, Event)>, u64) {
    let bins = 1 + usize::try_from(random.below(2)).unwrap();
    let attendance = if random.percent(25) { Attendance::ScaleAlone } else { Attendance::Scanned };
    let failing = if random.percent(50) { 25 } else { 0 };
    let world = World::new(Random(random.below(u64::MAX)), attendance, &[100, 100][..bins], failing, true);
    let mut events = Vec::new();
    let acts = 1 + random.below(2);
    for act in 0..acts {
        let (from, to, units) = ends(random, bins);
        let moves = FAR * (act + 1);
        carry(&mut events, (from, to, units), moves, moves + random.below(60 * SECOND), bins);
        // What cannot be booked at once is refused, and the person scans again: another day than this.
        let is_away = failing == 0 && random.percent(25);
        let bin = if from < bins { from } else { to };
        let at = if is_away {
            let from = moves - 5 * SECOND - random.below(55 * SECOND);
            let until = from + random.below(200 * SECOND);
            events.extend([(from, Event::Away { bin, until }), (until, Event::Back { bin })]);
            from + random.below(160 * SECOND)
        } else {
            // Up to the wait before and the claim after, less what settling and failing commits take.
            moves + random.below(440 * SECOND) - 160 * SECOND
        };
        // While the scale is away nobody but the person knows how many.
        let qty = (is_away || random.percent(60)).then(|| units.unsigned_abs());
        events.push((at, Event::Scan { act, from, to, qty }));
    }
    events.sort_by_key(|(at, _)| *at);
    (world, events, acts)
}

fn ends(random: &mut Random, bins: usize) -> (usize, usize, i64) {
    let bin = usize::try_from(random.below(bins as u64)).unwrap();
    let units = 1 + random.below(9).cast_signed();
    match random.below(if bins == 2 { 6 } else { 4 }) {
        0 => (DOCK, bin, units),
        1 => (bin, VAN, units),
        2 | 3 => (bin, USED, units),
        4 => (A, B, units),
        _ => (B, A, units),
    }
}

/// Between two bins parts are in a hand for a while.
fn carry(
    events: &mut Vec<(u64, Event)>,
    (from, to, units): (usize, usize, i64),
    leaves: u64,
    arrives: u64,
    bins: usize,
) {
    const HAND: usize = VAN;
    if from < bins && to < bins {
        events.push((leaves, Event::Move { from, to: HAND, units }));
        events.push((arrives, Event::Move { from: HAND, to, units }));
    } else {
        events.push((leaves, Event::Move { from, to, units }));
    }
}
