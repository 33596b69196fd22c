//! The page of a packing line in Chromium: `tests/browser/line.mjs`.

use crate::http_browser::{Browser, both};
use crate::staff_bed::StaffBed;
use crate::trace_api::{Goods, exported, unit};

#[tokio::test]
async fn a_line_scans_on_while_the_network_is_cut_and_all_of_it_counts_once() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 200, 90).await;
    // Two bottles and their case, again and again.
    let codes = |cases: std::ops::Range<usize>| -> Vec<String> {
        let one = |n: usize| {
            [&goods.bottles[2 * n], &goods.bottles[2 * n + 1], &goods.cases[n]].map(Clone::clone)
        };
        cases.flat_map(one).collect()
    };
    let before = codes(0..30);
    let mut cut = codes(30..60);
    // One that is in a case already.
    cut.push(goods.bottles[0].clone());
    let line = bed.person("line").await;
    let arguments = [bed.base.clone(), before.join(","), cut.join(",")];
    let said = browser.run("line.mjs", Some(&line.cookie()), &arguments).await;
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&said["packedBefore"], &said["waiting"]), (&"30".into(), &"91".into()), "{said}");
    assert_eq!(said["packed"], "30", "of the window that was opened again: {said}");
    let refused = said["refused"].as_array().expect("a list");
    assert_eq!(refused.len(), 1, "{said}");
    assert!(refused[0].as_str().expect("words").contains("已在箱"), "{said}");
    assert!(said["pace"].as_f64().expect("a number") > 40.0, "scans a second: {said}");
    assert_eq!(exported(&bed, "?act=packed").await.len(), 60);
    let last = unit(&bed, &goods.bottles[119]).await;
    assert_eq!(last["holders"][0]["code"], goods.cases[59].as_str());
}

#[tokio::test]
async fn pages_of_goods_and_their_way_have_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = crate::trace_console::packed(&bed).await;
    let owner = bed.person("member").await;
    for (act, codes) in [("shipped", &goods.cases[0]), ("received", &goods.cases[0])] {
        let form = [("codes", codes.as_str()), ("place", "d7"), ("to", "d7")];
        let response = owner.post(&format!("/enterprise/trace/acts/{act}"), &form).await;
        assert_eq!(response.status(), 200, "{act}");
    }
    let report = [
        ("batch", goods.batch.as_str()),
        ("station", "河南省食品检验研究院"),
        ("number", "2026-0412"),
        ("result", "passed"),
    ];
    owner.post("/enterprise/trace/acts/inspected", &report).await;
    let pages = both(&[
        ("trace", "/enterprise/trace".to_owned()),
        ("trace_bottle", format!("/enterprise/trace?q={}", goods.bottles[0])),
        ("trace_case", format!("/enterprise/trace?q={}", goods.cases[1])),
        ("places", "/enterprise/places".to_owned()),
        ("ship", "/enterprise/trace/acts/shipped".to_owned()),
        ("inspect", "/enterprise/trace/acts/inspected".to_owned()),
        ("line", "/enterprise/line".to_owned()),
    ]);
    browser.look(&bed.base, Some(&owner.cookie()), &pages).await;
    let journey = both(&[("journey", format!("/{}", goods.bottles[0]))]);
    browser.look(&bed.base, None, &journey).await;
}
