//! One request of a page: who looks, in which language, and the shell around what they see.
//!
//! [`Visit`] is for whatever only shows something: anybody on the site's network, unless the site's file asks for
//! a sign-in. [`Acting`] is for whatever changes something: somebody who is signed in, and may ([`Acting::needs`]).

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use listener::Peer;
use look::{
    Document, Format, Language, Sign,
    document::Installs,
    part::{self, Way, Weight},
};
use maud::{Markup, html};

use super::{
    Page, asset,
    door::{self, Right, Who},
    text::Text,
};
use crate::{config::Looking, register::operator::Role};

/// Cookie with the viewer's choice of a language.
pub(super) const LANGUAGE_COOKIE: &str = "binwire-language";

/// In which language, and how the site writes.
#[derive(Debug, Clone)]
pub(crate) struct Tongue {
    pub(crate) text: &'static Text,
    pub(crate) format: Format,
}

impl Tongue {
    pub(crate) fn of(page: &Page, language: Language) -> Self {
        Self { text: Text::of(language), format: page.format.read_in(language) }
    }
}

/// What a device may do at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Full,
    /// A display: it may look.
    Kiosk,
}

/// Somebody who looks.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) page: Arc<Page>,
    pub(crate) tongue: Tongue,
    /// Who is signed in.
    pub(crate) who: Option<Who>,
    pub(crate) mode: Mode,
    /// The path that was asked for.
    pub(crate) here: String,
    pub(crate) peer: Peer,
}

/// Somebody who is signed in and changes something.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    pub(crate) visit: Visit,
    pub(crate) who: Who,
}

/// A page, but for what it shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shell<'a> {
    title: &'a str,
    panes: &'a [&'a str],
    version: &'a str,
    rest: Rest,
    scripts: &'a [&'a str],
    keep: Keep,
}

/// What the script does about a fragment that the page does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// The page shows a part of the pane.
    Ignore,
    /// The page shows all of it, so something is new: it loads itself again.
    Reload,
}

/// Whether a phone may keep the page, to show it when the gateway is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Yes,
    No,
}

impl<'a> Shell<'a> {
    pub(crate) const fn new(title: &'a str) -> Self {
        Self { title, panes: &[], version: "", rest: Rest::Ignore, scripts: &[], keep: Keep::No }
    }

    /// What of the page changes by itself; `version` is what it shows, from [`super::live::Shown::version`], or empty: the newest
    /// is sent at once.
    pub(crate) const fn follows(self, panes: &'a [&'a str], version: &'a str) -> Self {
        Self { panes, version, ..self }
    }

    /// The page shows its panes whole: one fragment more, and it loads itself again.
    pub(crate) const fn whole(self) -> Self {
        Self { rest: Rest::Reload, ..self }
    }

    /// Scripts beside the page's own, by the names of their assets.
    pub(crate) const fn scripts(self, scripts: &'a [&'a str]) -> Self {
        Self { scripts, ..self }
    }

    /// Nothing on it is for signed-in people only: a phone may keep it to show it when the gateway is away.
    pub(crate) const fn kept(self) -> Self {
        Self { keep: Keep::Yes, ..self }
    }
}

impl Visit {
    /// The whole page: shell, ways, and `body` as its content. The body begins with its own `h2`.
    pub(crate) fn page(&self, shell: Shell<'_>, body: &Markup) -> Response {
        let mut response = self.markup(shell, body).into_response();
        if shell.keep == Keep::Yes {
            response.headers_mut().insert("binwire-keep", HeaderValue::from_static("yes"));
        }
        response
    }

    /// The same with another status.
    pub(crate) fn page_with(&self, status: StatusCode, shell: Shell<'_>, body: &Markup) -> Response {
        (status, self.markup(shell, body)).into_response()
    }

    /// An id for one act, for a hidden field `act` of a form that changes something: sent twice, it is done once.
    pub(crate) fn act_id(&self) -> String {
        door::random_id()
    }

    /// The hidden field with it.
    pub(crate) fn act_field(&self) -> Markup {
        html! { input type="hidden" name="act" value=(self.act_id()); }
    }

