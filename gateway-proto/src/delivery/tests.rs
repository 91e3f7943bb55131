use super::*;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const NOW: Duration = Duration::from_secs(100);

fn epoch() -> Epoch {
    "e1".parse().unwrap()
}

fn standing(oldest: u64, recorded: u64, through: u64) -> Standing {
    let (oldest, recorded, through) = (Seq(oldest), Seq(recorded), Seq(through));
    Standing { epoch: epoch(), oldest, recorded, through, withheld: BTreeSet::new(), holes: Vec::new(), asks: false }
}

fn delivery(recorded: u64) -> Delivery {
    let at = standing(1, recorded, 0);
    Delivery::new(at, 10, Backoff::new(SECOND, 60 * SECOND, 1))
}

fn ack(through: u64) -> Reply {
    windowed_ack(through, 1)
}

fn windowed_ack(through: u64, window: u32) -> Reply {
    Reply::Ack(Ack { window, ..Ack::new(epoch(), Seq(through)) })
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
    let at = standing(8, 12, 9);
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
    let (mut now, mut strikes) = (NOW, 0);
    for _ in 0..40 {
        let shipment = match delivery.poll(now) {
            Step::Send(shipment) => shipment,
            Step::Wait(until) => {
                now = until;
                continue;
            }
            Step::Idle => break,
        };
        strikes += u32::from((shipment.first, shipment.last) == (Seq(poison), Seq(poison)));
        let has_poison = (shipment.first.0..=shipment.last.0).contains(&poison);
        let reply = match shipment.kind {
            ShipmentKind::Records if has_poison => rejected(Rejection::new(Code::BadBatch, "cannot read")),
            ShipmentKind::Records => ack(shipment.last.0),
            ShipmentKind::SetAside => {
                declared = Some((shipment.first, shipment.last));
                ack(shipment.last.0)
            }
            ShipmentKind::Removed | ShipmentKind::Damaged | ShipmentKind::Ahead | ShipmentKind::Again => {
                panic!("nobody asked for that")
            }
        };
        effects.extend(delivery.handle_reply(now, shipment.id, reply));
    }
    assert_eq!(strikes, poison::STRIKES + 1, "thrice the record, then its declaration");
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
    let at = Standing { epoch: "e2".parse().unwrap(), ..standing(1, 4, 0) };
    let mut delivery = delivery.renewed(at, NOW);
    sent(&mut delivery, NOW + 60 * SECOND, 1, 4);
}

#[test]
fn a_hub_that_knows_more_than_the_ledger_means_the_ledger_is_an_old_copy() {
    let mut delivery = delivery(9);
    let id = sent(&mut delivery, NOW, 1, 9);
    assert_eq!(delivery.handle_reply(NOW, id, ack(40)), [settled(9)], "said once, it may have been mixed up");
    let id = sent(&mut delivery, NOW, 9, 9);
    assert_eq!(delivery.handle_reply(NOW, id, ack(40)), [Effect::NewEpoch]);
}

#[test]
fn an_answer_that_was_mixed_up_once_ends_no_epoch() {
    let mut delivery = delivery(9);
    let id = sent(&mut delivery, NOW, 1, 9);
    assert_eq!(delivery.handle_reply(NOW, id, ack(40)), [settled(9)]);
    let id = sent(&mut delivery, NOW, 9, 9);
    assert_eq!(delivery.handle_reply(NOW, id, ack(9)), []);
    assert_eq!(delivery.poll(NOW), Step::Idle);
}

#[test]
fn a_batch_that_is_too_long_for_the_line_gets_shorter() {
    let mut delivery = delivery(100);
    let mut now = NOW;
    for expect in [10, 5, 2, 1, 1] {
        let shipment = loop {
            match delivery.poll(now) {
                Step::Send(shipment) => break shipment,
                Step::Wait(until) => now = until,
                Step::Idle => panic!("a hundred records wait"),
            }
        };
        assert_eq!((shipment.first, shipment.last), (Seq(1), Seq(expect)));
        let id = shipment.id;
        let late = Reply::Nothing { kind: TroubleKind::TimedOut, detail: String::new(), retry_after: None };
        assert_eq!(delivery.handle_reply(now, id, late), []);
    }
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
    assert_eq!(delivery.handle_reply(NOW, id, ack(80)), [settled(20)]);
    let id = sent(&mut delivery, NOW, 20, 20);
    assert_eq!(delivery.handle_reply(NOW, id, ack(80)), [Effect::NewEpoch]);
}

