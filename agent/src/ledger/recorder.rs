//! The recorder: the thread that owns the ledger. It takes what has queued, commits once, then answers everyone.
//!
//! While one group syncs the next one forms in the channel, so there is no timer and a hundred entries cost little
//! more than one. Nobody is answered before the commit: an answer is the promise that a power cut takes nothing.
//!
//! [`chore`] what the ledger does for itself · [`held`] settlements that wait for the next commit · [`room`] what goes before
//! anything is refused

mod chore;
mod held;
mod room;

use std::{collections::BTreeMap, sync::Arc, thread};

use gateway_proto::{delivery::Effect, name::FeedName, on_hand::OnHand};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::error;

pub use self::chore::{Chore, Done};
use self::{chore::carry_out, held::Held};
use super::{Aside, Audit, Counts, FeedStanding, Fullness, Group, Ledger, LedgerError, Outcome, Recorded, Room};
use crate::{
    clock::mark::Marks,
    movement::entry::{Carried, Entry, EntryError},
};

/// Entries that may queue. Enough that a burst fills groups, little enough that a stuck disk is felt at the device.
const QUEUE_MAX: usize = 1_024;

/// Entries in one commit: past this a group gains nothing and its first member waits for its last.
const GROUP_MAX: usize = 512;

/// Recorded movements that a slow listener may be behind before it misses some. Listeners are pages and the demo;
/// what they miss they read from the ledger.
const NEWS_MAX: usize = 1_024;

/// What a sender learns when its entry was not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// This entry breaks a rule; others do not suffer.
    #[error("not recorded: {0}")]
    Entry(Arc<EntryError>),
    /// The ledger cannot write. Say it where the part was taken; try again.
    #[error("ledger cannot write")]
    Ledger(#[source] Arc<LedgerError>),
    /// No room is left for movements; what is there still goes to the hub, and makes room.
    #[error(
        "ledger is full: {used} of {limit} MB are used and nothing is acknowledged that could go; bring the hub's line back, \
         or give it more room ([storage] budget_mb, free disk space, damaged-* folders)",
        used = .0.used / 1_000_000,
        limit = .0.limit / 1_000_000
    )]
    Full(Room),
    #[error("ledger is closed")]
    Closed,
}

/// Positions and counts after the newest commit.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub standings: BTreeMap<FeedName, FeedStanding>,
    pub counts: Counts,
    /// Why the newest commit failed; `None` once one succeeded again.
    pub trouble: Option<Arc<LedgerError>>,
    pub room: Room,
    /// Settlements wait for a commit: under this number, another one once these are committed.
    pub held: Option<u64>,
    /// Movements that were refused because there was no room for them.
    pub refused_full: u64,
    /// Movements of each feed since its last checkpoint.
    pub since_checkpoint: BTreeMap<FeedName, u64>,
    /// Records of a wrong clock whose times wait to be put right.
    pub marks: Marks,
    /// Set aside records that wait for somebody: of a feed's newest epoch, and of earlier ones.
    pub aside: Arc<BTreeMap<FeedName, (u64, u64)>>,
}

/// The way to the recorder. Cheap to clone; the recorder ends when the last one is gone.
#[derive(Debug, Clone)]
pub struct Recorder {
    commands: mpsc::Sender<Command>,
    view: watch::Receiver<Arc<View>>,
    news: broadcast::Sender<Arc<Recorded>>,
    carried: watch::Receiver<Arc<Vec<Carried>>>,
}

/// An answer that is on its way.
pub type Answer<T> = oneshot::Receiver<Result<T, Refused>>;

#[derive(Debug)]
enum Command {
    Look { answer: oneshot::Sender<OnHand> },
    LookAside { limit: usize, answer: oneshot::Sender<Result<Vec<Aside>, LedgerError>> },
    LookForRoom,
    LookAudit { limit: usize, answer: oneshot::Sender<Result<Vec<Audit>, LedgerError>> },
    Write(Write),
}

#[derive(Debug)]
enum Write {
    Record {
        entry: Box<Entry>,
        answer: oneshot::Sender<Result<Outcome, Refused>>,
    },
    TakeDown {
        feed: FeedName,
        life: i64,
        effects: Vec<Effect>,
        answer: oneshot::Sender<Result<(), Refused>>,
    },
    Do {
        chore: Chore,
        answer: oneshot::Sender<Result<Done, Refused>>,
    },
    #[cfg(feature = "planted-defects")]
    RecordAgain {
        feed: FeedName,
        texts: Vec<String>,
        answer: oneshot::Sender<Result<(), Refused>>,
    },
}

