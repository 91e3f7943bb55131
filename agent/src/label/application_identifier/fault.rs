//! What can be wrong with the value of an application identifier.

use super::CharSet;

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the value is missing")]
    Empty,
    #[error("the value is too short")]
    TooShort,
    #[error("the value is too long")]
    TooLong,
    #[error("the value has the wrong length")]
    WrongLength,
    #[error("a digit is expected")]
    NonDigit,
    #[error("a character that GS1 does not allow here")]
    OutsideCharSet(CharSet),
    #[error("\"^\" is not allowed in GS1 data")]
    Caret,
    #[error("base64 is padded wrongly")]
    Base64Padding,
    #[error("the check digit is wrong")]
    CheckDigit,
    #[error("the two check characters are wrong")]
    CheckPair,
    #[error("a character that no check pair has")]
    CheckPairCharacter,
    #[error("there is no room for the two check characters")]
    CheckPairTooShort,
    #[error("the company prefix must be digits")]
    CompanyPrefix,
    #[error("too short to begin with a company prefix")]
    CompanyPrefixTooShort,
    #[error("the importer index is a letter, a digit, \"-\" or \"_\"")]
    ImporterIndex,
    #[error("zero is not allowed")]
    ZeroValue,
    #[error("must be zero")]
    NotZero,
    #[error("a leading zero is not allowed")]
    ZeroPrefix,
    #[error("must be 0 or 1")]
    YesNo,
    #[error("the winding direction is 0, 1 or 9")]
    Winding,
    #[error("no country has this ISO 3166 number")]
    Country,
    #[error("no country has this ISO 3166 number, and it is not 999")]
    CountryOr999,
    #[error("no country has these ISO 3166 letters")]
    CountryAlpha2,
    #[error("no currency has this ISO 4217 number")]
    Currency,
    #[error("an IBAN has digits and capitals only")]
    IbanCharacter,
    #[error("an IBAN begins with a country's two letters")]
    IbanCountry,
    #[error("an IBAN has 11 to 34 characters")]
    IbanLength,
    #[error("the check digits of the IBAN are wrong")]
    IbanCheck,
    #[error("there is no such month")]
    Month,
    #[error("the month has no such day")]
    Day,
    #[error("there is no such hour")]
    Hour,
    #[error("there is no such minute")]
    Minute,
    #[error("there is no such second")]
    Second,
    #[error("the piece number is zero")]
    PieceZero,
    #[error("the number of pieces is zero")]
    PieceTotalZero,
    #[error("the piece number is above the number of pieces")]
    PieceExceedsTotal,
    #[error("\"%\" must be followed by two hexadecimal digits")]
    PercentEncoding,
    #[error("the latitude is out of range")]
    Latitude,
    #[error("the longitude is out of range")]
    Longitude,
    #[error("there is no such AIDC media type")]
    MediaType,
    #[error("there is no such package type")]
    PackageType,
    #[error("only a hyphen may stand here")]
    Hyphen,
    #[error("the ISO/IEC 5218 sex code is 0, 1, 2 or 9")]
    SexCode,
    #[error("must read position/end")]
    Sequence,
    #[error("the position is above the end")]
    PositionExceedsEnd,
    #[error("at least one character must be no digit")]
    NoNonDigit,
    #[error("the coupon has an invalid date")]
    CouponDate,
    #[error("the coupon's fields do not add up")]
    Coupon,
}

impl Fault {
    /// The short class of the fault, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "value-empty",
            Self::TooShort => "value-too-short",
            Self::TooLong => "value-too-long",
            Self::WrongLength => "value-length",
            Self::NonDigit => "non-digit",
            Self::OutsideCharSet(_) | Self::Base64Padding | Self::CheckPairCharacter => "charset",
            Self::Caret => "illegal-character",
            Self::CheckDigit => "check-digit",
            Self::ZeroValue | Self::NotZero | Self::ZeroPrefix | Self::PieceZero | Self::PieceTotalZero => {
                "illegal-zero"
            }
            Self::Country
            | Self::CountryOr999
            | Self::CountryAlpha2
            | Self::Currency
            | Self::IbanCountry
            | Self::MediaType
            | Self::PackageType
            | Self::SexCode => "bad-code-list",
            Self::Month | Self::Day | Self::CouponDate => "bad-date",
            Self::Hour | Self::Minute | Self::Second => "bad-time",
            Self::CheckPair
            | Self::CheckPairTooShort
            | Self::CompanyPrefix
            | Self::CompanyPrefixTooShort
            | Self::ImporterIndex
            | Self::YesNo
            | Self::Winding
            | Self::IbanCharacter
            | Self::IbanLength
            | Self::IbanCheck
            | Self::PieceExceedsTotal
            | Self::PercentEncoding
            | Self::Latitude
            | Self::Longitude
            | Self::Hyphen
            | Self::Sequence
            | Self::PositionExceedsEnd
            | Self::NoNonDigit
            | Self::Coupon => "content-rule",
        }
    }
}
