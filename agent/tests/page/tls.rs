//! The page with the gateway's own certificate.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use reqwest::{
    Certificate, Client,
    header::{ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use crate::site::plan;

#[tokio::test]
async fn who_trusts_the_gateway_s_authority_speaks_with_the_page_and_its_cookie_is_bound_to_it() {
    let site = plan().with("tls = \"own\"").start().await;
    assert!(site.origin.starts_with("https://"));
    assert!(site.get("/").send().await.is_err(), "nobody trusts it unasked");
    let authority = fs::read(site.state().join("page/authority.der")).unwrap();
    let authority = Certificate::from_der(&authority).unwrap();
    let client = Client::builder()
        .tls_certs_only([authority])
        .redirect(Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let page = client.get(&site.origin).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.version()), (200, reqwest::Version::HTTP_2));
    let form = client.post(format!("{}/door", site.origin)).header("Content-Type", "application/x-www-form-urlencoded");
    let signed = form.header(ORIGIN, &site.origin).body("badge=0042").send().await.unwrap();
    let cookie = signed.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-binwire=") && cookie.contains("; Secure"), "{cookie}");
    let downloaded = client.get(format!("{}/authority.crt", site.origin)).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(downloaded, fs::read(site.state().join("page/authority.der")).unwrap());
    for name in ["authority.key", "page.key"] {
        let mode = fs::metadata(site.state().join("page").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    site.stop().await;
}

#[tokio::test]
async fn the_authority_stays_over_a_restart_and_status_shows_it() {
    let site = plan().with("tls = \"own\"").start().await;
    let before = fs::read(site.state().join("page/authority.der")).unwrap();
    let site = site.restart().await;
    assert_eq!(before, fs::read(site.state().join("page/authority.der")).unwrap());
    site.stop().await;
}
