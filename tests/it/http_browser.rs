//! The pages as a browser shows them: `tests/browser/check.mjs` in Chromium.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::http_bed::{self as bed, Bed};
use crate::need;
use crate::staff_bed::{OUR_GTIN, PASSWORD, StaffBed, location};

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
        let arguments: Vec<_> = std::iter::once(base.to_owned()).chain(pages.to_vec()).collect();
        self.run("check.mjs", cookie, &arguments).await;
    }

    /// Runs a script of `tests/browser`; gives what it printed.
    pub async fn run(&self, script: &str, cookie: Option<&str>, arguments: &[String]) -> String {
        let mut command = tokio::process::Command::new(&self.node);
        command.arg(self.folder.join(script)).args(arguments);
        command.env("CHROMIUM", &self.chromium).stdin(Stdio::null());
        if let Some(cookie) = cookie {
            command.env("COOKIE", cookie);
        }
        let output = command.output().await.expect("node runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}{wrong}");
        printed
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
async fn pages_of_the_hand_over_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let house = crate::packages::house(&bed, None).await;
    let batch = crate::packages::batch(&bed, 300).await;
    let order = crate::packages::ordered(&bed, &batch, 200, &house).await;
    let package = crate::packages::handed_over(&bed, &order).await;
    let mut counter = crate::packages::Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    counter.download(1).await;
    for (kind, range) in [("printed", "0-149"), ("spoiled", "10-12 20")] {
        counter.post("/printer/reports", &[("kind", kind), ("range", range)]).await;
    }
    let member = bed.person("member").await;
    let path = format!("/enterprise/packages/{}", package["id"].as_str().expect("an id"));
    member.post(&format!("{path}/release"), &[("count", "2")]).await;
    let settings = [
        ("approval_labels", "50"),
        ("sign_off_labels", "5"),
        ("pick_up_days", "5"),
        ("printed_days", "14"),
        ("activated_days", "30"),
    ];
    member.post("/enterprise/settings", &settings).await;
    let waits = serde_json::json!({"order_key": "large", "batch": batch, "format": "pdf",
        "house": house, "needed_by": "2026-12-01"});
    let waits = bed.made("planner", "/api/v1/orders", &waits).await;
    let waits = waits["id"].as_str().expect("an id");
    crate::packages::leaked(&bed, &package).await;
    crate::faults::load::eventually("the leak is told", || async {
        member.page("/enterprise/").await.contains("外泄")
    })
    .await;
    let pages = both(&[
        ("handoff_home", "/enterprise/".to_owned()),
        ("handoff_order_form", "/enterprise/order".to_owned()),
        ("handoff_order", format!("/enterprise/orders/{order}")),
        ("handoff_waits", format!("/enterprise/orders/{waits}")),
        ("handoff_package", path.clone()),
        ("handoff_sign_off", format!("{path}/sign-off")),
        ("handoff_printers", "/enterprise/printers".to_owned()),
        ("handoff_settings", "/enterprise/settings".to_owned()),
    ]);
    browser.look(&bed.base, Some(&member.cookie()), &pages).await;
    let counters = both(&[("handoff_counter", "/printer/".to_owned())]);
    browser.look(&bed.base, Some(&counter.person.cookie()), &counters).await;
    let doors = both(&[("handoff_door", "/printer/sign-in".to_owned())]);
    browser.look(&bed.base, None, &doors).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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
    let (member, officer) = (bed.person("member").await, bed.person("supervisor").await);
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
        ("cases", "10"),
        ("pallets", "2"),
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
        ("order_pallets", "/enterprise/order?batch=1-2".to_owned()),
        ("batch_pallets", "/enterprise/batches/1-2".to_owned()),
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
        ("not_found", "POST/officer/codes?code=ABC".to_owned()),
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

#[tokio::test]
async fn pages_of_people_and_of_the_county_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let spare = crate::people::spare(&bed).await;
    let (owner, county) = (bed.person("member").await, bed.person("administrator").await);
    let mut planner = bed.person("planner").await;
    let (secret, recovery) = crate::people::enrol(&mut planner).await;
    assert_eq!(recovery.len(), 10);
    for (path, form) in [
        (
            "/county/enterprises/91411628MA9DEM01XU/licences",
            [
                ("kind", "食品生产许可证"),
                ("number", "SC11541162800001"),
                ("expires_on", "2026-01-01"),
            ],
        ),
        (
            "/county/enterprises/91411628MA9DEM028U/licences",
            [
                ("kind", "食品生产许可证"),
                ("number", "SC11541162800002"),
                ("expires_on", "2036-01-01"),
            ],
        ),
    ] {
        assert_eq!(county.post(path, &form).await.status(), 303, "{path}");
    }
    let both = |pages: &[(&str, &str)]| -> Vec<String> {
        let named = |(name, path): &(&str, &str)| format!("{name}={path}");
        let english = |(name, path): &(&str, &str)| format!("{name}.en={path}");
        pages.iter().map(named).chain(pages.iter().map(english)).collect()
    };
    let password = PASSWORD.replace(' ', "+");
    let key = format!("POST/enterprise/keys?login=spare&label=ERP&days=30&password={password}");
    let enterprise = both(&[
        ("people", "/enterprise/people"),
        ("people_wrong", "POST/enterprise/people?login=A&name="),
        ("person", "/enterprise/people/spare"),
        ("person_own", "/enterprise/people/member"),
        ("person_with_code", "/enterprise/people/planner"),
        ("link", "POST/enterprise/people/spare/link?"),
        ("keys", "/enterprise/keys"),
        ("key", &key),
        ("keys_wrong", "POST/enterprise/keys?login=spare&label=&days=x"),
        ("account", "/account/"),
        ("account_wrong", "POST/account/password?password=x&new=short&again=short"),
        ("second_factor", "/account/second-factor"),
        ("second_factor_wrong", "POST/account/second-factor?code=1"),
    ]);
    browser.look(&bed.base, Some(&owner.cookie()), &enterprise).await;
    let renew = format!("POST/account/recovery-codes?password={password}");
    let enrolled = both(&[("account_with_code", "/account/"), ("recovery_codes", &renew)]);
    browser.look(&bed.base, Some(&planner.cookie()), &enrolled).await;
    let counties = both(&[
        ("county", "/county/"),
        ("county_wrong", "POST/county/enterprises?uscc=1"),
        ("county_enterprise", "/county/enterprises/91411628MA9DEM01XU"),
        ("county_people", "/county/people"),
        ("county_person", "/county/people/officer"),
        ("county_trail", "/county/audit"),
    ]);
    browser.look(&bed.base, Some(&county.cookie()), &counties).await;
    let halfway = crate::people::halfway(&bed, "planner").await;
    let second = both(&[("code", "/sign-in/code")]);
    browser.look(&bed.base, Some(&halfway.cookie()), &second).await;
    assert_eq!(secret.len(), 32);
    let doors = both(&[("join", &format!("/join/{}", spare.token)), ("link_gone", "/join/x")]);
    browser.look(&bed.base, None, &doors).await;
}

