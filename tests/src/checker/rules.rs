//! What must hold, one function a rule; each hands back what breaks it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Evidence, Kind, Violation,
    book::{Book, Moved, Row, Strand},
};
use crate::{chain, emitted::Part, hub::FeedHealth, site::status::UNASSIGNED};

/// Item and place → base units.
type Totals = BTreeMap<(String, String), i64>;

pub(super) fn files_are_sound(run: &Evidence<'_>) -> Vec<Violation> {
    let files = [("ledger", &run.ledger), ("store", &run.store)];
    let damaged = files.iter().filter(|(_, book)| book.integrity != "ok");
    damaged.map(|(name, book)| violation(Kind::Damaged, format!("{name}: {}", book.integrity))).collect()
}

/// Seqs count from 1, and each link follows from the one before, on both sides.
pub(super) fn chains_hold(run: &Evidence<'_>) -> Vec<Violation> {
    let both = run.ledger.strands.iter().map(|s| ("ledger", s)).chain(run.store.strands.iter().map(|s| ("store", s)));
    both.filter_map(|(side, strand)| broken_at(strand).map(|what| (side, strand, what)))
        .map(|(side, strand, what)| {
            violation(Kind::BrokenChain, format!("{side}, feed {} epoch {}: {what}", strand.feed, strand.epoch))
        })
        .collect()
}

fn broken_at(strand: &Strand) -> Option<String> {
    let mut link = chain::first(&strand.epoch);
    for (index, row) in strand.rows.iter().enumerate() {
        if row.seq != index as u64 + 1 {
            return Some(format!("seq {} stands where {} belongs", row.seq, index + 1));
        }
        link = chain::after(&link, &row.text);
        if link != row.link {
            return Some(format!("seq {}: link {} should be {}", row.seq, chain::hex(&row.link), chain::hex(&link)));
        }
    }
    None
}

/// A ⊆ L: under the seq that was said, or as often as it was said where a later epoch has counted anew. After a restore the
/// ledger has lost some of it, and the hub must have those.
pub(super) fn accepted_is_in_the_ledger(run: &Evidence<'_>) -> Vec<Violation> {
    let books: &[&Book] = if run.is_restored { &[&run.ledger, &run.store] } else { &[&run.ledger] };
    let mut numbered: BTreeSet<(&str, u64, Part)> = BTreeSet::new();
    let mut counted: BTreeMap<(&str, Part), u32> = BTreeMap::new();
    for strand in books.iter().flat_map(|book| &book.strands) {
        for (row, moved) in strand.rows.iter().filter_map(|row| Some((row, Moved::read(&row.text)?))) {
            let part = Part::new(moved.item, moved.qty);
            *counted.entry((&strand.feed, part.clone())).or_default() += 1;
            numbered.insert((&strand.feed, row.seq, part));
        }
    }
    let epochs = |feed: &str| run.ledger.strands.iter().filter(|strand| strand.feed == feed).count();
    let mut lost = Vec::new();
    for accepted in &run.accepted {
        let feed = accepted.feed.as_str();
        let part = Part::new(accepted.item.clone(), accepted.qty);
        let is_there = if run.is_restored {
            counted.contains_key(&(feed, part))
        } else if epochs(feed) > 1 {
            counted.get_mut(&(feed, part)).is_some_and(|left| {
                let is_left = *left > 0;
                *left = left.saturating_sub(1);
                is_left
            })
        } else {
            numbered.contains(&(feed, accepted.seq, part))
        };
        if !is_there {
            lost.push(violation(Kind::Lost, format!("accepted and not in the ledger: {accepted:?}")));
        }
    }
    lost
}

