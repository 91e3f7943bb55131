//! Feeds, items, bins and stations.

use super::*;

fn item(code: &str, codes: &str) -> String {
    format!("[[item]]\ncode = \"{code}\"\nfeed = \"acme\"\ncodes = [{codes}]\n")
}

#[test]
fn a_code_leads_to_one_item() {
    check(
        &(item("M8", "\"X\"") + &item("M9", "\"X\"") + &item("M8", "")),
        &[
            "8: item[1].codes[0]: code X stands for item M8 already",
            "10: item[2].code: code M8 stands for item M8 already",
        ],
    );
}

#[test]
fn an_article_number_is_the_same_in_every_length() {
    check(
        &(item("M8", "\"4006381333931\"") + &item("M9", "\"04006381333931\"")),
        &["8: item[1].codes[0]: code 04006381333931 stands for item M8 already, written as 4006381333931 there"],
    );
    check(
        &(item("036000291452", "") + &item("M9", "\"X\", \"0036000291452\"")),
        &["8: item[1].codes[1]: code 0036000291452 stands for item 036000291452 already"],
    );
    check(
        &(item("M8", "\"4006381333931\"") + &item("M9", "\"4006381333931\"")),
        &["8: item[1].codes[0]: code 4006381333931 stands for item M8 already"],
    );
    check(&item("4006381333931", "\"04006381333931\""), &[]);
    // Not by their check digits: these are numbers of the site's own.
    check(&(item("M8", "\"12345678\"") + &item("M9", "\"00000012345678\"")), &[]);
}

#[test]
fn an_item_is_found_by_its_article_number_as_labels_have_it() {
    let catalog = read(&item("M8", "\"4006381333931\"")).register.catalog();
    assert_eq!(catalog.lookup("04006381333931").map(|known| known.item.to_string()).as_deref(), Some("M8"));
}

#[test]
fn an_items_code_is_no_command() {
    check(&item("M8", "\"BW:SCRAP\""), &["4: item[0].codes[0]: begins with BW: as command labels do"]);
    check(&item("BW-7", "\"XBW:\""), &[]);
}

#[test]
fn a_stations_mode_moves_parts_where_they_may_go() {
    let station =
        |place: &str, mode: &str| format!("[[station]]\nname = \"s\"\nplace = \"{place}\"\nmode = \"{mode}\"\n");
    for (place, mode) in [("dock", "use"), ("dock", "receive"), ("bin:A", "put-away"), ("bin:A", "deploy:van-4")] {
        check(&station(place, mode), &[]);
    }
    check(
        &station("field:van-3", "deploy:van-4"),
        &["4: station[0].mode: moves parts from field:van-3 to field:van-4, which nothing may"],
    );
    check(&station("dock", "put-away"), &["4: station[0].mode: moves parts from dock to dock, which nothing may"]);
    check(
        &station("field:van-3", "deploy:van-3"),
        &["4: station[0].mode: moves parts from field:van-3 to field:van-3"],
    );
    check(&station("field:van-3", "return"), &[]);
}
