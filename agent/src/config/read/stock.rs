//! What a site keeps and for whom: feeds, items, bins, stations.

use std::{collections::btree_map::Entry, net::IpAddr};

use gateway_proto::{
    movement::Act,
    name::{DeviceName, FeedName, ItemCode, PlaceName},
    place::Place,
};
use settings::{At, Section};

use super::{
    super::{FeedConfig, ItemConfig, StationConfig},
    Reader,
};
use crate::{
    cause,
    device::Mass,
    label::gtin::Gtin,
    movement::{
        catalog::UNASSIGNED,
        station::{COMMAND, Mode},
        tally::Bin,
    },
    tls,
};

impl Reader<'_, '_> {
    pub(super) fn feed(&mut self, section: &mut Section<'_, '_>) -> Option<FeedConfig> {
        let name = self.needed::<FeedName>(section, "name");
        let hub = self.needed::<reqwest::Url>(section, "hub");
        let token = self.token(section, "token", "token_file");
        let ca = section.text(self.notes, "ca").and_then(|text| self.path(text));
        if let Some(at) = &ca
            && let Err(error) = tls::authorities(&at.value)
        {
            self.notes.note_at(at, cause::chain(&error));
        }
        let ca = ca.map(|at| at.value);
        if token.is_none() && !section.has("token") && !section.has("token_file") {
            self.notes.note(section.span(), &section.path("token"), "is missing: give token or token_file");
        }
        let name = name?;
        if name.value.as_str() == UNASSIGNED {
            self.notes.note_at(&name, "is the agent's own name for items without a vendor; choose another");
        } else if !self.names.feeds.insert(name.value.clone()) {
            self.notes.note_at(&name, format_args!("feed {} stands here twice", name.value));
        }
        let hub = hub?;
        self.check_hub(&hub);
        Some(FeedConfig { name: name.value, hub: hub.value, token: token?, ca })
    }

    fn check_hub(&mut self, hub: &At<reqwest::Url>) {
        let host = hub.value.host_str().unwrap_or_default();
        let loopback = host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match hub.value.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                self.notes.note_at(hub, "would send the token in the clear; use https:// (http:// only to 127.0.0.1)")
            }
            other => self.notes.note_at(hub, format_args!("begins with {other}:; write https://")),
        }
        if hub.value.query().is_some() || hub.value.fragment().is_some() {
            self.notes.note_at(hub, "has a query or fragment; the agent adds /v1/feeds/… to it");
        }
    }

    pub(super) fn item(&mut self, section: &mut Section<'_, '_>) -> Option<ItemConfig> {
        let code = self.needed::<ItemCode>(section, "code");
        let feed = self.needed::<FeedName>(section, "feed");
        let further = section.texts(self.notes, "codes").unwrap_or_default();
        let further: Vec<_> = further.into_iter().filter_map(|text| text.parse::<ItemCode>(self.notes)).collect();
        let piece = section.number(self.notes, "piece_weight_g", 0.000_1..=1_000_000.0);
        let (code, feed) = (code?, feed?);
        if !self.names.feeds.contains(&feed.value) {
            self.notes.note_at(&feed, format_args!("there is no [[feed]] {}", feed.value));
        }
        for taken in [&code].into_iter().chain(&further) {
            self.check_code(taken, &code.value);
        }
        self.names.pieces.insert(code.value.clone(), piece.map(|at| grams(at.value)));
        Some(ItemConfig { code: code.value, feed: feed.value, codes: further.into_iter().map(|at| at.value).collect() })
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

    pub(super) fn bin(&mut self, section: &mut Section<'_, '_>) -> Option<Bin> {
        let name = self.needed::<PlaceName>(section, "name");
        let item = self.needed::<ItemCode>(section, "item");
        let tare = section.number(self.notes, "tare_g", 0.0..=1_000_000.0).map_or(0.0, |at| at.value);
        let taken_to = self.optional::<Place>(section, "taken_to");
        let filled_from = self.optional::<Place>(section, "filled_from");
        let (name, item) = (name?, item?);
        if self.names.bins.contains_key(&name.value) {
            self.notes.note_at(&name, format_args!("bin {} stands here twice", name.value));
        }
        let piece = match self.names.pieces.get(&item.value) {
            Some(Some(piece)) => *piece,
            // A bin without a scale needs none; one with a scale is refused where the scale is read.
            Some(None) => Mass::ZERO,
            None => {
                self.notes.note_at(&item, format_args!("there is no [[item]] {}", item.value));
                return None;
            }
        };
        self.names.bins.insert(name.value.clone(), piece);
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
        Some(Bin {
            name: name.value,
            item: item.value,
            tare: grams(tare),
            piece,
            taken_to: taken_to.map_or(Place::Used, |at| at.value),
            filled_from: filled_from.map_or(Place::Dock, |at| at.value),
        })
    }

    pub(super) fn station(&mut self, section: &mut Section<'_, '_>) -> Option<StationConfig> {
        let name = self.needed::<DeviceName>(section, "name");
        let place = self.needed::<Place>(section, "place");
        let mode = self.optional::<Mode>(section, "mode");
        let (name, place) = (name?, place?);
        if self.names.stations.insert(name.value.clone(), place.value.clone()).is_some() {
            self.notes.note_at(&name, format_args!("station {} stands here twice", name.value));
        }
        if !place.value.is_stock() {
            self.notes.note_at(&place, "must be a place parts are kept: dock, bin:NAME or field:NAME");
        } else if let Some(mode) = &mode {
            let (from, to) = mode.value.places(&place.value);
            if Act::between(&from, &to).is_none() {
                let rule =
                    format_args!("moves parts from {from} to {to}, which nothing may; choose another mode or place");
                self.notes.note_at(mode, rule);
            }
        }
        Some(StationConfig { name: name.value, place: place.value, mode: mode.map_or(Mode::Use, |at| at.value) })
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

/// Grams as read from a file, to the microgram.
fn grams(grams: f64) -> Mass {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked: at most a tonne")]
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
