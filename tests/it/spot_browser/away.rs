//! Phones that come back to another state of things than they left: refused, late,
//! revoked.

#![allow(clippy::disallowed_types, reason = "a server of the test alone")]

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use zhenma::auth::office::FIRST;
use zhenma::auth::port::AccountLedger;
use zhenma::base::{By, Clock, clock::SetClock, clock::SystemClock};
use zhenma::registry::BatchRef;
use zhenma::visits::Visit;
use zhenma::visits::port::{VisitLedger, VisitLine};

use super::{Goods, has, made};
use crate::faults::load::eventually;
use crate::http_browser::Browser;
use crate::staff_bed::StaffBed;

type Step = (String, oneshot::Sender<Value>);

/// Where a script asks for its steps, and where they come out.
async fn conductor() -> (String, mpsc::Receiver<Step>) {
    let (steps, asked) = mpsc::channel::<Step>(1);
    let take = move |Path(step): Path<String>| async move {
        let (reply, answer) = oneshot::channel();
        steps.send((step, reply)).await.expect("somebody listens");
        Json(answer.await.expect("an answer"))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().route("/{step}", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), asked)
}

/// Runs a script; `act` does each step that it asks for.
async fn run(
    browser: &Browser,
    script: &str,
    cookie: &str,
    mut arguments: Vec<String>,
    act: impl AsyncFn(&str) -> Value,
) -> Value {
    let (url, mut asked) = conductor().await;
    arguments.push(url);
    let steps = async {
        while let Some((step, reply)) = asked.recv().await {
            let answer = act(&step).await;
            reply.send(answer).expect("the script waits");
        }
    };
    let said = tokio::select! {
        said = browser.run(script, Some(cookie), &arguments) => said,
        () = steps => panic!("nobody asks any more"),
    };
    serde_json::from_str(&said).expect("JSON")
}

async fn only_visit(bed: &StaffBed) -> VisitLine {
    let mut visits = bed.parts.ledger.field_visits(FIRST, None, 10).await.expect("a list");
    assert_eq!(visits.len(), 1, "{visits:?}");
    visits.remove(0)
}

#[tokio::test]
async fn what_the_server_refuses_stays_on_the_phone_until_it_is_mended_or_deleted_by_a_tap() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed).await;
    let officer = bed.person("officer").await;
    let arguments = [bed.base.clone(), goods.code("good").to_owned()];
    let said = browser.run("field_refused.mjs", Some(&officer.cookie()), &arguments).await;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(has(&said["refused"], "被检查单位填写有误"), "{said}");
    assert!(has(&said["refused"], "属于这次检查的3条记录随它一起保留"), "{said}");
    assert!(has(&said["lock"], "5 were refused"), "{said}");
    assert!(has(&said["left"], "照片"), "{said}");
    assert_eq!((&said["again"], &said["waiting"]), (&json!(422), &json!("无待发")), "{said}");
    let visit = only_visit(&bed).await;
    assert_eq!((visit.checks, visit.photos), (1, 1));
    let id = visit.opening.record.id;
    let records = bed.parts.ledger.visit_records(FIRST, id).await.expect("records");
    let visit = Visit::fold(&records).expect("a visit");
    assert_eq!(visit.opening.fact.seller.name, "老街烟酒店");
    assert_eq!((records.len(), visit.notes.len()), (4, 1));
}

/// Labels of the phone that is late; a third of them is recalled meanwhile.
const CHECKED: usize = 398;
const RECALLED: usize = 133;

#[tokio::test]
async fn a_phone_answers_at_once_and_the_server_has_the_last_word() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(12).await;
    let codes = bed.codes(&batch).await;
    known(&bed, &batch, false).await;
    let cookie = bed.person("officer").await.cookie();
    let arguments = vec![bed.base.clone(), codes[0].clone(), codes[3].clone()];
    let said = run(&browser, "field_answer.mjs", &cookie, arguments, async |step: &str| {
        assert_eq!(step, "recall");
        recall(&bed, &batch, 3, 4).await;
        json!({})
    })
    .await;
    for name in ["good", "recalled", "hanging", "offline"] {
        let first = &said[name]["first"];
        // Without any network the server may have failed before the kit answered.
        let shown = if name == "offline" { "answer genuine" } else { "answer genuine asking" };
        assert!(has(&first["shown"], shown), "the phone's own: {name}: {first}");
        assert!(has(&first["source"], "本机离线结果 · 离线包制作于"), "{name}: {first}");
    }
    assert!(has(&said["good"]["last"]["source"], "联网结果"), "{said}");
    let last = &said["recalled"]["last"];
    assert_eq!(last["shown"], "answer withdrawn", "{said}");
    assert!(has(&last["findings"], "本机离线时显示的是“签名有效”"), "{said}");
    assert!(has(&said["late"], "已停止销售"), "{said}");
    let last = &said["hanging"]["last"];
    assert!(has(&last["findings"], "没有等到联网结果"), "{said}");
    assert!(has(&said["offline"]["last"]["source"], "离线包制作于"), "{said}");
    eprintln!("milliseconds to the first and to the last answer: {}", said["ms"]);
}

