//! Bounds, rates, health, keys: what is not the answer itself.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zhenma::base::limits::BODIES_ON_THE_WAY_MAX;
use zhenma::http::rate::Rates;

use crate::http_bed::{self as bed, Bed};

#[tokio::test]
async fn keys_are_published_with_a_tag_that_lasts() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let response = phone.get("/.well-known/jwks.json").await;
    assert_eq!(response.headers()["content-type"], "application/jwk-set+json");
    let tag = response.headers()["etag"].clone();
    let keys: Value = response.json().await.expect("JSON");
    assert_eq!(keys["keys"][1]["status"], "revoked");
    let request = phone.ask(Method::GET, "/.well-known/jwks.json").header("if-none-match", tag);
    assert_eq!(phone.send(request).await.status(), 304);
}

#[tokio::test]
async fn health_says_in_words_what_can_be_lost() {
    let bed = Bed::start().await;
    let ask =
        async |path: &str| reqwest::get(format!("{}{path}", bed.base)).await.expect("an answer");
    assert_eq!(ask("/healthz").await.text().await.expect("text"), "ok\n");
    let ready: Value = ask("/readyz").await.json().await.expect("JSON");
    assert_eq!(
        (&ready["status"], &ready["scan_state"]["durable"]),
        (&"ready".into(), &true.into())
    );
    assert!(ready["scan_state"]["says"].as_str().expect("text").contains("disk"));
    bed.break_store(true);
    // An answer is kept for half a second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let degraded = ask("/readyz").await;
    assert_eq!(degraded.status(), 200, "a proxy must not leave out every server at once");
    let degraded: Value = degraded.json().await.expect("JSON");
    assert_eq!(degraded["status"], "degraded");
    let afar: Value = bed.phone(41).get("/readyz").await.json().await.expect("JSON");
    assert_eq!(afar["scan_state"]["says"], "", "strangers learn nothing of how we are built");
    assert_eq!(bed.phone(41).get("/metrics").await.status(), 404);
}

#[tokio::test]
async fn a_device_that_asks_too_often_is_told_to_wait_and_not_accused() {
    let few = |n| NonZeroU32::new(n).expect("not zero");
    let bed = Bed::start_with(|services| {
        services.with_rates(Rates { device_per_minute: few(3), network_per_minute: few(1000) })
    })
    .await;
    let phone = bed.phone(41);
    let path = format!("/{}", bed::code(1));
    for _ in 0..4 {
        assert_eq!(phone.get(&path).await.status(), 200);
    }
    let request = phone.ask(Method::GET, &path).header("accept", "text/html");
    let refused = phone.send(request).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("s");
    assert!((1..=60).contains(&wait));
    let html = refused.text().await.expect("text");
    assert!(html.contains("这不说明标签有任何问题") && !html.contains("12315"), "{html}");
    let post = phone.post(r#"{"code":"A"}"#).await;
    assert_eq!(post.status(), 429);
    assert_eq!(post.headers()["content-type"], "application/problem+json");
    assert_eq!(bed.phone(44).get(&path).await.status(), 200, "others are not held up");
}

#[tokio::test]
async fn a_network_that_reads_codes_off_a_list_is_slowed_down() {
    let few = |n| NonZeroU32::new(n).expect("not zero");
    let bed = Bed::start_with(|services| {
        services.with_rates(Rates { device_per_minute: few(1000), network_per_minute: few(5) })
    })
    .await;
    let mut refused = 0;
    for n in 0..8 {
        let status = bed.phone(41).get(&format!("/{}", bed::code(n))).await.status();
        refused += u32::from(status == 429);
    }
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn problems_are_pages_for_people_and_documents_for_programs() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let page = phone.ask(Method::GET, "/a/b/c").header("accept", "text/html,*/*;q=0.8");
    let page = phone.send(page.header("accept-language", "en")).await;
    assert_eq!(page.status(), 404);
    assert!(page.text().await.expect("text").contains("There is no such page"));
    let document: Value = phone.get("/a/b/c").await.json().await.expect("JSON");
    assert_eq!(document["type"], "urn:zhenma:problem:not_found");
    let method = phone.send(phone.ask(Method::DELETE, "/api/v1/scans")).await;
    assert_eq!(method.status(), 405);
    let method: Value = method.json().await.expect("JSON");
    assert_eq!(method["title"], "Method Not Allowed");
}

#[tokio::test]
async fn request_ids_come_from_us_or_from_a_trusted_proxy() {
    let bed = Bed::start_with(|mut services| {
        services.trusted_proxies = std::sync::Arc::new([]);
        services
    })
    .await;
    let phone = bed.phone(41);
    let given = async |phone: &bed::Phone, id: &str| {
        let request = phone.ask(Method::GET, "/robots.txt").header("x-request-id", id);
        phone.send(request).await.headers()["x-request-id"].to_str().expect("text").to_owned()
    };
    assert_ne!(given(&phone, "abc").await, "abc");
    let behind = Bed::start().await;
    let phone = behind.phone(41);
    assert_eq!(given(&phone, "abc-1").await, "abc-1");
    assert_ne!(given(&phone, "a b").await, "a b");
}

#[tokio::test]
async fn headers_that_never_end_are_cut_off() {
    let bed = Bed::start().await;
    let address = bed.base.strip_prefix("http://").expect("http");
    for (start, status) in [
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "A".repeat(100_000)), "414"),
        (format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(500)), "431"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
        // The server may answer and close before it has read all of it.
        let _ = stream.write_all(start.as_bytes()).await;
        let mut answer = [0; 64];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
        let n = read.expect("an answer in time").expect("an answer");
        let head = String::from_utf8_lossy(&answer[..n]).into_owned();
        assert!(head.contains(" 431") || head.contains(&format!(" {status}")), "{head}");
    }
}

/// As many as may be read at once, and some more, all of whose bodies stay away.
#[tokio::test]
async fn bodies_that_do_not_come_keep_no_buyer_out() {
    let bed = Bed::start().await;
    let address = bed.base.strip_prefix("http://").expect("http");
    let head = format!(
        "POST /api/v1/scans HTTP/1.1\r\nhost: {}\r\ncontent-length: 100\r\n\r\n{{",
        bed::HOST
    );
    let mut slow = Vec::new();
    for _ in 0..BODIES_ON_THE_WAY_MAX + 8 {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
        stream.write_all(head.as_bytes()).await.expect("written");
        slow.push(stream);
    }
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/scans", bed.base);
    let post = || client.post(&url).json(&serde_json::json!({"code": bed::code(1)})).send();
    assert_eq!(post().await.expect("an answer").status(), 503, "one body more");
    let page = client.get(format!("{}/{}", bed.base, bed::code(2))).send().await;
    assert_eq!(page.expect("an answer").status(), 200, "a buyer");
    // Their time is over, and the next are read again.
    crate::faults::load::eventually("bodies are read", || async {
        post().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_answers_what_is_in_work() {
    let bed = Bed::start().await;
    let address = bed.base.strip_prefix("http://").expect("http").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.expect("connects");
    let body = format!("{{\"code\":\"{}\"}}", bed::code(1));
    let (first, rest) = body.split_at(20);
    let head = format!(
        "POST /api/v1/scans HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n{first}",
        bed::HOST,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    // The request is in work once its connection has been taken up.
    let ready = reqwest::get(format!("{}/healthz", bed.base)).await.expect("an answer");
    assert_eq!(ready.status(), 200);
    bed.services.stopping.cancel();
    stream.write_all(rest.as_bytes()).await.expect("written");
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer));
    read.await.expect("in time").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"genuine\""), "{answer}");
}
