//! `GET /v1/live`: movements as they are taken in, by server-sent events.
//!
//! ```text
//! event: movement   id: CURSOR   data: the movement, and what its two places hold now
//! event: ahead      id: CURSOR   data: a movement that came ahead of a backlog; it comes again as a movement with this id
//! event: feed       id: CURSOR   data: the state of a feed; on connect and whenever it changes
//! ```
//!
//! Every event carries the cursor after it. `Last-Event-ID`, or `?after=` where a header cannot be set, resumes there with
//! nothing lost and nothing doubled; without either the stream begins now. The stream reads the store behind its cursor
//! whenever a commit is told, so it cannot miss what a queue would have dropped, and a slow reader delays only
//! itself. It ends with the hub: a browser comes back by itself.

use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use gateway_proto::record::Record;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::{App, access::Viewer, fault::Fault, read};
use crate::{
    alarm::{Alarm, alarms},
    clock,
    cursor::Cursor,
    feed::FeedKey,
    store::{self, FeedHealth, Row, Snapshot, StoreError, StoredFeed},
    view::{FeedView, HeldView, MovementView},
};

/// Events made but not yet sent to one reader.
const UNSENT_MAX: usize = 64;

/// Movements read from the store at a time.
const PAGE: usize = 200;

/// Movements ahead of a backlog that a reader is told: what a page shows.
const AHEAD_TOLD_MAX: usize = 50;

/// How often a silent stream says that it is alive: below the idle time-outs of common proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How soon a browser comes back after the stream ended.
const RETRY: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    site: Option<String>,
    feed: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct LiveMovement {
    #[serde(flatten)]
    movement: MovementView,
    /// What the places of this movement hold now: the newest amounts, which may include later movements.
    on_hand: Vec<HeldView>,
}

/// One reader's stream.
struct Live {
    app: Arc<App>,
    feeds: Vec<StoredFeed>,
    cursor: Cursor,
    told: HashMap<FeedKey, (FeedHealth, Vec<Alarm>)>,
    /// The movements ahead that were told and are still ahead.
    told_ahead: BTreeSet<(FeedKey, String, u64)>,
    events: mpsc::Sender<Result<Event, Infallible>>,
    _slot: OwnedSemaphorePermit,
}

