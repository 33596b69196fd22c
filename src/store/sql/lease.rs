//! Who does the work behind the servers: one process of each kind, and another
//! within seconds of its end.
//!
//! On a server the lease is a lock of a session that does nothing else: it goes
//! with its connection, and so with its process or machine. A number that counts
//! the holders stands in the ledger, and what is written under a lease is written
//! only while the number is still its own: a holder that lost its connection and
//! has not heard of it writes nothing. On a file the lease is a lock on another
//! file beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgConnection;

use super::db::{self, Fence};
use super::open::{Place, first_connection};
use super::{Ledger, Tx, down};
use crate::base::{LedgerError, UnixMs};

/// How often a holder looks whether its connection stands.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it waits for the answer.
const ANSWER_WAIT: Duration = Duration::from_secs(3);

/// Kinds of work that one process does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// What `zhenma worker` does.
    Worker,
    /// What `zhenma courier` does.
    Courier,
}

impl Work {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Courier => "courier",
        }
    }

    /// The second half of the lock's number; the first is the ledger's.
    const fn number(self) -> i32 {
        match self {
            Self::Worker => 1,
            Self::Courier => 2,
        }
    }
}

enum Lock {
    File(#[allow(dead_code, reason = "locked as long as it is open")] File),
    Session(Box<PgConnection>),
}

/// The right to do a kind of work; it ends with the process, or when dropped.
pub struct Lease {
    fence: Fence,
    lock: Lock,
}

impl Ledger {
    /// Takes a kind of work that nobody does; None while somebody does it. What the
    /// holder before had in hand is free to be taken.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn take_work(&self, work: Work, now: UnixMs) -> Result<Option<Lease>, LedgerError> {
        let lock = match &self.place {
            Place::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(format!("-{}", work.name()));
                let name = PathBuf::from(name);
                let file = OpenOptions::new().create(true).append(true).open(&name);
                let told = |e| LedgerError::Unavailable(format!("{}: {e}", name.display()));
                let file = file.map_err(told)?;
                match file.try_lock() {
                    Ok(()) => Lock::File(file),
                    Err(TryLockError::WouldBlock) => return Ok(None),
                    Err(TryLockError::Error(error)) => return Err(told(error)),
                }
            }
            Place::Server(options) => {
                let mut session = first_connection(options).await?;
                let had: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(73108687, $1)")
                    .bind(work.number())
                    .fetch_one(&mut session)
                    .await
                    .map_err(down)?;
                if !had {
                    return Ok(None);
                }
                Lock::Session(Box::new(session))
            }
        };
        let mut tx = self.write().await?;
        let term: i64 = db::query_scalar(
            "INSERT INTO leases (work, term, taken_at) VALUES ($1, 1, $2)
             ON CONFLICT (work) DO UPDATE SET term = leases.term + 1, taken_at = excluded.taken_at
             RETURNING term",
        )
        .bind(work.name())
        .bind(now.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
        release(&mut tx, work).await?;
        tx.commit().await.map_err(down)?;
        Ok(Some(Lease { fence: Fence { work: work.name(), term }, lock }))
    }

    /// The ledger for who works under a lease: it writes nothing once another has it.
    #[must_use]
    pub fn under(&self, lease: &Lease) -> Self {
        Self { writer: self.writer.fenced(lease.fence), ..self.clone() }
    }
}

impl Lease {
    /// Comes back when the work may be another's.
    pub async fn lost(&mut self) {
        let Lock::Session(session) = &mut self.lock else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let look = sqlx::query("SELECT 1").execute(&mut **session);
            if !matches!(tokio::time::timeout(ANSWER_WAIT, look).await, Ok(Ok(_))) {
                return;
            }
        }
    }
}

/// Pieces that the holder before had taken for a while: it is gone, or cannot
/// write. Those that a command at the shell works on are its own.
async fn release(tx: &mut Tx, work: Work) -> Result<(), LedgerError> {
    let taken: &[&'static str] = match work {
        Work::Worker => &[
            "UPDATE orders SET lease_until = 0 WHERE state = 'running' AND directory IS NULL",
            "UPDATE packages SET lease_until = 0 WHERE state = 'building'",
            "UPDATE own_imports SET lease_until = 0
             WHERE state IN ('running', 'clearing') AND uploaded = 1",
            "UPDATE evidence_packages SET leased_until = 0 WHERE ready_at IS NULL",
        ],
        Work::Courier => &[
            "UPDATE webhook_deliveries SET lease_until = 0 WHERE lease_until > 0",
            "UPDATE evidence_stamps SET leased_until = 0 WHERE response IS NULL",
        ],
    };
    for statement in taken {
        db::query(*statement).execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}
