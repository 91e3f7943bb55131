//! Who is asking: a viewer by bearer token, or by the cookie of a browser that has signed in.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};

use super::{App, ViewerAccess, fault::Fault};
use crate::store::StoredFeed;

/// Name of the cookie. One per viewer, told apart by its path.
pub(super) const COOKIE: &str = "binwire_view";

/// Somebody who may look.
pub(super) struct Viewer(Arc<ViewerAccess>);

impl Viewer {
    pub(super) fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// Everything granted.
    pub(super) fn feeds(&self) -> Vec<StoredFeed> {
        self.0.feeds.clone()
    }

    /// What is granted of a site or a feed.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when that is nothing, whether or not it exists.
    pub(super) fn scope(&self, site: Option<&str>, feed: Option<&str>) -> Result<Vec<StoredFeed>, Fault> {
        let mut granted = self.feeds();
        granted.retain(|stored| {
            site.is_none_or(|site| stored.key.site.as_str() == site)
                && feed.is_none_or(|feed| stored.key.name.as_str() == feed)
        });
        if granted.is_empty() { Err(Fault::NotFound) } else { Ok(granted) }
    }

    /// The viewer whose token this is. All tokens are compared, so that the time it takes says nothing.
    pub(super) fn by_token(app: &App, presented: &str) -> Option<Self> {
        let mut found = None;
        for viewer in &app.viewers {
            if viewer.token.matches(presented) {
                found = Some(Self(Arc::clone(viewer)));
            }
        }
        found
    }

    /// The `Set-Cookie` with which a browser stays signed in: not readable by scripts, sent to this viewer's page only.
    pub(super) fn cookie(&self, app: &App) -> String {
        let secure = if app.is_secure { "; Secure" } else { "" };
        format!(
            "{COOKIE}={}; Path=/view/{}; HttpOnly; SameSite=Strict; Max-Age=31536000{secure}",
            self.0.token.session(),
            self.name()
        )
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Fault::NotFound)?;
        let named = params.iter().find(|(key, _)| *key == "viewer").map(|(_, name)| name);
        if let Some(token) = bearer(&parts.headers) {
            return Self::by_token(app, token)
                .filter(|viewer| named.is_none_or(|name| viewer.name() == name))
                .ok_or(Fault::Unauthorized);
        }
        let (Some(name), Some(session)) = (named, cookie(&parts.headers)) else { return Err(Fault::Unauthorized) };
        let viewer = app.viewers.iter().find(|viewer| viewer.name.as_str() == name);
        match viewer {
            Some(viewer) if viewer.token.session_matches(session) => Ok(Self(Arc::clone(viewer))),
            _ => Err(Fault::Unauthorized),
        }
    }
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
