//! Lists of the consoles: narrowed, sorted, page by page, and as files.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::lists::List;

use crate::consoles::between;
use crate::http_browser::{Browser, both};
use crate::staff_bed::{OUR_GTIN, Person, StaffBed};

async fn batches(bed: &StaffBed, count: usize) {
    for n in 0..count {
        let body = json!({"product": OUR_GTIN, "lot": format!("L{:03}", n % 60),
            "made_on": "2026-11-01", "count": 1 + n % 5, "dealer": if n == 7 { "永城酒业" } else { "" }});
        bed.made("member", "/api/v1/batches", &body).await;
    }
}

/// The first cells of a page's rows, and where the next page is.
fn rows(page: &str) -> (Vec<String>, Option<String>) {
    let body = page.split("<tbody>").nth(1).unwrap_or_default();
    let firsts = body.split("<tr>").skip(1).map(|row| between(row, "<bdi>", "</bdi>").to_owned());
    let next = page.contains("rel=\"next\"").then(|| {
        let pager = page.split("class=\"pager\"").nth(1).expect("a pager");
        let link =
            pager.split("<a href=\"").find(|link| link.contains("rel=\"next\"")).expect("it");
        link.split('"').next().expect("an address").replace("&#38;", "&").replace("&amp;", "&")
    });
    (firsts.collect(), next)
}

async fn walked(person: &Person<'_>, path: &str) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = person.page(&path).await;
        let (some, more) = rows(&page);
        assert!(some.len() <= 50, "{path}");
        all.extend(some);
        next = more;
    }
    all
}

#[tokio::test]
async fn a_list_is_narrowed_sorted_and_paged_by_its_address_alone() {
    let bed = StaffBed::start().await;
    batches(&bed, 120).await;
    let viewer = bed.person("viewer").await;
    for sort in ["", "created_at", "lot", "-lot", "made_on", "-labels"] {
        let mut all = walked(&viewer, &format!("/enterprise/lists/batches?sort={sort}")).await;
        assert_eq!(all.len(), 120, "{sort}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 120, "{sort}: a row is on two pages");
    }
    let page = viewer.page("/enterprise/lists/batches?sort=-lot&q=L0").await;
    assert!(page.contains("aria-sort=\"descending\""), "{page}");
    assert!(page.contains("本页 50 行，后面还有"), "{page}");
    // The other language keeps what was asked for.
    assert!(page.contains("?sort=-lot&#38;q=L0&#38;lang=en"), "{page}");
    assert_eq!(walked(&viewer, "/enterprise/lists/batches?q=l059").await.len(), 2);
    assert_eq!(walked(&viewer, "/enterprise/lists/batches?q=%E6%B0%B8%E5%9F%8E").await.len(), 1);
    let nothing = viewer.page("/enterprise/lists/batches?q=%25").await;
    assert!(nothing.contains("没有找到"), "{nothing}");
    let stranger = bed.person("stranger").await;
    let bare = stranger.page("/enterprise/lists/batches").await;
    assert!(bare.contains("还没有批次"), "{bare}");
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_told_in_words_and_others_are_not_there() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let (owner, viewer) = (bed.person("member").await, bed.person("viewer").await);
    for (query, words) in [
        ("sort=secret", "不能按这一列排序"),
        ("sort=lot%27--", "不能按这一列排序"),
        ("after=zzz", "翻页链接"),
        (&format!("q={}", "x".repeat(65)), "最多64个字"),
    ] {
        for path in ["/enterprise/lists/batches", "/enterprise/recalls", "/enterprise/places"] {
            let response = viewer.get(&format!("{path}?{query}")).await;
            assert_eq!(response.status(), 422, "{path}?{query}");
            let page = response.text().await.expect("text");
            assert!(page.contains(words) && page.contains("从头看起"), "{page}");
        }
        let file = format!("/enterprise/lists/batches?{query}&format=csv");
        assert_eq!(viewer.get(&file).await.status(), 422, "{file}");
    }
    let stranger = bed.person("stranger").await;
    for list in List::ALL {
        let of = if list == List::Movements { format!("?of={batch}") } else { String::new() };
        let path = format!("/enterprise/lists/{}{of}", list.slug());
        let county = matches!(list, List::Enterprises | List::Staff);
        // Of no endpoint.
        let wanted = if county || list == List::Deliveries { 404 } else { 200 };
        assert_eq!(owner.get(&path).await.status(), wanted, "{path}");
        let wanted = if list.is_for_owners() { 403 } else { wanted };
        assert_eq!(viewer.get(&path).await.status(), wanted, "{path}");
        if list == List::Movements {
            assert_eq!(stranger.get(&path).await.status(), 404, "{path}");
        }
    }
    assert_eq!(owner.get("/enterprise/lists/secrets").await.status(), 404);
    assert_eq!(owner.get("/enterprise/lists/batches?format=xlsx").await.status(), 422);
}

#[tokio::test]
async fn what_was_found_is_exported_and_no_cell_of_it_is_a_formula() {
    let bed = StaffBed::start().await;
    batches(&bed, 70).await;
    let site = json!({"code": "=1+1", "kind": "dealer", "name": {"zh": "永城酒业"}});
    let (status, _) =
        bed.send(bed.program("member", Method::POST, "/api/v1/trace/places").json(&site)).await;
    let viewer = bed.person("viewer").await;
    // A page in the midst exports all that was found, not what follows.
    let page = viewer.page("/enterprise/lists/batches?q=L0&sort=lot").await;
    let (_, next) = rows(&page);
    let second = viewer.page(&next.expect("a second page")).await;
    let files =
        between(&second, "导出找到的 <a href=\"/enterprise/lists/batches?q=L0", "format=csv");
    assert_eq!(files.replace("&#38;", "&"), "&sort=lot&");
    let file = "/enterprise/lists/batches?q=L0&sort=lot&format=";
    let table = viewer.page(&format!("{file}csv")).await;
    assert!(table.starts_with("\u{feff}batch,gtin,name_zh,name_en,lot,"), "{table}");
    assert_eq!(table.lines().count(), 71, "{table}");
    let lines = viewer.page(&format!("{file}jsonl")).await;
    let lots: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["lot"].clone())
        .collect();
    assert_eq!(lots.len(), 70);
    assert!(lots.is_sorted_by_key(|lot| lot.as_str().expect("text").to_owned()), "{lots:?}");
    if status == 200 || status == 201 {
        let table = viewer.page("/enterprise/lists/places?format=csv").await;
        assert!(table.contains("\n'=1+1,"), "{table}");
    }
    let trail = bed.person("member").await.page("/enterprise/lists/trail?q=export").await;
    assert!(trail.contains("导出数据 export.take") && trail.contains("导出 batches"), "{trail}");
}

