//! What planners say about a site in a folder of files: the terms that its items are planned under, and what people expect.
//!
//! Owns the forms of items.csv, site.toml, sources.csv and orders.csv (docs/planning.md); events.csv is [`crate::history`]'s. The
//! command line and the hub read them by the same code; what is read here becomes part of every answer's stamp.
//!
//! A row at fault is named and not used. Where the row says how an item may be ordered, the item is not planned at all: a
//! capacity that cannot be read must not mean "no limit". For the same reason nothing of a feed is planned while its
//! items.csv or site.toml cannot be read and was never read before. Room for terms from elsewhere, such as orders that the
//! hub itself keeps, is in [`Terms`]: whoever plans asks nobody else.

mod folders;
pub(crate) mod item;
mod order;
pub(crate) mod site;
mod source;
mod spoken;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use planning::{demand::BucketSize, replenish::plan::fingerprint};
use serde::Serialize;

pub(crate) use self::{folders::Folders, spoken::Spoken};
use self::{
    item::{Counted, ItemRow, PolicyName},
    site::SiteFile,
};
use crate::{
    feed::FeedKey,
    history::{self, Axis, Faults, HistoryError, RowFault},
    outlook::Said,
};

/// Items that a note names, at most.
const NAMED_MAX: usize = 20;

/// What is said of one feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Terms {
    /// How items may be ordered.
    pub(crate) items: BTreeMap<String, ItemRow>,
    /// Items that are not planned, since their row is at fault; why.
    pub(crate) held: BTreeMap<String, String>,
    /// Whether a row of items.csv is at fault that may be any item's.
    has_nameless: bool,
    pub(crate) site: SiteFile,
    pub(crate) said: Said,
    /// Files that cannot be read.
    pub(crate) unread: Vec<RowFault>,
    /// Whether what was read before stands in for them.
    pub(crate) is_of_before: bool,
    pub(crate) faults: Faults,
    pub(crate) notes: Vec<String>,
    /// SHA-256 of all the above; `None` where the feed has no folder.
    #[serde(skip)]
    pub(crate) fingerprint: Option<String>,
}

impl Terms {
    /// Reads the folder of a feed. Never fails: what is wrong is in the answer.
    pub(crate) fn read(folder: &Path, feed: &FeedKey) -> Self {
        let mut terms = Self::default();
        match names(folder) {
            Ok(names) => terms.read_files(folder, feed, &names),
            Err(error) => terms.miss("the planning folder", format!("cannot be read: {error}")),
        }
        terms.seal();
        terms
    }

    /// What was read before, while some file cannot be read.
    fn standing_in(mut self, unread: &Self) -> Self {
        self.unread.clone_from(&unread.unread);
        self.is_of_before = true;
        self.seal();
        self
    }

    /// Why nothing may be planned, where that is so.
    pub(crate) fn refusal(&self) -> Option<String> {
        let limits = |fault: &&RowFault| fault.file != EVENTS && fault.file != SOURCES && fault.file != ORDERS;
        let fault = self.unread.iter().find(limits).filter(|_| !self.is_of_before)?;
        Some(format!("{fault}; nothing is planned before it is known what is allowed"))
    }

    /// Why an item may not be planned, where that is so.
    pub(crate) fn refusal_of(&self, item: &str) -> Option<String> {
        let is_lost = self.has_nameless && !self.items.contains_key(item);
        self.refusal().or_else(|| self.held.get(item).cloned()).or_else(|| {
            is_lost
                .then(|| format!("has no row in {ITEMS}, where a row is at fault that may be its own; mend that one"))
        })
    }

    /// Every fault, those of whole files first.
    pub(crate) fn all_faults(&self) -> impl Iterator<Item = &RowFault> {
        self.unread.iter().chain(&self.faults.kept)
    }

    /// How many faults there are.
    pub(crate) fn fault_count(&self) -> u64 {
        self.faults.count + self.unread.len() as u64
    }

