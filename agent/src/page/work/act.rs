//! One form for each mode: what a person would scan, as fields.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gateway_proto::{name::ItemCode, place::Place};
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{mode_of, path_of, right_of};
use crate::{
    floor::{self, why::Why},
    movement::session::{Mode, sight::Wants},
    page::{
        Page,
        names::{Names, segment},
        station::{lists, origin},
        visit::{Acting, Shell, Visit, not_there},
    },
};

/// What stands in a form's fields, and in the address of a form that is filled in beforehand.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    act: String,
    pub(super) station: String,
    pub(super) item: String,
    pub(super) qty: String,
    pub(super) from: String,
    pub(super) to: String,
    /// The van or the machine.
    pub(super) target: String,
    pub(super) lot: String,
    pub(super) serial: String,
    pub(super) reference: String,
    pub(super) reason: String,
    /// The acts that the form before came to.
    done: String,
}

/// A field, as a mode uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    None,
    Optional,
    Needed,
}

/// Which fields a mode has.
#[derive(Debug, Clone)]
struct Plan {
    from: Use,
    to: Use,
    target: Use,
    serial: Use,
    reference: Use,
    reason: Use,
    /// Where what can be chosen lies.
    shelf: Option<Place>,
}

impl Plan {
    const fn of(mode: Mode) -> Self {
        let none = Self {
            from: Use::None,
            to: Use::None,
            target: Use::None,
            serial: Use::Optional,
            reference: Use::None,
            reason: Use::None,
            shelf: None,
        };
        match mode {
            Mode::Use => Self { from: Use::Needed, reference: Use::Optional, ..none },
            Mode::Receive => Self { to: Use::Optional, reference: Use::Optional, ..none },
            Mode::PutAway => Self { to: Use::Needed, shelf: Some(Place::Dock), ..none },
            Mode::Transfer => Self { from: Use::Needed, to: Use::Needed, ..none },
            Mode::Test => Self { from: Use::Needed, ..none },
            Mode::TestPass => Self {
                to: Use::Needed,
                reference: Use::Optional,
                reason: Use::Optional,
                shelf: Some(Place::Bench),
                ..none
            },
            Mode::TestFail => Self { reference: Use::Optional, reason: Use::Needed, shelf: Some(Place::Bench), ..none },
            Mode::Deploy => Self { from: Use::Needed, target: Use::Needed, reference: Use::Optional, ..none },
            Mode::Install => Self { from: Use::Needed, target: Use::Needed, reference: Use::Optional, ..none },
            Mode::Uninstall => {
                Self { to: Use::Needed, target: Use::Needed, reference: Use::Optional, reason: Use::Optional, ..none }
            }
            Mode::Return => Self { to: Use::Needed, reason: Use::Optional, ..none },
            Mode::Scrap => Self { from: Use::Needed, reason: Use::Needed, ..none },
            Mode::Count => none,
        }
    }
}

/// A place as a person writes or scans it, as the words of a label.
pub(super) fn place_code(text: &str) -> String {
    let text = text.trim();
    let is_label = text.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("BW:"));
    if is_label { text.to_owned() } else { format!("BW:PLACE:{text}") }
}

