//! What the site's file says: which vendors, items, bins and stations there are, and what hangs on which port.
//!
//! A [`Config`] that came from a file has no fault left in it: names fit, numbers are in range, and everything that
//! is referred to is there. All faults of a file are found in one pass. [`read`] does that; this file says what there
//! is, with its defaults.

mod fit;
mod line;
mod page;
mod read;

use std::{
    collections::BTreeSet,
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use gateway_proto::{
    delivery::Live,
    limits::BATCH_RECORDS_DEFAULT,
    name::{DeviceName, FeedName, PlaceName, SiteName},
};
use settings::Faults;

pub use fit::{Hanging, Misfit};
pub use line::{LineConfig, Port, PortError};
pub use page::{HostName, Kiosk, Looking, PageConfig, PageTls};

use crate::{
    clock::ClockConfig,
    device::{
        MassUnit, Terminator,
        dialect::Dialect,
        scale::{Options, Protocol},
        scanner_host::HostDialect,
    },
    label::{LabelRules, vendor_prefix::Prefix},
    movement::{
        rules::{Caution, State},
        session,
    },
    receiver::{TOPIC, secret::Secrets},
    register::Register,
    tariff::Terms,
};

/// Everything `binwire-agent run` needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub site: SiteName,
    /// Folder of the ledger; made when absent, readable by its owner only.
    pub state_dir: PathBuf,
    /// The local API's socket, mode 0600.
    pub socket: PathBuf,
    /// Where Prometheus may scrape; loopback or a management network. `None`: only over the socket.
    pub metrics_listen: Option<SocketAddr>,
    pub clock: ClockConfig,
    pub storage: StorageConfig,
    pub uplink: UplinkConfig,
    pub feeds: Vec<FeedConfig>,
    /// What the file says of items, their codes and bins.
    pub register: Register,
    pub stations: Vec<session::Station>,
    pub labels: LabelRules,
    pub scanners: Vec<ScannerConfig>,
    pub scales: Vec<ScaleConfig>,
    pub brokers: Vec<BrokerConfig>,
    pub sensors: Vec<SensorConfig>,
    pub alarms: AlarmsConfig,
    pub webhooks: Vec<WebhookConfig>,
    /// The page at the bin; `None`: there is none.
    pub page: Option<PageConfig>,
    /// What is worth a look though nothing speaks against it, a line each: `site.toml:12: label[0].pattern: …`.
    pub warnings: Vec<String>,
}

/// `[uplink]`: how records leave the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UplinkConfig {
    /// Records in one batch, `1..=1000`.
    pub batch_records: usize,
    pub connect_timeout: Duration,
    /// From the first byte sent to the last received.
    pub request_timeout: Duration,
    /// The first wait after a failure is random up to this.
    pub backoff_first: Duration,
    /// No wait is longer, but for what a hub asks for.
    pub backoff_max: Duration,
    /// What is shown of now beside a backlog.
    pub live: Live,
    /// Between two checkpoints of a feed in which something moved.
    pub checkpoint_every: Duration,
    /// Between two records of how the site is; `None`: there are none.
    pub health_every: Option<Duration>,
    /// What a metered line lets out.
    pub tariff: Terms,
}

/// What the ledger may take of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageLimits {
    /// Bytes: the ledger's file, its log, and what was set aside as damaged.
    pub budget: u64,
    /// Bytes that stand by for a full disk.
    pub ballast: u64,
    /// Percent of the budget, or of what the disk has.
    pub warn_percent: u8,
    pub refuse_percent: u8,
}

/// `[storage]`: the ledger's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageConfig {
    pub limits: StorageLimits,
    /// How long acknowledged records stay, for a hub that was put back to an old backup.
    pub keep_acknowledged: Duration,
}

/// `[[feed]]`: a vendor and its hub.
#[derive(Debug, Clone)]
pub struct FeedConfig {
    pub name: FeedName,
    pub via: Via,
    /// `https://…`, or for MQTT the broker, `mqtts://…`; in the clear only to a loopback address.
    pub hub: reqwest::Url,
    /// What the vendor's broker knows this site by.
    pub login: Option<(String, Token)>,
    pub token: Token,
    /// PEM of the authority that signed the hub's certificate. `None`: the system's authorities.
    pub ca: Option<PathBuf>,
    /// Whether it goes over the metered line, where there is one.
    pub metered: bool,
}

/// How batches travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Via {
    #[default]
    Https,
    /// MQTT 5 over the vendor's broker.
    Mqtt,
}

/// A credential. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// `[alarms]`: when levels are told of, and where over MQTT.
#[derive(Debug, Clone)]
pub struct AlarmsConfig {
    /// Whether the low end of a weighed count is enough for an alarm.
    pub caution: Caution,
    /// A `[[broker]]`; `None`: no alarms over MQTT.
    pub broker: Option<DeviceName>,
    /// `{site}` stands for the site's name.
    pub topic: String,
}

