//! Orders of labels: what a decoder that is not ours reads back, and what
//! interruption does to the output.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use image::imageops;
use sha2::{Digest, Sha256};
use zhenma::code::{self, Layer, Outcome};
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublishedKey, Signer, SoftSigner};
use zhenma::label::template::Mm;
use zhenma::label::{Caption, Form, Issued, Kind, Order, Specification, issue};

use crate::decoders::Decoder;
use crate::need;

fn signer() -> SoftSigner {
    SoftSigner::from_seed(KeyNumber::new(7).unwrap(), &[7; 32])
}

pub fn order(kind: Kind, count: u64) -> Order {
    Order {
        key: KeyNumber::new(7).unwrap(),
        batch: 3,
        secret: [42; 32],
        batch_count: 100_000_000,
        cases: 0,
        pallets: 0,
        inner: false,
        sscc: None,
        public_url: "https://id.example.cn".to_owned(),
        caption: Caption {
            product: "李耳小磨香油 450 mL".to_owned(),
            enterprise: "亳州李耳油坊有限公司".to_owned(),
            batch: "7-3".to_owned(),
            lot: "LE2610A".to_owned(),
            made_on: "2026-10-01".to_owned(),
            expires_on: Some("2028-03-31".to_owned()),
        },
        specification: Specification::new(kind, 0, count),
        picked: None,
    }
}

/// Sets module and printer of an order of pictures.
fn module(spec: &mut Specification, um: u32, printer: &str) {
    spec.printer = Some(printer.parse().unwrap());
    match &mut spec.form {
        Form::Svg(form) | Form::Png(form) => form.module = Mm(um),
        _ => panic!("no pictures"),
    }
}

pub fn run(order: &Order, out: &Path) -> Issued {
    issue(order, &signer(), out, &mut |_| {}, &AtomicBool::new(false)).expect("an issued order")
}

pub fn refusal(order: &Order, out: &Path) -> String {
    issue(order, &signer(), out, &mut |_| {}, &AtomicBool::new(false))
        .expect_err("a refusal")
        .to_string()
}

/// Runs `order` until it has been told `pieces` times how far it is.
pub fn issued(order: &Order, out: &Path, pieces: usize) -> Issued {
    let cancel = AtomicBool::new(false);
    let mut heard = Vec::new();
    let mut progress = |labels| {
        heard.push(labels);
        cancel.store(heard.len() > pieces, Ordering::Relaxed);
    };
    let done = issue(order, &signer(), out, &mut progress, &cancel).unwrap();
    assert!(heard.is_sorted(), "{heard:?}");
    if let Issued::Cancelled { labels } = done {
        assert!(labels < order.specification.count);
    }
    done
}

/// Everything under `folder`, by path.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                out.insert(name, fs::read(path).unwrap());
            }
        }
    }
    out
}

pub fn keyring() -> Keyring {
    let mut keys = Keyring::default();
    keys.insert(PublishedKey {
        number: KeyNumber::new(7).unwrap(),
        issuer: "李耳".to_owned(),
        status: KeyStatus::Active,
        not_before: None,
        not_after: None,
        public: signer().public().unwrap(),
    });
    keys
}

/// The URLs that the order holds, in the order of numbers.
pub fn urls(order: &Order, layer: Layer) -> Vec<String> {
    let signer = signer();
    let mint =
        zhenma::label::Mint::new(&signer, order.key, order.batch, &order.secret, &order.public_url)
            .unwrap();
    let spec = &order.specification;
    (spec.first..=spec.last()).map(|n| mint.code(layer, n).unwrap().url).collect()
}

fn pictures(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = tree(folder)
        .into_keys()
        .filter(|name| name.ends_with(ending) && name.contains('/'))
        .map(|name| folder.join(name))
        .collect();
    found.sort();
    found
}

#[test]
fn every_png_reads_back_as_its_code() {
    let Some(reader) = Decoder::zxing() else { return };
    let out = tempfile::tempdir().unwrap();
    let mut order = order(Kind::Png, 40);
    order.inner = true;
    order.specification.first = 980;
    module(&mut order.specification, 297, "zpl-600");
    run(&order, out.path());
    let keys = keyring();
    for (layer, name) in [(Layer::Outer, "outer"), (Layer::Inner, "inner")] {
        let expected = urls(&order, layer);
        for (number, url) in (980..).zip(&expected) {
            let path = out.path().join(format!("{name}/000/{:03}/{number:09}.png", number / 1000));
            assert_eq!(reader.read(&[&path]), [[url.as_str()]], "{}", path.display());
            let reading = code::read(url).unwrap();
            assert_eq!(code::verify(&keys, &reading), Outcome::Valid);
            assert_eq!(reading.host.as_deref(), Some("id.example.cn"));
            assert_eq!(reading.payload.layer, layer);
        }
    }
}

