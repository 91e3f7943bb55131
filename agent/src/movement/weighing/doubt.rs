//! Why a count is not trusted, and what a person can do about it.

use crate::device::{Cause, Mass};

/// Why a bin's level is unknown, or known with a reservation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The scale said so.
    Scale(Cause),
    /// Less than the empty container: the bin is off its scale.
    Lifted,
    /// The first weight is no whole number of pieces, by this share of one.
    NotWhole(f64),
    /// The weight has not come to rest for longer than an act takes.
    Unsteady,
    /// Something that is no whole number of pieces lies there, of this mass. The count is of the pieces beside it.
    Foreign(Mass),
    /// All weights have moved by this mass with nobody there. The count is the one from before.
    ZeroShift(Mass),
    /// The weight has crept further than creep is let, by this share of a piece. The count is the one from before.
    Crept(f64),
    /// What lies there weighs this many pieces more than the count says (less, when negative).
    Disagrees(f64),
    /// A piece is lighter than the scale can count.
    TooLight,
}

impl Doubt {
    /// Whether the level is unknown; otherwise it is known, with a reservation.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        match self {
            Self::Scale(_) | Self::Lifted | Self::NotWhole(_) | Self::Unsteady | Self::TooLight => true,
            Self::Foreign(_) | Self::ZeroShift(_) | Self::Crept(_) | Self::Disagrees(_) => false,
        }
    }

    /// What people read, and what they can do.
    #[must_use]
    pub fn remedy(self) -> String {
        match self {
            Self::Scale(Cause::Overload) => "more on the scale than it can weigh; take something off".to_owned(),
            Self::Scale(Cause::Underload | Cause::Busy) => {
                "scale cannot weigh now; put the bin back or zero the scale".to_owned()
            }
            Self::Scale(Cause::Silent | Cause::Offline) => {
                "scale does not answer; check its power and cable".to_owned()
            }
            Self::Scale(Cause::Restarted) => {
                "scale has started again and not weighed since; wait for its next weight, or take something out"
                    .to_owned()
            }
            Self::Scale(Cause::Awaited) => {
                "nothing heard of it since the connection was made; check that its node is on".to_owned()
            }
            Self::Scale(cause @ (Cause::DeviceError | Cause::NotANumber)) => {
                format!("scale reports {}; restart it, then check it with a known weight", cause.name())
            }
            Self::Lifted => "bin is off its scale; put it back".to_owned(),
            Self::NotWhole(part) => format!(
                "weight is {part:.2} of a piece off a whole number; look for a foreign part, or check tare and piece weight"
            ),
            Self::Unsteady => {
                "weight does not come to rest; take hands and tools off the bin, look for what shakes the bench"
                    .to_owned()
            }
            Self::Foreign(mass) => {
                format!("{mass} in the bin that is no whole number of pieces; take it out, or count the bin")
            }
            Self::ZeroShift(mass) => {
                format!("scale shifted by {mass} with nobody there; count the bin, then set its tare anew")
            }
            Self::Crept(part) => {
                format!("weight crept by {part:.2} of a piece; count the bin, then set its tare anew")
            }
            Self::Disagrees(pieces) => {
                format!(
                    "weight says {pieces:+.1} pieces against the count; count the bin, then check its tare and piece weight"
                )
            }
            Self::TooLight => {
                "one piece is under a quarter of a scale division; count these parts by scanning, or use a finer scale"
                    .to_owned()
            }
        }
    }
}
