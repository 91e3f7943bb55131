//! That no sentence stands anywhere but here. That each is there in each language the compiler sees to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use look::Language;

use super::*;

/// Every file of the page's markup.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if name != "text" {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "text.rs" && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The bodies of `html! { … }` in a source.
fn markups(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("html! {") {
        let body = &rest[at + "html! {".len()..];
        let (mut depth, mut in_text, mut escaped, mut end) = (1, false, false, body.len());
        for (i, c) in body.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if in_text => escaped = true,
                '"' => in_text = !in_text,
                '{' if !in_text => depth += 1,
                '}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = i;
                break;
            }
        }
        found.push(&body[..end]);
        // What is nested stands in it.
        rest = &body[end..];
    }
    found
}

/// Attributes whose values people read or hear.
const READ: [&str; 5] = ["aria-label", "placeholder", "title", "alt", "aria-description"];

/// Texts that stand in markup as content, or in an attribute that is read: literals with a letter in them.
fn literals(markup: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut parts = markup.split('"');
    let mut before = parts.next().unwrap_or_default().to_owned();
    while let Some(text) = parts.next() {
        let lead = before.trim_end();
        let is_content =
            lead.is_empty() || lead.ends_with(['{', '}', ';', '"']) || (lead.ends_with(')') && !lead.ends_with("()"));
        let is_read = lead.strip_suffix('=').is_some_and(|lead| READ.iter().any(|name| lead.ends_with(name)));
        if (is_content || is_read) && text.chars().any(char::is_alphabetic) {
            found.push(text.to_owned());
        }
        before = parts.next().unwrap_or_default().to_owned();
    }
    found
}

#[test]
fn no_sentence_stands_in_the_markup() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page"), &mut files);
    assert!(files.len() > 8, "{files:?}");
    let mut seen = 0;
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for markup in markups(source) {
            seen += 1;
            let found = literals(markup);
            assert!(found.is_empty(), "{}: {found:?} stands in the markup; put it into page/text", file.display());
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_sentence_in_markup_would_be_found() {
    for markup in [
        "p { \"Hello\" }",
        "p.a { (x) \"Hello\" }",
        "input placeholder=\"Hello\";",
        "div { br; \"Hello\" }",
        "nav aria-label=\"Hello\" {}",
    ] {
        assert_eq!(literals(markup), ["Hello"], "{markup}");
    }
    for markup in [
        "a href=\"/bins\" { (text.bins) }",
        "p { \" · \" }",
        "p class=\"quiet\" { (f(\"x\")) }",
        "input type=\"hidden\";",
    ] {
        assert!(literals(markup).is_empty(), "{markup}");
    }
    assert_eq!(markups("html! { p { (a(\"}\")) } } x html! { b }").len(), 2);
}

#[test]
fn the_languages_say_different_things() {
    // A text that was copied and not translated is the usual fault.
    let [english, german] = Language::ALL.map(Text::of);
    assert_ne!(english.frame.sign_in, german.frame.sign_in);
    assert_ne!(english.door.wrong, german.door.wrong);
    for language in Language::ALL {
        assert_eq!(Text::of(language).language, language);
    }
}

#[test]
fn what_the_script_fills_in_is_there_in_each_language() {
    for text in Language::ALL.map(Text::of) {
        assert!(text.frame.away.contains("{time}"), "{:?}", text.language);
        assert!(text.frame.old.contains("{time}") && text.frame.old.contains("{age}"));
    }
}
