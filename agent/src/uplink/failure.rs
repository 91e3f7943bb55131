//! Why a request brought no answer, in the words of delivery. Knows the errors of the HTTP client and of TLS, not what
//! was sent.

use std::{error::Error, io, io::ErrorKind};

use gateway_proto::delivery::TroubleKind;
use rustls::CertificateError;

use super::names::NameError;
use crate::cause;

/// What kind of trouble an error is, and the detail that a person can act on.
pub(super) fn read(error: &reqwest::Error) -> (TroubleKind, String) {
    // The error's own text is "error sending request for url"; the root is what a person can act on.
    let detail = cause::root(error);
    if let Some(name) = cause::causes(error).find_map(|cause| cause.downcast_ref::<NameError>()) {
        return (TroubleKind::NameUnknown, cause::chain(name));
    }
    if let Some(tls) = cause::causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return (of_tls(tls), tls.to_string());
    }
    if error.is_timeout() {
        return if error.is_connect() {
            (TroubleKind::Unreachable, format!("no connection in time: {detail}"))
        } else {
            (TroubleKind::TimedOut, detail)
        };
    }
    let parse =
        |cause: &(dyn Error + 'static)| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
    if cause::causes(error).any(parse) {
        return (TroubleKind::NotAHub, format!("no HTTP: {detail}"));
    }
    let io = cause::causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let broke = matches!(
        io,
        Some(
            ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
        )
    );
    // Before the handshake's end an end is as good as no connection, but that someone was there is worth knowing.
    let kind = if error.is_connect() && !broke { TroubleKind::Unreachable } else { TroubleKind::BrokenOff };
    (kind, detail)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else TLS stumbles over, there is no TLS")]
fn of_tls(error: &rustls::Error) -> TroubleKind {
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TroubleKind::CertificateTime,
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => TroubleKind::Certificate,
        _ => TroubleKind::NotSecure,
    }
}
