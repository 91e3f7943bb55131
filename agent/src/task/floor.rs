//! The floor's loop: everything that concerns stock comes here, one thing after the other, and goes to the ledger in that
//! order.
//!
//! Readings and questions queue in front of it; what it orders to be recorded is answered by the recorder in the order of
//! the orders, so that the oldest answer is the next. It ends when everybody who could ask is gone and everything that
//! was ordered is answered. Cancel-safe: nothing is taken out of a queue before it is dealt with whole.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway_proto::{movement::Movement, name::DeviceName, record::Seq};
use serde_json::Value;
use tokio::{
    sync::{
        mpsc,
        oneshot::{self, error::TryRecvError},
        watch,
    },
    time::{Instant, Sleep, sleep},
};
use tracing::{debug, error, info, warn};

use super::{
    hush::Hush,
    recorded::RecordedLog,
    sights::{SightBoard, Sights},
};
use crate::{
    cause,
    clock::Clock,
    device::{Cause, Scan, Stated, Weight, scanner_host::Verdict},
    floor::{
        Command, Floor, Form, Look,
        facts::FloorFacts,
        moment::Moment,
        order::{Caller, Heard, NotRecorded, Order, Reply, Ticket, Unwritten, UnwrittenCause},
        refusal::Refusal,
        why::{ActRefusal, Why},
    },
    ledger::{
        reader::Reader,
        recorder::{Answer, Recorder, Refused},
    },
    movement::{
        entry::{Carried, EntryError, Origin, Outcome},
        rules::Alarm,
    },
    register::{Register, catalog::UNASSIGNED},
    status::DeviceBoard,
    task::notify::Notifier,
};

/// Readings and questions that may queue: a burst of a thousand scales; a reading is taken in microseconds.
const QUEUE_MAX: usize = 4_096;

/// Scans and levels of one sender that may wait for their commit. More, and the sender waits.
const UNANSWERED_MAX: usize = 2_048;

/// Readings and questions taken, or answers heard, in one go: a burst costs one turn of the loop, and nobody waits for
/// longer than these take.
const TURN_MAX: usize = 256;

/// Between two looks at what others are shown of the floor: ten thousand bins cost milliseconds.
const FACTS_EVERY: Duration = Duration::from_secs(1);

/// The same for what is to be counted, which goes by days.
const COUNTS_DUE_EVERY: Duration = Duration::from_secs(60);

/// The way to the floor. Cheap to clone; the floor ends when the last one is gone.
#[derive(Debug, Clone)]
pub struct FloorWay {
    inputs: mpsc::Sender<Input>,
    news: watch::Receiver<FloorNews>,
    sights: watch::Sender<Sights>,
}

/// That something changed on the floor, for whoever shows it.
#[derive(Debug, Clone, Default)]
pub struct FloorNews {
    /// Counts the turns in which something was asked, recorded or told. Weights alone are no news.
    pub turn: u64,
    /// What people told us of the site, as committed.
    pub register: Arc<Register>,
}

/// What came of a scan or a level; comes after its commit.
pub type HeardLater = oneshot::Receiver<Heard>;

#[derive(Debug)]
enum Input {
    Weight { scale: DeviceName, weight: Weight, reply: Option<oneshot::Sender<Heard>> },
    Unknown { scale: DeviceName, cause: Cause },
    Scan { station: DeviceName, scan: Scan, origin: Option<Origin>, reply: oneshot::Sender<Heard> },
    Stated { sensor: DeviceName, stated: Box<Stated>, origin: Option<Origin>, reply: oneshot::Sender<Heard> },
    Command { command: Box<Command>, reply: oneshot::Sender<Result<Value, Why>> },
    Look { look: Look, reply: oneshot::Sender<Result<Value, Why>> },
    Form { form: Box<Form>, origin: Option<Origin>, reply: oneshot::Sender<Result<Value, Why>> },
    See(Question),
}

/// Looks at the floor and keeps what it saw.
struct Question(Asked);

type Asked = Box<dyn FnOnce(&Floor, &Moment) + Send>;

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question")
    }
}

/// Who waits for a reply.
#[derive(Debug)]
enum Waiting {
    Heard(oneshot::Sender<Heard>),
    Done(oneshot::Sender<Result<Value, Why>>),
}