impl Recorder {
    /// Starts the thread. It ends, and closes the ledger, when every `Recorder` is gone and the queue is done.
    ///
    /// # Errors
    /// That of the system, which has no thread for us.
    pub fn start(ledger: Ledger) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (commands, queue) = mpsc::channel(QUEUE_MAX);
        let view = View { aside: aside_of(&ledger), ..view_of(&ledger) };
        let (publish, view) = watch::channel(Arc::new(view));
        let (news, _) = broadcast::channel(NEWS_MAX);
        let announce = news.clone();
        let (carry, carried) = watch::channel(ledger.carried());
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || run(ledger, queue, &publish, &announce, &carry))?;
        Ok((Self { commands, view, news, carried }, thread))
    }

    /// Records an entry; returns after its commit.
    ///
    /// # Errors
    /// [`Refused`]: nothing was recorded.
    pub async fn record(&self, entry: Entry) -> Result<Outcome, Refused> {
        self.submit(entry).await.await.unwrap_or(Err(Refused::Closed))
    }

    /// Queues an entry, waiting while the queue is full. The answer comes after the commit.
    pub async fn submit(&self, entry: Entry) -> Answer<Outcome> {
        let (answer, answered) = oneshot::channel();
        // A closed recorder drops the command and with it `answer`, which the receiver sees.
        let _ = self.commands.send(Command::Write(Write::Record { entry: Box::new(entry), answer })).await;
        answered
    }

    /// Takes down what delivery decided; returns after the commit.
    ///
    /// # Errors
    /// [`Refused`]: nothing was taken down.
    pub async fn take_down(&self, feed: FeedName, life: i64, effects: Vec<Effect>) -> Result<(), Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::Write(Write::TakeDown { feed, life, effects, answer })).await;
        answered.await.unwrap_or(Err(Refused::Closed))
    }

    /// Base units of every item at every place.
    ///
    /// # Errors
    /// [`Refused::Closed`].
    pub async fn on_hand(&self) -> Result<OnHand, Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::Look { answer }).await;
        answered.await.map_err(|_| Refused::Closed)
    }

    /// What is set aside; `limit` at most.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn set_aside(&self, limit: usize) -> Result<Vec<Aside>, Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::LookAside { limit, answer }).await;
        looked(answered.await)
    }

    /// Has the disk looked at although nothing is recorded: others write to it, too, and go. [`View::room`] has what was
    /// found.
    pub async fn look_for_room(&self) {
        let _ = self.commands.send(Command::LookForRoom).await;
    }

    /// What people did to the ledger, newest first; `limit` at most.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn audit(&self, limit: usize) -> Result<Vec<Audit>, Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::LookAudit { limit, answer }).await;
        looked(answered.await)
    }

    /// Does a chore; returns after its commit.
    ///
    /// # Errors
    /// [`Refused`]: nothing was done.
    pub async fn tend(&self, chore: Chore) -> Result<Done, Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::Write(Write::Do { chore, answer })).await;
        answered.await.unwrap_or(Err(Refused::Closed))
    }

    /// Positions and counts, renewed with every commit.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// What was carried forward from hubs since the start, commit by commit.
    #[must_use]
    pub fn carried(&self) -> watch::Receiver<Arc<Vec<Carried>>> {
        self.carried.clone()
    }

    /// Movements as they are committed, from now on.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<Arc<Recorded>> {
        self.news.subscribe()
    }

    /// Appends copies of records under new seqs: what an agent without stable identities does on a retry. For the
    /// test that proves that the checker sees it.
    #[cfg(feature = "planted-defects")]
    pub(crate) async fn record_again(&self, feed: FeedName, texts: Vec<String>) -> Result<(), Refused> {
        let (answer, answered) = oneshot::channel();
        let _ = self.commands.send(Command::Write(Write::RecordAgain { feed, texts, answer })).await;
        answered.await.unwrap_or(Err(Refused::Closed))
    }
}

/// What to tell a sender once the group is committed.
enum Reply {
    Recorded(oneshot::Sender<Result<Outcome, Refused>>, Result<Outcome, Arc<EntryError>>),
    TakenDown(oneshot::Sender<Result<(), Refused>>),
    Done(oneshot::Sender<Result<Done, Refused>>, Done),
}

impl Reply {
    fn send(self, failed: Option<&Arc<LedgerError>>) {
        // Whoever stopped waiting needs no answer.
        match (self, failed) {
            (Self::Recorded(answer, _), Some(error)) => drop(answer.send(Err(Refused::Ledger(error.clone())))),
            (Self::TakenDown(answer), Some(error)) => drop(answer.send(Err(Refused::Ledger(error.clone())))),
            (Self::Recorded(answer, outcome), None) => drop(answer.send(outcome.map_err(Refused::Entry))),
            (Self::TakenDown(answer), None) => drop(answer.send(Ok(()))),
            (Self::Done(answer, _), Some(error)) => drop(answer.send(Err(Refused::Ledger(error.clone())))),
            (Self::Done(answer, done), None) => drop(answer.send(Ok(done))),
        }
    }
}

