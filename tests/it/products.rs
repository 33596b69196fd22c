//! Products of an enterprise: registered and corrected by its planners.

use axum::http::Method;
use serde_json::json;

use crate::http_browser::{Browser, both};
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};

const PAGE: &str = "/enterprise/products";

fn particulars<'a>(gtin: &'a str, name: &'a str, net: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("gtin", gtin),
        ("name_zh", name),
        ("name_en", "Song He"),
        ("category", "liquor"),
        ("standard", "GB/T 10781.1"),
        ("net_content", net),
        ("shelf_life_days", ""),
    ]
}

#[tokio::test]
async fn a_planner_registers_a_product_and_corrects_it_and_buyers_see_it_at_once() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(10).await;
    let code = bed.codes(&batch).await[0].clone();
    let planner = bed.person("planner").await;
    let new = planner.post(PAGE, &particulars("6900000001035", "宋河小酒", "100 mL")).await;
    assert_eq!(new.status(), 303);
    assert!(planner.page(PAGE).await.contains("宋河小酒"));

    let wrong = planner.post(PAGE, &particulars("6900000001036", "=1+1", "100 mL")).await;
    assert_eq!(wrong.status(), 422);
    let said = wrong.text().await.expect("a page");
    assert!(said.contains("id=\"gtin-error\"") && said.contains("id=\"name_zh-error\""), "{said}");
    assert!(said.contains("校验码不对：6900000001036的最后一位应为5"), "{said}");
    let twice = planner.post(PAGE, &particulars("6900000001011", "宋河另一种", "2 L")).await;
    assert_eq!(twice.status(), 422);
    assert!(twice.text().await.expect("a page").contains("这个商品条码已经登记过"));

    let one = format!("{PAGE}/{OUR_GTIN}");
    let form = planner.page(&one).await;
    assert!(form.contains("GTIN 6900000001011<"), "as on the pack: {form}");
    let net = form.split("name=\"net_content\" value=\"").nth(1).expect("a field");
    let net = net.split('"').next().expect("a value");
    let larger = planner.post(&one, &particulars("", "宋河改名酒", "2 L")).await;
    assert_eq!(larger.status(), 422, "labels say the old size");
    assert_eq!(planner.post(&one, &particulars("", "宋河改名酒", net)).await.status(), 303);
    let ask = bed.ask(Method::GET, &format!("/{code}")).header("accept", "application/json");
    let (_, seen) = bed.send(ask).await;
    assert_eq!(seen["product"]["name"]["zh"], json!("宋河改名酒"), "{seen:#}");

    let viewer = bed.person("viewer").await.page(PAGE).await;
    assert!(viewer.contains("宋河改名酒") && !viewer.contains(&one));
    let stranger = bed.person("stranger").await;
    assert_eq!(stranger.get(&one).await.status(), 404);
    assert_eq!(stranger.post(&one, &particulars("", "别家", net)).await.status(), 404);
    let trail = bed.person("administrator").await.page("/county/audit?action=product.change").await;
    assert_eq!(trail.matches("product.change</").count(), 1, "{trail}");
    if let Some(browser) = Browser::find() {
        let pages = both(&[("products", PAGE.to_owned()), ("product", one)]);
        browser.look(&bed.base, Some(&planner.cookie()), &pages).await;
    }
}

#[tokio::test]
async fn a_program_corrects_a_product_whole_and_under_its_own_number_alone() {
    let bed = StaffBed::start().await;
    let mut product = json!({
        "gtin": OUR_GTIN, "enterprise": OURS, "name_zh": "宋河粮液", "name_en": "Song He",
        "category": "liquor", "standard": "GB/T 10781.1", "net_content": "450 mL",
    });
    let put = async |who: &str, gtin: &str, body: &serde_json::Value| {
        let request = bed.program(who, Method::PUT, &format!("/api/v1/products/{gtin}"));
        bed.send(request.json(body)).await
    };
    // No label was ordered yet: the size too may be corrected.
    let (status, said) = put("planner", OUR_GTIN, &product).await;
    assert_eq!((status, &said["net_content"]), (200, &json!("450 mL")), "{said}");
    assert_eq!(put("planner", OUR_GTIN, &product).await.0, 200, "the same again");
    assert_eq!(put("stranger", OUR_GTIN, &product).await.0, 404);
    assert_eq!(put("planner", "6900000001035", &product).await.0, 404);
    product["gtin"] = json!("6900000001035");
    let (status, said) = put("planner", OUR_GTIN, &product).await;
    assert_eq!((status, &said["field"]), (422, &json!("gtin")), "{said}");
    product["gtin"] = json!(OUR_GTIN);
    product["category"] = json!("wine");
    let (status, said) = put("planner", OUR_GTIN, &product).await;
    assert_eq!((status, &said["field"]), (422, &json!("category")), "{said}");
}
