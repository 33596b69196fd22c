//! Files that are begun and do not come: they keep the own people out, and nobody else.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::registry::own::import::{Written, prepare};
use zhenma::registry::own::port::OwnLedger;
use zhenma::registry::service::Scope;

use crate::faults::load::eventually;
use crate::staff_bed::{OUR_GTIN, StaffBed};

const DEADLINE: Duration = Duration::from_secs(20);

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
    let mut stream = TcpStream::connect(host).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut said = [0; 12];
    let first = tokio::time::timeout(DEADLINE, stream.read_exact(&mut said)).await;
    first.expect("an answer in time").expect("an answer");
    (stream, String::from_utf8_lossy(&said[9..]).into_owned())
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
