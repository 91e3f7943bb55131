//! Where an HTTP/1.1 message ends.
//!
//! Owns heads and body lengths, as much of RFC 9112 as a proxy between two honest ends needs: it forwards the bytes as
//! they are and only counts them. Must not know what happens to a message.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Line;

/// Far above what either end accepts.
const HEAD_LEN_MAX: usize = 256 * 1024;

/// A start line and headers, as sent, with the empty line.
#[derive(Debug)]
pub(super) struct Head(Vec<u8>);

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Length(u64),
    Chunked,
    UntilClosed,
}

impl Head {
    /// Reads a head; `None` when the other end closes between two messages.
    pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            read_line(from, &mut bytes).await?;
            match &bytes[start..] {
                [] if start == 0 => return Ok(None),
                [] => return Err(ErrorKind::UnexpectedEof.into()),
                // An empty line before a start line belongs to no message.
                b"\r\n" | b"\n" if start == 0 => bytes.clear(),
                b"\r\n" | b"\n" => return Ok(Some(Self(bytes))),
                _ if bytes.len() > HEAD_LEN_MAX => return Err(ErrorKind::InvalidData.into()),
                _ => {}
            }
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What an HTTP/2 client says first: the rest is not HTTP/1.1.
    pub(super) fn is_http2(&self) -> bool {
        self.0.starts_with(b"PRI * HTTP/2")
    }

    pub(super) fn is_head_request(&self) -> bool {
        self.0.starts_with(b"HEAD ")
    }

    /// The status of a response, 0 if it has none.
    pub(super) fn status(&self) -> u16 {
        let mut words = self.lines().next().unwrap_or_default().split(' ');
        words.nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub(super) fn request_body(&self) -> Body {
        self.declared_body().unwrap_or(Body::Length(0))
    }

    pub(super) fn response_body(&self, to_head_request: bool) -> Body {
        match self.status() {
            _ if to_head_request => Body::Length(0),
            204 | 304 => Body::Length(0),
            _ => self.declared_body().unwrap_or(Body::UntilClosed),
        }
    }

    fn declared_body(&self) -> Option<Body> {
        if self.header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked")) {
            return Some(Body::Chunked);
        }
        self.header("content-length")?.parse().ok().map(Body::Length)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        // Headers the proxy looks at are ASCII; others may be anything and are passed over.
        self.0.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()).map(str::trim_end)
    }
}

impl Body {
    /// Carries a body from one end to the other, piece by piece as it comes, whenever the line is open.
    pub(super) async fn carry(
        self,
        line: &Line,
        from: &mut (impl AsyncBufRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        match self {
            Self::Length(len) => carry_exactly(line, from, to, len).await,
            Self::UntilClosed => {
                while carry_some(line, from, to, u64::MAX).await? > 0 {}
                Ok(())
            }
            Self::Chunked => loop {
                let mut head = Vec::new();
                read_line(from, &mut head).await?;
                let len = chunk_len(&head).ok_or(ErrorKind::InvalidData)?;
                line.open().await;
                to.write_all(&head).await?;
                if len == 0 {
                    return carry_trailers(line, from, to).await;
                }
                // The chunk and the line end behind it.
                carry_exactly(line, from, to, len.saturating_add(2)).await?;
            },
        }
    }
}

fn chunk_len(head: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(head).ok()?;
    u64::from_str_radix(text.split(';').next()?.trim(), 16).ok()
}

async fn carry_trailers(
    line: &Line,
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    loop {
        let mut trailer = Vec::new();
        read_line(from, &mut trailer).await?;
        line.open().await;
        to.write_all(&trailer).await?;
        if trailer == b"\r\n" || trailer == b"\n" {
            return Ok(());
        }
        if trailer.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn carry_exactly(
    line: &Line,
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut len: u64,
) -> io::Result<()> {
    while len > 0 {
        match carry_some(line, from, to, len).await? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            carried => len -= carried,
        }
    }
    Ok(())
}

/// Carries what is there, at most `len_max` bytes; 0 when the end has closed.
async fn carry_some(
    line: &Line,
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    len_max: u64,
) -> io::Result<u64> {
    let piece = from.fill_buf().await?;
    let len = piece.len().min(usize::try_from(len_max).unwrap_or(usize::MAX)).min(line.piece_len());
    if len > 0 {
        line.pass(len).await;
        to.write_all(&piece[..len]).await?;
    }
    from.consume(len);
    Ok(len as u64)
}

async fn read_line(from: &mut (impl AsyncBufRead + Unpin), into: &mut Vec<u8>) -> io::Result<()> {
    from.take(HEAD_LEN_MAX as u64).read_until(b'\n', into).await?;
    Ok(())
}
