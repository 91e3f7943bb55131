//! Receiving against a delivery that is expected: each of its lines with what should come, and what came.
//!
//! Ids: `expected` the list of deliveries; `expected-form` with `qty-N`, `lot-N`, `serials-N`, `rest-N` for each line.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::act::{acts_in, place_code, station_field, station_of, status_of};
use crate::{
    floor::{
        self,
        form::{Receipt, Rest},
        why::Why,
    },
    movement::session::{Mode, sight::Wants},
    page::{
        Page,
        door::Right,
        names::{Names, segment},
        station::origin,
        visit::{Acting, Shell, Visit},
    },
    register::{
        Register,
        item::Tracking,
        shipment::{ShipmentLine, Sscc},
    },
};

/// Lines of a delivery on one page. More come in in parts.
const LINES_MAX: usize = 100;

/// A delivery by its package, else by its order.
fn key(line: &ShipmentLine) -> &str {
    line.sscc.as_ref().map_or(line.order.as_str(), Sscc::as_str)
}

/// What is expected, each delivery with a way to its lines.
pub(super) fn deliveries(visit: &Visit, register: &Register) -> Markup {
    let text = &visit.tongue.text.work;
    let mut known: BTreeMap<&str, (usize, &ShipmentLine)> = BTreeMap::new();
    for line in register.expected() {
        known.entry(key(line)).or_insert((0, line)).0 += 1;
    }
    html! {
        section aria-labelledby="expected-title" {
            h3 #expected-title { (text.expected) }
            @if known.is_empty() { (part::empty(text.nothing_expected)) }
            @else {
                ul #expected .lines {
                    @for (key, (lines, line)) in &known {
                        li.choose {
                            span { strong { ((text.delivery)(line.order.as_str())) }
                                @if let Some(sscc) = &line.sscc { " · " ((text.package)(sscc.as_str())) }
                                " · " ((text.lines)(*lines)) }
                            (part::link(Weight::Plain, &format!("/work/receive/expected?of={}", segment(key)), (text.book)(Mode::Receive)))
                        }
                    }
                }
            }
        }
    }
}

/// Which delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    of: String,
}

fn lines<'r>(register: &'r Register, of: &str) -> Vec<&'r ShipmentLine> {
    register.expected().filter(|line| key(line) == of).take(LINES_MAX).collect()
}

pub(super) async fn expected(
    State(_): State<Arc<Page>>,
    visit: Visit,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let of = wanted.map(|Query(wanted)| wanted.of).unwrap_or_default();
    shown(&visit, &of, &Said::default(), None, StatusCode::OK).await
}

