//! What officers record on the spot, as a phone sends it.

mod bounds;
mod joined;
mod pages;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use zhenma::auth::office::FIRST;
use zhenma::auth::port::AccountLedger;
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::media::MediaLedger;
use zhenma::visits::port::VisitLedger;
use zhenma::visits::{Visit, statement};

use crate::faults::load::eventually;
use crate::staff_bed::{Person, StaffBed};

pub const PHONE: &str = "0197b8f0-aaaa-7000-8000-000000000001";

/// A record as the page makes it.
pub fn record(kind: &str, members: &Value) -> Value {
    let mut record = json!({"id": Uuid::new_v4_like(), "kind": kind, "made_offline": true,
        "made_at": "2026-11-27T10:05:00.250+08:00", "kit": "12", "network": "offline"});
    for (name, member) in members.as_object().expect("members") {
        record[name] = member.clone();
    }
    record
}

pub fn visit(seller: &str) -> Value {
    record(
        "visit",
        &json!({"seller": {"name": seller, "uscc": null, "address": "鹿邑县谷阳街道老子路12号",
        "person": "李某"}, "place": {"lat": 33.86, "lon": 115.48, "accuracy_m": 12.0},
        "region": 4116, "note": "", "case": null}),
    )
}

pub fn check(visit: &Value, code: &str, shown: &str) -> Value {
    record(
        "check",
        &json!({"visit": visit["id"], "sweep": null, "code": code, "shown": shown,
        "found": {"matches_label": null, "product_in_hand": null, "note": ""},
        "quantity": 1, "photos": []}),
    )
}

