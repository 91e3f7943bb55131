//! That no sentence stands anywhere but here. That each is there in each language the compiler sees to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use look::Language;

use super::*;
use crate::{
    floor::{
        order::{Unwritten, UnwrittenCause},
        refusal,
        why::Why,
    },
    ledger::{AsideRefusal, AsideRule},
    register::{
        refusal::{Refusal, Refused},
        rule,
    },
    task::api::ledger::NotDone,
};

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

/// Words that English sentences have and German ones have not. No list of all: a sentence that has none of them is rare.
const ENGLISH: [&str; 38] = [
    "the", "is", "are", "of", "and", "with", "has", "have", "no", "not", "it", "its", "to", "which", "for", "from",
    "than", "that", "this", "be", "or", "there", "cannot", "can", "try", "again", "write", "them", "already", "by",
    "at", "on", "you", "your", "what", "where", "nothing", "more",
];

/// The English words of a text. What stands in quotation marks is somebody else's, and so is a name of a thing.
fn english_in(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "-_[]".contains(c)));
    words.filter(|word| ENGLISH.contains(word)).collect()
}

/// Every reason why something was not done that has a kind of its own here.
fn reasons() -> Vec<Why> {
    let rules = rule::samples::samples().into_iter().map(|rule| Why::Facts(Refused(vec![Refusal::new("min", rule)])));
    let of_floor = refusal::samples::samples().into_iter();
    let of_floor = of_floor.flat_map(|refusal| [Why::from(refusal.clone()), Why::Ledger(Box::new(refusal))]);
    let causes = [
        UnwrittenCause::Full { used_mb: 95, limit_mb: 100 },
        UnwrittenCause::Closed,
        UnwrittenCause::System("E5".to_owned()),
    ];
    let disk = causes.map(|cause| Why::Disk(Unwritten { words: "ledger cannot write".to_owned(), cause }));
    rules.chain(of_floor).chain(disk).collect()
}

fn not_done() -> Vec<NotDone> {
    let aside =
        [AsideRule::NotAside, AsideRule::Over, AsideRule::Undeclared, AsideRule::EarlierEpoch, AsideRule::NoRecord];
    let (feed, seq): (gateway_proto::name::FeedName, _) = ("acme".parse().unwrap(), gateway_proto::record::Seq(7));
    let aside = aside.map(|why| NotDone::Aside(AsideRefusal { feed: feed.clone(), seq, why }));
    let plain = [
        NotDone::NotMetered,
        NotDone::NoFeed(feed.clone()),
        NotDone::NotRead { words: "read ledger: E5".to_owned(), system: "E5".to_owned() },
        NotDone::NotReadNow,
        NotDone::NothingCame,
        NotDone::TooManyAsked,
        NotDone::NoHub(feed),
        NotDone::TooFull,
    ];
    aside.into_iter().chain(plain).collect()
}

#[test]
fn why_not_is_said_in_the_viewers_language_with_no_word_of_the_other() {
    let [english, german] = Language::ALL.map(|language| &Text::of(language).say);
    let mut said = Vec::new();
    for why in reasons() {
        said.push(((english.why)(&why), (german.why)(&why)));
    }
    for why in not_done() {
        said.push(((english.not_done)(&why), (german.not_done)(&why)));
    }
    for (english, german) in said {
        assert_ne!(english, german);
        assert!(german.ends_with(['.', '!', '?', ')']), "{german}");
        assert!(english_in(&german).is_empty(), "{:?} in {german:?}", english_in(&german));
    }
}

/// The texts of a Rust source that it says: without those of its tests and comments, what it chooses by, and what is
/// filled in.
fn texts(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "'");
    let parts: Vec<&str> = code.split('"').collect();
    let said = parts.chunks(2).zip(parts.iter().skip(2).step_by(2)).filter_map(|(pair, after)| {
        let is_chosen_by = after.trim_start().starts_with("=>");
        pair.get(1).filter(|_| !is_chosen_by)
    });
    said.map(|text| text.split('{').map(|part| part.rsplit('}').next().unwrap_or_default()).collect()).collect()
}

#[test]
fn no_german_text_is_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![root.join("register/rule/words/german.rs"), root.join("status/problems/words/german.rs")];
    for entry in fs::read_dir(root.join("page/text/de")).unwrap() {
        files.push(entry.unwrap().path());
    }
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for text in texts(&source) {
            assert!(english_in(&text).is_empty(), "{}: {:?} in {text:?}", file.display(), english_in(&text));
        }
    }
}

#[test]
fn an_english_sentence_on_a_german_page_would_be_found() {
    for english in [
        "must be 1 to 1000000",
        "there is no bin A-01 yet; import it with bins.csv",
        "save the file as CSV",
        "Nicht möglich. (bin A-01 has no scale)",
    ] {
        assert!(!english_in(english).is_empty(), "{english}");
    }
    for german in ["muss zwischen 1 und 9 liegen", "Das Fach A-01 gibt es noch nicht. Mit bins.csv einlesen."] {
        assert!(english_in(german).is_empty(), "{german}");
    }
    let source = "let a = \"the {x} \\\"y\\\"\"; // \"no\"\n// \"not\"\nb(\"c\"); match d { \"is\" => \"e\" }";
    assert_eq!(texts(source), ["the  'y'", "no", "c", "e"]);
}
