//! Every bound of the service with its name and unit, in one place.

/// Labels in one batch and in one order (`format/CODE_FORMAT.md`: keeps a
/// guessed serial's chance of being issued below 1 in 10 000).
pub const BATCH_LABELS_MAX: u64 = 100_000_000;

/// Bytes of a text that a reader looks at before it says malformed.
pub const CODE_TEXT_BYTES_MAX: usize = 2_048;

/// Observations kept for one code, and so scan ids remembered for one code.
pub const HISTORY_OBSERVATIONS_MAX: usize = 64;

/// Signatures checked in one go: more gain little, and the first would wait
/// for the last longer than a millisecond.
pub const SIGNATURES_TOGETHER_MAX: usize = 64;

/// Time one scan may wait for the scan state before the answer is
/// `cannot_confirm`, milliseconds. One second is promised; the rest is ours.
pub const SCAN_STATE_WAIT_MS: u64 = 700;

/// Observations waiting for the scan state's writer.
pub const SCAN_STATE_QUEUE_MAX: usize = 8_192;

/// Observations in one shard's durable log that its reader has not followed
/// yet; at this bound the shard refuses new ones.
pub const SCAN_LOG_ENTRIES_MAX: u64 = 1_000_000;

/// Bytes of a request body unless a route says otherwise.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// Seconds in which a body must have come, but for imports.
pub const BODY_S_MAX: u64 = 3;

/// Bytes of an import (CSV or JSON Lines).
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rows of an import.
pub const IMPORT_ROWS_MAX: usize = 100_000;

/// Requests in work at once; more are answered 503.
pub const REQUESTS_IN_WORK_MAX: usize = 1_024;

/// Bodies of scans that are being read at once; more are answered 503.
pub const BODIES_ON_THE_WAY_MAX: usize = 512;

/// The same for consoles and API, whose crowd must not take a buyer's place.
pub const STAFF_REQUESTS_IN_WORK_MAX: usize = 256;

/// The same for pages behind an answer: reports, notes, what is held.
pub const BUYERS_REQUESTS_IN_WORK_MAX: usize = 128;

/// Reports with photos in work at once: each holds one photo as it is sent.
pub const REPORTS_IN_WORK_MAX: usize = 8;

/// Seconds that a report may take, from its first byte to its answer.
pub const REPORT_S_MAX: u64 = 120;

/// Bytes of a report: four photos and what is written beside them.
pub const REPORT_BODY_BYTES_MAX: usize = 49 * 1024 * 1024;

/// Imports in work at once: each may hold its file and all that is wrong.
pub const IMPORTS_IN_WORK_MAX: usize = 2;

/// The same of one enterprise, or of the county.
pub const IMPORTS_OF_ONE_MAX: usize = 1;

/// Seconds behind which a server that could not look at the ledger says of no label any
/// more that it is genuine: it may have been recalled since.
pub const REGISTER_AGE_S_MAX: u64 = 10;

/// Seconds one request may take.
pub const REQUEST_S_MAX: u64 = 10;

/// Seconds that an import may take, from its first byte to its answer.
pub const IMPORT_S_MAX: u64 = 120;

/// Bytes of the body of a scan: a code of a megabyte still gets its outcome.
pub const SCAN_BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of a request's line and headers.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Header lines of a request.
pub const HEADER_LINES_MAX: usize = 96;

/// Seconds in which a request's headers must have come.
pub const HEADER_S_MAX: u64 = 10;

/// Seconds for which a client may read nothing of an answer that waits for it.
pub const UNREAD_S_MAX: u64 = 30;

/// Connections open at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Seconds that requests in work get when the server is told to stop.
pub const DRAIN_S_MAX: u64 = 15;

/// Hops of a Forwarded or X-Forwarded-For chain that are looked at.
pub const PROXY_HOPS_MAX: usize = 16;

/// Networks or devices whose rate is followed at once.
pub const RATE_KEYS_MAX: usize = 100_000;

/// Scans of callers without cookies that are known again for a while.
pub const RECENT_VISITS_MAX: usize = 1 << 20;

/// Time that a maker's own serial may take to be found in its list,
/// milliseconds; then the answer is `cannot_confirm`.
pub const OWN_SERIAL_WAIT_MS: u64 = 300;

/// Numbers a minute that one network may ask for and that no list has; for the
/// rest of that minute it is told nothing of own serials.
pub const OWN_MISSES_A_MINUTE_MAX: u32 = 30;

/// Bytes of a list of own serials that is sent to the API.
pub const OWN_FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The same of one that is sent from a page of the console.
pub const OWN_FORM_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Such lists that may come at once: they are written to the disk as they come.
pub const OWN_FILES_IN_WORK_MAX: usize = 4;

/// The same of one enterprise, or of the county.
pub const OWN_FILES_OF_ONE_MAX: usize = 1;

/// Seconds in which such a list must have come.
pub const OWN_FILE_S_MAX: u64 = 1_800;

/// Photos from the spot that may come at once: each is held whole.
pub const FIELD_PHOTOS_IN_WORK_MAX: usize = 8;

/// Seconds in which one must have come, over the network of a shop's back room.
pub const FIELD_PHOTO_S_MAX: u64 = 120;
