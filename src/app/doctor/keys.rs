//! The published keys, their private files, the passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Finding, SOON_DAYS, some_of};
use crate::app::config::Settings;
use crate::base::UnixMs;
use crate::keys::{KeyDir, KeyError, KeyStatus, Keyring, PublishedKey};
use crate::store::sql::Ledger;

const DAY_S: i64 = 86_400;

pub fn published(ring: &Result<Keyring, KeyError>, now: UnixMs) -> Vec<Finding> {
    const CHECK: &str = "keys";
    let ring = match ring {
        Ok(ring) => ring,
        Err(error) => {
            return vec![Finding::fault(
                CHECK,
                error.to_string(),
                "set keys to the directory that holds jwks.json, or restore it from a backup: \
                 without it every label is unknown",
            )];
        }
    };
    let mut found = Vec::new();
    let known_to_all = ring.development_keys();
    if !known_to_all.is_empty() {
        found.push(Finding::fault(
            CHECK,
            format!(
                "development keys ({}), whose private halves everybody can read: `serve` and \
                 `worker` refuse them",
                some_of(&known_to_all)
            ),
            "make a key with `zhenma key new` in another directory, and set keys to it",
        ));
    }
    if active(ring).next().is_none() {
        found.push(Finding::warning(
            CHECK,
            "no key is active: labels that were sold are answered, new ones cannot be issued",
            "zhenma key new --issuer NAME",
        ));
    }
    found.extend(active(ring).filter_map(|key| times(key, now)));
    if found.is_empty() {
        let count = active(ring).count();
        found.push(Finding::ok(CHECK, format!("{count} active of {}", ring.iter().count())));
    }
    found
}

fn active(ring: &Keyring) -> impl Iterator<Item = &PublishedKey> {
    ring.iter().filter(|key| key.status == KeyStatus::Active)
}

/// Whether a key's time to sign has not come, or ends.
fn times(key: &PublishedKey, now: UnixMs) -> Option<Finding> {
    const CHECK: &str = "keys";
    let (number, issuer) = (key.number, &key.issuer);
    let next = format!("zhenma key new --issuer {issuer}, then zhenma key retire {number}");
    if key.not_before.is_some_and(|nbf| now.seconds() < nbf) {
        return Some(Finding::warning(
            CHECK,
            format!("key {number} of {issuer} is not to sign yet"),
            "look at this machine's clock",
        ));
    }
    let days = (key.not_after? - now.seconds()).div_euclid(DAY_S);
    if days < 0 {
        let says = format!("key {number} of {issuer} has expired and signs no more");
        return Some(Finding::warning(CHECK, says, next));
    }
    (days < SOON_DAYS).then(|| {
        let says = format!("key {number} of {issuer} signs for {days} more days");
        Finding::warning(CHECK, says, next)
    })
}

/// Whether the published keys are those that went to officers' phones: the ledger
/// keeps what stood in their latest kit, and of keys nothing else.
pub async fn as_in_kit(ledger: &Ledger, ring: &Keyring) -> Vec<Finding> {
    const CHECK: &str = "keys";
    let others = match ledger.exchanged_keys(ring).await {
        Ok(others) => others,
        Err(error) => {
            let remedy = "look again; if it stays, look at the ledger's log";
            return vec![Finding::warning(CHECK, error.to_string(), remedy)];
        }
    };
    if others.is_empty() {
        return Vec::new();
    }
    vec![Finding::fault(
        CHECK,
        format!(
            "key {} is not the key that was published under this number before: labels that were \
             sold under that one are called not genuine",
            some_of(&others)
        ),
        "put jwks.json and the key files back from their copy; labels that the other key has \
         signed since are to be recalled",
    )]
}

