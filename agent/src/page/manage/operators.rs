//! Operators: who works here, what each may do, and their PINs. A PIN is set here and shown nowhere.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use gateway_proto::name::Text;
use look::{
    Sign,
    part::{self, Column, Field, Kind, Row, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Granting, ROWS_MAX, Reading, Said, address, done, finder, is_found, not_done, number, onward, refused};
use crate::{
    floor::Command,
    page::{
        Page,
        door::{PinError, Right},
        visit::{Shell, Visit, role_name},
    },
    register::{
        fact::{Fact, Kind as FactKind, Origin},
        operator::{Operator, Role},
        row::Word as _,
    },
};

const HERE: &str = "/manage/operators";
const EDIT: &str = "/manage/operators/one";
const PIN: &str = "/manage/operators/pin";
const REMOVE: &str = "/manage/operators/remove";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route(HERE, get(list))
        .route(EDIT, get(edit).post(set))
        .route(PIN, post(pin))
        .route(REMOVE, get(confirm).post(remove))
}

/// An operator as the register has it.
fn operators(visit: &Visit) -> Vec<(Operator, Origin)> {
    let register = visit.page.door.register();
    let facts = register.facts(FactKind::Operator);
    facts
        .filter_map(|(fact, origin)| if let Fact::Operator(operator) = fact { Some((operator, origin)) } else { None })
        .collect()
}

fn find(visit: &Visit, badge: &str) -> Option<(Operator, Origin)> {
    operators(visit).into_iter().find(|(operator, _)| operator.badge.as_str() == badge)
}

async fn list(Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    if !visit.may(Right::Grant) {
        return visit.not_allowed();
    }
    let text = &visit.tongue.text.manage;
    let all = operators(&visit);
    let found: Vec<&(Operator, Origin)> = all
        .iter()
        .filter(|(operator, _)| is_found(&said.find, &[operator.name.as_str(), operator.badge.as_str()]))
        .collect();
    let columns = [
        Column::text(text.operators.name),
        Column::text(text.operators.badge),
        Column::text(text.operators.role),
        Column::text(text.operators.pin),
        Column::text(text.operators.change),
    ];
    let rows: Vec<Row> = found.iter().take(ROWS_MAX).map(|(operator, _)| one(&visit, operator)).collect();
    let more = found.len().saturating_sub(ROWS_MAX);
    let body = html! {
        h2 { (text.operators.title) }
        p.quiet { (text.operators.about) }
        (done(&visit, &said.said))
        (finder(&visit, HERE, &said.find))
        @if rows.is_empty() { (part::empty(text.operators.none)) }
        @else { (part::table("operators", text.operators.title, &columns, &rows)) }
        @if more > 0 { p.quiet { ((text.more)(&number(&visit, more))) } }
        p { (part::link(Weight::Main, EDIT, text.operators.add)) }
    };
    visit.page(Shell::new(text.operators.title), &body)
}

fn one(visit: &Visit, operator: &Operator) -> Row {
    let text = &visit.tongue.text.manage;
    let badge = operator.badge.as_str();
    Row {
        id: None,
        head: html! { (operator.name) },
        cells: vec![
            html! { (badge) },
            html! { (role_name(visit.tongue.text, operator.role)) },
            html! { (pin_state(visit, operator)) },
            part::link(Weight::Plain, &address(EDIT, &[("badge", badge)]), text.operators.change),
        ],
    }
}

/// Whether there is a PIN, and whether there has to be.
fn pin_state(visit: &Visit, operator: &Operator) -> &'static str {
    let text = &visit.tongue.text.manage.operators;
    let door = &visit.page.door;
    match (door.has_pin(operator.badge.as_str()), door.needs_pin(operator.role)) {
        (true, _) => text.pin_set,
        (false, true) => text.pin_missing,
        (false, false) => text.pin_none,
    }
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    badge: String,
    #[serde(default)]
    said: String,
}

