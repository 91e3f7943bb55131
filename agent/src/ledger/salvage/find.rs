//! Finding: the lives of a damaged ledger, each with what is proved of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};

use gateway_proto::{
    chain::{Epoch, Link},
    name::FeedName,
    record::{Record, Seq},
};
use serde::Deserialize;

use super::{
    image::Image,
    proof::{Hole, Proof, prove},
    report::{FeedReport, spans},
    rows::{CachedPage, Found, Life, Place, Rows},
};
use crate::ledger::key::{self, Key};

/// Bytes of the smallest record in its page: what a page that is gone can have held at most.
const RECORD_LEN_MIN: usize = 60;

/// Records behind the last proved one that need no lost page to have been there: the neighbours of a broken one.
const NEIGHBOURS_MAX: u64 = 64;

/// The last seq that a hole of an earlier salvage can be believed to have: as many as a record's key can name.
const HOLE_MAX: u64 = (1 << 40) - 1;

/// What was found in a folder.
#[derive(Debug)]
pub struct Salvaged {
    pub(super) folder: String,
    pub(super) image: Image,
    pub(super) rows: Rows,
    /// In the order of their numbers.
    pub(super) lives: Vec<FoundLife>,
    pub(super) unplaced: u64,
}

/// One epoch of one feed.
#[derive(Debug)]
pub(super) struct FoundLife {
    pub(super) life: i64,
    pub(super) feed: FeedName,
    pub(super) epoch: Epoch,
    pub(super) begun_ms: i64,
    pub(super) through: Seq,
    pub(super) acked: u64,
    pub(super) trimmed: Seq,
    /// `None` where nothing says so: then the first hole begins behind `trimmed`.
    pub(super) trimmed_link: Option<Link>,
    pub(super) settled_is_known: bool,
    pub(super) end_is_known: bool,
    pub(super) is_newest: bool,
    pub(super) records: Vec<Place>,
    pub(super) holes: Vec<Hole>,
    /// The last seq that is known to have been, and the link after it.
    pub(super) end: Seq,
    pub(super) end_link: Option<Link>,
}

/// A second copy of a life's facts, among the facts beside the ledger.
#[derive(Deserialize)]
struct Copied {
    feed: String,
    epoch: String,
    #[serde(default)]
    begun_ms: i64,
}

/// Reads a folder in which a ledger was set aside. What cannot be read is not there.
#[must_use]
pub fn salvage(folder: &Path) -> Salvaged {
    let mut image = Image::open(folder);
    let mut rows = Rows::of(&image);
    if is_log_of_another(&image, &rows) {
        image = image.without_log();
        rows = Rows::of(&image);
    }
    let numbers: BTreeSet<i64> = rows.records.iter().map(|place| Key(place.key).life()).collect();
    let numbers: BTreeSet<i64> = numbers.into_iter().chain(rows.lives.keys().copied()).chain(copied(&rows)).collect();
    let (mut lives, mut unplaced) = (Vec::new(), 0);
    for life in numbers {
        match life_of(life, &image, &rows) {
            Some(found) => lives.push(found),
            None => unplaced += count(&rows, life),
        }
    }
    let newest: BTreeMap<FeedName, i64> = lives.iter().map(|found| (found.feed.clone(), found.life)).collect();
    for at in 0..lives.len() {
        let (before, later) = lives.split_at_mut(at + 1);
        let Some(found) = before.last_mut() else { continue };
        found.is_newest = newest.get(&found.feed) == Some(&found.life);
        let next = later.iter().find(|next| next.feed == found.feed);
        found.settle(&rows, |found| next.and_then(|next| found.handed_over(next, &image)));
    }
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Salvaged { folder, image, rows, lives, unplaced }
}

/// Whether the log belongs to another file: what both say of the same record or life is not the same, oftener than it is.
fn is_log_of_another(image: &Image, rows: &Rows) -> bool {
    let (mut same, mut other, mut page) = (0u32, 0u32, CachedPage::default());
    for versions in rows.records.chunk_by(|a, b| a.key == b.key) {
        let links = |in_log: bool, page: &mut CachedPage| {
            let places = versions.iter().filter(move |place| place.is_in_log() == in_log);
            places.filter_map(|place| place.read(image, page)).map(|found| found.link).collect::<Vec<_>>()
        };
        if versions.len() < 2 || !versions.iter().any(Place::is_in_log) {
            continue;
        }
        let (log, main) = (links(true, &mut page), links(false, &mut page));
        if log.is_empty() || main.is_empty() {
            continue;
        }
        let agrees = log.iter().any(|link| main.contains(link));
        (same, other) = (same + u32::from(agrees), other + u32::from(!agrees));
    }
    let epochs = |versions: &Vec<Life>| versions.iter().map(|life| &life.epoch).collect::<BTreeSet<_>>().len();
    other += u32::try_from(rows.lives.values().filter(|versions| epochs(versions) > 1).count()).unwrap_or(u32::MAX);
    other > same
}

