//! The hub's half of the feed protocol: what to do with one batch, given what is already there. Pure: the store
//! answers for known links, the caller commits and only then answers the site.
//!
//! Two steps, so that a hub can take the first, which needs nothing but the batch, before the batch waits for its turn:
//!
//! ```text
//!  batch ──check──▶ head does not follow ───────────▶ Reject bad_chain
//!     │
//!   Links ─decide─▶ ahead, first > through + 1 ─────▶ Ahead (show them, they come again)
//!                   first > through + 1 ────────────▶ Reject gap (send from through + 1)
//!                   prev ≠ link before first ───────▶ Reject fork
//!                   some known seq has another link ▶ Reject fork (first that differs)
//!                   nothing beyond through ─────────▶ Known (acknowledge again)
//!                   records beyond through ─────────▶ Append the new ones
//!                   a declaration beyond through ───▶ Lose, the chain goes on at head
//! ```

use crate::{
    answer::{Code, Rejection},
    batch::{Batch, Load, Lost},
    chain::Link,
    record::{RecordText, Seq},
};

/// How far a feed's epoch has come at the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Everything up to here is committed.
    pub through: Seq,
    /// The link after `through`.
    pub head: Link,
}

/// The link after each record of a batch whose head follows from them; none for a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links(Vec<Link>);

/// What to do with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Commit these, in order, and acknowledge through the last.
    Append(Vec<Fresh<'a>>),
    /// Everything is here already: acknowledge again, count it.
    Known,
    /// Show these and acknowledge nothing: what lies between has not come yet, and they come again after it.
    Ahead(Vec<Fresh<'a>>),
    /// Note `from..=lost.to` as declared lost; the chain goes on with `head`.
    Lose { from: Seq, lost: &'a Lost, head: Link },
    /// Commit nothing.
    Reject(Rejection),
}

/// A record that was not here before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh<'a> {
    pub seq: Seq,
    pub text: &'a RecordText,
    /// The link after this record.
    pub link: Link,
}

impl Links {
    /// Follows the chain through a batch.
    ///
    /// # Errors
    /// The rejection for a batch that was damaged under way, or that has records without `prev`.
    pub fn follow(batch: &Batch) -> Result<Self, Rejection> {
        let Load::Records(records) = &batch.load else { return Ok(Self(Vec::new())) };
        let Some(prev) = batch.prev else {
            return Err(Rejection::new(Code::BadBatch, "records without prev"));
        };
        let mut links = Vec::with_capacity(records.len());
        let mut link = prev;
        for text in records {
            link = link.then(text.as_str());
            links.push(link);
        }
        if link != batch.head {
            return Err(Rejection::new(Code::BadChain, "head does not follow from prev and the records"));
        }
        Ok(Self(links))
    }

    /// The records from the n-th on, with their links.
    fn fresh<'a>(&self, first: Seq, records: &'a [RecordText], n: usize) -> Vec<Fresh<'a>> {
        let seqs = (first.0..).map(Seq);
        let linked = seqs.zip(records).zip(&self.0).skip(n);
        linked.map(|((seq, text), &link)| Fresh { seq, text, link }).collect()
    }
}

/// Decides on a batch. `position` is where its feed and epoch stand, `None` for an epoch never seen. `link_at`
/// gives the link after a committed seq of that epoch; `None` where there is none because it was declared lost.
///
/// # Errors
/// Only those of `link_at`.
pub fn decide<'a, E>(
    batch: &'a Batch,
    position: Option<Position>,
    link_at: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Decision<'a>, E> {
    match Links::follow(batch) {
        Ok(links) => decide_linked(batch, &links, position, link_at),
        Err(rejection) => Ok(Decision::Reject(rejection)),
    }
}

/// As [`decide`], for a batch whose chain was followed before. `links` must be those of this batch.
///
/// # Errors
/// Only those of `link_at`.
pub fn decide_linked<'a, E>(
    batch: &'a Batch,
    links: &Links,
    position: Option<Position>,
    mut link_at: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Decision<'a>, E> {
    let first_link = Link::first(&batch.epoch);
    let at = position.unwrap_or(Position { through: Seq(0), head: first_link });
    if batch.first > at.through.next() {
        return Ok(match &batch.load {
            Load::Records(records) if batch.ahead => Decision::Ahead(links.fresh(batch.first, records, 0)),
            Load::Records(_) | Load::Lost(_) => Decision::Reject(Rejection::gap(at.through.next())),
        });
    }
    let mut known = |seq: Seq| -> Result<Option<Link>, E> {
        Ok(match seq {
            Seq(0) => Some(first_link),
            seq if seq == at.through => Some(at.head),
            seq => link_at(seq)?,
        })
    };
    let before = batch.first.before();
    // Inside a declared loss there is no link to compare with; the records that are known have theirs.
    if let (Some(here), Some(prev)) = (known(before)?, batch.prev)
        && here != prev
    {
        return Ok(Decision::Reject(Rejection::fork(before)));
    }
    match &batch.load {
        Load::Records(records) => records_decision(batch.first, links, records, at, known),
        Load::Lost(lost) if lost.to > at.through => {
            Ok(Decision::Lose { from: at.through.next(), lost, head: batch.head })
        }
        Load::Lost(lost) => match known(lost.to)? {
            Some(here) if here != batch.head => Ok(Decision::Reject(Rejection::fork(batch.first))),
            _ => Ok(Decision::Known),
        },
    }
}

fn records_decision<'a, E>(
    first: Seq,
    links: &Links,
    records: &'a [RecordText],
    at: Position,
    mut known: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Decision<'a>, E> {
    let old = usize::try_from(at.through.next().0.saturating_sub(first.0)).unwrap_or(usize::MAX);
    let old = &links.0[..old.min(links.0.len())];
    // Links are chained: when the last known one agrees, all before it do. Only those of a declared loss are unknown.
    for (i, link) in old.iter().enumerate().rev() {
        match known(Seq(first.0 + i as u64))? {
            Some(here) if here == *link => break,
            Some(_) => return Ok(Decision::Reject(Rejection::fork(first_difference(first, old, known)?))),
            None => {}
        }
    }
    if old.len() == records.len() {
        return Ok(Decision::Known);
    }
    Ok(Decision::Append(links.fresh(first, records, old.len())))
}

/// The first seq whose link here is another; there is one.
fn first_difference<E>(
    first: Seq,
    old: &[Link],
    mut known: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Seq, E> {
    let mut seq = first.before();
    for link in old {
        seq = seq.next();
        if known(seq)?.is_some_and(|here| here != *link) {
            return Ok(seq);
        }
    }
    Ok(seq)
}

#[cfg(test)]
mod tests;
