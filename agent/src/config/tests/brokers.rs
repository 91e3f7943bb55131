//! Brokers and the sessions with them.

use super::*;

fn broker(name: &str, more: &str) -> String {
    format!("[[broker]]\nname = \"{name}\"\n{more}\n")
}

#[test]
fn a_host_is_a_name_or_an_address_alone() {
    for host in ["127.0.0.1", "mqtt.plant-7.local", "::1", "[::1]"] {
        check(&broker("one", &format!("host = \"{host}\"")), &[]);
    }
    for host in ["", "mqtt://10.0.0.1:1883", "10.0.0.1:1883", "10.0.0.1/mqtt", "my broker", "user@10.0.0.1"] {
        let rule = "3: broker[0].host: must be a name or an address alone, as in host = \"10.0.0.1\"; its port has a key of its own";
        check(&broker("one", &format!("host = \"{host}\"")), &[rule]);
    }
}

#[test]
fn a_password_belongs_to_a_username() {
    check(
        &broker("one", "host = \"h\"\npassword = \"s3cret\""),
        &["4: broker[0].password: is of no use without username; give both or neither"],
    );
    check(&broker("one", "host = \"h\"\nusername = \"\""), &["4: broker[0].username: is empty"]);
    let config = read(&broker("one", "host = \"h\"\nusername = \"u\"\npassword = \"s3cret\""));
    assert_eq!(config.brokers[0].login, Some(("u".to_owned(), Token::new("s3cret"))));
    let config = read(&broker("one", "host = \"h\"\nusername = \"u\""));
    assert_eq!(config.brokers[0].login, Some(("u".to_owned(), Token::new(""))));
}

#[test]
fn one_server_has_one_session_of_a_name_by_whatever_name_it_goes() {
    let two = |first: &str, second: &str| {
        broker("one", &format!("host = \"{first}\"\nclient_id = \"c\""))
            + &broker("two", &format!("host = \"{second}\"\nclient_id = \"c\""))
    };
    let fault =
        "7: broker[1].host: another [[broker]] has the same host, port and client_id c; give this one a client_id";
    for (first, second) in [
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("LOCALHOST", "::1"),
        ("[::1]", "127.0.1.1"),
        ("0.0.0.0", "localhost"),
        ("Mqtt.Plant.local", "mqtt.plant.local."),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ] {
        check(&two(first, second), &[fault]);
    }
    check(&two("10.0.0.1", "10.0.0.2"), &[]);
    let (one, other) = (broker("one", "host = \"localhost\""), broker("two", "host = \"127.0.0.1\""));
    check(&(one + &other), &[]);
    let (one, other) =
        ("host = \"localhost\"\nclient_id = \"c\"", "host = \"127.0.0.1\"\nclient_id = \"c\"\nport = 1884");
    check(&(broker("one", one) + &broker("two", other)), &[]);
}

#[test]
fn a_sparkplug_host_speaks_for_itself_at_one_server() {
    let two = |second: &str| {
        broker("one", "host = \"localhost\"\nsparkplug_host = \"binwire\"")
            + &broker("two", &format!("host = \"127.0.0.1\"\nsparkplug_host = \"{second}\""))
    };
    check(
        &two("binwire"),
        &["8: broker[1].sparkplug_host: another [[broker]] at the same host and port is binwire already"],
    );
    check(&two("binwire-2"), &[]);
    check(
        &broker("one", "host = \"h\"\nversion = \"5\"\nsparkplug_host = \"a/b\""),
        &["5: broker[0].sparkplug_host: must be one level of a topic"],
    );
    check(&broker("one", "host = \"h\"\nversion = \"5\"\nsparkplug_host = \"a\""), &[]);
}