pub async fn send(person: &Person<'_>, body: &Value) -> (u16, Value) {
    let json = [("accept".parse().expect("a name"), "application/json".parse().expect("a value"))];
    let request = person.ask(Method::POST, "/officer/field/records").json(body);
    let request = request.headers(json.into_iter().collect());
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

pub fn batch(records: &[Value]) -> Value {
    json!({"phone": PHONE, "sent_at": SystemClock.now().rfc3339(), "records": records})
}

/// The states of the answers, which are expected to be some.
pub async fn states(person: &Person<'_>, records: &[Value]) -> Vec<String> {
    let (status, answer) = send(person, &batch(records)).await;
    assert_eq!(status, 200, "{answer}");
    let answers = answer["records"].as_array().expect("a list");
    let ids = |list: &[Value]| list.iter().map(|r| r["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(answers), ids(records), "answers in their order");
    answers.iter().map(|a| a["state"].as_str().expect("a state").to_owned()).collect()
}

async fn kept(bed: &StaffBed, visit: &Value) -> usize {
    let id = visit["id"].as_str().expect("an id").parse().expect("a UUID");
    bed.parts.ledger.visit_records(FIRST, id).await.map_or(0, |records| records.len())
}

trait Fresh {
    fn new_v4_like() -> Uuid;
}

impl Fresh for Uuid {
    fn new_v4_like() -> Uuid {
        uuid::Builder::from_random_bytes(zhenma::base::rng::bytes()).into_uuid()
    }
}

/// A picture as a signature on glass is one.
pub fn png() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let ink = |x, y| image::Rgb(if (x + y) % 17 < 3 { [16, 19, 23] } else { [255; 3] });
    let picture = image::RgbImage::from_fn(300, 120, ink);
    picture.write_to(&mut out, image::ImageFormat::Png).expect("encoded");
    out.into_inner()
}

pub async fn put(person: &Person<'_>, hash: &str, bytes: Vec<u8>, media: &str) -> u16 {
    let path = format!("/officer/field/photos/{hash}");
    let request = person.ask(Method::PUT, &path).header("content-type", media).body(bytes);
    request.send().await.expect("an answer").status().as_u16()
}

/// A photo that no other test has.
async fn photo_of(person: &Person<'_>) -> zhenma::media::Sha256Hex {
    let mut out = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(40, 40, |x, y| image::Rgb([x as u8, y as u8, 7]));
    picture.write_to(&mut out, image::ImageFormat::Png).expect("encoded");
    let hash = zhenma::media::Sha256Hex::of(out.get_ref());
    assert_eq!(put(person, &hash.to_string(), out.into_inner(), "image/png").await, 201);
    hash
}

/// A visit with a picture, for whoever tries its addresses.
pub async fn begun(bed: &StaffBed) -> (String, String) {
    let officer = bed.person("officer").await;
    let begun = visit("老王烟酒店");
    let hash = zhenma::media::Sha256Hex::of(&png()).to_string();
    let taken_at = "2026-11-27T10:06:00+08:00";
    let members = json!({"visit": begun["id"], "sha256": hash, "taken_at": taken_at,
        "caption": "货架", "exif": {}});
    assert_eq!(put(&officer, &hash, png(), "image/png").await, 201);
    states(&officer, &[begun.clone(), record("photo", &members)]).await;
    (begun["id"].as_str().expect("an id").to_owned(), hash)
}

#[tokio::test]
async fn a_photo_is_kept_once_under_its_hash_and_what_is_no_photo_is_not() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let (id, hash) = begun(&bed).await;
    assert_eq!(put(&officer, &hash, png(), "image/png").await, 200);
    let other = zhenma::media::Sha256Hex::of(b"another").to_string();
    let html = b"<script>alert(1)</script>".to_vec();
    let html_hash = zhenma::media::Sha256Hex::of(&html).to_string();
    let long = vec![0xff; 12 * 1024 * 1024 + 1];
    let long_hash = zhenma::media::Sha256Hex::of(&long).to_string();
    for (hash, bytes, status) in [
        (&*other, png(), 409),
        (&html_hash, html, 422),
        (&long_hash, long, 413),
        ("ABC", png(), 422),
    ] {
        assert_eq!(put(&officer, hash, bytes, "image/png").await, status, "{hash}");
    }
    let shown = officer.get(&format!("/officer/visits/{id}/pictures/{hash}")).await;
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
    let absent = officer.get(&format!("/officer/visits/{id}/pictures/{other}")).await;
    assert_eq!(absent.status(), 404);
    let page = officer.page(&format!("/officer/visits/{id}")).await;
    assert!(page.contains("老王烟酒店") && page.contains("货架"), "{page}");
    for paper in ["record.pdf", "list.pdf"] {
        let pdf = officer.get(&format!("/officer/visits/{id}/{paper}")).await;
        assert_eq!(pdf.headers()["content-type"], "application/pdf");
        assert!(pdf.bytes().await.expect("a file").starts_with(b"%PDF-"));
    }
}

#[tokio::test]
async fn what_is_sent_twice_at_once_is_kept_once_and_another_content_is_refused() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let begun = visit("老王烟酒店");
    let mut records = vec![begun.clone()];
    records.extend(
        (0..30).map(|n| record("note", &json!({"visit": begun["id"], "text": format!("第{n}条")}))),
    );
    let each = futures::future::join_all((0..8).map(|_| states(&officer, &records))).await;
    for n in 0..records.len() {
        let accepted = each.iter().filter(|states| states[n] == "accepted").count();
        let repeated = each.iter().filter(|states| states[n] == "repeated").count();
        assert_eq!((accepted, repeated), (1, 7), "record {n}");
    }
    assert_eq!(kept(&bed, &begun).await, 31);
    let mut other = records[3].clone();
    other["text"] = json!("另一回事");
    let (_, answer) = send(&officer, &batch(&[other, records[4].clone()])).await;
    assert_eq!(answer["records"][0]["state"], "refused");
    assert!(answer["records"][0]["problem"]["zh"].as_str().expect("words").contains("内容不同"));
    assert_eq!(answer["records"][1]["state"], "repeated");
    assert_eq!(kept(&bed, &begun).await, 31);
}

