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

/// Cases of two bottles, one after another: the bottles and then the case.
fn of_two(goods: &Goods, cases: usize) -> Vec<String> {
    let one = |n: usize| {
        [&goods.bottles[2 * n], &goods.bottles[2 * n + 1], &goods.cases[n]].map(Clone::clone)
    };
    (0..cases).flat_map(one).collect()
}

/// Cut, opened anew, scanned, sent: what the browser says of it.
async fn reopened(browser: &Browser, bed: &StaffBed, codes: &[String]) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("codes");
    std::fs::write(&file, codes.join("\n")).expect("written");
    let line = bed.person("line").await;
    let arguments = [bed.base.clone(), file.display().to_string()];
    let said = browser.run("line_reopened.mjs", Some(&line.cookie()), &arguments).await;
    serde_json::from_str(&said).expect("JSON")
}

#[tokio::test]
async fn a_line_opened_anew_without_network_loses_nothing_and_sends_it_once() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 20, 10).await;
    let said = reopened(&browser, &bed, &of_two(&goods, 10)).await;
    assert_eq!(
        (&said["packed"], &said["refused"]),
        (&"10".into(), &serde_json::json!([])),
        "{said}"
    );
    assert!(said["told"].as_str().expect("words").contains("30 次扫码存在本机"), "{said}");
    assert_eq!(exported(&bed, "?act=packed").await.len(), 10);
    // The page that is kept names nobody; nothing else is kept but its files.
    assert_eq!((&said["named"], &said["nameless"]), (&true.into(), &true.into()), "{said}");
    let kept = said["kept"].as_array().expect("a list");
    let allowed = |path: &str| path == "/enterprise/line" || path.starts_with("/static/");
    assert!(
        kept.len() == 4 && kept.iter().all(|path| path.as_str().is_some_and(allowed)),
        "{said}"
    );
    assert!(said["after"].as_str().expect("an address").ends_with("/enterprise/sign-in"), "{said}");
    assert_eq!(said["left"], serde_json::json!({"caches": [], "workers": 0}), "{said}");
}

#[tokio::test]
#[ignore = "takes minutes: ten minutes without network at 50 scans a second, measured by hand"]
async fn thirty_thousand_scans_that_waited_arrive_once() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 20_000, 10_000).await;
    let said = reopened(&browser, &bed, &of_two(&goods, 10_000)).await;
    println!("{said}");
    assert_eq!(
        (&said["packed"], &said["refused"]),
        (&"10000".into(), &serde_json::json!([])),
        "{said}"
    );
    assert_eq!(exported(&bed, "?act=packed").await.len(), 10_000);
}

#[tokio::test]
async fn order_form_and_packing_line_are_worked_with_the_keyboard_alone() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed, 2, 1).await;
    let owner = bed.person("member").await;
    let mut arguments = vec![bed.base.clone()];
    arguments.extend(of_two(&goods, 1));
    let said = browser.run("keyboard.mjs", Some(&owner.cookie()), &arguments).await;
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(said["placed"].as_str().expect("a path").starts_with("/enterprise/orders/"), "{said}");
    assert_eq!((&said["first"], &said["back"]), (&"scan".into(), &"scan".into()), "{said}");
    assert_eq!(exported(&bed, "?act=packed").await.len(), 1);
}
