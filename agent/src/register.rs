//! What people told us about the site: items and the codes on their labels, bins, operators, assets, containers, expected
//! receipts. Pure: facts in, answers out; who keeps them (the site's file, the ledger) hands them in.
//!
//! Owns the rules between facts: every code stands for one item, every item belongs to one feed, what is named exists.
//! Every fact says where it came from; what stands in the site's file is changed there and nowhere else. Must not know
//! stock: nothing here is how much there is.
//!
//! - [`rule`] the rules and their words in each language · [`refusal`] which was broken where · [`unit`] and [`pack`] EA and BX
//! - [`row`] a fact as cells · [`item`], [`alias`], [`container`], [`bin`], [`operator`], [`asset`], [`shipment`] the facts ·
//!   [`fact`] any of them
//! - [`catalog`] what a scanned code means · [`parked`] what was recorded before anybody knew
//! - [`table`] CSV as rows · [`import`] rows as a plan · [`export`]

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::name::{FeedName, ItemCode, PlaceName, Text};

use crate::device::Mass;

pub mod refusal;
pub mod rule;
pub mod unit;

pub mod pack;
pub mod row;

pub mod alias;
pub mod asset;
pub mod bin;
pub mod container;
pub mod item;
pub mod operator;
pub mod shipment;

pub mod fact;

pub mod catalog;
pub mod parked;

pub mod table;

pub mod export;
pub mod import;

mod rules;

use alias::Alias;
use asset::Asset;
use bin::Bin;
use catalog::Catalog;
use container::Container;
use fact::{Fact, Kind, Origin};
use item::Item;
use operator::Operator;
use pack::Pack;
use refusal::{Refusal, Refused};
use rule::Rule;
use shipment::{ShipmentLine, ShipmentState};

/// What begins a command label, and so no code of a part.
pub const COMMAND: &str = "BW:";

/// Facts of one kind: a store of a hundred thousand parts is the largest there is, and its facts still fit a gateway's
/// memory.
pub const FACTS_MAX: usize = 100_000;

/// Everything the site was told. What stands in it obeys every rule.
#[derive(Debug, Clone, Default)]
pub struct Register {
    feeds: BTreeSet<FeedName>,
    items: BTreeMap<ItemCode, Held<Item>>,
    aliases: BTreeMap<ItemCode, Held<Alias>>,
    /// The codes of each item.
    codes: BTreeMap<ItemCode, BTreeSet<ItemCode>>,
    containers: BTreeMap<PlaceName, Held<Container>>,
    bins: BTreeMap<PlaceName, Held<Bin>>,
    operators: BTreeMap<Text, Held<Operator>>,
    assets: BTreeMap<PlaceName, Held<Asset>>,
    /// By [`ShipmentLine::name`], which begins with the package.
    shipments: BTreeMap<String, Held<ShipmentLine>>,
}

/// A fact and who told it.
#[derive(Debug, Clone)]
struct Held<T> {
    fact: T,
    origin: Origin,
}

/// What telling a fact came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Added,
    Changed,
    /// It was known as it is.
    Unchanged,
}

impl Register {
    /// An empty register of a site with these feeds.
    #[must_use]
    pub fn new(feeds: impl IntoIterator<Item = FeedName>) -> Self {
        Self { feeds: feeds.into_iter().collect(), ..Self::default() }
    }

    /// Takes a fact in, in place of the one of its name.
    ///
    /// # Errors
    /// [`Refused`] with every rule it breaks; the register is as before.
    pub fn apply(&mut self, fact: Fact, origin: Origin) -> Result<Applied, Refused> {
        let known = self.fact(fact.kind(), &fact.name());
        if known.as_ref().is_some_and(|(known, _)| *known == fact) {
            return Ok(Applied::Unchanged);
        }
        let refusals = self.check(&fact, origin);
        if !refusals.is_empty() {
            return Err(Refused(refusals));
        }
        self.insert(fact, origin);
        Ok(if known.is_some() { Applied::Changed } else { Applied::Added })
    }

