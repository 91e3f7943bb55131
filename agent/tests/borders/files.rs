//! The site's file and files of master data.

use std::path::Path;

use agent::{
    config::{Config, ConfigError},
    register::{
        Register,
        export::export,
        fact::{Kind, Origin},
        import::{FAULTS_MAX, Form, Import, OnFault},
    },
};

use crate::{garble::storm, site};

/// The whole example takes a millisecond to read.
const SITES: u32 = 5_000;

const TABLES: u32 = 30_000;

/// Of one fault: a line of a terminal or two, wrapped.
const FAULT_CHARS_MAX: usize = 1_500;

#[test]
fn no_text_breaks_the_sites_file() {
    let good = [site::FILE, include_str!("../../../config/try/agent.toml"), include_str!("../../../config/agent.toml")];
    let good = [&good[..2], &good].concat();
    let (mut text, mut sound) = (Vec::new(), 0);
    let inputs = storm("site file", SITES, |random| {
        random.garble(&good, &mut text);
        let text = String::from_utf8_lossy(&text);
        // What it names would be read.
        if text.contains("_file") || text.contains("ca ") || text.contains("ca=") {
            return;
        }
        match Config::parse(&text, Path::new("/nowhere/site.toml")) {
            Ok(config) => {
                sound += 1;
                let _ = config.register.catalog();
            }
            Err(ConfigError::Faults(faults)) => {
                let told = faults.to_string();
                assert!(!told.is_empty());
                for line in told.lines() {
                    let (chars, begins) = (line.chars().count(), line.chars().take(200).collect::<String>());
                    assert!(chars <= FAULT_CHARS_MAX, "a fault of {chars} characters: {begins}");
                }
            }
            Err(ConfigError::Read { .. }) => panic!("nothing is read"),
        }
    });
    assert!(inputs < SITES || sound > inputs / 50, "{sound}");
}

#[test]
fn no_table_changes_what_it_does_not_say() {
    let register = site::register();
    let bare = Register::new(["acme", "boltco"].map(|feed| feed.parse().unwrap()));
    let examples = [
        include_str!("../../../config/examples/items.csv"),
        include_str!("../../../config/examples/codes.csv"),
        include_str!("../../../config/examples/containers.csv"),
        include_str!("../../../config/examples/bins.csv"),
        include_str!("../../../config/examples/operators.csv"),
        include_str!("../../../config/examples/assets.csv"),
        include_str!("../../../config/examples/shipments.csv"),
    ];
    let files: Vec<Vec<u8>> = Kind::ALL
        .into_iter()
        .map(|kind| export(kind, &register))
        .chain(examples.map(|example| example.as_bytes().to_vec()))
        .collect();
    let (mut bytes, mut taken, mut refused) = (Vec::new(), 0, 0);
    let inputs = storm("table", TABLES, |random| {
        random.garble(&files, &mut bytes);
        let kind = random.one_of(&Kind::ALL);
        let register = if random.once_in(3) { &bare } else { &register };
        let import = Import::read(kind, &bytes, register);
        for fault in &import.faults {
            let told = fault.to_string();
            assert!(!told.is_empty() && told.chars().count() <= 2 * FAULT_CHARS_MAX, "{told:?}");
        }
        assert!(import.faults.len() <= FAULTS_MAX);
        // A file that is read whole accounts for each row; one that is not is not taken at all.
        match import.form {
            Form::Whole => assert!(import.bad_rows > 0 || import.faults.is_empty()),
            Form::Broken => assert!(import.changes.is_empty() && !import.faults.is_empty()),
        }
        assert!(import.facts(OnFault::TakeNone).is_err() || import.faults.is_empty());
        let Ok(facts) = import.facts(OnFault::SkipBad) else {
            refused += 1;
            return;
        };
        let mut after = register.clone();
        for fact in facts {
            taken += 1;
            after.apply(fact.clone(), Origin::Imported).unwrap();
            let json = serde_json::to_string(fact).unwrap();
            assert_eq!(&serde_json::from_str::<agent::register::fact::Fact>(&json).unwrap(), fact);
        }
        let _ = after.catalog();
    });
    assert!(inputs < TABLES || (taken > inputs / 100 && refused > inputs / 100), "{taken} {refused}");
}
