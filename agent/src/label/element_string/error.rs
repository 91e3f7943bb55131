//! Why a scan or an element string is refused.

use crate::label::application_identifier::{Ai, Fault};

/// Offsets count bytes from the first behind the symbology identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Error {
    #[error("the scan has no symbology identifier; switch on the AIM identifier in the scanner")]
    MissingSymbologyId,
    #[error("the symbology identifier is none that is known")]
    UnsupportedSymbologyId,
    #[error("there is nothing behind the symbology identifier")]
    Empty,
    /// EAN, UPC and ITF: a number without AI.
    #[error("article number: {0}")]
    ArticleNumber(Fault),
    #[error("expected \"(AI)value\" at position {at}")]
    BracketSyntax { at: usize },
    #[error("no application identifier begins at position {at}; a separator may be lost before it")]
    UnknownAi { at: usize },
    #[error("AI ({ai}): {fault}, at position {at}")]
    Value { ai: Ai, fault: Fault, at: usize },
    #[error("\"^\" at position {at} is not allowed in GS1 data; the scanner may send it in place of the separator")]
    Caret { at: usize },
    #[error("more than {} elements", super::ELEMENTS_MAX)]
    TooManyElements,
    #[error("AI ({ai}) must not stand with AI ({other})")]
    MutuallyExclusive { ai: Ai, other: Ai },
    #[error("AI ({ai}) stands twice, with different values")]
    RepeatedDifferent { ai: Ai },
    #[error("AI ({ai}) must stand with one of {needs}")]
    RequisiteMissing { ai: Ai, needs: &'static str },
    #[error("AI ({ai}) must have its serial part when AI (8030) signs it")]
    SerialRequired { ai: Ai },
    /// The payload cannot be read as it stands, and there is more than one way to read it with separators put in.
    #[error("separators are lost and there is more than one way to read the label; let the scanner send GS (1D)")]
    SeparatorAmbiguous {
        /// Class of what is wrong with the payload as it stands.
        code: &'static str,
    },
}

impl Gs1Error {
    /// The short class of the error, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingSymbologyId => "missing-symbology-id",
            Self::UnsupportedSymbologyId => "unsupported-symbology-id",
            Self::Empty => "value-empty",
            Self::ArticleNumber(fault) | Self::Value { fault, .. } => fault.code(),
            Self::BracketSyntax { .. } => "bracket-syntax",
            Self::UnknownAi { .. } => "unknown-ai",
            Self::Caret { .. } => "illegal-character",
            Self::TooManyElements => "value-too-long",
            Self::MutuallyExclusive { .. } => "ai-mutually-exclusive",
            Self::RepeatedDifferent { .. } => "ai-repeated-different",
            Self::RequisiteMissing { .. } => "ai-requisite-missing",
            Self::SerialRequired { .. } => "serial-required",
            Self::SeparatorAmbiguous { code } => code,
        }
    }

    /// The AI it is about, where there is one.
    #[must_use]
    pub const fn ai(&self) -> Option<Ai> {
        match self {
            Self::Value { ai, .. }
            | Self::MutuallyExclusive { ai, .. }
            | Self::RepeatedDifferent { ai }
            | Self::RequisiteMissing { ai, .. }
            | Self::SerialRequired { ai } => Some(*ai),
            Self::MissingSymbologyId
            | Self::UnsupportedSymbologyId
            | Self::Empty
            | Self::ArticleNumber(_)
            | Self::BracketSyntax { .. }
            | Self::UnknownAi { .. }
            | Self::Caret { .. }
            | Self::TooManyElements
            | Self::SeparatorAmbiguous { .. } => None,
        }
    }
}
