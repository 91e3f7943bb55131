//! Each kind of label × each symbol × each sheet, as PDF and as SVG, at a label printer's and an office printer's
//! resolution.

use std::{fs, path::PathBuf};

use agent::print::{
    Content, Dpi, Job, Kind, Label, Letters, Misfit, Page, PrintError, Sheet, Symbology,
    page::{Drawn, Outline, Refusal},
    pages, pdf, svg, text,
};
use tests::skip::say;

use crate::{
    decoder::{Tool, must_read},
    picture::Picture,
};

#[derive(Debug, Clone, Copy)]
enum Format {
    Pdf,
    Svg,
}

impl Format {
    /// What the printer was said to have, and what it has: but for the first pair edges do not lie on dots or pixels.
    const fn resolutions(self) -> &'static [(u32, u32)] {
        match self {
            Self::Pdf => &[(203, 203), (600, 203), (600, 300)],
            Self::Svg => &[(203, 203), (600, 300)],
        }
    }
}

#[test]
fn bars_on_every_sheet_read_back_from_pdf() {
    check("bars_on_every_sheet_read_back_from_pdf", Symbology::Code128, Format::Pdf);
}

#[test]
fn bars_on_every_sheet_read_back_from_svg() {
    check("bars_on_every_sheet_read_back_from_svg", Symbology::Code128, Format::Svg);
}

#[test]
fn qr_codes_on_every_sheet_read_back_from_pdf() {
    check("qr_codes_on_every_sheet_read_back_from_pdf", Symbology::Qr, Format::Pdf);
}

#[test]
fn qr_codes_on_every_sheet_read_back_from_svg() {
    check("qr_codes_on_every_sheet_read_back_from_svg", Symbology::Qr, Format::Svg);
}

#[test]
fn data_matrices_on_every_sheet_read_back_from_pdf() {
    check("data_matrices_on_every_sheet_read_back_from_pdf", Symbology::DataMatrix, Format::Pdf);
}

#[test]
fn data_matrices_on_every_sheet_read_back_from_svg() {
    check("data_matrices_on_every_sheet_read_back_from_svg", Symbology::DataMatrix, Format::Svg);
}

#[test]
fn the_usual_command_cards_read_back() {
    let test = "the_usual_command_cards_read_back";
    if !Tool::all_or_skip(test) {
        return;
    }
    for symbology in Symbology::ALL {
        let job = job(symbology, "a4-24".parse().unwrap(), Format::Pdf, 203);
        let labels = text::all_commands();
        assert_eq!(print_and_read(&labels, &job, Format::Pdf, 203), labels.len());
    }
}

fn check(test: &str, symbology: Symbology, format: Format) {
    if !Tool::all_or_skip(test) {
        return;
    }
    let (mut read, mut refused) = (0, 0);
    for sheet in Sheet::all() {
        for &(dpi, printed) in format.resolutions() {
            let job = job(symbology, sheet.clone(), format, dpi);
            let all = one_of_each();
            let fitting = fitting(&all, &job);
            refused += all.len() - fitting.len();
            // Squares fit everywhere; bars of the longest of these need 65 mm.
            let is_narrow = sheet.label.0 - 2.0 * sheet.margin().0 < 65.0;
            assert!(fitting.len() == all.len() || (symbology == Symbology::Code128 && is_narrow), "{}", sheet.name);
            read += print_and_read(&fitting, &job, format, printed);
        }
    }
    say(&format!(
        "labels {symbology} {format:?}: {read} read by two decoders each, {refused} too long for their label"
    ));
    assert!(read > 250, "{read}");
}

