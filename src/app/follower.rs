//! Follows the durable log of scans: writes rows to the ledger, opens flags,
//! lets the store forget what was written.
//!
//! Flags first, then rows with the cursor, then the trim: each step may be
//! done twice without harm, and the cursor moves only behind the flags, so a
//! death between two steps loses nothing.
//!
//! A log is read from its beginning, not from the cursor: what was followed is
//! trimmed, so what still stands at or behind the cursor was left by a trim
//! that did not come to pass, or is new in a store that was put back to an
//! older copy. The ledger knows the former; for the latter the log gets a new
//! identity and is followed from its beginning.
//!
//! A store that was emptied has new identities for all its logs. So the ledger knows
//! them all from the start, and what puts one store into another tells it of the new
//! ones: one that it does not know is of a store that lost its histories.
//!
//! Each shard is followed for itself: one that fails does not hold up the
//! others.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::app::watch::skew;
use crate::base::{Clock, Lang, LedgerError, UnixMs};
use crate::cases::{CaseLedger, Flag, FlagState, KeptReason};
use crate::code::Payload;
use crate::registry::{BatchRef, Placement};
use crate::scan::across::{Across, Changes};
use crate::scan::ledger::{AcrossLedger, ScanLedger};
use crate::scan::service::{Scanner, label};
use crate::scan::walk::Walk;
use crate::scan::{CodeId, Cursor, Entry, History, LogId, Outcome, StateError};
use crate::store::sql::Ledger;

/// Entries taken from one shard at once: each block is a transaction of the
/// ledger, synced, and a trim.
const BLOCK: usize = 2_000;
/// How often it is looked whether the store still is the one that was followed.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Wait when there is nothing to follow, or when something failed.
const IDLE: Duration = Duration::from_millis(250);
/// How often it is said again that something fails.
const SAID_AGAIN: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A shard's log, and how far it was followed.
#[derive(Clone, Copy)]
struct Place {
    log: LogId,
    cursor: Cursor,
}

/// Entries of one shard that were read together.
struct Block {
    place: Place,
    entries: Vec<Entry>,
    /// Of them, from the first on, those that were followed before.
    left: usize,
    /// Of the others.
    histories: Histories,
}

/// What came of one round.
#[derive(Default)]
struct Round {
    /// Entries that were new.
    followed: u64,
    /// The first thing that went wrong.
    trouble: Option<Trouble>,
}

/// Of the codes of a block, each read once.
type Histories = HashMap<CodeId, History>;

pub struct Follower {
    /// Judges by what this follower knows across codes, ahead of the servers.
    scanner: Scanner,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    /// The evidence across codes is that of the ledger.
    whole: AtomicBool,
    /// Logs that came in the place of others, and that nobody was told of yet.
    lost: AtomicU64,
}

