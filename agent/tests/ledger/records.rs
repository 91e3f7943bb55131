//! How records stand in the file, and how a person sees them.

use std::process::{Command, Output};

use agent::ledger::packed::Unpacked;
use rusqlite::types::Type;

use super::*;

impl Site {
    /// Runs `binwire-agent records` for this site.
    fn shows(&self, args: &[&str]) -> Output {
        let config = self.folder.path().join("agent.toml");
        let site = format!(
            "[site]\nname = \"plant-7\"\nstate_dir = \"{}\"\n\n[[feed]]\nname = \"acme\"\nhub = \"http://127.0.0.1:1\"\ntoken = \"t\"\n\n\
             [[feed]]\nname = \"boltco\"\nhub = \"http://127.0.0.1:1\"\ntoken = \"t\"\n",
            self.folder.path().display()
        );
        std::fs::write(&config, site).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_binwire-agent"));
        command.arg("records").arg("--config").arg(config).args(args).output().unwrap()
    }

    fn prints(&self, args: &[&str]) -> String {
        let output = self.shows(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The records of the file, as they stand there.
    fn stored(&self) -> Vec<(Type, usize, String)> {
        let db = rusqlite::Connection::open(self.folder.path().join("ledger.db")).unwrap();
        let mut select = db.prepare("SELECT text FROM record ORDER BY key").unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let value = row.get_ref(0)?;
            let len = value.as_bytes().map_or(0, <[u8]>::len);
            Ok((value.data_type(), len, row.get::<_, Unpacked>(0)?.0))
        };
        select.query_map([], row).unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn records_stand_packed_in_the_file_and_are_read_back_as_they_were_chained() {
    let mut site = Site::new();
    (1..=20).for_each(|qty| drop(site.uses("M8", qty)));
    let stored = site.stored();
    assert_eq!(stored.len(), 20);
    assert!(stored.iter().all(|(form, len, text)| *form == Type::Blob && 2 * len < text.len()), "{stored:?}");
    let standing = site.ledger().standings()[&acme()].clone();
    let reader = Reader::open(site.folder.path()).unwrap();
    let stretch = reader.stretch(standing.life, &standing.standing.epoch, Seq(1), Seq(20)).unwrap();
    let head = stretch.records.iter().fold(stretch.prev, |link, record| link.then(record.as_str()));
    assert_eq!(head, stretch.head);
    assert!(stretch.records.iter().map(|record| record.as_str()).eq(stored.iter().map(|(.., text)| text.as_str())));
    site.restart();
    assert_eq!(site.held("M8", "used"), Some(210));
}

#[test]
fn a_packed_record_that_does_not_unpack_is_damage() {
    let mut site = Site::new();
    (1..=20).for_each(|qty| drop(site.uses("M8", qty)));
    site.ledger = None;
    let db = rusqlite::Connection::open(site.folder.path().join("ledger.db")).unwrap();
    // SQLite itself sees nothing of this.
    db.execute("UPDATE record SET text = zeroblob(length(text)) WHERE key & 1023 = 10", []).unwrap();
    drop(db);
    // It is set aside, and what is proved goes on: of the damaged one its link proves the next.
    site.restart();
    assert_eq!(site.ledger().standings()[&acme()].standing.holes, [(Seq(10), Seq(10))]);
    assert_eq!(site.held("M8", "used"), Some(200));
}

#[test]
fn a_person_sees_the_newest_records_last_while_an_agent_has_the_ledger_and_without_one() {
    let mut site = Site::new();
    (1..=60).for_each(|qty| drop(site.uses("M8", qty)));
    site.uses("SEAL", 7);
    let shown = site.prints(&["acme", "--limit", "2"]);
    let words: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    let time = WallTime::from_millis(1_795_237_200_000).to_string();
    assert_eq!(words[0], ["seq", "at", "what", "item", "qty", "from", "to", "by"]);
    assert_eq!(words[1], ["59", &time, "use", "M8", "59", "bin:A", "used", "scanner"]);
    assert_eq!(words[2], ["60", &time, "use", "M8", "60", "bin:A", "used", "scanner"]);
    assert_eq!(words.len(), 3);
    site.ledger = None;
    assert_eq!(site.prints(&["acme", "--limit", "2"]), shown);
    assert_eq!(site.prints(&["acme", "--from", "59"]), shown);
    assert_eq!(site.prints(&["acme"]).lines().count(), 51);
    let all = site.prints(&["--from", "60"]);
    assert!(all.starts_with("acme:\n") && all.contains("boltco:\nno records\n"), "{all}");
    let texts: String = site.stored().into_iter().map(|(.., text)| text + "\n").collect();
    assert_eq!(site.prints(&["--json", "--limit", "1000"]), texts);
    let unknown = site.shows(&["nobody"]);
    assert!(!unknown.status.success());
    assert_eq!(String::from_utf8_lossy(&unknown.stderr), "error: no feed nobody in the ledger\n");
}