/// What the loop needs beside the floor itself.
#[derive(Debug)]
pub struct FloorTask {
    pub floor: Floor,
    pub clock: Clock,
    pub recorder: Recorder,
    /// Reads what is parked.
    pub reader: Arc<Mutex<Reader>>,
    /// The boards of scales, to show what is wrong with their levels.
    pub boards: BTreeMap<DeviceName, DeviceBoard>,
    pub alarms: Notifier,
    /// Where others see what of the floor somebody may have to do something about.
    pub facts: watch::Sender<Arc<FloorFacts>>,
}

/// The loop's own state.
struct Loop {
    task: FloorTask,
    sights: SightBoard,
    callers: HashMap<Caller, Waiting>,
    next_caller: u64,
    /// Orders to record that are not answered, oldest first.
    answers: VecDeque<(Ticket, Answer<Outcome>)>,
    hush: Hush,
    recorded: RecordedLog,
    /// When something came in last.
    busy: Duration,
    shown: Shown,
    /// How many commits that carried something forward the floor knows.
    carried: usize,
}

/// What is shown to others, and when it is looked at again.
#[derive(Default)]
struct Shown {
    next: Duration,
    due: Option<Duration>,
    counts_due: usize,
    /// There was news since.
    is_stale: bool,
}

impl Input {
    /// Whether those who show the floor should look again. A question changes nothing, and most weights say what the one
    /// before said: what becomes of one is an order.
    const fn is_news(&self) -> bool {
        match self {
            Self::Weight { .. } | Self::Look { .. } | Self::See(_) => false,
            Self::Unknown { .. }
            | Self::Scan { .. }
            | Self::Stated { .. }
            | Self::Command { .. }
            | Self::Form { .. } => true,
        }
    }
}

impl FloorWay {
    /// A way to a floor that is still to be run.
    #[must_use]
    pub fn new() -> (Self, FloorInputs) {
        let (inputs, queue) = mpsc::channel(QUEUE_MAX);
        let (announce, news) = watch::channel(FloorNews::default());
        let sights = SightBoard::default();
        (Self { inputs, news, sights: sights.way() }, FloorInputs { queue, announce, sights })
    }

    /// How bins and stations look. Written while somebody holds a reader; its first version comes soon after the first.
    #[must_use]
    pub fn sights(&self) -> watch::Receiver<Sights> {
        self.sights.subscribe()
    }

    /// Changes whenever something on the floor did; holds what is newest.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<FloorNews> {
        self.news.clone()
    }

    /// Hands a scan over, waiting while the queue is full. The answer comes after the commit.
    pub async fn scan(&self, station: DeviceName, scan: Scan, origin: Option<Origin>) -> HeardLater {
        let (reply, heard) = oneshot::channel();
        let _ = self.inputs.send(Input::Scan { station, scan, origin, reply }).await;
        heard
    }

    /// Hands over a movement that another system states, waiting while the queue is full. The answer comes after the
    /// commit.
    pub async fn stated(&self, sensor: DeviceName, stated: Box<Stated>, origin: Option<Origin>) -> HeardLater {
        let (reply, heard) = oneshot::channel();
        let _ = self.inputs.send(Input::Stated { sensor, stated, origin, reply }).await;
        heard
    }

    /// Hands a weight over; `false` when the queue is full: the next one says as much.
    #[must_use]
    pub fn weight(&self, scale: DeviceName, weight: Weight) -> bool {
        self.inputs.try_send(Input::Weight { scale, weight, reply: None }).is_ok()
    }

    /// The same, of a sensor that will not say it again.
    pub async fn level(&self, scale: DeviceName, weight: Weight) -> HeardLater {
        let (reply, heard) = oneshot::channel();
        let _ = self.inputs.send(Input::Weight { scale, weight, reply: Some(reply) }).await;
        heard
    }

    /// A level is unknown from here on.
    pub async fn unknown(&self, scale: DeviceName, cause: Cause) {
        let _ = self.inputs.send(Input::Unknown { scale, cause }).await;
    }

    /// Does something, and returns once it is durable.
    ///
    /// # Errors
    /// What is wrong and the way out, for people.
    pub async fn command(&self, command: Command) -> Result<Value, String> {
        self.ask(command).await.map_err(String::from)
    }

    /// The same, with the kind of what is wrong, for who says it in another language.
    ///
    /// # Errors
    /// What is wrong and the way out.
    pub async fn ask(&self, command: Command) -> Result<Value, Why> {
        let (reply, done) = oneshot::channel();
        let _ = self.inputs.send(Input::Command { command: Box::new(command), reply }).await;
        done.await.unwrap_or_else(|_| Err(Refusal::Stopping.into()))
    }

    /// Takes all that a form says, and returns once it is durable.
    ///
    /// # Errors
    /// What is wrong and the way out; nothing of it was taken.
    pub async fn form(&self, form: Form, origin: Option<Origin>) -> Result<Value, Why> {
        let (reply, done) = oneshot::channel();
        let _ = self.inputs.send(Input::Form { form: Box::new(form), origin, reply }).await;
        done.await.unwrap_or_else(|_| Err(Refusal::Stopping.into()))
    }

    /// What `question` sees on the floor, `None` when the agent is stopping. It is asked between two readings, and so has
    /// to be quick: it copies what it needs.
    pub async fn see<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Floor, &Moment) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, seen) = oneshot::channel();
        let question = Question(Box::new(move |floor, now| drop(reply.send(question(floor, now)))));
        let _ = self.inputs.send(Input::See(question)).await;
        seen.await.ok()
    }

    /// Answers a question.
    ///
    /// # Errors
    /// What is wrong and the way out, for people.
    pub async fn look(&self, look: Look) -> Result<Value, String> {
        let (reply, done) = oneshot::channel();
        let _ = self.inputs.send(Input::Look { look, reply }).await;
        done.await.unwrap_or_else(|_| Err(Refusal::Stopping.into())).map_err(String::from)
    }
}

