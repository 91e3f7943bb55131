//! What becomes of a planner's files.

use std::fs;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read_months(files: &[(&str, &str)]) -> History {
    read(folder(files).path(), &Reading { size: BucketSize::Month, through: None }).unwrap()
}

fn faults(history: &History) -> Vec<String> {
    history.faults.kept.iter().map(ToString::to_string).collect()
}

#[test]
fn movements_become_demand_of_customer_site_and_item() {
    let history = read_months(&[(
        "usage.csv",
        "customer,site,item,date,quantity\n\
         acme,plant-7,SEAL,2026-01-05,3\n\
         acme,plant-7,SEAL,2026-01-09,-1\n\
         acme,plant-7,SEAL,2026-02-28,4\n\
         zenith,plant-7,SEAL,2026-02-28,9\n",
    )]);
    let found: Vec<_> = history.pools.iter().map(|pool| (pool.name.as_str(), pool.items[0].series.values())).collect();
    assert_eq!(found, [("acme", vec![Some(2.0), Some(4.0)]), ("zenith", vec![Some(9.0)])]);
    assert_eq!((history.rows, history.faults.count), (4, 0));
}

#[test]
fn a_bad_row_is_named_by_its_line_and_its_bucket_is_unknown() {
    let history = read_months(&[(
        "usage.csv",
        "item,date,quantity\nSEAL,2026-01-05,3\nSEAL,2026-02-05,many\nSEAL,2026-02-30,1\n,2026-03-31,1\nSEAL,2026-03-31,5\n",
    )]);
    assert_eq!(
        faults(&history),
        [
            "usage.csv, line 3: quantity \"many\" is no number; that month is taken as unknown",
            "usage.csv, line 4: \"2026-02-30\" is no date; write 2026-11-21",
            "usage.csv, line 5: item is empty",
        ]
    );
    assert_eq!(history.pools[0].items[0].series.values(), [Some(3.0), None, Some(5.0)]);
}

#[test]
fn numbered_periods_are_read_and_called_by_their_numbers() {
    let history = read_months(&[("demand.csv", "series_id,period,quantity\nA,1,2\nA,2,0\nA,3,5\n")]);
    let pool = &history.pools[0];
    assert_eq!(pool.items[0].series.values(), [Some(2.0), Some(0.0), Some(5.0)]);
    assert_eq!(pool.axis.label(pool.items[0].series.next()), "4");
}

#[test]
fn a_total_that_is_missing_empty_or_said_in_two_ways_is_unknown() {
    let history = read_months(&[(
        "demand.csv",
        "series_id,period,quantity\nA,2026-01,2\nA,2026-02,\nA,2026-04,4\nA,2026-04,5\nA,2026-05,6\nA,2026-05,6\nB,2026-06,1\n",
    )]);
    let values: Vec<_> = history.pools[0].items.iter().map(|item| item.series.values()).collect();
    assert_eq!(values, [vec![Some(2.0), None, None, None, Some(6.0), None], vec![Some(1.0)]]);
    assert_eq!(
        faults(&history),
        [
            "demand.csv, line 5: says 5 where an earlier row says 4; that month is taken as unknown",
            "demand.csv, line 7: stands here twice; counted once",
        ]
    );
    assert!(history.notes[0].contains("2 months"), "{:?}", history.notes);
}

#[test]
fn decimals_are_kept_exactly() {
    let history =
        read_months(&[("demand.csv", "series_id,period,quantity\nA,1,14.3\nA,2,0.25\nA,3,7\nA,4,1.2345\nB,4,3\n")]);
    let [a, b] = &history.pools[0].items[..] else { panic!("two items") };
    assert_eq!((a.decimals, a.unit(), b.decimals), (2, 0.01, 0));
    assert_eq!(a.series.cells[0].units(), Some(1_430));
    assert_eq!(
        faults(&history),
        [
            "demand.csv, line 5: quantity \"1.2345\" has more than three decimals; write it in a smaller unit; that month is taken as unknown"
        ]
    );
}

#[test]
fn a_spreadsheet_with_semicolons_and_decimal_commas_is_read() {
    let history = read_months(&[("usage.csv", "\u{feff}Item;Date;Quantity\r\nSEAL;2026-01-31;2,5\r\n")]);
    assert_eq!((faults(&history), history.pools[0].items[0].series.cells[0].units()), (vec![], Some(25)));
}

#[test]
fn unknown_periods_are_taken_for_their_items_only() {
    let history = read_months(&[
        ("usage.csv", "customer,site,item,date,quantity\na,p,X,2026-01-05,3\na,p,X,2026-03-31,3\na,p,Y,2026-01-05,3\n"),
        (
            "unknown.csv",
            "customer,site,item,from,to,why\na,p,X,2026-02,2026-02,stock_out\nb,*,*,2026-01,2026-03,lost\na,p,Y,2026-03,2026-01,lost\n",
        ),
    ]);
    let values: Vec<_> = history.pools[0].items.iter().map(|item| item.series.values()).collect();
    assert_eq!(values, [vec![Some(3.0), None, Some(3.0)], vec![Some(3.0), Some(0.0), Some(0.0)]]);
    assert_eq!(faults(&history), ["unknown.csv, line 4: ends before it begins"]);
}

#[test]
fn events_are_dated_as_the_history_counts_time() {
    let folder = folder(&[(
        "events.csv",
        "id,site,items,from,to,effect,amount,author,reason\n\
         e1,*,A;B,5,6,percent,20,EMP-7,promotion\n\
         e2,*,*,2026-01,2026-02,units,5,EMP-7,overhaul\n\
         e3,*,*,5,6,double,2,EMP-7,x\n\
         e4,*,*,5,6,percent,20,,x\n\
         e1,*,*,5,6,percent,20,EMP-7,x\n",
    )]);
    let mut faults = Faults::default();
    let lines = events(&folder.path().join("events.csv"), &mut faults).unwrap();
    let axis = Axis::like("1", BucketSize::Month);
    let found = for_pool(&lines, "all", axis, &mut faults);
    assert_eq!(found.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["e1"]);
    assert_eq!(axis.label(axis.bucket(found[0].from)), "5");
    let told: Vec<_> = faults.kept.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "events.csv, line 4: effect \"double\" is none of percent, units, absolute",
            "events.csv, line 5: event e4 has no author or no reason; give both",
            "events.csv, line 6: an earlier event is called e1 too",
            "events.csv, line 3: from or to is no period of all; write its number, as in the first row",
        ]
    );
}

#[test]
fn a_folder_without_history_says_what_it_should_have() {
    let error = read(folder(&[]).path(), &Reading { size: BucketSize::Month, through: None }).unwrap_err();
    assert!(error.to_string().contains("has neither usage.csv nor demand.csv"), "{error}");
    let error =
        read(folder(&[("usage.csv", "part,day\n")]).path(), &Reading { size: BucketSize::Month, through: None });
    assert!(error.unwrap_err().to_string().contains("has no column item"));
}
