//! Records that are set aside because a hub refused them: looked at, sent again, given up, taken along as a file.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use look::{
    Sign,
    part::{self, Column, Row, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Managing, ROWS_MAX, Reading, address, done, number, onward, unanswered};
use crate::{
    ledger::{Aside, AsideAct, AsideKey, AsideState},
    page::{
        Page,
        door::Right,
        visit::{Shell, Visit},
    },
    task::api::ledger::{LedgerAsk, NotDone},
};

const HERE: &str = "/manage/aside";
const ONE: &str = "/manage/aside/one";
const DISCARD: &str = "/manage/aside/discard";
const EXPORT: &str = "/manage/aside/export";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route(HERE, get(list).post(tend))
        .route(ONE, get(show))
        .route(DISCARD, get(confirm))
        .route(EXPORT, get(export))
}

/// Which record, or which feed; and what came before.
#[derive(Debug, Clone, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    feed: String,
    #[serde(default)]
    epoch: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    said: String,
}

async fn rows(page: &Page) -> Result<Vec<Aside>, NotDone> {
    let listed = page.desk.do_it(LedgerAsk::SetAside).await?;
    serde_json::from_value(listed).map_err(|_| NotDone::NotReadNow)
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    let text = &visit.tongue.text.manage;
    let all = match rows(&page).await {
        Ok(all) => all,
        Err(why) => return unanswered(&visit, "/manage/feeds", &why),
    };
    let all: Vec<&Aside> = all.iter().filter(|row| asked.feed.is_empty() || row.feed.as_str() == asked.feed).collect();
    let columns = [
        Column::text(text.aside.record),
        Column::text(text.aside.state),
        Column::text(text.aside.why),
        Column::text(text.aside.look),
    ];
    let shown: Vec<Row> = all
        .iter()
        .take(ROWS_MAX)
        .map(|row| Row {
            id: None,
            head: html! { (row.feed) " " (row.seq) },
            cells: vec![
                html! { (state(&visit, row.state)) },
                html! { (row.code) ": " (row.detail) },
                part::link(Weight::Plain, &of(ONE, row), text.aside.look),
            ],
        })
        .collect();
    let more = all.len().saturating_sub(ROWS_MAX);
    let body = html! {
        h2 { (text.aside.title) @if !asked.feed.is_empty() { ": " (asked.feed) } }
        p.quiet { (text.aside.about) }
        (done(&visit, &asked.said))
        @if shown.is_empty() { (part::empty(text.aside.none)) }
        @else {
            (part::table("aside", text.aside.title, &columns, &shown))
            @if more > 0 { p.quiet { ((text.more)(&number(&visit, more))) } }
            p { a.button href=(EXPORT) download="set-aside.ndjson" { (text.aside.export) } }
        }
        p { (part::link(Weight::Plain, "/manage/feeds", text.back)) }
    };
    visit.page(Shell::new(text.aside.title), &body)
}

fn of(path: &str, row: &Aside) -> String {
    let seq = row.seq.to_string();
    address(path, &[("feed", row.feed.as_str()), ("epoch", row.epoch.as_str()), ("seq", &seq)])
}

async fn find(page: &Page, asked: &Asked) -> Result<Option<Aside>, NotDone> {
    let is_it =
        |row: &Aside| row.feed.as_str() == asked.feed && row.epoch.as_str() == asked.epoch && row.seq.0 == asked.seq;
    Ok(rows(page).await?.into_iter().find(is_it))
}

fn gone(visit: &Visit) -> Response {
    let text = &visit.tongue.text.manage;
    // The hub may have taken it since.
    let body = part::notice(Sign::Note, text.aside.gone, &html! { (part::link(Weight::Plain, HERE, text.back)) });
    visit.page_with(StatusCode::NOT_FOUND, Shell::new(text.aside.gone), &body)
}

async fn show(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    let text = &visit.tongue.text.manage;
    let row = match find(&page, &asked).await {
        Ok(Some(row)) => row,
        Ok(None) => return gone(&visit),
        Err(why) => return unanswered(&visit, HERE, &why),
    };
    let body = html! {
        h2 { (text.aside.record) " " (row.feed) " " (row.seq) }
        (facts(&visit, &row))
        @match &row.record { Some(record) => pre.record { (pretty(record)) }, None => p { (text.aside.removed) } }
        @if visit.may(Right::Manage) && is_open(row.state) {
            (form(&visit, &row, "retry", &html! { p { (what_retry_means(&visit, row.state)) } (part::button(Weight::Main, text.aside.retry)) }))
            p { (text.aside.discard_hint) }
            p { (part::link(Weight::Danger, &of(DISCARD, &row), text.aside.discard)) }
        }
        p { (part::link(Weight::Plain, HERE, text.back)) }
    };
    visit.page(Shell::new(text.aside.record), &body)
}

