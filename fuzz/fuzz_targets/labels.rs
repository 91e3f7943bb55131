//! Any bytes as a scan: every standard of labels, and the way back where there is one.
#![no_main]

use std::sync::LazyLock;

use agent::{
    device::{AimId, Scan},
    label::{
        LabelRules,
        application_identifier::Ai,
        digital_link::{DigitalLink, LinkRules},
        eci::{self, CodePage},
        element_string::{Checks, ElementString, Gs1Scan, ScanRules},
        gs1_value::Gs1Value,
        gtin::{Gtin, Key, KeyKind},
        hibc::Hibc,
        iso15434::Message,
        lcsc::LcscLabel,
        lost_separator::Separator,
        read,
        site_label::{SiteLabel, SiteLabelKind},
        vendor_prefix::Prefix,
    },
};
use libfuzzer_sys::fuzz_target;

static SITE: LazyLock<Vec<SiteLabel>> = LazyLock::new(|| {
    [
        (SiteLabelKind::Bin, "BIN-(?<value>[0-9]{1,6})"),
        (SiteLabelKind::Badge, "EMP-[A-Z]+[0-9]*"),
        (SiteLabelKind::Item, "(X|Y)*Z"),
    ]
    .into_iter()
    .filter_map(|(kind, pattern)| SiteLabel::new(kind, pattern, Vec::new()).ok())
    .collect()
});

fuzz_target!(|data: &[u8]| {
    let [flags, frame @ ..] = data else { return };
    let is_set = |bit: u8| flags >> bit & 1 != 0;
    let separator = Separator::ALL[usize::from(flags & 15) % Separator::ALL.len()];
    let checks = Checks { requisites: is_set(4) };
    let link = LinkRules { zero_suppressed_gtin: is_set(5) };
    let (id, payload) = AimId::split(frame);

    let prefix = [Prefix::Aim, Prefix::None, Prefix::Symbol, Prefix::Honeywell][usize::from(flags >> 6)];
    let scan = prefix.strip(Scan::from_frame(frame));
    let site = if is_set(5) { SITE.clone() } else { Vec::new() };
    let label = read(&scan, &LabelRules { data_identifiers: is_set(4), separator, site }, 2026);
    let _ = (label.told(), label.to_json());

    let rules = ScanRules {
        checks,
        separator,
        leading_separator: is_set(4),
        recover_separator: is_set(5),
        short_upc: is_set(6),
        link,
    };
    if let Ok(scan) = Gs1Scan::parse(frame, &rules) {
        let _ = scan.to_json();
    }
    for string in [
        ElementString::parse(payload, checks),
        ElementString::parse_lenient(payload, separator, checks),
        ElementString::parse_bracketed(payload, checks),
    ] {
        let Ok(string) = string else { continue };
        // What people write of it reads as the same.
        let shown = string.to_string();
        let again = ElementString::parse_bracketed(shown.as_bytes(), checks)
            .unwrap_or_else(|error| panic!("{shown} does not read again: {error}"));
        assert_eq!(again.to_string(), shown);
        for element in string.elements() {
            let _ = Gs1Value::read(element.ai(), element.value(), 2026).map(|value| value.to_json());
        }
    }
    if let Ok(Some(link)) = DigitalLink::parse(payload, link) {
        let _ = link.to_json();
    }
    if let [a, b, value @ ..] = payload {
        for len in 2..=4 {
            let _ = payload.get(..len).and_then(Ai::parse).map(|ai| Gs1Value::read(ai, &payload[len..], 1999));
        }
        let _ = Gtin::from_symbol(AimId { code: *a, modifier: *b }, value);
    }

    for message in [Message::parse(payload), Message::parse_linear(payload)].into_iter().flatten() {
        let _ = serde_json::to_string(&message).expect("a message has a form in JSON");
    }
    if let Ok(hibc) = Hibc::parse(payload, is_set(4), 2026) {
        let _ = serde_json::to_string(&hibc).expect("a label has a form in JSON");
    }
    if let Ok(lcsc) = LcscLabel::parse(payload) {
        let _ = serde_json::to_string(&lcsc).expect("a label has a form in JSON");
    }
    for kind in KeyKind::ALL {
        let _ = Key::parse(kind, payload);
    }
    for segment in eci::split(payload) {
        let _ = segment.text(CodePage::default());
    }
    let _ = id.map(AimId::symbology);
});
