//! Scanners and scales on their ports.

use super::*;

fn scale(port: &str, more: &str) -> String {
    format!("[[scale]]\nname = \"s\"\nbin = \"A\"\nport = \"{port}\"\n{more}\n")
}

fn scanner(port: &str, more: &str) -> String {
    format!("[[scanner]]\nname = \"s\"\nstation = \"bench\"\nport = \"{port}\"\n{more}\n")
}

#[test]
fn a_scale_hangs_where_its_protocol_is_spoken() {
    for (port, protocol) in [
        ("/dev/ttyUSB0", "mt-sics"),
        ("/dev/ttyUSB0", "modbus-rtu"),
        ("tcp:10.0.0.7:4001", "mt-sics"),
        ("tcp:10.0.0.7:4001", "modbus-rtu"),
        ("tcp:10.0.0.7:502", "modbus-tcp"),
        ("/dev/hidraw0", "usb-hid"),
        ("hid:/run/scale", "usb-hid"),
        ("replay:day.jsonl", "usb-hid"),
        ("replay:day.jsonl", "modbus-tcp"),
    ] {
        check(&scale(port, &format!("protocol = \"{protocol}\"\nunit = \"kg\"")), &[]);
    }
    for (port, protocol, fault) in [
        (
            "/dev/ttyUSB0",
            "usb-hid",
            "4: scale[0].port: is a serial line, and usb-hid is spoken by HID devices; give /dev/hidraw",
        ),
        ("tcp:10.0.0.7:4001", "usb-hid", "4: scale[0].port: is a network address"),
        (
            "/dev/hidraw0",
            "mt-sics",
            "4: scale[0].port: is a HID device, and mt-sics is not spoken there; give a serial line",
        ),
        ("/dev/input/event3", "mt-sics", "4: scale[0].port: is a keyboard, and no scale types; give a serial line"),
        ("/dev/input/event3", "usb-hid", "4: scale[0].port: is a keyboard, and no scale types; give /dev/hidraw"),
        ("/dev/ttyUSB0", "modbus-tcp", "4: scale[0].port: is a serial line, where Modbus is modbus-rtu"),
    ] {
        check(&scale(port, &format!("protocol = \"{protocol}\"\nunit = \"kg\"")), &[fault]);
    }
    check(&scale("/dev/hidraw0", ""), &["4: scale[0].port: is a HID device, and mt-sics is not spoken there"]);
}

#[test]
fn a_protocol_that_is_none_is_the_only_fault_of_its_scale() {
    check(
        &scale("/dev/hidraw0", "protocol = \"usbhid\"\nchecksum = true\npoll_ms = 100"),
        &["5: scale[0].protocol: no such scale protocol: \"usbhid\"; there are mt-sics"],
    );
}

#[test]
fn a_scanner_hangs_on_a_line_or_plays_a_keyboard() {
    for port in ["/dev/ttyACM0", "tcp:10.0.0.7:4001", "replay:day.jsonl"] {
        check(&scanner(port, "dialogue = \"ack-nak\"\nterminator = \"stx-etx\""), &[]);
    }
    let keyboard = "/dev/input/by-id/usb-event-kbd";
    for more in ["", "dialogue = \"plain\"", "terminator = \"cr\"", "terminator = \"any-cr-lf\""] {
        check(&scanner(keyboard, more), &[]);
    }
    check(
        &scanner("/dev/hidraw0", ""),
        &["4: scanner[0].port: is a HID device, and no scanner is read there; set it to USB serial"],
    );
    check(
        &scanner(keyboard, "dialogue = \"bel\"\nterminator = \"tab\""),
        &[
            "5: scanner[0].dialogue: cannot be spoken to a keyboard; leave it out",
            "6: scanner[0].terminator: never comes from a keyboard port, which ends each scan with CR; leave it out",
        ],
    );
    check(
        &scanner("/dev/ttyACM0", "dialogue = \"ssi\"\nline = \"7E1\""),
        &["6: scanner[0].line: 7E1 has seven bits and the device sends eight; write 8N1"],
    );
}

#[test]
fn only_a_serial_line_has_a_speed() {
    for port in ["tcp:10.0.0.7:4001", "replay:day.jsonl"] {
        check(
            &scale(port, "baud = 9600\nline = \"8N1\""),
            &["5: scale[0].baud: is not used: ", "6: scale[0].line: is not used: "],
        );
    }
    check(
        &scale("/dev/hidraw0", "protocol = \"usb-hid\"\nbaud = 9600"),
        &["6: scale[0].baud: is not used: hid:/dev/hidraw0 is a HID device, which has no speed here; leave it out"],
    );
    check(&scanner("keyboard:/run/keys", "line = \"8N1\""), &["5: scanner[0].line: is not used: "]);
    check(&scanner("/dev/ttyACM0", "baud = 9600\nline = \"8N1\""), &[]);
}

#[test]
fn what_a_protocol_has_no_use_for_is_told() {
    check(
        &scale("/dev/ttyUSB0", "modbus = { address = 1 }\nchecksum = true"),
        &["5: scale[0].modbus: is not used by mt-sics", "6: scale[0].checksum: is not used by mt-sics"],
    );
    for protocol in ["toledo-continuous", "cas-22"] {
        check(
            &scale("/dev/ttyUSB0", &format!("protocol = \"{protocol}\"\npoll_ms = 100")),
            &["6: scale[0].poll_ms: is not used by"],
        );
    }
    check(
        &scale("/dev/ttyUSB0", "protocol = \"modbus-rtu\"\nunit = \"kg\"\nmask_parity = true\nline = \"7E1\""),
        &["7: scale[0].mask_parity: would spoil what modbus-rtu sends", "8: scale[0].line: 7E1 has seven bits"],
    );
    check(
        &scale("/dev/ttyUSB0", "protocol = \"toledo-continuous\"\nchecksum = true\nmask_parity = true\nunit = \"kg\""),
        &[],
    );
    check(&scale("/dev/ttyUSB0", "poll_ms = 100\nchecksum = false\nunit = \"kg\""), &[]);
    check(&scale("/dev/ttyUSB0", "protocol = \"toledo-8217\""), &["1: scale[0].unit: is missing"]);
}

#[test]
fn one_port_is_for_one_device_but_for_transmitters_with_addresses() {
    let two = |port: &str, first: &str, second: &str| {
        format!(
            "[[scale]]\nname = \"s1\"\nbin = \"A\"\nport = \"{port}\"\nunit = \"kg\"\n{first}\n\
             [[scale]]\nname = \"s2\"\nbin = \"B\"\nport = \"{port}\"\nunit = \"kg\"\n{second}\n"
        )
    };
    let modbus = |protocol: &str, address: u8| format!("protocol = \"{protocol}\"\nmodbus = {{ address = {address} }}");
    let (one, other) = (modbus("modbus-tcp", 1), modbus("modbus-tcp", 2));
    check(&two("tcp:10.0.0.7:502", &one, &other), &[]);
    check(
        &two("tcp:10.0.0.7:502", &one, &one),
        &["11: scale[1].port: port tcp:10.0.0.7:502 is another device's already"],
    );
    check(&two("tcp:10.0.0.7:502", &one, "\n"), &["11: scale[1].port: port tcp:10.0.0.7:502 is another"]);
    let (one, other) = (modbus("modbus-rtu", 1), modbus("modbus-rtu", 2));
    check(&two("/dev/ttyUSB0", &one, &other), &["11: scale[1].port: port /dev/ttyUSB0 is another"]);
}
