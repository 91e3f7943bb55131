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

mod viewer;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use look::Language;
use maud::{Markup, PreEscaped};
use tokio::sync::watch;

pub(super) use self::viewer::follow;
use super::{
    Page, bins,
    door::{self, Right},
    home, manage, problems, station,
    visit::Tongue,
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

/// Panes kept at once, watched or shown just now: one for each bin that somebody looks at, in two languages.
const PANES_MAX: usize = 128;

/// How long a pane is kept that nobody watches: until the page that showed it has asked to follow.
const UNWATCHED_MAX: Duration = Duration::from_secs(30);

/// Least time between two looks: news come in bursts, and a person sees no more.
const GAP: Duration = Duration::from_millis(20);

/// A part of the site that pages show live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pane {
    /// The first part of its name in addresses: `bins`, `station` of `station/goods-in`.
    pub(crate) name: &'static str,
    /// What a viewer must be allowed; `None`: looking is enough.
    pub(crate) right: Option<Right>,
    /// How often it is rendered without news.
    pub(crate) every: Duration,
    /// Renders it. `None`: there is no such thing.
    pub(crate) render: for<'a> fn(Ask<'a>) -> Rendering<'a>,
}

/// What a pane is rendered from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) page: &'a Page,
    /// What follows the slash in the pane's name.
    pub(crate) rest: &'a str,
    pub(crate) tongue: &'a Tongue,
    /// What the fragments that are kept were made of.
    pub(crate) known: &'a Seals,
}

impl Pane {
    /// What changes without news: states of devices, ages of problems.
    pub(crate) const SECOND: Duration = Duration::from_secs(1);
}

/// A pane's fragments, on their way.
pub(crate) type Rendering<'a> = Pin<Box<dyn Future<Output = Option<Vec<Fragment>>> + Send + 'a>>;

/// What a fragment was made of, in numbers: with the same seal its text is the same.
pub(crate) type Seal = [u64; 3];

/// The seals of a pane's fragments, as far as they have one.
pub(crate) type Seals = BTreeMap<Arc<str>, Seal>;

/// An element with an id. Its markup is that element. What somebody fills in does not belong in a fragment: it would be
/// replaced under their hands.
#[derive(Debug, Clone)]
pub(crate) struct Fragment {
    id: Arc<str>,
    seal: Option<Seal>,
    /// `None`: as it is kept.
    text: Option<Arc<str>>,
}

impl Fragment {
    pub(crate) fn new(id: impl Into<Arc<str>>, markup: Markup) -> Self {
        Self { id: id.into(), seal: None, text: Some(Arc::from(markup.into_string())) }
    }

    /// Its element; nothing where it is as it was kept.
    pub(crate) fn markup(&self) -> Markup {
        PreEscaped(self.text.as_deref().unwrap_or_default().to_owned())
    }

    /// One of many, which is rendered only when it is made of something else than the one that is kept.
    pub(crate) fn sealed(known: &Seals, id: String, seal: Seal, render: impl FnOnce() -> Markup) -> Self {
        let text = (known.get(id.as_str()) != Some(&seal)).then(|| Arc::from(render().into_string()));
        Self { id: Arc::from(id), seal: Some(seal), text }
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
    seal: Option<Seal>,
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
        let known = self.lock().get(key).map(Kept::seals).unwrap_or_default();
        let fragments = (pane.render)(Ask { page, rest, tongue: &tongue, known: &known }).await?;
        self.take(key, pane, fragments)
    }

    /// Forgets a pane of which there is nothing any more.
    async fn forget(&self, key: &Key) {
        // Not while it is rendered: fragments may refer to what is kept.
        let _turn = self.turn.lock().await;
        self.lock().remove(key);
    }

    /// Takes a rendering down; what differs gets the next version.
    fn take(&self, key: &Key, pane: Pane, fragments: Vec<Fragment>) -> Option<()> {
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
    fn seals(&self) -> Seals {
        let sealed = self.fragments.iter().filter(|(_, version)| version.text.is_some());
        sealed.filter_map(|(id, version)| Some((id.clone(), version.seal?))).collect()
    }

    /// Whether anything changed.
    fn replace(&mut self, next: u64, fragments: Vec<Fragment>) -> bool {
        let mut is_news = false;
        let order: Vec<Arc<str>> = fragments.iter().map(|fragment| fragment.id.clone()).collect();
        for Fragment { id, seal, text } in fragments {
            let Some(text) = text else { continue };
            match self.fragments.get_mut(&id) {
                // Made of something else, and the same all the same.
                Some(known) if known.text.as_ref() == Some(&text) => known.seal = seal,
                Some(_) | None => {
                    self.fragments.insert(id, Version { version: next, seal, text: Some(text) });
                    is_news = true;
                }
            }
        }
        if order != self.order {
            let there: BTreeSet<&Arc<str>> = order.iter().collect();
            for id in &self.order {
                if !there.contains(id) {
                    self.fragments.insert(id.clone(), Version { version: next, seal: None, text: None });
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
                page.live.forget(&key).await;
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

#[cfg(test)]
mod tests;
