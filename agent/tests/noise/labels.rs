//! Every standard of labels, and what sites and suppliers print for themselves. What is read is written as the same.

use agent::{
    device::{AimId, Scan},
    label::{
        LabelRules,
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

use crate::storm::{Random, frames, storm};

const REF_YEAR: i16 = 2026;

#[test]
fn no_label_breaks_its_reader() {
    let good = good();
    let rules = [false, true].map(site_rules);
    let mut frame = Vec::new();
    storm("labels", |_, random| {
        random.bend(&good, &mut frame);
        let (id, payload) = AimId::split(&frame);
        let separator = random.one_of(&Separator::ALL);
        let checks = Checks { requisites: random.once_in(2) };
        let rules = LabelRules { separator, ..rules[random.below(2)].clone() };
        let label = read(&Scan::from_frame(&frame), &rules, REF_YEAR);
        let _ = (label.told(), label.to_json());
        match random.below(8) {
            0 => scan(&frame, separator, checks, random),
            1 => elements(ElementString::parse(payload, checks)),
            2 => elements(ElementString::parse_lenient(payload, separator, checks)),
            3 => elements(ElementString::parse_bracketed(payload, checks)),
            4 => {
                let rules = LinkRules { zero_suppressed_gtin: random.once_in(2) };
                if let Ok(Some(link)) = DigitalLink::parse(payload, rules) {
                    let _ = link.to_json();
                }
            }
            5 => {
                for message in [Message::parse(payload), Message::parse_linear(payload)].into_iter().flatten() {
                    assert!(!message.formats.is_empty());
                    serde_json::to_string(&message).unwrap();
                }
            }
            6 => {
                if let Ok(hibc) = Hibc::parse(payload, random.once_in(8), REF_YEAR) {
                    serde_json::to_string(&hibc).unwrap();
                }
                if let Ok(lcsc) = LcscLabel::parse(payload) {
                    serde_json::to_string(&lcsc).unwrap();
                }
            }
            _ => numbers(&frame, id, payload, random),
        }
    });
}

fn scan(frame: &[u8], separator: Separator, checks: Checks, random: &mut Random) {
    let rules = ScanRules {
        checks,
        separator,
        leading_separator: random.once_in(2),
        recover_separator: random.once_in(2),
        short_upc: random.once_in(2),
        link: LinkRules { zero_suppressed_gtin: random.once_in(2) },
    };
    if let Ok(scan) = Gs1Scan::parse(frame, &rules) {
        let _ = scan.to_json();
    }
}

fn elements<E>(string: Result<ElementString<'_>, E>) {
    let Ok(string) = string else { return };
    let shown = string.to_string();
    // What a single scan may leave out, people may leave out too.
    let again = ElementString::parse_bracketed(shown.as_bytes(), Checks::default());
    assert_eq!(again.unwrap_or_else(|error| panic!("{shown}: {error}")).to_string(), shown);
    for element in string.elements() {
        let _ = Gs1Value::read(element.ai(), element.value(), REF_YEAR).map(|value| value.to_json());
    }
}

fn numbers(frame: &[u8], id: Option<AimId>, payload: &[u8], random: &mut Random) {
    if let Ok(key) = Key::parse(random.one_of(&KeyKind::ALL), payload) {
        serde_json::to_string(&key).unwrap();
    }
    let _ = id.and_then(|id| Gtin::from_symbol(id, payload));
    let prefix = random.one_of(&[Prefix::None, Prefix::Aim, Prefix::Symbol, Prefix::Honeywell]);
    let scan = prefix.strip(Scan::from_frame(frame));
    assert!(scan.code.len() <= frame.len());
    for segment in eci::split(payload) {
        let _ = segment.text(CodePage::default());
    }
}

fn site_rules(is_own: bool) -> LabelRules {
    let patterns = [
        (SiteLabelKind::Bin, "BIN-(?<value>[0-9]{1,6})"),
        (SiteLabelKind::Badge, "EMP-[A-Z]+[0-9]*"),
        (SiteLabelKind::Action, "(USE|PUT|(A|B)*C)!"),
    ];
    let own = |(kind, pattern)| SiteLabel::new(kind, pattern, Vec::new()).unwrap();
    let site = if is_own { patterns.into_iter().map(own).collect() } else { Vec::new() };
    LabelRules { data_identifiers: is_own, site, ..LabelRules::default() }
}

fn good() -> Vec<Box<[u8]>> {
    frames([
        &b"]C10109521234567882\x1d10LOT1\x1d3012"[..],
        b"]d2010952123456788221S1\x1d17261231\x1d3103001250",
        b"]d2010952123456788210AB17261231",
        b"]C10109521234567882|10LOT1|21S9",
        b"]e08006095212345678820102\x1d8008261231\x1d7003261231235910A",
        b"]Q4\\0000260109521234567882\x1d91\\\\x",
        b"(01)09521234567882(10)LOT\\(7(3922)1250(21)A",
        b"(8030)SIG(8003)095212345678820001(4330)001200-",
        b"]Q1https://example.com/some/01/09521234567882/10/A%2fB/21/7?17=261200&linkType=all#top",
        b"HTTPS://ID.EXAMPLE/414/9521234567882/254/BIN-1",
        b"]d1[)>\x1e06\x1dPM8\x1dQ00250\x1d1TL9\x1d14D20271231\x1e\x04",
        b">[)>06\x1d1PSTM32\x1d7Q12.5KG",
        b"[)>\x1e05\x1d0109521234567882\x1d10L\x1e12\x1dSER 786950\x1e09\x1dA\x1dB\x1d3\x1dxyz\x1e07free\x1e\x04",
        "[)>\u{241e}06\u{241d}P1\u{241d}Q2\u{241e}\u{2404}".as_bytes(),
        b"+A123BJC5D6E71G",
        b"+A99912345/$$52001510X3/16D20111212/S77DE1G45-",
        b"+$$8241231L0T9XL",
        b"{pbn:P1,pc:C31,pm:ST-1,x,qty:2}",
        b"]E09521234567882",
        b"]E40000017\x30",
        b"]I109521234567882",
        b"K0109521234567882\x1d10A",
        b"P0G0109521234567882",
        b"j4711",
        b"BIN-0042",
        b"EMP-KURT7",
        b"USE!",
        b"Q250",
        b"P4711-0815",
    ])
}