    /// Whether whoever looks may do this.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.mode == Mode::Full && self.who.as_ref().is_some_and(|who| right.is_of(who.role))
    }

    fn markup(&self, shell: Shell<'_>, body: &Markup) -> Markup {
        let frame = &self.tongue.text.frame;
        let words = serde_json::json!({
            "live": frame.live, "connecting": frame.connecting, "away": frame.away, "old": frame.old,
            "notSent": frame.not_sent, "sending": frame.sending,
        });
        let panes =
            if shell.panes.is_empty() { "frame".to_owned() } else { format!("frame,{}", shell.panes.join(",")) };
        let (now, words) = (self.page.clock.wall().0.to_string(), words.to_string());
        let mut data = vec![
            ("live", panes.as_str()),
            ("version", shell.version),
            ("now", now.as_str()),
            ("words", words.as_str()),
            ("site", self.page.site.as_str()),
        ];
        if let Some(zone) = self.tongue.format.zone() {
            data.push(("zone", zone));
        }
        if shell.rest == Rest::Reload {
            data.push(("whole", "yes"));
        }
        if self.mode == Mode::Kiosk {
            data.push(("kiosk", "yes"));
        } else if let Some(who) = &self.who {
            data.push(("signed", role_tag(who.role)));
        }
        let scripts: Vec<&str> = ["page.js"].iter().chain(shell.scripts).map(|name| asset::address(name)).collect();
        let document = Document {
            language: self.tongue.text.language,
            title: shell.title,
            styles: &[asset::address("look.css"), asset::address("page.css")],
            scripts: &scripts,
            installs: Some(Installs {
                manifest: "/manifest.webmanifest",
                icon: asset::address("icon.svg"),
                touch_icon: asset::address("icon-180.png"),
            }),
        };
        document.page(
            &data,
            &html! {
                a.skip href="#content" { (frame.skip) }
                p #away .away-banner role="alert" hidden {}
                header {
                    h1 { (self.page.site) }
                    (super::home::problem_count(&self.page, &self.tongue))
                    p #link .link data-state="off" role="status" { (frame.not_live) }
                    (self.door())
                }
                (part::ways(frame.ways, &self.ways(), &self.here))
                p #said role="status" aria-live="polite" {}
                main #content tabindex="-1" { (body) }
                (self.languages())
            },
        )
    }

    fn ways(&self) -> Vec<Way<'static>> {
        let frame = &self.tongue.text.frame;
        let mut ways = vec![
            Way { href: "/", label: frame.home },
            Way { href: "/bins", label: frame.bins },
            Way { href: "/problems", label: frame.problems },
        ];
        if self.mode == Mode::Full {
            ways.insert(2, Way { href: "/work", label: frame.work });
            ways.push(Way { href: "/manage", label: frame.manage });
        }
        ways
    }

    /// Who is signed in, and the way in or out.
    fn door(&self) -> Markup {
        let frame = &self.tongue.text.frame;
        match (self.mode, &self.who) {
            (Mode::Kiosk, _) => html! { p.quiet { (frame.only_looking) } },
            (Mode::Full, Some(who)) => html! {
                form.inline method="post" action="/door/out" {
                    span { ((frame.signed_in_as)(who.name.as_str())) }
                    (part::button(Weight::Plain, frame.sign_out))
                }
            },
            (Mode::Full, None) => part::link(Weight::Plain, &door::address(&self.here), frame.sign_in),
        }
    }

    /// The choice of a language; a display has the site's.
    fn languages(&self) -> Markup {
        let frame = &self.tongue.text.frame;
        let all = Language::ALL.map(|language| (language.tag(), language.own_name()));
        html! {
            @if self.mode == Mode::Full {
                footer {
                    form.inline method="post" action="/language" {
                        input type="hidden" name="next" value=(self.here);
                        (part::choice("language", frame.language, &all, self.tongue.text.language.tag()))
                        (part::button(Weight::Plain, frame.change_language))
                    }
                }
            }
        }
    }
}

impl Acting {
    /// Goes on when whoever acts may do this.
    ///
    /// # Errors
    /// A page that says what their badge does not open.
    #[expect(clippy::result_large_err, reason = "it is the answer that goes out")]
    pub(crate) fn needs(&self, right: Right) -> Result<(), Response> {
        if right.is_of(self.who.role) { Ok(()) } else { Err(self.visit.not_allowed()) }
    }
}

