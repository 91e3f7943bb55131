//! Tare and piece weight of a bin on a scale, with what the scale shows now.
//!
//! Ids: `scales`; on a bin's page `cal-live` (`data-rest`), `cal-state` (`data-step`), forms `start-form`, `tare-form`,
//! `tare-grams-form`, `container-form`, `sample-form` (`f-pieces`), `take-form`, `piece-form`, `check-form` (`f-holds`), `done-form`.

use std::{sync::Arc, time::Duration};

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gateway_proto::name::PlaceName;
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
    sign::sign,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::act::status_of;
use crate::{
    device::Mass,
    floor::{CalibrationStep, Command, refusal::Refusal, sight::CalibrationSight, why::Why},
    movement::calibration::{PartKind, Step},
    page::{
        Page,
        door::Right,
        live::{Ask, Fragment, Pane, Rendering},
        names::{Names, of_segment, segment},
        visit::{Acting, Shell, Visit, not_there},
    },
    register::rule::Misread,
};

/// What the scale shows, often enough to see it move.
pub(crate) const CALIBRATION: Pane =
    Pane { name: "calibration", right: None, every: Duration::from_millis(250), render: pane };

const KINDS: [(PartKind, &str); 3] =
    [(PartKind::Machined, "machined"), (PartKind::Precision, "precision"), (PartKind::Moulded, "moulded")];

fn pane(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, rest, tongue, .. } = ask;
    Box::pin(async move {
        let name: PlaceName = of_segment(rest)?.parse().ok()?;
        let seen = page.floor.see(move |floor, _| floor.calibration_sight(&name)).await??;
        let sights = page.sights().await;
        let names = Names { tongue, register: &sights.register.1 };
        Some(vec![Fragment::new("cal-live", live(&names, &seen)), Fragment::new("cal-state", state(&names, &seen))])
    })
}

/// What the scale shows now, and whether it rests.
fn live(names: &Names<'_>, seen: &CalibrationSight) -> Markup {
    let text = &names.tongue.text.work;
    let rest = seen.rest.is_some();
    let word = if rest { "yes" } else { "no" };
    html! {
        div #cal-live .next data-quiet data-rest=(word) {
            p.quiet { (text.shows) }
            @match seen.shows {
                None => p { (sign(Sign::Bad, text.silent)) },
                Some(mass) => {
                    (part::figure(&grams(names, mass), ""))
                    p { @if rest { (sign(Sign::Good, text.at_rest)) } @else { (sign(Sign::Note, text.moving)) } }
                }
            }
        }
    }
}

fn grams(names: &Names<'_>, mass: Mass) -> String {
    names.tongue.format.grams(mass.micrograms())
}

/// Where the calibration stands, and what the last statement came to.
fn state(names: &Names<'_>, seen: &CalibrationSight) -> Markup {
    let (text, bins) = (&names.tongue.text.work, &names.tongue.text.bins);
    let write = |micrograms: i64| names.tongue.format.grams(micrograms);
    let step = seen.step.unwrap_or_else(|| next_step(seen));
    let tare = seen.tare.map(|tare| grams(names, tare));
    let piece = seen.piece.map(|piece| grams(names, piece));
    html! {
        div #cal-state data-quiet data-step=(step_word(step)) data-out[seen.is_out] {
            @if seen.is_out { p { (sign(Sign::Warn, text.is_out)) } }
            @if let Some(last) = &seen.last {
                p #cal-came role="status" { ((text.outcome)(last, &write)) }
                @for note in last.notes() { p { (sign(Sign::Note, &(text.note)(note, &write))) } }
            }
            p { strong { ((text.step)(step)) } ": " ((text.asks)(step)) }
            (part::facts(&[
                (text.tare, html! { @match &tare { Some(tare) => (tare), None => (bins.no_tare) } }),
                (text.sample, html! { @match &piece { Some(piece) => (piece), None => (bins.no_piece) } }),
            ]))
            @if let Some(sampled) = seen.sampled { p { ((text.sampled)(&names.tongue.format.whole(i64::from(sampled)))) } }
            @if let Some(offer) = &seen.offer {
                p #cal-offer { ((text.take_offer)(&grams(names, offer.mean), &names.tongue.format.whole(i64::from(offer.sample_size)))) }
            }
        }
    }
}

const fn next_step(seen: &CalibrationSight) -> Step {
    match (seen.tare, seen.piece) {
        (None, _) => Step::Tare,
        (Some(_), None) => Step::Sample,
        (Some(_), Some(_)) => Step::Check,
    }
}

