//! The wire format of Protocol Buffers: tagged fields of four kinds, read in place and written to a buffer.
//!
//! Owns the encoding, nothing of any message's meaning. By hand rather than by `prost`, because one dialect with four
//! small messages does not pay for a code generator in the build. Reading borrows: it copies nothing and allocates
//! nothing, and a field's length is checked against what is there before it is looked at. It does not recurse either; a
//! message within a message is a field of bytes that the caller may read in turn. The source is the format's
//! specification (protobuf.dev, "Encoding").

/// Longest varint: 64 bits in groups of seven.
const VARINT_LEN_MAX: usize = 10;
/// The format's own limit on field numbers.
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("message ends within a field")]
    Truncated,
    #[error("number is longer than 64 bits")]
    VarintTooLong,
    #[error("field number is out of range")]
    FieldNumber,
    #[error("field is a group or of an unknown kind")]
    Kind,
    #[error("field {field} is of another kind than its number says")]
    WrongKind { field: u32 },
}

/// The fields of one message, in the order sent. Ends at the first error.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

/// One field. Which of the kinds are to be expected under a number, only the message's definition says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    value: FieldValue<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum FieldValue<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

impl<'a> Fields<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Result<Field<'a>, WireError> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|_| (1..=FIELD_NUMBER_MAX).contains(&(tag >> 3)));
        let number = number.ok_or(WireError::FieldNumber)?;
        let value = match tag & 0b111 {
            VARINT => FieldValue::Varint(self.varint()?),
            FIXED64 => FieldValue::Fixed64(u64::from_le_bytes(self.array()?)),
            BYTES => {
                let len = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                FieldValue::Bytes(self.take(len)?)
            }
            FIXED32 => FieldValue::Fixed32(u32::from_le_bytes(self.array()?)),
            // Groups nest without stating a length, and nothing has sent them for fifteen years.
            _ => return Err(WireError::Kind),
        };
        Ok(Field { number, value })
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for place in 0..VARINT_LEN_MAX {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7F);
            // The tenth byte has room for one bit.
            if place == VARINT_LEN_MAX - 1 && bits > 1 {
                return Err(WireError::VarintTooLong);
            }
            value |= bits << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::VarintTooLong)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    pub(super) const fn varint(self) -> Result<u64, WireError> {
        match self.value {
            FieldValue::Varint(value) => Ok(value),
            FieldValue::Fixed64(_) | FieldValue::Bytes(_) | FieldValue::Fixed32(_) => Err(self.wrong_kind()),
        }
    }

    /// A `uint32`: of a longer number the low half, as every implementation reads it. Senders that extend the sign of
    /// a negative number to 64 bits depend on it.
    #[expect(clippy::cast_possible_truncation, reason = "the format says so")]
    pub(super) fn varint32(self) -> Result<u32, WireError> {
        self.varint().map(|value| value as u32)
    }

    pub(super) fn flag(self) -> Result<bool, WireError> {
        self.varint().map(|value| value != 0)
    }

    pub(super) const fn float(self) -> Result<f32, WireError> {
        match self.value {
            FieldValue::Fixed32(bits) => Ok(f32::from_bits(bits)),
            FieldValue::Varint(_) | FieldValue::Fixed64(_) | FieldValue::Bytes(_) => Err(self.wrong_kind()),
        }
    }

    pub(super) const fn double(self) -> Result<f64, WireError> {
        match self.value {
            FieldValue::Fixed64(bits) => Ok(f64::from_bits(bits)),
            FieldValue::Varint(_) | FieldValue::Bytes(_) | FieldValue::Fixed32(_) => Err(self.wrong_kind()),
        }
    }

    pub(super) const fn bytes(self) -> Result<&'a [u8], WireError> {
        match self.value {
            FieldValue::Bytes(bytes) => Ok(bytes),
            FieldValue::Varint(_) | FieldValue::Fixed64(_) | FieldValue::Fixed32(_) => Err(self.wrong_kind()),
        }
    }

    const fn wrong_kind(self) -> WireError {
        WireError::WrongKind { field: self.number }
    }
}

