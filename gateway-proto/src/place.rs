//! Places: anywhere stock can be. Every movement goes from one to another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    name::{NameError, PlaceName},
    told::Shortened,
};

/// Anywhere stock can be. On the wire a word, or a word and a name: `dock`, `bin:A-01`, `asset:PUMP-17`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// Outside, before receipt or after a return to the vendor.
    Vendor,
    /// Received, not yet put away.
    Dock,
    /// A storage place, maybe on a scale.
    Bin(PlaceName),
    /// Waiting for or under test.
    Bench,
    /// Failed a test or suspect: on site, not usable.
    Quarantine,
    /// Deployed outside the store: a van, a field cabinet.
    Field(PlaceName),
    /// Installed on a machine.
    Asset(PlaceName),
    /// Consumed.
    Used,
    /// Thrown away.
    Scrap,
    /// Where counted differences come from and go to.
    Variance,
}

/// A text that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error(
        "{:?} is no place; places are vendor, dock, bin:NAME, bench, quarantine, field:NAME, asset:NAME, used, scrap, variance",
        Shortened(.0).to_string()
    )]
    Unknown(String),
    #[error(transparent)]
    Name(#[from] NameError),
}

impl Place {
    /// Stock that a technician could take: dock, bins and the field.
    #[must_use]
    pub fn is_stock(&self) -> bool {
        matches!(self, Self::Dock | Self::Bin(_) | Self::Field(_))
    }

    /// The bin that this is; `None` for any other place.
    #[must_use]
    pub fn bin(&self) -> Option<&PlaceName> {
        match self {
            Self::Bin(name) => Some(name),
            Self::Vendor
            | Self::Dock
            | Self::Bench
            | Self::Quarantine
            | Self::Field(_)
            | Self::Asset(_)
            | Self::Used
            | Self::Scrap
            | Self::Variance => None,
        }
    }

    /// Inside the fence, so that it counts in the site's total. Used, installed and scrapped parts no longer do.
    #[must_use]
    pub fn is_on_site(&self) -> bool {
        self.is_stock() || matches!(self, Self::Bench | Self::Quarantine)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Vendor => ("vendor", None),
            Self::Dock => ("dock", None),
            Self::Bin(name) => ("bin:", Some(name)),
            Self::Bench => ("bench", None),
            Self::Quarantine => ("quarantine", None),
            Self::Field(name) => ("field:", Some(name)),
            Self::Asset(name) => ("asset:", Some(name)),
            Self::Used => ("used", None),
            Self::Scrap => ("scrap", None),
            Self::Variance => ("variance", None),
        };
        f.write_str(kind)?;
        name.map_or(Ok(()), |name| f.write_str(name.as_str()))
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        Ok(match text.split_once(':') {
            Some(("bin", name)) => Self::Bin(name.parse()?),
            Some(("field", name)) => Self::Field(name.parse()?),
            Some(("asset", name)) => Self::Asset(name.parse()?),
            Some(_) => return Err(PlaceError::Unknown(text.to_owned())),
            None => match text {
                "vendor" => Self::Vendor,
                "dock" => Self::Dock,
                "bench" => Self::Bench,
                "quarantine" => Self::Quarantine,
                "used" => Self::Used,
                "scrap" => Self::Scrap,
                "variance" => Self::Variance,
                _ => return Err(PlaceError::Unknown(text.to_owned())),
            },
        })
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_prints_as_it_parses() {
        for text in [
            "vendor",
            "dock",
            "bin:A-01",
            "bin:a:b",
            "bench",
            "quarantine",
            "field:van-3",
            "asset:PUMP-17",
            "used",
            "scrap",
            "variance",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in ["", "bin", "bin:", "shelf:3", "used:3"] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
    }
}
