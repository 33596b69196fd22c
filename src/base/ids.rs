//! Time-ordered identifiers (UUID version 7, RFC 9562).

use uuid::{Builder, Uuid};

use crate::base::{UnixMs, rng};

/// A new identifier that sorts by `now`.
pub fn new_id(now: UnixMs) -> Uuid {
    let ms = u64::try_from(now.0).unwrap_or(0);
    Builder::from_unix_timestamp_millis(ms, &rng::often()).into_uuid()
}
