use super::*;

#[path = "../../../gateway-proto/tests/noise/garble.rs"]
mod garble;

/// A million with `BINWIRE_LONG`.
const CURSORS: u32 = 200_000;

#[test]
fn what_is_read_as_a_cursor_is_written_as_the_same() {
    let good = [
        "",
        "plant-7/acme:1:1042",
        "plant-7/acme:1:9,plant-7/acme:2:1,plant-7/acme:r:3,plant-8/acme:1:2",
        "p/f:4294967295:18446744073709551615",
    ];
    let (mut text, mut read) = (Vec::new(), 0);
    let inputs = garble::storm("cursors", CURSORS, |random| {
        random.garble(&good, &mut text);
        let Ok(text) = std::str::from_utf8(&text) else { return };
        match text.parse::<Cursor>() {
            Ok(cursor) => {
                read += 1;
                assert_eq!(cursor.to_string().parse(), Ok(cursor), "{text}");
            }
            Err(error) => garble::assert_told(&error.to_string()),
        }
    });
    assert!(inputs < CURSORS || read > inputs / 50, "{read}");
}

#[test]
fn a_cursor_prints_as_it_parses() {
    for text in ["", "plant-7/acme:1:1042", "plant-7/acme:1:9,plant-7/acme:2:1,plant-7/acme:r:3,plant-8/acme:1:2"] {
        assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
    }
    for text in ["1042", "plant-7:1:2", "plant-7/acme:x:2", "plant-7/acme:1:-2", "plant-7/acme:1:2:3"] {
        assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
    }
}

#[test]
fn a_cursor_never_goes_back() {
    let mut cursor: Cursor = "plant-7/acme:1:9".parse().unwrap();
    let strand = Strand { feed: "plant-7/acme".parse().unwrap(), kind: StrandKind::Epoch(1) };
    cursor.advance(&strand, 4);
    assert_eq!(cursor.position(&strand), 9);
    cursor.retain(|feed| feed.name.as_str() != "acme");
    assert_eq!(cursor.position(&strand), 0);
}