fn run(
    mut ledger: Ledger,
    mut queue: mpsc::Receiver<Command>,
    publish: &watch::Sender<Arc<View>>,
    announce: &broadcast::Sender<Arc<Recorded>>,
    carry: &watch::Sender<Arc<Vec<Carried>>>,
) {
    let (mut group, mut writes) = (Vec::with_capacity(GROUP_MAX), Vec::with_capacity(GROUP_MAX));
    let mut held = Held::default();
    while queue.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        // Looking is no commit: an agent that is only asked must not sync, nor tell everyone that something changed.
        for command in group.drain(..) {
            match command {
                // Better no answer than one that runs ahead of the file.
                Command::Look { .. } if ledger.is_stale() => {}
                Command::Look { answer } => drop(answer.send(ledger.on_hand().clone())),
                Command::LookAside { limit, answer } => drop(answer.send(ledger.set_aside(limit))),
                Command::LookForRoom => tidy(&mut ledger, publish),
                Command::LookAudit { limit, answer } => drop(answer.send(ledger.audit(limit))),
                Command::Write(write) => writes.push(write),
            }
        }
        if ledger.room().fullness == Fullness::Full
            && ledger.tidy().fullness == Fullness::Full
            && !room::is_made(&mut ledger)
        {
            refuse_movements(&ledger, &mut writes, publish);
        }
        // Alone they wait; beside anything else they go along with it.
        if writes.iter().all(|write| matches!(write, Write::TakeDown { .. })) {
            for write in std::mem::take(&mut writes) {
                match held.take(&ledger, write) {
                    Ok(answer) => {
                        show(publish, &ledger, &held);
                        let _ = answer.send(Ok(()));
                    }
                    Err(write) => writes.push(write),
                }
            }
        }
        if writes.is_empty() {
            continue;
        }
        let touches_aside = writes.iter().any(|write| !matches!(write, Write::Record { .. }));
        let (mut replies, carried_before) = (Vec::with_capacity(writes.len()), ledger.carried().len());
        let (fullness, rides) = (ledger.room().fullness, held.ride(&ledger, &writes));
        let committed = ledger.in_one_commit(|book| {
            let along = if rides { held.apply(book) } else { Ok(()) };
            let mut applied = along.and_then(|()| room::make(book, fullness).map(drop));
            for write in writes.drain(..) {
                // Once the file has failed nothing of the group will be committed; the rest only wants its answer.
                let book = applied.is_ok().then_some(&mut *book);
                applied = applied.and(apply(book, write, fullness, &mut replies));
            }
            applied
        });
        // Where the ledger could not even begin, nothing was asked of it yet; whoever waits hears of it all the same.
        for write in writes.drain(..) {
            let _ = apply(None, write, fullness, &mut replies);
        }
        let failed = committed.err().map(Arc::new);
        if failed.is_none() && rides {
            held.clear();
        }
        // Movements change nothing of it, and are most of what comes.
        let aside = (failed.is_none() && touches_aside).then(|| aside_of(&ledger));
        let is_damaged = failed.as_ref().is_some_and(|error| ledger.is_damage(error));
        publish.send_modify(|view| {
            *view = Arc::new(match &failed {
                None => {
                    let (refused_full, aside) =
                        (view.refused_full, aside.clone().unwrap_or_else(|| view.aside.clone()));
                    let mut shown = View { refused_full, aside, ..view_of(&ledger) };
                    held.show(&mut shown);
                    shown
                }
                // The book runs ahead of the file now: what was true before still is.
                Some(error) => View { trouble: Some(error.clone()), room: ledger.room(), ..View::clone(view) },
            });
        });
        if ledger.carried().len() > carried_before {
            for recorded in ledger.carried()[carried_before..].iter().flat_map(|carried| &carried.movements) {
                // As below.
                let _ = announce.send(Arc::new(recorded.clone()));
            }
            carry.send_replace(ledger.carried());
        }
        for reply in replies {
            if failed.is_none()
                && announce.receiver_count() > 0
                && let Reply::Recorded(_, Ok(Outcome::Recorded(recorded))) = &reply
            {
                for recorded in recorded {
                    // Only fails when the last listener has just gone.
                    let _ = announce.send(Arc::new(recorded.clone()));
                }
            }
            reply.send(failed.as_ref());
        }
        if is_damaged {
            // The next start sets the file aside and salvages it; whoever waits for this thread ends the process.
            error!("ledger is damaged; ending, so that the next start sets it aside");
            return;
        }
    }
    // What was held goes with the ledger's last commit; forgotten it would only be sent again.
    if !held.is_empty() {
        let _ = ledger.in_one_commit(|book| held.apply(book));
    }
}

