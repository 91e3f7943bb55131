//! Every input in every state.

use super::*;

const STATES: [State; 7] = [
    State::Requested,
    State::Counting,
    State::Counted,
    State::Investigating,
    State::ReadyToReview,
    State::Completed,
    State::Cancelled,
];

/// A session in a state. Line 0 has a large variance and, where there is one, line 1 is there so that not all is counted.
fn in_state(state: State) -> CountSession {
    let lines: &[_] = if matches!(state, State::Requested | State::Counting) { &["A", "B"] } else { &["A"] };
    let mut session = session(lines.iter().map(|bin| wanted(bin, 100)));
    let steps: &[(&str, Input)] = &[
        ("ann", count(80, 10, 100)),
        ("ann", Input::Finish),
        ("bob", count(80, 20, 100)),
        ("boss", explain(Reason::Lost)),
        ("boss", Input::Complete),
    ];
    let taken = match state {
        State::Requested | State::Cancelled => 0,
        State::Counting | State::Counted => 1,
        State::Investigating => 2,
        State::ReadyToReview => 4,
        State::Completed => 5,
    };
    for (by, input) in &steps[..taken] {
        says(&mut session, by, input.clone());
    }
    if state == State::Cancelled {
        says(&mut session, "boss", Input::Cancel);
    }
    assert_eq!(session.state(), state);
    session
}

fn row(input: &Input) -> &'static str {
    match input {
        Input::Start => "start",
        Input::Open { .. } => "open",
        Input::Count { how: How::Whole, .. } => "count",
        Input::Count { how: How::Plus, .. } => "plus",
        Input::Zero { .. } => "zero",
        Input::Add(_) => "add",
        Input::Skip { .. } => "skip",
        Input::Finish => "finish",
        Input::Recount { .. } => "recount",
        Input::Accept { .. } => "accept",
        Input::Explain { .. } => "explain",
        Input::Late { .. } => "late",
        Input::Complete => "complete",
        Input::Cancel => "cancel",
    }
}

#[test]
fn every_input_in_every_state_does_what_the_table_says() {
    // A state: where it leads. Lower case: why it is refused.
    let table = "
        input    | Requested Counting Counted Investigating ReadyToReview Completed Cancelled
        start    | Counting  Counting Counted Investigating reviewer      closed    closed
        open     | Counting  Counting Counted Investigating reviewer      closed    closed
        count    | Counting  Counting Counted ReadyToReview reviewer      closed    closed
        plus     | Counting  Counting Counted Investigating Investigating closed    closed
        zero     | Counting  Counting Counted Investigating reviewer      closed    closed
        add      | Counting  Counting Counting Investigating reviewer     closed    closed
        skip     | Counting  counted  counted counted       reviewer      closed    closed
        finish   | missing   missing  Investigating Investigating reviewer closed   closed
        recount  | unfinished unfinished unfinished Investigating Investigating closed closed
        accept   | unfinished unfinished unfinished ReadyToReview ReadyToReview closed closed
        explain  | unfinished unfinished unfinished unsettled ReadyToReview closed  closed
        late     | Requested Counting Counted Investigating Investigating closed    closed
        complete | unfinished unfinished unfinished unsettled Completed   Completed closed
        cancel   | Cancelled Cancelled Cancelled Cancelled  Cancelled     closed    closed
    ";
    let inputs = [
        Input::Start,
        Input::Open { line: LINE, now: now(30, 100) },
        count(80, 30, 100),
        plus(1, 30, 100),
        Input::Zero { line: LINE, answer: Zero::Yes, now: now(30, 100) },
        Input::Add(wanted("Z", 3)),
        Input::Skip { line: LINE, why: text("blocked") },
        Input::Finish,
        Input::Recount { line: LINE },
        Input::Accept { line: LINE, tally: 0 },
        explain(Reason::Miscount),
        // Of between the two counts, so that they no longer agree.
        Input::Late { line: LINE, at: at(15), change: 1 },
        Input::Complete,
        Input::Cancel,
    ];
    let mut pairs = 0;
    for line in table.trim().lines().skip(1) {
        let (name, cells) = line.split_once('|').unwrap();
        let input = inputs.iter().find(|input| row(input) == name.trim()).unwrap();
        let cells: Vec<&str> = cells.split_whitespace().collect();
        assert_eq!(cells.len(), STATES.len(), "{name}");
        for (state, expected) in STATES.into_iter().zip(cells) {
            let mut session = in_state(state);
            let before = session.clone();
            let found = match session.handle(input.clone(), &text("eve"), at(30)) {
                Ok(outcome) => {
                    assert_eq!(outcome.state, session.state());
                    format!("{:?}", outcome.state)
                }
                Err(refusal) => {
                    assert_eq!(session, before, "a refused {} in {state} changed something", name.trim());
                    assert!(refusal.to_string().contains(';'), "{refusal}: no way out");
                    short(&refusal).to_owned()
                }
            };
            assert_eq!(found, expected, "{} in {state}", name.trim());
            pairs += 1;
        }
    }
    assert_eq!(pairs, 7 * inputs.len());
}

fn short(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Closed(_) => "closed",
        Refusal::WithReviewer => "reviewer",
        Refusal::NotFinished => "unfinished",
        Refusal::NotCounted(_) => "missing",
        Refusal::NotSettled(_) | Refusal::Unsettled => "unsettled",
        Refusal::Counted => "counted",
        Refusal::NeedsReason(_)
        | Refusal::NoSuchLine(_)
        | Refusal::NoSuchTally(_)
        | Refusal::Settled
        | Refusal::ZeroUnconfirmed
        | Refusal::Reason(_)
        | Refusal::Duplicate(_)
        | Refusal::Place(_)
        | Refusal::Pieces(_)
        | Refusal::TooMany { .. }
        | Refusal::TooManyLines
        | Refusal::Range => "other",
    }
}
