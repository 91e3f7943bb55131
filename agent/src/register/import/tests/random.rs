//! Random registers out and in again, and random bytes. `SEED=n` replays one case.

use super::{super::super::export::export, *};

/// The rows of a register in every kind.
fn all(register: &Register) -> Vec<(Fact, Origin)> {
    Kind::ALL.into_iter().flat_map(|kind| register.facts(kind)).collect()
}

#[test]
fn what_is_exported_comes_in_again_without_a_change_and_fills_an_empty_register_alike() {
    let mut facts = 0;
    let all_seeds = each_seed(300, |seed| {
        let register = random_register(&mut Random(seed));
        facts += all(&register).len();
        let mut copy = Register::new(["acme", "boltco"].map(|feed| feed.parse().unwrap()));
        for kind in Kind::ALL {
            let file = export(kind, &register);
            let same = Import::read(kind, &file, &register);
            assert_eq!((same.changes.len(), same.faults.len()), (0, 0), "{same}\n{}", String::from_utf8_lossy(&file));
            assert_eq!(same.unchanged, register.len(kind));
            let import = Import::read(kind, &file, &copy);
            for fact in import.facts(OnFault::TakeNone).unwrap_or_else(|error| panic!("{error}\n{import}")) {
                let json = serde_json::to_string(fact).unwrap();
                let kept: Fact = serde_json::from_str(&json).unwrap();
                assert_eq!(kept, *fact, "{json}");
                copy.apply(kept, Origin::Imported).unwrap();
            }
        }
        assert_eq!(all(&copy), all(&register));
    });
    assert!(facts > 5_000 || !all_seeds, "registers must hold something: {facts}");
}

#[test]
fn no_bytes_make_an_import_panic_or_break_the_register() {
    let register = register();
    let bare = Register::new(["acme", "boltco"].map(|feed| feed.parse().unwrap()));
    let files: Vec<_> = Kind::ALL.into_iter().map(|kind| (kind, export(kind, &register))).collect();
    let mut taken = 0;
    let all_seeds = each_seed(20_000, |seed| {
        let mut random = Random(seed);
        let (kind, file) = &files[random.below(files.len())];
        let bytes = if random.below(4) == 0 { random.bytes(400) } else { random.spoiled(file) };
        let register = if random.below(2) == 0 { &register } else { &bare };
        let import = Import::read(*kind, &bytes, register);
        assert!(import.to_string().contains("unchanged"));
        if let Ok(facts) = import.facts(OnFault::SkipBad) {
            let mut after = register.clone();
            for fact in facts {
                after.apply(fact.clone(), Origin::Imported).unwrap();
                taken += 1;
            }
        }
        let rows = import.bad_rows + import.unchanged + import.changes.len();
        assert!(import.faults.is_empty() || import.bad_rows > 0 || import.form == Form::Broken);
        assert!(rows <= bytes.len() + 1);
    });
    assert!(taken > 1_000 || !all_seeds, "many files must still be good for something: {taken}");
}

/// Runs a case with each seed, or with the one in `SEED`, and prints the seed of the one that fails. Whether it ran all.
fn each_seed(count: u64, mut case: impl FnMut(u64)) -> bool {
    let one: Option<u64> = std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    for seed in one.map_or(0..count, |seed| seed..seed + 1) {
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(seed)));
        assert!(ran.is_ok(), "replay with SEED={seed}");
    }
    one.is_none()
}

fn random_register(random: &mut Random) -> Register {
    let mut register = Register::new(["acme", "boltco"].map(|feed| feed.parse().unwrap()));
    for _ in 0..random.below(60) {
        let kind = Kind::ALL[random.below(Kind::ALL.len())];
        if let Some(fact) = random_fact(kind, &register, random) {
            // Most are good; those that are not are no concern of an export.
            drop(register.apply(fact, Origin::Imported));
        }
    }
    register
}

