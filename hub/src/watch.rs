//! Says in the log, once each, which alarms of feeds begin, end and are acknowledged, and tells live viewers of what no
//! commit of this hub told: a feed that fell silent, and what a person changed beside it with the command line.
//!
//! Cancel-safe: it owns nothing that outlives it.

use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    alarm::{Alarm, AlarmKind, alarms},
    clock,
    feed::FeedKey,
    store::{self, FeedHealth, Store, StoreError},
};

/// How often it looks where nothing is committed: a minute more or less is nothing for a feed that has been silent a day,
/// and what a person does by hand is seen within these seconds.
const IDLE: Duration = Duration::from_secs(10);

/// The shortest time between two looks, whatever is committed.
const PAUSE: Duration = Duration::from_secs(1);

/// What was last seen of a feed.
struct Seen {
    health: FeedHealth,
    alarms: Vec<AlarmKind>,
    version: u64,
}

/// Watches until `shutdown`.
pub(crate) async fn run(store: Store, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = watch(&store) => {}
    }
}

async fn watch(store: &Store) {
    let mut commits = store.commits();
    let mut seen: HashMap<FeedKey, Seen> = HashMap::new();
    loop {
        commits.borrow_and_update();
        if let Err(error) = look(store, &mut seen).await {
            tracing::debug!(error = %format_args!("{:#}", anyhow::Error::new(error)), "feeds cannot be watched");
        }
        sleep(PAUSE).await;
        tokio::select! {
            told = commits.changed() => if told.is_err() { return },
            () = sleep(IDLE) => {}
        }
    }
}

async fn look(store: &Store, seen: &mut HashMap<FeedKey, Seen>) -> Result<(), StoreError> {
    let feeds = store.feeds().to_vec();
    let versions: Vec<u64> = feeds.iter().map(|feed| store.version(std::slice::from_ref(feed))).collect();
    let asked = feeds.clone();
    let healths = store.read(move |db| store::health(db, &asked)).await?;
    let now = clock::now();
    for ((feed, health), version) in feeds.iter().zip(healths).zip(versions) {
        let standing = alarms(&health, now);
        let before = seen.get(&feed.key);
        tell(&feed.key, before, &health, &standing);
        let standing: Vec<AlarmKind> = standing.iter().map(|alarm| alarm.kind).collect();
        // A change that came with a commit has been told with it.
        if before
            .is_some_and(|before| before.version == version && (before.health != health || before.alarms != standing))
        {
            store.tell(feed);
        }
        let version = store.version(std::slice::from_ref(feed)).max(version);
        seen.insert(feed.key.clone(), Seen { health, alarms: standing, version });
    }
    Ok(())
}

fn tell(feed: &FeedKey, before: Option<&Seen>, health: &FeedHealth, standing: &[Alarm]) {
    let told = before.map_or(&[][..], |before| &before.alarms);
    for alarm in standing.iter().filter(|alarm| !told.contains(&alarm.kind)) {
        tracing::error!(%feed, alarm = alarm.kind.word(), what = %alarm.what, todo = %alarm.todo, "feed needs a person");
    }
    for ended in told.iter().filter(|told| !standing.iter().any(|alarm| alarm.kind == **told)) {
        tracing::info!(%feed, alarm = ended.word(), "alarm has ended");
    }
    let known = before.map_or(usize::MAX, |before| before.health.acknowledged.len());
    for given in health.acknowledged.iter().skip(known) {
        tracing::info!(%feed, alarm = %given.kind, by = %given.by, note = %given.note, facts = given.facts, "alarm acknowledged");
    }
}
