//! Traceability as programs use it: scans of a line, documents, a shift's file.

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::Clock;
use zhenma::base::clock::SystemClock;

use crate::staff_bed::{OUR_GTIN, StaffBed};

const SESSION: &str = "0193a1d4-0000-4000-8000-00000000000a";

/// A batch with cases, and the serials of its bottles and cases.
pub struct Goods {
    pub batch: String,
    pub bottles: Vec<String>,
    pub cases: Vec<String>,
}

pub fn now() -> String {
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().0);
    now.expect("an instant").to_string()
}

impl Goods {
    pub async fn make(bed: &StaffBed, count: u64, cases: u64) -> Self {
        let body = json!({"product": OUR_GTIN, "lot": "L/1", "made_on": "2026-11-01",
            "count": count, "cases": cases, "destination": 4100});
        let batch = bed.made("member", "/api/v1/batches", &body).await;
        let batch = batch["batch"].as_str().expect("a name").to_owned();
        crate::faults::load::eventually("the batch is known", || async {
            bed.parts.scanner.register.load().batches.contains_key(&batch.parse().expect("a batch"))
        })
        .await;
        let register = bed.parts.scanner.register.load();
        let id = batch.parse().expect("a batch");
        let serials = |count, unit: &dyn Fn(u64) -> zhenma::trace::Unit| -> Vec<String> {
            (0..count).map(|n| unit(n).payload(&register).expect("issued").serial_text()).collect()
        };
        Self {
            bottles: serials(count, &|number| zhenma::trace::Unit::Bottle { batch: id, number }),
            cases: serials(cases, &|number| zhenma::trace::Unit::Case { batch: id, number }),
            batch,
        }
    }
}

/// Posts scans of a line, numbered from `first` on; gives their answers.
pub async fn scan(bed: &StaffBed, first: u64, size: usize, codes: &[&str]) -> Vec<Value> {
    scan_on(bed, first, size, "case", codes).await
}

pub async fn scan_on(
    bed: &StaffBed,
    first: u64,
    size: usize,
    level: &str,
    codes: &[&str],
) -> Vec<Value> {
    let scans: Vec<_> =
        (first..).zip(codes).map(|(n, code)| json!({"n": n, "code": code, "at": now()})).collect();
    let body = json!({"line": "1号线", "session": SESSION, "level": level, "size": size,
        "place": null, "scans": scans});
    let request = bed.program("line", Method::POST, "/api/v1/trace/captures").json(&body);
    let (status, said) = bed.send(request).await;
    assert_eq!(status, 200, "{said}");
    said["answers"].as_array().expect("answers").clone()
}

pub fn outcomes(answers: &[Value]) -> Vec<String> {
    let text = |a: &Value| a["reason"].as_str().or(a["outcome"].as_str()).expect("text").to_owned();
    answers.iter().map(text).collect()
}

pub async fn unit(bed: &StaffBed, code: &str) -> Value {
    bed.get("viewer", &format!("/api/v1/trace/units/{code}")).await
}

pub fn document(events: &[Value]) -> Value {
    json!({"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"zhenma": "urn:zhenma:epcis:"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-27T00:00:00Z",
        "epcisBody": {"eventList": events}})
}

pub async fn captured(bed: &StaffBed, who: &str, events: &[Value]) -> (u16, Value) {
    let request = bed.program(who, Method::POST, "/api/v1/trace/events").json(&document(events));
    bed.send(request).await
}

