//! Recalls by console and by API: two people, what was looked at, every server
//! within a second, goods back once each, and a part put back on sale.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::{Clock, clock::SystemClock};

use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::staff_bed::{Person, StaffBed, location};

const FORM: [(&str, &str); 4] = [
    ("kind", "recall"),
    ("reason_zh", "瓶口密封不严"),
    ("reason_en", "the seal may leak"),
    ("remedy_zh", "请停止饮用，凭瓶退款"),
];

async fn scanned(bed: &StaffBed, who: &str, code: &str) -> Value {
    let request = bed.program(who, Method::POST, "/api/v1/scans").json(&json!({"code": code}));
    bed.send(request).await.1
}

/// Asks by the form of the console; the recall's page.
async fn asks(person: &Person<'_>, scope: &str, more: &[(&str, &str)]) -> String {
    let form = person.page("/enterprise/recalls/new").await;
    let id = value_of(&form, "id");
    let remedy = ("remedy_en", "do not drink it; the shop pays you back");
    let fields: Vec<_> = FORM
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain([("id", &*id), ("scope", scope), remedy])
        .chain(more.iter().copied())
        .collect();
    let response = person.post("/enterprise/recalls", &fields).await;
    let status = response.status();
    assert_eq!(status, 303, "{}", response.text().await.expect("a page"));
    let twice = person.post("/enterprise/recalls", &fields).await;
    assert_eq!(location(&twice), location(&response), "the form sent twice is one recall");
    location(&response)
}

/// Of a hidden field.
fn value_of(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field");
    rest.split_once('"').expect("its end").0.to_owned()
}

async fn decides(person: &Person<'_>, page: &str, seen: &str, word: &str) -> (u16, String) {
    let fields = [("decision", word), ("seen", seen), ("note", "抽检不合格")];
    let response = person.post(&format!("{page}/decide"), &fields).await;
    (response.status().as_u16(), response.text().await.expect("text"))
}

