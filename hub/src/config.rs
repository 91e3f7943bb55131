//! What the operator says: where to listen, where to keep things, which feeds come in and who may look at them.
//!
//! Owns the file's format and every rule about it. A [`HubConfig`] that came from a file has no fault left in it;
//! all faults of a file are found in one pass and reported together, each with its line, key and rule. The walk over
//! the file itself is [`settings`]' work.

mod read;

use std::{
    collections::BTreeSet,
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use gateway_proto::name::{FeedName, ItemCode, NameError, SiteName};

use jiff::tz::TimeZone;
use settings::Faults;

use crate::{feed::FeedKey, token::Token};

/// Hours of silence after which a person is told, unless the file says otherwise: a closed weekend is told, a night is not.
const SILENT_HOURS: u32 = 24;

/// Everything `binwire-hub serve` needs to know.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Where to listen. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Folder of the store; made when absent. Only its owner may read what the hub makes in it.
    pub state_dir: PathBuf,
    /// Certificate and key. `None` means plain HTTP, allowed only where `listen` is a loopback address.
    pub tls: Option<TlsConfig>,
    pub feeds: Vec<FeedConfig>,
    pub viewers: Vec<ViewerConfig>,
    /// A broker to take batches at too.
    pub mqtt: Option<MqttConfig>,
}

/// `[tls]`: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The server's certificate, then its chain.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// `[mqtt]`: the broker where sites publish batches.
#[derive(Debug, Clone)]
pub struct MqttConfig {
    pub host: String,
    pub port: u16,
    /// PEM of the authority that signed the broker's certificate. `None`: no TLS, allowed only to a loopback address.
    pub ca: Option<PathBuf>,
    pub client_id: String,
    pub login: Option<(String, Password)>,
}

/// A broker's password. Never printed.
#[derive(Clone)]
pub struct Password(String);

/// `[[feed]]`: one site's feed and the token it is sent with.
#[derive(Debug, Clone)]
pub struct FeedConfig {
    pub site: SiteName,
    pub name: FeedName,
    pub token: Token,
    /// The items this feed may carry. `None` takes every item; others are parked as `unknown_item`.
    pub items: Option<BTreeSet<ItemCode>>,
    /// Hours of silence after which a person is told; 0 never.
    pub silent_hours: u32,
    /// The site's own time: which day a movement was made on.
    pub time_zone: TimeZone,
    /// Folder of what planners say: items.csv, site.toml, events.csv, sources.csv, orders.csv, each if there. `None` says nothing.
    pub planning: Option<PathBuf>,
}

/// `[[viewer]]`: someone who may look, and at which feeds.
#[derive(Debug, Clone)]
pub struct ViewerConfig {
    pub name: ViewerName,
    pub token: Token,
    pub feeds: Vec<FeedKey>,
}

/// What a viewer is called. 1 to 64 bytes of letters, digits, `.`, `_`, `-`: it stands in the page's address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerName(FeedName);

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("read config {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Faults(Faults),
}

impl HubConfig {
    /// Reads and checks a file. Paths inside it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError::Read`] when there is no such file, [`ConfigError::Faults`] with everything wrong in it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&settings::text(bytes, path).map_err(ConfigError::Faults)?, path)
    }

    /// Reads and checks a text that stands in `file`.
    ///
    /// # Errors
    /// [`ConfigError::Faults`] with everything wrong in it.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        read::read(text, file).map_err(ConfigError::Faults)
    }

    /// Whether serving this would send tokens over a network in the clear.
    #[must_use]
    pub fn is_plain_beyond_loopback(&self) -> bool {
        self.tls.is_none() && !self.listen.ip().is_loopback()
    }
}

impl FeedConfig {
    /// A feed that takes every item.
    #[must_use]
    pub fn new(site: SiteName, name: FeedName, token: Token) -> Self {
        Self { site, name, token, items: None, silent_hours: SILENT_HOURS, time_zone: TimeZone::UTC, planning: None }
    }

    #[must_use]
    pub fn key(&self) -> FeedKey {
        FeedKey { site: self.site.clone(), name: self.name.clone() }
    }

    /// Whether an item may come in on this feed.
    #[must_use]
    pub fn knows(&self, item: &ItemCode) -> bool {
        self.items.as_ref().is_none_or(|items| items.contains(item))
    }
}

impl MqttConfig {
    /// Under which the broker knows the hub, unless told otherwise.
    pub const CLIENT_ID: &str = "binwire-hub";
}

impl Password {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl ViewerName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ViewerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // The same rule as a feed's name, under its own name where it is broken.
        text.parse().map(Self).map_err(|error| match error {
            NameError::Empty { .. } => NameError::Empty { kind: "viewer name" },
            NameError::TooLong { len, max, .. } => NameError::TooLong { kind: "viewer name", len, max },
            NameError::Character { found, allowed, .. } => NameError::Character { kind: "viewer name", found, allowed },
        })
    }
}

impl fmt::Display for ViewerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
