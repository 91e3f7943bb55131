//! What codes mean on this site: which item a scanned code is and how many of it, and whose feed an item belongs to.
//!
//! The register boiled down to what a scan needs; made anew whenever the register changes.

use std::collections::HashMap;

use gateway_proto::name::{FeedName, ItemCode};

use super::item::Tracking;
use crate::label::gtin::Gtin;

/// The feed of items nobody knows. It has no hub: its records are kept here.
pub const UNASSIGNED: &str = "unassigned";

/// Digits of an article number in the form that all are compared in.
const ARTICLE_LEN: usize = 14;

/// The site's items. Every code (an item's own, a customer number, a GTIN) leads to one item; every item to one feed. An
/// article number is the same in all lengths it may be written in.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    items: HashMap<ItemCode, (FeedName, Tracking)>,
    codes: HashMap<ItemCode, Meant>,
    articles: HashMap<Gtin, Meant>,
}

/// What a scanned code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub item: ItemCode,
    /// Base units that one scan of the code stands for, at least 1.
    pub factor: u64,
    pub tracking: Tracking,
}

#[derive(Debug, Clone)]
struct Meant {
    item: ItemCode,
    factor: u64,
}

impl Catalog {
    /// Adds an item that is not tracked, with the further codes that stand for one of it.
    pub fn add(&mut self, item: ItemCode, feed: FeedName, codes: impl IntoIterator<Item = ItemCode>) {
        for code in codes {
            self.add_code(code, item.clone(), 1);
        }
        self.add_item(item, feed, Tracking::None);
    }

    /// Adds an item.
    pub fn add_item(&mut self, item: ItemCode, feed: FeedName, tracking: Tracking) {
        self.add_article(&item, &item, 1);
        self.items.insert(item, (feed, tracking));
    }

    /// Adds a code that stands for `factor` base units of an item.
    pub fn add_code(&mut self, code: ItemCode, item: ItemCode, factor: u64) {
        self.add_article(&code, &item, factor);
        self.codes.insert(code, Meant { item, factor });
    }

    /// The item a scanned code stands for, and how many; `None` when nobody knows it. Of 14 digits also by the article
    /// number they are, in whatever length the site wrote it. Fewer digits are taken by the letter: in a symbol that
    /// carries no article numbers they may be anything.
    #[must_use]
    pub fn lookup(&self, code: &str) -> Option<Known> {
        if let Some((item, (_, tracking))) = self.items.get_key_value(code) {
            return Some(Known { item: item.clone(), factor: 1, tracking: *tracking });
        }
        let Meant { item, factor } = self.codes.get(code).or_else(|| self.article(code))?;
        let (_, tracking) = self.items.get(item)?;
        Some(Known { item: item.clone(), factor: *factor, tracking: *tracking })
    }

    /// Whose feed an item belongs to; `None` for an unknown item.
    #[must_use]
    pub fn feed(&self, item: &ItemCode) -> Option<&FeedName> {
        self.items.get(item).map(|(feed, _)| feed)
    }

    fn article(&self, code: &str) -> Option<&Meant> {
        if code.len() != ARTICLE_LEN {
            return None;
        }
        self.articles.get(&Gtin::parse(code.as_bytes()).ok()?)
    }

    fn add_article(&mut self, code: &ItemCode, item: &ItemCode, factor: u64) {
        if let Ok(gtin) = Gtin::parse(code.as_str().as_bytes()) {
            self.articles.insert(gtin, Meant { item: item.clone(), factor });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The item that `asked` finds where one has this code.
    fn found(code: &str, asked: &str) -> Option<String> {
        let mut catalog = Catalog::default();
        catalog.add("M8".parse().unwrap(), "acme".parse().unwrap(), [code.parse().unwrap()]);
        catalog.add("SEAL".parse().unwrap(), "boltco".parse().unwrap(), []);
        catalog.lookup(asked).map(|known| known.item.to_string())
    }

    #[test]
    fn an_article_number_is_found_by_its_fourteen_digits_in_whatever_length_it_is_written() {
        for code in ["4006381333931", "04006381333931"] {
            assert_eq!(found(code, "04006381333931").as_deref(), Some("M8"), "{code}");
        }
        for code in ["036000291452", "0036000291452", "00036000291452"] {
            assert_eq!(found(code, "00036000291452").as_deref(), Some("M8"), "{code}");
        }
        assert_eq!(found("96385074", "00000096385074").as_deref(), Some("M8"));
    }

    #[test]
    fn an_items_own_code_may_be_an_article_number_too() {
        let mut catalog = Catalog::default();
        catalog.add("4006381333931".parse().unwrap(), "acme".parse().unwrap(), []);
        let known = catalog.lookup("04006381333931").unwrap();
        assert_eq!((known.item.as_str(), known.factor), ("4006381333931", 1));
    }

    #[test]
    fn eight_digits_that_are_no_article_number_are_found_by_none() {
        // The check digit would be 0.
        assert_eq!(found("12345678", "00000012345678"), None);
        assert_eq!(found("12345678", "00000012345670"), None);
        assert_eq!(found("12345678", "12345678").as_deref(), Some("M8"));
    }

    #[test]
    fn fewer_digits_are_taken_by_the_letter() {
        assert_eq!(found("04006381333931", "4006381333931"), None);
        assert_eq!(found("00000096385074", "96385074"), None);
    }

    #[test]
    fn the_code_of_a_box_stands_for_what_is_in_it() {
        let mut catalog = Catalog::default();
        let item: ItemCode = "PUMP".parse().unwrap();
        catalog.add_item(item.clone(), "acme".parse().unwrap(), Tracking::Serial);
        catalog.add_code("4006381333931".parse().unwrap(), item.clone(), 12);
        for code in ["4006381333931", "04006381333931"] {
            let known = Known { item: item.clone(), factor: 12, tracking: Tracking::Serial };
            assert_eq!(catalog.lookup(code), Some(known), "{code}");
        }
        assert_eq!(catalog.lookup("PUMP").map(|known| known.factor), Some(1));
        assert_eq!(catalog.feed(&item).map(FeedName::as_str), Some("acme"));
    }
}