impl Follower {
    pub fn new(scanner: Scanner, ledger: Ledger, clock: Arc<dyn Clock>, zone: TimeZone) -> Self {
        let scanner = Scanner { across: Arc::default(), ..scanner };
        Self {
            scanner,
            ledger,
            clock,
            zone,
            whole: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    /// Follows all shards until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut places = vec![None; usize::from(self.scanner.state.shards())];
        let mut looked = Instant::now();
        let mut said: Option<Instant> = None;
        while !stop.is_cancelled() {
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                places.fill(None);
            }
            let Round { followed, trouble } = self.round(&mut places).await;
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::error!(
                    logs = lost,
                    "the scan store was emptied or is another one: copies of codes that were \
                     scanned before may pass as first scans; put back a backup of it, see \
                     deploy/NIGHT.md"
                );
            }
            metrics::counter!("zhenma_scans_followed_total").increment(followed);
            match trouble {
                Some(error) if said.is_none_or(|said| said.elapsed() >= SAID_AGAIN) => {
                    tracing::warn!(%error, "not every log of scans can be followed now");
                    said = Some(Instant::now());
                }
                Some(_) => {}
                None => {
                    if said.take().is_some() {
                        tracing::info!("every log of scans is followed again");
                    }
                    if followed > 0 {
                        continue;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// One block of every shard, each read while the one before it is written.
    /// A shard that failed looks up its place anew the next time: its store may
    /// be another by then.
    async fn round(&self, places: &mut [Option<Place>]) -> Round {
        let mut round = Round::default();
        let (mut shard, mut ahead) = (0, self.ahead(0, places).await);
        while let Some(block) = ahead {
            let write = async { self.write(shard, block?).await };
            let (written, next) = tokio::join!(write, self.ahead(shard + 1, places));
            let place = &mut places[usize::from(shard)];
            match written {
                Ok((entries, followed_to)) => {
                    round.followed += entries;
                    *place = followed_to;
                }
                Err(error) => {
                    *place = None;
                    // The ledger is everyone's: to ask it for the next shard
                    // would only be another wait.
                    let for_all = matches!(error, Trouble::Ledger(_));
                    round.trouble.get_or_insert(error);
                    if for_all {
                        break;
                    }
                }
            }
            (shard, ahead) = (shard + 1, next);
        }
        round
    }

    /// The next block of a shard; `None` behind the last one.
    async fn ahead(&self, shard: u16, places: &[Option<Place>]) -> Option<Result<Block, Trouble>> {
        let known = *places.get(usize::from(shard))?;
        Some(self.read(shard, known).await)
    }

    async fn read(&self, shard: u16, known: Option<Place>) -> Result<Block, Trouble> {
        let place = match known {
            Some(place) => place,
            None => self.place(shard).await?,
        };
        let begun = Instant::now();
        let entries = self.scanner.state.follow(shard, Cursor::START, BLOCK).await?;
        metrics::histogram!("zhenma_store_call_seconds", "store" => "scans", "call" => "follow")
            .record(begun.elapsed());
        let ahead = entries.iter().map(|entry| entry.seen.at.since(self.clock.now())).max();
        if let Some(ahead) = ahead {
            // Ours is behind the server's that saw a scan in our future.
            skew("scans", -ahead.max(0));
        }
        let left = entries.partition_point(|e| e.cursor <= place.cursor);
        let histories = self.histories(&entries[left..]).await?;
        Ok(Block { place, entries, left, histories })
    }

    /// How many entries were new, and where the shard is to be followed from;
    /// `None` where its log is another from now on.
    async fn write(&self, shard: u16, block: Block) -> Result<(u64, Option<Place>), Trouble> {
        let Block { mut place, entries, left, histories } = block;
        let Some(last) = entries.last().map(|entry| entry.cursor) else {
            return Ok((0, Some(place)));
        };
        let (left, new) = entries.split_at(left);
        if !left.is_empty() && !self.ledger.missing(left).await?.is_empty() {
            self.begin_again(shard, place.log).await?;
            return Ok((0, None));
        }
        if !new.is_empty() {
            let changes = self.gather(new, &histories).await?;
            self.flag(&histories).await?;
            let begun = Instant::now();
            let revision = self.ledger.append(place.log, new, &changes, self.offset_ms()).await?;
            metrics::histogram!("zhenma_store_call_seconds", "store" => "ledger", "call" => "append")
                .record(begun.elapsed());
            self.whole.store(true, Ordering::Relaxed);
            let mut across = self.across();
            across.revision = revision;
            across.let_go();
            place.cursor = last;
        }
        self.scanner.state.trim(shard, last).await?;
        Ok((new.len() as u64, Some(place)))
    }

    /// Where a shard is to be followed from.
    async fn place(&self, shard: u16) -> Result<Place, Trouble> {
        let state = &self.scanner.state;
        let log = state.identity(shard).await?;
        let cursor = match self.ledger.cursor(log).await? {
            Some(cursor) => cursor,
            None => self.take_up(log).await?,
        };
        // Asked after the cursor, since both only grow.
        if cursor <= state.newest(shard).await? {
            return Ok(Place { log, cursor });
        }
        let log = self.begin_again(shard, log).await?;
        Ok(Place { log, cursor: self.ledger.cursor(log).await?.unwrap_or_default() })
    }

    /// Takes up a log that the ledger does not know. Where it knows as many as the store
    /// has, and a scan in one of them, this one came in the place of another, whose
    /// histories are gone.
    async fn take_up(&self, log: LogId) -> Result<Cursor, Trouble> {
        let known = self.ledger.logs().await?;
        self.ledger.expect_logs(&[log]).await?;
        let are_all = known.len() >= usize::from(self.scanner.state.shards());
        if are_all && known.values().any(|cursor| *cursor > Cursor::START) {
            metrics::counter!("zhenma_scan_logs_begun_again_total").increment(1);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Cursor::START)
    }

    async fn begin_again(&self, shard: u16, old: LogId) -> Result<LogId, Trouble> {
        tracing::warn!(
            shard,
            "the log of scans is not the one that was followed: the scan store was replaced, put \
             back to an older copy, or lost its latest scans; it is followed from its beginning, \
             and copies of codes whose scans it lost may pass as first scans"
        );
        metrics::counter!("zhenma_scan_logs_begun_again_total").increment(1);
        let log = self.scanner.state.renew(shard, old).await?;
        self.ledger.expect_logs(&[log]).await?;
        Ok(log)
    }

    /// Of the zone in which days are counted.
    fn offset_ms(&self) -> i64 {
        let now = jiff::Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default();
        i64::from(self.zone.to_offset(now).seconds()) * 1_000
    }

    fn across(&self) -> RwLockWriteGuard<'_, Across> {
        self.scanner.across.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The history of each code of a block, but for those that are unreadable:
    /// waiting does not mend them, and the others must go on.
    async fn histories(&self, entries: &[Entry]) -> Result<Histories, Trouble> {
        let codes: HashSet<CodeId> = entries.iter().map(|e| e.code).collect();
        let codes: Vec<CodeId> = codes.into_iter().collect();
        let found = self.scanner.state.peek_all(&codes).await;
        let mut out = Histories::with_capacity(codes.len());
        for (code, history) in codes.into_iter().zip(found) {
            match history {
                Ok(history) => {
                    out.insert(code, history);
                }
                Err(error @ StateError::Corrupt(_)) => {
                    // The number leads to the label; the code itself stays out
                    // of logs.
                    let batch = Payload::from_bytes(code.payload)
                        .map(|p| BatchRef { key: p.key, batch: p.batch }.to_string());
                    let (batch, label) = (batch.unwrap_or_default(), code.number);
                    tracing::warn!(%error, %batch, label, "a history is unreadable");
                    metrics::counter!("zhenma_histories_unreadable_total").increment(1);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(out)
    }

    /// Takes in what new scans say across codes; a scan that another log
    /// brought before is not taken in twice.
    async fn gather(&self, entries: &[Entry], histories: &Histories) -> Result<Changes, Trouble> {
        if !self.whole.load(Ordering::Relaxed) {
            let mut across = Across::keeping();
            across.apply(self.ledger.across_since(0).await?.unwrap_or_default());
            *self.across() = across;
            self.whole.store(true, Ordering::Relaxed);
        }
        let register = self.scanner.register.load_full();
        let new = self.ledger.missing(entries).await?;
        let mut seen = Vec::new();
        for entry in &new {
            let Some(history) = histories.get(&entry.code) else { continue };
            let Ok(payload) = Payload::from_bytes(entry.code.payload) else { continue };
            let Placement::Issued { facts, number, standing } = register.place(&payload) else {
                continue;
            };
            let Some(label) = label(&payload, &facts, number, &standing) else { continue };
            // What already left its history is one of very many.
            let scan = entry.seen.scan;
            if let Some(at) = history.observations.iter().position(|o| o.scan == scan) {
                seen.push((label, history, at));
            }
        }
        let absent: HashSet<_> = {
            let across = self.across();
            let walks = seen.iter().map(|(l, history, at)| (l.batch, Walk::until(history, at + 1)));
            walks.flat_map(|(batch, walk)| across.absent_phones(batch, &walk)).collect()
        };
        let phones = self.ledger.phones(&absent.into_iter().collect::<Vec<_>>()).await?;
        self.whole.store(false, Ordering::Relaxed);
        let mut across = self.across();
        across.take_up(phones);
        seen.iter().for_each(|(label, history, at)| across.note_scan(label, history, *at));
        Ok(across.changes())
    }

    async fn flag(&self, histories: &Histories) -> Result<(), Trouble> {
        let now = self.clock.now();
        let flags: Vec<Flag> = histories
            .iter()
            .filter_map(|(code, history)| self.doubted(*code, history, now))
            .collect();
        self.ledger.raise_flags(&flags).await?;
        metrics::counter!("zhenma_flags_raised_total").increment(flags.len() as u64);
        Ok(())
    }

    /// The flag of a code, if something speaks against it.
    fn doubted(&self, code: CodeId, history: &History, now: UnixMs) -> Option<Flag> {
        let payload = Payload::from_bytes(code.payload).ok()?;
        let (verdict, spread) = self.scanner.review_with(code, history, now)?;
        if !verdict.is_for_officers() {
            return None;
        }
        let accuses = verdict.outcome == Outcome::Suspect;
        let told = if accuses { &verdict.reasons[..] } else { &verdict.doubts };
        let reasons = told
            .iter()
            .map(|reason| KeptReason {
                code: reason.slug().to_owned(),
                zh: reason.text(Lang::Zh, &self.zone),
                en: reason.text(Lang::En, &self.zone),
            })
            .collect();
        Some(Flag {
            payload: code.payload,
            batch: BatchRef { key: payload.key, batch: payload.batch },
            number: code.number,
            state: FlagState::Open,
            risk: verdict.risk,
            reasons,
            policy: verdict.judged_by(),
            accused_at: accuses.then_some(now),
            scans: history.count(),
            spread,
            seen_at: history.observations.iter().map(|o| o.at).max().unwrap_or(now),
            opened_at: now,
            updated_at: now,
        })
    }
}
