use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use jiff::Timestamp;
use look::Language;

use super::*;
use crate::register::operator::Role;

#[test]
fn without_a_section_there_is_no_page_and_with_one_it_is_on_this_machine_in_the_clear() {
    assert!(read("").page.is_none());
    let page = read("[page]\nlisten = \"127.0.0.1:8080\"").page.unwrap();
    assert_eq!((page.tls, page.kiosk, page.looking), (PageTls::Plain, Kiosk::Nobody, Looking::Open));
    assert_eq!((page.language, page.idle), (Language::English, Duration::from_secs(1_800)));
    assert_eq!(page.pin_roles, BTreeSet::from([Role::PartsManager, Role::Admin]));
    check("[page]", &["1: page.listen: is missing"]);
}

#[test]
fn a_pin_goes_over_no_network_in_the_clear() {
    for listen in ["0.0.0.0:8080", "10.0.0.5:80", "[::]:8080", "[2001:db8::5]:8080"] {
        let clear = format!("[page]\nlisten = \"{listen}\"");
        check(&clear, &["2: page.listen: would carry PINs over the network in the clear; write tls = \"own\""]);
        let own = read(&format!("{clear}\nhosts = [\"10.0.0.5\"]\ntls = \"own\"")).page.unwrap();
        assert_eq!(own.tls, PageTls::Own);
    }
    for listen in ["127.0.0.1:8080", "[::1]:8080"] {
        read(&format!("[page]\nlisten = \"{listen}\""));
    }
}

#[test]
fn an_own_certificate_knows_what_it_is_for() {
    check(
        "[page]\nlisten = \"0.0.0.0:8443\"\ntls = \"own\"",
        &["2: page.listen: tls = \"own\" on all addresses needs to know which the certificate is for"],
    );
    read("[page]\nlisten = \"10.0.0.5:8443\"\ntls = \"own\"");
}

#[test]
fn a_certificate_from_elsewhere_is_two_files_that_can_be_read() {
    let listen = "[page]\nlisten = \"10.0.0.5:8443\"\n";
    check(&format!("{listen}certificate = \"a.crt\""), &["3: page.certificate: stands alone; give both"]);
    check(&format!("{listen}key = \"a.key\""), &["3: page.key: stands alone; give both"]);
    check(
        &format!("{listen}certificate = \"nowhere/a.crt\"\nkey = \"nowhere/a.key\""),
        &["3: page.certificate: read nowhere/a.crt", "4: page.key: read nowhere/a.key"],
    );
    check(&format!("{listen}tls = \"yes\""), &["3: page.tls: must be \"own\""]);
    check(
        &format!("{listen}tls = \"own\"\ncertificate = \"a.crt\""),
        &["3: page.tls: stands beside certificate or key; keep one of the two"],
    );
}

#[test]
fn hosts_are_written_as_browsers_write_them() {
    let page = read(
        "[page]\nlisten = \"127.0.0.1:8080\"\nhosts = [\"Bins.Example.\", \"[2001:DB8:0::5]:8443\", \"10.0.0.5\"]",
    )
    .page
    .unwrap();
    let hosts: Vec<String> = page.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["bins.example", "[2001:db8::5]:8443", "10.0.0.5"]);
    for host in [
        "",
        "https://bins.example",
        "bins.example/x",
        "bins example",
        "a:b",
        "a:0",
        "a:70000",
        "[::1",
        "::1",
        "a@b",
        "*",
    ] {
        check(
            &format!("[page]\nlisten = \"127.0.0.1:8080\"\nhosts = [\"{host}\"]"),
            &["3: page.hosts[0]: is no host; write a name or an address"],
        );
    }
}

#[test]
fn a_display_is_an_address_or_everybody() {
    let kiosk =
        |list: &str| read(&format!("[page]\nlisten = \"127.0.0.1:8080\"\nkiosk = [{list}]")).page.unwrap().kiosk;
    let address: IpAddr = "10.0.0.20".parse().unwrap();
    assert_eq!(kiosk("\"10.0.0.20\""), Kiosk::These(BTreeSet::from([address])));
    assert_eq!(kiosk("\"all\""), Kiosk::Everybody);
    assert_eq!(kiosk(""), Kiosk::Nobody);
    let listen = "[page]\nlisten = \"127.0.0.1:8080\"\n";
    check(&format!("{listen}kiosk = [\"tv\"]"), &["3: page.kiosk[0]: is no address"]);
    check(&format!("{listen}kiosk = [\"all\", \"10.0.0.20\"]"), &["3: page.kiosk[1]: stands beside \"all\""]);
}

#[test]
fn roles_languages_and_time_zones_are_known_ones() {
    let listen = "[page]\nlisten = \"127.0.0.1:8080\"\n";
    let page = read(&format!("{listen}pin_roles = [\"storekeeper\"]\nlanguage = \"de\"\ntime_zone = \"-03:30\""))
        .page
        .unwrap();
    assert_eq!((page.pin_roles.len(), page.language), (3, Language::German));
    let offset = page.time_zone.to_offset(Timestamp::UNIX_EPOCH);
    assert_eq!(offset.seconds(), -(3 * 3_600 + 30 * 60));
    check(&format!("{listen}pin_roles = [\"boss\"]"), &["3: page.pin_roles[0]: is no role; known are technician"]);
    check(&format!("{listen}language = \"fr\""), &["3: page.language: is no language of the page"]);
    for zone in ["Mars/Olympus", "+15:00", "+1:00", "01:00", "+01:60", "+01"] {
        check(&format!("{listen}time_zone = \"{zone}\""), &["3: page.time_zone: is no time zone known here"]);
    }
    check(&format!("{listen}idle_minutes = 0"), &["3: page.idle_minutes: must be a whole number in 1..=720"]);
    check(&format!("{listen}pin = \"1234\""), &["3: page.pin: is not known here; known are listen"]);
}
