//! What people ask of the ledger itself: what is set aside and what is to become of it, the audit, a checkpoint now, and to
//! send now whatever the line costs.

mod not_done;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use gateway_proto::{
    name::{FeedName, Text},
    record::Seq,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub use not_done::NotDone;

use super::{answer, refused};
use crate::{
    cause,
    clock::Clock,
    floor::why::Why,
    ledger::{
        AsideAct, AsideKey, AsideOutcome,
        reader::Reader,
        recorder::{Chore, Done, Recorder, Refused},
    },
    register::catalog::UNASSIGNED,
    task::{floor::not_recorded, metered::Metered},
};

/// Rows of one answer.
const ROWS_MAX: usize = 10_000;

/// What people ask of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum LedgerAsk {
    /// What is set aside.
    SetAside,
    /// What people did to the ledger, newest first.
    Audit,
    /// Do something about a record that is set aside.
    Tend { of: AsideKey, act: AsideAct, by: Text },
    /// Tell every vendor now what the books say, or one of them.
    Checkpoint {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        feed: Option<FeedName>,
    },
    /// Send all that waits now, in quiet hours and beyond the month's budget.
    SendNow,
}

/// Who answers.
#[derive(Debug, Clone)]
pub struct LedgerDesk {
    pub recorder: Recorder,
    pub clock: Clock,
    pub questions: BTreeMap<FeedName, mpsc::Sender<Seq>>,
    pub metered: Option<Arc<Metered>>,
    /// Reads records to show them.
    pub reader: Arc<Mutex<Reader>>,
}

pub(super) fn routes(desk: LedgerDesk) -> Router {
    Router::new().route("/v1/ledger", post(ask)).with_state(desk)
}

async fn ask(State(desk): State<LedgerDesk>, body: axum::body::Bytes) -> axum::response::Response {
    match serde_json::from_slice::<LedgerAsk>(&body) {
        Ok(asked) => answer(desk.do_it(asked).await.map_err(|why| why.to_string())),
        Err(error) => refused(StatusCode::BAD_REQUEST, &format!("no such wish: {error}")),
    }
}

impl LedgerDesk {
    /// Does it.
    ///
    /// # Errors
    /// What is wrong and the way out, for people.
    pub(crate) async fn do_it(&self, asked: LedgerAsk) -> Result<Value, NotDone> {
        match asked {
            LedgerAsk::SetAside => self.recorder.set_aside(ROWS_MAX).await.map(|rows| json!(rows)).map_err(words),
            LedgerAsk::Audit => self.recorder.audit(ROWS_MAX).await.map(|rows| json!(rows)).map_err(words),
            LedgerAsk::Tend { of, act, by } => self.tend(of, act, by).await,
            LedgerAsk::Checkpoint { feed } => self.checkpoint(feed).await,
            LedgerAsk::SendNow => match &self.metered {
                Some(metered) => {
                    metered.send_now(&self.clock);
                    Ok(json!({ "used_bytes": metered.used() }))
                }
                None => Err(NotDone::NotMetered),
            },
        }
    }

    /// The newest records of a feed, `limit` at most, the newest last: exactly as they are chained and sent.
    ///
    /// # Errors
    /// What is wrong and the way out, for people.
    pub async fn newest(&self, feed: &FeedName, limit: u32) -> Result<Vec<(Seq, String)>, NotDone> {
        let life = self.recorder.view().borrow().standings.get(feed).map(|at| at.life);
        let Some(life) = life else { return Err(NotDone::NoFeed(feed.clone())) };
        let reader = self.reader.clone();
        let read = tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            let mut records = Vec::new();
            reader.each(life, None, limit, |seq, text| records.push((seq, text.to_owned()))).map(|()| records)
        });
        match read.await {
            Ok(Ok(records)) => Ok(records),
            Ok(Err(error)) => Err(NotDone::NotRead { words: cause::chain(&error), system: cause::root(&error) }),
            Err(_) => Err(NotDone::NotReadNow),
        }
    }

    async fn tend(&self, of: AsideKey, act: AsideAct, by: Text) -> Result<Value, NotDone> {
        let feed = of.feed.clone();
        let chore = Chore::Tend { of, act, actor: by, at: self.clock.wall().0 };
        let outcome = match self.recorder.tend(chore).await.map_err(words)? {
            Done::Tended(outcome) => outcome,
            Done::Appended(_) | Done::Trimmed(_) | Done::Waived => return Err(NotDone::NothingCame),
        };
        match &outcome {
            AsideOutcome::Refused(why) => Err(NotDone::Aside(why.clone())),
            AsideOutcome::Ask { seq } => {
                let asked = self.questions.get(&feed).map(|questions| questions.try_send(*seq));
                match asked {
                    Some(Ok(())) => Ok(json!(outcome)),
                    Some(Err(_)) => Err(NotDone::TooManyAsked),
                    None => Err(NotDone::NoHub(feed)),
                }
            }
            AsideOutcome::SentAgain { .. } | AsideOutcome::Discarded => Ok(json!(outcome)),
        }
    }

    async fn checkpoint(&self, only: Option<FeedName>) -> Result<Value, NotDone> {
        let feeds: Vec<FeedName> = match only {
            Some(feed) => vec![feed],
            None => {
                let known = self.recorder.view().borrow().standings.keys().cloned().collect::<Vec<_>>();
                known.into_iter().filter(|feed| feed.as_str() != UNASSIGNED).collect()
            }
        };
        let mut written = BTreeMap::new();
        for feed in feeds {
            let chore = Chore::Checkpoint { feed: feed.clone(), at: self.clock.wall().0 };
            let records = match self.recorder.tend(chore).await.map_err(words)? {
                Done::Appended(records) => records,
                Done::Waived => return Err(NotDone::TooFull),
                Done::Trimmed(_) | Done::Tended(_) => 0,
            };
            written.insert(feed, records);
        }
        Ok(json!({ "records": written }))
    }
}

fn words(refused: Refused) -> NotDone {
    NotDone::Ledger(Why::not_recorded(&not_recorded(&refused)))
}
