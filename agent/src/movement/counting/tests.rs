//! Sessions by example, and every input in every state.

use gateway_proto::{name::Text, place::Place, time::WallTime};

use super::*;
use crate::device::Mass;

mod blind;
mod books;
mod states;

const LINE: LineNo = LineNo(0);

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn at(seconds: i64) -> WallTime {
    WallTime::from_millis(1_795_237_200_000 + seconds * 1_000)
}

fn now(seconds: i64, books: i64) -> Instant {
    Instant { at: at(seconds), books, gross: None }
}

fn wanted(bin: &str, books: i64) -> Wanted {
    let place = format!("bin:{bin}").parse().unwrap();
    Wanted { item: "M8".parse().unwrap(), place, books, kept: Kept::ByHand, price: None }
}

fn session(wanted: impl IntoIterator<Item = Wanted>) -> CountSession {
    let (id, tolerance) = (SessionId(text("c-1")), Tolerance::default());
    CountSession::new(id, text("boss"), at(0), Scope::Due, Sight::Blind, tolerance, wanted).unwrap()
}

fn count(pieces: u64, seconds: i64, books: i64) -> Input {
    Input::Count { line: LINE, pieces, how: How::Whole, now: now(seconds, books) }
}

fn plus(pieces: u64, seconds: i64, books: i64) -> Input {
    Input::Count { line: LINE, pieces, how: How::Plus, now: now(seconds, books) }
}

fn explain(reason: Reason) -> Input {
    Input::Explain { line: LINE, reason, note: None }
}

/// Has `ann` say it.
fn say(session: &mut CountSession, input: Input) -> Result<Outcome, Refusal> {
    session.handle(input, &text("ann"), at(9_000))
}

fn says(session: &mut CountSession, by: &str, input: Input) -> Outcome {
    session.handle(input, &text(by), at(9_000)).unwrap()
}

fn standing(session: &CountSession) -> Standing {
    session.lines()[0].standing(session.tolerance())
}

#[test]
fn what_moved_during_the_count_stays_moved() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(97, 10, 100));
    says(&mut session, "ann", Input::Finish);
    // Five are issued here: the books say 95 when the count is posted.
    let outcome = says(&mut session, "boss", Input::Complete);
    let [post] = &outcome.posts[..] else { panic!("{outcome:?}") };
    assert_eq!((post.delta, 95 + post.delta), (-3, 92));
    assert_eq!((post.facts.counted, post.facts.expected, post.facts.at), (97, 100, at(10)));
}

#[test]
fn a_count_after_an_opening_is_held_against_the_books_of_the_opening() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", Input::Open { line: LINE, now: now(10, 100) });
    let outcome = says(&mut session, "ann", count(97, 60, 95));
    assert_eq!(outcome.warnings, [Warning::Moved]);
    says(&mut session, "ann", Input::Finish);
    assert_eq!(standing(&session), Standing::Recount(RecountWhy::Moved), "nobody knows whether the five were counted");
    says(&mut session, "bob", count(92, 90, 95));
    assert_eq!(standing(&session), Standing::Settled(1));
    assert_eq!(session.lines()[0].tallies()[0].variance(), -3, "the first is kept as it was");
}

#[test]
fn parts_that_moved_between_two_boxes_leave_the_count_in_doubt() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(60, 10, 100));
    assert_eq!(says(&mut session, "ann", plus(37, 60, 97)).warnings, [Warning::Moved]);
    says(&mut session, "ann", Input::Finish);
    assert_eq!(standing(&session), Standing::Recount(RecountWhy::Moved));
}

#[test]
fn two_equal_variances_confirm_although_parts_moved_between_the_counts() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    assert_eq!(standing(&session), Standing::Recount(RecountWhy::AboveTolerance));
    let outcome = says(&mut session, "bob", count(73, 20, 93));
    assert_eq!((outcome.state, outcome.warnings), (State::ReadyToReview, vec![]));
    assert_eq!(standing(&session), Standing::Settled(1));
}

