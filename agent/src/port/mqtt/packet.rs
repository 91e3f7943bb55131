//! Packets of MQTT 3.1.1, as far as a session of ours goes: what we say as bytes, what the broker says from bytes.
//!
//! The source is the OASIS standard of 2014-10-29. Pure: no socket, no time. Holds at most one packet beyond what it was
//! given; whatever comes, it never panics.

use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// What the broker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The answer to a connect: 0, or why not (3.2.2.3).
    Connected {
        code: u8,
    },
    Published(Published),
    /// Codes in the order of the filters.
    Subscribed {
        codes: Vec<u8>,
    },
    Alive,
    /// Of something that we published.
    Acknowledged,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) topic: Arc<str>,
    pub(super) payload: Bytes,
    pub(super) retained: bool,
    pub(super) repeated: bool,
    /// `None` at QoS 0, which wants no acknowledgement.
    pub(super) packet_id: Option<u16>,
}

/// Why bytes are no packet. Nothing behind them can be read either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PacketError {
    #[error("message of {len} bytes")]
    TooLarge { len: usize },
    #[error("length of more than four bytes")]
    Length,
    #[error("packet of type {kind} with flags {flags}")]
    Kind { kind: u8, flags: u8 },
    #[error("packet that ends too soon")]
    Short,
    #[error("topic that is no text")]
    Topic,
}

/// Cuts what a broker sends into packets.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) bytes: BytesMut,
    len_max: usize,
    /// Most messages are on the topic of the one before.
    topic: Arc<str>,
}

const KIND_CONNECT: u8 = 0x10;
const KIND_PUBLISH: u8 = 0x30;
const PUBACK: [u8; 2] = [0x40, 2];
const SUBSCRIBE: u8 = 0x82;
const PINGREQ: [u8; 2] = [0xC0, 0];
const DISCONNECT: [u8; 2] = [0xE0, 0];

/// The code of a subscription that was refused.
pub(super) const NOT_SUBSCRIBED: u8 = 0x80;

/// How a session begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hello<'a> {
    pub(super) client_id: &'a str,
    /// The broker keeps the session while we are away.
    pub(super) is_kept: bool,
    pub(super) keep_alive_seconds: u16,
    pub(super) login: Option<(&'a str, &'a str)>,
    /// Topic and payload, at QoS 1 and retained.
    pub(super) will: Option<(&'a str, &'a [u8])>,
}

impl Reader {
    /// Takes packets of at most `len_max` bytes.
    pub(super) fn new(len_max: usize) -> Self {
        Self { bytes: BytesMut::new(), len_max, topic: "".into() }
    }

    /// The next whole packet; `None` when more bytes are needed for it.
    ///
    /// # Errors
    /// [`PacketError`]; what follows is not readable.
    pub(super) fn next(&mut self) -> Result<Option<Said>, PacketError> {
        let Some((head, len)) = header(&self.bytes)? else { return Ok(None) };
        if len > self.len_max {
            return Err(PacketError::TooLarge { len });
        }
        if self.bytes.len() < head + len {
            self.bytes.reserve(head + len - self.bytes.len());
            return Ok(None);
        }
        let first = self.bytes.get_u8();
        self.bytes.advance(head - 1);
        let body = self.bytes.split_to(len).freeze();
        self.said(first >> 4, first & 0x0F, body).map(Some)
    }

    fn said(&mut self, kind: u8, flags: u8, mut body: Bytes) -> Result<Said, PacketError> {
        match (kind, flags) {
            (2, 0) => match body[..] {
                [_, code] => Ok(Said::Connected { code }),
                _ => Err(PacketError::Short),
            },
            // QoS 2 was not subscribed to, and there is no QoS 3.
            (3, _) if flags & 0x04 == 0 => {
                let len = usize::from(body.try_get_u16().map_err(|_| PacketError::Short)?);
                if body.len() < len {
                    return Err(PacketError::Short);
                }
                let topic = body.split_to(len);
                if topic[..] != *self.topic.as_bytes() {
                    self.topic = std::str::from_utf8(&topic).map_err(|_| PacketError::Topic)?.into();
                }
                let packet_id = match flags & 0x02 {
                    0 => None,
                    _ => Some(body.try_get_u16().map_err(|_| PacketError::Short)?),
                };
                Ok(Said::Published(Published {
                    topic: self.topic.clone(),
                    payload: body,
                    retained: flags & 0x01 != 0,
                    repeated: flags & 0x08 != 0,
                    packet_id,
                }))
            }
            (4, 0) => Ok(Said::Acknowledged),
            (9, 0) => Ok(Said::Subscribed { codes: body.get(2..).ok_or(PacketError::Short)?.to_vec() }),
            (13, 0) => Ok(Said::Alive),
            (kind, flags) => Err(PacketError::Kind { kind, flags }),
        }
    }
}