#[test]
fn an_ack_of_another_epoch_or_of_nothing_is_no_ack() {
    for wrong in [Reply::Ack(Ack::new("e2".parse().unwrap(), Seq(5))), ack(0)] {
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
    let reply = Reply::Ack(Ack { refused: refused.clone(), ..Ack::new(epoch(), Seq(3)) });
    assert_eq!(delivery.handle_reply(NOW, id, reply), [Effect::Settle { through: Seq(3), refused, lost: None }]);
}

#[test]
fn refusals_of_what_was_not_sent_are_passed_over() {
    let mut delivery = delivery(3);
    let id = sent(&mut delivery, NOW, 1, 3);
    let refusal = |seq| Refusal { seq: Seq(seq), code: "unknown_item".to_owned(), detail: String::new() };
    let refused = vec![refusal(0), refusal(2), refusal(4), refusal(u64::MAX)];
    let reply = Reply::Ack(Ack { refused, ..Ack::new(epoch(), Seq(3)) });
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

fn live(recorded: u64) -> Delivery {
    let mut delivery = delivery(recorded).with_live(Live { records: 5, every: SECOND });
    let id = sent(&mut delivery, NOW, 1, 10);
    let grant = Reply::Ack(Ack { takes_ahead: true, ..Ack::new(epoch(), Seq(10)) });
    assert_eq!(delivery.handle_reply(NOW, id, grant), [settled(10)]);
    delivery
}

#[test]
fn what_happens_now_is_shown_beside_a_backlog_and_settles_nothing() {
    let mut delivery = live(100);
    let ahead = sent(&mut delivery, NOW, 96, 100);
    let id = sent(&mut delivery, NOW, 11, 20);
    let shown = Reply::Ack(Ack { ahead: Some(Seq(100)), ..Ack::new(epoch(), Seq(10)) });
    assert_eq!(delivery.handle_reply(NOW, ahead, shown), []);
    delivery.handle_recorded(Seq(102));
    assert_eq!(delivery.poll(NOW), Step::Wait(NOW + SECOND), "not more often than that");
    let ahead = sent(&mut delivery, NOW + SECOND, 101, 102);
    let grant = Reply::Ack(Ack { takes_ahead: true, ..Ack::new(epoch(), Seq(20)) });
    assert_eq!(delivery.handle_reply(NOW + SECOND, id, grant), [settled(20)]);
    // The feed goes on while what was shown waits for its answer, and whatever that is.
    sent(&mut delivery, NOW + SECOND, 21, 30);
    assert_eq!(delivery.handle_reply(NOW + SECOND, ahead, nothing()), []);
    assert_eq!(delivery.trouble(), None);
    delivery.handle_recorded(Seq(103));
    assert_eq!(delivery.poll(NOW + 2 * SECOND), Step::Wait(NOW + 61 * SECOND), "a while of peace after a failure");
}

#[test]
fn what_does_not_fill_a_shipment_gathers_while_another_is_in_the_air_but_not_for_long() {
    let mut delivery = delivery(10);
    let first = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.handle_reply(NOW, first, windowed_ack(10, 4)), [settled(10)]);
    delivery.handle_recorded(Seq(13));
    let alone = sent(&mut delivery, NOW, 11, 13);
    delivery.handle_recorded(Seq(14));
    assert_eq!(delivery.poll(NOW + MS), Step::Wait(NOW + GATHER_MAX));
    assert!(!delivery.is_ready(NOW + MS), "no permit is asked for");
    delivery.handle_recorded(Seq(23));
    let full = sent(&mut delivery, NOW + 2 * MS, 14, 23);
    delivery.handle_recorded(Seq(25));
    assert_eq!(delivery.handle_reply(NOW + 3 * MS, alone, windowed_ack(13, 4)), [settled(13)]);
    assert_eq!(delivery.poll(NOW + 3 * MS), Step::Wait(NOW + 2 * MS + GATHER_MAX));
    let late = sent(&mut delivery, NOW + 2 * MS + GATHER_MAX, 24, 25);
    assert_eq!(delivery.handle_reply(NOW + SECOND, full, windowed_ack(23, 4)), [settled(23)]);
    assert_eq!(delivery.handle_reply(NOW + SECOND, late, windowed_ack(25, 4)), [settled(25)]);
}

#[test]
fn a_hub_that_asks_to_wait_is_heard_whichever_lane_it_asks() {
    let from_something_before_it =
        Reply::Nothing { kind: TroubleKind::Busy, detail: String::new(), retry_after: Some(600 * SECOND) };
    let code = Code::Busy;
    let from_itself = Reply::Rejected {
        rejection: Rejection { code, detail: String::new(), expected: None, seq: None },
        retry_after: Some(600 * SECOND),
    };
    for busy in [from_something_before_it, from_itself] {
        let mut delivery = live(100);
        let ahead = sent(&mut delivery, NOW, 96, 100);
        let id = sent(&mut delivery, NOW, 11, 20);
        assert_eq!(delivery.handle_reply(NOW, ahead, busy), []);
        assert_eq!(delivery.handle_reply(NOW, id, ack(20)), [settled(20)]);
        assert_eq!(delivery.trouble().map(|trouble| trouble.kind), Some(TroubleKind::Busy));
        assert!(matches!(delivery.poll(NOW), Step::Wait(until) if until >= NOW + 600 * SECOND));
    }
}

#[test]
fn nothing_is_shown_ahead_without_a_grant_or_a_backlog() {
    let mut delivery = delivery(100).with_live(Live { records: 5, every: SECOND });
    let id = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.poll(NOW), Step::Idle, "not granted");
    assert_eq!(delivery.handle_reply(NOW, id, ack(10)), [settled(10)]);
    sent(&mut delivery, NOW, 11, 20);
    let mut delivery = live(30);
    let id = sent(&mut delivery, NOW, 11, 20);
    assert_eq!(delivery.poll(NOW), Step::Idle, "it is as good as there");
    assert_eq!(delivery.handle_reply(NOW, id, ack(20)), [settled(20)]);
}

