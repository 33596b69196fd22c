//! The audit trail: what people change is told of, with before and after, in one
//! chain that a single flipped byte breaks.

use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use zhenma::auth::port::TrailLedger;
use zhenma::auth::trail::{Row, Wanted};

use crate::site::Site;
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};

async fn rows(bed: &StaffBed, wanted: Wanted) -> Vec<Row> {
    bed.parts.ledger.trail(&wanted, 0, 1_000).await.expect("rows")
}

#[tokio::test]
async fn who_changed_what_from_where_is_told_once_with_before_and_after() {
    let bed = StaffBed::start().await;
    let batch = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": 10});
    bed.made("planner", "/api/v1/batches", &batch).await;
    let ranges = "/api/v1/batches/1-1/ranges";
    let marked = json!({"first": 2, "last": 4, "state": "blocked",
        "reason": {"zh": "待查", "en": "under inquiry"}});
    let fact = bed.made("quality", ranges, &marked).await;
    let lift = format!("{ranges}/{}", fact["id"].as_str().expect("an id"));
    for _ in 0..2 {
        // Lifted a second time it is nothing new.
        bed.send(bed.program("quality", Method::DELETE, &lift)).await;
    }
    // What is refused leaves no row.
    let (status, _) = bed.send(bed.program("line", Method::POST, ranges).json(&marked)).await;
    assert_eq!(status, 403);
    let ours = Wanted { enterprise: Some(OURS.to_owned()), ..Wanted::default() };
    let told: Vec<_> = rows(&bed, ours)
        .await
        .into_iter()
        .filter(|row| row.object.contains("batch"))
        .map(|row| (row.login, row.action, row.object, row.origin))
        .collect();
    let from = "127.0.0.0/24".to_owned();
    let row = |who: &str, action: &str| {
        (who.to_owned(), action.to_owned(), "batch 1-1".to_owned(), from.clone())
    };
    let wanted = [
        row("planner", "register.add"),
        row("quality", "range.mark"),
        row("quality", "range.lift"),
    ];
    assert_eq!(told, wanted);
    let lifted = Wanted { action: Some("range.lift".to_owned()), ..Wanted::default() };
    let [row] = &rows(&bed, lifted).await[..] else { panic!("one row") };
    assert!(row.before.contains("\"first\":2") && row.after == "null", "{row:?}");
    // The secret of a batch and the hash of a key stay where they are.
    let all = rows(&bed, Wanted::default()).await;
    assert!(all.iter().all(|r| !r.after.contains("secret") && !r.after.contains("hash")));
}

#[tokio::test]
async fn whoever_takes_codes_or_events_or_the_trail_is_told_of() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(10).await;
    bed.codes(&batch).await;
    let orders = bed.get("member", "/api/v1/orders").await;
    let order = orders[0]["id"].as_str().expect("an id").to_owned();
    let planner = bed.person("planner").await;
    let file = format!("/enterprise/orders/{order}/files/labels.csv");
    let head = planner.ask(Method::HEAD, &file).send().await.expect("an answer");
    assert_eq!(head.status(), 200);
    let missing = planner.get(&format!("/enterprise/orders/{order}/files/none.csv")).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(planner.get(&file).await.status(), 200);
    bed.get("viewer", "/api/v1/trace/events?act=shipped").await;
    let sales = bed.person("sales").await;
    assert_eq!(sales.get("/enterprise/trace/events.jsonld").await.status(), 200);
    let county = bed.person("administrator").await;
    let trail = county.page("/county/audit.jsonl?action=export").await;
    assert_eq!(trail.lines().count(), 3, "its own row too: {trail}");
    let taken: Vec<_> = rows(&bed, Wanted::default())
        .await
        .into_iter()
        .filter(|row| row.action.ends_with(".take"))
        .map(|row| {
            assert_eq!(row.origin, "127.0.0.0/24");
            let of = Some(OURS).filter(|_| row.login != "administrator");
            assert_eq!(row.enterprise.as_deref(), of);
            (row.login, row.object, row.after)
        })
        .collect();
    let order = format!("order {order}");
    for (row, (login, object, says)) in taken.iter().zip([
        // Neither the head nor the file that is not there.
        ("member", order.as_str(), "\"file\":\"labels.csv\""),
        ("planner", order.as_str(), "\"file\":\"labels.csv\""),
        ("viewer", "export events", "\"act\":\"shipped\""),
        ("sales", "export events", "\"act\":null"),
        ("administrator", "export trail", "\"narrowed\":true"),
    ]) {
        assert_eq!((&*row.0, &*row.1), (login, object));
        assert!(row.2.contains(says), "{row:?}");
    }
    assert_eq!(taken.len(), 5, "{taken:?}");
}

#[tokio::test]
async fn one_flipped_byte_anywhere_in_the_trail_is_found_by_the_doctor() {
    let site = Site::new("embedded");
    let doctor = || {
        let out = site.command(&["doctor", "--json"]).output().expect("runs");
        String::from_utf8(out.stdout).expect("text")
    };
    let whole = doctor();
    assert!(whole.contains("rows in one chain"), "{whole}");
    let path = format!("{}/ledger.sqlite", site.file("data"));
    let before = std::fs::read(&path).expect("the ledger");
    // The shell's rows: enterprise, product, batch, activation, order.
    for (spoil, names) in [
        ("UPDATE audit SET became = replace(became, 'Song', 'Sonh') WHERE seq = 1", "row 1"),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", "row 3"),
        ("UPDATE audit SET enterprise = NULL WHERE seq = 2", "row 2"),
        ("UPDATE audit SET seal = zeroblob(32) WHERE seq = 2", "row 2"),
        ("DELETE FROM audit WHERE seq = 2", "row 3 follows row 1"),
    ] {
        std::fs::write(&path, &before).expect("put back");
        let options = SqliteConnectOptions::new().filename(&path);
        let mut file = options.connect().await.expect("the ledger opens");
        let done = sqlx::query(spoil).execute(&mut file).await.expect("spoiled");
        assert_eq!(done.rows_affected(), 1, "{spoil}");
        file.close().await.expect("closed");
        let says = doctor();
        assert!(says.contains(&format!("the chain is broken: {names}")), "{spoil}: {says}");
    }
}
