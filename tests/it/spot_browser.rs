//! The page on the spot in Chromium: `tests/browser/field*.mjs`.

use serde_json::{Value, json};

use crate::http_browser::Browser;
use crate::staff_bed::StaffBed;

#[tokio::test]
async fn a_phone_reads_every_vector_as_the_format_says_in_node_and_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let arguments = [bed.base.clone()];
    let said = browser.run("field_vectors.mjs", Some(&officer.cookie()), &arguments).await;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    for place in ["node", "browser"] {
        for (check, platform) in [("webcrypto", true), ("own", false)] {
            let run = &said[place][check];
            assert_eq!(run["wrong"], json!([]), "{place} {check}");
            assert_eq!(run["platform"], platform, "{place} {check}: {said}");
            assert!(run["texts"].as_u64() >= Some(75), "{place} {check}: {said}");
            assert_eq!((&run["speccheck"], &run["accepted"]), (&json!(12), &json!(0)), "{said}");
        }
    }
}
