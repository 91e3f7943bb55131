//! The bytes on the wire, one module for each version of the protocol.

#![allow(clippy::unwrap_used, reason = "test code")]

mod v1 {
    include!("wire/v1.rs");
}
