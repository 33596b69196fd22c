//! Codes of pallets: ordered, printed with an SSCC beside, packed upon, scanned.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::code::Sscc;

use crate::people::shell;
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};
use crate::trace_api::{exported, outcomes, scan, scan_on, unit};

fn body(cases: u64, pallets: u64) -> Value {
    json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": 12,
        "cases": cases, "pallets": pallets})
}

async fn with_prefix(bed: &StaffBed) {
    let prefixed = json!({"uscc": OURS, "name_zh": "宋河", "name_en": "Song He",
        "gs1_prefix": "0614141"});
    bed.made("administrator", "/api/v1/enterprises", &prefixed).await;
}

/// Serials, codes and SSCCs of a table of labels of the batch.
async fn table(bed: &StaffBed, batch: &str, codes: &str) -> Vec<[String; 3]> {
    let order = json!({"order_key": format!("{codes} of {batch}"), "batch": batch,
        "format": "csv", "codes": codes, "columns": "serial,url,sscc"});
    let order = bed.made("planner", "/api/v1/orders", &order).await;
    let path = format!("/api/v1/orders/{}", order["id"].as_str().expect("an id"));
    bed.done(&path).await;
    let path = format!("{path}/files/labels.csv");
    let table = bed.program("planner", Method::GET, &path).send().await.expect("an answer");
    let table = table.text().await.expect("a table");
    let row = |row: &str| {
        let mut cells = row.split(',').map(str::to_owned);
        std::array::from_fn(|_| cells.next().expect("a cell"))
    };
    table.lines().skip(1).map(row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pallets_are_ordered_by_api_console_and_shell_and_their_ssccs_follow_the_cases() {
    let bed = StaffBed::start().await;
    with_prefix(&bed).await;
    let batch = bed.made("planner", "/api/v1/batches", &body(4, 2)).await;
    assert_eq!(batch["pallets"], 2);
    assert_eq!(batch["last_sscc"], "006141410000000036");
    assert_eq!(batch["first_pallet_sscc"], "006141410000000043");
    assert_eq!(batch["last_pallet_sscc"], "006141410000000050");
    let refused = bed.program("planner", Method::POST, "/api/v1/batches").json(&body(2, 3));
    let (status, said) = bed.send(refused).await;
    assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("pallets")), "{said}");
    let planner = bed.person("planner").await;
    let form = planner.page("/enterprise/order").await;
    let key = crate::consoles::between(&form, "name=\"order_key\" value=\"", "\"").to_owned();
    let fields = |pallets| {
        [
            ("order_key", &*key),
            ("product", OUR_GTIN),
            ("lot", "L2"),
            ("made_on", "2026-11-01"),
            ("count", "12"),
            ("cases", "3"),
            ("pallets", pallets),
            ("format", "csv"),
        ]
    };
    let refused = planner.post("/enterprise/order", &fields("4")).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("托盘码不能多于箱码"));
    assert_eq!(planner.post("/enterprise/order", &fields("1")).await.status(), 303);
    let page = planner.page("/enterprise/batches/1-2").await;
    assert!(page.contains("006141410000000098 – 006141410000000098"), "{page}");
    let form = planner.page("/enterprise/order?batch=1-2").await;
    assert!(form.contains("value=\"pallets\"") && form.contains("1 托"), "{form}");
    let add = ["batch", "add", "--product", OUR_GTIN, "--lot", "L3", "--made", "2026-11-01"];
    let add = [&add[..], &["--count", "5", "--cases", "2", "--pallets", "2"]].concat();
    let (status, said) = shell(&bed, &add);
    assert_eq!(status, 0, "{said}");
    let (_, shown) = shell(&bed, &["batch", "show", "1-3"]);
    assert!(shown.contains("2 pallets  SSCC"), "{shown}");
    assert!(table(&bed, "1-3", "pallets").await.len() == 2);
    // What has none prints none.
    let none = bed.made("planner", "/api/v1/batches", &body(4, 0)).await;
    let order = json!({"order_key": "none", "batch": none["batch"], "format": "csv",
        "codes": "pallets"});
    let (status, said) =
        bed.send(bed.program("planner", Method::POST, "/api/v1/orders").json(&order)).await;
    assert_eq!(status, 422, "{said}");
    assert!(said.to_string().contains("without pallets"), "{said}");
}

#[tokio::test]
async fn a_line_packs_on_a_pallet_by_its_code_and_its_sscc_is_the_same_pallet() {
    let bed = StaffBed::start().await;
    with_prefix(&bed).await;
    let made = bed.made("planner", "/api/v1/batches", &body(4, 2)).await;
    let batch = made["batch"].as_str().expect("a name");
    let (items, cases) = (table(&bed, batch, "outer").await, table(&bed, batch, "cases").await);
    let pallets = table(&bed, batch, "pallets").await;
    let [serial, url, sscc] = &pallets[0];
    assert_eq!(Sscc::parse(sscc).expect("its check digit").as_str(), "006141410000000043");
    let case = |n: usize| &*cases[n][0];
    for n in 0..2_usize {
        let codes = [&*items[2 * n][0], &*items[2 * n + 1][0], case(n)];
        let packed = scan(&bed, 10 * n as u64 + 1, 2, &codes).await;
        assert_eq!(outcomes(&packed)[2], "packed", "{packed:?}");
    }
    let packed = scan_on(&bed, 31, 2, "pallet", &[url, case(0), case(1)]).await;
    assert_eq!(outcomes(&packed), ["opened", "taken", "packed"], "{packed:?}");
    // By serial, by URL, by the bars: one pallet.
    for code in [serial, sscc, &format!("00{sscc}")] {
        let found = unit(&bed, code).await;
        assert_eq!(found["contents"].as_array().expect("cases").len(), 2, "{code}: {found}");
    }
    let events = exported(&bed, &format!("?batch={batch}")).await;
    let parents: Vec<_> = events.iter().map(|e| e["parentID"].clone()).collect();
    assert!(parents.contains(&json!(format!("https://id.gs1.org/00/{sscc}"))), "{parents:?}");
    // Whoever scans it reads what it is, and that of the batch nothing is on sale.
    let scan = bed.ask(Method::POST, "/api/v1/scans").json(&json!({"code": url}));
    let (_, said) = bed.send(scan).await;
    assert_eq!(said["outcome"], "not_on_sale", "{said}");
    let reasons = said["reasons"].as_array().expect("a list");
    assert_eq!(reasons.last().expect("one")["code"], "case_label", "{said}");
}