fn copied(rows: &Rows) -> impl Iterator<Item = i64> + '_ {
    rows.kept.keys().filter(|(kind, _)| kind == "life").filter_map(|(_, name)| name.parse().ok())
}

fn count(rows: &Rows, life: i64) -> u64 {
    let of = |place: &&Place| Key(place.key).life() == life;
    rows.records.chunk_by(|a, b| a.key == b.key).filter(|versions| versions.first().filter(of).is_some()).count() as u64
}

/// A life with what is proved of it; `None` where its feed or epoch is not known.
fn life_of(life: i64, image: &Image, rows: &Rows) -> Option<FoundLife> {
    let row = rows.lives.get(&life).and_then(|versions| versions.first());
    let copy = rows.kept.get(&("life".to_owned(), life.to_string()));
    let copy: Option<Copied> = copy.and_then(|text| serde_json::from_str(text).ok());
    let feed = row.map(|row| &row.feed).or(copy.as_ref().map(|copy| &copy.feed))?.parse().ok()?;
    let mut said: Vec<&String> = rows.lives.get(&life).into_iter().flatten().map(|row| &row.epoch).collect();
    said.extend(rows.epochs.get(&life));
    said.extend(copy.as_ref().map(|copy| &copy.epoch));
    let mut epochs: Vec<Epoch> = said.into_iter().filter_map(|epoch| epoch.parse().ok()).collect();
    epochs.sort();
    epochs.dedup();
    let mut page = CachedPage::default();
    let read = |place: &Place| place.read(image, &mut page);
    let from = rows.records.partition_point(|place| place.key < key::of(life, Seq(1)));
    let to = rows.records.partition_point(|place| place.key <= key::last(life));
    let places = &rows.records[from..to];
    let first = places.first().map_or(1, Place::seq);
    let (mut trimmed, mut trimmed_link) = match row {
        Some(row) => trimmed_of(row, places, image),
        None => (Seq(first - 1), None),
    };
    let beginnings: Vec<Link> = match (trimmed, trimmed_link) {
        (Seq(0), _) => epochs.iter().map(Link::first).collect(),
        (_, link) => link.into_iter().collect(),
    };
    let earlier = rows.holes.range((life, 0)..=(life, u64::MAX)).map(|(_, &(last, link))| (last, link)).collect();
    let mut proof = prove(trimmed, &beginnings, &earlier, places, read);
    let epoch = match (proof.beginning.filter(|_| trimmed == Seq(0)), &epochs[..]) {
        (Some(right), epochs) => epochs.get(right)?.clone(),
        (None, [one]) => one.clone(),
        (None, _) => return None,
    };
    if trimmed == Seq(0) {
        trimmed_link = Some(Link::first(&epoch));
    } else if row.is_none() {
        // Nothing says what retention had removed: what is not there before the first record is taken for that.
        if let Some(hole) = proof.holes.first().copied().filter(|hole| hole.first == trimmed.next()) {
            proof.holes.remove(0);
            (trimmed, trimmed_link) = (hole.last, hole.link);
        }
    }
    let end_is_known = rows.bad_pages == 0 && !image.log_is_damaged && proof.unproved.is_empty();
    let Proof { records, holes, end, end_link, unproved, .. } = proof;
    let mut found = FoundLife {
        life,
        feed,
        epoch,
        begun_ms: row.map_or(copy.map_or(0, |copy| copy.begun_ms), |row| row.begun_ms),
        through: Seq(row.map_or(0, |row| row.through)),
        acked: row.map_or(0, |row| row.acked),
        trimmed,
        trimmed_link,
        settled_is_known: row.is_some(),
        end_is_known,
        is_newest: false,
        records,
        holes,
        end,
        end_link: end_link.or(trimmed_link.filter(|_| end == trimmed)),
    };
    found.extend(image, rows, &unproved);
    Some(found)
}

/// What retention had removed, and the link after it. The link says itself where it stands, if what follows it is there.
fn trimmed_of(row: &Life, places: &[Place], image: &Image) -> (Seq, Option<Link>) {
    let Some(link) = row.trimmed_link else { return (Seq(0), None) };
    let mut page = CachedPage::default();
    let mut follows =
        |place: &&Place| place.read(image, &mut page).is_some_and(|found| link.then(&found.text) == found.link);
    let next = places.partition_point(|place| place.seq() <= row.trimmed);
    let place = places[next..].iter().take(1).find(&mut follows).or_else(|| places.iter().find(follows));
    let said = Seq(if row.trimmed <= row.through { row.trimmed } else { 0 });
    (place.map_or(said, |place| Seq(place.seq() - 1)), Some(link))
}

