//! Every bit of a small package.

use super::*;
use crate::base::UnixMs;
use crate::evidence::container::{self, Entry};
use crate::evidence::digest::FileRecord;
use crate::evidence::manifest::{CaseNamed, MadeBy, Manifest};
use crate::evidence::package::Part;
use crate::evidence::{Clock, Dossier, Package};
use crate::keys::office::{OfficeKey, OfficeSigner, development_signer};
use crate::keys::{KeyStatus, Keyring};

const NOW: UnixMs = UnixMs(1_790_000_000_000);

fn published(signer: &OfficeSigner) -> OfficeKeys {
    let mut keys = OfficeKeys::default();
    keys.insert(OfficeKey {
        kid: signer.kid(),
        office: signer.office().to_owned(),
        status: KeyStatus::Active,
        status_at: None,
        not_before: Some(NOW.seconds()),
        not_after: Some(NOW.seconds() + 1_000),
        public: signer.public().expect("sound"),
    });
    keys
}

fn dossier(signer: &OfficeSigner) -> Dossier {
    Dossier {
        package: "0197".to_owned(),
        case: CaseNamed {
            office: "鹿邑县市场监督管理局".to_owned(),
            number: "2026-000001".to_owned(),
            id: "1".to_owned(),
            entries: 3,
        },
        title: "x".to_owned(),
        state: "open".to_owned(),
        made_by: MadeBy { login: "o".into(), name: "王芳".into(), seat: "officer".into() },
        made_at: NOW,
        zone: jiff::tz::TimeZone::UTC,
        entries: Vec::new(),
        inquiries: Vec::new(),
        blocks: Vec::new(),
        reports: Vec::new(),
        policies: Vec::new(),
        units: Vec::new(),
        photos: Vec::new(),
        visits: Vec::new(),
        custody: Vec::new(),
        clock: Clock { server: serde_json::Value::Null, phones: Vec::new() },
        keys: Keyring::default(),
        offices: published(signer),
        left_out: Vec::new(),
    }
}

/// Three files of evidence, one of them of two chunks, with their names.
fn small() -> (Vec<u8>, Published) {
    let signer = development_signer();
    let dossier = dossier(&signer);
    let parts = vec![
        Part::of("a.txt", b"first\n".to_vec()),
        Part::of("photos/b.bin", (0..300_u32).map(|n| (n * 7 % 256) as u8).collect()),
        Part::of("c.txt", Vec::new()),
    ];
    let package = Package::of_parts(parts, &dossier, &signer).expect("made");
    let statement = package.sign(&signer, None);
    let mut out = Vec::new();
    package.seal(statement, None).expect("sealed").write(&mut out).expect("written");
    let keys = Some((dossier.offices, Keyring::default()));
    (out, Published { keys, roots: Vec::new() })
}

/// Name and content of each file, in order.
fn taken_apart(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let opened = open::open(bytes).expect("a package");
    opened.found.iter().map(|f| (f.path.clone(), opened.content(f).to_vec())).collect()
}

fn put_together(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let entry = |(path, content): &(String, Vec<u8>)| Entry {
        path: path.clone(),
        bytes: content.len() as u32,
        crc32: crc32fast::hash(content),
    };
    let entries: Vec<_> = files.iter().map(entry).collect();
    let mut out = Vec::new();
    container::write(&entries, |i| Ok(files[i].1.as_slice()), &mut out).expect("written");
    out
}

#[test]
fn a_package_is_whole_as_it_was_written() {
    let (bytes, published) = small();
    let report = check(&bytes, &published);
    assert_eq!(report.faults, [], "{report:#?}");
    assert_eq!(put_together(&taken_apart(&bytes)), bytes);
    let unknown = check(&bytes, &Published::default());
    assert!(!unknown.compared, "{unknown:#?}");
}

#[test]
fn every_flipped_bit_is_found_and_its_byte_is_named() {
    let (bytes, published) = small();
    let mut unnamed = Vec::new();
    let mut changed = bytes.clone();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            let report = check(&changed, &published);
            assert!(!report.is_whole(), "byte {at} bit {bit} was not found");
            let named = |f: &Fault| {
                f.byte.is_some_and(|first| {
                    (first..first + f.bytes.unwrap_or(1)).contains(&(at as u64))
                        && f.bytes.unwrap_or(1) <= 2
                })
            };
            if !report.faults.iter().any(named) {
                unnamed.push((at, bit, report.faults));
            }
            changed[at] ^= 1 << bit;
        }
    }
    assert!(unnamed.is_empty(), "{} of {}: {:#?}", unnamed.len(), bytes.len() * 8, unnamed.first());
}

