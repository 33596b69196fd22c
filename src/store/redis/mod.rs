//! The scan state on Redis 7 or newer: one server, or a cluster.
#![doc = include_str!("README.md")]

mod durability;
mod identity;
mod import;
pub mod layout;
mod link;
mod node;
mod place;
mod scout;
mod vitals;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use redis::{Pipeline, Value, from_redis_value};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::node::{Node, Scan};
use self::scout::{Scout, Trouble};
use super::Bounds;
use crate::base::UnixMs;
use crate::scan::port::{Durability, Vitals};
use crate::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Recorded, ScanState, StateError,
};

pub use self::walk::{Found, Walk};

/// Entries of one answer of `follow`, whatever the caller asks for.
const FOLLOW_ENTRIES_MAX: usize = 10_000;

/// Codes of one pipeline of looks: it keeps Redis from scans for a few
/// milliseconds at most.
const LOOKS_MAX: usize = 512;

/// Scan state on Redis.
pub struct RedisState {
    scout: Arc<Scout>,
    looking: JoinHandle<()>,
}

impl RedisState {
    /// Opens the servers named by `url` (see `README.md`). When none can be
    /// reached now it opens all the same: calls fail with `Unavailable` until
    /// one can.
    ///
    /// # Errors
    /// When the URL is wrong, the server is too old, or what is stored there
    /// is of another layout or was not put there to its end.
    pub async fn open(url: &str) -> Result<Self, StateError> {
        Self::open_bounded(url, Bounds::default()).await
    }

    /// As [`Self::open`], with bounds of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_bounded(url: &str, bounds: Bounds) -> Result<Self, StateError> {
        let scout = Arc::new(Scout::new(place::read(url)?, bounds, layout::LAYOUT));
        match scout.look().await {
            Ok(()) => {}
            Err(Trouble::Refused(e)) => return Err(e),
            Err(Trouble::Unreached(e)) => tracing::warn!("{e}; trying again until it can"),
        }
        let state = Self::with(scout);
        state.refuse_half_filled().await?;
        Ok(state)
    }

    /// As [`Self::open`], for who wants to know whether they can be reached.
    ///
    /// # Errors
    /// As [`Self::open`], and when none can be reached now.
    pub async fn reach(url: &str) -> Result<Self, StateError> {
        let state = Self::reach_in(url, layout::LAYOUT).await?;
        state.refuse_half_filled().await?;
        Ok(state)
    }

    /// As [`Self::reach`], for who records in another layout than what is used later.
    async fn reach_in(url: &str, layout: &'static str) -> Result<Self, StateError> {
        let scout = Arc::new(Scout::new(place::read(url)?, Bounds::default(), layout));
        match scout.look().await {
            Ok(()) => Ok(Self::with(scout)),
            Err(Trouble::Refused(e) | Trouble::Unreached(e)) => Err(e),
        }
    }

    fn with(scout: Arc<Scout>) -> Self {
        let looking = tokio::spawn(scout.clone().keep_looking());
        Self { scout, looking }
    }

    fn node(&self, tag: u16) -> Result<Arc<Node>, StateError> {
        self.scout.map.load().node(tag).cloned().ok_or_else(|| {
            self.scout.lost.notify_one();
            StateError::Unavailable(format!("no Redis server serves shard {tag} now"))
        })
    }

    /// Sends commands of one tag, all of which must succeed.
    async fn run(&self, tag: u16, commands: &mut Pipeline) -> Result<Vec<Value>, StateError> {
        self.run_each(tag, commands).await?.into_iter().collect()
    }

    /// Sends commands of one tag and gives each its own result.
    async fn run_each(
        &self,
        tag: u16,
        commands: &mut Pipeline,
    ) -> Result<Vec<Result<Value, StateError>>, StateError> {
        let node = self.node(tag)?;
        let answers = node.side.run(commands.ignore_errors()).await;
        let answers = answers.inspect_err(|_| self.scout.lost.notify_one())?;
        let told = |e| {
            self.scout.lost.notify_one();
            node.side.unavailable(&e)
        };
        Ok(answers.into_iter().map(|answer| answer.map_err(told)).collect())
    }

    /// The histories of codes of one tag, each with its own result.
    async fn histories(
        &self,
        tag: u16,
        codes: &[CodeId],
    ) -> Result<Vec<Result<History, StateError>>, StateError> {
        let mut looks = redis::Pipeline::with_capacity(2 * codes.len());
        for code in codes {
            let (hash, field, own) = layout::keys_of(code);
            // A history moves to a key of its own once and never back.
            looks.hget(&hash, &field).get(&own);
        }
        let mut answers = self.run_each(tag, &mut looks).await?.into_iter();
        let missing = || Err(StateError::Unavailable("answers are missing".into()));
        let mut next = || answers.next().unwrap_or_else(missing);
        Ok(codes.iter().map(|_| history(next(), next())).collect())
    }
}

impl Drop for RedisState {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// From what a code's two keys hold.
fn history(
    short: Result<Value, StateError>,
    long: Result<Value, StateError>,
) -> Result<History, StateError> {
    let found = |answer| from_redis_value::<Option<Vec<u8>>>(answer).map_err(|e| odd(&e));
    let (short, long) = (found(short?)?, found(long?)?);
    let Some(short) = short else { return Ok(History::default()) };
    let bytes = if layout::is_long(&short) { long.unwrap_or_default() } else { short };
    History::from_bytes(&bytes).map_err(|e| StateError::Corrupt(e.to_string()))
}

fn odd(e: &redis::ParsingError) -> StateError {
    StateError::Corrupt(format!("an answer of Redis: {e}"))
}

impl ScanState for RedisState {
    fn record(
        &self,
        code: CodeId,
        seen: Observation,
    ) -> BoxFuture<'_, Result<Recorded, StateError>> {
        Box::pin(async move {
            let tag = layout::tag_of(&code);
            let (answer, answered) = oneshot::channel();
            self.node(tag)?.record(Scan { tag, code, seen, answer })?;
            let stopped = |_| StateError::Unavailable("the scan state has stopped".into());
            layout::recorded(tag, &answered.await.map_err(stopped)??)
        })
    }

