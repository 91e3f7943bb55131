//! `STATE`: a host application saying whether it is there.
//!
//! Owns the payload, of 3.0 (`{"online":true,"timestamp":…}`) and of before (`ONLINE`). Edge nodes that are configured
//! with a primary host publish only while it is online. Must not know when a host connects. The source is the Sparkplug
//! specification 3.0, chapters 5 and 6.

/// A few dozen bytes are enough for all that belongs in there.
const LEN_MAX: usize = 4_096;

/// Whether a host is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct HostState {
    pub online: bool,
    /// When the host's session began, in ms since 1970 UTC; before 3.0 it was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
}

/// A payload that says neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("host state is neither an object with online and timestamp nor ONLINE or OFFLINE")]
pub struct HostStateError;

#[derive(serde::Deserialize)]
struct Certificate {
    online: bool,
    timestamp: Option<u64>,
}

impl HostState {
    /// Reads either form under either topic: hosts were written to drafts of 3.0 that mixed them.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(payload: &[u8]) -> Result<Self, HostStateError> {
        match payload {
            b"ONLINE" => Ok(Self { online: true, timestamp: None }),
            b"OFFLINE" => Ok(Self { online: false, timestamp: None }),
            _ if payload.len() > LEN_MAX => Err(HostStateError),
            _ => {
                let Certificate { online, timestamp } = serde_json::from_slice(payload).map_err(|_| HostStateError)?;
                Ok(Self { online, timestamp })
            }
        }
    }

    /// What a host publishes when it has connected and subscribed, retained, `QoS` 1. `session_ms` is the time of the
    /// connection attempt, and the same in the will that was stated in it; nodes tell an old will from a new birth by it.
    #[must_use]
    pub fn birth(session_ms: u64) -> String {
        Self::payload(true, session_ms)
    }

    /// What a host states as its will, with the `session_ms` of its birth, and publishes itself before it disconnects,
    /// with the time of that; retained, `QoS` 1.
    #[must_use]
    pub fn death(session_ms: u64) -> String {
        Self::payload(false, session_ms)
    }

    fn payload(online: bool, timestamp_ms: u64) -> String {
        format!(r#"{{"online":{online},"timestamp":{timestamp_ms}}}"#)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (payload, expect) in [
            (r#"{"online":true,"timestamp":1780000000000}"#, Some((true, Some(1_780_000_000_000)))),
            (r#" {"timestamp":5,"online":false,"more":[1,{}]} "#, Some((false, Some(5)))),
            (r#"{"online":true}"#, Some((true, None))),
            ("ONLINE", Some((true, None))),
            ("OFFLINE", Some((false, None))),
            ("", None),
            ("online", None),
            ("true", None),
            (r#"{"online":"true","timestamp":5}"#, None),
            (r#"{"timestamp":5}"#, None),
            (r#"{"online":true,"timestamp":-5}"#, None),
            (r#"{"online":true,"timestamp":5"#, None),
        ] {
            let found = HostState::parse(payload.as_bytes()).ok().map(|state| (state.online, state.timestamp));
            assert_eq!(found, expect, "{payload}");
        }
        assert_eq!(HostState::parse(&b"[".repeat(100_000)), Err(HostStateError));
    }

    #[test]
    fn birth_and_will_of_a_session_differ_in_nothing_but_the_flag() {
        assert_eq!(HostState::birth(1_780_000_000_000), r#"{"online":true,"timestamp":1780000000000}"#);
        assert_eq!(HostState::death(1_780_000_000_000), r#"{"online":false,"timestamp":1780000000000}"#);
        let birth = HostState::parse(HostState::birth(u64::MAX).as_bytes());
        assert_eq!(birth, Ok(HostState { online: true, timestamp: Some(u64::MAX) }));
    }
}
