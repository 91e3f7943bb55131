use super::*;

fn of(quantity: i64) -> Use {
    Use { quantity, scrap: 0.0 }
}

fn stock(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter().map(|(part, quantity)| ((*part).to_owned(), *quantity)).collect()
}

fn pump() -> Bills {
    Bills::default().with("PUMP", "MOTOR", of(1)).with("PUMP", "BOLT", of(8)).with("MOTOR", "BOLT", of(4)).with(
        "MOTOR",
        "WIRE",
        Use { quantity: 10, scrap: 0.05 },
    )
}

fn missing(list: &[Requirement]) -> Vec<(&str, i64)> {
    list.iter().map(|requirement| (requirement.part.as_str(), requirement.missing)).collect()
}

#[test]
fn the_shortage_list_is_what_stock_does_not_cover_and_nothing_else() {
    let order = [("PUMP".to_owned(), 10)];
    let found = pump().explode(&order, &stock(&[("MOTOR", 6), ("BOLT", 50)])).unwrap();
    // 4 motors to make: 80 + 16 bolts, 42 of wire with its scrap
    assert_eq!(missing(&found.requests), [("BOLT", 46), ("WIRE", 42)]);
    assert_eq!(missing(&found.made), [("MOTOR", 4)]);
    let covered = pump().explode(&order, &stock(&[("MOTOR", 10), ("BOLT", 80)])).unwrap();
    assert_eq!((covered.requests.len(), covered.made.len(), covered.covered.len()), (0, 0, 2));
}

#[test]
fn orders_of_the_same_part_share_its_stock_once() {
    let orders = [("PUMP".to_owned(), 1), ("MOTOR".to_owned(), 1), ("PUMP".to_owned(), 1)];
    let found = pump().explode(&orders, &stock(&[("BOLT", 20), ("MOTOR", 2)])).unwrap();
    // two pumps take two motors from stock; the ordered motor is made
    assert_eq!(missing(&found.requests), [("WIRE", 11)]);
    assert_eq!(
        found.covered.iter().map(|part| (part.part.as_str(), part.needed)).collect::<Vec<_>>(),
        [("BOLT", 20), ("MOTOR", 2)]
    );
}

#[test]
fn a_circle_is_refused_by_name() {
    let bills = pump().with("WIRE", "PUMP", of(1));
    let error = bills.explode(&[("MOTOR".to_owned(), 1)], &BTreeMap::new()).unwrap_err();
    assert_eq!(error, MaterialError::Cycle(["MOTOR", "WIRE", "PUMP", "MOTOR"].map(str::to_owned).to_vec()));
    assert!(error.to_string().contains("MOTOR needs WIRE needs PUMP needs MOTOR"));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let bills = Bills::default().with("A", "B", of(i64::MAX));
    assert_eq!(
        bills.explode(&[("A".to_owned(), 3)], &BTreeMap::new()).unwrap_err(),
        MaterialError::Quantity("B".to_owned())
    );
    let negative = Bills::default().with("A", "B", of(-1));
    assert!(matches!(negative.explode(&[("A".to_owned(), 3)], &BTreeMap::new()), Err(MaterialError::Use { .. })));
}
