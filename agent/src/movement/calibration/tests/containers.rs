//! The library of containers.

use super::*;

fn weighed(masses: &[f64]) -> Containers {
    let mut containers = Containers::default();
    for mass in masses {
        containers.weigh(&text("KLT"), Some(&rest(*mass))).unwrap();
    }
    containers
}

#[test]
fn a_kind_has_the_mean_and_the_spread_of_its_specimens() {
    let containers = weighed(&[570.0, 572.0, 574.0, 572.0]);
    let kind = containers.get("KLT").unwrap();
    assert_eq!((kind.tare, kind.weighed), (grams(572.0), 4));
    assert!((kind.spread.as_grams() - (8.0_f64 / 3.0).sqrt()).abs() < 1e-5, "{}", kind.spread);
    let tare = kind.as_tare();
    assert_eq!((tare.mass, tare.from), (grams(572.0), TareFrom::Container(text("KLT"))));
    assert!(
        (tare.spread.as_grams() - (8.0_f64 / 3.0 * 1.25).sqrt()).abs() < 1e-5,
        "another one, and an uncertain mean"
    );
}

#[test]
fn a_single_specimen_is_not_taken_for_the_kind() {
    assert_eq!(weighed(&[500.0]).get("KLT").unwrap().as_tare().spread, grams(5.0 * 2_f64.sqrt()));
}

#[test]
fn a_specimen_that_weighs_unlike_the_others_is_refused() {
    let mut containers = weighed(&[570.0, 572.0, 574.0]);
    let before = containers.clone();
    for mass in [600.0, 540.0] {
        let refusal = containers.weigh(&text("KLT"), Some(&rest(mass))).unwrap_err();
        assert_eq!(refusal, ContainerRefusal::Outlier { name: text("KLT"), found: grams(mass), usual: grams(572.0) });
    }
    assert_eq!(containers.weigh(&text("KLT"), None).unwrap_err(), ContainerRefusal::NotAtRest);
    assert_eq!(containers.weigh(&text("NEW"), Some(&rest(0.1))).unwrap_err(), ContainerRefusal::Nothing(grams(0.1)));
    assert_eq!(containers, before);
    assert!(containers.weigh(&text("KLT"), Some(&rest(580.0))).is_ok());
    // Three that are alike by chance still let the fourth differ by a hundredth.
    assert!(weighed(&[570.0, 570.0, 570.0]).weigh(&text("KLT"), Some(&rest(574.0))).is_ok());
}

#[test]
fn a_given_kind_is_replaced_by_its_first_specimen() {
    let mut containers = Containers::default();
    containers.put(Container::given(text("KLT"), grams(580.0), grams(4.0))).unwrap();
    assert_eq!(containers.get("KLT").unwrap().as_tare().spread, grams(4.0));
    containers.weigh(&text("KLT"), Some(&rest(570.0))).unwrap();
    let kind = containers.get("KLT").unwrap();
    assert_eq!((kind.tare, kind.spread, kind.weighed), (grams(570.0), grams(4.0), 1));
    let kept = serde_json::to_string(&containers).unwrap();
    assert_eq!(serde_json::from_str::<Containers>(&kept).unwrap(), containers);
    assert!(containers.remove("KLT").is_some() && containers.iter().next().is_none());
}

#[test]
fn the_library_is_bounded() {
    let mut containers = Containers::default();
    let refused = (0..5_000).find_map(|n| containers.weigh(&text(&format!("K{n}")), Some(&rest(50.0))).err());
    assert_eq!(refused, Some(ContainerRefusal::Full));
}
