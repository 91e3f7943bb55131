//! What an error tells of a text that came in: enough to know it by, never all of it. Readers of JSON repeat a wrong value
//! whole, and a wrong value may be megabytes.

use std::fmt;

/// Characters at either end that are shown: what is wrong stands at the beginning, where it stands at the end.
const END_CHARS: usize = 120;

/// Shows a text, of a long one the beginning and the end.
#[derive(Debug, Clone, Copy)]
pub struct Shortened<T>(pub T);

impl<T: fmt::Display> fmt::Display for Shortened<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let begins = text.char_indices().nth(END_CHARS).map(|(at, _)| at);
        let ends = text.char_indices().rev().nth(END_CHARS - 1).map(|(at, _)| at);
        match (begins, ends) {
            (Some(begins), Some(ends)) if begins < ends => write!(f, "{} … {}", &text[..begins], &text[ends..]),
            _ => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text = |between: usize| format!("no {} at line 1", "ü".repeat(between));
        let long = Shortened(text(1_000_000)).to_string();
        assert!(long.starts_with("no üü") && long.ends_with("üü at line 1"), "{long}");
        assert_eq!(long.chars().count(), 2 * END_CHARS + " … ".chars().count());
        let short = text(2 * END_CHARS - text(0).len());
        assert_eq!(Shortened(&short).to_string(), short);
    }
}
