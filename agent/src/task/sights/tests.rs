//! The board that pages read.

use std::time::Duration;

use gateway_proto::time::WallTime;

use super::*;
use crate::{
    device::Scan,
    floor::{Books, Setup, order::Caller},
    label::LabelRules,
    movement::{
        rules::Caution,
        session::{Badge, Station},
    },
    register::{
        bin::Bin,
        fact::{Fact, Origin},
        item::Item,
    },
};

fn moment() -> Moment {
    Moment { elapsed: Duration::from_secs(60), wall: WallTime::from_millis(1_790_000_000_000), clock: None }
}

fn floor() -> Floor {
    let mut register = Register::new(["acme".parse().unwrap()]);
    let item = Item::new("M8".parse().unwrap(), "acme".parse().unwrap());
    let bin = Bin::new("A".parse().unwrap(), "M8".parse().unwrap());
    for fact in [Fact::Item(item), Fact::Bin(bin)] {
        register.apply(fact, Origin::Imported).unwrap();
    }
    let station = Station {
        name: "desk".parse().unwrap(),
        place: None,
        task: None,
        badge: Badge::Optional,
        idle: Duration::from_secs(60),
    };
    let setup = Setup {
        register,
        labels: LabelRules::default(),
        stations: vec![station],
        scales: Vec::new(),
        caution: Caution::default(),
    };
    Floor::new(setup, Vec::new(), Books::default(), &moment())
}

#[test]
fn nothing_is_written_while_nobody_reads_and_whoever_comes_sees_everything() {
    let (mut board, mut floor) = (SightBoard::default(), floor());
    let way = board.way();
    assert!(!board.write(&mut floor, &moment()));
    assert_eq!(way.borrow().version, 0);
    let reader = way.subscribe();
    assert!(board.write(&mut floor, &moment()));
    let sights = reader.borrow().clone();
    assert_eq!((sights.bins.len(), sights.stations.len(), sights.register.1.items().count()), (1, 1, 1));
}

#[test]
fn only_what_looks_different_gets_a_new_version() {
    let (mut board, mut floor) = (SightBoard::default(), floor());
    let reader = board.way().subscribe();
    board.write(&mut floor, &moment());
    let first = reader.borrow().clone();
    assert!(!board.write(&mut floor, &moment()), "nothing happened");
    floor.handle_scan(&moment(), Caller(1), &"desk".parse().unwrap(), &Scan::from_frame(b"BW:QTY:0"), None);
    assert!(board.write(&mut floor, &moment()), "a refusal is shown at once");
    let second = reader.borrow().clone();
    assert!(second.stations["desk"].0 > first.version);
    assert_eq!(second.bins["A"].0, first.bins["A"].0, "the bin looks as before");
    assert!(Arc::ptr_eq(&second.bins["A"].1, &first.bins["A"].1));
}
