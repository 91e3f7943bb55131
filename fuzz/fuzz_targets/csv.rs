//! Any bytes as a file of master data, the first byte saying of which kind: what is taken stands in the register, comes out
//! as a file, and that file changes nothing.
#![no_main]

use agent::register::{
    Register,
    export::export,
    fact::{Kind, Origin},
    import::{Import, OnFault},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    let kind = Kind::ALL[usize::from(*kind) % Kind::ALL.len()];
    let mut register = Register::new(["acme", "boltco"].map(|feed| feed.parse().expect("a feed's name")));
    let items = Import::read(Kind::Item, b"code,feed\nM8,acme\nP1,boltco\n", &register);
    for fact in items.facts(OnFault::TakeNone).expect("a good file") {
        register.apply(fact.clone(), Origin::Imported).expect("a good fact");
    }
    let import = Import::read(kind, bytes, &register);
    for fault in &import.faults {
        assert!(fault.to_string().chars().count() < 4_000);
    }
    let Ok(facts) = import.facts(OnFault::SkipBad) else { return };
    for fact in facts {
        register.apply(fact.clone(), Origin::Imported).expect("what is planned can be taken in");
    }
    let again = Import::read(kind, &export(kind, &register), &register);
    assert!(again.changes.is_empty() && again.faults.is_empty(), "{again}");
});
