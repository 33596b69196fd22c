//! Leads from end to end: scanned, told of, forged; listed, assigned, laid to rest,
//! closed; by people and by programs.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::leads::port::LeadLedger;
use zhenma::leads::told::{Label, Source, Told};
use zhenma::registry::BatchRef;
use zhenma::scan::Place;

use crate::consoles::{between, scanned_by};
use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed, location};

async fn listed(bed: &StaffBed, query: &str) -> Vec<Value> {
    let page = bed.get("officer", &format!("/api/v1/officer/leads{query}")).await;
    page["leads"].as_array().expect("leads").clone()
}

fn serial(code: &str) -> String {
    zhenma::code::read(code).expect("a code").payload.serial_text()
}

/// Three neighbours that look copied, one far from them.
async fn copies(bed: &StaffBed) -> (String, Vec<String>) {
    let batch = bed.batch(60).await;
    let codes = bed.codes(&batch).await;
    for n in [10, 12, 14, 50] {
        scanned_by(&bed.parts.scanner, &codes[n], 26).await;
    }
    eventually("a run and a label are leads", || async {
        let leads = listed(bed, "").await;
        leads.len() == 2 && leads.iter().any(|lead| lead["codes"] == 3)
    })
    .await;
    (batch, codes)
}

#[tokio::test]
async fn a_run_of_copies_is_one_lead_that_a_brand_and_another_office_add_to() {
    let bed = StaffBed::start().await;
    let (_, codes) = copies(&bed).await;
    let run = listed(&bed, "?kind=run").await.remove(0);
    assert!(run["why"]["zh"].as_str().expect("text").contains("10至14号之间有3枚"), "{run}");
    let factors = ["probability", "harm", "freshness", "reach"];
    let product: f64 = factors.iter().map(|name| run[name].as_f64().expect("a factor")).product();
    let score = run["score"].as_f64().expect("a score");
    assert!((score - 100.0 * product).abs() < 0.06, "{run}");

    let of_run = json!({"reference": "打假-31", "code": codes[12], "place": "4602",
        "said": "三亚一门店在售，瓶盖印字模糊"});
    let told = bed.made("member", "/api/v1/leads", &of_run).await;
    assert_eq!(told, json!({"leads": [run["id"]], "added": 1, "repeated": 0}));
    let again = bed.program("member", Method::POST, "/api/v1/leads").json(&of_run);
    let (status, again) = bed.send(again).await;
    assert_eq!((status, &again["repeated"]), (200, &json!(1)), "{again}");
    let passed = json!({"reference": "移送-7", "code": serial(&codes[14]), "said": "邻县移送"});
    let told = bed.made("supervisor", "/api/v1/officer/leads", &passed).await;
    assert_eq!(told["leads"][0], run["id"]);
    let after = listed(&bed, "?kind=run").await.remove(0);
    assert!(after["score"].as_f64() >= run["score"].as_f64(), "{after}");
    let officer = bed.person("officer").await;
    let page = officer.page(&format!("/officer/leads/{}", run["id"].as_str().expect("id"))).await;
    for words in ["宋河", "打假-31", "移送-7", "邻县移送", &*serial(&codes[10])] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let new_case = between(&page, "href=\"/officer/cases/new?", "\"");
    for n in [10, 12, 14] {
        assert!(new_case.contains(&serial(&codes[n])), "{new_case}");
    }
    // By place, by product, by what is neither.
    assert_eq!(listed(&bed, "?place=4602").await.len(), 1);
    assert_eq!(listed(&bed, &format!("?product={OUR_GTIN}")).await.len(), 2);
    assert!(listed(&bed, "?product=06900000002018").await.is_empty());
}

