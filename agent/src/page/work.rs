//! Work by hand: for each thing that a scanner can do a short form, and counts and calibration.
//!
//! A form says what a person would scan, one code after the other, and the floor takes all of it in one go; there is no second
//! way to move stock. Ids: `work-MODE` the tiles; `work-form` with `f-item`, `f-qty`, `f-from`, `f-to`, `f-target`, `f-lot`,
//! `f-serial`, `f-reference`, `f-reason`, `f-station`; `work-done` what was booked, with `act-N`; for the others see
//! `work/count.rs`, `work/receive.rs`, `work/calibrate.rs`.

mod act;
mod calibrate;
mod count;
mod receive;
mod sheet;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use gateway_proto::name::ItemCode;
use look::part::{self, Weight};
use maud::{Markup, html};

pub(crate) use self::calibrate::CALIBRATION;
use super::{
    Page,
    door::Right,
    live::{Ask, Fragment, Pane, Rendering},
    names::{Names, segment},
    station::act_lines,
    visit::{Mode as Device, Shell, Visit},
};
use crate::movement::{said::ActId, session::Mode};

/// Acts that one page shows live.
const ACTS_MAX: usize = 50;

/// Acts that a form came to, as they stand.
pub(super) const ACTS: Pane = Pane { name: "acts", right: None, every: Pane::SECOND, render: acts_pane };

/// The modes that have a form, in the order in which parts go through a site.
const FORMS: [Mode; 12] = [
    Mode::Use,
    Mode::Receive,
    Mode::PutAway,
    Mode::Transfer,
    Mode::Test,
    Mode::TestPass,
    Mode::TestFail,
    Mode::Deploy,
    Mode::Install,
    Mode::Uninstall,
    Mode::Return,
    Mode::Scrap,
];

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route("/work", get(index))
        .route("/work/count", get(count::index))
        .route("/work/count/open", post(count::open))
        .route("/work/count/{session}", get(sheet::sheet).post(sheet::say))
        .route("/work/count/{session}/review", get(count::review).post(count::decide))
        .route("/work/calibrate", get(calibrate::index))
        .route("/work/calibrate/{bin}", get(calibrate::bin).post(calibrate::say))
        .route("/work/receive/expected", get(receive::expected).post(receive::came))
        .route("/work/{mode}", get(act::form).post(act::book))
}

/// A mode as it stands in an address: `put-away`.
fn path_of(mode: Mode) -> String {
    mode.word().to_ascii_lowercase()
}

fn mode_of(path: &str) -> Option<Mode> {
    FORMS.into_iter().find(|mode| path_of(*mode) == path)
}

/// What a mode needs of whoever does it.
const fn right_of(mode: Mode) -> Right {
    match mode {
        Mode::Receive | Mode::PutAway | Mode::Transfer | Mode::Count => Right::Store,
        Mode::Use
        | Mode::Test
        | Mode::TestPass
        | Mode::TestFail
        | Mode::Deploy
        | Mode::Install
        | Mode::Uninstall
        | Mode::Return
        | Mode::Scrap => Right::Use,
    }
}

async fn index(State(page): State<Arc<Page>>, visit: Visit) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let body = html! {
        h2 { (text.title) }
        p.quiet { (text.title_hint) }
        @if page.stations.is_empty() { (part::empty(text.no_station)) }
        (sign_in(&visit))
        @if visit.mode == Device::Full {
            ul.tiles {
                @for mode in FORMS {
                    li { a.tile id=(format!("work-{}", path_of(mode))) href=(format!("/work/{}", path_of(mode))) {
                        strong { ((say.mode)(mode)) } span { ((text.about)(mode)) }
                    } }
                }
                li { a.tile #work-count href="/work/count" { strong { (text.count) } span { ((text.about)(Mode::Count)) } } }
                li { a.tile #work-calibrate href="/work/calibrate" { strong { (text.calibrate) } span { (text.calibrate_hint) } } }
            }
        }
    };
    visit.page(Shell::new(text.title), &body)
}

/// The way in, for who is not signed in: a form that is filled in first and refused then would be work for nothing.
fn sign_in(visit: &Visit) -> Markup {
    let text = visit.tongue.text;
    html! {
        @if visit.mode == Device::Full && visit.who.is_none() {
            (part::notice(look::Sign::Note, text.work.sign_in, &part::link(Weight::Main, &super::door::address(&visit.here), text.frame.sign_in)))
        }
    }
}

/// The forms that make sense at a bin, filled in with it.
pub(super) fn links(visit: &Visit, bin: &str, item: Option<&ItemCode>) -> Markup {
    let at = segment(bin);
    let item = item.map(|item| format!("&item={}", segment(item.as_str()))).unwrap_or_default();
    let away = [Mode::Use, Mode::Transfer, Mode::Test, Mode::Deploy, Mode::Install, Mode::Scrap];
    let here = [Mode::PutAway, Mode::Receive, Mode::Return];
    let links = away.map(|mode| (mode, "from")).into_iter().chain(here.map(|mode| (mode, "to")));
    html! {
        @for (mode, end) in links {
            (part::link(Weight::Plain, &format!("/work/{}?{end}={at}{item}", path_of(mode)), (visit.tongue.text.say.mode)(mode)))
        }
    }
}

/// The acts of a pane's name: `12.13`.
fn acts_of(text: &str) -> Vec<ActId> {
    text.split('.').filter_map(|id| id.parse().ok()).map(ActId).take(ACTS_MAX).collect()
}

fn acts_pane(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, rest, tongue, .. } = ask;
    Box::pin(async move {
        let acts = acts_of(rest);
        let sights = page.sights().await;
        let seen = page
            .floor
            .see(move |floor, _| acts.iter().filter_map(|act| floor.act_sight(*act)).collect::<Vec<_>>())
            .await?;
        let names = Names { tongue, register: &sights.register.1 };
        Some(vec![Fragment::new(
            "work-done",
            html! {
                div #work-done data-quiet { (act_lines(&names, &seen)) }
            },
        )])
    })
}

#[cfg(test)]
mod tests;
