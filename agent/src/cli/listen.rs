//! `listen PORT`: what a device says, live. With `capture`, what came over its line is kept in a file as well.

use std::{
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    device_args::{DeviceArgs, LineArgs, Talk},
    telling::{Telling, reader_gone, unwritten},
};
use crate::{
    app,
    config::LineConfig,
    device::{FrameError, Reading, scanner_host::Verdict},
    port::{
        capture::{Chunk, Header},
        line::{Line, Tap},
    },
    task::line::{self, Listener},
};

/// How long, how much, and where to.
pub(super) struct Listening {
    pub(super) port: String,
    pub(super) device: DeviceArgs,
    pub(super) line: LineArgs,
    pub(super) json: bool,
    /// Ends after so long.
    pub(super) time: Option<Duration>,
    /// Ends after so many readings.
    pub(super) count: Option<u64>,
    pub(super) capture: Option<PathBuf>,
}

/// Reads `--for`.
///
/// # Errors
/// Says what it must be.
pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.001..=1e9).contains(seconds));
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or("must be a number of seconds from 0.001 to 1000000000")
}

/// Listens until it is stopped.
pub(super) fn run(listening: Listening) -> anyhow::Result<ExitCode> {
    let line = listening.line.config(&listening.port, &listening.device)?;
    let talk = listening.device.talk()?;
    app::runtime()?.block_on(async {
        let ended = app::stop_signal()?;
        // The last that can fail: a capture that was never begun leaves no file.
        let keeper = listening.capture.map(|path| Keeper::start(path, &line)).transpose()?;
        let stop = CancellationToken::new();
        let course = Arc::new(Mutex::new(Course::default()));
        let person = Person {
            began: Instant::now(),
            telling: Telling::new(listening.json),
            left: listening.count,
            keeper: keeper.clone(),
            course: course.clone(),
            stop: stop.clone(),
        };
        let (time, shared, stopper) = (listening.time, course.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = ended => {}
                () = sleep(time.unwrap_or_default()), if time.is_some() => {}
                () = reader_gone() => lock(&shared).unread = true,
            }
            stopper.cancel();
        });
        let port = line.port.to_string();
        match talk {
            Talk::Scale(dialogue) => line::run(line, dialogue, person, stop).await,
            Talk::Scanner(dialogue) => line::run(line, *dialogue, person, stop).await,
        }
        let course = std::mem::take(&mut *lock(&course));
        if let Some(keeper) = keeper {
            keeper.end(course.connected)?;
        }
        match course {
            Course { failure: Some(failure), .. } => unwritten(failure)?,
            Course { connected: true, .. } | Course { unread: true, .. } => {}
            Course { why, .. } => anyhow::bail!(why.unwrap_or_else(|| format!("{port} was not open in time"))),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// How the listening went, for whoever started it.
#[derive(Default)]
struct Course {
    connected: bool,
    /// Why the line is not open, the last time that was said.
    why: Option<String>,
    /// Standard output took no more.
    failure: Option<io::Error>,
    /// Nobody reads standard output any more.
    unread: bool,
}

/// Whoever sits before the terminal.
struct Person {
    began: Instant,
    telling: Telling,
    left: Option<u64>,
    keeper: Option<Keeper>,
    course: Arc<Mutex<Course>>,
    stop: CancellationToken,
}

impl Person {
    fn tell(&mut self, tell: impl FnOnce(&mut Telling, Duration)) {
        tell(&mut self.telling, self.began.elapsed());
        if let Some(failure) = self.telling.take_failure() {
            lock(&self.course).failure = Some(failure);
            self.stop.cancel();
        }
    }
}

impl Listener for Person {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn connected(&mut self) {
        lock(&self.course).connected = true;
        self.tell(|telling, at| telling.connected(at));
    }

    async fn lost(&mut self, why: &str) {
        lock(&self.course).why = Some(why.to_owned());
        self.tell(|telling, at| telling.lost(at, why));
    }

    async fn handle_reading(&mut self, reading: Reading) -> Verdict {
        self.tell(|telling, at| telling.reading(at, &reading));
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.stop.cancel();
            }
        }
        Verdict::Accepted
    }

    fn bad_frame(&mut self, error: &FrameError) {
        self.tell(|telling, at| telling.bad_frame(at, error));
    }

    fn doubt(&mut self, remedy: Option<&str>) {
        self.tell(|telling, at| telling.doubt(at, remedy));
    }

    fn opened(&mut self, line: Line) -> Line {
        match &self.keeper {
            Some(keeper) => line.tapped(keeper.tap()),
            None => line,
        }
    }
}

/// A panic elsewhere is told there.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what goes over a line in a file.
#[derive(Clone)]
struct Keeper {
    path: PathBuf,
    began: Instant,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    file: File,
    bytes: u64,
    error: Option<std::io::Error>,
}

impl Keeper {
    fn start(path: PathBuf, line: &LineConfig) -> anyhow::Result<Self> {
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                anyhow::bail!("{} is there already and is not written over; give another name", path.display());
            }
            made => made.with_context(|| format!("make capture {}", path.display()))?,
        };
        let header = Header::new(line.port.to_string(), line.format.to_string());
        writeln!(file, "{}", header.to_line()).with_context(|| format!("write {}", path.display()))?;
        let kept = Arc::new(Mutex::new(Kept { file, bytes: 0, error: None }));
        Ok(Self { path, began: Instant::now(), kept })
    }

    fn tap(&self) -> Tap {
        let (began, kept) = (self.began, self.kept.clone());
        Box::new(move |direction, bytes| {
            let at_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let chunk = Chunk { at_ms, direction, bytes: bytes.to_vec() };
            let mut kept = lock(&kept);
            kept.bytes += u64::try_from(bytes.len()).unwrap_or_default();
            if let Err(error) = writeln!(kept.file, "{}", chunk.to_line()) {
                kept.error.get_or_insert(error);
            }
        })
    }

    /// Ends the capture. One of a line that was never open has nothing in it, and is removed: its name may be used again.
    ///
    /// # Errors
    /// The first that writing met.
    fn end(self, was_connected: bool) -> anyhow::Result<()> {
        if !was_connected {
            return std::fs::remove_file(&self.path).with_context(|| format!("remove {}", self.path.display()));
        }
        let mut kept = lock(&self.kept);
        if let Some(error) = kept.error.take() {
            return Err(error).with_context(|| format!("write {}", self.path.display()));
        }
        // Nobody may be there to be told.
        let _ = writeln!(io::stderr(), "{} bytes kept in {}", kept.bytes, self.path.display());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_listen_is_seconds_that_can_pass() {
        assert_eq!(seconds("20"), Ok(Duration::from_secs(20)));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["-1", "nan", "inf", "1e30", "0", "1e-300", "", "ten"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
