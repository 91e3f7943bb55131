//! The rules between facts: what may stand in a register beside what does.

use super::{
    FACTS_MAX, Register,
    alias::{Alias, spellings},
    catalog::UNASSIGNED,
    fact::{Fact, Kind, Origin},
    item::Item,
    refusal::{Refusal, shown},
    row::{alternatives, unknown},
};

/// The file goes first; whoever reads it next would see the change gone.
pub(super) fn in_the_file(field: &'static str) -> Refusal {
    Refusal::new(field, "stands in the site's file", "change it there")
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
                let rule = format!("would be one more than {FACTS_MAX}, as many as a register holds");
                refusals.push(Refusal::new(first_column(fact.kind()), rule, "remove what is no longer kept"));
            }
            Some(_) | None => {}
        }
        match fact {
            Fact::Item(item) => self.check_item(item, &mut refusals),
            Fact::Alias(alias) => self.check_alias(alias, &mut refusals),
            Fact::Bin(bin) => {
                self.check_known_item(bin.item.as_str(), &mut refusals);
                if let Some(container) = &bin.container
                    && !self.containers.contains_key(container)
                {
                    let rule = unknown("container", container.as_str());
                    refusals.push(Refusal::new("container", rule, "import it with containers.csv first"));
                }
            }
            Fact::Shipment(line) => self.check_known_item(line.item.as_str(), &mut refusals),
            Fact::Container(_) | Fact::Operator(_) | Fact::Asset(_) => {}
        }
        refusals
    }

    /// What names a fact, so that it cannot go.
    pub(super) fn user(&self, kind: Kind, name: &str) -> Option<String> {
        match kind {
            Kind::Item => {
                let code = self.codes.get(name).and_then(|codes| codes.first());
                let bin = || self.bins.values().find(|held| held.fact.item.as_str() == name);
                let line = || self.shipments.values().find(|held| held.fact.item.as_str() == name);
                code.map(|code| format!("code {}", shown(code.as_str())))
                    .or_else(|| bin().map(|held| format!("bin {}", held.fact.name)))
                    .or_else(|| line().map(|held| format!("shipment {}", held.fact.name())))
            }
            Kind::Container => {
                let stands = |held: &&super::Held<super::Bin>| {
                    held.fact.container.as_ref().is_some_and(|container| container.as_str() == name)
                };
                self.bins.values().find(stands).map(|held| format!("bin {}", held.fact.name))
            }
            Kind::Code | Kind::Bin | Kind::Operator | Kind::Asset | Kind::Shipment => None,
        }
    }

    fn check_item(&self, item: &Item, refusals: &mut Vec<Refusal>) {
        let code = item.code.as_str();
        if item.feed.as_str() == UNASSIGNED {
            let rule = "is the agent's own feed of items that nobody knows";
            refusals.push(Refusal::new("feed", rule, self.feeds_to_choose()));
        } else if !self.feeds.contains(&item.feed) {
            let rule = unknown("feed", item.feed.as_str());
            refusals.push(Refusal::new("feed", rule, self.feeds_to_choose()));
        }
        if let Some(known) = self.item(code)
            && known.feed != item.feed
        {
            // What was recorded is in that vendor's feed, and what is on hand is counted there.
            let rule = format!("cannot change: what was recorded of the item stands in the feed of {}", known.feed);
            let remedy = "give the other vendor's part a code of its own";
            refusals.push(Refusal::new("feed", rule, remedy));
        }
        if let Some(alias) = self.alias(code) {
            let rule = format!("stands for item {} already", shown(alias.item.as_str()));
            refusals.push(Refusal::new("code", rule, "choose another code, or remove that one from codes first"));
        }
        self.check_spellings(code, code, 1, refusals);
        let own_unit = |alias: &&Alias| alias.factor > 1 && alias.unit.as_ref() == Some(&item.unit);
        if let Some(alias) = self.codes(code).find(own_unit) {
            let rule = format!("is what code {} calls {} of them", shown(alias.code.as_str()), alias.factor);
            refusals.push(Refusal::new("unit", rule, "give the pack another unit, BX say"));
        }
    }

    fn check_alias(&self, alias: &Alias, refusals: &mut Vec<Refusal>) {
        let (code, item) = (alias.code.as_str(), alias.item.as_str());
        self.check_known_item(item, refusals);
        if code == item {
            refusals.push(Refusal::new("code", "is the item's own code", "leave the row out: it is known by it"));
        } else if self.items.contains_key(code) {
            refusals.push(Refusal::new("code", "is the code of another item", "choose another code"));
        }
        self.check_spellings(code, item, alias.factor, refusals);
        if let Some(item) = self.item(item)
            && alias.factor > 1
            && alias.unit.as_ref() == Some(&item.unit)
        {
            let rule = format!("is {}, the item's base unit, of which the code stands for {}", item.unit, alias.factor);
            refusals.push(Refusal::new("unit", rule, "give the pack another unit, BX say"));
        }
    }

    /// An article number says the same in every length it is written in.
    fn check_spellings(&self, code: &str, item: &str, factor: u64, refusals: &mut Vec<Refusal>) {
        for written in spellings(code) {
            let (other, stands_for) = if self.items.contains_key(written.as_str()) {
                (written.as_str(), 1)
            } else if let Some(alias) = self.alias(&written) {
                (alias.item.as_str(), alias.factor)
            } else {
                continue;
            };
            if other != item {
                let rule = format!("stands for item {} already, written as {written} there", shown(other));
                refusals.push(Refusal::new("code", rule, "a GTIN is the same in all lengths: correct one of the two"));
            } else if stands_for != factor {
                let rule = format!("stands for {stands_for} already, written as {written} there");
                let field = if code == item { "code" } else { "factor" };
                refusals.push(Refusal::new(field, rule, "a GTIN is the same in all lengths: remove one of the two"));
            }
        }
    }

    fn check_known_item(&self, item: &str, refusals: &mut Vec<Refusal>) {
        if self.items.contains_key(item) {
            return;
        }
        let remedy = match self.alias(item) {
            Some(alias) => format!("it is a code of {0}; write {0}", shown(alias.item.as_str())),
            None => "import it with items.csv first".to_owned(),
        };
        refusals.push(Refusal::new("item", unknown("item", item), remedy));
    }

    fn feeds_to_choose(&self) -> String {
        if self.feeds.is_empty() {
            return "add a [[feed]] to the site's file first".to_owned();
        }
        let feeds: Vec<_> = self.feeds.iter().map(gateway_proto::name::FeedName::as_str).collect();
        format!("write {}, or add a [[feed]] to the site's file", alternatives(&feeds))
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
