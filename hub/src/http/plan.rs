//! `GET` of demand, forecast and plan: worked out of the store's own movements when asked, of what is granted.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use planning::demand::{BucketSize, SeriesKey};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{App, access::Viewer, fault::Fault};
use crate::{
    clock,
    demand::series_key,
    outlook::Span,
    planner::{DemandView, FeedDemand, ForecastView, Holding, PlanView, PlannerError, TermsView},
    store::StoredFeed,
};

/// Items of one answer unless asked otherwise, and at most.
const ITEMS_DEFAULT: usize = 100;
const ITEMS_MAX: usize = 500;

/// Buckets of history of one answer unless asked otherwise, and at most.
const HISTORY_DEFAULT: usize = 60;
const HISTORY_MAX: usize = 800;

/// Buckets ahead of one answer unless asked otherwise, and at most.
const HORIZON_DEFAULT: usize = 12;
const HORIZON_MAX: usize = 104;

/// Lead time and review period in buckets, unless asked otherwise.
const LEAD_DEFAULT: usize = 1;
const REVIEW_DEFAULT: usize = 1;

/// Probability that stock lasts through a protection interval, unless asked otherwise.
const SERVICE_DEFAULT: f64 = 0.95;

/// What is asked. A name that is not known here is an error: a limit that is misspelt must not be passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    site: Option<String>,
    feed: Option<String>,
    item: Option<String>,
    /// Where to go on: `next` of the answer before.
    after: Option<String>,
    limit: Option<usize>,
    bucket: Option<String>,
    history: Option<usize>,
    horizon: Option<usize>,
    lead: Option<usize>,
    review: Option<usize>,
    service: Option<f64>,
}

type Asking = Result<Query<Asked>, QueryRejection>;

/// What was asked, within its limits.
struct Question {
    feeds: Vec<StoredFeed>,
    item: Option<String>,
    /// The last item of the answer before.
    after: Option<SeriesKey>,
    limit: usize,
    size: BucketSize,
    history: usize,
    span: Span,
    holding: Holding,
}

impl Question {
    fn of(asked: Asking, viewer: &Viewer) -> Result<Self, Fault> {
        let Query(asked) = asked.map_err(|error| Fault::BadRequest(error.body_text()))?;
        let feeds = viewer.scope(asked.site.as_deref(), asked.feed.as_deref())?;
        let size = match asked.bucket.as_deref() {
            None => BucketSize::Week,
            Some(text) => text.parse().map_err(|_| Fault::BadRequest("bucket is day, week or month".to_owned()))?,
        };
        let within = |name: &str, value: Option<usize>, default: usize, max: usize| match value.unwrap_or(default) {
            value if (1..=max).contains(&value) => Ok(value),
            _ => Err(Fault::BadRequest(format!("{name} must be 1 to {max}"))),
        };
        let lead = within("lead", asked.lead, LEAD_DEFAULT, HORIZON_MAX)?;
        let review = within("review", asked.review, REVIEW_DEFAULT, HORIZON_MAX)?;
        let span = Span {
            horizon: within("horizon", asked.horizon, HORIZON_DEFAULT, HORIZON_MAX)?,
            interval: lead + review,
            season: size.per_year(),
        };
        let service = asked.service.unwrap_or(SERVICE_DEFAULT);
        if !(0.5..=0.999).contains(&service) {
            return Err(Fault::BadRequest("service must be 0.5 to 0.999".to_owned()));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "500 to 999")]
        let holding = Holding { lead, service_milli: (service * 1_000.0).round() as u16 };
        Ok(Self {
            feeds,
            item: asked.item,
            after: asked.after.as_deref().map(position).transpose()?,
            limit: within("limit", asked.limit, ITEMS_DEFAULT, ITEMS_MAX)?,
            size,
            history: within("history", asked.history, HISTORY_DEFAULT, HISTORY_MAX)?,
            span,
            holding,
        })
    }

    /// Whether an item is to be in this answer.
    fn wants(&self, feed: &StoredFeed, key: &SeriesKey) -> bool {
        self.item.as_ref().is_none_or(|item| *item == key.item)
            && self.after.as_ref().is_none_or(|last| (place(feed), &key.item) > (place_of(last), &last.item))
    }

    /// Whether anything of a feed can still be wanted.
    fn reaches(&self, feed: &StoredFeed) -> bool {
        self.after.as_ref().is_none_or(|last| place(feed) >= place_of(last))
    }
}

fn place(feed: &StoredFeed) -> (&str, &str) {
    (feed.key.site.as_str(), feed.key.name.as_str())
}

fn place_of(key: &SeriesKey) -> (&str, &str) {
    (&key.site, &key.customer)
}