#[tokio::test]
async fn a_phone_comes_back_after_80_hours_with_400_records_of_which_a_third_were_overtaken() {
    let bed = StaffBed::start().await;
    let (officer, of) = (bed.person("officer").await, bed.batch(300).await);
    let codes = bed.codes(&of).await;
    let begun = visit("老王烟酒店");
    let mut records = vec![begun.clone()];
    for n in 0..399 {
        let mut made = check(&begun, &codes[n % 300], "genuine");
        made["made_at"] = json!(format!("2026-11-24T02:{:02}:{:02}Z", n / 60, n % 60));
        records.push(made);
    }
    // While the phone was away, every third label was taken off sale.
    for n in (0..300).step_by(3) {
        let body = json!({"state": "blocked", "first": n, "last": n,
            "reason": {"zh": "涉案", "en": "case"}});
        let path = format!("/api/v1/batches/{of}/ranges");
        bed.made("administrator", &path, &body).await;
    }
    eventually("the register knows", || async {
        bed.get("member", &format!("/api/v1/batches/{of}")).await["on_sale"] == 200
    })
    .await;
    let mut overtaken = 0;
    for some in records.chunks(50) {
        for (record, state) in some.iter().zip(states(&officer, some).await) {
            let is_third = record["code"].as_str().is_some_and(|code| {
                codes.iter().position(|c| c == code).expect("a label").is_multiple_of(3)
            });
            assert_eq!(state, if is_third { "overtaken" } else { "accepted" }, "{record}");
            overtaken += usize::from(is_third);
        }
    }
    assert_eq!(overtaken, 133);
    // The answers got lost on the way: the phone sends everything again.
    for some in records.chunks(50) {
        let (_, answer) = send(&officer, &batch(some)).await;
        for (record, answer) in some.iter().zip(answer["records"].as_array().expect("a list")) {
            assert_eq!(answer["state"], "repeated");
            if record["kind"] == "check" {
                let says = &answer["says"];
                assert_eq!(says["overtaken"], says["outcome"] == "withdrawn", "{says}");
                assert!(!says["zh"].as_str().expect("words").is_empty());
            }
        }
    }
    let id = begun["id"].as_str().expect("an id").parse().expect("a UUID");
    let kept = bed.parts.ledger.visit_records(FIRST, id).await.expect("read");
    assert_eq!(kept.len(), 400);
    let visit = Visit::fold(&kept).expect("a visit");
    assert_eq!(visit.checks.len(), 399);
    assert_eq!(visit.timeline.iter().filter(|kept| kept.is_overtaken()).count(), 133);
    // The history of the labels is as it was: nobody scanned them today.
    let payload = zhenma::code::read(&codes[1]).expect("a code").payload;
    let history = bed
        .parts
        .scanner
        .state
        .peek(zhenma::scan::CodeId { payload: payload.to_bytes(), number: 1 });
    assert_eq!(history.await.expect("read").count(), 0);
}

#[tokio::test]
async fn one_bad_record_does_not_keep_the_others_out() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let begun = visit("老王烟酒店");
    let note = |text: &str| record("note", &json!({"visit": begun["id"], "text": text}));
    let elsewhere = record("note", &json!({"visit": Uuid::new_v4_like(), "text": "x"}));
    let records = [
        note("来得太早"),
        begun.clone(),
        note(""),
        note("可以"),
        elsewhere,
        record("dance", &json!({})),
        check(&begun, &"A".repeat(5_000), "genuine"),
        check(&begun, "HTTPS://E.CN/NOT-A-CODE", "not_genuine"),
        check(&json!({"id": null}), "伪造的", "genuine"),
    ];
    let states = states(&officer, &records).await;
    let wanted = [
        "refused",
        "accepted",
        "refused",
        "accepted",
        "refused",
        "refused",
        "refused",
        "accepted",
        "overtaken",
    ];
    assert_eq!(states, wanted);
    assert_eq!(kept(&bed, &begun).await, 3);
    // What cannot be answered is not taken at all, and says which record it is.
    let mut nameless = note("x");
    nameless["id"] = json!("1");
    let fine = note("y");
    let too_many: Vec<_> = (0..51).map(|_| note("z")).collect();
    for (body, field) in [
        (batch(&[fine.clone(), nameless]), "records[1].id"),
        (batch(&too_many), "records"),
        (json!({"phone": "x", "sent_at": "2026-11-27T10:00:00Z", "records": []}), "phone"),
        (json!({"phone": PHONE, "sent_at": "now", "records": []}), "sent_at"),
        (json!({"phone": PHONE, "sent_at": "2026-11-27T10:00:00Z", "records": {}}), "records"),
    ] {
        let (status, problem) = send(&officer, &body).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
    let long = format!("{{\"phone\": \"{}\"}}", "x".repeat(1_100_000));
    let request = officer.ask(Method::POST, "/officer/field/records").body(long);
    assert_eq!(request.send().await.expect("an answer").status(), 413);
    assert_eq!(kept(&bed, &begun).await, 3);
}

