//! Which addresses may be sent to: `https://`, or `http://` to this machine. The rule for hubs and for receivers of
//! alarms alike. Pure.

use std::net::IpAddr;

use reqwest::Url;

/// What speaks against sending `what` to an address, as a rule for the site's file.
#[must_use]
pub(crate) fn fault(url: &Url, what: &str) -> Option<String> {
    match url.scheme() {
        "http" if !is_this_machine(url.host_str().unwrap_or_default()) => {
            return Some(format!("would send {what} in the clear; use https:// (http:// only to 127.0.0.1)"));
        }
        "https" | "http" => {}
        other => return Some(format!("begins with {other}:; write https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("holds a login, which would stand in logs; leave it out".to_owned());
    }
    None
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (url, expect) in [
            ("https://erp.example/hooks?key=1", None),
            ("http://127.0.0.1:8080/", None),
            ("http://[::1]/", None),
            ("http://localhost/", None),
            ("http://erp.example/", Some("would send alarms in the clear")),
            ("http://10.0.0.5/", Some("would send alarms in the clear")),
            ("ftp://erp.example/", Some("begins with ftp:")),
            ("https://me:pw@erp.example/", Some("holds a login")),
        ] {
            let fault = fault(&url.parse().unwrap(), "alarms");
            assert_eq!(fault.is_some(), expect.is_some(), "{url}: {fault:?}");
            assert!(fault.unwrap_or_default().contains(expect.unwrap_or_default()), "{url}");
        }
    }
}