async fn shown(visit: &Visit, of: &str, said: &Said, why: Option<&Why>, status: StatusCode) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let sights = visit.page.sights().await;
    let names = Names { tongue: &visit.tongue, register: &sights.register.1 };
    let lines = lines(names.register, of);
    let may = visit.may(Right::Store);
    let body = html! {
        h2 { ((say.mode)(Mode::Receive)) }
        (super::sign_in(visit))
        @if visit.who.is_some() && !may { (part::notice(Sign::Warn, visit.tongue.text.frame.not_allowed, &html! {})) }
        @if let Some(why) = why { (part::notice(Sign::Bad, text.not_booked, &html! { p #work-why { ((say.why)(why)) } })) }
        @match lines.first() {
            None => { (part::empty(text.no_lines)) (part::link(Weight::Main, "/work/receive", (say.mode)(Mode::Receive))) }
            Some(first) => {
                p { strong { ((text.delivery)(first.order.as_str())) } @if let Some(sscc) = &first.sscc { " · " ((text.package)(sscc.as_str())) } }
                @if may { (form(visit, &names, of, &lines, said)) (crate::page::station::lists(names.register)) }
            }
        }
    };
    let title = (say.mode)(Mode::Receive);
    visit.page_with(status, Shell::new(title).scripts(&["station.js"]), &body)
}

fn form(visit: &Visit, names: &Names<'_>, of: &str, lines: &[&ShipmentLine], said: &Said) -> Markup {
    let text = &visit.tongue.text.work;
    html! {
        form #expected-form method="post" action="/work/receive/expected" {
            (visit.act_field())
            input type="hidden" name="of" value=(of);
            (station_field(visit, said.get("station")))
            (to_field(visit, said.get("to")))
            @for (number, line) in lines.iter().enumerate() {
                @let name = line.name();
                @let legend = (text.came)(line.item.as_str());
                @let qty_name = format!("qty-{number}");
                @let expected = line.qty.units().to_string();
                @let hint = (text.expected_units)(&names.units(&line.item, line.qty.units()));
                @let qty = said.known(&qty_name).unwrap_or(&expected);
                @let lot_name = format!("lot-{number}");
                @let lot = said.known(&lot_name).or(line.lot.as_ref().map(gateway_proto::name::Text::as_str)).unwrap_or_default();
                fieldset {
                    legend { (names.item(&line.item)) }
                    input type="hidden" name=(format!("line-{number}")) value=(name);
                    (Field::new(&qty_name, &legend, Kind::Number).optional().value(qty).hint(&hint).render())
                    @if tracking(names.register, line) != Tracking::Serial {
                        (Field::new(&lot_name, text.lot, Kind::Code).optional().value(lot).hint(text.trace_hint).render())
                    } @else {
                        @let serials = format!("serials-{number}");
                        (Field::new(&serials, text.serials, Kind::Code).optional().value(said.get(&serials)).hint(text.serials_hint).render())
                    }
                    (part::tick(&format!("rest-{number}"), text.rest_comes, !said.get(&format!("rest-{number}")).is_empty()))
                }
            }
            (part::button(Weight::Main, text.receive_all))
        }
    }
}

fn to_field(visit: &Visit, value: &str) -> Markup {
    let text = &visit.tongue.text.work;
    html! {
        div.field {
            label for="f-to" { (text.to) }
            input #f-to name="to" type="text" value=(value) list="bins" autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby="f-to-hint";
            p.hint #f-to-hint { (text.dock_hint) }
        }
    }
}

fn tracking(register: &Register, line: &ShipmentLine) -> Tracking {
    register.item(line.item.as_str()).map_or(Tracking::None, |item| item.tracking)
}

/// The fields of the form as they were sent.
#[derive(Debug, Default)]
struct Said(BTreeMap<String, String>);

impl Said {
    fn get(&self, name: &str) -> &str {
        self.known(name).unwrap_or_default()
    }

    fn known(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }
}

/// The codes of what came, and of each act which line it is of.
fn codes(register: &Register, said: &Said) -> Result<(Vec<String>, Vec<Option<Receipt>>), Wants> {
    let mut codes = vec!["BW:RECEIVE".to_owned()];
    codes.push(place_code(if said.get("to").is_empty() { "dock" } else { said.get("to") }));
    let mut receipts = Vec::new();
    let expected = lines(register, said.get("of"));
    if let Some(first) = expected.first() {
        codes.push(format!("BW:REF:{}", first.order));
    }
    for line in &expected {
        // The page may be old: a line is told by its name, not by its place.
        let name = line.name();
        let Some(at) = (0..LINES_MAX).find(|at| said.get(&format!("line-{at}")) == name) else { continue };
        let rest = if said.get(&format!("rest-{at}")).is_empty() { Rest::DoesNotCome } else { Rest::Comes };
        let receipt = Receipt { line: name, rest };
        let item = format!("BW:ITEM:{}", line.item);
        let serials: Vec<&str> = said.get(&format!("serials-{at}")).split_whitespace().collect();
        if tracking(register, line) == Tracking::Serial && !serials.is_empty() {
            for serial in serials {
                codes.extend([format!("BW:SERIAL:{serial}"), item.clone()]);
                receipts.push(None);
            }
            // The last of them settles the line.
            receipts.pop();
            receipts.push(Some(receipt));
            continue;
        }
        let qty = said.get(&format!("qty-{at}"));
        if qty.is_empty() || qty == "0" {
            continue;
        }
        if !said.get(&format!("lot-{at}")).is_empty() {
            codes.push(format!("BW:LOT:{}", said.get(&format!("lot-{at}"))));
        }
        codes.extend([format!("BW:QTY:{qty}"), item]);
        receipts.push(Some(receipt));
    }
    if receipts.is_empty() { Err(Wants::Part) } else { Ok((codes, receipts)) }
}

pub(super) async fn came(
    State(page): State<Arc<Page>>,
    acting: Acting,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Store) {
        return refused;
    }
    let said = Said(fields.into_iter().collect());
    let visit = &acting.visit;
    let of = said.get("of").to_owned();
    let Some(station) = station_of(&page, said.get("station")) else {
        return shown(visit, &of, &said, None, StatusCode::CONFLICT).await;
    };
    let register = page.sights().await.register.1;
    let (codes, receipts) = match codes(&register, &said) {
        Ok(said) => said,
        Err(wants) => {
            let why = Why::Unsaid(Box::new(wants));
            return shown(visit, &of, &said, Some(&why), StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let form = floor::Form { station: station.clone(), by: acting.who.badge.clone(), codes, receipts };
    match page.floor.form(form, origin(&station, said.get("act"))).await {
        Ok(came) => {
            let station = segment(station.as_str());
            Redirect::to(&format!("/work/receive?station={station}&done={}", acts_in(&came))).into_response()
        }
        Err(why) => shown(visit, &of, &said, Some(&why), status_of(&why)).await,
    }
}
