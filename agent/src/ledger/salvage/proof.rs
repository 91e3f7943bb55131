//! Proof: which of the records that were found are exactly those that were recorded. Pure.
//!
//! A record whose link is `sha256(link before ‖ text)` for a link that stands before it is exact, and so is that link: no
//! damage makes a hash come out. What cannot be proved so is not a record:
//!
//! ```text
//!   link, text of n−1 │ link, text of n
//!   proved            │ follows               → n is exact
//!   proved            │ does not follow       → n's text with the link that it comes to is exact if n+1 follows from that
//!   nothing there     │ whatever              → n's link is exact if n+1 follows from it; its text nobody can prove:
//!                                               the hole ends at n
//! ```

use std::collections::BTreeMap;

use gateway_proto::{
    chain::Link,
    record::{Record, Seq},
};

use super::rows::{Found, Place, VERSIONS_MAX};

/// What of one life is proved.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// In order, with gaps exactly where `holes` are.
    pub(super) records: Vec<Place>,
    /// In order, all but the last followed by a proved record.
    pub(super) holes: Vec<Hole>,
    /// The last seq that is proved or before a proved one, and the link after it.
    pub(super) end: Seq,
    pub(super) end_link: Option<Link>,
    /// Which of the beginnings was the right one.
    pub(super) beginning: Option<usize>,
    /// Records behind `end` that stand there and cannot be proved: their seqs, with the link that is written there.
    pub(super) unproved: Vec<(Seq, Link)>,
}

/// Seqs without a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    pub first: Seq,
    pub last: Seq,
    /// Where the chain goes on after `last`; `None` where nothing says so.
    pub link: Option<Link>,
}

/// What the link after a seq may be.
struct Step {
    link: Link,
    kind: StepKind,
    beginning: Option<usize>,
}

enum StepKind {
    /// The chain begins here.
    Beginning,
    /// Proved.
    Exact,
    /// The link that this record's text comes to; another one is written there.
    Computed(Place),
    /// The link that is written there; what led to it is not known.
    Written,
}

/// Proves the records of one life behind `after`. `beginnings` are what the link after `after` may be. `holes` are those of an
/// earlier salvage: where each ends, and the link after it. `places` are sorted by key; `read` gives what stands there.
pub(super) fn prove(
    after: Seq,
    beginnings: &[Link],
    holes: &BTreeMap<u64, Link>,
    places: &[Place],
    mut read: impl FnMut(&Place) -> Option<Found>,
) -> Proof {
    let mut proof = Proof { end: after, ..Proof::default() };
    if let [one] = beginnings {
        proof.end_link = Some(*one);
    }
    let beginning = |(i, link): (usize, &Link)| Step { link: *link, kind: StepKind::Beginning, beginning: Some(i) };
    let mut before: (u64, Vec<Step>) = (after.0, beginnings.iter().enumerate().map(beginning).collect());
    for versions in places.chunk_by(|a, b| a.key == b.key) {
        let seq = versions[0].seq();
        if seq <= after.0 {
            continue;
        }
        let mut found: Vec<(Place, Found)> = Vec::new();
        for place in versions {
            if let Some(record) = read(place)
                && found.len() < VERSIONS_MAX
                && !found.iter().any(|(_, known)| known.link == record.link && known.text == record.text)
            {
                found.push((*place, record));
            }
        }
        if before.0 + 1 != seq {
            let after_hole = |link: &Link| Step { link: *link, kind: StepKind::Written, beginning: None };
            before.1 = holes.get(&(seq - 1)).map(after_hole).into_iter().collect();
        }
        let follows = before.1.iter().find_map(|step| {
            let exact = found.iter().find(|(_, record)| step.link.then(&record.text) == record.link);
            exact.map(|(place, record)| (step, *place, record))
        });
        before = if let Some((step, place, record)) = follows {
            proof.settle(Seq(seq - 1), step);
            proof.keep(place, record);
            (seq, vec![Step { link: record.link, kind: StepKind::Exact, beginning: step.beginning }])
        } else {
            let mut steps = Vec::new();
            for step in before.1.iter().filter(|step| matches!(step.kind, StepKind::Beginning | StepKind::Exact)) {
                steps.extend(found.iter().map(|(place, record)| Step {
                    link: step.link.then(&record.text),
                    kind: StepKind::Computed(*place),
                    beginning: step.beginning,
                }));
            }
            steps.extend(found.iter().map(|(_, record)| Step {
                link: record.link,
                kind: StepKind::Written,
                beginning: None,
            }));
            steps.truncate(2 * VERSIONS_MAX);
            proof.unproved.extend(found.iter().map(|(_, record)| (Seq(seq), record.link)));
            (seq, steps)
        };
    }
    let end = proof.end;
    proof.unproved.retain(|(seq, _)| *seq > end);
    proof
}

impl Proof {
    /// What stands before a record that follows from `step` is settled by that.
    fn settle(&mut self, seq: Seq, step: &Step) {
        self.beginning = self.beginning.or(step.beginning);
        match step.kind {
            StepKind::Beginning | StepKind::Exact => {}
            StepKind::Computed(place) => {
                self.records.push(place);
                (self.end, self.end_link) = (seq, Some(step.link));
            }
            StepKind::Written => self.hole(seq, step.link),
        }
    }

    fn keep(&mut self, place: Place, record: &Found) {
        let seq = Seq(place.seq());
        // It is what was recorded, and yet no record: nothing writes such a thing, and nothing could read it.
        if Record::parse(&record.text).is_err() {
            return self.hole(seq, record.link);
        }
        self.records.push(place);
        (self.end, self.end_link) = (seq, Some(record.link));
    }

    fn hole(&mut self, last: Seq, link: Link) {
        let link = Some(link);
        match self.holes.last_mut() {
            Some(hole) if hole.last == self.end => (hole.last, hole.link) = (last, link),
            _ => self.holes.push(Hole { first: self.end.next(), last, link }),
        }
        (self.end, self.end_link) = (last, link);
    }
}
