//! What a viewer chooses for their own browser: the language.

use std::sync::Arc;

use axum::{
    Form, Router,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use look::Language;
use serde::Deserialize;

use super::{
    Page,
    visit::{LANGUAGE_COOKIE, own_path},
};

/// A year: it is no secret and nothing depends on it.
const KEPT_SECONDS: u32 = 31_536_000;

#[derive(Debug, Deserialize)]
struct Choice {
    language: String,
    #[serde(default)]
    next: String,
}

pub(super) fn routes() -> Router<Arc<Page>> {
    Router::new().route("/language", post(choose))
}

async fn choose(Form(choice): Form<Choice>) -> Response {
    let Ok(language) = choice.language.parse::<Language>() else { return StatusCode::BAD_REQUEST.into_response() };
    let cookie =
        format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Strict", language.tag());
    ([(header::SET_COOKIE, cookie)], Redirect::to(own_path(&choice.next))).into_response()
}
