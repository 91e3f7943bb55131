//! The pages of the door, and how the command line sets a PIN.

use std::sync::Arc;

use axum::{
    Form, Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use look::{
    Sign,
    part::{self, Field, Kind, Weight},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Came, Door};
use crate::page::{
    Page,
    visit::{Mode, Next, Shell, Visit, next_of, own_path, role_name},
};

pub(crate) fn routes() -> Router<Arc<Page>> {
    Router::new().route("/door", get(ask).post(enter)).route("/door/out", post(leave))
}

/// Where somebody signs in who then goes on to `next`, a path of ours.
pub(crate) fn address(next: &str) -> String {
    let mut address = "/door?next=".to_owned();
    for byte in own_path(next).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                address.push(char::from(byte))
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[derive(Debug, Deserialize)]
struct Attempt {
    #[serde(default)]
    badge: String,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    next: String,
}

/// Everybody may see this, also where looking needs a sign-in.
struct Anybody(Visit);

impl axum::extract::FromRequestParts<Arc<Page>> for Anybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        page: &Arc<Page>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(Visit::of(parts, page)))
    }
}

async fn ask(Anybody(visit): Anybody, query: Result<Query<Next>, QueryRejection>) -> Response {
    let text = &visit.tongue.text.door;
    let told = match (&visit.who, visit.mode) {
        (_, Mode::Kiosk) => Some(part::notice(Sign::Note, text.kiosk, &html! {})),
        (Some(who), Mode::Full) => {
            let said = (text.is_signed_in)(who.name.as_str(), role_name(visit.tongue.text, who.role));
            Some(part::notice(Sign::Good, &said, &html! {}))
        }
        (None, Mode::Full) => None,
    };
    form(&visit, StatusCode::OK, "", &next_of(query), told)
}

async fn enter(
    State(page): State<Arc<Page>>,
    Anybody(visit): Anybody,
    headers: HeaderMap,
    Form(attempt): Form<Attempt>,
) -> Response {
    let Attempt { badge, pin, next } = attempt;
    let (badge, pin) = (badge.trim(), pin.trim());
    let text = &visit.tongue.text.door;
    let came = page.door.sign_in(visit.peer.from.ip(), badge, pin, &headers).await;
    let (status, sign, title, todo) = match came {
        Came::In(_, cookie) => {
            return ([(header::SET_COOKIE, cookie)], Redirect::to(own_path(&next))).into_response();
        }
        Came::Wrong => (StatusCode::UNAUTHORIZED, Sign::Bad, text.wrong.to_owned(), text.wrong_todo),
        Came::NeedsPin => (StatusCode::OK, Sign::Note, text.needs_pin.to_owned(), text.needs_pin_todo),
        Came::NoPin => (StatusCode::FORBIDDEN, Sign::Warn, text.no_pin.to_owned(), text.no_pin_todo),
        Came::Wait(wait) => {
            let seconds = std::time::Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            let mut response = form(
                &visit,
                StatusCode::TOO_MANY_REQUESTS,
                badge,
                own_path(&next),
                Some(part::notice(
                    Sign::Bad,
                    &(text.wait)(&visit.tongue.format.span(seconds)),
                    &html! { p { (text.wait_todo) } },
                )),
            );
            response.headers_mut().insert(header::RETRY_AFTER, seconds.as_secs().into());
            return response;
        }
        Came::Busy => (StatusCode::SERVICE_UNAVAILABLE, Sign::Warn, text.busy.to_owned(), text.busy_todo),
    };
    form(&visit, status, badge, own_path(&next), Some(part::notice(sign, &title, &html! { p { (todo) } })))
}

fn form(visit: &Visit, status: StatusCode, badge: &str, next: &str, told: Option<Markup>) -> Response {
    let text = &visit.tongue.text.door;
    let body = html! {
        div.narrow {
            h2 { (text.title) }
            @if let Some(told) = told { (told) }
            @if visit.mode == Mode::Full {
                form method="post" action="/door" data-plain {
                    input type="hidden" name="next" value=(next);
                    (Field::new("badge", text.badge, Kind::Code).value(badge).hint(text.badge_hint).render())
                    (Field::new("pin", text.pin, Kind::Pin).optional().hint(text.pin_hint).render())
                    (part::button(Weight::Main, text.enter))
                }
                p.quiet { (text.scanning_needs_none) }
            }
        }
    };
    visit.page_with(status, Shell::new(text.title), &body)
}

async fn leave(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    ([(header::SET_COOKIE, page.door.sign_out(&headers))], Redirect::to("/")).into_response()
}

/// What the command line sends: a badge or the name of somebody who has one, and the PIN; without one it is taken away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinWish {
    operator: String,
    pin: Option<String>,
}

/// For the socket that only the gateway's own people reach: who is there may set the first PIN.
pub(crate) fn local_routes(door: Arc<Door>) -> Router {
    Router::new().route("/v1/pin", post(set_pin)).with_state(door)
}

async fn set_pin(State(door): State<Arc<Door>>, Json(wish): Json<PinWish>) -> Response {
    let refused = |why: String| (StatusCode::CONFLICT, Json(serde_json::json!({ "error": why }))).into_response();
    let badge = match door.badge_of(&wish.operator) {
        Ok(badge) => badge,
        Err(why) => return refused(why),
    };
    const BY: &str = "command line";
    let done = match &wish.pin {
        Some(pin) => door.set_pin(&badge, pin, BY).await.map(drop),
        None => door.clear_pin(&badge, BY).await,
    };
    match done {
        Ok(()) => Json(serde_json::json!({ "badge": badge, "has_pin": wish.pin.is_some() })).into_response(),
        Err(error) => refused(error.to_string()),
    }
}

impl Door {
    /// The badge of somebody by badge or by name.
    fn badge_of(&self, named: &str) -> Result<String, String> {
        use crate::register::fact::{Fact, Kind};
        let register = self.register();
        if register.operator(named).is_some() {
            return Ok(named.to_owned());
        }
        let of_name: Vec<String> = register
            .facts(Kind::Operator)
            .filter_map(|(fact, _)| {
                let Fact::Operator(operator) = fact else { return None };
                (operator.name.as_str() == named).then(|| operator.badge.to_string())
            })
            .collect();
        match &of_name[..] {
            [badge] => Ok(badge.clone()),
            [] => Err(super::PinError::NoOperator(named.to_owned()).to_string()),
            several => {
                Err(format!("{} operators are called {named}; give the badge: {}", several.len(), several.join(", ")))
            }
        }
    }
}
