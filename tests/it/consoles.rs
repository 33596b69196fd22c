//! The two consoles as people use them.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::scan::Outcome;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::service::Scanner;

use crate::faults::load::eventually;
use crate::staff_bed::{OUR_GTIN, PASSWORD, StaffBed, location};

#[tokio::test]
async fn a_member_orders_watches_downloads_and_activates() {
    let bed = StaffBed::start().await;
    let member = bed.person("member").await;
    let form = member.page("/enterprise/order").await;
    let key = between(&form, "name=\"order_key\" value=\"", "\"").to_owned();
    let mut fields = vec![
        ("order_key", key.as_str()),
        ("product", OUR_GTIN),
        ("lot", "批号"),
        ("made_on", "2026-11-01"),
        ("expires_on", ""),
        ("destination", "4101"),
        ("dealer", ""),
        ("layers", "outer+inner"),
        ("count", "0"),
        ("format", "csv"),
    ];
    let refused = member.post("/enterprise/order", &fields).await;
    assert_eq!(refused.status(), 422);
    let said = refused.text().await.expect("text");
    assert!(said.contains("请填1至100000000之间的整数"), "{said}");
    assert!(said.contains("请填1至20个字母") && said.contains("value=\"批号\""), "{said}");
    fields[2].1 = "L20261101";
    fields[8].1 = "12";
    let placed = member.post("/enterprise/order", &fields).await;
    let again = member.post("/enterprise/order", &fields).await;
    assert_eq!(location(&placed), location(&again), "sent twice, it is one order");
    assert_eq!(bed.get("member", "/api/v1/batches").await.as_array().expect("a list").len(), 1);
    fields[8].1 = "13";
    assert_eq!(member.post("/enterprise/order", &fields).await.status(), 422);

    let order = location(&placed);
    eventually("the order is done", || async { member.page(&order).await.contains("labels.csv") })
        .await;
    let page = member.page(&order).await;
    assert!(page.contains("已完成") && !page.contains("http-equiv=\"refresh\""), "{page}");
    let table = member.get(&format!("{order}/files/labels.csv")).await;
    let named = table.headers()["content-disposition"].to_str().expect("text").to_owned();
    assert_eq!(named, "attachment; filename=\"1-1-labels.csv\"");
    let table = table.text().await.expect("text");
    assert_eq!(table.lines().count(), 13);
    let code = table.lines().nth(3).expect("a row").split(',').nth(2).expect("text").to_owned();
    assert_eq!(outcome(&bed, &code, 41, 1).await["outcome"], "not_on_sale");

    let refused = member.post("/enterprise/batches/1-1/activate", &[("range", "3-99")]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("本批序号是0-11，3-99超出了"));
    let done = member.post("/enterprise/batches/1-1/activate", &[("range", "0-5")]).await;
    assert_eq!(location(&done), "/enterprise/batches/1-1");
    eventually("it is on sale", || async {
        outcome(&bed, &code, 41, 2).await["outcome"] == "genuine"
    })
    .await;
    eventually("its scan is in the chart", || async {
        let page = member.page("/enterprise/batches/1-1?lang=en").await;
        page.contains("on sale 6") && page.contains("<rect")
    })
    .await;
}

