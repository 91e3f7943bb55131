//! The site's own labels.

use super::*;

fn label(kind: &str, pattern: &str) -> String {
    format!("[[label]]\nkind = \"{kind}\"\npattern = '{pattern}'\n")
}

#[test]
fn a_short_code_of_the_sites_own_is_no_fault() {
    check(&label("bin", "[A-Z][0-9]{1,3}"), &[]);
    check(&(label("bin", "[A-Z][0-9]{1,3}") + "[labels]\ndata_identifiers = false\n"), &[]);
    check(&label("badge", "[0-9]{8}"), &[]);
    check(&(label("bin", "[A-Z][0-9]{1,3}") + "[labels]\ndata_identifiers = true\n"), &[]);
}

#[test]
fn a_pattern_before_a_standard_is_a_warning_at_its_line() {
    let warnings = |sections: &str| read(sections).warnings;
    assert_eq!(warnings(&label("bin", "[A-Z][0-9]{1,3}")), [""; 0]);
    let found = warnings(&(label("bin", "[A-Z][0-9]{1,3}") + "[labels]\ndata_identifiers = true\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("site.toml:3: label[0].pattern: bin pattern"), "{found:#?}");
    assert!(found[0].contains("data identifiers"), "{found:#?}");
    let found = warnings(&(label("job", "JOB-.+") + &label("badge", "[0-9]{8}")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("site.toml:6: label[1].pattern: badge pattern"), "{found:#?}");
    assert!(found[0].contains("EAN-8"), "{found:#?}");
}

#[test]
fn two_kinds_that_match_one_code_are_a_fault_at_the_later() {
    let with_sample = label("badge", "E[0-9]+") + "samples = [\"E12\"]\n";
    check(
        &(with_sample + &label("bin", "[A-Z][0-9]+")),
        &[
            "7: label[1].pattern: badge pattern \"E[0-9]+\" and bin pattern \"[A-Z][0-9]+\" both match \"E12\", which the first",
        ],
    );
    check(&(label("bin", "BIN.+") + &label("bin", "BIN.+")), &[]);
    check(
        &(label("bin", "BIN.+") + &label("place", "BIN.+")),
        &["6: label[1].pattern: bin pattern \"BIN.+\" and place"],
    );
}

#[test]
fn a_label_that_is_also_an_items_code_is_a_fault() {
    let item = |code: &str, codes: &str| {
        format!("[[item]]\ncode = \"{code}\"\nfeed = \"acme\"\npiece_weight_g = 1\ncodes = [{codes}]\n")
    };
    for kind in ["badge", "bin", "place", "asset", "job", "order", "action"] {
        check(
            &(item("M8", "\"10023456\"") + &label(kind, "[0-9]{8}")),
            &[&format!(
                "8: label[0].pattern: {kind} pattern also matches \"10023456\", a code of item M8: the item goes first"
            )],
        );
    }
    check(&(item("M8", "\"10023456\"") + &label("item", "[0-9]{8}")), &[]);
    check(&(item("M8", "\"10023456\"") + &label("badge", "E[0-9]{8}")), &[]);
    check(
        &(item("10023456", "\"10023457\", \"X\"") + &label("badge", "[0-9]{8}")),
        &["8: label[0].pattern: badge pattern also matches \"10023456\", a code of item 10023456, and 1 more"],
    );
    // It is found by its 14 digits too.
    check(
        &(item("M8", "\"4006381333931\"") + &label("badge", "0[0-9]{13}")),
        &["8: label[0].pattern: badge pattern also matches \"04006381333931\", a code of item M8"],
    );
}
