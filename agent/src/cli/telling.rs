//! Readings told to a person, or as JSON lines to a machine.

use std::{
    io::{self, Write as _},
    os::fd::AsFd as _,
    time::Duration,
};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::{io::Interest, net::unix::pipe::Sender};

use super::paint::Paint;
use crate::{
    device::{FrameError, Reading, Scan, Weight},
    label::{self, Label, LabelRules},
    port::capture::to_hex,
};

/// Writes to standard output, each line at once.
pub(super) struct Telling {
    json: bool,
    paint: Paint,
    doubt: Option<String>,
    /// Nothing has been written since.
    failure: Option<io::Error>,
}

/// Resolves when whoever reads our standard output through a pipe has gone away; never for a file or a terminal that
/// stays. Without it a command whose device says nothing more would hold the port for ever.
pub(super) async fn reader_gone() {
    // Tokio's pipe end is its only way to watch a descriptor that needs no unsafe code. Nothing is written through it, so
    // that standard output need not be made non-blocking, which the other programs that share it would not bear.
    let watched = io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    let is_gone = match watched {
        Ok(pipe) => pipe.ready(Interest::ERROR).await.is_ok(),
        // A plain file cannot be watched, and its reader cannot go.
        Err(_) => false,
    };
    if !is_gone {
        std::future::pending::<()>().await;
    }
}

/// What a command ends with when its standard output took no more.
///
/// # Errors
/// None when the reader has gone away: it has seen what it wanted.
pub(super) fn unwritten(failure: io::Error) -> anyhow::Result<()> {
    if failure.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(failure).context("write standard output") }
}

impl Telling {
    pub(super) fn new(json: bool) -> Self {
        // A pipe is read by a machine.
        let json = json || !std::io::IsTerminal::is_terminal(&std::io::stdout());
        Self { json, paint: Paint::of_stdout(), doubt: None, failure: None }
    }

    /// Why nothing more can be told, if so.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    pub(super) fn connected(&mut self, at: Duration) {
        let words = self.paint.good("connected");
        self.tell(at, &json!({"connected": true}), &words);
    }

    pub(super) fn lost(&mut self, at: Duration, why: &str) {
        let words = self.paint.bad(why);
        self.tell(at, &json!({"connected": false, "why": why}), &words);
    }

    pub(super) fn reading(&mut self, at: Duration, reading: &Reading) {
        let words = match reading {
            Reading::Weight(weight) => self.weight(weight),
            Reading::Scan(scan) => self.scan(scan),
            Reading::Movement(stated) => {
                format!("{} of {} from {} to {}", stated.qty.units(), stated.item, stated.from, stated.to)
            }
            Reading::Unknown(cause) => self.paint.bad(format!("unknown: {}", cause.name())),
            Reading::Online(true) => "device has started".to_owned(),
            Reading::Online(false) => self.paint.bad("device is going"),
        };
        self.tell(at, &reading_json(reading), &words);
    }

    pub(super) fn bad_frame(&mut self, at: Duration, error: &FrameError) {
        let words = self.paint.bad(error);
        self.tell(at, &json!({"error": error.code(), "message": error.to_string()}), &words);
    }

    pub(super) fn doubt(&mut self, at: Duration, remedy: Option<&str>) {
        if self.doubt.as_deref() == remedy {
            return;
        }
        self.doubt = remedy.map(str::to_owned);
        if let Some(remedy) = remedy {
            let words = self.paint.bad(remedy);
            self.tell(at, &json!({"doubt": remedy}), &words);
        }
    }

    fn weight(&self, weight: &Weight) -> String {
        let shown = self.paint.strong(format!("{:>12} {}", weight.shown, weight.unit));
        let stable = match weight.stable {
            Some(true) => self.paint.good("stable"),
            Some(false) => self.paint.dim("moving"),
            None => self.paint.dim("no stability flag"),
        };
        format!("{shown}  {stable}  {}", self.paint.dim(format!("step {}", weight.division)))
    }

    fn scan(&self, scan: &Scan) -> String {
        let symbology = scan.symbology.map_or("no symbology", |id| id.symbology());
        let code = self.paint.strong(scan.code.escape_ascii());
        format!("{code}  {}  {}", self.paint.dim(symbology), read_label(scan).told())
    }

    fn tell(&mut self, at: Duration, json: &Value, words: &str) {
        if self.failure.is_some() {
            return;
        }
        let t_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let text = if self.json {
            let mut line = json!({"t_ms": t_ms});
            if let (Some(line), Value::Object(json)) = (line.as_object_mut(), json) {
                line.extend(json.clone());
            }
            line.to_string()
        } else {
            format!("{} {words}", self.paint.dim(format!("{:>8.3}", at.as_secs_f64())))
        };
        let mut out = io::stdout().lock();
        self.failure = writeln!(out, "{text}").and_then(|()| out.flush()).err();
    }
}

/// What a label says by the standards alone; a site's own patterns are in its file.
fn read_label(scan: &Scan) -> Label {
    label::read(scan, &LabelRules::default(), jiff::Zoned::now().year())
}

/// A reading for machines.
pub(super) fn reading_json(reading: &Reading) -> Value {
    match reading {
        Reading::Weight(weight) => json!({
            "weight": weight.shown,
            "unit": weight.unit.symbol(),
            "stable": weight.stable,
            "micrograms": weight.mass.micrograms(),
            "division_micrograms": weight.division.micrograms(),
        }),
        Reading::Scan(scan) => json!({
            "code": scan.text(),
            "hex": to_hex(&scan.code),
            "symbology": scan.symbology.map(|id| id.symbology()),
            "quantity": scan.quantity,
            "id": scan.id,
            "label": read_label(scan).to_json(),
        }),
        Reading::Movement(stated) => json!({
            "item": stated.item,
            "quantity": stated.qty,
            "from": stated.from,
            "to": stated.to,
            "id": stated.id,
        }),
        Reading::Unknown(cause) => json!({"unknown": cause.name()}),
        Reading::Online(online) => json!({"online": online}),
    }
}