/// Labels of a batch that is there already, as its page offers them.
#[tokio::test]
async fn a_member_orders_case_labels_and_what_cannot_be_printed_is_told_at_once() {
    let bed = StaffBed::start().await;
    let made = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": 40,
        "layers": "outer+inner", "cases": 4});
    bed.made("member", "/api/v1/batches", &made).await;
    let member = bed.person("member").await;
    assert!(member.page("/enterprise/batches/1-1").await.contains("/enterprise/order?batch=1-1"));
    assert_eq!(member.get("/enterprise/order?batch=1-9").await.status(), 404);
    let form = member.page("/enterprise/order?batch=1-1").await;
    assert!(form.contains("value=\"cases\"") && !form.contains("name=\"lot\""), "{form}");
    let key = between(&form, "name=\"order_key\" value=\"", "\"").to_owned();
    let place = async |key: &str, more: &[(&str, &str)]| {
        let mut fields = vec![("order_key", key), ("batch", "1-1"), ("first", "0"), ("count", "")];
        fields.extend(more);
        member.post("/enterprise/order", &fields).await
    };
    let own = "[paper]\nwidth = 40\n";
    for (fields, says) in [
        // A sheet of 210 mm does not go through a printer of 104 mm.
        (&[("format", "zpl"), ("template", "a4-35")][..], "请换设备或版式"),
        (&[("format", "png"), ("template", "a4-35")], "版式用于PDF、ZPL和整页图片"),
        (&[("format", "png"), ("module_mm", "0.2")], "模块不足0.255毫米"),
        (&[("format", "png"), ("module_mm", "x")], "请填0.255至2之间的毫米数"),
        // The enterprise has no GS1 Company Prefix.
        (&[("format", "pdf"), ("codes", "cases"), ("template", "case-100x150")], "这个版式印SSCC"),
        (&[("format", "pdf"), ("own_template", own)], "自定版式写法有误"),
        (&[("format", "csv"), ("columns", "号=nothing")], "请对照下面列出的字段"),
        (&[("format", "csv"), ("encoding", "gbk"), ("columns", "𠮷=url")], "GBK须能写出"),
        (&[("format", "csv"), ("packing", "zip")], "ZIP和整页图片只用于SVG和PNG"),
    ] {
        let refused = place(&key, fields).await;
        assert_eq!(refused.status(), 422, "{fields:?}");
        let said = refused.text().await.expect("text");
        assert!(said.contains(says), "{fields:?}: {said}");
    }
    let many = [
        ("order_key", &*key),
        ("batch", "1-1"),
        ("first", "0"),
        ("count", "41"),
        ("format", "csv"),
    ];
    let said = member.post("/enterprise/order", &many).await.text().await.expect("text");
    assert!(said.contains("超出了这个批次的序号"), "{said}");
    let orders = bed.get("member", "/api/v1/orders").await;
    assert_eq!(orders, json!([]), "an order was placed that cannot be made");

    let csv = [
        ("format", "csv"),
        ("codes", "cases"),
        ("columns", "箱=number,码=url"),
        ("encoding", "gbk"),
    ];
    let placed = location(&place(&key, &csv).await);
    assert_eq!(location(&place(&key, &csv).await), placed, "sent twice, it is one order");
    eventually("it is done", || async { member.page(&placed).await.contains("labels.csv") }).await;
    let table =
        member.get(&format!("{placed}/files/labels.csv")).await.bytes().await.expect("bytes");
    let table = encoding_rs::GBK.decode(&table).0.into_owned();
    assert_eq!((table.lines().next(), table.lines().count()), (Some("箱,码"), 5), "{table}");

    let form = member.page("/enterprise/order?batch=1-1").await;
    let key = between(&form, "name=\"order_key\" value=\"", "\"").to_owned();
    let own = zhenma::label::template::TEMPLATES[4].1;
    let zip = [("format", "pdf"), ("own_template", own), ("pairs", "together"), ("split", "20")];
    let placed = location(&place(&key, &zip).await);
    eventually("it is done", || async {
        member.page(&placed).await.contains("pairs/000/labels-00001.pdf")
    })
    .await;
}

