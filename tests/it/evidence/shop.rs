//! Packages that the real worker builds: killed in between, and checked by the real
//! commands after its key was rotated.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use uuid::Uuid;
use zhenma::app::paths;
use zhenma::auth::office::{FIRST, Seat};
use zhenma::base::clock::SystemClock;
use zhenma::base::{By, Clock, hex, ids, rng};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::matter::PhotoNote;
use zhenma::cases::port::{FileLedger, NewCase};
use zhenma::evidence::digest::FileRecord;
use zhenma::evidence::port::{Built, EvidenceLedger, PackageRow, Wanted};
use zhenma::media::{Exif, Kind, MediaLedger, MediaRow, MediaStore, Purpose};

use super::{DAY, checked};
use crate::orders::{Shop, Works, wait_until};

/// An installation with an office's key, and its worker's side.
fn with_office() -> (Shop, Works) {
    let shop = Shop::new("10");
    shop.good(&["key", "new", "--office", "鹿邑县市场监督管理局"]);
    let works = Works::of(&shop);
    (shop, works)
}

fn worker(shop: &Shop) -> Child {
    let mut command = shop.command(&["worker"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary runs")
}

fn end(child: &mut Child) {
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// Asks for a package of a new case with so many photos of so many bytes.
fn asked(works: &Works, photos: usize, bytes: usize) -> Uuid {
    let (ledger, by) = (&works.orders.ledger, By::shell(SystemClock.now()));
    let store = MediaStore::at(paths::media(&works.data));
    works.runtime.block_on(async {
        let mut facts = Vec::new();
        for _ in 0..photos {
            let content: Vec<u8> = rng::bytes::<64>().into_iter().cycle().take(bytes).collect();
            let original = store.put(content).await.expect("kept");
            let row = MediaRow {
                original,
                shown: original,
                kind: Kind::Jpeg,
                bytes: bytes as u64,
                shown_bytes: bytes as u64,
                width: 1,
                height: 1,
                exif: Exif::default(),
                purpose: Purpose::Office,
                added_at: by.at,
                added_by: "officer".to_owned(),
            };
            ledger.add_media(&row, &by).await.expect("added");
            let media = original.to_string();
            facts.push(Fact::Photo(PhotoNote {
                media,
                caption: "货架".into(),
                shows: String::new(),
            }));
        }
        let new = NewCase {
            id: ids::new_id(by.at),
            office: FIRST,
            title: "涉嫌销售假冒注册商标的白酒".to_owned(),
            ground: Ground::Inspection,
            lead: None,
            region: 4116,
            found_on: DAY,
            today: DAY,
            facts,
        };
        let file = ledger.open_case(&new, &by).await.expect("opened");
        let wanted = Wanted {
            id: ids::new_id(by.at),
            office: FIRST,
            case: file.id,
            case_number: file.number.clone(),
            entries: file.seq(),
            state: String::new(),
            name: "王芳".to_owned(),
            seat: Seat::Officer,
        };
        ledger.want_evidence(&wanted, &by).await.expect("asked");
        wanted.id
    })
}

fn row(works: &Works, id: Uuid) -> PackageRow {
    works.runtime.block_on(works.orders.ledger.evidence(id)).expect("a row")
}

fn built(works: &Works, id: Uuid) -> (PathBuf, Built) {
    wait_until("the package", || row(works, id).built.is_some());
    (paths::evidence(&works.data, id), row(works, id).built.expect("built"))
}

#[test]
fn a_worker_that_is_killed_leaves_no_package_or_a_whole_one_and_it_is_built() {
    let (shop, works) = with_office();
    let id = asked(&works, 6, 1_500_000);
    let path = paths::evidence(&works.data, id);
    let part = path.with_extension("part");
    let mut in_writing = 0;
    for round in 0..8 {
        let mut child = worker(&shop);
        if round < 3 {
            // While it writes.
            wait_until("a first byte", || part.exists() || path.exists());
        } else {
            let wait = Duration::from_millis(200 + 12 * u64::from(rng::bytes::<1>()[0]));
            eprintln!("killed after {wait:?}");
            std::thread::sleep(wait);
        }
        end(&mut child);
        in_writing += u32::from(part.exists());
        if path.exists() {
            let bytes = fs::read(&path).expect("a package");
            assert!(checked(&bytes, &Default::default()).is_whole(), "half of it under its name");
        }
        // As if its lease had ended.
        let now = SystemClock.now();
        works.runtime.block_on(works.orders.ledger.keep_evidence(id, now)).expect("told");
    }
    eprintln!("killed in writing {in_writing} times");
    let mut child = worker(&shop);
    let (path, kept) = built(&works, id);
    end(&mut child);
    let bytes = fs::read(&path).expect("a package");
    assert!(checked(&bytes, &Default::default()).is_whole());
    assert_eq!(FileRecord::of("x", &bytes).sha256, kept.sha256);
    let there = fs::read_dir(paths::all_evidence(&works.data)).expect("a folder").count();
    assert_eq!(there, 1, "and nothing beside");
    assert_eq!(row(&works, id).state.len(), hex(&[0; 32]).len(), "its state is known");
}

#[test]
fn a_package_is_good_after_its_key_was_rotated_twice_and_not_once_it_is_revoked() {
    let (shop, works) = with_office();
    let first = asked(&works, 1, 1_000);
    let mut child = worker(&shop);
    let (old, kept) = built(&works, first);
    assert_eq!(kept.kid, "office-1");
    for key in ["office-1", "office-2"] {
        shop.good(&["key", "retire", key]);
        shop.good(&["key", "new", "--office", "鹿邑县市场监督管理局"]);
    }
    let second = asked(&works, 1, 1_000);
    let third = std::cell::Cell::new(second);
    // Workers look at keys by themselves.
    wait_until("the third key signs", || {
        let (_, kept) = built(&works, third.get());
        third.set(if kept.kid == "office-3" { third.get() } else { asked(&works, 1, 1_000) });
        kept.kid == "office-3"
    });
    end(&mut child);
    let set = shop.path("set.json");
    let verify = |package: &PathBuf| {
        fs::write(&set, shop.good(&["key", "jwks", "--office"])).expect("written");
        let (package, set) = (package.to_string_lossy(), set.to_string_lossy());
        let out = shop.run(&["evidence", "verify", &package, "--keys", &set]);
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let (code, says) = verify(&old);
    assert!(code == Some(0) && says.contains("office-1 is retired since"), "{says}");
    let (code, says) = verify(&paths::evidence(&works.data, third.get()));
    assert!(code == Some(0) && says.contains("office-3"), "{says}");
    shop.good(&["key", "revoke", "office-1"]);
    let (code, says) = verify(&old);
    assert!(code == Some(1) && says.contains("office-1 is revoked since"), "{says}");
}
