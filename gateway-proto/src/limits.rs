//! Every bound of the protocol, with its reason. Both ends check them; what goes over one is refused by name.

/// The protocol version this crate speaks.
pub const PROTOCOL: u32 = 1;

/// Records in one batch. At 150 B a record this is 150 kB of JSON, about 20 kB after zstd: one slow 2G request.
pub const BATCH_RECORDS_MAX: usize = 1_000;

/// Records a site puts in a batch unless told otherwise: where the line cannot carry as many at once, fewer go.
pub const BATCH_RECORDS_DEFAULT: usize = 1_000;

/// Bytes of one batch after decompression: room for a full batch of long records, small enough that a hub can hold
/// one for each of a thousand sites.
pub const BATCH_LEN_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one record's text. An unknown 2-D code of [`ITEM_LEN_MAX`] control characters escapes to six bytes each.
pub const RECORD_LEN_MAX: usize = 64 * 1024;

/// Bytes of an item code: the longest 2-D symbol (QR, 7,089 digits) kept raw when nobody knows the item.
pub const ITEM_LEN_MAX: usize = 8 * 1024;

/// Bytes of a name that people give (site, feed, bin, device): fits a label and a log line.
pub const NAME_LEN_MAX: usize = 64;

/// Bytes of a scanned code that is kept beside the item it names. GS1 labels have under 200, large parts labels some
/// hundred; a longer one is kept only where it is itself the item.
pub const SCAN_LEN_MAX: usize = 1_024;

/// Bytes of a free text (reason, reference, lot, serial). GS1's longest, AI 8200, has 70.
pub const TEXT_LEN_MAX: usize = 256;

/// The largest quantity of one movement in base units. Nine million of them still sum inside an `i64`.
pub const QUANTITY_MAX: u64 = 1_000_000_000_000;

/// The largest seq: 2^53 − 1, the last whole number that every JSON reader keeps exactly. At a thousand records a
/// second it lasts 280,000 years.
pub const SEQ_MAX: u64 = (1 << 53) - 1;

/// Batches a hub may allow in flight at once. Eight of 1,000 records fill 100,000 records/s at 80 ms round trip.
pub const WINDOW_MAX: u32 = 8;

/// Runs of records that a site names as known to it. Each image that a gateway is put back to makes one, each damaged place
/// two; a site with more does not ask.
pub const RUNS_MAX: usize = 1_000;

/// Bytes of what a hub carries forward for a site: some 6,000 amounts, half of what an answer may have. A feed with more in
/// records that its site does not know stays without; its checkpoints say so.
pub const FORWARD_LEN_MAX: usize = 512 * 1024;

/// Longest `Retry-After` that is obeyed: a hub cannot silence a site for longer than this by mistake.
pub const RETRY_AFTER_MAX: std::time::Duration = std::time::Duration::from_secs(3_600);

// A record of the longest item code, every byte escaped, must fit a record, and a full record must fit a batch.
const _: () = assert!((ITEM_LEN_MAX + SCAN_LEN_MAX) * 6 + 8 * 1024 < RECORD_LEN_MAX);
const _: () = assert!(RECORD_LEN_MAX < BATCH_LEN_MAX);
