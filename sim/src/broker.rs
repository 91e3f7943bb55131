//! An MQTT broker in the process.
//!
//! Owns a rumqttd on a port of 127.0.0.1. It cannot be stopped: rumqttd has no shutdown, so its threads live as long as
//! the process and its retained messages with them. Start one per test and let it be; a fault on the way to it is
//! [`Wan`](crate::wan::Wan)'s to play.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// Larger than what the agent accepts, so that its limit is met by the agent and not by the broker.
const PAYLOAD_LEN_MAX: usize = 1024 * 1024;

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the broker listens.
#[derive(Debug, Clone, Copy)]
pub struct Broker {
    port: u16,
}

impl Broker {
    /// Starts a broker and returns when it accepts connections.
    ///
    /// # Errors
    /// When it does not within ten seconds, as when another process has taken the port between choosing and listening.
    pub async fn start() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut broker = rumqttd::Broker::new(config(port));
        std::thread::Builder::new()
            .name("broker".to_owned())
            // It returns only on failure, and then nobody is left to tell: the connection below is refused.
            .spawn(move || drop(broker.start()))
            .context("start broker thread")?;

        let deadline = Instant::now() + START_TIMEOUT;
        while let Err(error) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            if Instant::now() > deadline {
                return Err(error).context(format!("connect to broker on port {port}"));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { port })
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

/// A port nobody listens on. rumqttd takes no listener and does not tell which port it got for 0.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}

fn config(port: u16) -> Config {
    let server = ServerSettings {
        name: "sim".to_owned(),
        listen: (Ipv4Addr::LOCALHOST, port).into(),
        tls: None,
        next_connection_delay_ms: 0,
        connections: ConnectionSettings {
            connection_timeout_ms: 60_000,
            max_payload_size: PAYLOAD_LEN_MAX,
            max_inflight_count: 100,
            auth: None,
            external_auth: None,
            dynamic_filters: true,
        },
    };
    Config {
        router: RouterConfig {
            max_connections: 1_000,
            max_outgoing_packet_count: 200,
            max_segment_size: 16 * PAYLOAD_LEN_MAX,
            max_segment_count: 4,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("sim".to_owned(), server)])),
        ..Config::default()
    }
}
