//! Style, script, icons: what the page is sent once and keeps. An address holds the beginning of the content's SHA-256, so
//! that a browser may keep what it has for ever and never mixes two versions.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};

use super::Page;

/// One file.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static [u8],
    /// `/static/name-hash.ext`
    address: String,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";

/// All of them. A page that brings a script or a style of its own adds it here.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("look.css", CSS, look::style().as_bytes()),
        asset("page.css", CSS, include_bytes!("script/page.css")),
        asset("page.js", JS, include_bytes!("script/page.js")),
        asset("station.js", JS, include_bytes!("script/station.js")),
        asset("icon.svg", SVG, include_bytes!("icon/icon.svg")),
        asset("icon-180.png", PNG, include_bytes!("icon/icon-180.png")),
        asset("icon-192.png", PNG, include_bytes!("icon/icon-192.png")),
        asset("icon-512.png", PNG, include_bytes!("icon/icon-512.png")),
    ]
});

/// The service worker: it must stand at the top to serve every page.
const WORKER: &str = include_str!("script/sw.js");

fn asset(name: &'static str, kind: &'static str, body: &'static [u8]) -> Asset {
    let hash: String = Sha256::digest(body).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    Asset { name, kind, body, address: format!("/static/{stem}-{hash}.{ending}") }
}

/// The address of a file by its name; `/static/` alone for one that is not there, which a test would find.
#[must_use]
pub(crate) fn address(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/static/", |asset| asset.address.as_str())
}

pub(crate) fn routes() -> Router<Arc<Page>> {
    Router::new()
        .route("/static/{file}", get(file))
        .route("/sw.js", get(worker))
        .route("/manifest.webmanifest", get(manifest))
        .route("/authority.crt", get(authority))
}

async fn file(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.address.strip_prefix("/static/") == Some(file.as_str())) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.body).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Asked again each time, so that an update of the agent is an update of the worker.
async fn worker() -> impl IntoResponse {
    let list: Vec<&str> =
        ASSETS.iter().map(|asset| asset.address.as_str()).filter(|at| !at.ends_with(".png")).collect();
    let text = WORKER.replace("\"ASSETS\"", &serde_json::json!(list).to_string());
    ([(header::CONTENT_TYPE, JS), (header::CACHE_CONTROL, "no-cache")], text)
}

async fn manifest(State(page): State<Arc<Page>>) -> impl IntoResponse {
    let icon = |name, kind, sizes| serde_json::json!({ "src": address(name), "type": kind, "sizes": sizes });
    let manifest = serde_json::json!({
        "name": format!("Binwire {}", page.site),
        "short_name": "Binwire",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": page.config.language.tag(),
        "background_color": "#f6f7f8",
        "theme_color": "#11161b",
        "icons": [icon("icon.svg", SVG, "any"), icon("icon-192.png", PNG, "192x192"), icon("icon-512.png", PNG, "512x512")],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")], manifest.to_string())
}

/// The certificate of the gateway's own authority, for a phone that is to trust it. Whoever installs it compares its
/// fingerprint with what `binwire-agent status` says.
async fn authority(State(page): State<Arc<Page>>) -> Response {
    match page.certificate.as_ref().and_then(|certificate| certificate.authority()) {
        Some(der) => {
            let named = "attachment; filename=\"binwire.crt\"";
            ([(header::CONTENT_TYPE, "application/x-x509-ca-cert"), (header::CONTENT_DISPOSITION, named)], der)
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_that_changes_with_it() {
        for asset in ASSETS.iter() {
            assert!(address(asset.name).starts_with("/static/") && !asset.body.is_empty(), "{}", asset.name);
        }
        let (one, other) = (super::asset("a.js", JS, b"1"), super::asset("a.js", JS, b"2"));
        assert_ne!(one.address, other.address);
        assert!(WORKER.contains("\"ASSETS\""));
    }

    #[test]
    fn a_first_load_is_small() {
        // Without the pages themselves, and before compression: what a phone fetches once.
        let once: usize = ASSETS.iter().filter(|asset| asset.kind != PNG).map(|asset| asset.body.len()).sum();
        assert!(once < 60_000, "{once} bytes");
    }
}
