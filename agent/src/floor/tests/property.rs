//! Whatever people do, whatever fails and whenever the process ends: parts neither appear nor vanish, everybody is
//! answered once, the books end as the truth, and no act is lost or doubled.

use std::{collections::BTreeMap, panic::catch_unwind, time::Duration};

use serde_json::json;

use super::site::{Random, Site, origin, scale, weight};
use crate::device::scanner_host::Verdict;

/// Worlds of one run.
const WORLDS: u64 = 3_000;

/// Things that happen in one.
const EVENTS: u64 = 10;

/// A site with people, and what they know to be true.
struct World {
    random: Random,
    site: Site,
    /// Pieces in the weighed bins A and B.
    truth: BTreeMap<&'static str, u64>,
    /// Bins whose scales cannot say.
    away: Vec<&'static str>,
    /// Scales that will show what lies on them, and when.
    shows: Vec<(Duration, &'static str)>,
    /// Of codes at plain bins, in the codes' own units: what accepted scans took out of them.
    used: BTreeMap<(&'static str, &'static str), i64>,
    /// What counts found more nuts than the books said, by bin.
    found: BTreeMap<&'static str, i64>,
    /// The same of codes that nobody knew, of which nothing is ever found.
    missed: BTreeMap<(&'static str, &'static str), i64>,
    /// Whether X1 is known by now: three nuts.
    is_mapped: bool,
    /// Acts at weighed bins, by their reference.
    acts: Vec<Act>,
    next: u64,
    /// The newest answer to a scan.
    said: String,
}

/// What a person knows of an act at a weighed bin.
#[derive(Debug, Clone)]
struct Act {
    reference: String,
    verdict: Option<Verdict>,
    /// Said by one scan, so that it is one movement.
    is_single: bool,
    is_withdrawn: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let mut site = Site::new();
        let truth = BTreeMap::from([("A", 60 + random.below(60)), ("B", 60 + random.below(60))]);
        if random.percent(70) {
            for (bin, pieces) in &truth {
                site.shows(bin, *pieces);
            }
        }
        site.failing = Some((Random(seed ^ 0xFA11), random.one(&[0, 0, 10, 30])));
        site.is_late = true;
        Self {
            random,
            site,
            truth,
            away: Vec::new(),
            shows: Vec::new(),
            used: BTreeMap::new(),
            found: BTreeMap::new(),
            missed: BTreeMap::new(),
            is_mapped: false,
            acts: Vec::new(),
            next: 0,
            said: String::new(),
        }
    }

    fn run(&mut self) {
        for _ in 0..EVENTS {
            let what = self.random.below(100);
            match what {
                0..30 => self.work_at_plain_bin(),
                30..75 => self.work_at_weighed_bin(),
                75..80 => self.count(),
                80..88 => self.change_scale(),
                88..91 => self.map(),
                91..96 => self.restart(),
                _ => {}
            }
            let pause = self.random.one(&[0, 2, 10, 30, 100, 250]);
            self.pass(Duration::from_secs(pause));
        }
        self.come_to_rest();
        self.check();
    }

    /// Time passes; scales show what lies on them when it has come to that, and orders are answered sooner or later.
    fn pass(&mut self, time: Duration) {
        let end = self.site.now + time;
        loop {
            self.show_due();
            for _ in 0..self.random.below(6) {
                self.site.answer();
            }
            if self.site.now >= end {
                return;
            }
            let left = end.saturating_sub(self.site.now);
            let step = Duration::from_millis(
                500 + self.random.below(if left > Duration::from_secs(20) { 6_000 } else { 700 }),
            );
            self.site.now += step.min(left);
            let moment = self.site.moment();
            self.site.floor.tick(&moment);
        }
    }

    fn show_due(&mut self) {
        let now = self.site.now;
        let (due, rest) = std::mem::take(&mut self.shows).into_iter().partition(|(at, _)| *at <= now);
        self.shows = rest;
        let due: Vec<(Duration, &str)> = due;
        for (_, bin) in due {
            if !self.away.contains(&bin) {
                let moment = self.site.moment();
                self.site.floor.handle_weight(&moment, &scale(bin), &weight(self.truth[bin]), None);
            }
        }
    }

