//! Sparkplug B payloads: the protobuf of eclipse/tahu's `sparkplug_b.proto`, as much as an edge node needs.
//!
//! Owns the bytes, both ways: it writes births, data and deaths, and reads the commands that come back. Must not know
//! topics or sequence numbers.

/// What a metric is worth. The type travels with it in births.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Int32(i32),
    Int64(i64),
    UInt32(u32),
    UInt64(u64),
    Float(f32),
    Double(f64),
    Boolean(bool),
    String(String),
    /// Milliseconds since 1970.
    DateTime(u64),
}

/// One metric of a payload that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric<'a> {
    /// Left out where the alias says enough.
    pub(super) name: Option<&'a str>,
    pub(super) alias: Option<u64>,
    pub(super) timestamp: u64,
    pub(super) is_historical: bool,
    /// `None` is a null of the type beside it.
    pub(super) value: Option<&'a Value>,
    pub(super) datatype: u32,
    /// The property `engUnit`.
    pub(super) unit: Option<&'a str>,
}

/// One metric that was read: name, alias, and what it is worth where that is of a kind this knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    pub name: Option<String>,
    pub alias: Option<u64>,
    pub value: Option<Value>,
}

impl Value {
    /// The number of the type in the protobuf.
    pub(super) const fn datatype(&self) -> u32 {
        match self {
            Self::Int32(_) => 3,
            Self::Int64(_) => 4,
            Self::UInt32(_) => 7,
            Self::UInt64(_) => 8,
            Self::Float(_) => 9,
            Self::Double(_) => 10,
            Self::Boolean(_) => 11,
            Self::String(_) => 12,
            Self::DateTime(_) => 13,
        }
    }

    /// Signed numbers travel as the unsigned one with the same bits.
    fn write(&self, message: &mut Message) {
        match self {
            Self::Int32(value) => message.varint(10, u64::from(value.cast_unsigned())),
            Self::UInt32(value) => message.varint(10, u64::from(*value)),
            Self::Int64(value) => message.varint(11, value.cast_unsigned()),
            Self::UInt64(value) | Self::DateTime(value) => message.varint(11, *value),
            Self::Float(value) => message.fixed(12, 5, &value.to_le_bytes()),
            Self::Double(value) => message.fixed(13, 1, &value.to_le_bytes()),
            Self::Boolean(value) => message.varint(14, u64::from(*value)),
            Self::String(value) => message.bytes(15, value.as_bytes()),
        }
    }
}

/// A payload; without a sequence number it is a death.
pub(super) fn payload(timestamp: u64, metrics: &[Metric<'_>], seq: Option<u8>) -> Vec<u8> {
    let mut payload = Message::default();
    payload.varint(1, timestamp);
    for metric in metrics {
        payload.bytes(2, &metric.written().0);
    }
    if let Some(seq) = seq {
        payload.varint(3, u64::from(seq));
    }
    payload.0
}

impl Metric<'_> {
    fn written(&self) -> Message {
        let mut metric = Message::default();
        if let Some(name) = self.name {
            metric.bytes(1, name.as_bytes());
        }
        if let Some(alias) = self.alias {
            metric.varint(2, alias);
        }
        metric.varint(3, self.timestamp);
        metric.varint(4, u64::from(self.datatype));
        if self.is_historical {
            metric.varint(5, 1);
        }
        if self.value.is_none() {
            metric.varint(7, 1);
        }
        if let Some(unit) = self.unit {
            // Keys beside values, each value with its type.
            let mut value = Message::default();
            value.varint(1, 12);
            value.bytes(8, unit.as_bytes());
            let mut properties = Message::default();
            properties.bytes(1, b"engUnit");
            properties.bytes(2, &value.0);
            metric.bytes(9, &properties.0);
        }
        if let Some(value) = self.value {
            value.write(&mut metric);
        }
        metric
    }
}

/// The metrics of a payload and its sequence number. What cannot be read ends the reading.
#[must_use]
pub fn read(payload: &[u8]) -> (Vec<Told>, Option<u64>) {
    let mut told = Vec::new();
    let mut seq = None;
    for (field, part) in Parts(payload) {
        match (field, part) {
            (2, Part::Bytes(metric)) => told.push(read_metric(metric)),
            (3, Part::Number(number)) => seq = Some(number),
            _ => {}
        }
    }
    (told, seq)
}

