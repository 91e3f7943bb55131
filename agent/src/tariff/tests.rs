use super::*;

/// 2026-11-02T12:00:00Z
const NOON: i64 = 1_793_620_800_000;

const S: fn(u64) -> Duration = Duration::from_secs;

const DAY: u64 = 86_400;

fn acme() -> FeedName {
    "acme".parse().unwrap()
}

fn at(millis: i64) -> WallTime {
    WallTime::from_millis(millis)
}

fn terms() -> Terms {
    Terms { monthly_budget: Some(10_000_000), ..Terms::default() }
}

fn night() -> Terms {
    Terms { quiet: vec!["22:00-06:00".parse().unwrap()], ..Terms::default() }
}

#[test]
fn without_quiet_hours_and_budget_everything_goes_and_nothing_is_kept() {
    let mut tariff = Tariff::new(Terms::default(), [acme()], None);
    for second in 0..1_000 {
        assert_eq!(tariff.may_send(&acme(), S(second * 1_000), at(NOON), true, 1), Permit::Now);
        tariff.sent(&acme(), 1 << 40, 9);
        assert_eq!(tariff.to_keep(), None);
    }
}

#[test]
fn in_quiet_hours_a_batch_waits_until_they_end() {
    let mut tariff = Tariff::new(Terms { emergency: Emergency::Never, ..night() }, [acme()], None);
    assert_eq!(tariff.may_send(&acme(), S(0), at(NOON), true, 1), Permit::Now);
    let two = NOON + 14 * 3_600_000;
    let Permit::Wait { until, why } = tariff.may_send(&acme(), S(14 * 3_600), at(two), true, 1) else { panic!() };
    assert_eq!((until, why.to_string()), (S(14 * 3_600) + ASK_AGAIN, "quiet hours until 06:00".to_owned()));
    let near = NOON + 18 * 3_600_000 - 30_000;
    let Permit::Wait { until, .. } = tariff.may_send(&acme(), S(64_770), at(near), true, 1) else { panic!() };
    assert_eq!(until, S(64_800));
    assert_eq!(tariff.may_send(&acme(), S(64_800), at(NOON + 18 * 3_600_000), true, 1), Permit::Now);
}

#[test]
fn a_clock_that_is_not_trusted_makes_nothing_quiet() {
    let mut tariff = Tariff::new(night(), [acme()], None);
    for hour in 0..24 {
        let wall = at(NOON + hour * 3_600_000);
        assert_eq!(tariff.may_send(&acme(), S(hour.unsigned_abs()), wall, false, 1), Permit::Now);
    }
}

#[test]
fn a_quiet_night_has_one_emergency_and_one_more_only_where_nobody_answered() {
    let mut tariff = Tariff::new(Terms { emergency: Emergency::Hourly, ..night() }, [acme()], None);
    let (mut sent, wall) = (Vec::new(), at(NOON + 11 * 3_600_000));
    for minute in 0..=180 {
        match tariff.may_send(&acme(), S(minute * 60), wall, true, 5_000) {
            Permit::Emergency { records_max } => {
                assert_eq!(records_max, EMERGENCY_RECORDS_MAX);
                // The first is not answered.
                tariff.sent(&acme(), 3_000, if sent.is_empty() { 0 } else { 100 });
                sent.push(minute);
            }
            Permit::Wait { until, .. } => assert!(until > S(minute * 60) && until <= S(minute * 60) + ASK_AGAIN),
            Permit::Now => panic!("it is quiet"),
        }
    }
    assert_eq!(sent, [0, 10, 70, 130]);
    assert!(!matches!(tariff.may_send(&acme(), S(20_000), wall, true, 0), Permit::Emergency { .. }), "nothing waits");
}

#[test]
fn each_feed_has_its_own_emergencies() {
    let bolts: FeedName = "boltco".parse().unwrap();
    let mut tariff = Tariff::new(night(), [acme(), bolts.clone()], None);
    let wall = at(NOON + 11 * 3_600_000);
    for feed in [acme(), bolts] {
        assert!(matches!(tariff.may_send(&feed, S(1), wall, true, 9), Permit::Emergency { .. }), "{feed}");
        tariff.sent(&feed, 100, 100);
        assert!(matches!(tariff.may_send(&feed, S(2), wall, true, 9), Permit::Wait { .. }), "{feed}");
    }
}

