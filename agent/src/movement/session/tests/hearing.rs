//! Which label says what.

use super::*;

/// What a frame is heard as, compactly.
fn heard(frame: &str) -> String {
    told(Floor::new(usual()).hear(frame))
}

fn told(token: Result<Token, Refusal>) -> String {
    let or = |value: &Option<Text>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    match token {
        Err(refusal) => format!("no {}", format!("{refusal:?}").split(['(', ' ']).next().unwrap()),
        Ok(Token::Badge { id, name }) => format!("badge {id} {}", or(&name)),
        Ok(Token::Mode { mode, target }) => format!("mode {}", Task { mode, target }),
        Ok(Token::Place(place)) => format!("place {place}"),
        Ok(Token::Part(part)) => {
            let mut text = format!("part {} {:?} ×{}", part.item, part.known, part.factor);
            for (name, value) in [("lot", &part.lot), ("sn", &part.serial), ("exp", &part.expires)] {
                if let Some(value) = value {
                    text.push_str(&format!(" {name}={value}"));
                }
            }
            if let Some(packed) = part.packed {
                text.push_str(&format!(" packed={packed}"));
            }
            if part.code.is_some() {
                text.push_str(" +code");
            }
            text
        }
        Ok(Token::Quantity(times)) => format!("qty {times}"),
        Ok(Token::Packed(units)) => format!("packed {units}"),
        Ok(Token::Reference(reference)) => format!("ref {reference}"),
        Ok(Token::Order { reference, lines }) => format!("order {reference} {}", lines.len()),
        Ok(Token::Shipment { reference, lines }) => format!("shipment {reference} {}", lines.len()),
        Ok(Token::Trace { lot, serial }) => format!("trace {} {}", or(&lot), or(&serial)),
        Ok(Token::Reason(reason)) => format!("reason {reason}"),
        Ok(token @ (Token::Add | Token::Undo | Token::Cancel | Token::Done)) => format!("{token:?}"),
    }
}

#[test]
fn every_label_is_heard_as_what_it_says() {
    for (frame, expected) in [
        // Command labels, in either case, whatever symbol they are in.
        ("BW:USE", "mode use"),
        ("]C0BW:RECEIVE", "mode receive"),
        ("]Q1bw:put-away", "mode put away"),
        ("BW:TRANSFER", "mode transfer"),
        ("BW:TEST", "mode test"),
        ("BW:TEST-PASS", "mode test passed"),
        ("BW:TEST-FAIL", "mode test failed"),
        ("BW:DEPLOY", "mode deploy"),
        ("BW:deploy:van-3", "mode deploy to van-3"),
        ("BW:INSTALL", "mode install"),
        ("BW:INSTALL:PUMP-17", "mode install on PUMP-17"),
        ("BW:UNINSTALL:PUMP-17", "mode remove from PUMP-17"),
        ("BW:RETURN", "mode return"),
        ("BW:SCRAP", "mode scrap"),
        ("BW:COUNT", "mode count"),
        ("BW:USE:van-3", "no Command"),
        ("BW:", "no Command"),
        ("BW:QTY:12", "qty 12"),
        ("BW:qty:012", "qty 12"),
        ("BW:QTY:0", "qty 0"),
        ("BW:QTY:-1", "no Quantity"),
        ("BW:QTY:1.5", "no Quantity"),
        ("BW:QTY:99999999999999999999", "no Quantity"),
        ("BW:EMPTY", "qty 0"),
        ("BW:ADD", "Add"),
        ("BW:REF:WO-7", "ref WO-7"),
        ("BW:REF:PO-1", "order PO-1 2"),
        ("BW:LOT:L7", "trace L7 -"),
        ("BW:SERIAL:S1", "trace - S1"),
        ("BW:REASON:worn out", "reason worn out"),
        ("BW:REASON:", "no Label"),
        ("BW:UNDO", "Undo"),
        ("BW:CANCEL", "Cancel"),
        ("BW:DONE", "Done"),
        // Labels that the agent prints.
        ("BW:BIN:A-01", "place bin:A-01"),
        ("BW:PLACE:dock", "place dock"),
        ("BW:PLACE:DOCK", "place dock"),
        ("BW:PLACE:field:van-3", "place field:van-3"),
        ("BW:PLACE:Bin:A-01", "place bin:A-01"),
        ("BW:PLACE:asset:PUMP-17", "place asset:PUMP-17"),
        ("BW:PLACE:asset:PUMP-99", "no UnknownAsset"),
        ("BW:PLACE:shelf:7", "no NotAPlace"),
        ("BW:PLACE:scrap", "no NotAPlace"),
        ("BW:ITEM:M8-BOLT", "part M8-BOLT Known ×1"),
        ("BW:ITEM:4006381333931", "part M8-BOLT Known ×1 +code"),
        ("BW:ITEM:4711-X", "part 4711-X Labelled ×1"),
        ("BW:BADGE:17", "badge 17 Ada"),
        ("BW:BADGE:99", "badge 99 -"),
        ("BW:ASSET:PUMP-17", "place asset:PUMP-17"),
        ("BW:ASSET:PUMP-99", "no UnknownAsset"),
        // The site's own patterns.
        ("EMP-17", "badge 17 Ada"),
        ("BIN-A-01", "place bin:A-01"),
        ("PLC-quarantine", "place quarantine"),
        ("PLC-van shelf", "place bin:van shelf"),
        ("AST-PUMP-17", "place asset:PUMP-17"),
        ("JOB-7", "ref 7"),
        ("ORD-PO-1", "order PO-1 2"),
        ("ORD-PO-9", "ref PO-9"),
        ("ITM-M8-BOLT", "part M8-BOLT Known ×1 +code"),
        ("ACT-SCRAP", "mode scrap"),
        ("ACT-BW:QTY:3", "qty 3"),
        // What the site's list knows, and what nobody knows.
        ("M8-BOLT", "part M8-BOLT Known ×1"),
        ("M8-BOX", "part M8-BOLT Known ×12 +code"),
        ("SEAL", "part SEAL Known ×1"),
        ("]E04006381333931", "part M8-BOLT Known ×1 +code"),
        ("4711-X ", "part 4711-X  Stranger ×1"),
        ("]C10104012345678901", "part 04012345678901 Labelled ×1 +code"),
        // GS1.
        ("]C10104006381333931\u{1d}10L7\u{1d}21S9", "part M8-BOLT Known ×1 lot=L7 sn=S9 +code"),
        ("]C101040063813339311726033110L7", "part M8-BOLT Known ×1 lot=L7 exp=2026-03-31 +code"),
        ("]C10104006381333931172603003025", "part M8-BOLT Known ×1 exp=2026-03-31 packed=25 +code"),
        ("]C100340123450000000024", "shipment 340123450000000024 2"),
        ("]C100340123450000000017", "ref 340123450000000017"),
        ("]C1400PO-1", "order PO-1 2"),
        ("]C1400PO-9", "ref PO-9"),
        ("]C180044006381000PUMP", "place asset:PUMP-17"),
        ("]C180044006381000FAN", "no UnknownAsset"),
        ("]C1800304006381000017TOTE1", "place bin:TOTE-1"),
        ("]C1800304006381000017TOTE2", "no NotAPart"),
        ("]C14144006381000000254A-01", "place bin:A-01"),
        ("]C121S9", "trace - S9"),
        ("]C10104006381333932", "no Damaged"),
        ("]E04006381333932", "no Damaged"),
        // Parts labels.
        (
            "]d1[)>\u{1e}06\u{1d}PM8-BOLT\u{1d}Q00250\u{1d}1TL9\u{1d}14D20270331\u{1e}\u{4}",
            "part M8-BOLT Known ×1 lot=L9 exp=2027-03-31 packed=250 +code",
        ),
        ("]d1[)>\u{1e}06\u{1d}1JUN043325711\u{1d}Q5\u{1e}\u{4}", "ref UN043325711"),
        ("]d1[)>\u{1e}06\u{1d}KPO-1\u{1d}Q5\u{1e}\u{4}", "order PO-1 2"),
        ("Q250", "packed 250"),
        ("Q0", "no Quantity"),
        ("S4711", "trace - 4711"),
        ("1TL9", "trace L9 -"),
        ("1H17", "badge 17 Ada"),
        ("WWO-7", "ref WO-7"),
        ("PM8-BOLT", "part M8-BOLT Known ×1 +code"),
        // Others.
        ("{pbn:P,pc:C31,pm:ST-1,qty:2}", "part ST-1 Labelled ×1 packed=2 +code"),
        ("{pbn:P,qty:5}", "no NotAPart"),
        ("+A123BJC5D6E71G", "part BJC5D6E7 Labelled ×1 +code"),
        ("", "no Code"),
    ] {
        assert_eq!(heard(frame), expected, "{frame:?}");
    }
}

