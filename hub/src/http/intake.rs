//! `POST /v1/feeds/{feed}/batches`: the door for sites.
//!
//! ```text
//! token → room → packed bytes (≤ 4 MiB) → unpacked (≤ 4 MiB) → batch → is it this feed's? → store → commit → answer
//! ```
//!
//! The token is looked at before a byte of the body is read, and it alone decides which feed is meant: a wrong one learns
//! nothing about what feeds there are. Every answer but 200 is a `Rejection`.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use gateway_proto::answer::{Ack, Code, Rejection};
use tower_http::decompression::RequestDecompressionLayer;

use super::{App, access, body};
use crate::{intake, store::StoredFeed};

/// A rejection on its way out.
struct Refused(Rejection);

pub(super) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    // Layers run from the last to the first: admit, unpack, take.
    let take = post(take)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn_with_state(Arc::clone(app), admit));
    Router::new().route("/v1/feeds/{feed}/batches", take)
}

/// Finds out whose the token is, then reads the body as it travels.
async fn admit(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let feed = feed_of(&app, request.headers())
        .filter(|feed| name.is_ok_and(|Path(name)| feed.key.name.as_str() == name))
        .ok_or_else(|| Refused(Rejection::new(Code::Unauthorized, "this token is not this feed's")))?;
    let Ok(_room) = app.intakes.try_acquire() else {
        return Err(Refused(Rejection::new(Code::Busy, "too many batches at once")));
    };
    let (mut parts, packed) = request.into_parts();
    let packed = body::read(packed).await?;
    parts.extensions.insert(feed);
    Ok(next.run(Request::from_parts(parts, Body::from(packed))).await)
}

async fn take(
    State(app): State<Arc<App>>,
    Extension(feed): Extension<StoredFeed>,
    headers: HeaderMap,
    unpacked: Body,
) -> Result<Json<Ack>, Refused> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let detail = format!("Content-Encoding {encoding:?} is not understood; use identity, gzip or zstd");
        return Err(Refused(Rejection::new(Code::BadBatch, detail)));
    }
    let json = body::read(unpacked).await?;
    Ok(Json(intake::take(&app.store, &feed, json).await?))
}

/// The feed whose token this is. All tokens are compared, so that the time it takes says nothing.
fn feed_of(app: &App, headers: &HeaderMap) -> Option<StoredFeed> {
    let presented = access::bearer(headers)?;
    let mut found = None;
    for access in &app.feeds {
        if access.token.matches(presented) {
            found = Some(access.feed.clone());
        }
    }
    found
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(rejection) = self;
        let status = StatusCode::from_u16(rejection.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let retry = matches!(rejection.code, Code::Busy | Code::Limit);
        let mut response = (status, Json(rejection)).into_response();
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
