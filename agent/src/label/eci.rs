//! Extended channel interpretation: the code page a symbol itself names (AIM ECI; ISO/IEC 15424 for its transmission).
//!
//! Under the symbology identifiers that say so ([`AimId::has_eci_escapes`](crate::device::AimId::has_eci_escapes)) a
//! scanner sends `\nnnnnn` where the page changes and doubles each backslash of the data. Owns undoing that, and the
//! text of the pages in use. Must not know what the data means.

mod code_page;

pub use code_page::CodePage;

/// The number of a page or of another interpretation, 0–999999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Eci(u32);

impl Eci {
    const ASCII: Self = Self(27);
    const UTF_8: Self = Self(26);
    const WINDOWS_1252: Self = Self(23);

    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The page's usual name; `None` for numbers that are no page or are not assigned.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 | 2 => "cp437",
            1 | 3 => "iso-8859-1",
            4 => "iso-8859-2",
            5 => "iso-8859-3",
            6 => "iso-8859-4",
            7 => "iso-8859-5",
            8 => "iso-8859-6",
            9 => "iso-8859-7",
            10 => "iso-8859-8",
            11 => "iso-8859-9",
            12 => "iso-8859-10",
            13 => "iso-8859-11",
            15 => "iso-8859-13",
            16 => "iso-8859-14",
            17 => "iso-8859-15",
            18 => "iso-8859-16",
            20 => "shift_jis",
            21 => "windows-1250",
            22 => "windows-1251",
            23 => "windows-1252",
            24 => "windows-1256",
            25 => "utf-16be",
            26 => "utf-8",
            27 => "us-ascii",
            28 => "big5",
            29 => "gb2312",
            30 => "euc-kr",
            31 => "gbk",
            32 => "gb18030",
            33 => "utf-16le",
            34 => "utf-32be",
            35 => "utf-32le",
            170 => "iso646-inv",
            899 => "binary",
            _ => return None,
        })
    }
}

/// A stretch of data under one interpretation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// `None` before the first escape: the symbology's own default, or the scanner's setting.
    pub eci: Option<Eci>,
    pub bytes: Vec<u8>,
}

impl Segment {
    /// The text, if the page is one that is decoded here: UTF-8, ISO 8859-1, windows-1252, ASCII. `fallback` is for a
    /// stretch that names none. `None` means: keep the bytes.
    #[must_use]
    pub fn text(&self, fallback: CodePage) -> Option<String> {
        match self.eci {
            None => Some(fallback.decode(&self.bytes)),
            Some(Eci(1 | 3)) => Some(self.bytes.iter().copied().map(char::from).collect()),
            Some(Eci::WINDOWS_1252) => Some(self.bytes.iter().copied().map(code_page::windows_1252).collect()),
            Some(Eci::UTF_8 | Eci::ASCII) => Some(CodePage::Utf8.decode(&self.bytes)),
            Some(Eci(_)) => None,
        }
    }
}

/// Parts a payload at its escapes; empty stretches are left out. A single backslash that begins no escape stays what it
/// is: some scanners claim the protocol and do not double.
#[must_use]
pub fn split(payload: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut here = Segment { eci: None, bytes: Vec::new() };
    let mut rest = payload;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\' {
            if let Some(single) = after.strip_prefix(b"\\") {
                rest = single;
            } else if let Some((eci, after)) = number(after) {
                rest = after;
                let ended = std::mem::replace(&mut here, Segment { eci: Some(eci), bytes: Vec::new() });
                segments.extend(Some(ended).filter(|segment| !segment.bytes.is_empty()));
                continue;
            }
        }
        here.bytes.push(byte);
    }
    segments.extend(Some(here).filter(|segment| !segment.bytes.is_empty()));
    segments
}

/// The data without escapes, for what is ASCII by its own rules, such as element strings.
#[must_use]
pub fn unescape(payload: &[u8]) -> Vec<u8> {
    split(payload).into_iter().flat_map(|segment| segment.bytes).collect()
}

fn number(after_backslash: &[u8]) -> Option<(Eci, &[u8])> {
    let (digits, after) = after_backslash.split_at_checked(6)?;
    let number = digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))?;
    Some((Eci(number), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &[u8], expect: &[(Option<u32>, &[u8])]) {
        let found = split(payload);
        let found: Vec<_> = found.iter().map(|s| (s.eci.map(Eci::number), s.bytes.as_slice())).collect();
        assert_eq!(found, expect, "{}", payload.escape_ascii());
    }

    #[test]
    fn an_escape_changes_the_page_from_there_on() {
        check(b"\\000026ABC", &[(Some(26), b"ABC")]);
        check(b"AB\\000020\x83\x41\\000003\xe9", &[(None, b"AB"), (Some(20), b"\x83\x41"), (Some(3), b"\xe9")]);
        check(b"\\000026", &[]);
        check(b"\\000026\\000003A", &[(Some(3), b"A")]);
        check(b"\\999999A", &[(Some(999_999), b"A")]);
    }

    #[test]
    fn a_doubled_backslash_is_one() {
        check(b"A\\\\B", &[(None, b"A\\B")]);
        check(b"\\\\000026", &[(None, b"\\000026")]);
        check(b"\\\\\\000026A", &[(None, b"\\"), (Some(26), b"A")]);
    }

    #[test]
    fn a_backslash_that_escapes_nothing_is_data() {
        for payload in [&b"A\\B"[..], b"\\", b"\\00002", b"\\00002X", b"C:\\temp\\"] {
            check(payload, &[(None, payload)]);
        }
        check(b"", &[]);
    }

    #[test]
    fn text_is_made_of_the_pages_that_are_known() {
        let text = |payload: &[u8]| split(payload).first().map(|segment| segment.text(CodePage::default()));
        let is = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(text("\\000026Größe".as_bytes()), is("Größe"));
        assert_eq!(text(b"\\000003Gr\xf6\xdfe"), is("Größe"));
        assert_eq!(text(b"\\000003\xc3\xa9"), is("Ã©"));
        assert_eq!(text(b"\\000023\x80"), is("€"));
        assert_eq!(text(b"\\000026\xe9"), is("\u{fffd}"));
        assert_eq!(text("Größe".as_bytes()), is("Größe"));
        assert_eq!(text(b"\\000020\x83\x41"), Some(None));
        assert_eq!(text(b"\\000899\x00"), Some(None));
    }

    #[test]
    fn a_page_has_its_name_also_when_it_is_not_decoded() {
        let name = |payload: &[u8]| split(payload).first().and_then(|segment| segment.eci).and_then(Eci::name);
        assert_eq!(name(b"\\000020A"), Some("shift_jis"));
        assert_eq!(name(b"\\000026A"), Some("utf-8"));
        assert_eq!(name(b"\\000014A"), None);
        assert_eq!(name(b"\\811799A"), None);
    }

    #[test]
    fn element_strings_are_read_without_the_escapes() {
        assert_eq!(unescape(b"\\0000030109521234567882\\00002610A\\\\B"), b"010952123456788210A\\B");
    }
}
