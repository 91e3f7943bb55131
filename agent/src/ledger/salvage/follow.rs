//! Following: the chain of a file that is read whole at a start, record by record. SQLite sees damage to the form of its
//! pages only; a byte that changed inside a text is seen here. Pure.

use std::collections::BTreeMap;

use gateway_proto::{chain::Link, record::Seq};

use super::proof::Hole;
use crate::ledger::key::Key;

/// Follows the chains of all lives of a file, whose records come in the order of their keys.
#[derive(Debug)]
pub struct Follow {
    /// Of each life, the link after the last that was seen.
    at: BTreeMap<i64, (Seq, Link)>,
    holes: BTreeMap<(i64, Seq), Hole>,
}

/// The chain does not come out: the file is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ledger's chain is broken at record {seq} of life {life}")]
pub struct Broken {
    pub life: i64,
    pub seq: Seq,
}

impl Follow {
    /// `lives` with what was removed of each, and the link after it; `holes` as they stand in the file.
    pub fn new(
        lives: impl IntoIterator<Item = (i64, Seq, Link)>,
        holes: impl IntoIterator<Item = (i64, Hole)>,
    ) -> Self {
        Self {
            at: lives.into_iter().map(|(life, seq, link)| (life, (seq, link))).collect(),
            holes: holes.into_iter().map(|(life, hole)| ((life, hole.first), hole)).collect(),
        }
    }

    /// The next record. One of a life that is not known is none of ours; one that was removed and is kept because it was
    /// set aside has no neighbours to be proved by.
    ///
    /// # Errors
    /// [`Broken`] when records are missing where no hole is, or the link does not follow.
    pub fn record(&mut self, key: i64, link: &[u8], text: &str) -> Result<(), Broken> {
        let (life, seq) = (Key(key).life(), Key(key).seq());
        let Some((last, before)) = self.at.get_mut(&life) else { return Ok(()) };
        if seq <= *last {
            return Ok(());
        }
        while let Some(hole) = self.holes.get(&(life, last.next())).filter(|hole| hole.last < seq) {
            *last = hole.last;
            if let Some(link) = hole.link {
                *before = link;
            }
        }
        let follows = before.then(text);
        if seq != last.next() || follows.as_bytes() != link {
            return Err(Broken { life, seq: last.next() });
        }
        (*last, *before) = (seq, follows);
        Ok(())
    }
}
