//! What codes mean on this site: which item a scanned code is, and whose feed an item belongs to.

use std::collections::HashMap;

use gateway_proto::name::{FeedName, ItemCode};

use crate::label::gtin::Gtin;

/// The feed of items nobody knows. It has no hub: its records are kept here.
pub const UNASSIGNED: &str = "unassigned";

/// Digits of an article number in the form that all are compared in.
const ARTICLE_LEN: usize = 14;

/// The site's items. Every code (an item's own, a customer number, a GTIN) leads to one item; every item to one feed. An
/// article number is the same in all lengths it may be written in.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    items: HashMap<ItemCode, FeedName>,
    codes: HashMap<ItemCode, ItemCode>,
    articles: HashMap<Gtin, ItemCode>,
}

impl Catalog {
    /// Adds an item with the further codes that stand for it.
    pub fn add(&mut self, item: ItemCode, feed: FeedName, codes: impl IntoIterator<Item = ItemCode>) {
        self.add_article(&item, &item);
        for code in codes {
            self.add_article(&code, &item);
            self.codes.insert(code, item.clone());
        }
        self.items.insert(item, feed);
    }

    /// The item a scanned code stands for; `None` when nobody knows it. Of 14 digits also by the article number they are,
    /// in whatever length the site wrote it. Fewer digits are taken by the letter: in a symbol that carries no article
    /// numbers they may be anything.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&ItemCode> {
        match self.items.get_key_value(code) {
            Some((item, _)) => Some(item),
            None => self.codes.get(code).or_else(|| self.article(code)),
        }
    }

    /// Whose feed an item belongs to; `None` for an unknown item.
    #[must_use]
    pub fn feed(&self, item: &ItemCode) -> Option<&FeedName> {
        self.items.get(item)
    }

    fn article(&self, code: &str) -> Option<&ItemCode> {
        if code.len() != ARTICLE_LEN {
            return None;
        }
        self.articles.get(&Gtin::parse(code.as_bytes()).ok()?)
    }

    fn add_article(&mut self, code: &ItemCode, item: &ItemCode) {
        if let Ok(gtin) = Gtin::parse(code.as_str().as_bytes()) {
            self.articles.insert(gtin, item.clone());
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
        catalog.item(asked).map(ToString::to_string)
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
        assert_eq!(catalog.item("04006381333931").map(ItemCode::as_str), Some("4006381333931"));
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
}