#[test]
fn counts_that_differ_are_investigated_until_two_agree_or_the_reviewer_decides() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    says(&mut session, "bob", count(84, 20, 100));
    assert_eq!((session.state(), standing(&session)), (State::Investigating, Standing::Investigate));
    let mut decided = session.clone();
    says(&mut session, "eve", count(80, 30, 100));
    assert_eq!((session.state(), standing(&session)), (State::ReadyToReview, Standing::Settled(2)));
    says(&mut decided, "boss", Input::Accept { line: LINE, tally: 1 });
    assert_eq!((decided.state(), standing(&decided)), (State::ReadyToReview, Standing::Settled(1)));
}

#[test]
fn a_recount_that_finds_what_the_books_say_settles_it() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    let outcome = says(&mut session, "ann", count(100, 20, 100));
    assert_eq!((outcome.state, outcome.warnings), (State::ReadyToReview, vec![Warning::SamePerson]));
    assert_eq!(says(&mut session, "boss", Input::Complete).posts[0].delta, 0);
}

#[test]
fn a_second_number_is_a_recount_and_only_plus_adds() {
    let mut session = session([wanted("A", 12)]);
    says(&mut session, "ann", count(5, 10, 12));
    says(&mut session, "ann", count(6, 20, 12));
    let pieces = |session: &CountSession| session.lines()[0].latest().map(Tally::pieces);
    assert_eq!(pieces(&session), Some(6));
    let outcome = says(&mut session, "ann", plus(6, 30, 12));
    assert_eq!((outcome.told, pieces(&session)), (Told::Counted { line: LINE, pieces: 12 }, Some(12)));
    says(&mut session, "bob", plus(1, 40, 12));
    assert_eq!(pieces(&session), Some(13), "a box that another found goes to the count there is");
    says(&mut session, "bob", count(13, 50, 12));
    assert_eq!(pieces(&session), Some(13));
    assert_eq!(standing(&session), Standing::Settled(2), "another's equal count confirms");
}

#[test]
fn a_number_said_twice_by_the_same_person_confirms_nothing() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", count(80, 60, 100));
    assert_eq!(standing(&session), Standing::Recount(RecountWhy::AboveTolerance));
    assert_eq!(session.lines()[0].tallies().len(), 2, "it is kept all the same");
}

#[test]
fn a_recount_that_is_sent_twice_confirms_nothing() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    says(&mut session, "bob", count(84, 20, 100));
    says(&mut session, "bob", count(84, 21, 100));
    assert_eq!((standing(&session), session.lines()[0].tallies().len()), (Standing::Investigate, 2));
    says(&mut session, "bob", count(84, 60, 100));
    assert_eq!(standing(&session), Standing::Settled(2), "a minute later it is a count of its own");
}

#[test]
fn zero_wants_a_yes() {
    let zero = |answer, seconds| Input::Zero { line: LINE, answer, now: now(seconds, 40) };
    let mut session = session([wanted("A", 40)]);
    assert_eq!(says(&mut session, "ann", count(0, 10, 40)).told, Told::IsItEmpty(LINE));
    assert_eq!(say(&mut session, Input::Finish), Err(Refusal::NotCounted(1)));
    assert_eq!(says(&mut session, "ann", zero(Zero::No, 11)).told, Told::NotEmpty(LINE));
    assert_eq!((session.state(), standing(&session)), (State::Counting, Standing::ToCount));
    says(&mut session, "ann", zero(Zero::Yes, 12));
    assert_eq!(session.state(), State::Counted);
    assert_eq!(session.lines()[0].latest().map(|tally| (tally.pieces(), tally.zero)), Some((0, ZeroCount::Confirmed)));
}

#[test]
fn another_persons_unanswered_zero_stops_nobody() {
    let mut session = session([wanted("A", 40)]);
    says(&mut session, "ann", count(0, 10, 40));
    says(&mut session, "bob", count(40, 20, 40));
    assert_eq!((session.state(), standing(&session)), (State::Counted, Standing::Settled(1)));
}