#[test]
fn what_an_operator_asks_for_goes_at_night_and_beyond_the_budget_until_nothing_waits() {
    let terms = Terms { emergency: Emergency::Never, monthly_budget: Some(1_000_000), ..night() };
    let mut tariff = Tariff::new(terms, [acme()], None);
    tariff.may_send(&acme(), S(0), at(NOON), true, 9);
    tariff.sent(&acme(), 2_000_000, 100);
    let midnight = at(NOON + 12 * 3_600_000);
    let Permit::Wait { why, .. } = tariff.may_send(&acme(), S(1), midnight, true, 9) else { panic!() };
    assert_eq!(why.to_string(), "monthly budget used up (2.0 of 1 MB; what is left is for emergencies)");
    tariff.send_now(S(2));
    assert_eq!(tariff.may_send(&acme(), S(3), midnight, true, 9), Permit::Now);
    tariff.sent(&acme(), 1_000_000, 100);
    assert!(tariff.used() > 3_000_000, "it is counted");
    assert!(matches!(tariff.may_send(&acme(), S(4), midnight, true, 0), Permit::Wait { .. }));
    assert!(matches!(tariff.may_send(&acme(), S(5), midnight, true, 9), Permit::Wait { .. }), "done with that");
    tariff.send_now(S(10));
    assert!(matches!(tariff.may_send(&acme(), S(10) + ASKED_FOR, midnight, true, 9), Permit::Wait { .. }));
}

#[test]
fn near_the_end_of_the_budget_batches_go_one_at_a_time() {
    let mut tariff = Tariff::new(terms(), [acme()], None);
    tariff.may_send(&acme(), S(0), at(NOON), true, 9);
    tariff.sent(&acme(), 9_000_000, 100);
    let wait = |permit| matches!(permit, Permit::Wait { why: Why::LastStretch, .. });
    let first = tariff.may_send(&acme(), S(1), at(NOON), true, 9);
    assert_eq!(first, Permit::Now);
    assert!(wait(tariff.may_send(&acme(), S(1), at(NOON), true, 9)));
    tariff.sent(&acme(), 100, 100);
    assert_eq!(tariff.may_send(&acme(), S(2), at(NOON), true, 9), Permit::Now);
    // Whoever never accounts for a batch holds the others up for so long at most.
    assert!(wait(tariff.may_send(&acme(), S(3), at(NOON), true, 9)));
    assert_eq!(tariff.may_send(&acme(), S(2) + PERMIT_FOR, at(NOON), true, 9), Permit::Now);
}

#[test]
fn the_bill_outlives_a_restart_and_a_damaged_note_stops_nothing() {
    let mut tariff = Tariff::new(terms(), [acme()], None);
    tariff.may_send(&acme(), S(0), at(NOON), true, 9);
    tariff.sent(&acme(), 9_900_000, 100);
    let kept = tariff.keep();
    let mut tariff = Tariff::new(terms(), [acme()], Some(&kept));
    let Permit::Wait { why, .. } = tariff.may_send(&acme(), S(0), at(NOON), true, 9) else { panic!("{kept}") };
    assert_eq!(why.word(), "monthly budget used up");
    for kept in ["", "{}", "null", "[1]", "{\"used\":-1}", "{\"period\":99999999999,\"used\":1,\"running_seconds\":0}"]
    {
        let mut tariff = Tariff::new(terms(), [acme()], Some(kept));
        assert_eq!(tariff.may_send(&acme(), S(0), at(NOON), true, 9), Permit::Now, "{kept}");
    }
    let wild = "{\"period\":2147483647,\"had\":[2147483647,-2147483648],\"used\":18446744073709551615,\
                \"running_seconds\":18446744073709551615,\"began_seconds\":18446744073709551615,\"heard\":{\"acme\":1}}";
    let mut tariff = Tariff::new(terms(), [acme()], Some(wild));
    tariff.may_send(&acme(), Duration::MAX, at(i64::MAX), true, u64::MAX);
    tariff.sent(&acme(), u64::MAX, u64::MAX);
    tariff.may_send(&acme(), Duration::ZERO, at(0), true, 0);
}

