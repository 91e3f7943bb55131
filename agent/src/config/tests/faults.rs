//! Files with faults in many sections: what is found, and that all of it is.

use super::*;

#[test]
fn all_faults_are_reported_at_once_with_line_key_and_rule() {
    let text = r#"
[site]
name = "plant 7"
[[feed]]
name = "acme"
hub = "http://hub.example"
[[item]]
code = "M8"
feed = "acne"
[[bin]]
name = "A-01"
item = "M9"
[[scale]]
name = "scale-1"
bin = "A-02"
port = "/dev/ttyUSB0"
baud = 12
colour = "red"
[[sensor]]
name = "scale-1"
broker = "local"
topic = "bins/+"
dialect = "xml"
"#;
    let found = faults(text);
    for expected in [
        "site.toml:2: site.state_dir: is missing",
        "site.toml:3: site.name: site name contains ' '",
        "site.toml:4: feed[0].token: is missing: give token or token_file",
        "site.toml:6: feed[0].hub: would send the token in the clear",
        "site.toml:9: item[0].feed: there is no [[feed]] acne",
        "site.toml:12: bin[0].item: there is no [[item]] M9",
        "site.toml:15: scale[0].bin: there is no [[bin]] A-02",
        "site.toml:17: scale[0].baud: must be a whole number in 300..=4000000",
        "site.toml:18: scale[0].colour: is not known here",
        "site.toml:20: sensor[0].name: device scale-1 stands here twice",
        "site.toml:21: sensor[0].broker: there is no [[broker]] local",
        "site.toml:22: sensor[0].topic: must be one topic",
        "site.toml:23: sensor[0].dialect: must be json, movements, tasmota, esphome, zigbee2mqtt, shelly, homeassistant or sparkplug",
        "sensor[0].bin: give either bin or station",
    ] {
        assert!(found.iter().any(|fault| fault.contains(expected)), "{expected:?} is not in {found:#?}");
    }
}

#[test]
fn a_weighed_bin_may_have_a_station_and_is_calibrated_where_nobody_wrote_a_piece_weight() {
    let text = r#"
[site]
name = "plant-7"
state_dir = "state"
[[feed]]
name = "acme"
hub = "https://hub.example"
token = "t"
[[item]]
code = "M8"
feed = "acme"
[[bin]]
name = "A-01"
item = "M8"
[[station]]
name = "bench"
place = "bin:A-01"
[[scale]]
name = "scale-1"
bin = "A-01"
port = "/dev/ttyUSB0"
"#;
    let config = Config::parse(text, Path::new("site.toml")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    assert!(config.warnings[0].contains("unknown until it is calibrated at the bin"));
}

#[test]
fn what_could_not_work_together_is_refused() {
    let text = r#"
[site]
name = "plant-7"
state_dir = "state"
[[feed]]
name = "acme"
hub = "https://hub.example"
token = "two words"
[[item]]
code = "M8"
feed = "acme"
piece_weight_g = 5
[[bin]]
name = "A"
item = "M8"
filled_from = "bin:B"
[[bin]]
name = "B"
item = "M8"
[[broker]]
name = "one"
host = "127.0.0.1"
client_id = "gateway"
[[broker]]
name = "two"
host = "127.0.0.1"
client_id = "gateway"
[[sensor]]
name = "s1"
broker = "one"
topic = "bins/B"
bin = "B"
dialect = "json"
unit = "g"
fields = { weight = "w" }
[[sensor]]
name = "one"
broker = "one"
topic = "bins/B"
bin = "A"
dialect = "json"
unit = "g"
fields = { weight = "w" }
"#;
    let found = faults(text);
    for expected in [
        "site.toml:8: feed[0].token: must be visible ASCII without spaces",
        "site.toml:16: bin[0].filled_from: bin B is weighed by s1, which would count the same parts",
        "site.toml:26: broker[1].host: another [[broker]] has the same host, port and client_id gateway",
        "site.toml:37: sensor[1].name: device one stands here twice",
        "site.toml:39: sensor[1].topic: one has another sensor on it already",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{expected:?} is not in {found:#?}");
    }
    assert!(!found.concat().contains("two words"), "a secret is never quoted");
}