fn random_fact(kind: Kind, register: &Register, random: &mut Random) -> Option<Fact> {
    let items: Vec<_> = register.facts(Kind::Item).map(|(fact, _)| fact.name()).collect();
    let containers: Vec<_> = register.facts(Kind::Container).map(|(fact, _)| fact.name()).collect();
    let item = |random: &mut Random| items.get(random.below(items.len().max(1))).cloned();
    let cells = match kind {
        Kind::Item => {
            let weighed = random.below(2) == 0;
            let when = |text: String| if weighed { text } else { String::new() };
            let (min, max) = (random.below(100), 100 + random.below(100));
            vec![
                random.text(),
                random.one(&["acme", "boltco"]),
                random.maybe_text(),
                random.one(&["EA", "M", "Stück", "pcs2"]),
                random.one(&["none", "lot", "serial"]),
                random.one(&["yes", "no"]),
                when(random.grams()),
                when(format!("0.{}", random.below(5_000) + 1)),
                when((2 + random.below(100)).to_string()),
                random.one(&["", "A", "B", "C"]),
                random.maybe(min),
                random.maybe(max),
            ]
        }
        Kind::Code => vec![
            random.text(),
            item(random)?,
            random.one(&["vendor", "customer", "manufacturer", "other"]),
            (1 + random.below(1_000)).to_string(),
            random.one(&["", "BX", "pal"]),
        ],
        Kind::Container => vec![random.name(), random.grams(), random.grams()],
        Kind::Bin => {
            let (min, max) = (random.below(100), 100 + random.below(100));
            vec![
                random.name(),
                item(random)?,
                containers.get(random.below(containers.len() * 2 + 1)).cloned().unwrap_or_default(),
                if random.below(2) == 0 { random.grams() } else { String::new() },
                random.maybe(max + 10),
                random.maybe(min),
                random.maybe(max),
                random.one(&["used", "bench", "field:van 3", "asset:P:1", "scrap"]),
                random.one(&["dock", "vendor", "bin:Z"]),
            ]
        }
        Kind::Operator => vec![random.name(), random.name(), random.one(&["technician", "parts-manager", "admin"])],
        Kind::Asset => vec![random.name(), random.maybe_text()],
        Kind::Shipment => vec![
            random.one(&["", "340123451111111111", "106141411234567897"]),
            random.name(),
            random.name().replace('/', "_"),
            item(random)?,
            (1 + random.below(1_000_000)).to_string(),
            if random.below(2) == 0 { random.name() } else { String::new() },
            random.one(&["open", "received"]),
        ],
    };
    kind.read(&mut Cells::new(kind.columns(), cells))
}

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.below(of.len())].to_owned()
    }

    fn maybe(&mut self, number: usize) -> String {
        if self.below(2) == 0 { number.to_string() } else { String::new() }
    }

    fn grams(&mut self) -> String {
        format!("{}.{:06}", self.below(900_000), 1 + self.below(999_998))
    }

    /// Any characters, those that files trip over most of all.
    fn text(&mut self) -> String {
        self.chars(&["\n", "\r", "\r\n", "\t", "\u{1d}", "\0", "\u{feff}"])
    }

    /// Printable ones.
    fn name(&mut self) -> String {
        self.chars(&["/", ":"])
    }

    fn maybe_text(&mut self) -> String {
        if self.below(2) == 0 { self.name() } else { String::new() }
    }

    fn chars(&mut self, further: &[&str]) -> String {
        const USUAL: [&str; 24] = [
            "a", "B", "7", "0", "=", "+", "-", "@", "'", "\"", ",", ";", " ", "#", "# ", "E+", "é", "部", ".",
            "\u{a0}", "|", "\"\"", "x", "9",
        ];
        let len = 1 + self.below(8);
        (0..len)
            .map(|_| {
                let at = self.below(USUAL.len() + further.len());
                USUAL.iter().chain(further).nth(at).copied().unwrap_or("a")
            })
            .collect()
    }

    fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        const USUAL: &[u8] = b"\",;\t\r\n'=#nameitcod0123\xff\xc3";
        let len = self.below(len_max);
        (0..len)
            .map(|_| if self.below(3) == 0 { self.next().to_le_bytes()[0] } else { USUAL[self.below(USUAL.len())] })
            .collect()
    }

    /// A file with some bytes changed, lost or doubled.
    fn spoiled(&mut self, file: &[u8]) -> Vec<u8> {
        let mut bytes = file.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            match self.below(4) {
                0 if !bytes.is_empty() => bytes[at] = self.bytes(2).first().copied().unwrap_or(b'"'),
                1 => bytes.truncate(bytes.len() - self.below(bytes.len().min(40))),
                2 => bytes.splice(at..at, self.bytes(6)).for_each(drop),
                _ => {
                    let end = (at + self.below(60)).min(bytes.len());
                    let copy = bytes[at.min(end)..end].to_vec();
                    bytes.extend(copy);
                }
            }
        }
        bytes
    }
}
