//! Who somebody is, and what they may. A badge opens what its role allows; a role that can change the site's rules, and
//! everybody who has a PIN, needs the PIN too.
//!
//! Owns the sessions, the PINs and how often somebody was wrong. PINs are kept as argon2id hashes beside the ledger; what was
//! wrong is kept there too, each time in a commit of its own and before the answer, so that neither a restart nor a plug pulled
//! buys more tries. Hashing is done one at a time and off the threads that serve; a few may wait, more are turned away.
//! Nothing here is asked when a scanner scans: whoever storms the door cannot hold up a station.
//!
//! - [`backoff`] who has to wait, pure · [`session`] who is signed in, pure · [`pin`] what a PIN is and how it is hashed
//! - [`right`] what a role may · [`entry`] the pages for it, and the way for the command line

mod backoff;
mod entry;
mod pin;
mod right;
mod session;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use gateway_proto::name::Text;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::{
    backoff::{Backoff, Source},
    session::{Sessions, Token},
};
pub(crate) use self::{
    entry::{address, local_routes, routes},
    pin::PinError,
    right::Right,
};
use super::visit::cookie;
use crate::{
    cause,
    clock::Clock,
    config::{PageConfig, PageTls},
    floor::{KeptFact, why::Why},
    ledger::recorder::Recorder,
    movement::entry::{AuditLine, Entry, Kept, KeptKey, Statement},
    register::{
        Register,
        operator::{Operator, Role},
    },
    status::problems::PageFacts,
    task::floor::{FloorNews, not_recorded},
};

/// Where PINs are kept beside the ledger, by badge.
const PIN_KIND: &str = "pin";

/// Where it is kept how often somebody was wrong.
const BACKOFF_KIND: &str = "door";
const BACKOFF_NAME: &str = "backoff";

/// Sign-ins that may wait for the one that is being hashed: a shift begins, and each takes a fraction of a second.
const WAITING_MAX: usize = 8;

/// How long a commit of the door may take before the answer goes out without it: a disk that refuses must not keep people
/// out; what was wrong is still known to this process.
const KEEP_MAX: Duration = Duration::from_secs(5);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) badge: Text,
    pub(crate) name: Text,
    pub(crate) role: Role,
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// Whoever it was, with the `Set-Cookie` of a session that is new.
    In(Who, String),
    Wrong,
    /// The badge is known and needs its PIN; none was given.
    NeedsPin,
    /// The role needs a PIN and there is none.
    NoPin,
    Wait(Duration),
    Busy,
}

/// The door.
#[derive(Debug)]
pub struct Door {
    sessions: Mutex<Sessions>,
    /// The hashes, by badge.
    pins: Mutex<BTreeMap<String, String>>,
    /// One attempt at a time: each sees what the one before came to.
    backoff: tokio::sync::Mutex<Backoff>,
    waiting: Arc<Semaphore>,
    pin_roles: Vec<Role>,
    is_secure: bool,
    recorder: Recorder,
    clock: Clock,
    floor: watch::Receiver<FloorNews>,
    /// Where the page says how it is.
    facts: watch::Sender<PageFacts>,
}

/// What a door is made of.
#[derive(Debug)]
pub struct Lock<'a> {
    /// `None`: there is no page; PINs can be set all the same.
    pub page: Option<&'a PageConfig>,
    pub kept: &'a [KeptFact],
    pub recorder: Recorder,
    pub clock: Clock,
    pub floor: watch::Receiver<FloorNews>,
    /// Where the page says how it is.
    pub facts: watch::Sender<PageFacts>,
}

impl Door {
    #[must_use]
    pub fn new(lock: Lock<'_>) -> Self {
        let Lock { page, kept, recorder, clock, floor, facts } = lock;
        let now = clock.elapsed();
        let of_kind = |kind: &'static str| kept.iter().filter(move |fact| fact.kind == kind);
        let pins = of_kind(PIN_KIND).filter_map(|fact| match serde_json::from_str(&fact.text) {
            Ok(hash) => Some((fact.name.clone(), hash)),
            Err(error) => {
                warn!(badge = fact.name, %error, "kept PIN cannot be read; set it again");
                None
            }
        });
        let backoff = of_kind(BACKOFF_KIND).find(|fact| fact.name == BACKOFF_NAME);
        let backoff = backoff.map(|fact| Backoff::read(&fact.text, now)).unwrap_or_default();
        facts.send_modify(|facts| facts.pin_storm = backoff.storm());
        Self {
            sessions: Mutex::new(Sessions::new(page.map_or(PageConfig::IDLE, |page| page.idle))),
            pins: Mutex::new(pins.collect()),
            backoff: tokio::sync::Mutex::new(backoff),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            pin_roles: page
                .map(|page| page.pin_roles.iter().copied().collect())
                .unwrap_or(PageConfig::PIN_ALWAYS.to_vec()),
            is_secure: page.is_some_and(|page| page.tls != PageTls::Plain),
            recorder,
            clock,
            floor,
            facts,
        }
    }

