//! Pages of an officer's desk as a browser shows them, with something on each.

use serde_json::json;
use zhenma::cases::fact::Fact;
use zhenma::cases::matter::CaseUnit;
use zhenma::code::read;

use crate::consoles::{copied, scanned_around};
use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::staff_bed::StaffBed;
use crate::visits;

#[tokio::test]
async fn pages_of_an_officers_desk_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    scanned_around(&bed.parts.scanner, &codes[20]).await;
    copied(&bed, &codes[3]).await;
    let payload = read(&codes[20]).expect("a code").payload;
    let officer = bed.person("officer").await;
    let label = format!("/officer/codes/{}", payload.serial_text());
    eventually("its lead is made", || async {
        officer.page(&label).await.contains("/officer/leads/")
    })
    .await;
    let begun = visits::visit("鹿邑县老王烟酒店");
    let mut check = visits::check(&begun, &codes[20], "genuine");
    let hash = zhenma::media::Sha256Hex::of(&visits::png()).to_string();
    check["photos"] = json!([hash]);
    check["found"] = json!({"matches_label": false, "product_in_hand": "食用油 5 L",
        "note": "标签贴在食用油上"});
    assert_eq!(visits::put(&officer, &hash, visits::png(), "image/png").await, 201);
    visits::states(&officer, &[begun.clone(), check]).await;
    crate::reports::received(&bed, Some(payload.to_bytes())).await;
    let unit = CaseUnit::of(&payload, batch.parse().expect("a batch"), 20);
    let case = crate::officer_cases::opened(&bed, &[Fact::Unit(unit)]).await;
    crate::evidence::built(&bed, &case.id.to_string()).await;
    let decided = read(&codes[3]).expect("a code").payload.serial_text();
    let note = [("decision", "genuine"), ("note", "实物比对，一瓶一码")];
    eventually("the other is decided", || async {
        officer.post(&format!("/officer/codes/{decided}/decide"), &note).await.status() == 303
    })
    .await;
    let page = officer.page(&label).await;
    let town = page.split("/officer/places/").nth(1).expect("a town");
    let (town, province) = (&town[..4], format!("{}00", &town[..2]));
    let pages = both(&[
        ("desk_code", label.clone()),
        ("desk_place", format!("/officer/places/{town}")),
        ("desk_province", format!("/officer/places/{province}")),
        ("desk_county", "/officer/places/4116".to_owned()),
        ("desk_place_empty", "/officer/places/6501".to_owned()),
        ("desk_look", format!("POST{label}/look?case={}", case.id)),
        ("desk_evidence", format!("/officer/cases/{}/evidence", case.id)),
        ("desk_figures", "/officer/figures".to_owned()),
        ("desk_figures_empty", "/officer/figures?month=2020-01".to_owned()),
    ]);
    browser.look(&bed.base, Some(&officer.cookie()), &pages).await;
    let county = bed.person("administrator").await;
    let pages = both(&[
        ("offices", "/county/offices".to_owned()),
        ("calendar", "/county/calendar".to_owned()),
    ]);
    browser.look(&bed.base, Some(&county.cookie()), &pages).await;
    let public = both(&[("accuracy", "/accuracy".to_owned()), ("home", "/".to_owned())]);
    browser.look(&bed.base, None, &public).await;
}
