//! Min and max of each bin and of each item on the whole site: what they are, who changed them and why, and how to.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use gateway_proto::name::Text;
use look::{
    Sign,
    part::{self, Column, Field, Kind, Row, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Managing, ROWS_MAX, Reading, Said, address, done, finder, is_found, number, onward, shown};
use crate::{
    floor::{
        Command,
        bounds::{BoundsChange, BoundsRow},
    },
    movement::rules::Subject,
    page::{
        Page,
        door::Right,
        visit::{Shell, Visit},
    },
    register::fact::Origin,
};

const HERE: &str = "/manage/bounds";
const EDIT: &str = "/manage/bounds/edit";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route(HERE, get(list)).route(EDIT, get(edit).post(set))
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    let text = &visit.tongue.text.manage;
    let rows = page.floor.see(|floor, _| floor.bounds()).await.unwrap_or_default();
    let found: Vec<&BoundsRow> =
        rows.iter().filter(|row| is_found(&said.find, &[&row.subject.to_string(), row.item.as_str()])).collect();
    let more = found.len().saturating_sub(ROWS_MAX);
    let columns = [
        Column::text(text.bounds.subject),
        Column::text(text.item),
        Column::number(text.bounds.on_hand),
        Column::number(text.bounds.min),
        Column::number(text.bounds.max),
        Column::text(text.bounds.change),
    ];
    let shown_rows: Vec<Row> = found.iter().take(ROWS_MAX).map(|row| one(&visit, row)).collect();
    let body = html! {
        h2 { (text.bounds.title) }
        p.quiet { (text.bounds.about) }
        (finder(&visit, HERE, &said.find))
        @if shown_rows.is_empty() { (part::empty(text.bounds.none)) }
        @else { (part::table("bounds", text.bounds.caption, &columns, &shown_rows)) }
        @if more > 0 { p.quiet { ((text.more)(&number(&visit, more))) } }
    };
    visit.page(Shell::new(text.bounds.title), &body)
}

fn one(visit: &Visit, row: &BoundsRow) -> Row {
    let text = &visit.tongue.text.manage;
    let bound =
        |bound: Option<u64>| bound.map_or_else(|| text.bounds.none_set.to_owned(), |bound| number(visit, bound));
    let way = match row.origin {
        Origin::File => html! { span.quiet { (text.in_the_file) } },
        Origin::Imported => {
            html! { (part::link(Weight::Plain, &address(EDIT, &[("subject", &row.subject.to_string())]), text.bounds.change)) }
        }
    };
    Row {
        id: None,
        head: html! { (subject(visit, &row.subject)) },
        cells: vec![
            html! { (shown(row.item.as_str())) },
            html! { (visit.tongue.format.whole(row.on_hand)) },
            html! { (bound(row.min)) },
            html! { (bound(row.max)) },
            way,
        ],
    }
}

fn subject(visit: &Visit, subject: &Subject) -> String {
    let text = &visit.tongue.text.manage;
    match subject {
        Subject::Bin(bin) => format!("{} {bin}", text.bin),
        Subject::Item(item) => format!("{} ({})", shown(item.as_str()), text.bounds.whole_site),
    }
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    said: String,
}

/// What somebody wrote into the form.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    min: String,
    #[serde(default)]
    max: String,
    #[serde(default)]
    why: String,
}

async fn edit(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    let Some(row) = row(&page, &asked.subject).await else { return not_there(&visit) };
    let text = |bound: Option<u64>| bound.map_or_else(String::new, |bound| bound.to_string());
    let wish = Wish { min: text(row.min), max: text(row.max), subject: asked.subject, why: String::new() };
    visit.page(Shell::new(visit.tongue.text.manage.bounds.title), &form(&visit, &row, &wish, "", &asked.said))
}

async fn row(page: &Page, subject: &str) -> Option<BoundsRow> {
    let subject: Subject = subject.parse().ok()?;
    let rows = page.floor.see(|floor, _| floor.bounds()).await?;
    rows.into_iter().find(|row| row.subject == subject)
}

