//! A line between two programs, to be cut, delayed and led elsewhere.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// Where a line leads.
#[derive(Clone)]
pub enum End {
    Port(u16),
    Socket(PathBuf),
}

pub struct Line {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    /// The next takes the next of them that is there.
    ends: Mutex<Vec<End>>,
    turn: AtomicUsize,
    delay_ms: AtomicU64,
    /// Counts up with every cut.
    cuts: watch::Sender<u64>,
}

impl Line {
    pub async fn to(ends: Vec<End>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(State {
            ends: Mutex::new(ends),
            turn: AtomicUsize::new(0),
            delay_ms: AtomicU64::new(0),
            cuts: watch::Sender::new(0),
        });
        let kept = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let _ = client.set_nodelay(true);
                tokio::spawn(carry(client, Arc::clone(&state)));
            }
        });
        Self { port, state: kept }
    }

    /// Every byte waits so long before it goes on.
    pub fn delay(&self, ms: u64) {
        self.state.delay_ms.store(ms, Ordering::Relaxed);
    }

    /// Ends all connections, whatever is on its way.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Leads elsewhere from now on.
    pub fn lead(&self, end: End) {
        *self.state.ends.lock().unwrap_or_else(PoisonError::into_inner) = vec![end];
        self.cut();
    }
}

async fn carry(client: TcpStream, state: Arc<State>) {
    let ends = state.ends.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let first = state.turn.fetch_add(1, Ordering::Relaxed);
    for n in 0..ends.len() {
        match &ends[(first + n) % ends.len()] {
            End::Port(port) => {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", *port)).await {
                    let _ = server.set_nodelay(true);
                    return between(client, server, &state).await;
                }
            }
            End::Socket(path) => {
                if let Ok(server) = UnixStream::connect(path).await {
                    return between(client, server, &state).await;
                }
            }
        }
    }
}

async fn between(client: TcpStream, server: impl AsyncRead + AsyncWrite, state: &State) {
    let mut cut = state.cuts.subscribe();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    tokio::select! {
        () = pass(from_client, to_server, &state.delay_ms) => {}
        () = pass(from_server, to_client, &state.delay_ms) => {}
        _ = cut.changed() => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: &AtomicU64,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        let ms = delay.load(Ordering::Relaxed);
        if ms > 0 {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        if to.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}
