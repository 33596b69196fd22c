//! `zhenma serve` as a process of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::installation::Installation;
use crate::redis_server::free_port;

const START_MAX: Duration = Duration::from_secs(120);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its start to its first readiness.
    pub ready: Duration,
}

impl Server {
    /// On an installation and a scan store, as the setting names it.
    pub fn start(of: &Installation, scan_store: &str) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_zhenma"))
            .arg("serve")
            .env("ZHENMA_LISTEN", address.to_string())
            .env("ZHENMA_PUBLIC_URL", "https://id.example.cn")
            .env("ZHENMA_DATA", of.path().join("data"))
            .env("ZHENMA_KEYS", of.path().join("keys"))
            .env("ZHENMA_SCAN_STORE", scan_store)
            .env("ZHENMA_TRUSTED_PROXIES", "127.0.0.0/8")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut server = Self { child, address, ready: Duration::ZERO };
        while !server.is_ready() {
            assert!(begun.elapsed() < START_MAX, "it never gets ready");
            assert!(server.child.try_wait().expect("a child").is_none(), "it ended");
            std::thread::sleep(Duration::from_micros(500));
        }
        server.ready = begun.elapsed();
        server
    }

    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address) else { return false };
        let asked =
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
            && answer.contains(r#""status":"ready""#)
    }

    /// Memory that it holds, in megabytes.
    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) * 1024.0 / 1e6
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets the system forget what it holds of the program and of these files, as
/// after a start of the machine.
pub fn forget_pages(folder: &Path) {
    use rustix::fs::{Advice, fadvise};
    let files = std::fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path());
    for path in files.chain([env!("CARGO_BIN_EXE_zhenma").into()]) {
        let Ok(file) = std::fs::File::open(path) else { continue };
        let _ = file.sync_all();
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
    }
}
