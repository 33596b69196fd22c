//! Files that are begun and do not come: they keep the own people out, and nobody else.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use zhenma::base::{By, Clock, UnixMs, clock::SystemClock, ids};
use zhenma::http::exports::{EXPORTS_IN_WORK_MAX, EXPORTS_OF_ONE_MAX};
use zhenma::registry::own::import::{Written, prepare};
use zhenma::registry::own::port::OwnLedger;
use zhenma::registry::service::Scope;
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::{CodeId, Cursor, Entry, LogId, Observation};

use crate::faults::load::eventually;
use crate::staff_bed::{OUR_GTIN, StaffBed};
use crate::store_contract::bed::scan;

const DEADLINE: Duration = Duration::from_secs(20);
/// Of a file of some five megabytes.
const FILE_SCANS: u64 = 25_000;

/// Begins to send a file, of which nothing comes, and gives the status that this meets:
/// 100 where the server waits for the file.
async fn begun(bed: &StaffBed, who: &str, path: &str) -> (TcpStream, String) {
    let request = bed.program(who, Method::POST, path).build().expect("a request");
    let key = request.headers()["authorization"].to_str().expect("text");
    let host = bed.base.trim_start_matches("http://");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {key}\r\n\
         content-type: text/csv\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n"
    );
    met(TcpStream::connect(host).await.expect("connects"), &head).await
}

/// Sends the head of a request, and reads the status alone of what is answered.
async fn met(mut stream: TcpStream, head: &str) -> (TcpStream, String) {
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut said = [0; 12];
    let first = tokio::time::timeout(DEADLINE, stream.read_exact(&mut said)).await;
    first.expect("an answer in time").expect("an answer");
    (stream, String::from_utf8_lossy(&said[9..]).into_owned())
}

/// Asks for a file, and reads nothing of it.
async fn taken(bed: &StaffBed, who: &str) -> (TcpStream, String) {
    let path = "/api/v1/exports/scans?format=jsonl";
    let request = bed.program(who, Method::GET, path).build().expect("a request");
    let key = request.headers()["authorization"].to_str().expect("text");
    let host = bed.base.trim_start_matches("http://");
    let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {key}\r\n\r\n");
    let socket = TcpSocket::new_v4().expect("a socket");
    // Little of the file may lie with who does not read it.
    socket.set_recv_buffer_size(4_096).expect("set");
    met(socket.connect(host.parse().expect("an address")).await.expect("connects"), &head).await
}

fn list(product: &str) -> String {
    format!("/api/v1/own-imports?product={product}&lot=L1&made_on=2019-05-01")
}

#[tokio::test]
async fn files_that_do_not_come_keep_no_other_enterprise_out() {
    let bed = StaffBed::start().await;
    let products = || "/api/v1/imports/products".to_owned();
    for (ours, theirs) in [(list(OUR_GTIN), list("06900000002018")), (products(), products())] {
        let (slow, status) = begun(&bed, "member", &ours).await;
        assert_eq!(status, "100", "{ours}");
        let mut more = Vec::new();
        for who in ["member", "planner", "member", "planner", "member"] {
            let (refused, status) = begun(&bed, who, &ours).await;
            assert_eq!(status, "429", "{ours}: one of theirs is under way");
            more.push(refused);
        }
        assert_eq!(begun(&bed, "stranger", &theirs).await.1, "100", "{theirs}");
        drop((slow, more));
        eventually("it is given back", || async { begun(&bed, "planner", &ours).await.1 == "100" })
            .await;
    }
}

#[tokio::test]
async fn files_that_are_not_read_keep_no_other_enterprise_out() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(1).await;
    let code = bed.codes(&batch).await.remove(0);
    let payload = zhenma::code::read(&code).expect("a code").payload.to_bytes();
    // More than the system takes off the server's hands.
    let entry = |n| Entry {
        cursor: Cursor { major: 1, minor: n },
        code: CodeId { payload, number: 0 },
        seen: Observation { at: UnixMs(1_790_000_000_000), ..scan(n) },
    };
    let entries: Vec<_> = (0..FILE_SCANS).map(entry).collect();
    let ledger = &bed.parts.ledger;
    ledger.append(LogId([7; 16]), &entries, &Changes::default(), 0).await.expect("written");

    let (mut open, mut said) = (Vec::new(), Vec::new());
    for _ in 0..EXPORTS_IN_WORK_MAX {
        let (stream, status) = taken(&bed, "member").await;
        open.push(stream);
        said.push(status);
    }
    let (given, refused) = said.split_at(EXPORTS_OF_ONE_MAX);
    assert!(given.iter().all(|status| status == "200"), "{said:?}");
    assert!(refused.iter().all(|status| status == "429"), "{said:?}");
    assert_eq!(taken(&bed, "viewer").await.1, "429", "they are one enterprise's");
    assert_eq!(taken(&bed, "stranger").await.1, "200");
    drop(open);
    eventually("they are given back", || async { taken(&bed, "viewer").await.1 == "200" }).await;
}

#[tokio::test]
async fn a_second_list_is_refused_before_it_comes() {
    let bed = StaffBed::start().await;
    let (ledger, now) = (&bed.parts.ledger, SystemClock.now());
    let written = Written {
        product: OUR_GTIN.into(),
        lot: "L9".into(),
        made_on: "2019-05-01".into(),
        ..Written::default()
    };
    let new = prepare(ledger, &Scope::All, &written, &[], (ids::new_id(now), false)).await;
    let new = new.expect("sound");
    ledger.begin_import(&new, now.plus_ms(600_000), &By::shell(now)).await.expect("begun");
    assert_eq!(begun(&bed, "planner", &list(OUR_GTIN)).await.1, "409");
    assert_eq!(begun(&bed, "stranger", &list("06900000002018")).await.1, "100");
}
