//! The loop that accepts connections, with bounds that a router cannot set:
//! the size and the time of headers, the time for which an answer may lie
//! unread, the number of connections; and one host for each request.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::base::limits::{
    CONNECTIONS_MAX, DRAIN_S_MAX, HEADER_BYTES_MAX, HEADER_LINES_MAX, HEADER_S_MAX, UNREAD_S_MAX,
};
use crate::http::observe;

/// Serves until `stopping` is cancelled; requests in work are answered, for
/// at most `DRAIN_S_MAX` seconds.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    serve_unread(listener, router, stopping, Duration::from_secs(UNREAD_S_MAX)).await;
}

/// As [`serve`], with another time for which an answer may lie unread.
pub async fn serve_unread(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    unread: Duration,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let router = router.clone();
        let connection = http1_builder().serve_connection(
            TokioIo::new(bounded(stream, unread)),
            service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                answer(router.clone(), request.map(Body::new))
            }),
        );
        let watched = graceful.watch(connection);
        #[allow(clippy::let_underscore_future, reason = "the watcher ends it")]
        let _ = tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(Duration::from_secs(DRAIN_S_MAX), graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!("requests were still in work after {DRAIN_S_MAX} s and were cut off");
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// `None` when a connection failed before it began.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are one write each: nothing is gained by waiting for more.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            if !is_of_one_connection(&error) {
                // Out of descriptors, most likely: wait for some to come back.
                tracing::error!(%error, "connections cannot be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            None
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADER_S_MAX))
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADER_LINES_MAX);
    builder
}

/// Without this bound who never reads keeps a connection and its answer for ever.
/// `TCP_USER_TIMEOUT` does not do: some clients that read nothing still acknowledge.
fn bounded(stream: TcpStream, unread: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(unread));
    Box::pin(stream)
}

async fn answer(router: Router, mut request: Request<Body>) -> Result<Response, Infallible> {
    if !has_one_host(&mut request) {
        observe::count("none".into(), request.method(), StatusCode::BAD_REQUEST, Duration::ZERO);
        let closes = [(header::CONNECTION, HeaderValue::from_static("close"))];
        return Ok((StatusCode::BAD_REQUEST, closes).into_response());
    }
    router.oneshot(request).await
}

/// RFC 9112, 3.2: exactly one Host, or none before HTTP/1.1; and 3.2.2: what
/// the target names stands for it.
fn has_one_host(request: &mut Request<Body>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_one = match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, None) => request.version() < Version::HTTP_11,
        _ => false,
    };
    let Some(target) = request.uri().authority() else { return is_one };
    let Ok(named) = HeaderValue::from_str(target.as_str()) else { return false };
    let is_one = is_one && is_host(named.as_bytes());
    request.headers_mut().insert(header::HOST, named);
    is_one
}

/// Nothing that ends a host, or stands before one, in an address (RFC 3986, 3.2).
fn is_host(text: &[u8]) -> bool {
    text.iter().all(|c| c.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(c))
}
