//! A page as SVG, in millimetres.
//!
//! Owns the writing and its escapes. A symbol is one path in units of a printer dot, so that no rounding stands between
//! the layout and the file. Text is stretched to the measured width where a reader without Helvetica takes another face;
//! where it does not stretch, room was left for a wider one. Source: SVG 1.1.

use std::fmt::Write as _;

use super::{
    font::{Face, win_ansi},
    lines::{Align, Line},
    page::{Mark, Outline, Page},
};

/// The width of the line around a label; half of it lies inside.
const HAIRLINE: f64 = 0.1;

/// Writes a page.
#[must_use]
pub fn write(page: &Page) -> String {
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = written(&mut svg, page);
    svg
}

fn written(svg: &mut String, page: &Page) -> std::fmt::Result {
    let (width, height) = (Mm(page.width), Mm(page.height));
    writeln!(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif\">"
    )?;
    writeln!(svg, "<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>")?;
    for label in &page.labels {
        let (x, y, width, height) = (Mm(label.x), Mm(label.y), Mm(label.width), Mm(label.height));
        // A picture of its own: what a wide substitute face needs too much is cut off at the label's edge, and does not
        // run into the next label's symbol.
        writeln!(
            svg,
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" viewBox=\"{x} {y} {width} {height}\">"
        )?;
        if page.outline == Outline::Hairline {
            writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#888\" \
                 stroke-width=\"{}\"/>",
                Mm(2.0 * HAIRLINE)
            )?;
        }
        label.mark.iter().try_for_each(|mark| path(svg, mark, page))?;
        label.lines.iter().try_for_each(|line| text(svg, line))?;
        writeln!(svg, "</svg>")?;
    }
    writeln!(svg, "</svg>")
}

fn path(svg: &mut String, mark: &Mark, page: &Page) -> std::fmt::Result {
    write!(
        svg,
        "<path transform=\"scale({}) translate({} {})\" shape-rendering=\"crispEdges\" d=\"",
        page.dpi.dot(),
        mark.x,
        mark.y
    )?;
    for bar in &mark.bars {
        write!(svg, "M{} {}h{}v{}h-{}z", bar.x, bar.y, bar.width, bar.height, bar.width)?;
    }
    writeln!(svg, "\"/>")
}

fn text(svg: &mut String, line: &Line) -> std::fmt::Result {
    let weight = match line.face {
        Face::Regular => "",
        Face::Bold => " font-weight=\"bold\"",
    };
    let (x, anchor) = match line.align {
        Align::Left => (line.x, ""),
        Align::Middle => (line.x + line.width / 2.0, " text-anchor=\"middle\""),
    };
    write!(svg, "<text x=\"{}\" y=\"{}\"{anchor} font-size=\"{}\"{weight}", Mm(x), Mm(line.y), Mm(line.size))?;
    // What we could not measure is not stretched to the measure.
    if line.text.chars().all(|c| win_ansi(c).is_some()) {
        write!(svg, " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", Mm(line.width))?;
    }
    svg.push('>');
    for c in line.text.chars() {
        match c {
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '&' => svg.push_str("&amp;"),
            // Not allowed in XML, however written.
            '\u{fffe}' | '\u{ffff}' => svg.push('\u{fffd}'),
            c if c.is_control() => svg.push(' '),
            c => svg.push(c),
        }
    }
    svg.push_str("</text>\n");
    Ok(())
}

/// A length with a micrometre's precision and no more digits than it needs.
struct Mm(f64);

impl std::fmt::Display for Mm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = format!("{:.3}", self.0);
        f.write_str(digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::{
        layout::Content,
        lines::Letters,
        page::{Job, pages},
        room::Dpi,
        symbol::Symbology,
        text::Label,
    };

    fn page(title: &str) -> Page {
        let label = Label { code: "BW:USE".to_owned(), title: title.to_owned(), ..Label::default() };
        let job = Job {
            sheet: "l7160".parse().unwrap(),
            content: Content::Symbol(Symbology::Qr),
            copies: 1,
            skip: 0,
            outline: Outline::Hairline,
            dpi: Dpi::USUAL,
            letters: Letters::Substituted,
        };
        pages(&[label], &job).unwrap().remove(0)
    }

    #[test]
    fn a_page_has_its_size_in_millimetres() {
        let svg = write(&page("USE"));
        assert!(svg.contains("width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\""), "{svg}");
        assert!(svg.contains("x=\"7.25\" y=\"15.15\" width=\"63.5\" height=\"38.1\" fill=\"none\""), "{svg}");
    }

    #[test]
    fn letters_that_mean_something_in_xml_are_escaped() {
        let svg = write(&page("<b>&\u{1}\u{ffff}"));
        assert!(svg.contains(">&lt;b&gt;&amp; \u{fffd}</text>"), "{svg}");
    }
}
