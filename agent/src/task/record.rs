//! From a reading to the ledger: what scanners, scales and brokers do alike.

use std::sync::Arc;

use gateway_proto::name::DeviceName;
use tracing::{debug, error, info, warn};

use crate::{
    clock::Clock,
    config::{Config, Reports},
    device::{Cause, Reading, Scan},
    ledger::{
        Outcome,
        recorder::{Answer, Recorder, Refused},
    },
    movement::{
        catalog::Catalog,
        entry::{Entry, Origin},
        station::{Heard, Station},
        tally::{Doubt, Tally},
    },
    status::DeviceBoard,
};

/// What one device's readings lead to.
#[derive(Debug)]
pub struct Pipeline {
    device: DeviceName,
    board: DeviceBoard,
    clock: Clock,
    recorder: Recorder,
    catalog: Arc<Catalog>,
    room: Room,
    told_doubt: Option<Doubt>,
}

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
            room,
            told_doubt: None,
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
    pub fn connected(&self) {
        if self.board.connected() {
            info!(device = %self.device, "device connected");
        }
    }

    /// The device is gone; its level is unknown.
    pub fn lost(&mut self, why: &str) {
        if self.board.lost(why.to_owned()) {
            warn!(device = %self.device, why, "device lost");
        }
        if let Room::Bin(tally) = &mut self.room {
            tally.handle_unknown(Cause::Offline);
        }
    }

    /// A frame that was no reading.
    pub fn bad_frame(&self, error: &dyn std::error::Error) {
        self.board.count_bad_frame();
        debug!(device = %self.device, error = %crate::cause::chain(error), "bad frame");
    }

    /// Takes a reading and records what it means; returns after the commit.
    pub async fn handle_reading(&mut self, reading: Reading, origin: Option<Origin>) {
        if let Some(answer) = self.submit_reading(reading, origin).await {
            let outcome = answer.await.unwrap_or(Err(Refused::Closed));
            self.handle_outcome(&outcome);
        }
    }

    /// Takes a reading and queues what it means. The caller owes the outcome to [`Pipeline::handle_outcome`].
    pub async fn submit_reading(&mut self, reading: Reading, origin: Option<Origin>) -> Option<Answer<Outcome>> {
        let entry = match reading {
            Reading::Scan(scan) => self.scan(&scan, origin),
            Reading::Weight(weight) => {
                self.seen();
                let Room::Bin(tally) = &mut self.room else {
                    self.refused("a weight at a station; this sensor needs bin =");
                    return None;
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
        }?;
        Some(self.recorder.submit(entry).await)
    }

    /// What became of a queued entry.
    pub fn handle_outcome(&mut self, outcome: &Result<Outcome, Refused>) {
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
            }
            Ok(Outcome::NoChange) => {}
            Ok(Outcome::Repeated) => {
                self.board.count_repeated();
                debug!(device = %self.device, "repetition of something recorded");
            }
            Err(refused) => {
                match &mut self.room {
                    Room::Bin(tally) => tally.forget(),
                    Room::Station(station) => station.undo(),
                }
                self.board.count_refused();
                error!(device = %self.device, error = %crate::cause::chain(refused), "not recorded");
            }
        }
    }

    fn scan(&mut self, scan: &Scan, origin: Option<Origin>) -> Option<Entry> {
        self.seen();
        let Room::Station(station) = &mut self.room else {
            self.refused("a scan on a bin's scale; this sensor needs station =");
            return None;
        };
        match station.handle_scan(self.clock.elapsed(), self.clock.wall(), scan, origin, &self.catalog) {
            Heard::Entry(entry) => Some(*entry),
            Heard::Set(expecting) => {
                info!(device = %self.device, expecting, "command");
                None
            }
            Heard::Refused(refusal) => {
                self.refused(&refusal.to_string());
                None
            }
        }
    }

    fn refused(&self, why: &str) {
        self.board.count_refused();
        warn!(device = %self.device, why, "reading refused");
    }

    /// A reading came, so the device is there, whatever was said of it before.
    fn seen(&self) {
        self.connected();
        self.board.count_reading();
    }

    fn tell_doubt(&mut self) {
        let Room::Bin(tally) = &self.room else { return };
        let doubt = tally.doubt();
        let remedy = doubt.map(Doubt::remedy);
        self.board.problem(remedy.clone());
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
