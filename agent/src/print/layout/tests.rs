use super::*;
use crate::print::{
    font::{CAPITAL, SIZE_MIN},
    lines::{Letters, SUBSTITUTE},
};

fn label(code: &str, title: &str, subtitle: &str) -> Label {
    Label { code: code.to_owned(), title: title.to_owned(), subtitle: subtitle.to_owned(), note: String::new() }
}

const fn space(width: f64, height: f64) -> Space {
    Space { width, height, margin_x: 1.5, margin_y: 1.5, letters: Letters::Measured }
}

fn laid_out(label: &Label, symbology: Symbology, space: Space, dpi: u32) -> Result<Layout, Misfit> {
    let symbol = Symbol::encode(symbology, &label.code).unwrap();
    Layout::of(label, Some(symbol), space, Dpi::new(dpi).unwrap())
}

/// Nothing leaves the label, nothing stands in a quiet zone, no two things overlap, and no module is too small.
fn check(layout: &Layout, space: Space, dpi: u32) {
    let dot = Dpi::new(dpi).unwrap().dot();
    let hair = 1e-6;
    let mut zone = (0.0, 0.0, 0.0, 0.0);
    if let Some(placed) = &layout.symbol {
        let symbology = placed.symbol.symbology();
        let module = f64::from(placed.module) * dot;
        assert!(module >= symbology.module_min() - hair && module <= symbology.module_max() + dot);
        let (width, height) =
            (f64::from(placed.symbol.width()) * module, f64::from(placed.symbol.height() * placed.row) * dot);
        let quiet = f64::from(symbology.quiet()) * module;
        let quiet_y = if symbology == Symbology::Code128 { 0.0 } else { quiet };
        zone = (placed.x - quiet, placed.y - quiet_y, placed.x + width + quiet, placed.y + height + quiet_y);
        assert!(zone.0 >= -hair && zone.1 >= -hair, "{zone:?}");
        assert!(zone.2 <= space.width + hair && zone.3 <= space.height + hair, "{zone:?} of {space:?}");
        assert!(placed.x >= space.margin_x - hair && placed.y >= space.margin_y - hair);
    }
    let mut floor = 0.0;
    for line in &layout.lines {
        let (top, bottom) = (line.y - CAPITAL * line.size, line.y + 0.2 * line.size);
        assert!(line.size >= SIZE_MIN - hair, "{line:?}");
        assert!(
            line.x >= space.margin_x - hair && line.x + line.width <= space.width - space.margin_x + hair,
            "{line:?}"
        );
        assert!(top >= floor - hair && bottom <= space.height - space.margin_y + 0.1, "{line:?}");
        let apart = line.x >= zone.2 - hair || line.x + line.width <= zone.0 + hair;
        assert!(apart || top >= zone.3 - hair || bottom <= zone.1, "{line:?} in {zone:?}");
        floor = top + 0.5 * line.size;
    }
}

#[test]
fn whatever_fits_keeps_its_quiet_zone_and_its_text_apart() {
    let mut laid = 0;
    for (width, height) in [
        (63.5, 38.1),
        (99.1, 38.1),
        (38.1, 21.2),
        (66.7, 25.4),
        (101.6, 50.8),
        (50.0, 25.0),
        (100.0, 150.0),
        (25.0, 25.0),
        (20.0, 30.0),
        (10.0, 10.0),
    ] {
        for dpi in [203, 300, 600, 1_200] {
            for symbology in Symbology::ALL {
                for code in [
                    "A",
                    "BW:BIN:A-01",
                    "BW:ITEM:HYDRAULIC-SEAL-40x55x7-NBR",
                    "{\"a very long one\":[1,2,3,4,5,6,7,8,9],\"b\":\"ßßß\"}",
                ] {
                    for (title, subtitle) in
                        [("A-01", ""), ("M8-BOLT", "Hexagon bolt M8 × 40, A2, DIN 933, pack of one hundred")]
                    {
                        let space = space(width, height);
                        let label = label(&code.replace('ß', "s"), title, subtitle);
                        if let Ok(layout) = laid_out(&label, symbology, space, dpi) {
                            check(&layout, space, dpi);
                            assert_eq!(layout.lines[0].text.chars().next(), title.chars().next());
                            laid += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(laid > 500, "{laid}");
}

#[test]
fn modules_are_whole_dots_and_as_wide_as_the_label_allows() {
    let label = label("BW:BIN:A-01", "A-01", "M8-BOLT");
    for (symbology, dpi, module) in [
        (Symbology::Code128, 203, 2),
        (Symbology::Code128, 600, 8),
        (Symbology::Qr, 203, 7),
        (Symbology::DataMatrix, 600, 23),
    ] {
        let layout = laid_out(&label, symbology, space(63.5, 38.1), dpi).unwrap();
        assert_eq!(layout.symbol.unwrap().module, module, "{symbology} at {dpi}");
    }
}

#[test]
fn a_symbol_that_does_not_fit_is_refused_with_what_it_needs_and_the_way_out() {
    let label = label("BW:BIN:A-01", "A-01", "");
    let refusal = laid_out(&label, Symbology::Code128, space(38.1, 21.2), 600).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Code 128 of 156 modules needs 44.7 mm at 0.254 mm a module, the label has 38.1 mm of width for it; \
         choose --symbol datamatrix or qr, or a larger --sheet"
    );
    let refusal = laid_out(&label, Symbology::Code128, space(60.0, 10.0), 600).unwrap_err();
    assert!(matches!(refusal, Misfit::Bars { .. }), "{refusal}");
}

#[test]
fn text_gives_way_to_the_symbol() {
    let label = label("BW:BIN:A-01", "A-01", "M8-BOLT");
    let roomy = laid_out(&label, Symbology::Code128, space(63.5, 38.1), 600).unwrap();
    assert_eq!(
        roomy.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(),
        ["A-01", "M8-BOLT", "BW:BIN:A-01"]
    );
    let flat = laid_out(&label, Symbology::Code128, space(63.5, 13.0), 600).unwrap();
    assert_eq!(flat.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["A-01"]);
}

#[test]
fn a_label_without_a_symbol_is_its_text_alone() {
    let layout = Layout::of(&label("BW:BIN:A-01", "A-01", ""), None, space(63.5, 38.1), Dpi::USUAL).unwrap();
    check(&layout, space(63.5, 38.1), 600);
    assert!(layout.symbol.is_none() && layout.lines[0].size > 10.0);
}

#[test]
fn text_in_letters_of_another_face_still_stays_on_the_label() {
    let space = Space { letters: Letters::Substituted, ..space(63.5, 38.1) };
    let label = label("SEAL-40", "SEAL-40-LONG", "Shaft seal");
    for symbology in Symbology::ALL {
        for line in laid_out(&label, symbology, space, 600).unwrap().lines {
            let wider = line.width * SUBSTITUTE;
            let left = if line.align == Align::Left { line.x } else { line.x - (wider - line.width) / 2.0 };
            assert!(left >= space.margin_x - 1e-6 && left + wider <= space.width - space.margin_x + 1e-6, "{line:?}");
        }
    }
}
