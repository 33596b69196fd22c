//! The enterprise API as a maker's program uses it, and what it is told of
//! its mistakes.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::staff_bed::{OUR_GTIN, OURS, StaffBed, product};

#[tokio::test]
async fn faults_are_told_by_field_with_a_remedy_and_nothing_is_registered() {
    let bed = StaffBed::start().await;
    let wrong_digit = product("6900000001012", OURS);
    let mut formula = product("6900000001028", OURS);
    formula["name_zh"] = json!("=cmd|' /C calc'!A0");
    let mut nested = product("6900000001028", OURS);
    nested["net_content"] = json!(["500 mL"]);
    let batch = |name: &str, value: Value| {
        let mut batch = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01",
            "count": 10});
        batch[name] = value;
        batch
    };
    for (path, body, field) in [
        ("products", wrong_digit, "gtin"),
        ("products", formula, "name_zh"),
        ("products", nested, "net_content"),
        ("products", product("06900000002025", "91411628MA9DEM028U"), "enterprise"),
        ("products", json!({"gtin": "6900000001028", "colour": "red"}), "colour"),
        ("batches", batch("count", json!(0)), "count"),
        ("batches", batch("count", json!(-1)), "count"),
        ("batches", batch("count", json!(100_000_001)), "count"),
        ("batches", batch("count", json!(1e300)), "count"),
        ("batches", batch("lot", json!("a lot")), "lot"),
        ("batches", batch("lot", json!("..")), "lot"),
        ("batches", batch("made_on", json!("2026-02-30")), "made_on"),
        ("batches", batch("expires_on", json!("2025-01-01")), "expires_on"),
        ("batches", batch("destination", json!(1234)), "destination"),
        ("batches", batch("key", json!(2)), "key"),
        ("batches", batch("product", json!("06900000002018")), "product"),
    ] {
        let path = format!("/api/v1/{path}");
        let request = bed.program("member", Method::POST, &path).json(&body);
        let (status, said) = bed.send(request).await;
        assert_eq!(status, 422, "{body}: {said}");
        let errors = said["errors"].as_array().expect("a list");
        let fault = errors.iter().find(|e| e["field"] == field);
        let fault = fault.unwrap_or_else(|| panic!("{field} is not named: {said}"));
        assert!(!fault["remedy"].as_str().expect("text").is_empty(), "{said}");
    }
    assert_eq!(bed.get("member", "/api/v1/products").await.as_array().expect("a list").len(), 1);
    assert_eq!(bed.get("member", "/api/v1/batches").await, json!([]));
}

