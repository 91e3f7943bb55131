//! What is wrong, first of everything: each named, since when, how bad, and what to do.
//!
//! The list is [`problems::of`](crate::status::problems::of) and its words are those that `status` prints; here is only how
//! it looks. Three levels, each a shape and a word.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use gateway_proto::time::WallTime;
use look::{
    Sign,
    part::{self, Weight},
    sign::sign,
};
use maud::{Markup, html};

use super::{
    Page,
    live::{Ask, Fragment, Pane, Rendering},
    manage,
    visit::{Shell, Tongue, Visit},
};
use crate::{
    floor::moment::Moment,
    status::problems::{
        Level, Problem, What,
        since::Since,
        words::{self, Said, Saying},
    },
};

/// The list, live.
pub(super) const PANE: Pane = Pane { name: "problems", right: None, every: Pane::SECOND, render };

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route("/problems", get(show))
}

fn render(ask: Ask<'_>) -> Rendering<'_> {
    let Ask { page, tongue, .. } = ask;
    Box::pin(async move {
        let (problems, now) = (page.watcher.problems(), page.watcher.moment());
        Some(vec![Fragment::new("problems-list", list(&problems, &now, tongue))])
    })
}

async fn show(State(page): State<Arc<Page>>, visit: Visit) -> Response {
    let text = &visit.tongue.text;
    let (list, version) = section(&page, &visit.tongue).await;
    let body = html! { h2 { (text.frame.problems) } p.quiet { (text.problems.about) } (list) };
    visit.page(Shell::new(text.frame.problems).follows(&[PANE.name], &version).kept(), &body)
}

/// The list as any page may show it, and the version that it is.
pub(super) async fn section(page: &Page, tongue: &Tongue) -> (Markup, String) {
    let shown = page.live.show(page, PANE.name, tongue).await.unwrap_or_default();
    (shown.all(), shown.version)
}

/// Every problem, worst first.
pub(super) fn list(problems: &[Problem], now: &Moment, tongue: &Tongue) -> Markup {
    html! {
        div #problems-list {
            @if problems.is_empty() {
                p { (sign(Sign::Good, tongue.text.frame.all_well)) }
            } @else {
                @let (pressing, notes) = problems.split_at(problems.partition_point(|one| one.level.needs_somebody()));
                @if pressing.is_empty() { p { (sign(Sign::Good, tongue.text.frame.all_well)) } }
                @else { ul.lines.problems { @for problem in pressing { (one(problem, now, tongue)) } } }
                @if !notes.is_empty() {
                    h3.apart { (tongue.text.problems.notes) }
                    ul.lines.problems { @for problem in notes { (one(problem, now, tongue)) } }
                }
            }
        }
    }
}

fn one(problem: &Problem, now: &Moment, tongue: &Tongue) -> Markup {
    let text = &tongue.text.problems;
    let language = tongue.text.language;
    let time = |at: WallTime| tongue.format.moment(at.millis());
    let Said { name, text: what, remedy } = words::say(language, &problem.what, Saying { now, time: &time });
    html! {
        li data-kind=(problem.what.kind()) data-level=(problem.level.word()) {
            p { (sign(shape(problem.level), words::level(language, problem.level))) " " strong { (name) } }
            p { (what) }
            p.quiet { (since(problem.since, now, tongue)) }
            p { span.quiet { (text.todo) " " } (remedy) }
            @if let Some(href) = way(&problem.what) { p.signed-only { (part::link(Weight::Plain, &href, text.there)) } }
        }
    }
}

/// How bad it is, as a shape.
const fn shape(level: Level) -> Sign {
    match level {
        Level::Stop => Sign::Bad,
        Level::Act => Sign::Warn,
        Level::Know => Sign::Note,
    }
}

fn since(since: Since, now: &Moment, tongue: &Tongue) -> Markup {
    let text = &tongue.text.problems;
    match since.wall(now) {
        None => html! { (text.since_unknown) },
        Some(at) => html! {
            (if since.is_at_least() { text.at_least_since } else { text.since }) " " (tongue.format.time(at.millis()))
        },
    }
}