    /// Scans, and waits for the answer.
    fn scan(&mut self, station: &str, code: &str, id: Option<u64>) -> Verdict {
        let caller = self.site.begin_scan(station, code, id.and_then(origin));
        // The scanner says it again before or after its answer; neither is another scan.
        let is_doubled = id.is_some() && self.random.percent(40);
        let again =
            (is_doubled && self.random.percent(50)).then(|| self.site.begin_scan(station, code, id.and_then(origin)));
        while self.site.is_waiting(caller) {
            assert!(self.site.answer(), "{code} is never answered");
        }
        let heard = self.site.heard(caller).unwrap().clone();
        if is_doubled && again.is_none() && heard.verdict == Verdict::Accepted {
            let again = self.site.begin_scan(station, code, id.and_then(origin));
            while self.site.is_waiting(again) {
                assert!(self.site.answer());
            }
            let repeated = self.site.heard(again).unwrap();
            assert!(repeated.is_repetition && repeated.verdict == Verdict::Accepted, "{code}: {repeated:?}");
        }
        self.said = heard.text;
        heard.verdict
    }

    /// Scans what must be accepted, again until it is.
    fn insist(&mut self, station: &str, code: &str) {
        for _ in 0..200 {
            match self.scan(station, code, None) {
                Verdict::Accepted => return,
                Verdict::NotRecorded => {}
                Verdict::Refused => panic!("{code} is refused"),
            }
        }
        panic!("{code} is never recorded");
    }

    /// Takes the last act back, again until that is recorded.
    fn undo(&mut self, station: &str) -> Verdict {
        for _ in 0..200 {
            match self.scan(station, "BW:UNDO", None) {
                Verdict::NotRecorded => {}
                verdict @ (Verdict::Accepted | Verdict::Refused) => return verdict,
            }
        }
        panic!("never taken back");
    }

    fn id(&mut self) -> Option<u64> {
        self.next += 1;
        self.random.percent(40).then_some(self.next)
    }

    fn work_at_plain_bin(&mut self) {
        let station = self.random.one(&["desk", "gate"]);
        let bin = self.random.one(&["C", "D"]);
        for code in ["BW:CANCEL", "BW:USE"] {
            self.insist(station, code);
        }
        self.insist(station, &format!("BW:BIN:{bin}"));
        let code = self.random.one(&["NUT", "NUT", "BOX", "X1", "X2"]);
        let before = self.random.percent(25).then(|| 1 + self.random.below(9));
        if let Some(times) = before {
            self.insist(station, &format!("BW:QTY:{times}"));
        }
        let mut total = 0_i64;
        let scans = if before.is_some() { 1 } else { 1 + self.random.below(3) };
        if self.random.percent(20) {
            total = self.burst(station, code, scans, before);
        } else {
            for _ in 0..scans {
                let id = self.id();
                if self.scan(station, code, id) == Verdict::Accepted {
                    total += before.map_or(1, u64::cast_signed);
                }
            }
            if before.is_none() && total > 0 && self.random.percent(40) {
                let times = 1 + self.random.below(6);
                if self.scan(station, &format!("BW:QTY:{times}"), None) == Verdict::Accepted {
                    total = times.cast_signed();
                }
            }
            if total > 0 && self.random.percent(25) && self.undo(station) == Verdict::Accepted {
                total = 0;
            }
        }
        *self.used.entry((code, bin)).or_default() += total;
    }

    /// A scanner that waits for no answer.
    fn burst(&mut self, station: &str, code: &str, scans: u64, before: Option<u64>) -> i64 {
        let mut callers = Vec::new();
        for _ in 0..scans {
            callers.push((self.site.begin_scan(station, code, None), before.map_or(1, u64::cast_signed)));
        }
        if before.is_none() && self.random.percent(50) {
            let times = (scans + 1 + self.random.below(4)).cast_signed();
            let more = times - scans.cast_signed();
            callers.push((self.site.begin_scan(station, &format!("BW:QTY:{times}"), None), more));
        }
        while callers.iter().any(|(caller, _)| self.site.is_waiting(*caller)) {
            assert!(self.site.answer());
        }
        let is_accepted = |caller| self.site.heard(caller).unwrap().verdict == Verdict::Accepted;
        callers.into_iter().filter(|(caller, _)| is_accepted(*caller)).map(|(_, units)| units).sum()
    }

    fn take(&mut self, from: &'static str, to: Option<&'static str>, units: u64) {
        let units = units.min(self.truth[from]);
        *self.truth.get_mut(from).unwrap() -= units;
        let at = |random: &mut Random, now: Duration| now + Duration::from_millis(500 + random.below(3_000));
        self.shows.push((at(&mut self.random, self.site.now), from));
        if let Some(to) = to {
            *self.truth.get_mut(to).unwrap() += units;
            self.shows.push((at(&mut self.random, self.site.now) + Duration::from_secs(self.random.below(30)), to));
        }
    }

