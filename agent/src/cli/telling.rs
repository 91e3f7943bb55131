//! Readings told to a person, or as JSON lines to a machine.

use std::{io::Write as _, time::Duration};

use serde_json::{Value, json};

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
}

impl Telling {
    pub(super) fn new(json: bool) -> Self {
        // A pipe is read by a machine.
        let json = json || !std::io::IsTerminal::is_terminal(&std::io::stdout());
        Self { json, paint: Paint::of_stdout(), doubt: None }
    }

    pub(super) fn connected(&self, at: Duration) {
        self.tell(at, &json!({"connected": true}), || self.paint.good("connected"));
    }

    pub(super) fn lost(&self, at: Duration, why: &str) {
        self.tell(at, &json!({"connected": false, "why": why}), || self.paint.bad(why));
    }

    pub(super) fn reading(&self, at: Duration, reading: &Reading) {
        self.tell(at, &reading_json(reading), || match reading {
            Reading::Weight(weight) => self.weight(weight),
            Reading::Scan(scan) => self.scan(scan),
            Reading::Unknown(cause) => self.paint.bad(format!("unknown: {}", cause.name())),
            Reading::Online(true) => "device has started".to_owned(),
            Reading::Online(false) => self.paint.bad("device is going"),
        });
    }

    pub(super) fn bad_frame(&self, at: Duration, error: &FrameError) {
        let json = json!({"error": error.code(), "message": error.to_string()});
        self.tell(at, &json, || self.paint.bad(error));
    }

    pub(super) fn doubt(&mut self, at: Duration, remedy: Option<&str>) {
        if self.doubt.as_deref() == remedy {
            return;
        }
        self.doubt = remedy.map(str::to_owned);
        if let Some(remedy) = remedy {
            self.tell(at, &json!({"doubt": remedy}), || self.paint.bad(remedy));
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

    fn tell(&self, at: Duration, json: &Value, person: impl FnOnce() -> String) {
        let mut out = std::io::stdout().lock();
        let t_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        // A reader that has gone away ends the command with its next signal.
        let _ = if self.json {
            let mut line = json!({"t_ms": t_ms});
            if let (Some(line), Value::Object(json)) = (line.as_object_mut(), json) {
                line.extend(json.clone());
            }
            writeln!(out, "{line}")
        } else {
            writeln!(out, "{} {}", self.paint.dim(format!("{:>8.3}", at.as_secs_f64())), person())
        };
        let _ = out.flush();
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
        Reading::Unknown(cause) => json!({"unknown": cause.name()}),
        Reading::Online(online) => json!({"online": online}),
    }
}
