//! One bin in the list: what it holds, how sure, how it stands, what moved last, how its scale is.

use gateway_proto::movement::Act;
use look::{
    Sign,
    part::{self, Column},
    sign::sign,
};
use maud::{Markup, html};

use crate::{
    floor::{
        facts::LevelDoubt,
        moved::Moved,
        sight::{BinSight, ScaleSight},
    },
    movement::rules::State,
    page::{
        names::{Names, element_id, segment},
        visit::Tongue,
    },
    status::{
        DeviceStatus,
        problems::words::{doubt, state as state_word},
    },
};

pub(super) fn columns(tongue: &Tongue) -> [Column<'static>; 6] {
    let text = &tongue.text.bins;
    [
        Column::text(text.bin),
        Column::number(text.on_hand),
        Column::text(text.state),
        Column::number(text.bounds),
        Column::text(text.last),
        Column::text(text.scale),
    ]
}

pub(super) fn row(names: &Names<'_>, columns: &[Column<'_>], sight: &BinSight, health: Health) -> Markup {
    let text = &names.tongue.text.bins;
    let head = html! {
        a href=(format!("/bins/{}", segment(sight.bin.as_str()))) { bdi { (sight.bin) } }
        @match &sight.item { Some(item) => { " " (names.item(item)) } None => { " " span.quiet { (text.no_item) } } }
    };
    let cells = vec![
        on_hand(names, sight),
        state(names, sight),
        bounds(names, sight),
        last(names, sight),
        scale(names, sight, health),
    ];
    part::row(columns, &part::Row { id: Some(element_id("bin", sight.bin.as_str())), head, cells })
}

/// Whether the level of a weighed bin is known.
pub(super) fn is_unknown(sight: &BinSight) -> bool {
    sight.scale.as_ref().is_some_and(|scale| scale.counted.is_none())
}

/// The number, or that nobody knows it; never a zero for an unknown.
pub(super) fn on_hand(names: &Names<'_>, sight: &BinSight) -> Markup {
    let text = &names.tongue.text.bins;
    let Some(item) = &sight.item else { return html! { (sign(Sign::Unknown, text.unknown)) } };
    let books = sight.held.map(|held| names.amount(item, held));
    if is_unknown(sight) {
        return html! {
            span data-sure="no" { (sign(Sign::Unknown, text.unknown)) }
            @if let Some(books) = &books { " " span.quiet { ((text.in_books)(books)) } }
        };
    }
    let counted = sight.scale.as_ref().and_then(|scale| scale.counted);
    let interval = counted.filter(|counted| !counted.is_exact());
    let sure = if interval.is_some() { "about" } else { "yes" };
    html! {
        span data-sure=(sure) {
            @match &books { Some(books) => { strong { (books) } } None => { (text.never) } }
        }
        @if let Some(counted) = interval {
            " " span.quiet { ((text.between)(&between(names, counted.low, counted.high))) }
        }
    }
}

pub(super) fn between(names: &Names<'_>, low: u64, high: u64) -> String {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    names.tongue.format.between(whole(low), whole(high))
}

/// How it stands against its bounds, and what is wrong with its level.
fn state(names: &Names<'_>, sight: &BinSight) -> Markup {
    let language = names.tongue.text.language;
    html! {
        @if let Some(state) = sight.state { (sign(sign_of(state), state_word(language, state))) }
        @if let Some(scale) = &sight.scale {
            @if let Some(doubt) = &scale.doubt { p.quiet { (because(names, sight, doubt)) } }
        }
    }
}

/// `because …. To do: ….`
pub(super) fn because(names: &Names<'_>, sight: &BinSight, why: &LevelDoubt) -> String {
    let (why, todo) = doubt(names.tongue.text.language, why, sight.bin.as_str());
    (names.tongue.text.bins.because)(why.trim_end_matches('.'), todo.trim_end_matches('.'))
}

pub(super) const fn sign_of(state: State) -> Sign {
    match state {
        State::Unknown => Sign::Unknown,
        State::Negative | State::Out => Sign::Bad,
        State::Low | State::Perhaps => Sign::Warn,
        State::Over => Sign::Note,
        State::Fine => Sign::Good,
    }
}

pub(super) fn bounds(names: &Names<'_>, sight: &BinSight) -> Markup {
    let text = &names.tongue.text.bins;
    let number = |number: u64| names.tongue.format.whole(i64::try_from(number).unwrap_or(i64::MAX));
    let said: Vec<String> = sight
        .min
        .map(|min| (text.min)(&number(min)))
        .into_iter()
        .chain(sight.max.map(|max| (text.max)(&number(max))))
        .collect();
    html! { @if said.is_empty() { span.quiet { (text.no_bounds) } } @else { (said.join(", ")) } }
}

fn last(names: &Names<'_>, sight: &BinSight) -> Markup {
    match &sight.last {
        Some(moved) => {
            html! { span { (change(names, sight, moved)) " " (names.tongue.format.time(moved.movement.at.millis())) } }
        }
        None => html! { span.quiet { (names.tongue.text.bins.not_moved) } },
    }
}

/// `−3 used`
pub(super) fn change(names: &Names<'_>, sight: &BinSight, moved: &Moved) -> String {
    let movement = &moved.movement;
    let units = movement.qty.signed();
    let here = movement.to.bin() == Some(&sight.bin);
    let units = names.tongue.format.signed(if here { units } else { -units });
    let say = &names.tongue.text.say;
    let by_scale = sight.scale.as_ref().is_some_and(|scale| scale.scale == movement.by);
    let act = match movement.act() {
        Ok(Act::Adjust) if by_scale => say.by_scale,
        act => act.map(say.act).unwrap_or_default(),
    };
    format!("{units} {act}")
}

fn scale(names: &Names<'_>, sight: &BinSight, health: Health) -> Markup {
    let text = &names.tongue.text.bins;
    match &sight.scale {
        None => html! { span.quiet { (text.no_scale) } },
        Some(ScaleSight { waiting, .. }) => html! {
            (health_sign(names, health))
            @if *waiting > 0 {
                p.quiet { ((text.weighing)(&names.tongue.format.whole(i64::try_from(*waiting).unwrap_or(i64::MAX)))) }
            }
        },
    }
}

/// Whether a bin's scale is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    There,
    /// It is there, and something is wrong with its line.
    Troubled,
    Gone,
}

impl Health {
    pub(super) fn of(device: Option<&DeviceStatus>) -> Self {
        match device {
            Some(status) if status.connected && status.problem.is_none() => Self::There,
            Some(status) if status.connected => Self::Troubled,
            Some(_) | None => Self::Gone,
        }
    }
}

pub(super) fn health_sign(names: &Names<'_>, health: Health) -> Markup {
    let text = &names.tongue.text.bins;
    match health {
        Health::There => sign(Sign::Good, text.scale_there),
        Health::Troubled => sign(Sign::Warn, text.scale_there),
        Health::Gone => sign(Sign::Bad, text.scale_gone),
    }
}
