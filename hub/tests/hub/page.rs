//! The page: signing in, what it shows, what it allows.

use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, SET_COOKIE};

use crate::support::{Server, Site, token_of_viewer};

async fn plant() -> Server {
    Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await
}

async fn sign_in(server: &Server, token: &str) -> reqwest::Response {
    let body = format!("token={token}");
    let form = server.client.post(server.url("/")).header("Content-Type", "application/x-www-form-urlencoded");
    form.body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_token_opens_the_page_and_a_cookie_for_it_alone() {
    let server = plant().await;
    let signed = sign_in(&server, &token_of_viewer("acme")).await;
    assert_eq!((signed.status().as_u16(), signed.headers()[LOCATION].to_str().unwrap()), (303, "/view/acme/"));
    let cookie = signed.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["Path=/view/acme;", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("token-of"), "{cookie}");
    let session = cookie.split(';').next().unwrap();
    let page = server.get("/view/acme/").header(COOKIE, session).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    let reads = server.get("/view/acme/on-hand").header(COOKIE, session).send().await.unwrap();
    assert_eq!(reads.status().as_u16(), 200);
    let elsewhere = server.get("/v1/on-hand").header(COOKIE, session).send().await.unwrap();
    assert_eq!(elsewhere.status().as_u16(), 401, "the API takes tokens, not cookies");
}

#[tokio::test]
async fn a_wrong_token_gets_the_form_again_and_a_page_without_one_leads_there() {
    let server = plant().await;
    let refused = sign_in(&server, "a-token-nobody-has").await;
    assert_eq!(refused.status().as_u16(), 401);
    assert!(refused.text().await.unwrap().contains("This token is not known here."));
    for path in ["/view/acme/", "/view/nobody/", "/view/acme/?key=a-token-nobody-has"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers()[LOCATION].to_str().unwrap()), (303, "/"), "{path}");
    }
}

#[tokio::test]
async fn a_link_with_the_key_signs_in_and_leads_to_the_address_without_it() {
    let server = plant().await;
    let signed = server.get(&format!("/view/acme/?key={}", token_of_viewer("acme"))).send().await.unwrap();
    assert_eq!((signed.status().as_u16(), signed.headers()[LOCATION].to_str().unwrap()), (303, "/view/acme/"));
    assert!(signed.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn the_page_shows_amounts_usage_movements_and_what_is_parked_and_escapes_all_of_it() {
    let server =
        Server::new().feed("plant-7/acme").items(&["<b>M8</b>"]).viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "<b>M8</b>", "vendor", "dock")
        .moves(60, "<b>M8</b>", "dock", "bin:<i>A</i>")
        .moves(12, "<b>M8</b>", "bin:<i>A</i>", "used")
        .moves(1, "<script>", "vendor", "dock");
    site.ships_all(&server).await;
    let page = page(&server).await;
    for part in [
        "12 &lt;b&gt;M8&lt;/b&gt; used from bin &lt;i&gt;A&lt;/i&gt; (scale-3)",
        "used in total",
        "complete, nothing missing",
        "&lt;script&gt;",
        "plant-7",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<b>M8") && !page.contains("<i>A") && !page.contains("\"<script>"));
}

#[tokio::test]
async fn nothing_on_the_page_is_inline_or_from_elsewhere() {
    let server = plant().await;
    let response = server.get("/").send().await.unwrap();
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"));
    let page = page(&server).await;
    assert!(!page.contains("style=") && !page.contains(" on") && !page.contains("//"), "{page}");
    for (path, kind) in
        [("/static/look.css", "text/css"), ("/static/hub.css", "text/css"), ("/static/hub.js", "text/javascript")]
    {
        let asset = server.get(path).send().await.unwrap();
        assert!(asset.headers()["content-type"].to_str().unwrap().starts_with(kind));
        assert!(!asset.text().await.unwrap().contains("http"), "{path} names no other origin");
    }
}

async fn page(server: &Server) -> String {
    let signed = sign_in(server, &token_of_viewer("acme")).await;
    let cookie = signed.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    server.get("/view/acme/").header(COOKIE, cookie).send().await.unwrap().text().await.unwrap()
}
