//! Archives whose names lead out of the folder that they are unpacked into.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use age::x25519;
use tar::{EntryType, Header};

use crate::backup::{backup, data, restore, said};
use crate::evidence;
use crate::site::Site;
use crate::staff_bed::StaffBed;

/// A part with that very name, which a writer of archives would refuse.
fn part(name: &str, kind: EntryType, to: &str) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o777);
    let body = if kind == EntryType::Regular { &b"evil"[..] } else { b"" };
    header.set_size(body.len() as u64);
    if kind != EntryType::Regular {
        header.set_link_name(to).expect("a short name");
    }
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    if !body.is_empty() {
        out.extend(body);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out
}

fn holds_evil(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { holds_evil(&path) } else { entry.file_name() == "evil" }
    })
}

/// The key of a site's backups, and what is in one of them.
pub fn opened(site: &Site, file: &str) -> (x25519::Identity, Vec<u8>) {
    let identity = fs::read_to_string(site.file("identity")).expect("a key");
    let identity: x25519::Identity = identity.trim().parse().expect("a key");
    let sealed = fs::read(file).expect("a backup");
    let decryptor = age::Decryptor::new(sealed.as_slice()).expect("an age file");
    let mut plain = Vec::new();
    let mut opened =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).expect("opens");
    opened.read_to_end(&mut plain).expect("whole");
    (identity, plain)
}

#[test]
fn a_backup_whose_names_lead_out_of_its_folder_is_refused_and_writes_nothing() {
    let site = Site::new("embedded");
    let file = backup(&site, "backup.age");
    let (identity, plain) = opened(&site, &file);
    // Behind the first part, which says what it is.
    let mut parts = tar::Archive::new(plain.as_slice());
    let second = parts.entries().expect("parts").nth(1).expect("two").expect("a part");
    let second = usize::try_from(second.raw_header_position()).expect("small");

    let outside = site.folder().join("outside");
    fs::create_dir(&outside).expect("a folder");
    let outside = outside.to_str().expect("text");
    fs::remove_dir_all(data(&site)).expect("destroyed");
    let evil = |name: &str| part(name, EntryType::Regular, "");
    for (what, more) in [
        ("up", evil("../evil")),
        ("up and up", evil("media/../../../evil")),
        ("from the root", evil(&format!("{outside}/evil"))),
        ("another folder", evil("logs/evil")),
        ("the folder itself", evil("media")),
        ("dots", evil("media/./../evil")),
        (
            "a link",
            [part("media/out", EntryType::Symlink, outside), evil("media/out/evil")].concat(),
        ),
        (
            "a hard link",
            [part("media/out", EntryType::Link, "/etc/passwd"), evil("media/out/evil")].concat(),
        ),
    ] {
        let changed = [&plain[..second], &more, &plain[second..]].concat();
        let recipient = identity.to_public();
        let mut out = Vec::new();
        let encryptor =
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
                .expect("a recipient");
        let mut writer = encryptor.wrap_output(&mut out).expect("begun");
        writer.write_all(&changed).expect("written");
        writer.finish().expect("whole");
        fs::write(site.file("changed.age"), out).expect("written");
        let done = restore(&site, &site.file("changed.age"), &[]);
        assert_eq!(done.status.code(), Some(2), "{what}: {}", said(&done));
        assert!(!holds_evil(site.folder()), "{what}");
    }
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "as it was: {}", said(&done));
}

#[tokio::test]
async fn a_package_of_evidence_unpacks_into_its_folder_whatever_the_case_is_called() {
    let bed = StaffBed::start().await;
    let case = evidence::case(&bed, Vec::new()).await.id.to_string();
    let package = evidence::built(&bed, &case).await;
    let bytes = evidence::taken(&bed, &case, &package).await;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    assert!(archive.len() > 3, "{} files", archive.len());
    for n in 0..archive.len() {
        let entry = archive.by_index(n).expect("a file");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let name = entry.name().expect("text");
        assert!(entry.is_file() && name.chars().all(plain), "{name}");
        assert!(
            !name.starts_with('/') && !name.split('/').any(|part| part.starts_with('.')),
            "{name}"
        );
    }
}