impl Visit {
    /// That somebody's badge does not open this.
    pub(crate) fn not_allowed(&self) -> Response {
        let frame = &self.tongue.text.frame;
        let role = self.who.as_ref().map_or("", |who| role_name(self.tongue.text, who.role));
        let body = part::notice(
            Sign::Warn,
            frame.not_allowed,
            &html! { p { ((frame.not_allowed_todo)(role)) } (part::link(Weight::Plain, "/", frame.to_home)) },
        );
        self.page_with(StatusCode::FORBIDDEN, Shell::new(frame.not_allowed), &body)
    }
}

/// What a role is called.
pub(crate) const fn role_name(text: &'static Text, role: Role) -> &'static str {
    match role {
        Role::Technician => text.frame.technician,
        Role::Storekeeper => text.frame.storekeeper,
        Role::PartsManager => text.frame.parts_manager,
        Role::Auditor => text.frame.auditor,
        Role::Admin => text.frame.admin,
    }
}

const fn role_tag(role: Role) -> &'static str {
    match role {
        Role::Technician => "technician",
        Role::Storekeeper => "storekeeper",
        Role::PartsManager => "parts-manager",
        Role::Auditor => "auditor",
        Role::Admin => "admin",
    }
}

/// A page that nobody made.
pub(super) async fn not_there(State(_): State<Arc<Page>>, visit: Visit) -> Response {
    let frame = &visit.tongue.text.frame;
    let way = part::link(Weight::Plain, "/", frame.to_home);
    let body = part::notice(Sign::Note, frame.not_there, &html! { p { (frame.not_there_todo) } (way) });
    visit.page_with(StatusCode::NOT_FOUND, Shell::new(frame.not_there), &body)
}

/// A cookie of the request; the first of its name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = pairs.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(known, value)| (known == name).then_some(value))
}

/// Where to go on; only a path of ours.
pub(crate) fn own_path(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if is_path && next.is_ascii() { next } else { "/" }
}

impl Visit {
    /// Who asks, without asking whether they may.
    pub(super) fn of(parts: &Parts, page: &Arc<Page>) -> Self {
        let peer = parts.extensions.get::<Peer>().copied();
        let unknown = Peer { from: page.config.listen, local: page.config.listen };
        let peer = peer.unwrap_or(unknown);
        let mode = if page.config.kiosk.holds(peer.from.ip()) { Mode::Kiosk } else { Mode::Full };
        let chosen = cookie(&parts.headers, LANGUAGE_COOKIE).and_then(|tag| tag.parse().ok());
        let language = chosen.filter(|_| mode == Mode::Full).unwrap_or(page.config.language);
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let who = match mode {
            Mode::Kiosk => None,
            Mode::Full => page.door.who(&parts.headers),
        };
        Self { page: page.clone(), tongue: Tongue::of(page, language), who, mode, here: here.to_owned(), peer }
    }
}

impl FromRequestParts<Arc<Page>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, page: &Arc<Page>) -> Result<Self, Response> {
        let visit = Self::of(parts, page);
        let must_sign_in = page.config.looking == Looking::SignedIn && visit.mode == Mode::Full && visit.who.is_none();
        if must_sign_in { Err(Redirect::to(&door::address(&visit.here)).into_response()) } else { Ok(visit) }
    }
}

impl FromRequestParts<Arc<Page>> for Acting {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, page: &Arc<Page>) -> Result<Self, Response> {
        let visit = Visit::of(parts, page);
        match visit.who.clone() {
            Some(who) => Ok(Self { visit, who }),
            // Not back to the form's own address: that takes no GET.
            None => Err(Redirect::to(&door::address("/")).into_response()),
        }
    }
}

/// Where a form wants to go on to.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// A query that cannot be read is one without it.
pub(super) fn next_of(query: Result<Query<Next>, axum::extract::rejection::QueryRejection>) -> String {
    query.map(|Query(Next { next })| own_path(&next).to_owned()).unwrap_or_else(|_| "/".to_owned())
}
