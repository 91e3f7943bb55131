use std::{collections::BTreeSet, net::IpAddr};

use super::*;
use crate::config::HostName;

const HERE: &str = "192.168.1.5:8443";

fn guard(scheme: &'static str, hosts: &[&str]) -> Guard {
    Guard {
        hosts: hosts.iter().map(|host| host.parse::<HostName>().unwrap()).collect(),
        scheme,
        kiosk: Kiosk::Nobody,
        requests: Semaphore::new(1),
    }
}

fn local(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn get<'a>(host: &'a str) -> Asked<'a> {
    Asked { hosts: vec![host], ..Asked::default() }
}

fn post<'a>(host: &'a str, origin: &'a str) -> Asked<'a> {
    Asked { changes: true, hosts: vec![host], origins: vec![origin], ..Asked::default() }
}

#[test]
fn only_names_of_ours_are_answered() {
    let guard = guard("https", &["bins.example", "proxy.example:444", "other.example."]);
    let cases = [
        // the address it came to, with the port it came to
        ("192.168.1.5:8443", true),
        ("192.168.1.5", false),
        ("192.168.1.5:80", false),
        ("192.168.1.6:8443", false),
        // names of the file: case, dot at the end, port
        ("bins.example:8443", true),
        ("BINS.Example:8443", true),
        ("bins.example.:8443", true),
        ("bins.example", true),
        ("bins.example:443", true),
        ("bins.example:8080", false),
        ("other.example:8443", true),
        ("proxy.example:444", true),
        ("proxy.example:8443", false),
        ("proxy.example", false),
        // rebinding, and what looks like ours
        ("evil.example:8443", false),
        ("bins.example.evil.example:8443", false),
        ("evilbins.example:8443", false),
        ("bins.example@evil.example:8443", false),
        ("evil.example#bins.example:8443", false),
        ("localhost:8443", false),
        ("127.0.0.1:8443", false),
        ("[::1]:8443", false),
        ("0xc0.0xa8.1.5:8443", false),
        ("3232235781:8443", false),
        ("192.168.1.5:08443", false),
        ("192.168.1.5:+8443", false),
        ("192.168.1.5:8443:8443", false),
        ("192.168.1.5:", false),
        ("", false),
        (" ", false),
        ("?", false),
    ];
    for (host, expect) in cases {
        assert_eq!(guard.judge(local(HERE), &get(host)).is_ok(), expect, "{host:?}");
        assert!(expect || guard.judge(local(HERE), &get(host)) == Err(Refusal::NotUs), "{host:?}");
    }
}

#[test]
fn a_request_has_one_host() {
    let guard = guard("https", &["bins.example"]);
    for hosts in [vec![], vec!["bins.example", "evil.example"], vec!["bins.example", "bins.example"]] {
        let asked = Asked { hosts, ..Asked::default() };
        assert_eq!(guard.judge(local(HERE), &asked), Err(Refusal::NotUs));
    }
}

#[test]
fn a_loopback_address_has_its_names_in_each_form() {
    let guard = guard("http", &[]);
    let cases = [
        ("127.0.0.1:8080", "127.0.0.1:8080", true),
        ("127.0.0.1:8080", "localhost:8080", true),
        ("127.0.0.1:8080", "LOCALHOST:8080", true),
        ("127.0.0.1:8080", "localhost.:8080", true),
        ("127.0.0.1:8080", "localhost", false),
        ("127.0.0.1:80", "localhost", true),
        ("[::1]:8080", "[::1]:8080", true),
        ("[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", true),
        ("[::1]:8080", "localhost:8080", true),
        ("[::1]:8080", "::1:8080", false),
        ("[::1]:8080", "[::2]:8080", false),
        ("[::ffff:127.0.0.1]:8080", "127.0.0.1:8080", true),
    ];
    for (address, host, expect) in cases {
        assert_eq!(guard.judge(local(address), &get(host)).is_ok(), expect, "{host:?} at {address}");
    }
}

