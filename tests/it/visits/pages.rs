//! A visit as people see it: its pages in a browser, its papers as PDF.

use std::path::Path;

use serde_json::json;

use super::{check, png, put, record, states, visit};
use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::need;
use crate::staff_bed::{Person, StaffBed};

const LABELS: u64 = 70;

/// A photo as a phone takes one: dusk over a shelf.
fn photo(seed: u32) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let light = |x: u32, y: u32| {
        let bottle = (x / 60 + seed).is_multiple_of(2) && y > 90;
        let shade = (x * 7 + y * 3 + seed * 31) % 60;
        let [r, g, b] = if bottle { [140, 30, 30] } else { [200, 180, 150] };
        image::Rgb([r + (shade / 2) as u8, g + (shade / 3) as u8, b + (shade / 4) as u8])
    };
    let picture = image::RgbImage::from_fn(640, 420, light);
    picture.write_to(&mut out, image::ImageFormat::Jpeg).expect("encoded");
    out.into_inner()
}

/// Everything that can be recorded, offline, some of it overtaken, with a sweep of
/// so many labels; its path.
async fn whole(bed: &StaffBed, officer: &Person<'_>, swept: usize) -> String {
    let of = bed.batch(LABELS).await;
    let codes = bed.codes(&of).await;
    let body = json!({"state": "recalled", "first": 61, "last": 63,
        "reason": {"zh": "酒精度不合格", "en": "wrong strength"},
        "remedy": {"zh": "退回购买处", "en": "return it"}});
    bed.made("administrator", &format!("/api/v1/batches/{of}/ranges"), &body).await;
    eventually("the register knows", || async {
        bed.get("member", &format!("/api/v1/batches/{of}")).await["on_sale"] == LABELS - 3
    })
    .await;
    let begun = visit("鹿邑县老王烟酒店");
    let id = begun["id"].clone();
    let plan = json!({"visit": id, "gtin": "06900000001011", "stock": null, "sampling": "random",
        "seed": "8c1f0a52b77d9e03", "ended": false});
    let sweep = record("sweep", &plan);
    let mut records = vec![begun.clone(), sweep.clone()];
    for code in &codes[..swept] {
        let mut made = check(&begun, code, "genuine");
        made["sweep"] = sweep["id"].clone();
        records.push(made);
    }
    let mut ended = plan.clone();
    (ended["ended"], ended["sweep"]) = (json!(true), sweep["id"].clone());
    records.push(record("sweep", &ended));
    let picked =
        record("sweep", &json!({"visit": id, "sampling": "picked", "stock": 40, "ended": true}));
    let mut wrong = check(&begun, &codes[60], "seen_before");
    wrong["sweep"] = picked["id"].clone();
    let (one, two) = (photo(1), photo(2));
    let hash = |bytes: &[u8]| zhenma::media::Sha256Hex::of(bytes).to_string();
    wrong["found"] = json!({"matches_label": false, "product_in_hand": "食用油 5 L",
        "note": "标签贴在食用油上"});
    wrong["photos"] = json!([hash(&two)]);
    records.extend([picked, wrong]);
    records.extend(codes[61..64].iter().map(|code| check(&begun, code, "genuine")));
    records.push(check(&begun, "HTTPS://QR-CHECK.EXAMPLE/A1B2C3D4E5", "not_genuine"));
    for (bytes, caption) in [(&one, "货架全景"), (&two, "标签与商品不符的一件")] {
        let members = json!({"visit": id, "sha256": hash(bytes), "caption": caption,
            "taken_at": "2026-11-27T10:06:00+08:00", "exif": {}});
        records.push(record("photo", &members));
    }
    let lost = json!({"visit": id, "sha256": "0".repeat(64), "caption": "门头",
        "taken_at": "2026-11-27T10:02:00+08:00", "exif": {}});
    records.push(record("photo", &lost));
    for (act, what, quantity, seal) in [
        ("sampled", "宋河粮液 500 mL", 3, ""),
        ("detained", "食用油 5 L（贴有白酒标签）", 12, "鹿市监封 2026-0117"),
    ] {
        let members = json!({"visit": id, "act": act, "what": what, "quantity": quantity,
            "unit": "瓶", "seal_number": seal, "kept_at": "局涉案物品仓库",
            "codes": [codes[60], codes[61]]});
        records.push(record("seal", &members));
    }
    let text = "当事人称该批货由一名送货人送来，未能提供进货票据。\n现场未发现生产日期早于2026年的同类商品。";
    records.push(record("note", &json!({"visit": id, "text": text})));
    for (signer, role) in [("李某", "seller"), ("王芳", "officer")] {
        let members = json!({"visit": id, "signer": signer, "as": role, "sha256": hash(&png()),
            "refused": false});
        records.push(record("signature", &members));
    }
    let refusal = json!({"visit": id, "signer": "赵某", "as": "witness", "refused": true});
    records.push(record("signature", &refusal));
    for (bytes, media) in [(one, "image/jpeg"), (two, "image/jpeg"), (png(), "image/png")] {
        assert_eq!(put(officer, &hash(&bytes), bytes, media).await, 201);
    }
    for some in records.chunks(50) {
        assert!(states(officer, some).await.iter().all(|state| state != "refused"));
    }
    format!("/officer/visits/{}", id.as_str().expect("an id"))
}

#[tokio::test]
async fn pages_of_visits_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let empty = both(&[("visits_none", "/officer/visits".to_owned())]);
    browser.look(&bed.base, Some(&officer.cookie()), &empty).await;
    let path = whole(&bed, &officer, 9).await;
    let pages = both(&[
        ("visits", "/officer/visits".to_owned()),
        ("visit", path.clone()),
        ("visit_no_case", format!("POST{path}/case?number=2026-000099")),
    ]);
    browser.look(&bed.base, Some(&officer.cookie()), &pages).await;
}

#[tokio::test]
async fn papers_say_in_chinese_what_was_recorded_and_no_full_code() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let path = whole(&bed, &officer, 59).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/papers");
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(pdftotext) = need::program("pdftotext") else { return };
    for (name, wanted) in [
        (
            "record",
            [
                "现场检查笔录",
                "鹿邑县老王烟酒店",
                "货架抽查：查验59件，未发现可疑",
                "不到5%",
                "不能推及其余存货",
                "酒精度不合格",
                "现场采取扣押、抽样取证措施共2项，详见清单",
                "拒绝签名",
                "officer 王芳",
            ],
        ),
        (
            "list",
            [
                "扣押、抽样取证物品清单",
                "鹿邑县老王烟酒店",
                "鹿市监封2026-0117",
                "抽样取证",
                "扣押",
                "12瓶",
                "局涉案物品仓库",
                "食用油5L",
                "拒绝签名",
            ],
        ),
    ] {
        let first = officer.get(&format!("{path}/{name}.pdf")).await.bytes().await.expect("a file");
        let again = officer.get(&format!("{path}/{name}.pdf")).await.bytes().await.expect("a file");
        assert_eq!(first, again, "the same visit gives the same paper");
        let file = folder.join(format!("{name}.pdf"));
        std::fs::write(&file, &first).expect("written");
        let text = std::process::Command::new(&pdftotext).arg(&file).arg("-").output();
        let text = String::from_utf8(text.expect("it runs").stdout).expect("UTF-8");
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for words in wanted {
            let words: String = words.chars().filter(|c| !c.is_whitespace()).collect();
            assert!(text.contains(&words), "{name} has no {words}: {text}");
        }
        assert!(!text.contains("HTTP://") && !text.contains("127.0.0.1"), "{text}");
    }
}
