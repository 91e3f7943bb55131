//! From a reading to the ledger: what scanners, scales and brokers do alike.

use std::sync::Arc;

use gateway_proto::name::DeviceName;
use tracing::{debug, error, info, warn};

use crate::{
    clock::Clock,
    config::{Config, Reports},
    device::{Cause, FrameError, Reading, Scan, scanner_host::Verdict},
    label::LabelRules,
    ledger::{
        Outcome,
        recorder::{Answer, Recorder, Refused},
    },
    movement::{
        catalog::Catalog,
        entry::{Entry, Origin},
        station::{Codes, Heard, Station},
        tally::{Doubt, Tally},
    },
    status::DeviceBoard,
    task::{hush::Hush, line::Listener},
};

/// What one device's readings lead to.
#[derive(Debug)]
pub struct Pipeline {
    device: DeviceName,
    board: DeviceBoard,
    clock: Clock,
    recorder: Recorder,
    catalog: Arc<Catalog>,
    labels: LabelRules,
    room: Room,
    told_doubt: Option<Doubt>,
    /// What looks wrong with the line; goes before what is wrong with the level.
    line_doubt: Option<String>,
    hush: Hush,
    /// For coming and going: a device that flaps must not hush its refusals.
    hush_of_line: Hush,
}

/// What came of a reading that was handed in.
#[derive(Debug)]
pub enum Submitted {
    /// It waits for its commit.
    Queued(Answer<Outcome>),
    /// Nothing had to be recorded.
    Done(Verdict),
}

/// A reading that was refused, counted and logged.
struct NotAnEntry;

/// What the device watches.
#[derive(Debug)]
enum Room {
    Bin(Tally),
    Station(Station),
}

/// What all pipelines of a site share.
#[derive(Debug, Clone)]
pub struct Site {
    pub config: Arc<Config>,
    pub catalog: Arc<Catalog>,
    pub clock: Clock,
    pub recorder: Recorder,
}

impl Site {
    /// The pipeline of a device, `None` when what it reports on is not there.
    #[must_use]
    pub fn pipeline(
        &self,
        device: DeviceName,
        reports: &Reports,
        readings: u32,
        board: DeviceBoard,
    ) -> Option<Pipeline> {
        let room = match reports {
            Reports::Bin(name) => Room::Bin(Tally::new(self.config.bin(name)?.clone(), device.clone(), readings)),
            Reports::Station(name) => {
                let station = self.config.station(name)?;
                Room::Station(Station::new(station.name.clone(), station.place.clone(), station.mode.clone()))
            }
        };
        Some(Pipeline {
            device,
            board,
            clock: self.clock.clone(),
            recorder: self.recorder.clone(),
            catalog: self.catalog.clone(),
            labels: self.config.labels.clone(),
            room,
            told_doubt: None,
            line_doubt: None,
            hush: Hush::default(),
            hush_of_line: Hush::default(),
        })
    }
}