fn schema() -> Validator {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/epcis/EPCIS-JSON-Schema.json");
    let schema = std::fs::read_to_string(path).expect("a schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

pub async fn exported(bed: &StaffBed, query: &str) -> Vec<Value> {
    let document = bed.get("viewer", &format!("/api/v1/trace/events{query}")).await;
    let faults: Vec<_> = schema().iter_errors(&document).map(|e| format!("{e:.200}")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    document["epcisBody"]["eventList"].as_array().expect("events").clone()
}

pub fn object(id: u32, step: &str, disposition: &str, codes: &[&str]) -> Value {
    let action = if step == "destroying" { "DELETE" } else { "OBSERVE" };
    json!({"type": "ObjectEvent", "action": action, "bizStep": step, "disposition": disposition,
        "eventID": format!("urn:uuid:0193a1d4-0000-7000-8000-{id:012}"), "eventTime": now(),
        "eventTimeZoneOffset": "+08:00",
        "epcList": codes.iter().map(|c| format!("https://id.gs1.org/00/{c}")).collect::<Vec<_>>()})
}

#[tokio::test]
async fn bottles_become_a_case_on_a_pallet_and_each_tells_where_it_is() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 30, 5).await;
    let (b, c) = (&goods.bottles, &goods.cases);
    let answers = scan(&bed, 1, 2, &[&b[0], &b[1], &c[0], &c[1], &b[2], &b[3]]).await;
    let wanted = ["taken", "taken", "packed", "opened", "taken", "packed"];
    assert_eq!(outcomes(&answers), wanted, "{answers:?}");
    let refused = scan(&bed, 7, 2, &[&b[0], "hello", &c[0]]).await;
    assert_eq!(outcomes(&refused), ["in_other", "not_a_code", "holds"]);
    assert!(refused[0]["zh"].as_str().expect("words").contains("已在箱"), "{refused:?}");
    let pallet = scan_on(&bed, 10, 2, "pallet", &["P-7", &c[0], &c[1]]).await;
    assert_eq!(outcomes(&pallet), ["opened", "taken", "packed"]);
    let bottle = unit(&bed, &b[3]).await;
    let holders: Vec<_> = bottle["holders"].as_array().expect("holders").iter().collect();
    assert_eq!((&holders[0]["code"], &holders[1]["code"]), (&json!(c[1]), &json!("P-7")));
    assert_eq!(bottle["history"].as_array().expect("events").len(), 2, "{bottle:#}");
    let pallet = unit(&bed, "P-7").await;
    assert_eq!(pallet["contents"].as_array().expect("cases").len(), 2);
    let events = exported(&bed, &format!("?batch={}", goods.batch)).await;
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|e| e["type"] == "AggregationEvent"));
    assert_eq!(exported(&bed, "?act=shipped").await.len(), 0);
    // Nobody else's.
    let path = format!("/api/v1/trace/units/{}", b[3]);
    let (status, _) = bed.send(bed.program("stranger", Method::GET, &path)).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_file_of_events_has_each_as_a_document_of_its_own_and_as_a_row() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 6, 2).await;
    let (b, c) = (&goods.bottles, &goods.cases);
    scan(&bed, 1, 2, &[&b[0], &b[1], &c[0]]).await;
    scan(&bed, 4, 2, &[&b[2], &b[3], &c[1]]).await;
    let mut error = exported(&bed, "").await.swap_remove(1);
    error["errorDeclaration"] = json!({"declarationTime": now(), "reason": "did_not_occur"});
    let (status, said) = captured(&bed, "quality", &[error]).await;
    assert_eq!(status, 200, "{said}");
    let path = |format| format!("/api/v1/exports/events?format={format}");
    let take = async |format| {
        let request = bed.program("viewer", Method::GET, &path(format));
        request.send().await.expect("an answer").text().await.expect("a file")
    };
    let (lines, table) = (take("jsonl").await, take("csv").await);
    let schema = schema();
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((events.len(), table.lines().count()), (2, 3));
    for event in &events {
        let faults: Vec<_> = schema.iter_errors(event).map(|e| format!("{e:.200}")).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        assert!(table.contains(event["eventID"].as_str().expect("an id")));
    }
    assert_eq!(events[1]["errorDeclaration"]["reason"], "did_not_occur");
    let (_, theirs) = bed.send(bed.program("stranger", Method::GET, &path("jsonl"))).await;
    assert_eq!(theirs, Value::Null);
}