#[test]
fn what_changes_something_comes_from_a_page_of_ours() {
    let guard = guard("https", &["bins.example"]);
    let cases = [
        ("https://bins.example", None, true),
        ("https://bins.example:443", None, true),
        ("https://BINS.example", None, true),
        ("https://bins.example", Some("same-origin"), true),
        ("https://bins.example", Some("cross-site"), false),
        ("https://bins.example", Some("same-site"), false),
        ("https://bins.example", Some("none"), false),
        ("https://bins.example", Some("?"), false),
        ("http://bins.example", None, false),
        ("https://bins.example:8443", None, false),
        ("https://evil.example", Some("same-origin"), false),
        ("https://evil.example", None, false),
        ("https://sub.bins.example", None, false),
        ("null", None, false),
        ("", None, false),
        ("bins.example", None, false),
        ("https://bins.example/", None, false),
    ];
    for (origin, fetch_site, expect) in cases {
        let asked = Asked { fetch_site, ..post("bins.example", origin) };
        let judged = guard.judge(local(HERE), &asked);
        assert_eq!(judged, if expect { Ok(()) } else { Err(Refusal::Foreign) }, "{origin:?} {fetch_site:?}");
    }
    // Both names are ours; a page of one is not a page of the other.
    let by_address = post(HERE, "https://bins.example");
    assert_eq!(guard.judge(local(HERE), &by_address), Err(Refusal::Foreign));
    for origins in [vec![], vec!["https://bins.example", "https://evil.example"]] {
        let asked = Asked { origins, ..post("bins.example", "") };
        assert_eq!(guard.judge(local(HERE), &asked), Err(Refusal::Foreign));
    }
}

#[test]
fn nothing_of_ours_is_built_into_a_page_of_theirs_but_a_link_may_lead_here() {
    let guard = guard("https", &["bins.example"]);
    let cases = [
        (None, None, None, true),
        (Some("none"), Some("navigate"), Some("document"), true),
        (Some("same-origin"), Some("cors"), Some("empty"), true),
        (Some("cross-site"), Some("navigate"), Some("document"), true),
        (Some("same-site"), Some("navigate"), Some("document"), true),
        (Some("cross-site"), Some("navigate"), Some("iframe"), false),
        (Some("cross-site"), Some("navigate"), Some("object"), false),
        (Some("cross-site"), Some("no-cors"), Some("image"), false),
        (Some("cross-site"), Some("no-cors"), Some("script"), false),
        (Some("same-site"), Some("cors"), Some("empty"), false),
        (Some("cross-site"), None, None, false),
    ];
    for (fetch_site, fetch_mode, fetch_dest, expect) in cases {
        let asked = Asked { fetch_site, fetch_mode, fetch_dest, ..get("bins.example") };
        assert_eq!(guard.judge(local(HERE), &asked).is_ok(), expect, "{fetch_site:?} {fetch_mode:?} {fetch_dest:?}");
    }
}

#[test]
fn a_display_may_only_look() {
    let guard = guard("https", &["bins.example"]);
    let looks = Asked { from_kiosk: true, ..get("bins.example") };
    let changes = Asked { from_kiosk: true, ..post("bins.example", "https://bins.example") };
    assert_eq!(guard.judge(local(HERE), &looks), Ok(()));
    assert_eq!(guard.judge(local(HERE), &changes), Err(Refusal::OnlyLooking));
    let address: IpAddr = "10.0.0.20".parse().unwrap();
    let these = Kiosk::These(BTreeSet::from([address]));
    let mapped: IpAddr = "::ffff:10.0.0.20".parse().unwrap();
    assert!(these.holds(address) && these.holds(mapped) && !these.holds("10.0.0.21".parse().unwrap()));
    assert!(Kiosk::Everybody.holds(address) && !Kiosk::Nobody.holds(address));
}
