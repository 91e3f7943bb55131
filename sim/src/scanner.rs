//! Barcode scanners on a serial line.
//!
//! Owns what a scanner adds to a code: the AIM identifier before it and the suffix after it. [`Scanner`] only talks, as
//! most are set; [`ListeningScanner`] heeds single bytes and commands from the host, [`SsiScanner`] speaks Zebra's SSI.
//! Must not know what the codes mean.

use std::path::Path;

use anyhow::Context as _;

use crate::pty::{Faults, LineSettings, Pty};

mod heard;
mod listening;
mod menu;
mod packet;
mod ssi;

pub use heard::{Heard, Outcome};
pub use listening::{ListeningScanner, Manners};
pub use ssi::SsiScanner;

/// What the scanner sends around a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    Cr,
    Lf,
    CrLf,
    Tab,
    /// 02 before and 03 after.
    StxEtx,
    /// Nothing: the host has to tell by the silence.
    None,
}

impl Suffix {
    const fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Cr => ("", "\r"),
            Self::Lf => ("", "\n"),
            Self::CrLf => ("", "\r\n"),
            Self::Tab => ("", "\t"),
            Self::StxEtx => ("\x02", "\x03"),
            Self::None => ("", ""),
        }
    }
}

/// A scanner, plugged in or not.
#[derive(Debug)]
pub struct Scanner {
    pty: Option<Pty>,
    settings: LineSettings,
    faults: Faults,
    suffix: Suffix,
    aim: String,
}

impl Scanner {
    /// Plugs a scanner in at `link`. It sends `]C0` (Code 128) before each code, see [`Self::aim`].
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug(link: &Path, suffix: Suffix) -> anyhow::Result<Self> {
        Self::plug_with(link, suffix, LineSettings::ANY)
    }

    /// As [`Self::plug`], with a speed that the host has to match.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug_with(link: &Path, suffix: Suffix, settings: LineSettings) -> anyhow::Result<Self> {
        let faults = Faults::none();
        let pty = Some(Pty::plug_with(link, settings, faults.clone())?);
        Ok(Self { pty, settings, faults, suffix, aim: "]C0".to_owned() })
    }

    /// The faults of its line, which stay ordered over a replug.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Sends another AIM identifier from now on; none when empty, as scanners come from the factory.
    pub fn aim(&mut self, aim: &str) {
        aim.clone_into(&mut self.aim);
    }

    /// Scans one code.
    ///
    /// # Errors
    /// When it is not plugged in, or no host reads.
    pub async fn scan(&self, code: &str) -> anyhow::Result<()> {
        let (before, after) = self.suffix.around();
        self.scan_raw(format!("{before}{}{code}{after}", self.aim).as_bytes()).await
    }

    /// Puts bytes on the line as they are: noise, halves, other makers' habits.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub async fn scan_raw(&self, bytes: &[u8]) -> anyhow::Result<()> {
        self.pty.as_ref().context("scan: the scanner is not plugged in")?.write(bytes).await
    }

    /// Pulls the plug.
    pub fn unplug(&mut self) {
        self.pty = None;
    }

    /// Plugs it in again, maybe at another name.
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn replug(&mut self, link: &Path) -> anyhow::Result<()> {
        // First out, then in: with both under one name the old line would outlive the new link.
        self.pty = None;
        self.pty = Some(Pty::plug_with(link, self.settings, self.faults.clone())?);
        Ok(())
    }
}
