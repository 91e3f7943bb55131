//! What a hub answers to a site that asks what it has beside the site's own ledger.

use gateway_proto::{
    batch::Batch,
    chain::Epoch,
    forward::{Forward, Run},
    record::Seq,
};

use crate::support::{Server, Site};

fn asks(batch: Batch, known: &[Run]) -> Batch {
    Batch { knows: Some(known.to_vec()), ..batch }
}

fn run(epoch: &str, first: u64, last: u64) -> Run {
    Run { epoch: epoch.parse().unwrap(), first: Seq(first), last: Seq(last) }
}

fn open(epoch: &str) -> Run {
    Run::open(epoch.parse::<Epoch>().unwrap(), Seq(1))
}

fn amounts(forward: &Forward) -> Vec<(String, String, i64)> {
    let mut amounts: Vec<_> =
        forward.amounts.iter().map(|held| (held.item.to_string(), held.place.to_string(), held.qty)).collect();
    amounts.sort();
    amounts
}

fn of(item: &str, place: &str, qty: i64) -> (String, String, i64) {
    (item.to_owned(), place.to_owned(), qty)
}

#[tokio::test]
async fn what_the_site_does_not_name_is_folded_and_named() {
    let server = Server::new().feed("plant-7/acme").feed("plant-8/acme").start().await;
    let mut old = Site::new("plant-7/acme", "e1");
    old.moves(100, "A", "vendor", "dock").moves(60, "A", "dock", "bin:A").moves(5, "A", "bin:A", "used");
    old.record(r#"{"type":"health","n":1}"#).moves(7, "B", "vendor", "dock").moves(7, "B", "dock", "vendor");
    old.ships_all(&server).await;
    let mut other = Site::new("plant-8/acme", "x1");
    other.moves(900, "A", "vendor", "dock").ships_all(&server).await;
    let mut new = Site::new("plant-7/acme", "e2");
    new.moves(1, "A", "bin:A", "used").moves(2, "A", "bin:A", "used");
    let ack = new.ships(&server, &new.batch(1, 1)).await;
    assert_eq!(ack.forward, None, "nobody asked");

    let ack = new.ships(&server, &asks(new.batch(2, 2), &[run("e1", 1, 2), open("e2")])).await;
    let forward = ack.forward.unwrap();
    assert_eq!(forward.runs, [run("e1", 3, 6)]);
    assert_eq!(amounts(&forward), [of("A", "bin:A", -5), of("A", "used", 5)], "B came to nothing");

    let ack = new.ships(&server, &asks(new.batch(2, 2), &[open("e2")])).await;
    let forward = ack.forward.unwrap();
    assert_eq!(forward.runs, [run("e1", 1, 6)], "asked again with a batch that is known");
    assert_eq!(
        amounts(&forward),
        [of("A", "bin:A", 55), of("A", "dock", 40), of("A", "used", 5), of("A", "vendor", -100)]
    );

    let known = [run("e1", 1, 1), run("e1", 3, 6), run("e2", 1, 1), run("e9", 1, 50)];
    let ack = new.ships(&server, &asks(new.batch(2, 2), &known)).await;
    let forward = ack.forward.unwrap();
    assert_eq!(forward.runs, [run("e1", 2, 2), run("e2", 2, 2)]);
    assert_eq!(amounts(&forward), [of("A", "bin:A", 58), of("A", "dock", -60), of("A", "used", 2)]);

    let ack = new.ships(&server, &asks(new.batch(1, 2), &[run("e1", 1, 6), open("e2")])).await;
    assert_eq!(ack.forward, Some(Forward::default()), "nothing, and it is said");
}

#[tokio::test]
async fn what_is_parked_was_told_and_what_breaks_a_rule_was_not() {
    let server = Server::new().feed("plant-7/acme").items(&["A"]).start().await;
    let mut old = Site::new("plant-7/acme", "e1");
    old.moves(4, "A", "vendor", "dock").moves(5, "B", "vendor", "dock").moves(6, "A", "used", "vendor");
    old.ships_all(&server).await;
    let mut new = Site::new("plant-7/acme", "e2");
    new.moves(1, "A", "vendor", "dock");
    let ack = new.ships(&server, &asks(new.batch(1, 1), &[open("e2")])).await;
    let told = amounts(&ack.forward.unwrap());
    assert_eq!(told, [of("A", "dock", 4), of("A", "vendor", -4), of("B", "dock", 5), of("B", "vendor", -5)]);
}

#[tokio::test]
async fn more_than_an_answer_can_hold_is_left_out_and_the_records_are_taken() {
    let server = Server::new().feed("plant-7/acme").start().await;
    let mut old = Site::new("plant-7/acme", "e1");
    let long = "X".repeat(8_000);
    for n in 0..100 {
        old.moves(1, &format!("{long}{n}"), "vendor", "dock");
    }
    old.ships_all(&server).await;
    let mut new = Site::new("plant-7/acme", "e2");
    new.moves(1, "A", "vendor", "dock");
    let ack = new.ships(&server, &asks(new.batch(1, 1), &[open("e2")])).await;
    assert_eq!((ack.through, ack.forward), (Seq(1), None));
    let ack = new.ships(&server, &asks(new.batch(1, 1), &[run("e1", 1, 90), open("e2")])).await;
    assert_eq!(ack.forward.unwrap().amounts.len(), 20);
}
