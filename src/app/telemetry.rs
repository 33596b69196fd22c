//! Logs to standard error, as text or JSON. What is logged never holds a full
//! code, a token, an address or a precise place: callers see to it, and a test
//! reads the log of a server that was scanned.

use std::io::{self, BufWriter, IsTerminal};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::app::config::LogFormat;

/// Lines that wait for standard error. Beyond it they are lost: whoever reads the log
/// too slowly, or not at all, must not hold up a scan.
const LINES_WAITING_MAX: usize = 65_536;
/// Lines that wait leave together.
const WRITE_BYTES: usize = 64 * 1024;

/// Writes what is logged until it is dropped; what waits then is still written.
#[must_use = "the log ends when it is dropped"]
pub struct Logging(#[allow(dead_code, reason = "it writes until it is dropped")] WorkerGuard);

/// Starts logging at `level` (an [`EnvFilter`] directive such as `info`).
/// Called once a process; a second call is ignored.
pub fn start(format: LogFormat, level: &str) -> Logging {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = NonBlockingBuilder::default().buffered_lines_limit(LINES_WAITING_MAX);
    let (writer, guard) = lines.finish(BufWriter::with_capacity(WRITE_BYTES, io::stderr()));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(io::stderr().is_terminal());
    let _ = match format {
        LogFormat::Text => builder.compact().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Logging(guard)
}
