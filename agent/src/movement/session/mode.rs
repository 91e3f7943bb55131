//! Modes: what a scan of a part does with it, and between which two places.
//!
//! Owns the table of modes. Must not know the session.

use std::{fmt, str::FromStr};

use gateway_proto::{movement::Act, name::PlaceName, place::Place};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// What a scan at a station does with the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The place → used.
    Use,
    /// Vendor → the place, or the dock.
    Receive,
    /// Dock → the place.
    PutAway,
    /// The first place → the second.
    Transfer,
    /// The place → bench.
    Test,
    /// Bench → the place.
    TestPass,
    /// Bench → quarantine.
    TestFail,
    /// The place → a van or field cabinet.
    Deploy,
    /// The place → a machine.
    Install,
    /// A machine → bench, or quarantine when that is scanned or the reason says so.
    Uninstall,
    /// Used → the place.
    Return,
    /// The place → scrap.
    Scrap,
    /// Nothing moves: what lies in the place is stated.
    Count,
}

impl Mode {
    pub const ALL: [Self; 13] = [
        Self::Use,
        Self::Receive,
        Self::PutAway,
        Self::Transfer,
        Self::Test,
        Self::TestPass,
        Self::TestFail,
        Self::Deploy,
        Self::Install,
        Self::Uninstall,
        Self::Return,
        Self::Scrap,
        Self::Count,
    ];

    /// As on a command label, without `BW:`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Use => "USE",
            Self::Receive => "RECEIVE",
            Self::PutAway => "PUT-AWAY",
            Self::Transfer => "TRANSFER",
            Self::Test => "TEST",
            Self::TestPass => "TEST-PASS",
            Self::TestFail => "TEST-FAIL",
            Self::Deploy => "DEPLOY",
            Self::Install => "INSTALL",
            Self::Uninstall => "UNINSTALL",
            Self::Return => "RETURN",
            Self::Scrap => "SCRAP",
            Self::Count => "COUNT",
        }
    }

    /// Whether parts come in with their package, so that the package's quantity is what moves.
    #[must_use]
    pub const fn comes_packed(self) -> bool {
        matches!(self, Self::Receive | Self::PutAway)
    }

    /// The ends that are the same whatever is scanned.
    pub(super) const fn fixed_ends(self) -> [Option<&'static Place>; 2] {
        match self {
            Self::Use => [None, Some(&Place::Used)],
            Self::Receive => [Some(&Place::Vendor), None],
            Self::PutAway => [Some(&Place::Dock), None],
            Self::Test => [None, Some(&Place::Bench)],
            Self::TestPass => [Some(&Place::Bench), None],
            Self::TestFail => [Some(&Place::Bench), Some(&Place::Quarantine)],
            Self::Return => [Some(&Place::Used), None],
            Self::Scrap => [None, Some(&Place::Scrap)],
            Self::Transfer | Self::Deploy | Self::Install | Self::Uninstall | Self::Count => [None, None],
        }
    }

    /// Whether it is this mode's business: a part that passed its test does not go to quarantine.
    pub(super) const fn allows(self, act: Act) -> bool {
        match self {
            Self::Use => matches!(act, Act::Use),
            Self::Receive => matches!(act, Act::Receipt),
            // A cabinet may be filled from the dock.
            Self::PutAway => matches!(act, Act::PutAway | Act::Deploy),
            Self::Transfer => true,
            Self::Test => matches!(act, Act::Transfer),
            Self::TestPass => matches!(act, Act::TestPass),
            Self::TestFail => matches!(act, Act::TestFail),
            Self::Deploy => matches!(act, Act::Deploy),
            Self::Install => matches!(act, Act::Install),
            Self::Uninstall => matches!(act, Act::Uninstall),
            Self::Return => matches!(act, Act::Return),
            Self::Scrap => matches!(act, Act::Scrap),
            Self::Count => false,
        }
    }

    /// The place that is named behind the mode's word: `van-3` in `DEPLOY:van-3`.
    fn target(self, name: PlaceName) -> Option<Place> {
        match self {
            Self::Deploy => Some(Place::Field(name)),
            Self::Install | Self::Uninstall => Some(Place::Asset(name)),
            Self::Use
            | Self::Receive
            | Self::PutAway
            | Self::Transfer
            | Self::Test
            | Self::TestPass
            | Self::TestFail
            | Self::Return
            | Self::Scrap
            | Self::Count => None,
        }
    }
}

/// A mode with the target that its label names: `USE`, `deploy:van-3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Place>,
}

impl Task {
    /// Without a target.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode, target: None }
    }
}

impl FromStr for Task {
    type Err = Refusal;

    /// As on a command label, the word in either case: `USE`, `deploy:van-3`.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let unknown = || Refusal::Command(text.to_owned());
        let (word, name) = text.split_once(':').map_or((text, None), |(word, name)| (word, Some(name)));
        let mode = Mode::ALL.into_iter().find(|mode| mode.word().eq_ignore_ascii_case(word)).ok_or_else(unknown)?;
        let Some(name) = name else { return Ok(Self::new(mode)) };
        let target = name.parse().ok().and_then(|name| mode.target(name)).ok_or_else(unknown)?;
        Ok(Self { mode, target: Some(target) })
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, target } = self;
        match (mode, target) {
            (Mode::Deploy, Some(Place::Field(name))) => write!(f, "deploy to {name}"),
            (Mode::Install, Some(Place::Asset(name))) => write!(f, "install on {name}"),
            (Mode::Uninstall, Some(Place::Asset(name))) => write!(f, "remove from {name}"),
            _ => mode.fmt(f),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Use => "use",
            Self::Receive => "receive",
            Self::PutAway => "put away",
            Self::Transfer => "transfer",
            Self::Test => "test",
            Self::TestPass => "test passed",
            Self::TestFail => "test failed",
            Self::Deploy => "deploy",
            Self::Install => "install",
            Self::Uninstall => "remove",
            Self::Return => "return",
            Self::Scrap => "scrap",
            Self::Count => "count",
        })
    }
}
