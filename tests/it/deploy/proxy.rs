//! `deploy/Caddyfile`, in a real Caddy: what a server behind it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::deploy;
use crate::need;
use crate::redis_server::free_port;

const DEADLINE: Duration = Duration::from_secs(20);

/// Caddy on a port of its own, without TLS.
pub struct Caddy {
    pub port: u16,
    child: Child,
    folder: tempfile::TempDir,
}

impl Caddy {
    /// Before the server at that address.
    pub fn before(upstream: &str) -> Option<Self> {
        let program = need::program("caddy")?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = Command::new(program)
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(deploy("Caddyfile"))
            .env("ADMIN", format!("127.0.0.1:{}", free_port()))
            .env("SITE", format!("http://id.example.cn:{port}"))
            .env("UPSTREAM", upstream)
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("caddy starts");
        let mut caddy = Self { port, child, folder };
        let deadline = Instant::now() + DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = caddy.child.try_wait().expect("a child");
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "caddy does not start: {ended:?}"
            );
            std::thread::yield_now();
        }
        Some(caddy)
    }

    fn ask(&self, path: &str, headers: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connected");
        stream.set_read_timeout(Some(DEADLINE)).expect("set");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: id.example.cn\r\n{headers}Connection: close\r\n\r\n"
        )
        .expect("sent");
        stream
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Caddy before a server that is the test.
struct Proxy {
    caddy: Caddy,
    behind: TcpListener,
}

impl Proxy {
    fn start() -> Option<Self> {
        let behind = TcpListener::bind("127.0.0.1:0").expect("a port");
        let caddy = Caddy::before(&behind.local_addr().expect("bound").to_string())?;
        Some(Self { caddy, behind })
    }

    /// The head of the next request that comes through, in small letters.
    fn passed_on(&self) -> String {
        let (mut stream, _) = self.behind.accept().expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("set");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a whole head");
            head.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("answered");
        String::from_utf8_lossy(&head).to_lowercase()
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn caddy_passes_on_the_clients_address_and_nothing_that_the_client_made_up() {
    let Some(proxy) = Proxy::start() else { return };
    let made_up = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.example\r\n\
                   Forwarded: for=203.0.113.9;host=evil.example\r\nX-Request-Id: mine\r\n";
    let asked = proxy.caddy.ask("/5/ABC?lang=en", made_up);
    let head = proxy.passed_on();
    assert!(head.starts_with("get /5/abc?lang=en http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-forwarded-for: 127.0.0.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-forwarded-host: id.example.cn\r\n"), "{head}");
    assert!(head.contains("\r\nx-request-id: "), "{head}");
    for word in ["203.0.113.9", "evil", "mine", "\r\nforwarded:"] {
        assert!(!head.contains(word), "{word}: {head}");
    }
    assert!(answer(asked).starts_with("HTTP/1.1 204"));
}

#[test]
fn caddy_shows_metrics_to_nobody() {
    let Some(proxy) = Proxy::start() else { return };
    for path in ["/metrics", "/metrics/", "/METRICS", "/%6detrics", "//metrics", "/x/../metrics"] {
        // Answered without the server behind, which would never answer here.
        let answer = answer(proxy.caddy.ask(path, ""));
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 308"),
            "{path}: {answer}"
        );
    }
}

/// As long as a server takes that is started again.
#[test]
fn caddy_lets_a_buyer_wait_for_a_server_that_is_started_again() {
    let Some(Proxy { caddy, behind }) = Proxy::start() else { return };
    let at = behind.local_addr().expect("bound");
    drop(behind);
    let mut asked = caddy.ask("/5/ABC", "");
    asked.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let early = asked.read(&mut [0]).expect_err("nothing yet, where a proxy might say 502");
    assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);
    asked.set_read_timeout(Some(DEADLINE)).expect("set");
    let proxy = Proxy { caddy, behind: TcpListener::bind(at).expect("the port again") };
    assert!(proxy.passed_on().starts_with("get /5/abc "));
    assert!(answer(asked).starts_with("HTTP/1.1 204"));
}

#[test]
fn caddys_log_of_a_server_that_is_gone_names_no_code_and_no_address() {
    let Some(proxy) = Proxy::start() else { return };
    let Proxy { caddy, behind } = proxy;
    let asked = caddy.ask("/5/SECRETCODE", "User-Agent: SECRETAGENT\r\n");
    drop(behind.accept().expect("a connection"));
    drop(behind);
    assert!(answer(asked).starts_with("HTTP/1.1 502"));
    // The line may be written behind the answer.
    let deadline = Instant::now() + DEADLINE;
    let log = loop {
        let log = std::fs::read_to_string(caddy.folder.path().join("log")).expect("a log");
        if let Some((lines, _)) = log.rsplit_once('\n').filter(|(log, _)| log.contains("502")) {
            break lines.to_owned();
        }
        assert!(Instant::now() < deadline, "{log}");
        std::thread::yield_now();
    };
    for word in ["SECRET", "remote_ip", "headers"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
}
