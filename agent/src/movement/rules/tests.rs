use super::*;
use crate::movement::counted::Counted;

mod random;

const MINUTE: Duration = Duration::from_secs(60);

fn subject() -> Subject {
    "bin:A-01".parse().unwrap()
}

fn watch(bounds: Bounds) -> Watch {
    Watch::bin("A-01".parse().unwrap(), "M8-BOLT".parse().unwrap(), bounds).unwrap()
}

/// min 20, max 100, band 2.
fn bounds() -> Bounds {
    Bounds { min: Some(20), max: Some(100), ..Bounds::default() }
}

fn wall(now: Duration) -> WallTime {
    WallTime::from_millis(1_795_240_800_000 + i64::try_from(now.as_millis()).unwrap())
}

fn unknown(on_hand: i64, since: Duration) -> Standing {
    Standing {
        known: Knowledge::Unknown { since, why: "scale does not answer".to_owned() },
        ..Standing::known(on_hand)
    }
}

fn weighed(low: u64, pieces: u64) -> Standing {
    let counted = Counted { pieces, low, high: 2 * pieces - low, sure: 0.5 };
    Standing { counted: Some(counted), ..Standing::known(i64::try_from(pieces).unwrap()) }
}

fn told(outcome: Outcome) -> Option<(State, State)> {
    match outcome {
        Outcome::Alarm(alarm) => Some((alarm.from, alarm.to)),
        Outcome::Same | Outcome::Keep => None,
    }
}

/// Hands in one standing a minute and gives the states that were told, with the on-hand they were told at.
fn path(bounds: Bounds, standings: impl IntoIterator<Item = Standing>) -> Vec<(i64, State)> {
    let mut rules = Rules::new([watch(bounds)], Snapshot::default(), Duration::ZERO);
    let mut alarms = Vec::new();
    for (minute, standing) in (0..).zip(standings) {
        let now = MINUTE * minute;
        let on_hand = standing.on_hand;
        alarms.extend(told(rules.handle(now, wall(now), &subject(), standing)).map(|(_, to)| (on_hand, to)));
    }
    alarms
}

fn levels(bounds: Bounds, levels: &[i64]) -> Vec<(i64, State)> {
    path(bounds, levels.iter().map(|&on_hand| Standing::known(on_hand)))
}

#[test]
fn low_fires_at_min_and_once_until_it_is_armed_again() {
    use State::{Fine, Low};
    assert_eq!(levels(bounds(), &[21, 20, 19]), [(20, Low)]);
    assert_eq!(levels(bounds(), &[21, 20, 19, 21, 22, 20, 22, 19]), [(20, Low)], "within the band");
    assert_eq!(levels(bounds(), &[20, 23, 21, 20]), [(20, Low), (23, Fine), (20, Low)]);
}

#[test]
fn a_level_that_swings_around_a_bound_fires_once() {
    use State::{Fine, Low, Out, Over};
    let swing = |low: i64, high: i64| (0..1_000).map(|n| if n % 2 == 0 { low } else { high }).collect::<Vec<_>>();
    assert_eq!(levels(bounds(), &swing(20, 21)), [(20, Low)]);
    assert_eq!(levels(bounds(), &swing(101, 99)), [(101, Over)]);
    assert_eq!(levels(bounds(), &swing(0, 2)), [(0, Out)]);
    assert_eq!(levels(bounds(), &[101, 99, 98]), [(101, Over), (98, Fine)]);
    assert_eq!(levels(bounds(), &[0, 2, 3]), [(0, Out), (3, Low)]);
}

#[test]
fn an_order_that_covers_the_need_clears_low_but_not_out() {
    use State::{Fine, Low, Out};
    let ordered = |on_hand, on_order| Standing { on_order, ..Standing::known(on_hand) };
    let promised = Standing { allocated: 30, ..Standing::known(50) };
    let standings = [ordered(20, 0), ordered(19, 3), ordered(19, 4), ordered(0, 80), ordered(80, 0), promised];
    assert_eq!(path(bounds(), standings), [(20, Low), (19, Fine), (0, Out), (80, Fine), (50, Low)]);
}

#[test]
fn a_single_spare_is_fine_while_it_is_there() {
    use State::{Fine, Out};
    let bounds = Bounds { min: Some(0), max: Some(1), ..Bounds::default() };
    assert_eq!(levels(bounds, &[1, 0, 1, 0]), [(0, Out), (1, Fine), (0, Out)]);
}