#[tokio::test]
async fn lists_have_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    batches(&bed, 60).await;
    bed.codes(&batch).await;
    let house = crate::packages::house(&bed, None).await;
    let idle = crate::packages::batch(&bed, 40).await;
    let order = crate::packages::ordered(&bed, &idle, 30, &house).await;
    crate::packages::handed_over(&bed, &order).await;
    let asked = json!({"kind": "recall", "scope": [batch],
        "reason": {"zh": "标签有误", "en": "wrong label"}});
    bed.made("member", "/api/v1/recalls", &asked).await;
    let count = json!({"account": "activated", "counted": 39, "missing": "7", "note": "夜班盘点"});
    bed.made("member", &format!("/api/v1/batches/{batch}/closings"), &count).await;
    let (owner, county) = (bed.person("member").await, bed.person("administrator").await);
    let of = |list: &str| format!("/enterprise/lists/{list}");
    let mut pages = vec![
        ("list_found", of("batches?q=L00&sort=lot")),
        ("list_nothing", of("batches?q=nothing")),
        ("list_wrong", of("batches?after=x")),
        ("list_movements", of(&format!("movements?of={batch}"))),
        ("list_recalls", "/enterprise/recalls".to_owned()),
    ];
    for list in [
        "products", "batches", "orders", "packages", "closings", "places", "events", "people",
        "trail",
    ] {
        pages.push((Box::leak(format!("list_{list}").into_boxed_str()), of(list)));
    }
    browser.look(&bed.base, Some(&owner.cookie()), &both(&pages)).await;
    let pages = both(&[
        ("list_enterprises", "/county/lists/enterprises".to_owned()),
        ("list_staff", "/county/lists/staff".to_owned()),
    ]);
    browser.look(&bed.base, Some(&county.cookie()), &pages).await;
}
