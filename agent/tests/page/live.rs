//! What changes by itself, and that an open page keeps the agent from nothing.

use std::time::{Duration, Instant};

use reqwest::Response;

use crate::site::{Site, plan};

/// Reads a stream until it holds a text.
async fn read_until(stream: &mut Response, wanted: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(wanted) {
            let chunk = stream.chunk().await.unwrap().unwrap_or_else(|| panic!("ended without {wanted}: {read}"));
            read.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap_or_else(|_| panic!("no {wanted}"));
    read
}

async fn follow(site: &Site, query: &str) -> Response {
    let stream = site.get(&format!("/live?{query}")).send().await.unwrap();
    assert_eq!(stream.status().as_u16(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    stream
}

#[tokio::test]
async fn a_page_is_sent_what_it_does_not_have_and_beats_while_nothing_happens() {
    let site = plan().start().await;
    let mut stream = follow(&site, "of=frame").await;
    let read = read_until(&mut stream, "event: beat").await;
    assert!(read.contains("event: fragments") && read.contains("problem-count"), "{read}");
    let version = read.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(stream);
    let mut again = follow(&site, &format!("of=frame&after={version}")).await;
    let read = read_until(&mut again, "event: beat").await;
    assert!(!read.contains("event: fragments") || !read.contains(&format!("id: {version}\n")), "{read}");
    site.stop().await;
}

#[tokio::test]
async fn a_page_of_another_process_is_told_to_load_itself_again() {
    let site = plan().start().await;
    let mut stream = follow(&site, "of=frame&after=deadbeef-7").await;
    read_until(&mut stream, "event: reload").await;
    site.stop().await;
}

#[tokio::test]
async fn open_pages_do_not_hold_up_a_stop() {
    let site = plan().start().await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = follow(&site, "of=frame").await;
        read_until(&mut stream, "event: fragments").await;
        streams.push(stream);
    }
    let began = Instant::now();
    site.stop().await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_no_pane_is_not_there_and_nobody_follows_a_hundred() {
    let site = plan().start().await;
    for (query, expect) in [("of=nothing", 404), ("of=frame,nothing", 404), ("", 400)] {
        assert_eq!(site.get(&format!("/live?{query}")).send().await.unwrap().status().as_u16(), expect, "{query}");
    }
    let many = format!("/live?of={}", vec!["frame"; 100].join(","));
    assert_eq!(site.get(&many).send().await.unwrap().status().as_u16(), 400);
    site.stop().await;
}

#[tokio::test]
async fn there_is_an_end_to_pages_that_follow_and_none_to_pages_that_are_read() {
    let site = plan().start().await;
    let mut streams = Vec::new();
    let refused = loop {
        let stream = site.get("/live?of=frame").send().await.unwrap();
        if stream.status() != 200 {
            break stream.status().as_u16();
        }
        streams.push(stream);
        assert!(streams.len() < 100);
    };
    assert_eq!(refused, 503);
    assert_eq!(site.get("/").send().await.unwrap().status().as_u16(), 200);
    drop(streams);
    let follows = async || site.get("/live?of=frame").send().await.is_ok_and(|stream| stream.status() == 200);
    crate::site::until("there is room again", follows).await;
    site.stop().await;
}
