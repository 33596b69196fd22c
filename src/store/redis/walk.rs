//! All histories, one page after the other, and a log that is not trimmed meanwhile.

use std::sync::Arc;

use redis::{Value, from_redis_value};

use super::scout::{Map, line};
use super::{RedisState, layout, odd};
use crate::scan::StateError;

/// Keys that a page asks for, of up to 256 histories each: it keeps Redis from
/// scans for a few milliseconds.
const KEYS_AT_ONCE: usize = 100;
/// After which a hold ends that nobody renews.
const HOLD_MS: u64 = 60_000;

/// A history as its key names it: what the payload begins with, and the running number.
pub struct Found {
    pub head: [u8; 7],
    pub number: u64,
    pub bytes: Vec<u8>,
}

/// Where a walk stands; `Walk::default()` is its beginning.
#[derive(Default)]
pub struct Walk {
    /// Who served what when it began.
    map: Option<Arc<Map>>,
    node: usize,
    cursor: u64,
    /// Of the start of Redis that gave the cursor.
    run_id: String,
}

impl RedisState {
    /// Keeps every log from being trimmed for a minute. `again` fails where the
    /// hold that came before has ended.
    ///
    /// # Errors
    /// As every call, and for a hold that has ended.
    pub async fn hold(&self, again: bool) -> Result<(), StateError> {
        for tag in 0..layout::TAGS {
            let mut set = redis::pipe();
            let set = set.cmd("SET").arg(layout::hold_key(tag)).arg(1).arg("PX").arg(HOLD_MS);
            if again {
                set.arg("XX");
            }
            if self.run(tag, set).await?.pop().unwrap_or(Value::Nil) == Value::Nil {
                return Err(StateError::Unavailable(
                    "Redis was too slow to hold its log: take the backup again".into(),
                ));
            }
        }
        Ok(())
    }

    /// Lets logs be trimmed again.
    ///
    /// # Errors
    /// As every call; the hold then ends by itself.
    pub async fn let_go(&self) -> Result<(), StateError> {
        for tag in 0..layout::TAGS {
            let mut del = redis::pipe();
            del.del(layout::hold_key(tag));
            self.run(tag, &mut del).await?;
        }
        Ok(())
    }

    /// The next histories, in the bytes that Redis has, be they none that can be read.
    /// Every one that is there from the beginning to the end comes at least once,
    /// also where a node is started again: its keys then have another order, and it is
    /// gone through anew. `None` behind the last.
    ///
    /// # Errors
    /// As every call; also when a key moves to another server meanwhile.
    pub async fn walk(&self, walk: &mut Walk) -> Result<Option<Vec<Found>>, StateError> {
        let map = Arc::clone(walk.map.get_or_insert_with(|| self.scout.map.load_full()));
        let Some(node) = map.nodes.get(walk.node) else { return Ok(None) };
        let all = |answers: Vec<redis::RedisResult<Value>>| {
            answers
                .into_iter()
                .map(|answer| answer.map_err(|e| node.side.unavailable(&e)))
                .collect::<Result<Vec<Value>, _>>()
        };
        let mut scan = redis::pipe();
        scan.ignore_errors().cmd("INFO").arg("server").cmd("SCAN").arg(walk.cursor);
        scan.arg("MATCH").arg("zm:{*}:h:*").arg("COUNT").arg(KEYS_AT_ONCE);
        let mut answers = all(node.side.run(&scan).await?)?.into_iter();
        let mut next = || answers.next().unwrap_or(Value::Nil);
        let info: String = from_redis_value(next()).map_err(|e| odd(&e))?;
        let run_id = line(&info, "run_id").unwrap_or_default();
        if walk.cursor != 0 && walk.run_id != run_id {
            walk.cursor = 0;
            return Ok(Some(Vec::new()));
        }
        run_id.clone_into(&mut walk.run_id);
        let answer = next();
        let (next, keys): (u64, Vec<Vec<u8>>) = from_redis_value(answer).map_err(|e| odd(&e))?;
        let mut read = redis::pipe();
        read.ignore_errors();
        for key in &keys {
            read.hgetall(key);
        }
        let answers = if keys.is_empty() { Vec::new() } else { all(node.side.run(&read).await?)? };
        let (mut found, mut long) = (Vec::new(), Vec::new());
        let mut read = redis::pipe();
        read.ignore_errors();
        for (key, answer) in keys.iter().zip(answers) {
            let fields: Vec<(Vec<u8>, Vec<u8>)> = from_redis_value(answer).map_err(|e| odd(&e))?;
            for (field, bytes) in fields {
                let (head, number) = layout::names(key, &field)
                    .ok_or_else(|| StateError::Corrupt("a key of a history".into()))?;
                if layout::is_long(&bytes) {
                    read.get(layout::long_key(key, &field));
                    long.push(found.len());
                }
                found.push(Found { head, number, bytes });
            }
        }
        if !long.is_empty() {
            for (at, answer) in long.into_iter().zip(all(node.side.run(&read).await?)?) {
                // One that is lost stays what can be read as no history.
                if let Some(bytes) = from_redis_value(answer).map_err(|e| odd(&e))? {
                    found[at].bytes = bytes;
                }
            }
        }
        walk.cursor = next;
        walk.node += usize::from(next == 0);
        Ok(Some(found))
    }

    /// Whether every tag is served by who served it when the walk began. Else a key may
    /// have gone from a node that was still to come to one that was done.
    pub fn is_where_it_was(&self, walk: &Walk) -> bool {
        let Some(then) = &walk.map else { return true };
        let now = self.scout.map.load();
        let place = |map: &Map, tag| map.node(tag).map(|node| node.place().to_owned());
        (0..layout::TAGS).all(|tag| place(then, tag) == place(&now, tag))
    }
}
