//! Documents of a hundred megabytes, sent to a real server: refused, and the
//! memory that it takes does not grow with them.

use std::time::Duration;

use zhenma::auth::port::{AccountLedger, ApiKey};
use zhenma::auth::{Account, Duties, Role, token};
use zhenma::base::{By, Clock, clock::SystemClock};

use crate::faults::load::eventually;
use crate::ledger_bed;
use crate::site::Site;
use crate::staff_bed::OURS;

/// More than the server has when it is idle, MiB.
const GROWTH_MIB_MAX: u64 = 96;
const AT_ONCE: usize = 4;

/// What the process has ever had in memory at once, MiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1_024
}

async fn key(site: &Site) -> String {
    let path = zhenma::app::paths::ledger(site.file("data").as_ref());
    let now = SystemClock.now();
    let ledger = ledger_bed::open(&path, now).await.expect("opens");
    let duties = Duties::parse("owner").expect("duties");
    let owner = Account {
        login: "owner".to_owned(),
        name: "王芳".to_owned(),
        role: Role::Member { enterprise: OURS.to_owned(), duties },
        password_hash: None,
        created_at: now,
        disabled_at: None,
    };
    ledger.add_account(&owner, &By::shell(now)).await.expect("added");
    let (text, hash) = token::new();
    let key = ApiKey {
        hash,
        login: "owner".to_owned(),
        label: "test".to_owned(),
        scope: None,
        created_at: now,
        expires_at: now.plus_ms(86_400_000),
        last_used_at: None,
        made_by: None,
    };
    ledger.add_api_key(&key, &By::shell(now)).await.expect("added");
    ledger.close().await;
    text
}

/// A hundred megabytes of one array of events.
fn document() -> Vec<u8> {
    let event = format!(
        "{{\"type\":\"ObjectEvent\",\"eventID\":\"urn:x:1\",\"epcList\":[\"{}\"]}},",
        "x".repeat(900)
    );
    let head = "{\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\
                \"epcisBody\":{\"eventList\":[";
    let mut out = head.as_bytes().to_vec();
    while out.len() < 100 << 20 {
        out.extend_from_slice(event.as_bytes());
    }
    out
}

/// A shift's file without a line's end.
fn shift() -> Vec<u8> {
    let mut out = b"time,into,item\n".to_vec();
    out.resize(100 << 20, b'1');
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_are_refused_in_bounded_memory() {
    let mut site = Site::new("embedded");
    let token = key(&site).await;
    site.start_serve();
    let process = site.serve.as_ref().expect("it runs").id();
    let base = format!("http://127.0.0.1:{}", site.port);
    let client =
        reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
    eventually("it serves", || async {
        client.get(format!("{base}/healthz")).send().await.is_ok_and(|a| a.status() == 200)
    })
    .await;
    let idle = peak(process);
    for (path, media, bytes) in [
        ("trace/events", "application/json", document()),
        ("trace/imports", "text/csv", shift()),
        ("imports/products", "text/csv", shift()),
    ] {
        let sends = (0..AT_ONCE).map(|_| {
            let request = client.post(format!("{base}/api/v1/{path}")).bearer_auth(&token);
            request.header("content-type", media).body(bytes.clone()).send()
        });
        for sent in futures::future::join_all(sends).await {
            // Whoever sends on while it is refused may meet a closed line.
            match sent {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    assert!(matches!(status, 413 | 429 | 503), "{path}: {status}");
                }
                Err(error) => assert!(!error.is_timeout(), "{path}: {error}"),
            }
        }
        let grown = peak(process) - idle;
        eprintln!("{path}: {idle} MiB idle, {grown} MiB more at most");
        assert!(grown < GROWTH_MIB_MAX, "{path}: {grown} MiB more than idle");
    }
    let served = client.get(format!("{base}/healthz")).send().await.expect("an answer");
    assert_eq!(served.status(), 200);
}
