//! One call of an endpoint: the name is resolved here, each address checked,
//! and the one that was checked is connected to, so that a name that leads
//! elsewhere a moment later leads nowhere. Redirects are answers like any other.
//! Each call has its own connection; no proxy of the environment is used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::hooks::{Allowed, Target, Trouble};

/// The whole of a call.
pub(super) const CALL_MAX: Duration = Duration::from_secs(15);
/// The name, the connection and the handshake of TLS.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;
/// Bytes of an answer that are read; all are thrown away.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const AGENT: &str = concat!("zhenma/", env!("CARGO_PKG_VERSION"));

pub(super) struct Headers<'a> {
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub signature: &'a str,
}

pub(super) struct Caller {
    allowed: Allowed,
    tls: TlsConnector,
}

impl Caller {
    /// Believes the certificates that this machine believes.
    pub(super) fn new(allowed: Allowed) -> Self {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            tracing::warn!(
                "webhooks: this machine believes no certificate; install ca-certificates"
            );
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { allowed, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// The status of the answer.
    pub(super) async fn call(
        &self,
        target: &Target,
        headers: &Headers<'_>,
        body: &str,
    ) -> Result<u16, Trouble> {
        let request = request(target, headers, body)?;
        let connected = tokio::time::timeout(CONNECT_MAX, self.connect(target));
        let stream = connected.await.unwrap_or(Err(Trouble::Time))?;
        if !target.https {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| Trouble::Name)?;
        let shaken = tokio::time::timeout(CONNECT_MAX, self.tls.connect(name, stream));
        let stream = shaken.await.map_err(|_| Trouble::Time)?.map_err(|error| {
            // What rustls says of the other side's certificate, or of the line.
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(_) => Trouble::Certificate,
                None => Trouble::Connection,
            }
        })?;
        exchange(stream, request).await
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, Trouble> {
        let mut last = Trouble::Name;
        for address in self.addresses(target).await?.into_iter().take(ADDRESSES_MAX) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(_) => last = Trouble::Connection,
            }
        }
        Err(last)
    }

    /// All addresses of the name. One that must not be called spoils the rest:
    /// a name of the whole net has none.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Trouble> {
        let found: Vec<SocketAddr> = match target.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, target.port)],
            Err(_) => lookup_host((target.host.as_str(), target.port))
                .await
                .map_err(|_| Trouble::Name)?
                .collect(),
        };
        let may = |address: &SocketAddr| self.allowed.may_call(address.ip(), target.https);
        if found.iter().all(may) { Ok(found) } else { Err(Trouble::Address) }
    }
}

fn request(
    target: &Target,
    headers: &Headers<'_>,
    body: &str,
) -> Result<Request<Full<Bytes>>, Trouble> {
    Request::builder()
        .method(Method::POST)
        .uri(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .header("webhook-id", headers.id)
        .header("webhook-timestamp", headers.timestamp)
        .header("webhook-signature", headers.signature)
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .map_err(|_| Trouble::Address)
}

/// Sends the request and reads the head of the answer, and a little of what
/// follows so that the other side is not cut off in the middle of a word.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<u16, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Trouble::Connection)?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(|error| {
            if error.is_parse() { Trouble::Answer } else { Trouble::Connection }
        })?;
        let status = answer.status().as_u16();
        // The answer is given; what still comes changes nothing.
        let _ = tokio::time::timeout(DRAIN_MAX, drain(answer)).await;
        Ok(status)
    };
    // Whatever ends first: with the answer the connection is let go of too.
    tokio::pin!(connection, answered);
    tokio::select! {
        biased;
        answered = &mut answered => answered,
        _ = &mut connection => answered.await,
    }
}

/// How long the rest of an answer is read.
const DRAIN_MAX: Duration = Duration::from_secs(2);

async fn drain(mut answer: Response<Incoming>) {
    let mut read = 0;
    while let Some(Ok(frame)) = answer.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= ANSWER_BYTES_MAX {
            return;
        }
    }
}
