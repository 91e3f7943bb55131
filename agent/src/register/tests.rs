use super::*;

fn code(text: &str) -> ItemCode {
    text.parse().unwrap()
}

fn item(text: &str) -> Fact {
    Fact::Item(Item::new(code(text), "acme".parse().unwrap()))
}

fn alias(text: &str, item: &str, factor: u64, unit: Option<&str>) -> Fact {
    let unit = unit.map(|unit| unit.parse().unwrap());
    Fact::Alias(Alias { factor, unit, ..Alias::new(code(text), code(item)) })
}

fn register(facts: impl IntoIterator<Item = Fact>) -> Register {
    let mut register = Register::new(["acme".parse().unwrap(), "boltco".parse().unwrap()]);
    for fact in facts {
        register.apply(fact, Origin::Imported).unwrap();
    }
    register
}

fn told(result: Result<impl std::fmt::Debug, Refused>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_fact_is_read_as_it_was_written_to_the_last_bit() {
    for cv in [0.092_233_720_368_547_77, 0.1, 1.0 / 3.0, f64::EPSILON, 0.499_999_999_999_999_94] {
        let mut item = Item::new(code("M8"), "acme".parse().unwrap());
        item.piece =
            Some(item::PieceWeight { mean: crate::device::Mass::from_micrograms(12_500_000), cv, sample_size: 10 });
        let fact = Fact::Item(item);
        let kept = serde_json::to_string(&fact).unwrap();
        assert_eq!(serde_json::from_str::<Fact>(&kept).unwrap(), fact, "{kept}");
    }
}

#[test]
fn a_fact_of_the_sites_file_is_changed_and_removed_nowhere_else() {
    let mut register = register([]);
    assert_eq!(register.apply(item("M8"), Origin::File), Ok(Applied::Added));
    let mut longer = Item::new(code("M8"), "acme".parse().unwrap());
    longer.site_max = Some(5);
    assert_eq!(register.apply(item("M8"), Origin::Imported), Ok(Applied::Unchanged));
    let refused = told(register.apply(Fact::Item(longer.clone()), Origin::Imported));
    assert_eq!(refused, "site_max stands in the site's file; change it there");
    assert_eq!(told(register.remove(Kind::Item, "M8")), "code stands in the site's file; change it there");
    assert_eq!(register.apply(Fact::Item(longer), Origin::File), Ok(Applied::Changed));
    assert_eq!(register.fact(Kind::Item, "M8").map(|(_, origin)| origin), Some(Origin::File));
}

#[test]
fn a_refused_fact_leaves_the_register_as_it_was() {
    let mut register = register([item("M8"), alias("V-1", "M8", 12, Some("BX"))]);
    assert!(register.apply(alias("V-1", "M9", 12, None), Origin::Imported).is_err());
    assert_eq!(register.alias("V-1").map(|alias| alias.item.as_str()), Some("M8"));
    assert_eq!(register.codes("M8").count(), 1);
}

#[test]
fn what_others_name_cannot_go() {
    let bin = Bin { container: Some("KLT".parse().unwrap()), ..Bin::new("A-01".parse().unwrap(), code("M8")) };
    let klt = Container { name: "KLT".parse().unwrap(), tare: Mass::from_micrograms(5), spread: Mass::ZERO };
    let mut register =
        register([item("M8"), alias("V-1", "M8", 1, None), Fact::Container(klt), Fact::Bin(bin.clone())]);
    assert_eq!(told(register.remove(Kind::Item, "M8")), "code is named by code \"V-1\"; remove that first");
    assert!(register.remove(Kind::Code, "V-1").unwrap().is_some());
    assert_eq!(told(register.remove(Kind::Item, "M8")), "code is named by bin A-01; remove that first");
    assert_eq!(told(register.remove(Kind::Container, "KLT")), "name is named by bin A-01; remove that first");
    assert_eq!(register.remove(Kind::Bin, "A-01"), Ok(Some(Fact::Bin(bin))));
    assert!(register.remove(Kind::Container, "KLT").unwrap().is_some());
    assert!(register.remove(Kind::Item, "M8").unwrap().is_some());
    assert_eq!(register.remove(Kind::Item, "M8"), Ok(None));
}

#[test]
fn a_code_given_to_another_item_is_that_items_alone() {
    let mut register = register([item("M8"), item("M9"), alias("V-1", "M8", 1, None)]);
    assert_eq!(register.apply(alias("V-1", "M9", 1, None), Origin::Imported), Ok(Applied::Changed));
    assert_eq!((register.codes("M8").count(), register.codes("M9").count()), (0, 1));
    assert_eq!(register.catalog().lookup("V-1").map(|known| known.item), Some(code("M9")));
}

#[test]
fn the_catalog_knows_every_code_with_its_factor_and_tracking() {
    let mut serial = Item::new(code("PUMP"), "boltco".parse().unwrap());
    serial.tracking = item::Tracking::Serial;
    let register = register([item("M8"), Fact::Item(serial), alias("4006381333931", "PUMP", 12, Some("BX"))]);
    let catalog = register.catalog();
    let known = |text: &str| catalog.lookup(text).map(|k| (k.item.to_string(), k.factor, k.tracking));
    assert_eq!(known("M8"), Some(("M8".into(), 1, item::Tracking::None)));
    assert_eq!(known("PUMP"), Some(("PUMP".into(), 1, item::Tracking::Serial)));
    assert_eq!(known("04006381333931"), Some(("PUMP".into(), 12, item::Tracking::Serial)));
    assert_eq!(known("4006381333930"), None);
    assert_eq!(catalog.feed(&code("PUMP")).map(FeedName::as_str), Some("boltco"));
}

#[test]
fn the_packs_of_an_item_are_its_named_codes_each_once_largest_first() {
    let register = register([
        item("M8"),
        alias("a", "M8", 12, Some("BX")),
        alias("b", "M8", 12, Some("bx")),
        alias("c", "M8", 480, Some("PAL")),
        alias("d", "M8", 5, None),
        alias("e", "M8", 1, Some("EACH")),
    ]);
    let packs = register.packs("M8");
    assert_eq!(packs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["PAL of 480", "BX of 12"]);
    assert_eq!(pack::parse("1 PAL + 2 BX + 5", &register.item("M8").unwrap().unit, &packs), Ok(509));
}

#[test]
fn a_bin_weighs_its_own_tare_before_its_containers() {
    let klt = Container { name: "KLT".parse().unwrap(), tare: Mass::from_micrograms(7), spread: Mass::ZERO };
    let register = register([item("M8"), Fact::Container(klt)]);
    let bare = Bin::new("A".parse().unwrap(), code("M8"));
    let boxed = Bin { container: Some("KLT".parse().unwrap()), ..bare.clone() };
    let weighed = Bin { tare: Some(Mass::from_micrograms(9)), ..boxed.clone() };
    let tare = |bin| register.tare(bin).micrograms();
    assert_eq!((tare(&bare), tare(&boxed), tare(&weighed)), (0, 7, 9));
}

#[test]
fn expected_receipts_are_found_by_package_and_by_order_until_received() {
    let line = |sscc: Option<&str>, order: &str, line: &str| ShipmentLine {
        sscc: sscc.map(|sscc| sscc.parse().unwrap()),
        order: order.parse().unwrap(),
        line: line.parse().unwrap(),
        item: code("M8"),
        qty: gateway_proto::quantity::Quantity::ONE,
        lot: None,
        state: ShipmentState::Open,
    };
    let (first, second) = ("340123451111111111", "106141411234567897");
    let lines = [
        line(Some(first), "PO/1", "10"),
        line(Some(&format!("(00){second}")), "PO/1", "10"),
        line(Some(first), "PO-2", "10"),
        line(None, "PO-2", "20"),
    ];
    let mut register = register(std::iter::once(item("M8")).chain(lines.iter().cloned().map(Fact::Shipment)));
    let names = |lines: &mut dyn Iterator<Item = &ShipmentLine>| lines.map(ShipmentLine::name).collect::<Vec<_>>();
    assert_eq!(names(&mut register.expected_in(first)), ["340123451111111111/PO-2/10", "340123451111111111/PO/1/10"]);
    assert_eq!(names(&mut register.expected_of("PO/1")), ["106141411234567897/PO/1/10", "340123451111111111/PO/1/10"]);
    assert_eq!(names(&mut register.expected_of("PO-2")), ["-/PO-2/20", "340123451111111111/PO-2/10"]);
    register.apply(Fact::Shipment(lines[0].received()), Origin::Imported).unwrap();
    assert_eq!(names(&mut register.expected_in(first)), ["340123451111111111/PO-2/10"]);
    assert_eq!(names(&mut register.expected_of("PO/1")), ["106141411234567897/PO/1/10"]);
}

#[test]
fn a_shipment_label_is_written_with_or_without_its_identifier() {
    for text in ["340123451111111111", "00340123451111111111", "(00)340123451111111111"] {
        assert_eq!(text.parse::<shipment::Sscc>().unwrap().as_str(), "340123451111111111", "{text}");
    }
    for text in ["340123451111111112", "34012345111111111", "01340123451111111111", "(00)", ""] {
        assert!(text.parse::<shipment::Sscc>().is_err(), "{text}");
    }
}

#[test]
fn people_machines_and_packages_are_found_by_their_names() {
    let ann =
        Operator { badge: "0042".parse().unwrap(), name: "Ann".parse().unwrap(), role: operator::Role::Storekeeper };
    let pump = Asset { name: "PUMP-17".parse().unwrap(), description: None };
    let register = register([Fact::Operator(ann.clone()), Fact::Asset(pump.clone())]);
    assert_eq!((register.operator("0042"), register.operator("42")), (Some(&ann), None));
    assert_eq!((register.asset("PUMP-17"), register.asset("PUMP")), (Some(&pump), None));
}

#[test]
fn a_register_holds_so_many_facts_of_a_kind_and_no_more() {
    let asset = |at: usize| Fact::Asset(Asset { name: at.to_string().parse().unwrap(), description: None });
    let mut register = register((0..FACTS_MAX).map(asset));
    let refused = told(register.apply(asset(FACTS_MAX), Origin::Imported));
    assert!(refused.starts_with("name would be one more than 100000"), "{refused}");
    assert_eq!(register.apply(asset(5), Origin::Imported), Ok(Applied::Unchanged));
}

#[test]
fn every_fact_keeps_its_words_in_the_ledger() {
    for (fact, json) in [
        (
            {
                let mut item = Item::new(code("M8"), "acme".parse().unwrap());
                let mean = Mass::from_micrograms(8_050_000);
                item.piece = Some(item::PieceWeight { mean, cv: 0.01, sample_size: 50 });
                item.class = Some(item::Class::A);
                Fact::Item(item)
            },
            r#"{"kind":"item","code":"M8","feed":"acme","unit":"EA","tracking":"none","expires":false,"piece":{"mean_ug":8050000,"cv":0.01,"sample_size":50},"class":"A"}"#,
        ),
        (
            alias("4006381333931", "M8", 12, Some("BX")),
            r#"{"kind":"code","code":"4006381333931","item":"M8","namespace":"other","factor":12,"unit":"BX"}"#,
        ),
        (
            Fact::Bin(Bin {
                tare: Some(Mass::from_micrograms(210_000_000)),
                ..Bin::new("A-01".parse().unwrap(), code("M8"))
            }),
            r#"{"kind":"bin","name":"A-01","item":"M8","tare_ug":210000000,"taken_to":"used","filled_from":"dock"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&fact).unwrap(), json);
        assert_eq!(serde_json::from_str::<Fact>(json).unwrap(), fact);
    }
}

#[test]
fn the_examples_come_in_in_the_order_of_their_kinds() {
    let mut register = register([]);
    for (kind, file) in Kind::ALL.into_iter().zip([
        include_str!("../../../config/examples/items.csv"),
        include_str!("../../../config/examples/codes.csv"),
        include_str!("../../../config/examples/containers.csv"),
        include_str!("../../../config/examples/bins.csv"),
        include_str!("../../../config/examples/operators.csv"),
        include_str!("../../../config/examples/assets.csv"),
        include_str!("../../../config/examples/shipments.csv"),
    ]) {
        let import = import::Import::read(kind, file.as_bytes(), &register);
        assert!(import.faults.is_empty() && import.added_and_changed().0 >= 2, "{import}");
        for fact in import.facts(import::OnFault::TakeNone).unwrap() {
            register.apply(fact.clone(), Origin::Imported).unwrap();
        }
    }
    assert_eq!(register.packs("M8-BOLT").first().map(|pack| pack.show(250)), Some("2 BX + 50".to_owned()));
    assert_eq!(register.expected_in("340123451111111111").count(), 2);
}
