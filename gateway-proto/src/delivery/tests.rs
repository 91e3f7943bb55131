use super::*;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const NOW: Duration = Duration::from_secs(100);

fn epoch() -> Epoch {
    "e1".parse().unwrap()
}

fn delivery(recorded: u64) -> Delivery {
    let at = Standing { epoch: epoch(), oldest: Seq(1), recorded: Seq(recorded), through: Seq(0) };
    Delivery::new(at, 10, Backoff::new(SECOND, 60 * SECOND, 1))
}

fn ack(through: u64) -> Reply {
    windowed_ack(through, 1)
}

fn windowed_ack(through: u64, window: u32) -> Reply {
    Reply::Ack(Ack { epoch: epoch(), through: Seq(through), refused: Vec::new(), window })
}

fn rejected(rejection: Rejection) -> Reply {
    Reply::Rejected { rejection, retry_after: None }
}

fn nothing() -> Reply {
    Reply::Nothing { kind: TroubleKind::Unreachable, detail: "connection refused".to_owned(), retry_after: None }
}

fn settled(through: u64) -> Effect {
    Effect::Settle { through: Seq(through), refused: Vec::new(), lost: None }
}

#[track_caller]
fn sent(delivery: &mut Delivery, now: Duration, first: u64, last: u64) -> u64 {
    match delivery.poll(now) {
        Step::Send(shipment) => {
            assert_eq!((shipment.first, shipment.last), (Seq(first), Seq(last)));
            shipment.id
        }
        step => panic!("expected {first}..={last} to be sent, got {step:?}"),
    }
}

#[test]
fn records_go_out_in_order_one_batch_at_a_time() {
    let mut delivery = delivery(25);
    let id = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.poll(NOW), Step::Idle, "a receiver that grants no window gets one batch at a time");
    assert_eq!(delivery.handle_reply(NOW, id, ack(10)), [settled(10)]);
    let id = sent(&mut delivery, NOW, 11, 20);
    assert_eq!(delivery.handle_reply(NOW, id, ack(20)), [settled(20)]);
    let id = sent(&mut delivery, NOW, 21, 25);
    assert_eq!(delivery.handle_reply(NOW, id, ack(25)), [settled(25)]);
    assert_eq!(delivery.poll(NOW), Step::Idle);
    delivery.handle_recorded(Seq(26));
    sent(&mut delivery, NOW, 26, 26);
}

#[test]
fn a_hub_that_grants_a_window_gets_several_at_once() {
    let mut delivery = delivery(100);
    let id = sent(&mut delivery, NOW, 1, 10);
    let _ = delivery.handle_reply(NOW, id, windowed_ack(10, 3));
    let second = sent(&mut delivery, NOW, 11, 20);
    let third = sent(&mut delivery, NOW, 21, 30);
    sent(&mut delivery, NOW, 31, 40);
    assert_eq!(delivery.poll(NOW), Step::Idle);
    assert_eq!(delivery.handle_reply(NOW, third, windowed_ack(30, 3)), [], "an ack that overtakes waits");
    assert_eq!(delivery.handle_reply(NOW, second, windowed_ack(30, 3)), [settled(20), settled(30)]);
}

#[test]
fn a_refusal_is_not_passed_over_when_a_later_ack_arrives_first() {
    let mut delivery = delivery(100);
    let id = sent(&mut delivery, NOW, 1, 10);
    let _ = delivery.handle_reply(NOW, id, windowed_ack(10, 2));
    let early = sent(&mut delivery, NOW, 11, 20);
    let late = sent(&mut delivery, NOW, 21, 30);
    assert_eq!(delivery.handle_reply(NOW, late, windowed_ack(30, 2)), []);
    assert_eq!(delivery.handle_reply(NOW, early, nothing()), []);
    let Step::Wait(until) = delivery.poll(NOW) else { panic!("must wait") };
    sent(&mut delivery, until, 11, 20);
}

