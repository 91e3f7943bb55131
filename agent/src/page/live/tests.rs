use look::Language;

use super::*;

const PANE: Pane = Pane { name: "test", right: None, every: Pane::SECOND, render: |_| Box::pin(async { None }) };

fn key() -> Key {
    ("test".to_owned(), Language::English)
}

/// Takes a rendering down; the version after it.
fn take(live: &Live, fragments: &[(&str, &str)]) -> u64 {
    let fragments = fragments.iter().map(|(id, text)| Fragment::new(*id, PreEscaped((*text).to_owned()))).collect();
    live.take(&key(), PANE, fragments).unwrap();
    *live.version.borrow()
}

/// Ids and texts newer than a version.
fn newer(live: &Live, after: u64) -> Vec<(String, Option<String>)> {
    let (_, newer) = live.newer(&[key()], after);
    newer.into_iter().map(|(id, text)| (id.to_string(), text.map(|text| text.to_string()))).collect()
}

fn some(id: &str, text: &str) -> (String, Option<String>) {
    (id.to_owned(), Some(text.to_owned()))
}

#[test]
fn a_viewer_is_sent_what_differs_from_what_it_has_and_nothing_else() {
    let live = Live::new();
    let first = take(&live, &[("a", "1"), ("b", "1")]);
    assert_eq!(newer(&live, 0), [some("a", "1"), some("b", "1")]);
    assert_eq!(newer(&live, first), []);
    let second = take(&live, &[("a", "1"), ("b", "2")]);
    assert_eq!(newer(&live, first), [some("b", "2")]);
    assert_eq!(take(&live, &[("a", "1"), ("b", "2")]), second, "the same is no news");
}

#[test]
fn a_slow_viewer_gets_the_newest_and_skips_what_lay_between() {
    let live = Live::new();
    let first = take(&live, &[("a", "1")]);
    for text in ["2", "3", "4"] {
        take(&live, &[("a", text)]);
    }
    assert_eq!(newer(&live, first), [some("a", "4")]);
}

#[test]
fn what_is_gone_is_told_once_and_may_come_again() {
    let live = Live::new();
    let first = take(&live, &[("a", "1"), ("b", "1")]);
    let second = take(&live, &[("a", "1")]);
    assert_eq!(newer(&live, first), [("b".to_owned(), None)]);
    take(&live, &[("a", "1"), ("b", "1")]);
    assert_eq!(newer(&live, second), [some("b", "1")]);
}

#[test]
fn panes_that_nobody_watches_make_room_and_watched_ones_stay() {
    let live = Live::new();
    for number in 0..PANES_MAX {
        let key = (format!("test/{number}"), Language::English);
        live.take(&key, PANE, Vec::new()).unwrap();
        live.watch(&key);
    }
    assert!(live.take(&key(), PANE, Vec::new()).is_none(), "no room while all are watched");
    let old = (String::from("test/7"), Language::English);
    live.unwatch(&old);
    live.lock().get_mut(&old).unwrap().asked -= UNWATCHED_MAX;
    assert!(live.take(&key(), PANE, Vec::new()).is_some());
    assert!(!live.lock().contains_key(&old));
}

#[test]
fn a_sealed_fragment_is_rendered_anew_only_when_its_seal_has_changed() {
    let live = Live::new();
    let show = |seal: Seal, text: &str| {
        let known = live.lock().get(&key()).map(Kept::seals).unwrap_or_default();
        let mut is_rendered = false;
        let fragment = Fragment::sealed(&known, "a".to_owned(), seal, || {
            is_rendered = true;
            PreEscaped(text.to_owned())
        });
        live.take(&key(), PANE, vec![fragment]).unwrap();
        (is_rendered, *live.version.borrow())
    };
    let (is_rendered, first) = show([1, 0, 0], "1");
    assert!(is_rendered);
    assert_eq!(show([1, 0, 0], "of no matter"), (false, first));
    assert_eq!(newer(&live, 0), [some("a", "1")], "what is kept stays");
    assert_eq!(show([2, 0, 0], "1"), (true, first), "made of something else, and the same all the same");
    assert_eq!(show([2, 0, 0], "of no matter"), (false, first));
    let (is_rendered, second) = show([1, 0, 0], "2");
    assert!(is_rendered && second > first);
    assert_eq!(newer(&live, first), [some("a", "2")]);
    take(&live, &[]);
    assert!(show([1, 0, 0], "2").0, "what was gone is not kept");
}

#[test]
fn only_a_version_of_this_process_is_believed() {
    let (live, other) = (Live::new(), Live::new());
    assert_eq!(live.version_of(&live.name_of(7)), Some(7));
    for name in [other.name_of(7), "7".to_owned(), String::new(), format!("{}-x", live.mark), live.mark.clone()] {
        assert_eq!(live.version_of(&name), None, "{name}");
    }
}

#[test]
fn every_pane_has_a_name_of_its_own_and_is_found_by_it() {
    for known in PANES {
        assert_eq!(PANES.iter().filter(|other| other.name == known.name).count(), 1, "{}", known.name);
        assert!(pane(known.name).is_some_and(|(found, rest)| found.name == known.name && rest.is_empty()));
    }
    assert!(pane("nothing").is_none());
    assert!(pane("frame/x").is_some_and(|(_, rest)| rest == "x"));
}