#[test]
fn a_count_that_is_not_blind_asks_whether_what_should_be_empty_is() {
    let asked = |sight, books, kept| {
        let wanted = Wanted { kept, ..wanted("A", books) };
        let (id, tolerance) = (SessionId(text("c-1")), Tolerance::default());
        let session = CountSession::new(id, text("boss"), at(0), Scope::Due, sight, tolerance, [wanted]).unwrap();
        session.counter_view(&text("ann")).lines[0].ask
    };
    let scale = |pieces| Kept::OnScale { pieces: Some(pieces) };
    assert_eq!(asked(Sight::Open, 0, Kept::ByHand), Ask::IsItEmpty);
    assert_eq!(asked(Sight::Open, 4, scale(0)), Ask::IsItEmpty);
    assert_eq!(asked(Sight::Open, 4, scale(4)), Ask::HowMany);
    assert_eq!(asked(Sight::Blind, 0, scale(0)), Ask::HowMany, "the question would tell what the books say");
}

#[test]
fn above_tolerance_a_reason_is_needed_that_can_be_true() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    assert_eq!(say(&mut session, explain(Reason::Lost)), Err(Refusal::Unsettled));
    says(&mut session, "bob", count(80, 20, 100));
    assert_eq!(say(&mut session, Input::Complete), Err(Refusal::NeedsReason(1)));
    assert_eq!(say(&mut session, explain(Reason::Found)), Err(Refusal::Reason(Reason::Found)));
    says(&mut session, "boss", explain(Reason::Lost));
    assert_eq!(says(&mut session, "boss", Input::Complete).posts[0].reason, Some(Reason::Lost));
}

#[test]
fn a_reason_can_be_true_of_one_sign_or_both() {
    for reason in Reason::ALL {
        let (less, more) = match reason.sign() {
            Sign::Less => (true, false),
            Sign::More => (false, true),
            Sign::Either => (true, true),
        };
        assert_eq!((reason.explains(-1), reason.explains(1), reason.explains(0)), (less, more, false), "{reason}");
    }
}

#[test]
fn a_reason_for_other_numbers_no_longer_holds() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    says(&mut session, "bob", count(80, 20, 100));
    says(&mut session, "boss", explain(Reason::Lost));
    says(&mut session, "boss", Input::Recount { line: LINE });
    assert_eq!(standing(&session), Standing::Recount(RecountWhy::Asked));
    says(&mut session, "eve", count(120, 30, 100));
    says(&mut session, "boss", Input::Accept { line: LINE, tally: 2 });
    assert_eq!(say(&mut session, Input::Complete), Err(Refusal::NeedsReason(1)));
}

#[test]
fn a_movement_that_comes_late_is_reckoned_into_the_counts_after_it_only() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    let late = |seconds| Input::Late { line: LINE, at: at(seconds), change: -20 };
    assert_eq!(says(&mut session, "boss", late(11)).told, Told::Late { mattered: false });
    assert_eq!(session.lines()[0].tallies()[0].variance(), -20);
    assert_eq!(says(&mut session, "boss", late(9)).told, Told::Late { mattered: true });
    assert_eq!(session.lines()[0].tallies()[0].variance(), 0, "the missing movement explains it");
}

#[test]
fn lines_without_a_difference_are_posted_too_and_are_in_the_accuracy() {
    let mut session = session([wanted("A", 100), wanted("B", 50), wanted("C", 10), wanted("D", 7)]);
    for (line, pieces, books) in [(0, 98, 100), (1, 50, 50), (2, 10, 10)] {
        let count = Input::Count { line: LineNo(line), pieces, how: How::Whole, now: now(10, books) };
        says(&mut session, "ann", count);
    }
    says(&mut session, "ann", Input::Skip { line: LineNo(3), why: text("locked") });
    says(&mut session, "ann", Input::Finish);
    let outcome = says(&mut session, "boss", Input::Complete);
    let deltas: Vec<i64> = outcome.posts.iter().map(|post| post.delta).collect();
    assert_eq!(deltas, [-2, 0, 0]);
    assert_eq!(outcome.told, Told::Completed { lines: 3, corrections: 1 });
    assert_eq!((session.accuracy().counted, session.accuracy().share_within()), (3, Some(1.0)));
    assert!((session.accuracy().mean().unwrap() - 2.98 / 3.0).abs() < 1e-12);
}

#[test]
fn a_line_that_was_counted_cannot_be_skipped_away() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    assert_eq!(say(&mut session, Input::Skip { line: LINE, why: text("busy") }), Err(Refusal::Counted));
}