    /// Takes a fact out. `Ok(None)` when there is none of that name.
    ///
    /// # Errors
    /// [`Refused`] where it stands in the site's file or others name it.
    pub fn remove(&mut self, kind: Kind, name: &str) -> Result<Option<Fact>, Refused> {
        let Some((fact, origin)) = self.fact(kind, name) else { return Ok(None) };
        let field = kind.columns().first().map_or("", |column| column.name);
        if origin == Origin::File {
            return Err(Refused(vec![rules::in_the_file(field)]));
        }
        if let Some((kind, name)) = self.user(kind, name) {
            return Err(Refused(vec![Refusal::new(field, Rule::NamedBy { kind, name })]));
        }
        match kind {
            Kind::Item => drop(self.items.remove(name)),
            Kind::Code => self.remove_code(name),
            Kind::Container => drop(self.containers.remove(name)),
            Kind::Bin => drop(self.bins.remove(name)),
            Kind::Operator => drop(self.operators.remove(name)),
            Kind::Asset => drop(self.assets.remove(name)),
            Kind::Shipment => drop(self.shipments.remove(name)),
        }
        Ok(Some(fact))
    }

    /// The fact of that name, and who told it.
    #[must_use]
    pub fn fact(&self, kind: Kind, name: &str) -> Option<(Fact, Origin)> {
        match kind {
            Kind::Item => self.items.get(name).map(|held| held.told(Fact::Item)),
            Kind::Code => self.aliases.get(name).map(|held| held.told(Fact::Alias)),
            Kind::Container => self.containers.get(name).map(|held| held.told(Fact::Container)),
            Kind::Bin => self.bins.get(name).map(|held| held.told(Fact::Bin)),
            Kind::Operator => self.operators.get(name).map(|held| held.told(Fact::Operator)),
            Kind::Asset => self.assets.get(name).map(|held| held.told(Fact::Asset)),
            Kind::Shipment => self.shipments.get(name).map(|held| held.told(Fact::Shipment)),
        }
    }

