//! What a tally makes of a bin of 8 g bolts on a scale of 0.5 g, read four times a second.

use super::*;
use crate::device::{Decimal, MassUnit};

const STEP: Duration = Duration::from_millis(250);
const TARE: f64 = 210.0;
const BOLT: f64 = 8.0;

/// A bin, who stands at it, and what was told.
struct Bench {
    tally: Tally,
    now: Duration,
    random: u64,
    /// Grams on the scale.
    load: f64,
    told: Vec<Told>,
}

impl Bench {
    /// At rest with so many bolts, as the books say.
    fn with(bolts: u32) -> Self {
        let mut bench = Self::silent(bolts);
        bench.tally.anchor(bolts.into());
        bench.rest(30.0);
        assert!(matches!(bench.told[..], [Told::Level(level)] if level == Counted::exactly(bolts.into())));
        bench.told.clear();
        bench
    }

    fn silent(bolts: u32) -> Self {
        let load = Load { tare: grams(TARE), piece: grams(BOLT), piece_cv: 0.005, sample_size: 50 };
        let tally = Tally::new(load, READINGS);
        Self { tally, now: Duration::from_secs(100_000), random: 7, load: TARE + BOLT * f64::from(bolts), told: vec![] }
    }

    /// -1 to 1, splitmix64.
    fn noise(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        #[expect(clippy::cast_precision_loss, reason = "noise")]
        let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        2.0 * unit - 1.0
    }

    fn read(&mut self, grams: f64) {
        self.now += STEP;
        #[expect(clippy::cast_possible_truncation, reason = "grams")]
        let shown = Decimal::new((grams * 2.0).round() as i64 * 5, 1).unwrap();
        let weight = Weight::new(shown, MassUnit::Gram, Some(true)).unwrap();
        let weight = Weight { division: Mass::from_micrograms(500_000), ..weight };
        self.told.extend(self.tally.handle_weight(self.now, &weight));
    }

    /// Nothing happens.
    fn rest(&mut self, seconds: f64) {
        for _ in 0..quarters(seconds) {
            let noise = 0.4 * self.noise();
            self.read(self.load + noise);
        }
    }

    /// A hand moves in the bin.
    fn reach_in(&mut self) {
        for _ in 0..6 {
            let noise = BOLT * (2.0 + 7.0 * self.noise());
            self.read(self.load + noise);
        }
    }

    /// A hand comes, and so many bolts more or fewer are there.
    fn act(&mut self, bolts: f64) {
        self.reach_in();
        self.load += BOLT * bolts;
        self.rest(15.0);
    }

    /// A hand lies in the bin, so many bolts heavy.
    fn rest_hand(&mut self, bolts: f64, seconds: f64) {
        for i in 0..quarters(seconds) {
            let sway = (f64::from(i) / 1.7).sin();
            let noise = BOLT * (bolts * (1.0 + 0.15 * sway) + (0.7 + 0.1 * bolts) * self.noise());
            self.read(self.load + noise);
        }
    }

    /// The bench shakes.
    fn shake(&mut self, seconds: f64) {
        for _ in 0..quarters(seconds) {
            let noise = BOLT * (self.noise() + self.noise());
            self.read(self.load + 0.8 * noise);
        }
    }

    fn movements(&self) -> Vec<i64> {
        self.told
            .iter()
            .filter_map(|told| if let Told::Moved { pieces, .. } = told { Some(*pieces) } else { None })
            .collect()
    }

