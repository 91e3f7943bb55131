use std::{fs, path::Path};

use super::*;

fn args(folder: &Path) -> BacktestArgs {
    BacktestArgs {
        data: folder.to_owned(),
        out: folder.join("out.csv"),
        compare: true,
        json: false,
        season: 12,
        horizon: 3,
        tests: 4,
    }
}

/// Ten parts over 30 periods, some rarer than others.
fn demand() -> String {
    let mut text = "series_id,period,quantity\n".to_owned();
    for item in 0..10_u32 {
        for period in 1..=30_u32 {
            let quantity = if (period * 7 + item * 3) % (item + 2) == 0 { 1 + (period + item) % 3 } else { 0 };
            text.push_str(&format!("x{item},{period},{quantity}\n"));
        }
    }
    text
}

#[test]
fn every_origin_and_horizon_is_written_and_the_future_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = |demand: String| {
        fs::write(folder.path().join("demand.csv"), demand).unwrap();
        let table = backtest(&args(folder.path())).unwrap();
        assert!(["binwire", "Avg3", "SBA", "TSB", "IMAPA"].iter().all(|method| table.contains(method)), "{table}");
        fs::read_to_string(folder.path().join("out.csv")).unwrap()
    };
    let out = run(demand());
    // Origins 26 to 29 with 3, 3, 2 and 1 periods ahead, and the protection interval of each.
    assert_eq!(out.lines().count(), 1 + 10 * (3 + 3 + 2 + 1 + 4));
    let of = |out: &str, origin: &str| -> Vec<String> {
        out.lines().filter(|line| line.split(',').nth(1) == Some(origin)).map(str::to_owned).collect()
    };
    let mut changed = demand();
    for item in 0..10 {
        for quantity in 0..=3 {
            changed = changed.replace(&format!("x{item},28,{quantity}\n"), &format!("x{item},28,99\n"));
        }
    }
    let changed = run(changed);
    assert_eq!(of(&out, "27"), of(&changed, "27"));
    assert_ne!(of(&out, "28"), of(&changed, "28"));
}

#[test]
fn bad_input_is_named_by_file_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let error = |name: &str, text: &str| {
        fs::write(folder.path().join("demand.csv"), demand()).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", backtest(&args(folder.path())).unwrap_err());
        fs::remove_file(path).unwrap();
        error
    };
    let head = "series_id,period,quantity\n";
    for (name, text, says) in [
        ("demand.csv", format!("{head}a,1,3\na,2,many\n"), "demand.csv row 3: \"many\" is not a number"),
        ("demand.csv", format!("{head}a,first,3\n"), "demand.csv row 2: period \"first\""),
        ("demand.csv", format!("{head}a,1,3\na,1,4\n"), "demand.csv row 3: a has period 1 a second time"),
        ("demand.csv", format!("{head}a,1,-3\n"), "demand.csv row 2: quantity -3 of a is negative"),
        ("demand.csv", "item,period,quantity\na,1,3\n".to_owned(), "demand.csv has no column series_id"),
        ("demand.csv", head.to_owned(), "demand.csv has no rows"),
        ("demand.csv", format!("{head}a,1,3\na,99999999,4\n"), "number them one after the other"),
        ("events.csv", "series_id,period,days\nnobody,3,1\n".to_owned(), "events.csv row 2: nobody"),
        (
            "datasets.csv",
            "dataset,prefix,season,n_test,h\nall,x,12,4,none\n".to_owned(),
            "datasets.csv row 2: h \"none\"",
        ),
        ("datasets.csv", "dataset,prefix,season,n_test,h\nall,y,12,4,3\n".to_owned(), "begins with no prefix"),
    ] {
        let error = error(name, &text);
        assert!(error.contains(says), "{error:?} does not say {says:?}");
    }
}

#[test]
fn unknown_demand_is_neither_zero_nor_judged() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demand.csv"), demand().replace("x0,30,0", "x0,30,").replace("x0,30,1", "x0,30,NA"))
        .unwrap();
    let json = backtest(&BacktestArgs { json: true, compare: false, ..args(folder.path()) }).unwrap();
    let lines: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(lines[0]["method"], "binwire");
    assert!(lines[0]["spl"].as_f64().unwrap() > 0.0);
}
