//! How labels are read.

use settings::{At, Section};

use super::Reader;
use crate::label::{
    LabelRules,
    lost_separator::Separator,
    site_label::{self, SiteLabel, SiteLabelKind},
};

impl Reader<'_, '_> {
    /// `[labels]` and every `[[label]]`, after the items.
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
        let (labels, patterns): (Vec<SiteLabel>, Vec<At<String>>) = labels.into_iter().unzip();
        for clash in site_label::clashes(&labels) {
            if let Some(pattern) = patterns.get(clash.label) {
                self.notes.note_at(pattern, clash.what);
            }
        }
        for overlap in site_label::overlaps(&labels, rules.data_identifiers) {
            if let Some(pattern) = patterns.get(overlap.label) {
                self.notes.warn_at(pattern, overlap.what);
            }
        }
        for (label, pattern) in labels.iter().zip(&patterns) {
            self.check_items(label, pattern);
        }
        rules.site = labels;
        Some(rules)
    }

    fn label(&mut self, section: &mut Section<'_, '_>) -> Option<(SiteLabel, At<String>)> {
        let kind = section.needed(self.notes, "kind");
        let pattern = section.needed(self.notes, "pattern");
        let samples = section.texts(self.notes, "samples").unwrap_or_default();
        let (kind, pattern) = (kind?, pattern?);
        let Some(named) = SiteLabelKind::named(&kind.value) else {
            self.notes.note_at(&kind, "must be item, bin, place, asset, badge, job, order or action");
            return None;
        };
        match SiteLabel::new(named, &pattern.value, samples.into_iter().map(|at| at.value).collect()) {
            Ok(label) => Some((label, pattern)),
            Err(error) => {
                self.notes.note_at(&pattern, error);
                None
            }
        }
    }

    /// A code that stands in an item is that item, whatever else it looks like: whoever shows such a badge books a part.
    fn check_items(&mut self, label: &SiteLabel, pattern: &At<String>) {
        if label.kind() == SiteLabelKind::Item {
            return;
        }
        let codes = self.names.codes.iter().map(|(code, item)| (code.as_str(), item));
        let articles = self.names.articles.iter().map(|(gtin, (_, item))| (gtin.as_str(), item));
        let mut taken = codes.chain(articles).filter(|(code, _)| label.value(code.as_bytes()).is_some());
        if let Some((code, item)) = taken.next() {
            let more = match taken.count() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let rule = format_args!(
                "{} pattern also matches {code:?}, a code of item {item}{more}: the item goes first, and that label would \
                 book a part; make the pattern narrower, or take the code out of [[item]]",
                label.kind()
            );
            self.notes.note_at(pattern, rule);
        }
    }
}
