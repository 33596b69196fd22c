//! Backups in a folder, and commands that were given wrongly.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use age::x25519;

use super::{backup, data, restore, run, said};
use crate::redis_server::RedisServer;
use crate::site::Site;

/// A user without rights, by Linux's custom.
const NOBODY: u32 = 65_534;

/// Names in a folder, in order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn of_a_folder_the_latest_stay_and_the_last_one_opens() {
    use age::secrecy::ExposeSecret;
    let site = Site::on("embedded", Some("embedded".to_owned()));
    let (folder, recipients) = (site.file("backups"), site.file("recipients"));
    fs::create_dir(&folder).expect("made");
    let identity = x25519::Identity::generate();
    fs::write(site.file("identity"), identity.to_string().expose_secret()).expect("written");
    fs::write(&recipients, format!("# ours\n{}\n\n", identity.to_public())).expect("written");
    for name in [
        "zhenma-20261101T023000Z.age",
        "zhenma-20261102T023000Z.age",
        "zhenma-20261103T023000Z.age.partial",
        "zhenma-before-the-move.age",
        // As a clock that was wrong has it; one that runs.
        "zhenma-20991231T023000Z.age",
        "zhenma-20991231T023000Z.age.partial",
        "notes",
    ] {
        fs::write(Path::new(&folder).join(name), name).expect("written");
    }
    let words = ["backup", "--recipients-file", &recipients, "--keep", "2", &folder];
    let done = run(&site, &words);
    assert!(done.status.success(), "{}", said(&done));
    let left = names(&folder);
    let [notes, second, newest, ahead, running, other] = &left[..] else { panic!("{left:?}") };
    assert_eq!([notes, second], ["notes", "zhenma-20261102T023000Z.age"]);
    assert_eq!(ahead, "zhenma-20991231T023000Z.age");
    assert_eq!(*running, format!("{ahead}.partial"));
    assert_eq!(other, "zhenma-before-the-move.age");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.contains(newest) && told.contains("20261101T023000Z.age is deleted"), "{told}");
    assert!(told.contains(&format!("{ahead} is of an instant to come")), "{told}");
    let noted = fs::read_to_string(data(&site).join("last_backup")).expect("noted");
    assert!(noted.trim().parse::<i64>().is_ok_and(|at| at > 1_700_000_000), "{noted}");

    // What could not be made takes nothing with it.
    fs::remove_file(data(&site).join("ledger.sqlite")).expect("removed");
    assert_eq!(run(&site, &words).status.code(), Some(2));
    assert_eq!(names(&folder), left);
    fs::remove_dir_all(data(&site)).expect("destroyed");
    fs::remove_dir_all(site.file("keys")).expect("destroyed");
    let newest = Path::new(&folder).join(newest).display().to_string();
    let done = restore(&site, &newest, &[]);
    assert!(done.status.success(), "{}", said(&done));
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.contains("key 1 is not in") && told.contains("put jwks.json"), "{told}");
    let done = run(&site, &["backup", "--recipients-file", &recipients, "--keep", "2", &newest]);
    assert!(
        said(&done).contains("--keep") && said(&done).contains("not a folder"),
        "{}",
        said(&done)
    );
}

/// Longer than a buyer is kept waiting: at night the disk is somebody else's, too.
#[test]
fn a_redis_that_stands_still_for_a_while_is_waited_for() {
    let Some(redis) = RedisServer::start() else { return };
    let site = Site::on(&redis.url(), Some("embedded".to_owned()));
    assert_eq!(redis.command::<String>("CLIENT PAUSE 4000 WRITE"), "OK");
    let file = backup(&site, "backup.age");
    assert!(fs::metadata(file).expect("there").len() > 0);
}

#[test]
fn a_ledger_in_which_nobody_is_registered_is_backed_up_only_when_it_is_meant() {
    let site = Site::on("embedded", Some("embedded".to_owned()));
    let (elsewhere, passphrase, out) =
        (site.file("elsewhere"), site.file("passphrase"), site.file("empty.age"));
    let backup = |more: &[&str]| {
        let words = [&["backup", "--passphrase-file", &passphrase, &out], more].concat();
        site.command(&words).env("ZHENMA_DATA", &elsewhere).output().expect("zhenma runs")
    };
    // As a setting that was read wrongly has it: the folder is made, and holds nothing.
    let made = site.command(&["batch", "list"]).env("ZHENMA_DATA", &elsewhere).status();
    assert!(made.expect("zhenma runs").success());
    let refused = backup(&[]);
    assert_eq!(refused.status.code(), Some(2));
    for words in ["elsewhere/ledger.sqlite", "--even-empty", "ZHENMA_DATA"] {
        assert!(said(&refused).contains(words), "{words}: {}", said(&refused));
    }
    assert!(!Path::new(&out).exists());
    let meant = backup(&["--even-empty"]);
    assert!(meant.status.success(), "{}", said(&meant));
}

#[test]
fn backup_and_restore_say_what_they_lack() {
    let site = Site::new("embedded");
    let says = |words: &[&str]| {
        let done = run(&site, words);
        assert_eq!(done.status.code(), Some(2), "{words:?}");
        said(&done)
    };
    let without = says(&["backup", "x.age"]);
    for option in ["--recipient", "--recipients-file", "--passphrase-file"] {
        assert!(without.contains(option), "{without}");
    }
    let without = says(&["restore", "x.age"]);
    assert!(without.contains("--identity") && without.contains("--passphrase-file"), "{without}");
    let unknown = says(&["move", "--to", "mysql://zhenma:s3cret@db/zhenma"]);
    assert!(!unknown.contains("s3cret") && !unknown.contains("PASSWORD"), "{unknown}");
}

#[test]
fn who_may_not_read_the_ledger_is_told_as_whom_to_run() {
    let site = Site::on("embedded", Some("embedded".to_owned()));
    if fs::metadata("/proc/self").expect("there").uid() != 0 {
        // Only root can become somebody else.
        return;
    }
    let (zhenma, passphrase) = (site.file("zhenma"), site.file("backup-passphrase"));
    fs::copy(env!("CARGO_BIN_EXE_zhenma"), &zhenma).expect("copied");
    fs::write(&passphrase, "long enough for a test").expect("written");
    let mode = |file: &str, mode| {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("set");
    };
    mode(&site.file(""), 0o755);
    mode(&zhenma, 0o755);
    mode(&passphrase, 0o644);
    mode(&site.file("data"), 0o700);
    let words = site.command(&["backup", "--passphrase-file", &passphrase, "x.age"]);
    let mut command = std::process::Command::new(&zhenma);
    for (name, value) in words.get_envs() {
        value.map(|value| command.env(name, value));
    }
    let done = command.args(words.get_args()).uid(NOBODY).gid(NOBODY).output();
    let done = done.expect("zhenma runs");
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    let told = said(&done);
    assert!(
        told.contains("this ran as the user nobody") && told.contains("zhenma-admin"),
        "{told}"
    );
}
