//! Histories from another store, put into an empty one as they are.

use std::collections::BTreeMap;

use redis::{Value, from_redis_value};

use super::{LOOKS_MAX, RedisState, layout, odd};
use crate::scan::{CodeId, Observation, StateError};

/// Bytes of a history that has its place beside its neighbours: two observations.
const SHORT_BYTES_MAX: usize = 1 + 2 * Observation::BYTES;

impl RedisState {
    /// Nothing was ever recorded or put here.
    ///
    /// # Errors
    /// As every call.
    pub async fn is_empty(&self) -> Result<bool, StateError> {
        for tag in 0..layout::TAGS {
            let mut exists = redis::pipe();
            exists.exists(layout::layout_key(tag));
            let answer = self.run(tag, &mut exists).await?.pop().unwrap_or(Value::Nil);
            if from_redis_value::<bool>(answer).map_err(|e| odd(&e))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts histories in the bytes of `History::to_bytes`, over what is there;
    /// nothing may be recorded meanwhile. Nothing goes to the log.
    ///
    /// # Errors
    /// As every call; some may be there then, and putting them again is safe.
    pub async fn put(&self, histories: &[(CodeId, Vec<u8>)]) -> Result<(), StateError> {
        let mut by_tag = BTreeMap::<u16, Vec<&(CodeId, Vec<u8>)>>::new();
        for history in histories {
            by_tag.entry(layout::tag_of(&history.0)).or_default().push(history);
        }
        for (tag, histories) in by_tag {
            for histories in histories.chunks(LOOKS_MAX) {
                let mut put = redis::Pipeline::with_capacity(2 * histories.len() + 1);
                put.set_nx(layout::layout_key(tag), layout::LAYOUT);
                for (code, bytes) in histories {
                    let (hash, field, own) = layout::keys_of(code);
                    if bytes.len() <= SHORT_BYTES_MAX {
                        put.hset(&hash, &field, bytes);
                    } else {
                        put.set(&own, bytes).hset(&hash, &field, layout::LONG);
                    }
                }
                self.run(tag, &mut put).await?;
            }
        }
        Ok(())
    }
}
