//! What a component's characters must say, beyond how many there are and of which set.
//!
//! Owns one check per rule of the GS1 syntax dictionary. A rule sees its component only, which already has a valid
//! length and character set; it is safe on any bytes all the same.

use super::{CharSet, Fault, code_list, coupon};
use crate::label::check_digit;

/// One rule. The names are the dictionary's, spelt out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    CheckDigit,
    AlphaCheckPair,
    /// A GS1 company prefix stands first.
    CompanyPrefix,
    /// ... behind an indicator or extension digit.
    CompanyPrefixSecond,
    Date,
    DateOrMonth,
    FullDate,
    Hour,
    Minute,
    Second,
    HourMinute,
    Country,
    CountryOr999,
    CountryAlpha2,
    Currency,
    Iban,
    Zero,
    NonZero,
    NoZeroPrefix,
    YesNo,
    Winding,
    PieceOfTotal,
    PositionOfEnd,
    ImporterIndex,
    HasNonDigit,
    Hyphen,
    PercentEncoded,
    Latitude,
    Longitude,
    MediaType,
    PackageType,
    SexCode,
    CouponCode,
    CouponPositiveOffer,
}

/// What is wrong and where in the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) at: usize,
}

const fn broken(fault: Fault, at: usize) -> Result<(), Broken> {
    Err(Broken { fault, at })
}

const fn require(holds: bool, fault: Fault) -> Result<(), Broken> {
    if holds { Ok(()) } else { broken(fault, 0) }
}