#[tokio::test]
async fn an_officer_finds_the_copied_code_decides_and_the_next_scan_respects_it() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let code = bed.codes(&batch).await.remove(1);
    let serial = &zhenma::code::read(&code).expect("a code").payload.serial_text();
    // Scanned over weeks in many places; the server's clock stands still, so
    // the weeks are put into the history.
    copied(&bed, &code).await;
    let answer = outcome(&bed, &code, 99, 1).await;
    assert_eq!(answer["outcome"], "suspect", "{answer}");
    let reference = answer["reference"].as_str().expect("a reference").to_owned();

    let officer = bed.person("officer").await;
    eventually("the code is flagged", || async {
        officer.page("/officer/").await.contains(serial)
    })
    .await;
    // Its scans are written behind the flag.
    let page = format!("/officer/codes/{serial}");
    eventually("the scan is in the time line", || async {
        officer.page(&page).await.contains(&reference)
    })
    .await;
    for asked in [serial, &code, &reference, &reference.to_lowercase().replace('-', "")] {
        let found = officer.post("/officer/codes", &[("code", asked)]).await;
        assert_eq!(location(&found), format!("/officer/codes/{serial}"), "{asked}");
    }
    let missing = officer.post("/officer/codes", &[("code", "AAAA-AAAA")]).await;
    assert_eq!(missing.status(), 404);
    assert!(missing.text().await.expect("text").contains("没有找到"));

    let mut forged = code.clone();
    forged.replace_range(60..61, if &code[60..61] == "A" { "B" } else { "A" });
    let mut never = serial.clone();
    never.replace_range(15..16, if &serial[15..16] == "A" { "B" } else { "A" });
    for (asked, says) in [(&forged, "这个码是伪造的"), (&never, "从未发出过这个编号")]
    {
        let found = officer.post("/officer/codes", &[("code", asked)]).await;
        assert_eq!(found.status(), 404);
        assert!(found.text().await.expect("text").contains(says), "{asked}");
    }

    let page = officer.page(&format!("/officer/codes/{serial}")).await;
    assert!(page.contains("标签可疑") && page.contains(&reference), "{page}");
    let path = format!("/officer/codes/{serial}/decide");
    let refused = officer.post(&path, &[("decision", "genuine"), ("note", " ")]).await;
    assert_eq!(refused.status(), 422);
    let done =
        officer.post(&path, &[("decision", "genuine"), ("note", "现场核对，一瓶一码")]).await;
    assert_eq!(location(&done), format!("/officer/codes/{serial}"));
    // The very next page and scan respect it.
    let page = officer.page(&format!("/officer/codes/{serial}")).await;
    assert!(!page.contains("标签可疑"), "{page}");
    assert_eq!(outcome(&bed, &code, 99, 1).await["outcome"], "seen_before");
    officer.post(&path, &[("decision", "copied"), ("note", "查获三箱同码")]).await;
    let answer = outcome(&bed, &code, 99, 1).await;
    assert_eq!(answer["reasons"][0]["code"], "officer_found_copied");
    let page = officer.page(&format!("/officer/codes/{serial}")).await;
    assert!(page.contains("现场核对") && page.contains("查获三箱同码"));
    // A decided flag is not open any more, and further scans of a code that is
    // known to be copied do not open it again.
    for network in 100..104 {
        outcome(&bed, &code, network, 7).await;
    }
    let payload = zhenma::code::read(&code).expect("a code").payload.to_bytes();
    eventually("they are followed", || async {
        let seen = bed.parts.ledger.scans_of(&payload, 100).await.expect("scans");
        seen.len() == 31
    })
    .await;
    eventually("nothing is left of its lead", || async {
        officer.page("/officer/").await.contains("这里没有线索")
    })
    .await;
}

#[tokio::test]
async fn an_order_that_was_cancelled_goes_on_when_it_is_asked_for_again() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(5_000).await;
    let body = json!({"order_key": "big", "batch": batch, "format": "svg"});
    let order = bed.made("member", "/api/v1/orders", &body).await;
    let path = format!("/orders/{}", order["id"].as_str().expect("an id"));
    let member = bed.person("member").await;
    member.post(&format!("/enterprise{path}/cancel"), &[]).await;
    let state = || async { bed.get("member", &format!("/api/v1{path}")).await["state"].clone() };
    eventually("it is cancelled", || async { state().await == "cancelled" }).await;
    assert!(member.page(&format!("/enterprise{path}")).await.contains("继续制作"));
    let again = member.post(&format!("/enterprise{path}/retry"), &[]).await;
    assert_eq!(location(&again), format!("/enterprise{path}"));
    eventually("it is made after all", || async { state().await == "done" }).await;
}

#[tokio::test]
async fn a_crowd_at_the_sign_in_takes_no_place_of_a_buyer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let bed = StaffBed::start().await;
    let address = bed.base.trim_start_matches("http://").to_owned();
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let mut stream = tokio::net::TcpStream::connect(&address).await.expect("connects");
        let head = "POST /enterprise/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        crowd.push(stream);
    }
    // Some of them were turned away: the others fill the places of the staff.
    let mut busy = [0; 12];
    let mut last = crowd.pop().expect("a stream");
    last.read_exact(&mut busy).await.expect("an answer");
    assert_eq!(&busy, b"HTTP/1.1 503");
    for path in ["/", "/CAAAAAIAAAAAOAAAAAAA", "/healthz"] {
        assert_eq!(bed.ask(Method::GET, path).send().await.expect("an answer").status(), 200);
    }
    // Whoever sends no body is let go of in a few seconds.
    let mut slow = [0; 12];
    crowd[0].read_exact(&mut slow).await.expect("an answer");
    assert_eq!(&slow, b"HTTP/1.1 408");
}