#[test]
fn what_is_kept_spares_the_flash() {
    let mut tariff = Tariff::new(terms(), [acme()], None);
    let mut kept = 0;
    for second in 0..DAY {
        if tariff.may_send(&acme(), S(second), at(NOON), true, 9) == Permit::Now {
            tariff.sent(&acme(), 40, 10);
        }
        kept += u32::from(tariff.to_keep().is_some());
    }
    assert!((1..=288).contains(&kept), "{kept} in a day of a batch a second");
    for second in DAY..2 * DAY {
        tariff.may_send(&acme(), S(second), at(NOON), true, 0);
        kept += u32::from(tariff.to_keep().is_some());
    }
    assert!(kept <= 288 + 5, "{kept}: a day without a batch");
}

/// A site with a metered line, months of it.
struct World {
    random: u64,
    tariff: Tariff,
    terms: Terms,
    kept: Option<String>,
    /// Since the first start, and since this one.
    running: Duration,
    now: Duration,
    /// Wrong by so much.
    clock_error: i64,
    trusted: bool,
    /// Months that may have begun: true ones, and one for each time the clock was set ahead.
    months: u64,
    /// On the meter, and of that what a power cut made the agent forget, at most.
    used: u64,
    used_when_kept: u64,
    forgotten: u64,
    largest: u64,
    emergencies: BTreeMap<FeedName, Vec<Duration>>,
}

impl World {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn feeds() -> [FeedName; 2] {
        [acme(), "boltco".parse().unwrap()]
    }

    fn new(seed: u64) -> Self {
        let terms = Terms {
            monthly_budget: Some((1 + seed % 40) * 1_000_000),
            quiet: if seed.is_multiple_of(3) { vec!["22:00-06:00".parse().unwrap()] } else { Vec::new() },
            emergency: Emergency::ALL[usize::try_from(seed / 3 % 3).unwrap()],
            reserve_percent: u8::try_from(seed / 9 % 4).unwrap() * 10,
            ..Terms::default()
        };
        Self {
            random: seed,
            tariff: Tariff::new(terms.clone(), Self::feeds(), None),
            terms,
            kept: None,
            running: Duration::ZERO,
            now: S(seed % 1_000),
            clock_error: 0,
            trusted: !seed.is_multiple_of(7),
            months: 1,
            used: 0,
            used_when_kept: 0,
            forgotten: 0,
            largest: BATCH_BYTES_GUESS,
            emergencies: BTreeMap::new(),
        }
    }

    fn truth(&self) -> i64 {
        NOON + i64::try_from(self.running.as_millis()).unwrap()
    }

    fn wall(&self) -> WallTime {
        at(self.truth().saturating_add(self.clock_error))
    }

    /// Time passes, batches of both feeds want out, several at once.
    fn pass(&mut self, step: Duration) {
        let month = |millis| month::period(at(millis), UtcOffset::default(), 1);
        let before = (month(self.truth()), month(self.wall().millis()));
        self.running += step;
        self.now += step;
        // A wrong clock's month may end at another moment than the true one.
        let after = (month(self.truth()), month(self.wall().millis()));
        self.months += u64::from(after.0 != before.0) + u64::from(after.1 != before.1);
        let mut flying = Vec::new();
        for feed in Self::feeds() {
            for _ in 0..4 {
                match self.tariff.may_send(&feed, self.now, self.wall(), self.trusted, 1_000) {
                    Permit::Now => flying.push((feed.clone(), self.below(250_000), true)),
                    Permit::Emergency { records_max } => {
                        assert!((1..=EMERGENCY_RECORDS_MAX).contains(&records_max));
                        let is_answered = self.below(4) > 0;
                        if is_answered {
                            self.emergencies.entry(feed.clone()).or_default().push(self.running);
                        }
                        flying.push((feed.clone(), 10_000, is_answered));
                        break;
                    }
                    Permit::Wait { until, why } => {
                        assert!(until > self.now && until <= self.now + ASK_AGAIN);
                        assert!(self.trusted || !matches!(why, Why::Quiet { .. }), "an untrusted clock locks nothing");
                        break;
                    }
                }
            }
        }
        for (feed, bytes, is_answered) in flying {
            self.tariff.sent(&feed, bytes, if is_answered { 200 } else { 0 });
            let bytes = bytes + if is_answered { 200 } else { 0 } + BATCH_OVERHEAD_BYTES;
            self.used += bytes;
            self.largest = self.largest.max(bytes);
        }
        if let Some(kept) = self.tariff.to_keep() {
            self.kept = Some(kept);
            self.used_when_kept = self.used;
        }
    }

