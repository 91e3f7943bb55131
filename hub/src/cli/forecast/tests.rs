use super::*;

fn args(folder: &std::path::Path) -> ForecastArgs {
    ForecastArgs {
        data: folder.to_owned(),
        series: Vec::new(),
        horizon: 3,
        interval: 2,
        lead: 1,
        service: 0.95,
        bucket: BucketSize::Month,
        through: None,
        events: None,
        origins: 0,
        out: Some(folder.join("out")),
        html: Some(folder.join("report.html")),
        charts: 10,
    }
}

#[test]
fn sources_and_orders_of_the_folder_are_in_the_numbers_and_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let mut demand = "series_id,period,quantity\n".to_owned();
    for period in 1..=36 {
        demand.push_str(&format!("BOLT,{period},{}\n", 20 + period % 5));
    }
    fs::write(folder.path().join("demand.csv"), demand).unwrap();
    fs::write(
        folder.path().join("sources.csv"),
        "source,kind,author,item,period,quantity\nframe-7,contract,Ada,BOLT,38,70\n",
    )
    .unwrap();
    fs::write(folder.path().join("orders.csv"), "order,item,date,quantity\nSO-1,BOLT,39,45\n").unwrap();
    let args = args(folder.path());
    forecast(&args).unwrap();
    let written = fs::read_to_string(folder.path().join("out/forecast.csv")).unwrap();
    let mean = |bucket: &str| {
        let row = written.lines().find(|line| line.split(',').nth(3) == Some(bucket)).unwrap();
        row.split(',').nth(5).unwrap().to_owned()
    };
    assert_eq!((mean("38").as_str(), mean("39").as_str()), ("70", "45"), "{written}");
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for part in
        ["Statement of demand", "38: 70 by frame-7; contract comes first of", "39: 45 ordered of", "more than expected"]
    {
        assert!(report.contains(part), "{part} is not in the report");
    }
}