fn facts(visit: &Visit, row: &Aside) -> Markup {
    let text = &visit.tongue.text.manage;
    part::facts(&[
        (text.feed, html! { (row.feed) }),
        (text.aside.seq, html! { (row.seq) }),
        (text.aside.epoch, html! { (row.epoch.as_str()) }),
        (text.aside.state, html! { (state(visit, row.state)) }),
        (text.aside.why, html! { (row.code) ": " (row.detail) }),
    ])
}

/// The form that does one thing to one record.
fn form(visit: &Visit, row: &Aside, act: &str, body: &Markup) -> Markup {
    html! {
        form method="post" action=(HERE) {
            (visit.act_field())
            input type="hidden" name="feed" value=(row.feed);
            input type="hidden" name="epoch" value=(row.epoch.as_str());
            input type="hidden" name="seq" value=(row.seq);
            input type="hidden" name="do" value=(act);
            (body)
        }
    }
}

async fn confirm(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    if !visit.may(Right::Manage) {
        return visit.not_allowed();
    }
    let text = &visit.tongue.text.manage;
    let row = match find(&page, &asked).await {
        Ok(Some(row)) if is_open(row.state) => row,
        Ok(_) => return gone(&visit),
        Err(why) => return unanswered(&visit, HERE, &why),
    };
    let body = html! {
        h2 { (text.aside.discard_ask) }
        (facts(&visit, &row))
        (part::notice(Sign::Warn, text.aside.discard, &html! { p { (text.aside.discard_means) } }))
        (form(&visit, &row, "discard", &part::button(Weight::Danger, text.aside.discard_yes)))
        p { (part::link(Weight::Plain, &of(ONE, &row), text.back)) }
    };
    visit.page(Shell::new(text.aside.discard_ask), &body)
}

#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    feed: String,
    #[serde(default)]
    epoch: String,
    #[serde(default)]
    seq: u64,
    #[serde(default, rename = "do")]
    act: String,
}

async fn tend(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(wish): Form<Wish>) -> Response {
    let visit = &acting.visit;
    let act = match wish.act.as_str() {
        "retry" => AsideAct::Retry,
        "discard" => AsideAct::Discard,
        _ => return gone(visit),
    };
    let which = Asked { feed: wish.feed, epoch: wish.epoch, seq: wish.seq, said: String::new() };
    let row = match find(&page, &which).await {
        Ok(Some(row)) => row,
        // What the hub took meanwhile needs no retry.
        Ok(None) => return gone(visit),
        Err(why) => return unanswered(visit, HERE, &why),
    };
    let said = [("feed", row.feed.as_str()), ("said", "done")];
    let is_done = match (act, row.state) {
        (AsideAct::Discard, AsideState::Discarded) | (AsideAct::Retry, AsideState::SentAgain { .. }) => true,
        (AsideAct::Discard | AsideAct::Retry, _) => false,
    };
    if is_done {
        return onward(HERE, &said);
    }
    let of = AsideKey { feed: row.feed.clone(), epoch: row.epoch.clone(), seq: row.seq };
    match page.desk.do_it(LedgerAsk::Tend { of, act, by: acting.who.badge.clone() }).await {
        Ok(_) => onward(HERE, &said),
        Err(why) => unanswered(visit, HERE, &why),
    }
}

async fn export(State(page): State<Arc<Page>>, Reading(visit): Reading) -> Response {
    let rows = match rows(&page).await {
        Ok(rows) => rows,
        Err(why) => return unanswered(&visit, HERE, &why),
    };
    let lines: String = rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect();
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"set-aside.ndjson\""),
    ];
    (headers, lines).into_response()
}

/// Whether something can still be done about it.
const fn is_open(state: AsideState) -> bool {
    match state {
        AsideState::KeptAtHub | AsideState::Unreadable => true,
        AsideState::SentAgain { .. } | AsideState::Discarded => false,
    }
}

fn state(visit: &Visit, state: AsideState) -> String {
    let text = &visit.tongue.text.manage.aside;
    match state {
        AsideState::KeptAtHub => text.kept_at_hub.to_owned(),
        AsideState::Unreadable => text.unreadable.to_owned(),
        AsideState::SentAgain { seq } => (text.sent_again)(&seq.to_string()),
        AsideState::Discarded => text.discarded.to_owned(),
    }
}

const fn what_retry_means(visit: &Visit, state: AsideState) -> &'static str {
    let text = &visit.tongue.text.manage.aside;
    match state {
        AsideState::KeptAtHub => text.retry_asks,
        AsideState::Unreadable | AsideState::SentAgain { .. } | AsideState::Discarded => text.retry_sends,
    }
}

/// A record so that a person can read it; as it is where it is no JSON.
pub(super) fn pretty(record: &str) -> String {
    let json = serde_json::from_str::<serde_json::Value>(record);
    json.and_then(|json| serde_json::to_string_pretty(&json)).unwrap_or_else(|_| record.to_owned())
}