#[test]
fn a_hub_is_asked_again_for_what_it_refused() {
    let mut delivery = delivery(10);
    let id = sent(&mut delivery, NOW, 1, 10);
    let refusal = Refusal { seq: Seq(4), code: "unknown_item".to_owned(), detail: String::new() };
    let refusing = |through| Reply::Ack(Ack { refused: vec![refusal.clone()], ..Ack::new(epoch(), Seq(through)) });
    assert_eq!(delivery.handle_reply(NOW, id, refusing(10)).len(), 1);
    assert!(delivery.ask_again(Seq(4)));
    assert!(!delivery.ask_again(Seq(11)), "not sent yet");
    let id = sent(&mut delivery, NOW, 4, 4);
    assert_eq!(delivery.handle_reply(NOW, id, refusing(10)), [], "still refused");
    assert!(delivery.ask_again(Seq(4)));
    let id = sent(&mut delivery, NOW, 4, 4);
    assert_eq!(delivery.handle_reply(NOW, id, ack(10)), [Effect::Taken { seq: Seq(4) }]);
}

#[test]
fn what_is_withheld_is_declared_and_not_sent() {
    let mut at = standing(1, 8, 2);
    at.withheld = [Seq(5), Seq(6)].into();
    let mut delivery = Delivery::new(at, 10, Backoff::new(SECOND, SECOND, 1));
    let id = sent(&mut delivery, NOW, 3, 4);
    assert_eq!(delivery.handle_reply(NOW, id, ack(4)), [settled(4)]);
    for seq in [5, 6] {
        let Step::Send(declaration) = delivery.poll(NOW) else { panic!("must declare") };
        assert_eq!((declaration.first, declaration.last), (Seq(seq), Seq(seq)));
        assert_eq!(declaration.kind, ShipmentKind::SetAside);
        assert_eq!(delivery.handle_reply(NOW, declaration.id, ack(seq)), [settled(seq)]);
    }
    sent(&mut delivery, NOW, 7, 8);
}

#[test]
fn what_damage_took_is_declared_in_one_piece() {
    let mut at = standing(1, 12, 2);
    at.holes = vec![(Seq(2), Seq(2)), (Seq(5), Seq(9))];
    let mut delivery = Delivery::new(at, 10, Backoff::new(SECOND, SECOND, 1));
    let id = sent(&mut delivery, NOW, 3, 4);
    assert_eq!(delivery.handle_reply(NOW, id, ack(4)), [settled(4)]);
    let Step::Send(declaration) = delivery.poll(NOW) else { panic!("must declare") };
    assert_eq!((declaration.first, declaration.last, declaration.kind), (Seq(5), Seq(9), ShipmentKind::Damaged));
    let effects = delivery.handle_reply(NOW, declaration.id, ack(9));
    assert_eq!(effects, [Effect::Settle { through: Seq(9), refused: Vec::new(), lost: Some((Seq(5), Seq(9))) }]);
    sent(&mut delivery, NOW, 10, 12);
}

