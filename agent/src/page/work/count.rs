//! Counts: those under way, a new one, and the review, where the books are shown to who decides.
//!
//! Ids: `count-form` (`f-bins`), `due-form`, `counts`; on the review `review-N` for each line, `complete-form`, `cancel-form`.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gateway_proto::name::{PlaceName, Text as Words};
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
    sign::sign,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::act::status_of;
use crate::{
    floor::{Command, CountCommand, refusal::Refusal, sight::CountBrief, why::Why},
    movement::counting::{LineNo, Reason, ReviewLine, ReviewView, SessionId, Sight, Standing, State as Stage},
    page::{
        Page,
        door::Right,
        names::{Names, segment},
        station::lists,
        visit::{Acting, Shell, Visit},
    },
};

/// Lines of a count of what is due: a walk of half an hour.
const DUE_MAX: usize = 30;

/// What stands in the address of a count that is filled in beforehand.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    bin: String,
}

pub(super) async fn index(
    State(_): State<Arc<Page>>,
    visit: Visit,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let bin = wanted.map(|Query(wanted)| wanted.bin).unwrap_or_default();
    shown(&visit, &bin, None, StatusCode::OK).await
}

async fn shown(visit: &Visit, bins: &str, why: Option<&Why>, status: StatusCode) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let seen = visit.page.floor.see(|floor, now| (floor.counts_open(), floor.counts_due(now))).await;
    let (open, due) = seen.unwrap_or_default();
    let sights = visit.page.sights().await;
    let may = visit.may(Right::Store);
    let number = visit.tongue.format.whole(i64::try_from(due).unwrap_or(i64::MAX));
    let body = html! {
        h2 { (text.count) }
        p.quiet { (text.blind) }
        (super::sign_in(visit))
        @if visit.who.is_some() && !may { (part::notice(Sign::Warn, visit.tongue.text.frame.not_allowed, &html! {})) }
        @if let Some(why) = why { (part::notice(Sign::Bad, text.not_taken, &html! { p #work-why { ((say.why)(why)) } })) }
        section aria-labelledby="open-title" {
            h3 #open-title { (text.counts_open) }
            (counts(visit, &open))
        }
        @if may {
            section aria-labelledby="new-title" {
                h3 #new-title { (text.count_new) }
                form #count-form method="post" action="/work/count/open" {
                    (visit.act_field())
                    div.field {
                        label for="f-bins" { (text.count_bins) }
                        input #f-bins name="bins" type="text" value=(bins) list="bins" autocomplete="off" autocapitalize="off"
                            spellcheck="false" required aria-describedby="f-bins-hint";
                        p.hint #f-bins-hint { (text.count_bins_hint) }
                    }
                    (part::button(Weight::Main, text.count_start))
                }
                @if due == 0 { p.quiet { (text.nothing_due) } }
                @else {
                    form #due-form method="post" action="/work/count/open" {
                        (visit.act_field())
                        (part::button_of(Weight::Plain, "due", "yes", &(text.count_due)(&number)))
                    }
                }
            }
            (lists(&sights.register.1))
        }
    };
    visit.page_with(status, Shell::new(text.count).scripts(&["station.js"]), &body)
}

fn counts(visit: &Visit, open: &[CountBrief]) -> Markup {
    let text = &visit.tongue.text.work;
    html! {
        @if open.is_empty() { (part::empty(text.no_counts)) }
        @else {
            ul #counts .lines {
                @for count in open {
                    li.choose {
                        span {
                            bdi { (count.id.0) } " · " ((text.lines)(count.lines)) " · " ((text.state)(count.state)) " · "
                            (visit.tongue.format.time(count.opened.millis())) " · " bdi { (count.by) }
                        }
                        a.button href=(format!("/work/count/{}", segment(count.id.0.as_str())))
                            aria-label=(format!("{} {}", text.count, count.id.0)) { (text.count) }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OpenForm {
    act: String,
    bins: String,
    due: String,
}

/// Bins as they are written: with commas, or as their labels say.
fn bins_of(text: &str) -> Result<Vec<PlaceName>, Why> {
    let bare = |part: &str| {
        let part = part.trim();
        let label = part.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("BW:BIN:"));
        if label { part[7..].to_owned() } else { part.to_owned() }
    };
    let names = text.split(',').map(bare).filter(|name| !name.is_empty());
    names.map(|name| name.parse().map_err(|_| Refusal::NotABin(name.clone()).into())).collect()
}

pub(super) async fn open(State(page): State<Arc<Page>>, acting: Acting, Form(form): Form<OpenForm>) -> Response {
    if let Err(refused) = acting.needs(Right::Store) {
        return refused;
    }
    let due = (!form.due.is_empty()).then_some(DUE_MAX);
    let opened = match bins_of(&form.bins) {
        Ok(bins) => {
            let step = CountCommand::Open { bins, items: Vec::new(), due, sight: Sight::Blind };
            page.once.ask(&page.floor, &form.act, Command::Count { by: acting.who.badge.clone(), step }).await
        }
        Err(why) => Err(why),
    };
    match opened {
        Ok(came) => {
            let session = came["session"].as_str().unwrap_or_default();
            Redirect::to(&format!("/work/count/{}", segment(session))).into_response()
        }
        Err(why) => shown(&acting.visit, &form.bins, Some(&why), status_of(&why)).await,
    }
}

/// A session by its name in an address.
pub(super) fn session_of(name: &str) -> Option<SessionId> {
    Some(SessionId(name.parse::<Words>().ok()?))
}

pub(super) async fn review(State(_): State<Arc<Page>>, Path(name): Path<String>, visit: Visit) -> Response {
    // Only for who decides: here stands what counters must not know.
    if !visit.may(Right::Store) {
        return match visit.who {
            Some(_) => visit.not_allowed(),
            None => Redirect::to(&crate::page::door::address(&visit.here)).into_response(),
        };
    }
    reviewed(&visit, &name, None, StatusCode::OK).await
}

async fn reviewed(visit: &Visit, name: &str, why: Option<&Why>, status: StatusCode) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let id = session_of(name);
    let view = match id {
        Some(id) => visit.page.floor.see(move |floor, _| floor.count_review(&id)).await.flatten(),
        None => None,
    };
    let sights = visit.page.sights().await;
    let names = Names { tongue: &visit.tongue, register: &sights.register.1 };
    let body = html! {
        h2 { (text.review) " " bdi { (name) } }
        @if let Some(why) = why { (part::notice(Sign::Bad, text.not_taken, &html! { p #work-why { ((say.why)(why)) } })) }
        @match &view {
            None => (part::empty(text.no_count)),
            Some(view) => (decisions(visit, &names, name, view)),
        }
        p { (part::link(Weight::Plain, "/work/count", text.count)) }
    };
    visit.page_with(status, Shell::new(text.review), &body)
}

fn decisions(visit: &Visit, names: &Names<'_>, name: &str, view: &ReviewView) -> Markup {
    let text = &visit.tongue.text.work;
    let action = format!("/work/count/{}/review", segment(name));
    let is_over = matches!(view.state, Stage::Completed | Stage::Cancelled);
    html! {
        p { ((text.state)(view.state)) }
        @for line in &view.lines { (decision(visit, names, &action, line, is_over)) }
        @if !is_over {
            div.buttons {
                form #complete-form .inline method="post" action=(action) {
                    (visit.act_field())
                    (part::button_of(Weight::Main, "do", "complete", text.post))
                }
                form #cancel-form .inline method="post" action=(action) {
                    (visit.act_field())
                    (part::button_of(Weight::Danger, "do", "cancel", text.cancel_count))
                }
            }
        }
    }
}

fn decision(visit: &Visit, names: &Names<'_>, action: &str, line: &ReviewLine, is_over: bool) -> Markup {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let format = &visit.tongue.format;
    let number = i64::from(line.line.0) + 1;
    let (kind, standing) = match line.standing {
        Standing::ToCount => (Sign::Note, text.to_count),
        Standing::ConfirmZero => (Sign::Note, text.confirm_zero),
        Standing::Recount(_) | Standing::Investigate => (Sign::Warn, text.to_recount),
        Standing::Settled(_) => (Sign::Good, text.settled),
        Standing::Skipped => (Sign::Note, text.skipped),
    };
    html! {
        article.card id=(format!("review-{number}")) {
            h3 { (names.item(&line.item)) " · " (names.place(&line.place)) }
            p { (sign(kind, standing)) @if let Some(reason) = line.reason { " · " ((say.reason)(reason)) } }
            @for (index, tally) in line.tallies.iter().enumerate() {
                (part::facts(&[
                    (text.counted_by, html! { bdi { (tally.by) } " " (format.time(tally.at.millis())) }),
                    (text.counted, html! { strong { (names.units(&line.item, tally.counted)) } }),
                    (text.books, html! { (names.amount(&line.item, tally.books)) }),
                    (text.difference, html! { strong { (format.signed(tally.variance)) } @if tally.moved != 0 { " · " ((text.moved)(&format.signed(tally.moved))) } }),
                ]))
                @if !is_over && !tally.superseded && !matches!(line.standing, Standing::Settled(_)) {
                    form.inline method="post" action=(action) {
                        (visit.act_field())
                        input type="hidden" name="line" value=(line.line.0);
                        input type="hidden" name="tally" value=(index);
                        (part::button_of(Weight::Plain, "do", "accept", text.accept))
                    }
                }
            }
            @if !is_over && !line.tallies.is_empty() {
                form.inline method="post" action=(action) {
                    (visit.act_field())
                    input type="hidden" name="line" value=(line.line.0);
                    (part::button_of(Weight::Plain, "do", "recount", text.recount))
                }
            }
            @if !is_over && line.variance.is_some_and(|variance| variance != 0) {
                (reasons(visit, action, line))
            }
        }
    }
}

/// The reasons that can explain a difference.
fn reasons(visit: &Visit, action: &str, line: &ReviewLine) -> Markup {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let variance = line.variance.unwrap_or(0);
    let id = format!("reason-{}", line.line.0);
    html! {
        form method="post" action=(action) {
            (visit.act_field())
            input type="hidden" name="line" value=(line.line.0);
            div.field {
                label for=(id) { (text.why_wrong) }
                select id=(id) name="reason" {
                    @for reason in Reason::ALL.into_iter().filter(|reason| reason.explains(variance)) {
                        option value=(word_of(reason)) selected[line.reason == Some(reason)] { ((say.reason)(reason)) }
                    }
                }
            }
            (part::button_of(Weight::Plain, "do", "explain", text.explain))
        }
    }
}

/// A reason's word, as it is kept.
const fn word_of(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingTransaction => "missing_transaction",
        Reason::Miscount => "miscount",
        Reason::Found => "found",
        Reason::Expired => "expired",
        Reason::Lost => "lost",
        Reason::UnitError => "unit_error",
        Reason::WrongBin => "wrong_bin",
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewForm {
    act: String,
    r#do: String,
    line: u32,
    tally: usize,
    reason: String,
}

impl ReviewForm {
    fn step(&self, session: SessionId) -> Option<CountCommand> {
        let line = LineNo(self.line);
        Some(match self.r#do.as_str() {
            "accept" => CountCommand::Accept { session, line, tally: self.tally },
            "recount" => CountCommand::Recount { session, line },
            "explain" => {
                let reason = Reason::ALL.into_iter().find(|reason| word_of(*reason) == self.reason)?;
                CountCommand::Explain { session, line, reason, note: None }
            }
            "complete" => CountCommand::Complete { session },
            "cancel" => CountCommand::Cancel { session },
            _ => return None,
        })
    }
}

pub(super) async fn decide(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    Form(form): Form<ReviewForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Store) {
        return refused;
    }
    let Some(step) = session_of(&name).and_then(|session| form.step(session)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let ends = matches!(step, CountCommand::Complete { .. } | CountCommand::Cancel { .. });
    match page.once.ask(&page.floor, &form.act, Command::Count { by: acting.who.badge.clone(), step }).await {
        Ok(_) if ends => Redirect::to("/work/count").into_response(),
        Ok(_) => Redirect::to(&format!("/work/count/{}/review", segment(&name))).into_response(),
        Err(why) => reviewed(&acting.visit, &name, Some(&why), status_of(&why)).await,
    }
}

/// A text field, for the reason why a line is left out.
pub(super) fn why_field(label: &str) -> Markup {
    Field::new("why", label, Kind::Text).render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_read_as_they_are_written_or_scanned() {
        let names = |text| bins_of(text).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names("A-01, A-02 ,bw:bin:B-07,"), ["A-01", "A-02", "B-07"]);
        assert!(names(" , ").is_empty());
        assert!(bins_of(&"A".repeat(100)).is_err());
    }

    #[test]
    fn every_reason_is_found_by_the_word_it_is_sent_as() {
        for reason in Reason::ALL {
            let said = serde_json::to_value(reason).unwrap();
            assert_eq!(said.as_str(), Some(word_of(reason)));
        }
    }
}
