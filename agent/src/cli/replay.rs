//! `replay FILE`: a capture read again as the agent reads it, with its timing or faster.

use std::{
    ops::ControlFlow,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::{
    device_args::DeviceArgs,
    playback::{Told, play},
    telling::{Telling, unwritten},
};
use crate::{config::Port, port::capture};

/// How many times as fast; 0 without any wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Speed(f64);

impl Speed {
    /// Reads `--speed`.
    ///
    /// # Errors
    /// Says what it must be.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let speed = text.parse().ok().filter(|speed| *speed == 0.0 || (0.001..=1_000_000.0).contains(speed));
        speed.map(Self).ok_or("must be 0, or from 0.001 to 1000000")
    }

    /// How long after its beginning something of the capture is due.
    fn due(self, at: Duration) -> Duration {
        let is_at_once = self.0 == 0.0;
        if is_at_once {
            Duration::ZERO
        } else {
            Duration::try_from_secs_f64(at.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
        }
    }
}

/// Plays a capture.
pub(super) fn run(file: &Path, device: &DeviceArgs, speed: Speed, json: bool) -> anyhow::Result<ExitCode> {
    let described = device.described()?;
    let text = std::fs::read_to_string(file).with_context(|| format!("read capture {}", file.display()))?;
    let (header, chunks) = capture::parse(&text).with_context(|| format!("read capture {}", file.display()))?;
    let has_uart = matches!(Port::parse(&header.port, Path::new("")), Ok(Port::Serial(_)));
    let mut telling = Telling::new(json);
    let began = Instant::now();
    let mut failure = None;
    // Interrupted, it ends as any program does: it holds no port.
    let _ = play(described, has_uart, chunks, &mut |at, told| {
        std::thread::sleep(speed.due(at).saturating_sub(began.elapsed()));
        match told {
            Told::Time => {}
            Told::Reading(reading) => telling.reading(at, &reading),
            Told::BadFrame(error) => telling.bad_frame(at, &error),
            Told::Doubt(remedy) => telling.doubt(at, remedy),
        }
        failure = telling.take_failure();
        if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    failure.map_or(Ok(()), unwritten)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_none_or_one_that_ends() {
        for text in ["0", "0.001", "1", "1000000"] {
            assert!(Speed::parse(text).is_ok(), "{text}");
        }
        for text in ["-1", "nan", "inf", "1e-300", "0.0009", "1e7", "", "fast"] {
            assert!(Speed::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_time_of_a_capture_is_too_far_off() {
        let due = |speed: &str, at| Speed::parse(speed).unwrap().due(at);
        assert_eq!(due("10", Duration::from_secs(5)), Duration::from_millis(500));
        assert_eq!(due("0", Duration::MAX), Duration::ZERO);
        assert_eq!(due("0.001", Duration::from_millis(u64::MAX)), Duration::MAX);
    }
}
