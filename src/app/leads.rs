//! Keeps officers' leads up to date behind what is flagged, forged, leaked,
//! reported and sold elsewhere.
//!
//! Marks are taken in small transactions, so that whoever writes meanwhile waits
//! for none of them long; a death in between leaves the rest marked.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::{By, Clock, Lang, LedgerError, UnixMs};
use crate::code::Payload;
use crate::leads::port::{Diverted, LeadLedger};
use crate::leads::told::{Label, Source, Told};
use crate::leads::why::OfLot;
use crate::overview::travelled;
use crate::registry::{BatchRef, Placement, Register};
use crate::reports::Report;
use crate::reports::port::ReportLedger;
use crate::scan::Outcome;
use crate::scan::service::Scanner;
use crate::store::sql::Ledger;

/// Marks of one transaction.
const AT_ONCE: u32 = 40;
/// Reports that are taken at once.
const REPORTS_AT_ONCE: u32 = 50;
/// Wait when nothing is marked.
const IDLE: Duration = Duration::from_millis(500);
/// How often lots are judged, and leads weighed whose freshness fell.
const LOTS_EVERY_MS: i64 = 600_000;
/// Chance that an unusual lot travels like the others, at the least.
const CHANCE_MIN: f64 = 0.01;

pub struct Leads {
    ledger: Ledger,
    scanner: Scanner,
    clock: Arc<dyn Clock>,
    lots_at: Option<UnixMs>,
}

impl Leads {
    pub fn new(ledger: Ledger, scanner: Scanner, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, scanner, clock, lots_at: None }
    }

    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.round().await {
                Ok(done) if done > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "leads: the ledger was not asked"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// One transaction of marks, some reports, and what is due; how much there was.
    ///
    /// # Errors
    /// Of the ledger; what was kept stays so.
    pub async fn round(&mut self) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        let mut done = self.ledger.work_leads(now, AT_ONCE).await?;
        metrics::counter!("zhenma_lead_marks_total").increment(done);
        done += self.ledger.refresh_leads(now, AT_ONCE).await?;
        done += self.take_reports(now).await?;
        if self.lots_at.is_none_or(|at| now.since(at) >= LOTS_EVERY_MS) {
            self.judge_lots(now).await?;
            self.lots_at = Some(now);
        }
        Ok(done)
    }

    async fn take_reports(&self, now: UnixMs) -> Result<u64, LedgerError> {
        let behind = self.ledger.reports_told().await?;
        let reports = self.ledger.reports_after(behind, REPORTS_AT_ONCE).await?;
        let Some(last) = reports.last() else { return Ok(0) };
        let register = self.scanner.register.load_full();
        let told: Vec<Told> = reports.iter().filter_map(|r| told(r, &register)).collect();
        if !told.is_empty() {
            self.ledger.tell_leads(&told, &By::worker(now)).await?;
        }
        // Of one that is told again, where this is not kept, nothing comes.
        self.ledger.set_reports_told(last.seq).await?;
        Ok(reports.len() as u64)
    }

    async fn judge_lots(&self, now: UnixMs) -> Result<(), LedgerError> {
        let lots = self.unusual_lots();
        self.ledger.keep_diverted(&lots, now).await
    }

    fn unusual_lots(&self) -> Vec<Diverted> {
        let register = self.scanner.register.load_full();
        let across = self.scanner.across.read().unwrap_or_else(PoisonError::into_inner);
        let lots = register.enterprises.keys().flat_map(|of| travelled(&register, &across, of));
        lots.filter(|lot| lot.unusual)
            .map(|lot| Diverted {
                batch: lot.batch,
                probability: 1.0 - lot.chance.max(CHANCE_MIN),
                lot: OfLot::from(&lot),
            })
            .collect()
    }
}

/// A buyer's report of a label, in the words that he chose from; what he wrote
/// freely stays with the report. A forged code is no label: it names a batch of
/// ours or a maker whose key it pretends to, and the town of the scan.
fn told(report: &Report, register: &Register) -> Option<Told> {
    let payload = Payload::from_bytes(report.payload?).ok()?;
    let batch = BatchRef { key: payload.key, batch: payload.batch };
    let forged = report.outcome == Outcome::NotGenuine.slug();
    let label = match register.place(&payload) {
        Placement::Issued { number, .. } if !forged => {
            Some(Label { payload: payload.to_bytes(), batch, number })
        }
        _ if forged => None,
        _ => return None,
    };
    let facts = register.batches.get(&batch);
    let of_key = || register.batches.values().find(|other| other.batch.id.key == payload.key);
    let enterprise = &facts.or_else(of_key)?.batch.enterprise;
    let words: Vec<&str> = report.wrong.iter().map(|wrong| wrong.text(Lang::Zh)).collect();
    Some(Told {
        line: 0,
        source: Source::Consumer,
        origin: String::new(),
        reference: report.number.to_string(),
        label,
        batch: facts.map(|_| batch),
        product: facts.map(|facts| facts.batch.product.clone()),
        enterprise: Some(enterprise.clone()),
        place: report.region,
        said: said(forged, &words),
        at: report.received_at,
    })
}

fn said(forged: bool, words: &[&str]) -> String {
    let code = if forged { "查询结果为伪造码；" } else { "" };
    format!("消费者反映：{code}{}。", words.join("、"))
}
