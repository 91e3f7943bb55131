//! Any text as facts that were kept beside the ledger, `kind`, `name` and JSON separated by tabs, a line each: the floor starts
//! and answers.
#![no_main]

use std::{path::Path, sync::LazyLock, time::Duration};

use agent::{
    config::Config,
    floor::{Books, Floor, KeptFact, Look, Setup, moment::Moment},
};
use gateway_proto::time::WallTime;
use libfuzzer_sys::fuzz_target;

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let file = include_str!("../../config/try/agent.toml");
    let config = Config::parse(file, Path::new("/nowhere/site.toml")).expect("a good file");
    Setup {
        register: config.register,
        labels: config.labels,
        stations: config.stations,
        scales: Vec::new(),
        caution: config.alarms.caution,
    }
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let row = |line: &str| {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        Some(KeptFact { kind: fields.next()?, name: fields.next()?, text: fields.next()? })
    };
    let kept = text.lines().filter_map(row).collect();
    let wall = WallTime::from_millis(1_790_000_000_000);
    let now = Moment { elapsed: Duration::from_secs(60), wall, clock: None };
    let mut floor = Floor::new(SETUP.clone(), kept, Books::default(), &now);
    floor.tick(&now);
    for look in [Look::Bins, Look::Stations, Look::Alarms, Look::Notices, Look::Counts, Look::Due, Look::Accuracy] {
        let _ = floor.look(&now, &look);
    }
});
