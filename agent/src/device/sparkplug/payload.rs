//! A Sparkplug B payload: when, the how manieth, and a list of metrics.
//!
//! Owns the four messages of the format's definition that matter here, in both directions: payload, metric, and of a
//! metric's properties the one that says whether to trust it. Other fields are skipped. Texts that are not UTF-8 are
//! read as ISO 8859-1 rather than refused: one sloppy unit sign must not cost the whole node's weights. Must not know
//! topics or sequence. The source is `sparkplug_b.proto` of Eclipse Tahu and the specification 3.0, chapter 6.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::value::{DataType, Value, WireValue};
use crate::device::protobuf::{Field, Fields, WireError, Writer};

/// Far more than levels need; nodes that send files send them on their own.
const LEN_MAX: usize = 512 * 1024;
/// What the largest gateways have in one birth. An empty metric is two bytes long and a hundred times that in memory,
/// so the length does not bound it.
const METRICS_MAX: usize = 8_192;

/// The command that makes a node publish its births again, and the metric by which it says that it can.
pub const REBIRTH: &str = "Node Control/Rebirth";
/// The number of a node's session, in its birth and in its will.
pub const BD_SEQ: &str = "bdSeq";
/// The property of a metric that says whether its value can be trusted.
const QUALITY: &[u8] = b"Quality";

/// One message's content.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Payload {
    /// When it was sent, by the sender's clock, in ms since 1970 UTC.
    pub timestamp: Option<u64>,
    /// `0..=255`, one more than the node's message before; a will and a command have none.
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    pub metrics: Vec<Metric>,
    /// How many metrics there were beyond [`METRICS_MAX`]; they have been left out.
    #[serde(skip)]
    pub metrics_dropped: usize,
}

/// One named value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metric {
    /// Always in births; left out elsewhere when there is an alias.
    pub name: Option<String>,
    /// Stands for the name until the node's next birth.
    pub alias: Option<u64>,
    /// When the value was taken, by the sender's clock, in ms since 1970 UTC.
    pub timestamp: Option<u64>,
    /// Always in births; elsewhere it may be left out.
    pub datatype: Option<DataType>,
    /// A value from the past, sent later: no level now.
    pub is_historical: bool,
    pub is_transient: bool,
    /// There is no value, and the sender says so.
    pub is_null: bool,
    pub quality: Quality,
    /// The value as it travelled; [`Self::value`] is what it means.
    pub wire: Option<WireValue>,
}

/// Whether the sender trusts a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quality {
    #[default]
    Good,
    Bad,
    /// It was good, but its source is no longer heard.
    Stale,
}

/// Why bytes are no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("payload of {len} bytes is larger than {LEN_MAX}")]
    TooLarge { len: usize },
    #[error("read payload")]
    Wire(#[from] WireError),
}

