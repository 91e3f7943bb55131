//! What is in the rack, and the truth: what the picker's own hands did.

use std::collections::BTreeMap;

/// A part of the rack.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) item: &'static str,
    pub(super) vendor: &'static str,
    pub(super) bin: &'static str,
    pub(super) counted_by: CountedBy,
    pub(super) tare_g: f64,
    pub(super) piece_g: f64,
    /// Pieces in the bin when the day begins.
    pub(super) opening: u64,
}

/// How the site knows what is in a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedBy {
    /// An MT-SICS scale on a serial line.
    Scale,
    /// A sensor that publishes over MQTT.
    Sensor,
    /// A person with a scanner.
    Scanner,
}

pub(super) const VENDORS: [&str; 2] = ["acme", "boltco"];

pub(super) const PARTS: [Part; 4] = [
    Part {
        item: "M8-BOLT",
        vendor: "acme",
        bin: "A-01",
        counted_by: CountedBy::Scale,
        tare_g: 210.0,
        piece_g: 8.05,
        opening: 400,
    },
    Part {
        item: "BEARING-6204",
        vendor: "acme",
        bin: "A-02",
        counted_by: CountedBy::Scale,
        tare_g: 180.0,
        piece_g: 106.0,
        opening: 60,
    },
    Part {
        item: "SEAL-22",
        vendor: "boltco",
        bin: "B-01",
        counted_by: CountedBy::Sensor,
        tare_g: 95.0,
        piece_g: 3.4,
        opening: 250,
    },
    Part {
        item: "FILTER-7",
        vendor: "boltco",
        bin: "B-02",
        counted_by: CountedBy::Scanner,
        tare_g: 0.0,
        piece_g: 0.0,
        opening: 0,
    },
];

/// What really happened.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    used: BTreeMap<&'static str, i64>,
    in_bin: BTreeMap<&'static str, i64>,
}

impl Part {
    /// What the bin weighs with so many pieces in it, in grams.
    pub(super) fn grams(&self, pieces: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a bin holds a few hundred pieces")]
        let pieces = pieces as f64;
        self.tare_g + pieces * self.piece_g
    }
}

impl Truth {
    /// The rack as it was found in the morning.
    pub(super) fn opening() -> Self {
        let opening = |part: &Part| (part.item, i64::try_from(part.opening).expect("a small number"));
        Self { used: PARTS.iter().map(|part| (part.item, 0)).collect(), in_bin: PARTS.iter().map(opening).collect() }
    }

    pub(super) fn take(&mut self, part: &Part, pieces: i64) {
        *self.used.entry(part.item).or_default() += pieces;
        *self.in_bin.entry(part.item).or_default() -= pieces;
    }

    pub(super) fn fill(&mut self, part: &Part, pieces: i64) {
        *self.in_bin.entry(part.item).or_default() += pieces;
    }

    pub(super) fn used(&self, item: &str) -> i64 {
        self.used.get(item).copied().unwrap_or(0)
    }

    pub(super) fn in_bin(&self, item: &str) -> i64 {
        self.in_bin.get(item).copied().unwrap_or(0)
    }
}
