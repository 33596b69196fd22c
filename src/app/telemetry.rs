//! Logs to standard error, as text or JSON. What is logged never holds a full
//! code, a token, an address or a precise place: callers see to it, and a test
//! reads the log of a server that was scanned.

use std::io::{self, BufWriter, IsTerminal};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::app::config::{LogFormat, Settings};
use crate::app::traces::{self, Traces};

/// Lines that wait for standard error. Beyond it they are lost: whoever reads the log
/// too slowly, or not at all, must not hold up a scan.
const LINES_WAITING_MAX: usize = 65_536;
/// Lines that wait leave together.
const WRITE_BYTES: usize = 64 * 1024;

/// Writes what is logged, and sends traces, until it is dropped; what waits then goes too.
#[must_use = "the log ends when it is dropped"]
pub struct Logging {
    #[allow(dead_code, reason = "it writes until it is dropped")]
    lines: WorkerGuard,
    #[allow(dead_code, reason = "it sends until it is dropped")]
    traces: Option<Traces>,
}

/// Starts logging at `level` (an [`EnvFilter`] directive such as `info`), and traces
/// where settings name a collector. Called once a process; a second call is ignored.
///
/// # Errors
/// When the collector's address is none.
pub fn start(settings: &Settings, level: &str) -> Result<Logging, String> {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = NonBlockingBuilder::default().buffered_lines_limit(LINES_WAITING_MAX);
    let (writer, lines) = lines.finish(BufWriter::with_capacity(WRITE_BYTES, io::stderr()));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_target(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(io::stderr().is_terminal());
    let layer = match settings.log_format {
        LogFormat::Text => layer.compact().boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let Some(endpoint) = &settings.trace_endpoint else {
        // One filter for all: a span that no line needs costs one look.
        let _ = tracing_subscriber::registry().with(layer).with(filter).try_init();
        return Ok(Logging { lines, traces: None });
    };
    let (traces, tracer) = traces::begin(endpoint, settings.trace_per_mille)?;
    // Requests alone: what others say in a span may name whom they called.
    let requests = filter_fn(|of| of.is_span() && of.name() == "request")
        .with_max_level_hint(LevelFilter::DEBUG);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(requests);
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).with(spans).try_init();
    Ok(Logging { lines, traces: Some(traces) })
}
