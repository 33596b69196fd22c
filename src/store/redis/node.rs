//! One Redis node: what gathers while the previous batch is out goes
//! together, in one script call; on a cluster, which takes no call with keys of
//! more than one slot, in one a tag. Never waits on a timer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use redis::{ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::sync::{Notify, mpsc, oneshot};

use super::layout::{self, SCAN_BYTES};
use super::link::{self, Link};
use crate::scan::{CodeId, Observation, StateError};
use crate::store::{Bounds, told_of_batch};

/// Scans of one pipeline: keeps Redis busy for some ten milliseconds at most.
const BATCH_SCANS_MAX: usize = 1_024;

/// The script's answer to one scan, not yet decoded.
pub type Answer = oneshot::Sender<Result<Bytes, StateError>>;

pub struct Scan {
    pub tag: u16,
    pub code: CodeId,
    pub seen: Observation,
    pub answer: Answer,
}

/// Scans of one tag.
type Group = (u16, Vec<Scan>);

pub struct Node {
    info: ConnectionInfo,
    clustered: bool,
    scans: mpsc::Sender<Scan>,
    /// Everything but scans, so that a long answer delays none of them.
    pub side: Link,
}

impl Node {
    /// Starts the node's task, which ends when the node is dropped. It records in
    /// the layout `expected`. `lost` is told when tags may have moved to another node.
    pub fn start(
        info: ConnectionInfo,
        clustered: bool,
        bounds: Bounds,
        expected: &'static str,
        lost: Arc<Notify>,
    ) -> RedisResult<Self> {
        let (scans, waiting) = mpsc::channel(bounds.queue_max);
        let batches = Batches {
            link: Link::new(info.clone())?,
            script: redis::Script::new(layout::FOLD),
            log_entries_max: bounds.log_entries_max,
            expected,
            clustered,
            lost,
        };
        tokio::spawn(batches.run(waiting));
        Ok(Self { side: Link::new(info.clone())?, info, clustered, scans })
    }

    pub fn place(&self) -> &str {
        self.side.place()
    }

    pub fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    pub fn is_at(&self, info: &ConnectionInfo) -> bool {
        link::place(&self.info) == link::place(info)
    }

    /// Whether it was one of a cluster when it was found.
    pub const fn is_clustered(&self) -> bool {
        self.clustered
    }

    /// Hands over a scan; its answer comes through it.
    pub fn record(&self, scan: Scan) -> Result<(), StateError> {
        self.scans.try_send(scan).map_err(|_| {
            StateError::Unavailable(format!("too many scans wait for Redis at {}", self.place()))
        })
    }
}

struct Batches {
    link: Link,
    script: redis::Script,
    log_entries_max: u64,
    expected: &'static str,
    clustered: bool,
    lost: Arc<Notify>,
}

impl Batches {
    async fn run(self, mut waiting: mpsc::Receiver<Scan>) {
        let mut batch = Vec::with_capacity(BATCH_SCANS_MAX);
        while waiting.recv_many(&mut batch, BATCH_SCANS_MAX).await > 0 {
            // Who gave up was told that the scan may not be recorded.
            batch.retain(|scan| !scan.answer.is_closed());
            told_of_batch(batch.len(), waiting.len());
            let mut by_tag: BTreeMap<u16, Vec<Scan>> = BTreeMap::new();
            for scan in batch.drain(..) {
                by_tag.entry(scan.tag).or_default().push(scan);
            }
            if by_tag.is_empty() {
                continue;
            }
            if let Err(e) = self.send(self.parted(by_tag)).await {
                self.lost.notify_one();
                // They waited while the node was silent: they are told now,
                // not after another wait of their own.
                while let Ok(scan) = waiting.try_recv() {
                    let _ = scan.answer.send(Err(e.clone()));
                }
            }
        }
    }

    /// The groups of each call.
    fn parted(&self, by_tag: BTreeMap<u16, Vec<Scan>>) -> Vec<Vec<Group>> {
        let groups = by_tag.into_iter();
        if self.clustered {
            groups.map(|group| vec![group]).collect()
        } else {
            vec![groups.collect()]
        }
    }