#[tokio::test]
async fn sign_in_tells_nothing_slows_guessing_and_other_sites_cannot_post() {
    let bed = StaffBed::start().await;
    let anyone = bed.person("anyone").await;
    let form = |login, password| [("login", login), ("password", password)];
    let wrong = anyone.post("/enterprise/sign-in", &form("member", "wrong password")).await;
    let nobody = anyone.post("/enterprise/sign-in", &form("nobody", "wrong password")).await;
    assert_eq!((wrong.status().as_u16(), nobody.status().as_u16()), (422, 422));
    let (wrong, nobody) = (wrong.text().await.expect("text"), nobody.text().await.expect("text"));
    assert_eq!(wrong.replace("member", "nobody"), nobody);

    // The officer's form takes a member in, to the member's own console.
    let member = anyone.post("/officer/sign-in", &form("member", PASSWORD)).await;
    assert_eq!(location(&member), "/enterprise/");
    let cookie = member.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

    let from_elsewhere = anyone
        .ask(Method::POST, "/enterprise/sign-in")
        .header("sec-fetch-site", "cross-site")
        .form(&form("member", PASSWORD));
    assert_eq!(from_elsewhere.send().await.expect("an answer").status(), 403);

    let mut last = 0;
    for _ in 0..20 {
        last = anyone.post("/enterprise/sign-in", &form("member", "wrong")).await.status().as_u16();
    }
    assert_eq!(last, 429, "guessing goes on as fast as it can");
    // From another network the owner still comes in.
    let owner = anyone
        .ask(Method::POST, "/enterprise/sign-in")
        .header("x-forwarded-for", "203.0.113.9")
        .form(&form("member", PASSWORD));
    assert_eq!(owner.send().await.expect("an answer").status(), 303);
}

#[tokio::test]
async fn signing_out_ends_the_session_in_the_ledger_too() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    assert_eq!(officer.get("/officer/").await.status(), 200);
    // By way of the page that takes the kit from the phone.
    assert_eq!(location(&officer.post("/officer/sign-out", &[]).await), "/officer/check/left");
    assert_eq!(officer.get("/officer/").await.status(), 303, "the cookie still opens it");
}

