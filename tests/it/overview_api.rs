//! What programs read and decide that people do at the console: figures, alarms,
//! what waits, printing houses, settings.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::handoff::port::HandoffLedger;
use zhenma::handoff::{Settings, package::WRONG_CODES_MAX};
use zhenma::registry::Uscc;

use crate::packages::{handed_over, house, ordered};
use crate::staff_bed::{OURS, StaffBed};
use crate::trace_api::{Goods, captured, exported, now, object, scan};

async fn put(bed: &StaffBed, who: &str, path: &str, body: &Value) -> (u16, Value) {
    bed.send(bed.program(who, Method::PUT, path).json(body)).await
}

#[tokio::test]
async fn what_was_shipped_to_a_province_stands_beside_its_first_scans_until_it_was_an_error() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 60, 2).await;
    scan(&bed, 1, 2, &[&goods.bottles[0], &goods.bottles[1], &goods.cases[0]]).await;
    let more: Vec<&str> =
        goods.bottles[10..50].iter().chain([&goods.cases[1]]).map(String::as_str).collect();
    scan(&bed, 4, 40, &more).await;
    let dealer =
        json!({"code": "d7", "kind": "dealer", "name": {"zh": "广州商贸"}, "region": 4401});
    bed.made("sales", "/api/v1/trace/places", &dealer).await;
    let to = format!("{}/id/{OURS}/place/d7", bed.base);
    let to = json!([{"type": "possessing_party", "destination": to}]);
    let mut case = object(5, "shipping", "in_transit", &[]);
    case["epcList"] = json!([format!("{}/{}", bed.base, goods.cases[0])]);
    case["destinationList"] = to.clone();
    // Without a dealer they go where the batch is for: Henan.
    let mut rest = object(6, "shipping", "in_transit", &[]);
    rest["epcList"] = json!([format!("{}/{}", bed.base, goods.cases[1])]);
    let (status, said) = captured(&bed, "sales", &[case, rest]).await;
    assert_eq!(status, 200, "{said}");
    let shipped = async || bed.get("viewer", "/api/v1/overview").await["shipments"].clone();
    let of = |province: u8, bottles: u64| json!({"province": province, "bottles_shipped": bottles, "first_scans": 0});
    assert_eq!(shipped().await, json!([of(41, 40), of(44, 2)]));
    let page = bed.person("sales").await.page("/enterprise/overview").await;
    assert!(page.contains("广东省 2 / 0") && page.contains("河南省 40 / 0"), "{page}");
    let mut error = exported(&bed, "?act=shipped").await.swap_remove(1);
    error["errorDeclaration"] = json!({"declarationTime": now(), "reason": "did_not_occur"});
    let (status, said) = captured(&bed, "quality", &[error]).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(shipped().await, json!([of(44, 2)]));
    assert_eq!(bed.get("stranger", "/api/v1/overview").await["shipments"], json!([]));
}

