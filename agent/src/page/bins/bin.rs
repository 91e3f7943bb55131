//! One bin: what it holds and why that is believed, its last movements with their Undo, its calibration, its scale.
//!
//! Ids: `bin-now`, `bin-moves` (rows `move-FEED-SEQ`), `bin-undo-said`.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gateway_proto::{
    name::{FeedName, PlaceName},
    record::Seq,
};
use look::{
    Sign,
    part::{self, Weight},
    sign::sign,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::row;
use crate::{
    floor::{
        Command,
        moved::Moved,
        sight::{BinSight, CalibrationSight},
    },
    page::{
        Page,
        door::Right,
        live::{Ask, Fragment, Pane, Rendering},
        names::{Names, of_segment, segment},
        visit::{Acting, Shell, Visit},
    },
    status::problems::words::state as state_word,
};

/// One bin as it changes by itself.
pub(crate) const BIN: Pane = Pane { name: "bin", right: None, every: std::time::Duration::from_secs(2), render: pane };

fn pane(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, rest, tongue, .. } = ask;
    Box::pin(async move {
        let name: PlaceName = of_segment(rest)?.parse().ok()?;
        let sights = page.sights().await;
        let (_, sight) = sights.bins.get(&name)?;
        let at = name.clone();
        let (moves, calibration) =
            page.floor.see(move |floor, _| (floor.moves_at(&at), floor.calibration_sight(&at))).await?;
        let names = Names { tongue, register: &sights.register.1 };
        let status = page.status();
        let device = sight.scale.as_ref().and_then(|scale| status.devices.get(&scale.scale));
        Some(vec![
            Fragment::new(
                "bin-now",
                html! {
                    div #bin-now data-quiet {
                        (now(&names, sight))
                        (part::facts(&facts(&names, sight, calibration.as_ref(), device)))
                    }
                },
            ),
            Fragment::new("bin-moves", list(&names, sight, &moves)),
        ])
    })
}

/// The number, large, with what makes it doubtful.
fn now(names: &Names<'_>, sight: &BinSight) -> Markup {
    let text = &names.tongue.text.bins;
    html! {
        @match (&sight.item, sight.held, row::is_unknown(sight)) {
            (Some(item), Some(held), false) => {
                (part::figure(&names.tongue.format.whole(held), names.unit(item)))
                @if let Some(counted) = sight.scale.as_ref().and_then(|scale| scale.counted).filter(|counted| !counted.is_exact()) {
                    p { ((text.between)(&row::between(names, counted.low, counted.high))) }
                }
            }
            _ => p.instruction { (row::on_hand(names, sight)) }
        }
        @if let Some(state) = sight.state { p { (sign(row::sign_of(state), state_word(names.tongue.text.language, state))) } }
        @if let Some(scale) = &sight.scale {
            @if let Some(doubt) = &scale.doubt {
                p { (row::because(names, sight, doubt)) }
                @if let Some(since) = scale.unknown_since { p.quiet { (names.tongue.format.time(since.millis())) } }
            }
        }
    }
}

fn facts<'t>(
    names: &Names<'t>,
    sight: &BinSight,
    calibration: Option<&CalibrationSight>,
    device: Option<&crate::status::DeviceStatus>,
) -> Vec<(&'t str, Markup)> {
    let tongue = names.tongue;
    let text = &tongue.text.bins;
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    if let Some(item) = &sight.item {
        rows.push((text.item, names.item(item)));
    }
    rows.push((text.bounds, row::bounds(names, sight)));
    rows.push((
        text.counted_at,
        match sight.counted_at {
            Some(at) => tongue.format.time(at.millis()),
            None => html! { (text.never_counted) },
        },
    ));
    if let Some(scale) = &sight.scale {
        let problem = device.and_then(|device| device.problem.clone());
        rows.push((
            text.scale,
            html! {
                bdi { (scale.scale) } " " (row::health_sign(names, row::Health::of(device)))
                @if let Some(problem) = problem { p.quiet { (problem) } }
            },
        ));
    }
    if let Some(seen) = calibration {
        let tare = seen.tare.map(|tare| (text.tare)(&tongue.format.grams(tare.micrograms())));
        let piece = seen.piece.map(|piece| (text.piece)(&tongue.format.grams(piece.micrograms())));
        let said =
            format!("{}, {}", tare.as_deref().unwrap_or(text.no_tare), piece.as_deref().unwrap_or(text.no_piece));
        rows.push((text.calibration, html! { (said) }));
    }
    rows
}