impl Rule {
    pub(super) fn check(self, data: &[u8]) -> Result<(), Broken> {
        match self {
            Self::CheckDigit if check_digit::is_valid(data) => Ok(()),
            Self::CheckDigit => broken(Fault::CheckDigit, data.len().saturating_sub(1)),
            Self::AlphaCheckPair => alpha_check_pair(data),
            Self::CompanyPrefix => company_prefix(data, 0),
            Self::CompanyPrefixSecond => company_prefix(data, 1),
            Self::Date => date(data, false),
            Self::DateOrMonth => date(data, true),
            Self::FullDate => full_date(data),
            Self::Hour => number_below(data, 0, 24, Fault::Hour),
            Self::Minute => number_below(data, 0, 60, Fault::Minute),
            Self::Second => number_below(data, 0, 60, Fault::Second),
            Self::HourMinute => {
                number_below(data, 0, 24, Fault::Hour).and_then(|()| number_below(data, 2, 60, Fault::Minute))
            }
            Self::Country => require(code_list::is_country(data), Fault::Country),
            Self::CountryOr999 => require(data == b"999" || code_list::is_country(data), Fault::CountryOr999),
            Self::CountryAlpha2 => require(code_list::is_country_alpha2(data), Fault::CountryAlpha2),
            Self::Currency => require(code_list::is_currency(data), Fault::Currency),
            Self::Iban => iban(data),
            Self::Zero => require(data.iter().all(|byte| *byte == b'0'), Fault::NotZero),
            Self::NonZero => require(data.iter().any(|byte| *byte != b'0'), Fault::ZeroValue),
            // A lone zero is a number, "00" and "01" are padded ones.
            Self::NoZeroPrefix => require(data.len() < 2 || data[0] != b'0', Fault::ZeroPrefix),
            Self::YesNo => require(matches!(data, b"0" | b"1"), Fault::YesNo),
            Self::Winding => require(matches!(data, b"0" | b"1" | b"9"), Fault::Winding),
            Self::PieceOfTotal => piece_of_total(data),
            Self::PositionOfEnd => position_of_end(data),
            Self::ImporterIndex => {
                let valid = matches!(data, [byte] if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                require(valid, Fault::ImporterIndex)
            }
            Self::HasNonDigit => require(!data.iter().all(u8::is_ascii_digit), Fault::NoNonDigit),
            Self::Hyphen => require(!data.is_empty() && data.iter().all(|byte| *byte == b'-'), Fault::Hyphen),
            Self::PercentEncoded => percent_encoded(data),
            // Both as digits of equal length, so the order of bytes is the order of numbers.
            Self::Latitude => require(data <= b"1800000000".as_slice(), Fault::Latitude),
            Self::Longitude => require(data <= b"3600000000".as_slice(), Fault::Longitude),
            Self::MediaType => {
                // 01–10 assigned by ICCBBA, 80–99 for its local and national use, the rest reserved.
                let code = number(data, 0).filter(|_| data.len() == 2);
                require(matches!(code, Some(1..=10 | 80..=99)), Fault::MediaType)
            }
            Self::PackageType => require(code_list::is_package_type(data), Fault::PackageType),
            Self::SexCode => require(matches!(data, b"0" | b"1" | b"2" | b"9"), Fault::SexCode),
            Self::CouponCode => coupon::check_coupon_code(data),
            Self::CouponPositiveOffer => coupon::check_positive_offer(data),
        }
    }
}

/// A date of six digits with its day.
pub(super) fn is_date(data: &[u8]) -> bool {
    data.len() == 6 && date(data, false).is_ok()
}

/// The two digits at `at`.
fn number(data: &[u8], at: usize) -> Option<u8> {
    match data.get(at..at + 2) {
        Some(&[tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

fn number_below(data: &[u8], at: usize, limit: u8, fault: Fault) -> Result<(), Broken> {
    if number(data, at).is_some_and(|value| value < limit) { Ok(()) } else { broken(fault, at) }
}

fn date(data: &[u8], day_may_be_zero: bool) -> Result<(), Broken> {
    let year = number(data, 0).unwrap_or(0);
    // The century makes no difference: of those a two-digit year can mean, 2000 is the one "00" is used for.
    month_and_day(data, 2, year.is_multiple_of(4), day_may_be_zero)
}

fn full_date(data: &[u8]) -> Result<(), Broken> {
    let century = number(data, 0).unwrap_or(0);
    let year = number(data, 2).unwrap_or(0);
    let leap = if year == 0 { century.is_multiple_of(4) } else { year.is_multiple_of(4) };
    month_and_day(data, 4, leap, false)
}

fn month_and_day(data: &[u8], at: usize, leap: bool, day_may_be_zero: bool) -> Result<(), Broken> {
    let days = match number(data, at) {
        Some(1 | 3 | 5 | 7 | 8 | 10 | 12) => 31,
        Some(4 | 6 | 9 | 11) => 30,
        Some(2) if leap => 29,
        Some(2) => 28,
        _ => return broken(Fault::Month, at),
    };
    match number(data, at + 2) {
        Some(0) if day_may_be_zero => Ok(()),
        Some(day) if (1..=days).contains(&day) => Ok(()),
        _ => broken(Fault::Day, at + 2),
    }
}

/// The shortest GS1 company prefix has four digits; longer ones cannot be told without GS1's registry.
fn company_prefix(data: &[u8], at: usize) -> Result<(), Broken> {
    let Some(prefix) = data.get(at..at + 4) else {
        return broken(Fault::CompanyPrefixTooShort, 0);
    };
    match prefix.iter().position(|byte| !byte.is_ascii_digit()) {
        Some(offset) => broken(Fault::CompanyPrefix, at + offset),
        None => Ok(()),
    }
}

/// General Specifications 7.9.5: character values of set 82 weighted by primes from the right, modulo 1021, written as
/// two characters of a set of 32.
fn alpha_check_pair(data: &[u8]) -> Result<(), Broken> {
    const PAIR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    const PRIMES: [u32; 23] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
    let Some((body, pair)) = data.split_last_chunk::<2>() else {
        return broken(Fault::CheckPairTooShort, 0);
    };
    if let Some(offset) = pair.iter().position(|byte| !PAIR.contains(byte)) {
        return broken(Fault::CheckPairCharacter, body.len() + offset);
    }
    if body.len() > PRIMES.len() {
        return broken(Fault::TooLong, 0);
    }
    let mut sum = 0;
    for (byte, prime) in body.iter().rev().zip(PRIMES) {
        sum += CharSet::value_in_set_82(*byte).unwrap_or(0) * prime;
    }
    let sum = sum % 1021;
    let expect = [PAIR[(sum >> 5) as usize], PAIR[(sum & 31) as usize]];
    if *pair == expect { Ok(()) } else { broken(Fault::CheckPair, body.len()) }
}

/// ISO 13616: a country, two check digits, the account; modulo 97 over the account and then the first four.
fn iban(data: &[u8]) -> Result<(), Broken> {
    if data.len() < 4 {
        return broken(Fault::IbanLength, 0);
    }
    let (head, account) = data.split_at(4);
    if !code_list::is_country_alpha2(&head[..2]) {
        return broken(Fault::IbanCountry, 0);
    }
    if !(11..=34).contains(&data.len()) {
        return broken(Fault::IbanLength, 0);
    }
    let mut remainder = 0u32;
    for (at, byte) in account.iter().chain(head).enumerate() {
        remainder = match byte {
            b'0'..=b'9' => remainder * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => remainder * 100 + u32::from(byte - b'A') + 10,
            _ => return broken(Fault::IbanCharacter, (at + 4) % data.len()),
        } % 97;
    }
    if remainder == 1 { Ok(()) } else { broken(Fault::IbanCheck, 2) }
}

fn piece_of_total(data: &[u8]) -> Result<(), Broken> {
    let (piece, total) = data.split_at(data.len() / 2);
    if piece.iter().all(|byte| *byte == b'0') {
        return broken(Fault::PieceZero, 0);
    }
    if total.iter().all(|byte| *byte == b'0') {
        return broken(Fault::PieceTotalZero, piece.len());
    }
    require(piece <= total, Fault::PieceExceedsTotal)
}

/// `position/end`, both without leading zeros.
fn position_of_end(data: &[u8]) -> Result<(), Broken> {
    let mut halves = data.splitn(2, |byte| *byte == b'/');
    let (position, end) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let is_number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !is_number(position) || !is_number(end) {
        return broken(Fault::Sequence, 0);
    }
    if position[0] == b'0' {
        return broken(Fault::ZeroPrefix, 0);
    }
    if end[0] == b'0' {
        return broken(Fault::ZeroPrefix, position.len() + 1);
    }
    require((position.len(), position) <= (end.len(), end), Fault::PositionExceedsEnd)
}

fn percent_encoded(data: &[u8]) -> Result<(), Broken> {
    let mut at = 0;
    while at < data.len() {
        if data[at] == b'%' {
            let hex = data.get(at + 1..at + 3);
            if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                return broken(Fault::PercentEncoding, at);
            }
            at += 2;
        }
        at += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: Rule, data: &str, expect: Result<(), Fault>) {
        assert_eq!(rule.check(data.as_bytes()).map_err(|broken| broken.fault), expect, "{rule:?} {data}");
    }

    #[test]
    fn an_alphanumeric_check_pair_is_the_specifications() {
        for good in ["1987654Ad4X4bL5ttr2310c2K", "12345678901234567890123NT", "62577B8fRG7HJK", "22", "!22"] {
            check(Rule::AlphaCheckPair, good, Ok(()));
        }
        check(Rule::AlphaCheckPair, "1987654Ad4X4bL5ttr2310cXK", Err(Fault::CheckPair));
        check(Rule::AlphaCheckPair, "2", Err(Fault::CheckPairTooShort));
        check(Rule::AlphaCheckPair, "123456789NO", Err(Fault::CheckPairCharacter));
    }

    #[test]
    fn an_iban_is_checked_country_first() {
        for good in ["FR7630006000011234567890189", "DE91100000000123456789", "MT90MALT011000012345MTLCAST001SABC"] {
            check(Rule::Iban, good, Ok(()));
        }
        check(Rule::Iban, "BE71096123456760", Err(Fault::IbanCheck));
        check(Rule::Iban, "XX36123", Err(Fault::IbanCountry));
        check(Rule::Iban, "FR1234", Err(Fault::IbanLength));
        check(Rule::Iban, "FR", Err(Fault::IbanLength));
        check(Rule::Iban, "LC14BOSLxx3456789012345678901230", Err(Fault::IbanCharacter));
    }

    #[test]
    fn a_day_exists_in_its_month_and_year() {
        for (data, expect) in [
            ("240229", Ok(())),
            ("000229", Ok(())),
            ("230229", Err(Fault::Day)),
            ("260431", Err(Fault::Day)),
            ("260400", Err(Fault::Day)),
            ("260001", Err(Fault::Month)),
            ("261301", Err(Fault::Month)),
        ] {
            check(Rule::Date, data, expect);
        }
        check(Rule::DateOrMonth, "260400", Ok(()));
        check(Rule::FullDate, "20000229", Ok(()));
        check(Rule::FullDate, "19000229", Err(Fault::Day));
    }

    #[test]
    fn times_end_before_the_next_unit() {
        check(Rule::HourMinute, "2359", Ok(()));
        check(Rule::HourMinute, "2400", Err(Fault::Hour));
        check(Rule::HourMinute, "2360", Err(Fault::Minute));
        check(Rule::Second, "60", Err(Fault::Second));
    }

    #[test]
    fn pieces_and_positions_stay_within_their_total() {
        for (data, expect) in [
            ("0102", Ok(())),
            ("0303", Ok(())),
            ("0001", Err(Fault::PieceZero)),
            ("0100", Err(Fault::PieceTotalZero)),
            ("0403", Err(Fault::PieceExceedsTotal)),
        ] {
            check(Rule::PieceOfTotal, data, expect);
        }
        for (data, expect) in [
            ("1/3", Ok(())),
            ("9/10", Ok(())),
            ("0/3", Err(Fault::ZeroPrefix)),
            ("1/0", Err(Fault::ZeroPrefix)),
            ("2/1", Err(Fault::PositionExceedsEnd)),
            ("10/9", Err(Fault::PositionExceedsEnd)),
            ("111", Err(Fault::Sequence)),
            ("1//2", Err(Fault::Sequence)),
            ("/1", Err(Fault::Sequence)),
        ] {
            check(Rule::PositionOfEnd, data, expect);
        }
    }

    #[test]
    fn percent_sequences_are_whole() {
        check(Rule::PercentEncoded, "Widgets%20Inc%fF", Ok(()));
        for bad in ["%0g", "%", "A%2", "%%20"] {
            check(Rule::PercentEncoded, bad, Err(Fault::PercentEncoding));
        }
    }
}