#[tokio::test]
async fn two_people_recall_goods_come_back_and_a_part_goes_on_sale_again() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(100).await;
    let codes = bed.codes(&batch).await;
    let (quality, approver) = (bed.person("quality").await, bed.person("approver").await);
    let page = asks(&quality, &format!("{batch} 10-29\n{batch} 25-39"), &[]).await;
    assert_eq!(scanned(&bed, "anyone", &codes[12]).await["outcome"], "genuine", "only asked for");
    let shown = approver.page(&page).await;
    assert!(shown.contains("<b>30</b>"), "overlaps count once: {shown}");
    let seen = value_of(&shown, "seen");
    // Another thing happens to the labels before the approver decides.
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    let blocked = json!({"first": 10, "last": 11, "state": "blocked",
        "reason": {"zh": "待查", "en": "under inquiry"}});
    bed.made("quality", &ranges, &blocked).await;
    let (status, said) = decides(&approver, &page, &seen, "approve").await;
    assert!(status == 409 && said.contains("与您刚才看到的不同"), "{status} {said}");
    let seen = value_of(&said, "seen");
    assert_eq!(decides(&approver, &page, &seen, "approve").await.0, 303);
    let begun = std::time::Instant::now();
    eventually("the recall shows", || async {
        scanned(&bed, "anyone", &codes[12]).await["outcome"] == "withdrawn"
    })
    .await;
    println!("the recall showed {} ms behind its approval", begun.elapsed().as_millis());
    let told = scanned(&bed, "anyone", &codes[39]).await;
    assert!(told["reasons"][0]["text"].as_str().expect("text").contains("密封"), "{told}");
    assert_eq!(scanned(&bed, "anyone", &codes[40]).await["outcome"], "genuine");
    let (status, said) = decides(&approver, &page, &seen, "reject").await;
    assert!(status == 409 && said.contains("已经处理过"), "{status} {said}");

    // 28 of the 30 were on sale. Codes count once, and no more than there are.
    let back = |id: &str, items: &str, list: &str| {
        let fields = [("outcome", "recovered"), ("id", id), ("items", items), ("codes", list)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |fields: [(String, String); 4]| {
        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let response = quality.post(&format!("{page}/returns"), &fields).await;
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let id = || zhenma::base::ids::new_id(SystemClock.now()).to_string();
    let two = format!("{}\n{}", codes[12], codes[13]);
    let first = back(&id(), "", &two);
    assert_eq!(send(first.clone()).await.0, 303);
    assert_eq!(send(first).await.0, 303, "the same form again");
    let (status, said) = send(back(&id(), "", &codes[13])).await;
    assert!(status == 422 && said.contains("已经登记过"), "{status} {said}");
    let (status, said) = send(back(&id(), "", &codes[50])).await;
    assert!(status == 422 && said.contains("召回范围内"), "{status} {said}");
    assert_eq!(send(back(&id(), "27", "")).await.0, 422, "more than are out");
    assert_eq!(send(back(&id(), "20", "")).await.0, 303);
    let shown = quality.page(&page).await;
    assert!(shown.contains("<dd>22 (78 %)</dd>") && shown.contains("<dd><b>6</b></dd>"), "{shown}");

    // Numbers 20 to 24 turn out to be in order.
    let of = page.rsplit('/').next().expect("an id");
    let form = quality.page(&format!("/enterprise/recalls/new?lifts={of}")).await;
    assert!(form.contains(&format!("{batch} 10-39")), "{form}");
    let lift = [("kind", "lift"), ("lifts", of)];
    let lift = asks(&quality, &format!("{batch} 20-24"), &lift).await;
    let seen = value_of(&approver.page(&lift).await, "seen");
    assert_eq!(decides(&approver, &lift, &seen, "approve").await.0, 303);
    eventually("the part is on sale again", || async {
        scanned(&bed, "anyone", &codes[22]).await["outcome"] == "genuine"
    })
    .await;
    for n in [19, 25] {
        assert_eq!(scanned(&bed, "anyone", &codes[n]).await["outcome"], "withdrawn", "{n}");
    }
    let closed = quality.post(&format!("{page}/close"), &[("note", "其余已无法追回")]).await;
    assert_eq!(closed.status(), 303);
    assert_eq!(send(back(&id(), "1", "")).await.0, 409, "closed");
    assert_eq!(scanned(&bed, "anyone", &codes[25]).await["outcome"], "withdrawn", "still off sale");
}

#[tokio::test]
async fn nobody_approves_what_they_asked_for_and_a_lift_takes_no_more_than_there_is() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(20).await;
    let owner = bed.person("member").await;
    let page = asks(&owner, &batch, &[]).await;
    let shown = owner.page(&page).await;
    assert!(!shown.contains("name=\"seen\""), "no button for one's own");
    let (status, said) = decides(&owner, &page, "", "approve").await;
    assert_eq!(status, 409, "{said}");
    let id = page.rsplit('/').next().expect("an id");
    let api = format!("/api/v1/recalls/{id}");
    let seen = bed.get("member", &api).await["tally"]["seen"].clone();
    let word = json!({"decision": "approve", "seen": seen, "note": "x"});
    let decide = format!("{api}/decide");
    let ask = |who| bed.program(who, Method::POST, &decide).json(&word);
    let (status, said) = bed.send(ask("member")).await;
    assert!(status == 409 && said["type"] == "urn:zhenma:problem:recall_refused", "{said}");
    assert!(said["detail"].as_str().expect("text").contains("本人提出"), "{said}");
    let (status, said) = bed.send(ask("approver")).await;
    assert!(status == 200 && said["state"] == "approved", "{said}");

    let lift = |scope: &str| {
        json!({"kind": "lift", "lifts": id, "scope": [scope],
            "reason": {"zh": "复检合格", "en": "found in order"}})
    };
    let first = bed.made("sales", "/api/v1/recalls", &lift(&format!("{batch} 0-9"))).await;
    let second = bed.made("sales", "/api/v1/recalls", &lift(&format!("{batch} 5-14"))).await;
    let approve = async |lift: &Value| {
        let path = format!("/api/v1/recalls/{}", lift["id"].as_str().expect("an id"));
        let seen = bed.get("approver", &path).await["tally"]["seen"].clone();
        let word = json!({"decision": "approve", "seen": seen, "note": "x"});
        bed.send(bed.program("approver", Method::POST, &format!("{path}/decide")).json(&word)).await
    };
    assert_eq!(approve(&first).await.0, 200);
    let (status, said) = approve(&second).await;
    assert_eq!((status, &said["field"]), (422, &json!("scope")), "5-9 are on sale: {said}");
    // What is another's cannot be named.
    let wrong = json!({"kind": "recall", "scope": ["1-99", format!("{batch} 0-20"), "CAAA"],
        "reason": {"zh": "x", "en": "x"}});
    let request = bed.program("quality", Method::POST, "/api/v1/recalls").json(&wrong);
    let (status, said) = bed.send(request).await;
    let lines: Vec<_> =
        said["errors"].as_array().expect("faults").iter().map(|e| &e["line"]).collect();
    assert_eq!((status, lines), (422, vec![&json!(1), &json!(2), &json!(3)]), "{said}");
    let request = bed.program("stranger", Method::POST, "/api/v1/recalls");
    let (status, _) = bed.send(request.json(&lift(&batch))).await;
    assert_eq!(status, 422, "another's batch is none");
}

#[tokio::test]
async fn a_note_or_a_place_that_cannot_be_kept_is_refused_by_name() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(10).await;
    let asked = json!({"kind": "recall", "scope": [batch],
        "reason": {"zh": "瓶口密封不严", "en": "the seal may leak"}});
    let recall = bed.made("quality", "/api/v1/recalls", &asked).await;
    let path = format!("/api/v1/recalls/{}", recall["id"].as_str().expect("an id"));
    let post = async |who: &str, act: &str, body: Value| {
        bed.send(bed.program(who, Method::POST, &format!("{path}/{act}")).json(&body)).await
    };
    let refused = async |who: &str, act: &str, body: Value, field: &str| {
        let (status, said) = post(who, act, body).await;
        assert_eq!((status, &said["field"]), (422, &json!(field)), "{act}: {said}");
    };
    let seen = bed.get("approver", &path).await["tally"]["seen"].clone();
    let word = |note: &str| json!({"decision": "approve", "seen": seen, "note": note});
    refused("approver", "decide", word("a\0b"), "note").await;
    assert_eq!(post("approver", "decide", word("抽检\n不合格")).await.0, 200);
    let back = |place: u16, note: &str| {
        json!({"outcome": "recovered", "items": 1, "place": place,
            "note": note})
    };
    refused("quality", "returns", back(4116, "a\0b"), "note").await;
    refused("quality", "returns", back(4116, &"宋".repeat(1_001)), "note").await;
    refused("quality", "returns", back(9999, ""), "place").await;
    assert_eq!(post("quality", "returns", back(4116, "")).await.0, 200);
    refused("quality", "close", json!({"note": "a\0b"}), "note").await;
    assert_eq!(post("quality", "close", json!({"note": "其余已无法追回"})).await.0, 200);
}