/// The lengths of a packet's header and body; `None` when more bytes are needed to say so.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, PacketError> {
    let mut len = 0;
    for (i, byte) in bytes.iter().skip(1).enumerate() {
        if i == 4 {
            return Err(PacketError::Length);
        }
        len |= usize::from(byte & 0x7F) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((i + 2, len)));
        }
    }
    if bytes.len() > 4 { Err(PacketError::Length) } else { Ok(None) }
}

pub(super) fn connect(out: &mut BytesMut, hello: &Hello<'_>) {
    let mut flags = if hello.is_kept { 0 } else { 0x02 };
    let mut body = BytesMut::new();
    text(&mut body, hello.client_id.as_bytes());
    if let Some((topic, payload)) = hello.will {
        flags |= 0x04 | 0x08 | 0x20;
        text(&mut body, topic.as_bytes());
        text(&mut body, payload);
    }
    if let Some((name, password)) = hello.login {
        flags |= 0x80 | 0x40;
        text(&mut body, name.as_bytes());
        text(&mut body, password.as_bytes());
    }
    begin(out, KIND_CONNECT, 10 + body.len());
    text(out, b"MQTT");
    out.put_slice(&[4, flags]);
    out.put_u16(hello.keep_alive_seconds);
    out.put_slice(&body);
}

pub(super) fn puback(out: &mut BytesMut, packet_id: u16) {
    out.put_slice(&PUBACK);
    out.put_u16(packet_id);
}

/// At QoS 1.
pub(super) fn subscribe(out: &mut BytesMut, packet_id: u16, topics: &[String]) {
    let len = topics.iter().map(|topic| clipped(topic.as_bytes()).len() + 3).sum::<usize>();
    begin(out, SUBSCRIBE, 2 + len);
    out.put_u16(packet_id);
    for topic in topics {
        text(out, topic.as_bytes());
        out.put_u8(1);
    }
}

/// `packet_id`: at QoS 1, which the broker acknowledges; else at QoS 0.
pub(super) fn publish(out: &mut BytesMut, topic: &str, payload: &[u8], retained: bool, packet_id: Option<u16>) {
    let flags = u8::from(retained) | if packet_id.is_some() { 0x02 } else { 0 };
    let id_len = if packet_id.is_some() { 2 } else { 0 };
    begin(out, KIND_PUBLISH | flags, 2 + clipped(topic.as_bytes()).len() + id_len + payload.len());
    text(out, topic.as_bytes());
    if let Some(id) = packet_id {
        out.put_u16(id);
    }
    out.put_slice(payload);
}

pub(super) fn ping(out: &mut BytesMut) {
    out.put_slice(&PINGREQ);
}

pub(super) fn disconnect(out: &mut BytesMut) {
    out.put_slice(&DISCONNECT);
}

fn begin(out: &mut BytesMut, first: u8, mut len: usize) {
    out.put_u8(first);
    loop {
        let low = u8::try_from(len & 0x7F).expect("seven bits");
        len >>= 7;
        out.put_u8(if len > 0 { low | 0x80 } else { low });
        if len == 0 {
            return;
        }
    }
}

/// A text with its length before it. All of ours are shorter by far than the 65,535 bytes that it may have.
fn text(out: &mut BytesMut, text: &[u8]) {
    let text = clipped(text);
    out.put_u16(u16::try_from(text.len()).expect("clipped"));
    out.put_slice(text);
}

