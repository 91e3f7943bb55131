//! How a batch may be packed, and how much of it.

use gateway_proto::{limits::BATCH_LEN_MAX, record::Seq};
use reqwest::header::CONTENT_ENCODING;

use crate::support::{Server, Site, fault};

async fn plant() -> (Server, Site) {
    let server = Server::new().feed("plant-7/acme").start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=50 {
        site.moves(qty, "A", "vendor", "dock");
    }
    (server, site)
}

#[tokio::test]
async fn zstd_and_gzip_and_plain_bodies_are_read() {
    let (server, site) = plant().await;
    let json = site.batch(1, 50).to_json().unwrap().into_bytes();
    for (encoding, body) in
        [("zstd", zstd::encode_all(json.as_slice(), 3).unwrap()), ("gzip", gzip(&json)), ("identity", json.clone())]
    {
        let response = site.request(&server).header(CONTENT_ENCODING, encoding).body(body).send().await.unwrap();
        let ack: gateway_proto::answer::Ack = response.json().await.unwrap();
        assert_eq!(ack.through, Seq(50), "{encoding}");
    }
}

#[tokio::test]
async fn a_decompression_bomb_is_too_large() {
    let (server, site) = plant().await;
    let bomb = zstd::encode_all(std::io::repeat(b' ').take(256 * 1024 * 1024), 3).unwrap();
    assert!(bomb.len() < BATCH_LEN_MAX / 16);
    let response = site.request(&server).header(CONTENT_ENCODING, "zstd").body(bomb).send().await.unwrap();
    assert_eq!(fault(response).await, (413, "too_large".to_owned()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_before_it_is_unpacked() {
    let (server, site) = plant().await;
    let response = site.request(&server).body(vec![b' '; BATCH_LEN_MAX + 1]).send().await.unwrap();
    assert_eq!(fault(response).await, (413, "too_large".to_owned()));
}

#[tokio::test]
async fn what_is_no_batch_is_a_bad_batch() {
    let (server, site) = plant().await;
    for (encoding, body) in [
        ("identity", "hello"),
        ("identity", "{}"),
        ("identity", ""),
        ("gzip", "hello"),
        ("zstd", "hello"),
        ("br", "hello"),
    ] {
        let response = site.request(&server).header(CONTENT_ENCODING, encoding).body(body).send().await.unwrap();
        assert_eq!(fault(response).await, (400, "bad_batch".to_owned()), "{encoding} {body:?}");
    }
}

use std::io::Read as _;

/// Gzip with stored blocks only (RFC 1952 over RFC 1951): valid, if not small.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = bytes.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let len = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
