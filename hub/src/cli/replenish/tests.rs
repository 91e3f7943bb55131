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