    fn happen(&mut self) {
        match self.below(40) {
            0 => {
                // Ten years either way, or a month, or right again.
                let error = match self.below(4) {
                    0 => 0,
                    1 => 31 * 86_400_000,
                    _ => i64::try_from(self.below(20 * 365 * DAY)).unwrap() * 1_000 - 10 * 365 * 86_400_000,
                };
                self.months += u64::from(error > self.clock_error);
                self.clock_error = error;
            }
            1 => self.trusted = !self.trusted,
            2 => {
                // Stopped in order.
                self.kept = Some(self.tariff.keep());
                self.used_when_kept = self.used;
                self.start();
            }
            3 => {
                self.forgotten += self.used - self.used_when_kept;
                self.used_when_kept = self.used;
                self.start();
            }
            _ => {}
        }
        let step = S(60 + self.below(2 * 3_600));
        self.pass(step);
    }

    fn start(&mut self) {
        self.tariff = Tariff::new(self.terms.clone(), Self::feeds(), self.kept.as_deref());
        self.now = S(self.below(1_000));
    }
}

/// `SEED=n` plays one again.
#[test]
fn whatever_the_clock_does_no_month_has_two_budgets() {
    let one = std::env::var("SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    for seed in one.map_or(0..150, |seed| seed..seed + 1) {
        let mut world = World::new(seed);
        for _ in 0..1_500 {
            world.happen();
            let budget = world.terms.monthly_budget.unwrap();
            // While no clock is trusted, months of running come on top: one in 31 days.
            let running = u64::from(u32::try_from(world.running.as_secs() / (31 * DAY)).unwrap());
            let allowed = (world.months + running) * (budget + world.largest) + world.forgotten;
            assert!(world.used <= allowed, "SEED={seed}: {} used, {allowed} allowed", world.used);
        }
    }
}

#[test]
fn with_a_clock_that_is_right_each_month_uses_its_budget_and_at_most_one_batch_more() {
    for seed in 0..36 {
        let mut world = World::new(seed);
        (world.trusted, world.terms.quiet) = (true, Vec::new());
        world.start();
        let budget = world.terms.monthly_budget.unwrap();
        let month = |world: &World| month::period(world.wall(), UtcOffset::default(), 1);
        let (mut current, mut before) = (month(&world), 0);
        while world.running < S(70 * DAY) {
            world.pass(S(600));
            if month(&world) != current {
                current = month(&world);
                // The last look of a month and the first of the next are ten minutes apart.
                before = world.used;
                continue;
            }
            let used = world.used - before;
            assert!(used <= budget + world.largest, "SEED={seed}: {used} of {budget}");
        }
        assert!(world.used >= 2 * (budget - budget / 100 * 30), "SEED={seed}: it is used, too");
        for (feed, times) in &world.emergencies {
            let every = world.terms.emergency.every().unwrap();
            let early = times.windows(2).find(|pair| pair[1] - pair[0] < every);
            assert_eq!(early, None, "SEED={seed}: {feed} has one emergency {}", world.terms.emergency.word());
        }
    }
}

#[test]
fn after_any_clock_the_next_true_month_is_free_again() {
    for years in [-10i64, -1, 1, 10] {
        let mut tariff = Tariff::new(Terms { emergency: Emergency::Never, ..terms() }, [acme()], None);
        let mut now = 0u64;
        let spend = |tariff: &mut Tariff, now: u64, wall: i64| {
            let mut batches = 0;
            while tariff.may_send(&acme(), S(now), at(wall), true, 9) == Permit::Now {
                tariff.sent(&acme(), 1_000_000, 100);
                batches += 1;
            }
            batches
        };
        assert!(spend(&mut tariff, now, NOON) > 8);
        for _ in 0..3 {
            now += DAY * 2;
            let wrong = NOON + i64::try_from(now).unwrap() * 1_000 + years * 365 * 86_400_000;
            spend(&mut tariff, now, wrong);
            now += DAY * 2;
            assert_eq!(spend(&mut tariff, now, NOON + i64::try_from(now).unwrap() * 1_000), 0, "not freed, {years}");
        }
        now = 30 * DAY;
        let december = spend(&mut tariff, now, NOON + i64::try_from(now).unwrap() * 1_000);
        assert!(december > 8, "{years} years: {december} batches in December");
    }
}
