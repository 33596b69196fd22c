//! A TCP proxy that forwards a request and loses the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct Proxy {
    pub port: u16,
    cut: Arc<AtomicBool>,
}

impl Proxy {
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let cut = Arc::new(AtomicBool::new(false));
        let armed = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server, armed.clone()));
            }
        });
        Self { port, cut }
    }

    /// The next answer to a call of the script closes its connection instead.
    pub fn lose_next_answer(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn has_lost_it(&self) -> bool {
        !self.cut.load(Ordering::SeqCst)
    }
}

async fn forward(client: TcpStream, server: u16, cut: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = async move { tokio::io::copy(&mut from_client, &mut to_server).await };
    let answers = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match from_server.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) if is_scripts(&buffer) && cut.swap(false, Ordering::SeqCst) => return,
                Ok(n) => {
                    if to_client.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        _ = requests => {}
        () = answers => {}
    }
}

/// A string that begins with the length of one answer and its kind; greetings and INFO
/// are other things.
fn is_scripts(answer: &[u8]) -> bool {
    let bulk = answer.strip_prefix(b"$").unwrap_or_default();
    let behind = bulk.iter().position(|byte| *byte == b'\n').map(|at| &bulk[at + 1..]);
    matches!(behind, Some([_, _, b'N' | b'R', ..]))
}
