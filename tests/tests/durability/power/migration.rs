//! Ledgers of older agents, brought up to date while the power fails and the disk errs at every operation.

use cutdisk::{Lasting, Survival, Trouble, World};
use gateway_proto::{chain::Epoch, movement::Movement, quantity::Quantity, record::Record, time::WallTime};
use rusqlite::{Connection, params};
use tests::chain;

use super::{
    book::{Book, KIND, Moved},
    canaries::panics_with,
    every, is_part, runs,
    site::{FEEDS, Site, moved},
};

const SCHEMAS: [&str; 2] = [
    include_str!("../../../../agent/src/ledger/schema.sql"),
    include_str!("../../../../agent/src/ledger/schema_2.sql"),
];

/// A ledger as an agent with that many schemas left it, with what is in it.
fn old(schema: usize) -> (World, Book, Vec<(&'static str, i64, Epoch)>) {
    let world = World::new().unwrap();
    let mut db = Connection::open(world.folder().join("ledger.db")).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute_batch(&SCHEMAS[..schema].concat()).unwrap();
    db.pragma_update(None, "user_version", u32::try_from(schema).unwrap()).unwrap();
    let mut book = Book::default();
    let mut earlier = Vec::new();
    let mut number = 0;
    let tx = db.transaction().unwrap();
    // Two epochs of the first feed, the older one settled.
    for (life, (feed, item), records, through) in [(1, FEEDS[0], 6, 6), (2, FEEDS[0], 40, 25), (3, FEEDS[1], 3, 0)] {
        let epoch = Epoch::new(1_795_237_200_000 + u64::try_from(life).unwrap(), [7; 10]);
        let acked = if life == 2 { through - 3 } else { through };
        tx.execute(
            "INSERT INTO life (life, feed, epoch, begun_ms, through, acked) VALUES (?, ?, ?, 0, ?, ?)",
            params![life, feed, epoch.as_str(), through, acked],
        )
        .unwrap();
        let held = book.feed(feed);
        held.base = held.records.len();
        let mut link = chain::first(epoch.as_str());
        for seq in 1..=records {
            number += 1;
            let movement = movement(number, item);
            held.records.push(moved(&movement));
            let text = Record::Movement(movement).to_text().unwrap();
            link = chain::after(&link, text.as_str());
            let origin = (seq % 3 == 0).then_some(number * 2);
            tx.execute(
                "INSERT INTO record (life, seq, link, origin, text) VALUES (?, ?, ?, ?, ?)",
                params![life, seq, link, origin, text.as_str()],
            )
            .unwrap();
        }
        held.settled = held.base + usize::try_from(through).unwrap();
        if life == 2 {
            tx.execute("INSERT INTO set_aside VALUES (2, 10, 'unknown_item', ''), (2, 11, 'bad_record', '')", [])
                .unwrap();
            tx.execute("INSERT INTO lost VALUES (2, 4, 4)", []).unwrap();
            held.aside.extend([held.base + 9, held.base + 10]);
            held.lost.insert(held.base + 3);
        }
        if life == 1 {
            earlier.push((feed, life, epoch));
        }
    }
    let epoch = Epoch::new(1_795_237_200_009, [7; 10]);
    tx.execute("INSERT INTO life (life, feed, epoch, begun_ms) VALUES (4, 'unassigned', ?, 0)", [epoch.as_str()])
        .unwrap();
    if schema >= 2 {
        tx.execute("INSERT INTO kept VALUES (?, 'place-1', '1')", [KIND]).unwrap();
        book.kept.insert((KIND.to_owned(), "place-1".to_owned()), "1".to_owned());
    }
    tx.commit().unwrap();
    (world, book, earlier)
}

fn movement(number: i64, item: &str) -> Movement {
    Movement::new(
        WallTime::from_millis(1_795_237_200_000 + number),
        item.parse().unwrap(),
        Quantity::new(2).unwrap(),
        "bin:A".parse().unwrap(),
        "used".parse().unwrap(),
        format!("old-{number}").parse().unwrap(),
    )
}

fn case(schema: usize, (trouble, lasting, survival): (Trouble, Lasting, Survival), n: u64) -> bool {
    let (world, book, earlier) = old(schema);
    let mut site = Site::on(world, book);
    earlier.into_iter().for_each(|(feed, life, epoch)| site.knew(feed, life, epoch));
    site.world.plan(trouble, n, lasting);
    let opened = site.try_reopen();
    let came = site.world.troubles() > 0;
    assert!(opened.is_ok() || came, "{opened:?}");
    if site.world.has_power() {
        site.world.heal();
        site.ledger = None;
    } else {
        site.restart(survival);
    }
    site.reopen();
    // What was migrated lasts, and is not migrated again.
    site.restart(Survival::Nothing);
    site.reopen();
    came
}

#[test]
fn an_older_ledger_is_brought_up_to_date_whole_or_not_at_all() {
    const TROUBLES: [(Trouble, Lasting, Survival); 8] = [
        (Trouble::Cut, Lasting::Once, Survival::Nothing),
        (Trouble::Cut, Lasting::Once, Survival::Everything),
        (Trouble::Cut, Lasting::Once, Survival::Writes(3)),
        (Trouble::Cut, Lasting::Once, Survival::Sectors(4)),
        (Trouble::Io, Lasting::FromThenOn, Survival::Nothing),
        (Trouble::Full, Lasting::FromThenOn, Survival::Nothing),
        (Trouble::SyncFails, Lasting::Once, Survival::Nothing),
        (Trouble::ReadOnly, Lasting::FromThenOn, Survival::Nothing),
    ];
    let cases = (SCHEMAS.len() * TROUBLES.len()) as u64;
    let seeds = if is_part() { runs(cases) } else { 0..cases };
    let tally = every("an_older_ledger_is_brought_up_to_date_whole_or_not_at_all", seeds, |number, _, tally| {
        let number = usize::try_from(number).unwrap();
        let (schema, trouble) = (1 + number / TROUBLES.len(), TROUBLES[number % TROUBLES.len()]);
        for n in 1.. {
            if !case(schema, trouble, n) {
                break;
            }
            tally.one(if trouble.0 == Trouble::Cut { "cuts" } else { "errors" });
        }
    });
    if !is_part() {
        assert!(tally.of("cuts") > 50 && tally.of("errors") > 20, "{tally:?}");
    }
}

/// The book is not empty, and what reads it can tell.
#[test]
fn a_record_that_a_migration_dropped_is_noticed() {
    let (world, mut book, earlier) = old(1);
    let missing = Moved { by: "old-99".to_owned(), ..book.feed(FEEDS[1].0).records[0].clone() };
    book.feed(FEEDS[1].0).records.push(missing);
    let mut site = Site::on(world, book);
    earlier.into_iter().for_each(|(feed, life, epoch)| site.knew(feed, life, epoch));
    let noticed = panics_with(|| site.reopen());
    assert!(noticed.is_some_and(|said| said.contains("neither what was answered")));
}
