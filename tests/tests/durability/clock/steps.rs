//! The clock is set, by a lot, while parts are scanned.

use sim::{Scanner, Suffix, Wan};
use tests::{Checker, Emitted, Hub, PATIENCE, Seed, eventually};

use super::{
    items,
    machine::{DAY, Machine, YEAR, now},
    put_right, records, scan, site, times,
};

/// How far a time may be from the moment it was scanned at, in milliseconds: what a slow machine takes.
const SLOW: i64 = 20_000;

/// Returns once the hub has so many `clock` records.
async fn wait_until_put_right(hub: &Hub, count: usize) {
    let what = format!("{count} clock records are at the hub");
    eventually(PATIENCE, &what, async || (put_right(&records(hub)).len() >= count).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_scanned_in_1970_is_marked_and_put_right_once_ntp_has_set_the_clock() {
    let Some(machine) = Machine::new("clock set from 1970") else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let items = items(12);
    let file = site(&machine, "auto", &items).feed("acme", hub.addr());
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).unwrap();
    machine.set_to(600);
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    let status = site.status().await;
    assert!(!status.clock.trusted && status.names("is not trusted"), "{status:?}");
    assert!(status.clock.why.contains("before this agent was built"), "{}", status.clock.why);
    for item in &items[..4] {
        scan(&scanner, &emitted, item).await;
    }
    site.wait_until_accepted(4).await;
    // The agent begins anew in the same boot: what was marked before is put right all the same.
    site.restart().await;
    site.wait_for_status("the scanner is back", |status| status.devices["scanner-1"].connected).await;
    for item in &items[4..8] {
        scan(&scanner, &emitted, item).await;
    }
    site.wait_until_accepted(8).await;
    machine.set(0);
    machine.synchronized();
    let status = site.wait_for_status("the clock is trusted", |status| status.clock.trusted).await;
    assert_eq!((status.clock.why.as_str(), status.clock.steps), ("synchronized", 1));
    wait_until_put_right(&hub, 1).await;
    for item in &items[8..] {
        scan(&scanner, &emitted, item).await;
    }
    site.wait_until_accepted(12).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
    let records = records(&hub);
    let (times, clocks) = (times(&records), put_right(&records));
    let [(index, zero)] = clocks[..] else { panic!("{clocks:?}") };
    assert_eq!(index, 8, "after what it puts right, before the rest");
    for (at, mono_ms) in &times[..8] {
        assert!(*at < YEAR * 1_000);
        let right = zero + mono_ms.expect("a mark");
        assert!((now() * 1_000 - right).abs() < 120_000, "{right}");
    }
    assert!(times[..8].windows(2).all(|pair| pair[0].1 <= pair[1].1), "{times:?}");
    assert!(times[8..].iter().all(|(at, mark)| mark.is_none() && (now() * 1_000 - at).abs() < SLOW + 100_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_years_either_way_change_nothing_in_order_or_count_also_while_the_wan_is_away() {
    let Some(machine) = Machine::new("clock ±10 years") else { return };
    let seed = Seed::of("clock ±10 years");
    let mut random = seed.random(1);
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.unwrap();
    let items = items(120);
    let file = site(&machine, "auto", &items).feed("acme", wan.addr()).batch_records(7);
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).unwrap();
    machine.synchronized();
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    let jumps = [10 * YEAR, -10 * YEAR, DAY, -3_600, 3_600, -56 * YEAR, 30];
    for (number, item) in items.iter().enumerate() {
        match random.below(12) {
            0..3 => {
                let jump = usize::try_from(random.below(jumps.len() as u64)).unwrap();
                machine.set(jumps[jump]);
            }
            3 => {
                machine.set(0);
                machine.synchronized();
            }
            4 => wan.down(),
            5 => wan.up(),
            _ => {}
        }
        scan(&scanner, &emitted, item).await;
        site.wait_until_accepted(number + 1).await;
    }
    // Set right again, after a last time of not being so: there is something to put right.
    machine.set(10 * YEAR);
    site.wait_for_status("the step is seen", |status| !status.clock.trusted).await;
    machine.set(0);
    machine.synchronized();
    wan.up();
    site.wait_for_status("the clock is trusted", |status| status.clock.trusted).await;
    hub.wait_for_movements(120).await;
    wait_until_put_right(&hub, 1).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
    let records = records(&hub);
    let (times, clocks) = (times(&records), put_right(&records));
    let (mut marked, last) = (0, clocks.last().unwrap().1);
    for (at, mono_ms) in times {
        // Marked or not: in the end each has its time.
        let right = mono_ms.map_or(at, |mono_ms| last + mono_ms);
        marked += usize::from(mono_ms.is_some());
        assert!((now() * 1_000 - right).abs() < 120_000 + SLOW, "seed {}: {right}", seed.number());
    }
    assert!(marked > 10, "seed {}: {marked} marked", seed.number());
    let last_marked = records.iter().rposition(|record| record["clock"]["mono_ms"].is_u64());
    assert!(last_marked < Some(clocks.last().unwrap().0), "the last word comes after all that were marked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_night_in_which_summer_time_begins_is_a_night_like_any_other() {
    let Some(machine) = Machine::new("clock over the change to summer time") else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let items = items(400);
    let file = site(&machine, "always", &items).feed("acme", hub.addr()).environment("TZ", "Europe/Berlin".to_owned());
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).unwrap();
    // 2027-03-28T01:00:00Z, when two o'clock becomes three.
    let change = 1_806_195_600;
    machine.set_to(change - 6);
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    let mut scanned = 0;
    for item in &items {
        scan(&scanner, &emitted, item).await;
        scanned += 1;
        site.wait_until_accepted(scanned).await;
        let wall = site.status().await.clock.wall;
        if gateway_proto::time::WallTime::parse(&wall).unwrap().millis() > (change + 1) * 1_000 {
            break;
        }
    }
    hub.wait_for_movements(scanned).await;
    let status = site.status().await;
    assert_eq!((status.clock.trusted, status.clock.steps), (true, 0), "{status:?}");
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
    let times = times(&records(&hub));
    assert!(times.iter().all(|(_, mark)| mark.is_none()));
    assert!(times.windows(2).all(|pair| (0..60_000).contains(&(pair[1].0 - pair[0].0))), "{times:?}");
    assert!(times.first().unwrap().0 < change * 1_000 || times.last().unwrap().0 > change * 1_000);
}
