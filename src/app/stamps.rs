//! Asks an authority for the time of statements (RFC 3161 over HTTP, section
//! 3.4). The courier's work: it calls out, and holds no key.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use crate::base::Clock;
use crate::evidence::port::{EvidenceLedger, StampAsked};
use crate::evidence::tsp::RESPONSE_BYTES_MAX;
use crate::store::sql::Ledger;

/// How long a question is this process's, milliseconds: longer than a call.
const LEASE_MS: i64 = 30_000;
/// The whole of a call.
const CALL_MAX: Duration = Duration::from_secs(20);
const BEAT: Duration = Duration::from_millis(500);

/// What asks.
pub struct Stamps {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    /// `http://` or `https://`.
    pub url: Uri,
}

impl Stamps {
    /// Asks what waits, until `stop`.
    pub async fn work(self, stop: CancellationToken) {
        let tls = tls();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            match self.ledger.take_stamp(now, now.plus_ms(LEASE_MS)).await {
                Ok(Some(asked)) => {
                    let answer = tokio::time::timeout(CALL_MAX, ask(&self.url, &tls, &asked)).await;
                    let answer = answer.unwrap_or(Err("it gave no answer in time".to_owned()));
                    if let Err(error) = self.ledger.stamp_answered(&asked, answer).await {
                        tracing::warn!(%error, "stamps: the ledger was not told");
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "stamps: the ledger was not asked"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }
}

/// Believes the certificates that this machine believes.
fn tls() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn ask(url: &Uri, tls: &TlsConnector, asked: &StampAsked) -> Result<Vec<u8>, String> {
    let host = url.host().ok_or("its address names no host")?;
    let https = url.scheme_str() == Some("https");
    let port = url.port_u16().unwrap_or(if https { 443 } else { 80 });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port)).await.map_err(|e| e.to_string())?;
    if !https {
        return exchange(stream, url, asked).await;
    }
    let name = ServerName::try_from(bare.to_owned()).map_err(|e| e.to_string())?;
    let stream = tls.connect(name, stream).await.map_err(|e| e.to_string())?;
    exchange(stream, url, asked).await
}

async fn exchange<S>(stream: S, url: &Uri, asked: &StampAsked) -> Result<Vec<u8>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let told = |e: &dyn std::fmt::Display| e.to_string();
    let authority = url.authority().ok_or("its address names no host")?.as_str();
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("zhenma/", env!("CARGO_PKG_VERSION")))
        .header(header::CONTENT_TYPE, "application/timestamp-query")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(asked.query.clone())))
        .map_err(|e| told(&e))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|e| told(&e))?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(|e| told(&e))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("it answered with status {}", answer.status().as_u16()));
        }
        let body = Limited::new(answer.into_body(), RESPONSE_BYTES_MAX).collect().await;
        Ok(body.map_err(|e| told(&e))?.to_bytes().to_vec())
    };
    tokio::pin!(connection, answered);
    tokio::select! {
        biased;
        answered = &mut answered => answered,
        _ = &mut connection => answered.await,
    }
}

/// The certificates of a PEM file.
///
/// # Errors
/// Naming the file.
pub fn roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let told = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).map_err(|e| told(&e))?.collect();
    let found = found.map_err(|e| told(&e))?;
    if found.is_empty() { Err(told(&"holds no certificate")) } else { Ok(found) }
}