#[tokio::test]
async fn a_revoked_officers_records_stay_on_the_phone_until_a_supervisor_takes_them_in() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let begun = visit("老王烟酒店");
    let note = record("note", &json!({"visit": begun["id"], "text": "离线所记"}));
    assert_eq!(states(&officer, std::slice::from_ref(&begun)).await, ["accepted"]);
    let now = SystemClock.now();
    assert!(bed.parts.ledger.disable_account("officer", &By::shell(now)).await.expect("closed"));
    let (status, _) = send(&officer, &batch(std::slice::from_ref(&note))).await;
    assert_eq!(status, 401);
    assert_eq!(kept(&bed, &begun).await, 1);
    let mut body = batch(std::slice::from_ref(&note));
    body["recorded_by"] = json!("officer");
    let supervisor = bed.person("supervisor").await;
    let (status, answer) = send(&supervisor, &body).await;
    assert_eq!((status, &answer["records"][0]["state"]), (200, &json!("accepted")), "{answer}");
    let id = begun["id"].as_str().expect("an id").parse().expect("a UUID");
    let kept = bed.parts.ledger.visit_records(FIRST, id).await.expect("read");
    let arrival = &kept[1].arrival;
    assert_eq!((&*arrival.recorded_by, &*arrival.taken_in_by), ("officer", "supervisor"));
    for (who, named, status) in
        [("supervisor", "member", 422), ("supervisor", "nobody", 422), ("legal", "officer", 403)]
    {
        let person = bed.person(who).await;
        body["recorded_by"] = json!(named);
        assert_eq!(send(&person, &body).await.0, status, "{who} for {named}");
    }
}

#[tokio::test]
async fn a_check_on_the_spot_tells_what_buyers_do_not_see_and_accuses_nobody() {
    let bed = StaffBed::start().await;
    let (officer, of) = (bed.person("officer").await, bed.batch(5).await);
    let codes = bed.codes(&of).await;
    let ask = async |code: &str, id: Uuid| -> Value {
        let body = json!({"code": code, "scan_id": id,
            "location": {"lat": 33.86, "lon": 115.48, "accuracy_m": 10}});
        let request = officer.ask(Method::POST, "/officer/field/check").json(&body);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.json().await.expect("JSON")
    };
    let first = ask(&codes[0], Uuid::new_v4_like()).await;
    assert_eq!((&first["outcome"], &first["recorded"]), (&json!("genuine"), &json!(true)));
    assert_eq!(first["officer"]["batch"]["number"], 0);
    assert_eq!(first["officer"]["flag"], Value::Null);
    // Officers check one label in many places, and it stays what it is.
    for _ in 0..20 {
        ask(&codes[0], Uuid::new_v4_like()).await;
    }
    let again = ask(&codes[0], Uuid::new_v4_like()).await;
    assert_eq!(
        (&again["outcome"], &again["officer"]["scans"]["count"]),
        (&json!("genuine"), &json!(22))
    );
    eventually("the scans are followed", || async {
        let told = ask(&codes[0], Uuid::from_u128(7)).await;
        let latest = told["officer"]["scans"]["latest"].as_array().expect("a list").clone();
        latest.len() == 10 && latest.iter().all(|scan| scan["channel"] == "officer")
    })
    .await;
    let typed = format!(" {} ", codes[1].to_ascii_lowercase());
    for (code, outcome) in [(typed.as_str(), "genuine"), ("完全不是码", "not_genuine")] {
        let told = ask(code, Uuid::new_v4_like()).await;
        assert!(told["officer"]["risk"].is_number(), "{told}");
        if outcome == "not_genuine" {
            assert_eq!(told["outcome"], outcome);
        }
    }
    crate::consoles::copied(&bed, &codes[3]).await;
    eventually("the flag is told", || async {
        let told = ask(&codes[3], Uuid::from_u128(8)).await;
        told["officer"]["flag"]["state"] == "open"
            && told["outcome"] == "suspect"
            && told["officer"]["risk"].as_f64().is_some_and(|risk| risk > 0.5)
    })
    .await;
}

