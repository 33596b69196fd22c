//! A small HTTP/1.1 load generator over keep-alive connections on loopback:
//! each request leaves as soon as the one before it on its connection was
//! answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What one run measured.
pub struct Measured {
    pub seconds: f64,
    /// Microseconds, sorted; one for each request.
    latencies: Vec<u64>,
}

impl Measured {
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// Latency in milliseconds that a share `q` of requests stayed under.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = ((self.latencies.len() as f64 * q) as usize).min(last);
        self.latencies.get(at).map_or(0.0, |us| *us as f64 / 1000.0)
    }
}

/// Looks at the head and the body of an answer and panics if it is wrong.
pub type Check = fn(n: usize, head: &[u8], body: &[u8]);

/// Sends all requests over `connections`.
pub async fn run(
    to: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
    check: Check,
) -> io::Result<Measured> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let start = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for stream in streams {
        clients.spawn(client(stream, Arc::clone(&requests), Arc::clone(&next), check));
    }
    let mut latencies = Vec::with_capacity(requests.len());
    while let Some(done) = clients.join_next().await {
        latencies.extend(done.map_err(io::Error::other)??);
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Measured { seconds, latencies })
}

async fn client(
    mut stream: TcpStream,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    check: Check,
) -> io::Result<Vec<u64>> {
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(n) else { return Ok(latencies) };
        let sent = Instant::now();
        stream.write_all(request).await?;
        let (head, end) = read_answer(&mut stream, &mut buffer).await?;
        latencies.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
        check(n, &buffer[..head], &buffer[head..end]);
    }
}

/// Reads one answer; where its head and its body end. A body in chunks keeps
/// its chunk lines.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    let (mut filled, mut head) = (0, None);
    loop {
        let n = stream.read(&mut buffer[filled..]).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += n;
        head = head.or_else(|| find(&buffer[..filled], b"\r\n\r\n").map(|at| at + 4));
        let Some(head) = head else { continue };
        let end = match header(&buffer[..head], "content-length") {
            Some(length) => head + length.parse::<usize>().map_err(io::Error::other)?,
            None if buffer[..filled].ends_with(b"\r\n0\r\n\r\n") => filled,
            None => continue,
        };
        if filled >= end {
            return Ok((head, end));
        }
    }
}

/// A body without the lines around its chunks, if it came in chunks.
pub fn whole(head: &[u8], body: &[u8]) -> Vec<u8> {
    let (mut whole, mut rest) = (Vec::new(), body);
    if header(head, "transfer-encoding").is_none() {
        return body.to_vec();
    }
    while let Some(at) = find(rest, b"\r\n") {
        let digits = std::str::from_utf8(&rest[..at]).unwrap_or_default();
        let Ok(length @ 1..) = usize::from_str_radix(digits, 16) else { break };
        whole.extend(&rest[at + 2..at + 2 + length]);
        rest = &rest[at + 2 + length + 2..];
    }
    whole
}

/// The value of a header, whose name our server writes in small letters.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let at = find(head, format!("\r\n{name}: ").as_bytes())? + name.len() + 4;
    let end = at + find(&head[at..], b"\r\n")?;
    std::str::from_utf8(&head[at..end]).ok()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
