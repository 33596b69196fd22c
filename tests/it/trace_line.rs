//! The page of a packing line in Chromium: `tests/browser/line.mjs`.

use crate::http_browser::Browser;
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
