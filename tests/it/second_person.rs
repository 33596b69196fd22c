//! The second person is a second person: whoever made a key stands behind what
//! it does, and a large order in small parts is a large one.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::api_key::{self, Wanted};
use zhenma::auth::people::Reach;
use zhenma::base::{By, Origin};

use crate::packages::batch;
use crate::people::halfway;
use crate::staff_bed::{OURS, PASSWORD, StaffBed};

/// A key of that account, made by that owner at the console.
async fn key_of(bed: &StaffBed, login: &str, maker: &str) -> String {
    let wanted = Wanted { login: login.to_owned(), label: "ERP".to_owned(), scope: None, days: 30 };
    let by = By { login: maker.to_owned(), ..at_console(bed) };
    let reach = Reach::Enterprise(OURS.to_owned());
    api_key::make(&bed.parts.ledger, &reach, wanted, &by).await.expect("a key")
}

fn at_console(bed: &StaffBed) -> By {
    By { origin: Origin::Unknown, ..By::shell(bed.parts.clock.now()) }
}

async fn by_key(bed: &StaffBed, key: &str, path: &str, body: &Value) -> (u16, Value) {
    bed.send(bed.ask(Method::POST, path).bearer_auth(key).json(body)).await
}

async fn approval_above(bed: &StaffBed, labels: &str) {
    let owner = bed.person("member").await;
    let settings = [
        ("approval_labels", labels),
        ("sign_off_labels", "5"),
        ("pick_up_days", "5"),
        ("printed_days", "14"),
        ("activated_days", "30"),
    ];
    assert_eq!(owner.post("/enterprise/settings", &settings).await.status(), 200);
}

fn order(batch: &str, key: &str, count: u64) -> Value {
    json!({"order_key": key, "batch": batch, "format": "csv", "count": count})
}

#[tokio::test]
async fn nobody_approves_an_order_by_or_of_a_key_that_they_made() {
    let bed = StaffBed::start().await;
    approval_above(&bed, "0").await;
    let batch = batch(&bed, 20).await;
    let (plans, approves) =
        (key_of(&bed, "planner", "member").await, key_of(&bed, "approver", "member").await);
    let place = async |key: &str, name: &str| {
        let (status, made) = by_key(&bed, key, "/api/v1/orders", &order(&batch, name, 5)).await;
        assert_eq!((status, &made["state"]), (201, &json!("awaiting_approval")), "{made}");
        format!("/api/v1/orders/{}/approve", made["id"].as_str().expect("an id"))
    };
    let yes = json!({"approved": true});
    // Placed with a key that the owner made: not by the owner, nor by another
    // key of that hand; by somebody else it is.
    let path = place(&plans, "by key").await;
    let refused = bed.send(bed.program("member", Method::POST, &path).json(&yes)).await;
    assert_eq!((refused.0, &refused.1["errors"][0]["field"]), (422, &json!("approver")));
    assert_eq!(by_key(&bed, &approves, &path, &yes).await.0, 422, "two keys of one hand");
    let owner = bed.person("member").await;
    let console = path.replace("/api/v1/", "/enterprise/");
    let refused = owner.post(&console, &[]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("用自己生成的接口密钥下的也一样"));
    let other = bed.send(bed.program("approver", Method::POST, &path).json(&yes)).await;
    assert_eq!(other.0, 200, "{}", other.1);
    // Placed by the owner: not approved with a key that the owner made.
    let placed = bed.made("member", "/api/v1/orders", &order(&batch, "own", 5)).await;
    let path = format!("/api/v1/orders/{}/approve", placed["id"].as_str().expect("an id"));
    assert_eq!(by_key(&bed, &approves, &path, &yes).await.0, 422);
    assert_eq!(bed.send(bed.program("approver", Method::POST, &path).json(&yes)).await.0, 200);
    // Cancelled and asked for again with the key, it is the key's maker's.
    let placed = bed.made("planner", "/api/v1/orders", &order(&batch, "again", 5)).await;
    let path = format!("/api/v1/orders/{}", placed["id"].as_str().expect("an id"));
    assert_eq!(by_key(&bed, &plans, &format!("{path}/cancel"), &json!({})).await.0 / 100, 2);
    by_key(&bed, &plans, "/api/v1/orders", &order(&batch, "again", 5)).await;
    let path = format!("{path}/approve");
    let refused = bed.send(bed.program("member", Method::POST, &path).json(&yes)).await;
    assert_eq!(refused.0, 422, "{}", refused.1);
}

