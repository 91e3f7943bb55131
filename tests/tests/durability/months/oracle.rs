//! What must hold when both sides have come to rest.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FEEDS, ITEMS,
    act::{ActNumber, Said},
    hub::Found,
    month::{Fate, Month},
    site::{ActPart, Place, REFUSED, REMOVED},
};

impl Month<'_> {
    /// Accepted ⊆ hub, hub ⊆ given, each once; all that is missing was said to be.
    pub(super) fn compare(&mut self) {
        let found = self.hub.find();
        self.check_texts(&found);
        let at_hub = found.acts();
        for ((number, _), places) in &at_hub {
            assert_eq!(places.len(), 1, "the hub has act {number} twice: {places:?}");
            assert!(self.accepted.contains_key(number), "the hub has act {number}, which was refused");
        }
        let takings_back = found.epochs.iter().flat_map(|epoch| epoch.texts.values());
        let takings_back = takings_back.filter(|row| matches!(Said::of(&row.text), Said::TakenBack(_))).count();
        self.tally.add("told twice and taken back", takings_back as u64);
        let lost = lost(&found);
        let (mut missing, mut gone) = (0, 0);
        let places = self.places_of_acts();
        for part in &self.parts {
            if at_hub.contains_key(part) {
                continue;
            }
            if self.accepted[&part.0] == Fate::Gone {
                gone += 1;
                continue;
            }
            let why =
                places.get(&part.0).into_iter().flatten().filter_map(|place| lost.get(place)).collect::<BTreeSet<_>>();
            // What was set aside went with the disk that it was on.
            let is_replaced = matches!(self.accepted[&part.0], Fate::AtHub(_));
            let is_excused = why.iter().any(|why| match why.as_str() {
                REMOVED => self.plan.hub_was_put_back,
                REFUSED => is_replaced || self.discarded.contains(&part.0),
                _ => false,
            });
            let fate = &self.accepted[&part.0];
            let number = part.0;
            let at = places.get(&number);
            let said = "the hub lacks act";
            assert!(is_excused, "{said} {number}, which was accepted; {fate:?}, declared lost: {why:?}, at {at:?}");
            missing += 1;
        }
        self.tally.add("acts declared lost", missing);
        self.tally.add("acts gone with all disks", gone);
        assert_eq!(found.parked(), 0, "parked although every item is known");
        let is_removed = lost.values().any(|why| why == REMOVED);
        assert!(!is_removed || self.plan.hub_was_put_back, "a loss was declared that nobody asked for");
        // Also where the site was put back to an image: what the hub had beside it was carried forward.
        let is_clean = missing == 0;
        self.tally.add("months whose amounts agree", u64::from(is_clean));
        self.check_verdicts(&found, is_clean);
        self.sum_up(&found);
    }

    /// What the hub has under a number was written under that number.
    fn check_texts(&self, found: &Found) {
        for epoch in &found.epochs {
            for (seq, row) in &epoch.texts {
                let place = (epoch.feed.clone(), epoch.name.clone(), *seq);
                let is_written = self.site.written.get(&place).is_some_and(|texts| texts.contains(row.text.as_str()));
                assert!(is_written, "{} {seq}: nobody wrote {}", epoch.feed, row.text);
            }
        }
    }

    /// The hub's verdict is the truth, and good when nothing went.
    fn check_verdicts(&self, found: &Found, is_clean: bool) {
        for feed in FEEDS {
            let (seq, differing) = found.verdicts[feed];
            let at = &self.site.view[&super::site::feed_name(feed)].standing;
            assert_eq!(seq, at.recorded.0, "{feed}: the last checkpoint has no verdict");
            let is_of = |item: &str| ITEMS.contains(&(feed, item));
            let truly = self.site.book.on_hand.differing(&found.applied, is_of);
            assert_eq!(differing, truly, "{feed}: the hub says that so many amounts differ");
            assert!(!is_clean || differing == 0, "{feed}: {differing} amounts differ and nothing was lost");
        }
    }

    fn places_of_acts(&self) -> BTreeMap<ActNumber, Vec<Place>> {
        let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, texts) in &self.site.written {
            for number in texts.iter().filter_map(|text| Said::of(text).number()) {
                places.entry(number).or_default().push(place.clone());
            }
        }
        places
    }

    /// Both books, for the comparison of a month with its repetition.
    fn sum_up(&mut self, found: &Found) {
        for (number, fate) in &self.accepted {
            let fate = match fate {
                Fate::Owed => "owed",
                Fate::AtHub(_) => "at the hub",
                Fate::Gone => "gone",
            };
            self.digest.take(&format!("{number} {fate}"));
        }
        for epoch in &found.epochs {
            for (seq, row) in &epoch.texts {
                let said: Option<ActPart> = match Said::of(&row.text) {
                    Said::Moved(moved) => Some((moved.number, true)),
                    Said::Counted(number) => Some((number, false)),
                    Said::TakenBack(_) | Said::Own => None,
                };
                self.digest.take(&format!("{} {seq} {said:?}", epoch.feed));
            }
            self.digest.take(&format!("{:?}", epoch.lost));
        }
        self.digest.take(&format!("{:?} {:?}", self.site.book.on_hand, found.applied));
    }
}

/// Every seq that was declared lost, and why.
fn lost(found: &Found) -> BTreeMap<Place, String> {
    let mut lost = BTreeMap::new();
    for epoch in &found.epochs {
        for (first, last, why) in &epoch.lost {
            for seq in *first..=*last {
                lost.insert((epoch.feed.clone(), epoch.name.clone(), seq), why.clone());
            }
        }
    }
    lost
}