#[tokio::test]
async fn of_a_loss_a_buyer_hears_no_more_than_that_the_label_is_blocked() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(20).await;
    let codes = bed.codes(&batch).await;
    let serial = zhenma::code::read(&codes[3]).expect("a code").payload.serial_text();
    let asked = json!({"kind": "loss", "scope": [serial],
        "reason": {"zh": "周口仓库被盗", "en": "taken from the store in Zhoukou"},
        "remedy": {"zh": "请联系厂家", "en": "ask the maker"}});
    let loss = bed.made("sales", "/api/v1/recalls", &asked).await;
    assert_eq!(loss["labels"], 1);
    let path = format!("/api/v1/recalls/{}", loss["id"].as_str().expect("an id"));
    let seen = bed.get("approver", &path).await["tally"]["seen"].clone();
    let word = json!({"decision": "approve", "seen": seen, "note": "已报警"});
    let request = bed.program("approver", Method::POST, &format!("{path}/decide")).json(&word);
    assert_eq!(bed.send(request).await.0, 200);
    eventually("the loss shows", || async {
        scanned(&bed, "anyone", &codes[3]).await["outcome"] == "withdrawn"
    })
    .await;
    let buyer = scanned(&bed, "anyone", &codes[3]).await;
    let officer = scanned(&bed, "officer", &codes[3]).await;
    assert_eq!(buyer["reasons"][0]["code"], "blocked", "{buyer}");
    assert!(!buyer.to_string().contains("周口"), "{buyer}");
    assert_eq!(officer["reasons"][0]["code"], "stolen", "{officer}");
    assert!(officer.to_string().contains("周口仓库被盗"), "{officer}");
    let request = bed.ask(Method::GET, &format!("/{}", codes[3])).header("accept", "text/html");
    let page = request.send().await.expect("an answer").text().await.expect("text");
    assert!(
        page.contains("标签已停用") && !page.contains("被盗") && !page.contains("报失"),
        "{page}"
    );
}

