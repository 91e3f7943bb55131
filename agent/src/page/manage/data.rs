//! Master data as files: out, and in after a look. A file is first held against what is known, row by row, and nothing is
//! written; only what was seen so is taken in, by a second press.

use std::sync::{Arc, PoisonError};

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Multipart, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use look::{
    Sign,
    part::{self, Column, Field, Kind as FieldKind, Row, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Managing, ROWS_MAX, Reading, address,
    drafts::{Asked, FILE_LEN_MAX},
    not_done, number, onward, refused, shown,
};
use crate::{
    floor::Command,
    page::{
        Page,
        door::Right,
        text::ManageText,
        visit::{Shell, Visit},
    },
    register::{
        Register, export,
        fact::Kind,
        import::{Change, ChangeAct, Form as FileForm, Import, OnFault},
    },
};

const HERE: &str = "/manage/data";
const CHECK: &str = "/manage/data/check";
const TAKE: &str = "/manage/data/take";
const EXPORT: &str = "/manage/data/export";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route(HERE, get(show))
        // A file, and what a form puts around it.
        .route(CHECK, post(check).layer(DefaultBodyLimit::max(FILE_LEN_MAX + 64 * 1024)))
        .route(TAKE, post(take))
        .route(EXPORT, get(out))
}

#[derive(Debug, Default, Deserialize)]
struct Came {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    added: Option<u64>,
    #[serde(default)]
    changed: u64,
}

async fn show(Reading(visit): Reading, Query(came): Query<Came>) -> Response {
    let text = &visit.tongue.text.manage;
    let body = html! {
        h2 { (text.data.title) }
        p.quiet { (text.data.about) }
        @if let Some(added) = came.added {
            (part::notice(Sign::Good, &(text.data.taken)(&number(&visit, added), &number(&visit, came.changed)), &html! {}))
        }
        @if visit.may(Right::Manage) { (form(&visit, &came.kind)) }
        h3 { (text.data.export) }
        ul.lines {
            @for kind in Kind::ALL {
                li {
                    a.button href=(address(EXPORT, &[("kind", kind.plural())])) download=(format!("{}.csv", kind.plural())) {
                        (name(text, kind)) " (" (number(&visit, visit.page.door.register().len(kind))) ")"
                    }
                }
            }
        }
    };
    visit.page(Shell::new(text.data.title), &body)
}

fn form(visit: &Visit, chosen: &str) -> Markup {
    let text = &visit.tongue.text.manage;
    let kinds = Kind::ALL.map(|kind| (kind.plural(), name(text, kind)));
    html! {
        h3 { (text.data.import) }
        p { (text.data.import_means) }
        form method="post" action=(CHECK) enctype="multipart/form-data" {
            (part::choice("kind", text.data.kind, &kinds, chosen))
            (Field::new("file", text.data.file, FieldKind::File).hint(text.data.file_hint).render())
            (part::button(Weight::Main, text.data.check))
        }
    }
}

/// What a kind is called.
const fn name(text: &'static ManageText, kind: Kind) -> &'static str {
    match kind {
        Kind::Item => text.data.items,
        Kind::Code => text.data.codes,
        Kind::Container => text.data.containers,
        Kind::Bin => text.data.bins,
        Kind::Operator => text.data.operators,
        Kind::Asset => text.data.assets,
        Kind::Shipment => text.data.shipments,
    }
}

async fn out(Reading(visit): Reading, Query(came): Query<Came>) -> Response {
    let Some(kind) = Kind::named(&came.kind) else {
        return not_done(&visit, HERE, visit.tongue.text.manage.gone);
    };
    let file = export::export(kind, &visit.page.door.register());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", kind.plural())),
    ];
    (headers, file).into_response()
}

async fn check(State(page): State<Arc<Page>>, Managing(acting): Managing, mut parts: Multipart) -> Response {
    let visit = &acting.visit;
    let text = &visit.tongue.text.manage;
    let (mut kind, mut file) = (None, None);
    loop {
        match parts.next_field().await {
            Ok(Some(field)) => match field.name() {
                Some("kind") => kind = field.text().await.ok().and_then(|word| Kind::named(&word)),
                Some("file") => match field.bytes().await {
                    Ok(bytes) if bytes.len() <= FILE_LEN_MAX => file = Some(bytes),
                    Ok(_) | Err(_) => return not_done(visit, HERE, text.data.too_large),
                },
                Some(_) | None => {}
            },
            Ok(None) => break,
            Err(_) => return not_done(visit, HERE, text.data.too_large),
        }
    }
    let (Some(kind), Some(file)) = (kind, file.filter(|file| !file.is_empty())) else {
        return not_done(visit, HERE, text.data.no_file);
    };
    let register = page.door.register();
    // A large file takes a while: not on a thread that serves.
    let read = tokio::task::spawn_blocking(move || looked(kind, &file, &register));
    let Ok((import, csv)) = read.await else { return not_done(visit, HERE, text.data.no_file) };
    let draft = visit.act_id();
    if let Some(csv) = csv.filter(|_| import.facts(OnFault::TakeNone).is_ok() && !import.changes.is_empty()) {
        let mut drafts = page.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.keep(&draft, acting.who.badge.as_str(), kind, csv, page.clock.elapsed());
    }
    report(visit, &import, &draft)
}

/// What a file would change, and its text where it is one.
fn looked(kind: Kind, file: &[u8], register: &Register) -> (Import, Option<String>) {
    (Import::read(kind, file, register), String::from_utf8(file.to_vec()).ok())
}

