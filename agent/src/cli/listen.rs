//! `listen PORT`: what a device says, live. With `capture`, what came over its line is kept in a file as well.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::{
    device_args::{DeviceArgs, Talk},
    telling::Telling,
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
    pub(super) json: bool,
    pub(super) seconds: Option<f64>,
    /// Ends after so many readings.
    pub(super) count: Option<u64>,
    pub(super) capture: Option<PathBuf>,
}

/// Listens until it is stopped.
pub(super) fn run(listening: Listening) -> anyhow::Result<ExitCode> {
    let line = listening.device.line(&listening.port)?;
    let talk = listening.device.talk()?;
    let keeper = match &listening.capture {
        Some(path) => Some(Keeper::start(path.clone(), &line)?),
        None => None,
    };
    app::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let person = Person {
            began: Instant::now(),
            telling: Telling::new(listening.json),
            left: listening.count,
            keeper: keeper.clone(),
            stop: stop.clone(),
        };
        let ended = app::stop_signal()?;
        let for_how_long = listening.seconds.map(Duration::from_secs_f64);
        let stopper = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended => {}
                () = tokio::time::sleep(for_how_long.unwrap_or_default()), if for_how_long.is_some() => {}
            }
            stopper.cancel();
        });
        match talk {
            Talk::Scale(dialogue) => line::run(line, dialogue, person, stop).await,
            Talk::Scanner(dialogue) => line::run(line, *dialogue, person, stop).await,
        }
        anyhow::Ok(())
    })?;
    if let Some(keeper) = keeper {
        keeper.end()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever sits before the terminal.
struct Person {
    began: Instant,
    telling: Telling,
    left: Option<u64>,
    keeper: Option<Keeper>,
    stop: CancellationToken,
}

impl Listener for Person {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn connected(&mut self) {
        self.telling.connected(self.began.elapsed());
    }

    fn lost(&mut self, why: &str) {
        self.telling.lost(self.began.elapsed(), why);
    }

    async fn handle_reading(&mut self, reading: Reading) -> Verdict {
        self.telling.reading(self.began.elapsed(), &reading);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.stop.cancel();
            }
        }
        Verdict::Accepted
    }

    fn bad_frame(&mut self, error: &FrameError) {
        self.telling.bad_frame(self.began.elapsed(), error);
    }

    fn doubt(&mut self, remedy: Option<&str>) {
        self.telling.doubt(self.began.elapsed(), remedy);
    }

    fn opened(&mut self, line: Line) -> Line {
        match &self.keeper {
            Some(keeper) => line.tapped(keeper.tap()),
            None => line,
        }
    }
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
        let mut file = File::create_new(&path)
            .with_context(|| format!("make capture {}; a file that is there is not written over", path.display()))?;
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
            let mut kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            kept.bytes += u64::try_from(bytes.len()).unwrap_or_default();
            if let Err(error) = writeln!(kept.file, "{}", chunk.to_line()) {
                kept.error.get_or_insert(error);
            }
        })
    }

    /// # Errors
    /// The first that writing met.
    #[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
    fn end(self) -> anyhow::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = kept.error.take() {
            return Err(error).with_context(|| format!("write {}", self.path.display()));
        }
        eprintln!("{} bytes kept in {}", kept.bytes, self.path.display());
        Ok(())
    }
}