/// One message being written.
#[derive(Debug, Clone, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn varint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.put_varint(value);
    }

    pub(super) fn float(&mut self, field: u32, value: f32) {
        self.tag(field, FIXED32);
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.tag(field, FIXED64);
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, BYTES);
        self.put_varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn tag(&mut self, field: u32, kind: u64) {
        self.put_varint(u64::from(field) << 3 | kind);
    }

    fn put_varint(&mut self, mut value: u64) {
        while value > 0x7F {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &[u8], expect: &[Result<(u32, FieldValue<'_>), WireError>]) {
        let found: Vec<_> = Fields::new(message).map(|field| field.map(|field| (field.number, field.value))).collect();
        assert_eq!(found, expect, "{message:02x?}");
    }

    #[test]
    fn fields_of_all_kinds_are_told_apart() {
        check(b"", &[]);
        check(&[0x08, 0x96, 0x01], &[Ok((1, FieldValue::Varint(150)))]);
        check(&[0x12, 0x02, b'h', b'i'], &[Ok((2, FieldValue::Bytes(b"hi")))]);
        check(&[0x12, 0x00], &[Ok((2, FieldValue::Bytes(b"")))]);
        check(&[0x65, 0, 0, 0, 0x3F], &[Ok((12, FieldValue::Fixed32(0x3F00_0000)))]);
        check(&[0x69, 1, 0, 0, 0, 0, 0, 0, 0], &[Ok((13, FieldValue::Fixed64(1)))]);
        check(&[0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x00], &[Ok(((1 << 29) - 1, FieldValue::Varint(0)))]);
    }

    #[test]
    fn an_error_ends_the_message_and_keeps_what_came_before() {
        check(&[0x08, 0x01, 0x0B, 0x08, 0x01], &[Ok((1, FieldValue::Varint(1))), Err(WireError::Kind)]);
        check(&[0x0C], &[Err(WireError::Kind)]);
        check(&[0x0E], &[Err(WireError::Kind)]);
        check(&[0x0F], &[Err(WireError::Kind)]);
        check(&[0x00, 0x01], &[Err(WireError::FieldNumber)]);
        check(&[0x80, 0x80, 0x80, 0x80, 0x10, 0x00], &[Err(WireError::FieldNumber)]);
    }

    #[test]
    fn a_field_that_is_cut_anywhere_is_truncated() {
        for whole in [&[0x08, 0x96, 0x01][..], &[0x12, 0x02, b'h', b'i'], &[0x65, 0, 0, 0, 0x3F], &[0x69; 9]] {
            for len in 1..whole.len() {
                check(&whole[..len], &[Err(WireError::Truncated)]);
            }
        }
        check(&[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1], &[Err(WireError::Truncated)]);
    }

    #[test]
    fn a_number_has_64_bits_and_no_more() {
        let mut max = vec![0x08];
        max.extend([0xFF; 9]);
        check(&[&max[..], &[0x01]].concat(), &[Ok((1, FieldValue::Varint(u64::MAX)))]);
        check(&[&max[..], &[0x02]].concat(), &[Err(WireError::VarintTooLong)]);
        check(&[&max[..], &[0x81, 0x00]].concat(), &[Err(WireError::VarintTooLong)]);
    }

    #[test]
    fn a_field_of_another_kind_is_refused_by_its_number() {
        let field = Fields::new(&[0x08, 0x05]).next().unwrap().unwrap();
        assert_eq!(field.varint(), Ok(5));
        assert_eq!(field.bytes(), Err(WireError::WrongKind { field: 1 }));
        assert_eq!(field.float(), Err(WireError::WrongKind { field: 1 }));
        assert_eq!(field.double(), Err(WireError::WrongKind { field: 1 }));
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut writer = Writer::default();
        for value in [0, 1, 127, 128, 300, u64::MAX] {
            writer.varint(1, value);
        }
        writer.float(12, 0.5);
        writer.double(13, -11.5);
        writer.bytes(100, b"text");
        let written = writer.finish();
        let fields: Vec<_> = Fields::new(&written).map(Result::unwrap).collect();
        let numbers: Vec<_> = fields[..6].iter().map(|field| field.varint().unwrap()).collect();
        assert_eq!(numbers, [0, 1, 127, 128, 300, u64::MAX]);
        assert_eq!(fields[5].varint32(), Ok(u32::MAX), "the low half of a longer number");
        assert_eq!((fields[6].float(), fields[7].double()), (Ok(0.5), Ok(-11.5)));
        assert_eq!((fields[8].number, fields[8].bytes()), (100, Ok(&b"text"[..])));
    }
}