#[tokio::test]
async fn scans_sent_again_are_answered_the_same_and_done_once() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 12, 2).await;
    let codes: Vec<&str> =
        goods.bottles[..6].iter().chain(&goods.cases[..1]).map(String::as_str).collect();
    let first = scan(&bed, 1, 6, &codes).await;
    assert_eq!(outcomes(&first)[6], "packed");
    assert_eq!(scan(&bed, 1, 6, &codes).await, first, "the answers of the last call are kept");
    // The tail again with what is new: as after an answer that was lost.
    let more = scan(&bed, 7, 6, &[codes[6], &goods.bottles[6]]).await;
    assert_eq!(outcomes(&more), ["packed", "taken"]);
    assert_eq!(outcomes(&scan(&bed, 2, 6, &[codes[1]]).await), ["repeated"]);
    assert_eq!(exported(&bed, "").await.len(), 1);
}

#[tokio::test]
async fn of_two_lines_that_pack_one_bottle_at_once_one_is_refused() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 4, 2).await;
    let pack = |case: usize, session: &'static str| {
        let scans: Vec<_> = [&goods.cases[case], &goods.bottles[0]]
            .into_iter()
            .zip(1..)
            .map(|(code, n)| json!({"n": n, "code": code, "at": now()}))
            .collect();
        let body = json!({"line": session, "session": session, "level": "case", "size": 1,
            "scans": scans});
        bed.send(bed.program("line", Method::POST, "/api/v1/trace/captures").json(&body))
    };
    let (one, other) = tokio::join!(
        pack(0, "0193a1d4-0000-4000-8000-00000000000b"),
        pack(1, "0193a1d4-0000-4000-8000-00000000000c")
    );
    let mut last: Vec<_> = [one, other]
        .iter()
        .map(|(_, said)| outcomes(said["answers"].as_array().expect("answers"))[1].clone())
        .collect();
    last.sort();
    assert_eq!(last, ["in_other", "packed"]);
}

#[tokio::test]
async fn goods_are_shipped_received_and_returned_and_what_cannot_be_names_its_event() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 4, 2).await;
    scan(&bed, 1, 2, &[&goods.bottles[0], &goods.bottles[1], &goods.cases[0]]).await;
    scan_on(&bed, 4, 1, "pallet", &["095201234567891235", &goods.cases[0]]).await;
    let pallet = ["095201234567891235"];
    let ship = object(1, "shipping", "in_transit", &pallet);
    let (status, said) = captured(&bed, "line", std::slice::from_ref(&ship)).await;
    assert_eq!(status, 422, "not the line's work: {said}");
    let receive = object(2, "receiving", "sellable_not_accessible", &pallet);
    let (status, said) = captured(&bed, "sales", &[receive.clone(), ship.clone()]).await;
    assert_eq!(status, 422, "{said}");
    assert_eq!(said["errors"][0]["field"], "eventList[0].units");
    assert!(said["errors"][0]["problem"].as_str().expect("words").starts_with("not_in_transit"));
    let (status, said) = captured(&bed, "sales", &[ship.clone(), receive.clone()]).await;
    assert_eq!((status, &said["events"][1]["new"]), (200, &json!(true)), "{said}");
    let (status, said) = captured(&bed, "sales", std::slice::from_ref(&ship)).await;
    assert_eq!((status, &said["events"][0]["new"]), (200, &json!(false)), "{said}");
    let mut other = ship;
    other["eventTime"] = json!("2026-01-01T00:00:00Z");
    let (status, said) = captured(&bed, "sales", &[other]).await;
    assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("eventList[0].eventID")));
    assert_eq!(unit(&bed, &goods.bottles[0]).await["whereabouts"], "received");
    let back = object(3, "receiving", "returned", &pallet);
    assert_eq!(captured(&bed, "sales", &[back]).await.0, 200);
    assert_eq!(unit(&bed, &goods.bottles[0]).await["whereabouts"], "returned");
}

#[tokio::test]
async fn a_wrong_record_is_declared_an_error_and_what_followed_goes_back() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 4, 2).await;
    scan(&bed, 1, 2, &[&goods.bottles[0], &goods.bottles[1], &goods.cases[0]]).await;
    scan_on(&bed, 4, 1, "pallet", &["095201234567891235", &goods.cases[0]]).await;
    let events = exported(&bed, "").await;
    let declared = |event: &Value| {
        let mut event = event.clone();
        event["errorDeclaration"] = json!({"declarationTime": now(), "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:0193a1d4-0000-7000-8000-000000000009"]});
        event
    };
    let (status, said) = captured(&bed, "quality", &[declared(&events[0])]).await;
    assert_eq!(status, 422, "the pallet stands on it: {said}");
    let both = [declared(&events[1]), declared(&events[0])];
    let (status, said) = captured(&bed, "quality", &both).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(unit(&bed, &goods.bottles[0]).await["holders"], json!([]));
    let events = exported(&bed, "").await;
    assert_eq!(events[0]["errorDeclaration"]["reason"], "incorrect_data");
    let again = scan(&bed, 6, 1, &[&goods.cases[1], &goods.bottles[0]]).await;
    assert_eq!(outcomes(&again), ["opened", "packed"]);
}

