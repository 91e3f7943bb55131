use super::*;

const USAGE: &str = r#"{"id":"0193-7","bin":"A-01","gtin":"4006381333931","kind":"consume","qty":12,"device":"scan-03",
    "operator":"op-7","lot":"L1","order":"WO-9","observed_at":"2026-11-21T06:00:01.761Z","site":"plant-7"}"#;

fn fields() -> MovementFields {
    let named = |path: &str| Some(path.to_owned());
    MovementFields {
        item: named("gtin"),
        quantity: named("qty"),
        id: named("id"),
        kind: named("kind"),
        bin: named("bin"),
        from: named("from.place"),
        to: named("to.place"),
        at: named("observed_at"),
        device: named("device"),
        actor: named("operator"),
        lot: named("lot"),
        serial: named("serial"),
        reference: named("order"),
        reason: named("why"),
    }
}

fn kinds(kinds: &[(&str, &str)]) -> BTreeMap<String, String> {
    kinds.iter().map(|(word, ends)| ((*word).to_owned(), (*ends).to_owned())).collect()
}

fn dialect() -> MovementDialect {
    let words = [("consume", "bin > used"), ("receive", "vendor > bin"), ("move", "from > to")];
    MovementDialect::new(fields(), kinds(&words)).unwrap()
}

fn read(payload: &str) -> Result<Stated, String> {
    dialect().read(payload.as_bytes()).map_err(|error| error.to_string())
}

fn refusal(payload: &str) -> String {
    read(payload).unwrap_err()
}

/// The example with one of its texts changed.
fn with(from: &str, to: &str) -> String {
    assert!(USAGE.contains(from));
    USAGE.replace(from, to)
}

#[test]
fn everything_that_a_message_says_is_in_the_movement() {
    let stated = read(USAGE).unwrap();
    assert_eq!(stated.id.as_deref(), Some("0193-7"));
    assert_eq!((stated.item.as_str(), stated.qty.units()), ("4006381333931", 12));
    assert_eq!((stated.from.to_string(), stated.to.to_string()), ("bin:A-01".to_owned(), "used".to_owned()));
    assert_eq!(stated.at.map(|at| at.to_string()).as_deref(), Some("2026-11-21T06:00:01.761Z"));
    assert_eq!(stated.by.map(String::from).as_deref(), Some("scan-03"));
    let text = |text: Option<gateway_proto::name::Text>| text.map(String::from);
    assert_eq!(text(stated.actor).as_deref(), Some("op-7"));
    assert_eq!(text(stated.lot).as_deref(), Some("L1"));
    assert_eq!(text(stated.reference).as_deref(), Some("WO-9"));
    assert_eq!((text(stated.serial), text(stated.reason)), (None, None));
}

#[test]
fn the_senders_word_says_from_where_to_where() {
    let ends = |payload: &str| read(payload).map(|stated| format!("{} > {}", stated.from, stated.to)).unwrap();
    assert_eq!(ends(&with("consume", "receive")), "vendor > bin:A-01");
    let moved = r#"{"gtin":"M8","kind":"move","from":{"place":"dock"},"to":{"place":"field:van-3"}}"#;
    assert_eq!(ends(moved), "dock > field:van-3");
    assert_eq!(refusal(&with("consume", "eaten")), "field kind is none of the words in kinds");
}

#[test]
fn without_kinds_the_message_names_both_places() {
    let dialect = MovementDialect::new(MovementFields { kind: None, ..fields() }, BTreeMap::new()).unwrap();
    let payload = br#"{"gtin":"M8","from":{"place":"bin:A"},"to":{"place":"used"}}"#;
    let stated = dialect.read(payload).unwrap();
    assert_eq!((stated.from.to_string(), stated.qty), ("bin:A".to_owned(), Quantity::ONE));
}

