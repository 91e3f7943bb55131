//! What each vendor sees: which items, where, and which records, told from what decides it. The items and amounts come from
//! the catalog that puts a movement into a feed; the records are the newest of the feed, by the letter as they are sent.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use gateway_proto::{
    name::FeedName,
    record::{Record, Seq},
};
use look::{
    Sign,
    part::{self, Column, Row, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{ROWS_MAX, Reading, address, aside::pretty, number, shown, unanswered};
use crate::{
    floor::vendors::{ItemSight, VendorSight},
    page::{
        Page,
        visit::{Shell, Visit},
    },
    register::catalog::UNASSIGNED,
};

const HERE: &str = "/manage/vendors";
const ONE: &str = "/manage/vendors/one";

/// Newest records that are looked through for what kinds leave.
const RECORDS_MAX: u32 = 300;

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route(HERE, get(list)).route(ONE, get(show))
}

async fn sights(page: &Page) -> BTreeMap<String, VendorSight> {
    let mut sights = page.floor.see(|floor, _| floor.vendors()).await.unwrap_or_default();
    for feed in page.watcher.deliveries.keys() {
        sights.entry(feed.to_string()).or_default();
    }
    sights
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading) -> Response {
    let text = &visit.tongue.text.manage;
    let sights = sights(&page).await;
    let body = html! {
        h2 { (text.vendors.title) }
        p.quiet { (text.vendors.about) }
        @if sights.keys().all(|feed| feed == UNASSIGNED) { (part::empty(text.vendors.none)) }
        div.cards {
            @for (feed, sight) in sights.iter().filter(|(feed, _)| *feed != UNASSIGNED) {
                (part::card(&format!("vendor-{feed}"), &html! { (feed) }, &html! {
                    (part::facts(&[(text.vendors.items, html! { (number(&visit, sight.items.len())) })]))
                    p { a.button href=(address(ONE, &[("feed", feed)])) { (text.vendors.sees) } }
                }))
            }
        }
        @if let Some(unknown) = sights.get(UNASSIGNED) {
            (part::notice(Sign::Note, text.vendors.unassigned, &html! {
                p { ((text.vendors.unassigned_stay)(&number(&visit, unknown.items.len()))) }
                (part::link(Weight::Plain, "/manage/parked", text.parked.title))
            }))
        }
    };
    visit.page(Shell::new(text.vendors.title), &body)
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    feed: String,
}

async fn show(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    let text = &visit.tongue.text.manage;
    let sight = sights(&page).await.remove(&asked.feed).filter(|_| asked.feed != UNASSIGNED);
    let (Some(sight), Ok(feed)) = (sight, asked.feed.parse::<FeedName>()) else {
        let body = part::notice(Sign::Note, text.gone, &html! { (part::link(Weight::Plain, HERE, text.back)) });
        return visit.page_with(StatusCode::NOT_FOUND, Shell::new(text.gone), &body);
    };
    let records = match page.desk.newest(&feed, RECORDS_MAX).await {
        Ok(records) => records,
        Err(why) => return unanswered(&visit, HERE, &why),
    };
    let body = html! {
        h2 { ((text.vendors.what_sees)(feed.as_str())) }
        p { (text.vendors.rule) }
        (items(&visit, &sight.items))
        h3 { (text.vendors.records) }
        p { (text.vendors.records_rule) }
        (kinds(&visit, &records))
        p { (part::link(Weight::Plain, HERE, text.back)) }
    };
    visit.page(Shell::new(text.vendors.title), &body)
}

fn items(visit: &Visit, items: &[ItemSight]) -> Markup {
    let text = &visit.tongue.text.manage;
    let columns = [Column::text(text.item), Column::text(text.vendors.places)];
    let rows: Vec<Row> = items
        .iter()
        .take(ROWS_MAX)
        .map(|item| {
            let places: Vec<String> = item
                .places
                .iter()
                .map(|(place, units)| format!("{place}: {}", visit.tongue.format.whole(*units)))
                .collect();
            let places = if places.is_empty() { text.vendors.nothing_held.to_owned() } else { places.join(", ") };
            Row { id: None, head: html! { (shown(item.item.as_str())) }, cells: vec![html! { (places) }] }
        })
        .collect();
    let more = items.len().saturating_sub(ROWS_MAX);
    html! {
        h3 { (text.vendors.items) }
        @if rows.is_empty() { (part::empty(text.vendors.no_items)) }
        @else { (part::table("sees", text.vendors.items, &columns, &rows)) }
        @if more > 0 { p.quiet { ((text.more)(&number(visit, more))) } }
    }
}

/// Each kind of record among the newest, how many, and the newest of it.
fn kinds(visit: &Visit, records: &[(Seq, String)]) -> Markup {
    let text = &visit.tongue.text.manage;
    let mut kinds: BTreeMap<&'static str, (u64, &(Seq, String))> = BTreeMap::new();
    for record in records {
        let (count, newest) = kinds.entry(kind(visit, &record.1)).or_insert((0, record));
        (*count, *newest) = (*count + 1, record);
    }
    html! {
        @if kinds.is_empty() { (part::empty(text.vendors.no_records)) }
        @for (kind, (count, (seq, record))) in &kinds {
            details {
                summary { (kind) ": " (number(visit, *count)) }
                p.quiet { ((text.vendors.newest)(&seq.to_string())) }
                pre.record { (pretty(record)) }
            }
        }
    }
}

fn kind(visit: &Visit, record: &str) -> &'static str {
    let text = &visit.tongue.text.manage.vendors;
    match Record::parse(record) {
        Ok(Record::Movement(_)) => text.movement,
        Ok(Record::Count(_)) => text.count,
        Ok(Record::Checkpoint(_)) => text.checkpoint,
        Ok(Record::Clock(_)) => text.clock,
        Ok(Record::Order(_)) => text.order,
        Ok(Record::Health(_)) => text.health,
        Ok(Record::Unknown(_)) | Err(_) => text.other,
    }
}
