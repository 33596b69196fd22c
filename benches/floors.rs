//! What the stores are compared with: the same rows or the same script, with
//! the same writers, and nothing around them.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use futures::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;
use zhenma::base::limits::{SCAN_LOG_ENTRIES_MAX, SCAN_STATE_QUEUE_MAX};
use zhenma::scan::{CodeId, Observation};

use crate::redis_server::RedisServer;
use crate::scans::{Work, mix, observation};
use crate::some;

/// A scan as bytes, and where the history that it made goes.
struct Row {
    code: [u8; 12],
    number: i64,
    seen: [u8; Observation::BYTES],
    answer: oneshot::Sender<Vec<u8>>,
}

enum Job {
    Write(Row),
    /// Empties the log: what the worker does.
    Forget(oneshot::Sender<()>),
}

/// SQLite alone: each writer hands its row to one thread, which reads the
/// history, puts the observation behind it, writes it back with a log row, and
/// commits what has gathered.
#[derive(Clone)]
pub struct BareSqlite(SyncSender<Job>);

impl BareSqlite {
    pub fn open(path: &Path) -> Self {
        let file = Connection::open(path).expect("opens");
        file.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE history (code BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
             CREATE TABLE log (seq INTEGER PRIMARY KEY, code BLOB, number INTEGER, observation BLOB);",
        )
        .expect("made");
        let (jobs, waiting) = sync_channel(SCAN_STATE_QUEUE_MAX);
        std::thread::spawn(move || commit_groups(file, &waiting));
        Self(jobs)
    }

    pub fn work(&self) -> Work {
        let jobs = self.0.clone();
        Arc::new(move |n| {
            let (code, seen) = (some(n), observation(n).to_bytes());
            let (answer, answered) = oneshot::channel();
            let row = Row { code: code.payload, number: code.number.cast_signed(), seen, answer };
            jobs.send(Job::Write(row)).expect("it runs");
            Box::pin(async move {
                answered.await.expect("committed");
            })
        })
    }

    pub async fn forget(&self) {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job::Forget(answer)).expect("it runs");
        answered.await.expect("done");
    }
}

fn commit_groups(mut file: Connection, jobs: &Receiver<Job>) {
    for first in jobs {
        let mut rows = Vec::new();
        for job in std::iter::once(first).chain(jobs.try_iter()).take(SCAN_STATE_QUEUE_MAX) {
            match job {
                Job::Write(row) => rows.push(row),
                Job::Forget(answer) => {
                    file.execute("DELETE FROM log", []).expect("emptied");
                    answer.send(()).expect("heard");
                }
            }
        }
        if rows.is_empty() {
            continue;
        }
        let tx = file.transaction().expect("begun");
        let histories: Vec<Vec<u8>> =
            rows.iter().map(|row| write(&tx, row).expect("written")).collect();
        tx.commit().expect("committed");
        for (row, history) in rows.into_iter().zip(histories) {
            row.answer.send(history).expect("heard");
        }
    }
}

fn write(tx: &Connection, row: &Row) -> rusqlite::Result<Vec<u8>> {
    let found: Option<Vec<u8>> = tx
        .prepare_cached("SELECT bytes FROM history WHERE code = ?1")?
        .query_row([row.code], |found| found.get(0))
        .optional()?;
    let mut history = found.unwrap_or_else(|| vec![1]);
    history.extend(row.seen);
    tx.prepare_cached(
        "INSERT INTO history (code, bytes) VALUES (?1, ?2)
         ON CONFLICT (code) DO UPDATE SET bytes = excluded.bytes",
    )?
    .execute(params![row.code, history])?;
    tx.prepare_cached("INSERT INTO log (code, number, observation) VALUES (?1, ?2, ?3)")?
        .execute(params![row.code, row.number, row.seen])?;
    Ok(history)
}

const FOLD: &str = include_str!("../src/store/redis/fold.lua");
/// The least that keeps a scan: one field, one line of a stream.
const WRITES: &str = "redis.call('HSET', KEYS[1]..ARGV[1], ARGV[2], ARGV[3])
    redis.call('XADD', KEYS[1], '*', 's', ARGV[3]) return ARGV[3]";

async fn loaded(server: &RedisServer, script: &str) -> (MultiplexedConnection, String) {
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("connected");
    let mut load = redis::cmd("SCRIPT");
    load.arg("LOAD").arg(script);
    let sha = load.query_async(&mut connection).await.expect("loaded");
    (connection, sha)
}

/// One call a scan on one connection.
async fn called(
    server: &RedisServer,
    script: &str,
    arguments: fn(&mut redis::Cmd, CodeId, Observation),
) -> Work {
    let (connection, sha) = loaded(server, script).await;
    Arc::new(move |n| -> BoxFuture<'static, ()> {
        let (mut connection, mut call) = (connection.clone(), redis::cmd("EVALSHA"));
        call.arg(&sha).arg(1);
        arguments(&mut call, some(n), observation(n));
        Box::pin(async move {
            let _: redis::Value = call.query_async(&mut connection).await.expect("written");
        })
    })
}

/// Our script with one scan a call.
pub async fn bare_fold(server: &RedisServer) -> Work {
    called(server, FOLD, |call, code, seen| {
        let tag = mix(code.number >> 8) % 64;
        let mut packed = Vec::with_capacity(12 + 8 + Observation::BYTES);
        packed.extend(code.payload);
        packed.extend(code.number.to_be_bytes());
        packed.extend(seen.to_bytes());
        call.arg(format!("zm:{{{tag:02x}}}:log"));
        call.arg(SCAN_LOG_ENTRIES_MAX).arg("1:64:256").arg(packed);
    })
    .await
}

/// A script that only writes.
pub async fn bare_write(server: &RedisServer) -> Work {
    called(server, WRITES, |call, code, seen| {
        let block = (code.number >> 8).to_be_bytes();
        call.arg("floor").arg(&block[..]).arg(code.number & 255).arg(&seen.to_bytes()[..]);
    })
    .await
}

/// Empties the logs of either script.
pub fn forget_streams(server: &RedisServer) {
    for tag in 0..64 {
        server.command::<()>(&format!("XTRIM zm:{{{tag:02x}}}:log MAXLEN 0"));
    }
    server.command::<()>("XTRIM floor MAXLEN 0");
}
