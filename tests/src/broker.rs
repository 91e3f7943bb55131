//! An MQTT broker: mosquitto, with sessions that outlive it, or where that is not installed the one in the process.
//!
//! The in-process broker cannot be killed or restarted. A scenario that needs more than messages asks for
//! [`Mosquitto`] and is skipped by name without it.

use std::{fs, net::SocketAddr, path::PathBuf, process::Command};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{
    eventually::{PATIENCE, eventually},
    port::Port,
    process::{Lines, Process},
    skip::skip,
};

/// Messages without an acknowledgement, as mosquitto has it unless told otherwise. It does not keep to it.
const WINDOW: u16 = 20;

/// A broker of either kind.
#[derive(Debug)]
pub enum Broker {
    Mosquitto(Mosquitto),
    InProcess(sim::Broker),
}

/// mosquitto with its folder: sessions and retained messages come back when it does.
#[derive(Debug)]
pub struct Mosquitto {
    folder: TempDir,
    program: PathBuf,
    port: Port,
    process: Option<Process>,
    said: Lines,
}

impl Broker {
    /// The best there is.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        match Mosquitto::installed() {
            Some(program) => Self::Mosquitto(Mosquitto::start_program(program, WINDOW).await),
            None => Self::InProcess(sim::Broker::start().await.expect("a broker in the process")),
        }
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        match self {
            Self::Mosquitto(mosquitto) => mosquitto.port(),
            Self::InProcess(broker) => broker.port(),
        }
    }
}

impl Mosquitto {
    /// mosquitto, or `None` after saying that `test` is skipped.
    pub async fn start_or_skip(test: &str) -> Option<Self> {
        Self::start_with_window_or_skip(test, WINDOW).await
    }

    /// One that sends so many messages without an acknowledgement, 0 for as many as there are packet ids.
    pub async fn start_with_window_or_skip(test: &str, window: u16) -> Option<Self> {
        let Some(program) = Self::installed() else {
            skip(test, "mosquitto is not installed");
            return None;
        };
        Some(Self::start_program(program, window).await)
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// SIGTERM: it writes its sessions down, as a service that is restarted does.
    ///
    /// # Panics
    /// When it does not run, or does not end well.
    pub async fn stop(&mut self) {
        let status = self.process.take().expect("a mosquitto that runs").terminate().await;
        assert!(status.success(), "mosquitto ended with {status}: {:#?}", self.said.all());
    }

    /// SIGKILL. What it has written down since, once a second, comes back with it.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        self.process.take().expect("a mosquitto that runs").kill();
    }

    /// SIGKILL, and its memory is gone with it: sessions, subscriptions, retained messages.
    ///
    /// # Panics
    /// When it does not run, or its folder cannot be cleared.
    pub fn kill_and_forget(&mut self) {
        self.process.take().expect("a mosquitto that runs").kill();
        let kept = self.folder.path().join("mosquitto.db");
        if kept.exists() {
            fs::remove_file(kept).expect("clear mosquitto's memory");
        }
    }

    /// Starts it and returns when it takes connections.
    ///
    /// # Panics
    /// When it runs already, or ends instead.
    pub async fn begin(&mut self) {
        assert!(self.process.is_none(), "mosquitto runs already");
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.folder.path().join("mosquitto.conf"));
        let (out, err) = (self.said.keeper(), self.said.keeper());
        let process = self.process.insert(Process::spawn("mosquitto", command, out, err));
        eventually(PATIENCE, "mosquitto takes connections", async || {
            let ended = process.ended();
            assert!(ended.is_none(), "mosquitto ended with {ended:?}: {:#?}", self.said.all());
            TcpStream::connect(self.port.addr()).await.is_ok().then_some(())
        })
        .await;
    }

    fn installed() -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Debian puts it where only root's path leads.
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        folders.map(|folder| folder.join("mosquitto")).find(|program| program.is_file())
    }

    async fn start_program(program: PathBuf, window: u16) -> Self {
        let folder = tempfile::tempdir().expect("make a folder for mosquitto");
        let port = Port::reserve();
        // `user`: as root it would become another user, who may not write here. Without `max_queued_messages 0` it
        // drops what it has acknowledged once a thousand messages wait.
        let text = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location {}/\n\
             autosave_interval 1\nmax_queued_messages 0\nmax_inflight_messages {window}\nlog_dest stderr\n\
             set_tcp_nodelay true\n",
            port.number(),
            folder.path().display()
        );
        fs::write(folder.path().join("mosquitto.conf"), text).expect("write mosquitto's file");
        let mut mosquitto = Self { folder, program, port, process: None, said: Lines::default() };
        mosquitto.begin().await;
        mosquitto
    }
}