impl Pipeline {
    #[must_use]
    pub fn device(&self) -> &DeviceName {
        &self.device
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The device is there.
    pub fn connected(&mut self) {
        if self.board.connected()
            && let Some(hushed) = self.hush_of_line.may_say(self.clock.elapsed())
        {
            info!(device = %self.device, hushed, "device connected");
        }
    }

    /// The device is gone; its level is unknown.
    pub fn lost(&mut self, why: &str) {
        if self.board.lost(why.to_owned())
            && let Some(hushed) = self.hush_of_line.may_say(self.clock.elapsed())
        {
            warn!(device = %self.device, why, hushed, "device lost");
        }
        if let Room::Bin(tally) = &mut self.room {
            tally.handle_unknown(Cause::Offline);
        }
    }

    /// A message that was no reading.
    pub fn bad_message(&self, error: &dyn std::error::Error) {
        self.board.count_bad_frame("message");
        debug!(device = %self.device, error = %crate::cause::chain(error), "bad message");
    }

    /// Takes a reading and queues what it means. The caller owes the outcome to [`Pipeline::handle_outcome`].
    pub async fn submit_reading(&mut self, reading: Reading, origin: Option<Origin>) -> Submitted {
        match self.entry(reading, origin) {
            Ok(Some(entry)) => Submitted::Queued(self.recorder.submit(entry).await),
            Ok(None) => Submitted::Done(Verdict::Accepted),
            Err(NotAnEntry) => Submitted::Done(Verdict::Refused),
        }
    }

    /// What a reading asks of the ledger: `None` when it asks nothing, as a command label does.
    fn entry(&mut self, reading: Reading, origin: Option<Origin>) -> Result<Option<Entry>, NotAnEntry> {
        Ok(match reading {
            Reading::Scan(scan) => self.scan(&scan, origin)?,
            Reading::Weight(weight) => {
                self.seen();
                let Room::Bin(tally) = &mut self.room else {
                    return Err(self.refused("a weight at a station; this sensor needs bin ="));
                };
                let entry = tally.handle_weight(self.clock.elapsed(), self.clock.wall(), &weight);
                self.tell_doubt();
                entry
            }
            Reading::Unknown(cause) => {
                if let Room::Bin(tally) = &mut self.room {
                    tally.handle_unknown(cause);
                    self.tell_doubt();
                }
                None
            }
            Reading::Online(true) => {
                self.connected();
                // Started again: its zero may have moved, so that nothing before counts towards rest.
                if let Room::Bin(tally) = &mut self.room {
                    tally.handle_unknown(Cause::Busy);
                }
                None
            }
            Reading::Online(false) => {
                self.lost("device says that it is going");
                None
            }
        })
    }

    /// What became of a queued entry.
    pub fn handle_outcome(&mut self, outcome: &Result<Outcome, Refused>) -> Verdict {
        match outcome {
            Ok(Outcome::Recorded(recorded)) => {
                // The line that tells what was accepted: written after the commit, never before.
                info!(
                    device = %self.device,
                    feed = %recorded.feed,
                    seq = recorded.seq.0,
                    item = %recorded.movement.item,
                    qty = recorded.movement.qty.units(),
                    from = %recorded.movement.from,
                    to = %recorded.movement.to,
                    "recorded"
                );
                Verdict::Accepted
            }
            Ok(Outcome::NoChange) => Verdict::Accepted,
            Ok(Outcome::Repeated) => {
                self.board.count_repeated();
                debug!(device = %self.device, "repetition of something recorded");
                Verdict::Accepted
            }
            Err(refused) => {
                match &mut self.room {
                    Room::Bin(tally) => tally.forget(),
                    Room::Station(station) => station.undo(),
                }
                self.board.count_refused();
                if let Some(hushed) = self.hush.may_say(self.clock.elapsed()) {
                    error!(device = %self.device, error = %crate::cause::chain(refused), hushed, "not recorded");
                }
                match refused {
                    // It would break the same rule again.
                    Refused::Entry(_) => Verdict::Refused,
                    Refused::Ledger(_) | Refused::Closed => Verdict::NotRecorded,
                }
            }
        }
    }

    fn scan(&mut self, scan: &Scan, origin: Option<Origin>) -> Result<Option<Entry>, NotAnEntry> {
        self.seen();
        let Room::Station(station) = &mut self.room else {
            return Err(self.refused("a scan on a bin's scale; this sensor needs station ="));
        };
        let codes = Codes { catalog: &self.catalog, rules: &self.labels };
        match station.handle_scan(self.clock.elapsed(), self.clock.wall(), scan, origin, codes) {
            Heard::Entry(entry) => Ok(Some(*entry)),
            Heard::Set(expecting) => {
                info!(device = %self.device, expecting, "command");
                Ok(None)
            }
            Heard::Refused(refusal) => Err(self.refused(&refusal.to_string())),
        }
    }

    fn refused(&mut self, why: &str) -> NotAnEntry {
        self.board.count_refused();
        if let Some(hushed) = self.hush.may_say(self.clock.elapsed()) {
            warn!(device = %self.device, why, hushed, "reading refused");
        }
        NotAnEntry
    }

    /// A reading came, so the device is there, whatever was said of it before.
    fn seen(&mut self) {
        self.connected();
        self.board.count_reading();
    }

    fn tell_doubt(&mut self) {
        let Room::Bin(tally) = &self.room else { return };
        let doubt = tally.doubt();
        let remedy = doubt.map(Doubt::remedy);
        self.board.problem(self.line_doubt.clone().or_else(|| remedy.clone()));
        // The log says when the kind of doubt changes, not each hundredth of a piece.
        let kind = |doubt: Option<Doubt>| doubt.map(|doubt| std::mem::discriminant(&doubt));
        if kind(doubt) != kind(self.told_doubt) {
            self.told_doubt = doubt;
            match remedy {
                Some(remedy) => warn!(device = %self.device, remedy, "level unknown"),
                None => info!(device = %self.device, "level known again"),
            }
        }
    }
}

/// A device on a line of its own.
impl Listener for Pipeline {
    fn elapsed(&self) -> std::time::Duration {
        self.clock.elapsed()
    }

    fn connected(&mut self) {
        Self::connected(self);
    }

    fn lost(&mut self, why: &str) {
        self.line_doubt = None;
        Self::lost(self, why);
    }

    async fn handle_reading(&mut self, reading: Reading) -> Verdict {
        match self.submit_reading(reading, None).await {
            Submitted::Done(verdict) => verdict,
            Submitted::Queued(answer) => {
                let outcome = answer.await.unwrap_or(Err(Refused::Closed));
                self.handle_outcome(&outcome)
            }
        }
    }

    fn bad_frame(&mut self, error: &FrameError) {
        self.board.count_bad_frame(error.code());
        debug!(device = %self.device, error = %crate::cause::chain(error), "bad frame");
    }

    fn doubt(&mut self, remedy: Option<&str>) {
        if self.line_doubt.as_deref() == remedy {
            return;
        }
        self.line_doubt = remedy.map(str::to_owned);
        let of_level = self.told_doubt.map(Doubt::remedy);
        self.board.problem(self.line_doubt.clone().or(of_level));
        if let Some(remedy) = remedy
            && let Some(hushed) = self.hush_of_line.may_say(self.clock.elapsed())
        {
            warn!(device = %self.device, remedy, hushed, "line in doubt");
        }
    }
}
