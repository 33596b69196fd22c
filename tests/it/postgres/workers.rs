//! Two servers and two workers on one PostgreSQL and one Redis: one worker works,
//! and the other goes on when it is killed.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::postgres_server::PostgresServer;
use crate::redis_server::{RedisServer, free_port};
use crate::site::Site;

/// Within which another worker has taken over and caught up.
const MOVED_MAX: Duration = Duration::from_secs(10);
const START_MAX: Duration = Duration::from_secs(60);

/// A process of the site with a log of its own.
struct Process {
    child: Child,
    log: String,
}

impl Process {
    fn start(site: &Site, word: &str, name: &str, port: u16) -> Self {
        let log = site.file(name);
        let child = site
            .command(&[word])
            .env("ZHENMA_LISTEN", format!("127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("zhenma starts");
        Self { child, log }
    }

    fn says(&self, words: &str) -> bool {
        std::fs::read_to_string(&self.log).unwrap_or_default().contains(words)
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("killed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn wait(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Scans through a server until each is recorded.
async fn scan(site: &Site, port: u16, labels: std::ops::Range<usize>) {
    let client = reqwest::Client::new();
    for (_, text) in &site.labels[labels] {
        let body = json!({ "code": text, "scan_id": Uuid::from_bytes(zhenma::base::rng::bytes()) });
        let deadline = Instant::now() + START_MAX;
        loop {
            let url = format!("http://127.0.0.1:{port}/api/v1/scans");
            if let Ok(answer) = client.post(&url).json(&body).send().await
                && let Ok(answer) = answer.json::<Value>().await
                && answer["recorded"] == true
            {
                assert_eq!(answer["outcome"], "genuine", "{answer}");
                break;
            }
            assert!(Instant::now() < deadline, "a scan is never recorded");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_worker_works_and_the_other_goes_on_when_it_is_killed() {
    let Some(server) = PostgresServer::shared() else { return };
    let Some(redis) = RedisServer::start() else { return };
    let url = server.database();
    let site = Site::on(&redis.url(), Some(url.clone()));
    let (one, two) = (free_port(), free_port());
    let _servers = [
        Process::start(&site, "serve", "serve-1", one),
        Process::start(&site, "serve", "serve-2", two),
    ];
    let mut workers = [
        Process::start(&site, "worker", "worker-1", one),
        Process::start(&site, "worker", "worker-2", two),
    ];
    let followed = || server.sql(&url, "SELECT COUNT(*) FROM scans").trim().to_owned();
    let working = |workers: &[Process; 2]| {
        workers.iter().position(|w| w.says("\"working\"") || w.says(" working "))
    };

    wait("a worker works", START_MAX, || working(&workers).is_some()).await;
    wait("the other waits", START_MAX, || {
        workers.iter().any(|worker| worker.says("another process works"))
    })
    .await;
    scan(&site, one, 0..10).await;
    scan(&site, two, 10..20).await;
    wait("both servers' scans are followed", START_MAX, || followed() == "20").await;

    let dead = working(&workers).expect("one works");
    workers[dead].kill();
    scan(&site, two, 20..30).await;
    wait("the other worker goes on", MOVED_MAX, || followed() == "30").await;
    assert!(workers[1 - dead].says("working"), "the other one works");

    // Killed too, and the first comes back.
    workers[1 - dead].kill();
    workers[dead] = Process::start(&site, "worker", "worker-3", one);
    scan(&site, one, 30..40).await;
    wait("it is the worker again", START_MAX, || followed() == "40").await;

    let twice = "SELECT COUNT(*) - COUNT(DISTINCT (payload, scan_tag)) FROM scans";
    assert_eq!(server.sql(&url, twice).trim(), "0", "a scan is there twice");
    let terms = server.sql(&url, "SELECT term FROM leases WHERE work = 'worker'");
    assert_eq!(terms.trim(), "3");
    let counted = server.sql(&url, "SELECT CAST(SUM(scans) AS BIGINT) FROM scan_days");
    assert_eq!(counted.trim(), "40", "each scan is counted once");
}
