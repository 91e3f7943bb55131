//! A station's page: what the session expects next, what came of the last scan, the last acts with their Undo, and ways to
//! scan without a scanner.
//!
//! All pages of one station show the same: the session is the floor's, and what is shown of it is committed. What is sent
//! from here goes the way of a scanner's scan, under the badge of who is signed in.
//!
//! Ids, for scripts and tests: `station-who`, `station-next` (`data-phase`, `data-count`), `station-answer` (`data-answer` the
//! number of the newest scan, `data-sign`, `data-verdict`), `station-acts` with `act-N` (`data-fate`), `station-scanner`; forms `scan-form` (field `scan-field`),
//! `command-form` (buttons named `code`), `quantity-form` (`f-qty`), `choose-form` (`f-bin`, `f-item`), `badge-form`; `undo-N`
//! in each act, `undo-last` in the answer; for the script `camera`, `camera-start`, `camera-stop`, `camera-view`, `camera-said`, `sound`, `vibration`,
//! `unsent`, `scans-waiting`.

mod answer;
mod form;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use gateway_proto::name::DeviceName;
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
    sign::sign,
};
use maud::{Markup, html};

pub(crate) use self::{answer::act_lines, form::origin};
use super::{
    Page,
    door::Right,
    live::{Ask, Fragment, Pane, Rendering},
    names::{Names, of_segment, segment},
    visit::{Mode as Device, Shell, Tongue, Visit},
};
use crate::{
    floor::sight::StationSight,
    movement::session::{Mode, Phase, sight::Sight},
    register::{Register, fact::Kind as Fact},
};

/// Bins and items that can be chosen from a list. Beyond it a list is longer to search than a code is to type.
const CHOICES_MAX: usize = 500;

/// A station as it changes by itself.
pub(super) const STATION: Pane = Pane { name: "station", right: None, every: Pane::SECOND, render: station_pane };

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route("/station/{name}", get(station))
        .route("/station/{name}/scan", post(form::scan))
        .route("/station/{name}/undo", post(form::undo))
}

fn station_pane(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, rest, tongue, .. } = ask;
    Box::pin(async move {
        let name: DeviceName = of_segment(rest)?.parse().ok()?;
        fragments(page, &name, tongue).await
    })
}

/// What changes on a station's page; `None` where there is no such station.
async fn fragments(page: &Page, name: &DeviceName, tongue: &Tongue) -> Option<Vec<Fragment>> {
    let sights = page.sights().await;
    let (_, sight) = sights.stations.get(name)?;
    let names = Names { tongue, register: &sights.register.1 };
    Some(vec![
        Fragment::new("station-who", who(&names, sight)),
        Fragment::new("station-next", next(&names, &sight.session)),
        Fragment::new("station-answer", answer::answer(&names, sight)),
        Fragment::new("station-acts", answer::acts(&names, sight)),
        Fragment::new("station-scanner", scanner(page, name, tongue)),
    ])
}

async fn station(State(page): State<Arc<Page>>, Path(name): Path<String>, visit: Visit) -> Response {
    let text = &visit.tongue.text.station;
    let pane = format!("station/{}", segment(&name));
    let shown = match name.parse::<DeviceName>() {
        Ok(_) => page.live.show(&page, &pane, &visit.tongue).await,
        Err(_) => None,
    };
    let Some(shown) = shown else { return super::visit::not_there(State(page), visit).await };
    let sights = page.sights().await;
    let sight =
        name.parse::<DeviceName>().ok().and_then(|name| sights.stations.get(&name).map(|(_, sight)| sight.clone()));
    let may = visit.may(Right::Use);
    let body = html! {
        h2 { (name) }
        div.station {
            div.station-now {
                (shown.one("station-who"))
                (shown.one("station-next"))
                // What is read out is what changes inside.
                div #station-said role="status" aria-live="polite" { (shown.one("station-answer")) }
                (shown.one("station-scanner"))
            }
            div.station-do data-station=(segment(&name)) {
                @if let Some(other) = sight.as_ref().and_then(|sight| somebody_else(&visit, &sight.session)) {
                    (part::notice(Sign::Note, &(text.somebody_else)(&other), &html! {}))
                }
                @if may { (inputs(&visit, &segment(&name), &sights.register.1)) } @else { (way_in(&visit)) }
            }
        }
        section aria-labelledby="acts-title" {
            h2 #acts-title { (text.acts) }
            (shown.one("station-acts"))
            p.quiet { (text.too_late) }
        }
    };
    let panes = [pane.as_str()];
    let shell = Shell::new(&name).follows(&panes, &shown.version).scripts(&["station.js"]);
    visit.page(shell, &body).into_response()
}

