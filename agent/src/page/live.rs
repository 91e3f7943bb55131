//! What changes by itself, on every open page.
//!
//! A **pane** is a part of the site that pages show live: the bins, a station, the problems. One task renders each pane
//! that somebody watches, once for all who do: after news from the floor or the recorder at once, and now and then for what
//! makes no news. A pane is rendered as **fragments**, elements with an id. What differs from before gets a new version;
//! each open page is sent the fragments newer than what it has, and its script puts them in place of those with the same id.
//!
//! There is no queue: what is kept is one newest text a fragment, and a viewer who is slow skips what lay between. A
//! browser that comes back says which version it has (`Last-Event-ID`) and misses nothing. Versions begin anew with the
//! process, so they carry its own mark; a page of another process loads itself again, since its script may be another.
//!
//! ```text
//! event: fragments   id: MARK-VERSION   data: [["id", "<html>"], …]; null in place of the text: it is gone
//! event: beat        data: the gateway's time; every five seconds: silence is a lost line
//! event: reload      the page is of another version of the agent
//! ```

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use look::Language;
use maud::{Markup, PreEscaped};
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, watch},
    time::interval,
};
use tokio_stream::wrappers::ReceiverStream;

use super::{
    Page, bins,
    door::{self, Right},
    home, manage, problems, station,
    visit::{Tongue, Visit},
    work,
};

/// Every pane there is.
pub(crate) const PANES: &[Pane] = &[
    home::FRAME,
    problems::PANE,
    manage::FEEDS,
    station::STATION,
    bins::BINS,
    bins::BIN,
    work::ACTS,
    work::CALIBRATION,
];

/// Panes of one page.
const PANES_OF_A_PAGE_MAX: usize = 8;

/// Panes kept at once, watched or shown just now: one for each bin that somebody looks at, in two languages.
const PANES_MAX: usize = 128;

/// How long a pane is kept that nobody watches: until the page that showed it has asked to follow.
const UNWATCHED_MAX: Duration = Duration::from_secs(30);

/// Least time between two looks: news come in bursts, and a person sees no more.
const GAP: Duration = Duration::from_millis(20);

/// How often a silent stream says that it is alive.
const BEAT: Duration = Duration::from_secs(5);

/// How soon a browser comes back after the stream ended.
const RETRY: Duration = Duration::from_secs(1);

/// A part of the site that pages show live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pane {
    /// The first part of its name in addresses: `bins`, `station` of `station/goods-in`.
    pub(crate) name: &'static str,
    /// What a viewer must be allowed; `None`: looking is enough.
    pub(crate) right: Option<Right>,
    /// How often it is rendered without news.
    pub(crate) every: Duration,
    /// Renders it, given what follows the slash in its name. `None`: there is no such thing.
    pub(crate) render: for<'a> fn(&'a Page, &'a str, &'a Tongue) -> Rendering<'a>,
}

impl Pane {
    /// What changes without news: states of devices, ages of problems.
    pub(crate) const SECOND: Duration = Duration::from_secs(1);
}

/// A pane's fragments, on their way.
pub(crate) type Rendering<'a> = Pin<Box<dyn Future<Output = Option<Vec<Fragment>>> + Send + 'a>>;

/// An element with an id. Its markup is that element. What somebody fills in does not belong in a fragment: it would be
/// replaced under their hands.
#[derive(Debug, Clone)]
pub(crate) struct Fragment {
    pub(crate) id: String,
    pub(crate) markup: Markup,
}

impl Fragment {
    pub(crate) fn new(id: impl Into<String>, markup: Markup) -> Self {
        Self { id: id.into(), markup }
    }
}

/// What a page shows of a pane: the fragments, and which version that is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) version: String,
    fragments: Vec<(Arc<str>, Arc<str>)>,
}

impl Shown {
    /// All fragments in the order in which they were rendered.
    pub(crate) fn all(&self) -> Markup {
        PreEscaped(self.fragments.iter().map(|(_, text)| &**text).collect())
    }