#[tokio::test]
async fn a_sweep_says_what_its_sample_allows_and_counts_each_label_once() {
    let bed = StaffBed::start().await;
    let (officer, of) = (bed.person("officer").await, bed.batch(60).await);
    let codes = bed.codes(&of).await;
    let begun = visit("老王烟酒店");
    let plan = json!({"visit": begun["id"], "gtin": "06900000001011", "stock": null,
        "sampling": "random", "seed": "0123456789abcdef", "ended": false});
    let sweep = record("sweep", &plan);
    let mut ended = plan.clone();
    ended["ended"] = json!(true);
    ended["sweep"] = sweep["id"].clone();
    let mut records = vec![begun.clone(), sweep.clone()];
    for code in codes[..59].iter().chain(&codes[..1]) {
        let mut made = check(&begun, code, "genuine");
        made["sweep"] = sweep["id"].clone();
        records.push(made);
    }
    records.push(record("sweep", &ended));
    for some in records.chunks(50) {
        states(&officer, some).await;
    }
    let id = begun["id"].as_str().expect("an id").parse().expect("a UUID");
    let kept = bed.parts.ledger.visit_records(FIRST, id).await.expect("read");
    let visit = Visit::fold(&kept).expect("a visit");
    let [done] = visit.sweeps.as_slice() else { panic!("{:?}", visit.sweeps) };
    assert!(done.ended);
    assert_eq!((done.tally.checked, done.tally.repeated), (59, 1));
    assert_eq!(
        statement::sentence(done, zhenma::base::Lang::En),
        "59 units checked, none suspect: with 95 % confidence fewer than 5 % of this stock are \
         copies, if units were picked at random."
    );
    let zh = statement::sentence(done, zhenma::base::Lang::Zh);
    assert!(zh.contains("查验59件") && zh.contains("不到5%"), "{zh}");
    let said: BTreeSet<_> = statement::caveats(done, zhenma::base::Lang::En).into_iter().collect();
    assert!(said.iter().any(|caveat| caveat.contains("0123456789abcdef")), "{said:?}");
    assert!(said.iter().any(|caveat| caveat.contains("more than once")), "{said:?}");
}

#[tokio::test]
async fn an_officer_hands_in_so_many_photos_a_day() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let ledger = &bed.parts.ledger;
    let small = zhenma::media::Sha256Hex::of(&png());
    assert_eq!(put(&officer, &small.to_string(), png(), "image/png").await, 201);
    // As if what was handed in had been very large.
    let row = ledger.media(&small).await.expect("read").expect("a row");
    let large = zhenma::media::MediaRow {
        original: zhenma::media::Sha256Hex::of(b"large"),
        bytes: zhenma::media::OFFICER_PHOTO_BYTES_A_DAY_MAX,
        added_at: SystemClock.now(),
        ..row
    };
    let by = By { login: large.added_by.clone(), ..By::shell(SystemClock.now()) };
    ledger.add_media(&large, &by).await.expect("added");
    let bytes = crate::media::jpeg(&crate::media::picture(20, 20), None);
    let hash = zhenma::media::Sha256Hex::of(&bytes).to_string();
    assert_eq!(put(&officer, &hash, bytes.clone(), "image/jpeg").await, 429);
    assert_eq!(put(&officer, &small.to_string(), png(), "image/png").await, 200, "it is there");
    let other = bed.person("supervisor").await;
    assert_eq!(put(&other, &hash, bytes, "image/jpeg").await, 201);
}