const fn step_word(step: Step) -> &'static str {
    match step {
        Step::Tare => "tare",
        Step::Sample => "sample",
        Step::Check => "check",
    }
}

pub(super) async fn index(State(page): State<Arc<Page>>, visit: Visit) -> Response {
    let text = &visit.tongue.text.work;
    let sights = page.sights().await;
    let names = Names { tongue: &visit.tongue, register: &sights.register.1 };
    let weighed: Vec<_> = sights.bins.values().filter(|(_, sight)| sight.scale.is_some()).collect();
    let body = html! {
        h2 { (text.calibrate) }
        (super::sign_in(&visit))
        @if weighed.is_empty() { (part::empty(text.no_scales)) }
        @else {
            ul #scales .lines {
                @for (_, sight) in &weighed {
                    li.choose {
                        span { bdi { (sight.bin) } @if let Some(item) = &sight.item { " · " (names.item(item)) } }
                        a.button href=(format!("/work/calibrate/{}", segment(sight.bin.as_str())))
                            aria-label=(format!("{} {}", text.calibrate, sight.bin)) { (text.calibrate) }
                    }
                }
            }
        }
    };
    visit.page(Shell::new(text.calibrate), &body)
}

pub(super) async fn bin(State(page): State<Arc<Page>>, Path(name): Path<String>, visit: Visit) -> Response {
    if name.parse::<PlaceName>().is_err() {
        return not_there(State(page), visit).await;
    }
    shown(&visit, &name, None, StatusCode::OK).await
}

