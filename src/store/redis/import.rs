//! Histories from another store, put into an empty one as they are. Until all are
//! there nobody else may use it: one that has half of them calls every copy of the
//! rest a first scan.

use std::collections::BTreeMap;

use futures::future::join_all;
use redis::{Value, from_redis_value};

use super::node::{Node, layout_differs};
use super::{LOOKS_MAX, RedisState, layout, odd};
use crate::scan::{CodeId, Observation, StateError};

/// Bytes of a history that has its place beside its neighbours: two observations.
const SHORT_BYTES_MAX: usize = 1 + 2 * Observation::BYTES;
/// Keys that a page names.
const KEYS_AT_ONCE: usize = 1_000;

impl RedisState {
    /// As [`Self::reach`], of one that is to be filled: it may be one whose filling did
    /// not end.
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub async fn reach_to_fill(url: &str) -> Result<Self, StateError> {
        Self::reach_in(url, layout::FILLING).await
    }

    /// Something was recorded here, or all of another store put. What a filling that did
    /// not end has left is none of either.
    ///
    /// # Errors
    /// As every call.
    pub async fn holds_scans(&self) -> Result<bool, StateError> {
        let found: Vec<_> = self.layouts().await.into_iter().collect::<Result<_, _>>()?;
        let mut found = found.iter().flatten().peekable();
        Ok(found.peek().is_some() && found.all(|one| one != layout::FILLING))
    }

    /// How many keys on all servers are not ours.
    ///
    /// # Errors
    /// As every call.
    pub async fn keys_of_others(&self) -> Result<u64, StateError> {
        let (map, mut count) = (self.scout.map.load_full(), 0);
        for node in &map.nodes {
            let mut cursor = 0;
            loop {
                let (next, keys) = page(node, cursor).await?;
                count += keys.iter().filter(|key| !layout::is_ours(key)).count() as u64;
                if next == 0 {
                    break;
                }
                cursor = next;
            }
        }
        Ok(count)
    }

    /// Keeps everybody else from one that holds no scans, until [`Self::end_filling`], and
    /// takes away what a filling that did not end has left.
    ///
    /// # Errors
    /// As every call; beginning again is safe.
    pub async fn begin_filling(&self) -> Result<(), StateError> {
        for tag in 0..layout::TAGS {
            self.lay(tag, layout::FILLING).await?;
        }
        let map = self.scout.map.load_full();
        for node in &map.nodes {
            let mut cursor = 0;
            loop {
                let (next, keys) = page(node, cursor).await?;
                remove(node, &keys).await?;
                if next == 0 {
                    break;
                }
                cursor = next;
            }
        }
        Ok(())
    }

    /// Lets everybody use what is filled. The first tag is the last: it is what one server
    /// is asked for.
    ///
    /// # Errors
    /// As every call; it is refused then as before.
    pub async fn end_filling(&self) -> Result<(), StateError> {
        for tag in (0..layout::TAGS).rev() {
            self.lay(tag, layout::LAYOUT).await?;
        }
        Ok(())
    }

    /// Refuses a cluster that was not filled to its end, as far as it answers: the rest is
    /// refused by the script. One server was asked when it was found.
    pub(super) async fn refuse_half_filled(&self) -> Result<(), StateError> {
        if !self.scout.map.load().nodes.iter().any(|node| node.is_clustered()) {
            return Ok(());
        }
        for (tag, found) in (0..).zip(self.layouts().await) {
            if found.is_ok_and(|found| found.as_deref() == Some(layout::FILLING)) {
                return Err(layout_differs(self.node(tag)?.place(), layout::FILLING));
            }
        }
        Ok(())
    }

    /// The layout of each tag, where it has one.
    async fn layouts(&self) -> Vec<Result<Option<String>, StateError>> {
        join_all((0..layout::TAGS).map(|tag| self.layout_of(tag))).await
    }

    async fn layout_of(&self, tag: u16) -> Result<Option<String>, StateError> {
        let mut get = redis::pipe();
        get.get(layout::layout_key(tag));
        let answer = self.run(tag, &mut get).await?.pop().unwrap_or(Value::Nil);
        from_redis_value(answer).map_err(|e| odd(&e))
    }

    async fn lay(&self, tag: u16, value: &str) -> Result<(), StateError> {
        let mut set = redis::pipe();
        set.set(layout::layout_key(tag), value);
        self.run(tag, &mut set).await.map(drop)
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
                put.set_nx(layout::layout_key(tag), self.scout.layout);
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

/// Keys of a node from a cursor on, and the cursor behind them: 0 behind the last.
async fn page(node: &Node, cursor: u64) -> Result<(u64, Vec<Vec<u8>>), StateError> {
    let mut scan = redis::pipe();
    scan.ignore_errors().cmd("SCAN").arg(cursor).arg("COUNT").arg(KEYS_AT_ONCE);
    let answer = node.side.run(&scan).await?.pop().unwrap_or(Ok(Value::Nil));
    let answer = answer.map_err(|e| node.side.unavailable(&e))?;
    from_redis_value(answer).map_err(|e| odd(&e))
}

/// Takes away those that are ours, but the layout.
async fn remove(node: &Node, keys: &[Vec<u8>]) -> Result<(), StateError> {
    let mut unlink = redis::pipe();
    unlink.ignore_errors();
    for key in keys.iter().filter(|key| layout::is_ours(key) && !layout::is_layout(key)) {
        unlink.cmd("UNLINK").arg(key);
    }
    if unlink.is_empty() {
        return Ok(());
    }
    for answer in node.side.run(&unlink).await? {
        answer.map_err(|e| node.side.unavailable(&e))?;
    }
    Ok(())
}