#[test]
fn only_the_cautious_fear_the_low_end_of_a_count() {
    use State::{Fine, Low, Perhaps};
    let standings =
        || [weighed(25, 30), weighed(20, 25), weighed(21, 26), weighed(14, 20), weighed(21, 23), weighed(23, 24)];
    assert_eq!(path(bounds(), standings()), [(20, Low), (23, Fine)]);
    let cautious = Bounds { caution: Caution::Low, ..bounds() };
    assert_eq!(path(cautious, standings()), [(25, Perhaps), (20, Low), (23, Perhaps), (24, Fine)]);
}

#[test]
fn an_unknown_level_is_judged_by_nobody_and_told_after_a_while() {
    use State::{Fine, Low, Unknown};
    let mut rules = Rules::new([watch(bounds())], Snapshot::default(), Duration::ZERO);
    assert_eq!(rules.handle(MINUTE, wall(MINUTE), &subject(), unknown(0, MINUTE)), Outcome::Keep);
    assert_eq!(rules.next_tick(), Some(11 * MINUTE));
    assert_eq!(rules.tick(11 * MINUTE - Duration::from_millis(1), wall(MINUTE)), []);
    let alarms = rules.tick(11 * MINUTE, wall(11 * MINUTE));
    let [alarm] = &alarms[..] else { panic!("{alarms:?}") };
    assert_eq!((alarm.from, alarm.to, alarm.at), (Fine, Unknown, wall(11 * MINUTE)));
    assert_eq!((rules.next_tick(), rules.tick(60 * MINUTE, wall(60 * MINUTE))), (None, vec![]));
    let known = rules.handle(61 * MINUTE, wall(61 * MINUTE), &subject(), Standing::known(20));
    assert_eq!(told(known), Some((Unknown, Low)));
}

#[test]
fn a_short_stretch_of_not_knowing_is_no_news_and_the_next_begins_anew() {
    let on = |minute: u32, standing| (MINUTE * minute, standing);
    let mut rules = Rules::new([watch(bounds())], Snapshot::default(), Duration::ZERO);
    for (now, standing) in [
        on(1, unknown(50, MINUTE)),
        on(9, unknown(50, 9 * MINUTE)),
        on(10, Standing::known(50)),
        on(12, unknown(50, 12 * MINUTE)),
        on(21, unknown(50, 12 * MINUTE)),
    ] {
        assert_eq!(told(rules.handle(now, wall(now), &subject(), standing)), None, "{now:?}");
    }
    assert_eq!(rules.next_tick(), Some(22 * MINUTE));
}

#[test]
fn a_stretch_of_not_knowing_goes_on_over_a_restart() {
    let mut rules = Rules::new([watch(bounds())], Snapshot::default(), Duration::ZERO);
    rules.handle(MINUTE, wall(MINUTE), &subject(), unknown(50, MINUTE));
    let mut rules = Rules::new([watch(bounds())], rules.snapshot(9 * MINUTE), Duration::ZERO);
    rules.handle(Duration::ZERO, wall(Duration::ZERO), &subject(), unknown(50, Duration::ZERO));
    assert_eq!(rules.next_tick(), Some(2 * MINUTE));
    assert_eq!(rules.tick(2 * MINUTE, wall(MINUTE)).len(), 1);
}

/// A standing that leads to a state whatever was before, with the rules' bounds and caution.
fn standing_of(state: State) -> Standing {
    match state {
        State::Unknown => unknown(50, Duration::ZERO),
        State::Negative => Standing::known(-1),
        State::Out => Standing { on_order: 50, ..Standing::known(0) },
        State::Low => Standing::known(10),
        State::Perhaps => weighed(10, 30),
        State::Over => Standing::known(101),
        State::Fine => Standing::known(50),
    }
}

/// An hour is longer than any patience, so that an unknown level is told at once.
const HOUR: Duration = Duration::from_secs(3_600);

fn at(state: State) -> Rules {
    let cautious = Bounds { caution: Caution::Low, ..bounds() };
    let mut rules = Rules::new([watch(cautious)], Snapshot::default(), Duration::ZERO);
    rules.handle(HOUR, wall(HOUR), &subject(), standing_of(state));
    assert_eq!(rules.iter().map(|(_, state, ..)| state).collect::<Vec<_>>(), [state]);
    rules
}

