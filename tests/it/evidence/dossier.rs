//! Packages of a dossier made up here: the same bytes, whatever is flipped.

use std::fs;
use std::path::Path;

use serde_json::json;
use zhenma::base::UnixMs;
use zhenma::code::{Layer, Payload, compact_message, sign_compact};
use zhenma::evidence::check::Published;
use zhenma::evidence::manifest::{CaseNamed, LeftOut, MadeBy};
use zhenma::evidence::{
    Clock, Custody, Dossier, EntryLine, Judged, JudgedElse, Package, Photo, PolicyText, ReasonLine,
    ScanLine, Unit, UnitSigned, Visit,
};
use zhenma::keys::office::{OfficeKey, OfficeKeys, OfficeSigner, development_signer};
use zhenma::keys::{KeyStatus, Keyring, PublishedKey, Signer, development};

use super::{by_hand, checked};

pub const NOW: UnixMs = UnixMs(1_790_000_000_000);

pub fn office_key(signer: &OfficeSigner) -> OfficeKey {
    OfficeKey {
        kid: signer.kid(),
        office: signer.office().to_owned(),
        status: KeyStatus::Active,
        status_at: None,
        not_before: Some(NOW.seconds() - 1_000),
        not_after: Some(NOW.seconds() + 1_000),
        public: signer.public().expect("sound"),
    }
}

fn labels() -> Keyring {
    let signer = development::signer(1).expect("a development key");
    let mut keys = Keyring::default();
    keys.insert(PublishedKey {
        number: signer.key(),
        issuer: "宋河".to_owned(),
        status: KeyStatus::Active,
        not_before: None,
        not_after: None,
        public: signer.public().expect("sound"),
    });
    keys
}

pub fn published(signer: &OfficeSigner) -> Published {
    let mut offices = OfficeKeys::default();
    offices.insert(office_key(signer));
    Published { keys: Some((offices, labels())), roots: Vec::new() }
}

fn unit(serial: u64, good: bool) -> Unit {
    let signer = development::signer(1).expect("a development key");
    let payload = Payload { layer: Layer::Outer, key: signer.key(), batch: 4, serial };
    let mut signature = sign_compact(&signer, payload).expect("signs");
    if !good {
        signature[3] ^= 1;
    }
    Unit {
        payload,
        number: good.then_some(serial),
        register: json!({"issued": good, "lot": "L1"}),
        signed: Some(UnitSigned {
            signature,
            message: compact_message(payload).to_vec(),
            read_in: "check 1".to_owned(),
        }),
        judged: Some(Judged {
            outcome: "suspect".to_owned(),
            risk: 0.97,
            judged_by: "1 @ 7".to_owned(),
            reasons: vec![ReasonLine {
                code: "far_apart".to_owned(),
                zh: "两地查询相距过远".to_owned(),
                en: "scanned too far apart".to_owned(),
                rests_on: vec![1],
            }],
        }),
        elsewhere: vec![JudgedElse {
            policy: "witnesses-2".to_owned(),
            outcome: "seen_before".to_owned(),
            risk: 0.2,
            reasons: Vec::new(),
        }],
        scans: vec![ScanLine {
            at: NOW.plus_ms(-86_400_000),
            channel: "consumer".to_owned(),
            region: 4116,
            place: "河南省周口市".to_owned(),
            network: "other",
            foreign_host: false,
            device: Some(1),
        }],
        scans_unlisted: 2,
        decisions: Vec::new(),
        causes: Vec::new(),
    }
}

