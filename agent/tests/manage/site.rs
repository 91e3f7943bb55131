//! A running agent with a page, people with badges, and a browser that keeps no more than a cookie.

use std::{path::Path, sync::Arc, time::Duration};

use agent::{
    app::Agent,
    config::Config,
    ledger::{Ledger, recorder::Recorder},
    movement::entry::Entry,
    register::catalog::Catalog,
};
use gateway_proto::{
    answer::Refusal, delivery::Effect, movement::Movement, name::FeedName, place::Place, quantity::Quantity,
    record::Seq, time::WallTime,
};
use reqwest::{StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

pub(crate) const MANAGER: &str = "0001";
pub(crate) const TECHNICIAN: &str = "0002";
pub(crate) const PIN: &str = "280471";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Site {
    folder: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    address: String,
    browser: reqwest::Client,
    local: reqwest::Client,
}

/// What came back.
pub(crate) struct Came {
    pub(crate) status: StatusCode,
    /// Where it leads.
    pub(crate) to: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let site = Self::run(tempfile::tempdir().unwrap()).await;
        site.local(
            "/v1/command",
            &json!({ "do": "import", "kind": "operator", "csv":
            "badge,name,role\n0001,Ada,parts-manager\n0002,Bob,technician\n" }),
        )
        .await;
        site.local("/v1/command", &json!({ "do": "import", "kind": "bin", "csv": "name,item\nA-01,M8\n" })).await;
        site.local("/v1/pin", &json!({ "operator": MANAGER, "pin": PIN })).await;
        site
    }

    /// A site whose vendor acme has three records, the first two of them refused, and a code that nobody knows.
    pub(crate) async fn with_records_set_aside() -> Self {
        let folder = tempfile::tempdir().unwrap();
        records(folder.path()).await;
        let site = Self::run(folder).await;
        site.local(
            "/v1/command",
            &json!({ "do": "import", "kind": "operator", "csv":
            "badge,name,role\n0001,Ada,parts-manager\n0002,Bob,technician\n" }),
        )
        .await;
        site.local("/v1/pin", &json!({ "operator": MANAGER, "pin": PIN })).await;
        site
    }

    async fn run(folder: TempDir) -> Self {
        agent::tls::install_provider();
        let agent = Agent::start(config(folder.path())).await.unwrap();
        let address = agent.watcher().status().page.expect("a page").address;
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(agent.run_until(async {
            let _ = stopped.await;
        }));
        let browser = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE).no_proxy().build().unwrap();
        let socket = folder.path().join("agent.sock");
        let local = reqwest::Client::builder().unix_socket(socket).timeout(PATIENCE).build().unwrap();
        Self { folder, stop, running, address, browser, local }
    }

    pub(crate) async fn stop(self) -> TempDir {
        drop(self.stop);
        drop((self.browser, self.local));
        self.running.await.unwrap().unwrap();
        self.folder
    }

    pub(crate) async fn restart(self) -> Self {
        Self::run(self.stop().await).await
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Came {
        came(self.browser.get(format!("{}{path}", self.address)).header(header::COOKIE, cookie)).await
    }

    pub(crate) async fn post<V: AsRef<str>>(&self, cookie: &str, path: &str, form: &[(&str, V)]) -> Came {
        let form: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", escaped(value.as_ref()))).collect();
        let request = self
            .browser
            .post(format!("{}{path}", self.address))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.join("&"));
        came(self.signed(request, cookie)).await
    }

    /// A file, as a browser sends one.
    pub(crate) async fn upload(&self, cookie: &str, kind: &str, csv: &str) -> Came {
        let line = "--x-x-x";
        let body = format!(
            "{line}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n{kind}\r\n\
             {line}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n\
             {line}--\r\n"
        );
        let request = self
            .browser
            .post(format!("{}/manage/data/check", self.address))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x-x-x")
            .body(body);
        came(self.signed(request, cookie)).await
    }

    fn signed(&self, request: reqwest::RequestBuilder, cookie: &str) -> reqwest::RequestBuilder {
        request.header(header::ORIGIN, &self.address).header(header::COOKIE, cookie)
    }

    /// Signs somebody in: their cookie.
    pub(crate) async fn sign_in(&self, badge: &str, pin: &str) -> String {
        let came = self.post("", "/door", &[("badge", badge), ("pin", pin)]).await;
        assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.body);
        let cookie = came.cookie.expect("a session");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    pub(crate) async fn problems(&self) -> Vec<Value> {
        let body = self.local.get("http://agent/status").send().await.unwrap().text().await.unwrap();
        let status: Value = serde_json::from_str(&body).unwrap();
        status["problems"].as_array().unwrap().clone()
    }

    /// The problems as `status` tells them.
    pub(crate) async fn status(&self) -> Vec<String> {
        let line =
            |problem: &Value| format!("{}: {}", problem["name"].as_str().unwrap(), problem["text"].as_str().unwrap());
        self.problems().await.iter().map(line).collect()
    }

    pub(crate) async fn epoch(&self, feed: &str) -> String {
        let body = self.local.get("http://agent/status").send().await.unwrap().text().await.unwrap();
        let status: Value = serde_json::from_str(&body).unwrap();
        status["feeds"][feed]["epoch"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn ledger(&self, ask: &Value) -> Value {
        self.local("/v1/ledger", ask).await
    }

    async fn local(&self, path: &str, body: &Value) -> Value {
        let answer = self.local.post(format!("http://agent{path}")).json(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Waits for something that comes by itself.
    pub(crate) async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self).await {
            assert!(Instant::now() < end, "waited in vain: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn came(request: reqwest::RequestBuilder) -> Came {
    let response = request.send().await.unwrap();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, to, cookie) = (response.status(), header(header::LOCATION), header(header::SET_COOKIE));
    Came { status, to, cookie, body: response.text().await.unwrap() }
}

/// The value of a page's hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let begins = format!("name=\"{name}\" value=\"");
    let rest = page.split_once(&begins).unwrap_or_else(|| panic!("no field {name}: {page}")).1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn config(state: &Path) -> Config {
    let text = format!(
        "[site]\nname = \"plant-7\"\nstate_dir = \"{}\"\nimported_bins = true\n\
         [page]\nlisten = \"127.0.0.1:0\"\n\
         [[feed]]\nname = \"acme\"\nhub = \"http://127.0.0.1:9\"\ntoken = \"t\"\n\
         [[feed]]\nname = \"boltco\"\nhub = \"http://127.0.0.1:9\"\ntoken = \"t\"\n\
         [[item]]\ncode = \"M8\"\nfeed = \"acme\"\n\
         [[item]]\ncode = \"SEAL\"\nfeed = \"boltco\"\n\
         [[bin]]\nname = \"F-01\"\nitem = \"SEAL\"\nmin = 2\nmax = 9\n",
        state.display()
    );
    Config::parse(&text, &state.join("site.toml")).unwrap_or_else(|error| panic!("{error}"))
}

/// Records as they stand after a hub has refused two of them.
async fn records(state: &Path) {
    let (acme, boltco): (FeedName, FeedName) = ("acme".parse().unwrap(), "boltco".parse().unwrap());
    let mut catalog = Catalog::default();
    catalog.add("M8".parse().unwrap(), acme.clone(), []);
    catalog.add("SEAL".parse().unwrap(), boltco.clone(), []);
    let ledger = Ledger::open(state, &[acme.clone(), boltco], Arc::new(catalog)).unwrap();
    let (recorder, thread) = Recorder::start(ledger).unwrap();
    for (item, units) in [("M8", 1), ("M8", 2), ("M8", 3), ("SEAL", 4), ("4006381333931", 5)] {
        let movement = Movement::new(
            WallTime::from_millis(1_795_240_800_000),
            item.parse().unwrap(),
            Quantity::new(units).unwrap(),
            Place::Vendor,
            Place::Dock,
            "goods-in".parse().unwrap(),
        );
        recorder.record(Entry::movement(movement, None).unwrap()).await.unwrap();
    }
    let life = recorder.view().borrow().standings[&acme].life;
    let refused =
        [1, 2].map(|seq| Refusal { seq: Seq(seq), code: "unknown_item".to_owned(), detail: "no such item".to_owned() });
    let settle = Effect::Settle { through: Seq(2), refused: refused.into(), lost: None };
    recorder.take_down(acme, life, vec![settle]).await.unwrap();
    drop(recorder);
    thread.join().unwrap();
}