#[test]
fn a_lost_answer_is_sent_again_after_a_wait() {
    let mut delivery = delivery(5);
    let id = sent(&mut delivery, NOW, 1, 5);
    assert_eq!(delivery.handle_reply(NOW, id, nothing()), []);
    let Step::Wait(until) = delivery.poll(NOW) else { panic!("must wait") };
    assert!(until <= NOW + SECOND);
    assert_eq!(delivery.trouble().map(|trouble| trouble.kind), Some(TroubleKind::Unreachable));
    let id = sent(&mut delivery, until, 1, 5);
    assert_eq!(delivery.handle_reply(until, id, ack(5)), [settled(5)]);
    assert_eq!(delivery.trouble(), None);
}

#[test]
fn a_retry_after_is_obeyed_but_not_forever() {
    for (asked, least, most) in [(30, 30, 31), (10_000_000, 3_600, 3_601)] {
        let mut delivery = delivery(5);
        let id = sent(&mut delivery, NOW, 1, 5);
        let rejection = Rejection::new(Code::Busy, "");
        let retry_after = Some(asked * SECOND);
        assert_eq!(delivery.handle_reply(NOW, id, Reply::Rejected { rejection, retry_after }), []);
        let Step::Wait(until) = delivery.poll(NOW) else { panic!("must wait") };
        assert!((NOW + least * SECOND..=NOW + most * SECOND).contains(&until), "{until:?}");
    }
}

#[test]
fn a_gap_is_filled_from_where_the_hub_says() {
    let mut delivery = delivery(30);
    let id = sent(&mut delivery, NOW, 1, 10);
    let _ = delivery.handle_reply(NOW, id, ack(10));
    let id = sent(&mut delivery, NOW, 11, 20);
    let effects = delivery.handle_reply(NOW, id, rejected(Rejection::gap(Seq(4))));
    assert_eq!(effects, [Effect::Rewind { through: Seq(3) }], "the hub was restored from a backup");
    sent(&mut delivery, NOW, 4, 13);
}

#[test]
fn a_gap_while_others_are_in_the_air_waits_for_them() {
    let mut delivery = delivery(100);
    let id = sent(&mut delivery, NOW, 1, 10);
    let _ = delivery.handle_reply(NOW, id, windowed_ack(10, 2));
    let early = sent(&mut delivery, NOW, 11, 20);
    let late = sent(&mut delivery, NOW, 21, 30);
    assert_eq!(delivery.handle_reply(NOW, late, rejected(Rejection::gap(Seq(11)))), []);
    assert_eq!(delivery.poll(NOW), Step::Idle);
    assert_eq!(delivery.handle_reply(NOW, early, windowed_ack(20, 2)), [settled(20)]);
    sent(&mut delivery, NOW, 21, 30);
}

#[test]
fn records_that_retention_took_are_declared_lost() {
    let at = Standing { epoch: epoch(), oldest: Seq(8), recorded: Seq(12), through: Seq(9) };
    let mut delivery = Delivery::new(at, 10, Backoff::new(SECOND, SECOND, 1));
    let id = sent(&mut delivery, NOW, 10, 12);
    let effects = delivery.handle_reply(NOW, id, rejected(Rejection::gap(Seq(3))));
    assert_eq!(effects, [Effect::Rewind { through: Seq(2) }]);
    let Step::Send(declaration) = delivery.poll(NOW) else { panic!("must declare") };
    assert_eq!((declaration.first, declaration.last, declaration.kind), (Seq(3), Seq(7), ShipmentKind::Removed));
    assert_eq!(delivery.poll(NOW), Step::Idle, "a declaration goes alone");
    let effects = delivery.handle_reply(NOW, declaration.id, ack(7));
    assert_eq!(effects, [Effect::Settle { through: Seq(7), refused: Vec::new(), lost: Some((Seq(3), Seq(7))) }]);
    sent(&mut delivery, NOW, 8, 12);
}

