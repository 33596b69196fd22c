//! Orders of labels: one function runs an order, whether from the shell or
//! from the worker that takes what waits in the ledger.
//!
//! An order is taken under a lease that its run prolongs. A taker that dies
//! lets it end, and the next one goes on where the files stop. Whoever still
//! writes then is kept out by the lock of the directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::paths;
use crate::base::{Clock, LedgerError};
use crate::keys::{KeyDir, KeyError, KeyNumber, Signer};
use crate::label::{self, IssueError, Issued};
use crate::registry::order::{Order, OrderState};
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::store::sql::Ledger;

/// How long a taker may be silent before its order goes to another,
/// milliseconds.
const LEASE_MS: i64 = 30_000;
/// How often a run tells the ledger how far it is and asks whether to stop.
const BEAT: Duration = Duration::from_secs(1);
/// Orders in work at once, so that a small one need not wait for a large one.
const ORDERS_AT_ONCE: usize = 4;

/// Opens the private key that an order asks for.
pub type OpenSigner = dyn Fn(KeyNumber) -> Result<Arc<dyn Signer>, KeyError> + Send + Sync;

/// Opens keys of `keys` with `passphrase`.
pub fn signers_of(
    keys: KeyDir,
    passphrase: zeroize::Zeroizing<String>,
    clock: Arc<dyn Clock>,
) -> Arc<OpenSigner> {
    Arc::new(move |number| {
        keys.signer(number, &passphrase, clock.now())
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
    })
}

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error("the order's specification cannot be read: {0}")]
    Specification(String),
}

/// What runs orders.
#[derive(Clone)]
pub struct Orders {
    pub ledger: Ledger,
    pub signers: Arc<OpenSigner>,
    /// `https://HOST`.
    pub public_url: String,
    pub clock: Arc<dyn Clock>,
}

impl Orders {
    /// Runs an order that this process took, into `out`. `done` holds the
    /// labels made; `stop` ends the run early, with everything kept.
    ///
    /// # Errors
    /// As [`label::issue`], and those of ledger and key. The ledger then
    /// holds the order as failed, unless another run has the directory or the
    /// ledger is away.
    pub async fn run(
        &self,
        order: &Order,
        out: &Path,
        done: &Arc<AtomicU64>,
        stop: &CancellationToken,
    ) -> Result<Issued, OrderError> {
        let ended = self.run_unrecorded(order, out, done, stop).await;
        let (state, problem) = match &ended {
            Ok(Issued::Complete) => (OrderState::Done, None),
            // Stopped with the process, not by whoever ordered: the lease ends
            // now, and the next taker goes on.
            Ok(Issued::Cancelled { labels }) if stop.is_cancelled() && self.is_workers(order) => {
                self.ledger.progress(order.id, *labels, self.clock.now()).await?;
                return ended;
            }
            Ok(Issued::Cancelled { .. }) => (OrderState::Cancelled, None),
            Err(OrderError::Issue(IssueError::Busy { .. })) => return ended,
            // For whoever takes it when the ledger is back.
            Err(OrderError::Ledger(LedgerError::Unavailable(_))) => return ended,
            Err(error) => (OrderState::Failed, Some(error.to_string())),
        };
        if let Ok(Issued::Cancelled { labels }) = &ended {
            // The last beat may have told more than was kept.
            self.ledger.progress(order.id, *labels, self.clock.now()).await?;
        }
        let made = (state == OrderState::Done).then(|| out.display().to_string());
        self.ledger
            .finish(order.id, state, made.as_deref(), problem.as_deref(), self.clock.now())
            .await?;
        ended
    }

    fn is_workers(&self, order: &Order) -> bool {
        order.new.directory.is_none()
    }

    async fn run_unrecorded(
        &self,
        order: &Order,
        out: &Path,
        done: &Arc<AtomicU64>,
        stop: &CancellationToken,
    ) -> Result<Issued, OrderError> {
        let batch = self.ledger.batch(order.new.batch).await?;
        let product = self.ledger.product(&batch.product).await?;
        let enterprise = self.ledger.enterprise(&batch.enterprise).await?;
        let specification = serde_json::from_value(order.new.specification.clone())
            .map_err(|e| OrderError::Specification(e.to_string()))?;
        let labels =
            label::Order::of(&batch, &product, &enterprise, specification, &self.public_url);

        let cancel = Arc::new(AtomicBool::new(false));
        let mut run = {
            let (signers, key) = (Arc::clone(&self.signers), batch.id.key);
            let (id, is_workers) = (order.id, self.is_workers(order));
            let (out, done, cancel) = (out.to_owned(), Arc::clone(done), Arc::clone(&cancel));
            tokio::task::spawn_blocking(move || -> Result<Issued, OrderError> {
                let signer = signers(key)?;
                // Nobody names another directory to the worker: where the product
                // was renamed or the site moved since, it begins anew.
                if is_workers && label::empty_of_another(&labels, &out)? {
                    tracing::info!(order = %id, "order: begun anew, its labels say something else");
                }
                let mut progress = |labels| done.store(labels, Ordering::Relaxed);
                Ok(label::issue(&labels, &*signer, &out, &mut progress, &cancel)?)
            })
        };
        loop {
            tokio::select! {
                ended = &mut run => return ended.unwrap_or(Err(IssueError::Lost.into())),
                () = stop.cancelled(), if !cancel.load(Ordering::Relaxed) => {
                    cancel.store(true, Ordering::Relaxed);
                }
                () = tokio::time::sleep(BEAT) => {}
            }
            let until = self.clock.now().plus_ms(LEASE_MS);
            match self.ledger.progress(order.id, done.load(Ordering::Relaxed), until).await {
                Ok(false) => {}
                Ok(true) => cancel.store(true, Ordering::Relaxed),
                // The files do not need the ledger; it is told at the next beat.
                Err(error) => tracing::warn!(order = %order.id, %error, "order: not told"),
            }
        }
    }

    /// Takes this order for a run from the shell; false when another has it.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn take_one(&self, order: &Order) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        self.ledger.take_one(order.id, now, now.plus_ms(LEASE_MS)).await
    }

    /// Takes and runs what waits, each into `data/orders/ID`, until `stop`.
    pub async fn work(&self, data: &Path, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            while running.len() < ORDERS_AT_ONCE {
                let now = self.clock.now();
                match self.ledger.take(now, now.plus_ms(LEASE_MS)).await {
                    Ok(Some(order)) => {
                        let (orders, stop) = (self.clone(), stop.clone());
                        let out = paths::order(data, order.id);
                        running.spawn(async move { orders.work_on(&order, &out, &stop).await });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "orders: the ledger was not asked");
                        break;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn work_on(&self, order: &Order, out: &Path, stop: &CancellationToken) {
        let done = Arc::new(AtomicU64::new(order.labels_done));
        tracing::info!(order = %order.id, labels = order.new.labels, "order: taken");
        match self.run(order, out, &done, stop).await {
            Ok(Issued::Complete) => tracing::info!(order = %order.id, "order: done"),
            Ok(Issued::Cancelled { labels }) => {
                tracing::info!(order = %order.id, labels, "order: stopped");
            }
            Err(error) => tracing::error!(order = %order.id, %error, "order: failed"),
        }
    }
}