#[tokio::test]
async fn alarms_and_what_waits_are_listed_for_the_enterprise_alone() {
    let bed = StaffBed::start().await;
    let own = Uscc::parse(OURS).expect("a code");
    let by = By::shell(SystemClock.now());
    let house = house(&bed, None).await;
    let batch = bed.batch(40).await;
    let printed = crate::packages::batch(&bed, 40).await;
    let order = ordered(&bed, &printed, 20, &house).await;
    let package = handed_over(&bed, &order).await;
    let number = package["number"].as_str().expect("a number").replace([' ', '-'], "");
    for _ in 0..WRONG_CODES_MAX {
        bed.parts.ledger.pick_up(&number, &[9; 32], &by).await.expect("asked");
    }
    let closing = json!({"account": "activated", "missing": "5-7"});
    bed.made("line", &format!("/api/v1/batches/{batch}/closings"), &closing).await;
    let alarms = bed.get("viewer", "/api/v1/alarms").await;
    let said: Vec<_> =
        alarms.as_array().expect("a list").iter().map(|a| (&a["alarm"], &a["first"])).collect();
    let (closed, missing) = (json!("package.closed"), json!("closing.missing"));
    assert_eq!(said, [(&closed, &Value::Null), (&missing, &json!(5))], "{alarms:#}");
    assert_eq!(alarms[0]["package_number"], package["number"]);
    assert_eq!(bed.get("stranger", "/api/v1/alarms").await, json!([]));

    let small = Settings { approval_labels: 10, ..Settings::default() };
    bed.parts.ledger.set_settings(&own, &small, &by).await.expect("set");
    let large = json!({"order_key": "large", "batch": batch, "format": "csv"});
    let placed = bed.made("planner", "/api/v1/orders", &large).await;
    let recall = json!({"kind": "recall", "scope": [batch],
        "reason": {"zh": "标签有误", "en": "wrong label"}});
    let asked = bed.made("quality", "/api/v1/recalls", &recall).await;
    let waits = bed.get("approver", "/api/v1/approvals").await;
    assert_eq!(waits["orders"][0]["id"], placed["id"]);
    assert_eq!(waits["recalls"][0]["id"], asked["id"]);
    let none = json!({"orders": [], "recalls": []});
    assert_eq!(bed.get("stranger", "/api/v1/approvals").await, none);
    let path = format!("/api/v1/orders/{}/approve", placed["id"].as_str().expect("an id"));
    let word = json!({"approved": true});
    bed.send(bed.program("approver", Method::POST, &path).json(&word)).await;
    let waits = bed.get("approver", "/api/v1/approvals").await;
    assert_eq!(waits["orders"], json!([]));
}

#[tokio::test]
async fn printing_houses_come_and_go_and_settings_name_the_field_that_cannot_be() {
    let bed = StaffBed::start().await;
    let new = json!({"name": "亳州彩印", "contact": "李师傅"});
    let made = bed.made("member", "/api/v1/printers", &new).await;
    assert_eq!((&made["name"], &made["recipient"]), (&json!("亳州彩印"), &Value::Null));
    let wrong = json!({"name": "=1+1", "recipient": "age1x"});
    let request = bed.program("member", Method::POST, "/api/v1/printers").json(&wrong);
    let (status, said) = bed.send(request).await;
    let fields: Vec<_> =
        said["errors"].as_array().expect("faults").iter().map(|e| e["field"].clone()).collect();
    assert_eq!((status, fields), (422, vec![json!("name"), json!("recipient")]));
    let path = format!("/api/v1/printers/{}", made["id"].as_str().expect("an id"));
    let close = async |who| bed.send(bed.program(who, Method::DELETE, &path)).await.0;
    assert_eq!(close("stranger").await, 404);
    assert!(bed.get("planner", "/api/v1/printers").await[0]["retired_at"].is_null());
    assert_eq!((close("member").await, close("member").await), (204, 204));
    assert!(bed.get("planner", "/api/v1/printers").await[0]["retired_at"].is_string());

    let mut settings = bed.get("member", "/api/v1/settings").await;
    settings["pick_up_days"] = json!(0);
    let (status, said) = put(&bed, "member", "/api/v1/settings", &settings).await;
    assert_eq!((status, &said["field"]), (422, &json!("pick_up_days")));
    settings["pick_up_days"] = json!(3);
    assert_eq!(put(&bed, "member", "/api/v1/settings", &settings).await.0, 200);
    assert_eq!(bed.get("member", "/api/v1/settings").await, settings);
    let customs = json!({"name_dealers": true, "case_size": 6, "pallet_size": 1_000_000,
        "activates": false});
    let (status, said) = put(&bed, "member", "/api/v1/trace/customs", &customs).await;
    assert_eq!((status, &said["field"]), (422, &json!("pallet_size")));
    let customs = json!({"name_dealers": true, "case_size": 6, "pallet_size": 60,
        "activates": false});
    assert_eq!(put(&bed, "member", "/api/v1/trace/customs", &customs).await.0, 200);
    assert_eq!(bed.get("viewer", "/api/v1/trace/customs").await, customs);
}
