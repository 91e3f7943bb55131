//! Why nothing is getting through, in the words that people read.

use std::time::Duration;

/// Why nothing is getting through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    pub detail: String,
    /// When it began.
    pub since: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The hub's name has no address, or nobody answers for names.
    NameUnknown,
    /// No connection.
    Unreachable,
    /// There was a connection, and it ended before the answer did.
    BrokenOff,
    /// Connected, but no answer in time.
    TimedOut,
    /// What answers at the address does not speak TLS, or none that we do.
    NotSecure,
    /// A certificate of another name or authority.
    Certificate,
    /// A certificate that is not valid yet or any more, by this site's clock.
    CertificateTime,
    /// An answer that no hub gives: captive portal, redirect, other server.
    NotAHub,
    /// A proxy on the way that does not let us through.
    Proxy,
    /// The hub is busy or limits us.
    Busy,
    /// The hub, or what stands before it, has a fault of its own.
    Failing,
    /// The hub does not accept the credential.
    Unauthorized,
    /// The hub answers and knows nothing of this feed.
    FeedUnknown,
    /// The hub refuses in a way that sending again may not cure.
    Refused,
}

impl TroubleKind {
    /// The sentence people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NameUnknown => "hub's name has no address (DNS)",
            Self::Unreachable => "hub unreachable",
            Self::BrokenOff => "connection to the hub breaks off",
            Self::TimedOut => "hub does not answer",
            Self::NotSecure => "no TLS at the hub's address",
            Self::Certificate => "hub's certificate is not believed",
            Self::CertificateTime => "hub's certificate has expired or is not valid yet (or is this clock wrong?)",
            Self::NotAHub => "something other than the hub answers (login page or proxy?)",
            Self::Proxy => "a proxy on the way wants a login",
            Self::Busy => "hub asks to wait",
            Self::Failing => "hub has a fault of its own",
            Self::Unauthorized => "hub does not accept this feed's token",
            Self::FeedUnknown => "hub does not know this feed",
            Self::Refused => "hub refuses the feed",
        }
    }
}