fn read_metric(metric: &[u8]) -> Told {
    let mut told = Told::default();
    let mut datatype = 0;
    for (field, part) in Parts(metric) {
        match (field, part) {
            (1, Part::Bytes(name)) => told.name = Some(String::from_utf8_lossy(name).into_owned()),
            (2, Part::Number(alias)) => told.alias = Some(alias),
            (4, Part::Number(number)) => datatype = number,
            (10, Part::Number(number)) if datatype == 3 => told.value = Some(Value::Int32(number as u32 as i32)),
            (10, Part::Number(number)) => told.value = Some(Value::UInt32(number as u32)),
            (11, Part::Number(number)) if datatype == 4 => told.value = Some(Value::Int64(number.cast_signed())),
            (11, Part::Number(number)) if datatype == 13 => told.value = Some(Value::DateTime(number)),
            (11, Part::Number(number)) => told.value = Some(Value::UInt64(number)),
            (12, Part::Four(bytes)) => told.value = Some(Value::Float(f32::from_le_bytes(bytes))),
            (13, Part::Eight(bytes)) => told.value = Some(Value::Double(f64::from_le_bytes(bytes))),
            (14, Part::Number(number)) => told.value = Some(Value::Boolean(number != 0)),
            (15, Part::Bytes(text)) => told.value = Some(Value::String(String::from_utf8_lossy(text).into_owned())),
            _ => {}
        }
    }
    told
}

/// A protobuf message in the making.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, field: u32, value: u64) {
        self.raw(u64::from(field << 3));
        self.raw(value);
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.raw(u64::from(field << 3 | 2));
        self.raw(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Wire type 5 has four bytes, 1 has eight.
    fn fixed(&mut self, field: u32, wire_type: u32, bytes: &[u8]) {
        self.raw(u64::from(field << 3 | wire_type));
        self.0.extend_from_slice(bytes);
    }

    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The fields of a message, one after the other.
struct Parts<'a>(&'a [u8]);

enum Part<'a> {
    Number(u64),
    Four([u8; 4]),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
}

impl Parts<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = (u64, Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.number()?;
        let part = match tag & 7 {
            0 => Part::Number(self.number()?),
            1 => {
                let (bytes, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                Part::Eight(*bytes)
            }
            2 => {
                let len = usize::try_from(self.number()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(len)?;
                self.0 = rest;
                Part::Bytes(bytes)
            }
            5 => {
                let (bytes, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                Part::Four(*bytes)
            }
            _ => return None,
        };
        Some((tag >> 3, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 1_780_000_000_000;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn named<'a>(name: &'a str, value: &'a Value) -> Metric<'a> {
        Metric {
            name: Some(name),
            alias: None,
            timestamp: AT,
            is_historical: false,
            value: Some(value),
            datatype: value.datatype(),
            unit: None,
        }
    }

    #[test]
    fn payloads_have_the_bytes_of_the_protobuf() {
        let death = payload(AT, &[named("bdSeq", &Value::UInt64(0))], None);
        assert_eq!(hex(&death), "0880909282e73312120a0562645365711880909282e73320085800");
        let at = AT + 1000;
        let alias = Metric { name: None, alias: Some(1), timestamp: at, ..named("", &Value::Double(11.5)) };
        assert_eq!(
            hex(&payload(at, &[alias], Some(2))),
            "08e8979282e7331214100118e8979282e733200a6900000000000027401802"
        );
        for (value, body) in [
            (Value::Int64(-1), "12170a01761880909282e733200458ffffffffffffffffff01"),
            (Value::UInt32(u32::MAX), "12120a01761880909282e733200750ffffffff0f"),
            (Value::Float(0.5), "12110a01761880909282e7332009650000003f"),
            (Value::String("hé".to_owned()), "12110a01761880909282e733200c7a0368c3a9"),
            (Value::DateTime(AT), "12130a01761880909282e733200d5880909282e733"),
        ] {
            assert_eq!(hex(&payload(AT, &[named("v", &value)], Some(7))), format!("0880909282e733{body}1807"));
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for value in [
            Value::Int32(-5),
            Value::Int64(i64::MIN),
            Value::UInt64(u64::MAX),
            Value::Float(-0.25),
            Value::Double(123.4),
            Value::Boolean(true),
            Value::String(String::new()),
        ] {
            let metric = Metric { alias: Some(300), unit: Some("kg"), is_historical: true, ..named("w", &value) };
            let (told, seq) = read(&payload(AT, &[metric], Some(255)));
            let expected = Told { name: Some("w".to_owned()), alias: Some(300), value: Some(value) };
            assert_eq!((told, seq), (vec![expected], Some(255)));
        }
        let null = Metric { value: None, ..named("w", &Value::Int32(0)) };
        assert_eq!(read(&payload(AT, &[null], None)).0[0].value, None);
    }

    #[test]
    fn nonsense_ends_the_reading() {
        for bytes in [&[0x12, 0xFF][..], &[0xFF; 20], &[0x12, 2, 0x7A, 9], &[]] {
            let (told, seq) = read(bytes);
            assert!(told.iter().all(|told| told.value.is_none()) && seq.is_none());
        }
    }
}
