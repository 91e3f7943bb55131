//! The live feed: from now on, or from where a reader left off.

use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

use crate::support::{PATIENCE, Server, Site, token_of_viewer};

/// One server-sent event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// A reader of a live feed.
pub(crate) struct Reader {
    response: Response,
    text: String,
}

impl Reader {
    pub(crate) async fn open(server: &Server, viewer: &str, last_id: Option<&str>) -> Self {
        let mut request = server.client.get(server.url("/v1/live")).bearer_auth(token_of_viewer(viewer));
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        Self { response, text: String::new() }
    }

    /// The next event that says something; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    let data = serde_json::from_str(&data).unwrap();
                    return Some(Event { name, id: field("id:").unwrap(), data });
                }
            }
            match timeout(PATIENCE, self.response.chunk()).await.expect("an event in time") {
                Ok(Some(chunk)) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next movement, and the id after it.
    pub(crate) async fn movement(&mut self) -> (u64, String) {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == "movement" {
                return (event.data["record"]["qty"].as_u64().unwrap(), event.id);
            }
        }
    }

    /// Reads the state of a feed, which says that the stream is up to now.
    pub(crate) async fn feed(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == "feed" {
                return event;
            }
        }
    }
}

async fn plant() -> (Server, Site) {
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    (server, Site::new("plant-7/acme", "e1"))
}

async fn ship(server: &Server, site: &mut Site, quantities: std::ops::RangeInclusive<u64>) {
    for qty in quantities {
        site.moves(qty, "A", "vendor", "dock");
        site.ships(server, &site.batch(qty, qty)).await;
    }
}

#[tokio::test]
async fn a_movement_is_told_as_it_comes_with_what_its_places_hold() {
    let (server, mut site) = plant().await;
    ship(&server, &mut site, 1..=1).await;
    let mut reader = Reader::open(&server, "acme", None).await;
    assert_eq!(reader.feed().await.data["through"], 1, "from now: the first movement is history");
    site.moves(2, "A", "vendor", "dock");
    site.ships(&server, &site.batch(2, 2)).await;
    let event = reader.next().await.unwrap();
    assert_eq!((event.name.as_str(), event.id.as_str()), ("movement", "plant-7/acme:1:2"));
    assert_eq!(event.data["text"], "2 A received into dock (scale-3)");
    let dock = event.data["on_hand"].as_array().unwrap().iter().find(|held| held["place"] == "dock").unwrap();
    assert_eq!(dock["qty"], 3);
    assert_eq!(reader.feed().await.data["through"], 2);
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_exactly_what_it_missed() {
    let (mut server, mut site) = plant().await;
    let mut reader = Reader::open(&server, "acme", None).await;
    reader.feed().await;
    ship(&server, &mut site, 1..=3).await;
    let mut last = String::new();
    for expected in 1..=3 {
        let (qty, id) = reader.movement().await;
        assert_eq!(qty, expected);
        last = id;
    }
    drop(reader);
    ship(&server, &mut site, 4..=5).await;
    server.kill();
    server.resume().await;
    ship(&server, &mut site, 6..=6).await;
    let mut reader = Reader::open(&server, "acme", Some(&last)).await;
    for expected in 4..=6 {
        assert_eq!(reader.movement().await.0, expected);
    }
    ship(&server, &mut site, 7..=7).await;
    assert_eq!(reader.movement().await.0, 7, "nothing in between");
    server.stop().await;
}

#[tokio::test]
async fn more_than_a_page_behind_is_caught_up_in_order() {
    let (server, mut site) = plant().await;
    for qty in 1..=900 {
        site.moves(qty, "A", "vendor", "dock");
    }
    site.ships_all(&server).await;
    let mut reader = Reader::open(&server, "acme", Some("")).await;
    for expected in 1..=900 {
        assert_eq!(reader.movement().await.0, expected);
    }
}

#[tokio::test]
async fn a_new_epoch_is_followed_without_being_asked_for() {
    let (server, mut site) = plant().await;
    ship(&server, &mut site, 1..=1).await;
    let mut reader = Reader::open(&server, "acme", None).await;
    reader.feed().await;
    let mut renewed = Site::new("plant-7/acme", "e2");
    renewed.moves(8, "A", "vendor", "dock").moves(9, "A", "vendor", "dock");
    renewed.ships_all(&server).await;
    assert_eq!(reader.movement().await.0, 8);
    let (qty, id) = reader.movement().await;
    assert_eq!((qty, id.as_str()), (9, "plant-7/acme:1:1,plant-7/acme:2:2"));
}

#[tokio::test]
async fn the_stream_ends_when_the_hub_stops() {
    let (mut server, _) = plant().await;
    let mut reader = Reader::open(&server, "acme", None).await;
    reader.feed().await;
    timeout(PATIENCE, server.stop()).await.unwrap();
    assert!(reader.next().await.is_none());
}