#[tokio::test]
async fn a_forgotten_photo_leaves_the_picture_that_another_one_shows() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let shot = crate::media::picture(64, 48);
    let (plain, told) =
        (crate::media::jpeg(&shot, None), crate::media::jpeg(&shot, Some(crate::media::exif(1))));
    let ledger = &bed.parts.ledger;
    let mut shown = Vec::new();
    let mut visits = Vec::new();
    for bytes in [plain, told] {
        let hash = zhenma::media::Sha256Hex::of(&bytes);
        assert_eq!(put(&officer, &hash.to_string(), bytes, "image/jpeg").await, 201);
        shown.push(ledger.media(&hash).await.expect("read").expect("a row").shown);
        let begun = visit("某烟酒店");
        let members = json!({"visit": begun["id"], "sha256": hash.to_string(), "caption": "",
            "taken_at": "2026-11-27T10:06:00+08:00", "exif": {}});
        states(&officer, &[begun.clone(), record("photo", &members)]).await;
        visits.push(begun["id"].as_str().expect("an id").parse().expect("a UUID"));
    }
    assert_eq!(shown[0], shown[1], "one picture of two files");
    joined::put_into_a_case(&bed, visits[1]).await;
    let later = SystemClock.now().plus_ms(1_828 * 86_400_000);
    let media = zhenma::media::MediaStore::at(zhenma::app::paths::media(&bed.parts.settings.data));
    let old = zhenma::app::old_visits::OldVisits {
        ledger: ledger.clone(),
        clock: std::sync::Arc::new(zhenma::base::clock::SetClock::new(later)),
        media: media.clone(),
    };
    let passed = old.pass(&tokio_util::sync::CancellationToken::new()).await;
    assert_eq!(passed.expect("passed"), 1);
    assert!(media.has(&shown[1]).await.expect("the disk"), "the other visit shows it");
}

#[tokio::test]
async fn a_visit_that_became_no_case_is_forgotten_after_five_years_with_its_photos() {
    let bed = StaffBed::start().await;
    let (id, hash) = begun(&bed).await;
    let file = zhenma::media::Sha256Hex::parse(&hash).expect("a hash");
    let media = zhenma::media::MediaStore::at(zhenma::app::paths::media(&bed.parts.settings.data));
    let pass = async |days: i64| {
        let at = SystemClock.now().plus_ms(days * 86_400_000);
        let old = zhenma::app::old_visits::OldVisits {
            ledger: bed.parts.ledger.clone(),
            clock: std::sync::Arc::new(zhenma::base::clock::SetClock::new(at)),
            media: media.clone(),
        };
        old.pass(&tokio_util::sync::CancellationToken::new()).await.expect("passed")
    };
    assert_eq!(pass(1_826).await, 0);
    assert!(media.get(&file).await.expect("read").is_some());
    let visit = id.parse().expect("a UUID");
    joined::put_into_a_case(&bed, visit).await;
    assert_eq!(pass(1_828).await, 0, "it stands in a case");
    let officer = bed.person("officer").await;
    let other = self::visit("另一家店");
    let lonely = photo_of(&officer).await;
    let photo = |hash: &str| {
        let members = json!({"visit": other["id"], "sha256": hash, "caption": "",
            "taken_at": "2026-11-27T10:06:00+08:00", "exif": {}});
        record("photo", &members)
    };
    let records = [other.clone(), photo(&hash), photo(&lonely.to_string())];
    states(&officer, &records).await;
    assert!(media.get(&lonely).await.expect("read").is_some());
    assert_eq!(pass(1_828).await, 1);
    assert!(media.get(&file).await.expect("read").is_some(), "another visit names it");
    assert!(media.get(&lonely).await.expect("read").is_none(), "nothing names it any more");
    let other = other["id"].as_str().expect("an id").parse().expect("a UUID");
    assert!(bed.parts.ledger.visit_records(FIRST, other).await.is_err());
    assert_eq!(bed.parts.ledger.visit_records(FIRST, visit).await.expect("read").len(), 2);
}
