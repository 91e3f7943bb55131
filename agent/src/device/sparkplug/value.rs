//! A metric's value: as it travels, and as its datatype says it is meant.
//!
//! Owns the datatypes and the step from wire to meaning: a signed number travels as two's complement in an unsigned
//! field, and only the datatype tells −1 from 4294967295. Senders differ in which field they use for which type (32 bits
//! in the field for 64, a float for a double), so the field decides how to read and the type what it means. Numbers
//! become [`Decimal`] by the shortest text that reads back as the same float, which is what the sender had in mind.
//! Must not know metrics. The source is the Sparkplug specification 3.0, chapter 6.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use crate::device::decimal::Decimal;

/// What a value is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float,
    Double,
    Boolean,
    String,
    /// Milliseconds since 1970 UTC.
    DateTime,
    Text,
    Uuid,
    DataSet,
    Bytes,
    File,
    Template,
    /// Arrays and property sets, and what later versions may bring: nothing that a level could be.
    Other(u32),
}

/// A value as it travels.
#[derive(Debug, Clone, PartialEq)]
pub enum WireValue {
    Int(u32),
    Long(u64),
    Float(f32),
    Double(f64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
    /// A table, encoded.
    DataSet(Vec<u8>),
    /// A structure of metrics, encoded.
    Template(Vec<u8>),
}

/// A value as it is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Int(i64),
    UInt(u64),
    Float(f32),
    Double(f64),
    Flag(bool),
    /// A `String`, `Text` or `UUID`.
    Text(String),
    /// Milliseconds since 1970 UTC.
    DateTime(u64),
    /// `Bytes`, a `File`, or an array: bytes whose form is nobody's business here.
    Bytes(Vec<u8>),
    /// A `DataSet` or a `Template`, encoded.
    Opaque(Vec<u8>),
}

impl DataType {
    /// All that have a number of their own, in its order from 1.
    const NUMBERED: [Self; 19] = [
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float,
        Self::Double,
        Self::Boolean,
        Self::String,
        Self::DateTime,
        Self::Text,
        Self::Uuid,
        Self::DataSet,
        Self::Bytes,
        Self::File,
        Self::Template,
    ];

    #[must_use]
    pub fn from_number(number: u32) -> Self {
        let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| Self::NUMBERED.get(index)).copied().unwrap_or(Self::Other(number))
    }

    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Int8 => 1,
            Self::Int16 => 2,
            Self::Int32 => 3,
            Self::Int64 => 4,
            Self::UInt8 => 5,
            Self::UInt16 => 6,
            Self::UInt32 => 7,
            Self::UInt64 => 8,
            Self::Float => 9,
            Self::Double => 10,
            Self::Boolean => 11,
            Self::String => 12,
            Self::DateTime => 13,
            Self::Text => 14,
            Self::Uuid => 15,
            Self::DataSet => 16,
            Self::Bytes => 17,
            Self::File => 18,
            Self::Template => 19,
            Self::Other(number) => number,
        }
    }

    /// As the specification writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "Int8",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::UInt8 => "UInt8",
            Self::UInt16 => "UInt16",
            Self::UInt32 => "UInt32",
            Self::UInt64 => "UInt64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::DateTime => "DateTime",
            Self::Text => "Text",
            Self::Uuid => "UUID",
            Self::DataSet => "DataSet",
            Self::Bytes => "Bytes",
            Self::File => "File",
            Self::Template => "Template",
            Self::Other(20) => "PropertySet",
            Self::Other(21) => "PropertySetList",
            Self::Other(22) => "Int8Array",
            Self::Other(23) => "Int16Array",
            Self::Other(24) => "Int32Array",
            Self::Other(25) => "Int64Array",
            Self::Other(26) => "UInt8Array",
            Self::Other(27) => "UInt16Array",
            Self::Other(28) => "UInt32Array",
            Self::Other(29) => "UInt64Array",
            Self::Other(30) => "FloatArray",
            Self::Other(31) => "DoubleArray",
            Self::Other(32) => "BooleanArray",
            Self::Other(33) => "StringArray",
            Self::Other(34) => "DateTimeArray",
            Self::Other(_) => "Unknown",
        }
    }

    /// What `bits` stand for, if this is a type of whole numbers, dates or truth. A narrow type has its low bits only:
    /// some senders extend the sign to the field, others leave it at the type's width.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "two's complement")]
    const fn whole(self, bits: u64) -> Option<Value> {
        match self {
            Self::Int8 => Some(Value::Int(bits as i8 as i64)),
            Self::Int16 => Some(Value::Int(bits as i16 as i64)),
            Self::Int32 => Some(Value::Int(bits as i32 as i64)),
            Self::Int64 => Some(Value::Int(bits as i64)),
            Self::UInt8 => Some(Value::UInt(bits as u8 as u64)),
            Self::UInt16 => Some(Value::UInt(bits as u16 as u64)),
            Self::UInt32 => Some(Value::UInt(bits as u32 as u64)),
            Self::UInt64 => Some(Value::UInt(bits)),
            Self::DateTime => Some(Value::DateTime(bits)),
            Self::Boolean => Some(Value::Flag(bits != 0)),
            Self::Float
            | Self::Double
            | Self::String
            | Self::Text
            | Self::Uuid
            | Self::DataSet
            | Self::Bytes
            | Self::File
            | Self::Template
            | Self::Other(_) => None,
        }
    }
}