/// Keys of offices: whether they can sign, and for how long.
pub fn offices(dir: &KeyDir, now: UnixMs) -> Vec<Finding> {
    const CHECK: &str = "office_keys";
    let keys = match dir.office_keys() {
        Ok(keys) => keys,
        Err(error) => {
            let remedy = "restore office-jwks.json from a backup: without it no package of \
                          evidence can be checked";
            return vec![Finding::fault(CHECK, error.to_string(), remedy)];
        }
    };
    let known_to_all = keys.development_keys();
    let mut found = Vec::new();
    if !known_to_all.is_empty() {
        let says = format!("everybody can read the private half of {}", some_of(&known_to_all));
        let remedy = "make a key with `zhenma key new --office` in another directory";
        found.push(Finding::fault(CHECK, says, remedy));
    }
    let active: Vec<_> = keys.iter().filter(|key| key.status == KeyStatus::Active).collect();
    for key in &active {
        let (kid, office) = (key.kid, &key.office);
        let days = key.not_after.map_or(i64::MAX, |end| (end - now.seconds()).div_euclid(DAY_S));
        if days < SOON_DAYS {
            let says = format!("{kid} of {office} signs for {} more days", days.max(0));
            let next = format!("zhenma key new --office {office}, then zhenma key retire {kid}");
            found.push(Finding::warning(CHECK, says, next));
        }
        if !dir.office_file(kid).exists() {
            let says = format!("no private file of {kid}");
            let remedy = format!("right for `serve` alone; the worker needs {kid}.pem");
            found.push(Finding::warning(CHECK, says, remedy));
        }
    }
    if found.is_empty() {
        let says = match active.len() {
            0 => "none; officers need one to let evidence packages leave: zhenma key new --office \
                  NAME"
                .to_owned(),
            count => format!("{count} active"),
        };
        found.push(Finding::ok(CHECK, says));
    }
    found
}

pub fn files(dir: &KeyDir, ring: &Keyring) -> Vec<Finding> {
    const CHECK: &str = "key_files";
    let mut found = Vec::new();
    for file in private_files(dir.path()) {
        let mode = mode(&file).unwrap_or(0o600);
        if mode & 0o077 != 0 {
            let file = file.display();
            found.push(Finding::fault(
                CHECK,
                format!("others can read the private key {file} (mode {mode:o})"),
                format!("chmod 600 {file}; if anyone did read it, rotate the key"),
            ));
        }
    }
    let missing: Vec<_> =
        active(ring).map(|k| k.number).filter(|n| !dir.private_file(*n).exists()).collect();
    if !missing.is_empty() {
        found.push(Finding::warning(
            CHECK,
            format!("no private file of the active keys {}", some_of(&missing)),
            "right where only `zhenma serve` runs; the worker's machine needs NUMBER.pem",
        ));
    }
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "every active key has its file, for its owner alone"));
    }
    found
}

fn private_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "pem"))
        .collect();
    files.sort();
    files
}

fn mode(file: &Path) -> Option<u32> {
    Some(fs::metadata(file).ok()?.permissions().mode() & 0o777)
}

pub fn passphrase(settings: &Settings, dir: &KeyDir, ring: &Keyring, now: UnixMs) -> Vec<Finding> {
    const CHECK: &str = "passphrase";
    let Some(file) = &settings.key_passphrase_file else {
        let says = "no file is named: right for `serve`; the worker needs key_passphrase_file";
        return vec![Finding::ok(CHECK, says)];
    };
    let name = file.display();
    let text = match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) => text,
        Err(error) => {
            return vec![Finding::fault(
                CHECK,
                format!("{name}: {error}"),
                "name a file whose first line is the passphrase, readable for the worker's user",
            )];
        }
    };
    let mut found = Vec::new();
    let mode = mode(file).unwrap_or(0o600);
    let whose = if mode & 0o007 != 0 { "everybody" } else { "its group" };
    let exposed = format!("{whose} on this machine can read {name} (mode {mode:o})");
    if mode & 0o007 != 0 {
        found.push(Finding::fault(CHECK, exposed, format!("chmod 600 {name}")));
    } else if mode & 0o070 != 0 {
        found.push(Finding::warning(CHECK, exposed, format!("chmod 600 {name}")));
    }
    let line = text.lines().next().unwrap_or_default();
    let can_sign = |key: &&PublishedKey| {
        key.not_after.is_none_or(|exp| now.seconds() < exp)
            && key.not_before.is_none_or(|nbf| now.seconds() >= nbf)
            && self::mode(&dir.private_file(key.number)).is_some_and(|mode| mode & 0o077 == 0)
    };
    let mut opened = 0;
    for key in active(ring).filter(can_sign) {
        match dir.signer(key.number, line, now) {
            Ok(_) => opened += 1,
            Err(error) => found.push(Finding::fault(
                CHECK,
                error.to_string(),
                "put the passphrase with which the key was made on the first line, or restore the \
                 file",
            )),
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(CHECK, format!("{name} opens {opened} keys")));
    }
    found
}
