//! What a buyer is told while Redis fails, or PostgreSQL for longer than a recall may
//! be unheard of: `cannot_confirm`, in time, and the real answer again when it is back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;
use zhenma::base::limits::REGISTER_AGE_S_MAX;

use crate::postgres_server::PostgresServer;
use crate::redis_server::{RedisServer, free_port};
use crate::site::Site;

/// Issue 3: within one second.
const ANSWER_MAX: Duration = Duration::from_secs(1);
const RECOVERY_MAX: Duration = Duration::from_secs(20);

struct Buyer<'a> {
    site: &'a Site,
    client: reqwest::Client,
    scans: u128,
}

impl Buyer<'_> {
    /// Scans the label once more.
    async fn scan(&mut self, label: usize) -> reqwest::Result<Value> {
        self.scans += 1;
        let id = Uuid::from_u128(self.scans);
        let body = json!({ "code": self.site.labels[label].1, "scan_id": id });
        let url = format!("http://127.0.0.1:{}/api/v1/scans", self.site.port);
        self.client.post(url).json(&body).send().await?.error_for_status()?.json().await
    }

    async fn is_told_that_nothing_can_be_confirmed(&mut self, fault: &str) {
        for label in 0..5 {
            let start = Instant::now();
            let answer = self.scan(label).await.expect("answered");
            assert!(start.elapsed() < ANSWER_MAX, "{fault}: {:?}", start.elapsed());
            assert_eq!(answer["outcome"], "cannot_confirm", "{fault}: {answer}");
            assert_eq!(answer["recorded"], false, "{fault}: {answer}");
        }
    }

    async fn is_told_the_truth_again(&mut self, after: &str) {
        let deadline = Instant::now() + RECOVERY_MAX;
        loop {
            // The server may just be starting.
            let answer = self.scan(6).await.unwrap_or_default();
            if answer["recorded"] == true {
                assert_ne!(answer["outcome"], "cannot_confirm", "after {after}: {answer}");
                return;
            }
            assert!(Instant::now() < deadline, "not after {after}: {answer}\n{}", self.site.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_redis_never_makes_an_answer_late_or_wrong() {
    let Some(mut redis) = RedisServer::start() else { return };
    let mut site = Site::new(&redis.url());
    site.start_serve();
    let client = reqwest::Client::new();
    let mut buyer = Buyer { site: &site, client, scans: 0 };
    buyer.is_told_the_truth_again("the start").await;

    redis.signal("STOP");
    buyer.is_told_that_nothing_can_be_confirmed("stopped").await;
    redis.signal("CONT");
    buyer.is_told_the_truth_again("stopping").await;

    redis.command::<()>("SCRIPT FLUSH");
    let answer = buyer.scan(7).await.expect("answered");
    assert_eq!(answer["recorded"], true, "lost scripts: {answer}");

    redis.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    buyer.is_told_that_nothing_can_be_confirmed("read-only").await;
    redis.command::<()>("REPLICAOF NO ONE");
    buyer.is_told_the_truth_again("read-only").await;

    redis.command::<()>("CONFIG SET maxmemory 1mb");
    buyer.is_told_that_nothing_can_be_confirmed("out of memory").await;
    redis.command::<()>("CONFIG SET maxmemory 0");
    buyer.is_told_the_truth_again("out of memory").await;

    redis.kill();
    buyer.is_told_that_nothing_can_be_confirmed("killed").await;
    redis.restart();
    buyer.is_told_the_truth_again("its death").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_look_whether_a_label_was_recalled_calls_none_genuine() {
    let (Some(redis), Some(postgres)) = (RedisServer::start(), PostgresServer::durable()) else {
        return;
    };
    let mut site = Site::on(&redis.url(), Some(postgres.database()));
    site.start_serve();
    let client = reqwest::Client::new();
    let mut buyer = Buyer { site: &site, client, scans: 0 };
    buyer.is_told_the_truth_again("the start").await;

    postgres.end("QUIT");
    let gone = Instant::now();
    let answer = buyer.scan(7).await.expect("answered");
    assert_eq!(answer["outcome"], "genuine", "for a moment it knows enough: {answer}");
    tokio::time::sleep(Duration::from_secs(REGISTER_AGE_S_MAX + 1)).await;
    for label in 8..12 {
        let answer = buyer.scan(label).await.expect("answered");
        assert_eq!(answer["outcome"], "cannot_confirm", "after {:?}: {answer}", gone.elapsed());
        assert_eq!(answer["reasons"][0]["code"], "register_unavailable", "{answer}");
        assert_eq!(answer["recorded"], true, "its history goes on: {answer}");
    }
    let mut forged = buyer.site.labels[13].1.clone();
    let other = if &forged[70..71] == "A" { "B" } else { "A" };
    forged.replace_range(70..71, other);
    let body = json!({ "code": forged, "scan_id": Uuid::from_u128(99) });
    let url = format!("http://127.0.0.1:{}/api/v1/scans", site.port);
    let answer = buyer.client.post(url).json(&body).send().await.expect("answered");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["outcome"], "not_genuine", "a bad signature is one: {answer}");

    postgres.run();
    let deadline = Instant::now() + RECOVERY_MAX;
    loop {
        let answer = buyer.scan(14).await.expect("answered");
        if answer["outcome"] != "cannot_confirm" {
            break assert_eq!(answer["outcome"], "genuine", "{answer}");
        }
        assert!(Instant::now() < deadline, "{answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
