//! A program under test: started, listened to, killed or asked to stop.
//!
//! Its output is read by threads until the end, also after a SIGKILL: what it said before it died counts.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::eventually::{PATIENCE, eventually};

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    readers: Vec<JoinHandle<()>>,
}

/// Lines that a program said, over all its lives.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

/// A program built beside the tests: `target/<profile>/<name>`; or the agent that `BINWIRE_AGENT` names, so that a packaged one
/// can be put through the scenarios (all but those that plant defects, which no package has).
///
/// # Panics
/// When it is not there: `cargo test` builds it, `cargo test --test x` does too.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    if let Some(agent) = std::env::var_os("BINWIRE_AGENT").filter(|_| name == "agent-under-test") {
        return agent.into();
    }
    let here = std::env::current_exe().expect("the test knows its own path");
    let path = built_in(&here).join(name);
    assert!(path.exists(), "{} is not built; run: cargo build -p tests", path.display());
    path
}

/// `target/<profile>`, from a test or benchmark in `deps` below it or a program of this package in it.
#[must_use]
pub fn built_in(program: &Path) -> &Path {
    let folder = program.parent().expect("a program lies in a folder");
    if folder.ends_with("deps") { folder.parent().expect("deps lies in a profile's folder") } else { folder }
}

/// A program with nothing of our surroundings that could change what it does.
#[must_use]
pub fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    command.env("RUST_LOG", "info,agent::task::recorded=debug").env_remove("BINWIRE_PLANT").env_remove("NOTIFY_SOCKET");
    command
}

impl Process {
    /// Starts a program. Every line of its standard output and error goes to `out` and `err`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(
        name: &str,
        mut command: Command,
        out: impl Fn(String) + Send + 'static,
        err: impl Fn(String) + Send + 'static,
    ) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("start {name}: {error}"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let readers = vec![listen(stdout, out), listen(stderr, err)];
        Self { name: name.to_owned(), child, readers }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it holds in memory, in bytes.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident size");
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("kilobytes");
        kilobytes * 1024
    }

    /// SIGKILL: no goodbye. Returns when it is dead and all it said is heard.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        let what = format!("{} ends after SIGTERM", self.name);
        let status = eventually(PATIENCE, &what, async || self.child.try_wait().expect("ask for the child")).await;
        self.hear_out();
        status
    }

    /// Whether it has ended by itself.
    ///
    /// # Panics
    /// When the system does not say.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("ask for the child")
    }

    /// # Panics
    /// When the system does not take the signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid is an i32"));
        kill(pid, signal).expect("signal a child that was not reaped");
    }

    fn end(&mut self) {
        // Fails when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hear_out();
    }

    fn hear_out(&mut self) {
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader only reads");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Lines {
    pub fn push(&self, line: String) {
        self.lock().push(line);
    }

    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// A function that keeps lines here.
    pub fn keeper(&self) -> impl Fn(String) + Send + 'static {
        let lines = self.clone();
        move |line| lines.push(line)
    }

    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.lock().iter().any(|line| line.contains(text))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a program to its end.
///
/// # Panics
/// When it cannot be started.
pub fn run(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().expect("start the program")
}

/// Hands every line to `to` until the end, on a thread of its own.
pub fn hear(from: impl Read + Send + 'static, to: impl Fn(String) + Send + 'static) {
    drop(listen(from, to));
}

fn listen(from: impl Read + Send + 'static, to: impl Fn(String) + Send + 'static) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        // A line that a SIGKILL has cut has no end; it was not said.
        while lines.read_until(b'\n', &mut line).is_ok_and(|_| line.ends_with(b"\n")) {
            to(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    })
}
