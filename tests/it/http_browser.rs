//! The pages as a browser shows them: `tests/browser/check.mjs` in Chromium.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::http_bed::{self as bed, Bed};
use crate::need;
use crate::staff_bed::{OUR_GTIN, StaffBed, location};

/// What looks at pages; `None` on a bare machine.
pub struct Browser {
    chromium: PathBuf,
    node: PathBuf,
    folder: PathBuf,
}

impl Browser {
    pub fn find() -> Option<Self> {
        let (chromium, node) = (need::program("chromium")?, need::program("node")?);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let modules = Some(folder.join("node_modules")).filter(|modules| modules.is_dir());
        need::told("tests/browser/node_modules, which tests/run installs,", modules)?;
        Some(Self { chromium, node, folder })
    }

    pub async fn look(&self, base: &str, cookie: Option<&str>, pages: &[String]) {
        let mut command = tokio::process::Command::new(&self.node);
        command.arg(self.folder.join("check.mjs")).arg(base).args(pages);
        command.env("CHROMIUM", &self.chromium).stdin(Stdio::null());
        if let Some(cookie) = cookie {
            command.env("COOKIE", cookie);
        }
        let output = command.output().await.expect("node runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn pages_have_no_violation_of_axe_in_light_and_dark_narrow_and_wide() {
    let Some(browser) = Browser::find() else { return };
    let bed = Bed::start_with(|mut services| {
        // The browser speaks plain HTTP to this machine.
        services.site =
            std::sync::Arc::new(zhenma::http::Site { public_url: "http://127.0.0.1".to_owned() });
        services
    })
    .await;
    // Somebody has scanned these before, elsewhere, and not just once.
    for network in [41, 44, 31] {
        bed.phone(network).json(&format!("/{}", bed::code(51))).await;
        bed.later(86_400);
    }
    let mut last = serde_json::Value::Null;
    for network in 11..24 {
        let buyer = bed.phone(network);
        for _ in 0..2 {
            last = buyer.json(&format!("/{}", bed::code(52))).await;
            bed.later(20 * 3_600);
        }
    }
    assert_eq!(last["outcome"], "suspect", "{last}");
    let mut pages = vec!["home=/".to_owned(), "home.en=/".to_owned(), "none=/a/b".to_owned()];
    for (name, path) in [
        ("genuine", bed::code(50)),
        ("seen_before", bed::code(51)),
        ("suspect", bed::code(52)),
        ("forged", bed::forged(50)),
        ("malformed", "check?code=HELLO2".to_owned()),
        ("recalled", bed::code(bed::RECALLED)),
        ("not_on_sale", bed::code(bed::NOT_ACTIVATED)),
        ("serial_only", bed::serial(53)),
        ("proof", zhenma::code::proof_url("", 339)),
    ] {
        pages.push(format!("{name}=/{path}"));
        pages.push(format!("{name}.en=/{path}"));
    }
    browser.look(&bed.base, None, &pages).await;
}

/// Each page in Chinese and in English.
pub fn both(pages: &[(&str, String)]) -> Vec<String> {
    let english = |(name, path): &(&str, String)| format!("{name}.en={path}");
    let chinese = |(name, path): &(&str, String)| format!("{name}={path}");
    pages.iter().map(chinese).chain(pages.iter().map(english)).collect()
}

#[tokio::test]
async fn consoles_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    let (code, undecided) = (&codes[3], &codes[9]);
    crate::consoles::copied(&bed, code).await;
    crate::consoles::copied(&bed, undecided).await;
    // A lead that officers alone see.
    let spoiled = serde_json::json!({"first": 20, "last": 20, "state": "spoiled"});
    bed.made("member", &format!("/api/v1/batches/{batch}/ranges"), &spoiled).await;
    crate::consoles::scanned_by(&bed.parts.scanner, &codes[20], 2).await;
    let serial = zhenma::code::read(code).expect("a code").payload.serial_text();
    let (member, officer) = (bed.person("member").await, bed.person("officer").await);
    book(&bed, &batch).await;
    let note = [("decision", "cannot_tell"), ("note", "等企业回复")];
    officer.post(&format!("/officer/codes/{serial}/decide"), &note).await;
    let cause = [
        ("kind", "exhibition"),
        ("from", "2026-05-01T08:00"),
        ("until", "2026-05-03T18:00"),
        ("place", "4101"),
        ("note", "县展销会展品，主办方登记表在案"),
    ];
    officer.post(&format!("/officer/codes/{serial}/causes"), &cause).await;
    let form = member.page("/enterprise/order").await;
    let key = crate::consoles::between(&form, "name=\"order_key\" value=\"", "\"");
    let fields = [
        ("order_key", key),
        ("product", OUR_GTIN),
        ("lot", "L2"),
        ("count", "60"),
        ("made_on", "2026-11-02"),
        ("format", "svg"),
        ("layers", "outer"),
    ];
    let order = location(&member.post("/enterprise/order", &fields).await);
    crate::faults::load::eventually("the order is done", || async {
        member.page(&order).await.contains("SHA256SUMS")
    })
    .await;
    crate::faults::load::eventually("the scans are followed", || async {
        member.page(&format!("/enterprise/batches/{batch}")).await.contains("<rect")
    })
    .await;
    crate::policies::compared(&bed);
    let sign = [("policy", "strict-1"), ("note", "旺季前收紧"), ("effective_at", "")];
    officer.post("/officer/policies", &sign).await;
    let enterprise = both(&[
        ("enterprise", "/enterprise/".to_owned()),
        ("order_form", "/enterprise/order".to_owned()),
        ("order_more", format!("/enterprise/order?batch={batch}")),
        ("order", order),
        ("batch", format!("/enterprise/batches/{batch}")),
        ("no_batch", "/enterprise/batches/9-9".to_owned()),
        ("closing", "/enterprise/closing".to_owned()),
    ]);
    browser.look(&bed.base, Some(&member.cookie()), &enterprise).await;
    let officers = both(&[
        ("flags", "/officer/".to_owned()),
        ("policies", "/officer/policies".to_owned()),
        ("flagged_code", format!("/officer/codes/{serial}")),
        ("not_found", "/officer/codes?code=ABC".to_owned()),
    ]);
    browser.look(&bed.base, Some(&officer.cookie()), &officers).await;
    let doors = both(&[("sign_in", "/enterprise/sign-in".to_owned())]);
    browser.look(&bed.base, None, &doors).await;
}

/// Movements, one that waits, a count that found something missing.
async fn book(bed: &StaffBed, batch: &str) {
    let of = |what: &str| format!("/api/v1/batches/{batch}/{what}");
    for body in [
        serde_json::json!({"kind": "hold", "numbers": "30-31 34", "reason": "酒精度抽检未出结果"}),
        serde_json::json!({"kind": "transfer", "first": 0, "last": 19, "place": "二号成品库",
            "reference": "入库单20261127-03"}),
    ] {
        bed.made("member", &of("movements"), &body).await;
    }
    let due = serde_json::json!({"due": "2027-02-06T00:00:00Z", "first": 35, "last": 39});
    bed.made("member", &of("activations"), &due).await;
    let count = serde_json::json!({"account": "activated", "place": "二号成品库", "counted": 17,
        "missing": "7-8", "note": "夜班盘点"});
    bed.made("member", &of("closings"), &count).await;
}
