//! The line to Chromium: DevTools protocol over two pipes, JSON texts with a NUL after each.
//!
//! Owns numbering, the match of answers to calls, and hands every event to a listener. Pipes instead of a WebSocket: no
//! port to find, no library, and when the test ends in whatever way the pipe closes and Chromium ends with it. Must
//! not know what is asked. Source: <https://chromedevtools.github.io/devtools-protocol/>, Chromium's
//! `--remote-debugging-pipe`.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};
use tokio::{sync::oneshot, time::timeout};

use crate::eventually::PATIENCE;

/// Calls that wait for their answer, by number. `None` once Chromium is gone.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Result<Value, Refused>>>>>>;

/// What Chromium says to a call that it cannot do, in its own words.
#[derive(Debug, Clone)]
pub struct Refused(pub String);

/// Something that happened in a session.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) session: &'a str,
    pub(super) method: &'a str,
    pub(super) params: &'a Value,
}

/// One end of the line.
pub(super) struct Wire {
    to: Mutex<Sending>,
    waiting: Waiting,
}

struct Sending {
    pipe: Box<dyn Write + Send>,
    next: u64,
}

impl Wire {
    /// `listener` hears every event, on a thread of its own.
    pub(super) fn new(
        to: impl Write + Send + 'static,
        from: impl Read + Send + 'static,
        listener: impl Fn(Event<'_>) + Send + 'static,
    ) -> Self {
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let answered = Arc::clone(&waiting);
        thread::spawn(move || listen(from, &answered, &listener));
        Self { to: Mutex::new(Sending { pipe: Box::new(to), next: 1 }), waiting }
    }

    /// Calls a method, of the browser itself or in a session.
    ///
    /// # Panics
    /// When Chromium is gone or does not answer.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Refused> {
        let answer = self.send(session, method, params);
        let answer = timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("chromium does not answer {method}"));
        answer.unwrap_or_else(|_| panic!("chromium ended before it answered {method}"))
    }

    /// Calls a method of the browser itself and does not wait for its answer.
    pub(super) fn tell(&self, method: &str, params: Value) {
        drop(self.send(None, method, params));
    }

    fn send(&self, session: Option<&str>, method: &str, params: Value) -> oneshot::Receiver<Result<Value, Refused>> {
        let (sender, answer) = oneshot::channel();
        let mut to = lock(&self.to);
        let id = to.next;
        to.next += 1;
        // Without Chromium the sender is dropped, which is what the caller then hears.
        if let Some(waiting) = lock(&self.waiting).as_mut() {
            waiting.insert(id, sender);
        }
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        let mut text = call.to_string().into_bytes();
        text.push(0);
        if to.pipe.write_all(&text).and_then(|()| to.pipe.flush()).is_err() {
            lock(&self.waiting).take();
        }
        answer
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

fn listen(from: impl Read, waiting: &Waiting, listener: &impl Fn(Event<'_>)) {
    let mut from = BufReader::new(from);
    let mut text = Vec::new();
    while from.read_until(0, &mut text).is_ok_and(|_| text.ends_with(&[0])) {
        text.pop();
        let said: Value = serde_json::from_slice(&text).expect("chromium says JSON");
        text.clear();
        if let Some(id) = said["id"].as_u64() {
            let caller = lock(waiting).as_mut().and_then(|waiting| waiting.remove(&id));
            let refused = said.get("error").map(|error| Refused(error.to_string()));
            // Nobody waits any more for what a panicking test has asked.
            let _ = caller.map(|caller| caller.send(refused.map_or_else(|| Ok(said["result"].clone()), Err)));
        } else if let Some(method) = said["method"].as_str() {
            listener(Event {
                session: said["sessionId"].as_str().unwrap_or_default(),
                method,
                params: &said["params"],
            });
        }
    }
    lock(waiting).take();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