#[tokio::test]
async fn broken_json_and_doubled_members_are_refused() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(5).await;
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    for (path, body, status, field) in [
        ("/api/v1/products", "{", 400, Value::Null),
        ("/api/v1/products", "[]", 422, Value::Null),
        ("/api/v1/products", r#"{"gtin": "1", "gtin": "2"}"#, 422, Value::Null),
        (&*ranges, r#"{"state": "lost"}"#, 422, json!("state")),
        (&*ranges, r#"{"state": "activated", "first": 2}"#, 422, json!("range")),
        (&*ranges, r#"{"state": "activated", "first": 2, "last": 9}"#, 422, json!("range")),
        (&*ranges, r#"{"state": "activated", "first": -2, "last": 3}"#, 422, json!("first")),
        (&*ranges, r#"{"state": "blocked"}"#, 422, json!("reason")),
        ("/api/v1/orders", r#"{"order_key": "a", "batch": 1}"#, 422, json!("batch")),
        ("/api/v1/orders", r#"{"order_key": "a", "order_key": "b"}"#, 422, Value::Null),
    ] {
        let request = bed.program("member", Method::POST, path);
        let request = request.header("content-type", "application/json").body(body);
        let (told, said) = bed.send(request).await;
        assert_eq!(told, status, "{body}: {said}");
        if !field.is_null() {
            assert_eq!(said["field"], field, "{body}: {said}");
        }
    }
    let long = "x".repeat(17 * 1024);
    let request = bed.program("member", Method::POST, "/api/v1/products").body(long);
    assert_eq!(bed.send(request).await.0, 413);
}

#[tokio::test]
async fn a_file_goes_in_whole_or_not_at_all() {
    let bed = StaffBed::start().await;
    let send = |media: &'static str, body: Vec<u8>| {
        let request = bed.program("member", Method::POST, "/api/v1/imports/batches");
        bed.send(request.header("content-type", media).body(body))
    };
    let table = format!(
        "\u{feff}product,lot,made_on,count\r\n{OUR_GTIN},A,2026-11-01,10\r\n{OUR_GTIN},\"B\nC\",2026-11-02,0\r\n"
    );
    let (status, said) = send("text/csv", table.into_bytes()).await;
    assert_eq!(status, 422, "{said}");
    let told: Vec<_> = said["errors"].as_array().expect("a list").iter().collect();
    // The lot has a line break in it: the row begins on line 3.
    assert!(told.iter().all(|e| e["line"] == 3), "{said}");
    assert!(told.iter().any(|e| e["field"] == "lot") && told.iter().any(|e| e["field"] == "count"));
    let (gbk, _, _) = encoding_rs::GBK.encode("product,lot,dealer\r\n1,2,郑州黄河商贸\r\n");
    let (status, said) = send("text/csv", gbk.into_owned()).await;
    assert_eq!((status, said["errors"][0]["field"].as_str()), (422, Some("file")), "{said}");
    assert!(said.to_string().contains("GBK"), "{said}");
    let wide = vec![b','; 1_000_000];
    assert_eq!(send("text/csv", wide).await.0, 422);
    assert_eq!(send("application/json", b"{}".to_vec()).await.0, 415);
    let (status, said) = send("application/x-ndjson", b"x\n".repeat(1_000_000)).await;
    assert_eq!((status, said["errors"].as_array().map(Vec::len)), (422, Some(100)));
    assert_eq!(bed.get("member", "/api/v1/batches").await, json!([]), "half of it went in");

    let lines: String = (0..3)
        .map(|n| format!("{{\"product\":\"{OUR_GTIN}\",\"lot\":\"L{n}\",\"made_on\":\"2026-11-01\",\"count\":{}}}\n", n + 1))
        .collect();
    let (status, said) = send("application/x-ndjson", lines.into_bytes()).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["batches"], json!(["1-1", "1-2", "1-3"]));
}

#[tokio::test]
async fn an_order_key_makes_a_repeated_order_the_same_order() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(50).await;
    let body = json!({"order_key": "PO-7", "batch": batch, "format": "png", "count": 3});
    let order = bed.made("member", "/api/v1/orders", &body).await;
    let again = bed.made("member", "/api/v1/orders", &body).await;
    assert_eq!(order["id"], again["id"]);
    let other = json!({"order_key": "PO-7", "batch": batch, "format": "csv"});
    let request = bed.program("member", Method::POST, "/api/v1/orders").json(&other);
    assert_eq!(bed.send(request).await.0, 422);
    for (name, value, field) in [
        ("count", json!(51), "count"),
        ("count", json!(0), "count"),
        ("format", json!("docx"), "format"),
        ("module_mm", json!(2.5), "module_mm"),
        ("printer", json!("laser"), "printer"),
        ("template", json!("a4-35"), "template"),
        ("codes", json!("cases"), "codes"),
        ("order_key", json!(""), "order_key"),
    ] {
        let mut wrong = json!({"order_key": "PO-8", "batch": batch, "format": "png"});
        wrong[name] = value;
        let request = bed.program("member", Method::POST, "/api/v1/orders").json(&wrong);
        let (status, said) = bed.send(request).await;
        assert_eq!((status, said["field"].as_str()), (422, Some(field)), "{wrong}: {said}");
    }

    let path = format!("/api/v1/orders/{}", order["id"].as_str().expect("an id"));
    bed.done(&path).await;
    let listed = bed.get("member", &format!("{path}/files")).await;
    let files = listed["files"].as_array().expect("a list");
    assert_eq!(files[0]["path"], "manifest.json");
    assert_eq!(
        files.iter().filter(|f| f["path"].as_str().expect("text").ends_with("png")).count(),
        4
    );
    for file in &files[1..] {
        let name = file["path"].as_str().expect("text");
        let at = format!("{path}/files/{name}");
        let got = bed.program("member", Method::GET, &at).send().await.expect("an answer");
        let bytes = got.bytes().await.expect("bytes");
        let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(file["sha256"], json!(digest), "{name}");
        assert_eq!(file["bytes"], json!(bytes.len()));
    }
    let part = bed.program("member", Method::GET, &format!("{path}/files/SHA256SUMS"));
    let part = part.header("range", "bytes=0-63").send().await.expect("an answer");
    assert_eq!((part.status().as_u16(), part.content_length()), (206, Some(64)));
    for name in ["..%2Fmanifest.json", ".zhenma-issue.json", "nothing"] {
        let at = format!("{path}/files/{name}");
        assert_eq!(bed.send(bed.program("member", Method::GET, &at)).await.0, 404, "{name}");
    }
}

#[tokio::test]
async fn a_recall_shows_within_a_second_and_is_lifted_again() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let code = bed.codes(&batch).await.remove(0);
    let body = json!({"code": code, "scan_id": "01900000-0000-7000-8000-000000000001"});
    let outcome = || async {
        let request = bed.program("anyone", Method::POST, "/api/v1/scans").json(&body);
        let (_, said) = bed.send(request).await;
        said["outcome"].as_str().expect("an outcome").to_owned()
    };
    assert_eq!(outcome().await, "genuine");
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    let recall = json!({"first": 0, "last": 0, "state": "recalled",
        "reason": {"zh": "标签错印", "en": "wrong label"},
        "remedy": {"zh": "退回购买处", "en": "return it"}});
    let fact = bed.made("administrator", &ranges, &recall).await;
    let begun = std::time::Instant::now();
    while outcome().await != "withdrawn" {
        assert!(begun.elapsed().as_secs() < 5, "the recall does not show");
    }
    let path = format!("{ranges}/{}", fact["id"].as_str().expect("an id"));
    assert_eq!(bed.send(bed.program("administrator", Method::DELETE, &path)).await.0, 204);
    crate::faults::load::eventually("it is lifted", || async { outcome().await == "genuine" })
        .await;
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    use zhenma::auth::port::AccountLedger;
    use zhenma::base::{By, Clock, clock::SystemClock};
    let bed = StaffBed::start().await;
    let person = bed.person("member").await;
    person.page("/enterprise/").await;
    bed.get("member", "/api/v1/batches").await;
    let now = SystemClock.now();
    assert!(bed.parts.ledger.disable_account("member", &By::shell(now)).await.expect("disabled"));
    assert_eq!(person.get("/enterprise/").await.status(), 303);
    let (status, _) = bed.send(bed.program("member", Method::GET, "/api/v1/batches")).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_revoked_key_shows_and_the_key_set_stays_the_same_bytes_until_then() {
    use zhenma::keys::{KeyDir, KeyNumber, KeyStatus};
    let bed = StaffBed::start().await;
    let batch = bed.batch(1).await;
    let code = bed.codes(&batch).await.remove(0);
    let outcome = || async {
        let request = bed.program("anyone", Method::POST, "/api/v1/scans");
        let (_, said) = bed.send(request.json(&json!({"code": code}))).await;
        format!("{} {}", said["outcome"], said["reasons"][0]["code"]).replace('"', "")
    };
    assert_eq!(outcome().await, "genuine first_scan");
    let jwks = || async {
        let asked = bed.ask(Method::GET, "/.well-known/jwks.json").send().await;
        let answer = asked.expect("an answer");
        let etag = answer.headers()["etag"].to_str().expect("text").to_owned();
        (etag, answer.bytes().await.expect("bytes"))
    };
    let (etag, before) = jwks().await;
    assert_eq!((etag.clone(), before.clone()), jwks().await);
    let same = bed.ask(Method::GET, "/.well-known/jwks.json").header("if-none-match", &etag);
    assert_eq!(same.send().await.expect("an answer").status(), 304);

    let number = KeyNumber::new(1).expect("a key number");
    KeyDir::at(&bed.parts.settings.keys).set_status(number, KeyStatus::Revoked).expect("revoked");
    crate::faults::load::eventually("the revocation shows", || async {
        outcome().await == "cannot_confirm key_revoked"
    })
    .await;
    let (fresh, after) = jwks().await;
    assert!(fresh != etag && after != before, "the key set is the old one");
    // It signs no more, and says so to whoever orders.
    let body = json!({"product": OUR_GTIN, "lot": "L9", "made_on": "2026-11-01", "count": 1});
    let request = bed.program("member", Method::POST, "/api/v1/batches").json(&body);
    let (status, said) = bed.send(request).await;
    assert_eq!((status, said["field"].as_str()), (422, Some("key")), "{said}");
}