    /// Who sends this request. Role and name are those of the register now: what is taken from somebody is gone at once.
    pub(crate) fn who(&self, headers: &HeaderMap) -> Option<Who> {
        let token = Token::read(cookie(headers, self.cookie_name())?)?;
        let badge = lock(&self.sessions).find(&token, self.clock.elapsed())?;
        let who = self.operator(&badge);
        if who.is_none() {
            lock(&self.sessions).close(&token);
        }
        who
    }

    /// Lets somebody in, or says why not. An attempt is made to its end and counted also when whoever sent it hangs up: else
    /// hanging up would buy tries, and hashes without number at the same time.
    pub(crate) async fn sign_in(self: &Arc<Self>, from: IpAddr, badge: &str, pin: &str, headers: &HeaderMap) -> Came {
        let Ok(place) = self.waiting.clone().try_acquire_owned() else { return Came::Busy };
        let old = cookie(headers, self.cookie_name()).and_then(Token::read);
        let (door, badge, pin) = (self.clone(), badge.to_owned(), pin.to_owned());
        let attempt = tokio::spawn(async move {
            let _place = place;
            door.attempt(from, &badge, &pin, old).await
        });
        attempt.await.unwrap_or(Came::Busy)
    }

    async fn attempt(&self, from: IpAddr, badge: &str, pin: &str, old: Option<Token>) -> Came {
        let mut backoff = self.backoff.lock().await;
        let (source, now) = (Source::of(from), self.clock.elapsed());
        if let Some(wait) = backoff.wait(&source, badge, now) {
            return Came::Wait(wait);
        }
        let who = self.operator(badge);
        let hash = lock(&self.pins).get(badge).cloned();
        let needs_pin = hash.is_some() || who.as_ref().is_some_and(|who| self.pin_roles.contains(&who.role));
        let is_right = match (&who, hash) {
            (Some(_), _) if needs_pin && pin.is_empty() => return Came::NeedsPin,
            (Some(_), None) if needs_pin => return Came::NoPin,
            (Some(_), None) => true,
            (Some(_), Some(hash)) => matches(pin, hash).await,
            // As long as a PIN takes, so that a badge nobody has cannot be told from a wrong PIN by the time.
            (None, _) => {
                if !pin.is_empty() {
                    let _never = matches(pin, pin::NOBODY.to_owned()).await;
                }
                false
            }
        };
        let now = self.clock.elapsed();
        match who.filter(|_| is_right) {
            Some(who) => {
                if backoff.succeeded(&source, badge) {
                    self.keep_backoff(&backoff).await;
                }
                let mut sessions = lock(&self.sessions);
                // What the browser had before is worth nothing any more: neither to it nor to whoever gave it that.
                if let Some(old) = old {
                    sessions.close(&old);
                }
                let token = Token::new(random_bytes());
                sessions.open(&token, badge, now);
                let cookie = self.cookie(&token.to_string(), "");
                Came::In(who, cookie)
            }
            None => {
                let wait = backoff.failed(&source, badge, now);
                if wait > Duration::ZERO {
                    warn!(from = %source, wait_seconds = wait.as_secs(), "wrong badge or PIN at the page");
                }
                self.keep_backoff(&backoff).await;
                Came::Wrong
            }
        }
    }

    /// Ends the session of this request; the `Set-Cookie` that removes it.
    pub(crate) fn sign_out(&self, headers: &HeaderMap) -> String {
        if let Some(token) = cookie(headers, self.cookie_name()).and_then(Token::read) {
            lock(&self.sessions).close(&token);
        }
        self.cookie("", "; Max-Age=0")
    }

    /// Sets the PIN of a badge, and ends its sessions; `by` is for the log. Whoever was locked out with this badge is no
    /// longer.
    ///
    /// # Errors
    /// [`PinError`]: it stays as it was.
    pub(crate) async fn set_pin(self: &Arc<Self>, badge: &str, pin: &str, by: &str) -> Result<Who, PinError> {
        let (door, badge, pin, by) = (self.clone(), badge.to_owned(), pin.to_owned(), by.to_owned());
        // To its end, whoever hangs up: what is kept and what is known here are the same.
        tokio::spawn(async move { door.change_pin(&badge, &pin, &by).await }).await.unwrap_or(Err(PinError::Hash))
    }

