use gateway_proto::place::Place;

use super::*;
use crate::clock::trust::Belief;

mod brokers;
mod devices;
mod dialects;
mod faults;
mod feeds;
mod labels;
mod page;
mod sensors;
mod stock;
mod tariff;

const EXAMPLE: &str = include_str!("../../../config/agent.toml");

/// A site to hang something on. It stands behind what is tested, so that lines are counted from there.
const SITE: &str = r#"
[site]
name = "plant-7"
state_dir = "state"
[[feed]]
name = "acme"
hub = "https://hub.example"
token = "t"
[[item]]
code = "BASE-ITEM"
feed = "acme"
piece_weight_g = 5
[[bin]]
name = "A"
item = "BASE-ITEM"
[[bin]]
name = "B"
item = "BASE-ITEM"
[[station]]
name = "bench"
place = "dock"
[[station]]
name = "gate"
place = "dock"
"#;

fn faults(text: &str) -> Vec<String> {
    match Config::parse(text, Path::new("site.toml")) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(str::to_owned).collect(),
    }
}

/// The faults of these sections in front of [`SITE`] are these, each by its beginning after the file's name.
#[track_caller]
fn check(sections: &str, expect: &[&str]) {
    let found = faults(&format!("{}\n{SITE}", sections.trim_start()));
    let fits = |found: &String, expect: &&str| found.strip_prefix("site.toml:").is_some_and(|f| f.starts_with(*expect));
    let all_fit = found.len() == expect.len() && found.iter().zip(expect).all(|(found, expect)| fits(found, expect));
    assert!(all_fit, "{sections}\nshould have the faults {expect:#?}\nand has {found:#?}");
}

/// These sections in front of [`SITE`], which have no faults.
#[track_caller]
fn read(sections: &str) -> Config {
    let text = format!("{}\n{SITE}", sections.trim_start());
    Config::parse(&text, Path::new("site.toml")).unwrap_or_else(|error| panic!("{sections}\n{error}"))
}

#[test]
fn the_example_file_is_read_and_its_values_are_the_defaults() {
    let config = Config::parse(EXAMPLE, Path::new("config/agent.toml")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.uplink, UplinkConfig::default());
    assert_eq!(config.clock, ClockConfig::default());
    let page = config.page.as_ref().unwrap();
    assert_eq!(
        (page.listen.to_string().as_str(), &page.tls, page.idle),
        ("127.0.0.1:8080", &PageTls::Plain, PageConfig::IDLE)
    );
    assert_eq!(config.scanners[0].repeat_window, ScannerConfig::REPEAT_WINDOW);
    assert_eq!(config.scanners[0].terminator, Terminator::default());
    assert_eq!(config.scales[0].poll, ScaleConfig::POLL);
    assert_eq!(config.scales[0].settle_readings, crate::movement::weighing::READINGS);
    assert_eq!(config.scales[0].line, LineConfig::at(config.scales[0].line.port.clone()));
    assert_eq!(config.brokers[0].port, BrokerConfig::PORT);
    let bin = config.register.bin("A-01").unwrap();
    assert_eq!((&bin.taken_to, &bin.filled_from), (&Place::Used, &Place::Dock));
    assert_eq!(config.socket, config.state_dir.join("agent.sock"));
}

#[test]
fn the_file_to_try_things_with_has_no_faults() {
    assert_eq!(faults(include_str!("../../../config/try/agent.toml")), [""; 0]);
}

#[test]
fn every_key_of_the_example_is_known_commented_out_or_not() {
    // A commented key is `#key = value` without a space after the sign.
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let unknown: Vec<_> = faults(&uncommented).into_iter().filter(|fault| fault.contains("is not known")).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn a_token_is_never_printed() {
    assert_eq!(format!("{:?}", Token::new("s3cret")), "Token(…)");
}

#[test]
fn a_site_may_say_what_speaks_for_its_clock() {
    let config = read("[clock]\ntrust = \"never\"\nsynchronized_file = \"gps-fix\"\n");
    assert_eq!((config.clock.trust, config.clock.synchronized_file.as_path()), (Belief::Never, Path::new("gps-fix")));
    assert_eq!(read("[clock]\ntrust = \"auto\"\n").clock, ClockConfig::default());
    check("[clock]\ntrust = \"yes\"\nsource = \"ntp\"\n", &["2: clock.trust: must be auto", "3: clock.source: "]);
}
