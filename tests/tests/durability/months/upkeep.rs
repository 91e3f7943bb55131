//! What the agent does for its ledger unasked, and what an operator does for what is set aside.

use agent::ledger::{AsideAct, AsideKey, AsideOutcome, AsideState, Fullness, Removal};
use gateway_proto::time::WallTime;
use serde_json::{Map, json};

use super::{
    super::power::percent,
    FEEDS,
    act::Said,
    month::{DAY, Month},
    site::{Doubt, feed_name},
};

/// What is set aside and looked at in one go.
const LOOK_MAX: usize = 1_000;

/// What is appended here is the site's own.
const OWN: Doubt =
    Doubt { acts: std::collections::BTreeSet::new(), own: true, carried: std::collections::BTreeMap::new() };

impl Month<'_> {
    /// A look at what is due.
    pub(super) fn upkeep(&mut self) {
        if self.is_ending || !self.site.is_open() {
            return;
        }
        if self.try_upkeep().is_none() {
            self.tally.one("upkeep that could not write");
        }
        self.pump_all();
    }

    fn try_upkeep(&mut self) -> Option<()> {
        self.put_clock_right()?;
        let at = self.wall.shows(self.now);
        let fullness = self.site.ledger().room().fullness;
        self.tally.one(match fullness {
            Fullness::Roomy => "looks at a roomy disk",
            Fullness::Warn => "looks at a disk that gets short",
            Fullness::Tight => "looks at a tight disk",
            Fullness::Full => "looks at a full disk",
        });
        if self.now >= self.plan.next_checkpoint {
            self.plan.next_checkpoint = self.now + DAY;
            for feed in FEEDS.map(feed_name) {
                if self.site.ledger().since_checkpoint().get(&feed).is_some_and(|movements| *movements > 0)
                    && fullness < Fullness::Tight
                {
                    self.site.commit(&OWN, |group| group.append_checkpoint(&feed, at)).ok()?;
                    self.tally.one("checkpoints");
                }
            }
            if fullness < Fullness::Warn {
                let body: Map<_, _> = [("at".to_owned(), json!(at))].into_iter().collect();
                self.site.commit(&OWN, |group| group.append_health(&feed_name(FEEDS[0]), body)).ok()?;
                self.tally.one("health records");
            }
        }
        if self.wall.is_trusted() {
            let before = WallTime::from_millis(at.millis() - self.plan.keep.cast_signed());
            for feed in FEEDS.map(feed_name) {
                let removed = self.site.commit(&Doubt::default(), |group| group.trim(&feed, Removal::Before(before)));
                self.tally.add("acknowledged records removed", removed.ok()?);
            }
        }
        if self.now >= self.plan.next_asking {
            self.plan.next_asking = self.now + DAY;
            self.ask_again();
        }
        Some(())
    }

    /// What was made under a wrong clock gets its time once the clock is right.
    pub(super) fn put_clock_right(&mut self) -> Option<()> {
        let Some(zero) = self.wall.zero(self.now) else { return Some(()) };
        for (feed, offset) in self.site.ledger().marks().due(&zero) {
            self.site.commit(&OWN, |group| group.append_clock(&feed, offset)).ok()?;
            self.tally.one("times put right");
        }
        Some(())
    }

    /// Asks the hub whether it takes by now what it had refused.
    pub(super) fn ask_again(&mut self) {
        let Ok(aside) = self.site.ledger().set_aside(LOOK_MAX) else { return };
        for aside in aside.iter().filter(|aside| aside.state == AsideState::KeptAtHub) {
            let is_now = self.site.view.get(&aside.feed).is_some_and(|at| at.standing.epoch == aside.epoch);
            let feed = FEEDS.into_iter().find(|feed| *feed == aside.feed.as_str());
            if let Some(delivery) = feed.filter(|_| is_now).and_then(|feed| self.deliveries.get_mut(feed)) {
                delivery.ask_again(aside.seq);
            }
        }
    }

    /// An operator looks at what could not be read at the hub, sends it again or gives it up.
    pub(super) fn tend(&mut self) {
        if !self.site.is_open() {
            return;
        }
        let Ok(aside) = self.site.ledger().set_aside(LOOK_MAX) else { return };
        for aside in aside.into_iter().filter(|aside| aside.state == AsideState::Unreadable) {
            let number = aside.record.as_deref().and_then(|text| Said::of(text).number());
            let key = AsideKey { feed: aside.feed, epoch: aside.epoch, seq: aside.seq };
            let gives_up = number.is_some() && !self.is_ending && percent(&mut self.random, 30);
            let act = if gives_up { AsideAct::Discard } else { AsideAct::Retry };
            if gives_up {
                self.discarded.extend(number);
            }
            // A disk of before, put back, would have it sent once more by the same operator.
            self.copy = None;
            let at = self.wall.shows(self.now);
            let tended = self.site.commit(&OWN, |group| group.tend(&key, act, &"operator".parse().unwrap(), at));
            let Ok(outcome) = tended else { return };
            self.digest.take(&format!("{} operator {} {} {outcome:?}", self.now, key.feed, key.seq));
            self.tally.one(match outcome {
                AsideOutcome::Ask { .. } => "operator asks again",
                AsideOutcome::SentAgain { .. } => "operator sends again",
                AsideOutcome::Discarded => "operator gives up",
                AsideOutcome::Refused(_) => "operator is told no",
            });
        }
        self.pump_all();
    }

    pub(super) fn tend_all(&mut self) {
        self.tend();
        let _ = self.put_clock_right();
    }

    /// A checkpoint in each feed, whatever moved: the hub says whether it agrees.
    pub(super) fn last_words(&mut self) {
        let at = self.wall.shows(self.now);
        for feed in FEEDS.map(feed_name) {
            self.site.commit(&OWN, |group| group.append_checkpoint(&feed, at)).unwrap();
        }
        self.pump_all();
    }
}