#[test]
fn a_poison_record_is_found_by_halves_set_aside_and_passed() {
    let poison = 7;
    let mut delivery = delivery(12);
    let mut effects = Vec::new();
    let mut declared = None;
    for _ in 0..40 {
        let Step::Send(shipment) = delivery.poll(NOW) else { break };
        let has_poison = (shipment.first.0..=shipment.last.0).contains(&poison);
        let reply = match shipment.kind {
            ShipmentKind::Records if has_poison => rejected(Rejection::new(Code::BadBatch, "cannot read")),
            ShipmentKind::Records => ack(shipment.last.0),
            ShipmentKind::SetAside => {
                declared = Some((shipment.first, shipment.last));
                ack(shipment.last.0)
            }
            ShipmentKind::Removed => panic!("nothing was removed"),
        };
        effects.extend(delivery.handle_reply(NOW, shipment.id, reply));
    }
    assert_eq!(declared, Some((Seq(poison), Seq(poison))));
    let aside: Vec<_> = effects.iter().filter(|effect| matches!(effect, Effect::SetAside { .. })).collect();
    assert_eq!(aside.len(), 1, "{effects:?}");
    assert_eq!(effects.last(), Some(&settled(12)));
}

#[test]
fn a_bad_batch_is_halved_also_while_others_are_accepted() {
    let mut delivery = delivery(100);
    let id = sent(&mut delivery, NOW, 1, 10);
    let _ = delivery.handle_reply(NOW, id, windowed_ack(10, 2));
    let bad = sent(&mut delivery, NOW, 11, 20);
    let good = sent(&mut delivery, NOW, 21, 30);
    assert_eq!(delivery.handle_reply(NOW, bad, rejected(Rejection::new(Code::BadBatch, ""))), []);
    assert_eq!(delivery.handle_reply(NOW, good, windowed_ack(30, 2)), []);
    sent(&mut delivery, NOW, 11, 15);
    assert_eq!(delivery.poll(NOW), Step::Idle);
}

#[test]
fn a_receiver_that_refuses_everything_costs_one_record_set_aside_and_a_wait() {
    let mut delivery = delivery(8);
    let mut now = NOW;
    let mut aside = std::collections::BTreeSet::new();
    for _ in 0..100 {
        match delivery.poll(now) {
            Step::Send(shipment) => {
                let reply = rejected(Rejection::new(Code::BadBatch, "no"));
                for effect in delivery.handle_reply(now, shipment.id, reply) {
                    match effect {
                        Effect::SetAside { refusal } => aside.insert(refusal.seq),
                        effect => panic!("{effect:?}"),
                    };
                }
            }
            Step::Wait(until) => now = until,
            Step::Idle => break,
        }
    }
    assert_eq!(aside.len(), 1);
    assert!(now > NOW + 10 * SECOND, "it backs off");
    assert_eq!(delivery.standing().through, Seq(0));
}

#[test]
fn a_fork_has_the_common_part_acknowledged_and_takes_the_rest_into_a_new_epoch() {
    let mut delivery = delivery(9);
    let id = sent(&mut delivery, NOW, 1, 9);
    assert_eq!(delivery.handle_reply(NOW, id, rejected(Rejection::fork(Seq(6)))), []);
    let id = sent(&mut delivery, NOW, 1, 5);
    assert_eq!(delivery.handle_reply(NOW, id, ack(8)), [settled(5)]);
    let id = sent(&mut delivery, NOW, 6, 9);
    assert_eq!(delivery.handle_reply(NOW, id, rejected(Rejection::fork(Seq(6)))), [Effect::NewEpoch]);
    assert_eq!(delivery.poll(NOW), Step::Idle);
    let at = Standing { epoch: "e2".parse().unwrap(), oldest: Seq(1), recorded: Seq(4), through: Seq(0) };
    let mut delivery = delivery.renewed(at, NOW);
    sent(&mut delivery, NOW + 60 * SECOND, 1, 4);
}

