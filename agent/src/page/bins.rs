//! The bins: every one with what it holds and how sure that is, live. Found by typing or by a scan of its label.
//!
//! A row is a fragment: of five hundred bins only those that changed are sent. Ids: `bins` the table, `bin-NAME` its rows
//! (`data-state`, `data-sure`), `f-q` the search, `find-form`.

mod bin;
mod label;
mod row;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use look::part::{self, Field, Kind, Weight};
use maud::{Markup, html};
use serde::Deserialize;

pub(crate) use self::bin::BIN;
use self::row::Health;
use super::{
    Page,
    live::{Ask, Fragment, Pane, Rendering},
    names::{Names, element_id, segment},
    visit::{Shell, Visit},
};
use crate::{
    device::Scan,
    floor::{Lists, sight::BinSight},
    label::LabelRules,
    movement::{
        rules::State as Level,
        session::{self, Codes as _, Token},
    },
    register::Register,
    task::sights::Sights,
};

/// All rows.
pub(super) const BINS: Pane =
    Pane { name: "bins", right: None, every: std::time::Duration::from_secs(5), render: bins_pane };

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route("/bins", get(bins))
        .route("/bins/{bin}", get(bin::bin))
        .route("/bins/{bin}/undo", post(bin::undo))
        .route("/bins/{bin}/label.pdf", get(label::label))
}

fn bins_pane(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, tongue, known, .. } = ask;
    Box::pin(async move {
        let sights = page.sights().await;
        let status = page.status();
        let names = Names { tongue, register: &sights.register.1 };
        let columns = row::columns(tongue);
        let rows = sights.bins.values().map(|(version, sight)| {
            let device = sight.scale.as_ref().and_then(|scale| status.devices.get(&scale.scale));
            let health = Health::of(device);
            let seal = [*version, sights.register.0, health as u64];
            let id = element_id("bin", sight.bin.as_str());
            Fragment::sealed(known, id, seal, || row::row(&names, &columns, sight, health))
        });
        Some(rows.collect())
    })
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    only: String,
}

/// Which bins are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    Low,
    Unknown,
}

impl Only {
    fn of(word: &str) -> Self {
        match word {
            "low" => Self::Low,
            "unknown" => Self::Unknown,
            _ => Self::All,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Low => "low",
            Self::Unknown => "unknown",
        }
    }

    fn shows(self, sight: &BinSight) -> bool {
        match self {
            Self::All => true,
            Self::Low => matches!(sight.state, Some(Level::Out | Level::Low | Level::Perhaps | Level::Negative)),
            Self::Unknown => sight.scale.as_ref().is_some_and(|scale| scale.counted.is_none() || scale.doubt.is_some()),
        }
    }
}

async fn bins(State(page): State<Arc<Page>>, visit: Visit, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let Wanted { q, only } = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let (q, only) = (q.trim(), Only::of(&only));
    let sights = page.sights().await;
    let text = &visit.tongue.text.bins;
    let matches = found(&sights, q);
    if let ([one], false) = (&matches[..], q.is_empty()) {
        return Redirect::to(&format!("/bins/{}", segment(one))).into_response();
    }
    let shown = page.live.show(&page, "bins", &visit.tongue).await.unwrap_or_default();
    let wanted: Vec<String> = sights
        .bins
        .values()
        .filter(|(_, sight)| {
            only.shows(sight) && (q.is_empty() || matches.iter().any(|name| name == sight.bin.as_str()))
        })
        .map(|(_, sight)| element_id("bin", sight.bin.as_str()))
        .collect();
    let is_whole = q.is_empty() && only == Only::All;
    let columns = row::columns(&visit.tongue);
    let number = visit.tongue.format.whole(i64::try_from(wanted.len()).unwrap_or(i64::MAX));
    let body = html! {
        h2.screen-only { (text.title) }
        p.print-only { ((text.printed)(page.site.as_str(), &visit.tongue.format.moment(page.clock.wall().0.millis()))) }
        (find(&visit, q, only))
        @if sights.bins.is_empty() { (part::empty(text.none)) }
        @else if wanted.is_empty() && !q.is_empty() { p role="status" { ((text.not_found)(q)) } (part::link(Weight::Plain, "/bins", text.all)) }
        @else {
            p.quiet role="status" { ((text.found)(&number)) }
            table.stacked #bins {
                caption { (text.caption) }
                thead { tr { @for column in &columns { th.number[column.align == part::Align::Number] scope="col" { (column.title) } } } }
                tbody { @for id in &wanted { (shown.one(id)) } }
            }
        }
    };
    let shell = Shell::new(text.title).follows(&["bins"], &shown.version).kept().scripts(&["station.js"]);
    // A part of the list does not have all rows: that one is new there says nothing.
    visit.page(if is_whole { shell.whole() } else { shell }, &body)
}

