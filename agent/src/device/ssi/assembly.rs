//! Scans out of packets: parts joined, repeats told.
//!
//! Owns what the two status bits mean for a scan. Packets carry no number, so a repeat is a packet with the retransmit
//! bit that says the same as the last one that was acknowledged: its acknowledgement got lost, and it must be
//! acknowledged again without becoming a second scan.
//!
//! ```text
//!            more: acknowledge, keep                   last: hand on
//!  ┌──────┐ ───────────────────────► ┌─────────┐ ──────────────────────► ┌──────────┐
//!  │ idle │                          │ joining │                         │ complete │──answered──► idle
//!  └──────┘ ◄─────────────────────── └─────────┘                         └──────────┘
//!     ▲      another type, silence        │ longer than the limit: one error   │ not recorded: the parts are kept,
//!     │      last                         ▼                                    ▼ the scanner sends the last one again
//!     └──────────────────────────── ┌──────────┐
//!                                   │ skipping │
//!                                   └──────────┘
//! ```

use super::CodeType;

/// Joins the parts of one scanner's data.
#[derive(Debug, Default)]
pub struct Assembly {
    state: State,
    /// Everything before the last part, and that part's symbol.
    joined: Vec<u8>,
    last_ms: u64,
    acknowledged: Option<(Part, u64)>,
    unrecorded: Option<(Vec<u8>, Part)>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Joining(CodeType),
    Complete(Part),
    Skipping,
}

/// One packet's share.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    code_type: CodeType,
    more: bool,
    data: Vec<u8>,
}

/// What a packet was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A part: acknowledge, more follows.
    Part,
    /// Acknowledged before: acknowledge again, nothing new.
    Repeat,
    /// The whole data of a symbol. Tell [`Assembly::answered`] before the next packet.
    Complete(CodeType, Vec<u8>),
    /// Past [`Assembly::LEN_MAX`]: say so once, and refuse what follows of it.
    TooLong,
    /// More of what was too long.
    Skipped,
}

impl Assembly {
    /// The longest joined data, in bytes: no symbol a scanner reads holds more.
    pub const LEN_MAX: usize = 8 * 1024;

    /// A part without the next one for so long is lost: the scanner repeats twice, 2 s apart, then gives up.
    pub const GAP_MS: u64 = 5_000;

    /// So long after an acknowledgement a repeat can still be of the same scan: the slowest response time-out that can
    /// be set is 9.9 s, and there are two repeats.
    pub const REPEAT_MS: u64 = 30_000;

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one packet of decoded data.
    pub fn take(&mut self, code_type: CodeType, data: &[u8], retransmit: bool, more: bool, now_ms: u64) -> Taken {
        self.last_ms = now_ms;
        let part = Part { code_type, more, data: data.to_vec() };
        if retransmit
            && let Some((last, at_ms)) = &mut self.acknowledged
            && *last == part
            && now_ms.saturating_sub(*at_ms) < Self::REPEAT_MS
        {
            *at_ms = now_ms;
            return Taken::Repeat;
        }
        match self.unrecorded.take() {
            Some((before, last)) if retransmit && last == part => {
                self.joined = before;
                return self.complete(part);
            }
            Some(_) | None => {}
        }
        match self.state {
            State::Skipping => {
                if !more {
                    self.state = State::Idle;
                }
                return Taken::Skipped;
            }
            State::Joining(joining) if joining == code_type => {}
            State::Idle | State::Joining(_) | State::Complete(_) => self.joined.clear(),
        }
        if self.joined.len() + part.data.len() > Self::LEN_MAX {
            self.joined = Vec::new();
            self.state = if more { State::Skipping } else { State::Idle };
            return Taken::TooLong;
        }
        if more {
            self.joined.extend_from_slice(&part.data);
            self.state = State::Joining(code_type);
            self.acknowledged = Some((part, now_ms));
            return Taken::Part;
        }
        self.complete(part)
    }

    /// What became of the last [`Taken::Complete`]: acknowledged for good, or to be sent again.
    pub fn answered(&mut self, is_final: bool, now_ms: u64) {
        let State::Complete(part) = std::mem::take(&mut self.state) else { return };
        let before = std::mem::take(&mut self.joined);
        if is_final {
            self.acknowledged = Some((part, now_ms));
        } else {
            self.unrecorded = Some((before, part));
        }
    }

    /// A packet was unreadable. What is sent again after it may be a new scan of the same code, which never arrived
    /// whole: so it counts. That a lost acknowledgement and a damaged repeat meet is rarer, and would count once too
    /// often.
    pub fn damaged(&mut self) {
        self.acknowledged = None;
    }

    /// The line was opened anew: half a symbol is lost, but what was acknowledged is remembered, or the repeat of a
    /// scan whose acknowledgement went down with the line would count twice.
    pub fn reopen(&mut self) {
        self.state = State::Idle;
        self.joined = Vec::new();
    }

    /// Gives up on a symbol whose next part does not come; `true` when that lost something.
    pub fn poll_idle(&mut self, now_ms: u64) -> bool {
        if self.next_deadline().is_none_or(|deadline| now_ms < deadline) {
            return false;
        }
        let lost = matches!(self.state, State::Joining(_));
        self.reopen();
        lost
    }

    /// When [`Self::poll_idle`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<u64> {
        match self.state {
            State::Joining(_) | State::Skipping => Some(self.last_ms.saturating_add(Self::GAP_MS)),
            State::Idle | State::Complete(_) => None,
        }
    }

    fn complete(&mut self, part: Part) -> Taken {
        let code_type = part.code_type;
        let data = [self.joined.as_slice(), part.data.as_slice()].concat();
        self.state = State::Complete(part);
        Taken::Complete(code_type, data)
    }
}
