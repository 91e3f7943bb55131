use std::fs;

use super::*;

fn folder(items: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("items.csv"), items).unwrap();
    let mut demand = "series_id,period,quantity\n".to_owned();
    for period in 1..=36 {
        demand.push_str(&format!("BOLT,{period},{}\nRARE,{period},{}\n", 20 + period % 5, i32::from(period % 6 == 0)));
    }
    fs::write(folder.path().join("demand.csv"), demand).unwrap();
    folder
}

fn args(folder: &Path) -> ReplenishArgs {
    let asked = Asked {
        data: folder.to_owned(),
        policy: PolicyName::Review,
        today: Some(jiff::civil::date(2026, 11, 23)),
        horizon_days: Some(60),
        bucket: BucketSize::Month,
        events: None,
    };
    ReplenishArgs { asked, out: folder.join("plan.csv"), json: false }
}

#[test]
fn a_plan_of_files_is_written_with_its_reasons() {
    let folder = folder(
        "item,on_hand,lead_days,review_days,service,moq,multiple,capacity,unit_cost,owner\n\
         BOLT,5,10,20,0.95,10,5,200,0.5,vendor\nRARE,0,10,20,0.9,,,,4,\n",
    );
    let args = args(folder.path());
    let text = replenish(&args).unwrap();
    let written = fs::read_to_string(&args.out).unwrap();
    assert!(
        written.starts_with("item,owner,bucket,release,receipt,quantity,value,act,reason,notes\nBOLT,vendor,"),
        "{written}"
    );
    assert!(text.contains("review: position 5 is below the level"), "{text}");
    assert_eq!(replenish(&args).unwrap(), text, "again the same");
}

#[test]
fn bad_rows_are_refused_by_their_line_and_the_others_planned() {
    let folder = folder(
        "item,on_hand,lead_days,service,capacity\nBOLT,5,x,0.95,\nBOLT,5,10,1.2,\nBOLT,5,10,,-1\nNONE,5,10,,\nRARE,2.5,10,,\n\
         BOLT,5,10,0.9,\nBOLT,6,10,0.9,\n",
    );
    let text = replenish(&args(folder.path())).unwrap();
    for wanted in [
        "line 2: lead_days is \"x\"",
        "line 3: service is 1.2; it must be between 0 and 1",
        "line 4: capacity is -1; it must be 0 or more",
        "line 5: item NONE has no history",
        "line 6: on_hand is \"2.5\"; it must be a whole number",
        "line 8: item BOLT is in line 7 too",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    assert!(text.starts_with("1 items"), "{text}");
}

#[test]
fn a_misspelt_column_is_no_silent_default() {
    let folder = folder("item,on_hand,lead_days,capazity\nBOLT,5,10,4\n");
    assert!(replenish(&args(folder.path())).unwrap_err().to_string().contains("unknown column capazity"));
}

#[test]
fn limits_of_the_sites_file_hold() {
    let folder = folder("item,on_hand,lead_days,unit_cost\nBOLT,0,30,1\nRARE,0,30,1\n");
    let site = "week = \"weekdays\"\n[agreement]\nauthority = \"vendor_autonomous\"\n[agreement.limits]\nquantity_max = 7\nitems = [\"BOLT\"]\n";
    fs::write(folder.path().join("site.toml"), site).unwrap();
    let args = args(folder.path());
    let text = replenish(&args).unwrap();
    assert!(text.contains("the agreement does not name the item"), "{text}");
    let written = fs::read_to_string(&args.out).unwrap();
    let lines: Vec<Vec<&str>> = written.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let quantity: i64 = line[5].parse().unwrap();
        assert!(line[0] == "BOLT" && (1..=7).contains(&quantity) && line[7] == "order", "{line:?}");
    }
}

const TWO_ITEMS: &str = "item,on_hand,lead_days,review_days\nBOLT,100,30,30\nRARE,5,30,30\n";

/// Pieces of each item that a plan sends.
fn sent(args: &ReplenishArgs) -> [i64; 2] {
    replenish(args).unwrap();
    let written = fs::read_to_string(&args.out).unwrap();
    ["BOLT", "RARE"].map(|item| {
        let lines = written.lines().filter(|line| line.split(',').next() == Some(item));
        lines.map(|line| line.split(',').nth(5).unwrap().parse::<i64>().unwrap()).sum()
    })
}