/// What a floor is to take in.
#[derive(Debug)]
pub struct FloorInputs {
    queue: mpsc::Receiver<Input>,
    announce: watch::Sender<FloorNews>,
    sights: SightBoard,
}

impl FloorTask {
    /// Runs until every [`FloorWay`] is gone and everything is answered.
    pub async fn run(self, inputs: FloorInputs) {
        let FloorInputs { queue: mut inputs, announce, sights } = inputs;
        announce.send_modify(|news| news.register = self.floor.register().clone());
        let mut is_news = false;
        let mut this = Loop {
            task: self,
            sights,
            callers: HashMap::new(),
            next_caller: 0,
            answers: VecDeque::new(),
            hush: Hush::default(),
            recorded: RecordedLog::default(),
            busy: Duration::ZERO,
            shown: Shown::default(),
            carried: 0,
        };
        let mut carried = this.task.recorder.carried();
        let mut tick = pin!(sleep(Duration::ZERO));
        let mut is_open = true;
        let mut taken = Vec::with_capacity(TURN_MAX);
        let (parked_sender, mut parked) = mpsc::channel(1);
        loop {
            is_news |= this.carry_out().await;
            if std::mem::take(&mut is_news) {
                this.shown.is_stale = true;
                announce.send_modify(|news| {
                    news.turn += 1;
                    news.register = this.task.floor.register().clone();
                });
            }
            if this.task.floor.wants_parked() {
                this.read_parked(parked_sender.clone());
            }
            if !is_open && this.answers.is_empty() {
                this.recorded.flush();
                return;
            }
            tokio::select! {
                came = inputs.recv_many(&mut taken, TURN_MAX), if is_open && this.answers.len() < UNANSWERED_MAX => {
                    is_open = came > 0;
                    let now = this.stir(tick.as_mut());
                    is_news = taken.iter().any(Input::is_news);
                    taken.drain(..).for_each(|input| this.take(&now, input));
                }
                answer = oldest(&mut this.answers) => {
                    is_news = true;
                    let now = this.stir(tick.as_mut());
                    this.committed(&now, answer);
                    // What was committed together is answered together.
                    for _ in 1..TURN_MAX {
                        let Some(answer) = answered(&mut this.answers) else { break };
                        this.committed(&now, answer);
                    }
                }
                // Ends with the recorder, and nothing is carried forward then.
                Ok(()) = carried.changed() => is_news |= this.take_carried(&carried.borrow_and_update().clone()),
                Some(movements) = parked.recv() => {
                    let now = this.stir(tick.as_mut());
                    this.task.floor.handle_parked(&now, movements);
                }
                () = tick.as_mut() => {
                    let now = this.now();
                    this.recorded.tick(now.elapsed);
                    this.task.floor.tick(&now);
                    this.tick_later(tick.as_mut(), &now);
                    this.show_facts(&now);
                }
            }
        }
    }
}

impl Loop {
    fn now(&self) -> Moment {
        let (wall, clock) = self.task.clock.wall();
        Moment { elapsed: self.task.clock.elapsed(), wall, clock }
    }

    /// Takes what was carried forward since the last look; whether there was any.
    fn take_carried(&mut self, carried: &[Carried]) -> bool {
        let now = self.now();
        let new = &carried[self.carried.min(carried.len())..];
        new.iter().for_each(|carried| self.task.floor.handle_carried(&now, carried));
        self.carried = carried.len();
        !new.is_empty()
    }