fn list(names: &Names<'_>, sight: &BinSight, moves: &[Arc<Moved>]) -> Markup {
    let text = &names.tongue.text.bins;
    let is_back = |moved: &Moved| {
        moves.iter().any(|other| other.movement.corrects == Some(moved.seq) && other.feed == moved.feed)
    };
    html! {
        div #bin-moves data-quiet {
            @if moves.is_empty() { (part::empty(text.no_moves)) }
            @else { ol.lines.act-list { @for moved in moves { li { (line(names, sight, moved, is_back(moved))) } } } }
        }
    }
}

fn line(names: &Names<'_>, sight: &BinSight, moved: &Moved, is_back: bool) -> Markup {
    let (text, say) = (&names.tongue.text.bins, &names.tongue.text.say);
    let movement = &moved.movement;
    let what = row::change(names, sight, moved);
    let actor = movement.actor.as_ref().map(|badge| {
        names.register.operator(badge.as_str()).map_or_else(|| badge.to_string(), |operator| operator.name.to_string())
    });
    html! {
        div.act id=(format!("move-{}-{}", moved.feed, moved.seq.0)) {
            p { strong { (what) } @if Some(&movement.item) != sight.item.as_ref() { " " bdi { (movement.item) } } }
            p { (names.way(&movement.from, &movement.to)) @if let Some([low, high]) = movement.between { " " span.quiet { ((text.between)(&row::between(names, low, high))) } } }
            p.quiet {
                (names.tongue.format.time(movement.at.millis()))
                @if let Some(actor) = actor { " · " bdi { (actor) } }
                " · " bdi { (movement.by) }
                @if movement.weighed_by.is_some() { " · " (text.weighed) }
                @if let Some(reference) = &movement.reference { " · " bdi { (reference) } }
            }
            @if is_back { p { (sign(Sign::Note, text.undone)) } }
            @else if movement.corrects.is_none() {
                form.inline.signed-only.acts method="post" action=(format!("/bins/{}/undo", segment(sight.bin.as_str()))) {
                    input type="hidden" name="feed" value=(moved.feed);
                    input type="hidden" name="seq" value=(moved.seq.0);
                    button type="submit" class="button" aria-label=((say.undo_what)(&what)) { (say.undo) }
                }
            }
        }
    }
}

pub(super) async fn bin(State(page): State<Arc<Page>>, Path(name): Path<String>, visit: Visit) -> Response {
    let text = &visit.tongue.text.bins;
    let pane = format!("bin/{}", segment(&name));
    let Some(shown) = page.live.show(&page, &pane, &visit.tongue).await else {
        return crate::page::visit::not_there(State(page), visit).await;
    };
    let sights = page.sights().await;
    let sight = sights.bins.get(name.as_str()).map(|(_, sight)| sight.clone());
    let item = sight.as_ref().and_then(|sight| sight.item.clone());
    let has_scale = sight.as_ref().is_some_and(|sight| sight.scale.is_some());
    let here = segment(&name);
    let body = html! {
        h2 { bdi { (name) } }
        (shown.one("bin-now"))
        div.buttons.acts {
            (part::link(Weight::Main, &format!("/work/count?bin={here}"), text.count))
            @if has_scale { (part::link(Weight::Plain, &format!("/work/calibrate/{here}"), text.calibrate)) }
            (part::link(Weight::Plain, &format!("/bins/{here}/label.pdf"), text.label))
        }
        section.acts aria-labelledby="works-title" {
            h2 #works-title { (text.works) }
            div.buttons { (crate::page::work::links(&visit, &name, item.as_ref())) }
        }
        section aria-labelledby="moves-title" { h2 #moves-title { (text.moves) } (shown.one("bin-moves")) }
        p { (part::link(Weight::Plain, "/bins", text.back)) }
    };
    let panes = [pane.as_str()];
    visit.page(Shell::new(&name).follows(&panes, &shown.version).kept(), &body)
}

/// Which movement is taken back.
#[derive(Debug, Deserialize)]
pub(super) struct UndoForm {
    feed: FeedName,
    seq: u64,
}

pub(super) async fn undo(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    Form(form): Form<UndoForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Use) {
        return refused;
    }
    let here = format!("/bins/{}", segment(&name));
    let command = Command::Undo { feed: form.feed, seq: Seq(form.seq), by: Some(acting.who.badge.clone()) };
    match page.floor.ask(command).await {
        Ok(_) => Redirect::to(&here).into_response(),
        Err(why) => {
            let text = acting.visit.tongue.text;
            let body = part::notice(
                Sign::Warn,
                text.bins.undo_failed,
                &html! {
                    p { ((text.say.why)(&why)) }
                    div.buttons {
                        (part::link(Weight::Main, &here, &name))
                        (part::link(Weight::Plain, &format!("/work/count?bin={}", segment(&name)), text.bins.count))
                    }
                },
            );
            acting.visit.page_with(StatusCode::CONFLICT, Shell::new(text.bins.undo_failed), &body)
        }
    }
}
