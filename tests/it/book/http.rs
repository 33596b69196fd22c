//! The book by API and console, as people of a packing hall use it.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::faults::load::eventually;
use crate::staff_bed::{OUR_GTIN, StaffBed, location};

async fn batch(bed: &StaffBed, count: u64) {
    let made = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": count});
    bed.made("planner", "/api/v1/batches", &made).await;
}

async fn on(bed: &StaffBed, account: &str) -> u64 {
    let balance = bed.get("viewer", "/api/v1/batches/1-1/balance").await;
    let sums = balance["sums"].as_array().expect("sums");
    let sum = sums.iter().find(|sum| sum["account"] == account).expect("the account");
    sum["on"].as_u64().expect("a number")
}

/// Posts a file; the multipart form of a page, or the body of the API.
async fn send_file(bed: &StaffBed, query: &str, file: &str) -> (u16, Value) {
    let path = format!("/api/v1/batches/1-1/movements/file?kind=activate{query}");
    let request = bed.program("line", Method::POST, &path);
    bed.send(request.header(CONTENT_TYPE, "text/csv").body(file.to_owned())).await
}

#[tokio::test]
async fn a_file_of_labels_is_activated_whole_or_with_what_is_left_out_named() {
    let bed = StaffBed::start().await;
    batch(&bed, 100).await;
    let file = "number\n1\n2\n200\nhello\n4\n";
    let (status, said) = send_file(&bed, "", file).await;
    assert_eq!(status, 422, "{said}");
    let lines: Vec<_> =
        said["errors"].as_array().expect("faults").iter().map(|e| e["line"].as_u64()).collect();
    assert_eq!(lines, [Some(4), Some(5)], "{said}");
    assert_eq!(on(&bed, "activated").await, 0, "nothing was done");
    let (status, said) = send_file(&bed, "&partial=true&request=shift-1", file).await;
    assert_eq!((status, &said["labels"]), (201, &json!(3)), "{said}");
    assert_eq!(said["broken_lines"], json!([4, 5]));
    let path = ["issued", "printed", "applied", "activated"];
    assert_eq!(said["legs"][0]["path"], json!(path), "{said}");
    let (status, again) = send_file(&bed, "&partial=true&request=shift-1", file).await;
    assert_eq!((status, &again["id"]), (200, &said["id"]), "the same request, done once");
    let (status, _) = send_file(&bed, "&request=shift-1", "5\n").await;
    assert_eq!(status, 409);
    let (status, said) = send_file(&bed, "", "4\n5\n").await;
    let problem = said["errors"][0]["problem"].as_str().unwrap_or_default();
    assert_eq!(status, 422);
    assert!(
        problem.contains("number 4 is activated since") && problem.ends_with("by line"),
        "{said}"
    );
}

#[tokio::test]
async fn a_movement_is_made_shown_and_taken_back_by_those_whose_duty_it_is() {
    let bed = StaffBed::start().await;
    batch(&bed, 1_000).await;
    let movements = "/api/v1/batches/1-1/movements";
    let send = async |who: &str, path: &str, body: Value| {
        bed.send(bed.program(who, Method::POST, path).json(&body)).await
    };
    let print = json!({"kind": "print", "first": 0, "last": 499, "place": "三号印刷"});
    bed.made("planner", movements, &print).await;
    let hold = json!({"kind": "hold", "numbers": "10-19"});
    assert_eq!(send("line", movements, hold.clone()).await.0, 403, "the quality office's");
    assert_eq!(send("quality", movements, hold).await.0, 422, "they are not on goods yet");
    let activate = json!({"kind": "activate", "numbers": "0-9 20-29", "reference": "班报17"});
    let made = bed.made("line", movements, &activate).await;
    assert_eq!(made["legs"][0]["to_place"], "三号印刷");
    let id = made["id"].as_str().expect("an id").to_owned();
    let one = bed.get("viewer", &format!("{movements}/{id}")).await;
    assert_eq!((&one["numbers"], &one["reference"]), (&json!("0-9 20-29"), &json!("班报17")));
    let undo = format!("{movements}/{id}/undo");
    assert_eq!(send("quality", &undo, json!({"reason": "错卷"})).await.0, 403);
    assert_eq!(send("line", &undo, json!({"reason": ""})).await.0, 422);
    bed.made("line", &undo, &json!({"reason": "错卷"})).await;
    assert_eq!((on(&bed, "activated").await, on(&bed, "printed").await), (0, 500));
    assert_eq!(send("line", &undo, json!({"reason": "错卷"})).await.0, 422, "nothing is left");
    assert_eq!(send("stranger", movements, json!({"kind": "activate"})).await.0, 404);
    for wrong in [
        json!({"kind": "sell"}),
        json!({"kind": "activate", "first": 3}),
        json!({"kind": "activate", "first": 3, "last": 2}),
        json!({"kind": "activate", "numbers": "a-b"}),
        json!({"kind": "transfer"}),
        json!({"kind": "print", "place": "x".repeat(41)}),
        json!({"kind": "print", "first": 0, "last": 1_000}),
    ] {
        let (status, said) = send("member", movements, wrong.clone()).await;
        assert_eq!(status, 422, "{wrong}: {said}");
    }
}