#[tokio::test]
async fn nobody_approves_a_recall_or_a_lift_by_or_of_a_key_that_they_made() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let (asks, approves) =
        (key_of(&bed, "quality", "member").await, key_of(&bed, "approver", "member").await);
    let words = json!({"zh": "标签有误", "en": "wrong label"});
    let mut held = Value::Null;
    for kind in ["recall", "lift"] {
        let mut body = json!({"kind": kind, "scope": [batch], "reason": words});
        if kind == "lift" {
            body["lifts"] = held.clone();
        }
        let (status, asked) = by_key(&bed, &asks, "/api/v1/recalls", &body).await;
        assert_eq!(status, 201, "{asked}");
        held = asked["id"].clone();
        let path = format!("/api/v1/recalls/{}", held.as_str().expect("an id"));
        let seen = bed.get("member", &path).await["tally"]["seen"].clone();
        let yes = json!({"decision": "approve", "seen": seen, "note": "checked"});
        let path = format!("{path}/decide");
        for (who, said) in [
            ("the owner", bed.send(bed.program("member", Method::POST, &path).json(&yes)).await),
            ("a key of the same hand", by_key(&bed, &approves, &path, &yes).await),
        ] {
            assert_eq!(said.0, 409, "{kind}, {who}: {}", said.1);
            assert!(said.1.to_string().contains("您生成的接口密钥"), "{}", said.1);
        }
        let other = bed.send(bed.program("approver", Method::POST, &path).json(&yes)).await;
        assert_eq!(other.0, 200, "{kind}: {}", other.1);
    }
}

#[tokio::test]
async fn a_large_order_in_small_parts_waits_for_a_second_person_too() {
    let bed = StaffBed::start().await;
    approval_above(&bed, "50").await;
    let (batch, other) = (batch(&bed, 200).await, batch(&bed, 200).await);
    let state = async |who: &str, batch: &str, key: &str, count: u64| {
        let made = bed.made(who, "/api/v1/orders", &order(batch, key, count)).await;
        (made["state"].clone(), made["id"].as_str().expect("an id").to_owned())
    };
    let (queued, waits) = (json!("queued"), json!("awaiting_approval"));
    assert_eq!(state("planner", &batch, "1", 30).await.0, queued);
    assert_eq!(state("planner", &batch, "2", 20).await.0, queued, "50 in all");
    let (third, id) = state("planner", &other, "3", 1).await;
    assert_eq!(third, waits, "another batch of the product is the same product");
    assert_eq!(state("member", &batch, "4", 50).await.0, queued, "another person");
    let key = key_of(&bed, "line", "planner").await;
    assert_eq!(by_key(&bed, &key, "/api/v1/orders", &order(&batch, "5", 1)).await.0, 403);
    // What was approved is not counted any more, and what waits not yet.
    let path = format!("/api/v1/orders/{id}/approve");
    let yes = json!({"approved": true});
    assert_eq!(bed.send(bed.program("approver", Method::POST, &path).json(&yes)).await.0, 200);
    assert_eq!(state("planner", &batch, "6", 1).await.0, waits, "50 are still not approved");
    // A day later they are.
    let ledger = &bed.parts.ledger;
    let placed = zhenma::registry::port::OrderLedger::order(ledger, id.parse().expect("an id"));
    let mut new = placed.await.expect("an order").new;
    new.order_key = "7".to_owned();
    let tomorrow = By {
        login: "planner".to_owned(),
        ..By::shell(bed.parts.clock.now().plus_ms(24 * 3_600_000 + 1))
    };
    let placed = zhenma::registry::port::OrderLedger::place(ledger, &new, &tomorrow).await;
    assert_eq!(placed.expect("placed").state.slug(), "queued");
}

