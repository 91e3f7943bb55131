//! The page: what is on hand and what moves, for a person with a phone.
//!
//! Rendered whole by the server, so that it reads without any script; the script ([`SCRIPT`]) then keeps it current from
//! the live feed. Owns markup and script, and of the style what only the hub has: the rest is that of all pages (the
//! package `look`). Gets finished views and must not know store or tokens. Nothing in it comes from elsewhere and nothing
//! is inline, so the policy that forbids both can be strict. Words and shapes carry every meaning; colour only repeats it.

use gateway_proto::time::WallTime;
use look::{
    Document, Language, Sign,
    part::{self, Weight},
    sign::sign,
};
use maud::{Markup, html};

use crate::view::{FeedView, HeldView, MovementView, ParkedView};

/// What all pages look like.
pub(crate) const LOOK: &str = look::style();

/// What only the hub's page has.
pub(crate) const STYLE: &str = include_str!("page/hub.css");

/// The page's script.
pub(crate) const SCRIPT: &str = include_str!("page/hub.js");

/// What one page shows: one snapshot of the store.
pub(crate) struct Shown {
    pub(crate) viewer: String,
    pub(crate) now: WallTime,
    /// Where the live feed goes on.
    pub(crate) cursor: String,
    pub(crate) feeds: Vec<FeedView>,
    pub(crate) held: Vec<HeldView>,
    /// Newest first.
    pub(crate) movements: Vec<MovementView>,
    /// Ahead of a backlog, newest first.
    pub(crate) ahead: Vec<MovementView>,
    pub(crate) parked: Vec<ParkedView>,
}

/// The form that asks for a token.
pub(crate) fn sign_in(problem: Option<&str>) -> Markup {
    document(
        "Sign in",
        &html! {
            main.narrow {
                h1 { "Binwire" }
                form method="post" action="/" {
                    div.field {
                        label for="token" { "Access token" }
                        input #token name="token" type="password" autocomplete="current-password" required autofocus
                            aria-describedby="problem";
                        p #problem.problem role="alert" { (problem.unwrap_or_default()) }
                    }
                    (part::button(Weight::Main, "Show my feeds"))
                }
            }
        },
        false,
    )
}

/// What a viewer sees.
pub(crate) fn view(shown: &Shown) -> Markup {
    let many = shown.feeds.len() > 1;
    document(
        &shown.viewer,
        &html! {
            header {
                h1 { "Binwire " span.quiet { (shown.viewer) } }
                p #link.link data-state="off" role="status" { "not live: this page needs its script to follow" }
            }
            main #page data-cursor=(shown.cursor) data-now=(shown.now) data-many=(many) {
                section aria-labelledby="sites-title" {
                    h2 #sites-title { "Sites" }
                    div #feeds.cards { @for feed in &shown.feeds { (card(feed)) } }
                }
                section aria-labelledby="held-title" {
                    h2 #held-title { "On hand" }
                    (held_table("held", "stock", "Place", shown, "Nothing has been received yet."))
                }
                section aria-labelledby="gone-title" {
                    h2 #gone-title { "Used" }
                    (held_table("gone", "gone", "What became of it", shown, "Nothing has been used yet."))
                }
                section aria-labelledby="moved-title" {
                    h2 #moved-title { "Movements" }
                    ol #moved.lines aria-live="off" { @for movement in &shown.ahead { (line(movement, many)) } @for movement in &shown.movements { (line(movement, many)) } }
                    p.quiet hidden[!shown.movements.is_empty()] #moved-none { "No movements yet." }
                }
                section #parked-section hidden[shown.parked.is_empty()] aria-labelledby="parked-title" {
                    h2 #parked-title { "Parked records" }
                    p.quiet { "Kept, but not in the amounts above, until their item is mapped to this feed." }
                    ol #parked.lines {
                        @for record in &shown.parked {
                            li { p { (record.detail) } p.quiet { (origin(&record.site, &record.feed)) ", no. " (record.seq) } }
                        }
                    }
                }
            }
        },
        true,
    )
}

fn document(title: &str, body: &Markup, follows: bool) -> Markup {
    let scripts: &[&str] = if follows { &["/static/hub.js"] } else { &[] };
    let styles = &["/static/look.css", "/static/hub.css"];
    Document { language: Language::English, title, styles, scripts, installs: None }.page(&[], body)
}

