//! Every answer to a reader that is not a success: `{"code","detail"}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use gateway_proto::told::Shortened;
use serde::Serialize;

use crate::store::StoreError;

/// Why a read is not answered.
#[derive(Debug)]
pub(super) enum Fault {
    /// No credential, or one that is nobody's.
    Unauthorized,
    /// Not there, or not granted: the answer is the same.
    NotFound,
    Method,
    /// The request breaks a rule; the text says which.
    BadRequest(String),
    /// Too many at once.
    Busy,
    /// The hub's own trouble; logged, not told.
    Internal,
}

#[derive(Serialize)]
struct Shape<'a> {
    code: &'static str,
    detail: &'a str,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, code, detail) = match &self {
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "unauthorized", "send a viewer's token: Authorization: Bearer TOKEN")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing here that you may see"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "not with this method"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request", ""),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "too many at once; come back in a moment"),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "the hub cannot read its store; its log says why")
            }
        };
        let detail = match &self {
            // It may repeat what it was about, which is as long as its sender likes.
            Self::BadRequest(detail) => Shortened(detail).to_string(),
            Self::Unauthorized | Self::NotFound | Self::Method | Self::Busy | Self::Internal => detail.to_owned(),
        };
        let mut response = (status, Json(Shape { code, detail: &detail })).into_response();
        match self {
            Self::Unauthorized => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Busy => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::NotFound | Self::Method | Self::BadRequest(_) | Self::Internal => {}
        }
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %format_args!("{:#}", anyhow::Error::new(error)), "store cannot be read");
        Self::Internal
    }
}
