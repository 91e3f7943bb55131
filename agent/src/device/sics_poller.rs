//! When to ask an MT-SICS scale, and when its silence means something.
//!
//! Owns the dialogue: one command in flight, `@` first, then `SI` for ever. `SI` and not `S`, because `S` waits in the
//! scale for stability, seconds long, and the agent has a stability check of its own. Time is an argument: the time
//! since any fixed start. Must not know the line: the shell sends what [`SicsPoller::poll`] hands out. One poller lives
//! as long as one opening of the port.
//!
//! ```text
//!  open ──► resetting ──answer or time-out──► idle ──interval──► weighing ──answer──► idle
//!             "@"                               ▲                  "SI"
//!                                               └────time-out: missed + 1; the third in a row reports silence, once
//! ```

use std::time::Duration;

use super::mt_sics::{Command, SicsReply};
use super::reading::{Cause, Reading};

/// Cancels what the scale is doing, above all an `SIR` stream a former host has started. It also clears the scale's
/// tare memory: what a container weighs is kept by the agent.
const RESET: &[u8] = b"@\r\n";
const WEIGH: &[u8] = b"SI\r\n";

/// One lost reply is line noise; three are a scale that is off, unplugged behind its adapter, or set to another speed.
const MISSED_MAX: u32 = 3;

/// What the shell is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// Write these bytes, then poll again.
    Send(&'static [u8]),
    /// Pass this reading on, then poll again.
    Report(Reading),
    /// Nothing until then, unless a reply comes first.
    Wait(Duration),
}

#[derive(Debug, Clone)]
pub struct SicsPoller {
    interval: Duration,
    reply_timeout: Duration,
    state: State,
    missed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opened,
    Resetting { sent: Duration },
    Weighing { sent: Duration },
    Idle { next: Duration },
}

impl SicsPoller {
    /// `interval`: from one `SI` to the next, at least 100 ms (KERN's limit); `reply_timeout`: how long a reply may
    /// take, 1 s is ample at 9600 baud.
    #[must_use]
    pub const fn new(interval: Duration, reply_timeout: Duration) -> Self {
        Self { interval, reply_timeout, state: State::Opened, missed: 0 }
    }

    /// The next thing to do at `now`. Call until it says [`Poll::Wait`].
    pub fn poll(&mut self, now: Duration) -> Poll {
        match self.state {
            State::Opened => {
                self.state = State::Resetting { sent: now };
                Poll::Send(RESET)
            }
            State::Resetting { sent } | State::Weighing { sent } if now < sent + self.reply_timeout => {
                Poll::Wait(sent + self.reply_timeout)
            }
            // Some makes do not know `@` and stay mute: that says nothing about the level.
            State::Resetting { sent } => {
                self.rest(sent);
                self.poll(now)
            }
            State::Weighing { sent } => {
                self.rest(sent);
                self.missed = self.missed.saturating_add(1);
                if self.missed == MISSED_MAX { Poll::Report(Reading::Unknown(Cause::Silent)) } else { self.poll(now) }
            }
            State::Idle { next } if now < next => Poll::Wait(next),
            State::Idle { .. } => {
                self.state = State::Weighing { sent: now };
                Poll::Send(WEIGH)
            }
        }
    }

    /// Takes a reply and says what it means for the level. Any reply ends a silence, also one that comes too late.
    pub fn handle_reply(&mut self, reply: &SicsReply) -> Option<Reading> {
        self.missed = 0;
        match self.state {
            State::Resetting { sent } => {
                // A running stream goes on until the reset has reached the scale.
                if !speaks_of_weight(reply) {
                    self.rest(sent);
                    return None;
                }
            }
            State::Weighing { sent } => {
                if speaks_of_weight(reply) || is_refused_unread(reply) {
                    self.rest(sent);
                }
            }
            State::Opened | State::Idle { .. } => {}
        }
        // Nobody asked for the serial number: the scale has just been switched on, and may have zeroed itself.
        let has_started = matches!(reply, SicsReply::Serial(_)) && self.state != State::Opened;
        if has_started { Some(Reading::Online(true)) } else { reply.reading() }
    }

    fn rest(&mut self, sent: Duration) {
        self.state = State::Idle { next: sent + self.interval };
    }
}

fn speaks_of_weight(reply: &SicsReply) -> bool {
    match reply {
        SicsReply::Weight(_) | SicsReply::NotAMass { .. } => true,
        SicsReply::Refused { command, .. } => *command == Some(Command::Weigh),
        SicsReply::Done { .. } | SicsReply::Serial(_) | SicsReply::Info(_) => false,
    }
}

