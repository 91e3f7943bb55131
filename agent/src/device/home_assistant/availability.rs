//! Availability: whether an announced entity is there, told by one topic or by several together.
//!
//! Owns the three modes of combining them. Must not know what is announced or measured.

use super::discovery::AnnouncedAvailability;
use super::template::{Rendered, Template, TemplateError};
use crate::device::json::JsonError;
use crate::device::topic::{TopicError, TopicName};

/// How several topics make one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mode {
    /// The one heard last decides.
    #[default]
    Latest,
    /// There if all say so.
    All,
    /// There if one says so.
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Availability {
    mode: Mode,
    sources: Vec<Source>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    topic: TopicName,
    template: Template,
    available: String,
    not_available: String,
    /// What it said last.
    last: Option<bool>,
}

/// Why announced availability cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AvailabilityError {
    #[error("read availability topic")]
    Topic(#[from] TopicError),
    #[error("read availability template")]
    Template(#[from] TemplateError),
}

impl Availability {
    pub(super) fn new(mode: Mode, announced: Vec<AnnouncedAvailability>) -> Result<Self, AvailabilityError> {
        let sources =
            announced.into_iter().map(|AnnouncedAvailability { topic, available, not_available, template }| {
                let template = template.as_deref().map(Template::parse).transpose()?.unwrap_or_default();
                Ok(Source { topic: TopicName::parse(&topic)?, template, available, not_available, last: None })
            });
        Ok(Self { mode, sources: sources.collect::<Result<_, AvailabilityError>>()? })
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = &TopicName> {
        self.sources.iter().map(|source| &source.topic)
    }

    /// Whether the entity is there after this message; `None` when the message does not say, or not all are heard yet.
    pub(super) fn handle(&mut self, topic: &str, payload: &[u8]) -> Result<Option<bool>, JsonError> {
        let mut said = None;
        for source in self.sources.iter_mut().filter(|source| source.topic.as_str() == topic) {
            let Rendered::Text(text) = source.template.render(payload)? else { continue };
            // Other words, such as "sleeping", are none of the two.
            if text == source.available {
                source.last = Some(true);
                said = Some(true);
            } else if text == source.not_available {
                source.last = Some(false);
                said = Some(false);
            }
        }
        Ok(said.and_then(|said| self.combined(said)))
    }

    fn combined(&self, latest: bool) -> Option<bool> {
        let decisive = match self.mode {
            Mode::Latest => return Some(latest),
            Mode::All => false,
            Mode::Any => true,
        };
        if self.sources.iter().any(|source| source.last == Some(decisive)) {
            return Some(decisive);
        }
        self.sources.iter().all(|source| source.last == Some(!decisive)).then_some(!decisive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(topic: &str, template: Option<&str>) -> AnnouncedAvailability {
        AnnouncedAvailability {
            topic: topic.into(),
            available: "online".into(),
            not_available: "offline".into(),
            template: template.map(Into::into),
        }
    }

    /// What follows of `messages`, in the three modes.
    fn check(messages: &[(&str, &str)], expect: [Option<bool>; 3]) {
        for (mode, expect) in [Mode::Latest, Mode::All, Mode::Any].into_iter().zip(expect) {
            let sources = vec![announced("a", None), announced("b", Some("{{ value_json.state }}"))];
            let mut availability = Availability::new(mode, sources).unwrap();
            let last =
                messages.iter().map(|(topic, payload)| availability.handle(topic, payload.as_bytes()).unwrap()).last();
            assert_eq!(last.flatten(), expect, "{mode:?} {messages:?}");
        }
    }

    #[test]
    fn several_topics_make_one_answer_by_their_mode() {
        let (on, off) = (r#"{"state":"online"}"#, r#"{"state":"offline"}"#);
        check(&[("a", "online")], [Some(true), None, Some(true)]);
        check(&[("a", "offline")], [Some(false), Some(false), None]);
        check(&[("a", "online"), ("b", on)], [Some(true), Some(true), Some(true)]);
        check(&[("a", "online"), ("b", off)], [Some(false), Some(false), Some(true)]);
        check(&[("a", "offline"), ("b", on)], [Some(true), Some(false), Some(true)]);
        check(&[("a", "offline"), ("b", off)], [Some(false), Some(false), Some(false)]);
    }

    #[test]
    fn other_words_and_other_topics_say_nothing() {
        check(&[("a", "online"), ("a", "sleeping")], [None; 3]);
        check(&[("a", "online"), ("a", "")], [None; 3]);
        check(&[("a", "online"), ("b", "{}")], [None; 3]);
        check(&[("c", "online")], [None; 3]);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let new = |topic, template| Availability::new(Mode::Latest, vec![announced(topic, template)]).map(|_| ());
        assert_eq!(new("a/#", None), Err(AvailabilityError::Topic(TopicError::Wildcard)));
        assert_eq!(new("a", Some("{{ x }}")), Err(AvailabilityError::Template(TemplateError::Variable)));
    }
}
