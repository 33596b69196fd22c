//! Long work in the shell: a bar or lines with counts, and a clean stop.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Done, Failure};
use crate::app::own::Told;
use crate::label::Issued;

/// Between two lines with counts where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(3);
const BAR_EVERY: Duration = Duration::from_millis(200);

/// Shows progress and turns Ctrl-C and SIGTERM into a clean stop.
pub(crate) fn watch(
    labels: Arc<AtomicU64>,
    total: u64,
    json: bool,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let mut shown = Shown::new(total, json);
    let every = shown.every();
    beat(every, stop, move || shown.show(labels.load(Ordering::Relaxed)))
}

/// The same of a list of serials, whose length nobody knows before it was read.
pub(crate) fn watch_serials(
    told: Arc<Told>,
    json: bool,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let bar = (!json && std::io::stderr().is_terminal()).then(ProgressBar::new_spinner);
    let every = if bar.is_some() { BAR_EVERY } else { LINE_EVERY };
    beat(every, stop, move || {
        let now = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (read, kept, total) = (now(&told.read), now(&told.kept), now(&told.total));
        let says = match total {
            0 => format!("{read} serials read"),
            total => format!("{kept} of {total} serials kept"),
        };
        match &bar {
            Some(bar) => bar.set_message(says),
            None if json => {
                let line = serde_json::json!({"state": "running", "serials_read": read,
                    "serials_kept": kept, "serials_total": (total > 0).then_some(total)});
                let _ = writeln!(std::io::stdout(), "{line}");
            }
            None => eprintln!("{says}"),
        }
    })
}

/// Calls `show` now and then, and turns Ctrl-C and SIGTERM into a clean stop.
fn beat(
    every: Duration,
    stop: CancellationToken,
    mut show: impl FnMut() + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut beat = tokio::time::interval(every);
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
                _ = beat.tick() => show(),
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

/// How a run ended, in words or as an object.
pub(crate) fn tell(
    ended: &Issued,
    total: u64,
    what: &str,
    order: Option<uuid::Uuid>,
    out: &Path,
    json: bool,
) -> Result<Done, Failure> {
    let labels = match ended {
        Issued::Complete => total,
        Issued::Cancelled { labels } => *labels,
    };
    let complete = *ended == Issued::Complete;
    if json {
        let state = if complete { "done" } else { "cancelled" };
        let mut object = serde_json::json!({"state": state, "labels_done": labels,
            "labels_total": total, "directory": out.display().to_string()});
        if let Some(order) = order {
            object["order"] = order.to_string().into();
        }
        println!("{object}");
    } else if complete {
        println!("{total} {what} are in {}", out.display());
    } else {
        println!("stopped after {labels} of {total} labels; the same command goes on from there");
    }
    Ok(if complete { Done::Yes } else { Done::No })
}
