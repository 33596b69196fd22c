//! `zhenma batch issue`: an order of labels, here and now.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::shell::Shell;
use super::{Done, Failure, key};
use crate::app::orders::Orders;
use crate::base::clock::SystemClock;
use crate::keys::{KeyDir, Signer};
use crate::label::{Issued, Kind, Specification};
use crate::registry::order::{NewOrder, Order};
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::registry::{Batch, BatchRef};

/// Between two lines with counts where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(3);
const BAR_EVERY: Duration = Duration::from_millis(200);

/// Issue labels. Example: zhenma batch issue --batch 1-4 --format png --out labels
///
/// A killed or stopped run goes on when the same command is given again, and its
/// files are then the same to the last byte.
#[derive(Args)]
pub(crate) struct Issue {
    /// The batch, KEY-BATCH
    #[arg(long, value_name = "KEY-BATCH")]
    batch: BatchRef,
    /// csv, svg, png or pdf
    #[arg(long, value_name = "FORMAT")]
    format: Kind,
    /// Directory for the files: new, empty, or of this very order
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the order: the same key is the same order [default: made of these options]
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// Pixels a module of a PNG, 1 to 64 [default: 8]
    #[arg(long, value_name = "PIXELS")]
    module: Option<u8>,
    /// Millimetres a module of SVG and PDF, 0.2 to 2 [default: 0.5]
    #[arg(long, value_name = "MM", conflicts_with = "module")]
    module_mm: Option<f64>,
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
        tell(&ended?, &order, &out, json)
    }

    fn specification(&self, batch: &Batch) -> Result<Specification, Failure> {
        let count = match self.count {
            None => batch.count.saturating_sub(self.first),
            Some(count) => u64::try_from(count).map_err(|_| {
                Failure(format!("count: an order holds 1 to 100000000 labels, not {count}"))
            })?,
        };
        let mut specification = Specification::new(self.format, self.first, count);
        if let Some(pixels) = self.module {
            if self.format != Kind::Png {
                return Err(Failure(format!(
                    "module: pixels are for png; for {} give --module-mm",
                    self.format
                )));
            }
            specification.module_px = pixels;
        }
        if let Some(mm) = self.module_mm {
            if !matches!(self.format, Kind::Svg | Kind::Pdf) {
                return Err(Failure("module_mm: millimetres are for svg and pdf".to_owned()));
            }
            // Out of bounds, and not a number, end at a bound that is refused.
            specification.module_um = (mm * 1_000.0).round() as u32;
        }
        specification.check(batch.count).map_err(Failure)?;
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
            enterprise: batch.enterprise.clone(),
            order_key,
            batch: self.batch,
            specification: specification_json,
            labels: specification.count,
            directory: Some(out.display().to_string()),
            created_by: "shell".to_owned(),
        };
        let order = shell.ledger.place(&new, shell.now()).await?;
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

/// Shows progress and turns Ctrl-C and SIGTERM into a clean stop.
fn watch(
    labels: Arc<AtomicU64>,
    total: u64,
    json: bool,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut shown = Shown::new(total, json);
        let mut beat = tokio::time::interval(shown.every());
        let mut terminate = signal(SignalKind::terminate()).ok();
        beat.tick().await;
        loop {
            let terminated = async {
                match &mut terminate {
                    Some(terminate) => terminate.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => stop.cancel(),
                _ = terminated => stop.cancel(),
                _ = beat.tick() => shown.show(labels.load(Ordering::Relaxed)),
            }
        }
    })
}

/// A bar on a terminal, lines with counts elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
    json: bool,
    total: u64,
    /// When counting began, with what earlier runs had made.
    begun: Option<(Instant, u64)>,
}

impl Shown {
    fn new(total: u64, json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template(
                "{bar:40} {human_pos} of {human_len} labels, {per_sec}, {eta} left",
            );
            ProgressBar::new(total)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, json, total, begun: None }
    }

    const fn every(&self) -> Duration {
        if self.bar.is_some() { BAR_EVERY } else { LINE_EVERY }
    }

    fn show(&mut self, done: u64) {
        let (begun, before) = *self.begun.get_or_insert((Instant::now(), done));
        let rate = (done - before) as f64 / begun.elapsed().as_secs_f64().max(0.001);
        // Nothing is known of the rate when counting begins.
        let left = (rate > 0.0).then(|| ((self.total - done) as f64 / rate).ceil());
        if let Some(bar) = &self.bar {
            if bar.position() == 0 && before > 0 {
                bar.reset_eta();
            }
            bar.set_position(done);
        } else if self.json {
            let line = serde_json::json!({"state": "running", "labels_done": done,
                "labels_total": self.total, "labels_per_s": rate.round(), "left_s": left});
            // Whoever reads us may stop reading; the files matter more.
            let _ = writeln!(std::io::stdout(), "{line}");
        } else {
            let pace = left.map(|left| format!(", {rate:.0} a second, {left:.0} s left"));
            eprintln!("{done} of {} labels{}", self.total, pace.unwrap_or_default());
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn tell(ended: &Issued, order: &Order, out: &Path, json: bool) -> Result<Done, Failure> {
    let (labels, total) = match ended {
        Issued::Complete => (order.new.labels, order.new.labels),
        Issued::Cancelled { labels } => (*labels, order.new.labels),
    };
    let complete = *ended == Issued::Complete;
    if json {
        let state = if complete { "done" } else { "cancelled" };
        println!(
            "{}",
            serde_json::json!({"state": state, "order": order.id, "labels_done": labels,
                "labels_total": total, "directory": out.display().to_string()})
        );
    } else if complete {
        println!("{total} labels of batch {} are in {}", order.new.batch, out.display());
    } else {
        println!("stopped after {labels} of {total} labels; the same command goes on from there");
    }
    Ok(if complete { Done::Yes } else { Done::No })
}
