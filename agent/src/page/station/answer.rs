//! What came of the newest scan, and the last acts: item, quantity, way, what is on hand now, and an Undo.

use std::collections::BTreeSet;

use gateway_proto::{name::ItemCode, place::Place};
use look::{Sign, part, sign::sign};
use maud::{Markup, html};

use crate::{
    device::scanner_host::Verdict,
    floor::{
        answer::{Answer, Came, CountCame},
        sight::{ActSight, Fate, StationSight},
    },
    movement::{said::ActId, session::Unfinished},
    page::names::{Names, segment},
};

/// The answer to the newest scan.
pub(super) fn answer(names: &Names<'_>, sight: &StationSight) -> Markup {
    let text = &names.tongue.text.station;
    // What only told the session something is confirmed above the last act, which stays.
    let heard = sight.newest > sight.answer.as_ref().map_or(0, |answer| answer.number);
    let Some(answer) = &sight.answer else {
        return html! {
            div #station-answer .answer data-answer=(sight.newest) data-verdict="heard" {
                @if heard { p.title { (sign(Sign::Note, text.heard)) } } @else { p.quiet { (text.no_answer) } }
            }
        };
    };
    let shown = shown(names, sight, answer);
    html! {
        div #station-answer .answer data-answer=(sight.newest) data-sign=(shown.sign.name()) data-verdict=(word(&answer.came)) {
            @if heard { p.heard { (sign(Sign::Note, text.heard)) } }
            p.title { (sign(shown.sign, &shown.title)) }
            (shown.body)
        }
    }
}

/// One word for scripts and tests.
const fn word(came: &Came) -> &'static str {
    match came {
        Came::Heard => "heard",
        Came::Said(_) => "booked",
        Came::TakenBack(_) => "taken-back",
        Came::Counted(_) => "counted",
        Came::Dropped(_) => "dropped",
        Came::Refused(_) => verdict_word(Verdict::Refused),
        Came::NotRecorded(_) => verdict_word(Verdict::NotRecorded),
        Came::Repeated => "repeated",
    }
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::NotRecorded => "not-recorded",
    }
}

struct Shown {
    sign: Sign,
    title: String,
    body: Markup,
}

fn shown(names: &Names<'_>, sight: &StationSight, answer: &Answer) -> Shown {
    let (text, say) = (&names.tongue.text.station, &names.tongue.text.say);
    let plain = |sign, title: &str, body: Markup| Shown { sign, title: title.to_owned(), body };
    match &answer.came {
        Came::Heard => plain(Sign::Note, text.heard, html! {}),
        Came::Said(acts) => said(names, sight, acts),
        Came::TakenBack(acts) => plain(Sign::Good, text.taken_back, html! { (each(names, sight, acts)) }),
        Came::Counted(came) => {
            let (place, number, sign) = match came {
                CountCame::Posted { place, corrections } => (place, *corrections, Sign::Good),
                CountCame::Again { place, missing } => (place, *missing, Sign::Warn),
            };
            let number = names.tongue.format.whole(i64::try_from(number).unwrap_or(i64::MAX));
            plain(sign, &(text.counted)(came, &names.place(place), &number), html! {})
        }
        Came::Dropped(dropped) => {
            let what = match &dropped.what {
                Unfinished::Part(item) => item.to_string(),
                Unfinished::Count(place) => names.place(place),
            };
            plain(Sign::Warn, &(text.dropped)(dropped, &what), html! {})
        }
        Came::Refused(why) => plain(Sign::Bad, text.refused, html! { p.why { ((say.why)(why)) } }),
        Came::NotRecorded(why) => plain(Sign::Bad, text.not_recorded, html! { p.why { ((say.why)(why)) } }),
        Came::Repeated => plain(Sign::Note, text.repeated, html! {}),
    }
}

/// Acts that were said: one in full, of a delivery the lines.
fn said(names: &Names<'_>, sight: &StationSight, acts: &[ActId]) -> Shown {
    let text = &names.tongue.text.station;
    let known: Vec<&ActSight> =
        acts.iter().filter_map(|act| sight.acts.iter().find(|known| known.act == *act)).collect();
    match &known[..] {
        [act] => {
            let (sign, title) = fate(names, act);
            let body = html! {
                @if let Fate::Booked { units, .. } = act.fate {
                    (part::figure(&names.tongue.format.whole(i64::try_from(units).unwrap_or(i64::MAX)), names.unit(&act.item)))
                }
                p { (names.item(&act.item)) }
                p { (names.way(&act.from, &act.to)) }
                (now_there(names, act, &ends(act)))
                @if act.fate == Fate::Weighing { p { (text.weighing_more) } }
                (undo(names, act, "undo-last"))
            };
            Shown { sign, title: title.to_owned(), body }
        }
        _ => Shown { sign: Sign::Good, title: text.booked.to_owned(), body: each(names, sight, acts) },
    }
}

fn each(names: &Names<'_>, sight: &StationSight, acts: &[ActId]) -> Markup {
    let known = acts.iter().filter_map(|act| sight.acts.iter().find(|known| known.act == *act));
    html! { ul { @for act in known { li { (summary(names, act)) } } } }
}