/// Who works at the station, where that is not who looks and something is begun.
fn somebody_else(visit: &Visit, session: &Sight) -> Option<String> {
    let (badge, name) = session.operator.as_ref()?;
    let me = visit.who.as_ref()?;
    (me.badge != *badge).then(|| name.as_ref().unwrap_or(badge).to_string())
}

/// Who is signed in at the station, and what a scan does now.
fn who(names: &Names<'_>, sight: &StationSight) -> Markup {
    let (text, say) = (&names.tongue.text.station, &names.tongue.text.say);
    let session = &sight.session;
    let somebody = session.operator.as_ref().map(|(badge, name)| name.as_ref().unwrap_or(badge).to_string());
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    rows.push((text.here, html! { bdi { (somebody.as_deref().unwrap_or(text.nobody)) } }));
    if let Some(task) = &session.task {
        rows.push((text.doing, html! { strong { ((say.task)(task)) } }));
    }
    if let Some((from, to)) = &session.way {
        rows.push((text.way, html! { (names.way(from, to)) }));
    } else if let Some(place) = &session.place {
        rows.push((text.place, html! { (names.place(place)) }));
    }
    if let Some(quantity) = session.quantity {
        let quantity = names.tongue.format.whole(i64::try_from(quantity).unwrap_or(i64::MAX));
        rows.push((text.quantity, html! { (quantity) }));
    }
    let kept = [
        (text.lot, &session.lot),
        (text.serial, &session.serial),
        (text.reason, &session.reason),
        (text.reference, &session.reference),
    ];
    for (name, value) in kept {
        if let Some(value) = value {
            rows.push((name, html! { bdi { (value) } }));
        }
    }
    html! { div #station-who data-quiet { (part::facts(&rows)) } }
}

/// What comes next, large, with a mark of its own for each kind of scan.
fn next(names: &Names<'_>, session: &Sight) -> Markup {
    let (text, say) = (&names.tongue.text.station, &names.tongue.text.say);
    let phase = phase_word(session.phase);
    let instruction = match (&session.count, &session.held, &session.wants) {
        (Some(count), None, _) => {
            let units = count.last.as_ref().map(|(item, units)| names.units(item, *units)).unwrap_or_default();
            (text.counting)(count, &units, &names.place(&count.place))
        }
        (_, _, Some(wants)) => (say.wants)(wants),
        (_, _, None) => text.ready.to_owned(),
    };
    let held = session.held.as_ref().map(|(item, _)| (text.held)(item.as_str()));
    let extends = session.held.is_none() && session.open.as_ref().is_some_and(|open| open.extends);
    html! {
        div #station-next .next data-phase=(phase) data-count[session.count.is_some()] data-quiet {
            p.quiet { (text.next) }
            @if let Some(held) = held { p { strong { (held) } } }
            p.instruction data-mark=(phase) { (instruction) }
            @if extends { p { (text.again) } }
        }
    }
}

/// The phase as a word for marks and tests.
const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::NeedsBadge => "badge",
        Phase::NeedsMode => "mode",
        Phase::NeedsPlace => "place",
        Phase::NeedsTarget => "target",
        Phase::NeedsPart => "part",
        Phase::NeedsLot => "lot",
        Phase::NeedsSerial => "serial",
        Phase::Booked => "booked",
        Phase::Counting => "counting",
        Phase::Counted => "counted",
    }
}

/// Scanners of the station that are not there.
fn scanner(page: &Page, station: &DeviceName, tongue: &Tongue) -> Markup {
    let status = page.status();
    let gone = page.scanners.iter().filter(|(_, at)| at == station).filter_map(|(device, _)| {
        let known = status.devices.get(device)?;
        (!known.connected).then_some(device)
    });
    html! {
        div #station-scanner data-quiet {
            @for device in gone { p { (sign(Sign::Warn, &(tongue.text.station.scanner_gone)(device.as_str()))) } }
        }
    }
}

/// How somebody who is not signed in gets to book: by the badge, here and now.
fn way_in(visit: &Visit) -> Markup {
    let text = &visit.tongue.text.station;
    html! {
        @if visit.mode == Device::Kiosk {
            p { (sign(Sign::Note, text.only_looking)) }
        } @else if visit.who.is_none() {
            section aria-labelledby="badge-title" {
                h2 #badge-title { (text.sign_in_first) }
                form #badge-form method="post" action="/door" data-plain {
                    input type="hidden" name="next" value=(visit.here);
                    (Field::new("badge", visit.tongue.text.door.badge, Kind::Code).hint(text.sign_in_hint).render_as("scan-field"))
                    (part::button(Weight::Main, visit.tongue.text.door.enter))
                }
            }
        }
    }
}

