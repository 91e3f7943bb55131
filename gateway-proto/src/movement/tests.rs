use super::*;

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn movement(from: &str, to: &str) -> Movement {
    Movement::new(
        WallTime::from_millis(0),
        "M8-BOLT".parse().unwrap(),
        Quantity::new(12).unwrap(),
        place(from),
        place(to),
        "scale-3".parse().unwrap(),
    )
}

/// One place of each kind, and a second one of the kinds that have several.
const PLACES: [&str; 13] = [
    "vendor",
    "dock",
    "bin:A",
    "bin:B",
    "field:V",
    "field:W",
    "bench",
    "quarantine",
    "asset:P",
    "asset:Q",
    "used",
    "scrap",
    "variance",
];

/// Rows: from. Columns: to, in the order of `PLACES`. r receipt, p put-away, t transfer, d deploy, + test pass,
/// - test fail, i install, o uninstall, u use, e return, v return to vendor, s scrap, a adjust, . nothing.
const TABLE: [&str; 13] = [
    // v d A B V W b q P Q u s a
    ". r r r . . . . . . . . .", // vendor
    "v . p p d d t - i i u s a", // dock
    ". t . t d d t - i i u s a", // bin:A
    ". t t . d d t - i i u s a", // bin:B
    ". t t t . t t - i i u s a", // field:V
    ". t t t t . t - i i u s a", // field:W
    ". + + + + + . - . . . s a", // bench
    "v + + + + + t . . . . s a", // quarantine
    ". . . . . . o o . . . s .", // asset:P
    ". . . . . . o o . . . s .", // asset:Q
    ". e e e e e e e . . . . .", // used
    ". . . . . . . . . . . . .", // scrap
    ". a a a a a a a . . . . .", // variance
];

fn sign(act: Option<Act>) -> &'static str {
    match act {
        None => ".",
        Some(Act::Receipt) => "r",
        Some(Act::PutAway) => "p",
        Some(Act::Transfer) => "t",
        Some(Act::Deploy) => "d",
        Some(Act::TestPass) => "+",
        Some(Act::TestFail) => "-",
        Some(Act::Install) => "i",
        Some(Act::Uninstall) => "o",
        Some(Act::Use) => "u",
        Some(Act::Return) => "e",
        Some(Act::ReturnToVendor) => "v",
        Some(Act::Scrap) => "s",
        Some(Act::Adjust) => "a",
        Some(Act::OwnershipChange | Act::Correction) => "?",
    }
}

#[test]
fn every_pair_of_places_is_the_act_the_table_says() {
    for (from, row) in PLACES.iter().zip(TABLE) {
        for (to, expected) in PLACES.iter().zip(row.split(' ')) {
            assert_eq!(sign(Act::between(&place(from), &place(to))), expected, "{from} → {to}");
        }
    }
}

#[test]
fn use_and_install_are_usage_and_their_reverse_takes_it_back() {
    let policy = UsagePolicy::default();
    assert_eq!(movement("bin:A", "used").usage(policy), Ok(12));
    assert_eq!(movement("bin:A", "asset:P").usage(policy), Ok(12));
    assert_eq!(movement("used", "bin:A").usage(policy), Ok(-12));
    assert_eq!(movement("asset:P", "quarantine").usage(policy), Ok(-12));
    assert_eq!(movement("vendor", "dock").usage(policy), Ok(0));
    assert_eq!(movement("bin:A", "scrap").usage(policy), Ok(0), "waste is not usage");
}

#[test]
fn deployment_is_usage_only_when_the_policy_says_so() {
    let deploy = movement("bin:A", "field:van-3");
    assert_eq!(deploy.usage(UsagePolicy { deployed_is_used: false }), Ok(0));
    assert_eq!(deploy.usage(UsagePolicy { deployed_is_used: true }), Ok(12));
}

#[test]
fn a_correction_is_the_inverse_and_undoes_the_usage() {
    let used = movement("bin:A", "used");
    let correction = used.correction(Seq(7), WallTime::from_millis(9), "bench".parse().unwrap());
    assert_eq!(correction.act(), Ok(Act::Correction));
    assert_eq!(correction.usage(UsagePolicy::default()), Ok(-12));
    assert_eq!((correction.from, correction.to), (place("used"), place("bin:A")));
}

#[test]
fn a_correction_of_a_forbidden_movement_is_forbidden_too() {
    let mut movement = movement("bin:A", "vendor");
    assert!(matches!(movement.act(), Err(MovementError::Forbidden { .. })));
    movement.corrects = Some(Seq(1));
    assert_eq!(movement.act(), Ok(Act::Correction), "the inverse, vendor → bin, is a receipt");
    let mut movement = self::movement("used", "asset:P");
    movement.corrects = Some(Seq(1));
    assert!(matches!(movement.act(), Err(MovementError::Forbidden { .. })));
}

#[test]
fn ownership_passes_without_the_parts_going_anywhere() {
    let mut movement = movement("bin:A", "bin:A");
    assert_eq!(movement.act(), Err(MovementError::Nowhere(place("bin:A"))));
    movement.owner = Some(OwnerChange { from: "vendor".parse().unwrap(), to: "customer".parse().unwrap() });
    assert_eq!(movement.act(), Ok(Act::OwnershipChange));
    assert_eq!(movement.usage(UsagePolicy::default()), Ok(0));
}

#[test]
fn a_quantity_outside_its_own_bounds_is_an_error() {
    let mut movement = movement("bin:A", "used");
    movement.between = Some([13, 15]);
    assert!(matches!(movement.act(), Err(MovementError::Between { .. })));
}
