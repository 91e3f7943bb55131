//! The loops against a real server on this machine, and against a broker that is told what to do.

use std::{collections::VecDeque, time::Instant};

use axum::{
    Router,
    body::Bytes,
    extract::State as Extract,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use super::*;
use crate::{
    config::WebhookConfig,
    receiver::{TOPIC, letter::tests::alarm, progress::REFUSALS_MAX, secret::Secrets, topic},
    tls,
};

/// No condition here takes longer than a moment.
const BOUND: Duration = Duration::from_secs(20);

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Quick enough to go through many failures.
const QUICK: Retry = Retry { first: Duration::from_millis(1), max: Duration::from_millis(5) };

#[tokio::test]
async fn an_alarm_arrives_signed_and_its_repetition_has_the_same_id_and_body() {
    let mut site = Site::start([Reply::Status(500), Reply::Status(204)]).await;
    site.tell(1);
    let (first, again) = (site.request().await, site.request().await);
    assert_eq!(first.id(), "plant-7_alarm_1_1795240801000");
    assert_eq!((first.id(), &first.body), (again.id(), &again.body));
    for request in [first, again] {
        let timestamp: i64 = request.header("webhook-timestamp").parse().unwrap();
        let signed = Secrets::parse(SECRET).unwrap().sign(request.id(), timestamp, &request.body);
        assert_eq!(request.header("webhook-signature"), signed);
        let off = timestamp - Clock::start().wall().0.millis() / 1_000;
        assert!((-60..=0).contains(&off), "seconds of now, not of the alarm: {off}");
        assert_eq!(request.header("content-type"), "application/json");
    }
    site.until(|progress| progress.delivered == 1 && progress.trouble.is_none()).await;
    site.tell(2);
    assert_eq!(site.request().await.number(), 2, "the loop was at rest");
    site.stop().await;
}

#[tokio::test]
async fn a_receiver_that_fails_and_hangs_gets_everything_in_order_in_the_end() {
    let replies = [
        Reply::Status(500),
        Reply::Hang,
        Reply::Status(404),
        Reply::Status(200),
        Reply::Status(429),
        Reply::Redirect,
        Reply::Status(408),
        Reply::Status(201),
        Reply::Status(200),
    ];
    let mut site = Site::start(replies).await;
    for id in 1..=3 {
        site.tell(id);
    }
    let mut ids = Vec::new();
    for _ in 0..9 {
        ids.push(site.request().await.number());
    }
    assert_eq!(ids, [1, 1, 1, 1, 2, 2, 2, 2, 3]);
    let progress = site.until(|progress| progress.through == 3).await;
    assert_eq!((progress.delivered, progress.waiting, progress.set_aside), (3, 0, 0));
    site.stop().await;
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_it() {
    let mut site = Site::start([Reply::RetryAfter(1), Reply::Status(200)]).await;
    site.tell(1);
    site.request().await;
    let asked = Instant::now();
    let progress = site.until(|progress| progress.trouble.is_some()).await;
    assert_eq!(progress.trouble.unwrap().why, "HTTP 503 not now");
    assert_eq!(site.request().await.number(), 1);
    assert!(asked.elapsed() > Duration::from_millis(900), "{:?}", asked.elapsed());
    site.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_once() {
    let mut site = Site::start([Reply::Status(410)]).await;
    site.tell(1);
    site.request().await;
    let progress = site.until(|progress| progress.trouble.is_some()).await;
    assert_eq!(progress.trouble.unwrap().closed, Closed::UntilRestart);
    site.tell(2);
    let progress = site.until(|progress| progress.dropped == 2).await;
    assert_eq!(progress.through, 0, "asked again after a restart");
    assert!(site.requests.try_recv().is_err());
    site.stop().await;
}

#[tokio::test]
async fn what_a_receiver_never_takes_is_set_aside_and_the_rest_arrives() {
    let refused = std::iter::repeat_n(Reply::Status(422), REFUSALS_MAX as usize);
    let site = Site::start(refused.chain([Reply::Status(200)])).await;
    site.tell(1);
    site.tell(2);
    let progress = site.until(|progress| progress.through == 2).await;
    assert_eq!((progress.set_aside, progress.delivered), (1, 1));
    site.stop().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut site = Site::start([Reply::Redirect, Reply::Status(200)]).await;
    site.tell(1);
    let paths = [site.request().await.path, site.request().await.path];
    assert_eq!(paths, ["/hook", "/hook"]);
    site.until(|progress| progress.delivered == 1).await;
    site.stop().await;
}

#[tokio::test]
async fn after_a_restart_only_what_was_not_settled_is_sent_again() {
    let mut site = Site::start([Reply::Status(200), Reply::Hang]).await;
    for id in 1..=3 {
        site.tell(id);
    }
    site.request().await;
    site.request().await;
    let through = site.until(|progress| progress.delivered == 1).await.through;
    site.stop().await;
    assert_eq!(through, 1);

    let backlog = (through + 1..=3).map(|id| Arc::new(alarm(id))).collect();
    let server = Server::start([]).await;
    let mut site = Site::at(server, through, backlog, State::ALL);
    assert_eq!([site.request().await.number(), site.request().await.number()], [2, 3]);
    site.until(|progress| progress.through == 3).await;
    site.stop().await;
}

#[tokio::test]
async fn a_receiver_hears_only_what_it_asks_for() {
    let server = Server::start([]).await;
    let mut site = Site::at(server, 0, Vec::new(), [State::Out]);
    site.tell(1);
    let out = Arc::new(Alarm { to: State::Out, ..alarm(2) });
    site.notifier.tell(&out);
    site.tell(3);
    assert_eq!(site.request().await.number(), 2);
    let progress = site.until(|progress| progress.through == 3).await;
    assert_eq!(progress.delivered, 1);
    site.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let server = Server::start([]).await;
    let address = server.address;
    server.task.abort();
    let _ = server.task.await;
    let site = Site::to(address, 0, Vec::new(), State::ALL);
    site.notifier.tell(&Arc::new(alarm(1)));
    let progress = site.until(|progress| progress.trouble.is_some()).await;
    assert!(progress.trouble.unwrap().why.contains("refused"), "the cause, not the address");
    let mut server = Server::listen(TcpListener::bind(address).await.unwrap(), []);
    let request = tokio::time::timeout(BOUND, server.requests.recv()).await.unwrap().unwrap();
    assert_eq!(request.number(), 1);
    site.stop().await;
}

#[tokio::test]
async fn a_broker_gets_the_same_letter_and_is_asked_again_until_it_acknowledges() {
    let (sent, mut published) = mpsc::unbounded_channel();
    let broker = Broker { sent, refusals: Mutex::new(2), hangs: Mutex::new(1) };
    let destination = Destination {
        name: "mqtt".to_owned(),
        way: Way::Topic {
            topic: topic(TOPIC, &"plant-7".parse().unwrap()),
            publish: broker,
            patience: Duration::from_millis(50),
        },
        events: State::ALL.into(),
        retry: QUICK,
        through: 0,
        backlog: vec![Arc::new(alarm(1))],
    };
    let (notifier, carriers) = prepare(&"plant-7".parse().unwrap(), &Clock::start(), vec![destination]);
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(carriers, stop.clone()));
    let expect = Letter::new(&"plant-7".parse().unwrap(), &alarm(1));
    for _ in 0..4 {
        let (topic, payload) = timeout(BOUND, published.recv()).await.unwrap().unwrap();
        assert_eq!((topic.as_str(), payload), ("binwire/plant-7/alarms", expect.body.clone()));
    }
    let (_, mut board) = notifier.boards().next().unwrap();
    timeout(BOUND, board.wait_for(|progress| progress.through == 1)).await.unwrap().unwrap();
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_site_without_destinations_runs_until_it_is_stopped() {
    let (notifier, carriers) = prepare::<Broker>(&"plant-7".parse().unwrap(), &Clock::start(), Vec::new());
    notifier.tell(&Arc::new(alarm(1)));
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(carriers, stop.clone()));
    tokio::task::yield_now().await;
    assert!(!running.is_finished());
    stop.cancel();
    running.await.unwrap();
}

/// What the server does with a request; 200 once it has been told nothing more.
#[derive(Debug, Clone, Copy)]
enum Reply {
    Status(u16),
    RetryAfter(u64),
    /// To another path of the same server.
    Redirect,
    Hang,
}

#[derive(Debug)]
struct Request {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Debug, Clone)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    heard: mpsc::UnboundedSender<Request>,
}

struct Server {
    address: std::net::SocketAddr,
    requests: mpsc::UnboundedReceiver<Request>,
    task: JoinHandle<()>,
}

/// A site with one webhook.
struct Site {
    notifier: Notifier,
    requests: mpsc::UnboundedReceiver<Request>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    _server: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Broker {
    sent: mpsc::UnboundedSender<(String, String)>,
    refusals: Mutex<u32>,
    hangs: Mutex<u32>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn id(&self) -> &str {
        self.header("webhook-id")
    }

    fn number(&self) -> u64 {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["data"]["id"].as_u64().unwrap()
    }
}

impl Server {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), replies)
    }

    fn listen(listener: TcpListener, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (heard, requests) = mpsc::unbounded_channel();
        let script = Script { replies: Arc::new(Mutex::new(replies.into_iter().collect())), heard };
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(script);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, requests, task }
    }
}