/// L ⊆ H and, but for a restored ledger, H ⊆ L: the same texts under the same seqs. Unknown items stay at home.
pub(super) fn ledger_is_at_the_hub(run: &Evidence<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for strand in &run.ledger.strands {
        let at_hub = run.store.strands.iter().find(|other| other.feed == strand.feed && other.epoch == strand.epoch);
        let at_hub: &[Row] = at_hub.map_or(&[], |strand| &strand.rows);
        let name = format!("feed {} epoch {}", strand.feed, strand.epoch);
        if strand.feed == UNASSIGNED {
            if !at_hub.is_empty() {
                wrong.push(violation(Kind::Invented, format!("{name} was sent")));
            }
            continue;
        }
        for (index, row) in strand.rows.iter().enumerate() {
            match at_hub.get(index) {
                None => wrong.push(violation(Kind::Lost, format!("{name} seq {} is not at the hub", row.seq))),
                Some(other) if other.text != row.text => {
                    let what = format!("{name} seq {}: {} here, {} there", row.seq, row.text, other.text);
                    wrong.push(violation(Kind::Differs, what));
                }
                Some(_) => {}
            }
        }
        if at_hub.len() > strand.rows.len() && !run.is_restored {
            let more = at_hub.len() - strand.rows.len();
            wrong.push(violation(Kind::Invented, format!("{name}: {more} records only the hub has")));
        }
    }
    if !run.is_restored {
        let epochs: BTreeSet<&str> = run.ledger.strands.iter().map(|strand| strand.epoch.as_str()).collect();
        let foreign = run.store.strands.iter().filter(|strand| !epochs.contains(strand.epoch.as_str()));
        wrong.extend(foreign.map(|strand| violation(Kind::Invented, format!("epoch {} at the hub", strand.epoch))));
    }
    wrong
}

/// H ⊆ G without doubles, and everything promised is in H; what has no vendor is in the ledger instead.
pub(super) fn each_scan_is_there_as_often_as_meant(run: &Evidence<'_>) -> Vec<Violation> {
    let at_hub = run.seen.iter().map(|seen| seen.record.get());
    let at_home = run.ledger.rows(UNASSIGNED).map(|row| row.text.as_str());
    let mut there: HashMap<Part, u32> = HashMap::new();
    for part in at_hub.chain(at_home).filter_map(Moved::read).filter_map(|moved| moved.part()) {
        *there.entry(part).or_default() += 1;
    }
    let (meant, promised) = (run.emitted.meant(), run.emitted.promised());
    let mut wrong = Vec::new();
    for (part, &often) in &there {
        match meant.get(part) {
            None => wrong.push(violation(Kind::Invented, format!("nobody scanned {part:?}"))),
            Some(&meant) if often > meant => {
                wrong.push(violation(Kind::Doubled, format!("{part:?} is there {often} times, meant were {meant}")));
            }
            Some(_) => {}
        }
    }
    for (part, &owed) in &promised {
        let often = there.get(part).copied().unwrap_or(0);
        if often < owed {
            wrong.push(violation(Kind::Lost, format!("{part:?} is there {often} times, promised were {owed}")));
        }
    }
    wrong
}

/// A weighed bin has gone through levels that were really there, and ended at the last.
pub(super) fn levels_are_those_that_were(run: &Evidence<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for ((item, bin), levels) in run.emitted.levels() {
        let place = format!("bin:{bin}");
        let mut level = 0;
        for moved in run.seen.iter().filter_map(|seen| Moved::read(seen.record.get())) {
            if moved.item != item || moved.part().is_some() {
                continue;
            }
            level += if moved.to == place { moved.signed() } else { -moved.signed() };
            if !u64::try_from(level).is_ok_and(|level| levels.contains(&level)) {
                wrong.push(violation(Kind::Invented, format!("{bin} never held {level} of {item}")));
            }
        }
        let last = levels.last().copied().unwrap_or(0);
        if u64::try_from(level) != Ok(last) {
            wrong.push(violation(Kind::Differs, format!("{bin} holds {last} of {item}, the hub says {level}")));
        }
    }
    wrong
}