    /// Sends a batch and answers it; the error is the node's, already told.
    async fn send(&self, calls: Vec<Vec<Group>>) -> Result<(), StateError> {
        let unknown = match self.link.run(&self.pipeline(&calls)).await {
            Ok(answers) => self.settle(calls, answers.into_iter(), false),
            Err(e) => return Err(fail(calls, e)),
        };
        if unknown.is_empty() {
            return Ok(());
        }
        // The server lost its scripts: load ours in front of the same calls.
        let mut again = redis::pipe();
        again.ignore_errors().cmd("SCRIPT").arg("LOAD").arg(layout::FOLD);
        for call in self.pipeline(&unknown).cmd_iter() {
            again.add_command(call.clone());
        }
        match self.link.run(&again).await {
            Ok(answers) => {
                let of_calls = answers.into_iter().skip(1);
                self.settle(unknown, of_calls, true);
                Ok(())
            }
            Err(e) => Err(fail(unknown, e)),
        }
    }

    fn pipeline(&self, calls: &[Vec<Group>]) -> Pipeline {
        let mut pipeline = redis::Pipeline::with_capacity(calls.len());
        pipeline.ignore_errors();
        for groups in calls {
            let packed = |(tag, scans): &Group| {
                let mut packed = Vec::with_capacity(scans.len() * SCAN_BYTES);
                for scan in scans {
                    layout::pack(&scan.code, &scan.seen, &mut packed);
                }
                (*tag, packed)
            };
            let packed: Vec<_> = groups.iter().map(packed).collect();
            let bound = self.log_entries_max;
            pipeline.add_command(call(&self.script, &packed, bound, self.expected));
        }
        pipeline
    }

    /// Answers the scans of each call; gives back the calls whose script the
    /// server did not know.
    fn settle(
        &self,
        calls: Vec<Vec<Group>>,
        mut answers: impl Iterator<Item = RedisResult<Value>>,
        loaded: bool,
    ) -> Vec<Vec<Group>> {
        let mut unknown = Vec::new();
        for groups in calls {
            match answers.next() {
                Some(Ok(Value::BulkString(bytes))) => self.answer(groups, bytes.into()),
                Some(Err(e)) if is_no_script(&e) && !loaded => unknown.push(groups),
                Some(Err(e)) => {
                    self.lost.notify_one();
                    fail(vec![groups], refused(&self.link, &e));
                }
                _ => {
                    fail(vec![groups], self.odd_answer());
                }
            }
        }
        unknown
    }

    /// Gives each scan its part of a call's answer.
    fn answer(&self, groups: Vec<Group>, bytes: Bytes) {
        let mut parts = layout::answers(bytes);
        for scan in groups.into_iter().flat_map(|(_, scans)| scans) {
            let part = parts.next().ok_or_else(|| self.odd_answer());
            let _ = scan.answer.send(part);
        }
    }

    fn odd_answer(&self) -> StateError {
        StateError::Corrupt(format!("Redis at {} gave an unknown answer", self.link.place()))
    }
}

/// One call of the script: tags with their packed scans.
pub fn call(
    script: &redis::Script,
    groups: &[(u16, Vec<u8>)],
    log_entries_max: u64,
    expected: &str,
) -> redis::Cmd {
    let mut call = redis::cmd("EVALSHA");
    call.arg(script.get_hash()).arg(groups.len());
    for (tag, _) in groups {
        call.arg(layout::log_key(*tag));
    }
    call.arg(log_entries_max).arg(expected);
    for (_, packed) in groups {
        call.arg(packed);
    }
    call
}

pub fn is_no_script(e: &RedisError) -> bool {
    e.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// What an error that the server answered means for the caller.
pub fn refused(link: &Link, e: &RedisError) -> StateError {
    if e.code() == Some("LAYOUT") {
        return layout_differs(link.place(), e.detail().unwrap_or("another"));
    }
    link.unavailable(e)
}

pub fn layout_differs(place: &str, found: &str) -> StateError {
    if found == layout::FILLING {
        return StateError::Unavailable(format!(
            "a move or restore into Redis at {place} did not end: run `zhenma move` or `zhenma \
             restore` again, as it was run, or let scan_store (ZHENMA_SCAN_STORE) name the former \
             store"
        ));
    }
    StateError::Corrupt(format!(
        "Redis at {place} holds scans in layout {found}; this version writes {}: run the version \
         that wrote them, or use another Redis database",
        layout::LAYOUT
    ))
}

fn fail(calls: Vec<Vec<Group>>, e: StateError) -> StateError {
    for scan in calls.into_iter().flatten().flat_map(|(_, scans)| scans) {
        let _ = scan.answer.send(Err(e.clone()));
    }
    e
}