    fn fill(&mut self, bin: &'static str, units: u64) {
        *self.truth.get_mut(bin).unwrap() += units;
        self.shows.push((self.site.now + Duration::from_millis(500 + self.random.below(3_000)), bin));
    }

    fn work_at_weighed_bin(&mut self) {
        let station = self.random.one(&["desk", "gate"]);
        let (from, other) = self.random.one(&[("A", "B"), ("B", "A")]);
        let units = 1 + self.random.below(12);
        let what = self.random.one(&["use", "use", "deploy", "transfer", "fill", "nothing", "unspoken"]);
        let moves_first = self.random.percent(40);
        let does = |world: &mut Self| match what {
            "use" | "deploy" | "unspoken" => world.take(from, None, units),
            "transfer" => world.take(from, Some(other), units),
            "fill" => world.fill(from, units),
            _ => {}
        };
        if moves_first {
            does(self);
            let pause = self.random.one(&[1, 4, 12, 40]);
            self.pass(Duration::from_secs(pause));
        }
        if what != "unspoken" {
            self.say(station, what, from, other, units);
        }
        if !moves_first {
            let pause = self.random.one(&[0, 3, 20, 90]);
            self.pass(Duration::from_secs(pause));
            does(self);
        }
    }

    fn say(&mut self, station: &str, what: &str, from: &str, other: &str, units: u64) {
        self.next += 1;
        let reference = format!("W{}", self.next);
        let mode = match what {
            "deploy" => "BW:DEPLOY:van-3",
            "transfer" => "BW:TRANSFER",
            "fill" => "BW:PUT-AWAY",
            _ => "BW:USE",
        };
        for code in ["BW:CANCEL", mode, &format!("BW:BIN:{from}"), &format!("BW:REF:{reference}")] {
            self.insist(station, code);
        }
        if what == "transfer" {
            self.insist(station, &format!("BW:BIN:{other}"));
        }
        let stated = if self.random.percent(80) { units } else { 1 + self.random.below(12) };
        let when = self.random.one(&["never", "never", "before", "after", "scans"]);
        if when == "before" {
            self.insist(station, &format!("BW:QTY:{stated}"));
        }
        let id = self.id();
        let verdict = self.scan(station, "M8", id);
        let act = self.acts.len();
        self.acts.push(Act { reference, verdict: Some(verdict), is_single: true, is_withdrawn: false });
        if verdict != Verdict::Accepted {
            return;
        }
        if self.random.percent(30) {
            let pause = self.random.one(&[1, 5, 15]);
            self.pass(Duration::from_secs(pause));
        }
        match when {
            "after" => {
                self.acts[act].is_single = false;
                self.scan(station, &format!("BW:QTY:{stated}"), None);
            }
            "scans" => {
                self.acts[act].is_single = false;
                self.scan(station, "M8", None);
            }
            _ => {}
        }
        if self.random.percent(15) && self.acts[act].is_single && self.undo(station) == Verdict::Accepted {
            self.acts[act].is_withdrawn = true;
        }
    }

    fn change_scale(&mut self) {
        let bin = self.random.one(&["A", "B"]);
        if let Some(i) = self.away.iter().position(|away| *away == bin) {
            self.away.remove(i);
            self.shows.push((self.site.now, bin));
        } else {
            self.away.push(bin);
            let moment = self.site.moment();
            self.site.floor.handle_unknown(&moment, &scale(bin), crate::device::Cause::Silent);
        }
    }

    fn map(&mut self) {
        if self.is_mapped {
            return;
        }
        let csv = "code,item,factor\nX1,NUT,3\n";
        let caller = self.site.begin_command(&json!({"do": "import", "kind": "code", "csv": csv}));
        while self.site.is_waiting(caller) {
            assert!(self.site.answer());
        }
        self.is_mapped = self.site.done(caller).unwrap().is_ok();
    }

    fn restart(&mut self) {
        // Of what was under way some reached the ledger.
        let queued = self.site.queued();
        let committed = usize::try_from(self.random.below(queued as u64 + 1)).unwrap();
        self.site.restart(committed);
        for bin in ["A", "B"] {
            if self.random.percent(80) {
                self.shows.push((self.site.now + Duration::from_millis(self.random.below(4_000)), bin));
            }
        }
    }

    /// Everything that is still on its way is answered.
    fn finish(&mut self) {
        while self.site.answer() {}
    }