#[tokio::test]
async fn a_scan_puts_one_label_on_sale_and_its_time_many() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let code = bed.codes(&batch).await.remove(1);
    let ranges = bed.get("line", &format!("/api/v1/batches/{batch}/ranges")).await;
    let lift = ranges[0]["id"].as_str().expect("an id");
    let undo = format!("/api/v1/batches/{batch}/movements/{lift}/undo");
    bed.made("line", &undo, &json!({"reason": "重新来"})).await;
    let scan = async |text: &str| {
        let request = bed.program("line", Method::POST, "/api/v1/activations");
        bed.send(request.json(&json!({"code": text}))).await.1
    };
    assert_eq!(
        scan(&code).await,
        json!({"outcome": "activated", "batch": batch, "number": 1, "says": null})
    );
    assert_eq!(scan(&code).await["outcome"], "already");
    assert_eq!(scan("hello").await["outcome"], "unknown");
    let soon = bed.parts.clock.now().plus_ms(700);
    let soon = jiff::Timestamp::from_millisecond(soon.0).expect("an instant").to_string();
    let due = json!({"due": soon, "request": "night"});
    let kept = bed.made("line", &format!("/api/v1/batches/{batch}/activations"), &due).await;
    eventually("its time has come", || async {
        let waits = bed.get("line", &format!("/api/v1/batches/{batch}/activations")).await;
        waits[0]["state"] == "booked"
    })
    .await;
    let id = kept["id"].as_str().expect("an id");
    let booked = bed.get("line", &format!("/api/v1/batches/{batch}/movements/{id}")).await;
    assert_eq!((&booked["labels"], &booked["numbers"]), (&json!(2), &json!("0 2")), "{booked}");
    eventually("the server knows", || async {
        bed.get("line", &format!("/api/v1/batches/{batch}")).await["on_sale"] == 3
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_batch_shows_its_book_and_moves_labels() {
    let bed = StaffBed::start().await;
    batch(&bed, 100).await;
    let (line, quality) = (bed.person("line").await, bed.person("quality").await);
    let page = "/enterprise/batches/1-1";
    let post =
        async |path: &str, form: &[(&str, &str)]| line.post(&format!("{page}{path}"), form).await;
    assert!(line.page(page).await.contains("还没有移动"));
    let form = [("kind", "print"), ("numbers", "0-59、70"), ("place", "三号印刷")];
    assert_eq!(location(&post("/move", &form).await), page);
    assert_eq!(location(&post("/activate", &[("range", "0-9")]).await), page);
    let refused = post("/activate", &[("range", "5-14")]).await;
    assert_eq!(refused.status(), 422);
    let said = refused.text().await.expect("text");
    assert!(
        said.contains("序号5–9自") && said.contains("“已启用（三号印刷）”（line登记）"),
        "{said}"
    );
    let past = post("/activate", &[("range", "20-24"), ("at", "2020-02-29T08:00")]).await;
    assert!(past.text().await.expect("text").contains("请填将来的时间"));
    let later = bed.parts.clock.now().plus_ms(30 * 86_400_000);
    let later = jiff::Timestamp::from_millisecond(later.0).expect("an instant");
    let later = later.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let later = format!("{later}T08:00");
    assert_eq!(location(&post("/activate", &[("range", "20-24"), ("at", &later)]).await), page);
    let shown = line.page(page).await;
    assert!(
        shown.contains("印制") && shown.contains("定时启用") && shown.contains("08:00"),
        "{shown}"
    );
    assert!(shown.contains("三号印刷") && shown.contains("已印待贴"), "{shown}");
    let no_kind = post("/move", &[("kind", "")]).await;
    assert_eq!(no_kind.status(), 422);
    assert_eq!(post("/move", &[("kind", "hold"), ("numbers", "0")]).await.status(), 403);
    let held = quality.post(&format!("{page}/move"), &[("kind", "hold"), ("numbers", "0")]).await;
    assert_eq!(location(&held), page);
    let movements = bed.get("line", "/api/v1/batches/1-1/movements").await;
    let mut movements = movements.as_array().expect("a list").iter();
    let activated = movements.rfind(|m| m["kind"] == "activate").expect("it");
    let undo = format!("/movements/{}/undo", activated["id"].as_str().expect("an id"));
    assert_eq!(post(&undo, &[("reason", "")]).await.status(), 422);
    assert_eq!(location(&post(&undo, &[("reason", "错卷")]).await), page);
    assert!(line.page(page).await.contains("已撤回 9"), "all but the held one");
    let again = post(&undo, &[("reason", "错卷")]).await.text().await.expect("text");
    assert!(again.contains("序号0") && again.contains("暂扣"), "{again}");
}

#[tokio::test]
async fn a_file_from_the_page_is_taken_with_its_broken_lines_told() {
    let bed = StaffBed::start().await;
    batch(&bed, 100).await;
    let line = bed.person("line").await;
    let send = async |fields: &[(&str, &str)], file: &str| {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
                 Content-Type: text/csv\r\n\r\n";
        body += &format!("{file}\r\n--b--\r\n");
        let request = line.ask(Method::POST, "/enterprise/batches/1-1/move-file");
        let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=b");
        request.body(body).send().await.expect("an answer")
    };
    let refused = send(&[("kind", "activate")], "1\nabc\n3").await;
    assert_eq!(refused.status(), 422);
    let said = refused.text().await.expect("text");
    assert!(said.contains("第2行") && said.contains("什么都没有移动"), "{said}");
    // Longer than the body of any other form.
    let many: Vec<_> = (0..5_000).map(|n| (n % 50).to_string()).collect();
    let fields = [("kind", "activate"), ("partial", "1"), ("request", "r1")];
    for _ in 0..2 {
        let done = send(&fields, &(many.join("\n") + "\nabc")).await;
        assert_eq!(location(&done), "/enterprise/batches/1-1", "sent twice, it is one movement");
    }
    assert_eq!(on(&bed, "activated").await, 50);
    assert_eq!(
        bed.get("line", "/api/v1/batches/1-1/movements").await.as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_day_is_closed_and_what_is_missing_is_a_lead_that_warns_nobody() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    let line = bed.person("line").await;
    let page = "/enterprise/closing";
    let holding = format!("{batch}|activated|");
    let form = [("holding", &*holding), ("counted", "36"), ("missing", "5-6，9"), ("note", "夜班")];
    assert_eq!(location(&line.post(page, &form).await), page);
    let shown = line.page(page).await;
    assert!(shown.contains("5–6") && shown.contains("夜班") && shown.contains("找到了"), "{shown}");
    let wrong = [("holding", &*holding), ("missing", "5"), ("counted", "viele")];
    assert_eq!(line.post(page, &wrong).await.status(), 422);
    crate::consoles::scanned_by(&bed.parts.scanner, &codes[5], 2).await;
    let scan = json!({"code": codes[5], "channel": "consumer"});
    let buyer = bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&scan)).await.1;
    assert_eq!(buyer["outcome"], "not_on_sale");
    assert_eq!(buyer["reasons"][0]["code"], "not_activated", "no word of its being missed");
    assert!(!buyer.to_string().contains("missing"), "{buyer}");
    let maker = bed.send(bed.program("officer", Method::POST, "/api/v1/scans").json(&scan)).await.1;
    assert!(maker["risk"].as_f64().expect("a risk") > 0.5, "a lead: {maker}");
    let facts = bed.get("line", &format!("/api/v1/batches/{batch}/ranges")).await;
    let facts = facts.as_array().expect("a list");
    let fact = facts.iter().find(|f| f["state"] == "missing" && f["first"] == 5).expect("it");
    let found = format!("{page}/{batch}/{}/found", fact["id"].as_str().expect("an id"));
    assert_eq!(bed.person("viewer").await.post(&found, &[]).await.status(), 403);
    assert_eq!(location(&line.post(&found, &[]).await), page);
    let buyer = bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&scan)).await.1;
    assert_ne!(buyer["outcome"], "not_on_sale", "found again: {buyer}");
}
