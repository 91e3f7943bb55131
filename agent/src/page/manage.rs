//! What the parts manager looks after: one page for each thing, found by [`SECTIONS`].
//!
//! Reading needs [`Right::Read`], changing [`Right::Manage`], operators and PINs [`Right::Grant`]; whoever is not signed in is
//! asked to, whoever may not is told so. Whatever is changed names its badge in the audit. Forms repeat what they are about,
//! and what they do holds once: the second of two equal ones changes nothing and says what the first did.

mod alarms;
mod aside;
mod audit;
mod bounds;
mod data;
mod drafts;
mod feeds;
mod operators;
mod parked;
mod vendors;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use look::{
    Sign,
    part::{self, Weight},
};
use maud::{Markup, html};

pub(super) use self::{drafts::Drafts, feeds::PANE as FEEDS};
use super::{
    Page,
    door::{self, Right},
    text::ManageText,
    visit::{Acting, Mode, Shell, Visit},
};
use crate::{floor::why::Why, task::api::ledger::NotDone};

/// Rows of a page that lists something; beyond it one has to look for it.
const ROWS_MAX: usize = 200;

/// One page of the manager's.
#[derive(Clone, Copy)]
pub(super) struct Section {
    href: &'static str,
    title: fn(&ManageText) -> &'static str,
    /// What one does there.
    about: fn(&ManageText) -> &'static str,
    /// What somebody must be allowed to see it in the list.
    right: Right,
}

/// All of them, in the order of how often they are wanted. What comes with later work (order requests, plans for approval)
/// is one more line, in front.
const SECTIONS: &[Section] = &[
    Section {
        href: "/manage/alarms",
        title: |text| text.alarms.title,
        about: |text| text.alarms.about,
        right: Right::Read,
    },
    Section {
        href: "/manage/bounds",
        title: |text| text.bounds.title,
        about: |text| text.bounds.about,
        right: Right::Read,
    },
    Section {
        href: "/manage/parked",
        title: |text| text.parked.title,
        about: |text| text.parked.about,
        right: Right::Read,
    },
    Section {
        href: "/manage/feeds",
        title: |text| text.feeds.title,
        about: |text| text.feeds.about,
        right: Right::Read,
    },
    Section {
        href: "/manage/vendors",
        title: |text| text.vendors.title,
        about: |text| text.vendors.about,
        right: Right::Read,
    },
    Section { href: "/manage/data", title: |text| text.data.title, about: |text| text.data.about, right: Right::Read },
    Section {
        href: "/manage/operators",
        title: |text| text.operators.title,
        about: |text| text.operators.about,
        right: Right::Grant,
    },
    Section {
        href: "/manage/audit",
        title: |text| text.audit.title,
        about: |text| text.audit.about,
        right: Right::Read,
    },
];

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route("/manage", get(index))
        .merge(alarms::routes())
        .merge(aside::routes())
        .merge(audit::routes())
        .merge(bounds::routes())
        .merge(data::routes())
        .merge(feeds::routes())
        .merge(operators::routes())
        .merge(parked::routes())
        .merge(vendors::routes())
}

async fn index(Reading(visit): Reading) -> Response {
    let text = &visit.tongue.text.manage;
    let sections: Vec<&Section> = SECTIONS.iter().filter(|section| visit.may(section.right)).collect();
    let body = html! {
        h2 { (visit.tongue.text.frame.manage) }
        ul.lines {
            @for section in sections {
                li { (part::link(Weight::Plain, section.href, (section.title)(text))) p.quiet { ((section.about)(text)) } }
            }
        }
    };
    visit.page(Shell::new(visit.tongue.text.frame.manage), &body)
}

/// Somebody who may read what is managed.
pub(super) struct Reading(pub(super) Visit);

impl FromRequestParts<Arc<Page>> for Reading {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, page: &Arc<Page>) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, page).await?;
        match (&visit.who, visit.mode) {
            (None, Mode::Full) => Err(Redirect::to(&door::address(&visit.here)).into_response()),
            (None, Mode::Kiosk) | (Some(_), _) if !visit.may(Right::Read) => Err(visit.not_allowed()),
            (None, Mode::Kiosk) | (Some(_), _) => Ok(Self(visit)),
        }
    }
}

/// Somebody who may manage.
pub(super) struct Managing(pub(super) Acting);

impl FromRequestParts<Arc<Page>> for Managing {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, page: &Arc<Page>) -> Result<Self, Response> {
        let acting = Acting::from_request_parts(parts, page).await?;
        acting.needs(Right::Manage)?;
        Ok(Self(acting))
    }
}

/// Somebody who may give out roles and PINs.
pub(super) struct Granting(pub(super) Acting);

impl FromRequestParts<Arc<Page>> for Granting {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, page: &Arc<Page>) -> Result<Self, Response> {
        let acting = Acting::from_request_parts(parts, page).await?;
        acting.needs(Right::Grant)?;
        Ok(Self(acting))
    }
}

/// An address with a query; values may be any text.
pub(super) fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (at, (name, value)) in query.iter().enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => address.push(char::from(byte)),
                _ => address.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    address
}

/// On to a page that shows what came of it.
fn onward(path: &str, query: &[(&str, &str)]) -> Response {
    Redirect::to(&address(path, query)).into_response()
}

/// That the floor did not do something, and why.
fn refused(visit: &Visit, back: &str, why: &Why) -> Response {
    not_done(visit, back, &(visit.tongue.text.say.why)(why))
}

/// That the ledger did not do something, and why.
fn unanswered(visit: &Visit, back: &str, why: &NotDone) -> Response {
    not_done(visit, back, &(visit.tongue.text.say.not_done)(why))
}

/// That something was not done, and why.
fn not_done(visit: &Visit, back: &str, why: &str) -> Response {
    let text = &visit.tongue.text.manage;
    let body =
        part::notice(Sign::Bad, text.not_done, &html! { p { (why) } (part::link(Weight::Plain, back, text.back)) });
    visit.page_with(StatusCode::CONFLICT, Shell::new(text.not_done), &body)
}

/// That something was done; nothing where there was nothing to do.
fn done(visit: &Visit, said: &str) -> Markup {
    html! { @if !said.is_empty() { (part::notice(Sign::Good, visit.tongue.text.manage.done, &html! {})) } }
}

/// What a page is told of what came before it.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Said {
    /// Not empty: it was done.
    #[serde(default)]
    said: String,
    /// What to look for.
    #[serde(default)]
    find: String,
}

/// A form to look for rows, where there are more than a page shows.
fn finder(visit: &Visit, path: &str, find: &str) -> Markup {
    let text = &visit.tongue.text.manage;
    html! {
        form.inline method="get" action=(path) role="search" {
            (part::Field::new("find", text.find, part::Kind::Code).optional().value(find).render())
            (part::button(Weight::Plain, text.show))
        }
    }
}

/// Whether something with these names is what is looked for.
fn is_found(find: &str, names: &[&str]) -> bool {
    let find = find.to_lowercase();
    find.is_empty() || names.iter().any(|name| name.to_lowercase().contains(&find))
}

/// A count as the site writes it.
fn number(visit: &Visit, count: impl TryInto<i64>) -> String {
    visit.tongue.format.whole(count.try_into().unwrap_or(i64::MAX))
}

/// A code of any characters on one line.
fn shown(code: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let mut shown: String = code.chars().map(|c| if c.is_control() { '·' } else { c }).take(SHOWN_MAX).collect();
    if code.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
