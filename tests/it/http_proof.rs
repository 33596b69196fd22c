//! The page of a symbol on a proof sheet.

use reqwest::Method;
use serde_json::json;
use zhenma::code::proof_url;
use zhenma::label::Symbol;

use crate::http_bed::{self as bed, Bed};

fn path(module_um: u16) -> String {
    proof_url("/", module_um)
}

#[test]
fn a_proof_has_the_symbol_of_a_label() {
    let prefix = format!("HTTPS://{}/", bed::HOST.to_ascii_uppercase());
    let label = Symbol::of(&format!("{prefix}{}", bed::code(0))).expect("a label");
    for module_um in [169, 254, 339, 1_016] {
        let proof = Symbol::of(&proof_url(&prefix, module_um)).expect("a proof");
        assert_eq!(proof.version(), label.version(), "{module_um}");
    }
}

#[tokio::test]
async fn a_proof_says_its_size_in_both_languages_and_that_it_is_no_label() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    for (language, words) in [
        ("zh-CN", ["此尺寸读取良好", "每模块 <b>0.339</b> 毫米", "不代表任何产品", "弱光"]),
        (
            "en",
            ["Reads well at this size", "<b>0.339</b> mm", "stands for no product", "poor light"],
        ),
    ] {
        for path in [path(339), path(339).to_ascii_lowercase()] {
            let request = phone.ask(Method::GET, &path).header("accept-language", language);
            let response = phone.send(request.header("accept", "text/html,*/*;q=0.8")).await;
            assert_eq!(response.status(), 200, "{path}");
            let html = response.text().await.expect("text");
            for word in words {
                assert!(html.contains(word), "{word} in {html}");
            }
            assert!(!html.contains("verdict genuine"), "it looks like a good label: {html}");
            assert!(!html.contains("<script") && !html.contains(" style="), "{html}");
        }
    }
    let english = phone.get(&format!("{}?lang=en", path(1_016))).await.text().await.expect("text");
    assert!(english.contains("<b>1.016</b>") && english.contains("href=\"?lang=zh-CN\""));
    assert_eq!(phone.json(&path(339)).await, json!({"proof": true, "module_um": 339}));
}

#[tokio::test]
async fn a_proof_leaves_no_trace_and_asks_no_store() {
    let bed = Bed::start().await;
    bed.break_store(true);
    let phone = bed.phone(41);
    for method in [Method::GET, Method::HEAD] {
        let response = phone.send(phone.ask(method.clone(), &path(339))).await;
        assert_eq!(response.status(), 200, "{method}");
        assert!(response.headers().get("set-cookie").is_none(), "{method}");
        assert_eq!(response.headers()["content-language"], "zh-CN");
        let empty = response.bytes().await.expect("a body").is_empty();
        assert_eq!(empty, method == Method::HEAD);
    }
}

#[tokio::test]
async fn what_we_did_not_print_is_no_proof() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    for wrong in [
        path(339).replace("0339", "0340"),
        path(339).replace("0339", "339"),
        format!("{}A", path(339)),
        "/PROOF/0339/A".to_owned(),
        "/proof/0339".to_owned(),
        path(0),
    ] {
        let request = phone.ask(Method::GET, &wrong).header("accept", "application/json");
        let response = phone.send(request).await;
        assert_eq!(response.status(), 404, "{wrong}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{wrong}");
        let page = phone.ask(Method::GET, &wrong).header("accept", "text/html");
        let html = phone.send(page).await.text().await.expect("text");
        assert!(html.contains("这里没有这个页面"), "{wrong}: {html}");
    }
}
