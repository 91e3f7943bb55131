//! A counter's sheet: one line at a time, blind. What the books say is not in it, nor in the answers to it.
//!
//! Ids: `line-form` (`f-pieces`), `skip-form`, `begin-form`, `zero-form`, `finish-form`, `other-form`, `lines`.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
    sign::sign,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    act::{place_code, status_of},
    count::{session_of, why_field},
};
use crate::{
    floor::{Command, CountCommand, refusal::Refusal, why::Why},
    movement::counting::{Ask, CounterLine, CounterView, LineNo, SessionId, State as Stage},
    page::{
        Page,
        door::Right,
        names::{Names, segment},
        station::lists,
        visit::{Acting, Shell, Visit, not_there},
    },
    register::rule::Misread,
};

/// Which line, and what the last one came to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    line: Option<u32>,
    taken: String,
}

pub(super) async fn sheet(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    visit: Visit,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    if visit.who.is_none() {
        return Redirect::to(&crate::page::door::address(&visit.here)).into_response();
    }
    if !visit.may(Right::Store) {
        return visit.not_allowed();
    }
    if session_of(&name).is_none() {
        return not_there(State(page), visit).await;
    }
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let told = (!wanted.taken.is_empty()).then(|| taken(&visit, &wanted.taken));
    shown(&visit, &name, wanted.line, told, StatusCode::OK).await
}

/// That it was taken down, with what else to know: the words of warnings, by their first letters in the address.
fn taken(visit: &Visit, codes: &str) -> Markup {
    use crate::movement::counting::Warning;
    let text = &visit.tongue.text.work;
    let warnings = codes.chars().filter_map(|code| match code {
        's' => Some(Warning::SamePerson),
        'm' => Some(Warning::Moved),
        'o' => Some(Warning::OwnReview),
        _ => None,
    });
    html! {
        p #line-taken role="status" { (sign(Sign::Good, text.taken)) }
        @for warning in warnings { p { (sign(Sign::Warn, (text.warning)(warning))) } }
    }
}

/// The letters of the warnings that came with an answer.
fn codes_of(came: &serde_json::Value) -> String {
    use crate::movement::counting::Warning;
    let known = [('s', Warning::SamePerson), ('m', Warning::Moved), ('o', Warning::OwnReview)];
    let said = came["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut codes = "y".to_owned();
    for (code, warning) in known {
        if said.iter().any(|words| words.as_str() == Some(&warning.to_string())) {
            codes.push(code);
        }
    }
    codes
}

async fn shown(visit: &Visit, name: &str, line: Option<u32>, told: Option<Markup>, status: StatusCode) -> Response {
    let text = &visit.tongue.text.work;
    let by = visit.who.as_ref().map(|who| who.badge.clone());
    let view = match (session_of(name), by) {
        (Some(id), Some(by)) => visit.page.floor.see(move |floor, _| floor.count_sheet(&id, &by)).await.flatten(),
        _ => None,
    };
    let sights = visit.page.sights().await;
    let names = Names { tongue: &visit.tongue, register: &sights.register.1 };
    let body = html! {
        h2 { (text.count) " " span.quiet { bdi { (name) } } }
        @if let Some(told) = told { (told) }
        @match &view {
            None => { (part::empty(text.no_count)) (part::link(Weight::Main, "/work/count", text.count)) }
            Some(view) => { (lines(visit, &names, name, view, line)) (lists(names.register)) }
        }
    };
    visit.page_with(status, Shell::new(text.count).scripts(&["station.js"]), &body)
}

fn lines(visit: &Visit, names: &Names<'_>, name: &str, view: &CounterView, wanted: Option<u32>) -> Markup {
    let text = &visit.tongue.text.work;
    let action = format!("/work/count/{}", segment(name));
    let asked = |line: &&CounterLine| wanted == Some(line.line.0);
    let current = view.lines.iter().find(asked).or_else(|| view.lines.iter().find(|line| line.ask != Ask::Nothing));
    let is_counting = matches!(view.state, Stage::Requested | Stage::Counting | Stage::Counted | Stage::Investigating);
    html! {
        p.quiet { (text.blind) }
        @if let Some(line) = current.filter(|_| is_counting) { (one(visit, names, &action, line, view.lines.len())) }
        @if is_counting {
            form #finish-form method="post" action=(action) {
                (visit.act_field())
                (part::button_of(if current.is_none() { Weight::Main } else { Weight::Plain }, "do", "finish", text.finish))
            }
        } @else { p { (sign(Sign::Note, (text.state)(view.state))) } }
        section aria-labelledby="lines-title" {
            h3 #lines-title { (text.all_lines) }
            ul #lines .lines {
                @for line in &view.lines {
                    li.choose data-ask=(word(line.ask)) {
                        span {
                            (names.item(&line.item)) " · " (names.place(&line.place))
                            @if let Some(yours) = line.yours { " · " ((text.yours)(&names.units(&line.item, yours))) }
                        }
                        @if line.ask == Ask::Nothing { (sign(Sign::Good, text.line_done)) }
                        @else { a.button href=(format!("{action}?line={}", line.line.0))
                            aria-label=(format!("{} {} {}", text.count, line.item, names.place(&line.place))) { (text.count) } }
                    }
                }
            }
        }
        @if is_counting { (other(visit, &action)) }
        p { (part::link(Weight::Plain, &format!("{action}/review"), text.review)) " " span.quiet { (text.review_hint) } }
    }
}

