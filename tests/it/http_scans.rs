//! The same answer for programs, and what is refused.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::office::FIRST;
use zhenma::auth::{Role, Seat, SignedIn};
use zhenma::http::services::{Identify, Unchecked};

use crate::http_bed::{self as bed, Bed};

async fn answer(phone: &bed::Phone, body: Value) -> Value {
    let response = phone.post(body.to_string()).await;
    assert_eq!(response.status(), 200, "{body}");
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn an_answer_has_the_shape_of_the_contract() {
    let bed = Bed::start().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({"code": bed::code(1), "scan_id": id, "device": "app-1", "channel": "consumer",
        "location": {"lat": 34.7, "lon": 113.6, "accuracy_m": 20}});
    let answer = answer(&bed.phone(41), body).await;
    let shape = json!({
        "outcome": "genuine",
        "reasons": [{"code": "first_scan", "text": "这是它第一次被查询。"}],
        "assurance": "signed",
        "serial": bed::serial(1),
        "scan_id": id,
        "reference": answer["reference"],
        "recorded": true,
        "scans": {"count": 1, "devices": 1,
            "first": {"at": "2026-03-12T06:05:00Z", "place": {"region": "河南省", "city": "郑州市"}}},
        "product": {"gtin": "06901234567892",
            "name": {"zh": "宋河粮液 50度 浓香型白酒", "en": "Songhe Liangye, strong-aroma baijiu, 50% vol"},
            "enterprise": {"zh": "河南省宋河酒业股份有限公司", "en": "Songhe Distillery Co., Ltd., Henan"},
            "category": "白酒", "standard": "GB/T 10781.1", "net_content": "500 mL"},
        "batch": {"lot": "20260301A1", "made_on": "2026-03-01", "expires_on": "2031-02-28"},
        "journey": [{"step": "made", "at": "2026-03-01", "place": null},
            {"step": "first_queried", "at": "2026-03-12T06:05:00Z",
             "place": {"region": "河南省", "city": "郑州市"}}],
    });
    assert_eq!(answer, shape);
}

#[tokio::test]
async fn not_genuine_names_nothing_and_malformed_has_no_serial() {
    let bed = Bed::start().await;
    let forged = answer(&bed.phone(41), json!({"code": bed::forged(1)})).await;
    assert_eq!(forged["outcome"], "not_genuine");
    assert_eq!(forged["serial"], bed::serial(1));
    for absent in ["product", "batch", "scans", "journey", "risk"] {
        assert!(forged.get(absent).is_none(), "{absent} in {forged}");
    }
    let broken = answer(&bed.phone(41), json!({"code": "oops"})).await;
    assert_eq!((&broken["outcome"], &broken["serial"]), (&"not_genuine".into(), &Value::Null));
}

#[tokio::test]
async fn any_string_as_code_gets_an_outcome() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let megabyte = "A".repeat(1_048_576);
    for code in
        ["", " ", "\u{0}", "码", "ＡＢＣ", "%41%42", "A B", "javascript:alert(1)", &megabyte]
    {
        let answer = answer(&phone, json!({"code": code})).await;
        assert_eq!(answer["outcome"], "not_genuine");
        assert_eq!(answer["reasons"][0]["code"], "malformed");
    }
    let url = format!("https://{}/{}?from=timeline#x", bed::HOST, bed::code(2));
    assert_eq!(answer(&phone, json!({"code": url})).await["outcome"], "genuine");
    let foreign = format!("https://cheap.example/{}", bed::code(3));
    assert_eq!(answer(&phone, json!({"code": foreign})).await["outcome"], "suspect");
}