#[test]
fn an_ack_beside_a_hub_that_asks_to_wait_does_not_hide_the_wait() {
    let mut delivery = delivery(100);
    let id = sent(&mut delivery, NOW, 1, 10);
    assert_eq!(delivery.handle_reply(NOW, id, windowed_ack(10, 2)), [settled(10)]);
    let early = sent(&mut delivery, NOW, 11, 20);
    let late = sent(&mut delivery, NOW, 21, 30);
    let busy = Reply::Nothing { kind: TroubleKind::Busy, detail: String::new(), retry_after: Some(600 * SECOND) };
    assert_eq!(delivery.handle_reply(NOW, late, busy), []);
    assert_eq!(delivery.handle_reply(NOW, early, windowed_ack(20, 2)), [settled(20)]);
    assert_eq!(delivery.trouble().map(|trouble| trouble.kind), Some(TroubleKind::Busy));
    assert!(matches!(delivery.poll(NOW), Step::Wait(until) if until >= NOW + 600 * SECOND));
}

#[test]
fn the_question_goes_with_a_first_batch_and_rests_until_it_was_lost_or_ten_minutes_have_passed() {
    let mut delivery =
        Delivery::new(Standing { asks: true, ..standing(1, 60, 0) }, 10, Backoff::new(SECOND, SECOND, 1));
    let asks = |delivery: &mut Delivery, now| match delivery.poll(now) {
        Step::Send(shipment) => (shipment.id, delivery.asks_with(now, &shipment)),
        step => panic!("{step:?}"),
    };
    let (id, is_asked) = asks(&mut delivery, NOW);
    assert!(is_asked);
    assert_eq!(delivery.handle_reply(NOW, id, ack(10)), [settled(10)], "by a receiver that does not know the question");
    let (id, is_asked) = asks(&mut delivery, NOW);
    assert!(!is_asked, "it is not said with each batch");
    assert!(delivery.is_left_unanswered());
    assert!(delivery.handle_reply(NOW, id, nothing()).is_empty());
    let (id, is_asked) = asks(&mut delivery, NOW + 5 * SECOND);
    assert!(!is_asked, "it did not go along with what was lost");
    assert_eq!(delivery.handle_reply(NOW + 5 * SECOND, id, ack(20)), [settled(20)]);
    let (id, is_asked) = asks(&mut delivery, NOW + 600 * SECOND);
    assert!(is_asked, "ten minutes later");
    assert!(delivery.handle_reply(NOW + 600 * SECOND, id, nothing()).is_empty());
    let (id, is_asked) = asks(&mut delivery, NOW + 605 * SECOND);
    assert!(is_asked, "an answer may have been lost");
    let forward = Forward::default();
    let answer = Reply::Ack(Ack { forward: Some(forward.clone()), ..Ack::new(epoch(), Seq(30)) });
    let effects = delivery.handle_reply(NOW + 605 * SECOND, id, answer);
    assert_eq!(effects, [settled(30), Effect::BringForward(forward)]);
    assert!(!delivery.is_left_unanswered());
    delivery.handle_asks(false);
    let (_, is_asked) = asks(&mut delivery, NOW + 6_000 * SECOND);
    assert!(!is_asked, "the ledger knows");
}

#[test]
fn the_question_waits_for_records_while_a_loss_is_declared() {
    let mut at = Standing { asks: true, ..standing(1, 20, 0) };
    at.holes = vec![(Seq(1), Seq(4))];
    let mut delivery = Delivery::new(at, 10, Backoff::new(SECOND, SECOND, 1));
    let Step::Send(lost) = delivery.poll(NOW) else { panic!("a loss is declared") };
    assert!(!delivery.asks_with(NOW, &lost), "what a loss is said with has no room for it");
    assert_eq!(delivery.handle_reply(NOW, lost.id, ack(4)).len(), 1, "a loss that the hub knows");
    let Step::Send(records) = delivery.poll(NOW) else { panic!("records follow") };
    assert!(delivery.asks_with(NOW, &records), "it was not used up");
}
