//! The pages as a browser shows them: `tests/browser/check.mjs` in Chromium.

use std::path::Path;
use std::process::Stdio;

use crate::http_bed::{self as bed, Bed};
use crate::need;

#[tokio::test]
async fn pages_have_no_violation_of_axe_in_light_and_dark_narrow_and_wide() {
    let (Some(chromium), Some(node)) = (need::program("chromium"), need::program("node")) else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let modules = Some(folder.join("node_modules")).filter(|modules| modules.is_dir());
    if need::told("tests/browser/node_modules, which tests/run installs,", modules).is_none() {
        return;
    }
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
    for network in 11..37 {
        bed.phone(network).json(&format!("/{}", bed::code(52))).await;
        bed.later(20 * 3_600);
    }
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
    ] {
        pages.push(format!("{name}=/{path}"));
        pages.push(format!("{name}.en=/{path}"));
    }
    let output = tokio::process::Command::new(node)
        .arg(folder.join("check.mjs"))
        .arg(&bed.base)
        .args(&pages)
        .env("CHROMIUM", chromium)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