/// What a form says, as the codes that a person would scan, in their order.
pub(super) fn codes(mode: Mode, fields: &Fields) -> Result<Vec<String>, Wants> {
    let plan = Plan::of(mode);
    let said = |value: &str| (!value.trim().is_empty()).then(|| value.trim().to_owned());
    let needed = |field: Use, value: &str, lacks: Wants| match (field, said(value)) {
        (Use::None, _) | (Use::Optional, None) => Ok(None),
        (Use::Needed, None) => Err(lacks),
        (Use::Needed | Use::Optional, Some(value)) => Ok(Some(value)),
    };
    let lacks_target = if mode == Mode::Deploy { Wants::Field } else { Wants::Asset };
    let mut codes = Vec::new();
    match needed(plan.target, &fields.target, lacks_target)? {
        // A label that was scanned says itself what it is.
        Some(target) if target.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("BW:")) => {
            codes.extend([format!("BW:{}", mode.word()), target]);
        }
        Some(target) => codes.push(format!("BW:{}:{target}", mode.word())),
        None => codes.push(format!("BW:{}", mode.word())),
    }
    for (field, value) in [(plan.from, &fields.from), (plan.to, &fields.to)] {
        codes.extend(needed(field, value, Wants::Place)?.map(|place| place_code(&place)));
    }
    if mode == Mode::Receive && fields.to.trim().is_empty() {
        // As the form says, wherever the station's own parts lie.
        codes.push(place_code("dock"));
    }
    let named =
        [("REF", &fields.reference), ("REASON", &fields.reason), ("LOT", &fields.lot), ("SERIAL", &fields.serial)];
    for (word, value) in named {
        codes.extend(said(value).map(|value| format!("BW:{word}:{value}")));
    }
    codes.extend(said(&fields.qty).map(|qty| format!("BW:QTY:{qty}")));
    codes.push(said(&fields.item).ok_or(Wants::Part)?);
    Ok(codes)
}

/// The stations that a form can be booked at: the one that was named, or the only one, or the first.
pub(super) fn station_of(page: &Page, wanted: &str) -> Option<gateway_proto::name::DeviceName> {
    let named = page.stations.iter().find(|station| station.as_str() == wanted);
    named.or_else(|| page.stations.first()).cloned()
}

/// Where there are several stations, which of them.
pub(super) fn station_field(visit: &Visit, wanted: &str) -> Markup {
    let stations = &visit.page.stations;
    let options: Vec<(&str, &str)> = stations.iter().map(|station| (station.as_str(), station.as_str())).collect();
    html! {
        @if let [only] = &options[..] { input type="hidden" name="station" value=(only.0); }
        @else if !options.is_empty() { (part::choice("station", visit.tongue.text.work.station, &options, wanted)) }
    }
}