    /// What a reader should know, given the items that the feed has.
    pub(crate) fn notes(&self, is_known: impl Fn(&str) -> bool) -> Vec<String> {
        let mut notes = self.notes.clone();
        if self.is_of_before {
            notes.push("what was read before stands until every file can be read".to_owned());
        }
        let said = self.said.sources.keys().chain(self.said.orders.keys());
        let named: BTreeSet<&String> = self.items.keys().chain(said).filter(|item| !is_known(item)).collect();
        if !named.is_empty() {
            let shown: Vec<&str> = named.iter().take(NAMED_MAX).map(|item| item.as_str()).collect();
            let more = named.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("items that no movement of the feed names are not planned: {}{more}", shown.join(", ")));
        }
        notes
    }

    fn read_files(&mut self, folder: &Path, feed: &FeedKey, names: &BTreeSet<String>) {
        match SiteFile::read(folder) {
            Ok(site) => self.take_site(site),
            Err(error) => self.miss(site::NAME, format!("cannot be used: {:#}", anyhow::Error::new(error))),
        }
        if names.contains(ITEMS) {
            match item::read(&folder.join(ITEMS), PolicyName::Review, Counted::InLedger, &mut self.faults) {
                Ok(file) => self.take_items(file, feed),
                Err(error) => self.miss(ITEMS, error.what()),
            }
        }
        let spoken = Spoken {
            events: self.rows(folder, names, EVENTS, history::events),
            sources: self.rows(folder, names, SOURCES, source::read),
            orders: self.rows(folder, names, ORDERS, order::read),
        };
        // Of any size: dated periods of every size are read alike.
        let axis = Axis::Dated(BucketSize::Day);
        self.said = spoken.of(feed.name.as_str(), axis, &self.site, &mut self.faults);
    }

    /// The rows of a file that may be missing.
    fn rows<T>(
        &mut self,
        folder: &Path,
        names: &BTreeSet<String>,
        name: &str,
        read: fn(&Path, &mut Faults) -> Result<Vec<T>, HistoryError>,
    ) -> Vec<T> {
        if !names.contains(name) {
            return Vec::new();
        }
        read(&folder.join(name), &mut self.faults).unwrap_or_else(|error| {
            self.miss(name, error.what());
            Vec::new()
        })
    }

    fn take_site(&mut self, site: SiteFile) {
        if site.today.is_some() || site.horizon_days.is_some() {
            let note = "site.toml: today and horizon_days are passed over; the hub's clock and the question say them";
            self.notes.push(note.to_owned());
        }
        self.site = site;
    }

    fn take_items(&mut self, file: item::ItemFile, feed: &FeedKey) {
        if !file.passed_over.is_empty() {
            let columns = file.passed_over.join(", ");
            self.notes.push(format!("items.csv: {columns} passed over; the ledger says what is on hand"));
        }
        self.held = file.held;
        self.has_nameless = file.has_nameless;
        let mut elsewhere = 0;
        for row in file.rows {
            let is_here = row.site.as_ref().is_none_or(|site| *site == feed.site.as_str())
                && row.customer.as_ref().is_none_or(|customer| *customer == feed.name.as_str());
            if !is_here {
                elsewhere += 1;
            } else if let Some(known) = self.items.get(&row.item) {
                let why = format!("item {} is in line {} too", row.item, known.line);
                self.held.insert(row.item, format!("{ITEMS}, line {}: {why}", row.line));
                self.faults.at(ITEMS, row.line, why);
            } else {
                self.items.insert(row.item.clone(), row);
            }
        }
        if elsewhere > 0 {
            self.notes.push(format!("items.csv: {elsewhere} rows are of other sites or customers and passed over"));
        }
    }

    fn miss(&mut self, file: &str, what: String) {
        self.unread.push(RowFault { file: file.to_owned(), line: 0, what });
    }

    fn seal(&mut self) {
        // Every number was read from a text and is finite, so it has a form.
        self.fingerprint = Some(fingerprint(self).unwrap_or_default());
    }
}

/// What the files are called; each may be missing.
const ITEMS: &str = "items.csv";
const EVENTS: &str = "events.csv";
const SOURCES: &str = "sources.csv";
const ORDERS: &str = "orders.csv";

/// What is in a folder. A file that is there and cannot be opened is a fault, not a file that is not there.
fn names(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[cfg(test)]
mod tests;