#[tokio::test]
async fn a_file_of_leads_names_every_line_that_is_wrong_and_then_adds_nothing() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let codes = bed.codes(&batch).await;
    let send = async |who: &str, path: &str, body: String| {
        let request = bed.program(who, Method::POST, path).header("content-type", "text/csv");
        bed.send(request.body(body)).await
    };
    let head = "reference,code,batch,product,place,said\r\n";
    let bad = format!(
        "{head}A1,{},,,周口市,瓶盖不对\r\nA2,NOTACODE,,,,x\r\n,,{batch},,,x\r\nA4,,,06900000002018,,x\r\n\
         A5,,,{OUR_GTIN},火星,x\r\nA6,,,,,x\r\nA7,,,{OUR_GTIN},,\r\n",
        codes[0]
    );
    let (status, said) = send("member", "/api/v1/leads", bad).await;
    assert_eq!(status, 422, "{said}");
    let faults: Vec<_> = said["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| (e["line"].as_u64().expect("a line"), e["field"].as_str().expect("a field")))
        .collect();
    for fault in
        [(3, "code"), (4, "reference"), (5, "product"), (6, "place"), (7, "code"), (8, "said")]
    {
        assert!(faults.contains(&fault), "{fault:?} {said}");
    }
    assert!(!said.to_string().contains("NOTACODE"), "{said}");
    assert!(listed(&bed, "").await.is_empty());
    // Another's product is nothing to a maker, and an office may name it.
    let rows =
        format!("{head}B1,{},,,周口市,瓶盖不对\r\nB2,,,{OUR_GTIN},4116,摊上有\r\n", codes[0]);
    let (status, said) = send("member", "/api/v1/leads", rows).await;
    assert_eq!((status, &said["added"]), (201, &json!(2)), "{said}");
    let (status, said) =
        send("officer", "/api/v1/officer/leads", format!("{head}C1,,,06900000002018,,举报信\r\n"))
            .await;
    assert_eq!((status, &said["added"]), (201, &json!(1)), "{said}");
    assert_eq!(listed(&bed, "").await.len(), 3);
}

#[tokio::test]
async fn officers_give_leads_out_lay_them_to_rest_and_close_them_with_grounds() {
    let bed = StaffBed::start().await;
    copies(&bed).await;
    let officer = bed.person("officer").await;
    let list = officer.page("/officer/").await;
    assert!(list.contains("全部待办 <b>2</b>") && list.contains("待分派 <b>2</b>"), "{list}");
    let ids: Vec<String> = listed(&bed, "")
        .await
        .iter()
        .map(|lead| format!("lead-{}", lead["id"].as_str().expect("an id")))
        .collect();
    let both = [(&*ids[0], "1"), (&*ids[1], "1")];
    let with = |more: &[(&'static str, &'static str)]| {
        both.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let back = ("back", "tab=open&place=0");
    let done = officer
        .post("/officer/leads", &with(&[("deed", "assign"), ("assignee", "officer"), back]))
        .await;
    assert_eq!(location(&done), "/officer/?tab=open");
    let mine = officer.page("/officer/?tab=mine").await;
    assert!(mine.contains("我的 <b>2</b>") && mine.contains("待分派 <b>0</b>"), "{mine}");
    assert_eq!(listed(&bed, "?tab=mine").await.len(), 2);

    for (form, words) in [
        (
            with(&[("deed", "snooze"), ("until", "2020-01-01"), ("grounds", "等鉴定")]),
            "请填暂缓到哪一天",
        ),
        (with(&[("deed", "close")]), "请写明理由"),
        (with(&[("deed", "assign"), ("assignee", "auditor")]), "请选择本系统内在岗的执法人员"),
        (vec![("deed", "wake")], "请先勾选线索"),
    ] {
        let refused = officer.post("/officer/leads", &form).await;
        assert_eq!(refused.status(), 422, "{words}");
        assert!(refused.text().await.expect("text").contains(words), "{words}");
    }
    let one = [(&*ids[0], "1"), ("one", "1"), ("deed", "close"), ("grounds", "展销样品，已核实")];
    let closed = officer.post("/officer/leads", &one).await;
    let page = officer.page(&location(&closed)).await;
    assert!(page.contains("不作进一步核查") && page.contains("展销样品，已核实"), "{page}");
    let list = officer.page("/officer/").await;
    assert!(list.contains("我的 <b>1</b>") && list.contains("已了结 <b>1</b>"), "{list}");

    // Who reviews the office sees all of it and changes nothing.
    let auditor = bed.person("auditor").await;
    let seen = auditor.page("/officer/?tab=others").await;
    assert!(seen.contains("他人办理 <b>1</b>") && !seen.contains("name=\"deed\""), "{seen}");
    assert_eq!(auditor.post("/officer/leads", &one).await.status(), 403);
    let table = auditor.page("/officer/?format=csv").await;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.starts_with("\u{feff}lead,kind,score,probability,"), "{table}");
    let unknown = officer.get(&format!("/officer/leads/{}", uuid::Uuid::nil())).await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(officer.get("/officer/?tab=secret").await.status(), 422);
}

