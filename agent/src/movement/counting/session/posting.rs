//! The end of a session: what the ledger records of it, and where its scales go on from.

use gateway_proto::{name::Text, place::Place, time::WallTime};

use super::{
    super::{Anchor, Facts, Kept, Line, LineNo, Outcome, Post, PostKey, Refusal, Told, Warning},
    CountSession, State, is_settled,
};

impl CountSession {
    pub(super) fn complete(&mut self, by: &Text, at: WallTime) -> Result<Outcome, Refusal> {
        let open = self.standings().filter(|standing| !is_settled(*standing)).count();
        if open > 0 {
            return Err(Refusal::NotSettled(open));
        }
        let silent = self.lines.iter().filter(|line| line.lacks_reason(&self.tolerance)).count();
        if silent > 0 {
            return Err(Refusal::NeedsReason(silent));
        }
        // Said again, it is the same review as the first time.
        let (by, at) = self.reviewed.get_or_insert_with(|| (by.clone(), at)).clone();
        self.state = State::Completed;
        let posts: Vec<Post> = self.numbered().filter_map(|(number, line)| self.post(number, line, &by, at)).collect();
        let anchors = self.lines.iter().filter_map(|line| self.anchor(line)).collect();
        let own = |line: &Line| {
            line.settled(&self.tolerance).is_some_and(|tally| line.exceeds(tally, &self.tolerance))
                && line.tallies().iter().all(|tally| tally.by == by)
        };
        let warnings = if self.lines.iter().any(own) { vec![Warning::OwnReview] } else { Vec::new() };
        let corrections = posts.iter().filter(|post| post.delta != 0).count();
        let told = Told::Completed { lines: posts.len(), corrections };
        Ok(Outcome { state: self.state, told, warnings, posts, anchors })
    }

    fn post(&self, number: LineNo, line: &Line, by: &Text, at: WallTime) -> Option<Post> {
        let tally = line.settled(&self.tolerance)?;
        let explained = line.reason.as_ref();
        Some(Post {
            key: PostKey { session: self.id.clone(), line: number },
            item: line.item.clone(),
            place: line.place.clone(),
            delta: tally.variance(),
            reason: explained.map(|explained| explained.reason),
            note: explained.and_then(|explained| explained.note.clone()),
            facts: Facts {
                counted: tally.pieces(),
                expected: tally.snapshot.books,
                at: tally.snapshot.at,
                by: tally.by.clone(),
                counts: line.tallies().iter().filter(|tally| tally.superseded.is_none()).count(),
                reviewed_by: by.clone(),
                posted_at: at,
            },
        })
    }

    /// A count during which parts moved is true of no weight.
    fn anchor(&self, line: &Line) -> Option<Anchor> {
        let (Kept::OnScale { .. }, Place::Bin(bin)) = (line.kept, &line.place) else { return None };
        let tally = line.settled(&self.tolerance).filter(|tally| tally.moved == 0)?;
        Some(Anchor {
            bin: bin.clone(),
            item: line.item.clone(),
            pieces: tally.pieces(),
            at: tally.at,
            by: tally.by.clone(),
            gross: tally.snapshot.gross,
        })
    }
}
