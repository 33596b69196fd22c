//! What is written of scans: to the log nothing that names one, to the
//! metrics how many.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::fmt::MakeWriter;

use crate::http_bed::{self as bed, Bed};

/// What is logged to it.
#[derive(Clone, Default)]
pub struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("one thread").clone()).expect("text")
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

// One thread: the log and the metrics of this test are that thread's own.
#[tokio::test]
async fn the_log_names_routes_and_outcomes_and_never_a_code() {
    let paper = Paper::default();
    // With one subscriber alone, tracing lets whichever thread comes first
    // switch a line off for all; other tests' threads have none.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(paper.clone())
        .finish();
    let _log = tracing::subscriber::set_default(log);
    let recorder = zhenma::http::observe::recorder().expect("sound buckets");
    let handle = recorder.handle();
    let _metrics = metrics::set_default_local_recorder(&recorder);

    let bed = Bed::start_with(|mut services| {
        services.metrics = Some(handle);
        services
    })
    .await;
    let phone = bed.phone(41);
    let (good, forged) = (bed::code(1), bed::forged(2));
    let answer = phone.json(&format!("/{good}?lang=en")).await;
    phone.json(&format!("/{forged}")).await;
    phone.json(&bed::gs1_path(3)).await;
    phone.json(&format!("/{}", bed::serial(4))).await;
    let body = serde_json::json!({"code": good, "device": "somebody's phone",
        "location": {"lat": 33.8612, "lon": 115.4837, "accuracy_m": 5}});
    phone.post(body.to_string()).await;
    phone.post(format!("{{\"code\":\"{forged}\"")).await;
    bed.break_store(true);
    phone.json(&format!("/{}", bed::code(5))).await;

    let log = paper.text();
    for said in [
        "/{code}",
        "/01/{gtin}/10/{lot}/21/{serial}",
        "/api/v1/scans",
        "request_id",
        "\"outcome\":\"genuine\"",
        "switched off",
        answer["reference"].as_str().expect("text"),
    ] {
        assert!(log.contains(said), "{said} in {log}");
    }
    // A client's own library may log addresses; what is ours is what counts.
    let ours: Vec<_> = log.lines().filter(|l| l.contains("\"target\":\"zhenma")).collect();
    // A line a question, and two of the one that went wrong.
    assert!(ours.len() >= 9, "{log}");
    let ours = ours.join("\n");
    for secret in [
        &good[..],
        &good[20..60],
        &forged,
        &bed::serial(1),
        &bed::serial(4),
        "somebody",
        "33.86",
        "203.0.41",
        "127.0.0.1",
        answer["scan_id"].as_str().expect("text"),
    ] {
        assert!(!ours.contains(secret), "{secret} in {ours}");
    }

    // What is refused before there is a route for it.
    let mut line = TcpStream::connect(bed.base.trim_start_matches("http://")).await.expect("open");
    line.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("asked");
    line.read_to_end(&mut Vec::new()).await.expect("answered");

    let near = reqwest::get(format!("{}/metrics", bed.base)).await.expect("an answer");
    let metrics = near.text().await.expect("text");
    for line in [
        "zhenma_verdicts_total{outcome=\"genuine\",recorded=\"recorded\"}",
        "zhenma_verdicts_total{outcome=\"cannot_confirm\",recorded=\"failed\"} 1",
        "zhenma_http_requests_total{route=\"/{code}\",method=\"GET\",status=\"200\"} 4",
        "zhenma_http_requests_total{route=\"none\",method=\"GET\",status=\"400\"} 1",
        "zhenma_http_request_seconds_bucket{route=\"/{code}\"",
        "zhenma_store_errors_total{store=\"scans\",call=\"record\",reason=\"unavailable\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(!metrics.contains(&good));
}

#[tokio::test]
async fn the_log_never_names_a_link_a_key_or_a_password() {
    let paper = Paper::default();
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(paper.clone())
        .finish();
    let _log = tracing::subscriber::set_default(log);
    let bed = crate::staff_bed::StaffBed::start().await;
    let spare = crate::people::spare(&bed).await;
    let path = format!("/join/{}", spare.token);
    let anyone = bed.person("anyone").await;
    assert_eq!(anyone.get(&path).await.status(), 200);
    let typed = "a sentence that nobody else has";
    let chosen = [("name", "王"), ("password", typed), ("again", typed)];
    assert_eq!(anyone.post(&path, &chosen).await.status(), 303);
    let owner = bed.person("member").await;
    let wanted = [
        ("login", "guest"),
        ("label", "x"),
        ("days", "9"),
        ("password", crate::staff_bed::PASSWORD),
    ];
    let page = owner.post("/enterprise/keys", &wanted).await.text().await.expect("text");
    let key = crate::consoles::between(&page, "zm_", "<").to_owned();
    let request = bed.ask(reqwest::Method::GET, "/api/v1/batches").bearer_auth(format!("zm_{key}"));
    assert_eq!(bed.send(request).await.0, 200);
    let written = paper.text();
    // Of the server alone: this test's own client writes to the same thread's log.
    let server = |line: &&str| line.contains("\"target\":\"zhenma") || line.contains("sqlx");
    let server: String = written.lines().filter(server).collect();
    assert!(server.contains("/join/{token}"), "{server}");
    for secret in [&*spare.token, typed, &key] {
        assert!(!server.contains(secret), "{secret} is in the log");
    }
}
