//! The way of a lot from the order to the recall, as its people go it in one
//! browser: `tests/browser/story.mjs` on a demo of its own.

use serde_json::{Value, json};

use crate::demo::Demo;
use crate::http_browser::Browser;
use crate::need;

#[tokio::test]
async fn a_lot_is_ordered_printed_packed_shipped_bought_and_recalled_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let used = ["age", "age-keygen", "tar", "pdfinfo", "pdftoppm", "ZXingReader"];
    if used.iter().any(|program| need::program(program).is_none()) {
        return;
    }
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_string_lossy().into_owned();
    let said = browser.run("story.mjs", None, &[demo.base(), "600".to_owned(), folder]).await;
    let seen: Value = serde_json::from_str(said.trim()).expect("JSON");
    println!("{seen:#}");
    assert_eq!(seen["unsold"]["outcome"], json!("not_on_sale"));
    assert_eq!(seen["bought"]["outcome"], json!("genuine"));
    assert_eq!(seen["recalled"]["outcome"], json!("withdrawn"));
    let journey = seen["bought"]["journey"].as_array().expect("steps");
    assert!(!journey.is_empty(), "a buyer sees no journey: {seen:#}");
}
