//! After posting the books are the truth, whatever moved meanwhile.

use std::collections::HashMap;

use super::*;

const CASES: u32 = 20_000;

/// Splitmix64 by Sebastiano Vigna; `SEED=n` replays.
pub(super) struct Random {
    pub(super) seed: u64,
    state: u64,
}

impl Random {
    pub(super) fn seeded() -> Self {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x00c0_ffee);
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// A shelf, and a ledger that tells the repetition of a post by its key.
struct World {
    books: Vec<i64>,
    truth: Vec<i64>,
    /// The first count is made: from here on nothing vanishes unseen.
    watched: Vec<bool>,
    posted: HashMap<PostKey, i64>,
    clock: i64,
}

impl World {
    /// A movement that is recorded.
    fn moves(&mut self, random: &mut Random) {
        let line = pick(random, self.books.len());
        let change = signed(random, 6).max(-self.truth[line]);
        self.books[line] += change;
        self.truth[line] += change;
    }

    /// One that is not: the reason for counting.
    fn vanishes(&mut self, random: &mut Random) {
        let line = pick(random, self.books.len());
        if !self.watched[line] {
            self.truth[line] += signed(random, 9).max(-self.truth[line]);
        }
    }

    fn now(&mut self, line: usize) -> Instant {
        self.clock += 1;
        now(self.clock, self.books[line])
    }

    fn post(&mut self, session: &CountSession, posts: &[Post]) {
        for post in posts {
            let line = usize::try_from(post.key.line.0).unwrap();
            assert_eq!(post.place, session.lines()[line].place);
            if self.posted.insert(post.key.clone(), post.delta).is_none() {
                self.books[line] += post.delta;
            }
        }
    }
}

fn pick(random: &mut Random, len: usize) -> usize {
    usize::try_from(random.below(u64::try_from(len).unwrap())).unwrap()
}

fn signed(random: &mut Random, most: u64) -> i64 {
    i64::try_from(random.below(2 * most + 1)).unwrap() - i64::try_from(most).unwrap()
}

/// One count of a line: true at its snapshot, unless `wrong` by so much.
fn tell(world: &mut World, session: &mut CountSession, random: &mut Random, line: usize, wrong: i64) {
    let by = text(["ann", "bob", "eve"][pick(random, 3)]);
    let number = LineNo(u32::try_from(line).unwrap());
    let found = world.truth[line];
    world.watched[line] = true;
    if random.below(3) == 0 {
        let open = Input::Open { line: number, now: world.now(line) };
        session.handle(open, &by, at(world.clock)).unwrap();
        while random.below(2) == 0 {
            world.moves(random);
        }
    }
    let pieces = u64::try_from((found + wrong).max(0)).unwrap();
    let first = if random.below(4) == 0 { random.below(pieces + 1) } else { pieces };
    let now = world.now(line);
    let count = Input::Count { line: number, pieces: first, how: How::Whole, now };
    session.handle(count, &by, at(world.clock)).unwrap();
    if first < pieces {
        let plus = Input::Count { line: number, pieces: pieces - first, how: How::Plus, now };
        session.handle(plus, &by, at(world.clock)).unwrap();
    }
    if pieces == 0 {
        session.handle(Input::Zero { line: number, answer: Zero::Yes, now }, &by, at(world.clock)).unwrap();
    }
}

fn run(random: &mut Random) -> World {
    let lines = 1 + pick(random, 3);
    let start: Vec<i64> = (0..lines).map(|_| i64::try_from(random.below(30)).unwrap()).collect();
    let (books, watched) = (start.clone(), vec![false; lines]);
    let mut world = World { books, truth: start.clone(), watched, posted: HashMap::new(), clock: 0 };
    let tolerance = Tolerance { percent: 0.0, units: 0, value: None };
    let wanted = (0..lines).map(|line| wanted(&format!("B{line}"), start[line]));
    let (id, boss) = (SessionId(text("c-7")), text("boss"));
    let mut session = CountSession::new(id, boss.clone(), at(0), Scope::Due, Sight::Blind, tolerance, wanted).unwrap();
    let stir = |world: &mut World, random: &mut Random| {
        while random.below(3) > 0 {
            world.moves(random);
            world.vanishes(random);
        }
    };
    for line in 0..lines {
        stir(&mut world, random);
        // Somebody may miscount first, but never by chance onto what the books say.
        let wrong = if random.below(4) == 0 { 1 + signed(random, 9).abs() } else { 0 };
        let lucky = world.truth[line] + wrong == world.books[line];
        tell(&mut world, &mut session, random, line, if lucky { 0 } else { wrong });
    }
    stir(&mut world, random);
    session.handle(Input::Finish, &boss, at(world.clock)).unwrap();
    for _ in 0..1_000 {
        if session.state() == State::ReadyToReview {
            break;
        }
        stir(&mut world, random);
        let unsettled = session.lines().iter().position(|line| line.settled(&tolerance).is_none()).unwrap();
        tell(&mut world, &mut session, random, unsettled, 0);
        if random.below(4) == 0 {
            let kept = serde_json::to_string(&session).unwrap();
            session = serde_json::from_str(&kept).unwrap();
        }
    }
    for line in (0..lines).map(|line| LineNo(u32::try_from(line).unwrap())) {
        // Refused where nothing is to be explained.
        let explain = Input::Explain { line, reason: Reason::MissingTransaction, note: None };
        let _ = session.handle(explain, &boss, at(world.clock));
    }
    stir(&mut world, random);
    let mut before = session.clone();
    let posts = session.handle(Input::Complete, &boss, at(world.clock)).unwrap().posts;
    stir(&mut world, random);
    world.post(&session, &posts);
    stir(&mut world, random);
    // A power cut lost the first answer, or the session's last state: it is posted again.
    let again = if random.below(2) == 0 { &mut session } else { &mut before };
    let posts = again.handle(Input::Complete, &boss, at(world.clock)).unwrap().posts;
    assert_eq!(posts.len(), lines);
    world.post(&session, &posts);
    world
}

#[test]
fn after_posting_the_books_are_the_truth_whatever_moved_meanwhile() {
    let mut random = Random::seeded();
    let seed = random.seed;
    let mut corrected = 0;
    for case in 0..CASES {
        let world = run(&mut random);
        assert_eq!(world.books, world.truth, "SEED={seed} case {case}");
        corrected += u32::from(world.posted.values().any(|delta| *delta != 0));
    }
    assert!(corrected > CASES / 4, "only {corrected} cases had anything to correct");
}
