//! Reading a request's body whole, within a bound of bytes and of patience.

use std::{fmt::Display, time::Duration};

use axum::body::Body;
use gateway_proto::{
    answer::{Code, Rejection},
    limits::BATCH_LEN_MAX,
};
use tokio::time::timeout;
use tokio_stream::StreamExt as _;

/// How long a body may stand still. The slowest link that works delivers something within this.
const STALL_MAX: Duration = Duration::from_secs(30);

/// The whole body, at most [`BATCH_LEN_MAX`] bytes. What comes beyond is not read.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, Rejection> {
    let mut parts = body.into_data_stream();
    let mut whole = Vec::new();
    loop {
        match timeout(STALL_MAX, parts.next()).await {
            Ok(None) => return Ok(whole),
            Ok(Some(Ok(part))) if whole.len() + part.len() > BATCH_LEN_MAX => {
                return Err(Rejection::new(Code::TooLarge, format!("at most {BATCH_LEN_MAX} bytes, also unpacked")));
            }
            Ok(Some(Ok(part))) => whole.extend_from_slice(&part),
            Ok(Some(Err(error))) => return Err(unreadable(error)),
            Err(_) => return Err(Rejection::new(Code::Busy, "the body stopped coming")),
        }
    }
}

fn unreadable(error: impl Display) -> Rejection {
    Rejection::new(Code::BadBatch, format!("body is not readable: {error}"))
}
