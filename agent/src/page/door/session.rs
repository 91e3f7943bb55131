//! Who is signed in: sessions by a secret that only their browser has. Pure: time and secrets come in.
//!
//! A session ends when it was idle, when its shift is over, when somebody signs out, when its badge gets another PIN, and when
//! the agent stops. What is kept is the hash of the secret, so that a look into memory or a core dump signs nobody in.

use std::{collections::BTreeMap, fmt, time::Duration};

use sha2::{Digest as _, Sha256};

/// However busy: a shift is over.
const LIFE_MAX: Duration = Duration::from_secs(12 * 3_600);

/// Sessions at once: people of a shift, with some devices each. The one that was idle longest goes.
const SESSIONS_MAX: usize = 64;

/// The secret of a session.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token([u8; 32]);

impl Token {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From a cookie: 64 digits of hex.
    pub(super) fn read(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|digit| digit.is_ascii_digit() || matches!(digit, b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[derive(Debug)]
struct Session {
    badge: String,
    opened: Duration,
    used: Duration,
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    idle_max: Duration,
    open: BTreeMap<[u8; 32], Session>,
}

impl Sessions {
    pub(super) const fn new(idle_max: Duration) -> Self {
        Self { idle_max, open: BTreeMap::new() }
    }

    pub(super) fn open(&mut self, token: &Token, badge: &str, now: Duration) {
        self.expire(now);
        while self.open.len() >= SESSIONS_MAX {
            let idle = self.open.iter().min_by_key(|(_, session)| session.used).map(|(hash, _)| *hash);
            let Some(idle) = idle else { break };
            self.open.remove(&idle);
        }
        self.open.insert(token.hash(), Session { badge: badge.to_owned(), opened: now, used: now });
    }

    /// Whose session it is; it counts as used.
    pub(super) fn find(&mut self, token: &Token, now: Duration) -> Option<String> {
        self.expire(now);
        let session = self.open.get_mut(&token.hash())?;
        session.used = now;
        Some(session.badge.clone())
    }

    pub(super) fn close(&mut self, token: &Token) {
        self.open.remove(&token.hash());
    }

    /// Ends all sessions of a badge.
    pub(super) fn close_badge(&mut self, badge: &str) {
        self.open.retain(|_, session| session.badge != badge);
    }

    fn expire(&mut self, now: Duration) {
        let idle_max = self.idle_max;
        self.open.retain(|_, session| {
            now.saturating_sub(session.used) < idle_max && now.saturating_sub(session.opened) < LIFE_MAX
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(600);

    fn token(number: u8) -> Token {
        Token::new([number; 32])
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_session_that_is_used_lives_and_one_that_is_idle_ends() {
        let mut sessions = Sessions::new(IDLE);
        sessions.open(&token(1), "0042", at(0));
        assert_eq!(sessions.find(&token(1), at(599)).as_deref(), Some("0042"));
        assert_eq!(sessions.find(&token(1), at(1_198)).as_deref(), Some("0042"), "used at 599");
        assert_eq!(sessions.find(&token(1), at(1_798)), None);
        assert_eq!(sessions.find(&token(2), at(1)), None, "nobody's");
    }

    #[test]
    fn no_session_outlives_a_shift_however_much_it_is_used() {
        let mut sessions = Sessions::new(IDLE);
        sessions.open(&token(1), "0042", at(0));
        let ends = (0..200).map(|i| i * 300).find(|second| sessions.find(&token(1), at(*second)).is_none());
        assert_eq!(ends, Some(12 * 3_600));
    }

    #[test]
    fn signing_out_and_a_new_pin_end_sessions() {
        let mut sessions = Sessions::new(IDLE);
        for (number, badge) in [(1, "0042"), (2, "0042"), (3, "0007")] {
            sessions.open(&token(number), badge, at(0));
        }
        sessions.close(&token(1));
        assert_eq!(sessions.find(&token(1), at(1)), None);
        sessions.close_badge("0042");
        assert_eq!(sessions.find(&token(2), at(1)), None);
        assert!(sessions.find(&token(3), at(1)).is_some());
    }

    #[test]
    fn there_are_only_so_many_and_the_idlest_goes() {
        let mut sessions = Sessions::new(IDLE);
        for number in 0..=SESSIONS_MAX {
            let number = u8::try_from(number).unwrap();
            sessions.open(&token(number), "0042", at(u64::from(number)));
            assert!(sessions.find(&token(0), at(u64::from(number))).is_some(), "used each time");
        }
        assert_eq!(sessions.open.len(), SESSIONS_MAX);
        assert_eq!(sessions.find(&token(1), at(65)), None);
    }

    #[test]
    fn only_what_we_write_is_read_as_a_token() {
        let token = token(0xa7);
        assert_eq!(Token::read(&token.to_string()), Some(token.clone()));
        for text in ["", "a7", &"g".repeat(64), &"A".repeat(64), &"ä".repeat(32), &token.to_string()[1..]] {
            assert_eq!(Token::read(text), None, "{text}");
        }
        assert!(!format!("{token:?}").contains("a7"));
    }
}
