use super::*;

fn check(map: Map, registers: &[u16], decimals: u8, expect: &str) {
    let data: Vec<u8> = registers.iter().flat_map(|register| register.to_be_bytes()).collect();
    assert_eq!(data.len(), usize::from(map.registers().count) * 2, "as many registers as are asked for");
    let report = map.read(&data, decimals, WordOrder::Abcd).unwrap();
    assert_eq!(serde_json::to_string(&report).unwrap(), expect, "{map} {registers:x?}");
}

#[test]
fn a_dini_dgt_has_sign_bits_beside_its_magnitudes() {
    let dini = |status, expect| check(Map::DiniDgt, &[0, 1_200, 0, 800, status], 3, expect);
    dini(0x00, r#"{"weight":"0.800","stable":false,"gross":"1.200","net":"0.800"}"#);
    dini(0x25, r#"{"weight":"-0.800","stable":true,"gross":"1.200","net":"-0.800","tare_active":true}"#);
    dini(
        0x66,
        r#"{"weight":"0.800","stable":true,"gross":"-1.200","net":"0.800","tare_active":true,"tare_preset":true}"#,
    );
    dini(0x84, r#"{"weight":"0.800","stable":true,"gross":"1.200","net":"0.800","zero":true}"#);
    // The upper byte is of the inputs and outputs.
    dini(0xFF04, r#"{"weight":"0.800","stable":true,"gross":"1.200","net":"0.800"}"#);
    dini(0x10, r#"{"error":"overload"}"#);
    dini(0x0C, r#"{"error":"underload"}"#);
    check(
        Map::DiniDgt,
        &[5, 0x5730, 5, 0x5730, 4],
        0,
        r#"{"weight":"350000","stable":true,"gross":"350000","net":"350000"}"#,
    );
}

#[test]
fn a_laumas_says_which_weight_its_display_shows() {
    let laumas = |status, expect| check(Map::LaumasTlb, &[status, 0, 1_250, 0, 1_000], 2, expect);
    laumas(0x0800, r#"{"weight":"12.50","stable":true,"gross":"12.50","net":"10.00"}"#);
    laumas(0x0C00, r#"{"weight":"10.00","stable":true,"gross":"12.50","net":"10.00"}"#);
    laumas(0x0500, r#"{"weight":"-10.00","stable":false,"gross":"12.50","net":"-10.00"}"#);
    laumas(0x1880, r#"{"weight":"-12.50","stable":true,"gross":"-12.50","net":"10.00","zero":true}"#);
}

#[test]
fn a_laumas_fault_is_told_worst_first() {
    for (status, expect) in [
        (0x0001, r#"{"error":"device-error","flags":["load-cell"]}"#),
        (0x0002, r#"{"error":"device-error","flags":["converter"]}"#),
        (0x000F, r#"{"error":"device-error","flags":["load-cell","converter"]}"#),
        (0x0804, r#"{"error":"overload"}"#),
        (0x0008, r#"{"error":"overload"}"#),
        (0x0010, r#"{"error":"overload","flags":["overflow"]}"#),
        (0x0090, r#"{"error":"underload","flags":["overflow"]}"#),
        (0x0120, r#"{"error":"underload","flags":["overflow"]}"#),
    ] {
        check(Map::LaumasTlb, &[status, 0, 1_250, 0, 1_000], 2, expect);
    }
}

#[test]
fn floats_get_the_decimals_of_the_site() {
    let eagle = |gross: f32, net: f32, decimals, expect| {
        let halves =
            |value: f32| [value.to_bits() >> 16, value.to_bits() & 0xFFFF].map(|half| u16::try_from(half).unwrap());
        let registers = [&halves(gross)[..], &[9; 6], &halves(net)].concat();
        check(Map::EagleEi, &registers, decimals, expect);
    };
    eagle(12.5, -0.125, 2, r#"{"weight":"-0.12","gross":"12.50","net":"-0.12"}"#);
    eagle(12.345, 1.1, 3, r#"{"weight":"1.100","gross":"12.345","net":"1.100"}"#);
    eagle(12.345, 1.1, 0, r#"{"weight":"1.1","gross":"12.345","net":"1.1"}"#);
    eagle(f32::NAN, 1.0, 0, r#"{"error":"device-error"}"#);
    eagle(1.0, f32::INFINITY, 0, r#"{"error":"device-error"}"#);
}

#[test]
fn a_dat400_has_signed_numbers() {
    let dat400 = |status, expect| check(Map::Dat400, &[status, 0, 1_250, 0xFFFF, 0xFF9C], 1, expect);
    dat400(0x00, r#"{"weight":"-10.0","stable":false,"gross":"125.0","net":"-10.0"}"#);
    dat400(0x0B, r#"{"weight":"-10.0","stable":true,"gross":"125.0","net":"-10.0","tare_active":true,"zero":true}"#);
    dat400(0x30, r#"{"error":"overload"}"#);
    dat400(0x12, r#"{"error":"underload"}"#);
    dat400(0x60, r#"{"error":"device-error","flags":["load-cell"]}"#);
}

#[test]
fn words_come_in_the_order_the_site_says() {
    let weight = |data: &[u8; 10], order| Map::LaumasTlb.read(data, 2, order).unwrap().weight.unwrap().to_string();
    let (high_first, low_first) = ([0, 0, 0, 1, 0, 2, 0, 0, 0, 0], [0, 0, 0, 2, 0, 1, 0, 0, 0, 0]);
    assert_eq!(weight(&high_first, WordOrder::Abcd), "655.38");
    assert_eq!(weight(&low_first, WordOrder::Cdab), "655.38");
    assert_eq!(weight(&low_first, WordOrder::Abcd), "1310.73");
}

#[test]
fn names_are_read_back_and_others_refused() {
    for map in Map::ALL {
        assert_eq!(map.name().parse(), Ok(map));
    }
    for order in WordOrder::ALL {
        assert_eq!(order.name().parse(), Ok(order));
    }
    assert_eq!("laumas".parse::<Map>(), Err(MapError::Map));
    assert_eq!("dcba".parse::<WordOrder>(), Err(MapError::WordOrder));
}

#[test]
fn too_few_registers_are_no_weight() {
    for map in Map::ALL {
        for len in 0..usize::from(map.registers().count) * 2 {
            assert_eq!(map.read(&[0; 20][..len], 0, WordOrder::Abcd), None, "{map} {len}");
        }
    }
    assert_eq!(Map::DiniDgt.read(&[0; 10], 19, WordOrder::Abcd), None, "more decimals than a number can have");
}
