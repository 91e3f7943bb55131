//! `[page]`: the page at the bin. Which addresses it answers on and to, who may do what there, and how it writes.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use jiff::tz::TimeZone;
use look::Language;

use crate::register::operator::Role;

/// `[page]`
#[derive(Debug, Clone)]
pub struct PageConfig {
    pub listen: SocketAddr,
    /// The names it is asked for by, beside the address it listens on.
    pub hosts: Vec<HostName>,
    pub tls: PageTls,
    pub kiosk: Kiosk,
    pub looking: Looking,
    /// Whose badge does not open anything alone. Parts managers and admins are always among them.
    pub pin_roles: BTreeSet<Role>,
    /// A session ends when nothing was done for so long.
    pub idle: Duration,
    pub language: Language,
    pub time_zone: TimeZone,
}

/// How the page is kept from being read on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageTls {
    /// Not at all: on a loopback address only.
    Plain,
    /// By a certificate that the gateway makes and renews.
    Own,
    /// By a certificate from elsewhere; read again when the files change.
    Files { certificate: PathBuf, key: PathBuf },
}

/// Who may only look: displays on a wall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kiosk {
    #[default]
    Nobody,
    /// Requests from these addresses.
    These(BTreeSet<IpAddr>),
    Everybody,
}

/// Whether looking needs somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Looking {
    #[default]
    Open,
    SignedIn,
}

/// A host as browsers write it into `Host` and `Origin`: lower case, without the dot at the end, an IPv6 address in brackets
/// and in its one short form; with a port or without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostName {
    pub host: String,
    pub port: Option<u16>,
}

/// Why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAHost;

/// Longest name of the DNS.
const HOST_LEN_MAX: usize = 253;

impl PageConfig {
    /// Half an hour: a technician who went to the machine and comes back.
    pub const IDLE: Duration = Duration::from_secs(30 * 60);

    /// Roles that always need a PIN.
    pub const PIN_ALWAYS: [Role; 2] = [Role::PartsManager, Role::Admin];
}

impl Kiosk {
    /// Whether whoever asks from this address may only look.
    #[must_use]
    pub fn holds(&self, from: IpAddr) -> bool {
        match self {
            Self::Nobody => false,
            Self::These(addresses) => addresses.contains(&from.to_canonical()),
            Self::Everybody => true,
        }
    }
}

impl FromStr for HostName {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']').ok_or(NotAHost)?;
            let address: Ipv6Addr = address.parse().map_err(|_| NotAHost)?;
            return Ok(Self { host: format!("[{address}]"), port: port(rest)? });
        }
        let (host, rest) = text.find(':').map_or((text, ""), |at| text.split_at(at));
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'.' | b'_');
        if host.is_empty() || host.len() > HOST_LEN_MAX || !host.bytes().all(is_name) {
            return Err(NotAHost);
        }
        Ok(Self { host, port: port(rest)? })
    }
}

/// `:8443`, or nothing.
fn port(text: &str) -> Result<Option<u16>, NotAHost> {
    let Some(digits) = text.strip_prefix(':') else { return if text.is_empty() { Ok(None) } else { Err(NotAHost) } };
    let port: u16 = digits.parse().map_err(|_| NotAHost)?;
    // As `Host` has it: no sign and no zeros in front.
    if port == 0 || digits != port.to_string() { Err(NotAHost) } else { Ok(Some(port)) }
}

impl From<SocketAddr> for HostName {
    fn from(address: SocketAddr) -> Self {
        let host = match address.ip().to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { host, port: Some(address.port()) }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl fmt::Display for NotAHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no host; write a name or an address as it stands in the browser, bins.example or 10.0.0.5:8443")
    }
}

impl std::error::Error for NotAHost {}
