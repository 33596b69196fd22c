//! The page that a phone opens.

use reqwest::Method;
use zhenma::base::places;
use zhenma::registry::Bilingual;
use zhenma::registry::journey::{MILESTONES_OF_A_BATCH_MAX, Milestone, MilestoneKind};

use crate::http_bed::{self as bed, Bed, NOW};

/// Bytes on the wire, compressed and with headers, of one page.
const PAGE_BYTES_MAX: usize = 14_000;

async fn page(phone: &bed::Phone, path: &str, language: &str) -> String {
    let request = phone.ask(Method::GET, path).header("accept-language", language);
    let request = request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let response = phone.send(request).await;
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.expect("text")
}

#[tokio::test]
async fn each_kind_of_label_has_its_page_in_both_languages() {
    let bed = Bed::start().await;
    let serial = format!("/{}", bed::serial(1));
    for (path, slug, zh, en) in [
        (bed::code(0), "genuine", "标签有效", "The label is valid"),
        (bed::forged(0), "not_genuine", "不是登记企业发出的标签", "Not a label of any registered"),
        (bed::code_of_key(3, 0), "not_genuine", "不是登记企业", "Not a label of any registered"),
        ("hello".into(), "not_genuine", "这不是有效的码", "This is not a valid code"),
        (bed::code(bed::RECALLED), "withdrawn", "正在召回", "being recalled"),
        (bed::code(bed::BLOCKED), "withdrawn", "标签已停用", "The label is blocked"),
        (bed::code(bed::STOLEN), "withdrawn", "标签已停用", "blocked"),
        (bed::code(bed::VOID), "withdrawn", "标签已作废", "The label is void"),
        (bed::code(bed::SPOILED), "not_on_sale", "废标", "spoiled in printing"),
        (bed::code(bed::PLANTED), "not_on_sale", "不用于销售", "Not a label for sale"),
        (bed::code(bed::NOT_ACTIVATED), "not_on_sale", "尚未启用", "not in use yet"),
        (serial[1..].to_owned(), "cannot_confirm", "单凭编号", "A number alone"),
        (bed::code_of_key(2, 0), "cannot_confirm", "无法确认", "Cannot confirm"),
    ] {
        for (language, words, tag) in [("zh-CN", zh, "zh-CN"), ("en-GB", en, "en")] {
            let html = page(&bed.phone(41), &format!("/{path}"), language).await;
            assert!(html.contains(words), "{slug}: {words} in {html}");
            assert!(html.contains(&format!("class=\"verdict {slug}\"")), "{slug}");
            assert!(html.contains(&format!("<html lang=\"{tag}\">")), "{slug}");
            assert!(!html.contains("<script"), "{slug}");
            assert!(!html.contains(" style="), "{slug}");
        }
    }
    bed.break_store(true);
    let html = page(&bed.phone(41), &format!("/{}", bed::code(2)), "zh").await;
    assert!(html.contains("暂时无法确认") && html.contains("没能记录下来"), "{html}");
}

#[tokio::test]
async fn a_page_fits_into_the_first_flight_of_a_connection() {
    let bed = Bed::start().await;
    for path in [bed::code(0), bed::code(bed::RECALLED), bed::forged(0), "hello".to_owned()] {
        for language in ["zh", "en"] {
            let phone = bed.phone(41);
            let ask = || {
                let request = phone.ask(Method::GET, &format!("/{path}"));
                request.header("accept-language", language)
            };
            let packed = phone.send(ask().header("accept-encoding", "gzip")).await;
            assert_eq!(packed.headers()["content-encoding"], "gzip");
            let headers: usize =
                packed.headers().iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
            let packed = headers + packed.bytes().await.expect("a body").len();
            let raw = phone.send(ask()).await.bytes().await.expect("a body").len();
            eprintln!("page {language}: {packed} bytes on the wire, {raw} unpacked");
            assert!(packed < PAGE_BYTES_MAX, "{packed}");
            assert!(raw < PAGE_BYTES_MAX, "even without compression: {raw}");
        }
    }
}

/// As much as a batch can have been through.
fn a_long_way() -> Vec<Milestone> {
    let one = |kind, region, passed: Option<bool>| Milestone {
        kind,
        at: NOW,
        region,
        name: Bilingual { zh: "检".repeat(80), en: "x".repeat(80) },
        report: "2".repeat(80),
        passed,
    };
    let regions = places::all().iter().take(MILESTONES_OF_A_BATCH_MAX - 12);
    let shipped = regions.map(|region| one(MilestoneKind::Shipped, region.code, None));
    let looks = (0..10).map(|_| one(MilestoneKind::Inspected, 0, Some(true)));
    let begun = [MilestoneKind::Bottled, MilestoneKind::Packed].map(|kind| one(kind, 0, None));
    shipped.chain(looks).chain(begun).collect()
}

