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