/// The ways to scan without the station's scanner.
fn inputs(visit: &Visit, station: &str, register: &Register) -> Markup {
    let text = &visit.tongue.text.station;
    let action = format!("/station/{station}/scan");
    html! {
        form #scan-form .scan method="post" action=(action) data-plain {
            (visit.act_field())
            (Field::new("code", text.scan, Kind::Code).hint(text.scan_hint).render_as("scan-field"))
            div.buttons {
                (part::button(Weight::Main, text.send))
                button #camera-start .button type="button" hidden { (text.camera) }
            }
            p #scans-waiting role="status" data-word=(text.waiting) {}
            p #unsent .problem role="alert" data-word=(text.unsent) {}
        }
        div #camera data-none=(text.camera_none) data-denied=(text.camera_denied) data-hint=(text.camera_hint) {
            p #camera-said .quiet role="status" {}
            video #camera-view hidden muted playsinline aria-label=(text.camera_hint) {}
            button #camera-stop .button type="button" hidden { (text.camera_stop) }
        }
        (commands(visit, &action))
        (quantities(visit, &action))
        (choices(visit, &action, register))
        // Kept by the browser, so only with its script.
        fieldset #feedback hidden {
            legend { (text.feedback) }
            label.tick { input #sound type="checkbox"; span { (text.sound) } }
            label.tick { input #vibration type="checkbox" data-none=(text.vibration_none); span { (text.vibration) } }
        }
    }
}

/// The command labels as buttons.
fn commands(visit: &Visit, action: &str) -> Markup {
    let (text, say) = (&visit.tongue.text.station, &visit.tongue.text.say);
    html! {
        form #command-form method="post" action=(action) aria-labelledby="commands-title" {
            h2 #commands-title { (text.commands) }
            (visit.act_field())
            div.buttons {
                @for mode in Mode::ALL { (part::button_of(Weight::Plain, "code", &format!("BW:{}", mode.word()), (say.mode)(mode))) }
            }
            div.buttons {
                (part::button_of(Weight::Plain, "code", "BW:ADD", text.one_more))
                (part::button_of(Weight::Plain, "code", "BW:EMPTY", text.empty))
                (part::button_of(Weight::Main, "code", "BW:DONE", text.done))
                (part::button_of(Weight::Plain, "code", "BW:UNDO", say.undo))
                (part::button_of(Weight::Danger, "code", "BW:CANCEL", text.cancel))
            }
        }
    }
}

fn quantities(visit: &Visit, action: &str) -> Markup {
    let text = &visit.tongue.text.station;
    html! {
        form #quantity-form method="post" action=(action) aria-labelledby="quantity-title" {
            h2 #quantity-title { (text.numbers) }
            (visit.act_field())
            div.buttons {
                @for number in [1, 2, 5, 10, 20, 50] {
                    (part::button_of(Weight::Plain, "code", &format!("BW:QTY:{number}"), &number.to_string()))
                }
            }
            div.row {
                (Field::new("qty", text.quantity, Kind::Number).optional().render())
                (part::button(Weight::Plain, text.send))
            }
        }
    }
}

/// Bins and items by name, where the lists are short enough to choose from.
fn choices(visit: &Visit, action: &str, register: &Register) -> Markup {
    let text = &visit.tongue.text.station;
    let (bins, items) = (register.len(Fact::Bin), register.len(Fact::Item));
    html! {
        form #choose-form method="post" action=(action) aria-labelledby="choose-title" {
            h2 #choose-title { (text.choose) }
            (visit.act_field())
            (chosen("bin", text.choose_bin, bins <= CHOICES_MAX))
            (chosen("item", text.choose_item, items <= CHOICES_MAX))
            (part::button(Weight::Plain, text.choose_button))
        }
        (lists(register))
    }
}

/// A field with a list to choose from, where there is one.
pub(super) fn chosen(name: &str, label: &str, has_list: bool) -> Markup {
    html! {
        div.field {
            label for=(format!("f-{name}")) { (label) }
            input id=(format!("f-{name}")) name=(name) type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                list=[has_list.then(|| format!("{name}s"))] data-once;
        }
    }
}

/// What there is to choose from: the datalists `bins` and `items`.
pub(super) fn lists(register: &Register) -> Markup {
    html! {
        @if register.len(Fact::Bin) <= CHOICES_MAX {
            datalist #bins { @for bin in register.bins() { option value=(bin.name) { (bin.item) } } }
        }
        @if register.len(Fact::Item) <= CHOICES_MAX {
            datalist #items {
                @for item in register.items() {
                    option value=(item.code) { @if let Some(description) = &item.description { (description) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