/// The page on which something can be done about it; `None`: it is not done on a page.
fn way(what: &What) -> Option<String> {
    Some(match what {
        What::SetAside { feed, .. } | What::OlderEpoch { feed, .. } => {
            manage::address("/manage/aside", &[("feed", feed.as_str())])
        }
        What::Lost { .. }
        | What::Down { .. }
        | What::Held { .. }
        | What::Backlog { .. }
        | What::FeedGone { .. }
        | What::Unaccounted { .. } => "/manage/feeds".to_owned(),
        What::Parked { .. } => "/manage/parked".to_owned(),
        What::Alarm(_) | What::MoreAlarms { .. } | What::Notice(_) => "/manage/alarms".to_owned(),
        What::PinStorm { .. } => "/manage/operators".to_owned(),
        What::Ledger { .. }
        | What::DiskFull { .. }
        | What::DiskShort { .. }
        | What::BallastGone
        | What::Damaged { .. }
        | What::Clock { .. }
        | What::DeviceGone { .. }
        | What::DeviceFault { .. }
        | What::Level { .. }
        | What::Certificate { .. }
        | What::Receiver { .. }
        | What::ReceiverAside { .. }
        | What::ReceiverDropped { .. }
        | What::Unsaid { .. }
        | What::CountsDue { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use look::{Format, Language};

    use super::*;
    use crate::{floor::notice::Notice, page::text::Text};

    fn now() -> Moment {
        Moment {
            elapsed: std::time::Duration::from_secs(90),
            wall: WallTime::from_millis(1_795_240_800_000),
            clock: None,
        }
    }

    fn tongue(language: Language) -> Tongue {
        let format = Format::new(language, jiff::tz::TimeZone::UTC);
        Tongue { text: Text::of(language), format }
    }

    fn markup(problems: &[Problem], language: Language) -> String {
        list(problems, &now(), &tongue(language)).into_string()
    }

    #[test]
    fn a_problem_shows_its_level_by_shape_and_word_with_name_since_and_remedy() {
        let full = What::DiskFull { used_mb: 999, limit_mb: 1_000, refused: 3 };
        let since = Since::Seen(std::time::Duration::from_secs(30));
        let problems = [Problem { what: full, level: Level::Stop, since }];
        let english = markup(&problems, Language::English);
        for part in [
            r#"id="problems-list""#,
            r#"data-level="stop""#,
            r#"<span class="sign" data-sign="bad">Stopped</span>"#,
            "<strong>disk</strong>",
            "movements are refused, 3 so far",
            r#"at least since <time datetime="2026-11-21T05:59:00Z" data-age>"#,
            "free disk space",
        ] {
            assert!(english.contains(part), "{part} is not in {english}");
        }
        let german = markup(&problems, Language::German);
        assert!(
            german.contains("Steht") && german.contains("Speicher") && german.contains("mindestens seit"),
            "{german}"
        );
    }

    #[test]
    fn the_levels_differ_in_shape_and_in_word() {
        let signs: std::collections::BTreeSet<Sign> = Level::ALL.map(shape).into();
        assert_eq!(signs.len(), Level::ALL.len());
        for language in Language::ALL {
            let words: std::collections::BTreeSet<&str> = Level::ALL.map(|level| words::level(language, level)).into();
            assert_eq!(words.len(), Level::ALL.len());
        }
    }

    #[test]
    fn what_calls_for_nobody_stands_apart_and_all_is_well_beside_it() {
        let of = |what, level| Problem { what, level, since: Since::Unknown };
        let due = || of(What::CountsDue { count: 1 }, Level::Know);
        let full = of(What::DiskFull { used_mb: 999, limit_mb: 1_000, refused: 3 }, Level::Stop);
        let both = markup(&[full, due()], Language::English);
        let at = |text: &str| both.find(text).unwrap_or_else(|| panic!("{text} is not in {both}"));
        assert!(at("disk_full") < at("Worth knowing") && at("Worth knowing") < at("counts_due"));
        assert!(!both.contains("All is well"));
        let known = markup(&[due()], Language::English);
        assert!(known.contains("All is well") && known.contains("Worth knowing"), "{known}");
    }

    #[test]
    fn what_people_wrote_is_text_and_never_markup() {
        let text = "<script>alert(1)</script>".to_owned();
        let notice = Notice { id: 1, at: now().wall, bin: None, text: text.clone(), remedy: text, matter: None };
        let problems = [Problem { what: What::Notice(notice), level: Level::Act, since: Since::Unknown }];
        let markup = markup(&problems, Language::English);
        assert!(!markup.contains("<script") && markup.contains("&lt;script&gt;"), "{markup}");
    }

    #[test]
    fn without_problems_the_page_says_that_all_is_well() {
        let markup = markup(&[], Language::English);
        assert!(markup.contains(r#"data-sign="good""#) && !markup.contains("<ul"), "{markup}");
    }
}