/// Where the act took from or brought to, with what is on hand there now.
fn ends(act: &ActSight) -> Vec<(&Place, i64)> {
    let ends = [(&act.from, act.left), (&act.to, act.reached)];
    ends.into_iter().filter_map(|(place, units)| Some((place, units.filter(|_| shows_stock(place))?))).collect()
}

fn now_there(names: &Names<'_>, act: &ActSight, ends: &[(&Place, i64)]) -> Markup {
    let text = &names.tongue.text.station;
    html! {
        @for (place, units) in ends {
            p { ((text.on_hand_now)(&names.place(place), &names.amount(&act.item, *units))) }
        }
    }
}

const fn shows_stock(place: &Place) -> bool {
    match place {
        Place::Dock | Place::Bin(_) | Place::Bench | Place::Quarantine | Place::Field(_) => true,
        Place::Vendor | Place::Asset(_) | Place::Used | Place::Scrap | Place::Variance => false,
    }
}

fn fate(names: &Names<'_>, act: &ActSight) -> (Sign, &'static str) {
    let text = &names.tongue.text.station;
    match act.fate {
        Fate::Weighing => (Sign::Note, text.weighing),
        Fate::Booked { .. } => (Sign::Good, text.booked),
        Fate::TakenBack => (Sign::Note, text.taken_back),
        Fate::Nothing => (Sign::Warn, text.nothing_moved),
    }
}

const fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Weighing => "weighing",
        Fate::Booked { .. } => "booked",
        Fate::TakenBack => "taken-back",
        Fate::Nothing => "nothing",
    }
}

/// `3 pcs M8-BOLT from bin A-01 to used`
fn summary(names: &Names<'_>, act: &ActSight) -> Markup {
    let units = match act.fate {
        Fate::Booked { units, .. } => Some(units),
        Fate::Weighing | Fate::TakenBack | Fate::Nothing => act.stated,
    };
    html! {
        @if let Some(units) = units { strong { (names.units(&act.item, units)) } " " }
        bdi { (act.item) } " " (names.way(&act.from, &act.to))
    }
}

/// The last acts of a station.
pub(super) fn acts(names: &Names<'_>, sight: &StationSight) -> Markup {
    let text = &names.tongue.text.station;
    html! {
        div #station-acts data-quiet {
            @if sight.acts.is_empty() { (part::empty(text.no_acts)) } @else {
                (act_lines(names, &sight.acts))
            }
        }
    }
}

/// Acts, newest first. What is on hand now is said once for each place, at its newest act: it is not what was there then.
pub(crate) fn act_lines(names: &Names<'_>, acts: &[ActSight]) -> Markup {
    let mut said: BTreeSet<(&Place, &ItemCode)> = BTreeSet::new();
    let lines = acts.iter().map(|act| {
        let ends: Vec<_> = ends(act).into_iter().filter(|(place, _)| said.insert((place, &act.item))).collect();
        act_line(names, act, &ends)
    });
    html! { ol.lines.act-list { @for line in lines { li { (line) } } } }
}

/// An act, how it stands, what is on hand now at `ends`, and its Undo.
fn act_line(names: &Names<'_>, act: &ActSight, ends: &[(&Place, i64)]) -> Markup {
    let (kind, title) = fate(names, act);
    let by_weight = matches!(act.fate, Fate::Booked { by_weight: true, .. });
    let text = &names.tongue.text.station;
    html! {
        div.act id=(format!("act-{}", act.act.0)) data-fate=(fate_word(act.fate)) {
            p { (summary(names, act)) @if by_weight { " " span.quiet { (text.by_weight) } } }
            (now_there(names, act, ends))
            p.quiet {
                (sign(kind, title)) " " (names.tongue.format.time(act.at.millis()))
                @if let Some(actor) = &act.actor { " · " bdi { (name_of(names, actor.as_str())) } }
                @if let Some(serial) = &act.serial { " · " bdi { (serial) } }
                @if let Some(lot) = &act.lot { " · " bdi { (lot) } }
                @if let Some(reference) = &act.reference { " · " bdi { (reference) } }
            }
            (undo(names, act, &format!("undo-{}", act.act.0)))
        }
    }
}

fn name_of(names: &Names<'_>, badge: &str) -> String {
    names.register.operator(badge).map_or_else(|| badge.to_owned(), |operator| operator.name.to_string())
}

/// Takes one act back. Its id is the act's own: pressed twice it is one act.
fn undo(names: &Names<'_>, act: &ActSight, id: &str) -> Markup {
    let say = &names.tongue.text.say;
    let can = matches!(act.fate, Fate::Booked { .. } | Fate::Weighing);
    let what = match act.fate {
        Fate::Booked { units, .. } => format!("{} {}", names.units(&act.item, units), act.item),
        Fate::Weighing | Fate::TakenBack | Fate::Nothing => act.item.to_string(),
    };
    html! {
        @if can {
            form.inline.signed-only.acts method="post" action=(format!("/station/{}/undo", segment(act.by.as_str()))) {
                input type="hidden" name="of" value=(act.act.0);
                button id=(id) type="submit" class="button" aria-label=((say.undo_what)(&what)) { (say.undo) }
            }
        }
    }
}
