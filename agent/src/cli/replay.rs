//! `replay FILE`: a capture read again, with its timing or faster.

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context as _;

use super::{device_args::DeviceArgs, telling::Telling};
use crate::{
    app,
    device::{FrameDecoder, Reading, Scan, Terminator},
    port::capture::{self, Chunk, Direction},
};

/// Plays a capture; `speed` 2 is twice as fast, 0 without any wait.
pub(super) fn run(file: &Path, device: &DeviceArgs, speed: f64, json: bool) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(speed >= 0.0 && speed.is_finite(), "--speed must be 0 or more");
    let text = std::fs::read_to_string(file).with_context(|| format!("read capture {}", file.display()))?;
    let (_, chunks) = capture::parse(&text).with_context(|| format!("read capture {}", file.display()))?;
    let protocol = device.protocol()?;
    let options = device.options()?;
    let telling = Telling::new(json);
    app::runtime()?.block_on(async {
        let mut scale = protocol.map(|protocol| protocol.decoder(&options));
        let mut scanner = FrameDecoder::new(Terminator::default(), FrameDecoder::IDLE_MS);
        let mut last_ms = 0;
        for Chunk { at_ms, direction, bytes } in chunks {
            if speed > 0.0 {
                let wait = Duration::from_millis(at_ms - last_ms).div_f64(speed);
                tokio::time::sleep(wait).await;
            }
            last_ms = at_ms;
            if direction == Direction::Out {
                continue;
            }
            let at = Duration::from_millis(at_ms);
            if let Some(decoder) = &mut scale {
                decoder.push(&bytes);
                while let Some(report) = decoder.poll() {
                    match report {
                        Ok(report) => {
                            let assumed = options.unit.and_then(crate::device::scale::report::Unit::mass);
                            if let Some(reading) = report.reading(assumed) {
                                telling.reading(at, &reading);
                            }
                        }
                        Err(error) => telling.bad_frame(at, &error),
                    }
                }
            } else {
                scanner.push(&bytes, at_ms);
                while let Some(frame) = scanner.poll() {
                    match frame {
                        Ok(frame) => telling.reading(at, &Reading::Scan(Scan::from_frame(&frame))),
                        Err(error) => telling.bad_frame(at, &error),
                    }
                }
            }
        }
    });
    Ok(ExitCode::SUCCESS)
}
