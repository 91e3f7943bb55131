//! An agent in this process with a page, and what a browser would send it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use agent::{app::Agent, config::Config, tls};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{COOKIE, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What is waited for at most, anywhere here.
const PATIENCE: Duration = Duration::from_secs(20);

const FILE: &str = r#"
[site]
name = "plant-7"
state_dir = "state"
[[feed]]
name = "acme"
hub = "https://127.0.0.1:9"
token = "t"
[[item]]
code = "M8"
feed = "acme"
[[bin]]
name = "A"
item = "M8"
[[station]]
name = "bench"
place = "bin:A"
[page]
"#;

const OPERATORS: &str =
    "badge,name,role\n0042,Ann,technician\n0007,Bo,storekeeper\n0001,Mia,parts-manager\n0003,Otto,auditor\n";

pub(crate) struct Site {
    folder: TempDir,
    page: String,
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    pub(crate) client: Client,
    idle: Option<Duration>,
    running: JoinHandle<()>,
    stop: CancellationToken,
}

/// What is asked of a site before it starts.
pub(crate) struct Plan {
    page: String,
    idle: Option<Duration>,
}

pub(crate) fn plan() -> Plan {
    Plan { page: "listen = \"127.0.0.1:0\"".to_owned(), idle: None }
}

impl Plan {
    /// Further keys of `[page]`.
    pub(crate) fn with(self, keys: &str) -> Self {
        Self { page: format!("{}\n{keys}", self.page), ..self }
    }

    /// Sessions that end sooner than the file could say.
    pub(crate) fn idle(self, idle: Duration) -> Self {
        Self { idle: Some(idle), ..self }
    }

    pub(crate) async fn start(self) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::start(folder, self.page, self.idle).await;
        let import = json!({ "do": "import", "kind": "operator", "csv": OPERATORS });
        assert_eq!(site.local("/v1/command", &import).await["taken"], true);
        site
    }
}

impl Site {
    async fn start(folder: TempDir, page: String, idle: Option<Duration>) -> Self {
        tls::install_provider();
        let text = format!("{FILE}{page}\n");
        let mut config =
            Config::parse(&text, &folder.path().join("site.toml")).unwrap_or_else(|error| panic!("{error}"));
        if let (Some(idle), Some(page)) = (idle, &mut config.page) {
            page.idle = idle;
        }
        let agent = Agent::start(config).await.unwrap_or_else(|error| panic!("{error:#}"));
        let origin = agent.watcher().page_at.get().unwrap().address.clone();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { agent.run_until(stopped.cancelled()).await.unwrap() });
        let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        Self { folder, page, origin, client, idle, running, stop }
    }

    /// The same site after its gateway was switched off and on.
    pub(crate) async fn restart(self) -> Self {
        let Self { folder, page, idle, running, stop, .. } = self;
        stop.cancel();
        running.await.unwrap();
        Self::start(folder, page, idle).await
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.origin))
    }

    /// A form as a page of this site would send it.
    pub(crate) fn post(&self, path: &str, form: &str) -> RequestBuilder {
        self.bare_post(path, form).header(ORIGIN, &self.origin).header("Sec-Fetch-Site", "same-origin")
    }

    /// A form without what tells where it comes from.
    pub(crate) fn bare_post(&self, path: &str, form: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.origin);
        self.client.post(url).header("Content-Type", "application/x-www-form-urlencoded").body(form.to_owned())
    }

    pub(crate) async fn sign_in(&self, badge: &str, pin: &str) -> Response {
        self.post("/door", &format!("badge={badge}&pin={pin}&next=/")).send().await.unwrap()
    }

    /// Signs in, which must go well; the cookie as a browser sends it back.
    pub(crate) async fn cookie_of(&self, badge: &str, pin: &str) -> String {
        let response = self.sign_in(badge, pin).await;
        assert_eq!(response.status().as_u16(), 303);
        cookie(&response).unwrap()
    }

    /// Whether whoever has this cookie is signed in.
    pub(crate) async fn knows(&self, cookie: &str) -> bool {
        let page = self.get("/").header(COOKIE, cookie).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200);
        page.text().await.unwrap().contains("data-signed")
    }

    /// Sets a PIN as the command line does.
    pub(crate) async fn set_pin(&self, operator: &str, pin: &str) -> Value {
        self.local("/v1/pin", &json!({ "operator": operator, "pin": pin })).await
    }

    /// Scans a code at the station, as its scanner does; the verdict.
    pub(crate) async fn scans(&self, code: &str) -> Value {
        self.local("/v1/scan", &json!({ "station": "bench", "code": code, "id": null })).await
    }

    pub(crate) async fn local(&self, path: &str, body: &Value) -> Value {
        let client = Client::builder().unix_socket(self.socket()).timeout(PATIENCE).build().unwrap();
        client.post(format!("http://agent{path}")).json(body).send().await.unwrap().json().await.unwrap()
    }

    fn socket(&self) -> PathBuf {
        Path::new(&self.state()).join("agent.sock")
    }
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(response: &Response) -> Option<String> {
    let set = response.headers().get(SET_COOKIE)?.to_str().unwrap();
    set.split(';').next().map(str::to_owned)
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
