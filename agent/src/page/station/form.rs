//! What is sent from a station's page: a code, a quantity, a choice, an Undo.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use gateway_proto::name::DeviceName;
use look::{
    Sign,
    part::{self, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    device::{Scan, scanner_host::Verdict},
    floor::Command,
    movement::{
        entry::{Origin, OriginKind},
        said::ActId,
    },
    page::{
        Page,
        door::Right,
        names::segment,
        visit::{Acting, Shell, Visit},
    },
    task::floor::unheard,
};

/// Bytes of a code from a page: the longest label there is (GS1 in a Data Matrix has 3,116 digits at most).
const CODE_LEN_MAX: usize = 4_096;

/// One scan, however it was made.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ScanForm {
    #[serde(default)]
    act: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    qty: String,
    #[serde(default)]
    bin: String,
    #[serde(default)]
    item: String,
}

impl ScanForm {
    /// In the words of labels; `None` where nothing was said. What was chosen from a list is its name and nothing else.
    fn code(&self) -> Option<String> {
        let named = |value: &str, kind: &str| {
            let value = value.trim();
            (!value.is_empty()).then(|| format!("BW:{kind}:{value}"))
        };
        let scanned =
            (!self.code.trim().is_empty()).then(|| self.code.trim_matches([' ', '\r', '\n', '\t']).to_owned());
        let code = scanned
            .or_else(|| named(&self.qty, "QTY"))
            .or_else(|| named(&self.bin, "BIN"))
            .or_else(|| named(&self.item, "ITEM"))?;
        (code.len() <= CODE_LEN_MAX).then_some(code)
    }
}

/// What tells the repetition of something sent by a page.
pub(crate) fn origin(station: &DeviceName, act: &str) -> Option<Origin> {
    let is_id = !act.is_empty() && act.len() <= 64;
    is_id.then(|| Origin::new(OriginKind::Id, &[b"page", station.as_str().as_bytes(), act.as_bytes()], true))
}

pub(super) async fn scan(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    headers: HeaderMap,
    Form(form): Form<ScanForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Use) {
        return refused;
    }
    let Ok(station) = name.parse::<DeviceName>() else { return StatusCode::NOT_FOUND.into_response() };
    let Some(code) = form.code() else { return shown(&page, &acting.visit, &station, &headers, StatusCode::OK).await };
    take_over(&page, &acting, &station, &form.act).await;
    let scan = Scan::from_frame(code.as_bytes());
    let heard = page.floor.scan(station.clone(), scan, origin(&station, &form.act)).await.await;
    let heard = heard.unwrap_or_else(|_| unheard());
    let status = match heard.verdict {
        Verdict::Accepted => StatusCode::OK,
        Verdict::Refused => StatusCode::CONFLICT,
        Verdict::NotRecorded => StatusCode::SERVICE_UNAVAILABLE,
    };
    shown(&page, &acting.visit, &station, &headers, status).await
}

/// Whoever scans is who books: the station hears their badge first, as from their own hand.
async fn take_over(page: &Page, acting: &Acting, station: &DeviceName, act: &str) {
    let badge = &acting.who.badge;
    let is_there = {
        let sights = page.sights().await;
        let sight = sights.stations.get(station);
        sight.is_some_and(|(_, sight)| sight.session.operator.as_ref().is_some_and(|(there, _)| there == badge))
    };
    if !is_there {
        let scan = Scan::from_frame(format!("BW:BADGE:{badge}").as_bytes());
        // A badge that is refused is refused for the scan behind it too, which says so.
        let _ = page.floor.scan(station.clone(), scan, origin(station, &format!("badge {act}"))).await.await;
    }
}

/// The station as it is now: its parts for the script, the whole page for others.
async fn shown(
    page: &Arc<Page>,
    visit: &Visit,
    station: &DeviceName,
    headers: &HeaderMap,
    status: StatusCode,
) -> Response {
    if !wants_fragment(headers) {
        return Redirect::to(&format!("/station/{}", segment(station.as_str()))).into_response();
    }
    let Some(fragments) = super::fragments(page, station, &visit.tongue).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    fragment(status, &html! { @for one in fragments { (one.markup()) } })
}

/// Whether the page's script asks: it puts parts in place.
pub(crate) fn wants_fragment(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("fragment"))
}

/// An answer that is put in place.
pub(crate) fn fragment(status: StatusCode, markup: &Markup) -> Response {
    let mut response = (status, markup.clone()).into_response();
    response.headers_mut().insert("binwire-fragment", HeaderValue::from_static("yes"));
    response
}

/// Which act is taken back.
#[derive(Debug, Deserialize)]
pub(super) struct UndoForm {
    of: u64,
    /// Where to go on, when that is not the station.
    #[serde(default)]
    next: String,
}

pub(super) async fn undo(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    acting: Acting,
    headers: HeaderMap,
    Form(form): Form<UndoForm>,
) -> Response {
    if let Err(refused) = acting.needs(Right::Use) {
        return refused;
    }
    let Ok(station) = name.parse::<DeviceName>() else { return StatusCode::NOT_FOUND.into_response() };
    let by = Some(acting.who.badge.clone());
    let visit = &acting.visit;
    match page.floor.ask(Command::UndoAct { act: ActId(form.of), by }).await {
        Ok(_) if form.next.is_empty() => shown(&page, visit, &station, &headers, StatusCode::OK).await,
        Ok(_) => Redirect::to(crate::page::visit::own_path(&form.next)).into_response(),
        Err(why) => {
            let text = visit.tongue.text;
            let back = format!("/station/{}", segment(station.as_str()));
            let body = part::notice(
                Sign::Warn,
                text.station.refused,
                &html! {
                    p { ((text.say.why)(&why)) }
                    p { (text.station.too_late) }
                    div.buttons {
                        (part::link(Weight::Main, &back, station.as_str()))
                        (part::link(Weight::Plain, "/bins", text.frame.bins))
                    }
                },
            );
            visit.page_with(StatusCode::CONFLICT, Shell::new(text.station.refused), &body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, qty: &str, bin: &str, item: &str) -> Option<String> {
        let form =
            ScanForm { code: code.into(), qty: qty.into(), bin: bin.into(), item: item.into(), ..ScanForm::default() };
        form.code()
    }

    #[test]
    fn what_is_sent_becomes_the_words_of_a_label() {
        assert_eq!(said("M8\r\n", "", "", "").as_deref(), Some("M8"));
        assert_eq!(said("", "12", "", "").as_deref(), Some("BW:QTY:12"));
        assert_eq!(said("", "", " A-01 ", "").as_deref(), Some("BW:BIN:A-01"));
        assert_eq!(said("", "", "", "M8 x 40").as_deref(), Some("BW:ITEM:M8 x 40"));
        assert_eq!(said(" ", "", "", ""), None);
        assert_eq!(said(&"A".repeat(CODE_LEN_MAX + 1), "", "", ""), None);
    }

    #[test]
    fn a_group_separator_within_a_label_stays() {
        assert_eq!(said("0104012345678901\u{1d}10LOT", "", "", "").as_deref(), Some("0104012345678901\u{1d}10LOT"));
    }
}
