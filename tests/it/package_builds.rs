//! Packages while they are built: killed, by two workers, on a full disk.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use sha2::{Digest, Sha256};
use zhenma::app::paths;
use zhenma::base::clock::SystemClock;
use zhenma::base::{By, Clock, rng};
use zhenma::handoff::bundle::Written;
use zhenma::handoff::package::{Grant, PackageState, file_name};
use zhenma::handoff::port::HandoffLedger;
use zhenma::handoff::{NewPrintHouse, Package, seal, secret};
use zhenma::registry::order::HandOver;
use zhenma::registry::port::{OrderLedger, RegistryLedger};

use crate::orders::{Shop, Works, wait_until};

/// A worker process.
fn worker(shop: &Shop) -> Child {
    let mut command = shop.command(&["worker"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary runs")
}

/// An order of `count` labels, handed over before anybody works.
fn handed_over(works: &Works, count: u64) -> Package {
    let ledger = &works.orders.ledger;
    let by = By::shell(SystemClock.now());
    let enterprise = works.runtime.block_on(ledger.enterprises()).expect("read").remove(0).uscc;
    let house = NewPrintHouse::read("亳州彩印", "", "").expect("a printing house");
    let house = works.runtime.block_on(ledger.add_house(&enterprise, &house, &by)).expect("added");
    let order = works.place_for("K1", count, HandOver { needed_by: None, house: Some(house) });
    let own = seal::own_key().expect("a key");
    let grant = Grant {
        recipient: own.recipient,
        key_file: Some(own.key_file),
        code_hash: secret::pick_up_code().1,
        seed: rng::bytes(),
    };
    works.runtime.block_on(ledger.hand_over(order.id, &grant, &by)).expect("handed over")
}

fn now(works: &Works, package: &Package) -> Package {
    works.runtime.block_on(works.orders.ledger.package(package.id)).expect("the package")
}

fn written_at(path: &Path) -> Written {
    let bytes = fs::read(path).expect("a file");
    let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    Written { bytes: bytes.len() as u64, sha256 }
}

/// Three files, as the ledger has them, and nothing beside.
fn is_whole(works: &Works, package: &Package) {
    let folder = paths::package(&works.data, package.id);
    let files = works.runtime.block_on(works.orders.ledger.files_of(package.id)).expect("read");
    assert_eq!(files.len(), 3);
    for (download, written) in &files {
        assert_eq!(&written_at(&folder.join(file_name(*download))), written);
    }
    let there: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(there.len(), 3, "{there:?}");
}

#[test]
fn a_package_whose_worker_is_killed_again_and_again_is_one_package() {
    let shop = Shop::new("100000");
    let works = Works::of(&shop);
    let package = handed_over(&works, 60_000);
    for _ in 0..8 {
        let mut child = worker(&shop);
        let wait = Duration::from_millis(300 + 8 * u64::from(rng::bytes::<1>()[0]));
        eprintln!("killed after {wait:?}");
        std::thread::sleep(wait);
        child.kill().expect("killed");
        child.wait().expect("ended");
        // As if half a minute had passed: the lease of the dead has ended.
        let (ledger, at) = (&works.orders.ledger, SystemClock.now());
        let ended = ledger.keep_package(&package, at);
        works.runtime.block_on(ended).expect("told");
        works.runtime.block_on(ledger.progress(package.order, 0, at)).expect("told");
    }
    // Two work at once.
    let mut both = [worker(&shop), worker(&shop)];
    wait_until("the package", || now(&works, &package).state == PackageState::Ready);
    for child in &mut both {
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    is_whole(&works, &package);
    let planted = works.runtime.block_on(works.orders.ledger.planted(&package)).expect("read");
    assert_eq!(planted.len(), 11 * 12, "planted once, when it was handed over");
}

#[test]
fn on_a_full_disk_it_is_told_and_built_when_there_is_room() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let shop = Shop::new("1000");
    let works = Works::of(&shop);
    let package = handed_over(&works, 500);
    let folder = paths::package(&works.data, package.id);
    fs::create_dir_all(&folder).expect("made");
    symlink(full, folder.join("download-2.tar.part")).expect("linked");
    let mut child = worker(&shop);
    wait_until("the refusal", || now(&works, &package).problem.is_some());
    let told = now(&works, &package);
    assert!(told.problem.as_deref().is_some_and(|p| p.contains("No space left")), "{told:?}");
    assert_eq!(told.state, PackageState::Building);
    // The spares that wait there say what the product was called.
    works.rename_product();
    // What stood in the way was taken away; it is tried again by itself.
    wait_until("the package", || now(&works, &package).state == PackageState::Ready);
    assert_eq!(now(&works, &package).problem, None);
    child.kill().expect("killed");
    child.wait().expect("ended");
    is_whole(&works, &package);
}

#[test]
fn what_is_ended_while_it_is_first_built_leaves_no_file() {
    let shop = Shop::new("100000");
    let works = Works::of(&shop);
    let package = handed_over(&works, 60_000);
    let folder = paths::package(&works.data, package.id);
    let begun = || fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    let mut child = worker(&shop);
    wait_until("a first file", begun);
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(now(&works, &package).state, PackageState::Building, "it was built too soon");
    let by = By::shell(SystemClock.now());
    let ended = works.runtime.block_on(works.orders.ledger.end_package(package.id, &by));
    assert!(ended.expect("ended"));
    let mut child = worker(&shop);
    wait_until("the files are taken away", || !folder.exists());
    wait_until("and that is kept", || now(&works, &package).directory.is_none());
    child.kill().expect("killed");
    child.wait().expect("ended");
}
