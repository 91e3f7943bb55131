//! One open page, following what changes: the stream of events that it is sent.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::interval,
};
use tokio_stream::wrappers::ReceiverStream;

use super::{Key, Page, pane};
use crate::page::visit::Visit;

/// Panes of one page.
const PANES_OF_A_PAGE_MAX: usize = 8;

/// How often a silent stream says that it is alive.
const BEAT: Duration = Duration::from_secs(5);

/// How soon a browser comes back after the stream ended.
const RETRY: Duration = Duration::from_secs(1);

/// What a page asks to follow.
#[derive(Debug, Deserialize)]
pub(in crate::page) struct Asked {
    /// Names of panes with commas between.
    of: String,
    #[serde(default)]
    after: String,
}

/// `GET /live?of=bins,station/goods-in&after=MARK-VERSION`
pub(in crate::page) async fn follow(
    State(page): State<Arc<Page>>,
    visit: Visit,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else { return StatusCode::BAD_REQUEST.into_response() };
    let names: Vec<&str> = asked.of.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > PANES_OF_A_PAGE_MAX {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Ok(permit) = page.viewers.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")]).into_response();
    };
    let mut keys = Vec::new();
    for name in names {
        let Some((pane, _)) = pane(name) else { return StatusCode::NOT_FOUND.into_response() };
        if pane.right.is_some_and(|right| !visit.may(right)) {
            return StatusCode::FORBIDDEN.into_response();
        }
        let key = (name.to_owned(), visit.tongue.text.language);
        // One that is kept is current or about to be; one that is not has to be rendered first.
        if !page.live.lock().contains_key(&key) && page.live.look(&page, &key).await.is_none() {
            return StatusCode::NOT_FOUND.into_response();
        }
        keys.push(key);
    }
    // The header is the later of the two: a browser that reconnects repeats the address it first had.
    const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
    let has = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).unwrap_or(&asked.after);
    let begins =
        if has.is_empty() { Begins::At(0) } else { page.live.version_of(has).map_or(Begins::Anew, Begins::At) };
    let (events, sent) = mpsc::channel(1);
    let viewer = Viewer::new(page, keys, events, permit);
    tokio::spawn(viewer.run(begins));
    let stream = Sse::new(ReceiverStream::new(sent));
    // Some proxies collect an answer before they pass it on, unless told not to.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], stream).into_response()
}

/// What a page that begins to follow has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    At(u64),
    /// It is of another process.
    Anew,
}

/// One open page.
struct Viewer {
    page: Arc<Page>,
    keys: Vec<Key>,
    events: mpsc::Sender<Result<Event, Infallible>>,
    _permit: OwnedSemaphorePermit,
}

impl Viewer {
    fn new(
        page: Arc<Page>,
        keys: Vec<Key>,
        events: mpsc::Sender<Result<Event, Infallible>>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        for key in &keys {
            page.live.watch(key);
        }
        Self { page, keys, events, _permit: permit }
    }

    /// Until the page goes or the agent stops. Cancel-safe: what was not sent is still newer.
    async fn run(self, begins: Begins) {
        let stop = self.page.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.events.closed() => {}
            _gone = self.follow(begins) => {}
        }
    }

    async fn follow(&self, begins: Begins) -> Result<(), Gone> {
        self.send(Event::default().retry(RETRY)).await?;
        let mut after = match begins {
            Begins::At(version) => version,
            Begins::Anew => return self.send(Event::default().event("reload").data("anew")).await,
        };
        let mut version = self.page.live.version.subscribe();
        let mut beats = interval(BEAT);
        loop {
            // What changes while a slow line takes the last event is one event, with the newest of each.
            let room = self.events.reserve().await.map_err(|_| Gone)?;
            version.borrow_and_update();
            let (now, newer) = self.page.live.newer(&self.keys, after);
            if newer.is_empty() {
                // Kept, it would be the room that the next beat waits for.
                drop(room);
            } else {
                let fragments: Vec<(&str, Option<&str>)> =
                    newer.iter().map(|(id, text)| (&**id, text.as_deref())).collect();
                let data = serde_json::to_string(&fragments).unwrap_or_default();
                let event = Event::default().event("fragments").id(self.page.live.name_of(now)).data(data);
                room.send(Ok(event));
            }
            after = now;
            tokio::select! {
                told = version.changed() => if told.is_err() { return Ok(()) },
                _ = beats.tick() => {
                    let now = self.page.clock.wall().0.to_string();
                    self.send(Event::default().event("beat").data(now)).await?;
                }
            }
        }
    }

    async fn send(&self, event: Event) -> Result<(), Gone> {
        self.events.send(Ok(event)).await.map_err(|_| Gone)
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        for key in &self.keys {
            self.page.live.unwatch(key);
        }
    }
}

/// The page is closed.
struct Gone;