    fn peek(&self, code: CodeId) -> BoxFuture<'_, Result<History, StateError>> {
        Box::pin(async move {
            let found = self.histories(layout::tag_of(&code), &[code]).await?.pop();
            found.unwrap_or_else(|| Err(StateError::Unavailable("an answer is missing".into())))
        })
    }

    fn peek_all<'a>(
        &'a self,
        codes: &'a [CodeId],
    ) -> BoxFuture<'a, Vec<Result<History, StateError>>> {
        Box::pin(async move {
            let mut by_tag = BTreeMap::<u16, Vec<(usize, CodeId)>>::new();
            for (at, code) in codes.iter().enumerate() {
                by_tag.entry(layout::tag_of(code)).or_default().push((at, *code));
            }
            let mut out = vec![Ok(History::default()); codes.len()];
            for (tag, asked) in by_tag {
                for asked in asked.chunks(LOOKS_MAX) {
                    let codes: Vec<CodeId> = asked.iter().map(|(_, code)| *code).collect();
                    let found = self.histories(tag, &codes).await;
                    let found = found.unwrap_or_else(|e| vec![Err(e); codes.len()]);
                    for ((at, _), history) in asked.iter().zip(found) {
                        out[*at] = history;
                    }
                }
            }
            out
        })
    }

    fn shards(&self) -> u16 {
        layout::TAGS
    }

    fn identity(&self, shard: u16) -> BoxFuture<'_, Result<LogId, StateError>> {
        Box::pin(self.identity_or_new(shard, b""))
    }

    fn renew(&self, shard: u16, old: LogId) -> BoxFuture<'_, Result<LogId, StateError>> {
        Box::pin(async move { self.identity_or_new(shard, &old.0).await })
    }

    fn newest(&self, shard: u16) -> BoxFuture<'_, Result<Cursor, StateError>> {
        Box::pin(self.last_position(shard))
    }

    fn follow(
        &self,
        shard: u16,
        after: Cursor,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StateError>> {
        Box::pin(async move {
            let mut range = redis::pipe();
            range
                .cmd("XRANGE")
                .arg(layout::log_key(shard))
                .arg(format!("({}-{}", after.major, after.minor))
                .arg("+")
                .arg("COUNT")
                .arg(max.min(FOLLOW_ENTRIES_MAX));
            let answer = self.run(shard, &mut range).await?.pop().unwrap_or(Value::Nil);
            let lines: Vec<(String, Vec<Vec<u8>>)> =
                from_redis_value(answer).map_err(|e| odd(&e))?;
            lines.iter().map(|(id, fields)| entry(id, fields)).collect()
        })
    }

    fn trim(&self, shard: u16, through: Cursor) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            let (major, minor) = match through.minor.checked_add(1) {
                Some(minor) => (through.major, minor),
                None => (through.major.saturating_add(1), 0),
            };
            let mut trim = redis::pipe();
            trim.cmd("EVAL")
                .arg(layout::TRIM)
                .arg(2)
                .arg(layout::log_key(shard))
                .arg(layout::hold_key(shard))
                .arg(format!("{major}-{minor}"));
            self.run(shard, &mut trim).await.map(|_| ())
        })
    }

    fn vitals(&self, now: UnixMs) -> BoxFuture<'_, Result<Vitals, StateError>> {
        Box::pin(self.all_vitals(now))
    }

    fn durability(&self) -> BoxFuture<'_, Result<Durability, StateError>> {
        Box::pin(async move {
            let map = self.scout.map.load_full();
            for tag in 0..layout::TAGS {
                self.node(tag)?;
            }
            let asked = map.nodes.iter().filter_map(|node| {
                let served = |tag: &u16| map.node(*tag).is_some_and(|n| Arc::ptr_eq(n, node));
                let tag = (0..layout::TAGS).find(served)?;
                Some(async move { (node.place(), durability::of_node(node, tag).await) })
            });
            let (mut synced, mut replicated) = (true, false);
            let mut says: Vec<String> = Vec::new();
            for (place, answer) in join_all(asked).await {
                let node = answer.inspect_err(|_| self.scout.lost.notify_one())?;
                synced &= node.synced;
                replicated |= node.replicated;
                says.push(format!("Redis at {place} {}", node.says));
            }
            Ok(Durability { synced, replicated, says: says.join(". ") })
        })
    }
}

/// A stream entry: `ms-seq` and one field with its value.
fn entry(id: &str, fields: &[Vec<u8>]) -> Result<Entry, StateError> {
    position(id)
        .zip(fields.get(1))
        .and_then(|(cursor, scan)| layout::unpack(cursor, scan))
        .ok_or_else(|| StateError::Corrupt(format!("line {id} of the scan log")))
}

fn position(id: &str) -> Option<Cursor> {
    let (major, minor) = id.split_once('-')?;
    Some(Cursor { major: major.parse().ok()?, minor: minor.parse().ok()? })
}
