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

/// What speaks against a vendor's broker at an address: `mqtts://HOST:PORT`, or `mqtt://` to this machine.
#[must_use]
pub(crate) fn broker_fault(url: &Url) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "mqtt" if !is_this_machine(host) => {
            return Some("would send movements in the clear; use mqtts:// (mqtt:// only to 127.0.0.1)".to_owned());
        }
        "mqtts" | "mqtt" => {}
        other => return Some(format!("begins with {other}:; write mqtts://HOST or mqtts://HOST:PORT")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("holds a login, which would stand in logs; give username and password_file".to_owned());
    }
    if host.is_empty() || host.starts_with('[') {
        return Some("must name the broker: a host name or an IPv4 address".to_owned());
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Some("has more than a host and a port; the topics follow from site and feed".to_owned());
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
    fn a_broker_is_mqtts_or_on_this_machine_and_nothing_but_host_and_port() {
        for (url, expect) in [
            ("mqtts://broker.example", None),
            ("mqtts://broker.example:8884/", None),
            ("mqtt://127.0.0.1:1883", None),
            ("mqtt://broker.example", Some("in the clear")),
            ("https://broker.example", Some("begins with https:")),
            ("mqtts://me:pw@broker.example", Some("holds a login")),
            ("mqtts://[::1]", Some("must name the broker")),
            ("mqtts://broker.example/feeds", Some("more than a host and a port")),
        ] {
            let fault = broker_fault(&url.parse().unwrap());
            assert_eq!(fault.is_some(), expect.is_some(), "{url}: {fault:?}");
            assert!(fault.unwrap_or_default().contains(expect.unwrap_or_default()), "{url}");
        }
    }

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
