//! What a page's browser complains of, and what it loaded: heard without being asked.
//!
//! A page that works while its console is red does not work. Every tab keeps what Chromium reports as an error: uncaught
//! exceptions, console errors, refusals by the content security policy, resources that did not load.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::wire::Event;

/// What one tab has heard so far.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Errors in the order they came: where from, and what.
    pub complaints: Vec<String>,
    /// Answers of the network: status and address.
    pub answers: Vec<(u64, String)>,
    /// Bytes that came over the network, heads and bodies as sent.
    pub network_bytes: u64,
}

/// What all tabs have heard, by session.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(Arc<Mutex<HashMap<String, Heard>>>);

impl Ears {
    pub(super) fn hear(&self, event: &Event<'_>) {
        let Event { session, method, params } = event;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let complaint = match *method {
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let thrown = &details["exception"]["description"];
                format!("exception: {}", text(if thrown.is_null() { &details["text"] } else { thrown }))
            }
            "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
                format!("console: {}", params["args"])
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                format!("{}: {} {}", text(&entry["source"]), text(&entry["text"]), text(&entry["url"]))
            }
            "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                let details = &params["issue"]["details"]["contentSecurityPolicyIssueDetails"];
                format!("content security policy: {details}")
            }
            "Network.responseReceived" => {
                let response = &params["response"];
                let answer = (response["status"].as_u64().unwrap_or(0), text(&response["url"]));
                self.lock().entry((*session).to_owned()).or_default().answers.push(answer);
                return;
            }
            "Network.loadingFinished" => {
                let bytes = params["encodedDataLength"].as_f64().unwrap_or(0.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a length is whole and small"
                )]
                let bytes = bytes as u64;
                self.lock().entry((*session).to_owned()).or_default().network_bytes += bytes;
                return;
            }
            _ => return,
        };
        self.lock().entry((*session).to_owned()).or_default().complaints.push(complaint);
    }

    pub(super) fn of(&self, session: &str) -> Heard {
        self.lock().get(session).cloned().unwrap_or_default()
    }

    pub(super) fn forget(&self, session: &str) {
        self.lock().remove(session);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
