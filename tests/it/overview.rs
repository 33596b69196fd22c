//! The overview of an enterprise: counts that add up, whatever comes twice, and a
//! lot that goes elsewhere.

use serde_json::json;
use zhenma::base::{Clock, clock::SystemClock};
use zhenma::overview::OverviewLedger;
use zhenma::registry::Uscc;
use zhenma::scan::Channel;
use zhenma::scan::service::{Device, Question};

use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};

/// Guangzhou, Hefei, Zhengzhou.
const TOWNS: [(f64, f64); 3] = [(23.13, 113.26), (31.82, 117.23), (34.75, 113.62)];

/// One buyer a label, at the town of that number.
async fn bought(bed: &StaffBed, codes: &[String], town: usize) {
    for (n, code) in (0_u8..).zip(codes) {
        let (lat, lon) = TOWNS[town];
        let question = Question {
            named: bed.parts.scanner.name(code).await,
            scan_id: zhenma::base::ids::new_id(SystemClock.now()),
            device: Device::Cookie([n; 16]),
            address: Some([14, n, u8::try_from(town).expect("few"), 9].into()),
            location: Some((lat, lon, 30.0)),
            channel: Channel::Consumer,
            record: true,
            at: SystemClock.now(),
        };
        assert!(bed.parts.scanner.answer(question).await.scans.is_some(), "it was not recorded");
    }
}

/// A batch for Henan with its labels on sale, and their codes.
async fn lot(bed: &StaffBed, lot: &str, count: u64) -> (String, Vec<String>) {
    let body = json!({"product": OUR_GTIN, "lot": lot, "made_on": "2026-11-01", "count": count,
        "destination": 4100});
    let batch = bed.made("planner", "/api/v1/batches", &body).await;
    let id = batch["batch"].as_str().expect("a name").to_owned();
    bed.made("line", &format!("/api/v1/batches/{id}/ranges"), &json!({"state": "activated"})).await;
    let codes = bed.codes(&id).await;
    (id, codes)
}

#[tokio::test]
async fn what_is_counted_adds_up_and_a_lot_that_goes_elsewhere_is_told_with_its_reply() {
    let bed = StaffBed::start().await;
    let mut diverted = String::new();
    for n in 0..4 {
        let (id, codes) = lot(&bed, &format!("L{n}"), 40).await;
        if n == 3 {
            bought(&bed, &codes[..34], 0).await;
            bought(&bed, &codes[34..], 2).await;
            diverted = id;
        } else {
            bought(&bed, &codes[..1], 1).await;
            bought(&bed, &codes[1..36], 2).await;
        }
    }
    let own = Uscc::parse(OURS).expect("ours");
    let ledger = &bed.parts.ledger;
    eventually("all scans are counted", || async {
        let days = ledger.buyers_by_day(&own, 0).await.expect("counts");
        days.iter().map(|(_, scans)| scans).sum::<u64>() == 40 + 3 * 36
    })
    .await;
    let provinces = ledger.buyers_by_province(&own, 0).await.expect("counts");
    assert_eq!(provinces, [(41, 6 + 3 * 35), (44, 34), (34, 3)]);
    let sales = bed.person("sales").await;
    eventually("the servers know of the lots", || async {
        sales.page("/enterprise/overview").await.contains(&format!("{diverted}</a> L3 <b>异常"))
    })
    .await;
    let page = sales.page("/enterprise/overview").await;
    assert_eq!(page.matches("<b>异常</b>").count(), 1, "{page}");
    assert!(page.contains("广东省 34") && page.contains("<td class=\"n\">160</td>"), "{page}");
    let id = crate::consoles::between(&page, "name=\"id\" value=\"", "\"").to_owned();
    let said = [("id", &*id), ("batch", &*diverted), ("reply", "广州客户自提，有合同")];
    for _ in 0..2 {
        assert_eq!(sales.post("/enterprise/overview/replies", &said).await.status(), 303);
    }
    let page = sales.page("/enterprise/overview").await;
    assert_eq!(page.matches("广州客户自提").count(), 1, "sent twice, it is one reply");
    let other = bed.person("stranger").await;
    assert!(!other.page("/enterprise/overview").await.contains("异常</b>"));
    assert_eq!(other.post("/enterprise/overview/replies", &said).await.status(), 404);
    if let Some(browser) = Browser::find() {
        let pages = both(&[("overview", "/enterprise/overview".to_owned())]);
        browser.look(&bed.base, Some(&sales.cookie()), &pages).await;
    }
}
