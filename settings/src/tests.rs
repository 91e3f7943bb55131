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