#[tokio::test]
async fn webhooks_and_exports_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start_with(|settings| {
        settings.webhook_allow = vec!["127.0.0.0/8".to_owned().try_into().expect("a network")];
    })
    .await;
    let member = bed.person("member").await;
    let empty = both(&[("webhooks_none", "/enterprise/webhooks".to_owned())]);
    browser.look(&bed.base, Some(&member.cookie()), &empty).await;
    let target = crate::webhooks::target::Target::start(|n| {
        crate::webhooks::target::Answer::Status(if n == 0 { 500 } else { 200 })
    })
    .await;
    let mut pages = vec![
        ("exports", "/enterprise/exports".to_owned()),
        ("webhooks", "/enterprise/webhooks".to_owned()),
    ];
    for (name, url) in [
        ("webhook", target.url("/zhenma/a-rather-long-path-of-the-enterprise/in")),
        ("webhook_unreachable", "https://erp.invalid/zhenma".to_owned()),
    ] {
        let (id, _) = crate::webhooks::add(&bed, &url).await;
        crate::webhooks::test(&bed, &id).await;
        crate::webhooks::attempted(&bed, &id).await;
        crate::webhooks::test(&bed, &id).await;
        pages.push((name, format!("/enterprise/webhooks/{id}")));
    }
    browser.look(&bed.base, Some(&member.cookie()), &both(&pages)).await;
}