/// Reads `plant-7/acme/ITEM`; the item may have slashes of its own.
fn position(text: &str) -> Result<SeriesKey, Fault> {
    let mut parts = text.splitn(3, '/');
    let (Some(site), Some(feed), Some(item)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::BadRequest("after is the next of an answer before".to_owned()));
    };
    let key = format!("{site}/{feed}").parse().map_err(|_| Fault::BadRequest("after names no feed".to_owned()))?;
    Ok(series_key(&key, item))
}

/// Items of one answer, and where the next begins.
struct Page {
    items: Vec<Value>,
    /// What was read of the planning folders of its feeds.
    terms: Vec<Value>,
    limit: usize,
    next: Option<String>,
    last: Option<String>,
}

impl Page {
    fn new(limit: usize) -> Self {
        Self { items: Vec::new(), terms: Vec::new(), limit, next: None, last: None }
    }

    /// Takes an item; false once there is no room.
    fn take(&mut self, key: &SeriesKey, view: impl FnOnce() -> Result<Value, Fault>) -> Result<bool, Fault> {
        if self.items.len() == self.limit {
            self.next = self.last.take();
            return Ok(false);
        }
        self.items.push(view()?);
        self.last = Some(format!("{}/{}/{}", key.site, key.customer, key.item));
        Ok(true)
    }

    /// Takes note of a feed's planning folder, if it has one.
    fn read(&mut self, demand: &FeedDemand, notes: &[String]) -> Result<(), Fault> {
        self.terms.extend(TermsView::of(demand, notes).map(|view| value(&view)).transpose()?);
        Ok(())
    }

    fn answer(self, name: &str) -> Response {
        let mut answer = json!({ name: self.items, "next": self.next });
        if !self.terms.is_empty() {
            answer["terms"] = Value::Array(self.terms);
        }
        Json(answer).into_response()
    }
}

/// The feeds that are asked for, in the order of their names.
fn ordered(question: &Question) -> Vec<&StoredFeed> {
    let mut feeds: Vec<_> = question.feeds.iter().filter(|feed| question.reaches(feed)).collect();
    feeds.sort_by(|a, b| place(a).cmp(&place(b)));
    feeds
}

pub(super) async fn demand(State(app): State<Arc<App>>, viewer: Viewer, asked: Asking) -> Result<Response, Fault> {
    let question = Question::of(asked, &viewer)?;
    let now = clock::now();
    let mut page = Page::new(question.limit);
    for feed in ordered(&question) {
        let found = app.planner.demand(&app.store, feed, question.size, now).await?;
        page.read(&found, &[])?;
        for (key, series) in found.series.iter().filter(|(key, _)| question.wants(feed, key)) {
            if !page.take(key, || value(&DemandView::of(&found, series, question.history)))? {
                return Ok(page.answer("demand"));
            }
        }
    }
    Ok(page.answer("demand"))
}

pub(super) async fn forecast(State(app): State<Arc<App>>, viewer: Viewer, asked: Asking) -> Result<Response, Fault> {
    let question = Question::of(asked, &viewer)?;
    let now = clock::now();
    let mut page = Page::new(question.limit);
    for feed in ordered(&question) {
        let found = app.planner.outlook(&app.store, feed, question.size, question.span, now).await?;
        page.read(&found.demand, &[])?;
        let items = found.demand.series.iter().zip(&found.outlooks);
        for ((key, series), outlook) in items.filter(|((key, _), _)| question.wants(feed, key)) {
            let view = || value(&ForecastView::of(&found, series, outlook, question.span.interval));
            if !page.take(key, view)? {
                return Ok(page.answer("forecast"));
            }
        }
    }
    Ok(page.answer("forecast"))
}

pub(super) async fn plan(State(app): State<Arc<App>>, viewer: Viewer, asked: Asking) -> Result<Response, Fault> {
    let question = Question::of(asked, &viewer)?;
    let now = clock::now();
    let mut page = Page::new(question.limit);
    for feed in ordered(&question) {
        let asked = (question.span, question.holding);
        let found = app.planner.plan(&app.store, feed, question.size, asked, now).await?;
        page.read(&found.outlook.demand, &found.notes)?;
        let items = found.outlook.demand.series.iter().zip(&found.outlook.outlooks);
        for ((key, series), outlook) in items.filter(|((key, _), _)| question.wants(feed, key)) {
            if !page.take(key, || value(&PlanView::of(&found, series, outlook)))? {
                return Ok(page.answer("plan"));
            }
        }
    }
    Ok(page.answer("plan"))
}

fn value(view: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(view).map_err(|error| {
        tracing::error!(%error, "answer cannot be written");
        Fault::Internal
    })
}

impl From<PlannerError> for Fault {
    fn from(error: PlannerError) -> Self {
        match error {
            PlannerError::Store(error) => error.into(),
            PlannerError::Plan(error) => Self::BadRequest(error.to_string()),
            PlannerError::Stopped | PlannerError::Outlook(_) => {
                tracing::error!(%error, "no forecast");
                Self::Internal
            }
        }
    }
}
