//! An authority of the gateway's own, and the certificate under it, in a folder.
//!
//! What was made for which names, and until when, stands beside them, so that no certificate has to be parsed. Validity: ten
//! years for the authority, 397 days for the certificate, which all browsers take; renewed thirty days before its end, and at
//! once when the clock stands before its beginning.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};

use super::PageTlsError;

const DAY_MS: i64 = 86_400_000;

/// Days the authority is good for, from the day it was made.
const AUTHORITY_DAYS: i64 = 3_653;

/// Days a certificate is good for, and when it is renewed.
const DAYS: i64 = 397;
const RENEW_BEFORE_DAYS: i64 = 30;

/// A certificate is good from the day before: clocks differ.
const BEFORE_DAYS: i64 = 1;

/// What the page speaks with.
pub(super) struct Own {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// DER
    pub(super) authority: Vec<u8>,
    pub(super) renew_ms: i64,
}

/// What was made.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    names: Vec<String>,
    authority_ms: i64,
    certificate_ms: i64,
}

impl Own {
    /// What stands in the folder, made or renewed where it must be.
    pub(super) fn open(folder: &Path, names: &[String], now_ms: i64) -> Result<Self, PageTlsError> {
        match Self::read(folder, names, now_ms) {
            Some(Standing::Good(own)) => Ok(own),
            Some(Standing::Due { authority_ms, key, authority }) => {
                Self::issue(folder, names, now_ms, authority_ms, *key, authority)
            }
            None => {
                let key = KeyPair::generate()?;
                let params = authority_params(names, now_ms);
                let authority = params.self_signed(&key)?.der().to_vec();
                keep(folder, "authority.key", key.serialize_pem().as_bytes())?;
                keep(folder, "authority.der", &authority)?;
                Self::issue(folder, names, now_ms, now_ms, key, authority)
            }
        }
    }

    fn read(folder: &Path, names: &[String], now_ms: i64) -> Option<Standing> {
        let made: Made = serde_json::from_slice(&fs::read(folder.join("made.json")).ok()?).ok()?;
        let key = KeyPair::from_pem(&fs::read_to_string(folder.join("authority.key")).ok()?).ok()?;
        let authority = fs::read(folder.join("authority.der")).ok()?;
        // Its end is as far as anything under it can go.
        if made.names != names || now_ms + DAYS * DAY_MS > made.authority_ms + AUTHORITY_DAYS * DAY_MS {
            return None;
        }
        let due = || {
            let key = Box::new(key);
            Some(Standing::Due { authority_ms: made.authority_ms, key, authority: authority.clone() })
        };
        let renew_ms = made.certificate_ms + (DAYS - RENEW_BEFORE_DAYS) * DAY_MS;
        if now_ms >= renew_ms || now_ms < made.certificate_ms - BEFORE_DAYS * DAY_MS {
            return due();
        }
        let certificate = fs::read(folder.join("page.der")).ok().map(CertificateDer::from);
        let page_key = PrivateKeyDer::from_pem_file(folder.join("page.key")).ok();
        match certificate.zip(page_key) {
            Some((certificate, key)) => {
                let chain = vec![certificate, CertificateDer::from(authority.clone())];
                Some(Standing::Good(Self { chain, key, authority, renew_ms }))
            }
            None => due(),
        }
    }

    fn issue(
        folder: &Path,
        names: &[String],
        now_ms: i64,
        authority_ms: i64,
        authority_key: KeyPair,
        authority: Vec<u8>,
    ) -> Result<Self, PageTlsError> {
        let issuer_params = authority_params(names, authority_ms);
        let issuer = Issuer::from_params(&issuer_params, authority_key);
        let key = KeyPair::generate()?;
        let certificate = page_params(names, now_ms)?.signed_by(&key, &issuer)?.der().to_vec();
        keep(folder, "page.key", key.serialize_pem().as_bytes())?;
        keep(folder, "page.der", &certificate)?;
        let made = Made { names: names.to_vec(), authority_ms, certificate_ms: now_ms };
        // Last: without it everything is made anew.
        keep(folder, "made.json", serde_json::json!(made).to_string().as_bytes())?;
        Ok(Self {
            chain: vec![CertificateDer::from(certificate), CertificateDer::from(authority.clone())],
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            authority,
            renew_ms: now_ms + (DAYS - RENEW_BEFORE_DAYS) * DAY_MS,
        })
    }
}

enum Standing {
    Good(Own),
    /// The authority is good; its certificate is to be made anew.
    Due {
        authority_ms: i64,
        key: Box<KeyPair>,
        authority: Vec<u8>,
    },
}

fn authority_params(names: &[String], made_ms: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("Binwire gateway {}", names.first().map_or("", String::as_str)));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, made_ms, AUTHORITY_DAYS);
    // A kind without any constraint would be free: a name nobody has and an address of this machine close both.
    let mut permitted =
        vec![GeneralSubtree::DnsName("binwire.invalid".to_owned()), subtree(IpAddr::from([127, 0, 0, 1]))];
    permitted.extend(names.iter().map(|name| match address(name) {
        Some(address) => subtree(address),
        None => GeneralSubtree::DnsName(name.clone()),
    }));
    params.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    params
}

fn page_params(names: &[String], now_ms: i64) -> Result<CertificateParams, rcgen::Error> {
    let plain: Vec<String> = names.iter().map(|name| address(name).map_or(name.clone(), |ip| ip.to_string())).collect();
    let mut params = CertificateParams::new(plain)?;
    params.distinguished_name = named("Binwire page");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, now_ms, DAYS);
    Ok(params)
}

/// An address as it stands in `Host`.
fn address(name: &str) -> Option<IpAddr> {
    name.trim_matches(['[', ']']).parse().ok()
}

fn subtree(address: IpAddr) -> GeneralSubtree {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// From the day before, for so many days.
fn valid(params: &mut CertificateParams, from_ms: i64, days: i64) {
    let at = |ms: i64| date_time_ymd(1970, 1, 1) + Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    params.not_before = at(from_ms - BEFORE_DAYS * DAY_MS);
    params.not_after = at(from_ms + (days - BEFORE_DAYS) * DAY_MS);
}

/// Writes a file whole or not at all, for its owner only.
fn keep(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PageTlsError> {
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let beside = folder.join(format!("{name}.new"));
        // One that a cut left behind may have another mode.
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|source| PageTlsError::Keep { path: path.clone(), source })
}
