//! What somebody does to make a sound label look copied, or a copied one sound; and to
//! have the server read, keep or answer what it should not.

pub mod archives;
mod burning;
mod oracle;
mod requests;
mod sites;
mod turns;

use std::sync::Arc;

use zhenma::base::{Clock, clock::SystemClock};
use zhenma::scan::hosting::Hosting;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::own::Named;
use zhenma::scan::service::{Device, Question, Scanner};
use zhenma::scan::{Channel, Outcome, Place};

use crate::consoles::scanned_around;
use crate::faults::load::eventually;
use crate::staff_bed::StaffBed;

/// Burning: a label photographed on a shelf is scanned from rented machines.
#[tokio::test]
async fn rented_machines_do_not_make_a_label_suspect() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let codes = bed.codes(&batch).await;
    let plain = &bed.parts.scanner;
    assert_eq!(scanned_around(plain, &codes[0]).await, Outcome::Suspect);
    let hosting = Hosting::read("128.0.0.0/1").expect("a list");
    let knowing = Scanner { hosting: Arc::new(hosting), ..plain.clone() };
    assert_eq!(scanned_around(&knowing, &codes[1]).await, Outcome::SeenBefore);
}

/// Thirteen phones behind a balancer whose nodes are in as many networks: what
/// is nobody's own tells no two buyers apart, and an officer sees what it is.
#[tokio::test]
async fn the_nodes_of_a_proxy_are_no_networks_of_buyers() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let codes = bed.codes(&batch).await;
    let hosting = Hosting::read("128.0.0.0/1").expect("a list");
    let scanner = Scanner { hosting: Arc::new(hosting), ..bed.parts.scanner.clone() };
    let mut said = None;
    for n in 0..13 {
        let address = if n % 2 == 0 { [10, n, 0, 1] } else { [100, 64 + n, 0, 1] };
        let named = scanner.name(&codes[0]).await;
        said = Some(scanner.answer(of_phone(named, n, address)).await);
    }
    let said = said.expect("13 answers");
    assert_eq!(said.verdict.outcome, Outcome::SeenBefore);
    assert_eq!(said.scans.expect("recorded").first_place, Place::UNKNOWN);
    let named = scanner.name(&codes[0]).await;
    scanner.answer(of_phone(named, 13, [203, 1, 0, 1])).await;

    let payload = zhenma::code::read(&codes[0]).expect("a code").payload;
    eventually("they are followed", || async {
        bed.parts.ledger.scans_of(&payload.to_bytes(), 100).await.expect("scans").len() == 14
    })
    .await;
    let officer = bed.person("officer").await;
    let page = officer.page(&format!("/officer/codes/{}", payload.serial_text())).await;
    for (network, times) in
        [("网络1 · 内网", 7), ("网络1 · 运营商级NAT", 6), ("网络2 · 机房网络", 1)]
    {
        assert_eq!(page.matches(network).count(), times, "{network}: {page}");
    }
}

fn of_phone(named: Named, n: u8, address: [u8; 4]) -> Question {
    Question {
        named,
        scan_id: uuid::Uuid::from_u128(u128::from(n) + 1),
        device: Device::Cookie([n + 1; 16]),
        address: Some(address.into()),
        location: None,
        channel: Channel::Consumer,
        record: true,
        at: SystemClock.now().plus_ms(-i64::from(20 - n) * 20 * 3_600_000),
    }
}