async fn edit(Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    if !visit.may(Right::Grant) {
        return visit.not_allowed();
    }
    let found = find(&visit, &asked.badge);
    let title = visit.tongue.text.manage.operators.title;
    let wish = match &found {
        Some((operator, _)) => {
            let role = operator.role.word().to_owned();
            Wish { badge: operator.badge.to_string(), name: operator.name.to_string(), role }
        }
        None => Wish { badge: asked.badge, ..Wish::default() },
    };
    visit.page(Shell::new(title), &form(&visit, found.as_ref(), &wish, "", &asked.said))
}

/// What somebody wrote into the form.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    badge: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

fn form(visit: &Visit, known: Option<&(Operator, Origin)>, wish: &Wish, problem: &str, said: &str) -> Markup {
    let text = &visit.tongue.text.manage;
    let roles: Vec<(&str, &str)> =
        Role::ALL.iter().map(|role| (role.word(), role_name(visit.tongue.text, *role))).collect();
    let is_of_file = known.is_some_and(|(_, origin)| *origin == Origin::File);
    html! {
        h2 { @match known { Some((operator, _)) => { (operator.name) }, None => { (text.operators.add) } } }
        (done(visit, said))
        @if !problem.is_empty() { (part::notice(Sign::Bad, text.not_done, &html! { p { (problem) } })) }
        @if is_of_file {
            (part::notice(Sign::Note, text.in_the_file, &html! { p { (text.in_the_file_todo) } }))
        } @else {
            form method="post" action=(EDIT) {
                (visit.act_field())
                @if known.is_some() { input type="hidden" name="badge" value=(wish.badge); p { (text.operators.badge) ": " (wish.badge) } }
                @else { (Field::new("badge", text.operators.badge, Kind::Code).value(&wish.badge).hint(text.operators.badge_hint).render()) }
                (Field::new("name", text.operators.name, Kind::Text).value(&wish.name).render())
                (part::choice("role", text.operators.role, &roles, &wish.role))
                (part::button(Weight::Main, text.operators.save))
            }
        }
        @if let Some((operator, origin)) = known { (pin_form(visit, operator)) (remove_way(visit, operator, *origin)) }
        p { (part::link(Weight::Plain, HERE, text.back)) }
    }
}

fn pin_form(visit: &Visit, operator: &Operator) -> Markup {
    let text = &visit.tongue.text.manage.operators;
    let badge = operator.badge.as_str();
    html! {
        h3 { (text.pin) }
        p { (pin_state(visit, operator)) }
        form method="post" action=(PIN) data-plain autocomplete="off" {
            (visit.act_field())
            input type="hidden" name="badge" value=(badge);
            (Field::new("pin", text.new_pin, Kind::Pin).hint(text.pin_hint).render())
            (Field::new("again", text.pin_again, Kind::Pin).render())
            (part::button(Weight::Plain, text.set_pin))
        }
    }
}

fn remove_way(visit: &Visit, operator: &Operator, origin: Origin) -> Markup {
    let text = &visit.tongue.text.manage.operators;
    html! {
        @if origin == Origin::Imported {
            p { (part::link(Weight::Danger, &address(REMOVE, &[("badge", operator.badge.as_str())]), text.remove)) }
        }
    }
}

async fn set(State(page): State<Arc<Page>>, Granting(acting): Granting, Form(wish): Form<Wish>) -> Response {
    let visit = &acting.visit;
    let text = &visit.tongue.text.manage.operators;
    let known = find(visit, wish.badge.trim());
    let role = Role::ALL.iter().copied().find(|role| role.word() == wish.role);
    let read = || -> Result<Operator, String> {
        let badge: Text = wish.badge.trim().parse().map_err(|_| text.badge_missing.to_owned())?;
        let name = wish.name.trim().parse().map_err(|_| text.name_missing.to_owned())?;
        let role = role.ok_or_else(|| text.role_missing.to_owned())?;
        // Whoever is left without anybody who may give out roles has to go to the gateway itself.
        if badge == acting.who.badge && !Right::Grant.is_of(role) {
            return Err(text.not_yourself.to_owned());
        }
        Ok(Operator { badge, name, role })
    };
    let came = match read() {
        Ok(operator) => {
            let fact = Box::new(Fact::Operator(operator));
            let told = page.floor.ask(Command::Tell { fact, by: acting.who.badge.clone() }).await;
            told.map(drop).map_err(|why| (visit.tongue.text.say.why)(&why))
        }
        Err(why) => Err(why),
    };
    match came {
        Ok(()) => onward(EDIT, &[("badge", wish.badge.trim()), ("said", "done")]),
        Err(why) => {
            let body = form(visit, known.as_ref(), &wish, &why, "");
            visit.page_with(StatusCode::CONFLICT, Shell::new(text.title), &body)
        }
    }
}