#[tokio::test]
async fn the_pages_of_recalls_have_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(60).await;
    let codes = bed.codes(&batch).await;
    for n in [3, 4, 5] {
        crate::consoles::scanned_by(&bed.parts.scanner, &codes[n], 2).await;
    }
    let (quality, approver) = (bed.person("quality").await, bed.person("approver").await);
    let notice = [("notice_zh", "宋河公司召回L1批次部分产品。\n请停止销售。"), ("notice_en", "x")];
    let waits = asks(&quality, &format!("{batch} 0-29"), &notice).await;
    let force = asks(&quality, &format!("{batch} 30-49"), &notice).await;
    let seen = value_of(&approver.page(&force).await, "seen");
    assert_eq!(decides(&approver, &force, &seen, "approve").await.0, 303);
    let id = zhenma::base::ids::new_id(SystemClock.now()).to_string();
    let back = [("outcome", "recovered"), ("id", &*id), ("items", "7"), ("note", "郑州门店退回")];
    assert_eq!(quality.post(&format!("{force}/returns"), &back).await.status(), 303);
    let decided = both(&[("recall_waits", waits.clone())]);
    browser.look(&bed.base, Some(&approver.cookie()), &decided).await;
    let of = force.rsplit('/').next().expect("an id");
    let asked = both(&[
        ("recalls", "/enterprise/recalls".to_owned()),
        ("recall_own", waits),
        ("recall", force.clone()),
        ("recall_form", "/enterprise/recalls/new".to_owned()),
        ("recall_lift", format!("/enterprise/recalls/new?lifts={of}")),
    ]);
    browser.look(&bed.base, Some(&quality.cookie()), &asked).await;
}

#[tokio::test]
async fn a_case_is_recalled_with_what_was_in_it_and_a_dealer_with_what_was_shipped_there() {
    let bed = StaffBed::start().await;
    let goods = crate::trace_console::packed(&bed).await;
    let sales = bed.person("sales").await;
    let ask = |kind: &str, scope: &[&str], sent: Value| {
        let mut body = json!({"kind": kind, "scope": scope,
            "reason": {"zh": "瓶口密封不严", "en": "the seal may leak"}});
        if !sent.is_null() {
            body["sent_to"] = sent;
        }
        body
    };
    let made = async |body: Value| bed.made("quality", "/api/v1/recalls", &body).await;
    let of = |numbers: &str| json!([format!("{} {numbers}", goods.batch)]);
    let case = made(ask("recall", &[&goods.cases[1]], Value::Null)).await;
    assert_eq!(case["ranges"], of("2-3"), "{case}");
    // Shipped, opened at the dealer's: its bottles still went there.
    let ship = [("codes", &*goods.cases[0]), ("place", "hall"), ("to", "d7")];
    assert_eq!(sales.post("/enterprise/trace/acts/shipped", &ship).await.status(), 200);
    let arrive = [("codes", &*goods.cases[0]), ("place", "d7")];
    assert_eq!(sales.post("/enterprise/trace/acts/received", &arrive).await.status(), 200);
    let line = bed.person("line").await;
    let open = [("codes", &*goods.cases[0]), ("place", "d7")];
    assert_eq!(line.post("/enterprise/trace/acts/unpacked", &open).await.status(), 200);
    let sent = json!({"place": "d7", "since": "2026-01-01"});
    let dealer = made(ask("recall", &[], sent)).await;
    assert_eq!(dealer["ranges"], of("0-1"), "{dealer}");
    let case = made(ask("loss", &[&goods.cases[0]], Value::Null)).await;
    assert_eq!(case["ranges"], of("0-1"), "{case}");
    for (scope, sent, field) in [
        (&[&*goods.cases[3]][..], Value::Null, "scope"),
        (&[], json!({"place": "d7", "since": "2099-01-01"}), "sent_to"),
        (&[], json!({"place": "d7", "since": "soon"}), "since"),
        (&[], Value::Null, "scope"),
    ] {
        let body = ask("recall", scope, sent);
        let request = bed.program("quality", Method::POST, "/api/v1/recalls").json(&body);
        let (status, said) = bed.send(request).await;
        assert_eq!((status, &said["field"]), (422, &json!(field)), "{said}");
    }
}
