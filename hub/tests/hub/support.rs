//! A hub to talk to and a site that talks to it.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use gateway_proto::{
    answer::{Ack, Rejection},
    batch::{Batch, Load, Lost},
    chain::{Epoch, Link},
    record::{RecordText, Seq},
};
use hub::{
    config::{FeedConfig, HubConfig, ViewerConfig},
    feed::FeedKey,
    serve::Hub,
    token::Token,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A hub that is being described, running, or between two lives.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    pub(crate) config: HubConfig,
    pub(crate) client: Client,
    hub: Option<Hub>,
}

/// The token of a feed, by its key.
pub(crate) fn token_of(feed: &str) -> String {
    format!("token-of-feed-{feed}")
}

/// The token of a viewer, by its name.
pub(crate) fn token_of_viewer(viewer: &str) -> String {
    format!("token-of-viewer-{viewer}")
}

impl Server {
    /// Nothing configured yet.
    pub(crate) fn new() -> Self {
        hub::tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let config = HubConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            state_dir: folder.path().join("state"),
            tls: None,
            feeds: Vec::new(),
            mqtt: None,
            viewers: Vec::new(),
        };
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { folder, config, client, hub: None }
    }

    pub(crate) fn feed(mut self, feed: &str) -> Self {
        let key: FeedKey = feed.parse().unwrap();
        self.config.feeds.push(FeedConfig::new(key.site, key.name, Token::new(&token_of(feed)).unwrap()));
        self
    }

    /// Limits the last feed to some items.
    pub(crate) fn items(mut self, items: &[&str]) -> Self {
        self.set_items(items);
        self
    }

    pub(crate) fn set_items(&mut self, items: &[&str]) {
        let items: BTreeSet<_> = items.iter().map(|item| item.parse().unwrap()).collect();
        self.config.feeds.last_mut().unwrap().items = Some(items);
    }

    /// Gives the last feed a planning folder, empty so far.
    pub(crate) fn planned(mut self) -> Self {
        let feed = self.config.feeds.last_mut().unwrap();
        let path = self.folder.path().join(format!("planning-{}-{}", feed.site, feed.name));
        fs::create_dir(&path).unwrap();
        feed.planning = Some(path);
        self
    }

    /// Where a file of a feed's planning folder is.
    pub(crate) fn said(&self, feed: &str, file: &str) -> PathBuf {
        let key: FeedKey = feed.parse().unwrap();
        let feed = self.config.feeds.iter().find(|feed| feed.key() == key).unwrap();
        feed.planning.as_ref().unwrap().join(file)
    }

    /// Reads items and planning folders anew.
    pub(crate) async fn reload(&self) {
        self.hub.as_ref().unwrap().reload(&self.config).await.unwrap();
    }

    /// Writes a file of a feed's planning folder and has it read.
    pub(crate) async fn say(&self, feed: &str, file: &str, text: &str) {
        fs::write(self.said(feed, file), text).unwrap();
        self.reload().await;
    }

    /// Takes a file out of a feed's planning folder and has it read.
    pub(crate) async fn unsay(&self, feed: &str, file: &str) {
        fs::remove_file(self.said(feed, file)).unwrap();
        self.reload().await;
    }

    pub(crate) fn viewer(mut self, name: &str, feeds: &[&str]) -> Self {
        self.config.viewers.push(ViewerConfig {
            name: name.parse().unwrap(),
            token: Token::new(&token_of_viewer(name)).unwrap(),
            feeds: feeds.iter().map(|feed| feed.parse().unwrap()).collect(),
        });
        self
    }

    pub(crate) async fn start(mut self) -> Self {
        self.resume().await;
        self
    }

    /// Starts again over the same store.
    pub(crate) async fn resume(&mut self) {
        self.hub = Some(Hub::start(self.config.clone()).await.unwrap());
    }

    /// Drops the hub as it is: what a killed process leaves behind.
    pub(crate) fn kill(&mut self) {
        self.hub = None;
    }

    pub(crate) async fn stop(&mut self) {
        self.hub.take().unwrap().stop().await.unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let hub = self.hub.as_ref().unwrap();
        format!("{}{}", hub.url(), path.trim_start_matches('/'))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).timeout(PATIENCE)
    }

    /// A viewer's read.
    pub(crate) async fn read(&self, viewer: &str, path: &str) -> Value {
        let response = self.get(path).bearer_auth(token_of_viewer(viewer)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// A viewer's page as it is rendered.
    pub(crate) async fn read_page(&self, viewer: &str) -> String {
        let path = format!("/view/{viewer}/");
        let response = self.get(&path).bearer_auth(token_of_viewer(viewer)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    /// A viewer's read that fails: its status and code.
    pub(crate) async fn read_fault(&self, viewer: &str, path: &str) -> (u16, String) {
        let response = self.get(path).bearer_auth(token_of_viewer(viewer)).send().await.unwrap();
        fault(response).await
    }

    /// The texts of a viewer's movements, oldest first.
    pub(crate) async fn texts(&self, viewer: &str) -> Vec<String> {
        texts(&self.read(viewer, "/v1/movements?after=").await)
    }
}

/// The words of a list of movements.
pub(crate) fn texts(answer: &Value) -> Vec<String> {
    answer["movements"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect()
}

/// Status and code of an answer that is not a success, after checking that it has the one shape.
pub(crate) async fn fault(response: Response) -> (u16, String) {
    let status = response.status();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let body: Value = response.json().await.unwrap();
    (status.as_u16(), body["code"].as_str().unwrap().to_owned())
}

/// A site with one feed: its whole ledger and how to send parts of it.
#[derive(Clone)]
pub(crate) struct Site {
    key: FeedKey,
    token: String,
    epoch: Epoch,
    records: Vec<RecordText>,
    links: Vec<Link>,
}

impl Site {
    pub(crate) fn new(feed: &str, epoch: &str) -> Self {
        let epoch: Epoch = epoch.parse().unwrap();
        let links = vec![Link::first(&epoch)];
        Self { key: feed.parse().unwrap(), token: token_of(feed), epoch, records: Vec::new(), links }
    }

    /// Records a text as it is.
    pub(crate) fn record(&mut self, text: &str) -> &mut Self {
        self.links.push(self.links.last().unwrap().then(text));
        self.records.push(RecordText::new(text.to_owned()).unwrap());
        self
    }

    /// Records a movement.
    pub(crate) fn moves(&mut self, qty: u64, item: &str, from: &str, to: &str) -> &mut Self {
        let text = format!(
            r#"{{"type":"movement","at":"2026-11-21T05:00:00.000Z","item":"{item}","qty":{qty},"from":"{from}","to":"{to}","by":"scale-3"}}"#
        );
        self.record(&text)
    }

    /// Records made so far.
    pub(crate) fn len(&self) -> u64 {
        self.records.len() as u64
    }

    /// The records `first..=last` as a batch.
    pub(crate) fn batch(&self, first: u64, last: u64) -> Batch {
        let (before, after) = (usize::try_from(first).unwrap() - 1, usize::try_from(last).unwrap());
        Batch {
            site: self.key.site.clone(),
            feed: self.key.name.clone(),
            epoch: self.epoch.clone(),
            first: Seq(first),
            prev: Some(self.links[before]),
            head: self.links[after],
            load: Load::Records(self.records[before..after].to_vec()),
            ahead: false,
            knows: None,
        }
    }

    /// A declaration that `first..=to` are gone.
    pub(crate) fn lost(&self, first: u64, to: u64) -> Batch {
        let load = Load::Lost(Lost { to: Seq(to), why: "retention".parse().unwrap() });
        let head = self.links[usize::try_from(to).unwrap()];
        Batch { head, load, ..self.batch(first, first) }
    }

    pub(crate) fn request(&self, server: &Server) -> RequestBuilder {
        let url = server.url(&format!("/v1/feeds/{}/batches", self.key.name));
        server.client.post(url).bearer_auth(&self.token).timeout(PATIENCE)
    }

    /// Sends a batch and hands back whatever is answered.
    pub(crate) async fn send(&self, server: &Server, batch: &Batch) -> Response {
        self.request(server).body(batch.to_json().unwrap()).send().await.unwrap()
    }

    /// Sends a batch that must be acknowledged.
    pub(crate) async fn ships(&self, server: &Server, batch: &Batch) -> Ack {
        let response = self.send(server, batch).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// Sends everything.
    pub(crate) async fn ships_all(&self, server: &Server) -> Ack {
        self.ships(server, &self.batch(1, self.len())).await
    }

    /// Sends a batch that must be rejected with this status.
    pub(crate) async fn is_rejected(&self, server: &Server, batch: &Batch, status: u16) -> Rejection {
        let response = self.send(server, batch).await;
        assert_eq!(response.status().as_u16(), status);
        response.json().await.unwrap()
    }
}
