//! Scales, each on a line and in a tongue of its own.
//!
//! Owns the plug: what lies on the scale is `pan`'s, what it says a file's per tongue, how the bytes travel `serial`'s
//! and `modbus_tcp`'s. A test puts loads and orders faults and need not know the tongue. Must not know bins, nor the
//! agent's decoders.
//!
//! What the tongues share: commands that a real scale would not know get that maker's error answer, or silence where it
//! has none; single letters act wherever they stand in other makers' questions; answers take a few milliseconds and the
//! time of their bytes at the line's speed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::pty::Faults;

mod adam;
mod and;
#[cfg(test)]
mod bench;
mod cas;
mod command;
mod dini;
mod display;
mod kern_de;
mod kern_eoc;
mod modbus;
mod modbus_rtu;
mod modbus_tcp;
mod mt_sics;
mod mt_sics_scale;
mod nci;
mod ohaus;
mod pan;
mod radwag;
mod sartorius;
mod serial;
mod sma;
mod toledo_8217;
mod toledo_continuous;
mod tongue;
mod usb_hid;

pub use adam::AdamFormat;
pub use and::AndFormat;
pub use display::Unit;
pub use modbus::{Map, WordOrder};
pub use mt_sics_scale::MtSicsScale;
pub use ohaus::OhausFormat;
pub use pan::Settling;
pub use tongue::{Model, Tongue};

use display::Division;
use pan::{Pan, Range};
use serial::Plug;
use tongue::Speaker;

/// A scale, plugged in or not. Dropping it pulls the plug.
#[derive(Debug)]
pub struct SimScale {
    model: Model,
    body: Arc<Mutex<Body>>,
    faults: Faults,
    plug: Option<Plug>,
}

/// What stays when the plug is pulled.
#[derive(Debug)]
struct Body {
    pan: Pan,
    speaker: Box<dyn Speaker>,
    heard: Vec<u8>,
}

/// As much of what the host said as is kept.
const HEARD_LEN_MAX: usize = 64 * 1024;

impl SimScale {
    /// Plugs an empty scale in at `link`, as from the factory: [`Model::usual`]. The host has to match its speed.
    ///
    /// # Errors
    /// As [`Self::plug_model`].
    pub fn plug(link: &Path, tongue: Tongue) -> anyhow::Result<Self> {
        Self::plug_model(link, Model::usual(tongue))
    }

    /// Plugs an empty scale of this model in at `link`. One that speaks [`Tongue::ModbusTcp`] listens on a port of
    /// 127.0.0.1 instead, see [`Self::addr`], and makes no link.
    ///
    /// # Errors
    /// As [`Pty::plug`](crate::pty::Pty::plug); with TCP, when no port is left.
    pub fn plug_model(link: &Path, model: Model) -> anyhow::Result<Self> {
        let pan = Pan::new(model.seed, model.unit, model.division, model.capacity_grams);
        let speaker = model.tongue.speaker(&model);
        let body = Arc::new(Mutex::new(Body { pan, speaker, heard: Vec::new() }));
        let faults = Faults::seeded(model.seed);
        let plug = Some(Plug::into(link, &model, &body, &faults)?);
        Ok(Self { model, body, faults, plug })
    }

    #[must_use]
    pub const fn tongue(&self) -> Tongue {
        self.model.tongue
    }

    /// Where a [`Tongue::ModbusTcp`] scale listens while it is plugged in.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        self.plug.as_ref().and_then(Plug::addr)
    }

    /// The load as it is now, in grams, without the pan; ends an overload, an underload and a breakdown. It is dynamic
    /// until it settles.
    pub fn put(&self, grams: f64) {
        self.body().pan.put(grams);
    }

    /// How a change settles, from the next change on.
    pub fn settles_after(&self, settling: Settling) {
        self.body().pan.settles_after(settling);
    }

    /// What it shows from now on, and in which steps of that unit.
    pub fn set_display(&self, unit: Unit, division: f64) {
        let mut body = self.body();
        body.pan.unit = unit;
        body.pan.division = Division::of(division);
    }

    /// It counts pieces of so many grams; `None` ends the counting.
    pub fn count_pieces_of(&self, grams: Option<f64>) {
        self.body().pan.piece = grams.filter(|grams| *grams > 0.0);
    }

    /// Somebody presses the zero key; it acts whether the load is at rest or not.
    pub fn press_zero(&self) {
        self.body().pan.press_zero();
    }

    /// Somebody presses the tare key; it acts whether the load is at rest or not.
    pub fn press_tare(&self) {
        self.body().pan.press_tare();
    }

    /// More on it than it can weigh, until the next [`Self::put`].
    pub fn overload(&self) {
        self.body().pan.set_range(Range::Over);
    }

    /// The pan has come off, until the next [`Self::put`].
    pub fn underload(&self) {
        self.body().pan.set_range(Range::Under);
    }

    /// Its load cell fails, until the next [`Self::put`]. It says so where its tongue has a word for it.
    pub fn break_down(&self) {
        self.body().pan.set_range(Range::Fault);
    }

    /// Switched off or on: a silent scale hears nothing and says nothing, while its adapter stays plugged in.
    pub fn silent(&self, silent: bool) {
        self.body().pan.is_silent = silent;
    }

    /// Power comes back after a cut: what lies on it becomes its zero, the tare is forgotten, it is silent no longer
    /// and says what scales of its tongue say then.
    pub fn restart(&self) {
        let mut greeting = Vec::new();
        {
            let Body { pan, speaker, .. } = &mut *self.body();
            pan.restart();
            speaker.power_up(pan, &mut greeting);
        }
        self.say(greeting);
    }

    /// Puts bytes on the line as they are. Nothing happens on TCP, and when it is not plugged in.
    pub fn say(&self, bytes: impl Into<Vec<u8>>) {
        if let Some(plug) = &self.plug {
            plug.say(bytes.into());
        }
    }

    /// The faults of its line, which stay ordered over a replug.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How often it was read, asked or streaming, in all its plugs.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.body().pan.polls
    }

    /// What the host has sent since the start, as the scale heard it, up to 64 KiB.
    #[must_use]
    pub fn heard(&self) -> Vec<u8> {
        self.body().heard.clone()
    }

    /// Pulls the plug; returns when the line is gone.
    pub async fn unplug(&mut self) {
        if let Some(plug) = self.plug.take() {
            plug.pull().await;
        }
    }

    /// Plugs it in again, maybe at another name. The load stays; the scale itself was never without power.
    ///
    /// # Errors
    /// As [`Self::plug_model`].
    pub async fn replug(&mut self, link: &Path) -> anyhow::Result<()> {
        self.unplug().await;
        self.plug = Some(Plug::into(link, &self.model, &self.body, &self.faults)?);
        Ok(())
    }

    fn body(&self) -> MutexGuard<'_, Body> {
        lock(&self.body)
    }
}

impl Body {
    /// Has the speaker do something, unless the scale is off; what it says.
    fn with(&mut self, act: impl FnOnce(&mut dyn Speaker, &mut Pan, &mut Vec<u8>)) -> Vec<u8> {
        let mut say = Vec::new();
        if !self.pan.is_silent {
            act(&mut *self.speaker, &mut self.pan, &mut say);
        }
        say
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let room = HEARD_LEN_MAX - self.heard.len();
        self.heard.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.with(|speaker, pan, say| bytes.iter().for_each(|byte| speaker.hear(*byte, pan, say)))
    }
}

/// A panic in a test thread must not turn into a second one in the scale.
fn lock(body: &Mutex<Body>) -> MutexGuard<'_, Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}