#[tokio::test]
async fn a_million_bottles_are_bottled_and_inspected_by_one_event_each() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 3, 0).await;
    let body = json!({"product": OUR_GTIN, "lot": "L2", "made_on": "2026-11-01",
        "count": 1_000_000});
    let batch = bed.made("member", "/api/v1/batches", &body).await["batch"].clone();
    crate::faults::load::eventually("the batch is known", || async {
        let id = batch.as_str().expect("text").parse().expect("a batch");
        bed.parts.scanner.register.load().batches.contains_key(&id)
    })
    .await;
    let range = json!({"zhenma:batch": batch, "zhenma:first": 0, "zhenma:last": 999_999});
    let bottled = json!({"type": "TransformationEvent", "bizStep": "commissioning",
        "eventID": "urn:uuid:0193a1d4-0000-7000-8000-000000000001",
        "eventTime": now(), "eventTimeZoneOffset": "+08:00",
        "inputQuantityList": [{"epcClass": "urn:example:raw:A", "quantity": 520_000, "uom": "LTR"}],
        "outputQuantityList": [{"epcClass": "urn:example:any", "quantity": 1_000_000}],
        "zhenma:range": range});
    let (status, said) = captured(&bed, "line", std::slice::from_ref(&bottled)).await;
    assert_eq!(status, 200, "{said}");
    let mut again = bottled;
    again["eventID"] = json!("urn:uuid:0193a1d4-0000-7000-8000-000000000002");
    again["zhenma:range"]["zhenma:first"] = json!(999_999);
    let (status, said) = captured(&bed, "line", &[again]).await;
    assert_eq!(status, 422, "{said}");
    let inspected = json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting",
        "eventTime": now(), "eventTimeZoneOffset": "+08:00",
        "zhenma:inspection": {"zhenma:station": "河南省食品检验研究院", "zhenma:number": "2026-7",
            "zhenma:passed": true},
        "zhenma:range": range});
    let (status, said) = captured(&bed, "quality", &[inspected]).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(exported(&bed, "").await.len(), 2);
    assert_eq!(captured(&bed, "viewer", &[]).await.0, 403);
    assert_eq!(goods.bottles.len(), 3);
}

#[tokio::test]
async fn the_file_of_a_shift_is_kept_once_but_for_its_broken_lines() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 40, 10).await;
    let row = |case: usize, bottle: usize| {
        format!("{},{},{}", "2026-11-20T08:00:00+08:00", goods.cases[case], goods.bottles[bottle])
    };
    let mut rows = vec!["time,into,item".to_owned()];
    for case in 0..10 {
        rows.extend((0..4).map(|i| row(case, 4 * case + i)));
    }
    rows[6] = "broken".to_owned();
    rows[40] = row(9, 0);
    let send = async || {
        let request = bed.program("line", Method::POST, "/api/v1/trace/imports");
        let request = request.header("content-type", "text/csv").body(rows.join("\r\n"));
        let (status, said) = bed.send(request).await;
        assert_eq!(status, 200, "{said}");
        said
    };
    let first = send().await;
    assert_eq!((&first["packed"], &first["items"]), (&json!(8), &json!(32)), "{first:#}");
    let lines: Vec<_> =
        first["faults"].as_array().expect("faults").iter().map(|f| f["line"].clone()).collect();
    assert_eq!(lines, [json!(6), json!(7), json!(38)], "{first:#}");
    let second = send().await;
    assert_eq!((&second["packed"], &second["known"]), (&json!(0), &json!(8)));
}