/// A new PIN, twice. Not `Debug`: nothing may print it.
#[derive(Deserialize)]
struct NewPin {
    #[serde(default)]
    badge: String,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    again: String,
}

async fn pin(State(page): State<Arc<Page>>, Granting(acting): Granting, Form(new): Form<NewPin>) -> Response {
    let visit = &acting.visit;
    let text = &visit.tongue.text.manage.operators;
    let came = if new.pin.trim() == new.again.trim() {
        let set = page.door.set_pin(&new.badge, new.pin.trim(), acting.who.badge.as_str()).await;
        set.map(drop).map_err(|error| why_no_pin(visit, &error))
    } else {
        Err(text.pins_differ.to_owned())
    };
    match came {
        // Their own session ends with their own PIN: they sign in with the new one.
        Ok(()) => onward(EDIT, &[("badge", &new.badge), ("said", "done")]),
        Err(why) => not_done(visit, &address(EDIT, &[("badge", &new.badge)]), &why),
    }
}

fn why_no_pin(visit: &Visit, error: &PinError) -> String {
    let text = &visit.tongue.text.manage.operators;
    match error {
        PinError::NoOperator(_) => visit.tongue.text.manage.gone.to_owned(),
        PinError::NotDigits => text.pin_not_digits.to_owned(),
        PinError::Length { least, most } => (text.pin_length)(&least.to_string(), &most.to_string()),
        PinError::Obvious => text.pin_obvious.to_owned(),
        PinError::Hash => (text.pin_not_kept)(text.pin_no_memory),
        PinError::NotKept(why) => (text.pin_not_kept)(&(visit.tongue.text.say.why)(why)),
    }
}

async fn confirm(Reading(visit): Reading, Query(asked): Query<Asked>) -> Response {
    if !visit.may(Right::Grant) {
        return visit.not_allowed();
    }
    let text = &visit.tongue.text.manage;
    let Some((operator, _)) = find(&visit, &asked.badge) else { return not_done(&visit, HERE, text.gone) };
    let badge = operator.badge.as_str();
    let body = html! {
        h2 { ((text.operators.remove_ask)(operator.name.as_str())) }
        (part::notice(Sign::Warn, text.operators.remove, &html! { p { (text.operators.remove_means) } }))
        form method="post" action=(REMOVE) {
            (visit.act_field())
            input type="hidden" name="badge" value=(badge);
            (part::button(Weight::Danger, text.operators.remove_yes))
        }
        p { (part::link(Weight::Plain, &address(EDIT, &[("badge", badge)]), text.back)) }
    };
    visit.page(Shell::new(text.operators.title), &body)
}

async fn remove(State(page): State<Arc<Page>>, Granting(acting): Granting, Form(wish): Form<Wish>) -> Response {
    let visit = &acting.visit;
    let text = &visit.tongue.text.manage.operators;
    let badge = wish.badge.as_str();
    if badge == acting.who.badge.as_str() {
        return not_done(visit, HERE, text.not_yourself);
    }
    if find(visit, badge).is_none() {
        return onward(HERE, &[("said", "done")]);
    }
    let command =
        Command::Remove { kind: FactKind::Operator, name: badge.to_owned(), by: Some(acting.who.badge.clone()) };
    if let Err(why) = page.floor.ask(command).await {
        return refused(visit, HERE, &why);
    }
    // A badge that is given to somebody else must not open with the old PIN.
    match page.door.clear_pin(badge, acting.who.badge.as_str()).await {
        Ok(()) => onward(HERE, &[("said", "done")]),
        Err(error) => not_done(visit, HERE, &why_no_pin(visit, &error)),
    }
}
