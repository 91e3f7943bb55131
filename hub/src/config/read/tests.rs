use super::*;

fn faults(text: &str) -> Vec<String> {
    let found = read(text, Path::new("hub.toml")).unwrap_err();
    found.to_string().lines().map(str::to_owned).collect()
}

const GOOD: &str = r#"
listen = "127.0.0.1:8470"
state_dir = "state"
[[feed]]
site = "plant-7"
name = "acme"
token = "token-of-plant-7-acme"
items = ["M8-BOLT"]
[[viewer]]
name = "acme"
token = "token-of-the-viewer"
feeds = ["plant-7/acme"]
"#;

#[test]
fn a_good_file_becomes_a_configuration_with_paths_relative_to_it() {
    let config = read(GOOD, Path::new("/etc/binwire/hub.toml")).unwrap();
    assert_eq!(config.state_dir, Path::new("/etc/binwire/state"));
    assert!(config.feeds[0].knows(&"M8-BOLT".parse().unwrap()));
    assert!(!config.feeds[0].knows(&"M9-BOLT".parse().unwrap()));
    assert_eq!(config.viewers[0].feeds, [config.feeds[0].key()]);
}

#[test]
fn a_planning_folder_is_relative_to_the_file_and_need_not_be_there() {
    let text = GOOD.replace("items = [\"M8-BOLT\"]", "planning = \"planning/acme\"");
    let config = read(&text, Path::new("/etc/binwire/hub.toml")).unwrap();
    assert_eq!(config.feeds[0].planning.as_deref(), Some(Path::new("/etc/binwire/planning/acme")));
    assert_eq!(read(GOOD, Path::new("hub.toml")).unwrap().feeds[0].planning, None);
    assert_eq!(faults(&text.replace("planning/acme", "")), ["hub.toml:8: feed[0].planning: is empty"]);
}

#[test]
fn every_fault_of_a_file_is_reported_at_once_with_line_key_and_rule() {
    let found = faults(
        r#"listen = "8470"
state_dir = 5
colour = "red"

[[feed]]
site = "plant 7"
name = "acme"
token = "short"

[[viewer]]
name = "acme"
token = "token-of-the-viewer"
feeds = ["plant-9/acme"]
"#,
    );
    assert_eq!(
        found,
        [
            "hub.toml:1: listen: must be an address and a port, such as 127.0.0.1:8470 or [::1]:8470",
            "hub.toml:2: state_dir: must be a text; 5 is of type integer",
            "hub.toml:3: colour: is not known here; known are listen, state_dir, tls, feed, viewer, mqtt",
            "hub.toml:6: feed[0].site: site name contains ' '; allowed are letters, digits, '.', '_', '-'",
            "hub.toml:8: feed[0].token: a token has 16 to 512 characters, this one has 5",
            "hub.toml:13: viewer[0].feeds[0]: there is no [[feed]] plant-9/acme",
        ]
    );
}

#[test]
fn plain_http_is_refused_unless_the_address_is_loopback() {
    for (address, refused) in
        [("0.0.0.0:80", true), ("192.0.2.1:80", true), ("[::1]:80", false), ("127.8.0.1:80", false)]
    {
        let found = read(&GOOD.replace("127.0.0.1:8470", address), Path::new("hub.toml"));
        assert_eq!(found.is_err(), refused, "{address}");
    }
    let with_tls = GOOD.replace("127.0.0.1:8470", "0.0.0.0:443").replacen(
        "[[feed]]",
        "[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n[[feed]]",
        1,
    );
    assert!(read(&with_tls, Path::new("hub.toml")).is_ok());
}

#[test]
fn two_that_share_a_token_are_a_fault_that_does_not_print_it() {
    let found = faults(&GOOD.replace("token-of-the-viewer", "token-of-plant-7-acme"));
    assert_eq!(
        found,
        ["hub.toml:11: viewer[0].token: is the same token as feed[0].token; every feed and viewer needs its own"]
    );
}

#[test]
fn a_token_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.token"), "token-of-plant-7-acme\n").unwrap();
    let text = GOOD.replace(r#"token = "token-of-plant-7-acme""#, r#"token_file = "acme.token""#);
    let config = read(&text, &folder.path().join("hub.toml")).unwrap();
    assert!(config.feeds[0].token.matches("token-of-plant-7-acme"));
    let missing = text.replace("acme.token", "other.token");
    assert!(faults(&missing)[0].contains("feed[0].token_file: read"));
}

#[test]
fn a_text_that_is_no_toml_says_where() {
    assert!(faults("listen = \n")[0].starts_with("hub.toml:1: "));
}

#[test]
fn the_file_to_try_things_with_has_no_faults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/try/hub.toml");
    assert_eq!(HubConfig::load(&path).unwrap().viewers.len(), 2);
}

#[test]
fn the_example_file_is_a_good_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/hub.toml");
    let config = HubConfig::load(&path).unwrap();
    assert!(!config.is_plain_beyond_loopback());
    assert_eq!(config.feeds.len(), 2);
}
