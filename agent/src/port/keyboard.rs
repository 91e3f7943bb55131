//! A scanner that plays a keyboard, through evdev. Grabbed, so that scans reach no console and no login prompt.
//!
//! A task of its own reads the keys: the kernel keeps some sixty events for who is busy, a dozen characters, and then
//! drops the rest and says so. What was dropped in the middle of a scan makes it no scan.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use evdev::{Device, EventStream, EventType, SynchronizationCode};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::device::{
    FrameError,
    keyboard::{Keyboard, KeyboardSettings},
};

/// Keys that may wait while a scan is being recorded: some long codes.
const WAITING_MAX: usize = 8_192;

/// An open keyboard. What was typed comes out as a serial scanner sends it, each scan ended by CR.
#[derive(Debug)]
pub(super) struct Keys {
    struck: mpsc::Receiver<io::Result<Struck>>,
    reader: JoinHandle<()>,
    keyboard: Keyboard,
    began: Instant,
    told_discarded: u64,
    bad: Vec<FrameError>,
}

/// What the kernel says.
#[derive(Debug)]
enum Struck {
    Key {
        code: u16,
        value: i32,
    },
    /// Some were dropped here.
    Missed,
}

impl Keys {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut device = Device::open(path)?;
        device.grab()?;
        let (tell, struck) = mpsc::channel(WAITING_MAX);
        let reader = tokio::spawn(read_keys(device.into_event_stream()?, tell));
        let keyboard = Keyboard::new(KeyboardSettings::default());
        Ok(Self { struck, reader, keyboard, began: Instant::now(), told_discarded: 0, bad: Vec::new() })
    }

    pub(super) fn take_bad_frames(&mut self) -> Vec<FrameError> {
        std::mem::take(&mut self.bad)
    }

    /// Cancel-safe: a key is taken from the channel and handed to the keyboard in one step.
    pub(super) async fn read(&mut self) -> io::Result<Vec<u8>> {
        loop {
            while let Some(typed) = self.keyboard.poll() {
                match typed {
                    Ok(typed) if typed.unknown_keys == 0 => {
                        let mut bytes = typed.frame;
                        bytes.push(b'\r');
                        return Ok(bytes);
                    }
                    // A code with a character missing is another code.
                    Ok(typed) => self.bad.push(FrameError::malformed(&typed.frame)),
                    Err(error) => self.bad.push(error),
                }
            }
            while self.told_discarded < self.keyboard.discarded() {
                self.told_discarded += 1;
                self.bad.push(FrameError::Unfinished);
            }
            if !self.bad.is_empty() {
                return Ok(Vec::new());
            }
            let now_ms = self.now_ms();
            let wait = self.keyboard.next_deadline().map(|at| Duration::from_millis(at.saturating_sub(now_ms)));
            match timeout(wait.unwrap_or(Duration::MAX), self.struck.recv()).await {
                Ok(Some(Ok(Struck::Key { code, value }))) => self.keyboard.push(code, value, self.now_ms()),
                Ok(Some(Ok(Struck::Missed))) => self.keyboard.missed(self.now_ms()),
                Ok(Some(Err(error))) => return Err(error),
                Ok(None) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "unplugged")),
                Err(_) => self.keyboard.poll_idle(self.now_ms()),
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Reads until the keyboard is gone. After the kernel has dropped events, what comes up to the next report is half of
/// something.
async fn read_keys(mut events: EventStream, tell: mpsc::Sender<io::Result<Struck>>) {
    let mut is_torn = false;
    loop {
        let struck = match events.next_event().await {
            Ok(event) if event.event_type() == EventType::SYNCHRONIZATION => {
                if event.code() == SynchronizationCode::SYN_DROPPED.0 {
                    is_torn = true;
                    Ok(Struck::Missed)
                } else {
                    is_torn = false;
                    continue;
                }
            }
            Ok(event) if event.event_type() == EventType::KEY && !is_torn => {
                Ok(Struck::Key { code: event.code(), value: event.value() })
            }
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        let is_gone = struck.is_err();
        if tell.send(struck).await.is_err() || is_gone {
            return;
        }
    }
}
