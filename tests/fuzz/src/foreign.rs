//! What must hold of bytes that others wrote, one function a target: a store, a maker, a
//! phone, whoever hands in a package of evidence. `tests/it/foreign.rs` calls the same
//! functions with changed samples.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use axum::body::Bytes;
use rustls::pki_types::CertificateDer;
use zhenma::app::backup::{self, BackupError};
use zhenma::base::limits::IMPORT_ROWS_MAX;
use zhenma::base::{FieldError, Lang};
use zhenma::evidence::check::{self, Published};
use zhenma::evidence::tsp;
use zhenma::label::{Caption, Table};
use zhenma::media::{Exif, PHOTO_SIDE_PX_MAX, SHOWN_SIDE_PX_MAX, intake};
use zhenma::registry::import::{ImportFormat, ImportKind, rows};
use zhenma::registry::own::Case;
use zhenma::registry::own::import::{Fault, gather};
use zhenma::registry::{Register, Uscc};
use zhenma::scan::{Cursor, History, Observation};
use zhenma::store::redis::layout;
use zhenma::trace::capture;
use zhenma::trace::epc::Names;

/// The history of a code, as a store gives it back.
pub fn history(bytes: &[u8]) {
    let Ok(read) = History::from_bytes(bytes) else { return };
    let written = read.to_bytes();
    assert_eq!(written.len(), bytes.len());
    assert_eq!(History::from_bytes(&written).as_ref(), Ok(&read), "what is written reads the same");
    let mut longer = read.clone();
    let seen = Observation::from_bytes(&[0xa5; Observation::BYTES]);
    let folded = longer.fold(seen);
    assert_eq!(longer.observations[folded.position].scan, seen.scan);
    assert!(longer.count() >= read.count());
    assert!(longer.to_bytes().len() <= History::BYTES_MAX);
}

/// What Redis answers to a call of the script, and a line of its log.
pub fn store_answer(bytes: &[u8]) {
    let mut at = 0;
    for answer in layout::answers(Bytes::copy_from_slice(bytes)) {
        at += 2;
        assert_eq!(bytes[at..at + answer.len()], answer);
        at += answer.len();
        match layout::recorded(3, &answer) {
            Ok(recorded) => assert!(recorded.history.to_bytes().len() <= History::BYTES_MAX),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let Some(entry) = layout::unpack(Cursor::START, bytes) {
        let mut written = Vec::new();
        layout::pack(&entry.code, &entry.seen, &mut written);
        assert_eq!(layout::unpack(Cursor::START, &written), Some(entry));
    }
    if let Some((field, hash)) = bytes.split_last() {
        assert!(layout::names(hash, &[*field]).is_none() || hash.len() > 17);
        assert_eq!(layout::long_key(hash, &[*field]).len(), bytes.len());
    }
}

/// A package of evidence.
pub fn evidence(bytes: &[u8]) {
    let report = check::check(bytes, &Published::default());
    for fault in &report.faults {
        assert!(!fault.fault.is_empty() && !fault.says.is_empty());
        assert!(fault.byte.is_none_or(|at| at <= bytes.len() as u64), "{fault:?}");
    }
}

/// The statement that a time-stamp dates, and the nonce of its question.
pub const DATED: (&[u8], u64) = (b"a signed statement", 7);

/// An authority's answer, behind the certificate that is believed and its length.
pub fn stamp(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let Some((root, answer)) = rest.split_at_checked(u16::from_be_bytes(*length).into()) else {
        return;
    };
    let (statement, nonce) = DATED;
    let query = tsp::query(statement, nonce);
    let root = CertificateDer::from(root);
    let followed = tsp::check(statement, &query, answer, &[root]);
    match (&followed, tsp::check(statement, &query, answer, &[])) {
        (Ok(followed), Ok(alone)) => assert_eq!(followed.at, alone.at),
        (Err(error), _) => assert!(!error.to_string().is_empty()),
        (Ok(_), Err(error)) => panic!("{error}"),
    }
}

/// What is in a backup that was opened.
pub fn backup(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, beside) = (folder.path().join("a"), folder.path().join("b"));
    fs::create_dir_all(&inside).expect("a folder");
    fs::create_dir_all(&beside).expect("a folder");
    match backup::unpack(bytes, &inside) {
        Ok(_) => {}
        Err(BackupError::Refused(says)) => assert!(!says.is_empty()),
        // A name of which the file system has another: too long, twice, a folder too.
        Err(error) => assert!(error.to_string().contains(&inside.display().to_string())),
    }
    assert_eq!(entries(folder.path()), 2, "nothing is beside it");
    assert_eq!(entries(&beside), 0, "nothing was written elsewhere");
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

/// A photo, and what a camera wrote beside one.
pub fn photo(bytes: &[u8]) {
    let _ = Exif::read(bytes.to_vec());
    match intake(bytes, None) {
        Ok(photo) => {
            let most = SHOWN_SIDE_PX_MAX.min(PHOTO_SIDE_PX_MAX);
            assert!((1..=most).contains(&photo.width) && (1..=most).contains(&photo.height));
            let again = intake(&photo.shown, Some("image/jpeg")).expect("what is shown is a photo");
            assert_eq!((again.width, again.height), (photo.width, photo.height));
            assert_eq!(again.exif, Exif::default(), "nothing of the camera is shown");
        }
        Err(refusal) => {
            assert!(!refusal.text(Lang::Zh).is_empty() && !refusal.text(Lang::En).is_empty());
        }
    }
}

/// A file of enterprises, products or batches.
pub fn import(bytes: &[u8]) {
    for kind in [ImportKind::Enterprises, ImportKind::Products, ImportKind::Batches] {
        for format in [ImportFormat::Csv, ImportFormat::JsonLines] {
            match rows(kind, format, bytes) {
                Ok(rows) => {
                    assert!((1..=IMPORT_ROWS_MAX).contains(&rows.len()));
                    assert!(rows.is_sorted_by_key(|(line, _)| *line));
                }
                Err(faults) => are_told(&faults),
            }
        }
    }
}

/// A maker's list of its own serials, and a table of codes.
pub fn own_list(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    for case in [Case::Fold, Case::Exact] {
        let inside = folder.path().join(format!("{case:?}"));
        fs::create_dir(&inside).expect("a folder");
        match gather(bytes, case, &inside, &AtomicU64::new(0), &|| false) {
            Ok(gathered) => {
                let pages = gathered.pages().expect("pages").map(|page| page.expect("a page").1);
                let serials: usize = pages.map(|page| page.lines().count()).sum();
                assert_eq!(serials as u64, gathered.count);
            }
            Err(Fault::Lines(faults)) => are_told(&faults),
            Err(other) => panic!("{other}"),
        }
    }
    let table = folder.path().join("table.csv");
    fs::write(&table, bytes).expect("written");
    match Table::read(&table, None, Caption::default()) {
        Ok(table) => assert!(table.rows() > 0),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A document of EPCIS.
pub fn epcis(bytes: &[u8]) {
    let raw = match capture::parse(bytes) {
        Ok(raw) => raw,
        Err(fault) => return are_told(&[fault]),
    };
    let own = Uscc::parse("91410000706780942L").expect("sound");
    let (register, sites) = (Register::default(), BTreeMap::new());
    let names =
        Names { register: &register, own: &own, origin: "https://id.example.cn", sites: &sites };
    for event in raw {
        if let Err(fault) = event.read(names, || "urn:uuid:0".to_owned()) {
            are_told(&[fault]);
        }
    }
}

fn are_told(faults: &[FieldError]) {
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(!fault.field.is_empty() && !fault.problem.is_empty(), "{fault:?}");
    }
}
