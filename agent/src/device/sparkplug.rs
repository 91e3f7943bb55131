//! Sparkplug B: MQTT with births, deaths and a sequence, as gateways and PLCs in plants speak it.
//!
//! Owns the protocol, both its words and its rules: what a message says, and what a host may believe after all it has
//! heard. Must not know the broker, or what a metric is used for: which ones are levels is the site's configuration.
//!
//! - [`Topic`] who speaks of what; [`Source`] and [`NodeId`] the names
//! - [`Payload`], [`Metric`], [`Value`] what is said, read and written
//! - [`HostState`] a host saying whether it is there
//! - [`Host`] the primary host application: which of it counts, and when to ask again

mod host;
mod payload;
mod state;
mod topic;
mod value;

pub use super::protobuf::WireError;
pub use host::{Action, Counts, Host, Report, WatchError};
pub use payload::{BD_SEQ, Metric, Payload, PayloadError, Quality, REBIRTH};
pub use state::{HostState, HostStateError};
pub use topic::{IdError, MessageKind, NodeId, Source, Topic, TopicError, state_topic};
pub use value::{DataType, Value, WireValue};

/// One publication, read. Serialises to what a person wants to see of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Publication {
    Message(Payload),
    State { state: NamedState },
}

/// A host's state with the host's name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NamedState {
    pub host: String,
    #[serde(flatten)]
    pub state: HostState,
}

/// Why a publication is none of Sparkplug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SparkplugError {
    #[error("read topic")]
    Topic(#[from] TopicError),
    #[error("read payload")]
    Payload(#[from] PayloadError),
    #[error("read host state")]
    State(#[from] HostStateError),
}

impl Publication {
    /// Reads one publication, whoever it is from. It says nothing of whether it counts; that is [`Host`]'s.
    ///
    /// # Errors
    /// When topic or payload are not Sparkplug's.
    pub fn decode(topic: &str, payload: &[u8]) -> Result<Self, SparkplugError> {
        match Topic::parse(topic)? {
            Topic::Message { .. } => Ok(Self::Message(Payload::decode(payload)?)),
            Topic::State { host } => {
                let state = HostState::parse(payload)?;
                Ok(Self::State { state: NamedState { host: host.to_owned(), state } })
            }
        }
    }
}

impl SparkplugError {
    /// A short class, for counters and tools.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Topic(error) => error.code(),
            Self::Payload(PayloadError::TooLarge { .. }) => "too-large",
            Self::Payload(PayloadError::Wire(_)) => "bad-protobuf",
            Self::State(_) => "bad-state",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, payload: &[u8], expect: Result<&str, &str>) {
        let found = Publication::decode(topic, payload).map(|found| serde_json::to_string(&found).unwrap());
        assert_eq!(found.map_err(SparkplugError::code), expect.map(str::to_owned), "{topic} {payload:02x?}");
    }

    #[test]
    fn a_publication_is_shown_by_what_its_topic_says_it_is() {
        check("spBv1.0/g/NDATA/n", &[0x18, 5], Ok(r#"{"timestamp":null,"seq":5,"metrics":[]}"#));
        let state = r#"{"state":{"host":"h","online":true,"timestamp":5}}"#;
        check("spBv1.0/STATE/h", HostState::birth(5).as_bytes(), Ok(state));
        check("STATE/h", b"OFFLINE", Ok(r#"{"state":{"host":"h","online":false}}"#));
    }

    #[test]
    fn the_topic_is_read_before_the_payload() {
        check("x/g/NDATA/n", &[0xFF], Err("bad-namespace"));
        check("spBv1.0/g/NDATA/n", &[0xFF], Err("bad-protobuf"));
        check("spBv1.0/STATE/h", &[0x18, 5], Err("bad-state"));
        check("spBv1.0/g/NDATA/n", &vec![0; 600_000], Err("too-large"));
    }
}
