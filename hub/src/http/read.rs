//! `GET` of sites, on-hand, movements and parked records. Each is one snapshot of the store, of what is granted.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use gateway_proto::{name::ItemCode, record::Record, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{App, access::Viewer, fault::Fault};
use crate::{
    clock,
    cursor::Cursor,
    store::{self, Snapshot, StoreError},
    view::{FeedView, HeldView, MovementView, ParkedView},
};

/// Movements of one answer unless asked otherwise, and at most.
const MOVEMENTS_DEFAULT: usize = 100;
const MOVEMENTS_MAX: usize = 1_000;

/// Parked records of one feed in one answer.
const PARKED_MAX: usize = 500;

/// What to leave out. A name that is not known here is an error: a filter that is misspelt must not show everything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    site: Option<String>,
    feed: Option<String>,
    item: Option<ItemCode>,
    /// Movements only: where to go on; empty for the beginning; absent for the newest.
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Sites {
    now: WallTime,
    sites: Vec<Site>,
}

#[derive(Serialize)]
struct Site {
    site: String,
    feeds: Vec<FeedView>,
}

#[derive(Serialize)]
pub(super) struct OnHand {
    on_hand: Vec<HeldView>,
    /// Movements after this one are not in the amounts.
    cursor: String,
}

#[derive(Serialize)]
pub(super) struct Movements {
    movements: Vec<MovementView>,
    /// Shown ahead of a backlog, newest last; only beside the newest. They come again as movements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ahead: Vec<MovementView>,
    /// Where to go on.
    next: String,
    /// Whether there is more right now.
    more: bool,
}

#[derive(Serialize)]
pub(super) struct ParkedRecords {
    parked: Vec<ParkedView>,
}

type Asked = Result<Query<Filter>, QueryRejection>;

pub(super) async fn sites(State(app): State<Arc<App>>, viewer: Viewer, asked: Asked) -> Result<Json<Sites>, Fault> {
    let filter = filter(asked)?;
    let feeds = viewer.scope(filter.site.as_deref(), filter.feed.as_deref())?;
    let health = app.store.read(move |db| store::health(db, &feeds)).await?;
    let now = clock::now();
    let mut sites: Vec<Site> = Vec::new();
    for feed in &health {
        let view = FeedView::of(feed, now);
        match sites.iter_mut().find(|site| site.site == view.site) {
            Some(site) => site.feeds.push(view),
            None => sites.push(Site { site: view.site.clone(), feeds: vec![view] }),
        }
    }
    Ok(Json(Sites { now, sites }))
}

pub(super) async fn on_hand(State(app): State<Arc<App>>, viewer: Viewer, asked: Asked) -> Result<Json<OnHand>, Fault> {
    let filter = filter(asked)?;
    let feeds = viewer.scope(filter.site.as_deref(), filter.feed.as_deref())?;
    let look = move |db: &Snapshot| Ok((store::on_hand(db, &feeds, filter.item.as_ref())?, store::now(db, &feeds)?));
    let (held, cursor) = app.store.read(look).await?;
    Ok(Json(OnHand { on_hand: held.iter().map(HeldView::of).collect(), cursor: cursor.to_string() }))
}

pub(super) async fn movements(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    asked: Asked,
) -> Result<Json<Movements>, Fault> {
    let filter = filter(asked)?;
    let feeds = viewer.scope(filter.site.as_deref(), filter.feed.as_deref())?;
    let limit = filter.limit.unwrap_or(MOVEMENTS_DEFAULT);
    if !(1..=MOVEMENTS_MAX).contains(&limit) {
        return Err(Fault::BadRequest(format!("limit must be 1 to {MOVEMENTS_MAX}")));
    }
    let after = filter.after.as_deref().map(cursor).transpose()?;
    let item = filter.item.clone();
    let look = move |db: &Snapshot| match &after {
        Some(after) => Ok((store::after(db, &feeds, after, filter.item.as_ref(), limit)?, Vec::new())),
        None => Ok((store::newest(db, &feeds, filter.item.as_ref(), limit)?, store::ahead(db, &feeds, limit)?)),
    };
    let (page, ahead) = app.store.read(look).await?;
    let movements = page.rows.iter().map(MovementView::of).collect::<Result<_, StoreError>>()?;
    let ahead = ahead
        .iter()
        .filter(|row| item.as_ref().is_none_or(|item| is_of(&row.text, item)))
        .filter_map(MovementView::of_ahead)
        .collect();
    Ok(Json(Movements { movements, ahead, next: page.next.to_string(), more: page.more }))
}

pub(super) async fn parked(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    asked: Asked,
) -> Result<Json<ParkedRecords>, Fault> {
    let filter = filter(asked)?;
    let feeds = viewer.scope(filter.site.as_deref(), filter.feed.as_deref())?;
    let parked = app.store.read(move |db| store::parked(db, &feeds, PARKED_MAX)).await?;
    Ok(Json(ParkedRecords { parked: parked.into_iter().map(ParkedView::of).collect::<Result<_, StoreError>>()? }))
}

fn is_of(text: &str, item: &ItemCode) -> bool {
    matches!(Record::parse(text), Ok(Record::Movement(movement)) if movement.item == *item)
}

/// Reads a cursor that somebody sent.
///
/// # Errors
/// [`Fault::BadRequest`] when the hub did not give it.
pub(super) fn cursor(text: &str) -> Result<Cursor, Fault> {
    text.parse().map_err(|error: crate::cursor::CursorError| Fault::BadRequest(error.to_string()))
}

fn filter(asked: Asked) -> Result<Filter, Fault> {
    asked.map(|Query(filter)| filter).map_err(|error| Fault::BadRequest(error.body_text()))
}