#[tokio::test]
async fn broken_bodies_are_refused_with_member_and_remedy() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    for (body, status, field) in [
        ("", 400, None),
        ("{", 400, None),
        ("nonsense", 400, None),
        (r#"{"code": NaN}"#, 400, None),
        (r#"{"code":"A"} {"code":"B"}"#, 400, None),
        (r#"{"code":"A","location":{"lat":NaN,"lon":1}}"#, 400, None),
        (r#"{"code":"A","location":{"lat":1e999,"lon":1}}"#, 422, Some("location.lat")),
        ("[]", 422, None),
        ("[\"A\"]", 422, None),
        ("\"A\"", 422, None),
        ("5", 422, None),
        (r#"{"code":"A","location":[34,113,20]}"#, 422, None),
        ("{}", 422, Some("code")),
        (r#"{"code":5}"#, 422, Some("code")),
        (r#"{"code":null}"#, 422, Some("code")),
        (r#"{"code":"A","code":"B"}"#, 422, Some("code")),
        (r#"{"code":"A","scan_id":"x"}"#, 422, Some("scan_id")),
        (r#"{"code":"A","scan_id":12345678901234567890123}"#, 422, Some("scan_id")),
        (r#"{"code":"A","device":[]}"#, 422, Some("device")),
        (r#"{"code":"A","channel":"spy"}"#, 422, Some("channel")),
        (r#"{"code":"A","location":7}"#, 422, None),
        (r#"{"code":"A","location":{"lat":"34","lon":1}}"#, 422, Some("location.lat")),
        (r#"{"code":"A","location":{"lat":90.01,"lon":1}}"#, 422, Some("location.lat")),
        (r#"{"code":"A","location":{"lat":1,"lat":2,"lon":1}}"#, 422, Some("location.lat")),
        (r#"{"code":"A","location":{"lat":1}}"#, 422, Some("location.lon")),
        (r#"{"code":"A","location":{"lat":1,"lon":1e300}}"#, 422, Some("location.lon")),
        (
            r#"{"code":"A","location":{"lat":1,"lon":1,"accuracy_m":-1}}"#,
            422,
            Some("location.accuracy_m"),
        ),
    ] {
        let response = phone.post(body).await;
        let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.status(), status, "{body}");
        let problem: Value = response.json().await.expect("JSON");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], id);
        assert!(!problem["detail"].as_str().expect("text").is_empty());
        if status == 422 {
            assert_eq!(problem["field"].as_str(), field, "{body}: {problem}");
        }
    }
    let long = phone.post(format!("{{\"code\":\"{}\"}}", "A".repeat(3 << 20))).await;
    assert_eq!(long.status(), 413);
}

#[tokio::test]
async fn scan_ids_devices_and_claims_count_as_they_should() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let id = "01890a5d-ac96-774b-bcce-b302099a8058";
    for _ in 0..3 {
        let again = answer(&phone, json!({"code": bed::code(4), "scan_id": id})).await;
        assert_eq!(again["scans"]["count"], 1);
    }
    let other = json!({"code": bed::code(4), "device": "another"});
    assert_eq!(answer(&phone, other.clone()).await["scans"]["count"], 2);
    assert_eq!(answer(&phone, other).await["scans"]["count"], 2, "a repeat within the minute");
    // Claimed devices on one network are one witness.
    for n in 0..40 {
        let body = json!({"code": bed::code(5), "device": format!("phone {n}")});
        let answer = answer(&phone, body).await;
        assert_ne!(answer["outcome"], "suspect");
    }
}

struct Officer;

impl Identify for Officer {
    fn identify<'a>(
        &'a self,
        headers: &'a reqwest::header::HeaderMap,
    ) -> futures::future::BoxFuture<'a, Result<Option<SignedIn>, Unchecked>> {
        let known = headers.get("authorization").is_some_and(|v| v == "Bearer officer");
        let role = Role::Officer { office: FIRST, seat: Seat::Officer };
        let officer = SignedIn { login: "wang".into(), name: "王芳".into(), role };
        Box::pin(std::future::ready(Ok(known.then_some(officer))))
    }
}

#[tokio::test]
async fn risk_and_channels_are_for_who_is_signed_in() {
    let bed = Bed::start_with(|mut services| {
        services.identify = std::sync::Arc::new(Officer);
        services
    })
    .await;
    let phone = bed.phone(41);
    let body = json!({"code": bed::code(6), "channel": "officer"}).to_string();
    let request = phone.ask(Method::POST, "/api/v1/scans").body(body.clone());
    let request = request.header("authorization", "Bearer officer");
    let officer: Value = phone.send(request).await.json().await.expect("JSON");
    assert!(officer["risk"].is_number(), "{officer}");
    // The officer's scan is none of a consumer's: the buyer is the first.
    let buyer = answer(&bed.phone(44), json!({"code": bed::code(6)})).await;
    assert_eq!(buyer["outcome"], "genuine", "{buyer}");
    assert!(buyer.get("risk").is_none());
    // Who only says so is a consumer.
    let liar = bed.phone(45);
    let liar: Value = liar.post(body).await.json().await.expect("JSON");
    assert_eq!(liar["scans"]["devices"], 2, "{liar}");
}

/// Work that was ready has waited for a processor for longer than a burst lasts.
fn strain(bed: &Bed) {
    let (pressure, now) = (&bed.services.scanner.signatures.pressure, Instant::now());
    for ms in (0..=120).rev().step_by(10) {
        let turn = now - Duration::from_millis(ms);
        pressure.note(turn - Duration::from_millis(20), turn);
    }
}

#[tokio::test]
async fn who_comes_while_too_much_comes_is_sent_away_at_once() {
    let bed = Bed::start().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (phone, body) = (bed.phone(1), json!({"code": bed::code(1)}).to_string());
    let mut ids = Vec::new();
    // While few are in work nobody is sent away, however long these wait.
    strain(&bed);
    assert_eq!(phone.post(body.clone()).await.status(), 200);
    let signatures = &bed.services.scanner.signatures;
    let many: Vec<_> = (0..1_000).map(|_| signatures.begin()).collect();
    for lang in ["zh-CN", "en"] {
        strain(&bed);
        let ask = phone.ask(Method::POST, "/api/v1/scans").header("accept-language", lang);
        let refusal = phone.send(ask.body(body.clone())).await;
        assert_eq!(refusal.status(), 503);
        let headers = refusal.headers().clone();
        assert_eq!(headers["retry-after"], "1");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let problem: Value = refusal.json().await.expect("JSON");
        assert_eq!(problem["type"], "urn:zhenma:problem:busy");
        assert_eq!(problem["request_id"], headers["x-request-id"].to_str().expect("text"));
        let words = if lang == "en" { "more to do" } else { "忙不过来" };
        assert!(problem["detail"].as_str().expect("a text").contains(words), "{problem}");
        ids.push(problem["request_id"].clone());

        strain(&bed);
        let path = format!("/{}", bed::code(1));
        let ask = phone.ask(Method::GET, &path).header("accept", "text/html");
        let page = phone.send(ask.header("accept-language", lang)).await;
        assert_eq!(page.status(), 503);
        let (headers, text) = (page.headers().clone(), page.text().await.expect("a page"));
        assert!(headers["content-type"].to_str().expect("text").starts_with("text/html"));
        assert!(headers.contains_key("content-security-policy"));
        assert!(text.contains(headers["x-request-id"].to_str().expect("text")));
        assert!(text.contains(words) && text.contains("</html>"), "{text}");
        ids.push(headers["x-request-id"].to_str().expect("text").into());
    }
    let all = ids.len();
    ids.sort_by_key(Value::to_string);
    ids.dedup();
    assert_eq!(ids.len(), all, "each has an id of its own");
    // But for the one that the proxy gave, which stands in the proxy's log too.
    strain(&bed);
    let ask = phone.ask(Method::POST, "/api/v1/scans").header("x-request-id", "abc-1");
    let refusal = phone.send(ask.body(body.clone())).await;
    assert_eq!(refusal.status(), 503);
    assert_eq!(refusal.headers()["x-request-id"], "abc-1");
    let problem: Value = refusal.json().await.expect("JSON");
    assert_eq!(problem["request_id"], "abc-1");
    drop(many);
    // It passes, and nobody is held to what was.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(phone.post(body).await.status(), 200);
}