const fn word(ask: Ask) -> &'static str {
    match ask {
        Ask::HowMany => "how-many",
        Ask::IsItEmpty => "is-it-empty",
        Ask::CountAgain => "count-again",
        Ask::Nothing => "nothing",
    }
}

/// The line that is asked for now.
fn one(visit: &Visit, names: &Names<'_>, action: &str, line: &CounterLine, of: usize) -> Markup {
    let text = &visit.tongue.text.work;
    let format = &visit.tongue.format;
    let (number, of) = (format.whole(i64::from(line.line.0) + 1), format.whole(i64::try_from(of).unwrap_or(i64::MAX)));
    let title = match line.ask {
        Ask::HowMany | Ask::Nothing => text.how_many,
        Ask::IsItEmpty => text.is_it_empty,
        Ask::CountAgain => text.count_again,
    };
    let hidden = html! { input type="hidden" name="line" value=(line.line.0); };
    html! {
        section.next aria-labelledby="one-title" data-ask=(word(line.ask)) {
            p.quiet { ((text.line)(&number, &of)) }
            p.instruction { (names.place(&line.place)) }
            p { (names.item(&line.item)) }
            h3 #one-title { (title) }
            @if line.ask == Ask::IsItEmpty {
                form #zero-form method="post" action=(action) {
                    (visit.act_field()) (hidden)
                    div.buttons {
                        (part::button_of(Weight::Main, "do", "empty", text.empty_yes))
                        (part::button_of(Weight::Plain, "do", "not-empty", text.empty_no))
                    }
                }
            } @else {
                form #line-form method="post" action=(action) {
                    (visit.act_field()) (hidden)
                    (Field::new("pieces", text.pieces, Kind::Number).render())
                    div.buttons {
                        (part::button_of(Weight::Main, "do", "count", text.take_down))
                        @if line.yours.is_some() { (part::button_of(Weight::Plain, "do", "plus", text.plus)) }
                    }
                }
                form.inline method="post" action=(action) {
                    (visit.act_field()) (hidden)
                    (part::button_of(Weight::Plain, "do", "empty", text.is_empty))
                }
                form #begin-form method="post" action=(action) {
                    (visit.act_field()) (hidden)
                    (part::button_of(Weight::Plain, "do", "begin", text.begin))
                    p.quiet { (text.begin_hint) }
                }
                details {
                    summary { (text.skip) }
                    form #skip-form method="post" action=(action) {
                        (visit.act_field()) (hidden)
                        (why_field(text.skip_why))
                        (part::button_of(Weight::Plain, "do", "skip", text.skip))
                    }
                }
            }
        }
    }
}

