//! What a site keeps and for whom: feeds, items, bins, stations.

use std::{collections::btree_map::Entry, time::Duration};

use gateway_proto::{
    limits::QUANTITY_MAX,
    movement::Act,
    name::{DeviceName, FeedName, ItemCode, PlaceName, Text},
    place::Place,
};
use settings::{At, Section};

use super::Reader;
use crate::{
    device::Mass,
    label::gtin::Gtin,
    movement::session::{Badge, IDLE, Mode, Station, Task},
    register::{
        COMMAND,
        alias::Alias,
        bin::Bin,
        fact::Fact,
        item::{Class, Item, PieceWeight, Tracking},
    },
};

#[expect(clippy::cast_possible_wrap, reason = "a million millions")]
const QUANTITY_MOST: i64 = QUANTITY_MAX as i64;

impl Reader<'_, '_> {
    pub(super) fn item(&mut self, section: &mut Section<'_, '_>) -> Option<Vec<Fact>> {
        let code = self.needed::<ItemCode>(section, "code");
        let feed = self.needed::<FeedName>(section, "feed");
        let further = section.texts(self.notes, "codes").unwrap_or_default();
        let further: Vec<_> = further.into_iter().filter_map(|text| text.parse::<ItemCode>(self.notes)).collect();
        let description = self.optional::<Text>(section, "description").map(|at| at.value);
        let tracking = self.word(section, "tracking", tracking, "must be none, lot or serial").unwrap_or_default();
        let class = self.word(section, "class", class, "must be A, B or C");
        let piece = self.piece_weight(section);
        let (site_min, site_max) = self.bounds(section, "site_min", "site_max");
        let (code, feed) = (code?, feed?);
        if !self.names.feeds.contains(&feed.value) {
            self.notes.note_at(&feed, format_args!("there is no [[feed]] {}", feed.value));
        }
        for taken in [&code].into_iter().chain(&further) {
            self.check_code(taken, &code.value);
        }
        self.names.pieces.insert(code.value.clone(), piece.map(|piece| piece.mean));
        let mut item = Item::new(code.value.clone(), feed.value);
        (item.description, item.tracking, item.class) = (description, tracking, class.flatten());
        (item.piece, item.site_min, item.site_max) = (piece, site_min, site_max);
        let codes = further.into_iter().map(|at| Fact::Alias(Alias::new(at.value, code.value.clone())));
        Some(std::iter::once(Fact::Item(item)).chain(codes).collect())
    }

    fn piece_weight(&mut self, section: &mut Section<'_, '_>) -> Option<PieceWeight> {
        let mean = section.number(self.notes, "piece_weight_g", 0.000_1..=1_000_000.0);
        let cv = section.number(self.notes, "piece_cv", 0.0..=PieceWeight::CV_MAX);
        let sample = section.integer(self.notes, "piece_sample", 2..=1_000_000);
        for key in ["piece_cv", "piece_sample"] {
            if section.has(key) && !section.has("piece_weight_g") {
                section.note(self.notes, key, "stands without piece_weight_g; write the weight too, or leave it out");
            }
        }
        Some(PieceWeight {
            mean: grams(mean?.value),
            cv: cv.map_or(PieceWeight::CV_DEFAULT, |at| at.value),
            sample_size: sample.map_or(PieceWeight::SAMPLE_DEFAULT, |at| u32::try_from(at.value).expect("in range")),
        })
    }

    /// Two quantities, the first not above the second.
    fn bounds(
        &mut self,
        section: &mut Section<'_, '_>,
        min_key: &'static str,
        max_key: &'static str,
    ) -> (Option<u64>, Option<u64>) {
        let mut bound =
            |key| section.integer(self.notes, key, 0..=QUANTITY_MOST).map(|at| (at.value.unsigned_abs(), at));
        let (min, max) = (bound(min_key), bound(max_key));
        if let (Some((min, at)), Some((max, _))) = (&min, &max)
            && min > max
        {
            self.notes.note_at(at, format_args!("is {min}, above {max} in {max_key}; lower it, or raise {max_key}"));
        }
        (min.map(|(min, _)| min), max.map(|(max, _)| max))
    }

    /// Every code leads to one item, an article number in all its lengths.
    fn check_code(&mut self, code: &At<ItemCode>, item: &ItemCode) {
        let text = code.value.as_str();
        if text.starts_with(COMMAND) {
            let rule =
                format_args!("begins with {COMMAND} as command labels do, so no scan of it is a part; choose another");
            self.notes.note_at(code, rule);
        }
        let other = self.names.codes.insert(code.value.clone(), item.clone());
        if let Some(other) = &other {
            self.notes.note_at(code, format_args!("code {text} stands for item {other} already"));
        }
        let Ok(gtin) = Gtin::parse(text.as_bytes()) else { return };
        match self.names.articles.entry(gtin) {
            Entry::Vacant(vacant) => {
                vacant.insert((code.value.clone(), item.clone()));
            }
            Entry::Occupied(first) => {
                let (written, first) = first.get();
                // Two lengths of one number for one item say the same; two equal texts have just been noted.
                if first != item && other.is_none() {
                    let rule = format_args!("code {text} stands for item {first} already, written as {written} there");
                    self.notes.note_at(code, rule);
                }
            }
        }
    }

