//! What the hub answers over HTTP: intake from the sites, reads for viewers, the live feed and the page.
//!
//! Turns requests into calls on the store and its answers into JSON or HTML. Must not know SQL, sockets or TLS. Every
//! answer that is not a success has one shape, `{"code","detail"}`, and says the same about what is not there and what
//! is not granted.

mod access;
mod body;
mod fault;
mod intake;
mod live;
mod plan;
mod read;
mod sign_in;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::fault::Fault;
use crate::{
    config::{FeedConfig, HubConfig, ViewerName},
    page,
    planner::Planner,
    store::{Store, StoreError, StoredFeed},
    terms::Folders,
    token::Token,
};

/// Batches read from the network at once. Each may hold the compressed and the plain text of 4 MiB.
const INTAKES_MAX: usize = 64;

/// Live feeds at once.
const LIVE_MAX: usize = 256;

/// Everything a request may use.
pub(crate) struct App {
    store: Store,
    planner: Planner,
    feeds: Vec<FeedAccess>,
    viewers: Vec<Arc<ViewerAccess>>,
    intakes: Semaphore,
    lives: Arc<Semaphore>,
    /// Whether the page is served over TLS, so that its cookie must be too.
    is_secure: bool,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// A feed and the token it is sent with.
struct FeedAccess {
    feed: StoredFeed,
    token: Token,
}

/// Who may look, and at what.
struct ViewerAccess {
    name: ViewerName,
    token: Token,
    feeds: Vec<StoredFeed>,
}

impl App {
    /// `tasks` holds what outlives a request; all of it ends when `shutdown` does.
    pub(crate) fn new(
        config: &HubConfig,
        (store, folders): (Store, Arc<Folders>),
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let access =
            |(feed, config): (&StoredFeed, &FeedConfig)| FeedAccess { feed: feed.clone(), token: config.token.clone() };
        let feeds = store.feeds().iter().zip(&config.feeds).map(access).collect();
        let viewers = config.viewers.iter().map(|viewer| {
            let granted = store.feeds().iter().filter(|feed| viewer.feeds.contains(&feed.key));
            Arc::new(ViewerAccess {
                name: viewer.name.clone(),
                token: viewer.token.clone(),
                feeds: granted.cloned().collect(),
            })
        });
        Arc::new(Self {
            feeds,
            viewers: viewers.collect(),
            planner: Planner::new(&config.feeds, folders),
            store,
            intakes: Semaphore::new(INTAKES_MAX),
            lives: Arc::new(Semaphore::new(LIVE_MAX)),
            is_secure: config.tls.is_some(),
            tasks,
            shutdown,
        })
    }
}

/// Every path of the hub.
pub(crate) fn router(app: Arc<App>) -> Router {
    let read = Router::new()
        .route("/sites", get(read::sites))
        .route("/on-hand", get(read::on_hand))
        .route("/movements", get(read::movements))
        .route("/parked", get(read::parked))
        .route("/demand", get(plan::demand))
        .route("/forecast", get(plan::forecast))
        .route("/plan", get(plan::plan))
        .route("/live", get(live::live));
    Router::new()
        .merge(intake::routes(&app))
        .nest("/v1", read.clone())
        // The page's own reads stand under its address, because its cookie goes nowhere else.
        .nest("/view/{viewer}", read)
        .route("/view/{viewer}", get(sign_in::to_view))
        .route("/view/{viewer}/", get(sign_in::view))
        .route("/", get(sign_in::form).post(sign_in::sign_in))
        .route("/static/look.css", get(async || asset("text/css; charset=utf-8", page::LOOK)))
        .route("/static/hub.css", get(async || asset("text/css; charset=utf-8", page::STYLE)))
        .route("/static/hub.js", get(async || asset("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/healthz", get(healthz))
        .fallback(async || Fault::NotFound)
        .method_not_allowed_fallback(async || Fault::Method)
        .layer(middleware::map_response(with_safe_headers))
        .with_state(app)
}

/// Nothing from elsewhere, nothing inline, in no frame, and no address passed on.
async fn with_safe_headers(mut response: Response) -> Response {
    const HEADERS: [(header::HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
            ),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    // Asked again each time: after an update the page and its script must be of one age.
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}

async fn healthz(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Fault> {
    let feeds = app.store.feeds().to_vec();
    app.store.read(move |db| Ok::<_, StoreError>(crate::store::health(db, &feeds)?.len())).await?;
    Ok(axum::Json(serde_json::json!({ "status": "ok" })))
}