    fn nuts(&self, bin: &str) -> i64 {
        let of = |(code, at): &(&str, &str), units: &i64| match *code {
            _ if *at != bin => 0,
            "NUT" => *units,
            "BOX" => 12 * units,
            "X1" if self.is_mapped => 3 * (units - self.missed.get(&("X1", *at)).copied().unwrap_or(0)),
            _ => 0,
        };
        self.found.get(bin).copied().unwrap_or(0) - self.used.iter().map(|(key, units)| of(key, units)).sum::<i64>()
    }

    fn count(&mut self) {
        let bin = self.random.one(&["C", "D"]);
        self.finish();
        let books = self.site.books("NUT", &format!("bin:{bin}"));
        let found = books.max(0) + self.random.one(&[0, 0, 1, 30]);
        // Asked once more where it differs much.
        for _ in 0..2 {
            for code in ["BW:CANCEL", "BW:COUNT", &format!("BW:BIN:{bin}")] {
                self.insist("gate", code);
            }
            if found == 0 {
                self.insist("gate", "BW:EMPTY");
            } else {
                self.insist("gate", &format!("BW:QTY:{found}"));
                self.insist("gate", "NUT");
            }
            self.insist("gate", "BW:DONE");
            self.finish();
            if self.said.contains("is counted") {
                break;
            }
        }
        assert_eq!(self.site.books("NUT", &format!("bin:{bin}")), found, "counted twice");
        *self.found.entry(bin).or_default() += found - books;
        if !self.is_mapped {
            self.missed.insert(("X1", bin), self.used.get(&("X1", bin)).copied().unwrap_or(0));
        }
    }

    /// Nothing fails any more, every scale says what lies on it, and all waits run out.
    fn come_to_rest(&mut self) {
        self.site.failing = None;
        self.away.clear();
        for bin in ["A", "B"] {
            self.shows.push((self.site.now, bin));
        }
        self.show_due();
        for _ in 0..75 {
            self.finish();
            self.site.now += Duration::from_secs(10);
            let moment = self.site.moment();
            self.site.floor.tick(&moment);
            self.show_due();
        }
        self.finish();
    }

    fn check(&mut self) {
        self.site.check_at_rest();
        assert_eq!(self.site.waiting_acts().len(), 0, "an act waits for ever");
        for (bin, pieces) in &self.truth {
            assert_eq!(self.site.books("M8", &format!("bin:{bin}")), pieces.cast_signed(), "books and truth of {bin}");
        }
        for bin in ["C", "D"] {
            assert_eq!(self.site.books("NUT", &format!("bin:{bin}")), self.nuts(bin), "nuts of {bin}: {:?}", self.used);
        }
        for code in ["X1", "X2"] {
            let left: i64 = ["C", "D"].iter().map(|bin| self.used.get(&(code, *bin)).copied().unwrap_or(0)).sum();
            let left = if code == "X1" && self.is_mapped { 0 } else { left };
            assert_eq!(self.site.books(code, "used"), left, "parked {code}");
        }
        let standing = self.site.references();
        let mut vanished = 0;
        for act in &self.acts {
            let movements = standing.get(&act.reference).copied().unwrap_or(0);
            match act.verdict {
                Some(Verdict::Accepted) if act.is_withdrawn => assert_eq!(movements, 0, "taken back: {act:?}"),
                Some(Verdict::Accepted) if movements == 0 => vanished += 1,
                Some(Verdict::Accepted) if act.is_single => assert_eq!(movements, 1, "doubled: {act:?}"),
                Some(Verdict::Accepted) | None => {}
                Some(Verdict::Refused | Verdict::NotRecorded) => {
                    assert_eq!(movements, 0, "recorded and told that it is not: {act:?}");
                }
            }
        }
        let flags = self.site.notices.iter().filter(|notice| notice.text.contains("weight did not change")).count();
        assert!(vanished <= flags, "{vanished} acts came to nothing, {flags} were flagged: {:?}", self.acts);
    }
}

/// On all processors; the first failure names its seed, and `SEED=n` plays it again. `WORLDS=n` plays so many.
#[test]
fn whatever_happens_the_books_end_as_the_truth() {
    let number = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().expect("a number"));
    let seeds = number("SEED").map_or(0..number("WORLDS").unwrap_or(WORLDS), |seed| seed..seed + 1);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let seeds = seeds.clone();
            scope.spawn(move || {
                for seed in seeds.filter(|seed| seed % threads == thread) {
                    if let Err(cause) = catch_unwind(|| World::new(seed).run()) {
                        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
                        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
                        panic!("play again with SEED={seed}: {text}");
                    }
                }
            });
        }
    });
}
