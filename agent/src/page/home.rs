//! The start: what is wrong, then the stations.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use look::{
    Sign,
    part::{self, Weight},
    sign::sign,
};
use maud::{Markup, html};

use super::{
    Page,
    live::{Ask, Fragment, Pane, Rendering},
    names::segment,
    visit::{Shell, Tongue, Visit},
};

/// What stands in the head of every page.
pub(super) const FRAME: Pane = Pane { name: "frame", right: None, every: Pane::SECOND, render: frame };

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route("/", get(start))
}

fn frame(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, tongue, .. } = ask;
    Box::pin(async move { Some(vec![Fragment::new("problem-count", problem_count(page, tongue))]) })
}

/// How many problems there are, and the way to them.
pub(super) fn problem_count(page: &Page, tongue: &Tongue) -> Markup {
    let count = page.status().problems.iter().filter(|problem| problem.level.needs_somebody()).count();
    let text = &tongue.text.frame;
    let number = tongue.format.whole(i64::try_from(count).unwrap_or(i64::MAX));
    html! {
        p #problem-count {
            @if count == 0 { (sign(Sign::Good, text.all_well)) }
            @else { a href="/problems" { (sign(Sign::Warn, &(text.problem_count)(count, &number))) } }
        }
    }
}

async fn start(State(page): State<Arc<Page>>, visit: Visit) -> Response {
    let text = &visit.tongue.text.frame;
    let (problems, version) = super::problems::section(&page, &visit.tongue).await;
    let body = html! {
        (part::section("problems", text.problems, &problems))
        (part::section("stations", text.stations, &html! {
            @if page.stations.is_empty() { (part::empty(text.no_stations)) }
            div.buttons { @for station in &page.stations { (part::link(Weight::Main, &format!("/station/{}", segment(station.as_str())), station.as_str())) } }
        }))
    };
    visit.page(Shell::new(text.home).follows(&[super::problems::PANE.name], &version).kept(), &body)
}
