//! What would pass by the sign-off of a roll: labels that were on sale before
//! their order was handed over, every way of putting them on sale after it, and
//! a roll that no house can have printed.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::By;
use zhenma::handoff::package::Grant;
use zhenma::handoff::port::HandoffLedger;
use zhenma::handoff::sign_off::{Scanned, Word};
use zhenma::handoff::{seal, secret};

use crate::packages::{Counter, batch, handed_over, house, ordered};
use crate::people::shell;
use crate::staff_bed::{OUR_GTIN, StaffBed};

/// Moves all labels of a batch in its book.
async fn moved(bed: &StaffBed, batch: &str, kind: &str) -> Value {
    let path = format!("/api/v1/batches/{batch}/movements");
    bed.made("member", &path, &json!({"kind": kind, "first": 1, "last": 1})).await
}

async fn hand_over(bed: &StaffBed, order: &str) -> (u16, Value) {
    let path = format!("/api/v1/orders/{order}/package");
    bed.send(bed.program("planner", Method::POST, &path).json(&json!({}))).await
}

#[tokio::test]
async fn labels_that_were_used_before_are_not_handed_over() {
    let bed = StaffBed::start().await;
    let house = house(&bed, None).await;
    for (kinds, says) in [
        (&["print"][..], "number 1 is printed"),
        (&["spoil"], "number 1 is spoiled"),
        (&["apply"], "number 1 is applied"),
        (&["activate"], "number 1 is activated"),
        (&["activate", "hold"], "number 1 is held"),
    ] {
        let batch = batch(&bed, 10).await;
        let order = ordered(&bed, &batch, 5, &house).await;
        for kind in kinds {
            moved(&bed, &batch, kind).await;
        }
        let (status, said) = hand_over(&bed, &order).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("used")), "{said}");
        let problem = said["errors"][0]["problem"].as_str().expect("text");
        assert!(problem.contains(says) && problem.contains("by member"), "{problem}");
        let planner = bed.person("planner").await;
        let page = planner.post(&format!("/enterprise/orders/{order}/package"), &[]).await;
        assert_eq!(page.status(), 422);
        assert!(page.text().await.expect("text").contains("不能再交给印刷厂"));
    }
    // Nor are those that another house has already; it may have the other layer.
    let body = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": 10,
        "layers": "outer+inner"});
    let both = bed.made("planner", "/api/v1/batches", &body).await;
    let both = both["batch"].as_str().expect("a name").to_owned();
    let of = async |key: &str, codes: &str| {
        let body = json!({"order_key": key, "batch": both, "format": "csv", "codes": codes,
            "house": house});
        let order = bed.made("planner", "/api/v1/orders", &body).await;
        let order = order["id"].as_str().expect("an id").to_owned();
        bed.done(&format!("/api/v1/orders/{order}")).await;
        hand_over(&bed, &order).await
    };
    let first = of("outer", "outer").await;
    assert_eq!(first.0, 201, "{}", first.1);
    for (key, codes) in [("again", "outer"), ("all", "items")] {
        let (status, said) = of(key, codes).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("used")), "{said}");
        assert!(said["errors"][0]["problem"].as_str().is_some_and(|p| p.contains("in package")));
    }
    let path = format!("/api/v1/batches/{both}/movements");
    bed.made("member", &path, &json!({"kind": "print"})).await;
    let inner = of("inner", "inner").await;
    assert_eq!(inner.0, 201, "{}", inner.1);
    // Taken back, they are as they were; and what the order does not name may be
    // on sale.
    let batch = batch(&bed, 10).await;
    let order = ordered(&bed, &batch, 5, &house).await;
    let path = format!("/api/v1/batches/{batch}/movements");
    let rest = json!({"kind": "activate", "first": 5, "last": 9});
    bed.made("member", &path, &rest).await;
    let mistaken = moved(&bed, &batch, "activate").await;
    assert_eq!(hand_over(&bed, &order).await.0, 422);
    let undo = format!("{path}/{}/undo", mistaken["id"].as_str().expect("an id"));
    bed.made("member", &undo, &json!({"reason": "too early"})).await;
    assert_eq!(hand_over(&bed, &order).await.0, 201);
}

fn grant() -> Grant {
    let own = seal::own_key().expect("a key");
    Grant {
        recipient: own.recipient,
        key_file: Some(own.key_file),
        code_hash: secret::pick_up_code().1,
        seed: zhenma::base::rng::bytes(),
    }
}

