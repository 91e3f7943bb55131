//! What other people's pages and programs try.

use reqwest::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::site::plan;

#[tokio::test]
async fn a_name_that_was_bound_to_our_address_gets_nothing_whatever_it_asks_for() {
    let site = plan().with("hosts = [\"bins.example\"]").start().await;
    let port = site.origin.rsplit_once(':').unwrap().1.to_owned();
    for path in ["/", "/live?of=frame", "/door", "/static/x", "/sw.js", "/nothing", "/authority.crt"] {
        let evil = site.get(path).header(HOST, format!("evil.example:{port}")).send().await.unwrap();
        assert_eq!(evil.status().as_u16(), 421, "{path}");
        assert!(evil.text().await.unwrap().is_empty(), "{path}");
    }
    for host in [format!("bins.example:{port}"), format!("LOCALHOST:{port}"), format!("127.0.0.1:{port}")] {
        assert_eq!(site.get("/").header(HOST, &host).send().await.unwrap().status().as_u16(), 200, "{host}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing_and_neither_does_one_from_nowhere() {
    let site = plan().start().await;
    let cookie = site.cookie_of("0042", "").await;
    let evil = site.bare_post("/door/out", "").header(COOKIE, &cookie).header(ORIGIN, "https://evil.example");
    assert_eq!(evil.send().await.unwrap().status().as_u16(), 403);
    let evil = site.post("/door/out", "").header(COOKIE, &cookie).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(evil.send().await.unwrap().status().as_u16(), 403);
    let evil = site.bare_post("/door/out", "").header(COOKIE, &cookie).header(ORIGIN, &site.origin);
    assert_eq!(evil.header("Sec-Fetch-Site", "cross-site").send().await.unwrap().status().as_u16(), 403);
    let nowhere = site.bare_post("/door/out", "").header(COOKIE, &cookie);
    assert_eq!(nowhere.send().await.unwrap().status().as_u16(), 403);
    let sandboxed = site.bare_post("/door/out", "").header(COOKIE, &cookie).header(ORIGIN, "null");
    assert_eq!(sandboxed.send().await.unwrap().status().as_u16(), 403);
    assert!(site.knows(&cookie).await, "nobody was signed out");
    assert_eq!(site.post("/door/out", "").header(COOKIE, &cookie).send().await.unwrap().status().as_u16(), 303);
    assert!(!site.knows(&cookie).await, "the page's own form does it");
    site.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_turned_away_and_one_of_another_kind_is_not_read() {
    let site = plan().start().await;
    let large = site.post("/door", &format!("badge={}", "7".repeat(100_000))).send().await.unwrap();
    assert_eq!(large.status().as_u16(), 413);
    let json =
        site.client.post(format!("{}/door", site.origin)).header(ORIGIN, &site.origin).body("{}").send().await.unwrap();
    assert_eq!(json.status().as_u16(), 415);
    assert_eq!(site.get("/door/out").send().await.unwrap().status().as_u16(), 405);
    site.stop().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_turned_away() {
    let site = plan().start().await;
    let address = site.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {address}\r\nX: {}\r\n\r\n", "x".repeat(60_000));
    // It may be cut off before all of it is written.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(site.get("/").send().await.unwrap().status().as_u16(), 200);
    site.stop().await;
}

#[tokio::test]
async fn every_answer_forbids_what_is_inline_foreign_or_in_a_frame() {
    let site = plan().start().await;
    for path in ["/", "/door", "/nothing", "/sw.js", "/manifest.webmanifest", "/static/nothing"] {
        let answer = site.get(path).send().await.unwrap();
        let header = |name| answer.headers().get(name).unwrap_or_else(|| panic!("{path}")).to_str().unwrap().to_owned();
        let policy = header(CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(header(X_FRAME_OPTIONS), "DENY");
        assert_eq!(header(X_CONTENT_TYPE_OPTIONS), "nosniff");
        // No address goes elsewhere. `no-referrer` would take `Origin` out of our own forms.
        assert_eq!(header(REFERRER_POLICY), "same-origin");
        assert!(answer.headers().contains_key(CACHE_CONTROL), "{path}");
    }
    site.stop().await;
}

#[tokio::test]
async fn no_page_names_another_origin_or_holds_anything_inline() {
    let site = plan().start().await;
    for path in ["/", "/door"] {
        let page = site.get(path).send().await.unwrap().text().await.unwrap();
        assert!(!page.contains("style=") && handlers(&page).is_empty(), "{:?}", handlers(&page));
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\"//"), "{page}");
    }
    site.stop().await;
}

/// Attributes that would be script: `onclick=` and all its kind.
fn handlers(page: &str) -> Vec<&str> {
    let words = page.split([' ', '\n']).filter(|word| word.starts_with("on"));
    words.filter(|word| word.find('=').is_some_and(|at| word[..at].bytes().all(|b| b.is_ascii_alphabetic()))).collect()
}

#[tokio::test]
async fn a_page_in_a_frame_of_another_site_is_not_answered() {
    let site = plan().start().await;
    let framed = site.get("/").header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", "navigate");
    assert_eq!(framed.header("Sec-Fetch-Dest", "iframe").send().await.unwrap().status().as_u16(), 403);
    let link = site.get("/").header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", "navigate");
    assert_eq!(link.header("Sec-Fetch-Dest", "document").send().await.unwrap().status().as_u16(), 200);
    site.stop().await;
}

#[tokio::test]
async fn where_somebody_goes_on_after_signing_in_is_never_elsewhere() {
    let site = plan().start().await;
    for next in ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "%0d%0aX: y"] {
        let form = format!("badge=0042&next={}", next.replace(':', "%3A").replace('\\', "%5C"));
        let answer = site.post("/door", &form).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/"), "{next}");
    }
    let answer = site.post("/door", "badge=0042&next=/bins/A").send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/bins/A");
    site.stop().await;
}

#[tokio::test]
async fn one_address_cannot_take_every_connection_for_ever() {
    let site = plan().start().await;
    let address = site.origin.strip_prefix("http://").unwrap().to_owned();
    let mut held = Vec::new();
    for _ in 0..76 {
        held.push(TcpStream::connect(&address).await.unwrap());
    }
    // The ones too many are closed at once.
    let mut closed = 0;
    for stream in held.iter_mut().rev() {
        let mut byte = [0];
        let read = tokio::time::timeout(std::time::Duration::from_millis(200), stream.read(&mut byte)).await;
        closed += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
        if closed == 76 - 64 {
            break;
        }
    }
    assert_eq!(closed, 76 - 64);
    drop(held);
    crate::site::until("the page answers again", async || {
        site.get("/").send().await.is_ok_and(|page| page.status() == 200)
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn a_display_looks_and_every_post_of_it_is_refused() {
    let site = plan().with("kiosk = [\"127.0.0.1\"]").start().await;
    let page = site.get("/").send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("data-kiosk") && !page.contains("<form"), "{page}");
    for path in ["/door", "/door/out", "/language", "/station/bench", "/manage", "/work", "/nothing", "/"] {
        let refused = site.post(path, "badge=0042").send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 403, "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let method = method.parse::<reqwest::Method>().unwrap();
        let refused =
            site.client.request(method.clone(), &site.origin).header(ORIGIN, &site.origin).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 403, "{method}");
    }
    site.stop().await;
}

#[tokio::test]
async fn where_looking_needs_a_sign_in_nothing_is_seen_without_one() {
    let site = plan().with("sign_in_to_look = true").start().await;
    for path in ["/", "/bins", "/problems", "/live?of=frame", "/nothing"] {
        let answer = site.get(path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/door?next=/"), "{path}");
    }
    assert_eq!(site.get("/door").send().await.unwrap().status().as_u16(), 200);
    let cookie = site.cookie_of("0042", "").await;
    assert_eq!(site.get("/").header(COOKIE, cookie).send().await.unwrap().status().as_u16(), 200);
    site.stop().await;
}
