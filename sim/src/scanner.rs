//! A barcode scanner on a serial line.
//!
//! Owns what a scanner adds to a code: the AIM identifier before it and the suffix after it. Must not know what the
//! codes mean.

use std::path::Path;

use anyhow::Context as _;

use crate::pty::Pty;

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

/// A scanner, plugged in or not.
#[derive(Debug)]
pub struct Scanner {
    pty: Option<Pty>,
    suffix: Suffix,
    aim: String,
}

impl Scanner {
    /// Plugs a scanner in at `link`. It sends `]C0` (Code 128) before each code, see [`Self::aim`].
    ///
    /// # Errors
    /// As [`Pty::plug`].
    pub fn plug(link: &Path, suffix: Suffix) -> anyhow::Result<Self> {
        Ok(Self { pty: Some(Pty::plug(link)?), suffix, aim: "]C0".to_owned() })
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
        let (before, after) = match self.suffix {
            Suffix::Cr => ("", "\r"),
            Suffix::Lf => ("", "\n"),
            Suffix::CrLf => ("", "\r\n"),
            Suffix::Tab => ("", "\t"),
            Suffix::StxEtx => ("\x02", "\x03"),
            Suffix::None => ("", ""),
        };
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
        self.pty = Some(Pty::plug(link)?);
        Ok(())
    }
}