fn report(visit: &Visit, import: &Import, draft: &str) -> Response {
    let text = &visit.tongue.text.manage;
    let (added, changed) = import.added_and_changed();
    let can_take = import.facts(OnFault::TakeNone).is_ok();
    let verdict = match (import.form, can_take, import.changes.is_empty()) {
        (FileForm::Broken, ..) => {
            part::notice(Sign::Bad, text.data.broken, &html! { p { (text.data.nothing_written) } })
        }
        (FileForm::Whole, false, _) => part::notice(
            Sign::Bad,
            &(text.data.bad_rows)(&number(visit, import.bad_rows)),
            &html! { p { (text.data.nothing_written) } },
        ),
        (FileForm::Whole, true, true) => part::notice(Sign::Note, text.data.no_change, &html! {}),
        (FileForm::Whole, true, false) => part::notice(
            Sign::Note,
            &(text.data.would)(&number(visit, added), &number(visit, changed)),
            &html! {
                p { (text.data.nothing_yet) }
                form method="post" action=(TAKE) {
                    input type="hidden" name="draft" value=(draft);
                    (part::button(Weight::Main, &(text.data.take)(&number(visit, import.changes.len()))))
                }
            },
        ),
    };
    let body = html! {
        h2 { (text.data.dry_run) ": " (name(text, import.kind)) }
        (verdict)
        @if !import.faults.is_empty() { (faults(visit, import)) }
        @if !import.changes.is_empty() { (changes(visit, &import.changes)) }
        p.quiet { ((text.data.unchanged)(&number(visit, import.unchanged))) }
        p { (part::link(Weight::Plain, HERE, text.back)) }
    };
    let status = if can_take { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.page_with(status, Shell::new(text.data.dry_run), &body)
}

fn faults(visit: &Visit, import: &Import) -> Markup {
    let text = &visit.tongue.text.manage;
    let columns = [
        Column::number(text.data.line),
        Column::text(text.data.column),
        Column::text(text.data.stands),
        Column::text(text.data.fault),
        Column::text(text.data.way_out),
    ];
    let rows: Vec<Row> = import
        .faults
        .iter()
        .map(|fault| {
            let said = fault.rule.said(visit.tongue.text.language);
            Row {
                id: None,
                head: html! { (text.data.line) " " (number(visit, fault.line)) },
                cells: vec![
                    html! { (fault.column) },
                    html! { (shown(&fault.value)) },
                    html! { (said.rule) },
                    html! { (said.remedy) },
                ],
            }
        })
        .collect();
    html! {
        (part::table("faults", text.data.faults, &columns, &rows))
        @if import.faults_more > 0 { p.quiet { ((text.more)(&number(visit, import.faults_more))) } }
    }
}

fn changes(visit: &Visit, changes: &[Change]) -> Markup {
    let text = &visit.tongue.text.manage;
    let columns = [Column::number(text.data.line), Column::text(text.data.what), Column::text(text.data.becomes)];
    let rows: Vec<Row> = changes
        .iter()
        .take(ROWS_MAX)
        .map(|change| {
            let becomes = match &change.act {
                ChangeAct::Add => html! { (text.data.new) },
                ChangeAct::Change(fields) => html! {
                    @for field in fields { p { (field.column) ": " (shown(&field.old)) " → " (shown(&field.new)) } }
                },
            };
            let head = html! { (text.data.line) " " (number(visit, change.line)) };
            Row { id: None, head, cells: vec![html! { (shown(&change.name)) }, becomes] }
        })
        .collect();
    let more = changes.len().saturating_sub(ROWS_MAX);
    html! {
        (part::table("changes", text.data.changes, &columns, &rows))
        @if more > 0 { p.quiet { ((text.more)(&number(visit, more))) } }
    }
}

#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    draft: String,
}

async fn take(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(wish): Form<Wish>) -> Response {
    let visit = &acting.visit;
    let text = &visit.tongue.text.manage;
    let by = &acting.who.badge;
    let asked = {
        let mut drafts = page.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.ask(&wish.draft, by.as_str(), page.clock.elapsed())
    };
    let (kind, csv) = match asked {
        Asked::Take(kind, csv) => (kind, csv),
        Asked::Taken { added, changed } => return taken(added, changed),
        Asked::Taking => return not_done(visit, HERE, text.data.taking),
        Asked::Gone => return not_done(visit, HERE, text.data.gone),
    };
    let command = Command::Import { kind, csv: csv.clone(), dry_run: false, skip_bad: false, by: Some(by.clone()) };
    let came = page.floor.ask(command).await;
    let mut drafts = page.drafts.lock().unwrap_or_else(PoisonError::into_inner);
    match came {
        Ok(report) if report["taken"] == true => {
            let count = |name: &str| report[name].as_u64().unwrap_or_default();
            let (added, changed) = (count("added"), count("changed"));
            drafts.taken(&wish.draft, added, changed);
            drop(drafts);
            taken(added, changed)
        }
        // Something else was changed since the look: it has to be looked at again.
        Ok(_) => not_done(visit, HERE, text.data.not_any_more),
        Err(why) => {
            drafts.put_back(&wish.draft, csv);
            drop(drafts);
            refused(visit, HERE, &why)
        }
    }
}

fn taken(added: u64, changed: u64) -> Response {
    onward(HERE, &[("added", &added.to_string()), ("changed", &changed.to_string())])
}