#[test]
fn a_png_reads_after_a_poor_camera() {
    let Some(reader) = Decoder::zxing() else { return };
    let out = tempfile::tempdir().unwrap();
    let mut order = order(Kind::Png, 12);
    module(&mut order.specification, 339, "laser-600");
    run(&order, out.path());
    for (picture, url) in pictures(out.path(), ".png").iter().zip(urls(&order, Layer::Outer)) {
        let printed = image::open(picture).unwrap().into_luma8();
        assert_eq!(printed.dimensions(), (49 * 8, 49 * 8), "41 modules, four on each side quiet");
        // Out of focus by a quarter of a module, in dim light, four pixels a module.
        let blurred = imageops::blur(&printed, 2.0);
        let dim = imageops::contrast(&blurred, -30.0);
        let seen = imageops::resize(&dim, 49 * 4, 49 * 4, imageops::FilterType::Triangle);
        let path = out.path().join("seen.png");
        seen.save(&path).unwrap();
        assert_eq!(reader.read(&[&path]), [[url]], "{}", picture.display());
    }
}

#[test]
fn every_svg_reads_back_as_its_code() {
    let (Some(reader), Some(convert)) = (Decoder::zxing(), need::program("rsvg-convert")) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let order = order(Kind::Svg, 12);
    run(&order, out.path());
    let found = pictures(out.path(), ".svg");
    for (picture, url) in found.iter().zip(urls(&order, Layer::Outer)) {
        let png = out.path().join("drawn.png");
        let done = Command::new(&convert)
            .args(["--dpi-x", "300", "--dpi-y", "300", "-o"])
            .args([&png, picture])
            .status();
        assert!(done.unwrap().success());
        assert_eq!(reader.read(&[&png]), [[url]]);
    }
    assert_eq!(found.len(), 12);
}

#[test]
fn every_symbol_of_a_sheet_reads_back_and_its_text_too() {
    let (Some(reader), Some(draw), Some(text)) =
        (Decoder::zxing(), need::program("pdftoppm"), need::program("pdftotext"))
    else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let order = order(Kind::Pdf, 50);
    run(&order, out.path());
    let sheets = pictures(out.path(), ".pdf");
    assert_eq!(sheets.len(), 1);
    // Decoders look for a few symbols in a picture, not for 35: one label each.
    let mut read = Vec::new();
    for label in 0..50 {
        let (page, column, row) = (label / 35 + 1, label % 5, label % 35 / 5);
        let drawn = out.path().join(format!("label-{label}"));
        // Millimetres at 300 dots an inch: 8 of margin, 10 of head, 5 x 7 cells.
        let dots = |mm: f64| ((mm / 25.4 * 300.0) as u32).to_string();
        let left = dots(8.0 + f64::from(column) * 38.8);
        let top = dots(18.0 + f64::from(row) * 38.7);
        let (page, width) = (page.to_string(), dots(38.5));
        let done = Command::new(&draw)
            .args(["-r", "300", "-png", "-singlefile", "-f", &page, "-x", &left, "-y", &top])
            .args(["-W", &width, "-H", &width])
            .args([&sheets[0], &drawn])
            .status();
        assert!(done.unwrap().success());
        read.extend(reader.read(&[drawn.with_extension("png")]).concat());
    }
    assert_eq!(read, urls(&order, Layer::Outer));

    let shown = Command::new(text).args([&sheets[0], Path::new("-")]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    for words in ["李耳小磨香油 450 mL", "亳州李耳油坊有限公司", "批号 LE2610A", "2028-03-31"]
    {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    let serial = code::read(&urls(&order, Layer::Outer)[0]).unwrap().payload.to_string();
    assert!(shown.contains(&serial), "{serial}");
    if let Some(check) = need::program("qpdf") {
        let said = Command::new(check).arg("--check").arg(&sheets[0]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    }
}

#[test]
fn a_table_holds_both_codes_of_an_item_in_the_order_of_numbers() {
    let out = tempfile::tempdir().unwrap();
    let mut order = order(Kind::Csv, 1_203);
    order.inner = true;
    run(&order, out.path());
    let text = fs::read_to_string(out.path().join("labels.csv")).unwrap();
    assert!(text.starts_with("number,serial,text,url,inner_serial,inner_text,inner_url\r\n0,"));
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 1_203);
    let (outer, inner) = (urls(&order, Layer::Outer), urls(&order, Layer::Inner));
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row[0], n.to_string());
        assert_eq!((&row[3], &row[6]), (outer[n].as_str(), inner[n].as_str()));
        let reading = code::read(&row[2]).unwrap();
        assert_eq!(reading.payload.serial_text(), row[1]);
        assert!(row[3].ends_with(&row[2]));
    }
}