    /// Something has come in: a look that was far away is brought forward.
    fn stir(&mut self, tick: Pin<&mut Sleep>) -> Moment {
        let now = self.now();
        let was_quiet = Floor::tick_after(now.elapsed.saturating_sub(self.busy)) > Floor::tick_after(Duration::ZERO);
        self.busy = now.elapsed;
        if was_quiet {
            self.tick_later(tick, &now);
        }
        now
    }

    fn tick_later(&self, tick: Pin<&mut Sleep>, now: &Moment) {
        tick.reset(Instant::now() + Floor::tick_after(now.elapsed.saturating_sub(self.busy)));
    }

    fn take(&mut self, now: &Moment, input: Input) {
        match input {
            Input::Weight { scale, weight, reply } => {
                let caller = reply.map(|reply| self.caller(Waiting::Heard(reply)));
                self.task.floor.handle_weight(now, &scale, &weight, caller);
            }
            Input::Unknown { scale, cause } => self.task.floor.handle_unknown(now, &scale, cause),
            Input::Scan { station, scan, origin, reply } => {
                let caller = self.caller(Waiting::Heard(reply));
                self.task.floor.handle_scan(now, caller, &station, &scan, origin);
            }
            Input::Stated { sensor, stated, origin, reply } => {
                let caller = self.caller(Waiting::Heard(reply));
                self.task.floor.handle_stated(now, caller, &sensor, *stated, origin);
            }
            Input::Command { command, reply } => {
                let caller = self.caller(Waiting::Done(reply));
                self.task.floor.handle_command(now, caller, *command);
            }
            Input::Look { look, reply } => {
                let caller = self.caller(Waiting::Done(reply));
                self.task.floor.handle_look(now, caller, &look);
            }
            Input::Form { form, origin, reply } => {
                let caller = self.caller(Waiting::Done(reply));
                self.task.floor.handle_form(now, caller, &form, origin);
            }
            Input::See(Question(question)) => question(&self.task.floor, now),
        }
    }

    /// Shows what has changed, at most so often that a burst of scans does not notice.
    fn show_facts(&mut self, now: &Moment) {
        let Shown { next, due, counts_due, is_stale } = &mut self.shown;
        let is_due = due.is_none_or(|due| due <= now.elapsed);
        if now.elapsed < *next || !(*is_stale || is_due) {
            return;
        }
        *next = now.elapsed.saturating_add(FACTS_EVERY);
        *is_stale = false;
        if is_due {
            *due = Some(now.elapsed.saturating_add(COUNTS_DUE_EVERY));
            *counts_due = self.task.floor.counts_due(now);
        }
        let news = FloorFacts { counts_due: *counts_due, ..self.task.floor.facts() };
        self.task.facts.send_if_modified(|shown| {
            let is_news = **shown != news;
            if is_news {
                *shown = Arc::new(news);
            }
            is_news
        });
    }

    fn caller(&mut self, waiting: Waiting) -> Caller {
        let caller = Caller(self.next_caller);
        self.next_caller += 1;
        self.callers.insert(caller, waiting);
        caller
    }

    /// Whether there was anything to do.
    async fn carry_out(&mut self) -> bool {
        let now = self.now();
        // Before anybody is answered: who hears of a commit sees it.
        let mut is_news = self.sights.write(&mut self.task.floor, &now);
        while let Some(order) = self.task.floor.poll() {
            is_news |= !matches!(order, Order::Reply { .. });
            match order {
                Order::Record { ticket, entry } => {
                    let answer = self.task.recorder.submit(entry).await;
                    self.answers.push_back((ticket, answer));
                }
                Order::Reply { caller, reply } => self.reply(caller, reply),
                Order::Doubt { scale, remedy } => self.doubt(&scale, remedy),
                Order::Recorded(recorded) => self.recorded.tell(self.task.clock.elapsed(), &recorded),
                Order::Notice(notice) => warn!(text = notice.text, remedy = notice.remedy, "notice"),
                Order::Alarm(alarm) => self.alarm(*alarm),
            }
        }
        is_news
    }

