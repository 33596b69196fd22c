//! `zhenma batch issue`: an order of labels, here and now.

use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::labels::Labels;
use super::progress::{tell, watch};
use super::shell::Shell;
use super::{Done, Failure, key};
use crate::app::orders::Orders;
use crate::base::clock::SystemClock;
use crate::keys::{KeyDir, Signer};
use crate::label::Specification;
use crate::registry::order::{HandOver, NewOrder, Order};
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::registry::{Batch, BatchRef};

/// Issue labels. Example: zhenma batch issue --batch 1-4 --format png --out labels
///
/// A killed or stopped run goes on when the same command is given again, and its
/// files are then the same to the last byte.
#[derive(Args)]
pub(crate) struct Issue {
    /// The batch, KEY-BATCH
    #[arg(long, value_name = "KEY-BATCH")]
    batch: BatchRef,
    #[command(flatten)]
    labels: Labels,
    /// Directory for the files: new, empty, or of this very order
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the order: the same key is the same order [default: made of these options]
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// Running number of the first label
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    first: u64,
    /// Labels, 1 to 100000000 [default: the rest of the batch]
    #[arg(long, value_name = "LABELS", allow_negative_numbers = true)]
    count: Option<i64>,
    /// File whose first line opens the private key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Issue {
    pub(crate) fn run(self, shell: &Shell, json: bool) -> Result<Done, Failure> {
        shell.wait(self.issue(shell, json))
    }

    async fn issue(self, shell: &Shell, json: bool) -> Result<Done, Failure> {
        let out = absolute(&self.out)?;
        let batch = shell.ledger.batch(self.batch).await?;
        let specification = self.specification(&batch)?;
        let settings = &shell.settings;
        let file = self.passphrase_file.as_deref().or(settings.key_passphrase_file.as_deref());
        let signer: Arc<dyn Signer> = Arc::new(KeyDir::at(&settings.keys).signer(
            batch.id.key,
            &key::passphrase(file, false)?,
            shell.now(),
        )?);
        let order = self.place(shell, &batch, &specification, &out).await?;
        let orders = Orders {
            ledger: shell.ledger.clone(),
            signers: Arc::new(move |_| Ok(Arc::clone(&signer))),
            public_url: settings.public_url.clone(),
            clock: Arc::new(SystemClock),
        };
        if !orders.take_one(&order).await? {
            return Err(Failure(format!("order {:?} is in another's hands", order.new.order_key)));
        }
        let stop = CancellationToken::new();
        let labels = Arc::new(AtomicU64::new(0));
        let watch = watch(Arc::clone(&labels), specification.count, json, stop.clone());
        let ended = orders.run(&order, &out, &labels, &stop).await;
        watch.abort();
        // The bar is cleared before the last words.
        let _ = watch.await;
        let what = format!("labels of batch {}", order.new.batch);
        tell(&ended?, order.new.labels, &what, Some(order.id), &out, json)
    }

    fn specification(&self, batch: &Batch) -> Result<Specification, Failure> {
        let mut specification = self.labels.specification(self.first, 0)?;
        let holds = specification.holds(batch.count, batch.cases, batch.pallets);
        specification.count = match self.count {
            None => holds.saturating_sub(self.first),
            Some(count) => u64::try_from(count).map_err(|_| {
                Failure(format!("count: an order holds 1 to 100000000 labels, not {count}"))
            })?,
        };
        specification.check(holds).map_err(Failure)?;
        Ok(specification)
    }

    /// The order in the ledger: a new one, or the one that has this key.
    async fn place(
        &self,
        shell: &Shell,
        batch: &Batch,
        specification: &Specification,
        out: &Path,
    ) -> Result<Order, Failure> {
        let specification_json = serde_json::to_value(specification)?;
        let order_key = self.order_key.clone().unwrap_or_else(|| {
            format!("shell {} {specification_json} {}", self.batch, out.display())
        });
        let new = NewOrder {
            hand_over: HandOver::default(),
            enterprise: batch.enterprise.clone(),
            order_key,
            batch: self.batch,
            specification: specification_json,
            labels: specification.count,
            directory: Some(out.display().to_string()),
            created_by: "shell".to_owned(),
        };
        let order = shell.ledger.place(&new, &shell.by()).await?;
        let Some(directory) = &order.new.directory else {
            return Err(Failure(format!(
                "order_key: {:?} is an order of the worker; give this one a key of its own",
                order.new.order_key
            )));
        };
        // Two sets of one order's files would be printed twice.
        if Path::new(directory) != out && order.labels_done > 0 && Path::new(directory).exists() {
            return Err(Failure(format!(
                "out: this order is in {directory}; name that directory, or give an order of its \
                 own with --order-key"
            )));
        }
        Ok(order)
    }
}