/// At least one label of each kind.
fn one_of_each() -> Vec<Label> {
    let named = [
        (Kind::Bin, "A-01", "M8-BOLT"),
        (Kind::Bin, "rack 7/c", ""),
        (Kind::Place, "dock", ""),
        (Kind::Place, "field:van-3", "Service North"),
        (Kind::Item, "M8-BOLT", "Hexagon bolt M8 × 40, A2, DIN 933, 100 pieces"),
        (Kind::Badge, "E-1001", "Ada Müller"),
        (Kind::Asset, "PUMP-17", "Boiler house"),
        (Kind::Command, "DEPLOY:van-3", ""),
        (Kind::Command, "QTY:12", ""),
        (Kind::Command, "REF:WO-1234", ""),
        (Kind::Code, "4006381333931", "GTIN"),
    ];
    let named = named.map(|(kind, name, about)| {
        let label = kind.label(name).unwrap();
        if about.is_empty() { label } else { Label { subtitle: about.to_owned(), ..label } }
    });
    named.into_iter().chain([Kind::bare_item("SEAL-40").unwrap()]).collect()
}

fn job(symbology: Symbology, sheet: Sheet, format: Format, dpi: u32) -> Job {
    let dpi = Dpi::new(dpi).unwrap();
    let letters = match format {
        Format::Pdf => Letters::Measured,
        Format::Svg => Letters::Substituted,
    };
    let (content, outline) = (Content::Symbol(symbology), Outline::Hairline);
    Job { sheet, content, copies: 1, skip: 0, outline, dpi, letters }
}

/// Those labels that are not refused; a refusal for any other reason than room is a failure.
fn fitting(labels: &[Label], job: &Job) -> Vec<Label> {
    let refused = match pages(labels, job) {
        Ok(_) => return labels.to_vec(),
        Err(PrintError::Refused(refusals)) => refusals.0,
        Err(error) => panic!("{error}"),
    };
    let is_room = |refusal: &Refusal| matches!(refusal, Refusal::Misfit(Misfit::Symbol { .. } | Misfit::Bars { .. }));
    assert!(refused.iter().all(|(_, refusal)| is_room(refusal)), "{refused:?}");
    labels.iter().filter(|label| refused.iter().all(|(code, _)| *code != label.code)).cloned().collect()
}

/// Prints, renders, cuts and reads; how many labels that were.
fn print_and_read(labels: &[Label], job: &Job, format: Format, dpi: u32) -> usize {
    if labels.is_empty() {
        return 0;
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(labels, job).unwrap();
    let rendered = match format {
        Format::Pdf => {
            let file = folder.path().join("labels.pdf");
            fs::write(&file, pdf::write(&pages).unwrap()).unwrap();
            Picture::of_pdf(&file, dpi)
        }
        Format::Svg => {
            let write = |(nth, page): (usize, &Page)| {
                let file = folder.path().join(format!("{nth}.svg"));
                fs::write(&file, svg::write(page)).unwrap();
                file
            };
            let files: Vec<PathBuf> = pages.iter().enumerate().map(write).collect();
            Picture::of_svgs(&files, folder.path(), dpi)
        }
    };
    assert_eq!(rendered.len(), pages.len());
    let Content::Symbol(symbology) = job.content else { panic!("{job:?} has no symbols") };
    let what = format!("{symbology} for {} dpi on {} as {format:?} at {dpi} dpi", job.dpi.get(), job.sheet.name);
    for picture in &rendered {
        let (width, height) = picture.size(dpi);
        let (page_width, page_height) = job.sheet.page;
        assert!(
            (width - page_width).abs() < 0.3 && (height - page_height).abs() < 0.3,
            "{what}: {width} × {height} mm"
        );
    }
    let drawn: Vec<(&Picture, &Page, &Drawn)> = rendered
        .iter()
        .zip(&pages)
        .flat_map(|(it, page)| page.labels.iter().map(move |drawn| (it, page, drawn)))
        .collect();
    let codes = || labels.iter().map(|label| label.code.clone());
    let whole: Vec<(String, Picture)> = codes().zip(drawn.iter().map(|(it, _, drawn)| it.label(drawn, dpi))).collect();
    let aimed = drawn.iter().map(|(it, page, drawn)| it.aimed(drawn, symbology, page, dpi));
    let aimed: Vec<(String, Picture)> = codes().zip(aimed).collect();
    assert_eq!((whole.len(), aimed.len()), (labels.len(), labels.len()), "{what}");
    let [first, second] = Tool::reading(symbology);
    must_read(first, symbology, &what, &whole);
    must_read(second, symbology, &what, &aimed);
    labels.len()
}
