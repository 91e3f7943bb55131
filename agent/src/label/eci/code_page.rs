//! Code pages: which characters a scanner's bytes are.
//!
//! Owns the two pages scanners are set to. Must not decide anything by the text: two labels are the same if their bytes
//! are.

/// What a scanner's bytes are when the label itself does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, serde::Serialize)]
pub enum CodePage {
    /// What is no UTF-8 shows as U+FFFD.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 where the bytes are that, else windows-1252: text in that page is hardly ever UTF-8 by accident.
    #[default]
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl CodePage {
    /// The text for people; keep the bytes beside it.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> String {
        match (self, std::str::from_utf8(bytes)) {
            (_, Ok(text)) => text.to_owned(),
            (Self::Utf8, Err(_)) => String::from_utf8_lossy(bytes).into_owned(),
            (Self::Windows1252, Err(_)) => bytes.iter().copied().map(windows_1252).collect(),
        }
    }
}

/// The five bytes the page leaves open become the control of the same number, so that different bytes stay different.
pub(super) fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_taken_as_such_on_either_page() {
        for page in [CodePage::Utf8, CodePage::Windows1252] {
            assert_eq!(page.decode("Größe 5 µm".as_bytes()), "Größe 5 µm");
            assert_eq!(page.decode(b"A\x1dB"), "A\x1dB");
        }
    }

    #[test]
    fn what_is_no_utf8_shows_as_the_page_says() {
        assert_eq!(CodePage::Utf8.decode(b"caf\xe9"), "caf\u{fffd}");
        assert_eq!(CodePage::Windows1252.decode(b"caf\xe9"), "café");
        assert_eq!(CodePage::Windows1252.decode(b"5 \x80 \x96"), "5 € –");
    }

    #[test]
    fn each_byte_of_windows_1252_is_a_character_of_its_own() {
        let all: std::collections::HashSet<char> = (0..=255).map(windows_1252).collect();
        assert_eq!(all.len(), 256);
    }

    #[test]
    fn the_pages_have_the_names_of_the_setting() {
        for (name, page) in [("\"utf-8\"", CodePage::Utf8), ("\"windows-1252\"", CodePage::Windows1252)] {
            assert_eq!(serde_json::from_str::<CodePage>(name).unwrap(), page);
        }
    }
}
