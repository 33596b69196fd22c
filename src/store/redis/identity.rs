//! Which log a tag has, and how far it ever went.

use std::collections::HashMap;

use redis::{Value, from_redis_value};

use super::{RedisState, layout, odd, position};
use crate::base::rng;
use crate::scan::{Cursor, LogId, StateError};

impl RedisState {
    /// The identity of a tag's log as it is; none where nobody asked yet.
    ///
    /// # Errors
    /// As every call.
    pub async fn known_identity(&self, tag: u16) -> Result<Option<LogId>, StateError> {
        let mut get = redis::pipe();
        get.get(layout::identity_key(tag));
        let answer = self.run(tag, &mut get).await?.pop().unwrap_or(Value::Nil);
        let found: Option<Vec<u8>> = from_redis_value(answer).map_err(|e| odd(&e))?;
        found.map(|bytes| log_id(tag, &bytes)).transpose()
    }

    /// The identity of a tag's log; a new one where there is none, or `old`.
    pub(super) async fn identity_or_new(&self, tag: u16, old: &[u8]) -> Result<LogId, StateError> {
        let mut script = redis::pipe();
        script
            .cmd("EVAL")
            .arg(layout::IDENTITY)
            .arg(1)
            .arg(layout::identity_key(tag))
            .arg(old)
            .arg(&rng::bytes::<16>());
        let answer = self.run(tag, &mut script).await?.pop().unwrap_or(Value::Nil);
        let bytes: Vec<u8> = from_redis_value(answer).map_err(|e| odd(&e))?;
        log_id(tag, &bytes)
    }

    /// What the stream itself remembers: trims leave it as it is.
    pub(super) async fn last_position(&self, tag: u16) -> Result<Cursor, StateError> {
        let key = layout::log_key(tag);
        let mut exists = redis::pipe();
        exists.exists(&key);
        let answer = self.run(tag, &mut exists).await?.pop().unwrap_or(Value::Nil);
        if !from_redis_value::<bool>(answer).map_err(|e| odd(&e))? {
            return Ok(Cursor::START);
        }
        let mut about = redis::pipe();
        about.cmd("XINFO").arg("STREAM").arg(&key);
        let answer = self.run(tag, &mut about).await?.pop().unwrap_or(Value::Nil);
        let about: HashMap<String, Value> = from_redis_value(answer).map_err(|e| odd(&e))?;
        let id = about.get("last-generated-id").cloned().unwrap_or(Value::Nil);
        let id: String = from_redis_value(id).map_err(|e| odd(&e))?;
        position(&id).ok_or_else(|| StateError::Corrupt(format!("position {id} of a scan log")))
    }
}

fn log_id(tag: u16, bytes: &[u8]) -> Result<LogId, StateError> {
    let id = bytes.try_into().map_err(|_| {
        StateError::Corrupt(format!("{} is not 16 bytes", layout::identity_key(tag)))
    })?;
    Ok(LogId(id))
}
