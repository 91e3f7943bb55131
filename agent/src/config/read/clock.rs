//! What speaks for the time.

use settings::Section;

use super::Reader;
use crate::clock::{ClockConfig, trust::Belief};

impl Reader<'_, '_> {
    pub(super) fn clock(&mut self, mut section: Section<'_, '_>) -> ClockConfig {
        let mut config = ClockConfig::default();
        let trust = section.text(self.notes, "trust");
        let file = section.text(self.notes, "synchronized_file").and_then(|text| self.path(text));
        section.end(self.notes);
        match trust.as_ref().map(|at| at.value.as_str()) {
            None | Some("auto") => {}
            Some("always") => config.trust = Belief::Always,
            Some("never") => config.trust = Belief::Never,
            Some(_) => {
                if let Some(at) = &trust {
                    self.notes.note_at(at, "must be auto, always or never");
                }
            }
        }
        if let Some(file) = file {
            config.synchronized_file = file.value;
        }
        config
    }
}