    /// All facts of a kind by name, and who told them.
    pub fn facts(&self, kind: Kind) -> Box<dyn Iterator<Item = (Fact, Origin)> + '_> {
        match kind {
            Kind::Item => Box::new(self.items.values().map(|held| held.told(Fact::Item))),
            Kind::Code => Box::new(self.aliases.values().map(|held| held.told(Fact::Alias))),
            Kind::Container => Box::new(self.containers.values().map(|held| held.told(Fact::Container))),
            Kind::Bin => Box::new(self.bins.values().map(|held| held.told(Fact::Bin))),
            Kind::Operator => Box::new(self.operators.values().map(|held| held.told(Fact::Operator))),
            Kind::Asset => Box::new(self.assets.values().map(|held| held.told(Fact::Asset))),
            Kind::Shipment => Box::new(self.shipments.values().map(|held| held.told(Fact::Shipment))),
        }
    }

    /// How many facts of a kind there are.
    #[must_use]
    pub fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Item => self.items.len(),
            Kind::Code => self.aliases.len(),
            Kind::Container => self.containers.len(),
            Kind::Bin => self.bins.len(),
            Kind::Operator => self.operators.len(),
            Kind::Asset => self.assets.len(),
            Kind::Shipment => self.shipments.len(),
        }
    }

    /// An item by its own code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.get(code).map(|held| &held.fact)
    }

    /// What stands for a code, by the letter. Scans ask the [`Catalog`], which knows the lengths of article numbers.
    #[must_use]
    pub fn alias(&self, code: &str) -> Option<&Alias> {
        self.aliases.get(code).map(|held| &held.fact)
    }

    /// The further codes of an item.
    pub fn codes(&self, item: &str) -> impl Iterator<Item = &Alias> {
        self.codes.get(item).into_iter().flatten().filter_map(|code| self.alias(code.as_str()))
    }

    /// The packs of an item, largest first, each once.
    #[must_use]
    pub fn packs(&self, item: &str) -> Vec<Pack> {
        let named = self.codes(item).filter_map(|alias| {
            let unit = alias.unit.clone().filter(|_| alias.factor > 1)?;
            Some(Pack { unit, factor: alias.factor })
        });
        let mut packs: Vec<Pack> = Vec::new();
        for pack in named {
            if !packs.contains(&pack) {
                packs.push(pack);
            }
        }
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.factor));
        packs
    }

    #[must_use]
    pub fn bin(&self, name: &str) -> Option<&Bin> {
        self.bins.get(name).map(|held| &held.fact)
    }

    /// All bins, by name.
    pub fn bins(&self) -> impl Iterator<Item = &Bin> {
        self.bins.values().map(|held| &held.fact)
    }

    /// All items, by code.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values().map(|held| &held.fact)
    }

    /// All kinds of container, by name.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().map(|held| &held.fact)
    }

    /// All machines, by name.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.assets.values().map(|held| &held.fact)
    }

    /// Every line that is expected and has not come in, by package and order.
    pub fn expected(&self) -> impl Iterator<Item = &ShipmentLine> {
        self.shipments.values().map(|held| &held.fact).filter(|line| line.state == ShipmentState::Open)
    }

    /// What a bin weighs empty: its own tare, else its container's, else nothing.
    #[must_use]
    pub fn tare(&self, bin: &Bin) -> Mass {
        let container = || self.container(bin.container.as_ref()?.as_str()).map(|container| container.tare);
        bin.tare.or_else(container).unwrap_or(Mass::ZERO)
    }

    #[must_use]
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.containers.get(name).map(|held| &held.fact)
    }

    /// Who wears a badge.
    #[must_use]
    pub fn operator(&self, badge: &str) -> Option<&Operator> {
        self.operators.get(badge).map(|held| &held.fact)
    }

    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.get(name).map(|held| &held.fact)
    }

    /// What is still expected in a package, by the 18 digits on it.
    pub fn expected_in(&self, sscc: &str) -> impl Iterator<Item = &ShipmentLine> {
        let first = format!("{sscc}/");
        let lines = self.shipments.range(first.clone()..).take_while(move |(name, _)| name.starts_with(&first));
        lines.map(|(_, held)| &held.fact).filter(|line| line.state == ShipmentState::Open)
    }

    /// What is still expected of an order.
    pub fn expected_of(&self, order: &str) -> impl Iterator<Item = &ShipmentLine> {
        let lines = self.shipments.values().map(|held| &held.fact);
        lines.filter(move |line| line.order.as_str() == order && line.state == ShipmentState::Open)
    }

    /// What codes mean, for scans.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        for Held { fact: item, .. } in self.items.values() {
            catalog.add_item(item.code.clone(), item.feed.clone(), item.tracking);
        }
        for Held { fact: alias, .. } in self.aliases.values() {
            catalog.add_code(alias.code.clone(), alias.item.clone(), alias.factor);
        }
        catalog
    }

    fn insert(&mut self, fact: Fact, origin: Origin) {
        match fact {
            Fact::Item(fact) => drop(self.items.insert(fact.code.clone(), Held { fact, origin })),
            Fact::Alias(fact) => {
                self.remove_code(fact.code.as_str());
                self.codes.entry(fact.item.clone()).or_default().insert(fact.code.clone());
                self.aliases.insert(fact.code.clone(), Held { fact, origin });
            }
            Fact::Container(fact) => drop(self.containers.insert(fact.name.clone(), Held { fact, origin })),
            Fact::Bin(fact) => drop(self.bins.insert(fact.name.clone(), Held { fact, origin })),
            Fact::Operator(fact) => drop(self.operators.insert(fact.badge.clone(), Held { fact, origin })),
            Fact::Asset(fact) => drop(self.assets.insert(fact.name.clone(), Held { fact, origin })),
            Fact::Shipment(fact) => drop(self.shipments.insert(fact.name(), Held { fact, origin })),
        }
    }

    fn remove_code(&mut self, code: &str) {
        if let Some(held) = self.aliases.remove(code)
            && let Some(codes) = self.codes.get_mut(held.fact.item.as_str())
        {
            codes.remove(code);
            if codes.is_empty() {
                self.codes.remove(held.fact.item.as_str());
            }
        }
    }
}

impl<T: Clone> Held<T> {
    fn told(&self, fact: fn(T) -> Fact) -> (Fact, Origin) {
        (fact(self.fact.clone()), self.origin)
    }
}

#[cfg(test)]
mod tests;
