//! A counter learns nothing of the books.

use super::*;

/// All that a counter sees and hears of a run of inputs over lines whose books say so much.
fn heard(books: [i64; 3], steps: &[(usize, Input)]) -> String {
    let mut session = session(["A", "B", "C"].into_iter().zip(books).map(|(bin, books)| wanted(bin, books)));
    let mut all = String::new();
    for (by, input) in steps {
        let by = text(["ann", "bob"][*by]);
        let said = match session.handle(with_books(input.clone(), books), &by, at(99)) {
            Ok(outcome) => {
                let warnings: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
                format!("{} {} {warnings:?}", outcome.state, outcome.told)
            }
            Err(refusal) => refusal.to_string(),
        };
        all += &said;
        for by in ["ann", "bob"] {
            all += &serde_json::to_string(&session.counter_view(&text(by))).unwrap();
        }
        all.push('\n');
    }
    all
}

/// The same statement where the books say something else: what is in them is a change to their own number.
fn with_books(input: Input, books: [i64; 3]) -> Input {
    let own =
        |line: LineNo, now: Instant| Instant { books: now.books + books[usize::try_from(line.0).unwrap()], ..now };
    match input {
        Input::Open { line, now } => Input::Open { line, now: own(line, now) },
        Input::Count { line, pieces, how, now } => Input::Count { line, pieces, how, now: own(line, now) },
        Input::Zero { line, answer, now } => Input::Zero { line, answer, now: own(line, now) },
        other @ (Input::Start
        | Input::Add(_)
        | Input::Skip { .. }
        | Input::Finish
        | Input::Recount { .. }
        | Input::Accept { .. }
        | Input::Explain { .. }
        | Input::Late { .. }
        | Input::Complete
        | Input::Cancel) => other,
    }
}

#[test]
fn until_the_counting_is_finished_a_counter_hears_the_same_whatever_the_books_say() {
    let mut random = books::Random::seeded();
    let seed = random.seed;
    for case in 0..2_000 {
        let steps: Vec<(usize, Input)> = (0..12).map(|_| step(&mut random)).collect();
        let mut other = || i64::try_from(random.below(200)).unwrap() - 20;
        let (one, two) = ([0, 40, 7], [other(), other(), other()]);
        assert_eq!(heard(one, &steps), heard(two, &steps), "SEED={seed} case {case}, books {two:?}: {steps:?}");
    }
}

fn step(random: &mut books::Random) -> (usize, Input) {
    let line = LineNo(u32::try_from(random.below(3)).unwrap());
    let now = now(i64::try_from(random.below(100)).unwrap(), [0, 0, 0, -2][usize::try_from(random.below(4)).unwrap()]);
    let how = if random.below(4) == 0 { How::Plus } else { How::Whole };
    let pieces = [0, 7, 40, 41][usize::try_from(random.below(4)).unwrap()];
    let input = match random.below(10) {
        0 => Input::Open { line, now },
        1 => Input::Zero { line, answer: Zero::Yes, now },
        2 => Input::Zero { line, answer: Zero::No, now },
        3 => Input::Skip { line, why: text("locked") },
        _ => Input::Count { line, pieces, how, now },
    };
    (usize::from(random.below(2) == 1), input)
}

#[test]
fn a_recount_says_that_and_not_by_how_much() {
    let mut session = session([wanted("A", 31_337)]);
    let mut seen = String::new();
    for (by, input) in [
        ("ann", count(80, 10, 31_337)),
        ("ann", Input::Finish),
        ("bob", count(85, 20, 31_337)),
        ("ann", count(80, 30, 31_337)),
    ] {
        let outcome = says(&mut session, by, input);
        seen += &outcome.told.to_string();
        seen += &serde_json::to_string(&session.counter_view(&text(by))).unwrap();
    }
    assert!(seen.contains("count_again"), "{seen}");
    assert!(!seen.contains("31337") && !seen.contains("31257"), "{seen}");
    assert!(serde_json::to_string(&session.review_view()).unwrap().contains("31337"), "the reviewer has to know");
}