    fn reply(&mut self, caller: Caller, reply: Reply) {
        // Whoever stopped waiting needs no reply.
        match (self.callers.remove(&caller), reply) {
            (Some(Waiting::Heard(waiting)), Reply::Heard(heard)) => drop(waiting.send(heard)),
            (Some(Waiting::Done(waiting)), Reply::Done(done)) => drop(waiting.send(done)),
            (Some(Waiting::Heard(_) | Waiting::Done(_)) | None, Reply::Heard(_) | Reply::Done(_)) => {}
        }
    }

    fn doubt(&mut self, scale: &DeviceName, remedy: Option<String>) {
        let Some(board) = self.task.boards.get(scale) else { return };
        if !board.level(remedy.clone()) {
            return;
        }
        match remedy {
            Some(remedy) => {
                if let Some(hushed) = self.hush.may_say(self.task.clock.elapsed()) {
                    warn!(device = %scale, remedy, hushed, "level in doubt");
                }
            }
            None => debug!(device = %scale, "level known again"),
        }
    }

    fn alarm(&mut self, alarm: Alarm) {
        info!(subject = %alarm.subject, state = alarm.to.word(), text = alarm.text, "alarm");
        self.task.alarms.tell(&Arc::new(alarm));
    }

    fn committed(&mut self, now: &Moment, (ticket, answer): (Ticket, Result<Outcome, Refused>)) {
        let answer = answer.map_err(|refused| {
            let text = cause::chain(&refused);
            if let Some(hushed) = self.hush.may_say(now.elapsed) {
                error!(error = text, hushed, "not recorded");
            }
            not_recorded(&refused)
        });
        self.task.floor.handle_commit(now, ticket, answer);
    }

    /// Reads what is parked on a thread of its own: there may be much of it.
    fn read_parked(&self, sender: mpsc::Sender<Vec<(Seq, Movement)>>) {
        let reader = self.task.reader.clone();
        let life = self
            .task
            .recorder
            .view()
            .borrow()
            .standings
            .iter()
            .find_map(|(feed, at)| (feed.as_str() == UNASSIGNED).then_some(at.life));
        tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            let parked = life.map_or(Ok(Vec::new()), |life| reader.standing_movements(life));
            let parked = parked.unwrap_or_else(|error| {
                error!(error = %cause::chain(&error), "parked records not read");
                Vec::new()
            });
            // The floor may be gone by now.
            let _ = sender.blocking_send(parked);
        });
    }
}

/// The next answer of the recorder, which answers in order; waits for ever when none is due.
async fn oldest(answers: &mut VecDeque<(Ticket, Answer<Outcome>)>) -> (Ticket, Result<Outcome, Refused>) {
    let Some((ticket, answer)) = answers.front_mut() else { return std::future::pending().await };
    let answered = (*ticket, answer.await.unwrap_or(Err(Refused::Closed)));
    answers.pop_front();
    answered
}

/// The next answer, if it is there already.
fn answered(answers: &mut VecDeque<(Ticket, Answer<Outcome>)>) -> Option<(Ticket, Result<Outcome, Refused>)> {
    let (ticket, answer) = answers.front_mut()?;
    let answered = match answer.try_recv() {
        Ok(answered) => (*ticket, answered),
        Err(TryRecvError::Closed) => (*ticket, Err(Refused::Closed)),
        Err(TryRecvError::Empty) => return None,
    };
    answers.pop_front();
    Some(answered)
}

/// What the ledger's refusal is to people.
#[must_use]
pub fn not_recorded(refused: &Refused) -> NotRecorded {
    const MB: u64 = 1_000_000;
    let words = cause::chain(refused);
    let cause = match refused {
        Refused::Entry(error) => {
            return match &**error {
                EntryError::TakenBack { .. } => NotRecorded::Gone(ActRefusal::TakenBackAlready, words),
                EntryError::EarlierLife { .. } => NotRecorded::Gone(ActRefusal::EarlierLife, words),
                EntryError::Record(error) => NotRecorded::Refused(error.into()),
                EntryError::NoMovement { feed, seq } => {
                    NotRecorded::Refused(Refusal::NoMovement { feed: feed.clone(), seq: *seq })
                }
            };
        }
        Refused::Ledger(error) => UnwrittenCause::System(cause::root(&**error)),
        Refused::Full(room) => UnwrittenCause::Full { used_mb: room.used / MB, limit_mb: room.limit / MB },
        Refused::Closed => UnwrittenCause::Closed,
    };
    NotRecorded::Failed(Unwritten { words, cause })
}

/// What a sender hears when the floor is gone.
#[must_use]
pub fn unheard() -> Heard {
    Heard { verdict: Verdict::NotRecorded, is_repetition: false, text: Refusal::Stopping.to_string() }
}
