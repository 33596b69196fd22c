//! The data directory and what lies on the disk beside the stores.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::{Finding, some_of};
use crate::app::backup::{unmoved, whole};
use crate::app::compose::province_map;
use crate::app::config::Settings;
use crate::app::paths;
use crate::store::geo::{GeoDatabases, hosting};

/// Free bytes below which scans will soon be refused, and below which it is
/// time to look.
const FREE_BYTES_MIN: u64 = 64 << 20;
const FREE_BYTES_WARNED: u64 = 1 << 30;

pub fn data(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "data";
    let path = &settings.data;
    let name = path.display();
    let meta = match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => meta,
        Ok(_) => {
            return vec![Finding::fault(
                CHECK,
                format!("{name} is not a directory"),
                "set data to a directory",
            )];
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![Finding::warning(
                CHECK,
                format!("{name} is not there yet, so nothing is registered"),
                "the first `zhenma enterprise add` makes it; if there was one, set data to it",
            )];
        }
        Err(error) => {
            return vec![Finding::fault(
                CHECK,
                format!("{name}: {error}"),
                "let the user that runs zhenma enter it",
            )];
        }
    };
    let mut found = Vec::new();
    if let Err(says) = whole(path) {
        found.push(Finding::fault(CHECK, says, "nothing starts until it has ended"));
    }
    if let Err(says) = unmoved(settings) {
        found.push(Finding::fault(CHECK, says, "nothing starts until the setting follows"));
    }
    if let Err(error) = access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        found.push(Finding::fault(
            CHECK,
            format!("{name} cannot be written ({error})"),
            "give it to the user that runs zhenma (chown), and mount it for writing",
        ));
    }
    let mode = meta.permissions().mode();
    if mode & 0o007 != 0 {
        found.push(Finding::warning(
            CHECK,
            format!("everybody on this machine can look into {name} (mode {:o})", mode & 0o777),
            format!("chmod 700 {name}: finished labels lie there, and every one is a good code"),
        ));
    }
    found.extend(of_another_user(path, &meta));
    found.extend(room(path));
    if is_remote(path) {
        found.push(Finding::warning(
            CHECK,
            format!("{name} is on a network file system, whose locks SQLite cannot rely on"),
            "put it on a disk of this machine",
        ));
    }
    if found.is_empty() {
        found.push(Finding::ok(CHECK, format!("{name} can be written, with room")));
    }
    found
}

/// What somebody else made, most often root by a command at the shell: the server and the
/// worker cannot go on with it.
fn of_another_user(data: &Path, meta: &Metadata) -> Option<Finding> {
    const CHECK: &str = "data";
    let within = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let strange: Vec<_> = within(data)
        .chain(within(&paths::orders(data)))
        // Where a disk of its own is mounted here.
        .filter(|entry| entry.file_name() != "lost+found")
        .filter(|entry| entry.metadata().is_ok_and(|of| of.uid() != meta.uid()))
        .map(|entry| entry.path().display().to_string())
        .collect();
    (!strange.is_empty()).then(|| {
        let (name, names) = (data.display(), strange.iter().collect::<Vec<_>>());
        Finding::fault(
            CHECK,
            format!("{} belong to another user than {name}", some_of(&names)),
            format!("chown -R --reference={name} {name}, and run zhenma as that user"),
        )
    })
}

fn room(path: &Path) -> Option<Finding> {
    const CHECK: &str = "data";
    let disk = statvfs(path).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let says = format!("{} MiB are free in {}", free >> 20, path.display());
    if free < FREE_BYTES_MIN {
        return Some(Finding::fault(CHECK, says, "make room: scans are refused on a full disk"));
    }
    (free < FREE_BYTES_WARNED)
        .then(|| Finding::warning(CHECK, says, "make room before the disk is full"))
}

/// By the magic numbers of NFS, SMB, CIFS, SMB2, Ceph and 9P.
#[cfg(target_os = "linux")]
fn is_remote(path: &Path) -> bool {
    const REMOTE: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x00c3_6400, 0x0102_1997];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "four bytes")]
    rustix::fs::statfs(path).is_ok_and(|fs| REMOTE.contains(&(fs.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_remote(_path: &Path) -> bool {
    false
}

pub fn hosting_networks(settings: &Settings) -> Finding {
    const CHECK: &str = "hosting_networks";
    let Some(path) = &settings.hosting_networks else {
        return Finding::ok(CHECK, "none are set: a robot in a data centre counts as a buyer");
    };
    match hosting(path) {
        Ok(_) => Finding::ok(CHECK, format!("{} can be read", path.display())),
        Err(error) => Finding::fault(
            CHECK,
            error,
            "write a network a line, such as 43.130.0.0/16, or leave the setting out",
        ),
    }
}

pub fn map(settings: &Settings) -> Option<Finding> {
    const CHECK: &str = "map";
    let path = settings.map.as_ref()?;
    Some(match province_map(path) {
        Ok(_) => Finding::ok(CHECK, format!("{} can be read", path.display())),
        Err(error) => Finding::fault(
            CHECK,
            error,
            "name a FeatureCollection of polygons with an adcode each, or leave the setting out",
        ),
    })
}

pub fn geo_database(settings: &Settings) -> Finding {
    const CHECK: &str = "geo_database";
    let paths = &settings.geo_database;
    if paths.is_empty() {
        return Finding::warning(
            CHECK,
            "none is set: places of scans will be unknown, and copies that turn up far apart are \
             harder to see",
            "set geo_database to a city database of MaxMind's format or of ip2region's",
        );
    }
    match GeoDatabases::open(paths) {
        Ok(_) => {
            let names: Vec<_> = paths.iter().map(|path| path.display()).collect();
            Finding::ok(CHECK, format!("{} can be read", some_of(&names)))
        }
        Err(error) => {
            Finding::fault(CHECK, error, "fetch the database again, or leave the setting out")
        }
    }
}