impl WireValue {
    /// The value as a `datatype`. Without one, or where the field cannot hold it, it is what the field itself says: a
    /// value is better told than lost.
    #[must_use]
    pub fn meant(&self, datatype: Option<DataType>) -> Value {
        match self {
            Self::Int(bits) => whole(u64::from(*bits), datatype),
            Self::Long(bits) => whole(*bits, datatype),
            Self::Float(value) => Value::Float(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Flag(value) => Value::Flag(*value),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Self::DataSet(bytes) | Self::Template(bytes) => Value::Opaque(bytes.clone()),
        }
    }
}

fn whole(bits: u64, datatype: Option<DataType>) -> Value {
    datatype.and_then(|datatype| datatype.whole(bits)).unwrap_or(Value::UInt(bits))
}

impl Value {
    /// The number this is, written as a number or as a text; `None` when it is none (NaN and infinity are not), or none
    /// that a [`Decimal`] holds. A float's digits below the 18th after the point are cut.
    #[must_use]
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Int(value) => Decimal::new(*value, 0).ok(),
            Self::UInt(value) => i64::try_from(*value).ok().and_then(|value| Decimal::new(value, 0).ok()),
            // With an exponent, as a small number written out has more digits after the point than fit.
            Self::Float(value) => value.is_finite().then(|| Decimal::parse_scientific(&format!("{value:e}")).ok())?,
            Self::Double(value) => value.is_finite().then(|| Decimal::parse_scientific(&format!("{value:e}")).ok())?,
            Self::Text(text) => Decimal::parse_scientific(text.trim()).ok(),
            Self::Flag(_) | Self::DateTime(_) | Self::Bytes(_) | Self::Opaque(_) => None,
        }
    }

    /// A float that is NaN or infinite: a sensor that failed to read.
    #[must_use]
    pub const fn is_nan(&self) -> bool {
        match self {
            Self::Float(value) => !value.is_finite(),
            Self::Double(value) => !value.is_finite(),
            Self::Int(_)
            | Self::UInt(_)
            | Self::Flag(_)
            | Self::Text(_)
            | Self::DateTime(_)
            | Self::Bytes(_)
            | Self::Opaque(_) => false,
        }
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Numbers as numbers, bytes in hex, NaN as null.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::UInt(value) | Self::DateTime(value) => serializer.serialize_u64(*value),
            // By its text, or 0.1 would be shown as the 0.10000000149011612 that it is as a double.
            Self::Float(value) => serializer.serialize_f64(value.to_string().parse().unwrap_or(f64::NAN)),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Flag(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) | Self::Opaque(bytes) => serializer.serialize_str(&hex(bytes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wire: &WireValue, datatype: DataType, expect: &Value) {
        assert_eq!(&wire.meant(Some(datatype)), expect, "{wire:?} as {}", datatype.name());
    }

    #[test]
    fn a_datatype_has_one_number_and_one_name() {
        for number in 0..40 {
            assert_eq!(DataType::from_number(number).number(), number);
        }
        let names = [1, 8, 11, 13, 15, 19, 22, 34, 0, 99].map(|number| DataType::from_number(number).name());
        let expect = ["Int8", "UInt64", "Boolean", "DateTime", "UUID", "Template"];
        assert_eq!(names[..6], expect);
        assert_eq!(names[6..], ["Int8Array", "DateTimeArray", "Unknown", "Unknown"]);
    }

    #[test]
    fn signed_numbers_travel_as_twos_complement_at_either_width() {
        for (bits, datatype, expect) in [
            (0xFFFF_FFFF, DataType::Int8, -1),
            (0xFF, DataType::Int8, -1),
            (0x80, DataType::Int8, -128),
            (0x7F, DataType::Int8, 127),
            (0xFFFF_FFFB, DataType::Int16, -5),
            (0x8000, DataType::Int16, -32_768),
            (0xFFFF_FFFB, DataType::Int32, -5),
            (0x7FFF_FFFF, DataType::Int32, i64::from(i32::MAX)),
            (0xFFFF_FFFF, DataType::Int64, 0xFFFF_FFFF),
        ] {
            check(&WireValue::Int(bits), datatype, &Value::Int(expect));
        }
        check(&WireValue::Long(u64::MAX), DataType::Int64, &Value::Int(-1));
        check(&WireValue::Long(u64::MAX), DataType::Int32, &Value::Int(-1));
    }

    #[test]
    fn unsigned_numbers_are_taken_from_whichever_field_they_came_in() {
        check(&WireValue::Int(255), DataType::UInt8, &Value::UInt(255));
        check(&WireValue::Int(65_535), DataType::UInt16, &Value::UInt(65_535));
        check(&WireValue::Int(u32::MAX), DataType::UInt32, &Value::UInt(4_294_967_295));
        check(&WireValue::Long(4_294_967_295), DataType::UInt32, &Value::UInt(4_294_967_295));
        check(&WireValue::Long(u64::MAX), DataType::UInt64, &Value::UInt(u64::MAX));
        check(&WireValue::Int(7), DataType::UInt64, &Value::UInt(7));
        check(&WireValue::Long(5), DataType::DateTime, &Value::DateTime(5));
        check(&WireValue::Int(1), DataType::Boolean, &Value::Flag(true));
    }

    #[test]
    fn a_field_that_cannot_hold_the_type_speaks_for_itself() {
        check(&WireValue::Double(1.5), DataType::Float, &Value::Double(1.5));
        check(&WireValue::Float(1.5), DataType::Int32, &Value::Float(1.5));
        check(&WireValue::Int(3), DataType::String, &Value::UInt(3));
        check(&WireValue::Int(3), DataType::Other(77), &Value::UInt(3));
        check(&WireValue::Text("x".into()), DataType::Uuid, &Value::Text("x".into()));
        check(&WireValue::Bytes(vec![1, 2]), DataType::File, &Value::Bytes(vec![1, 2]));
        check(&WireValue::Template(vec![1]), DataType::Template, &Value::Opaque(vec![1]));
        assert_eq!(WireValue::Int(u32::MAX).meant(None), Value::UInt(4_294_967_295));
    }

    #[test]
    fn a_number_has_the_digits_its_sender_had_in_mind() {
        for (value, expect) in [
            (Value::Float(0.5), Some("0.5")),
            (Value::Float(0.1), Some("0.1")),
            (Value::Float(12.345), Some("12.345")),
            (Value::Float(100.0), Some("100")),
            (Value::Float(-0.0), Some("0")),
            (Value::Float(1e-7), Some("0.0000001")),
            (Value::Double(11.5), Some("11.5")),
            (Value::Double(0.1 + 0.2), Some("0.30000000000000004")),
            (Value::Double(-1250.0), Some("-1250")),
            (Value::Double(1e18), Some("1000000000000000000")),
            (Value::Double(1.5e-18), Some("0.000000000000000001")),
            (Value::Double(f64::MIN_POSITIVE), Some("0")),
            (Value::Double(f64::MAX), None),
            (Value::Float(f32::NAN), None),
            (Value::Double(f64::NEG_INFINITY), None),
            (Value::Int(-5), Some("-5")),
            (Value::Int(i64::MIN), Some("-9223372036854775808")),
            (Value::UInt(86_400), Some("86400")),
            (Value::UInt(u64::MAX), None),
            (Value::Text(" 0.50 ".into()), Some("0.50")),
            (Value::Text("BIN-7".into()), None),
            (Value::Flag(true), None),
            (Value::DateTime(5), None),
            (Value::Bytes(b"5".into()), None),
        ] {
            assert_eq!(value.number().map(|number| number.to_string()).as_deref(), expect, "{value:?}");
        }
    }

    #[test]
    fn a_value_is_shown_as_json_without_a_floats_tail() {
        for (value, expect) in [
            (Value::Float(0.1), "0.1"),
            (Value::Double(11.5), "11.5"),
            (Value::Double(f64::NAN), "null"),
            (Value::Float(f32::INFINITY), "null"),
            (Value::Int(-1), "-1"),
            (Value::UInt(u64::MAX), "18446744073709551615"),
            (Value::DateTime(5), "5"),
            (Value::Flag(true), "true"),
            (Value::Text("hé".into()), "\"hé\""),
            (Value::Bytes(vec![0x0A, 0xFF]), "\"0aff\""),
            (Value::Opaque(vec![8, 1]), "\"0801\""),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), expect, "{value:?}");
        }
    }
}