async fn set(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(wish): Form<Wish>) -> Response {
    let visit = acting.visit;
    let text = &visit.tongue.text.manage;
    let Some(row) = row(&page, &wish.subject).await else { return not_there(&visit) };
    let bound = |written: &str| match written.trim() {
        "" => Ok(None),
        digits => digits.parse::<u64>().map(Some).map_err(|_| text.bounds.not_whole.to_owned()),
    };
    let why = wish.why.trim().parse::<Text>().map_err(|_| text.bounds.why_missing.to_owned());
    let read = || Ok((bound(&wish.min)?, bound(&wish.max)?, why?));
    let came = match read() {
        Ok((min, max, why)) => {
            let command = Command::Bounds { subject: row.subject.clone(), min, max, why, by: acting.who.badge.clone() };
            page.floor.ask(command).await.map(drop).map_err(|why| (visit.tongue.text.say.why)(&why))
        }
        Err(why) => Err(why),
    };
    match came {
        Ok(()) => onward(EDIT, &[("subject", &wish.subject), ("said", "done")]),
        Err(why) => {
            let body = form(&visit, &row, &wish, &why, "");
            visit.page_with(StatusCode::CONFLICT, Shell::new(text.bounds.title), &body)
        }
    }
}

fn form(visit: &Visit, row: &BoundsRow, wish: &Wish, problem: &str, said: &str) -> Markup {
    let text = &visit.tongue.text.manage;
    html! {
        h2 { (text.bounds.title) ": " (subject(visit, &row.subject)) }
        (done(visit, said))
        @if !problem.is_empty() { (part::notice(Sign::Bad, text.not_done, &html! { p { (problem) } })) }
        p { (text.item) ": " (shown(row.item.as_str())) ", " (text.bounds.on_hand) ": " (visit.tongue.format.whole(row.on_hand)) }
        @if row.origin == Origin::File {
            (part::notice(Sign::Note, text.in_the_file, &html! { p { (text.in_the_file_todo) } }))
        } @else if visit.may(Right::Manage) {
            form method="post" action=(EDIT) {
                (visit.act_field())
                input type="hidden" name="subject" value=(wish.subject);
                (Field::new("min", text.bounds.min, Kind::Number).optional().value(&wish.min).hint(text.bounds.min_hint).render())
                (Field::new("max", text.bounds.max, Kind::Number).optional().value(&wish.max).hint(text.bounds.max_hint).render())
                (Field::new("why", text.bounds.why, Kind::Text).value(&wish.why).hint(text.bounds.why_hint).render())
                (part::button(Weight::Main, text.bounds.set))
            }
        }
        (history(visit, &row.history))
        p { (part::link(Weight::Plain, HERE, text.back)) }
    }
}

fn history(visit: &Visit, history: &[BoundsChange]) -> Markup {
    let text = &visit.tongue.text.manage;
    let bound =
        |bound: Option<u64>| bound.map_or_else(|| text.bounds.none_set.to_owned(), |bound| number(visit, bound));
    let pair = |[min, max]: [Option<u64>; 2]| html! { (bound(min)) " / " (bound(max)) };
    let columns = [
        Column::text(text.when),
        Column::text(text.who),
        Column::text(text.bounds.from),
        Column::text(text.bounds.to),
        Column::text(text.bounds.why),
    ];
    let rows: Vec<Row> = history
        .iter()
        .rev()
        .map(|change| Row {
            id: None,
            head: visit.tongue.format.fixed_time(change.at.millis()),
            cells: vec![
                html! { (person(visit, change.by.as_str())) },
                pair(change.from),
                pair(change.to),
                html! { (change.why) },
            ],
        })
        .collect();
    html! {
        h3 { (text.bounds.history) }
        @if rows.is_empty() { (part::empty(text.bounds.no_history)) }
        @else { (part::table("history", text.bounds.history, &columns, &rows)) }
    }
}

/// A badge with the name of who wears it.
pub(super) fn person(visit: &Visit, badge: &str) -> String {
    let register = visit.page.door.register();
    register.operator(badge).map_or_else(|| badge.to_owned(), |operator| format!("{} ({badge})", operator.name))
}

fn not_there(visit: &Visit) -> Response {
    let text = &visit.tongue.text.manage;
    let body = part::notice(Sign::Note, text.gone, &html! { (part::link(Weight::Plain, HERE, text.back)) });
    visit.page_with(StatusCode::NOT_FOUND, Shell::new(text.gone), &body)
}