#[test]
fn what_the_device_states_goes_with_the_part() {
    let floor = Floor::new(usual());
    let scan = Scan { code: b"M8-BOLT".to_vec(), quantity: Some(3), place: Some("B-02".to_owned()), ..Scan::default() };
    let Token::Part(part) = floor.hear_scan(&scan).unwrap() else { panic!("no part") };
    assert_eq!(part.stated, Quantity::new(3).ok());
    assert_eq!(part.place, "bin:B-02".parse().ok());
    assert_eq!(told(floor.hear_scan(&Scan { quantity: Some(0), ..scan })), "no Quantity");
}

#[test]
fn a_label_longer_than_the_limit_is_not_kept_beside_its_item() {
    let floor = Floor::new(usual());
    let label = |pad: usize| format!("[)>\u{1e}06\u{1d}PM8-BOLT\u{1d}20Z{}\u{1e}\u{4}", "0".repeat(pad));
    let kept = |frame: &str| match floor.hear(frame).unwrap() {
        Token::Part(part) => part.code,
        other => panic!("{other:?}"),
    };
    let fits = label(1_000);
    assert_eq!(kept(&fits), Some(code(&fits)), "its very bytes");
    assert_eq!(kept(&label(1_024)), None);
}

#[test]
fn no_scan_whatever_its_bytes_breaks_hearing() {
    let floor = Floor::new(usual());
    let mut seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    let pieces: [&[u8]; 14] = [
        b"BW:",
        b"bw:qty:",
        b"PLACE:",
        b"asset:",
        b":",
        b"\x1d",
        b"01",
        b"0400638133393",
        b"[)>\x1e06\x1d",
        b"P",
        b"\xff",
        "é".as_bytes(),
        b"]C1",
        b"00340123450000000024",
    ];
    for case in 0..20_000 {
        let start = seed;
        let mut frame = Vec::new();
        for _ in 0..random(&mut seed) % 8 {
            frame.extend_from_slice(pieces[usize::try_from(random(&mut seed) % 14).unwrap()]);
        }
        let heard = std::panic::catch_unwind(|| floor.hear_scan(&Scan::from_frame(&frame)));
        assert!(heard.is_ok(), "case {case}, SEED={start}: {frame:?}");
    }
}
