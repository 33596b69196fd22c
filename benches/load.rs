//! A small HTTP/1.1 load generator over keep-alive connections on loopback:
//! closed loop for the maximum rate, open loop for latencies from the instant
//! a request was meant to leave (so that a slow server cannot hide behind the
//! requests that it kept from being sent).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What one run measured.
pub struct Measured {
    pub requests: usize,
    pub errors: usize,
    pub seconds: f64,
    /// Microseconds, sorted.
    latencies: Vec<u64>,
}

impl Measured {
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// Latency in milliseconds that a share `q` of requests stayed under.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = ((self.latencies.len() as f64 * q) as usize).min(last);
        self.latencies.get(at).map_or(0.0, |us| *us as f64 / 1000.0)
    }
}

/// Requests as bytes, each sent once, in order.
pub type Requests = Arc<Vec<Vec<u8>>>;

/// Sends all requests over `connections`, each as soon as the one before it
/// was answered (`rate` is `None`), or at `rate` a second in all.
pub async fn run(
    to: SocketAddr,
    requests: &Requests,
    connections: usize,
    rate: Option<f64>,
) -> io::Result<Measured> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        clients.spawn(client(stream, Arc::clone(requests), Arc::clone(&next), start, rate));
    }
    let mut latencies = Vec::with_capacity(requests.len());
    let mut errors = 0;
    while let Some(done) = clients.join_next().await {
        let (own, failed) = done.map_err(io::Error::other)??;
        latencies.extend(own);
        errors += failed;
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Measured { requests: latencies.len(), errors, seconds, latencies })
}

async fn client(
    mut stream: TcpStream,
    requests: Requests,
    next: Arc<AtomicUsize>,
    start: Instant,
    rate: Option<f64>,
) -> io::Result<(Vec<u64>, usize)> {
    let mut latencies = Vec::new();
    let mut errors = 0;
    let mut answer = vec![0; 64 * 1024];
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(n) else { return Ok((latencies, errors)) };
        let meant = match rate {
            Some(rate) => {
                let at = start + Duration::from_secs_f64(n as f64 / rate);
                tokio::time::sleep_until(at.into()).await;
                at
            }
            None => Instant::now(),
        };
        stream.write_all(request).await?;
        let ok = read_answer(&mut stream, &mut answer).await?;
        errors += usize::from(!ok);
        latencies.push(u64::try_from(meant.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
}

/// Reads one answer with Content-Length; true when its status is 200.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    loop {
        let n = stream.read(&mut buffer[filled..]).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += n;
        let Some(head) = buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let length: usize = text
            .lines()
            .find_map(|l| l.strip_prefix("content-length:"))
            .and_then(|l| l.trim().parse().ok())
            .ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
        if filled >= head + 4 + length {
            return Ok(text.starts_with("http/1.1 200"));
        }
    }
}