#[tokio::test]
async fn a_page_of_ten_thousand_leads_stays_small_and_leads_on() {
    const LEADS: u64 = 10_000;
    /// Of HTML, one page of the list.
    const BYTES_MAX: usize = 96 * 1024;
    let bed = StaffBed::start().await;
    let batch = bed.batch(LEADS * 10).await;
    let id: BatchRef = batch.parse().expect("a batch");
    let facts = std::sync::Arc::clone(&bed.parts.scanner.register.load().batches[&id]);
    let at = SystemClock.now();
    // Far enough apart that none is another's neighbour.
    let told: Vec<Told> = (0..LEADS)
        .map(|n| {
            let number = n * 10;
            let payload = facts.payload(number).to_bytes();
            Told {
                line: 0,
                source: Source::Enterprise,
                origin: OURS.to_owned(),
                reference: format!("打假-{n}"),
                label: Some(Label { payload, batch: id, number }),
                batch: None,
                product: None,
                enterprise: None,
                place: Place(4116),
                said: "经销商反映售价明显低于出厂价，瓶盖印字模糊".to_owned(),
                at,
            }
        })
        .collect();
    for some in told.chunks(1_000) {
        bed.parts.ledger.tell_leads(some, &By::shell(at)).await.expect("told");
    }
    let officer = bed.person("officer").await;
    let began = std::time::Instant::now();
    let page = officer.page("/officer/").await;
    println!("a page of {LEADS} leads: {} bytes in {:?}", page.len(), began.elapsed());
    assert!(page.contains(&format!("全部待办 <b>{LEADS}</b>")), "{}", &page[..2_000]);
    let rows = |page: &str| page.matches("class=\"pick\"").count();
    assert_eq!(rows(&page), 50);
    assert!(page.len() < BYTES_MAX, "{}", page.len());
    let (before, _) = page.split_once("\" rel=\"next\"").expect("more follow");
    let next = before.rsplit("href=\"").next().expect("an address").replace("&#38;", "&");
    let second = officer.page(&next).await;
    assert_eq!(rows(&second), 50);
    let first = |page: &str| between(page, "href=\"/officer/leads/", "\"").to_owned();
    assert_ne!(first(&page), first(&second));
}

#[tokio::test]
async fn the_list_of_leads_has_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let (_, codes) = copies(&bed).await;
    let told = json!({"reference": "打假-31", "code": codes[12], "place": "4116",
        "said": "鹿邑县一门店在售，瓶盖印字模糊，价格低于出厂价"});
    bed.made("member", "/api/v1/leads", &told).await;
    let passed = json!({"reference": "12315-20261127-004", "product": OUR_GTIN, "place": "4101",
        "said": "群众来信反映某批发市场有低价酒"});
    bed.made("officer", "/api/v1/officer/leads", &passed).await;
    let officer = bed.person("officer").await;
    let leads = listed(&bed, "").await;
    let id = |n: usize| leads[n]["id"].as_str().expect("an id").to_owned();
    let one = format!("lead-{}", id(2));
    let assign =
        [(&*one, "1"), ("deed", "assign"), ("assignee", "officer"), ("due_on", "2027-03-01")];
    officer.post("/officer/leads", &assign).await;
    let pages = both(&[
        ("leads", "/officer/".to_owned()),
        ("leads_narrowed", "/officer/?tab=open&kind=run&place=4116".to_owned()),
        ("leads_wrong", "/officer/?after=x".to_owned()),
        ("lead_run", format!("/officer/leads/{}", id(0))),
        ("lead_told", format!("/officer/leads/{}", id(2))),
    ]);
    browser.look(&bed.base, Some(&officer.cookie()), &pages).await;
}