#[test]
fn every_state_with_every_standing_goes_where_the_standing_says_and_tells_it_once() {
    for from in State::ALL {
        for to in State::ALL {
            let mut rules = at(from);
            let next_id = rules.snapshot(HOUR).next_id;
            let news = told(rules.handle(HOUR, wall(HOUR), &subject(), standing_of(to)));
            assert_eq!(news, (from != to).then_some((from, to)));
            let again = rules.handle(2 * HOUR, wall(HOUR), &subject(), standing_of(to));
            assert_eq!(again, Outcome::Same, "{from} {to}");
            assert_eq!(rules.tick(2 * HOUR, wall(HOUR)), [], "{from} {to}");
            assert_eq!(rules.snapshot(HOUR).next_id - next_id, u64::from(from != to), "{from} {to}");
        }
    }
}

#[test]
fn a_level_just_lost_changes_no_state() {
    for state in State::ALL {
        let mut rules = at(state);
        let since = 2 * HOUR;
        assert_eq!(told(rules.handle(since, wall(HOUR), &subject(), unknown(0, since))), None, "{state}");
        let later = rules.tick(since + UNKNOWN_AFTER, wall(HOUR));
        let expect = (state != State::Unknown).then_some((state, State::Unknown));
        assert_eq!(later.first().map(|alarm| (alarm.from, alarm.to)), expect, "{state}");
    }
}

#[test]
fn every_state_is_acknowledged_once_if_there_is_an_alarm_and_a_change_fires_anew() {
    let maria: Text = "maria".parse().unwrap();
    for from in State::ALL {
        let mut rules = at(from);
        let first = rules.acknowledge(wall(HOUR), &subject(), maria.clone());
        let second = rules.acknowledge(wall(2 * HOUR), &subject(), "john".parse().unwrap());
        if from == State::Fine {
            assert_eq!(first, Err(NotAcknowledged::NoAlarm(subject())));
        } else {
            assert_eq!(first, Ok(()), "{from}");
            let by = NotAcknowledged::Already { subject: subject(), by: maria.clone(), at: wall(HOUR) };
            assert_eq!(second, Err(by), "{from}");
        }
        for to in State::ALL.into_iter().filter(|&to| to != from) {
            let mut rules =
                Rules::new([watch(Bounds { caution: Caution::Low, ..bounds() })], rules.snapshot(HOUR), HOUR);
            rules.handle(2 * HOUR, wall(2 * HOUR), &subject(), standing_of(to));
            let (_, state, life, _) = rules.iter().next().unwrap();
            let expect = match to {
                State::Fine => Life::Armed { cleared: Some(wall(2 * HOUR)) },
                _ => Life::Fired { at: wall(2 * HOUR) },
            };
            assert_eq!((state, life), (to, &expect), "{from} {to}");
        }
    }
}

#[test]
fn an_acknowledged_alarm_stays_so_over_a_restart() {
    let mut rules = at(State::Low);
    rules.acknowledge(wall(HOUR), &subject(), "maria".parse().unwrap()).unwrap();
    let text = serde_json::to_string(&rules.snapshot(HOUR)).unwrap();
    let mut again = Rules::new([watch(bounds())], serde_json::from_str(&text).unwrap(), Duration::ZERO);
    assert_eq!(told(again.handle(HOUR, wall(HOUR), &subject(), Standing::known(10))), None);
    assert!(matches!(again.iter().next().unwrap().2, Life::Acknowledged { .. }), "{text}");
}

#[test]
fn a_bin_given_to_another_item_begins_anew_and_the_numbers_go_on() {
    let rules = at(State::Low);
    let other = Watch::bin("A-01".parse().unwrap(), "NUT".parse().unwrap(), bounds()).unwrap();
    let mut rules = Rules::new([other], rules.snapshot(HOUR), Duration::ZERO);
    let Outcome::Alarm(alarm) = rules.handle(HOUR, wall(HOUR), &subject(), Standing::known(10)) else { panic!() };
    assert_eq!((alarm.id, alarm.from, alarm.to), (2, State::Fine, State::Low));
}

#[test]
fn a_subject_that_nobody_watches_is_passed_over() {
    let mut rules = at(State::Low);
    let other: Subject = "bin:B-01".parse().unwrap();
    assert_eq!(rules.handle(HOUR, wall(HOUR), &other, Standing::known(0)), Outcome::Same);
    assert_eq!(rules.kept(HOUR, &other), None);
    let refused = rules.acknowledge(wall(HOUR), &other, "maria".parse().unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), "bin:B-01 is not watched; give it a min or max in the site's file");
}

#[test]
fn rows_make_the_snapshot_that_they_were_taken_from() {
    let rules = at(State::Out);
    let rows = [(subject(), rules.kept(HOUR, &subject()).unwrap())];
    assert_eq!(Snapshot::of_rows(1, rows), rules.snapshot(HOUR));
    assert_eq!(Snapshot::of_rows(0, []), Snapshot::default());
}