#[tokio::test]
async fn labels_whose_activation_is_due_are_not_handed_over() {
    let bed = StaffBed::start().await;
    let batch = batch(&bed, 5).await;
    let order = ordered(&bed, &batch, 5, &house(&bed, None).await).await;
    let due = json!({"due": "2027-06-01T00:00:00Z", "first": 2, "last": 2});
    bed.made("member", &format!("/api/v1/batches/{batch}/activations"), &due).await;
    let id = order.parse().expect("an id");
    let at = |text: &str| {
        let at: jiff::Timestamp = text.parse().expect("an instant");
        By::shell(zhenma::base::UnixMs(at.as_millisecond()))
    };
    let late = at("2027-06-01T00:00:01Z");
    let said = bed.parts.ledger.hand_over(id, &grant(), &late).await.expect_err("it is due");
    assert!(said.to_string().contains("number 2 is activated"), "{said}");
    // Before, it is handed over, and the roll holds the activation back.
    let early = at("2027-05-31T00:00:00Z");
    bed.parts.ledger.hand_over(id, &grant(), &early).await.expect("handed over");
    zhenma::registry::movement::port::MovementLedger::book_due(&bed.parts.ledger, late.at)
        .await
        .expect("booked");
    let shown = bed.get("member", &format!("/api/v1/batches/{batch}")).await;
    assert_eq!(shown["on_sale"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_of_putting_labels_on_sale_passes_by_the_sign_off() {
    let bed = StaffBed::start().await;
    let batch = batch(&bed, 6).await;
    let codes = bed.codes(&batch).await;
    let order = ordered(&bed, &batch, 6, &house(&bed, None).await).await;
    handed_over(&bed, &order).await;
    let of = |what: &str| format!("/api/v1/batches/{batch}/{what}");
    let member = |path: String| bed.program("member", Method::POST, &path);
    let moves = |kind: &str| member(of("movements")).json(&json!({"kind": kind}));
    for (request, what) in [
        (member(of("ranges")).json(&json!({"state": "activated"})), "by range"),
        (moves("activate"), "in the book"),
        (member(of("movements/file?kind=activate")).body(codes.join("\n")), "by file"),
        (member("/api/v1/activations".to_owned()).json(&json!({"code": codes[0]})), "by scan"),
    ] {
        let (status, said) = bed.send(request).await;
        assert_eq!(status, 422, "{what}: {said}");
        assert!(said.to_string().contains("is not signed off"), "{what}: {said}");
    }
    let line = bed.person("line").await;
    let page = format!("/enterprise/batches/{batch}");
    for (path, form) in [("activate", [("range", "")]), ("move", [("kind", "activate")])] {
        let refused = line.post(&format!("{page}/{path}"), &form).await;
        assert_eq!(refused.status(), 422);
        let said = refused.text().await.expect("a page");
        assert!(said.contains("整卷还没有验收"), "{path}: {said}");
    }
    // On their goods, and held there: to let them go puts them on sale too, and
    // so would an undo.
    let path = of("movements");
    for kind in ["apply", "hold"] {
        bed.made("member", &path, &json!({"kind": kind})).await;
    }
    assert_eq!(bed.send(moves("release")).await.0, 422, "let go");
    let line = bed.person("line").await;
    let console = format!("/enterprise/batches/{batch}");
    for (path, form) in [
        ("activate", vec![("range", "0-5")]),
        ("move", vec![("kind", "activate"), ("range", "0-5")]),
        ("move-file", vec![("kind", "activate"), ("numbers", "0-5")]),
    ] {
        let status = line.post(&format!("{console}/{path}"), &form).await.status().as_u16();
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    for arguments in [
        &["batch", "activate", "--batch", &batch, "--range", "0-5"][..],
        &["batch", "activate", "--batch", &batch],
        &["batch", "move", "--batch", &batch, "--kind", "release", "--partial"],
        &["batch", "mark", "--batch", &batch, "--range", "0-5", "--state", "activated"],
    ] {
        let (status, said) = shell(&bed, arguments);
        assert!(status != 0 && !said.is_empty(), "{arguments:?}: {said}");
    }
    let shown = bed.get("member", &format!("/api/v1/batches/{batch}")).await;
    assert_eq!(shown["on_sale"], 0);
}

#[tokio::test]
async fn a_roll_that_nobody_picked_up_or_printed_is_not_signed_off() {
    let bed = StaffBed::start().await;
    let house = house(&bed, None).await;
    for printed in [false, true] {
        let batch = batch(&bed, 9).await;
        let order = ordered(&bed, &batch, 9, &house).await;
        let codes = bed.codes(&batch).await.join("\r\n");
        let package = handed_over(&bed, &order).await;
        let path =
            format!("/enterprise/packages/{}/sign-off", package["id"].as_str().expect("an id"));
        let quality = bed.person("quality").await;
        let form = [("word", "accept"), ("codes", codes.as_str())];
        let refused = quality.post(&path, &form).await;
        assert_eq!(refused.status(), 422);
        let page = refused.text().await.expect("text");
        assert!(page.contains("还没有下载过这一包，也没有报告印过标签"), "{page}");
        let mut counter = Counter::at(&bed, "203.0.113.9").await;
        counter.enter(&package).await;
        if printed {
            let report = [("kind", "printed"), ("range", "0-8")];
            assert_eq!(counter.post("/printer/reports", &report).await.status(), 303);
        } else {
            counter.download(1).await;
        }
        assert_eq!(quality.post(&path, &form).await.status(), 303, "printed: {printed}");
    }
}

#[tokio::test]
async fn what_was_scanned_is_held_against_the_roll_as_it_is_when_the_word_is_kept() {
    let bed = StaffBed::start().await;
    let batch = batch(&bed, 9).await;
    let order = ordered(&bed, &batch, 9, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    counter.download(1).await;
    let of = batch.parse().expect("a batch");
    let scanned = (0..9).map(|number| Scanned::Item { batch: of, number }).collect();
    // The house reports one of them spoiled while the form is open.
    let form = [("kind", "spoiled"), ("range", "4")];
    assert_eq!(counter.post("/printer/reports", &form).await.status(), 303);
    let id = package["id"].as_str().expect("an id").parse().expect("an id");
    let by = By::shell(bed.parts.clock.now());
    let said = bed.parts.ledger.sign_off(id, &Word::Accept(scanned), &by).await;
    let said = said.expect_err("a spoiled one is on it").to_string();
    assert!(said.contains("number 4 was reported spoiled"), "{said}");
}
