//! Open alarms and notices: somebody says that they know.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use look::part::{self, Column, Row, Weight};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Managing, Reading, Said, bounds::person, done, not_done, number, onward, refused, shown};
use crate::{
    floor::{
        Command,
        facts::{FloorFacts, OpenAlarm},
        notice::Notice,
    },
    movement::rules::Subject,
    page::{
        Page,
        door::Right,
        visit::{Shell, Visit},
    },
    status::problems::words,
};

const HERE: &str = "/manage/alarms";
const KNOWN: &str = "/manage/alarms/known";
const SEEN: &str = "/manage/alarms/seen";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route(HERE, get(list)).route(KNOWN, post(acknowledge)).route(SEEN, post(dismiss))
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    let text = &visit.tongue.text.manage;
    let facts = page.floor.see(|floor, _| floor.facts()).await.unwrap_or_default();
    let body = html! {
        h2 { (text.alarms.title) }
        p.quiet { (text.alarms.about) }
        (done(&visit, &said.said))
        (alarms(&visit, &facts))
        h3 { (text.alarms.notices) }
        (notices(&visit, &facts.notices))
    };
    visit.page(Shell::new(text.alarms.title), &body)
}

fn alarms(visit: &Visit, facts: &FloorFacts) -> Markup {
    let text = &visit.tongue.text.manage;
    let columns = [
        Column::text(text.alarms.subject),
        Column::text(text.item),
        Column::text(text.alarms.state),
        Column::number(text.bounds.on_hand),
        Column::text(text.alarms.since),
        Column::text(text.alarms.acknowledge),
    ];
    let rows: Vec<Row> = facts.alarms.iter().map(|alarm| one(visit, alarm)).collect();
    html! {
        @if rows.is_empty() { (part::empty(text.alarms.none)) }
        @else { (part::table("alarms", text.alarms.title, &columns, &rows)) }
        @if facts.alarms_more > 0 { p.quiet { ((text.more)(&number(visit, facts.alarms_more))) } }
    }
}

fn one(visit: &Visit, alarm: &OpenAlarm) -> Row {
    let text = &visit.tongue.text.manage;
    let subject = match &alarm.subject {
        Subject::Bin(bin) => format!("{} {bin}", text.bin),
        Subject::Item(_) => text.bounds.whole_site.to_owned(),
    };
    let act = match &alarm.acknowledged {
        Some((by, at)) => html! {
            (text.alarms.acknowledged) " " (person(visit, by.as_str())) ", " (visit.tongue.format.fixed_time(at.millis()))
        },
        None if visit.may(Right::Manage) => html! {
            form.inline method="post" action=(KNOWN) {
                (visit.act_field())
                input type="hidden" name="subject" value=(alarm.subject);
                (part::button(Weight::Plain, text.alarms.acknowledge))
            }
        },
        None => html! {},
    };
    Row {
        id: None,
        head: html! { (subject) },
        cells: vec![
            html! { (shown(alarm.item.as_str())) },
            html! { (words::state(visit.tongue.text.language, alarm.state)) },
            html! { (visit.tongue.format.whole(alarm.on_hand)) },
            html! { @if let Some(at) = alarm.fired { (visit.tongue.format.time(at.millis())) } },
            act,
        ],
    }
}

fn notices(visit: &Visit, notices: &[Notice]) -> Markup {
    let text = &visit.tongue.text.manage;
    html! {
        @if notices.is_empty() { (part::empty(text.alarms.no_notices)) }
        ul.lines {
            @for notice in notices.iter().rev() {
                @let (what, remedy) = words::notice(visit.tongue.text.language, notice);
                li {
                    p { (what) }
                    p.quiet { (visit.tongue.format.time(notice.at.millis())) }
                    p { (remedy) }
                    @if visit.may(Right::Manage) {
                        form.inline method="post" action=(SEEN) {
                            (visit.act_field())
                            input type="hidden" name="notice" value=(notice.id);
                            (part::button(Weight::Plain, text.alarms.dismiss))
                        }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Known {
    #[serde(default)]
    subject: String,
}

async fn acknowledge(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(known): Form<Known>) -> Response {
    let Ok(subject) = known.subject.parse::<Subject>() else {
        return not_done(&acting.visit, HERE, acting.visit.tongue.text.manage.gone);
    };
    // Somebody was first, or it is over: either way it is known.
    let asked = subject.clone();
    let is_open = page
        .floor
        .see(move |floor, _| floor.open_alarms().any(|open| open.subject == asked && open.acknowledged.is_none()));
    if !is_open.await.unwrap_or(true) {
        return onward(HERE, &[("said", "done")]);
    }
    match page.floor.ask(Command::Acknowledge { subject, by: acting.who.badge.clone() }).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => refused(&acting.visit, HERE, &why),
    }
}

#[derive(Debug, Deserialize)]
struct Seen {
    #[serde(default)]
    notice: u64,
}

async fn dismiss(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(seen): Form<Seen>) -> Response {
    let is_there = page.floor.see(move |floor, _| floor.facts().notices.iter().any(|notice| notice.id == seen.notice));
    if !is_there.await.unwrap_or(true) {
        return onward(HERE, &[("said", "done")]);
    }
    match page.floor.ask(Command::Dismiss { notice: seen.notice }).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => refused(&acting.visit, HERE, &why),
    }
}
