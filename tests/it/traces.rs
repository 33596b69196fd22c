//! Traces: a collector that is the test takes what a server sends.

use std::process::Stdio;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::site::{Site, kill};

const DEADLINE: Duration = Duration::from_secs(60);

/// Takes one call and answers it: the raw body.
async fn taken(collector: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = collector.accept().await.expect("a call");
    let mut got = Vec::new();
    let body = loop {
        assert!(stream.read_buf(&mut got).await.expect("bytes") > 0, "it ends early");
        let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&got[..end]).to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.expect("a length").trim().parse().expect("a number");
        if got.len() >= end + 4 + length {
            break got[end + 4..].to_vec();
        }
    };
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer.as_bytes()).await.expect("answered");
    body
}

fn spans(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let scopes = request.resource_spans.into_iter().flat_map(|of| of.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

async fn server(site: &mut Site, collector: &TcpListener, per_mille: &str) -> String {
    let endpoint = format!("http://{}", collector.local_addr().expect("bound"));
    let serve = site
        .command(&["serve"])
        .env("ZHENMA_TRACE_ENDPOINT", endpoint)
        .env("ZHENMA_TRACE_PER_MILLE", per_mille)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    site.serve = Some(serve.expect("zhenma starts"));
    let base = format!("http://127.0.0.1:{}", site.port);
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while reqwest::get(format!("{base}/healthz")).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "it does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    base
}

#[tokio::test]
async fn a_collector_is_told_of_requests_and_never_of_a_code() {
    let mut site = Site::new("embedded");
    let collector = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = server(&mut site, &collector, "1000").await;
    let code = site.labels[0].1.clone();
    let client = reqwest::Client::new();
    let scan = client.get(format!("{base}/{code}")).header("accept", "application/json");
    let scan = scan.header("cookie", "zm_device=SECRETDEVICE").header("user-agent", "SECRETAGENT");
    let id = scan.send().await.expect("an answer").headers()["x-request-id"].clone();
    let id = id.to_str().expect("text").to_owned();
    let (mut raw, mut all) = (Vec::new(), Vec::new());
    let of_scan =
        |all: &[Span]| all.iter().position(|span| format!("{:?}", span.attributes).contains(&id));
    while of_scan(&all).is_none() {
        let body = tokio::time::timeout(DEADLINE, taken(&collector)).await.expect("traces in time");
        all.extend(spans(&body));
        raw.extend(body);
    }
    let span = &all[of_scan(&all).expect("found")];
    let said = format!("{:?}", span.attributes);
    for word in ["/{code}", "genuine", "recorded", "GET"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(span.name == "request" && span.end_time_unix_nano > span.start_time_unix_nano);
    let raw = String::from_utf8_lossy(&raw);
    for secret in [&code[..], &code[..20], "SECRET", "127.0.0.1", "zm_device"] {
        assert!(!raw.contains(secret), "{secret} is in a trace");
    }
    assert!(all.iter().all(|span| span.name == "request" && span.events.is_empty()));
    kill(&mut site.serve);
}

#[tokio::test]
async fn without_a_share_nothing_is_sent_and_scans_are_answered() {
    let mut site = Site::new("embedded");
    let collector = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = server(&mut site, &collector, "0").await;
    let answer = reqwest::get(format!("{base}/{}", site.labels[0].1)).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    // Longer than what waits is kept back.
    let called = tokio::time::timeout(Duration::from_secs(5), collector.accept()).await;
    assert!(called.is_err(), "a collector was called for no span");
    kill(&mut site.serve);
}