    /// One of them; nothing when it is not there.
    pub(crate) fn one(&self, id: &str) -> Markup {
        PreEscaped(
            self.fragments
                .iter()
                .find(|(known, _)| &**known == id)
                .map(|(_, text)| text.to_string())
                .unwrap_or_default(),
        )
    }
}

/// What is shown live.
#[derive(Debug)]
pub(crate) struct Live {
    /// Tells the versions of this process from those of another.
    mark: String,
    kept: Mutex<BTreeMap<Key, Kept>>,
    /// The newest version of anything. Also rung when a pane begins to be watched.
    version: watch::Sender<u64>,
    watched: watch::Sender<u64>,
    /// One rendering at a time: a late one must not replace a newer.
    turn: tokio::sync::Mutex<()>,
}

/// A fragment's id and newest text; `None`: it is gone.
type Change = (Arc<str>, Option<Arc<str>>);

/// A pane in a language.
type Key = (String, Language);

#[derive(Debug)]
struct Kept {
    pane: Pane,
    fragments: BTreeMap<Arc<str>, Version>,
    order: Vec<Arc<str>>,
    watchers: usize,
    /// When it was last asked for by somebody who does not watch.
    asked: Instant,
    rendered: Instant,
}

#[derive(Debug)]
struct Version {
    version: u64,
    /// `None`: it is gone.
    text: Option<Arc<str>>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self {
            mark: door::random_id().chars().take(8).collect(),
            kept: Mutex::default(),
            version: watch::Sender::new(1),
            watched: watch::Sender::new(0),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// What a page is to show of a pane now; `None`: there is no such thing.
    pub(crate) async fn show(&self, page: &Page, name: &str, tongue: &Tongue) -> Option<Shown> {
        let key = (name.to_owned(), tongue.text.language);
        self.look(page, &key).await?;
        let kept = self.lock();
        let pane = kept.get(&key)?;
        let fragments = pane.order.iter().filter_map(|id| Some((id.clone(), pane.fragments.get(id)?.text.clone()?)));
        Some(Shown { version: self.name_of(*self.version.borrow()), fragments: fragments.collect() })
    }

    /// Renders a pane and takes down what changed. `None`: there is no such thing.
    async fn look(&self, page: &Page, key: &Key) -> Option<()> {
        let (pane, rest) = pane(&key.0)?;
        let _turn = self.turn.lock().await;
        let tongue = Tongue::of(page, key.1);
        let fragments = (pane.render)(page, rest, &tongue).await?;
        let fragments =
            fragments.into_iter().map(|fragment| (Arc::from(fragment.id), Arc::from(fragment.markup.into_string())));
        self.take(key, pane, fragments.collect())
    }

    /// Takes a rendering down; what differs gets the next version.
    fn take(&self, key: &Key, pane: Pane, fragments: Vec<(Arc<str>, Arc<str>)>) -> Option<()> {
        let now = Instant::now();
        let mut kept = self.lock();
        if !kept.contains_key(key) {
            kept.retain(|_, pane| pane.watchers > 0 || now.duration_since(pane.asked) < UNWATCHED_MAX);
            if kept.len() >= PANES_MAX {
                return None;
            }
        }
        let next = *self.version.borrow() + 1;
        let known = kept.entry(key.clone()).or_insert_with(|| Kept {
            pane,
            fragments: BTreeMap::new(),
            order: Vec::new(),
            watchers: 0,
            asked: now,
            rendered: now,
        });
        known.rendered = now;
        if known.watchers == 0 {
            known.asked = now;
        }
        if known.replace(next, fragments) {
            // Under the lock: whoever reads a version finds all of it.
            self.version.send_replace(next);
        }
        Some(())
    }

    fn name_of(&self, version: u64) -> String {
        format!("{}-{version}", self.mark)
    }

    /// The version that a page says it has; `None`: of another process.
    fn version_of(&self, name: &str) -> Option<u64> {
        name.strip_prefix(&self.mark)?.strip_prefix('-')?.parse().ok()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is newer than `after`, and which version that makes.
    fn newer(&self, keys: &[Key], after: u64) -> (u64, Vec<Change>) {
        let kept = self.lock();
        let now = *self.version.borrow();
        let mut newer = Vec::new();
        for known in keys.iter().filter_map(|key| kept.get(key)) {
            let changed = known.fragments.iter().filter(|(_, version)| version.version > after);
            newer.extend(changed.map(|(id, version)| (id.clone(), version.text.clone())));
        }
        (now, newer)
    }
}

impl Kept {
    /// Whether anything changed.
    fn replace(&mut self, next: u64, fragments: Vec<(Arc<str>, Arc<str>)>) -> bool {
        let mut is_news = false;
        let order: Vec<Arc<str>> = fragments.iter().map(|(id, _)| id.clone()).collect();
        for (id, text) in fragments {
            let known = self.fragments.get(&id).and_then(|version| version.text.as_ref());
            if known != Some(&text) {
                self.fragments.insert(id, Version { version: next, text: Some(text) });
                is_news = true;
            }
        }
        if order != self.order {
            for id in &self.order {
                if !order.contains(id) {
                    self.fragments.insert(id.clone(), Version { version: next, text: None });
                    is_news = true;
                }
            }
            self.order = order;
        }
        is_news
    }
}

/// A pane by its name in an address, and what follows it.
fn pane(name: &str) -> Option<(Pane, &str)> {
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    PANES.iter().find(|pane| pane.name == first).map(|pane| (*pane, rest))
}

/// Renders what is watched, until stopped.
pub(super) async fn run(page: Arc<Page>) {
    let mut floor = page.floor.news();
    let mut recorder = page.watcher.recorder.view();
    let mut watched = page.live.watched.subscribe();
    loop {
        let next = page.live.due().map(|due| due.saturating_duration_since(Instant::now()));
        let is_news = tokio::select! {
            () = page.stop.cancelled() => return,
            Ok(()) = floor.changed(), if next.is_some() => true,
            Ok(()) = recorder.changed(), if next.is_some() => true,
            _ = watched.changed() => false,
            () = tokio::time::sleep(next.unwrap_or_default()), if next.is_some() => false,
        };
        let began = Instant::now();
        for key in page.live.to_render(is_news) {
            if page.live.look(&page, &key).await.is_none() {
                page.live.lock().remove(&key);
            }
        }
        // However much there is to render: the rest of the gateway has half of the time at least.
        let pause = began.elapsed().max(GAP);
        tokio::select! {
            () = page.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Live {
    /// When the next pane is to be rendered though there is no news; `None`: nobody watches.
    fn due(&self) -> Option<Instant> {
        self.lock().values().filter(|pane| pane.watchers > 0).map(|kept| kept.rendered + kept.pane.every).min()
    }

    fn to_render(&self, is_news: bool) -> Vec<Key> {
        let now = Instant::now();
        let kept = self.lock();
        let due =
            kept.iter().filter(|(_, kept)| kept.watchers > 0 && (is_news || kept.rendered + kept.pane.every <= now));
        due.map(|(key, _)| key.clone()).collect()
    }

    fn watch(&self, key: &Key) {
        if let Some(kept) = self.lock().get_mut(key) {
            kept.watchers += 1;
        }
        self.watched.send_modify(|times| *times += 1);
    }

    fn unwatch(&self, key: &Key) {
        if let Some(kept) = self.lock().get_mut(key) {
            kept.watchers = kept.watchers.saturating_sub(1);
            kept.asked = Instant::now();
        }
    }
}

/// What a page asks to follow.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// Names of panes with commas between.
    of: String,
    #[serde(default)]
    after: String,
}

/// `GET /live?of=bins,station/goods-in&after=MARK-VERSION`
pub(super) async fn follow(
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

#[cfg(test)]
mod tests;