impl FoundLife {
    /// Takes in what only shows that there was more.
    fn extend(&mut self, image: &Image, rows: &Rows, unproved: &[(Seq, Link)]) {
        let per_page = (image.page_size() / RECORD_LEN_MIN) as u64;
        let max = Seq(self.end.0 + NEIGHBOURS_MAX + u64::from(rows.bad_pages) * per_page);
        let inner = rows.inner.range(key::of(self.life, self.end)..=key::last(self.life)).map(|&key| Key(key).seq());
        let seen = unproved.iter().map(|(seq, _)| *seq).chain(inner).filter(|&seq| seq <= max).max();
        let earlier = rows.holes.range((self.life, 0)..=(self.life, u64::MAX)).next_back();
        if let Some(&(last, link)) =
            earlier.map(|(_, hole)| hole).filter(|(last, _)| (self.end.0 + 1..=HOLE_MAX).contains(last))
        {
            self.hole_to(Seq(last), Some(link));
        }
        if let Some(last) = seen.filter(|&seq| seq > self.end) {
            let link = unproved.iter().rfind(|(seq, _)| *seq == last).map(|(_, link)| *link);
            self.hole_to(last, link);
        }
    }

    /// The last record that did not go on to the `next` life. What went on stands there first, in the same order, and pages that
    /// are in use no more may still show it here. A correction names its movement by another number there.
    fn handed_over(&self, next: &Self, image: &Image) -> Option<Seq> {
        let mut page = CachedPage::default();
        let mut began: Vec<(u64, Seq)> = Vec::new();
        for place in next.records.iter().take(self.records.len()) {
            began.extend(place.read(image, &mut page).map(|found| (hash(&found.text), Seq(place.seq()))));
        }
        began.sort_unstable();
        let mut last = None;
        for place in self.records.iter().rev() {
            let Some(found) = place.read(image, &mut page) else { break };
            let hash = hash(&found.text);
            let same = began.partition_point(|(other, _)| *other < hash);
            match began.get(same).filter(|(other, _)| *other == hash) {
                Some((_, seq)) => last = place.seq().checked_sub(seq.0).map(Seq),
                None if is_correction(&found.text) => {}
                None => break,
            }
        }
        last
    }

    /// Decides what is known to be settled, now that it is known whether the feed has a later life.
    fn settle(&mut self, rows: &Rows, handed_over: impl FnOnce(&Self) -> Option<Seq>) {
        let (aside, lost) = not_acked(rows, self.life, self.through);
        let adds_up = self.acked.checked_add(aside).and_then(|sum| sum.checked_add(lost)) == Some(self.through.0);
        self.settled_is_known &= adds_up && self.through >= self.trimmed;
        if !self.settled_is_known {
            // A life that has a successor handed it everything it had not settled: all else that is here was.
            self.through = if self.is_newest { self.trimmed } else { handed_over(self).unwrap_or(self.end) };
            self.through = self.through.max(self.trimmed);
            let (aside, lost) = not_acked(rows, self.life, self.through);
            self.acked = self.through.0.saturating_sub(aside.saturating_add(lost));
        }
        if self.through > self.end {
            self.hole_to(self.through, None);
        }
        if !self.is_newest && self.end > self.through {
            // What stands behind it went on to the next life; pages that are in use no more still show it.
            let through = self.through;
            self.records.retain(|place| Seq(place.seq()) <= through);
            self.holes.retain(|hole| hole.first <= through);
            if let Some(hole) = self.holes.last_mut().filter(|hole| hole.last > through) {
                (hole.last, hole.link) = (through, None);
            }
            (self.end, self.end_link) = (through, None);
        }
    }

    fn hole_to(&mut self, last: Seq, link: Option<Link>) {
        match self.holes.last_mut() {
            Some(hole) if hole.last == self.end => (hole.last, hole.link) = (last, link),
            _ => self.holes.push(Hole { first: self.end.next(), last, link }),
        }
        (self.end, self.end_link) = (last, link);
    }

    pub(super) fn report(&self) -> FeedReport {
        let len = |first: Seq, hole: &Hole| (hole.last.0 + 1).saturating_sub(first.max(hole.first).0);
        FeedReport {
            epoch: self.epoch.to_string(),
            records: self.records.len() as u64,
            missing: spans(self.holes.iter().map(|hole| (hole.first, hole.last))),
            missing_records: self.holes.iter().map(|hole| len(hole.first, hole)).sum(),
            missing_unsettled: self.holes.iter().map(|hole| len(self.through.next(), hole)).sum(),
            end_is_known: self.end_is_known,
            settled_is_known: self.settled_is_known,
            is_new_epoch: false,
        }
    }
}

impl Salvaged {
    /// Reads a record that was found.
    pub(super) fn read(&self, place: &Place, page: &mut CachedPage) -> Option<Found> {
        place.read(&self.image, page)
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn is_correction(text: &str) -> bool {
    matches!(Record::parse(text), Ok(Record::Movement(movement)) if movement.corrects.is_some())
}

/// Of the seqs of a life up to `through`: how many are set aside, and how many others are declared lost.
fn not_acked(rows: &Rows, life: i64, through: Seq) -> (u64, u64) {
    let aside = rows.set_aside.range((life, 0)..=(life, through.0)).count() as u64;
    let lost = rows.lost.range((life, 0)..=(life, through.0));
    let lens = lost.map(|(&(_, first), &last)| (last.min(through.0) + 1).saturating_sub(first));
    (aside, lens.fold(0, u64::saturating_add))
}
