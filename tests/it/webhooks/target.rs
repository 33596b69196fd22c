//! A server that is told, and answers as badly as it is asked to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub enum Answer {
    Status(u16),
    /// 302 to there.
    Redirect(String),
    /// 200 with a body of so many bytes.
    Endless(usize),
    /// Headers without an end.
    EndlessHead,
    /// Something that is not HTTP.
    Noise,
    /// Nothing, for as long as the caller likes.
    Hang,
}

#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }
}

#[derive(Default)]
struct Seen {
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    /// Bytes of bodies that were taken off our hands.
    sent: AtomicUsize,
}

pub struct Target {
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl Target {
    /// Answers request number `n` from 0 on with `answer(n)`.
    pub async fn start(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(None, answer).await
    }

    /// By TLS, where it has something to prove itself by.
    pub async fn start_with(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.connections.fetch_add(1, Ordering::Relaxed);
                let (kept, answer, tls) = (Arc::clone(&kept), Arc::clone(&answer), tls.clone());
                tokio::spawn(async move {
                    let _ = match tls {
                        None => serve(stream, &kept, &*answer).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &kept, &*answer).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        Self { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn received(&self) -> Vec<Received> {
        self.seen.received.lock().expect("not poisoned").clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::Relaxed)
    }

    pub fn sent(&self) -> usize {
        self.seen.sent.load(Ordering::Relaxed)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Seen,
    answer: &(dyn Fn(usize) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    let Some(request) = read(&mut stream).await? else { return Ok(()) };
    let n = {
        let mut received = seen.received.lock().expect("not poisoned");
        received.push(request);
        received.len() - 1
    };
    let empty = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
    match answer(n) {
        Answer::Status(status) => stream.write_all(empty(&format!("{status} X")).as_bytes()).await,
        Answer::Redirect(to) => {
            let head = empty(&format!("302 Found\r\nLocation: {to}"));
            stream.write_all(head.as_bytes()).await
        }
        Answer::Endless(bytes) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            pour(&mut stream, seen, &[b'x'; 65_536], bytes).await
        }
        Answer::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            pour(&mut stream, seen, "X-Filler: aaaaaaaa\r\n".repeat(1_000).as_bytes(), usize::MAX)
                .await
        }
        Answer::Noise => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await,
        Answer::Hang => std::future::pending().await,
    }
}

async fn pour(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    seen: &Seen,
    what: &[u8],
    bytes: usize,
) -> std::io::Result<()> {
    let mut poured = 0;
    while poured < bytes {
        stream.write_all(what).await?;
        poured += what.len();
        seen.sent.fetch_add(what.len(), Ordering::Relaxed);
    }
    Ok(())
}

/// One request with a Content-Length; `None` for what is none.
async fn read(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> std::io::Result<Option<Received>> {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head {
            let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = text.lines();
            let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                return Ok(Some(Received { path: path.to_owned(), headers, body }));
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}
