//! A scanner that plays a keyboard, through evdev. Grabbed, so that scans reach no console and no login prompt.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use evdev::{Device, EventStream, EventType};
use tokio::time::timeout;

use crate::device::{
    FrameError,
    keyboard::{Keyboard, KeyboardSettings},
};

/// An open keyboard. What was typed comes out as a serial scanner sends it, each scan ended by CR.
pub(super) struct Keys {
    events: EventStream,
    keyboard: Keyboard,
    began: Instant,
}

impl Keys {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut device = Device::open(path)?;
        device.grab()?;
        let keyboard = Keyboard::new(KeyboardSettings::default());
        Ok(Self { events: device.into_event_stream()?, keyboard, began: Instant::now() })
    }

    pub(super) async fn read(&mut self) -> io::Result<Vec<u8>> {
        loop {
            while let Some(typed) = self.keyboard.poll() {
                match typed {
                    Ok(typed) => {
                        let mut bytes = typed.frame;
                        bytes.push(b'\r');
                        return Ok(bytes);
                    }
                    // Handed on as a frame that is too long on a line is, so that it is counted in one place.
                    Err(FrameError::TooLong { max }) => return Ok(vec![b'?'; max + 1]),
                    Err(FrameError::Unfinished | FrameError::Checksum { .. } | FrameError::Malformed { .. }) => {}
                }
            }
            let now_ms = self.now_ms();
            let wait = self.keyboard.next_deadline().map(|at| Duration::from_millis(at.saturating_sub(now_ms)));
            match timeout(wait.unwrap_or(Duration::MAX), self.events.next_event()).await {
                Ok(event) => {
                    let event = event?;
                    if event.event_type() == EventType::KEY {
                        self.keyboard.push(event.code(), event.value(), self.now_ms());
                    }
                }
                Err(_) => self.keyboard.poll_idle(self.now_ms()),
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
