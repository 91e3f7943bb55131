//! The independent receiver: a vendor's other end in another language, written from the protocol's page alone, with
//! faults to order. It is not part of this repository; `BINWIRE_SHARED` says where it lies, default `../shared`.
//!
//! It needs Python, and Python's zstandard, which is put into a folder of its own under `target` once.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{
    eventually::{PATIENCE, eventually},
    port::Port,
    process::{Lines, Process},
    site::file::token_of,
};

/// What it takes to run the receiver.
#[derive(Debug, Clone)]
pub struct Toolbox {
    python: PathBuf,
    script: PathBuf,
}

/// The receiver, with its folder.
#[derive(Debug)]
pub struct Receiver {
    toolbox: Toolbox,
    folder: TempDir,
    port: Port,
    token: String,
    process: Option<Process>,
    printed: Lines,
    said: Lines,
}

/// A record that it has accepted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Printed {
    pub feed: String,
    pub epoch: String,
    pub seq: u64,
    pub record: Value,
}

impl Toolbox {
    /// Finds it all, or says what is missing.
    ///
    /// # Errors
    /// Why the receiver cannot be run here.
    pub fn find() -> Result<Self, String> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
        let shared = std::env::var_os("BINWIRE_SHARED").map_or_else(beside, PathBuf::from);
        let script = shared.join("check/receiver.py");
        if !script.is_file() {
            return Err("check/receiver.py is not there; set BINWIRE_SHARED to its folder".to_owned());
        }
        let script = script.canonicalize().map_err(|error| format!("find receiver.py: {error}"))?;
        Ok(Self { python: python()?, script })
    }
}

/// A Python that can read zstd.
fn python() -> Result<PathBuf, String> {
    let system = PathBuf::from("python3");
    if reads_zstd(&system) {
        return Ok(system);
    }
    let folder = target().join("tmp");
    fs::create_dir_all(&folder).map_err(|error| format!("make {}: {error}", folder.display()))?;
    // Tests run side by side, and the first of them makes it for all.
    let lock = File::create(folder.join("venv.lock")).map_err(|error| format!("lock the venv: {error}"))?;
    lock.lock().map_err(|error| format!("lock the venv: {error}"))?;
    let venv = folder.join("venv");
    let own = venv.join("bin/python3");
    if !reads_zstd(&own) {
        let made = [
            Command::new("python3").args(["-m", "venv"]).arg(&venv).output(),
            Command::new(&own).args(["-m", "pip", "install", "--quiet", "zstandard"]).output(),
        ];
        if !made.iter().all(|made| made.as_ref().is_ok_and(|made| made.status.success())) {
            return Err("python3 or its package zstandard is not installed and could not be".to_owned());
        }
    }
    Ok(own)
}

fn reads_zstd(python: &Path) -> bool {
    Command::new(python).args(["-c", "import zstandard"]).output().is_ok_and(|ran| ran.status.success())
}

/// The folder that cargo builds into: a test lies in `target/<profile>/deps`.
fn target() -> PathBuf {
    let here = std::env::current_exe().expect("the test knows its own path");
    here.ancestors().nth(3).expect("a test lies three folders deep").to_owned()
}

impl Receiver {
    /// Starts it for one feed of a site, with faults to order: `busy:2`, `lose-reply:1`.
    pub async fn start(toolbox: &Toolbox, site: &str, feed: &str, faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("make a folder for the receiver");
        let mut receiver = Self {
            toolbox: toolbox.clone(),
            folder,
            port: Port::reserve(),
            token: token_of(site, feed),
            process: None,
            printed: Lines::default(),
            said: Lines::default(),
        };
        receiver.begin(faults).await;
        receiver
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Ends it. What it printed is heard.
    ///
    /// # Panics
    /// When it does not run.
    pub fn end(&mut self) {
        self.process.take().expect("a receiver that runs").kill();
    }

    /// What it has printed so far, in that order.
    ///
    /// # Panics
    /// When it prints something else than records.
    #[must_use]
    pub fn printed(&self) -> Vec<Printed> {
        let read = |line: &String| serde_json::from_str(line).expect("the receiver prints records");
        self.printed.all().iter().map(read).collect()
    }

    /// How many records it has printed so far.
    #[must_use]
    pub fn printed_count(&self) -> usize {
        self.printed.all().len()
    }

    /// How often it says that it has played a fault.
    #[must_use]
    pub fn faults_played(&self) -> usize {
        self.said.all().iter().filter(|line| line.starts_with("fault:")).count()
    }

    /// The links it has of an epoch, in hex, from the one before the first record.
    ///
    /// # Panics
    /// When it has kept no such epoch.
    #[must_use]
    pub fn links(&self, feed: &str, epoch: &str) -> Vec<String> {
        let text = fs::read_to_string(self.state()).expect("read the receiver's state");
        let state: Value = serde_json::from_str(&text).expect("the receiver's state");
        let links = state["feeds"][feed]["epochs"][epoch].as_array().expect("an epoch that it knows").clone();
        links.into_iter().map(|link| link.as_str().expect("a link").to_owned()).collect()
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }

    /// Starts it on the state that it has synced, with faults to order.
    ///
    /// # Panics
    /// When it runs already, or ends instead.
    pub async fn begin(&mut self, faults: &[&str]) {
        assert!(self.process.is_none(), "the receiver runs already");
        let mut command = Command::new(&self.toolbox.python);
        command.arg(&self.toolbox.script).arg("--port").arg(self.port.number().to_string());
        command.arg("--state").arg(self.state()).arg("--token").arg(&self.token);
        for fault in faults {
            command.arg("--fault").arg(fault);
        }
        let (out, err) = (self.printed.keeper(), self.said.keeper());
        let process = self.process.insert(Process::spawn("receiver", command, out, err));
        eventually(PATIENCE, "the receiver takes connections", async || {
            let ended = process.ended();
            assert!(ended.is_none(), "receiver ended with {ended:?}: {:#?}", self.said.all());
            TcpStream::connect(self.port.addr()).await.is_ok().then_some(())
        })
        .await;
    }
}
