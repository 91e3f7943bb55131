//! Asking a running agent over its socket: for every command that is about its stock.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::telling::unwritten;
use crate::{
    app,
    config::Config,
    floor::{Command, Look},
};

/// How long the agent may take to answer. A large import is one commit of some seconds on a slow card.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which agent to ask, and how to say what it answers.
#[derive(Debug, Clone, Args)]
pub(super) struct AskArgs {
    /// The site's file, to find the agent's socket.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The agent's socket.
    #[arg(long, global = true, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// For machines: the agent's own answer, one JSON value on a line.
    #[arg(long, global = true)]
    json: bool,
}

/// A running agent.
pub(super) struct Agent<'a> {
    client: reqwest::Client,
    socket: &'a Path,
}

impl AskArgs {
    /// Asks the agent all that `ask` wants to know.
    ///
    /// # Errors
    /// When there is no agent, or it refuses.
    pub(super) fn with_agent(
        &self,
        ask: impl AsyncFnOnce(&Agent<'_>) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        let socket = match (&self.socket, &self.config) {
            (Some(socket), _) => socket.clone(),
            (None, Some(config)) => Config::load(config)?.socket,
            (None, None) => bail!("give --config FILE or --socket PATH"),
        };
        app::runtime()?.block_on(async { ask(&Agent::new(&socket)?).await })
    }

    /// Tells an answer: to machines as it is, to people in the words of `words`.
    ///
    /// # Errors
    /// When standard output takes no more.
    pub(super) fn tell(
        &self,
        answer: &Value,
        words: impl FnOnce(&Value) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitCode> {
        tell(&if self.json { format!("{answer}\n") } else { words(answer)? })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Asks one thing and tells the answer.
    ///
    /// # Errors
    /// When there is no agent, or it refuses.
    pub(super) fn look(
        &self,
        what: &Look,
        words: impl FnOnce(&Value) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitCode> {
        self.with_agent(async |agent| {
            let answer = agent.look(what).await?;
            self.tell(&answer, words)
        })
    }

    /// Has one thing done and tells what came of it.
    ///
    /// # Errors
    /// When there is no agent, or it refuses.
    pub(super) fn command(
        &self,
        command: &Command,
        words: impl FnOnce(&Value) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitCode> {
        self.with_agent(async |agent| {
            let answer = agent.command(command).await?;
            self.tell(&answer, words)
        })
    }

    pub(super) fn wants_json(&self) -> bool {
        self.json
    }
}

/// Writes to standard output.
///
/// # Errors
/// When it takes no more; none when its reader has gone away.
pub(super) fn tell(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_else(unwritten)
}

/// An answer in the shape in which a command reads it.
///
/// # Errors
/// For the answer of another version.
pub(super) fn read<T: DeserializeOwned>(answer: &Value) -> anyhow::Result<T> {
    serde_json::from_value(answer.clone()).context("understand answer; is the agent of another version?")
}

impl<'a> Agent<'a> {
    pub(super) fn new(socket: &'a Path) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .unix_socket(socket.to_owned())
            .timeout(PATIENCE)
            .build()
            .context("prepare request")?;
        Ok(Self { client, socket })
    }

    /// Has something done; the answer comes once it is durable.
    pub(super) async fn command(&self, command: &Command) -> anyhow::Result<Value> {
        self.post("/v1/command", command).await
    }

    /// Asks a question.
    pub(super) async fn look(&self, what: &Look) -> anyhow::Result<Value> {
        self.post("/v1/look", what).await
    }

    /// What the agent says to a request.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.answer(self.client.post(url(path)).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> anyhow::Result<T> {
        let answer = self.send(request).await?;
        let body = answer.text().await.context("read answer")?;
        serde_json::from_str(&body).context("understand answer; is the agent of another version?")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let answer = request.send().await.with_context(|| {
            format!("no agent answers on {}; try: systemctl status binwire-agent", self.socket.display())
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer.text().await.unwrap_or_default();
        // The agent says in words what is wrong.
        let said = serde_json::from_str::<serde_json::Value>(&body).ok();
        match said.as_ref().and_then(|said| said["error"].as_str()) {
            Some(error) => Err(anyhow!("{error}")),
            None => bail!("agent answered {status}: {body}"),
        }
    }
}

fn url(path: &str) -> String {
    format!("http://agent{path}")
}
