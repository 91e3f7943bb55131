//! Signing in to the page and showing it.
//!
//! A browser shows a viewer's token once and carries a cookie from then on, which is limited to `/view/{viewer}`: two
//! viewers can be open in one browser, and a page never sends its cookie anywhere else. `?key=TOKEN` does the same for
//! a link; the answer leads on to the address without the key, so that it stays out of history and bookmarks.

use std::sync::Arc;

use axum::{
    Form,
    extract::{
        Path, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{App, access::Viewer, fault::Fault};
use crate::{
    clock,
    config::ViewerName,
    page,
    store::{self, Snapshot, StoreError},
    view::{FeedView, HeldView, MovementView, ParkedView},
};

/// Movements on the page.
const MOVEMENTS_SHOWN: usize = 50;

/// Movements ahead of a backlog on the page, of one feed.
const AHEAD_SHOWN: usize = 10;

/// Parked records of one feed on the page.
const PARKED_SHOWN: usize = 20;

#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Key {
    key: Option<String>,
}

type Asked = Result<Query<Key>, QueryRejection>;

/// `GET /`: asks for a token.
pub(super) async fn form() -> impl IntoResponse {
    page::sign_in(None)
}

/// `POST /`: takes the token and leads to its page.
pub(super) async fn sign_in(State(app): State<Arc<App>>, form: Result<Form<SignIn>, FormRejection>) -> Response {
    let token = form.map(|Form(form)| form.token).unwrap_or_default();
    match Viewer::by_token(&app, token.trim()) {
        Some(viewer) => let_in(&app, &viewer),
        None => (StatusCode::UNAUTHORIZED, page::sign_in(Some("This token is not known here."))).into_response(),
    }
}

/// `GET /view/{viewer}`: the page's own links are relative to the address with the slash.
pub(super) async fn to_view(Path(viewer): Path<String>, key: Asked) -> Redirect {
    // The name came out of a path and goes back into one: only what a viewer's name can be passes.
    match (viewer.parse::<ViewerName>(), key_of(key)) {
        (Ok(viewer), None) => Redirect::to(&format!("/view/{viewer}/")),
        _ => Redirect::to("/"),
    }
}

/// `GET /view/{viewer}/`: the page, or the way to it.
pub(super) async fn view(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    key: Asked,
    viewer: Result<Viewer, Fault>,
) -> Result<Response, Fault> {
    if let Some(key) = key_of(key) {
        let viewer = Viewer::by_token(&app, &key).filter(|viewer| viewer.name() == name);
        return Ok(viewer.map_or_else(|| Redirect::to("/").into_response(), |viewer| let_in(&app, &viewer)));
    }
    let viewer = match viewer {
        Ok(viewer) => viewer,
        Err(Fault::Unauthorized) => return Ok(Redirect::to("/").into_response()),
        Err(other) => return Err(other),
    };
    let feeds = viewer.feeds();
    let look = move |db: &Snapshot| {
        let health = store::health(db, &feeds)?;
        let held = store::on_hand(db, &feeds, None)?;
        let newest = store::newest(db, &feeds, None, MOVEMENTS_SHOWN)?;
        let parked = store::parked(db, &feeds, PARKED_SHOWN)?;
        let ahead = store::ahead(db, &feeds, AHEAD_SHOWN)?;
        Ok((health, held, newest, parked, ahead))
    };
    let (health, held, newest, parked, ahead) = app.store.read(look).await?;
    let now = clock::now();
    let shown = page::Shown {
        viewer: viewer.name().to_owned(),
        now,
        cursor: newest.next.to_string(),
        feeds: health.iter().map(|health| FeedView::of(health, now)).collect(),
        held: held.iter().map(HeldView::of).collect(),
        movements: newest.rows.iter().map(MovementView::of).collect::<Result<_, StoreError>>()?,
        ahead: ahead.iter().rev().filter_map(MovementView::of_ahead).collect(),
        parked: parked.into_iter().map(ParkedView::of).collect::<Result<_, StoreError>>()?,
    };
    Ok(page::view(&shown).into_response())
}

/// A query that cannot be read is a query without a key.
fn key_of(asked: Asked) -> Option<String> {
    asked.ok().and_then(|Query(key)| key.key)
}

fn let_in(app: &App, viewer: &Viewer) -> Response {
    let to_page = Redirect::to(&format!("/view/{}/", viewer.name()));
    ([(header::SET_COOKIE, viewer.cookie(app))], to_page).into_response()
}
