//! What a feed is called at the hub. Feed names are unique only per site, so the name of a feed here is the pair.

use std::{fmt, str::FromStr};

use gateway_proto::name::{FeedName, NameError, SiteName};

/// A (site, feed) pair, printed `plant-7/acme`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey {
    pub site: SiteName,
    pub name: FeedName,
}

/// A text that names no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedKeyError {
    #[error("{0:?} names no feed; write SITE/FEED, for example plant-7/acme")]
    Shape(String),
    #[error(transparent)]
    Name(#[from] NameError),
}

impl fmt::Display for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.site, self.name)
    }
}

impl FromStr for FeedKey {
    type Err = FeedKeyError;

    fn from_str(text: &str) -> Result<Self, FeedKeyError> {
        let (site, name) = text.split_once('/').ok_or_else(|| FeedKeyError::Shape(text.to_owned()))?;
        Ok(Self { site: site.parse()?, name: name.parse()? })
    }
}