/// With a photo of `photo_bytes` in `folder`.
pub fn dossier(folder: &Path, photo_bytes: usize, signer: &OfficeSigner) -> Dossier {
    let photo: Vec<u8> = (0..photo_bytes).map(|n| (n * n % 253) as u8).collect();
    let sha256 = zhenma::evidence::digest::FileRecord::of("x", &photo).sha256;
    let path = folder.join(&sha256);
    fs::write(&path, &photo).expect("written");
    let mut offices = OfficeKeys::default();
    offices.insert(office_key(signer));
    Dossier {
        package: "0197b1c2-0000-7000-8000-000000000002".to_owned(),
        case: CaseNamed {
            office: "鹿邑县市场监督管理局".to_owned(),
            number: "2026-000012".to_owned(),
            id: "0197b1c2-0000-7000-8000-000000000001".to_owned(),
            entries: 2,
        },
        title: "涉嫌销售假冒注册商标的白酒".to_owned(),
        state: "open".to_owned(),
        made_by: MadeBy { login: "wang".into(), name: "王芳".into(), seat: "officer".into() },
        made_at: NOW,
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone"),
        entries: vec![EntryLine {
            seq: 1,
            id: "0197b1c2-0000-7000-8000-000000000003".to_owned(),
            at: NOW,
            by: "wang".to_owned(),
            stands: true,
            fact: json!({"kind": "party", "role": "respondent", "name": "鹿邑县某烟酒店",
                "uscc": "92411628MA4XXXXX0A", "address": "鹿邑县真源大道", "contact": ""}),
        }],
        inquiries: vec![json!({"question": "是否贵公司产品"})],
        blocks: vec![json!({"labels": 3})],
        reports: vec![json!({"number": "R1"})],
        policies: vec![PolicyText { name: "witnesses-3".to_owned(), text: "{}\n".to_owned() }],
        units: vec![unit(7, true), unit(8, false), Unit { signed: None, ..unit(9, true) }],
        photos: vec![Photo {
            sha256,
            ending: "jpg",
            path,
            caption: "货架".to_owned(),
            about: json!({"added_by": "wang"}),
        }],
        visits: vec![Visit { id: "v1".to_owned(), about: json!({"records": []}) }],
        custody: vec![Custody {
            at: NOW,
            who: "wang".to_owned(),
            what: "evidence.want".to_owned(),
            of: "case".to_owned(),
            reference: "audit 7".to_owned(),
        }],
        clock: Clock { server: json!({"zone": "Asia/Shanghai"}), phones: vec![json!({})] },
        keys: labels(),
        offices,
        left_out: vec![LeftOut {
            what: "device tags".to_owned(),
            why_zh: "查询设备的标识".to_owned(),
            why_en: "replaced by numbers".to_owned(),
        }],
    }
}

pub fn written(dossier: &Dossier, signer: &OfficeSigner) -> Vec<u8> {
    let package = Package::of(dossier, signer).expect("made");
    let statement = package.sign(signer, None);
    let mut out = Vec::new();
    package.seal(statement, None).expect("sealed").write(&mut out).expect("written");
    out
}

#[test]
fn the_same_dossier_gives_the_same_bytes_and_reads_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let made = || written(&dossier(folder.path(), 40_000, &signer), &signer);
    let bytes = made();
    assert_eq!(bytes, made());
    let report = checked(&bytes, &published(&signer));
    assert!(report.is_whole(), "{report:#?}");
    let labels = report.holds.iter().find(|says| says.starts_with("labels")).expect("labels");
    assert!(labels.contains("1 signatures hold, 1 do not, 1 labels"), "{labels}");
    let path = folder.path().join("p.zip");
    fs::write(&path, &bytes).expect("written");
    let unpacked = folder.path().join("unpacked");
    by_hand::unpack(&path, &unpacked);
    by_hand::checks_out(&unpacked, None);
}

