//! The two characters that say what a format of an envelope is (ISO/IEC 15434, table of format indicators).

/// The formats that have a meaning; all other numbers are reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Indicator {
    /// 01: a two-digit version, then the carrier's fields.
    Transportation,
    /// 02
    Edifact,
    /// 03
    X12,
    /// 04
    UnEdi,
    /// 05: GS1 element strings.
    ApplicationIdentifiers,
    /// 06: MH10.8.2.
    DataIdentifiers,
    /// 07
    FreeText,
    /// 08
    Cii,
    /// 09: with its own byte count, so separators may stand in it.
    Binary,
    /// 12: a word of three characters, a space, the value (ATA Spec 2000).
    TextIdentifiers,
    /// DD: what 12 was before it had a number.
    LegacyDod,
}

impl Indicator {
    const ALL: [Self; 11] = [
        Self::Transportation,
        Self::Edifact,
        Self::X12,
        Self::UnEdi,
        Self::ApplicationIdentifiers,
        Self::DataIdentifiers,
        Self::FreeText,
        Self::Cii,
        Self::Binary,
        Self::TextIdentifiers,
        Self::LegacyDod,
    ];

    /// As it stands in the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transportation => "01",
            Self::Edifact => "02",
            Self::X12 => "03",
            Self::UnEdi => "04",
            Self::ApplicationIdentifiers => "05",
            Self::DataIdentifiers => "06",
            Self::FreeText => "07",
            Self::Cii => "08",
            Self::Binary => "09",
            Self::TextIdentifiers => "12",
            Self::LegacyDod => "DD",
        }
    }

    /// The indicator at the beginning, and what is behind it.
    pub(super) fn split(rest: &[u8]) -> Option<(Self, &[u8])> {
        Self::ALL.into_iter().find_map(|indicator| Some((indicator, rest.strip_prefix(indicator.as_str().as_bytes())?)))
    }
}
