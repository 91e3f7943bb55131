//! The rules between facts: what may stand in a register beside what does.

use gateway_proto::name::{FeedName, ItemCode};

use super::{
    FACTS_MAX, Register,
    alias::{Alias, spellings},
    catalog::UNASSIGNED,
    fact::{Fact, Kind, Origin},
    item::Item,
    refusal::Refusal,
    rule::Rule,
};

/// The file goes first; whoever reads it next would see the change gone.
pub(super) fn in_the_file(field: &'static str) -> Refusal {
    Refusal::new(field, Rule::InTheFile)
}

impl Register {
    /// Every rule a fact breaks, if it were applied. A fact equal to what is known breaks none.
    #[must_use]
    pub fn check(&self, fact: &Fact, origin: Origin) -> Vec<Refusal> {
        let known = self.fact(fact.kind(), &fact.name());
        if known.as_ref().is_some_and(|(known, _)| known == fact) {
            return Vec::new();
        }
        let mut refusals = fact.rules();
        match &known {
            Some((known, Origin::File)) if origin == Origin::Imported => {
                refusals.push(in_the_file(first_change(known, fact)));
            }
            None if self.len(fact.kind()) >= FACTS_MAX => {
                let rule = Rule::RegisterFull { max: FACTS_MAX };
                refusals.push(Refusal::new(first_column(fact.kind()), rule));
            }
            Some(_) | None => {}
        }
        match fact {
            Fact::Item(item) => self.check_item(item, &mut refusals),
            Fact::Alias(alias) => self.check_alias(alias, &mut refusals),
            Fact::Bin(bin) => {
                self.check_known_item(&bin.item, &mut refusals);
                if let Some(container) = &bin.container
                    && !self.containers.contains_key(container)
                {
                    let rule = Rule::UnknownContainer { name: container.to_string() };
                    refusals.push(Refusal::new("container", rule));
                }
            }
            Fact::Shipment(line) => self.check_known_item(&line.item, &mut refusals),
            Fact::Container(_) | Fact::Operator(_) | Fact::Asset(_) => {}
        }
        refusals
    }

    /// What names a fact, so that it cannot go.
    pub(super) fn user(&self, kind: Kind, name: &str) -> Option<(Kind, String)> {
        match kind {
            Kind::Item => {
                let code = self.codes.get(name).and_then(|codes| codes.first());
                let bin = || self.bins.values().find(|held| held.fact.item.as_str() == name);
                let line = || self.shipments.values().find(|held| held.fact.item.as_str() == name);
                code.map(|code| (Kind::Code, code.to_string()))
                    .or_else(|| bin().map(|held| (Kind::Bin, held.fact.name.to_string())))
                    .or_else(|| line().map(|held| (Kind::Shipment, held.fact.name())))
            }
            Kind::Container => {
                let stands = |held: &&super::Held<super::Bin>| {
                    held.fact.container.as_ref().is_some_and(|container| container.as_str() == name)
                };
                self.bins.values().find(stands).map(|held| (Kind::Bin, held.fact.name.to_string()))
            }
            Kind::Code | Kind::Bin | Kind::Operator | Kind::Asset | Kind::Shipment => None,
        }
    }

    fn check_item(&self, item: &Item, refusals: &mut Vec<Refusal>) {
        let code = item.code.as_str();
        if item.feed.as_str() == UNASSIGNED {
            refusals.push(Refusal::new("feed", Rule::OwnFeed { feeds: self.feeds_to_choose() }));
        } else if !self.feeds.contains(&item.feed) {
            let rule = Rule::UnknownFeed { name: item.feed.clone(), feeds: self.feeds_to_choose() };
            refusals.push(Refusal::new("feed", rule));
        }
        if let Some(known) = self.item(code)
            && known.feed != item.feed
        {
            // What was recorded is in that vendor's feed, and what is on hand is counted there.
            refusals.push(Refusal::new("feed", Rule::FeedStays { feed: known.feed.clone() }));
        }
        if let Some(alias) = self.alias(code) {
            refusals.push(Refusal::new("code", Rule::CodeOfOther { item: alias.item.clone() }));
        }
        self.check_spellings(code, code, 1, refusals);
        let own_unit = |alias: &&Alias| alias.factor > 1 && alias.unit.as_ref() == Some(&item.unit);
        if let Some(alias) = self.codes(code).find(own_unit) {
            let rule = Rule::UnitIsPack { code: alias.code.clone(), factor: alias.factor };
            refusals.push(Refusal::new("unit", rule));
        }
    }

    fn check_alias(&self, alias: &Alias, refusals: &mut Vec<Refusal>) {
        let (code, item) = (alias.code.as_str(), alias.item.as_str());
        self.check_known_item(&alias.item, refusals);
        if code == item {
            refusals.push(Refusal::new("code", Rule::OwnCode));
        } else if self.items.contains_key(code) {
            refusals.push(Refusal::new("code", Rule::CodeIsItem));
        }
        self.check_spellings(code, item, alias.factor, refusals);
        if let Some(item) = self.item(item)
            && alias.factor > 1
            && alias.unit.as_ref() == Some(&item.unit)
        {
            let rule = Rule::PackIsUnit { unit: item.unit.clone(), factor: alias.factor };
            refusals.push(Refusal::new("unit", rule));
        }
    }

    /// An article number says the same in every length it is written in.
    fn check_spellings(&self, code: &str, item: &str, factor: u64, refusals: &mut Vec<Refusal>) {
        for written in spellings(code) {
            let (other, stands_for) = if let Some(item) = self.item(&written) {
                (&item.code, 1)
            } else if let Some(alias) = self.alias(&written) {
                (&alias.item, alias.factor)
            } else {
                continue;
            };
            if other.as_str() != item {
                refusals.push(Refusal::new("code", Rule::GtinOfOther { item: other.clone(), written }));
            } else if stands_for != factor {
                let field = if code == item { "code" } else { "factor" };
                refusals.push(Refusal::new(field, Rule::GtinOfMore { factor: stands_for, written }));
            }
        }
    }

    fn check_known_item(&self, item: &ItemCode, refusals: &mut Vec<Refusal>) {
        if self.items.contains_key(item) {
            return;
        }
        let code_of = self.alias(item.as_str()).map(|alias| alias.item.clone());
        refusals.push(Refusal::new("item", Rule::UnknownItem { name: item.clone(), code_of }));
    }

    fn feeds_to_choose(&self) -> Vec<FeedName> {
        self.feeds.iter().cloned().collect()
    }
}

fn first_column(kind: Kind) -> &'static str {
    kind.columns().first().map_or("", |column| column.name)
}

/// The first column in which two facts of a kind differ.
fn first_change(known: &Fact, fact: &Fact) -> &'static str {
    let cells = known.cells().into_iter().zip(fact.cells());
    let mut changed = fact.kind().columns().iter().zip(cells).filter(|(_, (before, after))| before != after);
    changed.next().map_or_else(|| first_column(fact.kind()), |(column, _)| column.name)
}