/// What the hub shows is what it has; its totals are the ledger's; it calls the chain whole.
pub(super) fn views_agree(
    run: &Evidence<'_>,
    site: &str,
    held: &BTreeMap<(String, String, String, String), i64>,
    health: &[FeedHealth],
) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut shown: Vec<_> = run.seen.iter().map(|s| (&*s.feed, &*s.epoch, s.seq, s.record.get())).collect();
    let mut kept = Vec::new();
    for strand in &run.store.strands {
        let applied = strand.rows.iter().filter(|row| row.is_applied);
        kept.extend(applied.map(|row| (&*strand.feed, &*strand.epoch, row.seq, &*row.text)));
    }
    shown.sort_unstable();
    kept.sort_unstable();
    if shown != kept {
        let what = format!("the API shows {} movements, the store has {}", shown.len(), kept.len());
        wrong.push(violation(Kind::Differs, what));
    }
    for feed in run.store.feeds() {
        let says = held.iter().filter(|((of_site, of_feed, ..), _)| of_site == site && of_feed == feed);
        let says: Totals = says.map(|((.., item, place), qty)| ((item.clone(), place.clone()), *qty)).collect();
        let shown = run.seen.iter().filter(|seen| seen.feed == feed).map(|seen| seen.record.get());
        let ledger = run.ledger.rows(feed).map(|row| row.text.as_str());
        let (of_shown, of_ledger) = (totals(shown), totals(ledger));
        if says != of_shown {
            wrong.push(violation(Kind::Differs, format!("feed {feed}: on-hand {says:?} is not the fold of movements")));
        }
        if of_shown != of_ledger && !run.is_restored {
            wrong
                .push(violation(Kind::Differs, format!("feed {feed}: {of_shown:?} at the hub, {of_ledger:?} at home")));
        }
    }
    for feed in health.iter().filter(|feed| feed.site == site && feed.records > 0) {
        if feed.chain != "whole" && !run.is_restored {
            wrong.push(violation(Kind::BrokenChain, format!("the hub calls feed {} {}", feed.feed, feed.chain)));
        }
    }
    wrong
}

/// What the agent says it holds is the fold of its own ledger; of one that was put back, of all that its hub has beside it, too.
pub(super) fn on_hand_is_the_fold(says: &str, ledger: &Book, store: Option<&Book>) -> Vec<Violation> {
    let says: BTreeMap<String, BTreeMap<String, i64>> = serde_json::from_str(says).expect("the agent's on-hand");
    let flat = says.into_iter().flat_map(|(item, places)| {
        places.into_iter().map(move |(place, qty)| ((item.clone(), place), qty)).collect::<Vec<_>>()
    });
    let says: Totals = flat.filter(|(_, qty)| *qty != 0).collect();
    let of = |book: &Book| -> BTreeMap<(String, String, u64), String> {
        let named = book.strands.iter().flat_map(|strand| strand.rows.iter().map(move |row| (strand, row)));
        named.map(|(at, row)| ((at.feed.clone(), at.epoch.clone(), row.seq), row.text.clone())).collect()
    };
    let mut records = store.map(of).unwrap_or_default();
    records.extend(of(ledger));
    let folded = totals(records.values().map(String::as_str));
    if says == folded {
        return Vec::new();
    }
    vec![violation(Kind::Differs, format!("the agent says {says:?}, its ledger {folded:?}"))]
}

/// The fold of record texts. Zeros are left out.
fn totals<'t>(texts: impl Iterator<Item = &'t str>) -> Totals {
    let mut totals = Totals::new();
    for moved in texts.filter_map(Moved::read) {
        let qty = moved.signed();
        *totals.entry((moved.item.clone(), moved.from)).or_default() -= qty;
        *totals.entry((moved.item, moved.to)).or_default() += qty;
    }
    totals.retain(|_, qty| *qty != 0);
    totals
}

fn violation(kind: Kind, what: String) -> Violation {
    Violation { kind, what }
}
