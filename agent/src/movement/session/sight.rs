//! What a station's session shows: the same as [`Session::expecting`], in parts that each language makes its own words of.
//!
//! Derived from the state, never stored, so that page and scanner cannot be told different things.

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
};

use super::{
    Session,
    mode::{Mode, Task},
    phase::Phase,
    slots::Need,
    state::By,
};
use crate::movement::said::ActId;

/// How a session stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Who is at the station: the badge, and the name where the badge is on the list.
    pub operator: Option<(Text, Option<Text>)>,
    /// What a part scanned now is for.
    pub task: Option<Task>,
    pub phase: Phase,
    /// What is to be scanned next; `None` in a count, which says what it wants by itself.
    pub wants: Option<Wants>,
    /// From where to where the next part goes, as far as that is known.
    pub way: Option<(Place, Place)>,
    /// The place that was scanned.
    pub place: Option<Place>,
    /// A part that waits for what is missing, and how often it was scanned.
    pub held: Option<(ItemCode, u64)>,
    /// The act just said that the next scan can still change.
    pub open: Option<Open>,
    /// A count of one place.
    pub count: Option<Counting>,
    /// For the next act: in the unit of its code.
    pub quantity: Option<u64>,
    pub lot: Option<Text>,
    pub serial: Option<Text>,
    pub reason: Option<Text>,
    pub reference: Option<Text>,
    /// How many acts the station could still take back.
    pub undoable: usize,
}

/// What is to be scanned next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    Badge,
    Mode,
    Place,
    /// The place scanned does not do: nothing goes from the one to the other.
    OtherPlace {
        from: Place,
        to: Place,
    },
    /// Where a transfer that comes from here goes.
    Destination(Place),
    /// A van or field cabinet.
    Field,
    Asset,
    Part,
    Lot,
    Serial,
}

/// The act that can still be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub act: ActId,
    pub item: ItemCode,
    /// Base units.
    pub units: u64,
    /// Another scan of the same part is one more.
    pub extends: bool,
}

/// A count that is under way: only what the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    pub place: Place,
    /// The item counted last, and how many of it in all.
    pub last: Option<(ItemCode, u64)>,
    /// Somebody said that nothing is there.
    pub is_empty: bool,
}

impl Session {
    /// How the session stands.
    #[must_use]
    pub fn sight(&self) -> Sight {
        let (state, station) = (&self.state, &self.station);
        let slots = &state.slots;
        let counting = state.count.as_ref().filter(|_| state.held.is_none());
        let stated = state.held.as_ref().and_then(|held| held.part.place.as_ref());
        Sight {
            operator: slots.operator.as_ref().map(|operator| (operator.id.clone(), operator.name.clone())),
            task: slots.task(station),
            phase: self.phase(),
            wants: if counting.is_some() {
                None
            } else {
                Some(state.need(station).as_ref().map_or(Wants::Part, Wants::of))
            },
            way: slots.ends(stated, station).ok().filter(|(from, to)| from != to),
            place: slots.place().cloned(),
            held: state.held.as_ref().map(|held| (held.part.item.clone(), held.scans)),
            open: state.open.as_ref().map(|open| Open {
                act: open.act,
                item: open.part.item.clone(),
                units: open.units,
                extends: open.by == By::Scans,
            }),
            count: state.count.as_ref().map(|count| Counting {
                place: count.place.clone(),
                last: count.last().map(|(item, units)| (item.clone(), units)),
                is_empty: count.is_empty(),
            }),
            quantity: slots.next.quantity,
            lot: slots.next.lot.clone(),
            serial: slots.next.serial.clone(),
            reason: slots.next.reason.clone(),
            reference: slots.reference.clone(),
            undoable: state.undoable(),
        }
    }

    /// Whether a part waits for something, or a count is not ended.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.state.held.is_some() || self.state.count.is_some()
    }
}

impl Wants {
    /// What was not said, in a sentence: "not booked: …".
    #[must_use]
    pub fn missing(&self) -> String {
        match self {
            Self::Badge => "say who you are".to_owned(),
            Self::Mode => "say what to do".to_owned(),
            Self::Place => "say the place".to_owned(),
            Self::OtherPlace { from, to } => format!("nothing goes from {from} to {to}; choose another place"),
            Self::Destination(from) => format!("say where it goes from {from}"),
            Self::Field => "say which van or cabinet".to_owned(),
            Self::Asset => "say which machine".to_owned(),
            Self::Part => "say which part".to_owned(),
            Self::Lot => "say the lot".to_owned(),
            Self::Serial => "say the serial number".to_owned(),
        }
    }

    pub(super) fn of(need: &Need) -> Self {
        match need {
            Need::Badge => Self::Badge,
            Need::Mode => Self::Mode,
            Need::Place(None) => Self::Place,
            Need::Place(Some((from, to))) => Self::OtherPlace { from: from.clone(), to: to.clone() },
            Need::Destination(from) => Self::Destination(from.clone()),
            Need::Target(Mode::Deploy) => Self::Field,
            Need::Target(_) => Self::Asset,
            Need::Part => Self::Part,
            Need::Lot => Self::Lot,
            Need::Serial => Self::Serial,
        }
    }
}
