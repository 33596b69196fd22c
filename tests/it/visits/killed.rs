//! `kill -9` of the server while a phone sends: what was answered is there, and
//! nothing is there twice or by half.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use zhenma::auth::office::{FIRST, Seat};
use zhenma::auth::port::AccountLedger;
use zhenma::auth::{Account, Role, password};
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::store::sql::Ledger;

use super::{batch, record, visit};
use crate::site::{Site, kill};
use crate::store_contract::bed::Dice;

const ROUNDS: u64 = 6;
const RECORDS_A_ROUND: usize = 40;
const PASSWORD: &str = "a long enough sentence";

async fn sign_in(site: &Site, client: &Client) -> Option<String> {
    let url = format!("http://127.0.0.1:{}/officer/sign-in", site.port);
    let form = [("login", "officer"), ("password", PASSWORD)];
    let answer = client.post(url).form(&form).send().await.ok()?;
    let cookie = answer.headers().get("set-cookie")?.to_str().ok()?;
    Some(cookie.split(';').next()?.to_owned())
}

/// Sends until the call is answered.
async fn send(site: &Site, client: &Client, cookie: &str, body: &Value) -> Option<Value> {
    let url = format!("http://127.0.0.1:{}/officer/field/records", site.port);
    let answer = client.post(url).header("cookie", cookie).json(body).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    answer.json().await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_keeps_what_it_answered_and_takes_nothing_twice() {
    let mut site = Site::new("embedded");
    let path = std::path::Path::new(&site.file("data")).join("ledger.sqlite");
    let now = SystemClock.now();
    let ledger = Ledger::open(&path, now).await.expect("opens");
    let account = Account {
        login: "officer".to_owned(),
        name: "王芳".to_owned(),
        role: Role::Officer { office: FIRST, seat: Seat::Officer },
        password_hash: Some(password::hash(PASSWORD)),
        created_at: now,
        disabled_at: None,
    };
    ledger.add_account(&account, &By::shell(now)).await.expect("added");
    ledger.close().await;
    let client = Client::builder()
        .redirect(Policy::none())
        .timeout(Duration::from_secs(5))
        .build()
        .expect("a client");
    site.start_serve();
    crate::faults::load::eventually("somebody can sign in", || async {
        sign_in(&site, &client).await.is_some()
    })
    .await;
    let cookie = sign_in(&site, &client).await.expect("a session");
    let begun = visit("老王烟酒店");
    let mut all = vec![begun.clone()];
    crate::faults::load::eventually("the visit is taken", || async {
        send(&site, &client, &cookie, &batch(&all)).await.is_some()
    })
    .await;
    let (seed, mut answered) = (7, 1);
    eprintln!("seed {seed}");
    let mut dice = Dice(seed);
    for _ in 0..ROUNDS {
        let some: Vec<_> = (0..RECORDS_A_ROUND)
            .map(|n| record("note", &json!({"visit": begun["id"], "text": format!("{n}")})))
            .collect();
        all.extend(some.iter().cloned());
        let body = batch(&some);
        let mut server = site.serve.take();
        let wait = Duration::from_micros(500 + dice.roll(12_000));
        let sent = send(&site, &client, &cookie, &body);
        let ended = async {
            tokio::time::sleep(wait).await;
            kill(&mut server);
        };
        let (first, ()) = tokio::join!(sent, ended);
        if let Some(first) = first {
            let states = first["records"].as_array().expect("a list");
            assert!(states.iter().all(|answer| answer["state"] == "accepted"));
            answered += RECORDS_A_ROUND;
        }
        // Half of a call is never there.
        let kept = rows(&path);
        assert!((kept.len() - 1).is_multiple_of(RECORDS_A_ROUND), "{} rows", kept.len());
        assert!(kept.len() >= answered);
        site.start_serve();
        let mut last = None;
        crate::faults::load::eventually("the phone is answered", || async {
            send(&site, &client, &cookie, &body).await.is_some()
        })
        .await;
        for _ in 0..2 {
            last = send(&site, &client, &cookie, &body).await;
        }
        let last = last.expect("an answer");
        let states = last["records"].as_array().expect("a list");
        assert!(states.iter().all(|answer| answer["state"] == "repeated"), "{last}");
        answered = all.len();
    }
    let wanted: BTreeSet<String> =
        all.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(rows(&path), wanted);
}

fn rows(path: &std::path::Path) -> BTreeSet<String> {
    let ledger =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opens");
    let mut rows = ledger.prepare("SELECT id FROM field_records").expect("prepared");
    let ids: Vec<String> =
        rows.query_map([], |row| row.get(0)).expect("read").map(|id| id.expect("text")).collect();
    let distinct: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(distinct.len(), ids.len());
    distinct
}
