//! Bodies, questions and files that nobody should send: each is answered in one shape and in a sentence, none changes what the
//! hub has, and right ones go on being taken.
//!
//! `SEED=n` runs a storm again, `FROM=i INPUTS=1` one input of it; `BINWIRE_LONG` makes a million of each.

use std::{fmt::Write as _, path::Path};

use gateway_proto::{answer::Ack, limits::BATCH_RECORDS_MAX, record::Seq};
use hub::config::{ConfigError, HubConfig};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use tokio::runtime::Runtime;

use self::garble::{Random, assert_told, storm};
use crate::{
    bodies::gzip,
    support::{PATIENCE, Server, Site, token_of_viewer},
};

#[path = "../../../gateway-proto/tests/noise/garble.rs"]
mod garble;

/// Over a socket each takes a millisecond.
const BODIES: u32 = 3_000;
const QUESTIONS: u32 = 3_000;

const FILES: u32 = 10_000;

/// Of any answer that is no success.
const ANSWER_LEN_MAX: usize = 8 * 1024;

/// After so many bad bodies a right one is sent.
const BAD_BEFORE_GOOD: u32 = 200;

#[test]
fn no_body_changes_what_the_hub_has_and_right_ones_go_on_being_taken() {
    let runtime = Runtime::new().unwrap();
    let (server, mut site) = runtime.block_on(plant());
    let mut known = site.len();
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(b' '), 64 << 20), 3).unwrap();
    let (mut json, mut sent, mut taken, mut through) = (Vec::new(), 0, 0, 0_u64);
    let inputs = storm("bodies", BODIES, |random| {
        if sent % BAD_BEFORE_GOOD == 0 {
            site.moves(1 + known % 9, "A", "vendor", "dock");
            known += 1;
        }
        sent += 1;
        let last = site.len();
        // It begins where the hub is, or a little before.
        let first = (through + 1).saturating_sub(random.next() % 4).clamp(1, last);
        let good = [site.batch(first, last).to_json().unwrap(), site.batch(1, 3.min(last)).to_json().unwrap()];
        random.garble(&good, &mut json);
        let (encoding, body) = packed(random, &json, &bomb);
        let answered = runtime.block_on(async {
            let request = site.request(&server).header(header::CONTENT_ENCODING, encoding).body(body);
            answer(request.send().await.unwrap()).await
        });
        match answered {
            (StatusCode::OK, body) => {
                taken += 1;
                let ack: Ack = serde_json::from_value(body).unwrap();
                assert!(ack.through <= Seq(last) && ack.refused.is_empty(), "{ack:?}");
                through = through.max(ack.through.0);
            }
            (status, body) => refused(status, &body, &[400, 401, 409, 413, 415]),
        }
    });
    // Everything, once each, in order, and nothing else.
    runtime.block_on(async {
        for first in (1..=site.len()).step_by(BATCH_RECORDS_MAX) {
            let last = site.len().min(first + BATCH_RECORDS_MAX as u64 - 1);
            let ack = site.ships(&server, &site.batch(first, last)).await;
            assert!(ack.through >= Seq(last) && ack.through <= Seq(site.len()) && ack.refused.is_empty(), "{ack:?}");
        }
        let held = server.read("acme", "/v1/on-hand").await;
        let total: u64 = (0..site.len()).map(|n| 1 + n % 9).sum();
        assert!(held.to_string().contains(&total.to_string()), "{total} in {held}");
    });
    assert!(inputs < BODIES || taken > inputs / 100, "{taken}");
}