async fn recall(bed: &StaffBed, batch: &str, first: usize, last: usize) {
    let path = format!("/api/v1/batches/{batch}/ranges");
    let body = json!({"state": "void", "first": first, "last": last,
        "reason": {"zh": "瓶盖破损", "en": "broken caps"}});
    let (status, said) =
        bed.send(bed.program("administrator", Method::POST, &path).json(&body)).await;
    assert_eq!(status, 201, "{said}");
    of_register(bed, batch, true).await;
}

/// Waits until register and kit know the batch, and what is recalled of it.
async fn known(bed: &StaffBed, batch: &str, recalled: bool) {
    of_register(bed, batch, recalled).await;
    made(bed).await;
}

async fn of_register(bed: &StaffBed, batch: &str, recalled: bool) {
    let id: BatchRef = batch.parse().expect("a batch");
    eventually("the register knows the batch", || async {
        let register = bed.parts.scanner.register.load();
        let facts = register.batches.get(&id);
        facts.is_some_and(|facts| facts.withdrawals().next().is_some() == recalled)
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_comes_back_after_80_hours_sends_400_records_once_a_third_overtaken() {
    let Some(browser) = Browser::find() else { return };
    let start = SystemClock.now();
    let clock = Arc::new(SetClock::new(start));
    let bed = StaffBed::start_by(Arc::<SetClock>::clone(&clock), |_| {}).await;
    let batch = bed.batch(CHECKED as u64).await;
    let codes = bed.codes(&batch).await;
    known(&bed, &batch, false).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("codes.json");
    std::fs::write(&file, json!(codes).to_string()).expect("written");
    let cookie = bed.person("officer").await.cookie();
    let arguments = vec![bed.base.clone(), file.display().to_string()];
    let said = run(&browser, "field_late.mjs", &cookie, arguments, async |step: &str| {
        assert_eq!(step, "80h");
        recall(&bed, &batch, 1, RECALLED).await;
        clock.set(start.plus_ms(80 * 3_600_000));
        known(&bed, &batch, true).await;
        json!({"cookie": bed.person("officer").await.cookie()})
    })
    .await;

    assert_eq!(said["shown"], json!({"genuine": CHECKED}), "{said}");
    assert!(has(&said["locked"], "72小时"), "{said}");
    assert!(has(&said["waiting"], "待发 400"), "{said}");
    assert!(has(&said["left"], "本机仍加密存有400条记录"), "{said}");
    assert!(has(&said["age"], "离线包"), "the kit answers again: {said}");
    assert_eq!(said["told"].as_array().map(Vec::len), Some(RECALLED), "{said}");
    eprintln!("400 records after 80 hours were sent in {} ms", said["ms"]);

    let visit = only_visit(&bed).await;
    let counts = (visit.checks as usize, visit.overtaken as usize);
    assert_eq!(counts, (CHECKED, RECALLED), "each once");
    let id = visit.opening.record.id;
    let records = bed.parts.ledger.visit_records(FIRST, id).await.expect("records");
    assert_eq!(records.len(), 400);
}

#[tokio::test]
async fn what_a_revoked_officer_recorded_stays_sealed_until_a_supervisor_takes_it_in() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed).await;
    let (officer, supervisor) = (bed.person("officer").await, bed.person("supervisor").await);
    let arguments = vec![bed.base.clone(), goods.code("good").to_owned(), supervisor.cookie()];
    let act = async |step: &str| {
        let ledger = &bed.parts.ledger;
        match step {
            "closed" => {
                let by = By::shell(SystemClock.now());
                json!(ledger.disable_account("officer", &by).await.expect("closed"))
            }
            _ => json!(ledger.field_visits(FIRST, None, 10).await.expect("a list").len()),
        }
    };
    let said = run(&browser, "field_others.mjs", &officer.cookie(), arguments, act).await;
    assert!(has(&said["offline"], "离线包制作于"), "{said}");
    assert!(has(&said["left"], "仍加密存在本机"), "{said}");
    assert!(has(&said["left"], "主管在本机登录后代为接收"), "says how to hand it over: {said}");
    assert!(has(&said["left"], "本机仍加密存有3条记录"), "{said}");
    assert_eq!(said["checks"], false, "a revoked officer checks no more: {said}");
    assert_eq!(said["kept"], 0, "nothing of a closed account is accepted: {said}");
    assert!(has(&said["others"], "officer：3条记录"), "{said}");
    let visit = only_visit(&bed).await;
    assert_eq!((visit.checks, &*visit.opening.arrival.recorded_by), (2, "officer"));
}
