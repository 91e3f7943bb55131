//! A bin's label as a PDF of one page, the size of a small roll label: for the printer beside the rack.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use gateway_proto::name::PlaceName;

use crate::{
    page::visit::Visit,
    print::{Content, Dpi, Job, Kind, Label, Letters, Sheet, Symbology, page::Outline, pages, pdf},
};

/// Millimetres, as the sheets name rolls: what a hand scanner reads from an arm's length.
const ROLL: &str = "60x40";

/// Of an office printer; a label printer scales by whole dots.
const DPI: u32 = 600;

pub(super) async fn label(Path(name): Path<String>, visit: Visit) -> Response {
    let Some(bin) = name.parse::<PlaceName>().ok() else { return StatusCode::NOT_FOUND.into_response() };
    let sights = visit.page.sights().await;
    let Some((_, sight)) = sights.bins.get(&bin) else { return StatusCode::NOT_FOUND.into_response() };
    let subtitle = sight.item.as_ref().map(ToString::to_string).unwrap_or_default();
    match drawn(&bin, subtitle) {
        Ok(bytes) => {
            ([(header::CONTENT_TYPE, "application/pdf"), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
        }
        // Which letter or length the printer cannot do.
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, (visit.tongue.text.bins.no_label)(&why)).into_response(),
    }
}

fn drawn(bin: &PlaceName, subtitle: String) -> Result<Vec<u8>, String> {
    let label = Kind::Bin.label(bin.as_str()).map_err(|error| error.to_string())?;
    let sheet: Sheet = ROLL.parse().map_err(|error: <Sheet as std::str::FromStr>::Err| error.to_string())?;
    let job = Job {
        sheet,
        content: Content::Symbol(Symbology::Code128),
        copies: 1,
        skip: 0,
        outline: Outline::None,
        dpi: Dpi::new(DPI).ok_or("no such resolution")?,
        letters: Letters::Measured,
    };
    let pages = pages(&[Label { subtitle, ..label }], &job).map_err(|error| error.to_string())?;
    pdf::write(&pages).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bins_label_is_a_pdf_of_one_page() {
        let bytes = drawn(&"A-01".parse().unwrap(), "M8-BOLT".to_owned()).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
        assert!(bytes.windows(10).any(|at| at == b"/Count 1\n/" || at.starts_with(b"/Count 1")));
    }
}