#[test]
fn a_counted_bin_on_a_scale_anchors_it_and_speaks_for_the_calibration() {
    let on_scale = Wanted { kept: Kept::OnScale { pieces: Some(99) }, ..wanted("A", 99) };
    let mut session = session([on_scale, wanted("B", 5)]);
    let gross = Some(Mass::from_micrograms(710_000_000));
    let instant = Instant { gross, ..now(10, 99) };
    says(&mut session, "ann", Input::Count { line: LINE, pieces: 100, how: How::Whole, now: instant });
    says(&mut session, "ann", Input::Count { line: LineNo(1), pieces: 5, how: How::Whole, now: now(11, 5) });
    says(&mut session, "ann", Input::Finish);
    let outcome = says(&mut session, "boss", Input::Complete);
    let [anchor] = &outcome.anchors[..] else { panic!("{outcome:?}") };
    assert_eq!((anchor.bin.as_str(), anchor.pieces, anchor.at, anchor.gross), ("A", 100, at(10), gross));
    let attended = anchor.attended().unwrap();
    assert_eq!((attended.pieces(), attended.by().as_str()), (100, "ann"));
}

#[test]
fn a_session_completed_again_gives_the_same_posts() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(99, 10, 100));
    says(&mut session, "ann", Input::Finish);
    let first = session.handle(Input::Complete, &text("boss"), at(50)).unwrap();
    let again = session.handle(Input::Complete, &text("eve"), at(70)).unwrap();
    assert_eq!(first, again);
    assert_eq!(first.posts[0].key.to_string(), "c-1/0");
}

#[test]
fn who_reviews_their_own_large_correction_is_told() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(80, 10, 100));
    says(&mut session, "ann", Input::Finish);
    says(&mut session, "ann", count(80, 20, 100));
    says(&mut session, "ann", explain(Reason::Lost));
    assert_eq!(says(&mut session, "ann", Input::Complete).warnings, [Warning::OwnReview]);
}

#[test]
fn numbers_out_of_range_are_refused_and_change_nothing() {
    let mut session = session([wanted("A", 100)]);
    says(&mut session, "ann", count(5, 10, 5));
    let before = session.clone();
    let most = gateway_proto::limits::QUANTITY_MAX;
    assert_eq!(say(&mut session, count(most + 1, 10, 5)), Err(Refusal::Pieces(most + 1)));
    assert_eq!(say(&mut session, plus(most, 10, 5)), Err(Refusal::Pieces(most + 5)));
    assert_eq!(say(&mut session, plus(u64::MAX, 10, 5)), Err(Refusal::Pieces(u64::MAX)));
    assert_eq!(say(&mut session, count(5, 10, i64::MIN)), Err(Refusal::Range));
    let late = Input::Late { line: LINE, at: at(0), change: i64::MIN };
    assert!(matches!(say(&mut session, late), Err(Refusal::Range) | Ok(_)));
    assert_eq!(session.lines()[0].tallies().len(), before.lines()[0].tallies().len());
    let nowhere = Wanted { place: Place::Used, ..wanted("A", 1) };
    assert_eq!(say(&mut session, Input::Add(nowhere)), Err(Refusal::Place(Place::Used)));
    assert_eq!(say(&mut session, Input::Add(wanted("A", 1))), Err(Refusal::Duplicate(LINE)));
}

#[test]
fn a_line_takes_so_many_counts_and_no_more() {
    let mut session = session([wanted("A", 100)]);
    let refused = (0..1_000).find_map(|n| say(&mut session, count(n + 1, 10, 100)).err());
    assert!(matches!(refused, Some(Refusal::TooMany { .. })), "{refused:?}");
}

#[test]
fn a_session_is_kept_as_text_at_any_time() {
    let mut session = session([wanted("A", 100), wanted("B", 0)]);
    let gross = Some(Mass::from_micrograms(-5));
    says(&mut session, "ann", Input::Open { line: LineNo(1), now: Instant { gross, ..now(5, 0) } });
    says(&mut session, "ann", count(80, 10, 100));
    let kept = serde_json::to_string(&session).unwrap();
    assert_eq!(serde_json::from_str::<CountSession>(&kept).unwrap(), session, "{kept}");
}
