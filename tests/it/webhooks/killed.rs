//! The courier, killed in the middle of a delivery: the receiver hears of it
//! again under the same id, and never not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use rusqlite::Connection;
use uuid::Uuid;
use zhenma::auth::office::FIRST;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::inquiry::{InquiryLedger, NewInquiry};
use zhenma::cases::matter::CaseUnit;
use zhenma::cases::port::{FileLedger, NewCase, Seen};
use zhenma::hooks::port::HookLedger;
use zhenma::hooks::{Endpoint, Kind, Secret};
use zhenma::registry::{BatchRef, Uscc};
use zhenma::store::sql::Ledger;

use crate::ledger_bed;
use crate::site::{Site, kill};
use crate::staff_bed::OURS;

fn courier(site: &Site) -> Option<Child> {
    let mut command = site.command(&["courier"]);
    command.env("ZHENMA_WEBHOOK_ALLOW", "127.0.0.0/8").stderr(Stdio::null());
    Some(command.spawn().expect("the courier starts"))
}

/// Takes a message and gives its `webhook-id` and its body; nothing is answered.
fn take(listener: &TcpListener) -> (TcpStream, String, String) {
    let (mut stream, _) = listener.accept().expect("a call");
    let (mut bytes, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut part).expect("readable");
        assert!(read > 0, "the call broke off");
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let field = |name: &str| {
            let found = head.lines().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_else(|| panic!("{name} in {head}")).to_owned()
        };
        if body.len() == field("content-length: ").parse::<usize>().expect("a number") {
            return (stream, field("webhook-id: "), body.to_owned());
        }
    }
}

fn answer(mut stream: &TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("sent");
    // It has read the answer when it lets go of the line.
    assert_eq!(stream.read(&mut [0; 1]).expect("its end"), 0);
}

async fn opened(site: &Site) -> Ledger {
    let path = zhenma::app::paths::ledger(site.file("data").as_ref());
    ledger_bed::open(&path, SystemClock.now()).await.expect("opens")
}

/// Calls this port when such a thing happens.
async fn endpoint(ledger: &Ledger, port: u16, kind: Kind) -> Uuid {
    let now = SystemClock.now();
    let new = Endpoint {
        id: ids::new_id(now),
        enterprise: OURS.to_owned(),
        url: format!("http://127.0.0.1:{port}/"),
        kinds: vec![kind],
        secret: Secret::fresh(),
        old_secret: None,
        created_by: "wang".to_owned(),
        created_at: now,
        failing_since: None,
        ended: None,
    };
    ledger.add_endpoint(&new, &By::shell(now)).await.expect("added");
    new.id
}

/// The same, and sends a trial there.
async fn tried(site: &Site, port: u16) {
    let ledger = opened(site).await;
    let id = endpoint(&ledger, port, Kind::OrderDone).await;
    let of = Uscc::parse(OURS).expect("a code");
    ledger.test_endpoint(&of, id, &By::shell(SystemClock.now())).await.expect("sent");
    ledger.close().await;
}

/// State of the only delivery, when the lease of whoever had it is over.
fn after_the_lease(ledger: &Connection) -> String {
    let sql = "UPDATE webhook_deliveries SET lease_until = MIN(lease_until, 1) RETURNING state";
    ledger.query_row(sql, [], |row| row.get(0)).expect("one delivery")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_courier_killed_before_it_marks_an_answer_delivers_again_under_the_same_id() {
    let site = Site::new("embedded");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    tried(&site, listener.local_addr().expect("an address").port()).await;
    let path = zhenma::app::paths::ledger(site.file("data").as_ref());
    let ledger = Connection::open(path).expect("opens");

    // Before the answer: nobody knows whether it came.
    let mut process = courier(&site);
    let (_unanswered, id, body) = take(&listener);
    kill(&mut process);
    assert_eq!(after_the_lease(&ledger), "pending");

    // Between the answer and the mark, which somebody else's write holds up.
    let mut process = courier(&site);
    let (stream, again, same) = take(&listener);
    assert_eq!((&again, &same), (&id, &body));
    ledger.execute_batch("BEGIN IMMEDIATE").expect("the place of the writer");
    answer(&stream);
    kill(&mut process);
    ledger.execute_batch("ROLLBACK").expect("let go of");
    assert_eq!(after_the_lease(&ledger), "pending");

    let mut process = courier(&site);
    let (stream, again, same) = take(&listener);
    assert_eq!((again, same), (id, body));
    answer(&stream);
    crate::faults::load::eventually("it is marked", || async {
        let sql = "SELECT state FROM webhook_deliveries";
        ledger.query_row(sql, [], |row| row.get::<_, String>(0)).expect("one") == "done"
    })
    .await;
    kill(&mut process);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_an_office_reaches_its_maker_by_a_courier_of_its_own() {
    let site = Site::new("embedded");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let now = SystemClock.now();
    let by = By::shell(now);
    let ledger = opened(&site).await;
    endpoint(&ledger, port, Kind::InquiryOpened).await;
    let (code, text) = &site.labels[3];
    let payload = zhenma::code::read(text).expect("a code").payload;
    let batch = BatchRef { key: payload.key, batch: payload.batch };
    let today = jiff::civil::date(2026, 11, 2);
    let case = NewCase {
        id: ids::new_id(now),
        office: FIRST,
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts: vec![Fact::Unit(CaseUnit::of(&payload, batch, code.number))],
    };
    let file = ledger.open_case(&case, &by).await.expect("opened");
    let asked = NewInquiry {
        id: ids::new_id(now),
        enterprise: Uscc::parse(OURS).expect("a code"),
        text: "是否贵企业印制？".to_owned(),
        photos: Vec::new(),
        due: today.saturating_add(jiff::ToSpan::days(10)),
    };
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today };
    ledger.ask(&seen, &asked, &by).await.expect("asked");
    ledger.close().await;
    let mut courier = courier(&site);
    let (stream, _, body) = take(&listener);
    answer(&stream);
    kill(&mut courier);
    let told: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(told["type"], "inquiry.opened");
    let data = serde_json::json!({"inquiry": asked.id, "labels": 1, "photos": 0,
        "due": "2026-11-12"});
    assert_eq!(told["data"], data);
    assert!(!body.contains(&file.number) && !body.contains(text.as_str()), "{body}");
}
