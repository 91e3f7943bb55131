//! The order of one node's messages: the counter over all of them, 0 to 255 and round again.
//!
//! Owns telling the next message from one that has overtaken others and from one that was heard before, and keeping the
//! former for a while: brokers in a cluster keep the order on a topic, not across topics. Must not know what a message
//! says.

use std::collections::BTreeMap;

/// How many messages may overtake a missing one. What is further ahead is not out of order but after a gap.
const AHEAD_MAX: u8 = 8;
/// A larger payload is not kept: 8 of these are what one node may cost.
const KEPT_LEN_MAX: usize = 64 * 1024;
/// How far behind a repetition is still recognised, and how many in a row are believed to be some. It has to end: when
/// the node's clock was set back, all its messages look old.
const LATE_MAX: u8 = 16;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Next,
    /// Heard before, or sent before the birth.
    Late,
    /// It has overtaken what is missing.
    Ahead,
    /// Something is missing that will not come.
    Gap,
}

/// Where the sequence of a session stands.
#[derive(Debug, Clone)]
pub(super) struct Sequence<M> {
    next: u8,
    late: u8,
    /// The sender's time of the birth and of the last message.
    born: Option<u64>,
    last: Option<u64>,
    ahead: BTreeMap<u8, M>,
    waiting_since_ms: Option<u64>,
}

impl<M> Sequence<M> {
    /// After a birth with the number `seq`.
    pub(super) const fn after(seq: u8, timestamp: Option<u64>) -> Self {
        Self {
            next: seq.wrapping_add(1),
            late: 0,
            born: timestamp,
            last: timestamp,
            ahead: BTreeMap::new(),
            waiting_since_ms: None,
        }
    }

    /// `seq` as it stands in the message. Left out it is 0: some encoders leave out zeros.
    pub(super) fn order(&mut self, seq: Option<u64>, timestamp: Option<u64>) -> Order {
        let Ok(seq) = u8::try_from(seq.unwrap_or(0)) else { return Order::Gap };
        if seq == self.next {
            return Order::Next;
        }
        let behind = self.next.wrapping_sub(seq);
        let not_after = |limit: Option<u64>| timestamp.zip(limit).is_some_and(|(sent, limit)| sent <= limit);
        let is_repeated = behind <= LATE_MAX && not_after(self.last);
        let is_overtaken = timestamp.zip(self.born).is_some_and(|(sent, born)| sent < born);
        if (is_repeated || is_overtaken || self.ahead.contains_key(&seq)) && self.late < LATE_MAX {
            self.late += 1;
            return Order::Late;
        }
        if seq.wrapping_sub(self.next) <= AHEAD_MAX { Order::Ahead } else { Order::Gap }
    }

    /// Steps over a message that was [`Order::Next`].
    pub(super) const fn advance(&mut self, timestamp: Option<u64>) {
        self.next = self.next.wrapping_add(1);
        self.late = 0;
        if timestamp.is_some() {
            self.last = timestamp;
        }
    }

    /// Keeps a message that was [`Order::Ahead`]; `false` when it is too large.
    pub(super) fn keep(&mut self, seq: Option<u64>, message: M, len: usize, now_ms: u64) -> bool {
        let Ok(seq) = u8::try_from(seq.unwrap_or(0)) else { return false };
        if len > KEPT_LEN_MAX {
            return false;
        }
        self.ahead.insert(seq, message);
        self.waiting_since_ms.get_or_insert(now_ms);
        true
    }

    /// The next message, if it is one that was kept.
    pub(super) fn take_next(&mut self) -> Option<M> {
        let next = self.ahead.remove(&self.next);
        if self.ahead.is_empty() {
            self.waiting_since_ms = None;
        }
        next
    }

    /// Since when a message is missing that others have overtaken.
    pub(super) const fn waiting_since_ms(&self) -> Option<u64> {
        self.waiting_since_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The birth has 0 and was sent at 100; `heard` messages follow at 101, 102, ….
    fn check(heard: u16, seq: Option<u64>, timestamp: Option<u64>, expect: Order) {
        let mut sequence = Sequence::<()>::after(0, Some(100));
        for sent in 1..=heard {
            let seq = u64::from(sent % 256);
            let timestamp = Some(100 + u64::from(sent));
            assert_eq!(sequence.order(Some(seq), timestamp), Order::Next);
            sequence.advance(timestamp);
        }
        assert_eq!(sequence.order(seq, timestamp), expect, "after {heard}: {seq:?} at {timestamp:?}");
    }

    #[test]
    fn the_sequence_runs_round_at_255() {
        check(0, Some(1), None, Order::Next);
        check(254, Some(255), None, Order::Next);
        check(255, Some(0), None, Order::Next);
        check(255, None, None, Order::Next);
        check(256, Some(1), None, Order::Next);
    }

    #[test]
    fn a_few_messages_ahead_may_have_overtaken_and_more_are_after_a_gap() {
        check(4, Some(6), Some(200), Order::Ahead);
        check(4, Some(13), Some(200), Order::Ahead);
        check(4, Some(14), Some(200), Order::Gap);
        check(254, Some(0), Some(900), Order::Ahead);
        check(4, Some(256), Some(200), Order::Gap);
        check(4, None, Some(200), Order::Gap);
    }

    #[test]
    fn what_is_behind_and_not_newer_was_heard_before() {
        check(4, Some(4), Some(104), Order::Late);
        check(4, Some(3), Some(103), Order::Late);
        check(30, Some(15), Some(115), Order::Late);
        check(30, Some(14), Some(114), Order::Gap);
        check(4, Some(4), Some(105), Order::Gap);
        check(4, Some(4), None, Order::Gap);
    }

    #[test]
    fn what_was_sent_before_the_birth_was_overtaken_by_it() {
        check(0, Some(57), Some(99), Order::Late);
        check(0, Some(57), Some(100), Order::Gap);
        check(0, Some(2), Some(99), Order::Late);
    }

    #[test]
    fn a_clock_that_was_set_back_hides_a_gap_only_for_a_while() {
        let mut sequence = Sequence::<()>::after(0, Some(100));
        let orders: Vec<_> = (20..40).map(|seq| sequence.order(Some(seq), Some(seq))).collect();
        assert!(orders[..16].iter().all(|order| *order == Order::Late));
        assert!(orders[16..].iter().all(|order| *order == Order::Gap));
    }

    #[test]
    fn what_was_kept_comes_when_the_missing_has_come() {
        let mut sequence = Sequence::after(253, None);
        assert!(sequence.keep(Some(0), "c", 1, 70) && sequence.keep(Some(255), "b", 1, 80));
        assert!(!sequence.keep(Some(1), "too large", KEPT_LEN_MAX + 1, 90));
        assert_eq!((sequence.take_next(), sequence.waiting_since_ms()), (None, Some(70)));
        assert_eq!(sequence.order(Some(0), None), Order::Late, "kept already");
        sequence.advance(None);
        assert_eq!(sequence.take_next(), Some("b"));
        sequence.advance(None);
        assert_eq!((sequence.take_next(), sequence.waiting_since_ms()), (Some("c"), None));
    }
}
