//! Acts: what people and sensors did. Each has a number that no other has, and carries it in the name of its device, so that
//! it is found again in any book it comes to.

use gateway_proto::record::Record;

/// Why the ledger takes back what was seen since it forgot.
const TOLD_TWICE: &str = "told before the ledger forgot it";

/// An act's number.
pub(super) type ActNumber = u64;

/// The device of an act.
pub(super) fn device(number: ActNumber) -> String {
    format!("d{number}")
}

fn number(device: &str) -> ActNumber {
    device.strip_prefix('d').and_then(|number| number.parse().ok()).expect("every act here has a device of its own")
}

/// What a record says, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Moved(Moved),
    /// The ledger took back what an act had told once more; the act is named and is not this.
    TakenBack(Moved),
    /// Somebody's count; moves nothing.
    Counted(ActNumber),
    /// A checkpoint, a time put right, health: the site's own.
    Own,
}

/// A movement, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) number: ActNumber,
    pub(super) item: String,
    pub(super) qty: i64,
    pub(super) from: String,
    pub(super) to: String,
}

impl Said {
    pub(super) fn of(text: &str) -> Self {
        match Record::parse(text).expect("a record") {
            Record::Movement(movement) => {
                let moved = Moved {
                    number: number(movement.by.as_str()),
                    item: movement.item.as_str().to_owned(),
                    qty: movement.qty.signed(),
                    from: movement.from.to_string(),
                    to: movement.to.to_string(),
                };
                let takes_back = movement.reason.is_some_and(|reason| reason.as_str() == TOLD_TWICE);
                if takes_back { Self::TakenBack(moved) } else { Self::Moved(moved) }
            }
            Record::Count(count) => Self::Counted(number(count.by.as_str())),
            Record::Checkpoint(_) | Record::Clock(_) | Record::Order(_) | Record::Health(_) | Record::Unknown(_) => {
                Self::Own
            }
        }
    }

    pub(super) fn number(&self) -> Option<ActNumber> {
        match self {
            Self::Moved(moved) => Some(moved.number),
            Self::Counted(number) => Some(*number),
            Self::TakenBack(_) | Self::Own => None,
        }
    }

    /// What it does to the amounts.
    pub(super) fn moved(&self) -> Option<&Moved> {
        match self {
            Self::Moved(moved) | Self::TakenBack(moved) => Some(moved),
            Self::Counted(_) | Self::Own => None,
        }
    }
}

/// Base units by item and place. The test's own fold: shares nothing with that of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Amounts(std::collections::BTreeMap<(String, String), i64>);

impl Amounts {
    pub(super) fn apply(&mut self, moved: &Moved) {
        self.add(&moved.item, &moved.from, -moved.qty);
        self.add(&moved.item, &moved.to, moved.qty);
    }

    /// What comes to nothing is not listed.
    pub(super) fn add(&mut self, item: &str, place: &str, units: i64) {
        let key = (item.to_owned(), place.to_owned());
        let held = self.0.entry(key.clone()).or_default();
        *held += units;
        if *held == 0 {
            self.0.remove(&key);
        }
    }

    /// How many amounts of these items differ.
    pub(super) fn differing(&self, other: &Self, is_of: impl Fn(&str) -> bool) -> usize {
        let keys: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        keys.into_iter().filter(|key| is_of(&key.0) && self.0.get(*key) != other.0.get(*key)).count()
    }
}