/// Looks how full the disk is, and publishes it where that is news.
fn tidy(ledger: &mut Ledger, publish: &watch::Sender<Arc<View>>) {
    let room = ledger.tidy();
    publish.send_if_modified(|view| {
        let is_news = view.room != room;
        if is_news {
            *view = Arc::new(View { room, ..View::clone(view) });
        }
        is_news
    });
}

/// Publishes where the feeds stand, with what is held.
fn show(publish: &watch::Sender<Arc<View>>, ledger: &Ledger, held: &Held) {
    publish.send_modify(|view| {
        let (aside, trouble) = (view.aside.clone(), view.trouble.clone());
        let mut shown = View { refused_full: view.refused_full, trouble, aside, ..view_of(ledger) };
        held.show(&mut shown);
        *view = Arc::new(shown);
    });
}

/// Applies a write, or with no book just keeps its sender for the answer.
fn apply(
    book: Option<&mut Group<'_>>,
    write: Write,
    fullness: Fullness,
    replies: &mut Vec<Reply>,
) -> Result<(), LedgerError> {
    match write {
        Write::Record { entry, answer } => {
            let outcome = book.map_or(Ok(Ok(Outcome::NoChange)), |book| book.append(*entry));
            let (outcome, failed) = match outcome {
                Ok(outcome) => (outcome.map_err(Arc::new), Ok(())),
                Err(error) => (Ok(Outcome::NoChange), Err(error)),
            };
            replies.push(Reply::Recorded(answer, outcome));
            failed
        }
        Write::TakeDown { feed, life, effects, answer } => {
            replies.push(Reply::TakenDown(answer));
            let Some(book) = book else { return Ok(()) };
            effects.iter().try_for_each(|effect| book.take_down(&feed, life, effect))
        }
        Write::Do { chore, answer } => {
            let done = book.map_or(Ok(Done::Waived), |book| carry_out(book, chore, fullness));
            let (done, failed) = done.map_or_else(|error| (Done::Waived, Err(error)), |done| (done, Ok(())));
            replies.push(Reply::Done(answer, done));
            failed
        }
        #[cfg(feature = "planted-defects")]
        Write::RecordAgain { feed, texts, answer } => {
            replies.push(Reply::TakenDown(answer));
            let Some(book) = book else { return Ok(()) };
            texts.iter().try_for_each(|text| book.append_text(&feed, text, None).map(drop))
        }
    }
}

/// Answers everyone who wants something recorded that there is no room for it; but for a repetition of what is recorded,
/// whose sender would never hear of it.
fn refuse_movements(ledger: &Ledger, writes: &mut Vec<Write>, publish: &watch::Sender<Arc<View>>) {
    let room = ledger.room();
    let mut refused = 0;
    for write in std::mem::take(writes) {
        match write {
            Write::Record { entry, answer } if ledger.is_repetition(&entry) => {
                let _ = answer.send(Ok(Outcome::Repeated));
            }
            Write::Record { answer, .. } => {
                refused += 1;
                let _ = answer.send(Err(Refused::Full(room)));
            }
            #[cfg(feature = "planted-defects")]
            write @ Write::RecordAgain { .. } => writes.push(write),
            write @ (Write::TakeDown { .. } | Write::Do { .. }) => writes.push(write),
        }
    }
    publish.send_modify(|view| {
        let refused_full = view.refused_full + refused;
        *view = Arc::new(View { room, refused_full, ..View::clone(view) });
    });
}

/// What a look came to.
fn looked<T>(answered: Result<Result<T, LedgerError>, oneshot::error::RecvError>) -> Result<T, Refused> {
    answered.map_err(|_| Refused::Closed)?.map_err(|error| Refused::Ledger(Arc::new(error)))
}

/// None where the file cannot be read: what is wrong with it is told by whoever writes next.
fn aside_of(ledger: &Ledger) -> Arc<BTreeMap<FeedName, (u64, u64)>> {
    Arc::new(ledger.aside_waiting().unwrap_or_default())
}

fn view_of(ledger: &Ledger) -> View {
    View {
        standings: ledger.standings(),
        counts: ledger.counts(),
        trouble: None,
        room: ledger.room(),
        held: None,
        refused_full: 0,
        since_checkpoint: ledger.since_checkpoint(),
        marks: ledger.marks().clone(),
        aside: Arc::default(),
    }
}