#[tokio::test]
async fn half_a_sign_in_ends_with_the_password_and_with_the_account() {
    let bed = StaffBed::start().await;
    let mut own = bed.person("line").await;
    let (_, recovery) = crate::people::enrol(&mut own).await;
    let half = halfway(&bed, "line").await;
    let new = [
        ("password", PASSWORD),
        ("new", "another long sentence"),
        ("again", "another long sentence"),
    ];
    assert_eq!(own.post("/account/password", &new).await.status(), 303);
    let code = [("code", &*recovery[0])];
    let answer = half.post("/sign-in/code", &code).await;
    assert_eq!(crate::staff_bed::location(&answer), "/enterprise/sign-in", "after a new password");
    // Closed and opened again.
    let mut half = bed.person("anyone").await;
    let form = [("login", "line"), ("password", "another long sentence")];
    let answer = half.post("/enterprise/sign-in", &form).await;
    half.keep(&answer);
    assert_eq!(half.get("/sign-in/code").await.status(), 200);
    let listed = own.page("/account/").await;
    assert!(!listed.contains("1970"), "half a sign-in is listed: {listed}");
    let owner = bed.person("member").await;
    for what in ["close", "open"] {
        owner.post(&format!("/enterprise/people/line/{what}"), &[]).await;
    }
    let answer = half.post("/sign-in/code", &code).await;
    assert_eq!(crate::staff_bed::location(&answer), "/enterprise/sign-in", "after it was closed");
}

#[tokio::test]
async fn nobody_approves_as_somebody_whom_they_let_in() {
    let bed = StaffBed::start().await;
    approval_above(&bed, "0").await;
    let batch = batch(&bed, 20).await;
    let owner = bed.person("member").await;
    assert_eq!(owner.post("/enterprise/people/approver/link", &[]).await.status(), 200);
    let yes = json!({"approved": true});
    let place = async |who: &str| {
        let made = bed.made(who, "/api/v1/orders", &order(&batch, who, 5)).await;
        made["id"].as_str().expect("an id").to_owned()
    };
    let approve = async |id: &str| {
        let path = format!("/api/v1/orders/{id}/approve");
        bed.send(bed.program("approver", Method::POST, &path).json(&yes)).await
    };
    let own = place("member").await;
    let refused = approve(&own).await;
    assert_eq!((refused.0, &refused.1["errors"][0]["field"]), (422, &json!("approver")));
    // Of what somebody else placed it is a second person.
    let other = approve(&place("planner").await).await;
    assert_eq!(other.0, 200, "{}", other.1);
    // When the link has ended, and what could be asked for by it is old.
    let days = |hours: i64| By {
        login: "approver".to_owned(),
        ..By::shell(bed.parts.clock.now().plus_ms(hours * 3_600_000))
    };
    let (ledger, id) = (&bed.parts.ledger, own.parse().expect("an id"));
    assert!(
        zhenma::registry::port::OrderLedger::approve(ledger, id, None, &days(95)).await.is_err()
    );
    zhenma::registry::port::OrderLedger::approve(ledger, id, None, &days(97))
        .await
        .expect("approved");
}

#[tokio::test]
async fn a_bound_of_approval_that_was_raised_counts_a_day_later() {
    let bed = StaffBed::start().await;
    approval_above(&bed, "50").await;
    let batch = batch(&bed, 200).await;
    approval_above(&bed, "500").await;
    let made = bed.made("planner", "/api/v1/orders", &order(&batch, "1", 60)).await;
    assert_eq!(made["state"], "awaiting_approval");
    let ledger = &bed.parts.ledger;
    let id = made["id"].as_str().expect("an id").parse().expect("an id");
    let placed = zhenma::registry::port::OrderLedger::order(ledger, id).await;
    let mut new = placed.expect("an order").new;
    new.order_key = "2".to_owned();
    let tomorrow = By {
        login: "planner".to_owned(),
        ..By::shell(bed.parts.clock.now().plus_ms(24 * 3_600_000 + 1))
    };
    let placed = zhenma::registry::port::OrderLedger::place(ledger, &new, &tomorrow).await;
    assert_eq!(placed.expect("placed").state.slug(), "queued");
}