async fn shown(visit: &Visit, name: &str, why: Option<&Why>, status: StatusCode) -> Response {
    let (text, say) = (&visit.tongue.text.work, &visit.tongue.text.say);
    let page = &visit.page;
    let pane = format!("calibration/{}", segment(name));
    let Some(live) = page.live.show(page, &pane, &visit.tongue).await else {
        return not_there(State(page.clone()), visit.clone()).await;
    };
    let at = name.parse::<PlaceName>().ok();
    let seen = match at {
        Some(at) => page
            .floor
            .see(move |floor, _| floor.calibration_sight(&at).map(|seen| (seen, floor.container_names())))
            .await
            .flatten(),
        None => None,
    };
    let body = html! {
        h2 { (text.calibrate) ": " bdi { (name) } }
        (super::sign_in(visit))
        @if let Some(why) = why { (part::notice(Sign::Bad, text.not_taken, &html! { p #work-why { ((say.why)(why)) } })) }
        (live.one("cal-live"))
        (live.one("cal-state"))
        @if let (Some((seen, containers)), true) = (&seen, visit.may(Right::Use)) { (forms(visit, name, seen, containers)) }
        p { (part::link(Weight::Plain, &format!("/bins/{}", segment(name)), name)) }
    };
    let panes = [pane.as_str()];
    visit.page_with(status, Shell::new(text.calibrate).follows(&panes, &live.version), &body)
}

/// What can be said, the present step's first.
fn forms(visit: &Visit, name: &str, seen: &CalibrationSight, containers: &[String]) -> Markup {
    let text = &visit.tongue.text.work;
    let action = format!("/work/calibrate/{}", segment(name));
    let step = seen.step.unwrap_or_else(|| next_step(seen));
    let main = |wanted: Step| if wanted == step { Weight::Main } else { Weight::Plain };
    let tare = html! {
        section aria-labelledby="tare-title" {
            h3 #tare-title { (text.tare) }
            form #tare-form method="post" action=(action) {
                (visit.act_field())
                (part::tick("empty", text.really_empty, false))
                (part::button_of(main(Step::Tare), "say", "tare", text.weigh_empty))
            }
            details {
                summary { (text.tare_grams) }
                form #tare-grams-form method="post" action=(action) {
                    (visit.act_field())
                    (Field::new("grams", text.tare_grams, Kind::Decimal).render_as("f-tare-grams"))
                    (part::button_of(Weight::Plain, "say", "given-tare", text.tare_given))
                }
                @if !containers.is_empty() {
                    @let options: Vec<(&str, &str)> = containers.iter().map(|name| (name.as_str(), name.as_str())).collect();
                    form #container-form method="post" action=(action) {
                        (visit.act_field())
                        (part::choice("container", text.container, &options, ""))
                        (part::button_of(Weight::Plain, "say", "container", text.container_take))
                    }
                }
            }
        }
    };
    let sample = html! {
        section aria-labelledby="sample-title" {
            h3 #sample-title { (text.sample) }
            form #sample-form method="post" action=(action) {
                (visit.act_field())
                (Field::new("pieces", text.pieces, Kind::Number).optional().render())
                div.buttons {
                    (part::button_of(Weight::Plain, "say", "begin", text.sample_begin))
                    (part::button_of(main(Step::Sample), "say", "put-in", text.put_in))
                    (part::button_of(Weight::Plain, "say", "took-out", text.took_out))
                }
            }
            form #take-form method="post" action=(action) {
                (visit.act_field())
                (part::button_of(Weight::Plain, "say", "take", text.take))
            }
            details {
                summary { (text.piece_grams) }
                form #piece-form method="post" action=(action) {
                    (visit.act_field())
                    (Field::new("grams", text.piece_grams, Kind::Decimal).render_as("f-piece-grams"))
                    (part::button_of(Weight::Plain, "say", "given-piece", text.piece_given))
                }
                form method="post" action=(action) {
                    (visit.act_field())
                    @let options: Vec<(&str, &str)> = KINDS.iter().map(|(kind, word)| (*word, (text.kind_of)(*kind))).collect();
                    (part::choice("kind", text.kind, &options, ""))
                    (part::button_of(Weight::Plain, "say", "kind", text.kind_set))
                }
            }
        }
    };
    let check = html! {
        section aria-labelledby="check-title" {
            h3 #check-title { (text.check) }
            form #check-form method="post" action=(action) {
                (visit.act_field())
                (Field::new("pieces", text.pieces, Kind::Number).render_as("f-holds"))
                (part::button_of(main(Step::Check), "say", "holds", text.holds))
            }
        }
    };
    html! {
        @if seen.is_out {
            form #done-form method="post" action=(action) {
                (visit.act_field())
                (part::button_of(Weight::Main, "say", "done", text.done))
            }
        } @else {
            form #start-form method="post" action=(action) {
                (visit.act_field())
                (part::button_of(Weight::Plain, "say", "start", text.start))
                p.quiet { (text.start_hint) }
            }
        }
        @match step {
            Step::Tare => { (tare) (sample) (check) }
            Step::Sample => { (sample) (tare) (check) }
            Step::Check => { (check) (sample) (tare) }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SayForm {
    act: String,
    say: String,
    pieces: String,
    grams: String,
    container: String,
    kind: String,
    empty: String,
}

impl SayForm {
    fn step(&self) -> Result<CalibrationStep, Why> {
        let pieces = || {
            let refusal = || Why::Scan(Box::new(crate::movement::session::Refusal::Quantity(self.pieces.clone())));
            self.pieces.trim().parse::<u32>().map_err(|_| refusal())
        };
        // Germans write a comma.
        let grams = self.grams.trim().replace(',', ".");
        Ok(match self.say.as_str() {
            "start" => CalibrationStep::Start,
            "done" => CalibrationStep::Done,
            "tare" => CalibrationStep::Tare { empty: !self.empty.is_empty() },
            "given-tare" => CalibrationStep::GivenTare { grams },
            "container" => CalibrationStep::Container { container: self.container.parse().map_err(Misread::Name)? },
            "begin" => CalibrationStep::Begin,
            "put-in" => CalibrationStep::PutIn { pieces: pieces()? },
            "took-out" => CalibrationStep::TookOut { pieces: pieces()? },
            "holds" => CalibrationStep::Holds { pieces: pieces()? },
            "given-piece" => CalibrationStep::GivenPiece { grams },
            "take" => CalibrationStep::Take,
            "kind" => {
                let kind = KINDS.iter().find(|(_, word)| *word == self.kind).map(|(kind, _)| *kind);
                CalibrationStep::Look { kind }
            }
            _ => return Err(Refusal::NothingSaid.into()),
        })
    }
}

pub(super) async fn say(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    Form(form): Form<SayForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Use) {
        return refused;
    }
    let Ok(bin) = name.parse::<PlaceName>() else { return StatusCode::NOT_FOUND.into_response() };
    let came = match form.step() {
        Ok(step) => {
            let command = Command::Calibrate { bin, by: acting.who.badge.clone(), step };
            page.once.ask(&page.floor, &form.act, command).await
        }
        Err(why) => Err(why),
    };
    match came {
        Ok(_) => Redirect::to(&format!("/work/calibrate/{}", segment(&name))).into_response(),
        Err(why) => shown(&acting.visit, &name, Some(&why), status_of(&why)).await,
    }
}
