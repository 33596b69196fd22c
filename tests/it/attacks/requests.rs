//! Requests that two readers may read in two ways, and clients that do not
//! read at all: straight to the server, and by way of a real Caddy.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use zhenma::http::serve_unread;

use crate::deploy::proxy::Caddy;
use crate::http_bed::{self as bed, Bed};

const DEADLINE: Duration = Duration::from_secs(20);
const BODY: &str = r#"{"code":"A"}"#;
const CHUNKED: &str = "c\r\n{\"code\":\"A\"}\r\n0\r\n\r\n";
/// What stands behind each request below, in its body where somebody reads it so.
const NEXT: &str = "GET /robots.txt HTTP/1.1\r\nhost: id.example.cn\r\nconnection: close\r\n\r\n";

/// What comes back until the connection ends.
async fn told(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    // It may be answered and closed before it has been read whole.
    let _ = stream.write_all(request).await;
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    let whole = async {
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            said.extend_from_slice(&piece[..read]);
        }
    };
    tokio::time::timeout(DEADLINE, whole).await.expect("the connection ends");
    String::from_utf8_lossy(&said).into_owned()
}

fn statuses(said: &str) -> Vec<&str> {
    said.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect()
}

/// A scan whose headers after Host are these, and what follows them.
fn scan(headers: &str, rest: &str) -> String {
    format!("POST /api/v1/scans HTTP/1.1\r\nhost: id.example.cn\r\n{headers}\r\n{rest}")
}