#[test]
fn sources_orders_and_events_of_a_folder_change_the_plan_of_their_items_as_in_the_hub() {
    let folder = folder(TWO_ITEMS);
    let args = args(folder.path());
    let before = sent(&args);
    // The history has periods 1 to 36, so the first ahead is 37.
    for (file, text) in [
        ("sources.csv", "source,kind,author,item,period,quantity\nframe,contract,Ada,BOLT,37,900\n"),
        ("orders.csv", "order,item,date,quantity\nSO-1,BOLT,37,900\n"),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
        let after = sent(&args);
        assert!(after[0] > before[0] + 800 && after[1] == before[1], "{file}: {before:?} {after:?}");
        fs::remove_file(folder.path().join(file)).unwrap();
        assert_eq!(sent(&args), before, "without {file}");
    }
    let events = folder.path().join("known.csv");
    let text = "id,site,items,from,to,effect,amount,author,reason\ne1,*,BOLT,37,37,units,900,Ada,overhaul\n";
    fs::write(&events, text).unwrap();
    let with = ReplenishArgs { asked: Asked { events: Some(events), ..args.asked }, ..args };
    assert!(sent(&with)[0] > before[0] + 800);
}

#[test]
fn rows_of_sources_and_orders_at_fault_are_named() {
    let folder = folder(TWO_ITEMS);
    let sources = "source,kind,author,item,period,quantity,wape\n\
                   frame,contract,Ada,BOLT,37,900,\nframe,contract,Ada,BOLT,37,901,\nframe,sales,Ada,BOLT,38,1,\n\
                   frame,contract,Bea,BOLT,39,1,\nforecast,sales,Cy,BOLT,37,1,\nx,sales,Cy,BOLT,2026-11,1,\n\
                   y,sales,Cy,BOLT,37,-1,\nz,sales,Cy,BOLT,37,1,much\nz,sales,,BOLT,37,1,\n";
    fs::write(folder.path().join("sources.csv"), sources).unwrap();
    let orders = "order,item,date,quantity\nSO-1,BOLT,37,9\nSO-1,BOLT,37,9\nSO-2,BOLT,37,-1\n,BOLT,37,1\n";
    fs::write(folder.path().join("orders.csv"), orders).unwrap();
    let text = replenish(&args(folder.path())).unwrap();
    for wanted in [
        "sources.csv, line 3: an earlier row of frame says something of these days too",
        "sources.csv, line 4: frame is of kind contract in an earlier row",
        "sources.csv, line 5: frame of BOLT is by Ada in an earlier row",
        "sources.csv, line 6: a source may not be called forecast",
        "sources.csv, line 7: \"2026-11\" is no period of all; write its number, as in the first row",
        "sources.csv, line 8: quantity -1 is below nothing",
        "sources.csv, line 9: wape \"much\" is no fraction from 0 on, such as 0.25",
        "sources.csv, line 10: author is empty",
        "orders.csv, line 3: an earlier row has BOLT of order SO-1 for that day",
        "orders.csv, line 4: quantity -1 is no whole number from 0 on",
        "orders.csv, line 5: order is empty",
        "11 rows are not used:",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}

#[test]
fn a_statement_that_breaks_a_rule_is_named_by_its_line() {
    for (text, wanted) in [
        ("week = \"weekdays\"\n[statement]\nrule = \"loudest\"\n", "line 3: unknown variant `loudest`"),
        ("[statement]\nrule = \"maximum\"\npriority = [\"sales\"]\n", "stands beside rule \"maximum\""),
        ("[statement]\nforecast_wape = -0.1\n", "forecast_wape is -0.1; it is a fraction from 0 on"),
    ] {
        let folder = folder(TWO_ITEMS);
        fs::write(folder.path().join("site.toml"), text).unwrap();
        let error = format!("{:#}", replenish(&args(folder.path())).unwrap_err());
        assert!(error.contains(wanted), "{wanted} in {error}");
    }
}
