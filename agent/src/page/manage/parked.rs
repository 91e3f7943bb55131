//! Codes that nobody knew when they were scanned: somebody says which item each is, and what was kept is recorded under it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use gateway_proto::name::ItemCode;
use look::part::{self, Column, Field, Kind, Row, Weight};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Managing, ROWS_MAX, Reading, Said, done, not_done, number, onward, refused, shown};
use crate::{
    floor::Command,
    page::{
        Page,
        door::Right,
        visit::{Shell, Visit},
    },
    register::{alias::Alias, fact::Fact},
};

const HERE: &str = "/manage/parked";

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route(HERE, get(list).post(map))
}

async fn list(State(page): State<Arc<Page>>, Reading(visit): Reading, Query(said): Query<Said>) -> Response {
    let text = &visit.tongue.text.manage;
    let parked = page.floor.see(|floor, _| floor.parked()).await.unwrap_or_default();
    let columns = [
        Column::text(text.parked.code),
        Column::text(text.parked.places),
        Column::number(text.parked.units),
        Column::text(text.parked.is_item),
    ];
    let rows: Vec<Row> =
        parked.iter().take(ROWS_MAX).enumerate().map(|(at, (code, places))| one(&visit, at, code, places)).collect();
    let more = parked.len().saturating_sub(ROWS_MAX);
    let body = html! {
        h2 { (text.parked.title) }
        p.quiet { (text.parked.about) }
        (done(&visit, &said.said))
        @if rows.is_empty() { (part::empty(text.parked.none)) }
        @else { (part::table("parked", text.parked.title, &columns, &rows)) }
        @if more > 0 { p.quiet { ((text.more)(&number(&visit, more))) } }
    };
    visit.page(Shell::new(text.parked.title), &body)
}

fn one(visit: &Visit, at: usize, code: &ItemCode, places: &BTreeMap<String, u64>) -> Row {
    let text = &visit.tongue.text.manage;
    let places_shown: Vec<String> =
        places.iter().map(|(place, units)| format!("{place}: {}", number(visit, *units))).collect();
    Row {
        id: None,
        head: html! { code { (shown(code.as_str())) } },
        cells: vec![
            html! { (places_shown.join(", ")) },
            html! { (number(visit, places.values().sum::<u64>())) },
            if visit.may(Right::Manage) {
                form(visit, at, code)
            } else {
                html! { (text.parked.nobody) }
            },
        ],
    }
}

fn form(visit: &Visit, at: usize, code: &ItemCode) -> Markup {
    let text = &visit.tongue.text.manage;
    html! {
        form method="post" action=(HERE) {
            (visit.act_field())
            // In hex: a code may hold what no form carries unchanged.
            input type="hidden" name="code" value=(hex(code.as_str()));
            (Field::new("item", text.parked.is_item, Kind::Code).hint(text.parked.item_hint).render_as(&format!("item-{at}")))
            (Field::new("factor", text.parked.factor, Kind::Number).value("1").hint(text.parked.factor_hint).render_as(&format!("factor-{at}")))
            (part::button(Weight::Plain, text.parked.map))
        }
    }
}

#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    code: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    factor: String,
}

async fn map(State(page): State<Arc<Page>>, Managing(acting): Managing, Form(wish): Form<Wish>) -> Response {
    let text = &acting.visit.tongue.text.manage;
    let code = of_hex(&wish.code).and_then(|code| code.parse::<ItemCode>().ok());
    let (Some(code), Ok(item)) = (code, wish.item.trim().parse::<ItemCode>()) else {
        return not_done(&acting.visit, HERE, text.parked.no_item);
    };
    let Ok(factor) = wish.factor.trim().parse::<u64>() else {
        return not_done(&acting.visit, HERE, text.parked.no_factor);
    };
    let fact = Fact::Alias(Alias { factor, ..Alias::new(code, item) });
    match page.floor.ask(Command::Tell { fact: Box::new(fact), by: acting.who.badge.clone() }).await {
        Ok(_) => onward(HERE, &[("said", "done")]),
        Err(why) => refused(&acting.visit, HERE, &why),
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(hex: &str) -> Option<String> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    String::from_utf8(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_any_characters_comes_back_as_it_went() {
        for code in ["M8", "[)>\u{1e}06\u{1d}PX\r\n\u{4}", "äöü"] {
            assert_eq!(of_hex(&hex(code)).as_deref(), Some(code));
        }
        for none in ["4", "4g", "ff"] {
            assert_eq!(of_hex(none), None, "{none}");
        }
    }
}