fn clipped(text: &[u8]) -> &[u8] {
    &text[..text.len().min(usize::from(u16::MAX))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> Reader {
        let mut reader = Reader::new(1_000);
        reader.bytes.extend_from_slice(bytes);
        reader
    }

    fn said(bytes: &[u8]) -> Result<Option<Said>, PacketError> {
        reader(bytes).next()
    }

    fn message(topic: &str, payload: &[u8], packet_id: Option<u16>) -> Vec<u8> {
        let mut out = BytesMut::new();
        publish(&mut out, topic, payload, false, packet_id);
        out.to_vec()
    }

    #[test]
    fn a_session_begins_as_the_standard_says() {
        let mut out = BytesMut::new();
        let hello = Hello {
            client_id: "b",
            is_kept: true,
            keep_alive_seconds: 15,
            login: Some(("u", "p")),
            will: Some(("t", b"w")),
        };
        connect(&mut out, &hello);
        assert_eq!(&out[..], b"\x10\x19\0\x04MQTT\x04\xEC\0\x0f\0\x01b\0\x01t\0\x01w\0\x01u\0\x01p");
        out.clear();
        connect(&mut out, &Hello { is_kept: false, login: None, will: None, ..hello });
        assert_eq!(&out[..], b"\x10\x0d\0\x04MQTT\x04\x02\0\x0f\0\x01b");
        assert_eq!(said(b"\x20\x02\x01\x05"), Ok(Some(Said::Connected { code: 5 })));
    }

    #[test]
    fn what_is_published_is_read_back_in_pieces_of_any_size() {
        let mut bytes = Vec::new();
        for len in [0, 1, 100, 127, 128, 600] {
            bytes.extend(message("bins/1", &vec![7; len], Some(500)));
            bytes.extend(message("bins/2", b"x", None));
        }
        for piece in [1, 2, 3, 7, 1_000] {
            let mut reader = Reader::new(1_000);
            let mut read = Vec::new();
            for bytes in bytes.chunks(piece) {
                reader.bytes.extend_from_slice(bytes);
                while let Some(Said::Published(published)) = reader.next().unwrap() {
                    read.push((published.topic.to_string(), published.payload.len(), published.packet_id));
                }
            }
            assert_eq!(read.len(), 12, "{piece}");
            assert_eq!(read[0], ("bins/1".to_owned(), 0, Some(500)));
            assert_eq!(read[10], ("bins/1".to_owned(), 600, Some(500)));
            assert_eq!(read[11], ("bins/2".to_owned(), 1, None));
            assert!(reader.bytes.is_empty());
        }
    }

    #[test]
    fn flags_say_whether_it_is_repeated_and_retained() {
        let flags = |flags: u8| match said(&[0x32 | flags, 5, 0, 1, b't', 0, 9]).unwrap() {
            Some(Said::Published(published)) => (published.repeated, published.retained, published.packet_id),
            other => panic!("{other:?}"),
        };
        assert_eq!(flags(0), (false, false, Some(9)));
        assert_eq!(flags(0x09), (true, true, Some(9)));
    }

    #[test]
    fn subscriptions_are_answered_in_their_order() {
        let mut out = BytesMut::new();
        subscribe(&mut out, 1, &["a".to_owned(), "b/c".to_owned()]);
        assert_eq!(&out[..], b"\x82\x0c\0\x01\0\x01a\x01\0\x03b/c\x01");
        let codes = vec![1, NOT_SUBSCRIBED];
        assert_eq!(said(b"\x90\x04\0\x01\x01\x80"), Ok(Some(Said::Subscribed { codes })));
    }

    #[test]
    fn a_packet_over_the_limit_is_known_by_its_header_alone() {
        assert_eq!(said(&[0x30, 0xE9, 0x07]), Err(PacketError::TooLarge { len: 1_001 }));
        assert_eq!(said(&[0x30, 0xE8, 0x07]), Ok(None));
        assert_eq!(said(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1]), Err(PacketError::Length));
    }

    #[test]
    fn what_is_no_packet_of_a_broker_is_named() {
        for bytes in [&b"\x00\x00"[..], b"\x10\x00", b"\xf0\x00", b"\x21\x00", b"\x34\x05\0\x01t\0\x01"] {
            assert!(matches!(said(bytes), Err(PacketError::Kind { .. })), "{bytes:?}");
        }
        for bytes in [&b"\x20\x01\0"[..], b"\x32\x00", b"\x32\x03\0\x05t", b"\x32\x04\0\x01t\0", b"\x90\x01\0"] {
            assert_eq!(said(bytes), Err(PacketError::Short), "{bytes:?}");
        }
        assert_eq!(said(b"\x30\x03\0\x01\xff"), Err(PacketError::Topic));
    }

    #[test]
    fn noise_is_refused_or_waited_for_and_never_panics() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..100_000 {
            let mut bytes = [0; 24];
            for chunk in bytes.chunks_mut(8) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                chunk.copy_from_slice(&(state ^ (state >> 29)).to_le_bytes());
            }
            let mut reader = reader(&bytes);
            while let Ok(Some(_)) = reader.next() {}
        }
    }
}
