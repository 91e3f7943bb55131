//! Why a scan was refused, and the way out. One sentence a technician can act on; a refusal changes nothing, so the way
//! out always starts from where the technician stood before.

use gateway_proto::{
    name::{ItemCode, NameError, Text},
    place::Place,
};

use super::mode::Mode;

/// Why a scan was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // What was scanned means nothing.
    #[error(
        "{0:?} is no command; commands are BW:USE, BW:RECEIVE, BW:PUT-AWAY, BW:TRANSFER, BW:TEST, BW:TEST-PASS, \
         BW:TEST-FAIL, BW:DEPLOY:VAN, BW:INSTALL:ASSET, BW:UNINSTALL:ASSET, BW:RETURN, BW:SCRAP, BW:COUNT, \
         BW:QTY:NUMBER, BW:EMPTY, BW:ADD, BW:REF:TEXT, BW:LOT:TEXT, BW:SERIAL:TEXT, BW:REASON:TEXT, BW:UNDO, \
         BW:CANCEL, BW:DONE"
    )]
    Command(String),
    #[error("code is no item code: {0}")]
    Code(#[source] NameError),
    #[error("label cannot be used: {0}; print it again")]
    Label(#[source] NameError),
    #[error("{0} is no quantity; scan BW:QTY: with a number from 1")]
    Quantity(String),
    #[error("{0} label is no part; scan the part")]
    NotAPart(&'static str),
    #[error("label is damaged: {0}; scan it again, or type the code")]
    Damaged(String),
    #[error("{0:?} is no place to scan; places are dock, bench, quarantine, vendor, bin:NAME, field:NAME, asset:NAME")]
    NotAPlace(String),
    #[error("there is no asset {0} on this site; check the label, or have it added to the list of assets")]
    UnknownAsset(String),

    // Who.
    #[error("nobody has the badge {0}; scan your own, or have it added to the list of operators")]
    UnknownBadge(Text),
    #[error("scan your badge first")]
    NoBadge,

    // Where.
    #[error("{mode}: nothing goes from {from} to {to}; scan another place, or another mode")]
    Forbidden { mode: Mode, from: Place, to: Place },
    #[error("{0} is where it comes from already; scan where it goes")]
    SamePlace(Place),
    #[error(
        "{target} is no place for {mode}; scan BW:DEPLOY with a van or cabinet, BW:INSTALL and BW:UNINSTALL with an asset"
    )]
    Target { mode: Mode, target: Place },
    #[error("a part removed goes to bench or quarantine, not to {0}; scan BW:PLACE:bench or BW:PLACE:quarantine")]
    RemovedTo(Place),

    // How many.
    #[error("quantity came after {0}, which has its quantity already; scan BW:UNDO, then the quantity first")]
    LateQuantity(ItemCode),
    #[error("{times} × {factor} is more than one movement can carry (1,000,000,000,000); scan a smaller quantity")]
    TooMany { times: u64, factor: u64 },
    #[error("zero is for counts; scan BW:QTY: with a number from 1, or BW:COUNT first")]
    Zero,
    #[error("{0} has serial numbers and goes one by one; scan it without BW:QTY:, each piece by itself")]
    OneByOne(ItemCode),

    // Which.
    #[error("{item} still waits for {need}; scan that, or BW:CANCEL")]
    Waiting { item: ItemCode, need: &'static str },
    #[error("{item} says {what} {label}, but {scanned} was scanned; scan BW:CANCEL and start over")]
    Contradiction { item: ItemCode, what: &'static str, label: Text, scanned: Text },
    #[error("serial {serial} of {item} has gone to {at} already; scan another piece, or BW:UNDO if that was wrong")]
    DuplicateSerial { item: ItemCode, serial: Text, at: Place },
    #[error("serial {serial} of {item} is counted already; scan the next piece")]
    CountedSerial { item: ItemCode, serial: Text },
    #[error("there is no last part to repeat; scan the part")]
    NothingToAdd,

    // Deliveries.
    #[error("{0} is a delivery; scan BW:RECEIVE first")]
    NotReceiving(Text),
    #[error("delivery {0} has come in already; scan BW:UNDO if that was wrong, or its parts one by one")]
    ReceivedBefore(Text),
    #[error("delivery {reference} has {lines} lines, at most {max} can come in at once; scan its parts one by one")]
    TooManyLines { reference: Text, lines: usize, max: usize },

    // Counts.
    #[error("nothing was counted in {0}; scan its parts, BW:EMPTY if it is empty, or BW:CANCEL")]
    NothingCounted(Place),
    #[error("parts were counted in {0}, so it is not empty; scan BW:UNDO for each, or BW:DONE")]
    NotEmpty(Place),
    #[error("{0} was said to be empty; scan BW:UNDO, then its parts")]
    SaidEmpty(Place),
    #[error("the count of {0} is not ended; scan BW:DONE, or BW:CANCEL to drop it")]
    CountOpen(Place),
    #[error("{0} holds no stock to count; scan a bin, the dock, the bench, quarantine or a van")]
    Uncountable(Place),
    #[error("a count of {max} parts is full; scan BW:DONE, then count the rest as another count")]
    CountFull { max: usize },

    // Back.
    #[error("nothing to take back: nothing was booked here since the last count, badge or pause")]
    NothingToUndo,
}
