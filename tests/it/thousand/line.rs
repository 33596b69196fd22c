//! The line between the program and Redis, to be cut and delayed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Line {
    pub port: u16,
    delay_ms: Arc<AtomicU64>,
    /// Counts up with every cut.
    cuts: watch::Sender<u64>,
}

impl Line {
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (delay_ms, cuts) = (Arc::new(AtomicU64::new(0)), watch::Sender::new(0));
        let (delay, cut) = (Arc::clone(&delay_ms), cuts.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&delay), cut.subscribe()));
            }
        });
        Self { port, delay_ms, cuts }
    }

    /// Every byte waits so long before it goes on.
    pub fn delay(&self, ms: u64) {
        self.delay_ms.store(ms, Ordering::Relaxed);
    }

    /// Ends all connections, whatever is on its way.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(
    client: TcpStream,
    server: u16,
    delay: Arc<AtomicU64>,
    mut cut: watch::Receiver<u64>,
) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass(from_client, to_server, &delay) => {}
        () = pass(from_server, to_client, &delay) => {}
        _ = cut.changed() => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: &AtomicU64) {
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
