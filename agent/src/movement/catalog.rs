//! What codes mean on this site: which item a scanned code is, and whose feed an item belongs to.

use std::collections::HashMap;

use gateway_proto::name::{FeedName, ItemCode};

/// The feed of items nobody knows. It has no hub: its records are kept here.
pub const UNASSIGNED: &str = "unassigned";

/// The site's items. Every code (an item's own, a customer number, a GTIN) leads to one item; every item to one feed.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    items: HashMap<ItemCode, FeedName>,
    codes: HashMap<ItemCode, ItemCode>,
}

impl Catalog {
    /// Adds an item with the further codes that stand for it.
    pub fn add(&mut self, item: ItemCode, feed: FeedName, codes: impl IntoIterator<Item = ItemCode>) {
        for code in codes {
            self.codes.insert(code, item.clone());
        }
        self.items.insert(item, feed);
    }

    /// The item a scanned code stands for; `None` when nobody knows it.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&ItemCode> {
        match self.items.get_key_value(code) {
            Some((item, _)) => Some(item),
            None => self.codes.get(code),
        }
    }

    /// Whose feed an item belongs to; `None` for an unknown item.
    #[must_use]
    pub fn feed(&self, item: &ItemCode) -> Option<&FeedName> {
        self.items.get(item)
    }
}