/// A part that is on no line.
fn other(visit: &Visit, action: &str) -> Markup {
    let text = &visit.tongue.text.work;
    html! {
        details {
            summary { (text.found_other) }
            form #other-form method="post" action=(action) {
                (visit.act_field())
                (crate::page::station::chosen("place", text.from, false))
                (crate::page::station::chosen("item", text.item, true))
                (Field::new("pieces", text.pieces, Kind::Number).render_as("f-other-pieces"))
                (part::button_of(Weight::Plain, "do", "other", text.take_down))
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LineForm {
    act: String,
    r#do: String,
    line: Option<u32>,
    pieces: String,
    why: String,
    place: String,
    item: String,
}

impl LineForm {
    /// What it says; the line's item and place come from the sheet.
    fn step(&self, session: SessionId, view: &CounterView) -> Result<CountCommand, Why> {
        let number = || {
            let pieces = self.pieces.trim().replace(['.', ',', ' '], "");
            pieces
                .parse::<u64>()
                .map_err(|_| Why::Scan(Box::new(crate::movement::session::Refusal::Quantity(self.pieces.clone()))))
        };
        if self.r#do == "finish" {
            return Ok(CountCommand::Finish { session });
        }
        if self.r#do == "other" {
            let code = place_code(&self.place);
            let place = code.strip_prefix("BW:PLACE:").or_else(|| code.strip_prefix("BW:BIN:")).unwrap_or(&code);
            let place = place.parse().or_else(|_| format!("bin:{place}").parse());
            let place = place.map_err(Misread::Place)?;
            let item = self.item.trim().parse().map_err(Misread::Name)?;
            return Ok(CountCommand::Line { session, place, item: Some(item), pieces: number()?, plus: false });
        }
        let line = LineNo(self.line.unwrap_or(u32::MAX));
        let known = view.lines.iter().find(|known| known.line == line);
        let known = known.ok_or_else(|| Why::from(crate::movement::counting::Refusal::NoSuchLine(line)))?;
        let (place, item) = (known.place.clone(), Some(known.item.clone()));
        Ok(match self.r#do.as_str() {
            "count" => CountCommand::Line { session, place, item, pieces: number()?, plus: false },
            "plus" => CountCommand::Line { session, place, item, pieces: number()?, plus: true },
            "begin" => CountCommand::Begin { session, line },
            "empty" => CountCommand::Zero { session, line, empty: true },
            "not-empty" => CountCommand::Zero { session, line, empty: false },
            "skip" => {
                let why = self.why.trim().parse().map_err(Misread::Name)?;
                CountCommand::Skip { session, line, why }
            }
            _ => return Err(Refusal::NothingSaid.into()),
        })
    }
}

pub(super) async fn say(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    Form(form): Form<LineForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Store) {
        return refused;
    }
    let by = acting.who.badge.clone();
    let view = match session_of(&name) {
        Some(id) => {
            let by = by.clone();
            page.floor.see(move |floor, _| floor.count_sheet(&id, &by)).await.flatten()
        }
        None => None,
    };
    let came = match (session_of(&name), &view) {
        (Some(session), Some(view)) => match form.step(session, view) {
            Ok(step) => page.once.ask(&page.floor, &form.act, Command::Count { by, step }).await,
            Err(why) => Err(why),
        },
        _ => return shown(&acting.visit, &name, None, None, StatusCode::NOT_FOUND).await,
    };
    match came {
        Ok(came) => {
            // The same line once more, where it begins or was not zero after all.
            let stays = matches!(form.r#do.as_str(), "begin" | "not-empty");
            let line = form.line.filter(|_| stays).map(|line| format!("&line={line}")).unwrap_or_default();
            Redirect::to(&format!("/work/count/{}?taken={}{line}", segment(&name), codes_of(&came))).into_response()
        }
        Err(why) => {
            let text = acting.visit.tongue.text;
            let told = part::notice(Sign::Bad, text.work.not_taken, &html! { p #work-why { ((text.say.why)(&why)) } });
            shown(&acting.visit, &name, form.line, Some(told), status_of(&why)).await
        }
    }
}