    fn level(&self) -> Option<u64> {
        self.tally.level().map(|level| level.pieces)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a test")]
fn quarters(seconds: f64) -> u32 {
    (seconds * 4.0).round() as u32
}

fn grams(grams: f64) -> Mass {
    mass(grams)
}

#[test]
fn an_act_is_told_once_when_it_has_come_to_rest() {
    let mut bench = Bench::with(100);
    let left = bench.now;
    bench.act(-3.0);
    let [Told::Moved { began, at, pieces: -3, between: [-3, -3], level }] = bench.told[..] else {
        panic!("{:?}", bench.told)
    };
    assert_eq!(level, bench.tally.level().unwrap());
    assert_eq!((level.pieces, level.low, level.high), (97, 97, 97));
    assert!(level.sure > 0.99, "{}", level.sure);
    assert_eq!(began, left + STEP);
    assert_eq!(at, left + 7 * STEP, "six readings of a hand, then the new level");
}

#[test]
fn the_books_are_believed_where_the_weight_allows_it() {
    for (bolts_there, books, expected, exact) in
        [(100, Some(100), 100, true), (100, Some(90), 100, false), (100, None, 100, false)]
    {
        let mut bench = Bench::silent(bolts_there);
        if let Some(books) = books {
            bench.tally.anchor(books);
        }
        bench.rest(10.0);
        let [Told::Level(level)] = bench.told[..] else { panic!("{:?}", bench.told) };
        assert_eq!((level.pieces, level.sure >= 1.0), (expected, exact), "books {books:?}");
    }
}

#[test]
fn a_weight_between_two_counts_is_no_count_until_somebody_counts() {
    let mut bench = Bench::silent(20);
    bench.load += BOLT / 2.0;
    bench.rest(10.0);
    assert!(bench.told.is_empty() && bench.level().is_none());
    assert!(matches!(bench.tally.doubt(), Some(Doubt::NotWhole(_))), "{:?}", bench.tally.doubt());
    bench.tally.anchor(20);
    assert_eq!((bench.level(), bench.tally.doubt()), (Some(20), None));
    bench.act(-2.0);
    assert_eq!(bench.movements(), [-2]);
}

#[test]
fn a_hand_that_rests_in_the_bin_is_not_counted() {
    for bolts in [0.6, 1.0, 2.0, 5.0, 20.0] {
        let mut bench = Bench::with(100);
        bench.rest_hand(bolts, 25.0);
        bench.rest(10.0);
        assert_eq!(bench.told, [], "a hand of {bolts} bolts");
        bench.rest_hand(bolts, 10.0);
        bench.act(-4.0);
        assert_eq!(bench.movements(), [-4], "after a hand of {bolts} bolts");
    }
}

#[test]
fn a_hand_that_lies_still_for_a_moment_is_not_counted() {
    let mut bench = Bench::with(100);
    for (bolts, seconds) in [(2.0, 1.0), (2.5, 4.0), (0.5, 4.0), (7.0, 1.0), (1.0, 1.0), (3.0, 1.0)] {
        bench.rest_hand(bolts, 3.0);
        bench.load += bolts * BOLT;
        bench.rest(seconds);
        bench.load -= bolts * BOLT;
        bench.rest_hand(bolts, 3.0);
        bench.rest(5.0);
    }
    assert_eq!((bench.told.len(), bench.level()), (0, Some(100)), "{:?}", bench.told);
}

#[test]
fn a_hand_that_stays_makes_the_level_unknown_and_leaves_it_as_it_was() {
    let mut bench = Bench::with(100);
    bench.rest_hand(6.0, 29.0);
    assert_eq!(bench.level(), Some(100));
    bench.rest_hand(6.0, 10.0);
    assert_eq!((bench.level(), bench.tally.doubt()), (None, Some(Doubt::Unsteady)));
    bench.rest(10.0);
    assert_eq!((bench.level(), bench.tally.doubt(), bench.movements()), (Some(100), None, vec![]));
}

#[test]
fn spikes_never_move_the_level() {
    let mut bench = Bench::with(100);
    for spike in [-90.0, 300.0, 8.0, -8.0, 16.0, -800.0] {
        bench.read(bench.load + spike);
        bench.rest(2.0);
        bench.read(bench.load + spike);
        bench.read(bench.load - spike);
        bench.rest(3.0);
    }
    assert_eq!((bench.told.len(), bench.level()), (0, Some(100)));
}

#[test]
fn creep_is_followed_within_its_bound_and_then_a_person_is_asked() {
    let mut bench = Bench::with(400);
    for _ in 0..2_000 {
        bench.load += 0.25 * BOLT / 2_000.0;
        bench.rest(2.0);
    }
    assert_eq!((bench.told.len(), bench.tally.doubt()), (0, None), "a quarter of a piece in an hour");
    bench.act(-2.0);
    assert_eq!(bench.movements(), [-2]);
    for _ in 0..2_000 {
        bench.load += 0.5 * BOLT / 2_000.0;
        bench.rest(2.0);
    }
    assert_eq!((bench.movements(), bench.level()), (vec![-2], Some(398)));
    assert!(matches!(bench.tally.doubt(), Some(Doubt::Crept(_))), "{:?}", bench.tally.doubt());
    bench.tally.anchor(398);
    assert_eq!(bench.tally.doubt(), None);
}

#[test]
fn an_almost_empty_bin_may_creep_since_its_weight_alone_confirms_the_count() {
    let mut bench = Bench::with(2);
    for _ in 0..1_000 {
        bench.load += 0.4 * BOLT / 1_000.0;
        bench.rest(2.0);
    }
    assert_eq!((bench.told.len(), bench.tally.doubt(), bench.level()), (0, None, Some(2)));
}

#[test]
fn a_lifted_bin_is_unknown_and_back_as_it_was_nothing_has_happened() {
    let mut bench = Bench::with(100);
    let load = bench.load;
    bench.reach_in();
    bench.load = 0.0;
    bench.rest(20.0);
    assert!(matches!(bench.told[..], [Told::Lifted { .. }]), "{:?}", bench.told);
    assert_eq!((bench.level(), bench.tally.doubt()), (None, Some(Doubt::Lifted)));
    bench.load = load;
    bench.reach_in();
    bench.rest(20.0);
    assert!(matches!(bench.told[..], [Told::Lifted { .. }, Told::Returned { .. }]), "{:?}", bench.told);
    assert_eq!((bench.level(), bench.tally.doubt()), (Some(100), None));
}

#[test]
fn a_bin_that_comes_back_with_other_content_is_one_movement() {
    for (bolts, level) in [(-30, 70), (40, 140)] {
        let mut bench = Bench::with(100);
        let load = bench.load;
        bench.load = 0.0;
        bench.rest(20.0);
        bench.load = load;
        bench.act(f64::from(i32::try_from(bolts).unwrap()));
        assert_eq!((bench.movements(), bench.level()), (vec![bolts], Some(level)));
    }
}

#[test]
fn a_bin_that_comes_back_with_something_strange_is_flagged() {
    let mut bench = Bench::with(100);
    let load = bench.load;
    bench.reach_in();
    bench.load = 0.0;
    bench.rest(20.0);
    bench.load = load + 4.5 * BOLT;
    bench.reach_in();
    bench.rest(20.0);
    assert_eq!(bench.movements(), [] as [i64; 0]);
    assert!(matches!(bench.tally.doubt(), Some(Doubt::Foreign(_))), "{:?}", bench.tally.doubt());
}

#[test]
fn a_weight_that_goes_and_comes_back_another_with_no_hand_is_a_shift() {
    for bolts in [-4.5, -4.12, 5.08] {
        let mut bench = Bench::with(100);
        let load = bench.load;
        bench.load = 0.0;
        bench.rest(5.0);
        bench.load = load + bolts * BOLT;
        bench.rest(20.0);
        assert_eq!(bench.movements(), [] as [i64; 0], "{bolts}");
        assert!(matches!(bench.tally.doubt(), Some(Doubt::ZeroShift(_))), "{bolts}: {:?}", bench.tally.doubt());
        bench.act(-3.0);
        assert_eq!((bench.movements(), bench.level()), (vec![-3], Some(97)), "{bolts}");
    }
}

#[test]
fn a_shift_of_the_zero_is_no_movement() {
    for bolts in [-3.5, 7.45, -5.0, 12.0] {
        let mut bench = Bench::with(100);
        (0..5).for_each(|_| bench.act(-2.0));
        bench.told.clear();
        bench.load += bolts * BOLT;
        bench.rest(20.0);
        assert!(matches!(bench.told[..], [Told::ZeroShift { .. }]), "by {bolts}: {:?}", bench.told);
        assert!(matches!(bench.tally.doubt(), Some(Doubt::ZeroShift(_))));
        assert_eq!(bench.level(), Some(90));
        bench.act(-6.0);
        assert_eq!((bench.movements(), bench.level()), (vec![-6], Some(84)), "by {bolts}");
    }
}

#[test]
fn a_shift_by_whole_pieces_is_one_before_any_act_was_seen_and_may_go_back() {
    for bolts in [-5.0, 12.0] {
        let mut bench = Bench::with(100);
        bench.load += bolts * BOLT;
        bench.rest(20.0);
        assert!(matches!(bench.told[..], [Told::ZeroShift { .. }]), "by {bolts}: {:?}", bench.told);
        bench.act(-2.0);
        bench.load -= bolts * BOLT;
        bench.rest(20.0);
        assert_eq!((bench.movements(), bench.level()), (vec![-2], Some(98)), "by {bolts}");
    }
}

#[test]
fn a_shift_is_one_though_the_weight_is_thrown_once_soon_after() {
    let mut bench = Bench::with(100);
    bench.load -= 3.0 * BOLT;
    bench.rest(2.0);
    bench.read(bench.load + 2.0 * BOLT);
    bench.rest(20.0);
    assert!(matches!(bench.told[..], [Told::ZeroShift { .. }]), "{:?}", bench.told);
}

#[test]
fn where_acts_never_show_a_hand_the_second_step_tells_and_the_first_is_made_good() {
    let mut bench = Bench::with(100);
    for bolts in [-3.0, -1.0, -20.0, 50.0, -2.0, -2.0, -7.0] {
        bench.load += bolts * BOLT;
        bench.rest(15.0);
    }
    assert_eq!((bench.movements(), bench.level()), (vec![-4, -20, 50, -2, -2, -7], Some(115)));
    (0..5).for_each(|_| bench.act(-1.0));
    bench.load -= 2.0 * BOLT;
    bench.rest(15.0);
    assert_eq!(bench.level(), Some(108), "now and then one shows");
}

#[test]
fn a_node_that_starts_again_with_another_zero_keeps_its_count() {
    let mut bench = Bench::with(100);
    bench.tally.handle_unknown(bench.now, Cause::Offline);
    assert_eq!(bench.level(), None);
    bench.load += 2.5 * BOLT;
    bench.rest(20.0);
    assert!(matches!(bench.told[..], [Told::ZeroShift { .. }]), "{:?}", bench.told);
    assert_eq!(bench.level(), Some(100));
}

#[test]
fn what_changed_by_whole_pieces_while_a_node_started_again_counts_with_doubt() {
    let mut bench = Bench::with(100);
    bench.tally.handle_unknown(bench.now, Cause::Offline);
    bench.load -= 2.0 * BOLT;
    bench.now += Duration::from_mins(1);
    bench.rest(20.0);
    assert_eq!(bench.movements(), [-2]);
    let level = bench.tally.level().unwrap();
    assert!(level.sure < 0.7 && level.low < 98 && level.high > 98, "{level:?}");
}

#[test]
fn a_node_that_zeroed_itself_under_load_is_found_out_by_the_next_pick() {
    let mut bench = Bench::with(100);
    bench.act(-1.0);
    bench.load = 0.0;
    bench.rest(20.0);
    assert_eq!((bench.level(), bench.tally.doubt()), (None, Some(Doubt::Lifted)));
    bench.act(-3.0);
    assert_eq!((bench.movements(), bench.level()), (vec![-1, -3], Some(96)));
    assert!(matches!(bench.tally.doubt(), Some(Doubt::ZeroShift(_))));
}

#[test]
fn a_strange_thing_is_flagged_and_picks_beside_it_still_count() {
    let mut bench = Bench::with(100);
    bench.act(4.5);
    assert!(matches!(bench.told[..], [Told::Foreign { .. }]), "{:?}", bench.told);
    assert!(matches!(bench.tally.doubt(), Some(Doubt::Foreign(_))));
    bench.act(-2.0);
    bench.act(-4.5);
    assert!(matches!(bench.told[1..], [Told::Moved { pieces: -2, .. }, Told::Foreign { .. }]), "{:?}", bench.told);
    assert_eq!((bench.level(), bench.tally.doubt()), (Some(98), None));
    bench.act(2.4);
    bench.act(-2.4 - 3.0);
    assert_eq!((bench.movements(), bench.level()), (vec![-2, -3], Some(95)), "taken out together with three");
}

#[test]
fn a_strange_thing_near_a_whole_number_is_flagged_and_pieces_put_back_are_not() {
    for (bolts, pieces) in [(3.13, None), (0.87, None), (2.03, Some(2)), (4.97, Some(5)), (1.0, Some(1))] {
        let mut bench = Bench::with(100);
        bench.act(bolts);
        assert_eq!(bench.movements(), pieces.into_iter().collect::<Vec<_>>(), "{bolts}");
        let is_flagged = matches!(bench.tally.doubt(), Some(Doubt::Foreign(_)));
        assert_eq!(is_flagged, pieces.is_none(), "{bolts}: {:?}", bench.tally.doubt());
        bench.act(-3.0);
        bench.act(-bolts);
        assert_eq!((bench.level(), bench.tally.doubt()), (Some(97), None), "{bolts}");
    }
}

#[test]
fn of_two_strange_things_each_is_known_when_it_goes() {
    let mut bench = Bench::with(100);
    for bolts in [6.1, 2.6, -6.1, -1.0, -2.6] {
        bench.act(bolts);
    }
    assert_eq!((bench.movements(), bench.level(), bench.tally.doubt()), (vec![-1], Some(99), None));
}

#[test]
fn a_change_by_whole_pieces_while_nothing_was_heard_is_what_is_likelier() {
    for (bolts, silence, movements) in [
        (-1.0, 10, vec![-1]),
        (-12.0, 600, vec![-12]),
        (3.0, 10, vec![]),
        (120.0, 3 * 3600, vec![120]),
        (-1.13, 10, vec![]),
    ] {
        let mut bench = Bench::with(150);
        bench.now += Duration::from_secs(silence);
        bench.load += bolts * BOLT;
        bench.rest(20.0);
        assert_eq!(bench.movements(), movements, "{bolts} in {silence} s: {:?}", bench.told);
    }
}

#[test]
fn a_burst_of_picks_is_as_many_movements() {
    let mut bench = Bench::with(100);
    for _ in 0..5 {
        bench.reach_in();
        bench.load -= BOLT;
        bench.rest(1.5);
    }
    bench.rest(5.0);
    assert_eq!(bench.movements(), [-1; 5]);
}

#[test]
fn two_picks_with_half_a_second_between_are_two() {
    let mut bench = Bench::with(100);
    bench.reach_in();
    bench.load -= BOLT;
    bench.rest(0.5);
    bench.reach_in();
    bench.load -= 2.0 * BOLT;
    bench.rest(5.0);
    assert_eq!((bench.movements(), bench.level()), (vec![-1, -2], Some(97)));
}

#[test]
fn a_refill_is_one_movement() {
    let mut bench = Bench::with(20);
    let before = bench.load;
    for i in 1..=16 {
        bench.load = before + f64::from(i) * 9.0 * BOLT;
        let noise = 20.0 * BOLT * bench.noise();
        bench.read(bench.load + noise);
    }
    bench.load = before + 150.0 * BOLT;
    bench.rest(10.0);
    assert_eq!((bench.movements(), bench.level()), (vec![150], Some(170)));
}

#[test]
fn the_last_piece_leaves_an_empty_bin_whatever_the_errors_before_add_up_to() {
    let mut bench = Bench::with(100);
    for _ in 0..9 {
        bench.reach_in();
        bench.load -= 10.04 * BOLT;
        bench.rest(15.0);
    }
    assert_eq!(bench.level(), Some(10));
    bench.reach_in();
    bench.load = TARE;
    bench.rest(15.0);
    assert_eq!((bench.level(), bench.tally.doubt()), (Some(0), None));
}

#[test]
fn a_scale_that_cannot_say_makes_the_level_unknown_and_no_movement() {
    for cause in [Cause::Overload, Cause::Underload, Cause::Silent, Cause::NotANumber, Cause::DeviceError] {
        let mut bench = Bench::with(100);
        bench.tally.handle_unknown(bench.now, cause);
        assert_eq!((bench.level(), bench.tally.doubt()), (None, Some(Doubt::Scale(cause))));
        bench.rest(10.0);
        assert!(matches!(bench.told[..], [Told::Level(level)] if level.pieces == 100), "{:?}", bench.told);
        assert_eq!(bench.tally.doubt(), None);
    }
}

#[test]
fn what_was_taken_while_nothing_was_heard_is_a_movement() {
    let mut bench = Bench::with(100);
    bench.now += Duration::from_mins(1);
    bench.load -= 5.0 * BOLT;
    bench.rest(10.0);
    assert_eq!((bench.movements(), bench.level()), (vec![-5], Some(95)));
}

#[test]
fn what_was_taken_while_the_scale_was_stuck_is_a_movement() {
    let mut bench = Bench::with(100);
    (0..5).for_each(|_| bench.act(-1.0));
    let stuck = bench.load;
    (0..200).for_each(|_| bench.read(stuck));
    bench.load -= 5.0 * BOLT;
    bench.rest(10.0);
    assert_eq!((bench.movements(), bench.level()), (vec![-1, -1, -1, -1, -1, -5], Some(90)));
}

#[test]
fn a_shaking_bench_moves_nothing_and_a_pick_from_it_counts_before_it_is_quiet() {
    let mut bench = Bench::with(100);
    bench.shake(60.0);
    assert_eq!((bench.told.len(), bench.level()), (0, Some(100)));
    bench.reach_in();
    let taken = bench.now;
    bench.load -= 2.0 * BOLT;
    bench.shake(20.0);
    let [Told::Moved { at, pieces: -2, .. }] = bench.told[..] else { panic!("{:?}", bench.told) };
    assert!(at.abs_diff(taken) <= Duration::from_secs(2), "at {at:?}, taken {taken:?}");
    bench.rest(20.0);
    assert_eq!((bench.told.len(), bench.level(), bench.tally.doubt()), (1, Some(98), None));
}

#[test]
fn a_hand_that_rests_in_a_shaking_bin_is_not_counted() {
    let mut bench = Bench::with(100);
    bench.shake(20.0);
    bench.load += 2.0 * BOLT;
    bench.shake(25.0);
    bench.load -= 2.0 * BOLT;
    bench.shake(20.0);
    bench.rest(10.0);
    assert_eq!((bench.told.len(), bench.level()), (0, Some(100)));
}

#[test]
fn pieces_under_a_quarter_of_a_division_are_not_counted() {
    let load = Load { tare: grams(TARE), piece: grams(0.12), piece_cv: 0.01, sample_size: 100 };
    let mut bench = Bench { tally: Tally::new(load, READINGS), ..Bench::silent(10) };
    bench.rest(10.0);
    assert_eq!((bench.told.len(), bench.level(), bench.tally.doubt()), (0, None, Some(Doubt::TooLight)));
    bench.tally.recalibrate(Load { piece: grams(BOLT), ..load });
    bench.rest(10.0);
    assert_eq!((bench.level(), bench.tally.doubt()), (Some(10), None));
}

#[test]
fn a_piece_near_one_division_is_counted_with_an_interval() {
    let load = Load { tare: grams(TARE), piece: grams(0.6), piece_cv: 0.01, sample_size: 100 };
    let mut bench = Bench { tally: Tally::new(load, READINGS), ..Bench::silent(0) };
    bench.load = TARE + 0.6 * 50.0;
    bench.rest(60.0);
    let level = bench.tally.level().unwrap();
    assert!(level.low <= 50 && 50 <= level.high && level.low < level.high && level.sure < 0.9, "{level:?}");
}

#[test]
fn a_sensor_that_reports_changes_only_settles_with_one_reading() {
    let mut bench = Bench::silent(100);
    bench.tally = Tally::new(bench.tally.load, 1);
    for bolts in [100.0, 97.0, 60.0, 160.0] {
        bench.now += Duration::from_secs(120);
        bench.read(TARE + BOLT * bolts);
    }
    assert_eq!((bench.movements(), bench.level()), (vec![-3, -37, 100], Some(160)));
}

#[test]
fn the_weight_at_rest_is_shown_for_calibration() {
    let mut bench = Bench::with(100);
    let rest = bench.tally.rest().unwrap();
    assert!((rest.gross.as_grams() - bench.load).abs() < 0.3, "{rest:?}");
    assert!(rest.sd.as_grams() < 0.5 && rest.division == Mass::from_micrograms(500_000) && rest.since < bench.now);
    bench.reach_in();
    assert_eq!(bench.tally.rest(), None);
}

#[test]
fn any_readings_whatever_do_no_harm() {
    for seed in 1..=200 {
        let mut bench = Bench::silent(50);
        bench.random = seed;
        bench.tally.anchor(50);
        for _ in 0..400 {
            let kind = bench.noise();
            let size = bench.noise();
            match kind {
                ..-0.9 => bench.tally.handle_unknown(bench.now, Cause::Offline),
                -0.9..-0.8 => bench.now += Duration::from_secs(1_000_000),
                -0.8..-0.7 => bench.read(9e9 * size),
                -0.7..-0.6 => bench.load = TARE + 1e6 * size,
                -0.6..-0.5 => bench.tally.anchor(u64::MAX),
                -0.5..0.0 => bench.rest(3.0),
                _ => bench.read(bench.load + 100.0 * size),
            }
            if let Some(level) = bench.tally.level() {
                assert!(level.low <= level.pieces && level.pieces <= level.high, "seed {seed}: {level:?}");
                assert!((0.0..=1.0).contains(&level.sure), "seed {seed}: {level:?}");
            }
        }
    }
}
