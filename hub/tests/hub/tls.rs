//! Serving over TLS, with a certificate that `openssl` makes.

use std::process::Command;

use gateway_proto::record::Seq;
use hub::{config::TlsConfig, serve::Hub};

use crate::support::{Server, Site, token_of_viewer};

/// Makes a self-signed certificate for 127.0.0.1; `false` where there is no `openssl`.
fn make_certificate(config: &TlsConfig) -> bool {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&config.certificate)
        .arg("-keyout")
        .arg(&config.key)
        .output();
    made.is_ok_and(|made| made.status.success())
}

#[tokio::test]
async fn sites_and_viewers_are_served_over_tls_and_the_cookie_is_secure() {
    let mut server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]);
    let folder = server.folder.path();
    let config = TlsConfig { certificate: folder.join("hub.pem"), key: folder.join("hub.key") };
    if !make_certificate(&config) {
        // Without openssl there is nothing to serve with, and that is no fault of the hub's.
        return;
    }
    let pem = std::fs::read(&config.certificate).unwrap();
    server.config.tls = Some(config);
    server.client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut server = server.start().await;
    assert!(server.url("/").starts_with("https://"));
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock");
    let response = site.send(&server, &site.batch(1, 1)).await;
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let ack: gateway_proto::answer::Ack = response.json().await.unwrap();
    assert_eq!(ack.through, Seq(1));
    let signed = server.get(&format!("/view/acme/?key={}", token_of_viewer("acme"))).send().await.unwrap();
    assert!(signed.headers()["set-cookie"].to_str().unwrap().contains("; Secure"));
    server.stop().await;
}

#[tokio::test]
async fn plain_http_beyond_loopback_is_refused_also_without_a_file() {
    let mut server = Server::new();
    server.config.listen = "0.0.0.0:0".parse().unwrap();
    let error = Hub::start(server.config.clone()).await.err().unwrap();
    assert!(error.to_string().contains("plain HTTP is served only on a loopback address"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_named() {
    let mut server = Server::new();
    let path = server.folder.path().join("absent.pem");
    server.config.tls = Some(TlsConfig { certificate: path.clone(), key: path.clone() });
    let error = Hub::start(server.config.clone()).await.err().unwrap();
    assert!(error.to_string().contains("absent.pem"), "{error}");
}