#[tokio::test]
async fn a_shift_whose_columns_are_not_named_is_refused_at_its_first_line() {
    let bed = StaffBed::start().await;
    for file in ["{}", "\n2026-11-20T08:00:00+08:00,A,B\n2026-11-20T08:00:00+08:00,A,C\n"] {
        let request = bed.program("line", Method::POST, "/api/v1/trace/imports");
        let request = request.header("content-type", "text/csv").body(file);
        let (status, said) = bed.send(request).await;
        assert_eq!(status, 422, "{said}");
        assert_eq!(said["errors"].as_array().expect("errors").len(), 1, "{said:#}");
        assert_eq!(said["errors"][0]["field"], json!("header"));
    }
}

#[tokio::test]
async fn documents_too_long_or_of_another_kind_are_refused_whole() {
    let bed = StaffBed::start().await;
    let post =
        |body: String| bed.program("member", Method::POST, "/api/v1/trace/events").body(body);
    let (status, _) = bed.send(post(" ".repeat(5 * 1024 * 1024))).await;
    assert_eq!(status, 413);
    for (body, field) in [
        ("{}".to_owned(), "document"),
        (document(&[json!({"type": "ObjectEvent"})]).to_string(), "epcisBody.eventList[0]"),
        (document(&[object(1, "retail_selling", "retail_sold", &[])]).to_string(), "bizStep"),
        (document(&[object(1, "inspecting", "conformant", &[])]).to_string(), "report"),
        (document(&[object(1, "shipping", "in_transit", &["1"])]).to_string(), "epcList"),
    ] {
        let (status, said) = bed.send(post(body)).await;
        assert_eq!(status, 422, "{said}");
        let named = said["errors"][0]["field"].as_str().expect("a field").to_owned();
        assert!(named.ends_with(field), "{named} is not {field}");
    }
}

#[tokio::test]
async fn places_are_registered_and_events_name_them() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 2, 1).await;
    let place = json!({"code": "hall-1", "kind": "site", "name": {"zh": "一号包装车间", "en": ""},
        "gln": "6900000000007", "region": 4116});
    bed.made("sales", "/api/v1/trace/places", &place).await;
    let dealer = json!({"code": "d7", "kind": "dealer", "name": {"zh": "郑州某商贸", "en": ""},
        "gln": null, "region": 4101});
    bed.made("sales", "/api/v1/trace/places", &dealer).await;
    assert_eq!(bed.get("viewer", "/api/v1/trace/places").await.as_array().expect("two").len(), 2);
    for (field, value) in [
        ("code", json!("a b")),
        ("gln", json!("6900000000001")),
        ("region", json!(1)),
        ("kind", json!("x")),
    ] {
        let mut wrong = place.clone();
        wrong[field] = value;
        let request = bed.program("sales", Method::POST, "/api/v1/trace/places").json(&wrong);
        let (status, said) = bed.send(request).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!(field)), "{said}");
    }
    let mut turned = place.clone();
    turned["name"]["zh"] = json!("一号\u{202e}车间");
    let request = bed.program("sales", Method::POST, "/api/v1/trace/places").json(&turned);
    assert_eq!(bed.send(request).await.0, 422);
    scan(&bed, 1, 2, &[&goods.bottles[0], &goods.bottles[1], &goods.cases[0]]).await;
    let mut ship = object(5, "shipping", "in_transit", &[]);
    ship["epcList"] = json!([format!("{}/{}", bed.base, goods.cases[0])]);
    ship["readPoint"] = json!({"id": "https://id.gs1.org/414/6900000000007"});
    let to = format!("{}/id/{}/place/d7", bed.base, crate::staff_bed::OURS);
    ship["destinationList"] = json!([{"type": "possessing_party", "destination": to}]);
    let (status, said) = captured(&bed, "sales", &[ship]).await;
    assert_eq!(status, 200, "{said}");
    let bottle = unit(&bed, &goods.bottles[0]).await;
    assert_eq!((&bottle["whereabouts"], &bottle["place"]), (&json!("in_transit"), &json!("d7")));
    let shipped = &exported(&bed, "?act=shipped").await[0];
    assert_eq!(shipped["destinationList"][0]["destination"], json!(to));
}