#[tokio::test]
async fn a_page_with_a_long_way_fits_into_the_first_flight_too() {
    let bed = Bed::start_with(|services| {
        services.scanner.register.rcu(|register| {
            let mut register = (**register).clone();
            let batches: Vec<_> = register.batches.keys().copied().collect();
            for batch in batches {
                register.milestones.insert(batch, a_long_way().into());
            }
            register
        });
        services
    })
    .await;
    for (language, words) in [("zh", "等36地"), ("en", "30 more")] {
        let html = page(&bed.phone(41), &format!("/{}", bed::code(0)), language).await;
        eprintln!("page with a long way {language}: {} bytes unpacked", html.len());
        assert!(html.contains(words), "{html}");
        assert!(html.len() < PAGE_BYTES_MAX, "{}", html.len());
    }
}

#[tokio::test]
async fn the_page_says_what_is_known_and_what_cannot_be() {
    let bed = Bed::start().await;
    let path = format!("/{}", bed::code(20));
    let first = page(&bed.phone(41), &path, "zh").await;
    for words in [
        "宋河粮液 50度 浓香型白酒",
        "河南省宋河酒业股份有限公司",
        "20260301A1",
        "2026年3月1日",
        "2031年2月28日",
        "2026年3月12日 14:05",
        "河南省郑州市",
        "就是这一次",
        "证明不了包装里装的是什么",
        "action=\"/check\"",
    ] {
        assert!(first.contains(words), "{words} in {first}");
    }
    assert!(!first.contains("12315"), "a good answer names no complaints line");
    bed.later(3 * 86_400);
    let second = page(&bed.phone(44), &path, "en").await;
    for words in [
        "Valid label, queried before",
        "12 Mar 2026, 14:05",
        "Zhengzhou, Henan",
        "Songhe Liangye, strong-aroma baijiu",
        "1 Mar 2026",
    ] {
        assert!(second.contains(words), "{words} in {second}");
    }
    let forged = page(&bed.phone(44), &format!("/{}", bed::forged(20)), "zh").await;
    assert!(forged.contains("href=\"tel:12315\"") && forged.contains("小票"), "{forged}");
    assert!(!forged.contains("宋河粮液"), "a forged code names no product");
}

#[tokio::test]
async fn headers_keep_the_code_from_others_and_forbid_what_is_not_ours() {
    let bed = Bed::start().await;
    let response = bed.phone(41).get(&format!("/{}", bed::code(0))).await;
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("content-language"), "zh-CN");
    assert!(header("strict-transport-security").starts_with("max-age="));
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'sha256-"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        let cookie = cookie.to_str().expect("text");
        for part in ["HttpOnly", "Secure", "SameSite=Lax", "Max-Age="] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
    }
    // The hash of the policy is that of the style in the page.
    let html = response.text().await.expect("text");
    let style =
        html.split_once("<style>").expect("a style").1.split_once("</style>").expect("end").0;
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let hash = base64::prelude::BASE64_STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&hash), "{policy} {hash}");
}

#[tokio::test]
async fn a_reload_a_language_switch_and_json_are_the_same_scan() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let path = format!("/{}", bed::code(30));
    let first = phone.json(&path).await;
    bed.later(600);
    for again in [path.clone(), format!("{path}?lang=en"), path.clone()] {
        let answer = phone.json(&again).await;
        assert_eq!(answer["scan_id"], first["scan_id"]);
        assert_eq!(answer["reference"], first["reference"]);
        assert_eq!(answer["scans"]["count"], 1);
        assert_eq!(answer["outcome"], "genuine");
    }
    let html = page(&phone, &format!("{path}?lang=en"), "zh").await;
    assert!(html.contains("The label is valid") && html.contains("href=\"?lang=zh-CN\""), "{html}");
    // The next day it is another scan by the same phone.
    phone.forget_cookies();
    let fresh = bed.phone(41);
    let other = fresh.json(&path).await;
    assert_eq!(other["scans"]["count"], 2, "without cookies, after a while: {other}");
}

#[tokio::test]
async fn without_cookies_a_minute_on_the_same_network_is_one_scan() {
    let bed = Bed::start().await;
    let path = format!("/{}", bed::code(31));
    let count = async |phone: bed::Phone| phone.json(&path).await["scans"]["count"].clone();
    assert_eq!(count(bed.phone(41)).await, 1);
    bed.later(40);
    assert_eq!(count(bed.phone(41)).await, 1, "within the minute");
    assert_eq!(count(bed.phone(44)).await, 2, "another network");
    bed.later(30);
    assert_eq!(count(bed.phone(41)).await, 3, "after the minute");
    let mut other = bed.phone(41);
    other.agent = "another browser".to_owned();
    assert_eq!(count(other).await, 4, "another browser");
}

