//! The hub's wall clock. It dates what is received and is never used to order it.

use std::time::{SystemTime, UNIX_EPOCH};

use gateway_proto::time::WallTime;

/// Now, by this machine's clock; 1970 where it is before that.
pub(crate) fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