#[test]
fn a_manifest_names_every_file_with_its_hash() {
    for kind in Kind::ALL {
        let out = tempfile::tempdir().unwrap();
        run(&order(kind, 7), out.path());
        let files = tree(out.path());
        let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(manifest["count"], 7);
        assert_eq!((&manifest["first_number"], &manifest["last_number"]), (&0.into(), &6.into()));
        assert_eq!(manifest["symbol"]["version"], 6);
        let mut listed = BTreeSet::from(["manifest.json".to_owned()]);
        for entry in manifest["files"].as_array().unwrap() {
            let path = entry["path"].as_str().unwrap();
            let content = &files[path];
            assert_eq!(entry["bytes"], content.len());
            let hash: String =
                Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(entry["sha256"], hash, "{path}");
            listed.insert(path.to_owned());
        }
        assert_eq!(listed, files.keys().cloned().collect(), "{kind}");
        if kind != Kind::Csv {
            let Some(check) = need::program("sha256sum") else { continue };
            let said = Command::new(check)
                .args(["-c", "--strict", "--quiet", "SHA256SUMS"])
                .current_dir(out.path())
                .status();
            assert!(said.unwrap().success(), "{kind}");
        }
    }
}

#[test]
fn a_cancelled_order_goes_on_to_the_same_bytes() {
    for kind in Kind::ALL {
        // Several pieces of each kind: 500, 250, 280 and 100 labels.
        let count = 1_700;
        let mut order = order(kind, count);
        match &mut order.specification.form {
            Form::Pdf(form) => form.items_a_file = 300,
            Form::Zpl(form) => form.items_a_file = 100,
            _ => {}
        }
        let whole = tempfile::tempdir().unwrap();
        run(&order, whole.path());
        let parts = tempfile::tempdir().unwrap();
        let mut runs = 1;
        while issued(&order, parts.path(), 2) != Issued::Complete {
            runs += 1;
        }
        assert!(runs > 1, "{kind} was never interrupted");
        assert!(tree(whole.path()) == tree(parts.path()), "{kind}: the bytes differ");
    }
}

#[test]
fn a_file_that_changed_on_the_disk_keeps_the_order_from_being_called_complete() {
    for (kind, count, file) in [
        (Kind::Png, 1_000, "outer/000/000/000000007.png"),
        (Kind::Pdf, 5_000, "outer/000/labels-00000.pdf"),
        (Kind::Zpl, 25_000, "outer/000/labels-00000.zpl"),
    ] {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("labels");
        let order = order(kind, count);
        assert_ne!(issued(&order, &out, 2), Issued::Complete);
        let mut bytes = fs::read(out.join(file)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(out.join(file), &bytes).unwrap();
        let said = refusal(&order, &out);
        assert!(said.contains(file) && said.contains("not those that were written"), "{said}");
        assert!(!out.join("manifest.json").exists());
    }
}

#[test]
fn a_finished_order_is_not_made_again() {
    let out = tempfile::tempdir().unwrap();
    let order = order(Kind::Csv, 20);
    run(&order, out.path());
    let before = tree(out.path());
    assert_eq!(run(&order, out.path()), Issued::Complete);
    assert!(before == tree(out.path()));
}

#[test]
fn a_directory_with_anything_else_in_it_is_refused_and_left_alone() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("letter.txt"), "keep me").unwrap();
    let said = refusal(&order(Kind::Csv, 5), out.path());
    assert!(said.contains("letter.txt") && said.contains("name an empty"), "{said}");
    assert_eq!(tree(out.path()).len(), 1);

    let file = out.path().join("letter.txt");
    assert!(refusal(&order(Kind::Csv, 5), &file).contains("name a directory"));

    let done = tempfile::tempdir().unwrap();
    run(&order(Kind::Csv, 5), done.path());
    let said = refusal(&order(Kind::Csv, 6), done.path());
    assert!(said.contains("numbers 0 to 4 as csv"), "{said}");

    let half = tempfile::tempdir().unwrap();
    let first = order(Kind::Csv, 5);
    let done = issue(&first, &signer(), half.path(), &mut |_| {}, &AtomicBool::new(true));
    assert_eq!(done.unwrap(), Issued::Cancelled { labels: 0 });
    let said = refusal(&order(Kind::Png, 5), half.path());
    assert!(said.contains("interrupted run of another order"), "{said}");
    fs::write(half.path().join("labels.csv"), "tampered").unwrap();
    assert!(refusal(&first, half.path()).contains("labels.csv was changed"));
}

#[test]
fn two_runs_at_once_in_one_directory_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let order = order(Kind::Csv, 2_000);
    let mut second = None;
    let mut progress = |_| {
        if second.is_none() {
            second = Some(refusal(&order, out.path()));
        }
    };
    issue(&order, &signer(), out.path(), &mut progress, &AtomicBool::new(false)).unwrap();
    assert!(second.unwrap().contains("another run"));
}

#[test]
fn a_full_disk_is_named_and_the_order_goes_on_when_there_is_room() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let order = order(Kind::Csv, 3_000);
    let done = issue(&order, &signer(), out.path(), &mut |_| {}, &AtomicBool::new(true));
    assert!(matches!(done, Ok(Issued::Cancelled { .. })));
    fs::remove_file(out.path().join("sample.png")).unwrap();
    std::os::unix::fs::symlink(full, out.path().join("sample.png")).unwrap();
    let said = refusal(&order, out.path());
    assert!(said.contains("the disk is full") && said.contains("same order"), "{said}");
    fs::remove_file(out.path().join("sample.png")).unwrap();
    assert_eq!(run(&order, out.path()), Issued::Complete);
}
