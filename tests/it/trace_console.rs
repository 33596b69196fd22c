//! Traceability as people use it: forms at the console, and what buyers read.

use serde_json::json;

use crate::staff_bed::StaffBed;
use crate::trace_api::{Goods, exported, scan, unit};

/// Registers a hall and a dealer, and packs two cases.
pub async fn packed(bed: &StaffBed) -> Goods {
    let goods = Goods::make(bed, 20, 4).await;
    let sales = bed.person("sales").await;
    for (code, kind, name, region) in
        [("hall", "site", "一号车间", "4116"), ("d7", "dealer", "郑州某商贸", "4101")]
    {
        let form = [("code", code), ("kind", kind), ("name_zh", name), ("region", region)];
        assert_eq!(sales.post("/enterprise/places", &form).await.status(), 303);
    }
    let (b, c) = (&goods.bottles, &goods.cases);
    scan(bed, 1, 2, &[&b[0], &b[1], &c[0], &b[2], &b[3], &c[1]]).await;
    goods
}

#[tokio::test]
async fn sales_ship_a_case_and_what_cannot_be_says_why_in_chinese() {
    let bed = StaffBed::start().await;
    let goods = packed(&bed).await;
    let sales = bed.person("sales").await;
    let ship = async |codes: &str| {
        let form = [("codes", codes), ("place", "hall"), ("to", "d7"), ("document", "FH-2026-17")];
        let response = sales.post("/enterprise/trace/acts/shipped", &form).await;
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let (status, said) = ship(&goods.cases[0]).await;
    assert!(status == 200 && said.contains("已登记发货，1件"), "{said}");
    for (codes, words) in [
        (goods.cases[0].clone(), "已发出，在途中"),
        (goods.cases[2].clone(), "里还没有装东西"),
        (goods.bottles[5].clone(), "还没有装箱，不能发货"),
        (format!("{}\nhello", goods.cases[1]), "第2行：读到的不是码"),
        (String::new(), "请扫至少一个码"),
    ] {
        let (status, said) = ship(&codes).await;
        assert!(status == 422 && said.contains(words), "{words} in {said}");
    }
    let bottle = unit(&bed, &goods.bottles[0]).await;
    assert_eq!((&bottle["whereabouts"], &bottle["place"]), (&json!("in_transit"), &json!("d7")));
    let viewer = bed.person("viewer").await;
    let found = viewer.page(&format!("/enterprise/trace?q={}", goods.bottles[0])).await;
    for words in ["在途", "一号车间 → 郑州某商贸", "装箱", "发货", "箱 "] {
        assert!(found.contains(words), "{words} in {found}");
    }
    assert!(!found.contains("登记有误"), "a viewer corrects nothing");
    let backwards = viewer.get("/enterprise/trace?from=2026-11-20&until=2026-11-01").await;
    assert_eq!(backwards.status(), 422);
    assert!(backwards.text().await.expect("text").contains("结束日期早于开始日期，请对调。"));
    let none = viewer.page("/enterprise/trace?act=destroyed").await;
    assert!(none.contains("没有符合筛选条件的事项。") && none.contains("清除筛选"), "{none}");
    let refused = viewer.get("/enterprise/trace/acts/shipped").await;
    assert_eq!(refused.status(), 403);
    let shipped = &exported(&bed, "?act=shipped").await[0];
    let advice = shipped["bizTransactionList"][0]["bizTransaction"].as_str().expect("a URI");
    assert!(advice.ends_with("/desadv/FH-2026-17"), "{shipped}");
}

#[tokio::test]
async fn a_wrong_record_is_taken_back_at_the_console_the_last_one_first() {
    let bed = StaffBed::start().await;
    let goods = packed(&bed).await;
    let sales = bed.person("sales").await;
    let form = [("codes", goods.cases[0].as_str())];
    sales.post("/enterprise/trace/acts/shipped", &form).await;
    let events = exported(&bed, "").await;
    let quality = bed.person("quality").await;
    let declare = async |n: usize| {
        let id = events[n]["eventID"].as_str().expect("an id");
        let form = [("id", id), ("reason", "did_not_occur")];
        let response = quality.post("/enterprise/trace/declare", &form).await;
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let (status, said) = declare(0).await;
    assert!(status == 422 && said.contains("请从最后一项起逐项声明"), "{said}");
    assert_eq!(declare(2).await.0, 303);
    assert_eq!(declare(0).await.0, 303);
    let page = quality.page("/enterprise/trace").await;
    assert!(page.contains("已声明没有发生"), "{page}");
    assert_eq!(unit(&bed, &goods.bottles[0]).await["holders"], json!([]));
}

#[tokio::test]
async fn the_size_of_a_case_that_the_owner_sets_holds_for_every_way_in() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let form = [("case_size", "3"), ("pallet_size", "0")];
    assert_eq!(owner.post("/enterprise/places/customs", &form).await.status(), 303);
    let wrong = owner.post("/enterprise/places/customs", &[("case_size", "x")]).await;
    assert_eq!(wrong.status(), 422);
    assert!(owner.page("/enterprise/line").await.contains("value=\"3\""));
    let goods = Goods::make(&bed, 4, 1).await;
    let (b, c) = (&goods.bottles, &goods.cases);
    let time = "2026-11-20T08:00:00+08:00";
    let rows = format!("time,into,item\n{time},{},{}\n{time},{},{}", c[0], b[0], c[0], b[1]);
    let request = bed.program("line", reqwest::Method::POST, "/api/v1/trace/imports");
    let (_, said) = bed.send(request.header("content-type", "text/csv").body(rows)).await;
    let fault = said["faults"][0]["problem"].as_str().expect("words");
    assert!(fault.contains("3 belong in it, 2 are there"), "{said}");
}

#[tokio::test]
async fn buyers_read_the_way_of_the_batch_and_a_dealer_only_if_the_maker_says_so() {
    let bed = StaffBed::start().await;
    let goods = packed(&bed).await;
    bed.made(
        "line",
        &format!("/api/v1/batches/{}/ranges", goods.batch),
        &json!({"state": "activated"}),
    )
    .await;
    let (quality, sales) = (bed.person("quality").await, bed.person("sales").await);
    let report = [
        ("batch", goods.batch.as_str()),
        ("station", "河南省食品检验研究院"),
        ("number", "2026-0412"),
        ("result", "passed"),
    ];
    let response = quality.post("/enterprise/trace/acts/inspected", &report).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.expect("text"));
    let ship = [("codes", goods.cases[0].as_str()), ("to", "d7")];
    assert_eq!(sales.post("/enterprise/trace/acts/shipped", &ship).await.status(), 200);
    let buyer = bed.person("anyone").await;
    let page = buyer.page(&format!("/{}", goods.bottles[9])).await;
    for words in [
        "这批商品的经历",
        "河南省食品检验研究院检验，结果合格，报告编号2026-0412",
        "开始装箱",
        "陆续发往河南省郑州市",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("商贸"), "the dealer is not for buyers");
    let ask = bed.ask(reqwest::Method::POST, "/api/v1/scans");
    let (_, said) = bed.send(ask.json(&json!({"code": goods.bottles[9]}))).await;
    let steps: Vec<_> =
        said["journey"].as_array().expect("steps").iter().map(|s| s["step"].clone()).collect();
    assert_eq!(steps, ["made", "packed", "inspected", "shipped"], "{said:#}");
    assert_eq!(said["journey"][2]["passed"], true);
    let owner = bed.person("member").await;
    owner.post("/enterprise/places/customs", &[("name_dealers", "1")]).await;
    let page = buyer.page(&format!("/{}", goods.bottles[9])).await;
    assert!(page.contains("河南省郑州市（郑州某商贸）"), "{page}");
    // What did not happen is not told.
    let shipped = exported(&bed, "?act=shipped").await[0]["eventID"].clone();
    let form = [("id", shipped.as_str().expect("an id")), ("reason", "did_not_occur")];
    quality.post("/enterprise/trace/declare", &form).await;
    let page = buyer.page(&format!("/{}", goods.bottles[9])).await;
    assert!(!page.contains("陆续发往"), "{page}");
}

