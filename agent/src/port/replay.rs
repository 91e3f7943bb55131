//! A capture played back with its timing, in place of the device it came from. At its end it stays silent: a device that
//! came back by itself would be played again for ever.

use std::{collections::VecDeque, io, path::Path, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::capture::{self, Chunk, Direction};

/// The largest capture played: a shift of a chatty scale.
const FILE_LEN_MAX: u64 = 256 * 1024 * 1024;

/// A capture being played.
#[derive(Debug)]
pub(super) struct Replay {
    began: Instant,
    chunks: VecDeque<Chunk>,
}

impl Replay {
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || {
            if std::fs::metadata(&path)?.len() > FILE_LEN_MAX {
                let why = format!("capture is larger than {FILE_LEN_MAX} bytes; cut it");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            std::fs::read_to_string(&path)
        });
        let text = read.await.map_err(io::Error::other)??;
        let (_, mut chunks) =
            capture::parse(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        chunks.retain(|chunk| chunk.direction == Direction::In && !chunk.bytes.is_empty());
        Ok(Self { began: Instant::now(), chunks: chunks.into() })
    }

    pub(super) async fn read(&mut self) -> io::Result<Vec<u8>> {
        let Some(next) = self.chunks.front() else { return std::future::pending().await };
        sleep_until(self.began + Duration::from_millis(next.at_ms)).await;
        Ok(self.chunks.pop_front().map(|chunk| chunk.bytes).unwrap_or_default())
    }
}
