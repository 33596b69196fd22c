//! Keys that were rotated, retired, revoked, or are another's.

use zhenma::base::UnixMs;
use zhenma::evidence::check::{Published, Report};
use zhenma::keys::KeyStatus;
use zhenma::keys::office::{OfficeKey, OfficeKid, OfficeSigner, development_signer};

use super::checked;
use super::dossier::{NOW, dossier, office_key, published, written};

fn package() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let bytes = written(&dossier(folder.path(), 100, &signer), &signer);
    (folder, bytes)
}

/// Its key as it is published years later, after two others.
fn later(bytes: &[u8], status: KeyStatus, at: UnixMs) -> Report {
    let mut known = published(&development_signer());
    let (offices, _) = known.keys.as_mut().expect("keys");
    let mut key = office_key(&development_signer());
    (key.status, key.status_at) = (status, Some(at.seconds()));
    offices.insert(key);
    for number in [2, 3] {
        let kid = OfficeKid::new(number).expect("a name");
        offices.insert(office_key(&OfficeSigner::from_seed(kid, "x", &[number as u8; 32])));
    }
    checked(bytes, &known)
}

fn fault(report: &Report) -> &'static str {
    report.faults.first().map_or("", |fault| fault.fault)
}

#[test]
fn a_package_of_years_ago_is_good_after_two_rotations() {
    let (_folder, bytes) = package();
    let report = later(&bytes, KeyStatus::Retired, NOW.plus_ms(86_400_000));
    assert!(report.is_whole(), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("is retired since")), "{report:#?}");
    let before = later(&bytes, KeyStatus::Retired, NOW.plus_ms(-86_400_000));
    assert_eq!(fault(&before), "key_time", "signed by a key that had been retired");
}

#[test]
fn a_revoked_key_proves_nothing_without_another_who_dated_it() {
    let (_folder, bytes) = package();
    let report = later(&bytes, KeyStatus::Revoked, NOW.plus_ms(86_400_000));
    assert_eq!(fault(&report), "key_revoked", "{report:#?}");
}

#[test]
fn a_key_that_is_not_published_is_nobodys() {
    let (_folder, bytes) = package();
    let kid = OfficeKid::new(1).expect("a name");
    // Under the same name another key; under another name the same.
    let other = OfficeSigner::from_seed(kid, "鹿邑县市场监督管理局", &[9; 32]);
    let report = checked(&bytes, &published(&other));
    assert_eq!(fault(&report), "signature", "{report:#?}");
    let none = Published { keys: Some(Default::default()), roots: Vec::new() };
    assert_eq!(fault(&checked(&bytes, &none)), "signature");
    let inside = checked(&bytes, &Published::default());
    assert!(inside.is_whole() && !inside.compared, "{inside:#?}");
    assert!(inside.notes.iter().any(|note| note.contains("no published keys")), "{inside:#?}");
}

#[test]
fn whose_key_it_is_and_whose_case_is_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    let mut dossier = dossier(folder.path(), 100, &signer);
    dossier.case.office = "太康县市场监督管理局".to_owned();
    let bytes = written(&dossier, &signer);
    let report = checked(&bytes, &published(&signer));
    assert!(report.is_whole(), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("太康县")), "{report:#?}");
    // The same key, published as another office's.
    let mut known = published(&signer);
    let other =
        OfficeKey { office: "太康县市场监督管理局".to_owned(), ..office_key(&signer) };
    known.keys.as_mut().expect("keys").0.insert(other);
    assert_eq!(fault(&checked(&bytes, &known)), "office");
}

#[test]
fn a_package_signed_before_its_key_or_after_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = development_signer();
    for shift in [-86_400_000, 86_400_000] {
        let mut dossier = dossier(folder.path(), 100, &signer);
        dossier.made_at = NOW.plus_ms(shift);
        let report = checked(&written(&dossier, &signer), &published(&signer));
        assert_eq!(fault(&report), "key_time", "{report:#?}");
    }
}