#[tokio::test]
async fn a_language_that_was_asked_for_stays() {
    let bed = StaffBed::start().await;
    let mut anyone = bed.person("anyone").await;
    let english = anyone.get("/officer/sign-in?lang=en").await;
    anyone.keep(&english);
    assert!(english.text().await.expect("text").contains("Sign in"));
    assert!(anyone.page("/enterprise/sign-in").await.contains("lang=\"en\""));
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_a_problem_like_any_other() {
    let bed = StaffBed::start().await;
    let (officer, county) = (bed.person("officer").await, bed.person("administrator").await);
    for (person, path, status) in [
        (&officer, "/officer/reports/nonsense", 404),
        (&officer, "/officer/reports/%ff", 404),
        (&officer, "/officer/reports?before=9223372036854775808", 422),
        (&officer, "/officer/visits?before=-1", 422),
        (&officer, "/officer/field/kit?have=9223372036854775808", 422),
        (&county, "/county/calendar?year=2147483648", 422),
        (&county, "/county/people/%ff", 404),
    ] {
        let request = bed.ask(Method::GET, path).header("cookie", person.cookie());
        let (got, said) = bed.send(request).await;
        assert_eq!((got, &said["status"]), (status, &status.into()), "{path}: {said}");
        let page = person.get(path).await;
        assert_eq!(page.status(), status, "{path}");
        assert!(page.text().await.expect("text").contains("<html"), "{path}");
    }
    let (status, said) = bed.send(bed.program("member", Method::GET, "/api/v1/batches/%ff")).await;
    assert_eq!((status, &said["status"]), (404, &404.into()), "{said}");
}

/// The link to the other language of a form that was refused is such an address.
#[tokio::test]
async fn an_address_that_only_takes_a_form_leads_a_person_to_the_page_of_the_form() {
    let bed = StaffBed::start().await;
    let document = bed.get("anyone", "/openapi.json").await;
    let (mut pages, mut forms) = (Vec::new(), Vec::new());
    for (path, item) in document["paths"].as_object().expect("paths") {
        let address = path.replace(['{', '}'], "");
        let opens = item.get("get").is_some();
        (if opens { &mut pages } else { &mut forms }).push(address);
    }
    let open = |path: String| bed.ask(Method::GET, &path).header("accept", "text/html").send();
    let consoles = ["/account/", "/county/", "/enterprise/", "/officer/", "/printer/"];
    forms.retain(|path| consoles.iter().any(|console| path.starts_with(console)));
    assert!(forms.len() > 60, "{forms:?}");
    for form in forms {
        let led = open(format!("{form}?lang=en")).await.expect("an answer");
        assert_eq!(led.status(), 303, "{form}");
        let to = location(&led);
        let page = to.strip_suffix("?lang=en").expect("the language stays");
        assert!(pages.iter().any(|known| known == page), "{form} leads to {page}");
    }
    let led = open("/enterprise/batches/1-4/activate".to_owned()).await.expect("an answer");
    assert_eq!(location(&led), "/enterprise/batches/1-4");
    let none = open("/officer/no/such/page?lang=en".to_owned()).await.expect("an answer");
    assert_eq!(none.status(), 404);
    assert!(none.text().await.expect("text").contains("href=\"/officer/?lang=en\""));
    // A buyer's form has a ticket; without it there is no page to lead to.
    let told = open("/report?lang=en".to_owned()).await.expect("an answer");
    assert_eq!(told.status(), 405);
    assert!(told.text().await.expect("text").contains("opens only from its form"));
    let (status, said) = bed.send(bed.ask(Method::GET, "/enterprise/sign-out")).await;
    assert_eq!((status, &said["title"]), (405, &"Method Not Allowed".into()), "to a program");
}

/// The answer to a scan by a phone of its own, in the network 203.0.N.0/24.
async fn outcome(bed: &StaffBed, code: &str, network: u8, scan: u8) -> Value {
    let body = json!({"code": code, "device": format!("phone {network}"),
        "scan_id": format!("01900000-0000-7000-8000-{network:06}{scan:06}")});
    let request = bed.program("anyone", Method::POST, "/api/v1/scans");
    let request = request.header("x-forwarded-for", format!("203.0.{network}.1")).json(&body);
    let (status, said) = bed.send(request).await;
    assert_eq!(status, 200, "{said}");
    said
}

/// Twenty-six phones on as many networks in many provinces over three weeks.
pub async fn copied(bed: &StaffBed, code: &str) {
    scanned_around(&bed.parts.scanner, code).await;
}

/// 13 buyers who each look twice, in many provinces over three weeks; gives
/// what the last one is told. Each code has buyers of its own: who looks at many
/// codes is no witness once the worker has told of it.
pub async fn scanned_around(scanner: &Scanner, code: &str) -> Outcome {
    scanned_by(scanner, code, 26).await
}

/// The first `scans` of them.
pub async fn scanned_by(scanner: &Scanner, code: &str, scans: u8) -> Outcome {
    use zhenma::base::{Clock, clock::SystemClock};
    use zhenma::scan::service::{Device, Question};
    let mut said = None;
    let now = SystemClock.now();
    let own = code.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    for n in 0..scans {
        let buyer = n / 2;
        let place = (24.0 + f64::from(buyer) * 1.4, 104.0 + f64::from(buyer % 9) * 1.5, 50.0);
        let question = Question {
            named: scanner.name(code).await,
            scan_id: uuid::Uuid::from_u128(u128::from(n) + 1),
            device: Device::Cookie(std::array::from_fn(|at| if at == 0 { own } else { buyer + 1 })),
            // Of a provider of its own.
            address: Some([203 - buyer, own, 0, 1].into()),
            location: Some(place),
            channel: zhenma::scan::Channel::Consumer,
            record: true,
            at: now.plus_ms(-i64::from(26 - n) * 20 * 3_600_000),
        };
        let answer = scanner.answer(question).await;
        assert!(answer.scans.is_some(), "it was not recorded");
        said = Some(answer.verdict.outcome);
    }
    said.expect("an answer")
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = &text[text.find(before).expect("it is there") + before.len()..];
    &rest[..rest.find(after).expect("it ends")]
}