fn card(feed: &FeedView) -> Markup {
    html! {
        article.card data-feed=(origin(&feed.site, &feed.feed)) data-chain=(chain_word(feed)) {
            h3 { (feed.site) " " span.quiet { (feed.feed) } }
            dl {
                dt { "Last heard" }
                dd { (time("heard", feed.last_heard)) }
                dt { "Records" }
                dd data-field="records" { (feed.records) }
                dt { "Waiting at the site" }
                dd { "unknown until it is heard" }
                dt { "Feed" }
                dd { span.sign data-sign=(chain_sign(feed).name()) data-field="chain" { (feed.chain_text) } }
                dt { "Amounts" }
                dd data-field="checkpoint" { (feed.checkpoint_text) }
                dt { "Parked" }
                dd data-field="parked" { (feed.parked) }
            }
            ul.alarms data-field="alarms" hidden[feed.alarms.is_empty()] {
                @for alarm in &feed.alarms {
                    li data-alarm=(alarm.kind.word()) {
                        p { (sign(Sign::Warn, &alarm.what)) }
                        p { "To do: " (alarm.todo) }
                        @if alarm.since.is_some() { p.quiet { "since " (time("since", alarm.since)) } }
                    }
                }
            }
            ul.differences data-field="differences" hidden[differences(feed).is_empty()] {
                @for difference in differences(feed) { li { (crate::words::difference(difference)) } }
            }
        }
    }
}

fn held_table(id: &str, kind: &str, place: &str, shown: &Shown, none: &str) -> Markup {
    let rows: Vec<&HeldView> = shown.held.iter().filter(|held| held.kind == kind).collect();
    let many = shown.feeds.len() > 1;
    html! {
        table hidden[rows.is_empty()] {
            thead { tr {
                th scope="col" { "Item" }
                th scope="col" { (place) }
                th.number scope="col" { "Quantity" }
                th scope="col" { "Last change" }
            } }
            tbody id=(id) data-kind=(kind) {
                @for held in rows {
                    tr data-key=(format!("{}|{}|{}", origin(&held.site, &held.feed), held.item, held.place)) {
                        th scope="row" {
                            bdi { (held.item_text) }
                            @if many { span.origin { (origin(&held.site, &held.feed)) } }
                        }
                        td data-label=(place) { bdi { (held.place_text) } }
                        td.number data-label="Quantity" { (held.qty) }
                        td data-label="Last change" { (time("changed", Some(held.changed_at))) }
                    }
                }
            }
        }
        p.quiet.none hidden[shown.held.iter().any(|held| held.kind == kind)] { (none) }
    }
}

fn line(movement: &MovementView, many: bool) -> Markup {
    html! {
        li data-id=(movement.id) data-ahead[movement.ahead] {
            p { bdi { (movement.text) } }
            p.quiet {
                (time("received", Some(movement.replayed_at.unwrap_or(movement.received_at))))
                @if many { " · " (origin(&movement.site, &movement.feed)) }
                @if movement.replayed_at.is_some() { " · was parked" }
                @if let Some(at) = movement.at_corrected { " · happened " (time("happened", Some(at))) }
                @if movement.ahead { " · just now, ahead of a backlog; not yet in the amounts" }
            }
        }
    }
}

/// A time that the script turns into an age; without it the time itself reads well enough.
fn time(class: &str, at: Option<WallTime>) -> Markup {
    match at {
        Some(at) => {
            let text = at.to_string();
            let plain: String = text.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
            html! { time class=(class) datetime=(text) { (plain) " UTC" } }
        }
        None => html! { time class=(class) { "never" } },
    }
}

fn origin(site: &str, feed: &str) -> String {
    format!("{site}/{feed}")
}

fn differences(feed: &FeedView) -> &[crate::store::Difference] {
    feed.checkpoint.as_ref().map_or(&[], |compared| &compared.differences)
}

/// How a feed's chain stands, by shape. The script has the same by [`chain_word`].
fn chain_sign(feed: &FeedView) -> Sign {
    match feed.chain {
        crate::store::Verdict::Unheard => Sign::Unknown,
        crate::store::Verdict::Whole => Sign::Good,
        crate::store::Verdict::Lossy => Sign::Warn,
        crate::store::Verdict::Forked => Sign::Bad,
    }
}

fn chain_word(feed: &FeedView) -> &'static str {
    match feed.chain {
        crate::store::Verdict::Unheard => "unheard",
        crate::store::Verdict::Whole => "whole",
        crate::store::Verdict::Lossy => "lossy",
        crate::store::Verdict::Forked => "forked",
    }
}