#[test]
fn a_checksum_that_is_changed_alike_in_both_places_is_found() {
    let (bytes, published) = small();
    let opened = open::open(&bytes).expect("a package");
    let names = opened.found.iter().map(|found| found.path.clone()).collect::<Vec<_>>();
    for name in names {
        let ends = |at: &usize| bytes[*at..].starts_with(name.as_bytes());
        let header = (0..bytes.len()).find(|at| {
            bytes[*at..].starts_with(&container::LOCAL.to_le_bytes())
                && ends(&(at + container::LOCAL_BYTES))
        });
        let line = (0..bytes.len()).rfind(|at| {
            bytes[*at..].starts_with(&container::CENTRAL.to_le_bytes())
                && ends(&(at + container::CENTRAL_BYTES))
        });
        // CRC-32 begins so far behind their beginnings.
        let places = [header.expect("a header") + 14, line.expect("a line") + 16];
        for byte in 0..4 {
            let mut changed = bytes.clone();
            places.iter().for_each(|at| changed[at + byte] ^= 0x20);
            let report = check(&changed, &published);
            for at in places {
                let named = |f: &Fault| f.byte == Some((at + byte) as u64) && f.bytes == Some(1);
                assert!(report.faults.iter().any(named), "{name}: {:#?}", report.faults);
            }
        }
    }
}

#[test]
fn what_was_put_before_behind_or_cut_off_is_found() {
    let (bytes, published) = small();
    let faults = |bytes: &[u8]| check(bytes, &published).faults;
    let behind = faults(&[&bytes[..], b"x"].concat());
    assert_eq!(behind[0].byte, Some(bytes.len() as u64), "{behind:#?}");
    let before = faults(&[b"xy", &bytes[..]].concat());
    assert_eq!((before[0].byte, before[0].bytes), (Some(0), Some(2)), "{before:#?}");
    assert_eq!(before.len(), 1, "{before:#?}");
    for end in [0, 1, 30, bytes.len() / 2, bytes.len() - 1] {
        assert!(!faults(&bytes[..end]).is_empty(), "cut off at {end}");
    }
    for at in [40, bytes.len() / 2, bytes.len() - 10] {
        let without = [&bytes[..at], &bytes[at + 1..]].concat();
        assert!(!faults(&without).is_empty(), "without byte {at}");
        let with = [&bytes[..at], b"\0", &bytes[at..]].concat();
        assert!(!faults(&with).is_empty(), "with a byte more at {at}");
    }
}

#[test]
fn files_that_were_removed_added_renamed_or_moved_are_named() {
    let (bytes, published) = small();
    let files = taken_apart(&bytes);
    let found = |files: &[(String, Vec<u8>)], fault: &str, file: &str| {
        let report = check(&put_together(files), &published);
        let is = |f: &Fault| f.fault == fault && f.file.as_deref() == Some(file);
        assert!(report.faults.iter().any(is), "{fault} of {file}: {:#?}", report.faults);
    };
    for (i, (path, _)) in files.iter().enumerate() {
        let mut without = files.clone();
        without.remove(i);
        found(&without, "missing", path);
    }
    let mut added = files.clone();
    added.insert(3, ("d.txt".to_owned(), b"more".to_vec()));
    found(&added, "added", "d.txt");
    let mut renamed = files.clone();
    renamed[2].0 = "photos/e.bin".to_owned();
    found(&renamed, "renamed", "photos/b.bin");
    let mut moved = files.clone();
    moved.swap(1, 2);
    found(&moved, "order", "photos/b.bin");
    let mut twice = files.clone();
    twice.push(files[1].clone());
    found(&twice, "twice", "a.txt");
    let mut outside = files.clone();
    outside.push(("../../etc/cron.d/x".to_owned(), Vec::new()));
    found(&outside, "path", "../../etc/cron.d/x");
    let mut longer = files.clone();
    longer[1].1.push(b'x');
    found(&longer, "length", "a.txt");
    let mut other = files.clone();
    other[1].1 = b"other!".to_vec();
    found(&other, "content", "a.txt");
    // Manifest and tables made to fit: the office's signature does not.
    let mut forged = files.clone();
    forged[1].1 = b"forged".to_vec();
    let listed = forged[1..4].iter().map(|(path, c)| FileRecord::of(path, c)).collect();
    forged[0].1 = Manifest::of(listed).to_bytes();
    found(&forged, "content", "manifest.json");
}