/// `ES`, `ET`, `EL`: the scale could not make out the command, so it was the one in flight.
fn is_refused_unread(reply: &SicsReply) -> bool {
    matches!(reply, SicsReply::Refused { command: None, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(200);
    const TIMEOUT: Duration = Duration::from_millis(1000);
    const SILENT: Poll = Poll::Report(Reading::Unknown(Cause::Silent));

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn reply(frame: &str) -> SicsReply {
        SicsReply::parse(frame.as_bytes()).unwrap()
    }

    /// A poller past its reset, with its first `SI` due at 200 ms.
    fn ready() -> SicsPoller {
        let mut poller = SicsPoller::new(INTERVAL, TIMEOUT);
        assert_eq!(poller.poll(ms(0)), Poll::Send(b"@\r\n"));
        assert_eq!(poller.handle_reply(&reply("I4 A \"1\"")), None);
        poller
    }

    #[test]
    fn it_resets_first_and_then_asks_at_the_interval_one_at_a_time() {
        let mut poller = ready();
        assert_eq!(poller.poll(ms(50)), Poll::Wait(ms(200)));
        assert_eq!(poller.poll(ms(200)), Poll::Send(b"SI\r\n"));
        assert_eq!(poller.poll(ms(201)), Poll::Wait(ms(1200)), "one in flight");
        assert!(matches!(poller.handle_reply(&reply("S S 1.0 g")), Some(Reading::Weight(_))));
        assert_eq!(poller.poll(ms(250)), Poll::Wait(ms(400)));
        assert_eq!(poller.poll(ms(400)), Poll::Send(b"SI\r\n"));
    }

    #[test]
    fn a_scale_that_does_not_know_the_reset_is_asked_all_the_same() {
        let mut mute = SicsPoller::new(INTERVAL, TIMEOUT);
        mute.poll(ms(0));
        assert_eq!(mute.poll(ms(999)), Poll::Wait(ms(1000)));
        assert_eq!(mute.poll(ms(1000)), Poll::Send(b"SI\r\n"));

        let mut refusing = SicsPoller::new(INTERVAL, TIMEOUT);
        refusing.poll(ms(0));
        assert_eq!(refusing.handle_reply(&reply("ES")), None, "a reset refused says nothing about the level");
        assert_eq!(refusing.poll(ms(200)), Poll::Send(b"SI\r\n"));
    }

    #[test]
    fn a_stream_still_running_at_the_reset_is_read_and_does_not_answer_it() {
        let mut poller = SicsPoller::new(INTERVAL, TIMEOUT);
        poller.poll(ms(0));
        assert!(poller.handle_reply(&reply("S S 1.0 g")).is_some());
        assert_eq!(poller.poll(ms(300)), Poll::Wait(ms(1000)));
    }

    #[test]
    fn the_third_missed_reply_reports_silence_once_and_the_asking_goes_on() {
        let mut poller = ready();
        let mut reported_at = Vec::new();
        let mut sent = 0;
        for now in (200..20_000).step_by(10) {
            match poller.poll(ms(now)) {
                Poll::Send(_) => sent += 1,
                found @ Poll::Report(_) => {
                    assert_eq!(found, SILENT);
                    reported_at.push(now);
                }
                Poll::Wait(_) => {}
            }
        }
        assert_eq!(reported_at.len(), 1, "once per silence: {reported_at:?}");
        assert!((3200..3300).contains(&reported_at[0]), "after the third time-out: {reported_at:?}");
        assert!(sent > 15, "asked on: {sent}");
    }

    #[test]
    fn a_late_reply_ends_the_silence_and_the_next_silence_is_reported_again() {
        let mut poller = ready();
        let silence = |poller: &mut SicsPoller, from: u64| -> u64 {
            (from..from + 10_000).find(|now| poller.poll(ms(*now)) == SILENT).unwrap()
        };
        let first = silence(&mut poller, 200);
        assert!(matches!(poller.handle_reply(&reply("S S 1.0 g")), Some(Reading::Weight(_))));
        assert!(silence(&mut poller, first + 1) >= first + 2000);
    }

    #[test]
    fn two_missed_replies_are_no_silence() {
        let mut poller = ready();
        for now in 200..3100 {
            assert_ne!(poller.poll(ms(now)), SILENT);
        }
        poller.handle_reply(&reply("S I"));
        for now in 3100..5100 {
            assert_ne!(poller.poll(ms(now)), SILENT);
        }
    }

    #[test]
    fn a_serial_number_nobody_asked_for_means_the_scale_has_started_again() {
        let mut poller = ready();
        poller.poll(ms(200));
        assert_eq!(poller.handle_reply(&reply("I4 A \"1\"")), Some(Reading::Online(true)));
        assert_eq!(poller.poll(ms(300)), Poll::Wait(ms(1200)), "the question is still open");
    }

    #[test]
    fn a_question_the_scale_could_not_make_out_is_answered_with_unknown_and_asked_again() {
        for refusal in ["ES", "ET", "EL", "S I", "S +"] {
            let mut poller = ready();
            poller.poll(ms(200));
            assert!(matches!(poller.handle_reply(&reply(refusal)), Some(Reading::Unknown(_))), "{refusal}");
            assert_eq!(poller.poll(ms(400)), Poll::Send(b"SI\r\n"), "{refusal}");
        }
    }
}