pub(super) async fn live(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<impl IntoResponse, Fault> {
    const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
    let Query(asked) = asked.map_err(|error| Fault::BadRequest(error.body_text()))?;
    let feeds = viewer.scope(asked.site.as_deref(), asked.feed.as_deref())?;
    let slot = Arc::clone(&app.lives).try_acquire_owned().map_err(|_| Fault::Busy)?;
    // The header is the later of the two: a browser that reconnects repeats the address it first had.
    let resumed = match headers.get(LAST_EVENT_ID) {
        Some(id) => Some(id.to_str().map_err(|_| Fault::BadRequest("Last-Event-ID is no text".to_owned()))?),
        None => asked.after.as_deref(),
    };
    let cursor = match resumed {
        Some(text) => read::cursor(text)?,
        None => {
            let feeds = feeds.clone();
            app.store.read(move |db| store::now(db, &feeds)).await?
        }
    };
    let (events, sent) = mpsc::channel(UNSENT_MAX);
    let tasks = app.tasks.clone();
    tasks.spawn(
        Live { app, feeds, cursor, told: HashMap::new(), told_ahead: BTreeSet::new(), events, _slot: slot }.run(),
    );
    let stream = Sse::new(ReceiverStream::new(sent)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Some proxies collect an answer before they pass it on, unless told not to.
    Ok(([(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")], stream))
}

impl Live {
    /// Runs until the reader goes, the hub stops, or the store cannot be read. Cancel-safe: the cursor is the reader's.
    async fn run(mut self) {
        let shutdown = self.app.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            ended = self.follow() => {
                if let Err(error) = ended {
                    tracing::error!(error = %format_args!("{:#}", anyhow::Error::new(error)), "live feed ended");
                }
            }
        }
    }

    async fn follow(&mut self) -> Result<(), StoreError> {
        let mut commits = self.app.store.commits();
        let mut seen = None;
        let unsent = self.events.clone();
        if self.send(Event::default().retry(RETRY)).await.is_err() {
            return Ok(());
        }
        loop {
            commits.borrow_and_update();
            let version = self.app.store.version(&self.feeds);
            if seen != Some(version) {
                seen = Some(version);
                while self.catch_up().await? == Caught::More {}
            }
            tokio::select! {
                told = commits.changed() => if told.is_err() { return Ok(()) },
                () = unsent.closed() => return Ok(()),
            }
        }
    }

    /// Sends one page of what is behind the cursor, and at its end the feeds that have changed.
    async fn catch_up(&mut self) -> Result<Caught, StoreError> {
        let (feeds, cursor) = (self.feeds.clone(), self.cursor.clone());
        let (rows, (more, next), (health, ahead)) = self
            .app
            .store
            .read(move |db| {
                let page = store::after(db, &feeds, &cursor, None, PAGE)?;
                let (health, ahead) = if page.more {
                    (Vec::new(), Vec::new())
                } else {
                    (store::health(db, &feeds)?, store::ahead(db, &feeds, AHEAD_TOLD_MAX)?)
                };
                let mut rows = Vec::new();
                for row in page.rows {
                    let movement = movement(db, &feeds, &row)?;
                    rows.push((row, movement));
                }
                Ok((rows, (page.more, page.next), (health, ahead)))
            })
            .await?;
        for (row, movement) in rows {
            self.cursor.advance(&row.strand, row.position);
            if self.tell("movement", &movement).await.is_err() {
                return Ok(Caught::Gone);
            }
        }
        self.cursor = next;
        if !more {
            let mut still = BTreeSet::new();
            for row in ahead {
                let name = (row.strand.feed.clone(), row.epoch.clone(), row.seq);
                if !self.told_ahead.contains(&name)
                    && let Some(view) = MovementView::of_ahead(&row)
                    && self.tell("ahead", &view).await.is_err()
                {
                    return Ok(Caught::Gone);
                }
                still.insert(name);
            }
            self.told_ahead = still;
        }
        for health in health {
            let now = clock::now();
            let standing = alarms(&health, now);
            let known = self.told.get(&health.feed).is_some_and(|(told, alarms)| {
                *told == health && alarms.iter().map(|alarm| alarm.kind).eq(standing.iter().map(|alarm| alarm.kind))
            });
            if !known {
                let view = FeedView::of(&health, now);
                self.told.insert(health.feed.clone(), (health, standing));
                if self.tell("feed", &view).await.is_err() {
                    return Ok(Caught::Gone);
                }
            }
        }
        Ok(if more { Caught::More } else { Caught::All })
    }

    async fn tell(&mut self, name: &'static str, body: &impl Serialize) -> Result<(), Gone> {
        let Ok(json) = serde_json::to_string(body) else { return Ok(()) };
        self.send(Event::default().event(name).id(self.cursor.to_string()).data(json)).await
    }

    async fn send(&mut self, event: Event) -> Result<(), Gone> {
        self.events.send(Ok(event)).await.map_err(|_| Gone)
    }
}

/// How far a page brought the reader.
#[derive(PartialEq, Eq)]
enum Caught {
    More,
    All,
    Gone,
}

/// The reader has closed the stream.
struct Gone;

fn movement(db: &Snapshot, feeds: &[StoredFeed], row: &Row) -> Result<LiveMovement, StoreError> {
    let mut on_hand = Vec::new();
    if let Ok(Record::Movement(movement)) = Record::parse(&row.text)
        && let Some(feed) = feeds.iter().find(|feed| feed.key == row.strand.feed)
    {
        for place in [&movement.from, &movement.to] {
            if let Some(held) = store::on_hand_of(db, feed, &movement.item, place)? {
                on_hand.push(HeldView::of(&held));
            }
        }
    }
    Ok(LiveMovement { movement: MovementView::of(row)?, on_hand })
}