impl Payload {
    /// # Errors
    /// When it is too large, or the bytes are not the message that the definition says. An empty payload is one without
    /// metrics.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        if bytes.len() > LEN_MAX {
            return Err(PayloadError::TooLarge { len: bytes.len() });
        }
        let mut payload = Self::default();
        for field in Fields::new(bytes) {
            let field = field?;
            match field.number {
                1 => payload.timestamp = Some(field.varint()?),
                2 if payload.metrics.len() == METRICS_MAX => payload.metrics_dropped += 1,
                2 => payload.metrics.push(Metric::decode(field.bytes()?)?),
                3 => payload.seq = Some(field.varint()?),
                4 => payload.uuid = Some(text(field)?),
                _ => {}
            }
        }
        Ok(payload)
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        if let Some(timestamp) = self.timestamp {
            writer.varint(1, timestamp);
        }
        for metric in &self.metrics {
            writer.bytes(2, &metric.encode());
        }
        if let Some(seq) = self.seq {
            writer.varint(3, seq);
        }
        if let Some(uuid) = &self.uuid {
            writer.bytes(4, uuid.as_bytes());
        }
        writer.finish()
    }

    /// A message of a node at `timestamp_ms`, its `seq` yet to be set where it needs one.
    #[must_use]
    pub fn new(timestamp_ms: u64, metrics: Vec<Metric>) -> Self {
        Self { timestamp: Some(timestamp_ms), metrics, ..Self::default() }
    }

    /// The command to publish all births again.
    #[must_use]
    pub fn rebirth(timestamp_ms: u64) -> Self {
        Self::new(timestamp_ms, vec![Metric::new(REBIRTH, DataType::Boolean, WireValue::Flag(true)).at(timestamp_ms)])
    }

    /// What a node states as its will when it connects, and nothing else may be in it.
    #[must_use]
    pub fn node_death(timestamp_ms: u64, bd_seq: u8) -> Self {
        Self::new(timestamp_ms, vec![Metric::bd_seq(bd_seq).at(timestamp_ms)])
    }

    /// A node's first message in a session, and the answer to [`Self::rebirth`]: what each node has to have, then
    /// `metrics`.
    #[must_use]
    pub fn node_birth(timestamp_ms: u64, bd_seq: u8, metrics: Vec<Metric>) -> Self {
        let rebirth = Metric::new(REBIRTH, DataType::Boolean, WireValue::Flag(false));
        let own = [Metric::bd_seq(bd_seq), rebirth].map(|metric| metric.at(timestamp_ms));
        Self { seq: Some(0), ..Self::new(timestamp_ms, own.into_iter().chain(metrics).collect()) }
    }

    /// The session this birth or will belongs to.
    #[must_use]
    pub fn session(&self) -> Option<u64> {
        let metric = self.metrics.iter().find(|metric| metric.name.as_deref() == Some(BD_SEQ))?;
        match metric.wire.as_ref()? {
            WireValue::Int(number) => Some(u64::from(*number)),
            WireValue::Long(number) => Some(*number),
            WireValue::Float(_)
            | WireValue::Double(_)
            | WireValue::Flag(_)
            | WireValue::Text(_)
            | WireValue::Bytes(_)
            | WireValue::DataSet(_)
            | WireValue::Template(_) => None,
        }
    }
}

impl Metric {
    #[must_use]
    pub fn new(name: &str, datatype: DataType, wire: WireValue) -> Self {
        Self { name: Some(name.to_owned()), datatype: Some(datatype), wire: Some(wire), ..Self::default() }
    }

    /// A metric that leaves out what its birth has said.
    #[must_use]
    pub fn of_alias(alias: u64, wire: WireValue) -> Self {
        Self { alias: Some(alias), wire: Some(wire), ..Self::default() }
    }

    /// ... taken at `timestamp_ms`.
    #[must_use]
    pub fn at(self, timestamp_ms: u64) -> Self {
        Self { timestamp: Some(timestamp_ms), ..self }
    }

    fn bd_seq(bd_seq: u8) -> Self {
        Self::new(BD_SEQ, DataType::Int64, WireValue::Long(u64::from(bd_seq)))
    }

    /// The value, by the metric's own datatype or else by the one that its birth stated. `None` when there is none.
    #[must_use]
    pub fn value(&self, birth: Option<DataType>) -> Option<Value> {
        if self.is_null {
            return None;
        }
        self.wire.as_ref().map(|wire| wire.meant(self.datatype.or(birth)))
    }

    /// A whole number whose datatype has to be known from elsewhere to tell −1 from 4294967295.
    pub(super) const fn is_untyped_whole(&self) -> bool {
        self.datatype.is_none() && matches!(self.wire, Some(WireValue::Int(_) | WireValue::Long(_)))
    }

    fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut metric = Self::default();
        for field in Fields::new(bytes) {
            let field = field?;
            match field.number {
                1 => metric.name = Some(text(field)?),
                2 => metric.alias = Some(field.varint()?),
                3 => metric.timestamp = Some(field.varint()?),
                4 => metric.datatype = Some(DataType::from_number(field.varint32()?)),
                5 => metric.is_historical = field.flag()?,
                6 => metric.is_transient = field.flag()?,
                7 => metric.is_null = field.flag()?,
                9 => metric.quality = Quality::decode(field.bytes()?)?,
                10 => metric.wire = Some(WireValue::Int(field.varint32()?)),
                11 => metric.wire = Some(WireValue::Long(field.varint()?)),
                12 => metric.wire = Some(WireValue::Float(field.float()?)),
                13 => metric.wire = Some(WireValue::Double(field.double()?)),
                14 => metric.wire = Some(WireValue::Flag(field.flag()?)),
                15 => metric.wire = Some(WireValue::Text(text(field)?)),
                16 => metric.wire = Some(WireValue::Bytes(field.bytes()?.to_vec())),
                17 => metric.wire = Some(WireValue::DataSet(field.bytes()?.to_vec())),
                18 => metric.wire = Some(WireValue::Template(field.bytes()?.to_vec())),
                _ => {}
            }
        }
        Ok(metric)
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        if let Some(name) = &self.name {
            writer.bytes(1, name.as_bytes());
        }
        let numbers =
            [(2, self.alias), (3, self.timestamp), (4, self.datatype.map(|datatype| datatype.number().into()))];
        for (field, number) in numbers {
            if let Some(number) = number {
                writer.varint(field, number);
            }
        }
        for (field, flag) in [(5, self.is_historical), (6, self.is_transient), (7, self.is_null)] {
            if flag {
                writer.varint(field, 1);
            }
        }
        if self.quality != Quality::Good {
            writer.bytes(9, &self.quality.encode());
        }
        match &self.wire {
            None => {}
            Some(WireValue::Int(value)) => writer.varint(10, u64::from(*value)),
            Some(WireValue::Long(value)) => writer.varint(11, *value),
            Some(WireValue::Float(value)) => writer.float(12, *value),
            Some(WireValue::Double(value)) => writer.double(13, *value),
            Some(WireValue::Flag(value)) => writer.varint(14, u64::from(*value)),
            Some(WireValue::Text(text)) => writer.bytes(15, text.as_bytes()),
            Some(WireValue::Bytes(bytes)) => writer.bytes(16, bytes),
            Some(WireValue::DataSet(bytes)) => writer.bytes(17, bytes),
            Some(WireValue::Template(bytes)) => writer.bytes(18, bytes),
        }
        writer.finish()
    }
}

impl Quality {
    /// From a property set: a list of names, and in another field the list of their values in the same order.
    fn decode(properties: &[u8]) -> Result<Self, WireError> {
        let mut names = 0;
        let mut place = None;
        for field in Fields::new(properties) {
            let field = field?;
            if field.number == 1 {
                if field.bytes()? == QUALITY {
                    place = Some(names);
                }
                names += 1;
            }
        }
        let Some(place) = place else { return Ok(Self::Good) };
        // Good in the pass above, so all fields are there.
        let value = Fields::new(properties).flatten().filter(|field| field.number == 2).nth(place);
        let Some(value) = value else { return Ok(Self::Good) };
        let mut quality = Self::Good;
        for field in Fields::new(value.bytes()?) {
            let field = field?;
            if matches!(field.number, 3 | 4) {
                quality = Self::from_code(field.varint()?);
            }
        }
        Ok(quality)
    }

    fn encode(self) -> Vec<u8> {
        let mut value = Writer::default();
        value.varint(1, u64::from(DataType::Int32.number()));
        value.varint(3, self.code());
        let mut properties = Writer::default();
        properties.bytes(1, QUALITY);
        properties.bytes(2, &value.finish());
        properties.finish()
    }

    const fn code(self) -> u64 {
        match self {
            Self::Good => 192,
            Self::Bad => 0,
            Self::Stale => 500,
        }
    }

    /// The specification has three; gateways pass on the code of OPC too, where 192 to 255 are kinds of good.
    const fn from_code(code: u64) -> Self {
        match code {
            192..=255 => Self::Good,
            500 => Self::Stale,
            _ => Self::Bad,
        }
    }
}

fn text(field: Field<'_>) -> Result<String, WireError> {
    let bytes = field.bytes()?;
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    })
}

/// What the metric says, without what it leaves out.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(name) = &self.name {
            map.serialize_entry("name", name)?;
        }
        for (key, number) in [("alias", self.alias), ("timestamp", self.timestamp)] {
            if let Some(number) = number {
                map.serialize_entry(key, &number)?;
            }
        }
        if let Some(datatype) = self.datatype {
            map.serialize_entry("datatype", &datatype)?;
        }
        let flags =
            [("is_historical", self.is_historical), ("is_transient", self.is_transient), ("is_null", self.is_null)];
        for (key, _) in flags.iter().filter(|(_, flag)| *flag) {
            map.serialize_entry(key, &true)?;
        }
        match self.quality {
            Quality::Good => {}
            Quality::Bad => map.serialize_entry("quality", "bad")?,
            Quality::Stale => map.serialize_entry("quality", "stale")?,
        }
        map.serialize_entry("value", &self.value(None))?;
        map.end()
    }
}

#[cfg(test)]
mod tests;
