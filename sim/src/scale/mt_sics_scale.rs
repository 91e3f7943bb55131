//! The scale of the demo and of the tests that do not care which: MT-SICS, in grams, at any speed and without delay.
//!
//! Owns nothing but those settings; everything else is [`SimScale`].

use std::path::Path;
use std::time::Duration;

use super::{Model, Settling, SimScale, Tongue, Unit};
use crate::pty::LineSettings;

/// A scale that speaks MT-SICS, plugged in or not. Dropping it pulls the plug.
#[derive(Debug)]
pub struct MtSicsScale(SimScale);

impl MtSicsScale {
    /// Plugs an empty scale in at `link`: 0.1 g division, six replies to settle, no limit to its load, noise from
    /// `seed`.
    ///
    /// # Errors
    /// As [`Pty::plug`](crate::pty::Pty::plug).
    pub fn plug(link: &Path, seed: u64) -> anyhow::Result<Self> {
        let model = Model {
            line: LineSettings::ANY,
            seed,
            capacity_grams: f64::INFINITY,
            latency: Duration::ZERO,
            ..Model::usual(Tongue::MtSics)
        };
        Ok(Self(SimScale::plug_model(link, model)?))
    }

    /// The load as it is now, in grams; ends an overload or underload. The next replies are dynamic until it settles.
    pub fn set_grams(&self, grams: f64) {
        self.0.put(grams);
    }

    /// How many replies a change takes to settle, from the next change on; 0 is stable at once.
    pub fn set_settling_replies(&self, replies: u32) {
        self.0.settles_after(Settling::Readings(replies));
    }

    /// One step of the last digit in grams, say 0.1, 1 or 0.05.
    pub fn set_division(&self, grams: f64) {
        self.0.set_display(Unit::Gram, grams);
    }

    /// As [`SimScale::overload`].
    pub fn overload(&self) {
        self.0.overload();
    }

    /// As [`SimScale::underload`].
    pub fn underload(&self) {
        self.0.underload();
    }

    /// As [`SimScale::silent`].
    pub fn silent(&self, silent: bool) {
        self.0.silent(silent);
    }

    /// As [`SimScale::restart`]; it says its serial number unasked.
    pub fn restart(&self) {
        self.0.restart();
    }

    /// How many times a weight was asked for and answered, in all its plugs.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.0.polls()
    }

    /// As [`SimScale::unplug`].
    pub async fn unplug(&mut self) {
        self.0.unplug().await;
    }

    /// As [`SimScale::replug`].
    ///
    /// # Errors
    /// As [`Self::plug`].
    pub async fn replug(&mut self, link: &Path) -> anyhow::Result<()> {
        self.0.replug(link).await
    }
}