#[tokio::test]
async fn names_with_marks_of_direction_and_formulas_are_refused_with_words() {
    let bed = StaffBed::start().await;
    let sales = bed.person("sales").await;
    for name in ["一号\u{202e}车间", "=cmd|' /C calc'!A0", " ", &"长".repeat(10_000)] {
        let form = [("code", "x"), ("kind", "site"), ("name_zh", name), ("region", "0")];
        let response = sales.post("/enterprise/places", &form).await;
        let status = response.status().as_u16();
        let text = response.text().await.expect("text");
        assert!(
            status == 413 || (status == 422 && text.contains("请填1至80个字")),
            "{status} {text}"
        );
    }
}

#[tokio::test]
async fn what_a_line_packs_goes_on_sale_where_the_owner_wants_it() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let form = [("activates", "1")];
    assert_eq!(owner.post("/enterprise/places/customs", &form).await.status(), 303);
    let goods = Goods::make(&bed, 6, 2).await;
    let (b, c) = (&goods.bottles, &goods.cases);
    let codes: [&str; 3] = [&b[1], &b[4], &c[0]];
    scan(&bed, 1, 2, &codes).await;
    // As after an answer that was lost.
    scan(&bed, 1, 2, &codes).await;
    crate::faults::load::eventually("two are on sale", || async {
        bed.get("viewer", &format!("/api/v1/batches/{}", goods.batch)).await["on_sale"] == 2
    })
    .await;
}
