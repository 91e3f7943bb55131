//! Packed: how a record's text stands in the ledger's file. The chain runs over the text; the file holds less.
//!
//! Flash pays for every byte twice, in the log and in the file, and the texts of a site differ in little but time, item and
//! quantity. So a text is compressed against a sample of what texts say, which is part of the product: zstd (RFC 8878) with
//! the sample as a raw-content dictionary. A blob is one byte, the version of the sample, and the frame without its magic
//! number. A text that does not get smaller stands in the file as it is.
//!
//! ```text
//!   TEXT  {"type":"movement","at":…                      as it is
//!   BLOB  01 │ frame header · blocks                      packed against dictionary_1.txt
//! ```
//!
//! The sample of a version is never edited: what was packed against it could not be read any more. A better one is the next
//! version, with a schema of its own, so that an agent that lacks it says so instead of taking the records for damaged.
//! Nothing here is proof: damage that still unpacks is found by the chain. Pure.

use std::{borrow::Cow, cell::RefCell, sync::OnceLock};

use gateway_proto::limits::RECORD_LEN_MAX;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
    zstd_safe,
};

/// One line for each type of record, the movements in the forms that are usual, the most usual last.
const DICTIONARY_1: &[u8] = include_bytes!("packed/dictionary_1.txt");

/// The first byte of what is packed against [`DICTIONARY_1`].
const VERSION_1: u8 = 1;

/// Smallest effort: on a gateway a row costs about a microsecond; more effort saves a tenth of the bytes for twice that.
const LEVEL: i32 = 1;

/// What every zstd frame begins with; a blob leaves it out.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Packs texts, with memory that is kept from one to the next.
#[derive(Default)]
pub struct Packer {
    /// `None` before the first text, and where there is no memory for it: then texts stand as they are.
    compressor: Option<Compressor<'static>>,
    frame: Vec<u8>,
}

/// A text as it goes into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed<'a> {
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A record's text, out of a column of either form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unpacked(pub String);

/// Why a value is no record's text: the file is damaged.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error("record is neither text nor packed")]
    Form,
    #[error("record is packed in a way that is not known (version {0})")]
    Version(u8),
    #[error("packed record does not unpack")]
    Frame(#[source] std::io::Error),
    #[error(
        "packed record does not say how long it is, or says more than {RECORD_LEN_MAX} bytes, or something else than it has"
    )]
    Length,
    #[error("record is not UTF-8")]
    Utf8(#[from] std::str::Utf8Error),
}

impl Packer {
    /// The smaller of a text's two forms.
    pub fn pack<'a>(&'a mut self, text: &'a str) -> Packed<'a> {
        self.blob(text).map_or(Packed::Text(text), Packed::Blob)
    }

    fn blob(&mut self, text: &str) -> Option<&[u8]> {
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::with_prepared_dictionary(encoder()).ok()?),
        };
        self.frame.clear();
        self.frame.reserve(zstd_safe::compress_bound(text.len()));
        compressor.compress_to_buffer(text.as_bytes(), &mut self.frame).ok()?;
        if !self.frame.starts_with(&MAGIC) || self.frame.len() - MAGIC.len() + 1 >= text.len() {
            return None;
        }
        // The last byte of the magic number makes room for the version.
        let at = MAGIC.len() - 1;
        self.frame[at] = VERSION_1;
        Some(&self.frame[at..])
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

/// A record's text as a column holds it. Whatever the bytes are, at most [`RECORD_LEN_MAX`] come of a packed one.
///
/// # Errors
/// [`UnpackError`]: the ledger wrote no such value.
pub fn unpack(value: ValueRef<'_>) -> Result<Cow<'_, str>, UnpackError> {
    match value {
        ValueRef::Text(text) => Ok(Cow::Borrowed(std::str::from_utf8(text)?)),
        ValueRef::Blob(blob) => unpack_blob(blob).map(Cow::Owned),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Err(UnpackError::Form),
    }
}

/// As [`unpack`], for a blob.
///
/// # Errors
/// [`UnpackError`].
pub(in crate::ledger) fn unpack_blob(blob: &[u8]) -> Result<String, UnpackError> {
    let frame = match blob {
        [VERSION_1, frame @ ..] => frame,
        [other, ..] => return Err(UnpackError::Version(*other)),
        [] => return Err(UnpackError::Form),
    };
    // Each thread's own: what a reader allocates for a row is its text.
    thread_local!(static UNPACKER: RefCell<Unpacker> = RefCell::default());
    let text = UNPACKER.with_borrow_mut(|unpacker| unpacker.unpack(frame))?;
    String::from_utf8(text).map_err(|error| error.utf8_error().into())
}

#[derive(Default)]
struct Unpacker {
    decompressor: Option<Decompressor<'static>>,
    frame: Vec<u8>,
}

impl Unpacker {
    fn unpack(&mut self, rest: &[u8]) -> Result<Vec<u8>, UnpackError> {
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::with_prepared_dictionary(decoder()).map_err(UnpackError::Frame)?),
        };
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(rest);
        // Every frame of ours says its length; one that says more is not even begun.
        let len = zstd_safe::get_frame_content_size(&self.frame).ok().flatten();
        let len = len.and_then(|len| usize::try_from(len).ok()).filter(|&len| len <= RECORD_LEN_MAX);
        let len = len.ok_or(UnpackError::Length)?;
        let mut text = Vec::with_capacity(len);
        decompressor.decompress_to_buffer(&self.frame, &mut text).map_err(UnpackError::Frame)?;
        if text.len() == len { Ok(text) } else { Err(UnpackError::Length) }
    }
}

fn encoder() -> &'static EncoderDictionary<'static> {
    static DICTIONARY: OnceLock<EncoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL))
}

fn decoder() -> &'static DecoderDictionary<'static> {
    static DICTIONARY: OnceLock<DecoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| DecoderDictionary::copy(DICTIONARY_1))
}

impl ToSql for Packed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

impl FromSql for Unpacked {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        unpack(value).map(|text| Self(text.into_owned())).map_err(FromSqlError::other)
    }
}

/// A record's text in a row, borrowed where it stands there as it is.
pub(super) fn column<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Cow<'r, str>> {
    let value = row.get_ref(column)?;
    let form = value.data_type();
    unpack(value).map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, form, Box::new(error)))
}

#[cfg(test)]
mod tests;