#[test]
fn a_state_is_the_case_and_not_who_asks_or_when() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let state = dossier(folder.path(), 100, &signer);
    let digest = |change: &dyn Fn(&mut Dossier)| {
        let mut other = state.clone();
        change(&mut other);
        other.digest().expect("hashed")
    };
    let same = digest(&|_| ());
    let by_another = |other: &mut Dossier| {
        other.package = "another".to_owned();
        other.made_at = NOW.plus_ms(5);
        other.made_by.login = "li".to_owned();
        other.custody.clear();
        other.offices = OfficeKeys::default();
        // Somebody scanned something elsewhere.
        let judged = other.units[0].judged.as_mut().expect("judged");
        judged.judged_by = "1 @ 8".to_owned();
    };
    assert_eq!(digest(&by_another), same);
    let changes: [&dyn Fn(&mut Dossier); 9] = [
        &|other| other.entries.clear(),
        &|other| other.visits[0].about = json!({"records": [1]}),
        &|other| other.photos[0].sha256 = "0".repeat(64),
        &|other| drop(other.units[0].scans.pop()),
        &|other| other.units[1].decisions.push(json!({"decision": "copied"})),
        &|other| other.inquiries[0]["answer"] = json!("ours"),
        &|other| other.blocks.clear(),
        &|other| other.reports.clear(),
        &|other| other.policies[0].text.push(' '),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        assert_ne!(digest(change), same, "change {n}");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_large_package_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let bytes = written(&dossier(folder.path(), 100_000, &signer), &signer);
    let published = published(&signer);
    let mut changed = bytes.clone();
    // A prime step, so that bits of every file and of every chunk have their turn.
    for at in (0..bytes.len()).step_by(1_009) {
        let bit = at % 8;
        changed[at] ^= 1 << bit;
        let report = checked(&changed, &published);
        let named = report.faults.iter().any(|f| f.byte == Some(at as u64) && f.bytes == Some(1));
        assert!(named, "byte {at} bit {bit}: {:#?}", report.faults);
        changed[at] ^= 1 << bit;
    }
}

#[test]
fn a_flipped_bit_of_any_header_or_of_the_directory_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let bytes = written(&dossier(folder.path(), 1_000, &signer), &signer);
    let published = published(&signer);
    let signed = |at: usize, sign: &[u8]| bytes[at..].starts_with(sign);
    let directory = (0..bytes.len()).find(|at| signed(*at, b"PK\x01\x02")).expect("it");
    let headers = (0..directory).filter(|at| signed(*at, b"PK\x03\x04"));
    // 30 bytes and the first of the name, and everything behind the contents.
    let around = headers.flat_map(|at| at..at + 36).chain(directory..bytes.len());
    let around: Vec<usize> = around.collect();
    assert!(around.len() > 2_000, "{}", around.len());
    let mut changed = bytes.clone();
    for at in around.into_iter().step_by(7) {
        let bit = at % 8;
        changed[at] ^= 1 << bit;
        let report = checked(&changed, &published);
        let named = report.faults.iter().any(|f| {
            let first = f.byte.unwrap_or(u64::MAX);
            (first..first.saturating_add(f.bytes.unwrap_or(1))).contains(&(at as u64))
        });
        assert!(named, "byte {at} bit {bit}: {:#?}", report.faults);
        changed[at] ^= 1 << bit;
    }
}

#[test]
fn larger_damage_is_named_by_its_chunk() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let bytes = written(&dossier(folder.path(), 100_000, &signer), &signer);
    let photo = fs::read_dir(folder.path()).expect("a folder").flatten().next().expect("it");
    let photo = fs::read(photo.path()).expect("a photo");
    let start = bytes.windows(64).position(|part| *part == photo[..64]).expect("stored");
    let mut changed = bytes.clone();
    changed[start + 50_000..start + 50_100].fill(0x55);
    let report = checked(&changed, &published(&signer));
    let fault = &report.faults[0];
    let first = fault.byte.expect("a place");
    assert!(first <= (start + 50_000) as u64 && fault.bytes == Some(16_384), "{fault:#?}");
    assert!(first + 16_384 >= (start + 50_100) as u64, "{fault:#?}");
    assert_eq!(report.faults.len(), 1, "{:#?}", report.faults);
}

#[test]
fn a_photo_that_changed_on_the_disk_is_not_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let dossier = dossier(folder.path(), 1_000, &signer);
    fs::write(&dossier.photos[0].path, b"another").expect("written");
    let error = Package::of(&dossier, &signer).expect_err("not packed").to_string();
    assert!(error.contains("is not what was taken in"), "{error}");
}