async fn answer(Extract(script): Extract<Script>, uri: axum::http::Uri, headers: HeaderMap, body: Bytes) -> Response {
    let _ = script.heard.send(Request { path: uri.path().to_owned(), headers, body });
    let reply = script.replies.lock().unwrap().pop_front();
    match reply {
        None => StatusCode::OK.into_response(),
        Some(Reply::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Reply::RetryAfter(seconds)) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, seconds.to_string())], "not now").into_response()
        }
        Some(Reply::Redirect) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response(),
        Some(Reply::Hang) => std::future::pending().await,
    }
}

impl Site {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::at(Server::start(replies).await, 0, Vec::new(), State::ALL)
    }

    fn at(server: Server, through: u64, backlog: Vec<Arc<Alarm>>, events: impl IntoIterator<Item = State>) -> Self {
        let site = Self::to(server.address, through, backlog, events);
        Self { requests: server.requests, _server: Some(server.task), ..site }
    }

    fn to(
        address: std::net::SocketAddr,
        through: u64,
        backlog: Vec<Arc<Alarm>>,
        events: impl IntoIterator<Item = State>,
    ) -> Self {
        tls::install_provider();
        let receiver = WebhookConfig {
            name: "erp".parse().unwrap(),
            url: format!("http://{address}/hook").parse().unwrap(),
            secrets: Some(Secrets::parse(SECRET).unwrap()),
            ca: None,
            events: events.into_iter().collect(),
        };
        let clock = Clock::start();
        let destination = Destination::<Broker> {
            name: receiver.name.to_string(),
            way: Way::Webhook(Webhook::new(&receiver, Duration::from_millis(300), clock.clone()).unwrap()),
            events: receiver.events,
            retry: QUICK,
            through,
            backlog,
        };
        let (notifier, carriers) = prepare(&"plant-7".parse().unwrap(), &clock, vec![destination]);
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(carriers, stop.clone()));
        let (_, requests) = mpsc::unbounded_channel();
        Self { notifier, requests, stop, running, _server: None }
    }

    fn tell(&self, id: u64) {
        self.notifier.tell(&Arc::new(alarm(id)));
    }

    async fn request(&mut self) -> Request {
        timeout(BOUND, self.requests.recv()).await.expect("a request in time").expect("the server runs")
    }

    async fn until(&self, is: impl FnMut(&Progress) -> bool) -> Progress {
        let (_, mut board) = self.notifier.boards().next().unwrap();
        timeout(BOUND, board.wait_for(is)).await.expect("in time").expect("the loop runs").clone()
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(BOUND, self.running).await.expect("stops in time").unwrap();
    }
}

impl Publish for Broker {
    async fn publish(&self, topic: &str, payload: String) -> Result<(), PublishError> {
        self.sent.send((topic.to_owned(), payload)).unwrap();
        if take_one(&self.hangs) {
            std::future::pending::<()>().await;
        }
        if take_one(&self.refusals) { Err(PublishError("broker is not connected".to_owned())) } else { Ok(()) }
    }
}

fn take_one(left: &Mutex<u32>) -> bool {
    let mut left = left.lock().unwrap();
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}
