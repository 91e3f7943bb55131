//! How labels are read.

use settings::Section;

use super::Reader;
use crate::label::{
    LabelRules,
    lost_separator::Separator,
    site_label::{self, SiteLabel, SiteLabelKind},
};

impl Reader<'_, '_> {
    /// `[labels]` and every `[[label]]`.
    pub(super) fn labels(&mut self, root: &mut Section<'_, '_>) -> Option<LabelRules> {
        let mut rules = LabelRules::default();
        if let Some(mut section) = root.table(self.notes, "labels") {
            rules.data_identifiers = section.flag(self.notes, "data_identifiers").is_some_and(|at| at.value);
            if let Some(text) = section.text(self.notes, "separator") {
                match Separator::named(&text.value) {
                    Some(separator) => rules.separator = separator,
                    None => self.notes.note_at(&text, "must be gs, space, |, ~, ^, _, {GS}, <GS> or ␝"),
                }
            }
            section.end(self.notes);
        }
        let labels = self.list(root, "label", Self::label)?;
        for clash in site_label::clashes(&labels) {
            self.notes.note(&(0..0), "label", clash);
        }
        rules.site = labels;
        Some(rules)
    }

    fn label(&mut self, section: &mut Section<'_, '_>) -> Option<SiteLabel> {
        let kind = section.needed(self.notes, "kind");
        let pattern = section.needed(self.notes, "pattern");
        let samples = section.texts(self.notes, "samples").unwrap_or_default();
        let (kind, pattern) = (kind?, pattern?);
        let Some(named) = SiteLabelKind::named(&kind.value) else {
            self.notes.note_at(&kind, "must be item, bin, place, asset, badge, job, order or action");
            return None;
        };
        match SiteLabel::new(named, &pattern.value, samples.into_iter().map(|at| at.value).collect()) {
            Ok(label) => Some(label),
            Err(error) => {
                self.notes.note_at(&pattern, error);
                None
            }
        }
    }
}