    async fn change_pin(&self, badge: &str, pin: &str, by: &str) -> Result<Who, PinError> {
        let who = self.operator(badge).ok_or_else(|| PinError::NoOperator(badge.to_owned()))?;
        pin::check(pin, self.pin_roles.contains(&who.role))?;
        let mut backoff = self.backoff.lock().await;
        let (text, salt) = (pin.to_owned(), random_bytes());
        let hash = tokio::task::spawn_blocking(move || pin::hash(&text, &salt)).await.map_err(|_| PinError::Hash)??;
        let fact = Kept { key: KeptKey::new(PIN_KIND, badge), text: serde_json::json!(hash).to_string() };
        self.recorder
            .record(Entry::of(vec![Statement::Keep(fact), self.audit(by, "set PIN", badge)]))
            .await
            .map_err(|refused| PinError::NotKept(Why::not_recorded(&not_recorded(&refused))))?;
        lock(&self.pins).insert(badge.to_owned(), hash);
        lock(&self.sessions).close_badge(badge);
        if backoff.forgive(badge) {
            self.keep_backoff(&backoff).await;
        }
        info!(badge, by, "PIN set");
        Ok(who)
    }

    /// Takes the PIN of a badge away: a role that needs one is shut out until it has a new one.
    ///
    /// # Errors
    /// [`PinError`]: it stays as it was.
    pub(crate) async fn clear_pin(&self, badge: &str, by: &str) -> Result<(), PinError> {
        let gone = Statement::Forget(KeptKey::new(PIN_KIND, badge));
        self.recorder
            .record(Entry::of(vec![gone, self.audit(by, "take PIN away", badge)]))
            .await
            .map_err(|refused| PinError::NotKept(Why::not_recorded(&not_recorded(&refused))))?;
        lock(&self.pins).remove(badge);
        lock(&self.sessions).close_badge(badge);
        info!(badge, by, "PIN taken away");
        Ok(())
    }

    /// Takes PINs away whose operators are gone, however they went, until stopped: a badge that is given to somebody else must
    /// not open with the old one.
    pub async fn run(&self, stop: CancellationToken) {
        let (mut floor, mut seen) = (self.floor.clone(), None);
        loop {
            let register = self.register();
            if !seen.is_some_and(|seen| Arc::ptr_eq(&seen, &register)) {
                let strangers: Vec<String> =
                    lock(&self.pins).keys().filter(|badge| register.operator(badge).is_none()).cloned().collect();
                for badge in strangers {
                    if let Err(error) = self.clear_pin(&badge, "agent").await {
                        warn!(badge, %error, "PIN of somebody who is gone not taken away; tried again with the next change");
                    }
                }
            }
            seen = Some(register);
            tokio::select! {
                () = stop.cancelled() => return,
                changed = floor.changed() => if changed.is_err() { return },
            }
        }
    }

    /// What is told of a PIN later: that it was set, never which.
    fn audit(&self, by: &str, act: &str, badge: &str) -> Statement {
        let (actor, act, detail) = (by.to_owned(), act.to_owned(), format!("badge {badge}"));
        Statement::Audit(AuditLine { at: self.clock.wall().0, actor, act, detail })
    }

    /// Whether a badge has a PIN.
    pub(crate) fn has_pin(&self, badge: &str) -> bool {
        lock(&self.pins).contains_key(badge)
    }

    /// Whether a role opens nothing without one.
    pub(crate) fn needs_pin(&self, role: Role) -> bool {
        self.pin_roles.contains(&role)
    }

    /// What people told us of the site, as committed.
    pub(crate) fn register(&self) -> Arc<Register> {
        self.floor.borrow().register.clone()
    }

    fn operator(&self, badge: &str) -> Option<Who> {
        let register = self.register();
        let Operator { badge, name, role } = register.operator(badge)?.clone();
        Some(Who { badge, name, role })
    }

    async fn keep_backoff(&self, backoff: &Backoff) {
        self.facts.send_modify(|facts| facts.pin_storm = backoff.storm());
        let text = backoff.write(self.clock.elapsed());
        let fact = Kept { key: KeptKey::new(BACKOFF_KIND, BACKOFF_NAME), text };
        let kept = timeout(KEEP_MAX, self.recorder.record(Entry::of(vec![Statement::Keep(fact)]))).await;
        match kept {
            Ok(Ok(_)) => {}
            Ok(Err(refused)) => error!(error = %cause::chain(&refused), "wrong tries at the page are not kept"),
            Err(_) => error!("wrong tries at the page are not kept in time"),
        }
    }

    /// `__Host-`: bound to this origin, where browsers let it be, which is over TLS.
    const fn cookie_name(&self) -> &'static str {
        if self.is_secure { "__Host-binwire" } else { "binwire" }
    }

    fn cookie(&self, value: &str, ending: &str) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ending}", self.cookie_name())
    }
}

/// Whether a PIN is the one; hashed off the threads that serve.
async fn matches(pin: &str, hash: String) -> bool {
    let pin = pin.to_owned();
    tokio::task::spawn_blocking(move || pin::matches(&pin, &hash)).await.unwrap_or(false)
}

/// Bytes that nobody can guess.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).expect("the system has random bytes");
    bytes
}

/// 128 bits that nobody can guess, in hex.
pub(crate) fn random_id() -> String {
    random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
