//! Pages as PDF: vectors and the two faces every reader brings, so nothing is embedded and nothing is resampled.
//!
//! Owns the objects and the page description; `pdf-writer` writes their syntax. Must not know labels. A symbol is drawn
//! in units of a printer dot under one matrix and filled as one path, so that no reader leaves a seam between modules.
//! Source: ISO 32000-1, 8.5 and 9.6.2.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{
    font::{Face, win_ansi},
    lines::Line,
    page::{Mark, Outline, Page, PrintError},
    room::INCH,
};

/// Points in an inch.
const POINTS: f64 = 72.0;

const HAIRLINE: f64 = 0.1;

/// How many numbers each page takes: itself and its description.
const OBJECTS_PER_PAGE: i32 = 2;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const REGULAR: Ref = Ref::new(3);
const BOLD: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
const FIRST_PAGE: i32 = 6;

/// Writes pages.
///
/// # Errors
/// [`PrintError::Letter`] when a text has a letter that the faces do not have.
pub fn write(pages: &[Page]) -> Result<Vec<u8>, PrintError> {
    if let Some((found, text)) = pages.iter().find_map(Page::foreign_letter) {
        return Err(PrintError::Letter { found, text: text.to_owned() });
    }
    let mut pdf = Pdf::new();
    {
        let mut catalog = pdf.catalog(CATALOG);
        catalog.pages(PAGES);
        // A viewer that shrinks to the paper makes every module wrong.
        catalog.viewer_preferences().pair(Name(b"PrintScaling"), Name(b"None"));
    }
    pdf.document_info(INFO).title(TextStr("Labels")).producer(TextStr("binwire-agent"));
    let numbers = (FIRST_PAGE..).step_by(usize::try_from(OBJECTS_PER_PAGE).unwrap_or(1));
    let numbered: Vec<(Ref, Ref, &Page)> =
        numbers.zip(pages).map(|(number, page)| (Ref::new(number), Ref::new(number + 1), page)).collect();
    let count = i32::try_from(numbered.len()).unwrap_or(i32::MAX);
    pdf.pages(PAGES).kids(numbered.iter().map(|(page, ..)| *page)).count(count);
    for (number, content, page) in numbered {
        let mut object = pdf.page(number);
        object.media_box(Rect::new(0.0, 0.0, points(page.width), points(page.height)));
        object.parent(PAGES).contents(content);
        object.resources().fonts().pair(name(Face::Regular), REGULAR).pair(name(Face::Bold), BOLD);
        object.finish();
        pdf.stream(content, &describe(page));
    }
    for (number, base) in [(REGULAR, "Helvetica"), (BOLD, "Helvetica-Bold")] {
        pdf.type1_font(number).base_font(Name(base.as_bytes())).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    Ok(pdf.finish())
}

fn describe(page: &Page) -> Vec<u8> {
    let mut content = Content::new();
    if page.outline == Outline::Hairline {
        content.save_state().set_line_width(points(HAIRLINE)).set_stroke_gray(0.5);
        for label in &page.labels {
            let lower = page.height - label.y - label.height;
            content.rect(points(label.x), points(lower), points(label.width), points(label.height));
        }
        content.stroke().restore_state();
    }
    for label in &page.labels {
        label.mark.iter().for_each(|mark| draw(&mut content, mark, page));
        label.lines.iter().for_each(|line| show(&mut content, line, page));
    }
    content.finish().into_vec()
}

fn draw(content: &mut Content, mark: &Mark, page: &Page) {
    let dot = page.dpi.dot();
    let x = points(f64::from(mark.x) * dot);
    let y = points(page.height - f64::from(mark.y) * dot);
    // Downwards, as dots are counted.
    content.save_state().transform([points(dot), 0.0, 0.0, -points(dot), x, y]);
    for bar in &mark.bars {
        content.rect(whole(bar.x), whole(bar.y), whole(bar.width), whole(bar.height));
    }
    content.fill_nonzero().restore_state();
}

fn show(content: &mut Content, line: &Line, page: &Page) {
    let bytes: Vec<u8> = line.text.chars().filter_map(win_ansi).collect();
    content.begin_text().set_font(name(line.face), points(line.size));
    content.next_line(points(line.x), points(page.height - line.y)).show(Str(&bytes)).end_text();
}

const fn name(face: Face) -> Name<'static> {
    Name(match face {
        Face::Regular => b"R",
        Face::Bold => b"B",
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "PDF numbers have single precision; a page of 24 bits is a nanometre"
)]
fn points(millimetres: f64) -> f32 {
    (millimetres / INCH * POINTS) as f32
}

#[expect(clippy::cast_precision_loss, reason = "dots of a page are far below 2^24")]
const fn whole(dots: u32) -> f32 {
    dots as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::{
        layout::Content as Drawn,
        lines::Letters,
        page::{Job, pages},
        room::Dpi,
        symbol::Symbology,
        text::Label,
    };

    fn written(title: &str) -> Result<Vec<u8>, PrintError> {
        let label = Label { code: "BW:USE".to_owned(), title: title.to_owned(), ..Label::default() };
        let job = Job {
            sheet: "label-50x25".parse().unwrap(),
            content: Drawn::Symbol(Symbology::Qr),
            copies: 2,
            skip: 0,
            outline: Outline::None,
            dpi: Dpi::USUAL,
            letters: Letters::Measured,
        };
        write(&pages(&[label], &job).unwrap())
    }

    #[test]
    fn a_page_has_its_size_in_points_and_is_not_scaled_in_print() {
        let pdf = String::from_utf8_lossy(&written("USE").unwrap()).into_owned();
        assert!(pdf.contains("/MediaBox [0 0 141.73228 70.86614]"), "{pdf}");
        assert!(pdf.contains("/Count 2") && pdf.contains("/PrintScaling /None"), "{pdf}");
    }

    #[test]
    fn the_same_labels_are_the_same_bytes() {
        assert_eq!(written("USE"), written("USE"));
    }

    #[test]
    fn letters_that_no_reader_brings_are_refused_with_the_way_out() {
        assert!(written("Schäkel €").is_ok());
        let refusal = written("螺栓").unwrap_err().to_string();
        assert_eq!(
            refusal,
            "PDF's own letters have no '螺' as in \"螺栓\"; write an .svg, whose reader brings more letters"
        );
    }
}
