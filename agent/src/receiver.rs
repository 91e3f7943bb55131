//! Who hears of alarms: what a letter to them says, how it is signed, how an attempt may end, how far each receiver is.
//!
//! Pure. Must not know when what is sent, nor over what: the queue of each receiver is `task/notify`, its socket
//! `uplink/webhook` or a broker's session in `port`.

pub mod letter;
pub mod progress;
pub mod secret;

use std::time::Duration;

use gateway_proto::name::SiteName;

/// The topic of alarms unless told otherwise; `{site}` stands for the site's name.
pub const TOPIC: &str = "binwire/{site}/alarms";

/// How an attempt to deliver a letter ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Taken,
    /// Not this one, and not as it is: tried again only so often.
    Refused {
        why: String,
    },
    /// Not now; tried again until it goes.
    Failed {
        why: String,
        retry_after: Option<Duration>,
    },
    /// Nothing is wanted here any more.
    Gone,
}

/// The topic that a site's file means.
#[must_use]
pub fn topic(template: &str, site: &SiteName) -> String {
    template.replace("{site}", site.as_str())
}
