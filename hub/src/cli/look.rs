//! Reading commands: the operator's view of the store, as lines for people or as the API's JSON.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde::Serialize;

use crate::{
    clock,
    config::HubConfig,
    store::{self, Snapshot, StoreError, StoredFeed},
    view::{FeedView, HeldView, MovementView, ParkedView},
    words,
};

/// Movements shown.
const MOVEMENTS_SHOWN: usize = 50;

/// Parked records shown of each feed.
const PARKED_SHOWN: usize = 500;

pub(super) fn sites(config: &HubConfig, json: bool) -> anyhow::Result<String> {
    let now = clock::now();
    let feeds: Vec<_> = look(config, store::health)?.iter().map(|health| FeedView::of(health, now)).collect();
    show(json, &feeds, |out, feed| {
        let heard = feed.last_heard.map_or("never".to_owned(), |at| at.to_string());
        writeln!(
            out,
            "{}/{}  heard {heard}  {} records, {} parked  feed: {}  amounts: {}",
            feed.site, feed.feed, feed.records, feed.parked, feed.chain_text, feed.checkpoint_text
        )?;
        for alarm in &feed.alarms {
            let since = alarm.since.map(|at| format!("  since {at}")).unwrap_or_default();
            writeln!(out, "  ALARM {}{since}: {}\n    to do: {}", alarm.kind.word(), alarm.what, alarm.todo)?;
        }
        for difference in feed.checkpoint.iter().flat_map(|compared| &compared.differences) {
            writeln!(out, "    {}", words::difference(difference))?;
        }
        for given in &feed.acknowledged {
            writeln!(
                out,
                "  acknowledged {}: {} ({} facts) by {}  {}",
                given.at, given.kind, given.facts, given.by, given.note
            )?;
        }
        Ok(())
    })
}

pub(super) fn on_hand(config: &HubConfig, json: bool) -> anyhow::Result<String> {
    let held: Vec<_> = look(config, |db, feeds| store::on_hand(db, feeds, None))?.iter().map(HeldView::of).collect();
    show(json, &held, |out, held| {
        writeln!(out, "{}/{}  {}  {}  {}", held.site, held.feed, held.item_text, held.place, held.qty)
    })
}

pub(super) fn movements(config: &HubConfig, json: bool) -> anyhow::Result<String> {
    let page = look(config, |db, feeds| store::newest(db, feeds, None, MOVEMENTS_SHOWN))?;
    let movements: Vec<_> = page.rows.iter().map(MovementView::of).collect::<Result<_, _>>()?;
    show(json, &movements, |out, movement| {
        writeln!(out, "{}  {}/{}  {}", movement.received_at, movement.site, movement.feed, movement.text)
    })
}

pub(super) fn parked(config: &HubConfig, json: bool) -> anyhow::Result<String> {
    let parked = look(config, |db, feeds| store::parked(db, feeds, PARKED_SHOWN))?;
    let parked: Vec<_> = parked.into_iter().map(ParkedView::of).collect::<Result<_, _>>()?;
    show(json, &parked, |out, parked| {
        writeln!(out, "{}/{}  no. {}  {}: {}", parked.site, parked.feed, parked.seq, parked.code, parked.detail)
    })
}

fn look<T>(
    config: &HubConfig,
    what: impl FnOnce(&Snapshot, &[StoredFeed]) -> Result<T, StoreError>,
) -> anyhow::Result<T> {
    store::look(&config.state_dir, &config.feeds, what)
        .with_context(|| format!("look into the store in {}", config.state_dir.display()))
}

fn show<T: Serialize>(
    json: bool,
    shown: &[T],
    line: impl Fn(&mut String, &T) -> std::fmt::Result,
) -> anyhow::Result<String> {
    if json {
        return Ok(serde_json::to_string_pretty(shown)?);
    }
    let mut out = String::new();
    for one in shown {
        line(&mut out, one)?;
    }
    Ok(if out.is_empty() { "nothing".to_owned() } else { out })
}