#[test]
fn no_question_shows_more_or_breaks_the_hub() {
    let runtime = Runtime::new().unwrap();
    let (server, site) = runtime.block_on(plant());
    runtime.block_on(async { site.ships_all(&server).await });
    let good = [
        "after=plant-7%2Facme:1:3&limit=2",
        "after=plant-7/acme:1:9007199254740993,plant-7/acme:r:3",
        "after=plant-8%2Fbeta:1:3,plant-7%2Facme:2:1",
        "after=&limit=1000&site=plant-7&feed=acme&item=A",
        "item=%00%ff&limit=18446744073709551616",
        "site=plant-7",
        "",
    ];
    let (mut query, mut shown) = (Vec::new(), 0);
    let inputs = storm("questions", QUESTIONS, |random| {
        random.garble(&good, &mut query);
        let path = random.one_of(&["movements", "on-hand", "sites", "parked"]);
        let url = format!("/v1/{path}?{}", escaped(&query));
        let answered = runtime.block_on(async {
            // A query that no client lets out is no border of the hub.
            let response = server.get(&url).bearer_auth(token_of_viewer("acme")).send().await.ok()?;
            Some(answer(response).await)
        });
        match answered {
            Some((StatusCode::OK, body)) => {
                shown += 1;
                assert!(!body.to_string().contains("beta"), "{url}: {body}");
            }
            // 414 and 431 are the server's own, before anything is read.
            Some((status, body)) => refused(status, &body, &[400, 404, 414, 431]),
            None => {}
        }
    });
    assert!(inputs < QUESTIONS || shown > inputs / 20, "{shown}");
}

#[test]
fn no_text_breaks_the_hubs_file() {
    let good = [include_str!("../../../config/hub.toml"), include_str!("../../../config/try/hub.toml")];
    let (mut text, mut sound) = (Vec::new(), 0);
    let inputs = storm("hub file", FILES, |random| {
        random.garble(&good, &mut text);
        let text = String::from_utf8_lossy(&text);
        // What it names would be read.
        if text.lines().any(|line| line.contains("_file") && !line.trim_start().starts_with('#')) {
            return;
        }
        match HubConfig::parse(&text, Path::new("/nowhere/hub.toml")) {
            Ok(_) => sound += 1,
            Err(ConfigError::Faults(faults)) => {
                let told = faults.to_string();
                assert!(!told.is_empty());
                told.lines().for_each(assert_told);
            }
            Err(ConfigError::Read { .. }) => panic!("nothing is read"),
        }
    });
    assert!(inputs < FILES || sound > inputs / 50, "{sound}");
}

/// A hub with a feed that a viewer sees and one that it does not.
async fn plant() -> (Server, Site) {
    let server =
        Server::new().feed("plant-7/acme").feed("plant-8/beta").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for n in 0..10 {
        site.moves(1 + n % 9, "A", "vendor", "dock");
    }
    let mut other = Site::new("plant-8/beta", "e1");
    other.moves(7, "beta-item", "vendor", "dock");
    other.ships_all(&server).await;
    (server, site)
}

/// Packs a body in one of the ways, seldom in another than it says, and seldom damaged on the way.
fn packed(random: &mut Random, json: &[u8], bomb: &[u8]) -> (&'static str, Vec<u8>) {
    let encoding = random.one_of(&["identity", "zstd", "zstd", "gzip"]);
    let mut body = match encoding {
        _ if random.once_in(100) => bomb.to_vec(),
        "zstd" => zstd::encode_all(json, 1).unwrap(),
        "gzip" => gzip(json),
        _ => json.to_vec(),
    };
    if random.once_in(4) && !body.is_empty() {
        let at = random.below(body.len());
        match random.below(3) {
            0 => body[at] ^= 1 << random.below(8),
            1 => body.truncate(at),
            _ => body.extend_from_within(..at),
        }
    }
    let odd = ["br", "zstd, gzip", "", "ZSTD", "identity, identity"];
    (if random.once_in(12) { random.one_of(&odd) } else { encoding }, body)
}

/// Status and body: JSON, and no longer than somebody reads.
async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = tokio::time::timeout(PATIENCE, response.text()).await.unwrap().unwrap();
    assert!(status.is_success() || text.len() <= ANSWER_LEN_MAX, "{status} with {} bytes", text.len());
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[track_caller]
fn refused(status: StatusCode, body: &Value, expected: &[u16]) {
    assert!(expected.contains(&status.as_u16()), "{status} {body}");
    // What the server refuses before it has read a request has no body of ours.
    if ![414, 431].contains(&status.as_u16()) {
        assert!(body["code"].is_string(), "{status} {body}");
    }
}

/// What a URL cannot hold, in percent.
fn escaped(query: &[u8]) -> String {
    query.iter().fold(String::new(), |mut url, byte| {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'='
            | b'&'
            | b'%'
            | b'.'
            | b'-'
            | b'_'
            | b'/'
            | b':'
            | b','
            | b'+' => {
                url.push(char::from(*byte));
            }
            _ => write!(url, "%{byte:02X}").unwrap(),
        }
        url
    })
}