/// Of the ledger's file, as one who reads it now.
fn bytes(bed: &StaffBed) -> u64 {
    let path = zhenma::app::paths::ledger(&bed.parts.settings.data);
    let file = rusqlite::Connection::open(path).expect("a ledger");
    let number = |pragma: &str| -> u64 {
        file.pragma_query_value(None, pragma, |row| row.get(0)).expect("a number")
    };
    number("page_count") * number("page_size")
}

#[tokio::test]
async fn a_line_is_answered_faster_than_it_scans() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 1_200, 200).await;
    let codes: Vec<&str> = (0..200)
        .flat_map(|n| {
            let bottles = goods.bottles[6 * n..6 * n + 6].iter().map(String::as_str);
            bottles.chain([goods.cases[n].as_str()])
        })
        .collect();
    let (one_by_one, together) = codes.split_at(210);
    let before = bytes(&bed);
    let begun = std::time::Instant::now();
    for (n, code) in (1..).zip(one_by_one) {
        scan(&bed, n, 6, &[code]).await;
    }
    let alone = one_by_one.len() as f64 / begun.elapsed().as_secs_f64();
    let begun = std::time::Instant::now();
    for (n, codes) in together.chunks(200).enumerate() {
        let answers = scan(&bed, 211 + 200 * n as u64, 6, codes).await;
        assert!(answers.iter().all(|a| a["outcome"] != "refused"), "{answers:?}");
    }
    let packed = together.len() as f64 / begun.elapsed().as_secs_f64();
    eprintln!("scans a second: {alone:.0} one a call, {packed:.0} two hundred a call");
    let grown = bytes(&bed) - before;
    eprintln!("bytes of the ledger for a bottle in a case of six: {}", grown / 1_200);
    assert_eq!(exported(&bed, "?act=packed").await.len(), 200);
    assert!(packed > 50.0, "{packed}");
}

#[tokio::test]
async fn loggers_and_orders_go_with_pallets_and_a_place_that_nobody_registered_does_not() {
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 2, 1).await;
    scan(&bed, 1, 2, &[&goods.bottles[0], &goods.bottles[1], &goods.cases[0]]).await;
    scan_on(&bed, 4, 1, "pallet", &["095201234567891235", &goods.cases[0]]).await;
    let sscc = "https://id.gs1.org/00/095201234567891235";
    let logger = |action: &str, step: &str| {
        json!({"type": "AssociationEvent", "action": action, "bizStep": step, "parentID": sscc,
            "childEPCs": ["urn:epc:id:giai:6900000.logger-12"],
            "eventTime": now(), "eventTimeZoneOffset": "+08:00"})
    };
    let ordered = json!({"type": "TransactionEvent", "action": "ADD", "bizStep": "reserving",
        "epcList": [sscc], "eventTime": now(), "eventTimeZoneOffset": "+08:00",
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:example:po:17"}]});
    let events = [logger("ADD", "installing"), ordered, logger("DELETE", "removing")];
    let (status, said) = captured(&bed, "member", &events).await;
    assert_eq!(status, 200, "{said}");
    let kept = exported(&bed, "").await;
    let types: Vec<_> = kept[2..].iter().map(|e| e["type"].as_str().expect("text")).collect();
    assert_eq!(types, ["AssociationEvent", "TransactionEvent", "AssociationEvent"]);
    assert_eq!(unit(&bed, "095201234567891235").await["history"].as_array().expect("").len(), 4);
    let mut ship = object(9, "shipping", "in_transit", &["095201234567891235"]);
    ship["readPoint"] = json!({"id": "urn:epc:id:sgln:6900000.00000.7"});
    let (status, said) = captured(&bed, "sales", &[ship]).await;
    assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("eventList[0].bizLocation")));
    let body = json!({"line": "1", "session": SESSION, "level": "case", "size": 2,
        "place": "nowhere", "scans": [{"n": 50, "code": goods.bottles[0], "at": now()}]});
    let request = bed.program("line", Method::POST, "/api/v1/trace/captures").json(&body);
    assert_eq!(bed.send(request).await.0, 422);
}