#[test]
fn one_kind_alone_needs_no_word_for_it() {
    let dialect = MovementDialect::new(MovementFields { kind: None, ..fields() }, kinds(&[("used", "bin > used")]));
    assert_eq!(dialect.unwrap().read(br#"{"gtin":"M8","bin":"A"}"#).unwrap().to, Place::Used);
}

#[test]
fn what_is_absent_null_or_empty_is_not_stated() {
    for payload in [with(r#""L1""#, "null"), with(r#""L1""#, r#""""#), with(r#""lot""#, r#""another""#)] {
        assert_eq!(read(&payload).unwrap().lot, None, "{payload}");
    }
    assert_eq!(read(&with("\"qty\":12", "\"qty\":null")).unwrap().qty, Quantity::ONE);
}

#[test]
fn a_message_that_is_wrong_is_refused_and_the_field_named() {
    for (from, to, why) in [
        ("\"qty\":12", "\"qty\":0", "field qty is no quantity"),
        ("\"qty\":12", "\"qty\":1.5", "field qty is not a whole number"),
        ("\"qty\":12", "\"qty\":-3", "field qty is not a whole number"),
        ("\"qty\":12", "\"qty\":true", "field qty is not text"),
        ("\"gtin\"", "\"ean\"", "field gtin is missing"),
        ("\"bin\"", "\"shelf\"", "field bin is missing"),
        ("A-01", "A\\u0007", "place name may have printable characters"),
        ("2026-11-21T06:00:01.761Z", "yesterday", "field observed_at is no time"),
        ("scan-03", &"s".repeat(65), "device name may have 64 bytes"),
        ("{\"id\"", "[{\"id\"", "payload is not JSON"),
    ] {
        let refusal = refusal(&with(from, to));
        assert!(refusal.contains(why), "{to}: {refusal}");
    }
    assert_eq!(refusal("[]"), "payload is no JSON object");
    let nowhere = r#"{"gtin":"M8","kind":"move","from":{"place":"used"},"to":{"place":"scrap"}}"#;
    assert_eq!(refusal(nowhere), "nothing may go between these two places");
    assert_eq!(refusal(&nowhere.replace("scrap", "moon")), "field to.place names no place");
}

#[test]
fn a_refusal_never_quotes_the_payload() {
    for from in
        ["0193-7", "A-01", "4006381333931", "consume", "scan-03", "op-7", "L1", "WO-9", "2026-11-21T06:00:01.761Z"]
    {
        let secret = format!("SECRET\\u0001{}", "x".repeat(9_000));
        if let Err(refusal) = read(&with(from, &secret)) {
            assert!(!refusal.contains("SECRET") && refusal.len() < 200, "{from}: {refusal}");
        }
    }
}

#[test]
fn of_two_fields_of_one_name_the_last_counts() {
    let twice = with("\"qty\":12", "\"qty\":12,\"qty\":3");
    assert_eq!(read(&twice).unwrap().qty.units(), 3);
}

#[test]
fn fields_and_kinds_that_cannot_say_what_moved_are_refused_at_the_start() {
    let why = |fields: MovementFields, words: &[(&str, &str)]| {
        MovementDialect::new(fields, kinds(words)).unwrap_err().to_string()
    };
    let use_ = ("use", "bin > used");
    assert!(why(MovementFields { item: None, ..fields() }, &[use_]).contains("no item field"));
    assert!(why(fields(), &[]).contains("no kinds are given"));
    let no_kind = MovementFields { kind: None, ..fields() };
    assert!(why(no_kind, &[use_, ("get", "vendor > bin")]).contains("no field that says which"));
    assert!(why(MovementFields { bin: None, ..fields() }, &[use_]).contains("goes through bin"));
    assert!(why(fields(), &[("x", "bin used")]).contains("is not FROM > TO"));
    assert!(why(fields(), &[("x", "bin > moon")]).contains("is no place"));
    assert!(why(fields(), &[("x", "used > vendor")]).contains("nothing may go from used to vendor"));
    let neither = MovementFields { item: Some("i".into()), ..MovementFields::default() };
    assert!(why(neither, &[]).contains("goes through from"));
}
