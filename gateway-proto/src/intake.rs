//! The hub's half of the feed protocol: what to do with one batch, given what is already there. Pure: the store
//! answers for known links, the caller commits and only then answers the site.
//!
//! ```text
//!                 first > through + 1 ──────────────▶ Reject gap (send from through + 1)
//!                 prev ≠ link before first ─────────▶ Reject fork
//!  batch ──▶      head does not follow ─────────────▶ Reject bad_chain
//!                 some known seq has another link ──▶ Reject fork (first that differs)
//!                 nothing beyond through ───────────▶ Known (acknowledge again)
//!                 records beyond through ───────────▶ Append the new ones
//!                 a declaration beyond through ─────▶ Lose, the chain goes on at head
//! ```

use crate::{
    answer::Rejection,
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

/// What to do with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Commit these, in order, and acknowledge through the last.
    Append(Vec<Fresh<'a>>),
    /// Everything is here already: acknowledge again, count it.
    Known,
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

/// Decides on a batch. `position` is where its feed and epoch stand, `None` for an epoch never seen. `link_at`
/// gives the link after a committed seq of that epoch; `None` where there is none because it was declared lost.
///
/// # Errors
/// Only those of `link_at`.
pub fn decide<'a, E>(
    batch: &'a Batch,
    position: Option<Position>,
    mut link_at: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Decision<'a>, E> {
    let first_link = Link::first(&batch.epoch);
    let at = position.unwrap_or(Position { through: Seq(0), head: first_link });
    if batch.first > at.through.next() {
        return Ok(Decision::Reject(Rejection::gap(at.through.next())));
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
        Load::Records(records) => records_decision(batch, records, at, known),
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
    batch: &'a Batch,
    records: &'a [RecordText],
    at: Position,
    mut known: impl FnMut(Seq) -> Result<Option<Link>, E>,
) -> Result<Decision<'a>, E> {
    let Some(mut link) = batch.prev else {
        let detail = "records without prev";
        return Ok(Decision::Reject(Rejection::new(crate::answer::Code::BadBatch, detail)));
    };
    let mut seq = batch.first.before();
    let linked: Vec<Fresh<'a>> = records
        .iter()
        .map(|text| {
            (seq, link) = (seq.next(), link.then(text.as_str()));
            Fresh { seq, text, link }
        })
        .collect();
    if link != batch.head {
        let detail = "head does not follow from prev and the records";
        return Ok(Decision::Reject(Rejection::new(crate::answer::Code::BadChain, detail)));
    }
    let old = usize::try_from(at.through.next().0.saturating_sub(batch.first.0)).unwrap_or(usize::MAX);
    let (old, fresh) = linked.split_at(old.min(linked.len()));
    // Links are chained: when the last known one agrees, all before it do. Only those of a declared loss are unknown.
    for last in old.iter().rev() {
        match known(last.seq)? {
            Some(link) if link == last.link => break,
            Some(_) => return Ok(Decision::Reject(Rejection::fork(first_difference(old, known)?))),
            None => {}
        }
    }
    if fresh.is_empty() {
        return Ok(Decision::Known);
    }
    Ok(Decision::Append(fresh.to_vec()))
}

/// The first seq whose link here is another; there is one.
fn first_difference<E>(old: &[Fresh<'_>], mut known: impl FnMut(Seq) -> Result<Option<Link>, E>) -> Result<Seq, E> {
    for candidate in old {
        if known(candidate.seq)?.is_some_and(|link| link != candidate.link) {
            return Ok(candidate.seq);
        }
    }
    Ok(old.last().map_or(Seq(0), |last| last.seq))
}

#[cfg(test)]
mod tests;
