use std::path::Path;

use crate::{Faults, Notes, Section, read};

fn faults(text: &str, take: impl FnOnce(&mut Notes<'_>, Section<'_, '_>) -> Option<()>) -> Vec<String> {
    match read(text, Path::new("a.toml"), take) {
        Ok(()) => Vec::new(),
        Err(faults) => lines(&faults),
    }
}

fn lines(faults: &Faults) -> Vec<String> {
    faults.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn every_fault_is_found_at_once_with_file_line_key_and_rule() {
    let text = "name = 3\n[port]\nbaud = 0\nparity = \"odd\"\n[[bin]]\nname = \"A\"\ncolour = \"red\"\n";
    let found = faults(text, |notes, mut root| {
        let name = root.needed(notes, "name");
        let mut port = root.table(notes, "port")?;
        let baud = port.integer(notes, "baud", 1..=4_000_000);
        port.text(notes, "parity");
        port.end(notes);
        for mut bin in root.tables(notes, "bin") {
            bin.needed(notes, "name");
            bin.needed(notes, "item");
            bin.end(notes);
        }
        root.end(notes);
        (name.is_some() && baud.is_some()).then_some(())
    });
    assert_eq!(
        found,
        [
            "a.toml:1: name: must be a text; 3 is of type integer",
            "a.toml:3: port.baud: must be a whole number in 1..=4000000; 0 is of type integer",
            "a.toml:5: bin[0].item: is missing",
            "a.toml:7: bin[0].colour: is not known here; known are name, item",
        ]
    );
}

#[test]
fn a_text_that_is_no_toml_says_where() {
    let found = faults("a = 1\nb = \n", |_, _| Some(()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.toml:2: "), "{found:?}");
}

#[test]
fn numbers_may_be_whole_or_not_and_have_a_range() {
    let text = "a = 12\nb = 12.5\nc = -1.0\nd = nan\n";
    let found = faults(text, |notes, mut root| {
        assert_eq!(root.number(notes, "a", 0.0..=100.0).map(|at| at.value), Some(12.0));
        assert_eq!(root.number(notes, "b", 0.0..=100.0).map(|at| at.value), Some(12.5));
        root.number(notes, "c", 0.0..=100.0);
        root.number(notes, "d", 0.0..=100.0);
        root.end(notes);
        Some(())
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_fault_of_a_key_is_told_at_its_line_or_at_its_section() {
    let text = "[[bin]]\nname = \"A\"\nitem = \"M8\"\n\n[[bin]]\nfields.w = 1\nfields.x = 2\n";
    let found = faults(text, |notes, mut root| {
        for mut bin in root.tables(notes, "bin") {
            bin.note(notes, "item", "is wrong");
            if let Some(fields) = bin.table(notes, "fields") {
                fields.note(notes, "x", "is odd");
                fields.note(notes, "y", "is missing");
            }
        }
        None
    });
    assert_eq!(
        found,
        [
            "a.toml:3: bin[0].item: is wrong",
            "a.toml:5: bin[1].item: is wrong",
            "a.toml:6: bin[1].fields.y: is missing",
            "a.toml:7: bin[1].fields.x: is odd",
        ]
    );
}

#[test]
fn warnings_are_handed_out_in_order_and_are_no_faults() {
    let text = "a = \"x\"\nb = \"y\"\n";
    let read = read(text, Path::new("a.toml"), |notes, mut root| {
        let (a, b) = (root.text(notes, "a")?, root.text(notes, "b")?);
        notes.warn_at(&b, "looks odd");
        notes.warn_at(&a, "looks odd too");
        let warnings = notes.take_warnings();
        assert!(notes.take_warnings().is_empty());
        Some(warnings.into_iter().map(|warning| (warning.line, warning.key, warning.rule)).collect::<Vec<_>>())
    });
    let warning = |line, key: &str, rule: &str| (line, key.to_owned(), rule.to_owned());
    assert_eq!(read.unwrap(), [warning(1, "a", "looks odd too"), warning(2, "b", "looks odd")]);
}
