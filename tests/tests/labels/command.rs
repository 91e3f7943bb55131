//! `binwire-agent labels` as a person calls it.

use std::{fs, path::Path, process::Stdio};

use agent::print::{Sheet, Symbology};
use tests::process::command;

use crate::{
    decoder::{Tool, must_read},
    picture::Picture,
};

#[test]
fn a_table_becomes_a_sheet_and_what_it_says_reads_back() {
    let test = "a_table_becomes_a_sheet_and_what_it_says_reads_back";
    if !Tool::all_or_skip(test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let table = "code;title;subtitle\nA-01;Shelf 1;\"Bolt; M8\"\nA-02;;\n";
    fs::write(folder.path().join("bins.csv"), table).unwrap();
    let (code, said) = labels(folder.path(), &["bins", "--csv", "bins.csv", "--sheet", "l7163", "--out", "bins.pdf"]);
    assert_eq!(code, Some(0), "{said}");
    let page = &Picture::of_pdf(&folder.path().join("bins.pdf"), 300)[0];
    // The first two of this sheet: 99.1 × 38.1 mm from 4.65 and 106.25 mm.
    let label = |x| page.cut(x, 15.15, 99.1, 38.1, 300);
    let expected = [("BW:BIN:A-01".to_owned(), label(4.65)), ("BW:BIN:A-02".to_owned(), label(106.25))];
    must_read(Tool::Zbarimg, Symbology::Code128, "a table", &expected);
}

#[test]
fn several_pages_of_svg_are_numbered_files() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = labels(folder.path(), &["commands", "--symbol", "qr", "--out", "cards.svg"]);
    assert_eq!(code, Some(0), "{said}");
    for name in ["cards-1.svg", "cards-2.svg"] {
        let svg = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(svg.starts_with("<?xml") && svg.ends_with("</svg>\n"), "{name}");
    }
    assert!(!folder.path().join("cards-3.svg").exists() && !folder.path().join("cards.svg").exists());
}

#[test]
fn what_cannot_be_printed_is_refused_with_the_way_out_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expect) in [
        (&["bins", "A-01", "--sheet", "l7651"][..], "choose --symbol datamatrix or qr, or a larger --sheet"),
        (&["bins", "Schäkel"][..], "use --symbol qr"),
        (&["bins"][..], "no labels; give names, --csv or --config"),
        (&["bins", "A-01", "--sheet", "l7199"][..], "`labels sheets` lists them"),
        (&["bins", "A-01", "--dpi", "20"][..], "from 150 to 2400"),
        (&["commands", "DANCE"][..], "DANCE is no command; commands are USE"),
        (&["places", "garden"][..], "places are vendor, dock"),
        (&["bins", "A-01", "--skip", "21"][..], "skip fewer"),
        (&["codes", "螺栓", "--symbol", "qr"][..], "write an .svg"),
    ] {
        let arguments = [arguments, &["--out", "out.pdf"]].concat();
        let (code, said) = labels(folder.path(), &arguments);
        assert!(code != Some(0) && said.contains(expect), "{arguments:?}: {said}");
        assert!(!folder.path().join("out.pdf").exists(), "{arguments:?}");
    }
    let (code, said) = labels(folder.path(), &["bins", "A-01", "--out", "out.png"]);
    assert!(code == Some(1) && said.contains("neither .pdf nor .svg"), "{said}");
}

#[test]
fn the_sheets_are_listed() {
    let (code, said) = labels(Path::new("."), &["sheets"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(Sheet::all().iter().all(|sheet| said.contains(&*sheet.name)), "{said}");
}

/// Exit code, and standard output and error together.
fn labels(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut labels = command("binwire-agent");
    let output = labels.arg("labels").args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}
