//! Work: statements on their way to the ledger, and what has to be done once they are recorded.

use std::{collections::VecDeque, sync::Arc};

use gateway_proto::{
    name::{FeedName, PlaceName, Text},
    record::Seq,
};

use super::{count::LastCount, notice::Notice, order::Caller, scan::Step};
use crate::{
    device::Mass,
    movement::{
        calibration::Container,
        counting::SessionId,
        entry::{Origin, Position, Statement},
        fusion::MovementKey,
        rules::Subject,
        said::ActId,
    },
    register::Register,
};

/// Movements that a late scan may still name, of all bins. A bin remembers fewer; this only bounds all of them.
const KEYS_MAX: usize = 4_096;

/// Statements that go into one transaction, and what each of them is the recording of.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) statements: Vec<Statement>,
    pub(super) parts: Vec<Part>,
    pub(super) caller: Option<Caller>,
    pub(super) origin: Option<Origin>,
    /// What the caller hears once it is recorded.
    pub(super) text: String,
    /// What a station's session took, to be put back when this is not recorded.
    /// In a box, as it is large, moved about, and mostly not there.
    pub(super) step: Option<Box<Step>>,
    /// What is recorded once it is: it may forget what this keeps, or speak of an act that is none until then.
    pub(super) after: Vec<Self>,
}

/// What a statement is the recording of, and so who has to hear what became of it.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// An act between places without scales, or more of it.
    Said {
        act: ActId,
        units: u64,
    },
    /// A movement is taken back.
    Back,
    /// A movement of an act is taken back because another quantity was said.
    Remade {
        act: ActId,
    },
    /// A movement of an act is taken back with the act.
    Unmade {
        act: ActId,
    },
    /// A movement of an act is taken back that was withdrawn while it was being recorded.
    Undone {
        act: ActId,
        bin: PlaceName,
    },
    /// An act waits for its weight.
    Kept {
        act: ActId,
    },
    /// An act waits no longer.
    Dropped {
        act: ActId,
    },
    Booked {
        bin: PlaceName,
        act: ActId,
    },
    Claimed {
        bin: PlaceName,
        act: ActId,
    },
    /// A movement that turned out to be recorded at its other end too.
    Superseded {
        bin: PlaceName,
    },
    /// A level; alone in its entry, since it makes any number of movements.
    Level {
        bin: PlaceName,
        acts: Vec<ActId>,
    },
    /// A movement that is nobody's act: an adjustment.
    Other,
    /// A movement that stood under an unknown code, there with this number, and now stands under its item.
    Explained {
        seq: Seq,
    },
    /// Facts beside the ledger.
    Facts(Facts),
}

/// Which facts, where their committing means something.
#[derive(Debug, Clone)]
pub(super) enum Facts {
    /// Nothing follows from them.
    Plain,
    /// A bin was counted: it held so many when its scale showed this.
    Anchor {
        bin: PlaceName,
        pieces: u64,
        gross: Option<Mass>,
    },
    /// What is known of the site is another now.
    Register(Arc<Register>),
    Calibration {
        bin: PlaceName,
    },
    /// A count session that was changed.
    Count {
        session: SessionId,
    },
    /// A late movement was reckoned into a session.
    Late {
        session: SessionId,
    },
    /// The newest count of an item at a place.
    Counted(Box<LastCount>),
    /// A subject's bounds were set.
    Bounds {
        subject: Subject,
    },
    /// Somebody took note of lost records; up to how many before.
    Loss {
        feed: FeedName,
        before: Option<u64>,
    },
    /// A notice that was dismissed.
    Dismissed(Box<Notice>),
    /// A kind of container that was weighed, and what was known of it.
    Container {
        name: Text,
        before: Option<Box<Container>>,
    },
    Alarms,
}

/// Movements by the keys that fusions know them by.
#[derive(Debug, Default)]
pub(super) struct Keys {
    next: u64,
    known: VecDeque<(MovementKey, Position)>,
}

impl Keys {
    pub(super) fn give(&mut self, at: Position) -> MovementKey {
        let key = MovementKey(self.next);
        self.next += 1;
        self.known.push_back((key, at));
        if self.known.len() > KEYS_MAX {
            self.known.pop_front();
        }
        key
    }

    pub(super) fn find(&self, key: MovementKey) -> Option<Position> {
        self.known.iter().rev().find(|(known, _)| *known == key).map(|(_, at)| at.clone())
    }
}

impl Work {
    pub(super) fn of(statement: Statement, part: Part) -> Self {
        Self { statements: vec![statement], parts: vec![part], ..Self::default() }
    }

    pub(super) fn push(&mut self, statement: Statement, part: Part) {
        // Most work is one statement, and much of it waits at a time.
        if self.statements.is_empty() {
            self.statements.reserve_exact(1);
            self.parts.reserve_exact(1);
        }
        self.statements.push(statement);
        self.parts.push(part);
    }
}
