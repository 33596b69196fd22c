//! What is late or waits for somebody, told of once each time it is so.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use zhenma::app::alarms::Alarms;
use zhenma::base::clock::SetClock;
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::handoff::port::HandoffLedger;
use zhenma::handoff::{Settings, package::WRONG_CODES_MAX};

use super::target::{Answer, Target};
use super::{add, allowing, uscc};
use crate::faults::load::eventually;
use crate::packages::{Counter, batch, handed_over, house, leaked, ordered};
use crate::staff_bed::StaffBed;

const DAY_MS: i64 = 86_400_000;

/// How often each kind of event came, but for orders that are done.
fn told(target: &Target) -> Vec<(String, usize)> {
    let mut kinds: Vec<_> = target.received().iter().map(|r| r.kind()).collect();
    kinds.retain(|kind| kind != "order.done");
    kinds.sort();
    kinds.chunk_by(|a, b| a == b).map(|same| (same[0].clone(), same.len())).collect()
}

fn data_of(target: &Target, kind: &str) -> serde_json::Value {
    let received = target.received();
    received.iter().find(|r| r.kind() == kind).expect("told").json()["data"].clone()
}

/// A worker that was started just now, at an instant of its own.
fn worker(bed: &StaffBed, clock: &Arc<SetClock>) -> Alarms {
    let clock: Arc<dyn Clock> = clock.clone();
    Alarms::new(bed.parts.ledger.clone(), bed.parts.scanner.clone(), clock)
}

#[tokio::test]
async fn what_is_late_is_told_once_by_however_many_workers_and_again_when_it_is_late_anew() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    let (id, _) = add(&bed, &target.url("/")).await;
    let house = house(&bed, None).await;
    let batch = batch(&bed, 100).await;
    let order = ordered(&bed, &batch, 40, &house).await;
    let package = handed_over(&bed, &order).await;
    let start = SystemClock.now();
    let clock = Arc::new(SetClock::new(start.plus_ms(4 * DAY_MS)));
    let mut alarms = worker(&bed, &clock);
    assert_eq!(alarms.look().await.expect("looked"), 0);
    clock.set(start.plus_ms(6 * DAY_MS));
    assert_eq!(alarms.look().await.expect("looked"), 1);
    assert_eq!(alarms.look().await.expect("looked"), 0);
    assert_eq!(worker(&bed, &clock).look().await.expect("looked"), 0, "after a restart");
    // Built anew, it is waited for anew.
    let planner = bed.person("planner").await;
    let page = format!("/enterprise/packages/{}", package["id"].as_str().expect("an id"));
    assert_eq!(planner.post(&format!("{page}/renew"), &[]).await.status(), 200);
    eventually("it is built again", || async {
        bed.get("viewer", &format!("/api/v1/orders/{order}/package")).await["state"] == "ready"
    })
    .await;
    clock.set(start.plus_ms(7 * DAY_MS));
    assert_eq!(alarms.look().await.expect("looked"), 1);
    clock.set(start.plus_ms(15 * DAY_MS));
    assert_eq!(alarms.look().await.expect("looked"), 1, "the batch");
    assert_eq!(worker(&bed, &clock).look().await.expect("looked"), 0);
    // What was told on a later day is due then; who is enabled anew gets it now.
    let owner = bed.person("member").await;
    for verb in ["disable", "enable"] {
        owner.post(&format!("/enterprise/webhooks/{id}/{verb}"), &[]).await;
    }
    let wanted = [("batch.not_activated".to_owned(), 1), ("package.not_picked_up".to_owned(), 2)];
    eventually("all of it is told", || async { told(&target) == wanted }).await;
    let late = data_of(&target, "package.not_picked_up");
    assert_eq!((&late["number"], &late["batch"]), (&package["number"], &json!(batch)));
    assert_eq!(data_of(&target, "batch.not_activated")["batch"], batch);
}

#[tokio::test]
async fn what_waits_for_a_second_person_is_told_when_it_is_asked_for() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    add(&bed, &target.url("/")).await;
    let small = Settings { approval_labels: 10, ..Settings::default() };
    let by = By::shell(SystemClock.now());
    bed.parts.ledger.set_settings(&uscc(), &small, &by).await.expect("set");
    let batch = bed.batch(40).await;
    let order = json!({"order_key": "large", "batch": batch, "format": "csv"});
    let placed = bed.made("planner", "/api/v1/orders", &order).await;
    assert_eq!(placed["state"], "awaiting_approval");
    // The same order asked for again is the same order.
    bed.send(bed.program("planner", Method::POST, "/api/v1/orders").json(&order)).await;
    let recall = json!({"kind": "recall", "scope": [format!("{batch} 0-9")],
        "reason": {"zh": "瓶盖渗漏", "en": "leaking caps"},
        "remedy": {"zh": "请退货", "en": "bring it back"}});
    let asked = bed.made("quality", "/api/v1/recalls", &recall).await;
    let wanted =
        ["order.awaiting_approval", "recall.awaiting_approval"].map(|kind| (kind.to_owned(), 1));
    eventually("both are told", || async { told(&target) == wanted }).await;
    assert_eq!(data_of(&target, "order.awaiting_approval")["order"], placed["id"]);
    let data = data_of(&target, "recall.awaiting_approval");
    assert_eq!((&data["recall"], &data["labels"]), (&asked["id"], &json!(10)));
}

#[tokio::test]
async fn a_leak_a_closed_pick_up_and_missing_labels_are_told_as_they_happen() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    add(&bed, &target.url("/")).await;
    let house = house(&bed, None).await;
    let batch = batch(&bed, 100).await;
    let order = ordered(&bed, &batch, 40, &house).await;
    let package = handed_over(&bed, &order).await;
    let mut counter = Counter::at(&bed, "198.51.100.7").await;
    counter.enter(&package).await;
    counter.download(1).await;
    leaked(&bed, &package).await;
    leaked(&bed, &package).await;
    let number = package["number"].as_str().expect("a number").replace([' ', '-'], "");
    let by = By::shell(SystemClock.now());
    for _ in 0..WRONG_CODES_MAX + 2 {
        let in_ = bed.parts.ledger.pick_up(&number, &[9; 32], &by).await.expect("asked");
        assert!(in_.is_none());
    }
    let sold = bed.batch(20).await;
    let close = async |missing: &str| {
        let closing = json!({"account": "activated", "day": "2026-11-27", "missing": missing});
        let path = format!("/api/v1/batches/{sold}/closings");
        bed.made("line", &path, &closing).await
    };
    close("").await;
    close("5-7").await;
    let wanted =
        ["closing.missing", "package.closed", "package.leaked"].map(|kind| (kind.to_owned(), 1));
    eventually("each is told", || async { told(&target) == wanted }).await;
    let leak = data_of(&target, "package.leaked");
    assert_eq!((&leak["number"], &leak["planted"]), (&json!(number), &json!(true)));
    let missing = data_of(&target, "closing.missing");
    assert_eq!((&missing["missing"], &missing["ranges"]), (&json!(3), &json!("5-7")));
}
