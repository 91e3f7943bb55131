//! Vendors, and the two ways to them.

use super::*;

/// A second feed behind [`SITE`]'s.
fn feed(keys: &str) -> String {
    format!("[[feed]]\nname = \"gasket\"\ntoken = \"t\"\n{keys}")
}

#[test]
fn a_feed_goes_over_https_unless_it_says_mqtt() {
    let config = read(&feed(
        "via = \"mqtt\"\nbroker = \"mqtts://broker.example:8884\"\nusername = \"plant-7\"\npassword = \"p\"\nmetered = false",
    ));
    let (gasket, acme) = (&config.feeds[0], &config.feeds[1]);
    assert_eq!((gasket.via, gasket.hub.port(), gasket.metered), (Via::Mqtt, Some(8_884), false));
    assert_eq!(gasket.login.as_ref().map(|(username, _)| username.as_str()), Some("plant-7"));
    assert_eq!((acme.via, acme.login.is_none(), acme.metered), (Via::Https, true, true));
}

#[test]
fn what_does_not_fit_the_way_of_a_feed_is_told() {
    check(&feed("via = \"amqp\"\nhub = \"https://hub.example\""), &["4: feed[0].via: must be https or mqtt"]);
    check(&feed("via = \"mqtt\"\nbroker = \"mqtt://broker.example\""), &["5: feed[0].broker: would send movements in"]);
    check(&feed("via = \"mqtt\"\nbroker = \"https://broker.example\""), &["5: feed[0].broker: begins with https:"]);
    check(
        &feed("via = \"mqtt\"\nhub = \"https://hub.example\""),
        &["1: feed[0].broker: is missing", "5: feed[0].hub: is not known here"],
    );
    check(&feed("hub = \"https://hub.example\"\nusername = \"plant-7\""), &["5: feed[0].username: is not known here"]);
}