#[tokio::test]
async fn previews_crawlers_and_head_leave_no_trace() {
    let bed = Bed::start().await;
    let path = format!("/{}", bed::code(32));
    for (name, value) in [
        ("user-agent", "Mozilla/5.0 (compatible; Baiduspider/2.0)"),
        ("user-agent", "WhatsApp/2.23.20.0"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
    ] {
        let mut phone = bed.phone(41);
        if name == "user-agent" {
            phone.agent = value.to_owned();
        }
        let response = phone.send(phone.ask(Method::GET, &path).header(name, value)).await;
        assert_eq!(response.status(), 200);
        assert!(response.headers().get("set-cookie").is_none(), "{value}");
        assert!(response.text().await.expect("text").contains("标签有效"), "{value}");
    }
    let phone = bed.phone(41);
    let head = phone.send(phone.ask(Method::HEAD, &path)).await;
    assert_eq!(head.status(), 200);
    assert!(head.headers().get("set-cookie").is_none());
    let answer = bed.phone(44).json(&path).await;
    assert_eq!((&answer["scans"]["count"], &answer["outcome"]), (&1.into(), &"genuine".into()));
}

#[tokio::test]
async fn both_forms_are_one_label_and_foreign_hosts_are_told() {
    let bed = Bed::start().await;
    let compact = bed.phone(41).json(&format!("/{}", bed::code(33))).await;
    let phone = bed.phone(44);
    let gs1 = phone.json(&bed::gs1_path(33)).await;
    assert_eq!(gs1["outcome"], "seen_before", "{gs1}");
    assert_eq!(gs1["serial"], compact["serial"]);
    let english = phone.json(&format!("{}&lang=en", bed::gs1_path(33))).await;
    assert_eq!(english["scan_id"], gs1["scan_id"]);

    let request = bed.phone(45).ask(Method::GET, &format!("/{}", bed::code(34)));
    let request = request.header("x-forwarded-host", "cheap.example");
    let foreign = request.header("accept", "application/json").send().await.expect("an answer");
    let foreign: serde_json::Value = foreign.json().await.expect("JSON");
    assert_eq!(foreign["outcome"], "suspect", "{foreign}");
    assert_eq!(foreign["reasons"][0]["code"], "foreign_host");
}

#[tokio::test]
async fn what_is_typed_leads_to_its_page() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let serial = bed::serial(35);
    let spaced: String = serial
        .chars()
        .enumerate()
        .map(|(i, c)| if i % 5 == 0 && i > 0 { format!("+{c}") } else { c.to_string() })
        .collect();
    let small = spaced.to_ascii_lowercase();
    let response = phone.get(&format!("/check?code={small}&lang=en")).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], format!("/{serial}?lang=en"));
    let url = format!("/check?code=HTTPS://{}/{}", bed::HOST.to_uppercase(), bed::code(35));
    let response = phone.get(&url).await;
    assert_eq!(response.headers()["location"], format!("/{}?lang=zh-CN", bed::code(35)));
    let foreign = phone.get(&format!("/check?code=https://cheap.example/{}", bed::code(36))).await;
    assert_eq!(foreign.status(), 200);
    assert!(foreign.text().await.expect("text").contains("标签可疑"));
    for nonsense in ["", "8", "%22%3E%3Cscript%3E", "%FF%FE", &"A".repeat(3000)] {
        let response = phone.get(&format!("/check?code={nonsense}")).await;
        assert_eq!(response.status(), 200, "{nonsense}");
        let html = response.text().await.expect("text");
        assert!(html.contains("这不是有效的码") && !html.contains("<script"), "{html}");
    }
}

#[tokio::test]
async fn mistyped_codes_get_a_hint_and_paths_of_robots_none() {
    let bed = Bed::start().await;
    let phone = bed.phone(41);
    let good = bed::code(36);
    for (path, words) in [
        (good[..100].to_owned(), "码不完整"),
        (format!("{}%20{}", &good[..60], &good[61..]), "空格"),
        (format!("{}%EF%BC%A1{}", &good[..60], &good[61..]), "全角"),
        (format!("%{:02X}{}", good.as_bytes()[0], &good[1..]), "百分号"),
        (format!("{good}{good}"), "两个码"),
        (format!("{}8{}", &good[..60], &good[61..]), "不会出现数字8"),
        (format!("{good}/"), ""),
        (format!("x/{good}"), "404"),
        ("wp-login.php".to_owned(), "404"),
        (".env".to_owned(), "404"),
        ("01/06901234567892".to_owned(), ""),
    ] {
        let response = phone.get(&format!("/{path}")).await;
        let wanted = if words == "404" { 404 } else { 200 };
        assert_eq!(response.status(), wanted, "{path}");
        let html = response.text().await.expect("text");
        assert!(
            words == "404" || (html.contains("这不是有效的码") && html.contains(words)),
            "{path}: {html}"
        );
    }
    let small = phone.json(&format!("/{}", good.to_ascii_lowercase())).await;
    assert_eq!(small["outcome"], "genuine", "small letters are the same code");
    assert_eq!(
        small["scans"]["first"]["at"],
        jiff::Timestamp::from_millisecond(NOW.0).expect("in range").to_string()
    );
}