/// `[[webhook]]`: a receiver of alarms.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// How far it is is kept under this name.
    pub name: DeviceName,
    /// `https://…`; `http://` only to a loopback address.
    pub url: reqwest::Url,
    /// What its messages are signed with; `None`: not signed.
    pub secrets: Option<Secrets>,
    /// PEM of the authority that signed the receiver's certificate. `None`: the system's authorities.
    pub ca: Option<PathBuf>,
    /// What it hears of.
    pub events: BTreeSet<State>,
}

/// `[[scanner]]` on a serial line, or a keyboard.
#[derive(Debug, Clone)]
pub struct ScannerConfig {
    pub name: DeviceName,
    pub station: DeviceName,
    pub line: LineConfig,
    pub terminator: Terminator,
    /// How it is answered.
    pub host: HostDialect,
    /// What it puts in front of a code to say which symbol it was.
    pub prefix: Prefix,
    /// The same code again within this time is the scanner's repetition. Zero: every read counts.
    pub repeat_window: Duration,
}

/// `[[scale]]` on a line.
#[derive(Debug, Clone)]
pub struct ScaleConfig {
    pub name: DeviceName,
    pub bin: PlaceName,
    pub line: LineConfig,
    pub protocol: Protocol,
    pub options: Options,
    /// What a weight without a unit is in.
    pub unit: Option<MassUnit>,
    /// Between two questions.
    pub poll: Duration,
    /// Readings in a row that must agree.
    pub settle_readings: u32,
}

/// `[[broker]]`: an MQTT broker on the site's network.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    pub name: DeviceName,
    pub host: String,
    pub port: u16,
    /// Must be the agent's own and stay the same: the broker keeps what was not acknowledged under it.
    pub client_id: String,
    pub login: Option<(String, Token)>,
    pub version: MqttVersion,
    /// The Sparkplug host application we are on this broker; then it carries Sparkplug and nothing else.
    pub sparkplug_host: Option<String>,
}

/// Which MQTT is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MqttVersion {
    /// 3.1.1
    #[default]
    V3,
    V5,
}

/// `[[sensor]]`: something that reports over MQTT.
#[derive(Debug, Clone)]
pub struct SensorConfig {
    pub name: DeviceName,
    pub broker: DeviceName,
    pub dialect: Dialect,
    pub reports: Reports,
    pub settle_readings: u32,
    /// Where it hears whether its scans were accepted.
    pub feedback_topic: Option<String>,
}

/// What a sensor's readings are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reports {
    /// Weights of a bin.
    Bin(PlaceName),
    /// Scans at a station.
    Station(DeviceName),
    /// Movements, which say themselves where and of what.
    Movements,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("read config {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Faults(Faults),
}

impl Config {
    /// Reads and checks a file. Paths inside it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError::Read`] when there is no such file, [`ConfigError::Faults`] with everything wrong in it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&settings::text(bytes, path).map_err(ConfigError::Faults)?, path)
    }

    /// Reads and checks a text that stands in `file`.
    ///
    /// # Errors
    /// [`ConfigError::Faults`] with everything wrong in it.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        read::read(text, file).map_err(ConfigError::Faults)
    }

    #[must_use]
    pub fn station(&self, name: &DeviceName) -> Option<&session::Station> {
        self.stations.iter().find(|station| station.name == *name)
    }
}

impl Default for AlarmsConfig {
    fn default() -> Self {
        Self { caution: Caution::default(), broker: None, topic: TOPIC.to_owned() }
    }
}

impl Default for StorageLimits {
    fn default() -> Self {
        Self { budget: 1_000_000_000, ballast: 16_000_000, warn_percent: 80, refuse_percent: 95 }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { limits: StorageLimits::default(), keep_acknowledged: Duration::from_secs(30 * 86_400) }
    }
}

impl Default for UplinkConfig {
    fn default() -> Self {
        Self {
            batch_records: BATCH_RECORDS_DEFAULT,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(120),
            tariff: Terms::default(),
            live: Live { records: 100, every: Duration::from_millis(500) },
            checkpoint_every: Duration::from_secs(24 * 3_600),
            health_every: Some(Duration::from_secs(3_600)),
        }
    }
}

impl ScannerConfig {
    /// A technician who means two scans is slower; a scanner that repeats is faster.
    pub const REPEAT_WINDOW: Duration = Duration::from_millis(1_000);
}

impl ScaleConfig {
    /// Five questions a second: quick enough for a pick, slow enough for a 9600 baud line.
    pub const POLL: Duration = Duration::from_millis(200);
}

impl BrokerConfig {
    /// IANA's port for MQTT without TLS.
    pub const PORT: u16 = 1_883;
}

impl Token {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The credential itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests;
