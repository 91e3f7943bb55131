use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _};

use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection, pki_types::ServerName};

use super::*;

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_795_302_300_000; // 2026-11-21

fn names() -> Vec<String> {
    ["10.0.0.5", "bins.plant-7.example"].map(str::to_owned).to_vec()
}

fn open(folder: &Path, now_ms: i64) -> Own {
    Own::open(folder, &names(), now_ms).unwrap()
}

/// Whether a browser that trusts this authority would speak with this server under a name, at the present time.
fn would_speak(authority: &[u8], chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>, name: &str) -> bool {
    crate::tls::install_provider();
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec())).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    for _ in 0..10 {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        if server.process_new_packets().is_err() {
            return false;
        }
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        if client.process_new_packets().is_err() {
            return false;
        }
    }
    !client.is_handshaking() && !server.is_handshaking()
}

#[test]
fn what_the_gateway_makes_stays_and_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("page");
    let (first, second) = (open(&folder, NOW_MS), open(&folder, NOW_MS + DAY_MS));
    assert_eq!((&first.authority, &first.chain), (&second.authority, &second.chain));
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_certificate_is_renewed_before_its_end_under_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), NOW_MS);
    let due = NOW_MS + 367 * DAY_MS;
    assert_eq!(open(folder.path(), due - 1).chain, first.chain);
    let renewed = open(folder.path(), due);
    assert_eq!(renewed.authority, first.authority);
    assert_ne!(renewed.chain, first.chain);
    // A clock that was ahead and was put right: what is not good yet is made anew.
    assert_ne!(open(folder.path(), NOW_MS).chain, renewed.chain);
}

#[test]
fn other_names_or_the_authority_s_end_mean_another_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), NOW_MS);
    let other = Own::open(folder.path(), &["elsewhere.example".to_owned()], NOW_MS).unwrap();
    assert_ne!(first.authority, other.authority);
    let late = Own::open(folder.path(), &["elsewhere.example".to_owned()], NOW_MS + 3_300 * DAY_MS).unwrap();
    assert_ne!(late.authority, other.authority);
}

#[test]
fn what_a_cut_left_half_made_is_made_whole() {
    for lost in ["made.json", "authority.key", "authority.der", "page.key", "page.der"] {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), NOW_MS);
        fs::remove_file(folder.path().join(lost)).unwrap();
        let again = open(folder.path(), NOW_MS);
        assert_eq!(open(folder.path(), NOW_MS).chain, again.chain, "{lost}");
    }
}

#[test]
fn a_browser_that_trusts_the_authority_speaks_with_the_page_under_its_names_alone() {
    let folder = tempfile::tempdir().unwrap();
    let now_ms = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    for (name, expect) in
        [("10.0.0.5", true), ("bins.plant-7.example", true), ("10.0.0.6", false), ("bank.example", false)]
    {
        let own = open(folder.path(), now_ms);
        assert_eq!(would_speak(&own.authority, own.chain, own.key, name), expect, "{name}");
    }
}

#[test]
fn the_authority_can_speak_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let now_ms = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let own = open(folder.path(), now_ms);
    // Whoever has its key makes a certificate for a bank.
    let key = rcgen::KeyPair::from_pem(&fs::read_to_string(folder.path().join("authority.key")).unwrap()).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, format!("Binwire gateway {}", names()[0]));
    let issuer = rcgen::Issuer::from_params(&params, key);
    for (name, expect) in [("bins.plant-7.example", true), ("bank.example", false), ("192.0.2.7", false)] {
        let forged_key = rcgen::KeyPair::generate().unwrap();
        let forged =
            rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&forged_key, &issuer).unwrap();
        let chain = vec![CertificateDer::from(forged.der().to_vec()), CertificateDer::from(own.authority.clone())];
        let key = PrivateKeyDer::try_from(forged_key.serialize_der()).unwrap();
        assert_eq!(would_speak(&own.authority, chain, key, name), expect, "{name}");
    }
}

#[test]
fn the_names_of_a_certificate_are_those_of_the_file_and_of_the_address() {
    let config = |listen: &str, hosts: &[&str]| PageConfig {
        listen: listen.parse::<SocketAddr>().unwrap(),
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        tls: PageTls::Own,
        kiosk: crate::config::Kiosk::Nobody,
        looking: crate::config::Looking::Open,
        pin_roles: PageConfig::PIN_ALWAYS.into(),
        idle: PageConfig::IDLE,
        language: look::Language::English,
        time_zone: jiff::tz::TimeZone::UTC,
    };
    assert_eq!(super::names(&config("0.0.0.0:8443", &["b.example:443", "10.0.0.5"])), ["10.0.0.5", "b.example"]);
    assert_eq!(super::names(&config("[2001:db8::5]:8443", &[])), ["[2001:db8::5]"]);
    assert_eq!(super::names(&config("127.0.0.1:8443", &[])), ["127.0.0.1", "localhost"]);
}
