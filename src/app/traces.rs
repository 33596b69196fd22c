//! Traces by OpenTelemetry: OTLP over HTTP, to a collector near by. A span is a request,
//! with what its line in the log has: the route's template, the outcome, never a code,
//! an address or a token. Without `ZHENMA_TRACE_ENDPOINT` nothing of this runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, Response, Uri, header};
use hyper_util::rt::TokioIo;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Tracer,
};
use tokio::net::TcpStream;

/// Spans that wait for the collector; more are dropped, and no request waits.
const SPANS_WAITING_MAX: usize = 2_048;
/// Spans of one call.
const SPANS_TOGETHER_MAX: usize = 512;
const EVERY: Duration = Duration::from_secs(2);
/// The whole of a call; the same for what is left at the end.
const CALL_MAX: Duration = Duration::from_secs(3);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Sends what waits until it is dropped.
pub struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        let _ = self.0.shutdown_with_timeout(CALL_MAX);
    }
}

/// Begins to send `per_mille` of a thousand requests to the collector.
///
/// # Errors
/// When the endpoint is none.
pub fn begin(endpoint: &str, per_mille: u32) -> Result<(Traces, Tracer), String> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::default())
        .with_endpoint(url)
        .with_timeout(CALL_MAX)
        .build()
        .map_err(|e| e.to_string())?;
    let bounds = BatchConfigBuilder::default()
        .with_max_queue_size(SPANS_WAITING_MAX)
        .with_max_export_batch_size(SPANS_TOGETHER_MAX)
        .with_scheduled_delay(EVERY)
        .build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(Sampler::TraceIdRatioBased(f64::from(per_mille) / 1_000.0))
        .with_resource(Resource::builder_empty().with_service_name("zhenma").build())
        .build();
    let tracer = provider.tracer("zhenma");
    Ok((Traces(provider), tracer))
}

/// A collector on this machine or in its network, by plain HTTP: a server may reach no other.
#[derive(Debug, Default)]
struct Collector {
    failing: AtomicBool,
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    /// Called on a thread of its own, which may wait.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let sent = runtime.block_on(async { tokio::time::timeout(CALL_MAX, send(request)).await });
        let sent = sent.map_err(HttpError::from).and_then(|sent| sent);
        let failed = !sent.as_ref().is_ok_and(|answer| answer.status().is_success());
        if failed && !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!("the collector of ZHENMA_TRACE_ENDPOINT takes no traces; they are lost");
        } else if !failed && self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the collector takes traces again");
        }
        sent
    }
}

async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = request.uri().clone();
    let host = uri.host().ok_or("no host")?.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(4_318))).await?;
    let authority = uri.authority().ok_or("no host")?.as_str().parse()?;
    request.headers_mut().insert(header::HOST, authority);
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

/// Whether a setting names a collector.
pub fn is_endpoint(text: &str) -> bool {
    let uri: Result<Uri, _> = text.parse();
    uri.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
}
