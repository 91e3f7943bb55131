//! The feeds: what waits, what is acknowledged, what is set aside or lost, and why nothing goes. Live.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use gateway_proto::name::FeedName;
use look::{
    Sign,
    part::{self, Weight},
    sign::sign,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Managing, Reading, Said, address, done, not_done, onward, refused, unanswered};
use crate::{
    floor::{Command, moment::Moment},
    page::{
        Page,
        door::Right,
        live::{Ask, Fragment, Pane, Rendering},
        visit::{Shell, Tongue},
    },
    register::catalog::UNASSIGNED,
    status::problems::{
        FeedFacts, What,
        words::{self, Saying},
    },
    task::api::ledger::LedgerAsk,
};

/// The feeds, live.
pub(in crate::page) const PANE: Pane = Pane { name: "feeds", right: Some(Right::Read), every: Pane::SECOND, render };

const HERE: &str = "/manage/feeds";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route(HERE, get(show))
        .route("/manage/feeds/send-now", post(send_now))
        .route("/manage/feeds/checkpoint", post(checkpoint))
        .route("/manage/feeds/loss", post(note_loss))
}

fn render(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, tongue, .. } = ask;
    Box::pin(async move {
        let (snapshot, now) = (page.watcher.snapshot(), page.watcher.moment());
        let cards = snapshot.feeds.iter().filter(|(name, _)| name.as_str() != UNASSIGNED);
        Some(cards.map(|(name, feed)| Fragment::new(id(name), card(name, feed, &now, tongue))).collect())
    })
}

fn id(feed: &FeedName) -> String {
    format!("feed-{feed}")
}

async fn show(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    let text = &visit.tongue.text.manage;
    let shown = page.live.show(&page, PANE.name, &visit.tongue).await.unwrap_or_default();
    let snapshot = page.watcher.snapshot();
    let losses: Vec<(&FeedName, u64)> = snapshot
        .feeds
        .iter()
        .filter(|(_, feed)| feed.counts.lost > feed.losses_seen)
        .map(|(name, feed)| (name, feed.counts.lost))
        .collect();
    let body = html! {
        h2 { (text.feeds.title) }
        p.quiet { (text.feeds.about) }
        (done(&visit, &said.said))
        div.cards { (shown.all()) }
        @if visit.may(Right::Manage) {
            h3 { (text.feeds.acts) }
            @for (feed, lost) in losses {
                form method="post" action="/manage/feeds/loss" {
                    (visit.act_field())
                    p { ((text.feeds.loss_means)(feed.as_str(), &super::number(&visit, lost))) }
                    input type="hidden" name="feed" value=(feed);
                    input type="hidden" name="lost" value=(lost);
                    (part::button(Weight::Plain, text.feeds.note_loss))
                }
            }
            @if page.desk.metered.is_some() {
                form method="post" action="/manage/feeds/send-now" {
                    (visit.act_field())
                    p { (text.feeds.send_now_means) }
                    (part::button(Weight::Plain, text.feeds.send_now))
                }
            }
            form method="post" action="/manage/feeds/checkpoint" {
                (visit.act_field())
                p { (text.feeds.checkpoint_means) }
                (part::button(Weight::Plain, text.feeds.checkpoint))
            }
        }
    };
    visit.page(Shell::new(text.feeds.title).follows(&[PANE.name], &shown.version).whole(), &body)
}

fn card(name: &FeedName, feed: &FeedFacts, now: &Moment, tongue: &Tongue) -> Markup {
    let text = &tongue.text.manage;
    let count = |count: u64| html! { (tongue.format.whole(i64::try_from(count).unwrap_or(i64::MAX))) };
    let counts = feed.counts;
    let aside = feed.aside.now + feed.aside.earlier;
    let (shape, word) = match (&feed.trouble, feed.is_gone) {
        (_, true) => (Sign::Warn, text.feeds.gone),
        (Some(_), false) => (Sign::Warn, text.feeds.down),
        (None, false) if counts.waiting > 0 => (Sign::Note, text.feeds.sending),
        (None, false) => (Sign::Good, text.feeds.up),
    };
    let why = why(name, feed, now, tongue);
    part::card(
        &id(name),
        &html! { (name) },
        &html! {
            p { (sign(shape, word)) }
            @if let Some(why) = why { p { (why) } }
            (part::facts(&[
                (text.feeds.recorded, count(counts.recorded)),
                (text.feeds.acked, count(counts.acked)),
                (text.feeds.waiting, count(counts.waiting)),
                (text.feeds.set_aside, html! { (count(counts.set_aside)) @if aside > 0 { ", " (text.feeds.open) " " (count(aside)) } }),
                (text.feeds.lost, count(counts.lost)),
            ]))
            p.buttons {
                a.button href=(address("/manage/aside", &[("feed", name.as_str())])) { (text.aside.title) }
                a.button href=(address("/manage/vendors/one", &[("feed", name.as_str())])) { (text.vendors.sees) }
            }
        },
    )
}

/// Why nothing goes, or how long it takes, in the words of the list of problems.
fn why(name: &FeedName, feed: &FeedFacts, now: &Moment, tongue: &Tongue) -> Option<String> {
    let (feed_name, waiting) = (name.clone(), feed.counts.waiting);
    let what = match (&feed.trouble, feed.held) {
        (Some(trouble), _) => {
            What::Down { feed: feed_name, kind: trouble.kind, detail: trouble.detail.clone(), waiting }
        }
        (None, Some(why)) if waiting > 0 => What::Held { feed: feed_name, why, waiting },
        (None, _) if waiting > 0 => What::Backlog { feed: feed_name, waiting, drain: feed.drain },
        (None, _) => return None,
    };
    let time = |at: gateway_proto::time::WallTime| tongue.format.moment(at.millis());
    Some(words::say(tongue.text.language, &what, Saying { now, time: &time }).text)
}

async fn send_now(State(page): State<Arc<Page>>, Managing(acting): Managing) -> Response {
    match page.desk.do_it(LedgerAsk::SendNow).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => unanswered(&acting.visit, HERE, &why),
    }
}

async fn checkpoint(State(page): State<Arc<Page>>, Managing(acting): Managing) -> Response {
    match page.desk.do_it(LedgerAsk::Checkpoint { feed: None }).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => unanswered(&acting.visit, HERE, &why),
    }
}

#[derive(Debug, Deserialize)]
struct Loss {
    #[serde(default)]
    feed: String,
    #[serde(default)]
    lost: u64,
}

async fn note_loss(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(loss): Form<Loss>) -> Response {
    // No more than is lost: what is lost tomorrow is told of tomorrow.
    let known = page.watcher.snapshot().feeds.into_iter().find(|(name, _)| name.as_str() == loss.feed);
    let Some((feed, facts)) = known else {
        return not_done(&acting.visit, HERE, acting.visit.tongue.text.manage.gone);
    };
    let lost = loss.lost.min(facts.counts.lost);
    match page.floor.ask(Command::NoteLoss { feed, lost, by: acting.who.badge.clone() }).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => refused(&acting.visit, HERE, &why),
    }
}