/// Requests whose end two readers may see at two places, with the answers that
/// are given; the second of two is that to `NEXT`, where no doubt is left.
fn doubtful() -> Vec<(&'static str, String, &'static [&'static str])> {
    let chunked = "transfer-encoding: chunked\r\n";
    let sized = "content-length: 12\r\n";
    let huge = format!("c;{}\r\n{BODY}\r\n0\r\n\r\n", "a".repeat(100_000));
    let trailers = format!("c\r\n{BODY}\r\n0\r\n{}\r\n", "a: b\r\n".repeat(100_000));
    vec![
        ("two lengths", scan(&format!("{sized}content-length: 0\r\n"), BODY), &["400"]),
        ("a list of lengths", scan("content-length: 12, 12\r\n", BODY), &["400"]),
        ("a length with a sign", scan("content-length: +12\r\n", BODY), &["400"]),
        ("a length below nothing", scan("content-length: -1\r\n", BODY), &["400"]),
        ("one length twice", scan(&format!("{sized}{sized}"), BODY), &["200", "200"]),
        // RFC 9112, 6.1: the coding counts, and the connection ends.
        ("CL.TE", scan(&format!("content-length: 5\r\n{chunked}"), CHUNKED), &["200"]),
        ("TE.CL", scan(&format!("{chunked}content-length: 5\r\n"), CHUNKED), &["200"]),
        ("TE.TE", scan(&format!("{chunked}transfer-encoding: identity\r\n"), CHUNKED), &["400"]),
        ("identity", scan(&format!("transfer-encoding: identity\r\n{sized}"), BODY), &["400"]),
        ("another coding", scan("transfer-encoding: xchunked\r\n", CHUNKED), &["400"]),
        ("chunked is not last", scan("transfer-encoding: chunked, gzip\r\n", CHUNKED), &["400"]),
        ("a blank before the colon", scan("transfer-encoding : chunked\r\n", CHUNKED), &["400"]),
        ("a tab before the coding", scan("transfer-encoding: \x0bchunked\r\n", CHUNKED), &["400"]),
        ("HTTP/1.0", scan(chunked, CHUNKED).replacen("1.1", "1.0", 1), &["400"]),
        ("a folded line", scan(&format!("x: a\r\n b\r\n{sized}"), BODY), &["400"]),
        ("a bare CR", scan(&format!("x: a\r{sized}"), BODY), &["400"]),
        ("NUL in a header", scan(&format!("x: a\0b\r\n{sized}"), BODY), &["400"]),
        ("bare LF", scan(sized, BODY).replace("\r\n", "\n"), &["200", "200"]),
        (
            "an extension of a chunk",
            scan(chunked, &CHUNKED.replacen('c', "c;a=b", 1)),
            &["200", "200"],
        ),
        ("LF in it", scan(chunked, &CHUNKED.replacen('c', "c;a\nb", 1)), &["400"]),
        ("a long one", scan(chunked, &huge), &["400"]),
        ("LF behind a size", scan(chunked, &CHUNKED.replacen("c\r\n", "c\n", 1)), &["400"]),
        ("a size in another writing", scan(chunked, &format!("0x{CHUNKED}")), &["400"]),
        ("a size past 2^64", scan(chunked, &format!("1000000000000000{CHUNKED}")), &["400"]),
        ("many trailers", scan(chunked, &trailers), &["400"]),
    ]
}

#[tokio::test]
async fn a_request_in_the_body_of_another_is_never_answered() {
    let bed = Bed::start().await;
    let address = bed.base.trim_start_matches("http://");
    for (name, request, wanted) in doubtful() {
        let said = told(address, format!("{request}{NEXT}").as_bytes()).await;
        assert_eq!(statuses(&said), wanted, "{name}: {said}");
    }
    let get =
        format!("GET / HTTP/1.1\r\nhost: id.example.cn\r\ncontent-length: {}\r\n\r\n", NEXT.len());
    let said = told(address, format!("{get}{NEXT}").as_bytes()).await;
    assert_eq!(statuses(&said), ["200"], "a body that nobody asked for: {said}");
    let chunk = scan("transfer-encoding: chunked\r\n", "z\r\n") + NEXT;
    let said = told(address, chunk.as_bytes()).await;
    assert!(said.contains("urn:zhenma:problem:body_broken_off"), "{said}");
}

/// Caddy keeps connections to the server and sends the requests of all over them: a
/// request that the two end at two places would be answered to somebody else.
#[tokio::test]
async fn nobody_behind_caddy_gets_an_answer_to_what_another_hid() {
    let bed = Bed::start().await;
    let Some(caddy) = Caddy::before(bed.base.trim_start_matches("http://")) else { return };
    let address = format!("127.0.0.1:{}", caddy.port);
    for (name, request, _) in doubtful() {
        let said = told(&address, format!("{request}{NEXT}").as_bytes()).await;
        assert!(statuses(&said).len() <= 2, "{name}: {said}");
        // Caddy may or may not let it through; whoever comes next is answered what
        // was asked for.
        for _ in 0..2 {
            let asked = "GET /healthz HTTP/1.1\r\nhost: id.example.cn\r\nconnection: close\r\n\r\n";
            let said = told(&address, asked.as_bytes()).await;
            assert!(
                said.starts_with("HTTP/1.1 200") && said.ends_with("\r\n\r\nok\n"),
                "{name}: {said}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_has_one_host_and_its_target_stands_for_it() {
    let bed = Bed::start_with(|mut services| {
        services.trusted_proxies = Arc::new([]);
        services
    })
    .await;
    let address = bed.base.trim_start_matches("http://");
    let (mut number, close) = (100, "accept: application/json\r\nconnection: close\r\n\r\n");
    let mut ask = async |target: &str, version: &str, hosts: &str| {
        number += 1;
        let code = bed::code(number);
        told(address, format!("GET {target}/{code} HTTP/{version}\r\n{hosts}{close}").as_bytes())
            .await
    };
    for (target, hosts) in [
        ("", ""),
        ("", "host: id.example.cn\r\nhost: id.example.cn\r\n"),
        ("", "host: id.example.cn\r\nhost: cheap.example\r\n"),
        ("", "host: id.example.cn/a\r\n"),
        ("", "host: buyer@id.example.cn\r\n"),
        ("", "host: id.example.cn, cheap.example\r\n"),
        ("http://id.example.cn", ""),
        ("http://id.example.cn", "host: a\r\nhost: b\r\n"),
        ("http://buyer@id.example.cn", "host: id.example.cn\r\n"),
    ] {
        let said = ask(target, "1.1", hosts).await;
        assert!(
            said.starts_with("HTTP/1.1 400 ") && said.contains("connection: close"),
            "{target} {hosts}: {said}"
        );
    }
    for (target, version, hosts, outcome) in [
        ("", "1.1", "host: id.example.cn\r\n", "genuine"),
        ("", "1.1", "host: cheap.example\r\n", "suspect"),
        ("", "1.0", "", "genuine"),
        ("http://cheap.example", "1.1", "host: id.example.cn\r\n", "suspect"),
        ("http://id.example.cn", "1.1", "host: cheap.example\r\n", "genuine"),
    ] {
        let said = ask(target, version, hosts).await;
        assert!(said.contains(&format!("\"outcome\":\"{outcome}\"")), "{target} {hosts}: {said}");
    }
}

/// Tells when it is dropped, and its piece of an answer without end with it.
struct Told(Option<oneshot::Sender<()>>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.take().expect("once").send(());
    }
}

#[tokio::test]
async fn who_never_reads_an_answer_is_cut_off() {
    let (dropped, ended) = oneshot::channel();
    let told = Arc::new(Mutex::new(Some(Told(Some(dropped)))));
    let router = Router::new().fallback(move || {
        let told = told.lock().expect("one request").take();
        let pieces = futures::stream::repeat_with(move || {
            let _ = &told;
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 64 * 1024]))
        });
        async move { Body::from_stream(pieces) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    tokio::spawn(serve_unread(listener, router, stop.clone(), Duration::from_millis(500)));
    let mut deaf = TcpStream::connect(address).await.expect("connects");
    deaf.write_all(NEXT.as_bytes()).await.expect("sent");
    tokio::time::timeout(DEADLINE, ended).await.expect("it is cut off").expect("told");
    stop.cancel();
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_to_a_file_that_is_not_served() {
    let bed = Bed::start().await;
    let address = bed.base.trim_start_matches("http://");
    for path in [
        "/../Cargo.toml",
        "/static/../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static/..%2f..%2fCargo.toml",
        "/static/..%5c..%5cCargo.toml",
        "/static/....//Cargo.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/Cargo.toml%00.css",
        "/static/%c0%ae%c0%ae/Cargo.toml",
        "/static/%ff",
        "/static/..;/Cargo.toml",
        "/static/a%0d%0aset-cookie:a=b",
        "//evil.example/%2e%2e",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: id.example.cn\r\nconnection: close\r\n\r\n");
        let said = told(address, request.as_bytes()).await;
        assert!(["404", "308"].contains(&statuses(&said)[0]), "{path}: {said}");
        let head = said.split("\r\n\r\n").next().expect("a head").to_lowercase();
        for word in ["set-cookie", "location: //", "location: http", "evil"] {
            assert!(!head.contains(word), "{path}: {head}");
        }
    }
    // A line that was broken off in an address stays a part of it.
    for path in [
        "/?lang=en%0d%0aset-cookie:a=b",
        "/enterprise?lang=%0d%0aset-cookie:a=b",
        "/check?code=%0d%0aset-cookie:a=b",
        "/%5c%5cevil.example%0d%0aset-cookie:a=b",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: id.example.cn\r\nconnection: close\r\n\r\n");
        let said = told(address, request.as_bytes()).await;
        let head = said.split("\r\n\r\n").next().expect("a head").to_lowercase();
        assert!(!head.contains("\r\nset-cookie:a"), "{path}: {head}");
    }
}