#[test]
fn a_hub_that_knows_more_than_the_ledger_means_the_ledger_is_an_old_copy() {
    let mut delivery = delivery(9);
    let id = sent(&mut delivery, NOW, 1, 9);
    let effects = delivery.handle_reply(NOW, id, ack(40));
    assert_eq!(effects, [settled(9), Effect::NewEpoch]);
}

#[test]
fn an_ack_beyond_what_was_sent_settles_only_what_was_sent() {
    let mut delivery = delivery(30);
    let id = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.handle_reply(NOW, id, ack(25)), [settled(10)], "11..=25 may be another history");
    sent(&mut delivery, NOW, 11, 20);
}

#[test]
fn what_an_old_copy_has_not_sent_yet_is_sent_before_it_begins_a_new_epoch() {
    let mut delivery = delivery(20);
    let id = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.handle_reply(NOW, id, ack(80)), [settled(10)]);
    let id = sent(&mut delivery, NOW, 11, 20);
    assert_eq!(delivery.handle_reply(NOW, id, ack(80)), [settled(20), Effect::NewEpoch]);
}

#[test]
fn an_ack_of_another_epoch_or_of_nothing_is_no_ack() {
    for wrong in
        [Reply::Ack(Ack { epoch: "e2".parse().unwrap(), through: Seq(5), refused: Vec::new(), window: 1 }), ack(0)]
    {
        let mut delivery = delivery(5);
        let id = sent(&mut delivery, NOW, 1, 5);
        assert_eq!(delivery.handle_reply(NOW, id, wrong), []);
        assert_eq!(delivery.standing().through, Seq(0));
        assert!(matches!(delivery.poll(NOW), Step::Wait(_)));
    }
}

#[test]
fn refusals_are_settled_with_their_batch() {
    let mut delivery = delivery(3);
    let id = sent(&mut delivery, NOW, 1, 3);
    let refused = vec![Refusal { seq: Seq(2), code: "unknown_item".to_owned(), detail: String::new() }];
    let reply = Reply::Ack(Ack { epoch: epoch(), through: Seq(3), refused: refused.clone(), window: 1 });
    assert_eq!(delivery.handle_reply(NOW, id, reply), [Effect::Settle { through: Seq(3), refused, lost: None }]);
}

#[test]
fn refusals_of_what_was_not_sent_are_passed_over() {
    let mut delivery = delivery(3);
    let id = sent(&mut delivery, NOW, 1, 3);
    let refusal = |seq| Refusal { seq: Seq(seq), code: "unknown_item".to_owned(), detail: String::new() };
    let refused = vec![refusal(0), refusal(2), refusal(4), refusal(u64::MAX)];
    let reply = Reply::Ack(Ack { epoch: epoch(), through: Seq(3), refused, window: 1 });
    let refused = vec![refusal(2)];
    assert_eq!(delivery.handle_reply(NOW, id, reply), [Effect::Settle { through: Seq(3), refused, lost: None }]);
}

#[test]
fn an_answer_to_nothing_in_the_air_changes_nothing() {
    let mut delivery = delivery(5);
    let id = sent(&mut delivery, NOW, 1, 5);
    assert_eq!(delivery.handle_reply(NOW, id + 1, ack(5)), []);
    assert_eq!(delivery.handle_reply(NOW, id, ack(5)), [settled(5)]);
    assert_eq!(delivery.handle_reply(NOW + MS, id, ack(5)), [], "the second copy of an answer");
}

#[test]
fn a_shortened_shipment_is_followed_by_its_rest() {
    let mut delivery = delivery(10);
    let id = sent(&mut delivery, NOW, 1, 10);
    delivery.handle_shortened(id, Seq(4));
    assert_eq!(delivery.handle_reply(NOW, id, ack(4)), [settled(4)]);
    sent(&mut delivery, NOW, 5, 10);
}
