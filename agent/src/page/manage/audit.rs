//! What people did to the ledger and to what the site is told, newest first.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use look::part::{self, Column, Row};
use maud::html;

use super::{ROWS_MAX, Reading, Said, bounds::person, finder, is_found, number, unanswered};
use crate::{
    ledger::Audit,
    page::{Page, visit::Shell},
    task::api::ledger::{LedgerAsk, NotDone},
};

const HERE: &str = "/manage/audit";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route(HERE, get(list))
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    let text = &visit.tongue.text.manage;
    let lines = page.desk.do_it(LedgerAsk::Audit).await;
    let lines = lines.and_then(|lines| serde_json::from_value::<Vec<Audit>>(lines).map_err(|_| NotDone::NotReadNow));
    let lines = match lines {
        Ok(lines) => lines,
        Err(why) => return unanswered(&visit, "/manage", &why),
    };
    let found: Vec<&Audit> = lines
        .iter()
        .filter(|line| {
            is_found(&said.find, &[&line.actor, &(text.audit.act)(&line.act), &(text.audit.detail)(&line.detail)])
        })
        .collect();
    let columns = [
        Column::text(text.when),
        Column::text(text.who),
        Column::text(text.audit.what),
        Column::text(text.audit.which),
    ];
    let rows: Vec<Row> = found
        .iter()
        .take(ROWS_MAX)
        .map(|line| Row {
            id: None,
            head: visit.tongue.format.fixed_time(line.at.millis()),
            cells: vec![
                html! { (person(&visit, &line.actor)) },
                html! { ((text.audit.act)(&line.act)) },
                html! { ((text.audit.detail)(&line.detail)) },
            ],
        })
        .collect();
    let more = found.len().saturating_sub(ROWS_MAX);
    let body = html! {
        h2 { (text.audit.title) }
        p.quiet { (text.audit.about) }
        (finder(&visit, HERE, &said.find))
        @if rows.is_empty() { (part::empty(text.audit.none)) }
        @else { (part::table("audit", text.audit.title, &columns, &rows)) }
        @if more > 0 { p.quiet { ((text.more)(&number(&visit, more))) } }
    };
    visit.page(Shell::new(text.audit.title), &body)
}