    pub(super) fn bin(&mut self, section: &mut Section<'_, '_>) -> Option<Fact> {
        let name = self.needed::<PlaceName>(section, "name");
        let item = self.needed::<ItemCode>(section, "item");
        let tare = section.number(self.notes, "tare_g", 0.0..=1_000_000.0).map(|at| grams(at.value));
        let (min, max) = self.bounds(section, "min", "max");
        let capacity = section.integer(self.notes, "capacity", 0..=QUANTITY_MOST).map(|at| at.value.unsigned_abs());
        let taken_to = self.optional::<Place>(section, "taken_to");
        let filled_from = self.optional::<Place>(section, "filled_from");
        let (name, item) = (name?, item?);
        if self.names.bins.contains_key(&name.value) {
            self.notes.note_at(&name, format_args!("bin {} stands here twice", name.value));
        }
        let Some(piece) = self.names.pieces.get(&item.value) else {
            self.notes.note_at(&item, format_args!("there is no [[item]] {}", item.value));
            return None;
        };
        self.names.bins.insert(name.value.clone(), *piece);
        let place = Place::Bin(name.value.clone());
        for (end, from, to) in [
            (&taken_to, Some(&place), taken_to.as_ref().map(|at| &at.value)),
            (&filled_from, filled_from.as_ref().map(|at| &at.value), Some(&place)),
        ] {
            if let (Some(at), Some(from), Some(to)) = (end, from, to)
                && Act::between(from, to).is_none()
            {
                self.notes.note_at(at, format_args!("nothing may go from {from} to {to}"));
            }
        }
        self.names.neighbours.extend([&taken_to, &filled_from].into_iter().flatten().map(|at| At {
            value: at.value.clone(),
            span: at.span.clone(),
            key: at.key.clone(),
        }));
        let mut bin = Bin::new(name.value, item.value);
        (bin.tare, bin.capacity, bin.min, bin.max) = (tare, capacity, min, max);
        bin.taken_to = taken_to.map_or(bin.taken_to, |at| at.value);
        bin.filled_from = filled_from.map_or(bin.filled_from, |at| at.value);
        Some(Fact::Bin(bin))
    }

    pub(super) fn station(&mut self, section: &mut Section<'_, '_>) -> Option<Station> {
        let name = self.needed::<DeviceName>(section, "name");
        let place = self.optional::<Place>(section, "place");
        let task = self.optional::<Task>(section, "mode");
        let badge = self.word(section, "badge", badge, "must be optional or needed");
        let idle = section.number(self.notes, "idle_seconds", 5.0..=3_600.0);
        let name = name?;
        let usual = place.as_ref().map(|at| at.value.clone());
        if self.names.stations.insert(name.value.clone(), usual.clone()).is_some() {
            self.notes.note_at(&name, format_args!("station {} stands here twice", name.value));
        }
        if let Some(at) = place.as_ref().filter(|at| !at.value.is_stock()) {
            self.notes.note_at(at, "must be a place parts are kept: dock, bin:NAME or field:NAME");
        }
        // A station that keeps its parts somewhere uses them unless it says otherwise; one without a place asks.
        let usual_task = usual.is_some().then(|| Task::new(Mode::Use));
        let mode = task.as_ref().map(|at| At { value: (), span: at.span.clone(), key: at.key.clone() });
        let station = Station {
            name: name.value,
            place: usual,
            task: task.map(|at| at.value).or(usual_task),
            badge: badge.unwrap_or_default(),
            idle: idle.map_or(IDLE, |at| Duration::from_secs_f64(at.value)),
        };
        if let (Some(mode), Some((from, to))) = (mode, station.misfit()) {
            let rule = format_args!("moves parts from {from} to {to}, which nothing may; choose another mode or place");
            self.notes.note_at(&mode, rule);
        }
        Some(station)
    }

    /// Parts that go from one weighed bin to another would be moved twice: by the scale of each.
    pub(super) fn check_neighbours(&mut self) {
        for at in std::mem::take(&mut self.names.neighbours) {
            if let Place::Bin(name) = &at.value
                && let Some(device) = self.names.weighed.get(name)
            {
                self.notes
                    .note_at(&at, format_args!("bin {name} is weighed by {device}, which would count the same parts"));
            }
        }
    }
}

fn badge(word: &str) -> Option<Badge> {
    match word {
        "optional" => Some(Badge::Optional),
        "needed" => Some(Badge::Needed),
        _ => None,
    }
}

fn tracking(word: &str) -> Option<Tracking> {
    match word {
        "none" => Some(Tracking::None),
        "lot" => Some(Tracking::Lot),
        "serial" => Some(Tracking::Serial),
        _ => None,
    }
}

fn class(word: &str) -> Option<Option<Class>> {
    match word {
        "A" => Some(Some(Class::A)),
        "B" => Some(Some(Class::B)),
        "C" => Some(Some(Class::C)),
        _ => None,
    }
}

/// Grams as read from a file, to the microgram.
fn grams(grams: f64) -> Mass {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked: at most a tonne")]
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