fn find(visit: &Visit, q: &str, only: Only) -> Markup {
    let text = &visit.tongue.text.bins;
    let options = [("", text.only_all), (Only::Low.word(), text.only_low), (Only::Unknown.word(), text.only_unknown)];
    html! {
        form #find-form .screen-only method="get" action="/bins" role="search" {
            (Field::new("q", text.find, Kind::Code).optional().value(q).hint(text.find_hint).render())
            (part::choice("only", text.only, &options, only.word()))
            div.buttons {
                (part::button(Weight::Main, text.find_button))
                button #print .button type="button" hidden { (text.print) }
            }
        }
    }
}

/// The bins that a text or a label may mean: by name, else by item, else by a part of either or of what the item is.
fn found(sights: &Sights, q: &str) -> Vec<String> {
    let register = &sights.register.1;
    if q.is_empty() {
        return Vec::new();
    }
    let scanned = heard(register, q);
    let of_item = |item: &str| -> Vec<String> {
        let bins =
            sights.bins.values().filter(|(_, sight)| sight.item.as_ref().is_some_and(|known| known.as_str() == item));
        bins.map(|(_, sight)| sight.bin.to_string()).collect()
    };
    match &scanned {
        Some(Meant::Bin(name)) if sights.bins.contains_key(name.as_str()) => return vec![name.clone()],
        Some(Meant::Item(item)) => {
            let bins = of_item(item);
            if !bins.is_empty() {
                return bins;
            }
        }
        Some(Meant::Bin(_)) | None => {}
    }
    if let Some((_, sight)) = sights.bins.get(q) {
        return vec![sight.bin.to_string()];
    }
    let part = q.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&part);
    let like = sights.bins.values().filter(|(_, sight)| {
        let item = sight.item.as_ref();
        let description = || register.item(item?.as_str())?.description.as_ref().map(|text| has(text.as_str()));
        has(sight.bin.as_str()) || item.is_some_and(|item| has(item.as_str())) || description().unwrap_or(false)
    });
    like.map(|(_, sight)| sight.bin.to_string()).collect()
}

/// What a label means where bins are looked for.
#[derive(Debug, PartialEq, Eq)]
enum Meant {
    Bin(String),
    Item(String),
}

fn heard(register: &Register, q: &str) -> Option<Meant> {
    let catalog = register.catalog();
    let codes = Lists { register, catalog: &catalog };
    if let Some(known) = codes.item(q) {
        return Some(Meant::Item(known.item.to_string()));
    }
    let scan = Scan::from_frame(q.as_bytes());
    match session::hear(&scan, &LabelRules::default(), &codes, 2000).ok()? {
        Token::Place(place) => Some(Meant::Bin(place.bin()?.to_string())),
        Token::Part(part) if part.known == session::Acquaintance::Known => Some(Meant::Item(part.item.to_string())),
        Token::Badge { .. }
        | Token::Mode { .. }
        | Token::Part(_)
        | Token::Quantity(_)
        | Token::Packed(_)
        | Token::Add
        | Token::Reference(_)
        | Token::Order { .. }
        | Token::Shipment { .. }
        | Token::Trace { .. }
        | Token::Reason(_)
        | Token::Undo
        | Token::Cancel
        | Token::Done => None,
    }
}

#[cfg(test)]
mod tests;
