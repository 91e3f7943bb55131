//! From a reading to the floor: what scanners, scales and brokers do alike.

use std::time::Duration;

use gateway_proto::name::DeviceName;
use tracing::{debug, info, warn};

use super::floor::{FloorWay, HeardLater, unheard};
use crate::{
    clock::Clock,
    config::Reports,
    device::{Cause, FrameError, Reading, scanner_host::Verdict},
    floor::order::Heard,
    movement::entry::Origin,
    status::DeviceBoard,
    task::{hush::Hush, line::Listener},
};

/// What one device's readings lead to.
#[derive(Debug)]
pub struct Pipeline {
    device: DeviceName,
    reports: Reports,
    board: DeviceBoard,
    clock: Clock,
    floor: FloorWay,
    line_doubt: Option<String>,
    hush: Hush,
    /// For coming and going: a device that flaps must not hush its refusals.
    hush_of_line: Hush,
}

/// What came of a reading that was handed in.
#[derive(Debug)]
pub enum Submitted {
    /// It waits for its commit.
    Queued(HeardLater),
    /// Nothing had to be recorded.
    Done(Verdict),
}

impl Pipeline {
    #[must_use]
    pub fn new(device: DeviceName, reports: Reports, board: DeviceBoard, clock: Clock, floor: FloorWay) -> Self {
        Self {
            device,
            reports,
            board,
            clock,
            floor,
            line_doubt: None,
            hush: Hush::default(),
            hush_of_line: Hush::default(),
        }
    }

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
    pub async fn lost(&mut self, why: &str) {
        if self.board.lost(why.to_owned())
            && let Some(hushed) = self.hush_of_line.may_say(self.clock.elapsed())
        {
            warn!(device = %self.device, why, hushed, "device lost");
        }
        self.unknown(Cause::Offline).await;
    }

    /// A message that was no reading.
    pub fn bad_message(&self, error: &dyn std::error::Error) {
        self.board.count_bad_frame("message");
        debug!(device = %self.device, error = %crate::cause::chain(error), "bad message");
    }

    /// Takes a reading that will not come again. The caller owes what was heard to [`Pipeline::handle_heard`].
    pub async fn submit_reading(&mut self, reading: Reading, origin: Option<Origin>) -> Submitted {
        match (reading, &self.reports) {
            (Reading::Scan(scan), Reports::Station(station)) => {
                let station = station.clone();
                self.seen();
                Submitted::Queued(self.floor.scan(station, scan, origin).await)
            }
            (Reading::Weight(weight), Reports::Bin(_)) => {
                self.seen();
                Submitted::Queued(self.floor.level(self.device.clone(), weight).await)
            }
            (Reading::Movement(stated), Reports::Movements) => {
                self.seen();
                Submitted::Queued(self.floor.stated(self.device.clone(), stated, origin).await)
            }
            (Reading::Scan(_) | Reading::Weight(_), Reports::Movements)
            | (Reading::Movement(_), Reports::Bin(_) | Reports::Station(_)) => {
                Submitted::Done(self.refused("not what this sensor was said to report"))
            }
            (Reading::Scan(_), Reports::Bin(_)) => {
                Submitted::Done(self.refused("a scan on a bin's scale; this sensor needs station ="))
            }
            (Reading::Weight(_), Reports::Station(_)) => {
                Submitted::Done(self.refused("a weight at a station; this sensor needs bin ="))
            }
            (Reading::Unknown(cause), _) => {
                self.unknown(cause).await;
                Submitted::Done(Verdict::Accepted)
            }
            (Reading::Online(true), _) => {
                self.connected();
                // Started again: its zero may have moved, so that nothing before counts towards rest.
                self.unknown(Cause::Restarted).await;
                Submitted::Done(Verdict::Accepted)
            }
            (Reading::Online(false), _) => {
                self.lost("device says that it is going").await;
                Submitted::Done(Verdict::Accepted)
            }
        }
    }

    /// What became of a reading that was queued.
    pub fn handle_heard(&mut self, heard: &Heard) -> Verdict {
        if heard.is_repetition {
            self.board.count_repeated();
            debug!(device = %self.device, "repetition of something recorded");
        }
        match heard.verdict {
            Verdict::Accepted => debug!(device = %self.device, next = heard.text, "heard"),
            Verdict::Refused => drop(self.refused(&heard.text)),
            Verdict::NotRecorded => self.board.count_refused(),
        }
        heard.verdict
    }

    /// A message that states something which can never be recorded: whoever sent it has to hear of it.
    pub fn refused_message(&mut self, error: &dyn std::error::Error) -> Verdict {
        self.refused(&crate::cause::chain(error))
    }

    async fn unknown(&self, cause: Cause) {
        if matches!(self.reports, Reports::Bin(_)) {
            self.floor.unknown(self.device.clone(), cause).await;
        }
    }

    fn refused(&mut self, why: &str) -> Verdict {
        self.board.count_refused();
        if let Some(hushed) = self.hush.may_say(self.clock.elapsed()) {
            warn!(device = %self.device, why, hushed, "reading refused");
        }
        Verdict::Refused
    }

    /// A reading came, so the device is there, whatever was said of it before.
    fn seen(&mut self) {
        self.connected();
        self.board.count_reading();
    }
}

/// A device on a line of its own.
impl Listener for Pipeline {
    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn connected(&mut self) {
        Self::connected(self);
    }

    async fn lost(&mut self, why: &str) {
        self.line_doubt = None;
        Self::lost(self, why).await;
    }

    async fn handle_reading(&mut self, reading: Reading) -> Verdict {
        if let (Reading::Weight(weight), Reports::Bin(_)) = (&reading, &self.reports) {
            let weight = *weight;
            self.seen();
            // A scale on a line says it again in a moment.
            if !self.floor.weight(self.device.clone(), weight) {
                self.board.count_dropped();
            }
            return Verdict::Accepted;
        }
        match self.submit_reading(reading, None).await {
            Submitted::Done(verdict) => verdict,
            Submitted::Queued(heard) => {
                let heard = heard.await.unwrap_or_else(|_| unheard());
                self.handle_heard(&heard)
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
        self.board.problem(self.line_doubt.clone());
        if let Some(remedy) = remedy
            && let Some(hushed) = self.hush_of_line.may_say(self.clock.elapsed())
        {
            warn!(device = %self.device, remedy, hushed, "line in doubt");
        }
    }
}