pub(super) async fn form(
    State(page): State<Arc<Page>>,
    Path(path): Path<String>,
    visit: Visit,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Response {
    let Some(mode) = mode_of(&path) else { return not_there(State(page), visit).await };
    let fields = fields.map(|Query(fields)| fields).unwrap_or_default();
    shown(&visit, mode, &fields, None, StatusCode::OK).await
}

async fn shown(visit: &Visit, mode: Mode, fields: &Fields, why: Option<&Why>, status: StatusCode) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let page = &visit.page;
    let sights = page.sights().await;
    let names = Names { tongue: &visit.tongue, register: &sights.register.1 };
    let plan = Plan::of(mode);
    let pane = format!("acts/{}", fields.done);
    let done = if fields.done.is_empty() { None } else { page.live.show(page, &pane, &visit.tongue).await };
    let shelf = match &plan.shelf {
        Some(place) => {
            let at = place.clone();
            page.floor.see(move |floor, _| floor.held_in(&at)).await.map(|held| (place, held))
        }
        None => None,
    };
    let targets = if plan.target == Use::None { Vec::new() } else { targets(page, mode, &names).await };
    let may = visit.may(right_of(mode));
    let body = html! {
        h2 { ((say.mode)(mode)) }
        p.quiet { ((text.about)(mode)) }
        (super::sign_in(visit))
        @if visit.who.is_some() && !may { (part::notice(Sign::Warn, visit.tongue.text.frame.not_allowed, &html! {})) }
        @if let Some(why) = why {
            (part::notice(Sign::Bad, text.not_booked, &html! { p #work-why { ((say.why)(why)) } }))
        }
        @if let Some(done) = &done {
            section aria-labelledby="done-title" { h3 #done-title role="status" { (text.booked) } (done.one("work-done")) }
        }
        @if page.stations.is_empty() { (part::empty(text.no_station)) }
        @if mode == Mode::Receive { (super::receive::deliveries(visit, names.register)) h3 { (text.free) } }
        @if let Some((place, held)) = &shelf { (on_shelf(visit, &names, mode, place, held)) }
        @if may { (fields_of(visit, mode, &plan, fields, &targets)) (lists(names.register)) }
    };
    let panes = [pane.as_str()];
    let version = done.as_ref().map(|done| done.version.clone()).unwrap_or_default();
    let title = (say.mode)(mode);
    let shell = if done.is_some() { Shell::new(title).follows(&panes, &version) } else { Shell::new(title) };
    visit.page_with(status, shell.scripts(&["station.js"]), &body)
}

fn fields_of(visit: &Visit, mode: Mode, plan: &Plan, fields: &Fields, targets: &[String]) -> Markup {
    let text = &visit.tongue.text.work;
    let field = |name, label, kind, value, hint, need: Use| {
        let field = Field::new(name, label, kind).value(value).hint(hint);
        if need == Use::Needed { field.render() } else { field.optional().render() }
    };
    let dock = if mode == Mode::Receive { text.dock_hint } else { text.place_hint };
    html! {
        form #work-form method="post" action=(format!("/work/{}", path_of(mode))) {
            (visit.act_field())
            (station_field(visit, &fields.station))
            @if plan.target != Use::None {
                (target_field(if mode == Mode::Deploy { text.van } else { text.asset }, &fields.target, targets))
            }
            @if plan.from != Use::None { (place_field("from", text.from, &fields.from, text.place_hint, plan.from)) }
            (listed("item", text.item, &fields.item, text.item_hint))
            (field("qty", text.quantity, Kind::Number, &fields.qty, text.quantity_hint, Use::Optional))
            @match (mode, plan.to) {
                (_, Use::None) => {}
                (Mode::Uninstall, _) => {
                    (part::choice("to", text.to, &[("bench", text.bench), ("quarantine", text.quarantine)], &fields.to))
                }
                (_, need) => (place_field("to", text.to, &fields.to, dock, need)),
            }
            (field("lot", text.lot, Kind::Code, &fields.lot, text.trace_hint, Use::Optional))
            (field("serial", text.serial, Kind::Code, &fields.serial, text.trace_hint, plan.serial))
            @if plan.reference != Use::None {
                (field("reference", if mode == Mode::Receive { text.order } else { text.reference }, Kind::Code, &fields.reference, "", plan.reference))
            }
            @if plan.reason != Use::None {
                @let label = if matches!(mode, Mode::TestPass | Mode::TestFail) { text.result } else { text.reason };
                (field("reason", label, Kind::Text, &fields.reason, "", plan.reason))
            }
            (part::button(Weight::Main, (text.book)(mode)))
        }
    }
}

/// A field with the list of bins to choose from.
fn place_field(name: &str, label: &str, value: &str, hint: &str, need: Use) -> Markup {
    let hint_id = format!("f-{name}-hint");
    html! {
        div.field {
            label for=(format!("f-{name}")) { (label) }
            input id=(format!("f-{name}")) name=(name) type="text" value=(value) list="bins" autocomplete="off" autocapitalize="off"
                spellcheck="false" required[need == Use::Needed] aria-describedby=(hint_id);
            p.hint id=(hint_id) { (hint) }
        }
    }
}

fn listed(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    let hint_id = format!("f-{name}-hint");
    html! {
        div.field {
            label for=(format!("f-{name}")) { (label) }
            input id=(format!("f-{name}")) name=(name) type="text" value=(value) list=(format!("{name}s")) autocomplete="off"
                autocapitalize="off" spellcheck="false" required aria-describedby=(hint_id);
            p.hint id=(hint_id) { (hint) }
        }
    }
}

fn target_field(label: &str, value: &str, targets: &[String]) -> Markup {
    html! {
        div.field {
            label for="f-target" { (label) }
            input #f-target name="target" type="text" value=(value) list="targets" autocomplete="off" autocapitalize="off"
                spellcheck="false" required;
        }
        datalist #targets { @for target in targets { option value=(target) {} } }
    }
}

/// Vans that parts went to before, or the machines on the list.
async fn targets(page: &Page, mode: Mode, names: &Names<'_>) -> Vec<String> {
    let known = page.floor.see(|floor, _| floor.known_places()).await.unwrap_or_default();
    let wanted = |place: &Place| match place {
        Place::Field(name) if mode == Mode::Deploy => Some(name.to_string()),
        Place::Asset(name) if mode != Mode::Deploy => Some(name.to_string()),
        Place::Field(_)
        | Place::Asset(_)
        | Place::Vendor
        | Place::Dock
        | Place::Bin(_)
        | Place::Bench
        | Place::Quarantine
        | Place::Used
        | Place::Scrap
        | Place::Variance => None,
    };
    let mut targets: Vec<String> = known.iter().filter_map(wanted).collect();
    if mode != Mode::Deploy {
        targets.extend(names.register.assets().map(|asset| asset.name.to_string()));
    }
    targets.sort();
    targets.dedup();
    targets
}

/// What lies where a mode takes from: chosen with one press.
fn on_shelf(visit: &Visit, names: &Names<'_>, mode: Mode, place: &Place, held: &[(ItemCode, i64)]) -> Markup {
    let text = &visit.tongue.text.work;
    let at = names.place(place);
    let to = |item: &ItemCode| names.register.bins().find(|bin| bin.item == *item).map(|bin| bin.name.to_string());
    html! {
        section aria-labelledby="shelf-title" {
            h3 #shelf-title { ((text.lies_there)(&at)) }
            @if held.is_empty() { (part::empty(&(text.nothing_there)(&at))) }
            @else {
                ul.lines {
                    @for (item, units) in held {
                        @let home = to(item).filter(|_| Plan::of(mode).to != Use::None).map(|bin| format!("&to={}", segment(&bin)));
                        li.choose {
                            span { strong { (names.amount(item, *units)) } " " (names.item(item)) }
                            a.button href=(format!("/work/{}?item={}&qty={units}{}", path_of(mode), segment(item.as_str()), home.unwrap_or_default()))
                                aria-label=((text.choose)(item.as_str())) { (visit.tongue.text.station.choose_button) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn book(
    State(page): State<Arc<Page>>,
    Path(path): Path<String>,
    acting: Acting,
    Form(fields): Form<Fields>,
) -> Response {
    let Some(mode) = mode_of(&path) else { return not_there(State(page), acting.visit).await };
    if let Err(refused) = acting.needs(right_of(mode)) {
        return refused;
    }
    let visit = &acting.visit;
    let Some(station) = station_of(&page, &fields.station) else {
        return shown(visit, mode, &fields, None, StatusCode::CONFLICT).await;
    };
    let codes = match codes(mode, &fields) {
        Ok(codes) => codes,
        Err(wants) => {
            return shown(visit, mode, &fields, Some(&Why::Unsaid(Box::new(wants))), StatusCode::UNPROCESSABLE_ENTITY)
                .await;
        }
    };
    let form = floor::Form { station: station.clone(), by: acting.who.badge.clone(), codes, receipts: Vec::new() };
    match page.floor.form(form, origin(&station, &fields.act)).await {
        Ok(came) => {
            let station = segment(station.as_str());
            Redirect::to(&format!("/work/{}?station={station}&done={}", path_of(mode), acts_in(&came))).into_response()
        }
        Err(why) => shown(visit, mode, &fields, Some(&why), status_of(&why)).await,
    }
}

/// The acts that a form came to, as they stand in an address.
pub(super) fn acts_in(came: &serde_json::Value) -> String {
    let acts = came["acts"].as_array().map(Vec::as_slice).unwrap_or_default();
    acts.iter().filter_map(serde_json::Value::as_u64).map(|act| act.to_string()).collect::<Vec<_>>().join(".")
}

/// Whether it may be tried again as it is.
pub(super) const fn status_of(why: &Why) -> StatusCode {
    match why {
        Why::Disk(_) => StatusCode::SERVICE_UNAVAILABLE,
        Why::Scan(_) | Why::Unsaid(_) | Why::Floor(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Why::Count(_) | Why::Calibration(_) | Why::Act(_) | Why::Facts(_) | Why::Ledger(_) => StatusCode::CONFLICT,
    }
}
