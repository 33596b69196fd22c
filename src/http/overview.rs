//! The figures of an overview, as console and API give them.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cases::Flag;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::overview::flow::SHIPPED_ROWS_MAX;
use crate::overview::late::idle_days;
use crate::overview::{self, Flows};
use crate::registry::movement::Account;
use crate::registry::{BatchRef, Uscc};
use crate::scan::diversion::Travelled;

/// Days of the charts, today the last of them.
pub const DAYS: i64 = 60;
const ACCUSED_MAX: u32 = 100;
const LISTED_MAX: usize = 50;

/// Nothing here walks over scans.
pub struct Figures {
    pub today: Date,
    pub accounts: Vec<(Account, u64)>,
    /// Buyers' scans by day since 1970.
    pub days: Vec<(i64, u64)>,
    /// The same by province, two digits of GB/T 2260; 0: unknown.
    pub scanned: BTreeMap<u8, u64>,
    /// Labels by the province where each was first scanned, ever.
    pub firsts: BTreeMap<u8, u64>,
    /// Codes that answer `suspect` now, riskiest first.
    pub accused: Vec<Flag>,
    /// Days since it was registered, the longest first.
    pub idle: Vec<(i64, BatchRef)>,
    pub flows: Flows,
    /// The most unusual first.
    pub lots: Vec<Travelled>,
}

/// # Errors
/// Those of the ledger.
pub async fn figures(desk: &Desk, own: &Uscc) -> Result<Figures, Problem> {
    let now = desk.clock.now();
    let stamp = Timestamp::from_millisecond(now.0).unwrap_or_default();
    let today = stamp.to_zoned_datetime(desk.zone.clone()).date();
    let epoch = jiff::civil::date(1970, 1, 1);
    let since = epoch.until(today).map_or(0, |span| i64::from(span.get_days())) - (DAYS - 1);
    let ledger = &desk.ledger;
    let accounts: BTreeMap<_, _> = ledger.labels_by_account(own).await?.into_iter().collect();
    let counts = Account::ALL.map(|on| (on, accounts.get(&on).copied().unwrap_or(0)));
    let days = ledger.buyers_by_day(own, since).await?;
    let scanned = ledger.buyers_by_province(own, since).await?.into_iter().collect();
    let accused = ledger.accused(own, ACCUSED_MAX).await?;
    let shipped = ledger.shipped(own, SHIPPED_ROWS_MAX).await?;
    let register = desk.scanner.register.load_full();
    let facts = register.batches.values().filter(|facts| facts.batch.enterprise == *own);
    let mut idle: Vec<_> =
        facts.filter_map(|facts| Some((idle_days(facts, now)?, facts.batch.id))).collect();
    idle.sort_by_key(|waits| std::cmp::Reverse(*waits));
    idle.truncate(LISTED_MAX);
    let across = desk.scanner.across.read().unwrap_or_else(PoisonError::into_inner);
    let mut lots = overview::travelled(&register, &across, own);
    lots.truncate(LISTED_MAX);
    Ok(Figures {
        today,
        accounts: counts.into_iter().filter(|(_, labels)| *labels > 0).collect(),
        days,
        scanned,
        firsts: overview::first_scans(&register, &across, own),
        accused,
        idle,
        flows: Flows::of(&shipped, &across),
        lots,
    })
}

/// What was said first of each, and of how many; the most frequent first.
pub fn kinds(accused: &[Flag]) -> Vec<(&str, u64)> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for reason in accused.iter().filter_map(|flag| flag.reasons.first()) {
        *counts.entry(&reason.code).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}
